//! One body on its way through the filter.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use ringfence_dlp::{Blocked, Finding, Stream};
use ringfence_policy::FilterAction;

use super::words::Words;
use crate::context::Context;

/// A body's passage. Where findings are only reported the bytes go on at once and as they are.
pub(crate) struct Lane {
    ctx: Arc<Context>,
    place: &'static str,
    host: String,
    action: FilterAction,
    reader: Reader,
}

enum Reader {
    Text(Box<Stream>),
    Words(Box<Words>),
    Over,
}

impl Lane {
    pub(super) fn text(
        ctx: &Arc<Context>,
        place: &'static str,
        host: String,
        action: FilterAction,
        stream: Stream,
    ) -> Self {
        Self {
            ctx: Arc::clone(ctx),
            place,
            host,
            action,
            reader: Reader::Text(Box::new(stream)),
        }
    }

    pub(super) fn words(
        ctx: &Arc<Context>,
        place: &'static str,
        host: String,
        action: FilterAction,
        words: Words,
    ) -> Self {
        Self {
            ctx: Arc::clone(ctx),
            place,
            host,
            action,
            reader: Reader::Words(Box::new(words)),
        }
    }

    /// Whether as many bytes come out as go in.
    pub(crate) fn keeps_length(&self) -> bool {
        self.action != FilterAction::Redact
    }

    /// Takes the next bytes and gives those that may go on, which may be none.
    pub(crate) fn push(&mut self, data: Bytes) -> Result<Bytes, Blocked> {
        let mut out = Vec::new();
        let verdict = match &mut self.reader {
            Reader::Text(stream) => stream.push(&data, &mut out),
            Reader::Words(words) => words.push(&data, &mut out),
            Reader::Over => Ok(()),
        };
        self.told();
        if self.action == FilterAction::Report {
            return Ok(data);
        }
        verdict.map(|()| Bytes::from(out))
    }

    /// The last bytes, and the end.
    pub(crate) fn end(&mut self, data: Bytes) -> Result<Bytes, Blocked> {
        let mut clean = Vec::from(self.push(data)?);
        clean.extend_from_slice(&self.finish()?);
        Ok(clean.into())
    }

    /// The end of the body: what was held back and may go on.
    pub(crate) fn finish(&mut self) -> Result<Bytes, Blocked> {
        let mut out = Vec::new();
        let verdict = match &mut self.reader {
            Reader::Text(stream) => stream.finish(&mut out),
            Reader::Words(words) => words.finish(&mut out),
            Reader::Over => Ok(()),
        };
        self.told();
        self.reader = Reader::Over;
        if self.action == FilterAction::Report {
            return Ok(Bytes::new());
        }
        verdict.map(|()| Bytes::from(out))
    }

    /// Takes trailers away where they would have to be searched: nobody needs them, and they could carry anything.
    pub(crate) fn trailers(&self, trailers: &mut HeaderMap) {
        if self.action > FilterAction::Report {
            trailers.clear();
        }
    }

    fn told(&mut self) {
        let findings: Vec<Finding> = match &mut self.reader {
            Reader::Text(stream) => stream.findings(),
            Reader::Words(words) => words.findings(),
            Reader::Over => Vec::new(),
        };
        if let Some(egress) = &self.ctx.egress {
            egress.note(&self.ctx, self.place, &self.host, findings);
        }
    }
}
