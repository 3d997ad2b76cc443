//! What a client remembers of a server. Data only: where it is kept is decided elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Level, ServerIdentity, StatementError, VerifiedRunner};
use crate::digest::Digest;
use crate::limits::MAX_PINNED_MODELS;
use crate::time::UnixTime;

/// A server as it was when it was met, and its models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Who has to sign.
    pub server: ServerIdentity,
    /// When it was met.
    pub first_seen: UnixTime,
    /// What was seen of each model, by its name.
    #[serde(default)]
    pub models: BTreeMap<String, ModelPin>,
}

/// A model and its runner as they were when they were met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPin {
    /// Digest of the model's manifest.
    pub manifest: Digest,
    /// Digest of the runner's program.
    pub binary: Digest,
    /// Digest of its sandbox.
    pub sandbox: Digest,
    /// Level of its sandbox.
    pub level: Level,
}

impl Pin {
    /// A server of which nothing but its key is known, for example because a person typed it.
    #[must_use]
    pub const fn new(server: ServerIdentity, first_seen: UnixTime) -> Self {
        Self {
            server,
            first_seen,
            models: BTreeMap::new(),
        }
    }

    /// Pins what was verified of a model.
    pub fn remember(&mut self, runner: &VerifiedRunner) -> Result<(), StatementError> {
        let claim = &runner.statement().claim;
        if self.models.len() >= MAX_PINNED_MODELS && !self.models.contains_key(&claim.model) {
            return Err(StatementError::PinFull);
        }
        let (manifest, binary, sandbox, level) =
            (claim.manifest, claim.binary, claim.sandbox, claim.level);
        self.models.insert(
            claim.model.clone(),
            ModelPin {
                manifest,
                binary,
                sandbox,
                level,
            },
        );
        Ok(())
    }

    /// Forgets what is pinned of a model, so that it can be met anew; the server stays pinned. Says whether there was anything.
    pub fn forget(&mut self, model: &str) -> bool {
        self.models.remove(model).is_some()
    }
}
