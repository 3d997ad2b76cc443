//! While the payload runs: the proxy serves, the terminal is relayed, questions are asked, signals are forwarded.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ringfence_policy::decision::Grant;
use ringfence_policy::plan::Plan;
use ringfence_policy::{Event, HostFacts};
use ringfence_proxy::Proxy;
use ringfence_sandbox::{ExitReport, LaunchError, Pending, Sandbox, protect};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::HostFile;
use crate::approver::DeskApprover;
use crate::error::{Doing, RunError};
use crate::gateway;
use crate::network::listeners;
use crate::paths::Paths;
use crate::peers::SandboxPeers;
use crate::prompt::Desk;
use crate::prompt::approvals::server::Server;
use crate::prompt::front::{FrontEnd, Popups};
use crate::publish::{MakeSockets, Published};
use crate::recorder::Log;
use crate::terminal::{Relay, RelayEnd, RelaySetup};

/// How long the payload gets after a polite signal before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How long open connections get to end after the payload is gone.
const DRAIN: Duration = Duration::from_millis(500);

/// Everything that the supervisor works with.
pub(super) struct Work<'a> {
    pub session: &'a str,
    pub plan: &'a Plan,
    pub paths: &'a Paths,
    pub facts: &'a HostFacts,
    pub log: Arc<Log>,
    pub desk: Arc<Desk>,
    pub approver: Arc<DeskApprover>,
    pub proxy: Arc<Proxy>,
    pub peers: Arc<SandboxPeers>,
    pub started: Instant,
}

/// How it went.
pub(super) struct Ended {
    pub exit: ExitReport,
    pub capture: Option<String>,
    pub host_files: Vec<HostFile>,
    pub start_ms: u64,
}

