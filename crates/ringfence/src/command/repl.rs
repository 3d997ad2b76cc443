//! `ringfence repl`: a stateful session in a sandbox, for a person or, with `--json`, for a program.

use std::path::PathBuf;
use std::process::ExitCode;

use ringfence_runtime::RunError;
use ringfence_runtime::code::prepare::{Invocation, prepare};
use ringfence_runtime::repl::{Driver, Repl, ReplError, Setup, StartedAs};
use ringfence_sandbox::Spawner;

use super::exec::options;
use super::failure;
use crate::arguments::{LogLevel, Repl as ReplArguments};
use crate::error::Failure;
use crate::exit::Exit;
use crate::logging;

mod interactive;
mod json;
mod requests;
mod show;

/// Runs the session to its end.
pub fn run(
    arguments: ReplArguments,
    config: Option<PathBuf>,
    log_level: Option<LogLevel>,
    spawner: Spawner,
) -> Result<ExitCode, Failure> {
    let driver =
        Driver::of(&arguments.language).map_err(|error| Failure::new(Exit::Usage, error))?;
    let (json, out) = (arguments.json, arguments.code.out.clone());
    if json && out.is_some() {
        return Err(Failure::message(
            Exit::Usage,
            "--out keeps the images that a terminal can not show; with --json they are in the events",
        ));
    }
    let gallery = show::Gallery::open(out.as_deref())?;
    let mut invocation = Invocation {
        config,
        options: options(arguments.code)?,
    };
    // Files do not come back from a session; what can not come back is not to be written as if it did.
    invocation.options.out = false;
    driver.invoke(&mut invocation);
    let prepared = prepare(&invocation).map_err(failure)?;
    logging::start(log_level, prepared.plan.log_level.as_deref(), None);
    for remark in &prepared.plan.remarks {
        tracing::warn!("{remark}");
    }
    let (setup, started) = Setup::sandboxed(driver, spawner, prepared).map_err(not_started)?;
    let repl = Repl::start(setup).map_err(not_started)?;
    let session = Session {
        repl,
        started,
        gallery,
    };
    if json {
        json::run(session)
    } else {
        interactive::run(session)
    }
}

/// A session and what belongs to showing it.
struct Session {
    repl: Repl,
    started: StartedAs,
    gallery: show::Gallery,
}

fn not_started(error: ReplError) -> Failure {
    match error {
        ReplError::Launch(error) => failure(error),
        error @ ReplError::NoIsolation => Failure::new(Exit::Usage, error),
        other => Failure::new(Exit::Fence, other),
    }
}

/// What the session can not go on after.
fn broken(error: ReplError) -> Failure {
    Failure::new(Exit::Fence, error)
}

/// Our own input or output failed.
fn streams(error: std::io::Error) -> Failure {
    failure(RunError::Io {
        what: "standard input and output",
        source: error,
    })
}
