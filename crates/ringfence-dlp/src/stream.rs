//! One stream: bytes in, bytes out, findings aside.
mod release;

use crate::echo;
use crate::filter::Filter;
use crate::finding::Finding;
use crate::limits;
use crate::scan::judge::Work;
use crate::scan::machine::{Machine, Scene, Text};
use crate::scan::mark::{Mark, Rule};
use crate::settings::Actions;
use std::borrow::Cow;
use std::sync::Arc;
use thiserror::Error;

/// The stream was ended by a finding whose action is [`crate::Action::Block`]. It stays ended.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("output stopped: {detector} found")]
pub struct Blocked {
    /// Id of the detector.
    pub detector: Cow<'static, str>,
}

/// One direction of one connection, or one output of one process.
#[derive(Debug)]
pub struct Stream {
    filter: Arc<Filter>,
    actions: Actions,
    /// Bytes released lately, for looking back, then bytes held.
    buffer: Vec<u8>,
    /// Offset of the first byte of the buffer.
    base: u64,
    /// Offset before which everything has left.
    released: u64,
    machine: Machine,
    echo: echo::State,
    spans: Vec<echo::Span>,
    /// A key whose beginning has been redacted already and that still goes on.
    swallowing: Option<u64>,
    findings: Vec<Finding>,
    suppressed: u64,
    blocked: Option<Blocked>,
}

impl Stream {
    pub(crate) fn new(filter: Arc<Filter>, actions: Actions) -> Self {
        Self {
            filter,
            actions,
            buffer: Vec::new(),
            base: 0,
            released: 0,
            machine: Machine::new(0, None),
            echo: echo::State::default(),
            spans: Vec::new(),
            swallowing: None,
            findings: Vec::new(),
            suppressed: 0,
            blocked: None,
        }
    }

    /// Takes the next bytes and appends to `out` what may leave.
    ///
    /// # Errors
    /// The stream is blocked: what was appended before the finding is right, and nothing more will come.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Blocked> {
        if let Some(blocked) = &self.blocked {
            return Err(blocked.clone());
        }
        for part in chunk.chunks(limits::STEP) {
            self.buffer.extend_from_slice(part);
            if !self.filter.echo.is_empty() {
                self.echo.feed(&self.filter.echo, part, &mut self.spans);
            }
            self.step(false, out)?;
        }
        Ok(())
    }

    /// The end of the input: judges what is held and appends what may leave.
    ///
    /// # Errors
    /// As [`Stream::push`].
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Blocked> {
        if let Some(blocked) = &self.blocked {
            return Err(blocked.clone());
        }
        if !self.filter.echo.is_empty() {
            self.echo.finish(&self.filter.echo, &mut self.spans);
        }
        self.step(true, out)
    }

    /// Takes the findings so far. At most [`limits::FINDINGS`] wait.
    pub fn findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// Findings that were acted on but not kept, because too many waited to be taken.
    #[must_use]
    pub fn suppressed(&self) -> u64 {
        self.suppressed
    }

    /// Bytes taken in and not yet given out.
    #[must_use]
    pub fn held(&self) -> usize {
        (self.base + self.buffer.len() as u64 - self.released) as usize
    }

    fn step(&mut self, last: bool, out: &mut Vec<u8>) -> Result<(), Blocked> {
        let mut work = Work::new();
        let text = Text {
            bytes: &self.buffer,
            base: self.base,
        };
        let mut scene = Scene {
            filter: &self.filter,
            text,
            work: &mut work,
            last,
        };
        self.machine.advance(&mut scene);
        let mut decided = self.machine.decided(&mut scene);
        for span in self.spans.drain(..) {
            self.machine.marks.push(Mark {
                start: span.start,
                end: span.end,
                rule: if span.over_budget {
                    Rule::Quote(span.document)
                } else {
                    Rule::Echo(span.document)
                },
                transforms: Vec::new(),
                spread: false,
            });
        }
        if last {
            decided = text.end();
        } else if let Some(from) = (!self.filter.echo.is_empty())
            .then(|| self.echo.hold_from())
            .flatten()
        {
            decided = decided.min(from);
        }
        self.release(decided.max(self.released), out)?;
        self.forget();
        Ok(())
    }

    /// Drops bytes that nothing looks back on any more; not at every step, because that moves the rest.
    fn forget(&mut self) {
        let keep = self
            .released
            .saturating_sub(limits::HISTORY as u64)
            .max(self.base);
        let old = (keep - self.base) as usize;
        if old >= limits::STEP || old == self.buffer.len() {
            self.buffer.drain(..old);
            self.base = keep;
        }
    }
}

#[cfg(test)]
mod tests;
