//! `ringfence run`: an agent, or any command, inside the fence.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ringfence_policy::RunOptions;
use ringfence_policy::spec::Level;
use ringfence_runtime::prepare::{Invocation, prepare};
use ringfence_runtime::session::{self, Outcome, Prepared};
use ringfence_sandbox::Spawner;

use super::{failure, plan_table};
use crate::arguments::{LevelArgument, LogLevel, Run};
use crate::error::Failure;
use crate::exit::Exit;
use crate::logging;

mod report;

use report::Report;

/// Exit codes of signals start here, as in a shell.
const SIGNAL_BASE: i32 = 128;
/// Most files that the host may run later, told of one by one at the end.
const HOST_FILES_TOLD: usize = 50;

/// Runs it and passes the exit code through.
pub fn run(
    arguments: Run,
    config: Option<PathBuf>,
    log_level: Option<LogLevel>,
    spawner: Spawner,
) -> Result<ExitCode, Failure> {
    let (report, dry_run) = (arguments.report.clone(), arguments.dry_run);
    let prepared = prepare(&Invocation {
        config,
        options: options(arguments)?,
    })
    .map_err(failure)?;
    start_logging(log_level, &prepared)?;
    for remark in &prepared.plan.remarks {
        tracing::warn!("{remark}");
    }
    if dry_run {
        return plan_table::print(&prepared);
    }
    let failed = |e: std::io::Error| {
        let path = report.as_deref().unwrap_or(Path::new("")).display();
        Failure::message(Exit::Fence, format!("report {path}: {e}"))
    };
    // Opened before the agent can put anything in its place.
    let opened = report
        .as_deref()
        .map(|path| Report::open(path, &prepared.plan.spec))
        .transpose()
        .map_err(failed)?;
    let outcome = session::run(spawner, prepared).map_err(failure)?;
    tell_host_files(&outcome);
    if let Some(opened) = opened {
        opened.write(&outcome).map_err(failed)?;
    }
    Ok(exit_code(&outcome))
}

/// The names are the agent's: a line break in one must not look like a line of ours.
fn tell_host_files(outcome: &Outcome) {
    for file in outcome.host_files.iter().take(HOST_FILES_TOLD) {
        let path = file.path.display().to_string();
        tracing::warn!("{} was made or changed: {}", path.escape_debug(), file.kind);
    }
    let more = outcome.host_files.len().saturating_sub(HOST_FILES_TOLD);
    if more > 0 {
        tracing::warn!("{more} more such files; `ringfence audit tail` lists them");
    }
}

fn exit_code(outcome: &Outcome) -> ExitCode {
    let exit = &outcome.exit;
    let code = match exit.reason.as_str() {
        "timeout" => return Exit::Timeout.into(),
        "oom" => SIGNAL_BASE + rustix_sigkill(),
        _ => exit
            .code
            .or(exit.signal.map(|s| SIGNAL_BASE + s))
            .unwrap_or(Exit::Fence as i32),
    };
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(Exit::Fence as u8))
}

/// `SIGKILL`, which the kernel's out-of-memory killer sends.
fn rustix_sigkill() -> i32 {
    9
}

fn options(arguments: Run) -> Result<RunOptions, Failure> {
    let usage = |text: String| Failure::message(Exit::Usage, text);
    if arguments.tool.is_none() && arguments.args.is_empty() {
        return Err(usage("nothing to run: name a tool (`ringfence run claude`), or a command after `--` (`ringfence run -- make test`)".into()));
    }
    let publish = arguments.publish.iter().map(|text| {
        port_pair(text).ok_or_else(|| {
            usage(format!(
                "-p {text:?} is not [HOST:]PORT, with ports from 1 to 65535"
            ))
        })
    });
    let publish = publish.collect::<Result<_, _>>()?;
    let env = arguments.env.iter().map(|text| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.clone(), None),
    });
    Ok(RunOptions {
        tool: arguments.tool,
        argv: arguments.args,
        level: arguments.level.map(|level| match level {
            LevelArgument::Standard => Level::Standard,
            LevelArgument::High => Level::High,
            LevelArgument::Custom => Level::Custom,
        }),
        backend: arguments.backend,
        allow: arguments.allow,
        block: arguments.block,
        ro: arguments.ro,
        rw: arguments.rw,
        env: env.collect(),
        publish,
        no_prompt: arguments.no_prompt,
    })
}

/// `3000` is (3000, 3000); `8080:3000` is (8080, 3000): host first, as with every container tool.
fn port_pair(text: &str) -> Option<(u16, u16)> {
    let (host, inside) = text.split_once(':').unwrap_or((text, text));
    let port = |text: &str| text.parse::<u16>().ok().filter(|p| *p != 0);
    Some((port(host)?, port(inside)?))
}

/// While the agent owns the terminal, diagnostics go to a file: nothing of ours may disturb its screen.
fn start_logging(level: Option<LogLevel>, prepared: &Prepared) -> Result<(), Failure> {
    let file =
        match prepared.plan.spec.claim.terminal {
            Some(_) => {
                prepared.paths.prepare().map_err(|e| failure(e.into()))?;
                let path = prepared.paths.state.join("ringfence.log");
                let open = File::options()
                    .create(true)
                    .append(true)
                    .mode(0o600)
                    .open(&path);
                Some(open.map_err(|e| {
                    Failure::message(Exit::Fence, format!("{}: {e}", path.display()))
                })?)
            }
            None => None,
        };
    logging::start(level, prepared.plan.log_level.as_deref(), file);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        assert_eq!(port_pair("3000"), Some((3000, 3000)));
        assert_eq!(port_pair("8080:3000"), Some((8080, 3000)));
        for wrong in ["", "0", "x", "1:", "70000", "1:2:3"] {
            assert_eq!(port_pair(wrong), None, "{wrong}");
        }
    }
}
