//! The runner for real: in its sandbox, with the engine, as the user who runs the tests and, when that is root, once more as an
//! ordinary user through a copy of this binary. No libtest harness, because the spawner has to be forked first, and because this
//! very binary is the runner's program.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit,
    clippy::unwrap_used
)]

mod answers;
mod asks;
mod broken;
mod devices;
mod fence;
mod fixture;
mod sealed;
mod states;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, ExitCode, exit};

use fixture::{Fixture, Outcome};
use ringfence_runner::testing::{DEVICE_GROUP, OWN_DEV, own_dev};

/// An ordinary user without an account.
const ORDINARY: u32 = 61_997;

/// A case: what it promises and the code that tries it.
pub type Case = (&'static str, fn(&Fixture<'_>) -> Outcome);

fn main() -> ExitCode {
    if let Some(code) = ringfence_runner::serve() {
        return code;
    }
    let spawner = ringfence_sandbox::start().expect("the spawner");
    let filter = std::env::args()
        .nth(1)
        .filter(|a| !a.starts_with('-'))
        .unwrap_or_default();
    let root = rustix::process::getuid().is_root();
    let base = tempfile::Builder::new()
        .prefix("ringfence-test-")
        .tempdir()
        .expect("directory");
    std::fs::set_permissions(base.path(), std::fs::Permissions::from_mode(0o755)).expect("mode");
    let who = if root { "root" } else { "ordinary user" };
    let fixture = Fixture::new(&spawner, base.path());
    let mut failed = 0;
    let own_devices = std::env::var_os(OWN_DEV).is_some();
    let cases = match own_devices {
        true => devices::CASES.to_vec(),
        false => [
            answers::CASES,
            asks::CASES,
            states::CASES,
            fence::CASES,
            broken::CASES,
            sealed::CASES,
        ]
        .concat(),
    };
    for (name, case) in cases.into_iter().filter(|(name, _)| name.contains(&filter)) {
        match case(&fixture) {
            Ok(()) => println!("{who}: {name} ... ok"),
            Err(why) => {
                failed += 1;
                println!("{who}: {name} ... FAILED\n    {why}");
            }
        }
    }
    if root {
        failed += as_ordinary_user(base.path(), &filter);
        if !own_devices {
            failed += own_dev(&filter);
        }
    }
    drop(base);
    exit(i32::from(failed > 0));
}

fn as_ordinary_user(base: &Path, filter: &str) -> u32 {
    let copy = base.join("tests");
    std::fs::copy(std::env::current_exe().expect("own path"), &copy).expect("copy");
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).expect("mode");
    let home = base.join("ordinary");
    std::fs::create_dir_all(&home).expect("directory");
    std::os::unix::fs::chown(&home, Some(ORDINARY), Some(ORDINARY)).expect("chown");
    let ids = format!(
        "--reuid={ORDINARY} --regid={ORDINARY} --groups={}",
        DEVICE_GROUP
    );
    let status = Command::new("setpriv")
        .args(ids.split(' '))
        .arg(&copy)
        .arg(filter)
        .env("TMPDIR", &home)
        // The files are the same ones; fewer do.
        .env("RINGFENCE_TEST_MUTATIONS", "200")
        .current_dir("/")
        .status();
    u32::from(!status.expect("run").success())
}
