//! One interpreter: its pipes, its packets, its end.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use ringfence_sandbox::ExitReport;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::super::cell::StreamName;
use super::super::limits;
use super::super::process::{Launched, Process};
use super::super::wire::{Item, Splitter, WireError};

/// An interpreter that was launched.
pub(super) struct Live {
    process: Box<dyn Process>,
    stdin: Option<OwnedFd>,
    lanes: [Lane; 2],
    buffer: Vec<u8>,
    /// What is still to be written to its standard input.
    pending: Vec<u8>,
    /// Interrupts that it has been sent, as it counts them.
    pub(super) interrupts: u64,
}

struct Lane {
    name: StreamName,
    pipe: Option<OwnedFd>,
    splitter: Splitter,
}

/// What a wait came to.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// What arrived, in the order of arrival.
    pub(super) items: Vec<(StreamName, Item)>,
    /// The other descriptor is readable.
    pub(super) woken: bool,
    /// Both streams have ended, or the process has.
    pub(super) ended: bool,
    /// A packet that is none.
    pub(super) malformed: Option<WireError>,
}

impl Live {
    pub(super) fn new(launched: Launched, marker: &[u8]) -> io::Result<Self> {
        let Launched {
            process,
            stdin,
            stdout,
            stderr,
        } = launched;
        for fd in [&stdin, &stdout, &stderr] {
            rustix::io::ioctl_fionbio(fd, true)?;
        }
        let lane = |name, pipe| Lane {
            name,
            pipe: Some(pipe),
            splitter: Splitter::new(marker),
        };
        Ok(Self {
            process,
            stdin: Some(stdin),
            lanes: [
                lane(StreamName::Stdout, stdout),
                lane(StreamName::Stderr, stderr),
            ],
            buffer: vec![0; limits::READ],
            pending: Vec::new(),
            interrupts: 0,
        })
    }

    /// Puts a request into the queue; [`Live::step`] writes it.
    pub(super) fn ask(&mut self, request: Vec<u8>) {
        if self.pending.is_empty() {
            self.pending = request;
        } else {
            self.pending.extend(request);
        }
        self.write();
    }

    pub(super) fn interrupt(&mut self) {
        // An interpreter that is gone says so on its pipes.
        if self
            .process
            .signal(rustix::process::Signal::INT.as_raw())
            .is_ok()
        {
            self.interrupts += 1;
        }
    }

    pub(super) fn kill(&self) {
        self.process.kill();
    }

    /// Waits for what comes first: bytes, room for a request, `other`, the end, or `until`.
    pub(super) fn step(
        &mut self,
        other: Option<&dyn AsFd>,
        until: Option<Instant>,
    ) -> io::Result<Step> {
        let mut step = Step::default();
        let none = PollFlags::empty();
        let ready = {
            // Descriptors that are closed are stood in for by one that is asked for nothing.
            let idle = self.process.ended();
            let to_write = if self.pending.is_empty() {
                none
            } else {
                PollFlags::OUT
            };
            let (stdin, stdout, stderr) = (
                asked(self.stdin.as_ref(), idle, to_write),
                asked(self.lanes[0].pipe.as_ref(), idle, PollFlags::IN),
                asked(self.lanes[1].pipe.as_ref(), idle, PollFlags::IN),
            );
            let (other_fd, other_wanted) =
                other.map_or((idle, none), |fd| (fd.as_fd(), PollFlags::IN));
            let mut set = [
                PollFd::from_borrowed_fd(stdin.0, stdin.1),
                PollFd::from_borrowed_fd(stdout.0, stdout.1),
                PollFd::from_borrowed_fd(stderr.0, stderr.1),
                PollFd::from_borrowed_fd(other_fd, other_wanted),
                PollFd::from_borrowed_fd(idle, PollFlags::IN),
            ];
            let left = until.map(|at| timespec(at.saturating_duration_since(Instant::now())));
            match poll(&mut set, left.as_ref()) {
                Ok(_) => {}
                Err(Errno::INTR) => return Ok(step),
                Err(e) => return Err(e.into()),
            }
            let wanted = [stdin.1, stdout.1, stderr.1, other_wanted, PollFlags::IN];
            let mut ready = [false; 5];
            for ((ready, entry), wanted) in ready.iter_mut().zip(&set).zip(wanted) {
                *ready = !entry.revents().is_empty() && !wanted.is_empty();
            }
            ready
        };
        let [stdin, stdout, stderr, woken, gone] = ready;
        if stdin {
            self.write();
        }
        // What was written to standard error before a message on standard output is there to be read before it, too.
        for (index, ready) in [(1, stderr), (0, stdout)] {
            if ready && let Err(error) = self.read(index, &mut step.items)? {
                step.malformed = Some(error);
            }
        }
        step.woken = woken;
        let open = self.lanes.iter().any(|lane| lane.pipe.is_some());
        step.ended = !open || (gone && !stdout && !stderr);
        Ok(step)
    }

    /// Reads what there is, once: no stream keeps the other waiting.
    fn read(
        &mut self,
        index: usize,
        items: &mut Vec<(StreamName, Item)>,
    ) -> io::Result<Result<(), WireError>> {
        let Some(lane) = self.lanes.get_mut(index) else {
            return Ok(Ok(()));
        };
        let Some(pipe) = &lane.pipe else {
            return Ok(Ok(()));
        };
        let mut found = Vec::new();
        let outcome = match rustix::io::read(pipe, &mut *self.buffer) {
            Ok(0) => {
                lane.pipe = None;
                let rest = lane.splitter.finish();
                if !rest.is_empty() {
                    found.push(Item::Output(rest));
                }
                Ok(())
            }
            Ok(count) => {
                let bytes = self.buffer.get(..count).unwrap_or_default();
                lane.splitter.push(bytes, &mut found)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(e) => return Err(e.into()),
        };
        items.extend(found.into_iter().map(|item| (lane.name, item)));
        Ok(outcome)
    }

    fn write(&mut self) {
        while let Some(stdin) = self.stdin.as_ref().filter(|_| !self.pending.is_empty()) {
            match rustix::io::write(stdin, &self.pending) {
                Ok(count) => {
                    self.pending.drain(..count);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                // Nobody reads any more; the other pipes say why.
                Err(_) => {
                    self.pending.clear();
                    self.stdin = None;
                }
            }
        }
    }

    /// Lets it end by itself: no more requests will come.
    pub(super) fn close_input(&mut self) {
        self.pending.clear();
        self.stdin = None;
    }

    /// Waits for the end, for so long; whether it came.
    pub(super) fn ends_within(&self, time: Duration) -> bool {
        let mut set = [PollFd::from_borrowed_fd(
            self.process.ended(),
            PollFlags::IN,
        )];
        let until = Instant::now() + time;
        loop {
            let left = timespec(until.saturating_duration_since(Instant::now()));
            match poll(&mut set, Some(&left)) {
                Ok(count) => return count > 0,
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }

    /// How it ended. One that has not ended by now is killed.
    pub(super) fn wait(&self) -> io::Result<ExitReport> {
        self.process.wait()
    }
}

/// What to poll for a descriptor that may be closed.
fn asked<'a>(
    fd: Option<&'a OwnedFd>,
    idle: BorrowedFd<'a>,
    wanted: PollFlags,
) -> (BorrowedFd<'a>, PollFlags) {
    match fd {
        Some(fd) => (fd.as_fd(), wanted),
        None => (idle, PollFlags::empty()),
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(time.subsec_nanos()),
    }
}
