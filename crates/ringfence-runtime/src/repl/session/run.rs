//! One cell, from its request to its result.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ringfence_sandbox::ExitReport;

use super::super::bundle::{self, Bundle};
use super::super::cell::{Cause, CellError, CellResult, CellStatus, Death, Event, StreamName};
use super::super::drivers::Request;
use super::super::error::{Doing, ReplError};
use super::super::limits;
use super::super::message::{Done, Message, Status};
use super::super::wire::Item;
use super::{Repl, Step};

/// A cell that runs.
struct Running {
    done: Option<Done>,
    synced: bool,
    /// Why it was told to end.
    cause: Option<Cause>,
    /// When its interpreter is killed, and for what.
    kill_at: Option<(Instant, Cause)>,
    interrupts: u32,
    time_up: Option<Instant>,
    truncated: bool,
    displays: usize,
}

/// The interpreter has ended, or has been ended.
pub(super) struct Gone;

impl Repl {
    /// Runs one cell. `sink` gets what it writes and shows, as it comes; the value of its last expression, or its exception,
    /// is in the result.
    ///
    /// # Errors
    /// When no interpreter runs, the code can not be sent, or the operating system fails. That a cell fails, or takes its
    /// interpreter with it, is no error but a [`CellStatus`].
    pub fn run(
        &mut self,
        code: &str,
        sink: &mut dyn FnMut(Event),
    ) -> Result<CellResult, ReplError> {
        self.sendable(code)?;
        let number = self.cell + 1;
        let request = self.setup.driver.request(Request::Cell(number, code));
        self.running()?.ask(request);
        self.cell = number;
        self.bytes_out = 0;
        let began = Instant::now();
        let mut cell = Running {
            done: None,
            synced: false,
            cause: None,
            kill_at: None,
            interrupts: 0,
            time_up: self.setup.cell_time.map(|time| began + time),
            truncated: false,
            displays: 0,
        };
        let ended = self.follow(&mut cell, sink)?;
        let mut result = CellResult {
            cell: number,
            status: CellStatus::Ok,
            value: None,
            error: None,
            truncated: false,
            wall: Duration::ZERO,
            bytes_out: 0,
            findings: Vec::new(),
        };
        let finished = match (ended, cell.done.take()) {
            (Ok(()), Some(done)) => self.finish(done, &mut cell, &mut result, sink),
            _ => Err(Gone),
        };
        if finished.is_err() {
            result.value = None;
            result.error = None;
            result.status = CellStatus::Killed(
                self.death
                    .clone()
                    .unwrap_or_else(|| Death::protocol("no answer")),
            );
        }
        self.interrupter.clear();
        result.truncated = cell.truncated;
        result.wall = began.elapsed();
        result.bytes_out = self.bytes_out;
        result.findings = self.egress.findings();
        if let Some(record) = &mut self.setup.record {
            record.found(number, &result.findings)?;
        }
        Ok(result)
    }

    /// Delivers what comes until the cell has ended and everything that it wrote before is here.
    fn follow(
        &mut self,
        cell: &mut Running,
        sink: &mut dyn FnMut(Event),
    ) -> Result<Result<(), Gone>, ReplError> {
        let mut soon = None;
        loop {
            if cell.done.is_some() && cell.synced {
                return Ok(Ok(()));
            }
            if cell.done.is_some() || cell.synced {
                // The one was written right before the other.
                soon.get_or_insert_with(|| Instant::now() + limits::SOON);
            }
            let time_up = cell.time_up.filter(|_| cell.cause.is_none());
            let until = [soon, time_up, cell.kill_at.map(|(at, _)| at)]
                .into_iter()
                .flatten()
                .min();
            let interrupter = self.interrupter.clone();
            let Some(live) = &mut self.live else {
                return Ok(Err(Gone));
            };
            let step = live
                .step(Some(&interrupter), until)
                .doing("waiting for the interpreter")?;
            if step.woken {
                for _ in 0..interrupter.take().min(2) {
                    self.interrupt(cell, sink);
                }
            }
            if self.take(step, cell, sink).is_err() {
                return Ok(Err(Gone));
            }
            let now = Instant::now();
            if cell.done.is_some() && cell.synced {
                return Ok(Ok(()));
            }
            if let Some((_, cause)) = cell.kill_at.filter(|(at, _)| now >= *at) {
                self.bury(Some(Death::ended(cause)), sink);
                return Ok(Err(Gone));
            }
            if soon.is_some_and(|at| now >= at) {
                self.bury(
                    Some(Death::protocol(
                        "the end of a cell that is missing on one stream",
                    )),
                    sink,
                );
                return Ok(Err(Gone));
            }
            if time_up.is_some_and(|at| now >= at) {
                self.end(cell, Cause::Timeout, sink);
            }
        }
    }

