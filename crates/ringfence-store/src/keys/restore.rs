//! Puts a terminal back when a signal ends this process while the terminal is changed. What a signal does by itself would leave it to
//! the shell as it is: without echo, or raw.
//!
//! This is one of the few modules with `unsafe`: there is no safe way to have a handler for a while and the old one after it. The
//! handler calls nothing that POSIX does not name async-signal-safe, and reads only what stays as it is while it is there.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use libc::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, c_int};

/// What ends a process and leaves it a last word.
const SIGNALS: [c_int; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// What is put back; null while no terminal is changed.
static SAVED: AtomicPtr<Saved> = AtomicPtr::new(null_mut());
/// Handlers at work, in whatever thread.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

struct Saved {
    terminal: OwnedFd,
    out: OwnedFd,
    modes: libc::termios,
    last: &'static [u8],
}

/// While this is there, SIGHUP, SIGINT, SIGQUIT and SIGTERM put a terminal back before they end this process, those of them that end it
/// at all: what is ignored or handled by others stays so.
pub struct Restore {
    /// Null where another one is there already, which does it.
    saved: *mut Saved,
    taken: Vec<(c_int, libc::sigaction)>,
}

impl Restore {
    /// Remembers the modes of a terminal, which are changed after this. `last` is written to `out` when they are put back by a signal.
    ///
    /// # Errors
    /// It is no terminal, or there are no descriptors any more.
    pub fn when_killed(
        terminal: BorrowedFd<'_>,
        out: BorrowedFd<'_>,
        last: &'static [u8],
    ) -> io::Result<Self> {
        // SAFETY: a termios is numbers only, for which zero is a value.
        let mut modes: libc::termios = unsafe { std::mem::zeroed() };
        // SAFETY: the descriptor is open, and the pointer is to a termios that outlives the call.
        if unsafe { libc::tcgetattr(terminal.as_raw_fd(), &raw mut modes) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let saved = Box::into_raw(Box::new(Saved {
            terminal: terminal.try_clone_to_owned()?,
            out: out.try_clone_to_owned()?,
            modes,
            last,
        }));
        let free = SAVED.compare_exchange(null_mut(), saved, Ordering::SeqCst, Ordering::SeqCst);
        if free.is_err() {
            // SAFETY: it was made just above, and nobody else has seen it.
            drop(unsafe { Box::from_raw(saved) });
            return Ok(Self {
                saved: null_mut(),
                taken: Vec::new(),
            });
        }
        let taken = SIGNALS.into_iter().filter_map(take).collect();
        Ok(Self { saved, taken })
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        if self.saved.is_null() {
            return;
        }
        for (signal, before) in &self.taken {
            // SAFETY: what the kernel said of this signal before.
            unsafe { libc::sigaction(*signal, before, null_mut()) };
        }
        SAVED.store(null_mut(), Ordering::SeqCst);
        // A handler that began before, in another thread, ends this process; until then it reads.
        while RUNNING.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
        // SAFETY: made by `when_killed`, taken out of where handlers find it, and none is at work.
        drop(unsafe { Box::from_raw(self.saved) });
    }
}

/// Installs the handler for a signal that would end this process without one; says what was there.
fn take(signal: c_int) -> Option<(c_int, libc::sigaction)> {
    // SAFETY: a sigaction is numbers only, for which zero is a value: no handler, no flags, no signals.
    let (mut before, mut ours): (libc::sigaction, libc::sigaction) =
        unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
    // SAFETY: asks only, into a value that outlives the call.
    let asked = unsafe { libc::sigaction(signal, null_mut(), &raw mut before) };
    if asked != 0 || before.sa_sigaction != libc::SIG_DFL {
        return None;
    }
    ours.sa_sigaction = restore as extern "C" fn(c_int) as libc::sighandler_t;
    for other in SIGNALS {
        // SAFETY: a set that was made empty above, and signals that there are.
        unsafe { libc::sigaddset(&raw mut ours.sa_mask, other) };
    }
    // SAFETY: the handler keeps to what a handler may do, see there.
    let set = unsafe { libc::sigaction(signal, &raw const ours, null_mut()) };
    (set == 0).then_some((signal, before))
}

/// The handler: puts the terminal back, and lets the signal do what it does.
extern "C" fn restore(signal: c_int) {
    RUNNING.fetch_add(1, Ordering::SeqCst);
    let saved = SAVED.load(Ordering::SeqCst);
    // SAFETY: it is freed only when it is not to be found here any more and no handler is at work.
    if let Some(saved) = unsafe { saved.as_ref() } {
        let (terminal, out) = (saved.terminal.as_raw_fd(), saved.out.as_raw_fd());
        let mut ready = libc::pollfd {
            fd: out,
            events: libc::POLLOUT,
            revents: 0,
        };
        // SAFETY: all of these are async-signal-safe; the descriptors are open and the pointers to values that outlive the calls. In the
        // background the terminal is another's, and a write to one that is stopped (Ctrl-S) would not come back.
        unsafe {
            if libc::tcgetpgrp(terminal) == libc::getpgrp() {
                // Half a passphrase is not the shell's next command.
                libc::tcflush(terminal, libc::TCIFLUSH);
                libc::tcsetattr(terminal, libc::TCSANOW, &raw const saved.modes);
                if libc::poll(&raw mut ready, 1, 0) == 1 {
                    libc::write(out, saved.last.as_ptr().cast(), saved.last.len());
                }
            }
        }
    }
    // SAFETY: zero is a sigaction, and means the default; the rest is async-signal-safe. The signal comes when this returns.
    unsafe {
        let default: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, &raw const default, null_mut());
        libc::raise(signal);
    }
    RUNNING.fetch_sub(1, Ordering::SeqCst);
}
