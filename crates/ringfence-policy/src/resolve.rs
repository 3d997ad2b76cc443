//! Why a plan could not be made.

use std::fmt;

use crate::config::{ConfigError, Problem};

/// What kind of failure it is; the command line maps each to an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A configuration file is wrong.
    Config,
    /// The command line is wrong.
    Usage,
    /// What was asked for is refused, because it would open the fence or can not be had.
    Refused,
}

/// Why a plan could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolveError {
    /// A configuration file is wrong; the text shows every problem in its place.
    Config(ConfigError),
    /// The command line is wrong.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// What was asked for is refused.
    Refused {
        /// What and why.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl ResolveError {
    /// The kind, for the exit code.
    pub fn kind(&self) -> ErrorKind {
        match self {
            ResolveError::Config(_) => ErrorKind::Config,
            ResolveError::Usage { .. } => ErrorKind::Usage,
            ResolveError::Refused { .. } => ErrorKind::Refused,
        }
    }

    /// What to do about it, when that is not part of the text already.
    pub fn hint(&self) -> Option<&str> {
        match self {
            ResolveError::Config(_) => None,
            ResolveError::Usage { hint, .. } | ResolveError::Refused { hint, .. } => {
                hint.as_deref()
            }
        }
    }

    pub(crate) fn config(problems: Vec<Problem>) -> Self {
        ResolveError::Config(ConfigError { problems })
    }

    pub(crate) fn usage(message: impl Into<String>, hint: Option<String>) -> Self {
        ResolveError::Usage {
            message: message.into(),
            hint,
        }
    }

    pub(crate) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        ResolveError::Refused {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    pub(crate) fn project_changed(name: &str) -> Self {
        Self::refused(
            format!("{} changed since you trusted it", name.escape_debug()),
            "look at what changed (a restriction may have been taken out), then trust it again",
        )
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResolveError::Config(error) => error.fmt(f),
            ResolveError::Usage { message, .. } | ResolveError::Refused { message, .. } => {
                f.write_str(message)
            }
        }
    }
}

impl std::error::Error for ResolveError {}

impl From<ConfigError> for ResolveError {
    fn from(error: ConfigError) -> Self {
        ResolveError::Config(error)
    }
}

impl miette::Diagnostic for ResolveError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint()
            .map(|hint| Box::new(hint.to_owned()) as Box<dyn fmt::Display>)
    }
}
