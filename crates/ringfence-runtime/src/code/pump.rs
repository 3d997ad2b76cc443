//! The loop of a code session, in one thread: input in, outputs out, limits kept, signals forwarded, until nothing is left.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ringfence_dlp::{Filter, FilterError, Finding};
use ringfence_sandbox::ExitReport;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;

use super::limits::{CHUNK, DRAIN, FINDINGS, GRACE};
use super::output::{Channel, Output};
use super::payload::Payload;
use super::signals::Signals;
use crate::error::{Doing, RunError};

/// A filter under construction; `None` when there is to be none.
pub(super) type Making = Option<JoinHandle<Result<Arc<Filter>, FilterError>>>;

/// What the loop works on.
pub(super) struct Pump {
    pub payload: Payload,
    /// Our input and the writing end of the code's.
    pub input: Option<(OwnedFd, OwnedFd)>,
    pub channels: [Channel; 2],
    pub signals: Signals,
    pub making: Making,
    /// Bytes of both outputs together.
    pub output_limit: Option<u64>,
    /// Only where nobody else keeps it.
    pub deadline: Option<Instant>,
}

/// What the loop leaves.
pub(super) struct Pumped {
    pub exit: ExitReport,
    /// `output` or `blocked`, when that is why the code was killed.
    pub killed: Option<&'static str>,
    pub filter: Option<Arc<Filter>>,
    /// Findings with the name of their output.
    pub findings: Vec<(&'static str, Finding)>,
    /// Findings beyond the list.
    pub more_findings: u64,
    pub bytes_out: u64,
    pub kept: [Option<Vec<u8>>; 2],
}

/// Names of the outputs, as findings carry them.
const NAMES: [&str; 2] = ["stdout", "stderr"];

const WRITING: [&str; 2] = [
    "writing the code's standard output",
    "writing the code's standard error",
];

struct State {
    pump: Pump,
    buffer: Box<[u8; CHUNK]>,
    incoming: Vec<u8>,
    filter: Option<Arc<Filter>>,
    findings: Vec<(&'static str, Finding)>,
    more_findings: u64,
    bytes_out: u64,
    killed: Option<&'static str>,
    interrupted: bool,
    kill_at: Option<Instant>,
    exit: Option<ExitReport>,
}

/// Runs until the program is gone and its output written.
///
/// # Errors
/// When the filter can not be built (nothing of the output left then), or the streams fail.
pub(super) fn run(mut pump: Pump, memory: bool) -> Result<Pumped, RunError> {
    if let Some((_, inside)) = &pump.input {
        let flags = rustix::fs::fcntl_getfl(inside).map_err(io::Error::from);
        let flags = flags.doing("the code's input")?;
        rustix::fs::fcntl_setfl(inside, flags | rustix::fs::OFlags::NONBLOCK)
            .map_err(io::Error::from)
            .doing("the code's input")?;
    }
    let kill_at = pump.deadline.take();
    let mut state = State {
        pump,
        buffer: Box::new([0; CHUNK]),
        incoming: Vec::new(),
        filter: None,
        findings: Vec::new(),
        more_findings: 0,
        bytes_out: 0,
        killed: None,
        interrupted: false,
        kill_at,
        exit: None,
    };
    let looped = state.serve();
    if looped.is_err() {
        state.pump.payload.kill("killed");
    }
    looped?;
    state.flush()?;
    // A filter that was never needed is still waited for: whether it could be built is part of the result.
    state.filter()?;
    let [out, err] = &mut state.pump.channels;
    let kept = [out.kept(memory), err.kept(memory)];
    let exit = match state.exit {
        Some(exit) => exit,
        None => state.pump.payload.wait().doing("waiting for the code")?,
    };
    Ok(Pumped {
        exit,
        killed: state.killed,
        filter: state.filter,
        findings: state.findings,
        more_findings: state.more_findings,
        bytes_out: state.bytes_out,
        kept,
    })
}

/// A descriptor to wait for, if it is wanted, and where to note that it is ready.
type Wanted<'a> = (
    Option<BorrowedFd<'a>>,
    PollFlags,
    fn(&mut Ready) -> &mut bool,
);

/// What is readable or writable.
#[derive(Default)]
struct Ready {
    payload: bool,
    signals: bool,
    input: bool,
    inside: bool,
    source: [bool; 2],
    target: [bool; 2],
}

impl State {
    fn serve(&mut self) -> Result<(), RunError> {
        let mut drained_by = None;
        loop {
            let open = self.pump.channels.iter().any(Channel::is_open);
            if self.exit.is_some() && !open {
                return Ok(());
            }
            let now = Instant::now();
            if drained_by.is_some_and(|by| by <= now) {
                // Something outside holds the pipe; nothing inside does.
                return self.end_streams();
            }
            let until = [self.kill_at, drained_by].into_iter().flatten().min();
            let ready = self.wait(until.map(|at| at.saturating_duration_since(now)))?;
            if self.kill_at.is_some_and(|at| at <= Instant::now()) {
                self.kill_at = None;
                let why = if self.interrupted {
                    "killed"
                } else {
                    "timeout"
                };
                self.pump.payload.kill(why);
            }
            if ready.signals {
                self.forward();
            }
            if ready.input || ready.inside {
                self.feed(&ready);
            }
            for (place, writing) in WRITING.into_iter().enumerate() {
                if ready.target[place] {
                    self.pump.channels[place].write().doing(writing)?;
                }
                if ready.source[place] {
                    self.drain(place)?;
                }
            }
            if ready.payload && self.exit.is_none() {
                self.exit = Some(self.pump.payload.wait().doing("waiting for the code")?);
                self.kill_at = None;
                self.pump.input = None;
                drained_by = Some(Instant::now() + DRAIN);
            }
        }
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<Ready, RunError> {
        let (reading, writing) = (PollFlags::IN, PollFlags::OUT);
        let payload = self.exit.is_none().then(|| self.pump.payload.as_fd());
        let input = self.pump.input.as_ref();
        let ours = input.filter(|_| self.incoming.is_empty());
        let inside = input.filter(|_| !self.incoming.is_empty());
        let [out, err] = &self.pump.channels;
        let wanted: [Wanted<'_>; 8] = [
            (payload, reading, |r| &mut r.payload),
            (Some(self.pump.signals.as_fd()), reading, |r| &mut r.signals),
            (ours.map(|(fd, _)| fd.as_fd()), reading, |r| &mut r.input),
            (inside.map(|(_, fd)| fd.as_fd()), writing, |r| &mut r.inside),
            (out.source(), reading, |r| &mut r.source[0]),
            (err.source(), reading, |r| &mut r.source[1]),
            (out.target(), writing, |r| &mut r.target[0]),
            (err.target(), writing, |r| &mut r.target[1]),
        ];
        let (mut set, places): (Vec<PollFd<'_>>, Vec<_>) = wanted
            .into_iter()
            .filter_map(|(fd, flags, place)| Some((PollFd::from_borrowed_fd(fd?, flags), place)))
            .unzip();
        let timeout = timeout.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        });
        let mut ready = Ready::default();
        match poll(&mut set, timeout.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(ready),
            Err(error) => return Err(io::Error::from(error)).doing("waiting for the code"),
        }
        for (entry, place) in set.iter().zip(places) {
            *place(&mut ready) = !entry.revents().is_empty();
        }
        Ok(ready)
    }

