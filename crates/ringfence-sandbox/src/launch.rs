//! The supervisor's side: [`start`], [`Spawner::launch`], [`Pending`], [`Sandbox`].

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::TerminalSize;

use crate::backend::BackendName;
use crate::capture::CaptureSockets;
use crate::error::{LaunchError, StartError};
use crate::report::ExitReport;

/// Serves the hidden arguments (and never returns then), or forks the spawner. First line of `main`.
///
/// # Errors
/// When the fork fails, or threads exist already.
pub fn start() -> Result<Spawner, StartError> {
    Err(StartError::Threaded)
}

/// The handle of the spawner. Dropping it ends the spawner and every sandbox that it started.
#[derive(Debug)]
pub struct Spawner {
    state: Option<PathBuf>,
}

/// The payload's standard streams when the spec asks for no terminal.
#[derive(Debug)]
pub struct Stdio {
    /// Standard input.
    pub stdin: OwnedFd,
    /// Standard output.
    pub stdout: OwnedFd,
    /// Standard error.
    pub stderr: OwnedFd,
}

impl Stdio {
    /// The caller's own.
    ///
    /// # Errors
    /// When one of them is closed.
    pub fn inherit() -> std::io::Result<Self> {
        Ok(Self {
            stdin: std::io::stdin().as_fd().try_clone_to_owned()?,
            stdout: std::io::stdout().as_fd().try_clone_to_owned()?,
            stderr: std::io::stderr().as_fd().try_clone_to_owned()?,
        })
    }
    /// `/dev/null` for all three.
    ///
    /// # Errors
    /// When it can not be opened.
    pub fn null() -> std::io::Result<Self> {
        let null: OwnedFd = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")?
            .into();
        Ok(Self {
            stdin: null.try_clone()?,
            stdout: null.try_clone()?,
            stderr: null,
        })
    }
}

impl Spawner {
    /// Where the journal of placeholders is kept (`STATE/journal/`). Without it a spec that needs one is refused.
    pub fn set_state_dir(&mut self, state: PathBuf) {
        self.state = Some(state);
    }

    /// Builds a sandbox up to the point where its payload could be executed.
    ///
    /// # Errors
    /// When a protection can not be installed; nothing is left behind then.
    pub fn launch(
        &self,
        _backend: BackendName,
        _spec: &SandboxSpec,
        _stdio: Stdio,
    ) -> Result<Pending, LaunchError> {
        Err(LaunchError::Build("not built yet".into()))
    }
}

/// A sandbox whose payload waits for [`Pending::release`]. Dropping it kills the sandbox.
#[derive(Debug)]
pub struct Pending {
    /// The sockets to serve; `None` when the spec has no network.
    pub capture: Option<CaptureSockets>,
    /// The master of the payload's terminal, made from the sandbox's own devpts.
    pub terminal: Option<OwnedFd>,
    /// Protections in force, by name; missing ones under best effort have a leading `-`.
    pub protections: Vec<String>,
    /// Who built it.
    pub backend: BackendName,
}

impl Pending {
    /// Executes the payload.
    ///
    /// # Errors
    /// [`LaunchError::Exec`] when the program can not be executed.
    pub fn release(self) -> Result<Sandbox, LaunchError> {
        Err(LaunchError::Build("not built yet".into()))
    }
}

/// A running sandbox. Dropping it kills it.
#[derive(Debug)]
pub struct Sandbox {
    control: OwnedFd,
}

impl Sandbox {
    /// Sends a signal to the payload's process group.
    ///
    /// # Errors
    /// When the sandbox is gone.
    pub fn signal(&self, _signal: i32) -> std::io::Result<()> {
        Ok(())
    }
    /// Tells the payload's terminal its new size.
    ///
    /// # Errors
    /// When the sandbox is gone or has no terminal.
    pub fn resize(&self, _size: TerminalSize) -> std::io::Result<()> {
        Ok(())
    }
    /// Waits until every process of the sandbox is gone and says how the payload ended.
    ///
    /// # Errors
    /// When the spawner died.
    pub fn wait(&self) -> std::io::Result<ExitReport> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
    /// Kills every process of the sandbox.
    pub fn kill(&self) {}
    /// Unconnected TCP sockets made inside, to publish a port with: connect them to the sandbox's 127.0.0.1.
    ///
    /// # Errors
    /// When the sandbox is gone.
    pub fn inner_sockets(&self, _count: usize) -> std::io::Result<Vec<OwnedFd>> {
        Ok(Vec::new())
    }
    /// TCP ports on which something inside listens.
    ///
    /// # Errors
    /// When the sandbox is gone.
    pub fn listening_ports(&self) -> std::io::Result<Vec<u16>> {
        Ok(Vec::new())
    }
    /// Name and pid (inside) of the process that owns the TCP or UDP socket bound to this local port.
    ///
    /// # Errors
    /// When the sandbox is gone.
    pub fn process_of(&self, _port: u16) -> std::io::Result<Option<Process>> {
        Ok(None)
    }
}

/// A process inside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Process {
    /// Its pid in the sandbox's pid namespace.
    pub pid: u32,
    /// Its command name, escaped, at most 16 bytes.
    pub name: String,
}

impl AsFd for Sandbox {
    /// Readable when [`Sandbox::wait`] will not block for long.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }
}
