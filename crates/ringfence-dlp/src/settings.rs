//! What a filter is told: values that must not leave, documents that must not be echoed, and what to do about findings.
use crate::finding::{Action, Tier};
use std::fmt;
use zeroize::Zeroizing;

/// Everything a [`crate::Filter`] is built from. The default has all detectors, no known value and no document.
#[derive(Default)]
pub struct Settings {
    /// Values that the session knows to be secret; found in every encoding.
    pub known: Vec<Known>,
    /// Documents of which no long excerpt may leave.
    pub context: Vec<Document>,
    /// What is done about findings, by tier.
    pub actions: Actions,
    /// Characters of all documents together that may leave in short quotes in the life of the filter; `None`: a tenth of
    /// them, and 2000 at least.
    pub budget: Option<u64>,
}

/// One known secret. Never printed.
pub struct Known {
    /// Name for reports, for example of the credential.
    pub name: String,
    /// The secret, [`crate::limits::KNOWN_MIN`] to [`crate::limits::KNOWN_MAX`] bytes.
    pub value: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// One document given to the code as context.
pub struct Document {
    /// Name for reports, for example the file's.
    pub name: String,
    /// The text.
    pub text: Vec<u8>,
}

/// What is done about findings of each tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actions {
    /// For [`Tier::Block`].
    pub block: Action,
    /// For [`Tier::Warn`].
    pub warn: Action,
    /// For [`Tier::Echo`].
    pub echo: Action,
}

impl Default for Actions {
    fn default() -> Self {
        Self {
            block: Action::Redact,
            warn: Action::Report,
            echo: Action::Redact,
        }
    }
}

impl Actions {
    /// The action for a tier.
    #[must_use]
    pub fn of(self, tier: Tier) -> Action {
        match tier {
            Tier::Block => self.block,
            Tier::Warn => self.warn,
            Tier::Echo => self.echo,
        }
    }
}
