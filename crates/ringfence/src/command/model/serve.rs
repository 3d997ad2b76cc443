//! `ringfence model serve`: the server of private models, with its audit log, until it is told to end.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use ringfence_inference::KeepAlive;
use ringfence_model::quote::written;
use ringfence_model::server::{
    Listen, NotKept, Notice, ServeError, Server, Settings, Stopper, Tokens,
};
use ringfence_model::switches::Switches;
use ringfence_model::{REDIRECTED, identity};
use ringfence_policy::Event;
use ringfence_runner::Devices;
use ringfence_runtime::RunError;
use ringfence_runtime::audit::Ledger;
use ringfence_runtime::facts;
use ringfence_runtime::outbound::Outbound;
use ringfence_runtime::paths::Paths;
use ringfence_sandbox::Spawner;

use super::{flags, switches};
use crate::arguments::model::Serve;
use crate::command::{failure, output_failed};
use crate::error::Failure;
use crate::exit::Exit;

/// The registry that models come from unless their names say otherwise.
const REGISTRY: &str = "registry.ollama.ai";

/// Serves until SIGINT or SIGTERM.
pub fn run(
    arguments: &Serve,
    config: Option<PathBuf>,
    mut spawner: Spawner,
) -> Result<ExitCode, Failure> {
    // Prompts and answers pass through this process.
    ringfence_store::keys::harden().map_err(|e| {
        Failure::message(
            Exit::Fence,
            format!("this process could not be kept out of core dumps: {e}"),
        )
    })?;
    let place = facts::place().map_err(|e| failure(e.into()))?;
    let switches = switches(&flags(&arguments.danger))?;
    let devices = super::devices(&arguments.grant)?;
    let paths = Paths::of(&place.home, &place.env);
    paths.prepare().map_err(|e| failure(e.into()))?;
    spawner.set_state_dir(paths.state.clone());
    let store = super::open()?;
    let directory = store.path().display().to_string();

    let listen = match &arguments.socket {
        Some(path) => Listen::Unix(path.clone()),
        None => Listen::Tcp(arguments.listen),
    };
    let tokens = match &arguments.tokens {
        Some(path) => Tokens::load(path)
            .map_err(|e| Failure::message(Exit::Config, format!("{}: {e}", path.display())))?,
        None => Tokens::default(),
    };
    let ledger = Arc::new(Ledger::open(config.clone()).map_err(not_kept)?);
    let kept = Arc::new(Kept::new(Arc::clone(&ledger), switches));

    let began = Instant::now();
    let mut begun = false;
    let served = (|| {
        let quoter = match arguments.quote {
            true => Some(super::quote::open(
                &paths.state,
                &arguments.quote_registers,
            )?),
            false => None,
        };
        let mut settings = Settings::new(listen, ledger.session());
        let summary = Summary {
            store: directory,
            tokens: tokens.len(),
            socket: arguments.socket.is_some(),
            loaded: arguments.loaded.into(),
            keep_alive: arguments.keep_alive,
            audit: ledger.path().display().to_string(),
            devices: devices.clone(),
            switches,
            quote: quoter.as_ref().map(|quoter| {
                let wanted = quoter.wanted();
                format!(
                    "by this machine's TPM, of {} with digest {}",
                    written(&wanted.registers),
                    wanted.state
                )
            }),
        };
        settings.quoter = quoter;
        settings.tokens = tokens;
        settings.origins.clone_from(&arguments.allow_origin);
        settings.keep_alive = arguments.keep_alive;
        settings.loaded = arguments.loaded.into();
        settings.switches = switches;
        let loading = &mut settings.runner.loading;
        loading.context = arguments.context.unwrap_or(loading.context);
        loading.threads = arguments.threads.unwrap_or(loading.threads);
        settings.runner.memory = arguments.memory;
        settings.runner.grant(devices);
        settings.ask_only = arguments.ask_only;
        settings.outbound = Some(outbound(config, switches)?);
        let own = identity::open(&paths.state.join("model"))
            .map_err(|error| Failure::new(Exit::Keys, error))?;
        settings.identity = Some(Arc::new(own));
        let told = Arc::clone(&kept);
        settings.told = Some(Box::new(move |notice| told.told(notice)));

        let server = Server::bind(settings, store, Arc::new(spawner)).map_err(not_served)?;
        let at = match (&arguments.socket, server.address()) {
            (_, Some(address)) => format!("http://{address}"),
            (Some(path), None) => path.display().to_string(),
            (None, None) => String::new(),
        };
        let _ = kept.stopper.set(server.stopper());
        let start = kept.event("serve", None, None, Some(at.clone()), &[]);
        ledger.keep(&start).map_err(not_kept)?;
        begun = true;
        summary.print(&at)?;
        server.run().map_err(not_served)
    })();
    let why = served.as_ref().err().map(|e| e.text().to_owned());
    // A server that never began has one event, which says why.
    let last = if begun { "stop" } else { "refuse" };
    let mut stop = kept.event(last, None, None, why, &[]);
    if begun && let Event::Model { ms, .. } = &mut stop {
        *ms = Some(milliseconds(began));
    }
    let ended = ledger.end(&stop).map_err(not_kept);
    served?;
    if let Some(why) = kept.lost() {
        return Err(Failure::message(
            Exit::Audit,
            format!(
                "the server was stopped because its audit log could not be written any more: {why}"
            ),
        ));
    }
    ended?;
    Ok(Exit::Success.into())
}