/// Supervises one sandbox from its release to its end.
pub(super) async fn supervise(work: Work<'_>, mut pending: Pending) -> Result<Ended, RunError> {
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let capture = pending.capture.as_ref().map(|c| c.method.to_string());
    if let Some(sockets) = pending.capture.take() {
        let (proxy, stop) = (Arc::clone(&work.proxy), stop.clone());
        tasks.spawn(async move { proxy.serve(listeners(sockets), stop).await });
    }
    let master = pending.terminal.take();
    serve_prompts(&work, master.is_some(), &stop, &mut tasks)?;
    probe_gateway(&work, &mut tasks);

    // Signals are caught before the payload runs, so that none of them can end the supervisor and not the payload.
    let signals = Signals::new().doing("catching signals")?;
    let since = SystemTime::now();
    let sandbox = Arc::new(pending.release()?);
    work.peers.look_into(&sandbox);
    let start_ms = u64::try_from(work.started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let result = async {
        publish(&work, &sandbox, &stop).await?;
        wait(&work, &sandbox, master, signals).await
    }
    .await;
    if result.is_err() {
        sandbox.kill();
    }

    stop.cancel();
    let _drained =
        tokio::time::timeout(DRAIN, async { while tasks.join_next().await.is_some() {} }).await;
    let exit = result?;
    let host_files = report_host_files(&work, since)?;
    Ok(Ended {
        exit,
        capture,
        host_files,
        start_ms,
    })
}

/// Opens the approvals socket, and a popup or the overlay where there is a terminal.
fn serve_prompts(
    work: &Work<'_>,
    terminal: bool,
    stop: &CancellationToken,
    tasks: &mut JoinSet<Result<(), ringfence_proxy::ProxyError>>,
) -> Result<(), RunError> {
    let server =
        Server::bind(&work.paths.runtime, work.session, &work.plan.display_name).map_err(|e| {
            RunError::Io {
                what: "opening the approvals socket",
                source: io::Error::other(e),
            }
        })?;
    let (desk, token) = (Arc::clone(&work.desk), stop.clone());
    tasks.spawn(async move {
        server.run(desk, token).await;
        Ok(())
    });
    let popups = Popups {
        front: FrontEnd::choose(&work.facts.env, terminal),
        program: std::env::current_exe().doing("finding this program")?,
        dir: work.paths.runtime.clone(),
        session: work.session.to_owned(),
        terminal,
    };
    let (desk, token) = (Arc::clone(&work.desk), stop.clone());
    tasks.spawn(async move {
        popups.run(desk, token).await;
        Ok(())
    });
    Ok(())
}

/// Says early what every request would say later.
fn probe_gateway(work: &Work<'_>, tasks: &mut JoinSet<Result<(), ringfence_proxy::ProxyError>>) {
    let Some(gateway) = work.plan.gateway.clone() else {
        return;
    };
    let log = Arc::clone(&work.log);
    tasks.spawn(async move {
        if let Err(why) = gateway::probe(&gateway).await {
            tracing::warn!("{why}");
            if log
                .keep(&Event::Fence {
                    condition: "gateway_unreachable".to_owned(),
                    detail: why,
                })
                .is_err()
            {
                tracing::error!("the audit log can not be written");
            }
        }
        Ok(())
    });
}

async fn publish(
    work: &Work<'_>,
    sandbox: &Arc<Sandbox>,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    for &(host, inside) in &work.plan.publish {
        let grant = if work.plan.ask_for.publish {
            work.approver.publish(inside).await.grant
        } else {
            Grant::Allow
        };
        let mut port = host;
        if grant == Grant::Allow {
            let source = Arc::clone(sandbox);
            let make: MakeSockets = Arc::new(move |count| {
                Ok(source
                    .inner_sockets(count)?
                    .into_iter()
                    .map(OwnedFd::into)
                    .collect())
            });
            let failed = |source| RunError::Publish {
                inside,
                host,
                source,
            };
            let published = Arc::new(Published::bind(host, inside, make).await.map_err(failed)?);
            port = published.port().map_err(failed)?;
            tokio::spawn(published.serve(stop.clone()));
            tracing::info!("port {inside} of the sandbox is published on 127.0.0.1:{port}");
        }
        work.log.keep(&Event::Publish {
            inside,
            host: port,
            grant,
        })?;
    }
    Ok(())
}

/// Waits for the end of the payload, whatever comes first: its own, a signal to us, a lost audit log.
async fn wait(
    work: &Work<'_>,
    sandbox: &Arc<Sandbox>,
    master: Option<OwnedFd>,
    mut signals: Signals,
) -> Result<ExitReport, RunError> {
    let lost = work.proxy.failed();
    let waiting = Arc::clone(sandbox);
    let mut done = tokio::task::spawn_blocking(move || waiting.wait());
    // With a terminal the relay hears of the first request to end as well: it puts the terminal back, then says so here.
    let mut relay_says_first = master.is_some();
    let relay_stop = CancellationToken::new();
    let relay = start_relay(work, master, &relay_stop)?;
    tokio::pin!(relay);
    let mut relaying = true;
    let mut deadline: Option<tokio::time::Instant> = None;
    let ended = loop {
        let kill_at = deadline;
        tokio::select! {
            ended = &mut done => break ended,
            () = lost.cancelled() => {
                sandbox.kill();
                relay_stop.cancel();
                if relaying { (&mut relay).await?; }
                return Err(RunError::AuditLost("see the last event of the log".to_owned()));
            }
            number = signals.next() => {
                let ends = number == rustix::process::Signal::TERM.as_raw() || number == rustix::process::Signal::HUP.as_raw();
                if ends && std::mem::take(&mut relay_says_first) {
                    continue;
                }
                forward(sandbox, number);
                // A second signal after the grace period does not wait again; an interactive interrupt is not an end.
                if ends {
                    deadline.get_or_insert(tokio::time::Instant::now() + GRACE);
                }
            }
            end = &mut relay, if relaying => {
                relaying = false;
                match end? {
                    Some(RelayEnd::Signal(number)) => {
                        forward(sandbox, number);
                        deadline.get_or_insert(tokio::time::Instant::now() + GRACE);
                    }
                    Some(RelayEnd::HostGone) => {
                        relay_says_first = false;
                        forward(sandbox, rustix::process::Signal::HUP.as_raw());
                        deadline.get_or_insert(tokio::time::Instant::now() + GRACE);
                    }
                    Some(RelayEnd::SandboxClosed | RelayEnd::Stopped) | None => relay_says_first = false,
                }
            }
            () = async { match kill_at { Some(at) => tokio::time::sleep_until(at).await, None => std::future::pending().await } } => {
                sandbox.kill();
                deadline = None;
            }
        }
    };
    relay_stop.cancel();
    if relaying {
        relay.await?;
    }
    ended
        .map_err(io::Error::other)
        .and_then(|report| report)
        .doing("waiting for the sandbox")
}

/// A sandbox that is gone takes no signal; its report is what comes next.
fn forward(sandbox: &Sandbox, number: i32) {
    if let Err(error) = sandbox.signal(number) {
        tracing::debug!(%error, number, "forwarding a signal");
    }
}

/// The relay as a future; one that never ends when the payload has no terminal of its own.
fn start_relay(
    work: &Work<'_>,
    master: Option<OwnedFd>,
    stop: &CancellationToken,
) -> Result<impl Future<Output = Result<Option<RelayEnd>, RunError>> + use<>, RunError> {
    let terminal_error = |e: crate::terminal::TerminalError| RunError::Io {
        what: "relaying the terminal",
        source: io::Error::other(e),
    };
    let colour = work.facts.env.get("NO_COLOR").is_none_or(String::is_empty);
    let relay = match master {
        Some(master) => Some(
            Relay::new(RelaySetup {
                master,
                desk: Some(Arc::clone(&work.desk)),
                colour,
            })
            .map_err(terminal_error)?,
        ),
        None => None,
    };
    let stop = stop.clone();
    Ok(async move {
        match relay {
            Some(relay) => relay.run(stop).await.map(Some).map_err(terminal_error),
            None => {
                stop.cancelled().await;
                Ok(None)
            }
        }
    })
}

/// Files of the kinds that the host runs later, made or changed anywhere in the workspace while the payload ran.
fn report_host_files(work: &Work<'_>, since: SystemTime) -> Result<Vec<HostFile>, RunError> {
    let report =
        protect::report_new_host_files(&work.plan.spec, since).map_err(LaunchError::from)?;
    if report.truncated {
        let detail =
            "the look for files that the host may run later ended at its limit; there may be more"
                .to_owned();
        tracing::warn!("{detail}");
        work.log.keep(&Event::Fence {
            condition: "host_files_truncated".to_owned(),
            detail,
        })?;
    }
    let mut files = Vec::new();
    for found in report.found {
        work.log.keep(&Event::HostFile {
            path: found.path.display().to_string(),
            kind: found.kind.clone(),
        })?;
        files.push(HostFile {
            path: found.path,
            kind: found.kind,
        });
    }
    Ok(files)
}

/// The signals that a supervisor without a terminal forwards.
struct Signals {
    kinds: [(i32, tokio::signal::unix::Signal); 6],
}

impl Signals {
    fn new() -> io::Result<Self> {
        let one = |kind: SignalKind| Ok::<_, io::Error>((kind.as_raw_value(), signal(kind)?));
        Ok(Self {
            kinds: [
                one(SignalKind::interrupt())?,
                one(SignalKind::terminate())?,
                one(SignalKind::hangup())?,
                one(SignalKind::quit())?,
                one(SignalKind::user_defined1())?,
                one(SignalKind::user_defined2())?,
            ],
        })
    }

    async fn next(&mut self) -> i32 {
        let waiting = self.kinds.iter_mut().map(|(number, signal)| {
            Box::pin(async move {
                signal.recv().await;
                *number
            })
        });
        futures_util::future::select_all(waiting).await.0
    }
}
