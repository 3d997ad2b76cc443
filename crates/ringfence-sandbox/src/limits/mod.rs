//! Resource limits: cgroup v2 or v1, and rlimits where the spec allows them to stand in. (B2)

use ringfence_policy::spec::Limits;

/// Why a limit could not be enforced.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// The limit named can not be enforced on this machine.
    #[error("limit `{name}` can not be enforced: {reason}; {mend}")]
    Unenforceable {
        /// `memory`, `pids`, `cpu`, …
        name: &'static str,
        /// Why.
        reason: String,
        /// What to do about it.
        mend: String,
    },
}

/// The cgroup(s) of one sandbox. Removed on drop, which must come after every process in it was reaped.
#[derive(Debug)]
pub(crate) struct Cgroup {}

/// What [`Cgroup::create`] could do.
#[derive(Debug)]
pub(crate) struct Enforced {
    /// `None` when no limit needs a cgroup.
    pub(crate) cgroup: Option<Cgroup>,
    /// Protections by name (`memory`, `pids`, `cpu`), with a leading `-` when an rlimit stands in.
    pub(crate) protections: Vec<String>,
}

impl Cgroup {
    /// Makes the cgroups. Runs in the spawner as the invoking user, before the clone.
    pub(crate) fn create(_limits: &Limits, _session: &str) -> Result<Enforced, LimitError> {
        Ok(Enforced {
            cgroup: None,
            protections: Vec::new(),
        })
    }
    /// Moves a process (the init, before it has children) in.
    pub(crate) fn attach(&self, _pid: rustix::process::Pid) -> Result<(), LimitError> {
        Ok(())
    }
    /// Whether the kernel killed something in it for memory.
    pub(crate) fn oom_killed(&self) -> bool {
        false
    }
    /// Whether a fork was refused for the pids limit.
    pub(crate) fn pids_refused(&self) -> bool {
        false
    }
    /// Peak memory in bytes, where the kernel says.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        None
    }
}

/// Sets the rlimits of the calling process (the payload just before exec), CPU pinning included.
pub(crate) fn apply_rlimits(_limits: &Limits) -> Result<(), LimitError> {
    Ok(())
}
