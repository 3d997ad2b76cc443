//! One agent session: built in order, supervised, taken down in the opposite order.

mod supervise;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_policy::plan::{Fill, Plan};
use ringfence_policy::spec::Level;
use ringfence_policy::{Event, HostFacts};
use ringfence_sandbox::{BackendName, ExitReport, LaunchError, Pending, Spawner, Stdio};
use serde::Serialize;

use crate::approver::DeskApprover;
use crate::error::{Doing, RunError};
use crate::network::{Held, Wiring, worker_threads};
use crate::paths::Paths;
use crate::peers::SandboxPeers;
use crate::prompt::{ConfigTarget, Desk, DeskSetup};
use crate::recorder::{HostTally, Log};
use crate::{audit, session_id, trust_store};

/// A plan and what it was made from.
#[derive(Debug)]
pub struct Prepared {
    /// What will be built and enforced.
    pub plan: Plan,
    /// What the host is like.
    pub facts: HostFacts,
    /// Where state goes.
    pub paths: Paths,
    /// The user's configuration file, where "always" is written.
    pub config: Option<PathBuf>,
    /// Tool section that applies.
    pub tool: Option<String>,
    /// Never ask.
    pub no_prompt: bool,
}

/// How a session went.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Session id.
    pub session: String,
    /// How the payload ended.
    pub exit: ExitReport,
    /// Level in force.
    pub level: Level,
    /// Backend that was really used.
    pub backend: BackendName,
    /// How traffic was captured.
    pub capture: Option<String>,
    /// Protections in force; ones missing under best effort have a leading `-`.
    pub protections: Vec<String>,
    /// What happened on the network, by host.
    pub hosts: std::collections::BTreeMap<String, HostTally>,
    /// Files that the host may run later and that the agent made or changed.
    pub host_files: Vec<HostFile>,
    /// The audit log.
    pub audit: PathBuf,
    /// Milliseconds from the start of the supervisor to the release of the payload.
    pub start_ms: u64,
}

/// A file that the host may run later.
#[derive(Debug, Clone, Serialize)]
pub struct HostFile {
    /// Where.
    pub path: PathBuf,
    /// Why it matters.
    pub kind: String,
}

/// Runs a session from beginning to end. Blocks; the calling thread becomes the supervisor.
///
/// # Errors
/// See [`RunError`]. Nothing is left behind: no process, no mount, no placeholder, no socket.
pub fn run(mut spawner: Spawner, prepared: Prepared) -> Result<Outcome, RunError> {
    let started = Instant::now();
    let Prepared {
        mut plan,
        facts,
        paths,
        config,
        tool,
        no_prompt,
    } = prepared;
    paths.prepare()?;
    spawner.set_state_dir(paths.state.clone());
    let session = session_id::new().doing("naming the session")?;

    let held = Held::open(&plan.credentials, &facts.env, &plan.spec, &paths.vault())?;
    let log = audit::Opening::new(&plan.audit, plan.audit_required, &paths, &session)
        .open(held.secrets())?;
    let desk = Desk::new(DeskSetup {
        timeout: Duration::from_secs(plan.prompt_timeout_s),
        no_prompt,
        config: config.map(|path| ConfigTarget {
            path,
            tool: tool.clone(),
        }),
    });
    let approver = Arc::new(DeskApprover::new(
        Arc::clone(&desk),
        Arc::clone(&log),
        plan.display_name.clone(),
    ));

    let system: Arc<str> =
        trust_store::system_pem(facts.env.get("SSL_CERT_FILE").map(String::as_str))?.into();
    let peers = Arc::new(SandboxPeers::default());
    let proxy = held.proxy(Wiring {
        policy: &plan.policy,
        approver: Arc::clone(&approver),
        recorder: Arc::clone(&log) as _,
        peers: Arc::clone(&peers) as _,
        system: &system,
        resolvers: &plan.resolvers,
        ask_for: plan.ask_for,
        filter: plan.filter,
        known: Vec::new(),
        context: Vec::new(),
        display_name: &plan.display_name,
    })?;

    let java = !plan.java_overlays.is_empty();
    let trust =
        trust_store::Files::write(&paths, &session, &system, proxy.ca_certificate_pem(), java)
            .doing("writing the trust anchors")?;
    plan.fill(&Fill {
        session: &session,
        ca_bundle: &trust.bundle,
        java_store: trust.java.as_deref(),
        placeholders: &held.placeholders,
    });
    let spec = &plan.spec;
    let pending = launch(&spawner, &plan).inspect_err(|error| audit::refused(&log, error))?;
    // Mounted by now, under every name that programs look for.
    drop(trust);
    let kept = Kept {
        level: spec.shape.level,
        backend: pending.backend,
        protections: pending.protections.clone(),
    };
    log.keep(&Event::SessionStart {
        tool: plan.display_name.clone(),
        argv: spec.claim.argv.clone(),
        cwd: spec.claim.cwd.display().to_string(),
        level: format!("{:?}", spec.shape.level).to_lowercase(),
        backend: pending.backend.to_string(),
        protections: pending.protections.clone(),
        policy_digest: audit::digest(&plan.digest_input()),
    })?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(worker_threads())
        .enable_all()
        .build()
        .doing("starting the supervisor's threads")?;
    let work = supervise::Work {
        session: &session,
        plan: &plan,
        paths: &paths,
        facts: &facts,
        log: Arc::clone(&log),
        desk,
        approver,
        proxy,
        peers,
        started,
    };
    let ended = runtime.block_on(supervise::supervise(work, pending));
    runtime.shutdown_timeout(Duration::from_secs(1));
    finish(&log, session, ended, kept)
}

