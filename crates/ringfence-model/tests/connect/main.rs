//! Sealed mode end to end: programs, `connect`, a server in the middle that meddles, the server, models in runners in sandboxes. As the
//! user who runs the tests and, when that is root, once more as an ordinary user. No libtest harness: see the tests of the server.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit,
    clippy::unwrap_used,
    clippy::panic
)]

mod answers;
mod attacks;
#[path = "../server/fixture.rs"]
#[allow(dead_code, reason = "the tests of the server use the rest")]
mod fixture;
mod middle;
mod pins;
mod room;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, exit};
use std::sync::Arc;

use fixture::{Fixture, Outcome};
use ringfence_runner::testing::{OWN_DEV, own_dev};

/// An ordinary user without an account.
const ORDINARY: u32 = 61_995;

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
    let mut failed = 0;
    let own_devices = std::env::var_os(OWN_DEV).is_some();
    let cases = match own_devices {
        true => pins::DEVICES.to_vec(),
        false => [answers::CASES, attacks::CASES, pins::CASES].concat(),
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
    let status = Command::new(&copy)
        .arg(filter)
        .env("TMPDIR", &home)
        .env("HOME", &home)
        .env_remove("XDG_CONFIG_HOME")
        .current_dir("/")
        .uid(ORDINARY)
        .gid(ORDINARY)
        .status();
    u32::from(!status.expect("run").success())
}