/// Where pulls of clients go: the known registry and where it is known to redirect to, as the policy allows.
fn outbound(config: Option<PathBuf>, switches: Switches) -> Result<Outbound, Failure> {
    let known = REDIRECTED
        .iter()
        .filter(|(registry, _)| *registry == REGISTRY)
        .map(|(_, host)| (*host).to_owned());
    let allow = known.chain([REGISTRY.to_owned()]).collect();
    let outbound = Outbound::new(config, allow).map_err(failure)?;
    Ok(match switches.strict_network {
        true => outbound,
        false => outbound.danger_permit_unnamed(),
    })
}

/// What keeps the record of models.
pub(super) struct Kept {
    ledger: Arc<Ledger>,
    off: Vec<String>,
    stopper: OnceLock<Stopper>,
    lost: Mutex<Option<String>>,
}

impl Kept {
    pub(super) fn new(ledger: Arc<Ledger>, switches: Switches) -> Self {
        Self {
            ledger,
            off: switches.off().into_iter().map(String::from).collect(),
            stopper: OnceLock::new(),
            lost: Mutex::default(),
        }
    }

    pub(super) fn event(
        &self,
        action: &str,
        model: Option<String>,
        digest: Option<String>,
        detail: Option<String>,
        protections: &[String],
    ) -> Event {
        Event::Model {
            action: action.into(),
            model,
            digest,
            detail,
            protections: protections.to_vec(),
            off: self.off.clone(),
            ms: None,
        }
    }

    pub(super) fn told(&self, notice: &Notice<'_>) -> Result<(), NotKept> {
        let event = match notice {
            Notice::Loaded {
                model,
                digest,
                protections,
                took,
            } => {
                let digest = Some(digest.to_string());
                let mut event = self.event("load", Some(model.short()), digest, None, protections);
                if let Event::Model { ms, .. } = &mut event {
                    *ms = Some(took.as_millis().try_into().unwrap_or(u64::MAX));
                }
                event
            }
            Notice::NotLoaded { model, why } => {
                let why = Some((*why).to_owned());
                self.event("refuse", Some(model.short()), None, why, &[])
            }
            Notice::Died { model, how } => {
                let how = Some((*how).to_owned());
                self.event("die", Some(model.short()), None, how, &[])
            }
            Notice::Changed { model, how, id } => {
                let id = id.map(|id| id.to_string());
                self.event(how, Some(model.short()), id, None, &[])
            }
            Notice::Unloaded { model } => {
                self.event("unload", Some(model.short()), None, None, &[])
            }
        };
        self.ledger.keep(&event).map_err(|error| {
            let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.get_or_insert_with(|| error.to_string());
            // Nothing runs unaudited.
            if let Some(stopper) = self.stopper.get() {
                stopper.stop();
            }
            NotKept
        })
    }

    pub(super) fn lost(&self) -> Option<String> {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.take()
    }
}

/// What a person reads when the server begins.
struct Summary {
    store: String,
    tokens: usize,
    socket: bool,
    loaded: usize,
    keep_alive: KeepAlive,
    audit: String,
    devices: Devices,
    switches: Switches,
    quote: Option<String>,
}

impl Summary {
    fn print(&self, at: &str) -> Result<(), Failure> {
        // Standard output has the one line that a program may wait for.
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening at {at}").map_err(output_failed)?;
        out.flush().map_err(output_failed)?;
        drop(out);
        let access = match (self.tokens, self.socket) {
            (0, false) => {
                "every program on this machine, no web page; `--tokens FILE` asks each for its own"
                    .into()
            }
            (0, true) => "programs of this user".into(),
            (1, _) => "one program, by its token".to_owned(),
            (count, _) => format!("{count} programs, by their tokens"),
        };
        let stay = match self.keep_alive {
            KeepAlive::Unload => "unloaded after each answer".into(),
            KeepAlive::For(time) => format!("unloaded {} s after their last use", time.as_secs()),
            KeepAlive::Forever => "kept loaded".to_owned(),
        };
        let fence = match self.switches.sandbox {
            true => {
                "a sandboxed process each (level standard): no network, no files, sealed after loading"
            }
            false => "ORDINARY PROCESSES WITHOUT A SANDBOX",
        };
        let mut err = std::io::stderr().lock();
        let mut line = |what: &str, text: &str| writeln!(err, "  {what:<8}{text}");
        // Nobody reads it where standard error is gone; `ps` says the same.
        let _ = line("models", &format!("{}: {fence}", self.store))
            .and_then(|()| line("", &format!("at most {} at once, {stay}", self.loaded)))
            .and_then(|()| {
                self.devices.paths().try_for_each(|path| {
                    line(
                        "device",
                        &format!("{}: GIVEN TO EVERY MODEL", path.display()),
                    )
                })
            })
            .and_then(|()| line("access", &access))
            .and_then(|()| match &self.quote {
                Some(quote) => line("quotes", quote),
                None => Ok(()),
            })
            .and_then(|()| line("audit", &self.audit))
            .and_then(|()| line("off", &self.switches.to_string()));
        Ok(())
    }
}

fn milliseconds(began: Instant) -> u64 {
    began.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
}

fn not_served(error: ServeError) -> Failure {
    match error {
        ServeError::NotLoopback(_) => Failure::new(Exit::Usage, error),
        ServeError::Listen { .. } => Failure::new(Exit::Found, error),
        ServeError::Start(_) => Failure::new(Exit::Fence, error),
    }
}

pub(super) fn not_kept(error: RunError) -> Failure {
    match error {
        error @ (RunError::Resolve(_) | RunError::ConfigFile(_) | RunError::Facts(_)) => {
            failure(error)
        }
        error => Failure::message(
            Exit::Audit,
            format!("the audit log can not be kept, and no model runs without it: {error}"),
        ),
    }
}
