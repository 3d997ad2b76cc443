//! The subcommands, a file each.

mod approvals;
mod audit;
mod doctor;
mod event_line;
mod exec;
mod filter;
mod image;
mod keys;
mod model;
mod plan_table;
mod policy;
mod prove;
mod repl;
mod run;

use std::io::Write;
use std::process::ExitCode;

use ringfence_policy::is_hidden;
use ringfence_runtime::RunError;
use ringfence_runtime::credentials::CredentialError;
use ringfence_runtime::facts;
use ringfence_runtime::paths::Paths;
use ringfence_sandbox::Spawner;

use crate::arguments::{Arguments, Command, Run};
use crate::error::Failure;
use crate::exit::Exit;
use crate::logging;

/// Carries out one command line.
pub fn dispatch(arguments: Arguments, spawner: Spawner) -> Result<ExitCode, Failure> {
    let Arguments {
        config,
        log_level,
        passphrase_fd,
        command,
    } = arguments;
    if let Some(number) = passphrase_fd {
        ringfence_runtime::credentials::read_passphrases_from(number);
    }
    match command {
        Command::Run(run) => return run::run(*run, config, log_level, spawner),
        Command::Repl(repl) => return repl::run(*repl, config, log_level, spawner),
        Command::Exec(exec) => return exec::run(*exec, config, log_level, spawner),
        Command::Tool(words) => return run::run(tool_run(words), config, log_level, spawner),
        Command::Prove(arguments) => {
            drop(spawner);
            return prove::run(&arguments);
        }
        _ => {}
    }
    logging::start(log_level, None, None);
    if let Command::Model(arguments) = &command {
        return model::run(arguments, config, passphrase_fd, spawner);
    }
    drop(spawner);
    match command {
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Policy(arguments) => policy::run(&arguments, config),
        Command::Approvals(arguments) => approvals::run(&arguments, &paths()?),
        Command::Audit(arguments) => audit::run(&arguments, &paths()?),
        Command::Image(arguments) => image::run(&arguments),
        Command::Filter(arguments) => filter::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments, passphrase_fd, config, &paths()?),
        Command::Run(_)
        | Command::Exec(_)
        | Command::Repl(_)
        | Command::Tool(_)
        | Command::Model(_)
        | Command::Prove(_) => Ok(Exit::Success.into()),
    }
}

/// `ringfence claude ARGS…` is `ringfence run claude -- ARGS…`.
fn tool_run(mut words: Vec<String>) -> Run {
    let args = words.split_off(words.len().min(1));
    Run {
        tool: words.pop(),
        args,
        ..Run::default()
    }
}

fn paths() -> Result<Paths, Failure> {
    let place = facts::place().map_err(|e| failure(e.into()))?;
    Ok(Paths::of(&place.home, &place.env))
}

/// The exit code that an error of the runtime means.
pub fn failure(error: RunError) -> Failure {
    use ringfence_policy::ErrorKind;
    match error {
        RunError::Resolve(error) => {
            let exit = match error.kind() {
                ErrorKind::Config => Exit::Config,
                ErrorKind::Usage => Exit::Usage,
                ErrorKind::Refused => Exit::Fence,
            };
            Failure::with_help(exit, &error, error.hint())
        }
        RunError::Facts(facts::FactsError::Program(error)) => {
            let exit = match error {
                facts::ProgramError::NotFound { .. } => Exit::NotFound,
                facts::ProgramError::NotExecutable { .. } => Exit::NotExecutable,
            };
            Failure::new(exit, error)
        }
        RunError::Input { .. } => Failure::new(Exit::Usage, error),
        RunError::Credential(CredentialError::Vault { .. } | CredentialError::NoSecret { .. }) => {
            Failure::new(Exit::Keys, error)
        }
        RunError::ConfigFile(_) | RunError::Credential(_) => Failure::new(Exit::Config, error),
        RunError::Audit(_) | RunError::AuditLost(_) => Failure::new(Exit::Audit, error),
        other => Failure::new(Exit::Fence, other),
    }
}

/// Standard output could not be written.
pub fn output_failed(error: std::io::Error) -> Failure {
    Failure::message(Exit::Found, format!("standard output: {error}"))
}

/// Prints one JSON value and a newline.
pub fn print_json(out: &mut impl Write, value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| output_failed(e.into()))?;
    writeln!(out, "{}", harmless(text)).map_err(output_failed)
}

/// JSON in which nothing is left that a terminal obeys: JSON itself escapes only what is below U+0020. Such characters stand in
/// strings alone, where their escapes mean the same.
pub fn harmless(json: String) -> String {
    // Newlines stand between the strings.
    let obeyed = |c: char| c > ' ' && is_hidden(c);
    if !json.contains(obeyed) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if obeyed(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    safe
}
