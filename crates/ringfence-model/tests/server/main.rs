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
#[path = "../../../ringfence-runner/tests/support/harness.rs"]
mod harness;
mod models;
mod reach;
mod registry;

use std::process::ExitCode;
use std::sync::Arc;

use fixture::Fixture;
use harness::{Others, Outcome};

/// An ordinary user without an account.
const ORDINARY: u32 = 61_996;

/// A case: what it promises and the code that tries it.
pub type Case = (&'static str, fn(&Fixture) -> Outcome);

fn main() -> ExitCode {
    let (mut run, spawner) = match harness::begin() {
        Ok(begun) => begun,
        Err(code) => return code,
    };
    let fixture = Fixture::new(Arc::new(spawner), run.base());
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
    for (name, case) in cases {
        run.case(name, || case(&fixture));
    }
    if std::env::var_os("RINGFENCE_TEST_FULL").is_some() {
        // A run within a run, for one case.
        return run.alone();
    }
    run.end(&Others {
        ordinary: ORDINARY,
        // Once is enough: it waits for the server's patience to end.
        environment: &[("RINGFENCE_TEST_PATIENCE", "0")],
        ..Others::default()
    })
}
