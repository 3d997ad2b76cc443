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
#[path = "../support/harness.rs"]
mod harness;
mod sealed;
mod states;

use std::process::ExitCode;

use fixture::Fixture;
use harness::{Others, Outcome};
use ringfence_runner::testing::{DEVICE_GROUP, OWN_DEV, own_dev};

/// An ordinary user without an account.
const ORDINARY: u32 = 61_997;

/// A case: what it promises and the code that tries it.
pub type Case = (&'static str, fn(&Fixture<'_>) -> Outcome);

fn main() -> ExitCode {
    let (mut run, spawner) = match harness::begin() {
        Ok(begun) => begun,
        Err(code) => return code,
    };
    let fixture = Fixture::new(&spawner, run.base());
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
    for (name, case) in cases {
        run.case(name, || case(&fixture));
    }
    run.end(&Others {
        ordinary: ORDINARY,
        group: Some(DEVICE_GROUP),
        // The files are the same ones; fewer do.
        environment: &[("RINGFENCE_TEST_MUTATIONS", "200")],
        again: (!own_devices).then_some(own_dev),
    })
}