    /// Passes signals on. One that asks to end starts the grace period; a second interrupt ends what ignores the first.
    fn forward(&mut self) {
        for number in self.pump.signals.take() {
            let interrupt = number == Signal::INT.as_raw();
            if interrupt && std::mem::replace(&mut self.interrupted, true) {
                self.pump.payload.kill("killed");
                continue;
            }
            self.interrupted = true;
            self.pump.payload.signal(number);
            if !interrupt {
                let by = Instant::now() + GRACE;
                self.kill_at = Some(self.kill_at.map_or(by, |at| at.min(by)));
            }
        }
    }

    fn feed(&mut self, ready: &Ready) {
        let Some((ours, inside)) = self.pump.input.take() else {
            return;
        };
        let (mut ours, mut inside) = (File::from(ours), File::from(inside));
        if ready.input {
            match ours.read(&mut self.buffer[..]) {
                // Dropping both ends is the end of the input.
                Ok(0) => return,
                Ok(count) => self
                    .incoming
                    .extend_from_slice(self.buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::debug!(%error, "reading the input");
                    return;
                }
            }
        }
        if ready.inside {
            match inside.write(&self.incoming) {
                Ok(count) => {
                    self.incoming.drain(..count);
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                    ) => {}
                // The code reads no more.
                Err(_) => return,
            }
        }
        self.pump.input = Some((ours.into(), inside.into()));
    }

