//! Both backends, tried for real: as the user who runs the tests, and, when that is root, once more as an
//! ordinary user through a copy of this binary. No libtest harness, because the spawner has to be forked first.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit
)]

mod basics;
mod files;
mod fixture;
mod gvisor;
mod life;
mod limits;
mod locks;
mod scratch;
mod secrets;
mod single;
mod terminal;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

use fixture::{Fixture, Outcome, directory};
use ringfence_sandbox::{BackendName, Spawner};

/// An ordinary user without an account; nothing here looks names up.
const ORDINARY: u32 = 61_997;

/// A case: what it promises and the code that tries it.
pub type Case = (&'static str, fn(&Fixture<'_>) -> Outcome);

fn main() {
    let mut spawner = ringfence_sandbox::start().expect("the spawner");
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, base] = arguments.as_slice()
        && mode == "--life"
    {
        life::helper(&spawner, Path::new(base));
    }
    let filter = arguments
        .get(1)
        .filter(|a| !a.starts_with('-'))
        .cloned()
        .unwrap_or_default();
    let root = rustix::process::getuid().is_root();
    let base = tempfile::Builder::new()
        .prefix("ringfence-test-")
        .tempdir()
        .expect("directory");
    std::fs::set_permissions(base.path(), std::fs::Permissions::from_mode(0o755)).expect("mode");
    spawner.set_state_dir(base.path().join("state"));
    let mut failed = 0;
    for backend in [
        BackendName::Native,
        BackendName::Bubblewrap,
        BackendName::Gvisor,
    ] {
        let only = std::env::var("RINGFENCE_TEST_BACKEND").unwrap_or_default();
        if !backend.to_string().starts_with(&only) {
            continue;
        }
        if backend == BackendName::Gvisor && !gvisor::installed() {
            eprintln!("SKIPPED: gvisor: there is no runsc here");
            continue;
        }
        failed += run(&spawner, backend, base.path(), root, &filter);
    }
    if root {
        failed += as_ordinary_user(base.path(), &filter);
    }
    drop(base);
    exit(i32::from(failed > 0));
}

fn run(spawner: &Spawner, backend: BackendName, base: &Path, root: bool, filter: &str) -> u32 {
    let who = if root { "root" } else { "ordinary user" };
    let who = format!("{backend}, {who}");
    let cases = [
        basics::CASES,
        files::CASES,
        secrets::CASES,
        terminal::CASES,
        life::CASES,
        limits::CASES,
        locks::CASES,
        scratch::CASES,
        single::CASES,
    ]
    .concat();
    let own = match backend {
        BackendName::Gvisor => gvisor::CASES,
        _ => &[],
    };
    let cases = cases.into_iter().chain(own.iter().copied());
    let mut failed = 0;
    for (name, case) in cases.filter(|(name, _)| name.contains(filter)) {
        let fixture = Fixture {
            spawner,
            backend,
            dir: directory(base, &format!("{backend}-{name}")),
            root,
        };
        if backend == BackendName::Gvisor
            && let Some(why) = gvisor::differs(name)
        {
            eprintln!("SKIPPED: {who}: {name}: {why}");
            continue;
        }
        match case(&fixture) {
            Ok(()) => println!("{who}: {name} ... ok"),
            Err(why) => {
                failed += 1;
                println!("{who}: {name} ... FAILED\n    {why}");
            }
        }
    }
    failed
}

/// The same cases as a user who is not root.
fn as_ordinary_user(base: &Path, filter: &str) -> u32 {
    let copy: PathBuf = base.join("tests");
    std::fs::copy(std::env::current_exe().expect("own path"), &copy).expect("copy");
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).expect("mode");
    let home = directory(base, "ordinary");
    std::os::unix::fs::chown(&home, Some(ORDINARY), Some(ORDINARY)).expect("chown");
    let status = Command::new(&copy)
        .arg(filter)
        .env("TMPDIR", &home)
        .current_dir("/")
        .uid(ORDINARY)
        .gid(ORDINARY)
        .status();
    u32::from(!status.expect("run").success())
}
