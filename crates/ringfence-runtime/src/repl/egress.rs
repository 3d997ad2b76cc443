//! Everything that leaves a session goes through here.

use std::sync::Arc;

use ringfence_dlp::{Action, Blocked, Filter, Finding, Stream, Tier};

use super::bundle::{Bundle, Data};
use super::cell::CellError;
use super::limits;

/// Types that every value may have, which are not searched.
const NAMES: &[&str] = &["text/plain", "text/html", "image/png"];

/// The filter of a session: one stream for each output, one for each text that is a whole of its own.
pub(super) struct Egress {
    filter: Option<Arc<Filter>>,
    findings: Vec<Finding>,
}

impl Egress {
    pub(super) fn new(filter: Option<Arc<Filter>>) -> Self {
        Self {
            filter,
            findings: Vec::new(),
        }
    }

    pub(super) fn stream(&self) -> Lane {
        Lane(self.filter.as_ref().map(Filter::stream))
    }

    /// Takes what a stream has found.
    pub(super) fn note(&mut self, lane: &mut Lane) {
        if let Some(stream) = &mut lane.0 {
            self.keep(stream.findings());
        }
    }

    fn keep(&mut self, findings: Vec<Finding>) {
        let room = limits::FINDINGS.saturating_sub(self.findings.len());
        self.findings.extend(findings.into_iter().take(room));
    }

    /// What was found since the last look.
    pub(super) fn findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// A text of its own.
    pub(super) fn text(&mut self, text: String) -> Result<String, Blocked> {
        let mut out = Vec::with_capacity(text.len());
        self.bytes(text.as_bytes(), &mut out)?;
        Ok(String::from_utf8(out)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    fn bytes(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<Vec<Finding>, Blocked> {
        let Some(filter) = &self.filter else {
            out.extend_from_slice(bytes);
            return Ok(Vec::new());
        };
        let mut stream = filter.stream();
        let passed = stream.push(bytes, out).and_then(|()| stream.finish(out));
        let found = stream.findings();
        self.keep(found.clone());
        passed.map(|()| found)
    }

    /// A value: each text is filtered. An image can not be redacted, so one whose bytes hold a finding is left out whole. Text
    /// that is drawn in its pixels is beyond what is looked at.
    pub(super) fn bundle(&mut self, bundle: Bundle) -> Result<Bundle, Blocked> {
        let mut passed = Bundle::default();
        for (kind, data) in bundle.0 {
            // The name is the code's as well.
            if !NAMES.contains(&kind.as_str()) && self.text(kind.clone())? != kind {
                continue;
            }
            let data = match data {
                Data::Text(text) => Data::Text(self.text(text)?),
                Data::Binary(bytes) => {
                    let found = self.bytes(&bytes, &mut Vec::with_capacity(bytes.len()))?;
                    let bad = found.iter().find(|f| {
                        f.action == Action::Redact && matches!(f.tier, Tier::Block | Tier::Echo)
                    });
                    match bad {
                        None => Data::Binary(bytes),
                        Some(finding) => Data::Text(format!("[redacted:{}]", finding.detector)),
                    }
                }
            };
            passed.0.insert(kind, data);
        }
        Ok(passed)
    }

    pub(super) fn error(&mut self, error: CellError) -> Result<CellError, Blocked> {
        Ok(CellError {
            name: self.text(error.name)?,
            value: self.text(error.value)?,
            traceback: self.text(error.traceback)?,
        })
    }
}

/// One output of the code.
pub(super) struct Lane(Option<Stream>);

impl Lane {
    pub(super) fn push(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Blocked> {
        match &mut self.0 {
            Some(stream) => stream.push(data, out),
            None => {
                out.extend_from_slice(data);
                Ok(())
            }
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Blocked> {
        self.0.as_mut().map_or(Ok(()), |stream| stream.finish(out))
    }
}
