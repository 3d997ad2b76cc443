//! One stream: bytes in, bytes out, findings aside.
use crate::detectors::detectors;
use crate::filter::Filter;
use crate::finding::{Action, Finding, Tier};
use crate::settings::Actions;
use crate::{echo, limits};
use std::borrow::Cow;
use std::sync::Arc;
use thiserror::Error;

/// The stream was ended by a finding whose action is [`Action::Block`]. It stays ended.
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
    held: Vec<u8>,
    offset: u64,
    findings: Vec<Finding>,
    blocked: Option<Blocked>,
    echo: echo::State,
    spans: Vec<echo::Span>,
}

impl Stream {
    pub(crate) fn new(filter: Arc<Filter>, actions: Actions) -> Self {
        Self {
            filter,
            actions,
            held: Vec::new(),
            offset: 0,
            findings: Vec::new(),
            blocked: None,
            echo: echo::State::default(),
            spans: Vec::new(),
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
        if !self.filter.echo.is_empty() {
            self.echo.feed(&self.filter.echo, chunk, &mut self.spans);
        }
        for &byte in chunk {
            self.held.push(byte);
            if byte.is_ascii_whitespace() || self.held.len() >= limits::BLOCK {
                self.judge(out)?;
            }
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
        self.judge(out)
    }

    /// Takes the findings so far. At most [`limits::FINDINGS`] wait.
    pub fn findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// Bytes taken in and not yet given out.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    fn judge(&mut self, out: &mut Vec<u8>) -> Result<(), Blocked> {
        let text = std::mem::take(&mut self.held);
        let mut spans: Vec<(usize, usize, Cow<'static, str>, Tier)> = Vec::new();
        for known in &self.filter.known {
            for start in memchr::memmem::find_iter(&text, known.value.as_slice()) {
                let name = format!("known:{}", known.name);
                spans.push((start, start + known.value.len(), name.into(), Tier::Block));
            }
        }
        for detector in detectors() {
            let near = detector
                .keywords
                .iter()
                .any(|k| memchr::memmem::find(&text, k.as_bytes()).is_some());
            let Some(regex) = near.then(|| detector.compile(false)).flatten() else {
                continue;
            };
            for found in regex.captures_iter(&text) {
                if let Some(m) = found.get(detector.group) {
                    spans.push((m.start(), m.end(), detector.id.into(), detector.tier));
                }
            }
        }
        spans.sort_by_key(|span| (span.0, span.1));
        let mut done = 0;
        for (start, end, id, tier) in spans {
            if start < done {
                continue;
            }
            let action = self.actions.of(tier);
            if action == Action::Off {
                continue;
            }
            if self.findings.len() < limits::FINDINGS {
                self.findings.push(Finding {
                    detector: id.clone(),
                    tier,
                    offset: self.offset + start as u64,
                    length: (end - start) as u64,
                    transforms: Vec::new(),
                    action,
                });
            }
            out.extend_from_slice(text.get(done..start).unwrap_or_default());
            done = end;
            match action {
                Action::Off | Action::Report => {
                    out.extend_from_slice(text.get(start..end).unwrap_or_default())
                }
                Action::Redact => out.extend_from_slice(format!("[redacted:{id}]").as_bytes()),
                Action::Block => {
                    let blocked = Blocked { detector: id };
                    self.blocked = Some(blocked.clone());
                    return Err(blocked);
                }
            }
        }
        out.extend_from_slice(text.get(done..).unwrap_or_default());
        self.offset += text.len() as u64;
        Ok(())
    }
}