    /// What arrived while a cell runs.
    fn take(
        &mut self,
        step: Step,
        cell: &mut Running,
        sink: &mut dyn FnMut(Event),
    ) -> Result<(), Gone> {
        for (stream, item) in step.items {
            match item {
                Item::Output(data) => self.output(stream, &data, cell, sink)?,
                Item::Message(text) => self.message(stream, &text, cell, sink)?,
            }
        }
        if let Some(error) = step.malformed {
            self.bury(Some(Death::protocol(&error.to_string())), sink);
            return Err(Gone);
        }
        // What was sent before the end still counts.
        if step.ended && !(cell.done.is_some() && cell.synced) {
            self.bury(None, sink);
            return Err(Gone);
        }
        Ok(())
    }

    fn output(
        &mut self,
        stream: StreamName,
        data: &[u8],
        cell: &mut Running,
        sink: &mut dyn FnMut(Event),
    ) -> Result<(), Gone> {
        let room = usize::try_from(self.setup.cell_output.saturating_sub(self.bytes_out))
            .unwrap_or(usize::MAX);
        self.bytes_out += data.len() as u64;
        let kept = data.get(..room.min(data.len())).unwrap_or_default();
        self.pass(stream, kept, sink)?;
        if kept.len() < data.len() {
            self.overrun(cell, sink);
        }
        Ok(())
    }

    fn overrun(&mut self, cell: &mut Running, sink: &mut dyn FnMut(Event)) {
        if !std::mem::replace(&mut cell.truncated, true) {
            self.end(cell, Cause::Output, sink);
        }
    }

    fn message(
        &mut self,
        stream: StreamName,
        text: &[u8],
        cell: &mut Running,
        sink: &mut dyn FnMut(Event),
    ) -> Result<(), Gone> {
        let wrong = match (stream, serde_json::from_slice(text)) {
            (StreamName::Stderr, Ok(Message::Sync(number))) if number == self.cell => {
                cell.synced = true;
                return Ok(());
            }
            (StreamName::Stdout, Ok(Message::Done(done)))
                if done.cell == self.cell && cell.done.is_none() =>
            {
                cell.done = Some(done);
                return Ok(());
            }
            (StreamName::Stdout, Ok(Message::Display(display))) => {
                cell.displays += 1;
                let size: usize = display.data.values().map(String::len).sum();
                if cell.displays > limits::DISPLAYS
                    || self.bytes_out + size as u64 > self.setup.cell_output
                {
                    self.overrun(cell, sink);
                    return Ok(());
                }
                return self.show(display.data, sink);
            }
            (_, Ok(_)) => "a message out of order".to_owned(),
            // Where it is wrong, not the decoder's words: they quote it, and have passed no filter.
            (_, Err(error)) => {
                format!(
                    "a message that can not be read from its byte {} on",
                    error.column()
                )
            }
        };
        self.bury(Some(Death::protocol(&wrong)), sink);
        Err(Gone)
    }

    /// The first interrupt asks; the second also sets the time of the kill.
    fn interrupt(&mut self, cell: &mut Running, sink: &mut dyn FnMut(Event)) {
        cell.interrupts += 1;
        if cell.interrupts > 1 {
            self.end(cell, Cause::Interrupt, sink);
            return;
        }
        cell.cause.get_or_insert(Cause::Interrupt);
        if let Some(live) = &mut self.live {
            live.interrupt();
        }
        sink(Event::Ending {
            cause: Cause::Interrupt,
            kill_in: None,
        });
    }

    /// Interrupts the cell, and kills its interpreter if that does not end it in time.
    fn end(&mut self, cell: &mut Running, cause: Cause, sink: &mut dyn FnMut(Event)) {
        cell.cause.get_or_insert(cause);
        if cell.kill_at.is_none() {
            cell.kill_at = Some((Instant::now() + limits::GRACE, cause));
        }
        if let Some(live) = &mut self.live {
            live.interrupt();
        }
        sink(Event::Ending {
            cause,
            kill_in: Some(limits::GRACE),
        });
    }

