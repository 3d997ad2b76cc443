//! The signals that a code session catches while it waits: a descriptor for `poll`, and which they were.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

const CAUGHT: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// Catches signals as long as it lives.
pub(super) struct Signals {
    wake: UnixStream,
    pending: [Arc<AtomicBool>; 4],
    ids: Vec<SigId>,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        let mut signals = Self {
            wake,
            pending: Default::default(),
            ids: Vec::new(),
        };
        for (number, flag) in CAUGHT.into_iter().zip(&signals.pending) {
            // The flag first: whoever is woken finds it set.
            signals
                .ids
                .push(signal_hook::flag::register(number, Arc::clone(flag))?);
            signals.ids.push(signal_hook::low_level::pipe::register(
                number,
                waker.try_clone()?,
            )?);
        }
        Ok(signals)
    }

    /// The signals that came since the last call.
    pub(super) fn take(&self) -> Vec<i32> {
        let mut bytes = [0; 64];
        while matches!(io::Read::read(&mut &self.wake, &mut bytes), Ok(1..)) {}
        CAUGHT
            .into_iter()
            .zip(&self.pending)
            .filter(|(_, flag)| flag.swap(false, Ordering::AcqRel))
            .map(|(number, _)| number)
            .collect()
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}