    /// Reads one output once.
    fn drain(&mut self, place: usize) -> Result<(), RunError> {
        let count = self.pump.channels[place]
            .read(&mut self.buffer)
            .doing("reading the code's output")?;
        let Some(count) = count else {
            self.filter()?;
            let verdict = self.pump.channels[place].finish();
            self.judged(place, verdict);
            return Ok(());
        };
        self.filter()?;
        let room = self
            .pump
            .output_limit
            .map_or(u64::MAX, |limit| limit - self.bytes_out.min(limit));
        let taken = usize::try_from(room).map_or(count, |room| count.min(room));
        self.bytes_out += taken as u64;
        let bytes = self.buffer.get(..taken).unwrap_or_default();
        let verdict = self.pump.channels[place].take(bytes);
        self.judged(place, verdict);
        if taken < count {
            self.stop("output");
            return self.end_streams();
        }
        Ok(())
    }

    /// Keeps the findings, and ends the session when one of them says so.
    fn judged(&mut self, place: usize, verdict: Result<(), ringfence_dlp::Blocked>) {
        for finding in self.pump.channels[place].findings() {
            if self.findings.len() < FINDINGS {
                self.findings.push((NAMES[place], finding));
            } else {
                self.more_findings += 1;
            }
        }
        if verdict.is_err() {
            self.stop("blocked");
            for channel in &mut self.pump.channels {
                channel.close();
            }
        }
    }

    fn stop(&mut self, why: &'static str) {
        self.killed.get_or_insert(why);
        self.pump.payload.kill(why);
    }

    /// Judges what is held in both, and reads no more.
    fn end_streams(&mut self) -> Result<(), RunError> {
        self.filter()?;
        for place in 0..2 {
            if self.pump.channels[place].is_open() {
                let verdict = self.pump.channels[place].finish();
                self.judged(place, verdict);
            }
        }
        Ok(())
    }

    /// Waits for the filter before the first byte is looked at.
    fn filter(&mut self) -> Result<(), RunError> {
        let Some(making) = self.pump.making.take() else {
            return Ok(());
        };
        let made = making
            .join()
            .map_err(|_| io::Error::other("its thread died"))
            .doing("building the egress filter")?;
        let filter = made?;
        for channel in &mut self.pump.channels {
            channel.filter_with(&filter);
        }
        self.filter = Some(filter);
        Ok(())
    }

    /// Writes what is left. A signal gives up on a reader that does not read.
    fn flush(&mut self) -> Result<(), RunError> {
        self.pump.input = None;
        while self.pump.channels.iter().any(|c| c.target().is_some()) {
            let ready = self.wait(None)?;
            if ready.signals && !self.pump.signals.take().is_empty() {
                return Ok(());
            }
            for (place, writing) in WRITING.into_iter().enumerate() {
                if ready.target[place] {
                    self.pump.channels[place].write().doing(writing)?;
                }
            }
        }
        Ok(())
    }
}

/// Makes the two channels.
pub(super) fn channels(sources: [OwnedFd; 2], outputs: [Output; 2]) -> [Channel; 2] {
    let [out, err] = sources;
    let [to, errors_to] = outputs;
    [Channel::new(out, to), Channel::new(err, errors_to)]
}
