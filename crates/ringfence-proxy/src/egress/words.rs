//! A model's streamed words: the deltas of server-sent events and of JSON lines, put together before they are searched and
//! taken apart again. A secret that comes in pieces of three letters is one secret to the filter.

use std::collections::BTreeMap;

use ringfence_dlp::{Blocked, Finding, Stream};
use serde_json::Value;

use super::deltas::{self, Ends};
use crate::limits;

/// Makes a stream for one text.
pub(super) type NewStream = Box<dyn Fn() -> Stream + Send>;

/// How the events are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// `text/event-stream` (WHATWG HTML, server-sent events).
    Events,
    /// A JSON text a line (`application/x-ndjson`).
    Lines,
}

/// One answer that streams.
pub(super) struct Words {
    framing: Framing,
    stream: NewStream,
    /// The beginning of an event whose end has not come.
    pending: Vec<u8>,
    /// Texts that go on, by where they stand in the events.
    open: BTreeMap<String, Open>,
    findings: Vec<Finding>,
    /// An event was too long to be one: from there on the bytes are one text.
    plain: Option<Stream>,
}

struct Open {
    stream: Stream,
    /// A character that the filter cut, up to where it cut it.
    cut: Vec<u8>,
    /// The last event that carried a piece; what the filter held back leaves in a copy of it.
    template: Event,
}

/// An event taken apart.
#[derive(Clone)]
struct Event {
    /// The lines before the data: `event:`, `id:`, comments.
    head: Vec<u8>,
    data: Value,
    /// The line ending that the sender uses.
    crlf: bool,
}

impl Words {
    pub(super) fn new(framing: Framing, stream: NewStream) -> Self {
        Self {
            framing,
            stream,
            pending: Vec::new(),
            open: BTreeMap::new(),
            findings: Vec::new(),
            plain: None,
        }
    }

    /// Takes the next bytes; whole events leave as soon as their words are known to be clean.
    pub(super) fn push(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), Blocked> {
        if let Some(plain) = &mut self.plain {
            return plain.push(data, out);
        }
        let searched = self.pending.len().saturating_sub(3);
        self.pending.extend_from_slice(data);
        let mut from = 0;
        let mut at = searched;
        while let Some(end) = self.end_of_event(from, at) {
            let event = self.pending[from..end].to_vec();
            self.event(&event, out)?;
            (from, at) = (end, end);
        }
        self.pending.drain(..from);
        if self.pending.len() > limits::ANSWER_EVENT_BYTES {
            self.flush(&Ends::All, out)?;
            let mut plain = (self.stream)();
            plain.push(&std::mem::take(&mut self.pending), out)?;
            self.plain = Some(plain);
        }
        Ok(())
    }

