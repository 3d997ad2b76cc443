//! The same spec behind a second kernel: gVisor's `runsc`, for level high.
//!
//! The outside is that of the native backend: new namespaces, one mapped user, a root laid out with the new mount API. In it
//! stands not the payload but pid 1 ([`keeper`]), which shows `runsc` a [`bundle`] and nothing of the host but what the mount
//! table names. Behind the second kernel this same binary is pid 1 again ([`guest`]): it bounds the number of tasks there,
//! gives every privilege up, installs the filter and executes the payload.
//!
//! Everything of one sandbox (sentry, file server, state, bundle) lives in one pid namespace and one mount namespace: when
//! pid 1 goes, the kernel removes it all, whoever was killed in whatever order.

mod bundle;
mod guest;
mod keeper;
mod letter;
mod memory;
mod relay;
mod stage;
mod tool;
mod watch;

use ringfence_policy::spec::{Level, Limits};

use crate::backend::Backend;
use crate::error::Fault;
use crate::spawner::Job;
use crate::sys::clone;

pub(crate) use guest::{HIDDEN_GUEST, serve};
pub(crate) use tool::Tool;

/// Why gVisor can not be used.
#[derive(Debug, thiserror::Error)]
pub enum GvisorError {
    /// Not installed.
    #[error(
        "level high needs gVisor, which is not installed: there is no runsc; install it (Debian, Ubuntu: `apt-get install runsc`; elsewhere see \
         https://gvisor.dev/docs/user_guide/install/), or use `--level standard` knowing that the host's kernel is shared"
    )]
    Missing,
    /// Installed, but not usable.
    #[error("gVisor: {0}")]
    Unusable(String),
    /// The spec asks for what it can not do.
    #[error("gVisor: {0}")]
    Spec(String),
}

/// Why gVisor can not be used on this machine, if it can not: the reason, and how to mend it.
pub fn unusable() -> Option<String> {
    Tool::find().err().map(|error| error.to_string())
}

/// This backend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gvisor;

/// Tasks of the host that the second kernel may use for itself: it starts a thread for whatever blocks, and dies when it gets none.
const SENTRY_TASKS: u64 = 1024;

/// Tasks of the host that it may use for one of the payload's: with the ptrace platform a process has a shadow outside with a
/// thread for each thread of the second kernel that ever ran it.
const SHADOWS: u64 = 64;

impl Backend for Gvisor {
    fn level(&self) -> Level {
        Level::High
    }

    fn namespaces(&self, root: bool) -> i32 {
        if root { 0 } else { clone::NAMESPACES }
    }

    fn counts_tasks(&self) -> bool {
        true
    }

    /// The number of tasks is bounded behind the second kernel; on the host it is a backstop.
    fn outside_limits(&self, limits: &Limits) -> Limits {
        let mut outside = limits.clone();
        outside.pids = limits
            .pids
            .map(|pids| pids.saturating_mul(SHADOWS).saturating_add(SENTRY_TASKS));
        outside.best_effort.push("pids".to_owned());
        outside
    }

    fn build(&self, job: &Job) -> Fault {
        match keeper::build(job) {
            Err(fault) => fault,
            Ok(never) => match never {},
        }
    }
}
