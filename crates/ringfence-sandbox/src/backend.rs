//! Who builds a sandbox.

use serde::{Deserialize, Serialize};

/// The backends of this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackendName {
    /// Namespaces made by this binary itself.
    Native,
    /// Through `bwrap`.
    Bubblewrap,
}

impl std::fmt::Display for BackendName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Native => "native",
            Self::Bubblewrap => "bubblewrap",
        })
    }
}

/// What every backend can say about itself.
pub trait Backend {
    /// Its name.
    fn name(&self) -> BackendName;
    /// The strongest level that it offers.
    fn level(&self) -> ringfence_policy::spec::Level;
}
