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
#[path = "../../../ringfence-runner/tests/support/harness.rs"]
mod harness;
mod middle;
mod pins;
mod room;

use std::process::ExitCode;
use std::sync::Arc;

use fixture::Fixture;
use harness::{Others, Outcome};
use ringfence_runner::testing::{OWN_DEV, own_dev};

/// An ordinary user without an account.
const ORDINARY: u32 = 61_995;

/// A case: what it promises and the code that tries it.
pub type Case = (&'static str, fn(&Fixture) -> Outcome);

fn main() -> ExitCode {
    let (mut run, spawner) = match harness::begin() {
        Ok(begun) => begun,
        Err(code) => return code,
    };
    let fixture = Fixture::new(Arc::new(spawner), run.base());
    let own_devices = std::env::var_os(OWN_DEV).is_some();
    let cases = match own_devices {
        true => pins::DEVICES.to_vec(),
        false => [answers::CASES, attacks::CASES, pins::CASES].concat(),
    };
    for (name, case) in cases {
        run.case(name, || case(&fixture));
    }
    run.end(&Others {
        ordinary: ORDINARY,
        again: (!own_devices).then_some(own_dev),
        ..Others::default()
    })
}
