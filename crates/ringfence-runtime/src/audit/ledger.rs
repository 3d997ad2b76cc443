//! An audit log of its own, for what is no session in a sandbox: a server of models, a change of keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_policy::{Event, plan};

use super::{Opening, warn_of_losses};
use crate::error::{Doing, RunError};
use crate::facts::{self, Wanted};
use crate::paths::Paths;
use crate::recorder::Log;
use crate::{config_files, session_id};

/// An open audit log, with the sinks of the configuration. Whoever can not write to it does not go on.
pub struct Ledger {
    log: Arc<Log>,
    session: String,
}

impl Ledger {
    /// Opens one, under a name of its own.
    ///
    /// # Errors
    /// Configuration with a mistake; a directory, key or required sink that can not be used.
    pub fn open(config: Option<PathBuf>) -> Result<Self, RunError> {
        let place = facts::place()?;
        let paths = Paths::of(&place.home, &place.env);
        paths.prepare()?;
        let (sources, _) =
            config_files::sources(config.as_deref(), &place.home, &place.cwd, &paths)?;
        let facts = facts::gather(
            place,
            &Wanted {
                program: None,
                named_sets: Default::default(),
            },
        )?;
        let (sinks, required) = plan::resolve_audit(&sources, &facts)?;
        let session = session_id::new().doing("naming the audit log")?;
        let log = Opening::new(&sinks, required, &paths, &session).open(Vec::new())?;
        Ok(Self { log, session })
    }

    /// The name that `ringfence audit` takes.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.log.path()
    }

    /// Keeps one event.
    ///
    /// # Errors
    /// When it can not be kept: whatever it is about must not go on.
    pub fn keep(&self, event: &Event) -> Result<(), RunError> {
        Ok(self.log.keep(event)?)
    }

    /// Keeps the last event, for which room was kept free, and closes the sinks.
    ///
    /// # Errors
    /// When not even that could be kept.
    pub fn end(&self, event: &Event) -> Result<(), RunError> {
        warn_of_losses(&self.log.stop(event)?);
        Ok(())
    }
}
