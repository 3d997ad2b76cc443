//! What a session needs of an interpreter's process, and what starts one.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use ringfence_sandbox::ExitReport;

use super::error::ReplError;

/// An interpreter that was started.
pub trait Process: Send {
    /// Sends a signal to its process group.
    ///
    /// # Errors
    /// When it is gone.
    fn signal(&self, signal: i32) -> io::Result<()>;
    /// Kills everything.
    fn kill(&self);
    /// Waits until everything is gone.
    ///
    /// # Errors
    /// When that can not be known.
    fn wait(&self) -> io::Result<ExitReport>;
    /// Readable when [`Process::wait`] will not block for long.
    fn ended(&self) -> BorrowedFd<'_>;
}

/// A new interpreter and our ends of its standard streams.
pub struct Launched {
    /// The process.
    pub process: Box<dyn Process>,
    /// Writing end of its standard input.
    pub stdin: OwnedFd,
    /// Reading end of its standard output.
    pub stdout: OwnedFd,
    /// Reading end of its standard error.
    pub stderr: OwnedFd,
}

/// Starts interpreters: the first one, and another after each restart.
pub trait Launcher: Send {
    /// Starts one.
    ///
    /// # Errors
    /// When its sandbox can not be built.
    fn launch(&mut self) -> Result<Launched, ReplError>;
}
