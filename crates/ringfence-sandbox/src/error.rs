//! Why a sandbox was not started.

use crate::bubblewrap::BubblewrapError;
use crate::capture::CaptureError;
use crate::gvisor::GvisorError;
use crate::landlock::LandlockError;
use crate::limits::LimitError;
use crate::protect::ProtectError;
use crate::seccomp::SeccompError;

/// Why the spawner could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A system call failed.
    #[error("starting the spawner: {step}: {source}")]
    Step {
        /// What was being done.
        step: &'static str,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The process already has threads; [`crate::start`] has to come first.
    #[error("the spawner has to be started before any thread")]
    Threaded,
}

/// Why a sandbox could not be built or its payload not be executed. Nothing of it is left when this is returned.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The spec asks for what can not be built.
    #[error("sandbox: {0}")]
    Spec(String),
    /// A step of the construction failed; the text says which, why, and how to mend it where that is known.
    #[error("sandbox: {0}")]
    Build(String),
    /// The payload could not be executed.
    #[error("{program}: {source}")]
    Exec {
        /// The program as the spec names it.
        program: String,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The spawner is gone.
    #[error("the spawner has gone: {0}")]
    Spawner(std::io::Error),
    /// See [`CaptureError`].
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// See [`LimitError`].
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// See [`ProtectError`].
    #[error(transparent)]
    Protect(#[from] ProtectError),
    /// See [`LandlockError`].
    #[error(transparent)]
    Landlock(#[from] LandlockError),
    /// See [`SeccompError`].
    #[error(transparent)]
    Seccomp(#[from] SeccompError),
    /// See [`BubblewrapError`].
    #[error(transparent)]
    Bubblewrap(#[from] BubblewrapError),
    /// See [`GvisorError`].
    #[error(transparent)]
    Gvisor(#[from] GvisorError),
}

/// A failed step inside a process of ours on the way into the sandbox; crosses the control socket as text.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Fault(pub(crate) String);

impl Fault {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

macro_rules! fault_from {
    ($($error:ty),*) => {$(
        impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        }
    )*};
}
fault_from!(
    BubblewrapError,
    CaptureError,
    GvisorError,
    LandlockError,
    LimitError,
    ProtectError,
    SeccompError
);

/// Names the step that failed.
pub(crate) trait Step<T> {
    /// Turns the error into a [`Fault`] that begins with this text.
    fn step(self, what: impl std::fmt::Display) -> Result<T, Fault>;
}

impl<T, E: std::fmt::Display> Step<T> for Result<T, E> {
    fn step(self, what: impl std::fmt::Display) -> Result<T, Fault> {
        self.map_err(|e| Fault(format!("{what}: {e}")))
    }
}
