//! Why a session was not started, or was stopped.

use ringfence_policy::resolve::ResolveError;

/// Why a session was not started, or was stopped. Each kind has an exit code of its own.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// See [`crate::facts::FactsError`].
    #[error(transparent)]
    Facts(#[from] crate::facts::FactsError),
    /// See [`crate::config_files::ConfigFileError`].
    #[error(transparent)]
    ConfigFile(#[from] crate::config_files::ConfigFileError),
    /// The configuration or the command line is wrong, or asks for what is refused.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// See [`crate::paths::PathsError`].
    #[error(transparent)]
    Paths(#[from] crate::paths::PathsError),
    /// See [`crate::trust_store::TrustError`].
    #[error(transparent)]
    Trust(#[from] crate::trust_store::TrustError),
    /// See [`crate::credentials::CredentialError`].
    #[error(transparent)]
    Credential(#[from] crate::credentials::CredentialError),
    /// The audit log can not be written: nothing runs unaudited.
    #[error("{0}; nothing runs unaudited")]
    Audit(#[from] ringfence_store::AuditError),
    /// The audit log could not be written any more while the session ran.
    #[error("the session was stopped because its audit log could not be written any more: {0}")]
    AuditLost(String),
    /// The key that signs audit checkpoints.
    #[error(transparent)]
    AuditKey(#[from] ringfence_store::KeyError),
    /// The egress filter.
    #[error("egress filter: {0}")]
    Filter(#[from] ringfence_dlp::FilterError),
    /// The proxy.
    #[error(transparent)]
    Proxy(#[from] ringfence_proxy::ProxyError),
    /// A protection can not be installed.
    #[error(transparent)]
    Launch(#[from] ringfence_sandbox::LaunchError),
    /// Neither backend can build the sandbox.
    #[error(
        "no backend can build this sandbox\n  native: {native}\n  bubblewrap: {bubblewrap}\n`ringfence doctor` says what this machine lacks"
    )]
    NoBackend {
        /// Why not the native one.
        native: Box<ringfence_sandbox::LaunchError>,
        /// Why not bubblewrap.
        bubblewrap: Box<ringfence_sandbox::LaunchError>,
    },
    /// No backend of the level asked for can build the sandbox.
    #[error("no sandbox at level {level} with backend {backend}{refusals}\n{mend}")]
    NoBackendAtLevel {
        /// The backend asked for.
        backend: String,
        /// The level asked for.
        level: String,
        /// One line for each backend that was tried.
        refusals: String,
        /// What to do about it.
        mend: &'static str,
    },
    /// A file that was named can not be used.
    #[error("{option} {path}: {why}")]
    Input {
        /// The option that named it.
        option: &'static str,
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A port can not be published.
    #[error("cannot publish port {inside} on 127.0.0.1:{host}: {source}")]
    Publish {
        /// Port inside.
        inside: u16,
        /// Port on the host.
        host: u16,
        /// Why.
        source: std::io::Error,
    },
    /// Something else of the operating system.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
}

/// Names the step that an operating-system error belongs to.
pub(crate) trait Doing<T> {
    /// Adds the step.
    fn doing(self, what: &'static str) -> Result<T, RunError>;
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, what: &'static str) -> Result<T, RunError> {
        self.map_err(|source| RunError::Io { what, source })
    }
}
