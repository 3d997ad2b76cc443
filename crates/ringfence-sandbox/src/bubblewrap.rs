//! The same spec through `bwrap`. (B3)
//!
//! Runs in a process that the spawner forked for this sandbox: already the unprivileged user, `stage`
//! names the (idmapped) sources. Builds argv and execs `bwrap … -- /…/ringfence-init`; there
//! [`crate::init`] takes over with the control socket at a descriptor named in the hidden arguments.

use ringfence_policy::SandboxSpec;

use crate::stage::Staged;

/// Why bubblewrap can not be used.
#[derive(Debug, thiserror::Error)]
pub enum BubblewrapError {
    /// Missing, too old in a way that matters, or refused by the kernel.
    #[error("bubblewrap: {0}")]
    Unusable(String),
}

/// Arguments of `bwrap` (without `argv[0]`) for this spec, up to and including `--`.
pub(crate) fn arguments(
    _spec: &SandboxSpec,
    _staged: &Staged,
) -> Result<Vec<std::ffi::OsString>, BubblewrapError> {
    Err(BubblewrapError::Unusable("not built yet".into()))
}

/// This backend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bubblewrap;

impl crate::backend::Backend for Bubblewrap {
    fn level(&self) -> ringfence_policy::spec::Level {
        ringfence_policy::spec::Level::Standard
    }

    fn namespaces(&self, _root: bool) -> i32 {
        0
    }

    fn build(&self, _job: &crate::spawner::Job) -> crate::error::Fault {
        BubblewrapError::Unusable("not built yet".into()).into()
    }
}
