//! What all streams of a session share.
use crate::echo;
use crate::known::Values;
use crate::limits;
use crate::settings::{Actions, Settings};
use crate::stream::Stream;
use std::sync::Arc;
use thiserror::Error;

/// Tables, known values, context index: built once, shared by every [`Stream`] of a session.
#[derive(Debug)]
pub struct Filter {
    pub(crate) known: Values,
    pub(crate) actions: Actions,
    pub(crate) echo: echo::Index,
    /// Names of the documents, for reports.
    pub(crate) documents: Vec<String>,
}

/// Why a filter can not be built.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterError {
    /// A known value is too short to be looked for.
    #[error(
        "known value `{name}` has {length} bytes; at least {} are needed, or ordinary text would be redacted",
        limits::KNOWN_MIN
    )]
    KnownTooShort {
        /// Its name.
        name: String,
        /// Its length in bytes.
        length: usize,
    },
    /// A known value is longer than what is held.
    #[error(
        "known value `{name}` has {length} bytes; at most {} can be looked for",
        limits::KNOWN_MAX
    )]
    KnownTooLong {
        /// Its name.
        name: String,
        /// Its length in bytes.
        length: usize,
    },
    /// Too many known values.
    #[error(
        "{count} known values; at most {} can be looked for",
        limits::KNOWN_COUNT
    )]
    TooManyKnown {
        /// How many were given.
        count: usize,
    },
    /// The context documents are too large together.
    #[error(
        "the context documents have {length} bytes together; at most {} can be looked for",
        crate::echo::CONTEXT_BYTES
    )]
    ContextTooLarge {
        /// Their length in bytes.
        length: usize,
    },
    /// Together too long.
    #[error(
        "{length} bytes of known values; at most {} can be looked for",
        limits::KNOWN_TOTAL
    )]
    KnownTooMuch {
        /// Their length in bytes.
        length: usize,
    },
}

impl Filter {
    /// Builds the filter.
    ///
    /// # Errors
    /// A known value or document can not be looked for. Nothing is left out silently.
    pub fn new(settings: Settings) -> Result<Arc<Self>, FilterError> {
        if settings.known.len() > limits::KNOWN_COUNT {
            return Err(FilterError::TooManyKnown {
                count: settings.known.len(),
            });
        }
        for known in &settings.known {
            let length = known.value.len();
            let name = known.name.clone();
            if length < limits::KNOWN_MIN {
                return Err(FilterError::KnownTooShort { name, length });
            }
            if length > limits::KNOWN_MAX {
                return Err(FilterError::KnownTooLong { name, length });
            }
        }
        let length = settings.known.iter().map(|known| known.value.len()).sum();
        if length > limits::KNOWN_TOTAL {
            return Err(FilterError::KnownTooMuch { length });
        }
        let echo = echo::Index::new(&settings.context, settings.budget)?;
        Ok(Arc::new(Self {
            known: Values::new(settings.known),
            actions: settings.actions,
            echo,
            documents: settings
                .context
                .into_iter()
                .map(|document| document.name)
                .collect(),
        }))
    }

    /// Characters of the context documents that have left in short quotes, and how many may; `None` without documents.
    #[must_use]
    pub fn context_spent(&self) -> Option<(u64, u64)> {
        self.echo.spent()
    }

    /// A new stream.
    #[must_use]
    pub fn stream(self: &Arc<Self>) -> Stream {
        self.stream_with(self.actions)
    }

    /// A new stream with actions of its own, for a place where other things are done about findings.
    #[must_use]
    pub fn stream_with(self: &Arc<Self>, actions: Actions) -> Stream {
        Stream::new(Arc::clone(self), actions)
    }
}
