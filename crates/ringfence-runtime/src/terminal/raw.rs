//! The person's terminal in raw mode, and out of it again on every way out.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, Once, PoisonError};

use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::Notify;

/// What has to be put back, and through which descriptor. One terminal a process.
static SAVED: Mutex<Option<(OwnedFd, Termios)>> = Mutex::new(None);

/// Rung when a panic has ended raw mode.
static LOST: Notify = Notify::const_new();

/// Raw mode while it lives. Dropping it, a panic anywhere, or [`restore_now`] puts the terminal back.
#[derive(Debug)]
pub struct RawMode {
    tty: OwnedFd,
    before: Termios,
}

impl RawMode {
    /// Opens the controlling terminal anew, so that non-blocking mode does not leak to other holders of standard input,
    /// and puts it into raw mode.
    ///
    /// # Errors
    /// When there is no controlling terminal or it can't be set.
    pub fn enter() -> std::io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let tty = rustix::fs::open("/dev/tty", flags, Mode::empty())?;
        let before = tcgetattr(&tty)?;
        let mut saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner);
        if saved.is_some() {
            return Err(std::io::Error::other("the terminal is in raw mode already"));
        }
        *saved = Some((tty.try_clone()?, before.clone()));
        drop(saved);
        hook_panics();
        let raw = Self { tty, before };
        raw.again()?;
        Ok(raw)
    }

    /// Waits until a panic somewhere has ended raw mode; [`RawMode::ensure`] is due then.
    pub async fn lost(&self) {
        LOST.notified().await;
    }

    /// Sets raw mode again when a panic in another task has ended it and yet everything goes on.
    ///
    /// # Errors
    /// When the terminal can't be set.
    pub fn ensure(&self) -> std::io::Result<()> {
        let mut saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner);
        if saved.is_none() {
            *saved = Some((self.tty.try_clone()?, self.before.clone()));
            drop(saved);
            self.again()?;
        }
        Ok(())
    }

    /// Sets raw mode again, after the process was stopped and a shell has changed the terminal.
    ///
    /// # Errors
    /// When the terminal can't be set.
    pub fn again(&self) -> std::io::Result<()> {
        let mut mode = tcgetattr(&self.tty)?;
        mode.make_raw();
        Ok(tcsetattr(&self.tty, OptionalActions::Now, &mode)?)
    }
}

impl AsFd for RawMode {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tty.as_fd()
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore_now();
    }
}

/// Puts the terminal back if it is in raw mode. Callable from anywhere and more than once; for ways out that run no
/// destructors.
pub fn restore_now() {
    if let Some((tty, before)) = SAVED.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tcsetattr(&tty, OptionalActions::Now, &before);
    }
}

/// The message of a panic has to be legible, and an aborting build runs no destructors.
fn hook_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore_now();
            next(info);
            LOST.notify_one();
        }));
    });
}
