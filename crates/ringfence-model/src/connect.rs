//! The client's end of sealed mode: plain Ollama, OpenAI and Anthropic for programs on this machine, ciphertext for everybody else.
//!
//! ```text
//! program ── guard ── route ── seal ══════ server ══════ runner          between the double lines: ciphertext in buckets of 256 bytes
//!                       └ lists of models: asked in clear, no prompt in them
//! ```
//!
//! What holds a prompt is sealed to a key whose statement was verified against what is pinned of the server, or it is not sent. What
//! the server says in clear is never taken for an answer.

mod address;
mod asker;
mod exchange;
mod keys;
pub mod limits;
mod pins;
mod route;
mod upstream;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ringfence_runtime::outbound::Outbound;
use ringfence_seal::{QuoteVerified, QuoteWanted, ServerIdentity, Statement, UnixTime};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, Semaphore};
use zeroize::Zeroizing;

pub use address::{Address, AddressError};
pub use pins::{PinError, Pins};

use crate::server::guard::Guard;
use crate::server::listen::{self, Listener};
use crate::server::{Listen, ServeError, Stopper, Tokens, state};
use keys::Keys;
use upstream::Upstream;

/// Why a server's statement is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// It can not be had, or is not believed.
    #[error("{0}")]
    Statement(String),
    /// Threads could not be started.
    #[error("starting: {0}")]
    Start(std::io::Error),
}

/// What a person should hear of. Nothing here is from a prompt or an answer.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A server was met for the first time, and is known by this key from now on.
    Met(&'a ServerIdentity),
    /// A model was met for the first time, and is known by what its statement says from now on.
    Pinned(&'a Statement),
}

/// Hears it.
pub type Told = Box<dyn Fn(&Notice<'_>) + Send + Sync>;

/// How to connect.
pub struct Settings {
    /// Where to listen: loopback or a unix socket.
    pub listen: Listen,
    /// Who may ask; everybody on this machine when there are none.
    pub tokens: Tokens,
    /// Web pages that may ask all the same: origins, to the letter.
    pub origins: Vec<String>,
    /// The server.
    pub server: Address,
    /// What the server is shown where it asks for a token.
    pub server_token: Option<Zeroizing<String>>,
    /// The directory of what is pinned.
    pub pins: PathBuf,
    /// The way to the server; it has to allow [`Address::rule`].
    pub outbound: Outbound,
    /// What a TPM has to say of every statement ([`read_wanted`](crate::quote::read_wanted)); nothing is sealed without it then.
    pub quote: Option<QuoteWanted>,
    /// Whether requests are sealed. Without it they are handed on in clear: see [`Switches`](crate::switches::Switches).
    pub encryption: bool,
    /// Hears of what is met.
    pub told: Option<Told>,
}

/// An endpoint that listens and does not answer yet.
pub struct Connect {
    runtime: Runtime,
    signals: state::Signals,
    listener: Listener,
    shared: Shared,
    guard: Guard,
    stop: Arc<Notify>,
}

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) keys: Keys,
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) encryption: bool,
    pub(crate) askers: asker::Askers,
}

fn shared(settings: Settings) -> Shared {
    let Settings {
        server,
        server_token,
        pins,
        outbound,
        quote,
        encryption,
        told,
        ..
    } = settings;
    let upstream = Arc::new(Upstream::new(server.clone(), outbound, server_token));
    Shared {
        keys: Keys::new(Arc::clone(&upstream), Pins::new(pins, &server), quote, told),
        upstream,
        bodies: Arc::new(Semaphore::new(crate::server::limits::BODIES_KIB)),
        encryption,
        askers: asker::Askers::new(),
    }
}

impl Connect {
    /// Listens, for connections and for signals.
    ///
    /// # Errors
    /// When the address is not of loopback, or taken, or threads can not be started.
    pub fn bind(mut settings: Settings) -> Result<Self, ServeError> {
        let listener = listen::listen(&settings.listen)?;
        let (runtime, signals) = state::threads("connect").map_err(ServeError::Start)?;
        let guard = Guard::new(
            listener.address(),
            std::mem::take(&mut settings.origins),
            std::mem::take(&mut settings.tokens),
        );
        Ok(Self {
            runtime,
            signals,
            listener,
            shared: shared(settings),
            guard,
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

    /// Answers until it is stopped.
    ///
    /// # Errors
    /// When its address can not be listened at any more.
    pub fn run(self) -> Result<(), ServeError> {
        let Self {
            runtime,
            signals,
            listener,
            shared,
            guard,
            stop,
        } = self;
        let all = Arc::new((shared, guard));
        let handle = move |request| {
            let all = Arc::clone(&all);
            async move { route::handle(&all.0, &all.1, request).await }
        };
        let result = runtime.block_on(state::serve(handle, listener, signals, &stop));
        runtime.shutdown_timeout(limits::STOPPING);
        result.map_err(ServeError::Start)
    }
}

/// What a server says, signed, about a model's runner.
#[derive(Debug)]
pub struct Verified {
    /// The statement.
    pub statement: Statement,
    /// Whether the server was known before, and its key is the same.
    pub server_known: bool,
    /// Whether the model was known before, and its statement says the same.
    pub model_known: bool,
    /// What a TPM says of it.
    pub quote: Quoted,
}

/// What a TPM says of a statement.
#[derive(Debug)]
pub enum Quoted {
    /// The server handed out no quote.
    None,
    /// There is one that nobody wanted checked, so it says nothing.
    NotChecked,
    /// It is the wanted one, and says this beside.
    Checked(QuoteWanted, QuoteVerified),
}

/// Asks for the statement about a model's runner, which starts the runner, and checks it. Pins nothing.
///
/// # Errors
/// When it can not be had, or is not believed.
pub fn verify(settings: Settings, model: &str) -> Result<Verified, ConnectError> {
    let shared = shared(settings);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ConnectError::Start)?
        .block_on(shared.keys.look(model))
        .map_err(|failure| ConnectError::Statement(failure.message))
}

/// The time.
pub(crate) fn now() -> UnixTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixTime(now.unwrap_or_default().as_secs())
}
