//! The session: one interpreter after another, one cell after another.

mod live;
mod run;

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_dlp::Filter;

use self::live::{Live, Step};
use super::cell::{Death, Event, StreamName};
use super::drivers::{Driver, Request};
use super::egress::{Egress, Lane};
use super::error::{Doing, ReplError};
use super::interrupt::Interrupter;
use super::limits;
use super::message::{Completeness, Message};
use super::process::Launcher;
use super::record::Record;
use super::wire::Item;

/// The protocol that the drivers speak.
const PROTOCOL: u32 = 1;

/// What a session is made of.
pub struct Setup {
    /// Starts the interpreter, now and after each restart.
    pub launcher: Box<dyn Launcher>,
    /// The driver that it runs.
    pub driver: Driver,
    /// What leaves goes through this; `None` when nothing is to be searched.
    pub filter: Option<Arc<Filter>>,
    /// How long a cell may take before it is interrupted.
    pub cell_time: Option<Duration>,
    /// Bytes that a cell may write and show before it is interrupted and the rest is dropped.
    pub cell_output: u64,
    /// The memory limit, for the sentence that names it.
    pub memory: Option<u64>,
    /// The audit log.
    pub record: Option<Record>,
}

/// An interpreter that takes cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// The language.
    pub language: &'static str,
    /// Its version, as it says itself: at most 64 characters, filtered.
    pub version: String,
    /// How long it took to be ready.
    pub took: Duration,
}

/// A stateful session. Dropping it kills its interpreter.
pub struct Repl {
    setup: Setup,
    live: Option<Live>,
    death: Option<Death>,
    interrupter: Interrupter,
    egress: Egress,
    streams: [Lane; 2],
    ready: Ready,
    cell: u64,
    /// Bytes since the last cell began.
    bytes_out: u64,
}

impl std::fmt::Debug for Repl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repl")
            .field("ready", &self.ready)
            .field("cell", &self.cell)
            .field("death", &self.death)
            .finish_non_exhaustive()
    }
}

impl Repl {
    /// Starts an interpreter and waits until it takes cells.
    ///
    /// # Errors
    /// When its sandbox can not be built, or it is not ready within [`limits::START`].
    pub fn start(setup: Setup) -> Result<Self, ReplError> {
        let egress = Egress::new(setup.filter.clone());
        let streams = [egress.stream(), egress.stream()];
        let language = setup.driver.language();
        let mut repl = Self {
            setup,
            live: None,
            death: None,
            interrupter: Interrupter::new().doing("making an event descriptor")?,
            egress,
            streams,
            ready: Ready {
                language,
                version: String::new(),
                took: Duration::ZERO,
            },
            cell: 0,
            bytes_out: 0,
        };
        repl.launch()?;
        Ok(repl)
    }

    /// Starts a new interpreter; the state of the old one is lost.
    ///
    /// # Errors
    /// As [`Repl::start`].
    pub fn restart(&mut self) -> Result<&Ready, ReplError> {
        if let Some(live) = self.live.take() {
            live.kill();
            // Its death is what was asked for.
            let _ = live.wait();
            self.death = Some(Death::restarted());
        }
        self.note_death()?;
        self.launch()?;
        self.interrupter.clear();
        Ok(&self.ready)
    }

    /// The interpreter that takes cells.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// How the interpreter ended; `None` while it runs.
    pub fn death(&self) -> Option<&Death> {
        self.death.as_ref()
    }

    /// Interrupts cells, from any thread.
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// Delivers what threads and child processes write between cells, until `until` is readable (`true`) or the interpreter
    /// ends (`false`).
    ///
    /// # Errors
    /// Of the operating system.
    pub fn idle(
        &mut self,
        until: &dyn AsFd,
        sink: &mut dyn FnMut(Event),
    ) -> Result<bool, ReplError> {
        loop {
            let Some(live) = &mut self.live else {
                return Ok(false);
            };
            let step = live
                .step(Some(until), None)
                .doing("waiting for the interpreter")?;
            let woken = step.woken;
            self.between(step, sink);
            if woken {
                return Ok(self.live.is_some());
            }
        }
    }

