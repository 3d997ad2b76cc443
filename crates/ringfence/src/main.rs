//! `ringfence`: runs AI agents inside a fence that you can see through and they can't.
#![forbid(unsafe_code)]

mod arguments;
mod command;
mod error;
mod exit;
mod logging;
mod table;
mod text;
mod tui;

use std::process::ExitCode;

fn main() -> ExitCode {
    // An attack of `ringfence prove`, which is this binary again, inside the fence or outside it.
    if let Some(code) = ringfence_conformance::probe::main() {
        return code;
    }
    // A model's process, inside its sandbox.
    if let Some(code) = ringfence_runner::serve() {
        return code;
    }
    // While there is one thread and no secret: the launch arguments, or the spawner's fork.
    let spawner = match ringfence_sandbox::start() {
        Ok(spawner) => spawner,
        Err(error) => return error::report(&error::Failure::fence(error)),
    };
    match command::dispatch(arguments::parse(), spawner) {
        Ok(code) => code,
        Err(failure) => error::report(&failure),
    }
}
