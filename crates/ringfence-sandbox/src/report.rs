//! How a sandbox ended.

use serde::{Deserialize, Serialize};

/// The end of a payload. Exactly one of `code` and `signal` is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitReport {
    /// Exit code of the payload.
    pub code: Option<i32>,
    /// Signal that ended it.
    pub signal: Option<i32>,
    /// `exit`, `signal`, `timeout`, `oom`, `pids`, `killed` (by the supervisor or with the spawner).
    pub reason: String,
    /// Wall-clock milliseconds from release to exit.
    pub wall_ms: u64,
    /// Peak memory in bytes, where a cgroup counts it.
    pub peak_memory: Option<u64>,
    /// Processes that were still running inside when the payload ended; killed.
    pub leftover: u32,
}
