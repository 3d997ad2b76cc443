//! One code session from beginning to end: filter, audit log and sandbox made side by side, the loop, the end in order.

use std::io::{self, IsTerminal, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_dlp::{Actions, Document, Filter, Known, Settings};
use ringfence_policy::code::{CodePlan, Content, InputFile};
use ringfence_policy::{Event, FilterAction};
use ringfence_sandbox::{ExitReport, Pending, Spawner};

use super::collect::{Collected, collect};
use super::launch::{Child, Input, Started, Streams, build};
use super::limits::CONTEXT_BYTES;
use super::online::Credentials;
use super::outcome::{Kept, Outcome, PlacedFinding, Status, Usage};
use super::output::Output;
use super::payload::{Bare, Payload};
use super::prepare::Prepared;
use super::pump::{self, Making, Pump, Pumped};
use super::signals::Signals;
use super::{bare, known};
use crate::audit;
use crate::error::{Doing, RunError};
use crate::recorder::Log;
use crate::session_id;

/// What the code reads.
#[derive(Debug)]
pub enum Feed {
    /// Nothing.
    Null,
    /// Our own standard input, byte by byte through a pipe, whatever it is: nothing that the code could write to or control.
    /// (Of a file, one that is open for reading only included, its owner changes mode, times and attributes.)
    Stdin,
}

/// Where a session's streams go.
#[derive(Debug)]
pub struct Io {
    /// Standard input.
    pub input: Feed,
    /// Standard output and standard error.
    pub outputs: [Output; 2],
    /// Directory that files in `/out` come back to, see [`super::destination`].
    pub out: Option<OwnedFd>,
}

impl Io {
    /// Our own streams.
    ///
    /// # Errors
    /// When one of them is closed.
    pub fn inherit() -> io::Result<Self> {
        Ok(Self {
            input: Feed::Stdin,
            outputs: [
                Output::Fd(io::stdout().as_fd().try_clone_to_owned()?),
                Output::Fd(io::stderr().as_fd().try_clone_to_owned()?),
            ],
            out: None,
        })
    }

    /// No input, and the output kept in the outcome.
    #[must_use]
    pub fn memory() -> Self {
        Self {
            input: Feed::Null,
            outputs: [Output::Memory, Output::Memory],
            out: None,
        }
    }
}

/// Runs the program of a plan to its end.
///
/// # Errors
/// See [`RunError`]. Nothing is left behind: no process, no mount, no cgroup, no file.
pub fn run(mut spawner: Spawner, prepared: Prepared, io: Io) -> Result<Outcome, RunError> {
    let Prepared {
        mut plan,
        facts,
        paths,
    } = prepared;
    spawner.set_state_dir(paths.state.clone());
    let session = session_id::new().doing("naming the session")?;
    plan.spec.claim.session.clone_from(&session);

    let credentials = Credentials::open(&plan, &facts.env, &paths)?;
    let known = credentials.as_ref().map(Credentials::known);
    let making = filter(&plan, &facts.env, known.unwrap_or_default())?;
    let (input, pumped_input) = input(io.input).doing("standard input")?;
    let (mut streams, stdio) = Streams::new(input)?;
    let local = plan.backend == "local";
    let (sinks, required) = (std::mem::take(&mut plan.audit), plan.audit_required);
    let opening = audit::Opening::new(&sinks, required, &paths, &session);
    let (log, online, built) = match &credentials {
        // The audit log is opened while the sandbox is built; the code is released when both are there.
        None => std::thread::scope(|scope| {
            let opened = scope.spawn(|| opening.open(known::secrets(&facts.env)));
            let built = (!local).then(|| build(&spawner, &plan, &stdio));
            let log = opened
                .join()
                .map_err(|_| io::Error::other("its thread died"))
                .doing("opening the audit log")?;
            Ok::<_, RunError>((log?, None, built.transpose()))
        })?,
        Some(credentials) => {
            let mut secrets = credentials.secrets();
            secrets.extend(known::secrets(&facts.env));
            let log = opening.open(secrets)?;
            let context = documents(&plan)?;
            let connected = credentials.connect(&mut plan, &facts.env, &paths, &log, context);
            let (online, trust) = connected.inspect_err(|error| audit::refused(&log, error))?;
            let built = (!local).then(|| build(&spawner, &plan, &stdio));
            // Mounted by now, under every name that programs look for.
            drop(trust);
            (log, Some(online), built.transpose())
        }
    };
    let mut built = built.inspect_err(|error| audit::refused(&log, error))?;
    if let (Some(online), Some((pending, _))) = (&online, &mut built)
        && let Some(sockets) = pending.capture.take()
    {
        online.serve(sockets);
    }
    let (backend, level, protections, fallback) = match &built {
        Some((_, started)) => (
            started.backend.to_string(),
            format!("{:?}", started.level).to_lowercase(),
            started.protections.clone(),
            started.fallback,
        ),
        None => ("local".into(), "none".into(), Vec::new(), false),
    };
    begin(&log, &plan, &level, &backend, &protections, fallback)?;

    let signals = Signals::new().doing("catching signals")?;
    let stdin = streams.stdin.take();
    let (payload, deadline, collected, sources) = match built {
        Some((pending, started)) => {
            let child = release(pending, streams, started)
                .inspect_err(|error| audit::refused(&log, error))?;
            drop(stdio);
            let collected = child.sandbox.collected();
            let sources = [child.stdout, child.stderr];
            let sandbox = Arc::new(child.sandbox);
            if let Some(online) = &online {
                online.watch(&sandbox);
            }
            (Payload::Fenced(sandbox), None, collected, sources)
        }
        None => {
            let child = bare::start(&plan, &facts, stdio)
                .inspect_err(|error| audit::refused(&log, error))?;
            let wall = plan.spec.shape.limits.wall_ms.map(Duration::from_millis);
            let deadline = wall.and_then(|wall| Instant::now().checked_add(wall));
            let payload = Payload::Bare(Bare::new(child).doing("watching the code")?);
            (payload, deadline, None, [streams.stdout, streams.stderr])
        }
    };
    let memory = matches!(io.outputs, [Output::Memory, _]);
    let pumped = pump::run(
        Pump {
            payload,
            input: pumped_input.zip(stdin),
            channels: pump::channels(sources, io.outputs),
            signals,
            making,
            output_limit: plan.spec.shape.limits.output,
            deadline,
        },
        memory,
    );
    if let Some(online) = online {
        online.end()?;
    }
    let pumped = pumped.inspect_err(|error| audit::refused(&log, error))?;
    let out = match (collected, &io.out) {
        (Some(from), Some(to)) => Some(
            collect(
                &from,
                to,
                plan.spec.shape.limits.disk.unwrap_or(u64::MAX),
                pumped.filter.as_ref(),
                facts.env.get("HOME").map(Path::new),
            )
            .doing("bringing files back from /out")?,
        ),
        _ => None,
    };
    finish(
        &log,
        session,
        pumped,
        out,
        (backend, level, protections, fallback),
    )
}

fn release(pending: Pending, streams: Streams, started: Started) -> Result<Child, RunError> {
    let sandbox = pending.release()?;
    Ok(streams.child(sandbox, started))
}

/// The first events.
pub(crate) fn begin(
    log: &Log,
    plan: &CodePlan,
    level: &str,
    backend: &str,
    protections: &[String],
    fallback: bool,
) -> Result<(), RunError> {
    let claim = &plan.spec.claim;
    log.keep(&Event::SessionStart {
        tool: plan.display_name.clone(),
        argv: claim.argv.clone(),
        cwd: claim.cwd.display().to_string(),
        level: level.to_owned(),
        backend: backend.to_owned(),
        protections: protections.to_vec(),
        policy_digest: audit::digest(&plan.digest_input()),
    })?;
    let fence = |condition: &str, detail: String| {
        log.keep(&Event::Fence {
            condition: condition.to_owned(),
            detail,
        })
    };
    if fallback {
        let asked = format!("{:?}", plan.spec.shape.level).to_lowercase();
        fence(
            "level_lowered",
            format!(
                "level {asked} was asked for; {level} by {backend} is in force, as allow_fallback says"
            ),
        )?;
    }
    if backend == "local" {
        fence("no_isolation", "the code runs on the host as it is".into())?;
    }
    if plan.filter.output == FilterAction::Off {
        fence(
            "filter_off",
            "the output is not searched for secrets".into(),
        )?;
    }
    Ok(())
}

/// Starts building the filter on a thread of its own: the code starts meanwhile, and no byte of it leaves before.
fn filter(
    plan: &CodePlan,
    env: &std::collections::BTreeMap<String, String>,
    known: Vec<Known>,
) -> Result<Making, RunError> {
    let Some(mut settings) = filter_settings(plan, env)? else {
        return Ok(None);
    };
    settings.known.extend(known);
    let made = std::thread::Builder::new()
        .name("filter".into())
        .spawn(move || Filter::new(settings));
    Ok(Some(made.doing("building the egress filter")?))
}

/// What the filter of a plan is built from; `None` when the output is not searched.
pub(crate) fn filter_settings(
    plan: &CodePlan,
    env: &std::collections::BTreeMap<String, String>,
) -> Result<Option<Settings>, RunError> {
    let action = |tier: FilterAction| match tier.min(plan.filter.output) {
        FilterAction::Off | FilterAction::Report => ringfence_dlp::Action::Report,
        FilterAction::Redact => ringfence_dlp::Action::Redact,
        FilterAction::Block => ringfence_dlp::Action::Block,
    };
    if plan.filter.output == FilterAction::Off {
        return Ok(None);
    }
    Ok(Some(Settings {
        known: known::of_environment(env),
        context: documents(plan)?,
        actions: Actions {
            block: action(plan.filter.output),
            warn: action(plan.filter.warn),
            echo: action(plan.filter.echo),
        },
        budget: plan.context_budget,
    }))
}

pub(crate) fn documents(plan: &CodePlan) -> Result<Vec<Document>, RunError> {
    let read = plan.context.iter().map(document);
    read.collect::<io::Result<_>>()
        .doing("reading a context document")
}

fn document(file: &InputFile) -> io::Result<Document> {
    let text = match &file.content {
        Content::Bytes(bytes) => bytes.clone(),
        Content::Host(path) => {
            let mut text = Vec::new();
            std::fs::File::open(path)?
                .take(CONTEXT_BYTES)
                .read_to_end(&mut text)?;
            text
        }
    };
    Ok(Document {
        name: file.name.clone(),
        text,
    })
}

/// What the code's standard input is, and what has to be pumped into it.
fn input(feed: Feed) -> io::Result<(Input, Option<OwnedFd>)> {
    let Feed::Stdin = feed else {
        return Ok((Input::Null, None));
    };
    let stdin = io::stdin();
    let Ok(fd) = stdin.as_fd().try_clone_to_owned() else {
        // A closed standard input is an empty one.
        return Ok((Input::Null, None));
    };
    let stat = rustix::fs::fstat(&fd)?;
    let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
    if kind.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a directory; redirect it from a file, or from /dev/null",
        ));
    }
    if kind.is_char_device() && !stdin.is_terminal() && is_null(stat.st_rdev) {
        return Ok((Input::Null, None));
    }
    Ok((Input::Pipe, Some(fd)))
}

