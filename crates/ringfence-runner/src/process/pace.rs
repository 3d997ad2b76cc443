//! The pace of sealed answers: what the model says is gathered and goes out at most every 50 ms, also when the model is silent then.
//! For that there is a thread, made before the seal, which wakes only while something waits.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ringfence_seal::limits::BATCH_INTERVAL;
use ringfence_seal::{Pacer, ResponseSealer};

use crate::limits;
use crate::wire::{self, REPORT, Report};

/// There is no response any more: the server is gone, or it could not be sealed.
#[derive(Debug)]
pub(super) struct Lost;

/// Where the response lies that is on its way. There is one at a time.
pub(super) struct Desk(Arc<Shared>);

struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
    start: Instant,
}

struct Slot {
    stream: UnixStream,
    outgoing: Option<Outgoing>,
}

struct Outgoing {
    id: u64,
    sealer: ResponseSealer,
    pacer: Pacer,
    /// Ciphertext that is to be sent.
    out: Vec<u8>,
}

impl Desk {
    /// With its thread, which runs when this returns: under the seal no thread can be made.
    ///
    /// # Errors
    /// When it can not be made.
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            slot: Mutex::new(Slot {
                stream,
                outgoing: None,
            }),
            changed: Condvar::new(),
            start: Instant::now(),
        });
        let own = Arc::clone(&shared);
        let (running, runs) = sync_channel(1);
        std::thread::Builder::new()
            .name("pace".into())
            .spawn(move || {
                if running.send(()).is_ok() {
                    own.watch();
                }
            })?;
        runs.recv().map_err(io::Error::other)?;
        Ok(Self(shared))
    }

    /// A response begins; what is in `out` goes before its body.
    pub(super) fn begin(&self, id: u64, sealer: ResponseSealer, out: Vec<u8>) {
        self.0.lock().outgoing = Some(Outgoing {
            id,
            sealer,
            pacer: Pacer::new(BATCH_INTERVAL),
            out,
        });
    }

    /// Adds to its body.
    ///
    /// # Errors
    /// When there is no response any more.
    pub(super) fn data(&self, data: &[u8]) -> Result<(), Lost> {
        let mut slot = self.0.lock();
        let now = self.0.now();
        let went = slot.with(|outgoing| {
            let Outgoing {
                sealer, pacer, out, ..
            } = outgoing;
            pacer.data(sealer, data, now, out).map_err(|_| Lost)
        });
        if slot.due().is_some() {
            self.0.changed.notify_one();
        }
        went
    }

    /// Ends it, with its last frame.
    ///
    /// # Errors
    /// When there is no response any more.
    pub(super) fn finish(&self) -> Result<(), Lost> {
        let mut slot = self.0.lock();
        let Outgoing {
            id,
            sealer,
            pacer,
            mut out,
        } = slot.outgoing.take().ok_or(Lost)?;
        pacer.finish(sealer, &mut out).map_err(|_| Lost)?;
        send(&mut slot.stream, id, &mut out)
    }

    /// Leaves it cut, as who reads it sees.
    pub(super) fn forget(&self) {
        self.0.lock().outgoing = None;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds since the start.
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Lets what was gathered go when it is due.
    fn watch(&self) {
        let mut slot = self.lock();
        loop {
            let now = self.now();
            slot = match slot.due() {
                None => self
                    .changed
                    .wait(slot)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(due) if due > now => {
                    let left = Duration::from_millis(due - now);
                    let waited = self.changed.wait_timeout(slot, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                Some(_) => {
                    // Who answers learns of a loss at the next step.
                    let _ = slot.with(|outgoing| {
                        let Outgoing {
                            sealer, pacer, out, ..
                        } = outgoing;
                        pacer.tick(sealer, now, out).map_err(|_| Lost)
                    });
                    slot
                }
            };
        }
    }
}

impl Slot {
    fn due(&self) -> Option<u64> {
        self.outgoing.as_ref()?.pacer.due()
    }

    /// Does something to the response and sends what came of it; after an error there is none any more.
    fn with(&mut self, work: impl FnOnce(&mut Outgoing) -> Result<(), Lost>) -> Result<(), Lost> {
        let outgoing = self.outgoing.as_mut().ok_or(Lost)?;
        let went =
            work(outgoing).and_then(|()| send(&mut self.stream, outgoing.id, &mut outgoing.out));
        if went.is_err() {
            self.outgoing = None;
        }
        went
    }
}

fn send(stream: &mut UnixStream, id: u64, out: &mut Vec<u8>) -> Result<(), Lost> {
    for part in out.chunks(limits::FRAMES_BYTES) {
        let size = u32::try_from(part.len()).map_err(|_| Lost)?;
        wire::write_with(stream, &Report::Frames { id, size }, part, REPORT).map_err(|_| Lost)?;
    }
    out.clear();
    Ok(())
}
