//! The loop between the person's terminal and the sandbox's.

use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use ringfence_policy::spec::TerminalSize;
use rustix::io::Errno;
use rustix::termios::{QueueSelector, Winsize, tcflush, tcgetwinsize, tcsetwinsize};
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::filter::Filter;
use super::limits::{CHUNK, FLUSH, MAX_HELD, MAX_TO_HOST, MAX_TO_SANDBOX, REPLIES};
use super::raw::RawMode;
use super::screen::Screen;
use crate::prompt::{Attached, Desk};

mod asking;

use asking::Asking;

/// What a relay connects.
#[derive(Debug)]
pub struct RelaySetup {
    /// The sandbox's pty master. Made non-blocking; gets the size of the person's terminal now and after every change.
    pub master: OwnedFd,
    /// Questions to draw as an overlay, when [`Desk::overlay_wanted`].
    pub desk: Option<Arc<Desk>>,
    /// `false` under `NO_COLOR`: the overlay uses bold only.
    pub colour: bool,
}

/// Why the relay could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// The person's terminal.
    #[error("the terminal: {0}")]
    Host(std::io::Error),
    /// The sandbox's terminal.
    #[error("the sandbox's terminal: {0}")]
    Sandbox(std::io::Error),
    /// Signals.
    #[error("signals: {0}")]
    Signals(std::io::Error),
}

/// Why the relay ended. The person's terminal is back in its own mode by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayEnd {
    /// Nobody in the sandbox holds its terminal any more.
    SandboxClosed,
    /// `stop` was cancelled, and what the sandbox had printed was shown.
    Stopped,
    /// The person's terminal is gone.
    HostGone,
    /// This process was told to end by this signal.
    Signal(i32),
}

/// Size of the terminal on standard input, or of the controlling one.
pub fn host_size() -> Option<TerminalSize> {
    let stdin =
        tcgetwinsize(rustix::stdio::stdin()).or_else(|_| tcgetwinsize(rustix::stdio::stdout()));
    stdin
        .ok()
        .filter(|s| s.ws_row > 0 && s.ws_col > 0)
        .map(|s| TerminalSize {
            rows: s.ws_row,
            cols: s.ws_col,
        })
}

/// Relays between the controlling terminal and a sandbox. See [`Relay::run`].
pub struct Relay {
    io: Io,
    filter: Filter,
    screen: Screen,
    desk: Option<(Arc<Desk>, watch::Receiver<u64>)>,
    /// Says to the desk that the overlay can ask.
    attached: Option<Attached>,
    asking: Option<Asking>,
    colour: bool,
    /// Output of the sandbox that arrived while the overlay is up, as it came.
    held: Vec<u8>,
    last_query: Option<Instant>,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("asking", &self.asking.is_some())
            .finish_non_exhaustive()
    }
}

/// Descriptors and what waits to be written to them. Dropping it undoes what the sandbox had switched on.
struct Io {
    tty: AsyncFd<Tty>,
    master: AsyncFd<OwnedFd>,
    to_host: Vec<u8>,
    to_sandbox: VecDeque<u8>,
    /// Written when everything ends, however it ends.
    undo: String,
}

/// Raw mode and its descriptor, for [`AsyncFd`].
struct Tty(RawMode);

impl AsRawFd for Tty {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl AsFd for Tty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        if !self.undo.is_empty() {
            let _ = rustix::io::write(self.tty.get_ref(), self.undo.as_bytes());
        }
    }
}