/// What is known of the sandbox after it is gone.
struct Kept {
    level: Level,
    backend: BackendName,
    protections: Vec<String>,
}

fn finish(
    log: &Log,
    session: String,
    ended: Result<supervise::Ended, RunError>,
    kept: Kept,
) -> Result<Outcome, RunError> {
    let event = match &ended {
        Ok(ended) => Event::SessionEnd {
            exit_code: ended.exit.code,
            signal: ended.exit.signal,
            reason: ended.exit.reason.clone(),
            wall_ms: ended.exit.wall_ms,
        },
        Err(error) => Event::SessionEnd {
            exit_code: None,
            signal: None,
            reason: error.to_string(),
            wall_ms: 0,
        },
    };
    let stopped = log.stop(&event);
    let ended = ended?;
    audit::warn_of_losses(&stopped?);
    Ok(Outcome {
        session,
        exit: ended.exit,
        level: kept.level,
        backend: kept.backend,
        capture: ended.capture,
        protections: kept.protections,
        hosts: log.tally(),
        host_files: ended.host_files,
        audit: log.path().to_path_buf(),
        start_ms: ended.start_ms,
    })
}

/// Builds the sandbox with the backend asked for. `auto` takes bubblewrap where the native backend can not be had: the
/// level is the same, and result and audit log name what was used.
fn launch(spawner: &Spawner, plan: &Plan) -> Result<Pending, RunError> {
    let spec = &plan.spec;
    let terminal = spec.claim.terminal.is_some();
    let stdio = || {
        if terminal {
            Stdio::null()
        } else {
            Stdio::inherit()
        }
        .doing("standard input and output")
    };
    match plan.backend.as_str() {
        "native" => Ok(spawner.launch(BackendName::Native, spec, stdio()?)?),
        "bubblewrap" => Ok(spawner.launch(BackendName::Bubblewrap, spec, stdio()?)?),
        "gvisor" => Ok(spawner.launch(BackendName::Gvisor, spec, stdio()?)?),
        _ if spec.shape.level == Level::High => {
            Ok(spawner.launch(BackendName::Gvisor, spec, stdio()?)?)
        }
        _ => match spawner.launch(BackendName::Native, spec, stdio()?) {
            Ok(pending) => Ok(pending),
            Err(native @ (LaunchError::Spec(_) | LaunchError::Exec { .. })) => Err(native.into()),
            Err(native) => match spawner.launch(BackendName::Bubblewrap, spec, stdio()?) {
                Ok(pending) => {
                    tracing::warn!(
                        "the native backend is not available ({native}); using bubblewrap at the same level"
                    );
                    Ok(pending)
                }
                Err(bubblewrap) => Err(RunError::NoBackend {
                    native: Box::new(native),
                    bubblewrap: Box::new(bubblewrap),
                }),
            },
        },
    }
}
