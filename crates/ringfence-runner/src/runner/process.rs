//! The process behind a runner: in its sandbox, or, where somebody insisted, an ordinary child.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

use ringfence_sandbox::Sandbox;

use crate::process::{BARE, HIDDEN};
use crate::room;

/// What stands where protections are named, for a process that has none.
pub(super) const NONE: [&str; 6] = [
    "-sandbox",
    "-network",
    "-files",
    "-seccomp",
    "-landlock",
    "-limits",
];

/// Killed when it is dropped, either way.
#[derive(Debug)]
pub(super) enum Process {
    /// In a sandbox of its own.
    Fenced(Box<Sandbox>),
    /// With everything that the server's user may do.
    Bare(Mutex<Child>),
}

impl Process {
    /// Starts an ordinary child: this program, with the wire as standard input and nothing of our environment.
    pub(super) fn bare(wire: OwnedFd, output: OwnedFd) -> io::Result<Self> {
        let child = Command::new(std::env::current_exe()?)
            .args([HIDDEN, BARE])
            .env_clear()
            .envs(room::ENVIRONMENT)
            .current_dir("/")
            .stdin(Stdio::from(wire))
            .stdout(Stdio::from(output.try_clone()?))
            .stderr(Stdio::from(output))
            .spawn()?;
        Ok(Self::Bare(Mutex::new(child)))
    }

    /// Ends it at once.
    pub(super) fn kill(&self) {
        match self {
            Self::Fenced(sandbox) => sandbox.kill(),
            // It may have ended by itself; it is waited for below, so the number is nobody else's.
            Self::Bare(child) => {
                let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
            }
        }
    }

    /// How it ended. It has closed its socket, so it is dead or about to be.
    pub(super) fn how(&self) -> String {
        match self {
            Self::Fenced(sandbox) => match sandbox.wait() {
                Ok(report) => match (report.reason.as_str(), report.code, report.signal) {
                    ("exit", Some(code), _) => format!("exit code {code}"),
                    ("signal", _, Some(signal)) => format!("signal {signal}"),
                    (reason, ..) => reason.to_owned(),
                },
                Err(error) => error.to_string(),
            },
            Self::Bare(child) => {
                let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
                child.wait().map_or_else(|e| e.to_string(), ended)
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A sandbox ends with its handle.
        if let Self::Bare(child) = self {
            let child = child.get_mut().unwrap_or_else(PoisonError::into_inner);
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (_, Some(signal)) => format!("signal {signal}"),
        _ => status.to_string(),
    }
}