    /// The cell has said how it ended.
    fn finish(
        &mut self,
        done: Done,
        cell: &mut Running,
        result: &mut CellResult,
        sink: &mut dyn FnMut(Event),
    ) -> Result<(), Gone> {
        self.flush(sink)?;
        let size =
            |data: &BTreeMap<String, String>| data.values().map(String::len).sum::<usize>() as u64;
        if let Some(data) = done.result {
            if self.bytes_out + size(&data) > self.setup.cell_output {
                cell.truncated = true;
            } else {
                result.value = Some(self.bundle(data, sink)?);
            }
        }
        if let Some(raised) = done.error {
            let error = CellError {
                name: bundle::cut(raised.name, limits::KIND),
                value: bundle::cut(raised.value, limits::READ),
                traceback: bundle::cut(raised.traceback, limits::TEXT),
            };
            self.bytes_out += error.traceback.len() as u64;
            let passed = self.egress.error(error);
            result.error = Some(passed.map_err(|blocked| {
                self.bury(Some(Death::blocked(&blocked)), sink);
                Gone
            })?);
        }
        result.status = match (done.status, cell.cause) {
            (Status::Ok, _) => CellStatus::Ok,
            (Status::Error, None) => CellStatus::Error,
            (Status::Interrupted, None) => CellStatus::Interrupted { cause: None },
            (Status::Error | Status::Interrupted, cause) => CellStatus::Interrupted { cause },
        };
        self.settle(done.interrupts, sink)
    }

    /// An interrupt that was sent to this cell must not arrive in the next.
    fn settle(&mut self, seen: u64, sink: &mut dyn FnMut(Event)) -> Result<(), Gone> {
        let Some(live) = &mut self.live else {
            return Err(Gone);
        };
        if seen >= live.interrupts {
            return Ok(());
        }
        let request = self.setup.driver.request(Request::Settle(live.interrupts));
        live.ask(request);
        let until = Instant::now() + limits::SOON;
        while let Some(live) = &mut self.live {
            let late = Instant::now() >= until;
            let Ok(mut step) = live.step(None, Some(until)) else {
                break;
            };
            let mut settled = None;
            step.items.retain(|(_, item)| match item {
                Item::Message(text) => match serde_json::from_slice(text) {
                    Ok(Message::Settled(count)) => {
                        settled = Some(count);
                        false
                    }
                    _ => true,
                },
                Item::Output(_) => true,
            });
            if let Some(count) = settled {
                live.interrupts = count;
            }
            self.between(step, sink);
            if settled.is_some() {
                return self.live.as_ref().map(|_| ()).ok_or(Gone);
            }
            if late {
                break;
            }
        }
        self.bury(Some(Death::protocol("no answer after an interrupt")), sink);
        Err(Gone)
    }

    /// Filters output and passes it on.
    pub(super) fn pass(
        &mut self,
        stream: StreamName,
        data: &[u8],
        sink: &mut dyn FnMut(Event),
    ) -> Result<(), Gone> {
        let mut out = Vec::with_capacity(data.len());
        let Some(filter) = self.streams.get_mut(stream.index()) else {
            return Ok(());
        };
        let passed = filter.push(data, &mut out);
        self.egress.note(filter);
        if !out.is_empty() {
            sink(Event::Stream { stream, data: out });
        }
        passed.map_err(|blocked| {
            self.bury(Some(Death::blocked(&blocked)), sink);
            Gone
        })
    }

    /// The end of a cell is an end for the filter: nothing is held over into the next.
    fn flush(&mut self, sink: &mut dyn FnMut(Event)) -> Result<(), Gone> {
        for stream in [StreamName::Stdout, StreamName::Stderr] {
            let fresh = self.egress.stream();
            let Some(place) = self.streams.get_mut(stream.index()) else {
                continue;
            };
            let mut filter = std::mem::replace(place, fresh);
            let mut out = Vec::new();
            let passed = filter.finish(&mut out);
            self.egress.note(&mut filter);
            if !out.is_empty() {
                sink(Event::Stream { stream, data: out });
            }
            if let Err(blocked) = passed {
                self.bury(Some(Death::blocked(&blocked)), sink);
                return Err(Gone);
            }
        }
        Ok(())
    }

