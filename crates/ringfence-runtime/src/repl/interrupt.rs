//! Interrupts a running cell from another thread.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};
use tokio::signal::unix::{SignalKind, signal};

/// Interrupts the cell that runs, from any thread. While none runs it meets the next one. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Interrupter {
    event: Arc<OwnedFd>,
}

impl Interrupter {
    pub(super) fn new() -> io::Result<Self> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self {
            event: Arc::new(event),
        })
    }

    /// Asks the running cell to end. Asked for a second time, its interpreter is killed if it still runs after
    /// [`super::limits::GRACE`].
    pub fn interrupt(&self) {
        // Fails only when the count is full, and then it says what it has to.
        let _ = rustix::io::write(&*self.event, &1_u64.to_ne_bytes());
    }

    /// Forgets what was asked for while no cell ran; otherwise it meets the next one at its start.
    pub fn clear(&self) {
        self.take();
    }

    /// From now on `SIGINT` to this process interrupts the cell instead of ending the process, as long as it runs.
    ///
    /// # Errors
    /// When the signal can not be caught.
    pub fn follow_sigint(&self) -> io::Result<()> {
        let interrupter = self.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let mut interrupts = {
            let _guard = runtime.enter();
            signal(SignalKind::interrupt())?
        };
        std::thread::Builder::new()
            .name("interrupts".into())
            .spawn(move || {
                runtime.block_on(async {
                    while interrupts.recv().await.is_some() {
                        interrupter.interrupt();
                    }
                });
            })?;
        Ok(())
    }

    /// How often it was asked for since the last look.
    pub(super) fn take(&self) -> u64 {
        let mut count = [0; 8];
        match rustix::io::read(&*self.event, &mut count) {
            Ok(8) => u64::from_ne_bytes(count),
            _ => 0,
        }
    }
}

impl AsFd for Interrupter {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}
