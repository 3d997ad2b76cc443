//! The server on loopback: Ollama's, OpenAI's and Anthropic's APIs over one store and one runner a model.
//!
//! ```text
//! connection ── guard (Host, Origin, token) ── route ── read body ── Pool ── runner     template, engine, tool calls: in the runner
//!                                               └ about, manage: the store       └─ steps ── Writer ── connection
//! ```
//!
//! In sealed mode body and answer are ciphertext, and the whole middle of that happens in the runner (`sealed.rs`).
//!
//! What a prompt says is in no log: requests are logged by method and status, and errors name fields.

pub(crate) mod about;
mod answer;
mod blobs;
pub(crate) mod body;
pub(crate) mod catalog;
mod change;
mod fetch;
pub(crate) mod guard;
pub mod limits;
pub(crate) mod listen;
mod make;
mod patient;
mod pool;
pub(crate) mod route;
pub(crate) mod sealed;
mod signer;
pub(crate) mod state;
mod tokens;
pub(crate) mod warnings;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ringfence_inference::{Digest, KeepAlive, ModelName};
use ringfence_runner::Config as RunnerConfig;
use ringfence_runtime::outbound::Outbound;
use ringfence_sandbox::Spawner;
use ringfence_seal::ServerKey;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, Semaphore};

pub use listen::Listen;
pub use tokens::{NewToken, Tokens, TokensError};

use crate::quote::Quoter;
use crate::store::Store;
use crate::switches::Switches;
use listen::Listener;
use pool::Pool;
use warnings::{About, warn};

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Others would reach it.
    #[error(
        "{0} is not an address of loopback: anybody in the network could ask the models. Listen at 127.0.0.1, and let others in with a tunnel of your own"
    )]
    NotLoopback(SocketAddr),
    /// It can not listen.
    #[error("listening at {at}: {source}")]
    Listen {
        /// Where.
        at: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Threads could not be started.
    #[error("starting the server: {0}")]
    Start(std::io::Error),
}

/// What happens to models, for whoever keeps a record of it. Nothing here is from a prompt or an answer.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A model is loaded, and its process sealed.
    Loaded {
        /// Which.
        model: &'a ModelName,
        /// What its file hashes to.
        digest: Digest,
        /// Protections in force.
        protections: &'a [String],
        /// How long it took.
        took: Duration,
    },
    /// A model was not loaded.
    NotLoaded {
        /// Which.
        model: &'a ModelName,
        /// Why.
        why: &'a str,
    },
    /// A model's process ended by itself.
    Died {
        /// Which.
        model: &'a ModelName,
        /// How.
        how: &'a str,
    },
    /// A model was unloaded.
    Unloaded {
        /// Which.
        model: &'a ModelName,
    },
    /// A client changed what models there are.
    Changed {
        /// The name that it is about.
        model: &'a ModelName,
        /// `create`, `pull`, `copy` or `delete`.
        how: &'static str,
        /// What the name means now: the digest of its manifest.
        id: Option<Digest>,
    },
}

