//! How a sandbox ended.

use serde::{Deserialize, Serialize};

/// The end of a payload. Exactly one of `code` and `signal` is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitReport {
    /// Exit code of the payload.
    pub code: Option<i32>,
    /// Signal that ended it.
    pub signal: Option<i32>,
    /// `exit`, `signal`, `timeout`, `oom` (by convention told as exit code 137), `pids`, `disk`, `killed` (by the supervisor or
    /// with the spawner).
    pub reason: String,
    /// Wall-clock milliseconds from release to exit.
    pub wall_ms: u64,
    /// Peak memory in bytes; [`ExitReport::peak_memory_of`] says of what.
    pub peak_memory: Option<u64>,
    /// What [`ExitReport::peak_memory`] was measured on.
    #[serde(default)]
    pub peak_memory_of: Option<PeakMemory>,
    /// CPU milliseconds, user and system, of all processes. Without a cgroup those of processes that were not waited for by
    /// anybody inside are missing.
    #[serde(default)]
    pub cpu_ms: Option<u64>,
    /// Processes that were still running inside when the payload ended; killed.
    pub leftover: u32,
}

/// How a peak of memory was measured, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeakMemory {
    /// By the kernel, for everything in the sandbox's cgroup, files on a tmpfs included.
    Cgroup,
    /// By the init, which adds up what all processes hold every few milliseconds: short peaks are missed.
    Watched,
    /// By the kernel, for the largest single process.
    LargestProcess,
}
