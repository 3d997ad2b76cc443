//! What this machine can do, for `ringfence doctor`. (B2)

use serde::Serialize;

/// One protection or backend and whether this machine offers it.
#[derive(Debug, Clone, Serialize)]
pub struct Probe {
    /// Short name: `native`, `bubblewrap`, `landlock`, `tproxy`, …
    pub name: String,
    /// Whether it works here.
    pub available: bool,
    /// Whether the default run needs it.
    pub required: bool,
    /// Version, mode or the reason why not.
    pub detail: String,
    /// The exact command or setting that mends it.
    pub mend: Option<String>,
}

/// Tries every protection and backend. Starts short-lived processes; leaves nothing behind.
pub fn probe() -> Vec<Probe> {
    Vec::new()
}