struct Signals {
    resized: Signal,
    continued: Signal,
    /// Only ever sent by hand, since the keys are raw. A stop would leave the shell a raw terminal, so it is not obeyed.
    stop_asked: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Relay {
    /// Puts the controlling terminal into raw mode. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`TerminalError`]; the terminal is then as it was.
    pub fn new(setup: RelaySetup) -> Result<Self, TerminalError> {
        rustix::io::ioctl_fionbio(&setup.master, true)
            .map_err(|e| TerminalError::Sandbox(e.into()))?;
        let master = watched(setup.master).map_err(TerminalError::Sandbox)?;
        let raw = RawMode::enter().map_err(TerminalError::Host)?;
        let tty = watched(Tty(raw)).map_err(TerminalError::Host)?;
        let io = Io {
            tty,
            master,
            to_host: Vec::new(),
            to_sandbox: VecDeque::new(),
            undo: String::new(),
        };
        let size = io.size();
        io.set_size(size);
        Ok(Self {
            io,
            filter: Filter::default(),
            screen: Screen::new(size),
            desk: setup.desk.map(|desk| {
                let mut changes = desk.changes();
                changes.mark_changed();
                (desk, changes)
            }),
            attached: None,
            asking: None,
            colour: setup.colour,
            held: Vec::new(),
            last_query: None,
        })
    }

    /// Relays until the sandbox closes its terminal, `stop` is cancelled, the terminal goes away, or SIGTERM or SIGHUP.
    ///
    /// # Errors
    /// [`TerminalError`]. In every case the terminal is put back.
    pub async fn run(mut self, stop: CancellationToken) -> Result<RelayEnd, TerminalError> {
        let of = |kind| signal(kind).map_err(TerminalError::Signals);
        let mut signals = Signals {
            resized: of(SignalKind::window_change())?,
            continued: of(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
            stop_asked: of(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            terminate: of(SignalKind::terminate())?,
            hangup: of(SignalKind::hangup())?,
        };
        let end = loop {
            if let Some(end) = self.turn(&stop, &mut signals).await? {
                break end;
            }
        };
        self.finish(end).await;
        Ok(end)
    }

    /// One event.
    async fn turn(
        &mut self,
        stop: &CancellationToken,
        signals: &mut Signals,
    ) -> Result<Option<RelayEnd>, TerminalError> {
        self.io
            .tty
            .get_ref()
            .0
            .ensure()
            .map_err(TerminalError::Host)?;
        let asking = self.asking.is_some();
        let hear_keys = asking || self.io.to_sandbox.len() < MAX_TO_SANDBOX;
        let hear_sandbox = if asking {
            self.held.len() < MAX_HELD
        } else {
            self.io.to_host.len() < MAX_TO_HOST
        };
        let due = self.asking.as_ref().map(Asking::due);
        let (mut typed, mut buffer) = ([0; 1024], [0; CHUNK]);
        tokio::select! {
            got = read(&self.io.tty, &mut typed), if hear_keys => match got {
                Ok(0) => return Ok(Some(RelayEnd::HostGone)),
                Ok(n) => self.keys(&typed[..n]).await,
                Err(e) if e.raw_os_error() == Some(Errno::IO.raw_os_error()) => return Ok(Some(RelayEnd::HostGone)),
                Err(e) => return Err(TerminalError::Host(e)),
            },
            got = read(&self.io.master, &mut buffer), if hear_sandbox => match got {
                Ok(0) => return Ok(Some(RelayEnd::SandboxClosed)),
                Ok(n) => self.printed(&buffer[..n]),
                Err(e) if e.raw_os_error() == Some(Errno::IO.raw_os_error()) => return Ok(Some(RelayEnd::SandboxClosed)),
                Err(e) => return Err(TerminalError::Sandbox(e)),
            },
            ready = self.io.tty.writable(), if !self.io.to_host.is_empty() => {
                ready.map_err(TerminalError::Host)?.clear_ready();
                self.io.flush_host();
            }
            ready = self.io.master.writable(), if !self.io.to_sandbox.is_empty() => {
                ready.map_err(TerminalError::Sandbox)?.clear_ready();
                self.io.flush_sandbox();
            }
            _ = signals.resized.recv() => self.resized(),
            _ = signals.continued.recv() => self.continued(),
            _ = signals.stop_asked.recv() => {}
            _ = signals.terminate.recv() => return Ok(Some(RelayEnd::Signal(rustix::process::Signal::TERM.as_raw()))),
            _ = signals.hangup.recv() => return Ok(Some(RelayEnd::Signal(rustix::process::Signal::HUP.as_raw()))),
            () = self.io.tty.get_ref().0.lost() => self.io.tty.get_ref().0.ensure().map_err(TerminalError::Host)?,
            () = changed(&mut self.desk) => self.look_at_desk(),
            () = sleep_until(due) => self.tick().await,
            () = stop.cancelled() => return Ok(Some(RelayEnd::Stopped)),
        }
        Ok(None)
    }

    /// The person typed.
    async fn keys(&mut self, bytes: &[u8]) {
        match &mut self.asking {
            None => {
                self.io.to_sandbox.extend(bytes);
                self.io.flush_sandbox();
            }
            Some(asking) => {
                asking.gate.bytes(bytes, std::time::Instant::now());
                self.tick().await;
            }
        }
    }

    /// The sandbox printed.
    fn printed(&mut self, bytes: &[u8]) {
        if self.asking.is_some() {
            self.held.extend_from_slice(bytes);
        } else {
            self.show(bytes);
        }
    }

    fn show(&mut self, bytes: &[u8]) {
        let queries = self.filter.queries();
        let from = self.io.to_host.len();
        self.filter.feed(bytes, &mut self.io.to_host);
        self.screen.feed(&self.io.to_host[from..]);
        if self.filter.queries() != queries {
            self.last_query = Some(Instant::now());
        }
        self.io.undo = self.filter.modes().undo();
        self.io.flush_host();
    }

    fn resized(&mut self) {
        let size = self.io.size();
        self.screen.resize(size);
        self.io.set_size(size);
        if self.asking.is_some() {
            self.redraw();
        }
    }

    /// After SIGSTOP the shell has changed modes and drawn over the screen; a changed size makes programs draw anew.
    fn continued(&mut self) {
        let _ = self.io.tty.get_ref().0.again();
        let size = self.io.size();
        self.io.set_size(TerminalSize {
            rows: size.rows.saturating_sub(1).max(1),
            ..size
        });
        self.resized();
    }

    /// What the sandbox printed last is shown, the terminal is put back, and replies to its queries are thrown away.
    async fn finish(mut self, end: RelayEnd) {
        if end == RelayEnd::HostGone {
            self.io.undo.clear();
            return;
        }
        self.close_overlay();
        let mut buffer = [0; CHUNK];
        let mut drained = 0;
        while drained < MAX_HELD {
            match rustix::io::read(self.io.master.get_ref(), &mut buffer) {
                Ok(n) if n > 0 => {
                    drained += n;
                    self.show(&buffer[..n]);
                    // Room for the rest; the bound is on what is drained.
                    self.io.settle_host(FLUSH).await;
                }
                _ => break,
            }
        }
        let undo = std::mem::take(&mut self.io.undo);
        self.io.to_host.extend_from_slice(undo.as_bytes());
        self.io.settle_host(FLUSH).await;
        if self.last_query.is_some_and(|at| at.elapsed() < FLUSH) {
            let until = Instant::now() + REPLIES;
            while let Ok(Ok(1..)) =
                tokio::time::timeout_at(until, read(&self.io.tty, &mut buffer)).await
            {}
            let _ = tcflush(self.io.tty.get_ref(), QueueSelector::IFlush);
        }
    }
}

impl Io {
    fn size(&self) -> TerminalSize {
        match tcgetwinsize(self.tty.get_ref()) {
            Ok(s) if s.ws_row > 0 && s.ws_col > 0 => TerminalSize {
                rows: s.ws_row,
                cols: s.ws_col,
            },
            _ => TerminalSize { rows: 24, cols: 80 },
        }
    }

    fn set_size(&self, size: TerminalSize) {
        let size = Winsize {
            ws_row: size.rows,
            ws_col: size.cols,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // The kernel tells the sandbox's foreground processes.
        let _ = tcsetwinsize(self.master.get_ref(), size);
    }

    /// Writes what goes without waiting. What a terminal that is gone can't take is thrown away.
    fn flush_host(&mut self) {
        let mut done = 0;
        while done < self.to_host.len() {
            match rustix::io::write(self.tty.get_ref(), &self.to_host[done..]) {
                Ok(n) if n > 0 => done += n,
                Err(Errno::INTR) => {}
                Ok(_) | Err(Errno::AGAIN) => break,
                Err(_) => done = self.to_host.len(),
            }
        }
        self.to_host.drain(..done);
    }

    fn flush_sandbox(&mut self) {
        while !self.to_sandbox.is_empty() {
            let (front, _) = self.to_sandbox.as_slices();
            match rustix::io::write(self.master.get_ref(), front) {
                Ok(n) if n > 0 => drop(self.to_sandbox.drain(..n)),
                Err(Errno::INTR) => {}
                Ok(_) | Err(Errno::AGAIN) => break,
                Err(_) => self.to_sandbox.clear(),
            }
        }
    }

    /// Writes everything that waits, for at most so long.
    async fn settle_host(&mut self, patience: Duration) {
        let until = Instant::now() + patience;
        self.flush_host();
        while !self.to_host.is_empty() {
            match tokio::time::timeout_at(until, self.tty.writable()).await {
                Ok(Ok(mut ready)) => ready.clear_ready(),
                _ => return,
            }
            self.flush_host();
        }
    }
}

/// The replacement of this constructor is `unsafe`: it asks that the descriptor stays open and the same. Ours are owned
/// and never exchanged while they are watched.
#[allow(deprecated)]
fn watched<T: AsRawFd + AsFd>(inner: T) -> std::io::Result<AsyncFd<T>> {
    AsyncFd::new(inner)
}

async fn read<T: AsRawFd + AsFd>(fd: &AsyncFd<T>, buffer: &mut [u8]) -> std::io::Result<usize> {
    loop {
        let mut ready = fd.readable().await?;
        match ready.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), &mut *buffer)?)) {
            Ok(Err(e)) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(result) => return result,
            Err(_would_block) => {}
        }
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

async fn changed(desk: &mut Option<(Arc<Desk>, watch::Receiver<u64>)>) {
    if let Some((_, changes)) = desk
        && changes.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}
