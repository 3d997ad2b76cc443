//! Why a session could not be started, or a cell not be run.

use super::limits;

/// Why a session could not be started, or a cell not be run. What a cell itself did wrong is part of its result.
#[derive(Debug, thiserror::Error)]
pub enum ReplError {
    /// The sandbox could not be built, or its program not be executed.
    #[error(transparent)]
    Launch(#[from] crate::error::RunError),
    /// The egress filter could not be built.
    #[error(transparent)]
    Filter(#[from] ringfence_dlp::FilterError),
    /// The interpreter ended before it was ready.
    #[error("the interpreter ended before it was ready ({reason}){}", said(text))]
    NotReady {
        /// How it ended.
        reason: String,
        /// What it wrote, filtered.
        text: String,
    },
    /// The interpreter was not ready in time.
    #[error("the interpreter was not ready within {} s{}", limits::START.as_secs(), said(text))]
    TooSlow {
        /// What it wrote, filtered.
        text: String,
    },
    /// There is no interpreter: the last one ended. [`super::Repl::restart`] starts a new one.
    #[error("no interpreter is running: the last one ended ({reason}); restart the session")]
    NotRunning {
        /// How it ended.
        reason: String,
    },
    /// The code can not be sent.
    #[error("the code of the cell {why}")]
    Code {
        /// Why not.
        why: String,
    },
    /// `local`: there is no session without a fence.
    #[error(
        "a session has no mode without isolation; unset RLM_EXECUTION_MODE=local, or use `ringfence exec`"
    )]
    NoIsolation,
    /// The operating system.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
}

fn said(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        String::new()
    } else {
        format!("; it wrote:\n{text}")
    }
}

/// Names the step that an operating-system error belongs to.
pub(super) trait Doing<T> {
    /// Adds the step.
    fn doing(self, what: &'static str) -> Result<T, ReplError>;
}

impl<T, E: Into<std::io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, what: &'static str) -> Result<T, ReplError> {
        self.map_err(|source| ReplError::Io {
            what,
            source: source.into(),
        })
    }
}
