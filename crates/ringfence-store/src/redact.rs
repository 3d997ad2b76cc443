//! Keeps secrets and endless text out of the log: the last guard, behind makers of events that should not pass any.

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use ringfence_policy::event::Event;
use serde_json::Value;

use crate::limits::{MAX_ITEMS, MIN_SECRET};

/// A value that must not appear in the log, in any common spelling.
#[derive(Clone)]
pub struct Secret {
    /// Name that stands in its place.
    pub name: String,
    /// The value.
    pub value: String,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Why a secret can not be guarded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedactError {
    /// So short that it occurs by accident.
    #[error(
        "secret {name:?} is shorter than {MIN_SECRET} bytes and can not be kept out of the audit log"
    )]
    TooShort {
        /// Name of the secret.
        name: String,
    },
    /// Together so long that they can not be searched for.
    #[error("the secrets are too long to be kept out of the audit log")]
    TooLong,
}

/// Finds secrets in text and replaces them.
#[derive(Default)]
pub(crate) struct Redactor {
    /// (spelling, what replaces it).
    spellings: Vec<(String, String)>,
    /// All spellings at once: every line of the log passes here. `None` while there is nothing to look for.
    search: Option<AhoCorasick>,
}

impl Redactor {
    /// Adds secrets; an empty one is nothing and ignored.
    pub(crate) fn add(&mut self, secrets: &[Secret]) -> Result<(), RedactError> {
        let mut known: HashSet<String> = self
            .spellings
            .iter()
            .map(|(text, _)| text.clone())
            .collect();
        for secret in secrets {
            let value = secret.value.trim_end_matches(['\r', '\n']);
            if value.is_empty() {
                continue;
            }
            if value.len() < MIN_SECRET {
                return Err(RedactError::TooShort {
                    name: secret.name.clone(),
                });
            }
            let mark = format!("[redacted {}]", secret.name);
            for spelling in spellings(value) {
                if spelling.len() >= MIN_SECRET && known.insert(spelling.clone()) {
                    self.spellings.push((spelling, mark.clone()));
                }
            }
        }
        if self.spellings.is_empty() {
            return Ok(());
        }
        // The longest match at a place wins, so that a spelling inside another does not leave a rest. The automaton is the kind
        // that is quick to build: it is built at the start of each session.
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(self.spellings.iter().map(|(text, _)| text));
        self.search = Some(built.map_err(|_| RedactError::TooLong)?);
        Ok(())
    }

    /// Whether the text holds a secret in any spelling.
    pub(crate) fn finds(&self, text: &str) -> bool {
        self.known(text).is_some() || decoded(text).is_some_and(|text| self.known(&text).is_some())
    }

    /// What replaces the first spelling found.
    fn known(&self, text: &str) -> Option<&str> {
        let found = self.search.as_ref()?.find(text)?;
        self.spellings
            .get(found.pattern().as_usize())
            .map(|(_, mark)| mark.as_str())
    }

    fn replace(&self, text: &mut String) {
        let Some(search) = &self.search else { return };
        if search.is_match(text.as_str()) {
            let mut clean = String::with_capacity(text.len());
            search.replace_all_with(text, &mut clean, |found, _, clean| {
                let mark = self.spellings.get(found.pattern().as_usize());
                clean.push_str(mark.map_or("[redacted]", |(_, mark)| mark));
                true
            });
            *text = clean;
        }
        // Escaped in a way of its own: the whole field goes.
        if let Some(mark) = decoded(text).and_then(|text| self.known(&text)) {
            *text = mark.to_owned();
        }
    }

    /// The event without secrets and with no field longer than `longest` bytes; `None` when nothing sensible is left of it.
    pub(crate) fn clean(&self, event: &Event, longest: usize) -> Option<Event> {
        let mut value = serde_json::to_value(event).ok()?;
        self.walk(&mut value, longest);
        let mut event = serde_json::from_value(value).ok()?;
        // A secret spread over several arguments would come together in the command line.
        if let Event::SessionStart { argv, .. } = &mut event
            && let Some(mark) = self.known(&argv.join(" "))
        {
            *argv = vec![mark.to_owned()];
        }
        Some(event)
    }