    /// Checks and filters a value that was shown, and passes it on.
    pub(super) fn show(
        &mut self,
        data: BTreeMap<String, String>,
        sink: &mut dyn FnMut(Event),
    ) -> Result<(), Gone> {
        let bundle = self.bundle(data, sink)?;
        sink(Event::Display(bundle));
        Ok(())
    }

    fn bundle(
        &mut self,
        data: BTreeMap<String, String>,
        sink: &mut dyn FnMut(Event),
    ) -> Result<Bundle, Gone> {
        let bundle = bundle::checked(data);
        self.bytes_out += bundle.size();
        self.egress.bundle(bundle).map_err(|blocked| {
            self.bury(Some(Death::blocked(&blocked)), sink);
            Gone
        })
    }

    /// Takes the interpreter down, or sees it gone, and remembers how. With a cause it is killed; without one it ends by itself.
    pub(super) fn bury(&mut self, cause: Option<Death>, sink: &mut dyn FnMut(Event)) {
        let Some(mut live) = self.live.take() else {
            return;
        };
        if cause.is_some() {
            live.kill();
        } else {
            // The last words of one that died by itself.
            let until = Instant::now() + limits::CLOSE;
            while let Ok(step) = live.step(None, Some(until)) {
                for (stream, item) in step.items {
                    let room = self.setup.cell_output.saturating_sub(self.bytes_out);
                    if let Item::Output(data) = item
                        && data.len() as u64 <= room
                    {
                        self.bytes_out += data.len() as u64;
                        // It is dead already; a finding that blocks only ends its output.
                        let _ = self.pass(stream, &data, sink);
                    }
                }
                if step.ended || step.malformed.is_some() || Instant::now() >= until {
                    break;
                }
            }
            let _ = self.flush(sink);
            if !live.ends_within(limits::CLOSE) {
                live.kill();
            }
        }
        let report = live.wait();
        self.death = Some(match (cause, report) {
            (Some(death), _) => death,
            (None, Ok(report)) => Death::of(&report, self.setup.memory),
            (None, Err(error)) => Death::lost(&error),
        });
    }
}

impl Death {
    fn new(reason: &str, message: String) -> Self {
        Self {
            reason: reason.to_owned(),
            exit_code: None,
            signal: None,
            message,
        }
    }

    pub(super) fn restarted() -> Self {
        Self::new("killed", "the session was restarted".into())
    }

    pub(super) fn output() -> Self {
        Self::new(
            "output",
            "the interpreter was killed: its background output passed the limit".into(),
        )
    }

    pub(super) fn protocol(what: &str) -> Self {
        Self::new(
            "protocol",
            format!(
                "the interpreter was killed: it sent {what}; code wrote into the session's own channel"
            ),
        )
    }

    fn blocked(blocked: &ringfence_dlp::Blocked) -> Self {
        Self::new("blocked", format!("the interpreter was killed: {blocked}"))
    }

    fn lost(error: &std::io::Error) -> Self {
        Self::new("killed", format!("the interpreter is gone: {error}"))
    }

    fn ended(cause: Cause) -> Self {
        let (reason, why) = match cause {
            Cause::Interrupt => ("interrupt", "the cell ignored two interrupts"),
            Cause::Timeout => ("timeout", "the cell went on after its time limit"),
            Cause::Output => ("output", "the cell went on writing after its output limit"),
        };
        let grace = limits::GRACE.as_secs();
        Self::new(
            reason,
            format!("the interpreter was killed: {why}, for {grace} s"),
        )
    }

    /// From the sandbox's own report.
    pub(super) fn of(report: &ExitReport, memory: Option<u64>) -> Self {
        let message = match (report.reason.as_str(), report.code, report.signal) {
            ("oom", ..) => {
                let limit = memory
                    .map(|bytes| format!(" of {} MiB", bytes >> 20))
                    .unwrap_or_default();
                format!("the interpreter was killed: it reached the memory limit{limit} (oom)")
            }
            ("timeout", ..) => "the session has reached its time limit".to_owned(),
            ("pids", ..) => "the interpreter ended: it reached the limit on processes".to_owned(),
            (_, Some(code), _) => format!("the interpreter ended with exit code {code}"),
            (_, _, Some(signal)) => format!("the interpreter ended by signal {signal}"),
            (reason, ..) => format!("the interpreter ended ({reason})"),
        };
        Self {
            reason: report.reason.clone(),
            exit_code: report.code,
            signal: report.signal,
            message,
        }
    }
}