/// `/dev/null` is device 1:3 on Linux.
fn is_null(device: u64) -> bool {
    rustix::fs::major(device) == 1 && rustix::fs::minor(device) == 3
}

/// The last events, and the outcome.
fn finish(
    log: &Log,
    session: String,
    pumped: Pumped,
    out: Option<Collected>,
    (backend, level, protections, fallback): (String, String, Vec<String>, bool),
) -> Result<Outcome, RunError> {
    let Pumped {
        exit,
        killed,
        findings,
        more_findings,
        bytes_out,
        kept,
        ..
    } = pumped;
    for (place, finding) in &findings {
        log.keep(&audit::finding(place, finding))?;
    }
    let reason = killed.map_or_else(|| exit.reason.clone(), str::to_owned);
    let stopped = log.stop(&Event::SessionEnd {
        exit_code: exit.code,
        signal: exit.signal,
        reason: reason.clone(),
        wall_ms: exit.wall_ms,
    });
    audit::warn_of_losses(&stopped?);
    let [stdout, stderr] = kept;
    Ok(Outcome {
        session,
        status: status(&exit, &reason),
        exit_code: exit.code,
        signal: exit.signal,
        reason,
        level,
        backend,
        fallback,
        protections,
        usage: Usage {
            wall_ms: exit.wall_ms,
            cpu_ms: exit.cpu_ms,
            peak_memory: exit.peak_memory,
            peak_memory_of: exit.peak_memory_of,
            bytes_out,
        },
        output: stdout.zip(stderr).map(|(out, err)| Kept::of(out, err)),
        findings: findings
            .into_iter()
            .map(|(place, finding)| PlacedFinding { place, finding })
            .collect(),
        more_findings,
        out,
        audit: Path::to_path_buf(log.path()),
    })
}

fn status(exit: &ExitReport, reason: &str) -> Status {
    match (reason, exit.code) {
        ("blocked", _) => Status::Blocked,
        ("exit", Some(0)) => Status::Ok,
        ("exit" | "signal", _) => Status::Failed,
        _ => Status::Killed,
    }
}
