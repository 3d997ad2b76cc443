//! Finds real credentials in answers, in the spellings that an echo may give them, also when split over reads.

use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

use crate::limits;

/// A tail shorter than this is sent on even if a secret could begin with it; a longer one waits for what follows.
/// So an answer that happens to end in the first letters of a secret is not held up, and at most three bytes of a
/// secret get out.
const HOLD: usize = 4;

/// The spellings of one or more secrets.
pub(crate) struct Patterns {
    finder: AhoCorasick,
    /// Spelling and what stands for it.
    spellings: Vec<(Zeroizing<Vec<u8>>, Arc<str>)>,
    longest: usize,
}

impl Patterns {
    /// Patterns for (value, placeholder) pairs; `None` when there is nothing long enough to look for.
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = (&'a str, Arc<str>)>) -> Option<Self> {
        let mut spellings: Vec<(Zeroizing<Vec<u8>>, Arc<str>)> = Vec::new();
        for (value, placeholder) in
            secrets.filter(|(value, _)| value.len() >= limits::SCRUB_MIN_BYTES)
        {
            for spelling in spell(value) {
                if spelling.len() >= limits::SCRUB_MIN_BYTES
                    && !spellings.iter().any(|(known, _)| **known == *spelling)
                {
                    spellings.push((spelling, Arc::clone(&placeholder)));
                }
            }
        }
        let longest = spellings.iter().map(|(s, _)| s.len()).max()?;
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(spellings.iter().map(|(s, _)| s.as_slice()))
            .ok()?;
        Some(Self {
            finder,
            spellings,
            longest,
        })
    }

    /// Length of the longest end of `text` that begins a spelling without finishing it.
    fn open_tail(&self, text: &[u8]) -> usize {
        let from = text.len().saturating_sub(self.longest - 1);
        (from..text.len())
            .find(|at| {
                let tail = &text[*at..];
                self.spellings
                    .iter()
                    .any(|(s, _)| s.len() > tail.len() && s.starts_with(tail))
            })
            .map_or(0, |at| text.len() - at)
    }
}

/// The spellings of a value: as it is, in JSON, percent-encoded, hexadecimal, and inside base64 at each of the three
/// positions that it can have there.
fn spell(value: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let bytes = value.as_bytes();
    let mut all: Vec<Zeroizing<Vec<u8>>> = vec![Zeroizing::new(bytes.to_vec())];
    let mut push = |text: String| all.push(Zeroizing::new(text.into_bytes()));
    if let Ok(json) = serde_json::to_string(value) {
        let inner = json[1..json.len() - 1].to_owned();
        push(inner.replace('/', "\\/"));
        push(inner);
    }
    let hex = |upper: bool| {
        bytes.iter().map(move |b| {
            if upper {
                format!("{b:02X}")
            } else {
                format!("{b:02x}")
            }
        })
    };
    for upper in [true, false] {
        push(hex(upper).collect());
        let mut percent = String::new();
        for (byte, code) in bytes.iter().zip(hex(upper)) {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
                percent.push(*byte as char);
            } else {
                percent.push('%');
                percent.push_str(&code);
            }
        }
        push(percent);
    }
    for before in 0..3 {
        let padded = Zeroizing::new([&vec![0; before][..], bytes].concat());
        // Only the characters that no neighbour has a part in.
        let (from, to) = ([0, 2, 3][before], padded.len() * 8 / 6);
        push(STANDARD.encode(&*padded)[from..to].to_owned());
        push(URL_SAFE.encode(&*padded)[from..to].to_owned());
    }
    all
}

/// Scrubs one answer.
pub(crate) struct Scrubber {
    patterns: Arc<Patterns>,
    /// The end of what came so far, while a secret may begin in it.
    tail: Vec<u8>,
    /// How much of `tail` was sent on already.
    sent: usize,
    keeps_length: bool,
}

impl Scrubber {
    pub(crate) fn new(patterns: Arc<Patterns>) -> Self {
        Self {
            patterns,
            tail: Vec::new(),
            sent: 0,
            keeps_length: true,
        }
    }

    /// The answer announced its length: secrets are then overwritten with `*` instead of the placeholder.
    pub(crate) fn set_keeps_length(&mut self, keeps: bool) {
        self.keeps_length = keeps;
    }

    /// Whether the body keeps its length.
    pub(crate) fn keeps_length(&self) -> bool {
        self.keeps_length
    }

    /// Scrubs the next part of the body; what may be the beginning of a secret is held back.
    pub(crate) fn push(&mut self, data: Bytes) -> Bytes {
        if self.tail.is_empty() && !self.patterns.finder.is_match(&data[..]) {
            let open = self.patterns.open_tail(&data);
            self.tail = data[data.len() - open..].to_vec();
            if open < HOLD {
                self.sent = open;
                return data;
            }
            self.sent = 0;
            return data.slice(..data.len() - open);
        }
        let mut text = std::mem::take(&mut self.tail);
        text.extend_from_slice(&data);
        let mut out = Vec::with_capacity(text.len());
        let end = self.replace(&text, &mut out);
        let open = self.patterns.open_tail(&text[end..]);
        let start = text.len() - open;
        let upto = if open < HOLD { text.len() } else { start };
        let from = end.max(self.sent).min(upto);
        out.extend_from_slice(&text[from..upto]);
        // A part of the held tail may have gone out with an earlier piece.
        self.sent = upto.max(self.sent).saturating_sub(start);
        self.tail = text[start..].to_vec();
        out.into()
    }

    /// What was held back, at the end of the body.
    pub(crate) fn finish(&mut self) -> Bytes {
        let rest = self.tail.split_off(self.sent.min(self.tail.len()));
        self.tail.clear();
        self.sent = 0;
        rest.into()
    }

    /// Scrubs header values.
    pub(crate) fn headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            if self.patterns.finder.is_match(value.as_bytes()) {
                let mut copy = Self {
                    patterns: Arc::clone(&self.patterns),
                    tail: Vec::new(),
                    sent: 0,
                    keeps_length: false,
                };
                let mut out = Vec::new();
                let end = copy.replace(value.as_bytes(), &mut out);
                out.extend_from_slice(&value.as_bytes()[end..]);
                *value = HeaderValue::from_bytes(&out)
                    .unwrap_or_else(|_| HeaderValue::from_static("scrubbed"));
            }
        }
    }

    /// Writes `text` up to the end of the last secret in it, secrets replaced; returns that end. The first `self.sent`
    /// bytes were written before.
    fn replace(&mut self, text: &[u8], out: &mut Vec<u8>) -> usize {
        let mut at = self.sent;
        let mut end = 0;
        for found in self.patterns.finder.find_iter(text) {
            if at < found.start() {
                out.extend_from_slice(&text[at..found.start()]);
            }
            if self.keeps_length || found.start() < at {
                out.resize(out.len() + found.end() - found.start().max(at), b'*');
            } else {
                let (_, placeholder) = &self.patterns.spellings[found.pattern().as_usize()];
                out.extend_from_slice(placeholder.as_bytes());
            }
            at = found.end();
            end = at;
        }
        self.sent = at.max(self.sent);
        end
    }
}

#[cfg(test)]
#[path = "scrub_tests.rs"]
mod tests;
