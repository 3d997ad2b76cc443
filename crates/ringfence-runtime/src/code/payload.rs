//! The running program as the session's loop sees it: in a sandbox, or, where the user insists, in none.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::time::Instant;

use ringfence_sandbox::{ExitReport, Sandbox};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

/// A program under way.
pub(super) enum Payload {
    /// In its sandbox.
    Fenced(Arc<Sandbox>),
    /// On the bare host.
    Bare(Bare),
}

/// A process of the host, its own process group.
pub(super) struct Bare {
    child: std::process::Child,
    group: Pid,
    pidfd: OwnedFd,
    began: Instant,
    killed: Option<&'static str>,
}

impl Bare {
    pub(super) fn new(child: std::process::Child) -> io::Result<Self> {
        let group = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| io::Error::other("no process id"))?;
        Ok(Self {
            child,
            group,
            pidfd: pidfd_open(group, PidfdFlags::empty())?,
            began: Instant::now(),
            killed: None,
        })
    }
}

impl Payload {
    /// Sends a signal to the program's process group; one that is gone takes none.
    pub(super) fn signal(&self, number: i32) {
        let sent = match self {
            Self::Fenced(sandbox) => sandbox.signal(number),
            Self::Bare(bare) => Signal::from_named_raw(number).map_or(Ok(()), |signal| {
                kill_process_group(bare.group, signal).map_err(Into::into)
            }),
        };
        if let Err(error) = sent {
            tracing::debug!(%error, number, "forwarding a signal");
        }
    }

    /// Kills everything; outside a sandbox that is the process group and no more.
    pub(super) fn kill(&mut self, why: &'static str) {
        match self {
            Self::Fenced(sandbox) => sandbox.kill(),
            Self::Bare(bare) => {
                bare.killed.get_or_insert(why);
                let _ = kill_process_group(bare.group, Signal::KILL);
            }
        }
    }

    /// Waits for the end.
    pub(super) fn wait(&mut self) -> io::Result<ExitReport> {
        match self {
            Self::Fenced(sandbox) => sandbox.wait(),
            Self::Bare(bare) => {
                let status = bare.child.wait()?;
                // What it left running would outlive it.
                let _ = kill_process_group(bare.group, Signal::KILL);
                let reason = match (bare.killed, status.signal()) {
                    (Some(why), _) => why,
                    (None, Some(_)) => "signal",
                    (None, None) => "exit",
                };
                Ok(ExitReport {
                    code: status.code(),
                    signal: status.signal(),
                    reason: reason.to_owned(),
                    wall_ms: u64::try_from(bare.began.elapsed().as_millis()).unwrap_or(u64::MAX),
                    peak_memory: None,
                    peak_memory_of: None,
                    cpu_ms: None,
                    leftover: 0,
                })
            }
        }
    }
}

impl AsFd for Payload {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Fenced(sandbox) => sandbox.as_fd(),
            Self::Bare(bare) => bare.pidfd.as_fd(),
        }
    }
}