/// Hears what happens. A model that was loaded without anybody being able to keep a record of it is not asked anything.
pub type Told = Box<dyn Fn(&Notice<'_>) -> Result<(), NotKept> + Send + Sync>;

/// No record of it could be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no record of it could be kept")]
pub struct NotKept;

/// How to serve.
pub struct Settings {
    /// Where.
    pub listen: Listen,
    /// Who may; everybody on this machine when there are none.
    pub tokens: Tokens,
    /// Web pages that may ask all the same: origins, to the letter.
    pub origins: Vec<String>,
    /// The name of the session, for sandboxes.
    pub session: String,
    /// How models are loaded when nobody says otherwise.
    pub runner: RunnerConfig,
    /// How long a model stays after a request that does not say.
    pub keep_alive: KeepAlive,
    /// Models that are loaded at once, at least one.
    pub loaded: usize,
    /// Which protections are on.
    pub switches: Switches,
    /// Hears what happens to models.
    pub told: Option<Told>,
    /// Who signs statements about runners ([`identity::open`](crate::identity::open)); without one sealed mode is not there.
    pub identity: Option<Arc<ServerKey>>,
    /// Quotes every statement; none is handed out without its quote then.
    pub quoter: Option<Quoter>,
    /// The way to registries; without one nothing is pulled. What the policy in it allows is all that a client's pull reaches.
    pub outbound: Option<Outbound>,
    /// Clients ask models, and change nothing about which there are: no pull, no upload, no create, copy or delete.
    pub ask_only: bool,
}

impl Settings {
    /// At an address, with defaults for all else.
    pub fn new(listen: Listen, session: impl Into<String>) -> Self {
        Self {
            listen,
            tokens: Tokens::default(),
            origins: Vec::new(),
            session: session.into(),
            runner: RunnerConfig::default(),
            keep_alive: KeepAlive::default(),
            loaded: limits::LOADED,
            switches: Switches::default(),
            told: None,
            identity: None,
            quoter: None,
            outbound: None,
            ask_only: false,
        }
    }
}

/// A server that listens and does not answer yet.
pub struct Server {
    runtime: Runtime,
    signals: state::Signals,
    listener: Listener,
    settings: Settings,
    store: Arc<Store>,
    spawner: Arc<Spawner>,
    stop: Arc<Notify>,
}

/// Stops a server, from any thread.
#[derive(Debug, Clone)]
pub struct Stopper(pub(crate) Arc<Notify>);

impl Stopper {
    /// Answers break off, models go, [`Server::run`] returns.
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

impl Server {
    /// Listens, for connections and for signals.
    ///
    /// # Errors
    /// When the address is not of loopback, or taken, or threads can not be started.
    pub fn bind(
        mut settings: Settings,
        store: Store,
        spawner: Arc<Spawner>,
    ) -> Result<Self, ServeError> {
        settings.loaded = settings.loaded.clamp(1, limits::MODELS);
        let listener = listen::listen(&settings.listen)?;
        let (runtime, signals) = state::threads("serve").map_err(ServeError::Start)?;
        Ok(Self {
            runtime,
            signals,
            listener,
            settings,
            store: Arc::new(store),
            spawner,
            stop: Arc::new(Notify::new()),
        })
    }

    /// Where it listens; `None` for a unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }

    /// What stops it, besides SIGINT, SIGTERM and SIGHUP.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.stop))
    }

    /// Serves until it is stopped. Every model is unloaded then.
    ///
    /// # Errors
    /// When its address can not be listened at any more.
    pub fn run(self) -> Result<(), ServeError> {
        let Self {
            runtime,
            signals,
            listener,
            mut settings,
            store,
            spawner,
            stop,
        } = self;
        let guard = guard::Guard::new(
            listener.address(),
            std::mem::take(&mut settings.origins),
            std::mem::take(&mut settings.tokens),
        );
        let signer = signer::Signer::new(settings.identity.take(), settings.quoter.take());
        let signer = Arc::new(signer);
        let outbound = settings.outbound.take().map(Arc::new);
        let ask_only = settings.ask_only;
        let handle = runtime.handle().clone();
        let switches = settings.switches;
        let pool = Pool::new(Arc::clone(&store), spawner, settings, handle);
        let server = Arc::new(state::Server {
            store,
            pool: Arc::clone(&pool),
            guard,
            signer,
            switches,
            bodies: Arc::new(Semaphore::new(limits::BODIES_KIB)),
            uploads: Arc::new(Semaphore::new(limits::UPLOADS)),
            changes: Arc::new(Semaphore::new(limits::CHANGES)),
            outbound,
            ask_only,
        });
        runtime.spawn(sweep(Arc::clone(&server.store)));
        let handle = move |request| {
            let server = Arc::clone(&server);
            async move { route::handle(&server, request).await }
        };
        let result = runtime.block_on(state::serve(handle, listener, signals, &stop));
        pool.close();
        runtime.shutdown_timeout(limits::STOPPING);
        result.map_err(ServeError::Start)
    }
}

/// Throws away what was uploaded and is not needed, now and again and again.
async fn sweep(store: Arc<Store>) {
    loop {
        let own = Arc::clone(&store);
        match tokio::task::spawn_blocking(move || own.sweep()).await {
            Ok(Ok(removed)) if removed.blobs > 0 => {
                tracing::info!(blobs = removed.blobs, bytes = removed.bytes, "swept");
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => warn(About::Store, || tracing::warn!("the model store: {error}")),
            Err(_) => return,
        }
        tokio::time::sleep(Duration::from_secs(crate::limits::SWEEP_S)).await;
    }
}
