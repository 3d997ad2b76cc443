//! What the runtime gives to the proxy and what it gets back: the crate's whole public face.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use ringfence_policy::plan::{AskFor, Inject};
use ringfence_policy::{Answer, Event, FilterPlan, Policy, RevealPermit};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::context::Context;

/// Everything one session's proxy needs. Nothing here is read again later.
pub struct Setup {
    /// Decides every access.
    pub policy: Arc<Policy>,
    /// The placeholders that the sandbox holds. Real values are asked of [`Setup::secrets`] when needed.
    pub credentials: Vec<CredentialView>,
    /// Answers for [`ringfence_policy::Decision::Ask`] and for sensitive operations.
    pub approver: Arc<dyn Approver>,
    /// Keeps the audit events; a failure stops the session.
    pub recorder: Arc<dyn Recorder>,
    /// Reveals real credentials.
    pub secrets: Arc<dyn Secrets>,
    /// Names the process behind a connection, for prompts. Optional.
    pub peers: Option<Arc<dyn Peers>>,
    /// Trust anchors for upstream servers.
    pub roots: Roots,
    /// Where names are resolved.
    pub resolvers: ResolverSetup,
    /// Connections of the sandbox held open at once, and as many towards upstream servers; more are refused with the
    /// reason. The caller derives it from its descriptor limit.
    pub max_connections: usize,
    /// Sensitive operations that ask first.
    pub ask_for: AskFor,
    /// The egress filter and what it does, place by place.
    pub filter: Option<(Arc<ringfence_dlp::Filter>, FilterPlan)>,
    /// Name of the tool, for the certificate's subject and prompts.
    pub display_name: String,
    /// A token that clients of the explicit proxy endpoints have to present (Basic user or password). `None` when the
    /// endpoints exist only inside the sandbox's network namespace.
    pub token: Option<String>,
}

/// Reads the trust anchors for upstream servers; called once, when the first of them is dialled.
pub type Roots = Box<dyn FnOnce() -> rustls::RootCertStore + Send>;

/// A credential as the proxy may know it.
#[derive(Debug, Clone)]
pub struct CredentialView {
    /// Its name in the configuration.
    pub name: String,
    /// What the sandbox holds instead of the value. At least 16 printable ASCII bytes, unlike any other.
    pub placeholder: String,
    /// How it is put into a request that does not carry the placeholder.
    pub inject: Option<Inject>,
}

/// How the proxy resolves names.
#[derive(Debug, Clone, Default)]
pub struct ResolverSetup {
    /// DNS servers, tried in order.
    pub servers: Vec<SocketAddr>,
    /// The host's own `/etc/hosts` table, names in lower case; looked at first.
    pub hosts: HashMap<String, Vec<IpAddr>>,
    /// `ndots`-less search domains are never applied: a name is asked as it was written.
    pub timeout_ms: Option<u64>,
}

/// The sockets made inside the sandbox's network namespace. Any of them may be empty.
#[derive(Debug, Default)]
pub struct Listeners {
    /// Captured TCP; `getsockname` on an accepted socket is the original destination.
    pub tcp: Vec<TcpListener>,
    /// DNS over UDP.
    pub dns_udp: Vec<UdpSocket>,
    /// DNS over TCP.
    pub dns_tcp: Vec<TcpListener>,
    /// The explicit HTTP proxy endpoint.
    pub http_proxy: Vec<TcpListener>,
    /// The explicit SOCKS5 endpoint.
    pub socks: Vec<TcpListener>,
}

/// Asks a person. Merging identical questions, remembering answers and recording [`Event::Prompt`] are its work.
pub trait Approver: Send + Sync {
    /// Answers in bounded time; no answer is a denial.
    fn ask(&self, question: Question) -> BoxFuture<'_, Answer>;
}

/// Keeps audit events.
pub trait Recorder: Send + Sync {
    /// Keeps one event before it returns.
    ///
    /// # Errors
    /// When the event could not be kept. The proxy then refuses everything for the rest of the session.
    fn record(&self, event: Event) -> Result<(), RecordError>;
}

/// Knows real credentials.
pub trait Secrets: Send + Sync {
    /// Returns the real value. May block (it is called off the async threads).
    ///
    /// # Errors
    /// When the source has no value or can not be read.
    fn reveal(&self, permit: &RevealPermit) -> Result<Zeroizing<String>, SecretError>;
}

/// Names processes.
pub trait Peers: Send + Sync {
    /// The process inside the sandbox that owns the connection whose own end is `peer`, as `name (pid)`.
    fn process(&self, peer: SocketAddr) -> Option<String>;
}

/// What a person is asked. All texts come from the sandbox: escape them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// What it is about.
    pub kind: QuestionKind,
    /// Host asked for.
    pub host: String,
    /// Port asked for.
    pub port: u16,
    /// HTTP method.
    pub method: Option<String>,
    /// Whole URL without user info; with the query, placeholders not swapped.
    pub url: Option<String>,
    /// Process that asks.
    pub process: Option<String>,
    /// Bytes of an upload, when known.
    pub size: Option<u64>,
}

/// Kinds of [`Question`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum QuestionKind {
    /// May it talk to this host?
    Host,
    /// May this credential be used for the first time?
    Credential(String),
    /// May it upload this much?
    Upload,
}

/// The audit log could not be written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("audit event not kept: {0}")]
pub struct RecordError(pub String);

/// A credential could not be had.
#[derive(Debug, Clone, thiserror::Error)]
#[error("credential {name}: {reason}")]
pub struct SecretError {
    /// Name of the credential.
    pub name: String,
    /// Reason without any part of the value.
    pub reason: String,
}

/// Why a proxy can not be made.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The session CA.
    #[error("session certificate authority: {0}")]
    Ca(#[from] rcgen::Error),
    /// TLS settings.
    #[error("TLS settings: {0}")]
    Tls(#[from] rustls::Error),
    /// The resolver.
    #[error("resolver: {0}")]
    Resolver(String),
    /// A socket could not be taken over.
    #[error("listener: {0}")]
    Listener(#[from] std::io::Error),
    /// A placeholder could be confused with other text or another placeholder.
    #[error(
        "placeholder of credential {0}: too short, unusual characters, or contained in another"
    )]
    Placeholder(String),
}

/// One session's policy enforcement point for the network.
pub struct Proxy {
    context: Arc<Context>,
}

impl Proxy {
    /// Makes the session CA and everything else that can fail.
    ///
    /// # Errors
    /// See [`ProxyError`].
    pub fn new(setup: Setup) -> Result<Arc<Self>, ProxyError> {
        Ok(Arc::new(Self {
            context: Arc::new(Context::new(setup)?),
        }))
    }

    /// The session CA's certificate, for the trust stores inside the sandbox. The key never leaves the process's memory.
    pub fn ca_certificate_pem(&self) -> &str {
        self.context.tls.ca_pem()
    }

    /// Serves until `shutdown` is cancelled or an audit event could not be kept.
    ///
    /// # Errors
    /// When a socket can not be taken over; nothing is served then.
    pub async fn serve(
        &self,
        listeners: Listeners,
        shutdown: CancellationToken,
    ) -> Result<(), ProxyError> {
        crate::dispatch::serve(Arc::clone(&self.context), listeners, shutdown).await
    }

    /// Cancelled as soon as an audit event could not be kept: the session has to end.
    pub fn failed(&self) -> CancellationToken {
        self.context.failed()
    }
}