    /// The end of the answer: nothing is held back any more.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Blocked> {
        if let Some(mut plain) = self.plain.take() {
            let finished = plain.finish(out);
            self.findings.extend(plain.findings());
            return finished;
        }
        let rest = std::mem::take(&mut self.pending);
        if !rest.is_empty() {
            self.event(&rest, out)?;
        }
        self.flush(&Ends::All, out)
    }

    /// What was found since the last call.
    pub(super) fn findings(&mut self) -> Vec<Finding> {
        if let Some(plain) = &mut self.plain {
            self.findings.extend(plain.findings());
        }
        std::mem::take(&mut self.findings)
    }

    /// The end of the event that begins at `from`; `at` is where to go on looking.
    fn end_of_event(&self, from: usize, at: usize) -> Option<usize> {
        let text = &self.pending;
        let mut i = at.max(from);
        while let Some(newline) = text[i..].iter().position(|b| *b == b'\n') {
            let after = i + newline + 1;
            match self.framing {
                Framing::Lines => return Some(after),
                Framing::Events => {
                    let line = &text[from..after];
                    if line.ends_with(b"\n\n")
                        || line.ends_with(b"\n\r\n")
                        || line == b"\n"
                        || line == b"\r\n"
                    {
                        return Some(after);
                    }
                }
            }
            i = after;
        }
        None
    }

    fn event(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Blocked> {
        let Some(mut event) = Event::read(self.framing, bytes) else {
            // No JSON: a comment, `[DONE]`, or something that the filter reads as it is.
            if bytes.windows(6).any(|w| w == b"[DONE]") {
                self.flush(&Ends::All, out)?;
            }
            return self.whole(bytes, out);
        };
        let ends = deltas::ends(&event.data);
        let places = deltas::places(&event.data);
        if places.is_empty() {
            self.flush(&ends, out)?;
            return self.whole(bytes, out);
        }
        let mut changed = false;
        let mut held = Vec::new();
        for place in places {
            let Some(text) = event.data.pointer(&place.pointer).and_then(Value::as_str) else {
                continue;
            };
            let text = text.to_owned();
            let (mut open, mut clean) = match self.open.remove(&place.key) {
                Some(open) => (open.stream, open.cut),
                None => ((self.stream)(), Vec::new()),
            };
            let mut verdict = open.push(text.as_bytes(), &mut clean);
            let over = ends.covers(&place.key) || self.open.len() >= limits::ANSWER_TEXTS;
            if over && verdict.is_ok() {
                verdict = open.finish(&mut clean);
            }
            self.findings.extend(open.findings());
            verdict?;
            let cut = if over {
                Vec::new()
            } else {
                take_cut(&mut clean)
            };
            let clean = String::from_utf8_lossy(&clean).into_owned();
            if clean != text {
                changed = true;
                if let Some(slot) = event.data.pointer_mut(&place.pointer) {
                    *slot = Value::String(clean);
                }
            }
            if !over {
                held.push((place.key, open, cut));
            }
        }
        self.flush(&ends, out)?;
        let rest = event.without_texts();
        for (key, stream, cut) in held {
            let template = Event {
                head: event.head.clone(),
                data: rest.clone(),
                crlf: event.crlf,
            };
            self.open.insert(
                key,
                Open {
                    stream,
                    cut,
                    template,
                },
            );
        }
        if changed {
            event.write(self.framing, out);
        } else {
            out.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// An event without words that go on: searched by itself.
    fn whole(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Blocked> {
        let mut stream = (self.stream)();
        let verdict = stream.push(bytes, out).and_then(|()| stream.finish(out));
        self.findings.extend(stream.findings());
        verdict
    }

    /// Sends what was held back of the texts that end here, each in an event like its last one.
    fn flush(&mut self, ends: &Ends, out: &mut Vec<u8>) -> Result<(), Blocked> {
        let keys: Vec<String> = self
            .open
            .keys()
            .filter(|key| ends.covers(key))
            .cloned()
            .collect();
        for key in keys {
            let Some(mut open) = self.open.remove(&key) else {
                continue;
            };
            let mut clean = open.cut;
            let verdict = open.stream.finish(&mut clean);
            self.findings.extend(open.stream.findings());
            verdict?;
            if clean.is_empty() {
                continue;
            }
            let mut event = open.template;
            let place = deltas::places(&event.data)
                .into_iter()
                .find(|p| p.key == key);
            if let Some(slot) = place.and_then(|place| event.data.pointer_mut(&place.pointer)) {
                *slot = Value::String(String::from_utf8_lossy(&clean).into_owned());
                event.write(self.framing, out);
            }
        }
        Ok(())
    }
}

/// Takes off the beginning of a character whose rest has not come.
fn take_cut(text: &mut Vec<u8>) -> Vec<u8> {
    match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_none() => text.split_off(error.valid_up_to()),
        _ => Vec::new(),
    }
}

impl Event {
    /// `None` when its data is no JSON object.
    fn read(framing: Framing, bytes: &[u8]) -> Option<Self> {
        let (mut head, mut data) = (Vec::new(), Vec::new());
        match framing {
            Framing::Lines => data.extend_from_slice(bytes),
            Framing::Events => {
                for line in bytes.split_inclusive(|b| *b == b'\n') {
                    match line.strip_prefix(b"data:") {
                        Some(value) => data.extend_from_slice(value),
                        None if line == b"\n" || line == b"\r\n" => {}
                        None => head.extend_from_slice(line),
                    }
                }
            }
        }
        let data: Value = serde_json::from_slice(&data).ok()?;
        data.is_object().then_some(Self {
            head,
            data,
            crlf: bytes.ends_with(b"\r\n"),
        })
    }

    fn write(&self, framing: Framing, out: &mut Vec<u8>) {
        let end: &[u8] = if self.crlf { b"\r\n" } else { b"\n" };
        if framing == Framing::Events {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(b"data: ");
        }
        out.extend_from_slice(self.data.to_string().as_bytes());
        out.extend_from_slice(end);
        if framing == Framing::Events {
            out.extend_from_slice(end);
        }
    }

    /// The event with every streamed text empty.
    fn without_texts(&self) -> Value {
        let mut data = self.data.clone();
        for place in deltas::places(&self.data) {
            if let Some(slot) = data.pointer_mut(&place.pointer) {
                *slot = Value::String(String::new());
            }
        }
        data
    }
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