    fn walk(&self, value: &mut Value, longest: usize) {
        match value {
            Value::String(text) => {
                self.replace(text);
                shorten(text, longest);
            }
            Value::Array(items) => {
                let more = items.len().saturating_sub(MAX_ITEMS);
                items.truncate(MAX_ITEMS);
                items.iter_mut().for_each(|item| self.walk(item, longest));
                if more > 0 {
                    items.push(Value::String(format!("[{more} more]")));
                }
            }
            Value::Object(members) => members
                .values_mut()
                .for_each(|member| self.walk(member, longest)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The text with its percent escapes undone, twice where they are doubled; `None` when it has none.
fn decoded(text: &str) -> Option<String> {
    let once = decoded_once(text)?;
    Some(decoded_once(&once).unwrap_or(once))
}

fn decoded_once(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let digit = |c: Option<&u8>| {
        c.and_then(|c| char::from(*c).to_digit(16))
            .and_then(|d| u8::try_from(d).ok())
    };
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        match (
            bytes[at],
            digit(bytes.get(at + 1)),
            digit(bytes.get(at + 2)),
        ) {
            (b'%', Some(high), Some(low)) => {
                plain.push(high << 4 | low);
                at += 3;
            }
            (byte, ..) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    Some(String::from_utf8_lossy(&plain).into_owned())
}

fn shorten(text: &mut String, longest: usize) {
    if text.len() <= longest {
        return;
    }
    let mut end = longest;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let more = text.len() - end;
    text.truncate(end);
    text.push_str(&format!("[{more} more bytes]"));
}

/// The spellings of a secret that are looked for: plain, as JSON writes it, percent-encoded
/// (other ways of that are undone before looking), hexadecimal, and base64 (both
/// alphabets) at each of the three alignments, so that `Basic` credentials with the secret in the middle are found as well.
fn spellings(value: &str) -> Vec<String> {
    let bytes = value.as_bytes();
    let mut all = vec![value.to_owned()];
    if let Ok(json) = serde_json::to_string(value) {
        all.push(json[1..json.len() - 1].to_owned());
    }
    // As a line of the log writes it.
    all.push(crate::record::ascii_json(value));
    for digits in [b"0123456789ABCDEF", b"0123456789abcdef"] {
        all.push(percent(bytes, digits, |b| {
            b.is_ascii_alphanumeric() || b"-._~".contains(&b)
        }));
        all.push(percent(bytes, digits, |b| {
            b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&b)
        }));
        all.push(percent(bytes, digits, |_| false));
        all.push(
            bytes
                .iter()
                .flat_map(|b| [digits[usize::from(b >> 4)], digits[usize::from(b & 15)]])
                .map(char::from)
                .collect(),
        );
    }
    all.push(
        percent(bytes, b"0123456789ABCDEF", |b| {
            b.is_ascii_alphanumeric() || b"-._*".contains(&b)
        })
        .replace("%20", "+"),
    );
    for last in [b"+/", b"-_"] {
        for shift in 0..3 {
            let text = base64_middle(bytes, shift, last);
            // A short middle occurs by accident and says little about the secret.
            if text.len() >= 8 {
                all.push(text);
            }
        }
    }
    all
}

fn percent(bytes: &[u8], digits: &[u8; 16], plain: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for &b in bytes {
        if plain(b) {
            text.push(char::from(b));
        } else {
            text.push('%');
            text.push(char::from(digits[usize::from(b >> 4)]));
            text.push(char::from(digits[usize::from(b & 15)]));
        }
    }
    text
}

/// The base64 characters that depend on the secret alone when `shift` bytes stand before it.
fn base64_middle(bytes: &[u8], shift: usize, last: &[u8; 2]) -> String {
    let digit = |six: u8| match six {
        0..=25 => b'A' + six,
        26..=51 => b'a' + six - 26,
        52..=61 => b'0' + six - 52,
        62 => last[0],
        _ => last[1],
    };
    let (first_bit, end_bit) = (shift * 8, (shift + bytes.len()) * 8);
    (first_bit.div_ceil(6)..end_bit / 6)
        .map(|character| {
            let six = (character * 6..character * 6 + 6).fold(0, |six, bit| {
                let bit = bit - first_bit;
                six << 1 | bytes[bit / 8] >> (7 - bit % 8) & 1
            });
            char::from(digit(six))
        })
        .collect()
}

#[cfg(test)]
mod tests;
