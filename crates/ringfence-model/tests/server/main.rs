//! The server for real: on a port of loopback that the system chooses, with models in runners in sandboxes, as the user who runs
//! the tests and, when that is root, once more as an ordinary user. No libtest harness, because the spawner has to be forked first,
//! and because this very binary is the runner's program.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit,
    clippy::unwrap_used
)]

mod answers;
mod attacks;
mod changes;
mod clients;
mod cves;
mod disk;
mod fixture;
mod forms;
mod models;
mod reach;
mod registry;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, exit};
use std::sync::Arc;

use fixture::{Fixture, Outcome};

/// An ordinary user without an account.
const ORDINARY: u32 = 61_996;

/// A case: what it promises and the code that tries it.
pub type Case = (&'static str, fn(&Fixture) -> Outcome);

fn main() -> ExitCode {
    if let Some(code) = ringfence_runner::serve() {
        return code;
    }
    let spawner = Arc::new(ringfence_sandbox::start().expect("the spawner"));
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
    let fixture = Fixture::new(spawner, base.path());
    let (mut passed, mut failed) = (0, 0);
    let cases = [
        attacks::CASES,
        answers::CASES,
        models::CASES,
        forms::CASES,
        changes::CASES,
        disk::CASES,
        reach::CASES,
        cves::CASES,
        clients::CASES,
    ]
    .concat();
    for (name, case) in cases.into_iter().filter(|(name, _)| name.contains(&filter)) {
        match case(&fixture) {
            Ok(()) => {
                passed += 1;
                println!("{who}: {name} ... ok");
            }
            Err(why) if why.starts_with(fixture::SKIPPED) => {
                eprintln!("{why}");
                println!("{who}: {name} ... not run");
            }
            Err(why) => {
                failed += 1;
                println!("{who}: {name} ... FAILED\n    {why}");
            }
        }
    }
    let outcome = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {outcome}. {passed} passed; {failed} failed");
    if root && std::env::var_os("RINGFENCE_TEST_FULL").is_none() {
        failed += as_ordinary_user(base.path(), &filter);
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
    let status = Command::new(&copy)
        .arg(filter)
        .env("TMPDIR", &home)
        .env("HOME", &home)
        // Once is enough: it waits for the server's patience to end.
        .env("RINGFENCE_TEST_PATIENCE", "0")
        .current_dir("/")
        .uid(ORDINARY)
        .gid(ORDINARY)
        .status();
    u32::from(!status.expect("run").success())
}
