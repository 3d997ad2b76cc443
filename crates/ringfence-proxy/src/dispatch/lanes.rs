//! Threads that connections are spread over, each with a runtime of its own. A connection and the upstream connections
//! that it uses stay on one thread: on a work-stealing runtime each event wakes a second thread that finds nothing to
//! do, which costs more than the exchange itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::{Builder, Handle, RuntimeFlavor};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::limits::LANES;

/// The threads of one session's proxy. They end when this is dropped.
pub(super) struct Lanes {
    handles: Vec<Handle>,
    next: AtomicUsize,
    _stop: DropGuard,
}

impl Lanes {
    /// As many as there are processors, within limits; none for a caller that has a single thread itself.
    pub(super) fn new() -> Self {
        let stop = CancellationToken::new();
        let many = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
        let count = thread::available_parallelism().map_or(1, |n| n.get().min(LANES));
        let handles = (0..if many { count } else { 0 })
            .filter_map(|_| lane(stop.clone()))
            .collect();
        Self {
            handles,
            next: AtomicUsize::new(0),
            _stop: stop.drop_guard(),
        }
    }

    /// Where the next connection is served.
    pub(super) fn next(&self) -> Handle {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        match turn.checked_rem(self.handles.len()) {
            Some(at) => self.handles[at].clone(),
            // No thread could be started: the caller's own have to do.
            None => Handle::current(),
        }
    }
}

/// Starts one thread; `None` when the system has none left.
fn lane(stop: CancellationToken) -> Option<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let handle = runtime.handle().clone();
    let started = thread::Builder::new()
        .name("ringfence-lane".into())
        .spawn(move || runtime.block_on(stop.cancelled()));
    started.ok().map(|_| handle)
}