    /// Whether a text that a person types is a whole cell already. An interpreter that does not answer takes it for one.
    ///
    /// # Errors
    /// When no interpreter runs, or of the operating system.
    pub fn check(
        &mut self,
        code: &str,
        sink: &mut dyn FnMut(Event),
    ) -> Result<Completeness, ReplError> {
        self.sendable(code)?;
        let request = self.setup.driver.request(Request::Check(code));
        let until = Instant::now() + limits::SOON;
        self.running()?.ask(request);
        while Instant::now() < until {
            let Some(live) = &mut self.live else { break };
            let mut step = live
                .step(None, Some(until))
                .doing("waiting for the interpreter")?;
            let mut answer = None;
            step.items.retain(|(_, item)| match item {
                Item::Message(text) => match serde_json::from_slice(text) {
                    Ok(Message::Checked(found)) => {
                        answer = Some(found);
                        false
                    }
                    _ => true,
                },
                Item::Output(_) => true,
            });
            self.between(step, sink);
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
        Ok(Completeness::Complete)
    }

    /// Lets the interpreter run its exit handlers, for at most [`limits::CLOSE`], and takes the sandbox down.
    pub fn close(mut self, sink: &mut dyn FnMut(Event)) {
        let Some(live) = &mut self.live else { return };
        live.close_input();
        let until = Instant::now() + limits::CLOSE;
        while Instant::now() < until {
            let Some(live) = &mut self.live else { return };
            match live.step(None, Some(until)) {
                Ok(step) => self.between(step, sink),
                Err(_) => break,
            }
        }
        if let Some(live) = self.live.take() {
            live.kill();
            // Nothing follows from how it ended.
            let _ = live.wait();
        }
    }

    /// What arrives while no cell runs: output, or the end.
    fn between(&mut self, step: Step, sink: &mut dyn FnMut(Event)) {
        let mut wrong = step.malformed.map(|error| error.to_string());
        for (stream, item) in step.items {
            match item {
                Item::Output(data) => {
                    self.bytes_out += data.len() as u64;
                    if self.bytes_out > self.setup.cell_output {
                        self.bury(Some(Death::output()), sink);
                        return;
                    }
                    if self.pass(stream, &data, sink).is_err() {
                        return;
                    }
                }
                // Whoever shows values from another thread may do so, whenever it runs.
                Item::Message(text) => match serde_json::from_slice(&text) {
                    Ok(Message::Display(display)) => {
                        if self.show(display.data, sink).is_err() {
                            return;
                        }
                        if self.bytes_out > self.setup.cell_output {
                            self.bury(Some(Death::output()), sink);
                            return;
                        }
                    }
                    _ => wrong = Some("a message that answers nothing".into()),
                },
            }
        }
        if let Some(wrong) = wrong {
            self.bury(Some(Death::protocol(&wrong)), sink);
        } else if step.ended {
            self.bury(None, sink);
        }
    }

    /// The end of an interpreter is in the audit log before the next one starts.
    fn note_death(&mut self) -> Result<(), ReplError> {
        match (&mut self.setup.record, &self.death) {
            (Some(record), Some(death)) => record.ended(death),
            _ => Ok(()),
        }
    }

    fn running(&mut self) -> Result<&mut Live, ReplError> {
        let reason = self.death.as_ref().map(|death| death.reason.clone());
        self.live.as_mut().ok_or_else(|| ReplError::NotRunning {
            reason: reason.unwrap_or_default(),
        })
    }

    fn sendable(&self, code: &str) -> Result<(), ReplError> {
        let why = if code.len() > limits::CODE {
            format!(
                "has {} bytes; at most {} are allowed",
                code.len(),
                limits::CODE
            )
        } else if code.contains('\0') {
            "contains a NUL character".to_owned()
        } else {
            return Ok(());
        };
        Err(ReplError::Code { why })
    }

    fn launch(&mut self) -> Result<(), ReplError> {
        let began = Instant::now();
        let mut random = [0; 16];
        rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())
            .doing("drawing a random marker")?;
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let marker = format!("\x1eRF{digits}").into_bytes();
        self.streams = [self.egress.stream(), self.egress.stream()];
        let launched = self.setup.launcher.launch().inspect_err(|error| {
            if let Some(record) = &mut self.setup.record {
                record.refused(error);
            }
        })?;
        let mut live = Live::new(launched, &marker).doing("preparing the pipes")?;
        live.ask(self.setup.driver.request(Request::Hello(&marker)));
        let mut wrote = Vec::new();
        let until = began + limits::START;
        loop {
            let step = live
                .step(None, Some(until))
                .doing("waiting for the interpreter")?;
            let mut wrong = step.malformed.map(|error| error.to_string());
            for (_, item) in step.items {
                match item {
                    Item::Output(data) => {
                        let room = limits::READ.saturating_sub(wrote.len());
                        wrote.extend(data.into_iter().take(room));
                    }
                    Item::Message(text) => match serde_json::from_slice(&text) {
                        Ok(Message::Sync(0)) => {}
                        Ok(Message::Ready(ready)) if ready.protocol == PROTOCOL => {
                            let version = ready
                                .version
                                .chars()
                                .filter(|c| !c.is_control())
                                .take(64)
                                .collect();
                            self.ready.version = self.egress.text(version).unwrap_or_default();
                            self.ready.took = began.elapsed();
                            self.live = Some(live);
                            self.death = None;
                            self.bytes_out = 0;
                            return Ok(());
                        }
                        _ => wrong = Some("a message out of order".into()),
                    },
                }
            }
            let late = Instant::now() >= until;
            if step.ended || late || wrong.is_some() {
                let text = String::from_utf8_lossy(&wrote).into_owned();
                let text = self
                    .egress
                    .text(text)
                    .unwrap_or_else(|blocked| blocked.to_string());
                if !live.ends_within(limits::CLOSE) {
                    live.kill();
                }
                let report = live.wait().doing("waiting for the interpreter")?;
                return Err(match wrong {
                    None if late => ReplError::TooSlow { text },
                    None => ReplError::NotReady {
                        reason: Death::of(&report, self.setup.memory).message,
                        text,
                    },
                    Some(wrong) => ReplError::NotReady {
                        reason: wrong,
                        text,
                    },
                });
            }
        }
    }
}

impl StreamName {
    fn index(self) -> usize {
        match self {
            Self::Stdout => 0,
            Self::Stderr => 1,
        }
    }
}
