//! Gives out what is decided, with findings taken out of it.
use super::{Blocked, Stream};
use crate::finding::{Action, Finding};
use crate::limits;
use crate::scan::class::{START, class};
use crate::scan::mark::{Mark, Rule, merge};
use crate::scan::pem::PRIVATE_KEY;
use std::borrow::Cow;

impl Stream {
    /// Releases bytes up to `decided`. A finding leaves as a whole: one that reaches over `decided` waits.
    pub(super) fn release(&mut self, decided: u64, out: &mut Vec<u8>) -> Result<(), Blocked> {
        let mut upto = decided;
        let certain = self.machine.pem.certain();
        if let Some((start, _)) = certain {
            upto = upto.min(start);
        }
        if !self.machine.marks.is_empty() {
            self.clip();
            let marks = merge(std::mem::take(&mut self.machine.marks));
            for mark in marks {
                if mark.end > upto || mark.start >= upto {
                    upto = upto.min(mark.start);
                    self.machine.marks.push(mark);
                } else {
                    self.apply(mark, out)?;
                }
            }
        }
        // A private key that goes on: what is certain of it is taken out already.
        if let Some((start, sure)) = certain
            && start <= upto.max(self.released)
        {
            if self.swallowing.is_none() {
                self.pass(start, out);
                self.swallowing = Some(start);
                match self.actions.of(PRIVATE_KEY.tier) {
                    Action::Off | Action::Report => {}
                    Action::Redact => {
                        out.extend_from_slice(format!("[redacted:{}]", PRIVATE_KEY.id).as_bytes())
                    }
                    Action::Block => {
                        self.report(PRIVATE_KEY.id.into(), &pem_mark(start, sure), Action::Block);
                        return Err(self.stop(PRIVATE_KEY.id.into()));
                    }
                }
            }
            self.over(sure, out);
            return Ok(());
        }
        self.pass(upto, out);
        Ok(())
    }

    /// Takes the bytes of private keys out of other marks: when a key ends, what it covers may have left, under its name.
    fn clip(&mut self) {
        let released = self.released;
        self.machine
            .keys
            .retain(|key| key.1 + limits::BLOCK as u64 > released);
        for &(start, end) in &self.machine.keys {
            // Up to the next token, the bytes after it flow.
            let rest = self
                .buffer
                .get((end.max(self.base) - self.base) as usize..)
                .unwrap_or_default();
            let next = end.max(self.base)
                + rest.iter().take_while(|b| class(**b) & START == 0).count() as u64;
            for mark in &mut self.machine.marks {
                let key = matches!(mark.rule, Rule::Detector(detector) if std::ptr::eq(detector, &PRIVATE_KEY));
                if !key && mark.start < end && mark.end > start {
                    if mark.start >= start {
                        mark.start = next;
                    } else {
                        mark.end = start;
                    }
                }
            }
        }
        self.machine.marks.retain(|mark| mark.start < mark.end);
    }

    fn apply(&mut self, mark: Mark, out: &mut Vec<u8>) -> Result<(), Blocked> {
        let action = self.actions.of(mark.rule.tier());
        let name = self.name(mark.rule);
        if self
            .swallowing
            .is_some_and(|start| mark.start <= start && start < mark.end)
        {
            self.swallowing = None;
            self.over(mark.end, out);
            self.report(name, &mark, action);
            return Ok(());
        }
        self.pass(mark.start, out);
        self.report(name.clone(), &mark, action);
        match action {
            Action::Off | Action::Report => self.pass(mark.end, out),
            Action::Redact => {
                out.extend_from_slice(b"[redacted:");
                out.extend_from_slice(name.as_bytes());
                out.push(b']');
                self.released = self.released.max(mark.end);
            }
            Action::Block => return Err(self.stop(name)),
        }
        Ok(())
    }

    /// Lets bytes up to `end` pass, or drops them, as private keys are to be treated.
    fn over(&mut self, end: u64, out: &mut Vec<u8>) {
        if matches!(
            self.actions.of(PRIVATE_KEY.tier),
            Action::Off | Action::Report
        ) {
            self.pass(end, out);
        }
        self.released = self.released.max(end);
    }

    fn pass(&mut self, end: u64, out: &mut Vec<u8>) {
        if end > self.released {
            let from = (self.released - self.base) as usize;
            let to = (end - self.base) as usize;
            out.extend_from_slice(
                self.buffer
                    .get(from..to.min(self.buffer.len()))
                    .unwrap_or_default(),
            );
            self.released = end;
        }
    }

    fn stop(&mut self, detector: Cow<'static, str>) -> Blocked {
        let blocked = Blocked { detector };
        self.blocked = Some(blocked.clone());
        self.buffer = Vec::new();
        self.base = self.released;
        blocked
    }

    fn report(&mut self, detector: Cow<'static, str>, mark: &Mark, action: Action) {
        if action == Action::Off {
            return;
        }
        if self.findings.len() >= limits::FINDINGS {
            self.suppressed += 1;
            return;
        }
        self.findings.push(Finding {
            detector,
            tier: mark.rule.tier(),
            offset: mark.start,
            length: mark.end - mark.start,
            transforms: mark.transforms.clone(),
            action,
        });
    }

    fn name(&self, rule: Rule) -> Cow<'static, str> {
        match rule {
            Rule::Detector(detector) => detector.id.into(),
            Rule::Known(place) => self
                .filter
                .known
                .known
                .get(place)
                .map_or("known".into(), |known| {
                    format!("known:{}", known.name).into()
                }),
            Rule::Echo(place) => self.document("echo", place),
            Rule::Quote(place) => self.document("echo-budget", place),
        }
    }

    fn document(&self, id: &str, place: usize) -> Cow<'static, str> {
        let name = self.filter.documents.get(place).map_or("", String::as_str);
        format!("{id}:{name}").into()
    }
}

fn pem_mark(start: u64, end: u64) -> Mark {
    Mark {
        start,
        end,
        rule: Rule::Detector(&PRIVATE_KEY),
        transforms: Vec::new(),
        spread: false,
    }
}
