//! What can go wrong with a pull, and what to do about it.

use ringfence_inference::{Digest, ManifestError};
use ringfence_policy::{Refusal, RefusalClass};
use ringfence_runner::gguf::GgufError;

use crate::limits;
use crate::store::StoreError;

/// Why a model was not pulled.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The host in the name is none.
    #[error(
        "{host:?} is no host to pull from: {reason}; a name is [host[:port]/][namespace/]model[:tag]"
    )]
    Host {
        /// As written.
        host: String,
        /// Why not.
        reason: String,
    },
    /// The policy said no, or the host can not be reached.
    #[error("{}", refusal(.0))]
    Refused(Refusal),
    /// No such model, or any other answer than success.
    #[error("{registry} answered {status} to {what}; {mend}", mend = mend(*.status))]
    Status {
        /// Who.
        registry: String,
        /// To which request.
        what: String,
        /// With what.
        status: u16,
    },
    /// The registry wants a login somewhere else: what would send a token there is refused (CVE-2025-51471).
    #[error(
        "{registry} asks for a login at {realm:?}, which is another host; nothing was sent there"
    )]
    ForeignRealm {
        /// Who.
        registry: String,
        /// Where.
        realm: String,
    },
    /// The registry wants a login.
    #[error(
        "{registry} asks for a login; only public models can be pulled. Download the file and use `ringfence model import`"
    )]
    Login {
        /// Who.
        registry: String,
    },
    /// A redirect that is not followed.
    #[error("{registry} redirects to {to}, which is not followed: {reason}")]
    Redirect {
        /// Who.
        registry: String,
        /// Where to.
        to: String,
        /// Why not.
        reason: String,
    },
    /// The manifest is not used.
    #[error("{registry}: {source}")]
    Manifest {
        /// Who.
        registry: String,
        /// What is wrong with it.
        source: ManifestError,
    },
    /// The manifest names no model file.
    #[error("{0} has no model file in GGUF, so it can not be run here")]
    NoModel(String),
    /// An answer that is not as it has to be.
    #[error(
        "{registry}: {reason}; the registry is broken or hostile, nothing of this answer was kept"
    )]
    Answer {
        /// Who.
        registry: String,
        /// What is wrong.
        reason: String,
    },
    /// The connection broke, or nothing came for too long.
    #[error("{registry}: {reason}; run the same command again to go on where it stopped")]
    Broken {
        /// Who.
        registry: String,
        /// What happened.
        reason: String,
    },
    /// The bytes are those of the manifest, and no model that may be loaded.
    #[error("the model file {digest} was not kept: {source}")]
    Gguf {
        /// The file.
        digest: Digest,
        /// Where and why.
        source: GgufError,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PullError {
    /// Whether it may go well a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Broken { .. } => true,
            Self::Status { status, .. } => matches!(status, 429 | 500 | 502..=504),
            _ => false,
        }
    }

    /// Whether what is here may be used the next time.
    pub(super) fn is_resumable(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error, StoreError::Room { .. }),
            Self::Answer { .. } | Self::Gguf { .. } => false,
            _ => true,
        }
    }
}

fn refusal(refusal: &Refusal) -> String {
    let mend = match refusal.class {
        RefusalClass::NotAllowed | RefusalClass::NotApproved => format!(
            "; if it is what the registry uses, say `--allow {}:{}`",
            refusal.host, refusal.port
        ),
        _ => String::new(),
    };
    format!("{}{mend}", refusal.full())
}

fn mend(status: u16) -> &'static str {
    match status {
        404 => "there is no such model; look at the name and the tag",
        429 => "it wants fewer requests, try again later",
        500.. => "it has a problem of its own, try again later",
        _ => "look at the name, and at the registry's own pages",
    }
}

/// How long an answer may be on its way, as text.
pub(super) fn too_long() -> String {
    format!("nothing came for {} seconds", limits::IDLE_S)
}
