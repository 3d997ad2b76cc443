//! Who builds a sandbox.

use ringfence_policy::spec::{Level, Limits};
use serde::{Deserialize, Serialize};

use crate::bubblewrap::Bubblewrap;
use crate::docker::Docker;
use crate::error::Fault;
use crate::gvisor::Gvisor;
use crate::limits::Own;
use crate::native::Native;
use crate::spawner::Job;

/// The backends of this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackendName {
    /// Namespaces made by this binary itself.
    Native,
    /// Through `bwrap`.
    Bubblewrap,
    /// Behind a second kernel, through `runsc`.
    Gvisor,
    /// Through the Docker engine: runc, or gVisor's runsc for level high.
    Docker,
}

impl BackendName {
    /// The strongest level that the backend offers.
    pub fn level(self) -> Level {
        self.backend().level()
    }

    pub(crate) fn backend(self) -> &'static dyn Backend {
        match self {
            Self::Native => &Native,
            Self::Bubblewrap => &Bubblewrap,
            Self::Gvisor => &Gvisor,
            Self::Docker => &Docker,
        }
    }
}

impl std::fmt::Display for BackendName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Native => "native",
            Self::Bubblewrap => "bubblewrap",
            Self::Gvisor => "gvisor",
            Self::Docker => "docker",
        })
    }
}

/// One way to build what a [`SandboxSpec`](ringfence_policy::SandboxSpec) says. The spawner forks a process for each
/// sandbox and hands it over; everything after that is the backend's, up to the common [`crate::init`].
pub(crate) trait Backend: Sync {
    /// The strongest level that it offers.
    fn level(&self) -> Level;

    /// `CLONE_NEW*` flags that the spawner clones the first process with. Root gets a plain fork where this says 0.
    fn namespaces(&self, root: bool) -> i32;

    /// Processes of ours that count against the limit on tasks, besides the init.
    fn own_tasks(&self, _root: bool) -> Own {
        Own::default()
    }

    /// Whether it bounds the number of tasks by itself; the cgroup is a backstop then.
    fn counts_tasks(&self) -> bool {
        false
    }

    /// The limits that the cgroup on the host has to enforce; the others it enforces itself.
    fn outside_limits(&self, limits: &Limits) -> Limits {
        limits.clone()
    }

    /// Builds the sandbox and ends in its init. Runs in the process forked for it; returns only on failure.
    fn build(&self, job: &Job) -> Fault;
}
