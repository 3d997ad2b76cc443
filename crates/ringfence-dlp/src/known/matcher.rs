//! What one stream remembers of known values that may have begun.
use crate::finding::Transform;
use crate::known::pattern::{Values, squeeze};
use crate::limits;
use crate::scan::class::{STOP, TOKEN, class, unseen};
use crate::scan::machine::Text;
use crate::scan::mark::{Mark, Rule};

/// Patterns followed at once; the oldest is given up for a new one, which only text made of one repeated character does.
const ACTIVE: usize = 256;
/// Most bytes of the stream between two letters of a value.
const GAP: u64 = 128;

#[derive(Clone, Copy, Debug)]
struct Active {
    pattern: u32,
    next: u32,
    /// First byte that will be redacted.
    start: u64,
    /// Its first letter, for comparing with the value as written.
    first: u64,
}

/// A value that is complete but for the punctuation at its end.
#[derive(Clone, Copy, Debug)]
struct Tail {
    start: u64,
    end: u64,
    value: usize,
    /// Bytes of the value seen.
    seen: usize,
}

/// The state.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    gram: u32,
    /// Place of the last letter.
    last: u64,
    escaped: bool,
    active: Vec<Active>,
    tails: Vec<Tail>,
}

impl Matcher {
    /// Reads the text from `from` to its end.
    pub(crate) fn feed(
        &mut self,
        values: &Values,
        text: &Text<'_>,
        from: u64,
        marks: &mut Vec<Mark>,
    ) {
        literals(values, text, from, marks);
        let (mut gram, mut last, mut escaped) = (self.gram, self.last, self.escaped);
        for (at, byte) in (from..).zip(text.slice(from, text.end())) {
            if !self.tails.is_empty() {
                self.tail(values, *byte, marks);
            }
            let Some(letter) = squeeze(*byte) else {
                escaped = *byte == b'\\';
                continue;
            };
            // The line ends of a text inside a string.
            if std::mem::take(&mut escaped) && matches!(*byte, b'n' | b'r' | b't') {
                continue;
            }
            if at - last > GAP {
                self.active.clear();
                gram = 0;
            }
            last = at;
            gram = gram << 8 | u32::from(letter);
            if !self.active.is_empty() {
                self.follow(values, text, at, letter, marks);
            }
            let begun = values.begin(gram);
            if !begun.is_empty()
                && let Some(places) = places(text, at)
            {
                for &pattern in begun {
                    self.start(values, text, pattern, places);
                }
            }
        }
        (self.gram, self.last, self.escaped) = (gram, last, escaped);
    }

    fn start(&mut self, values: &Values, text: &Text<'_>, pattern: u32, places: [u64; 4]) {
        if self.active.len() >= ACTIVE {
            self.active.remove(0);
        }
        let first = places[0];
        let mut start = first;
        let entry = &values.patterns[pattern as usize];
        let value = values.known[entry.value].value.as_slice();
        let lead = value
            .iter()
            .position(|b| squeeze(*b).is_some())
            .unwrap_or(0);
        let written = text.slice(first, places[3] + 1);
        if entry.plain && value[lead..].starts_with(written) {
            let before = first.saturating_sub(lead as u64);
            if text.slice(before, first) == &value[..lead] {
                start = before;
            }
        } else {
            // What stands before a gap that closes a token may have left already.
            for pair in places.windows(2) {
                if !held_together(text.slice(pair[0] + 1, pair[1])) {
                    start = pair[1];
                }
            }
        }
        self.active.push(Active {
            pattern,
            next: 4,
            start,
            first,
        });
    }

    fn follow(
        &mut self,
        values: &Values,
        text: &Text<'_>,
        at: u64,
        letter: u8,
        marks: &mut Vec<Mark>,
    ) {
        let tails = &mut self.tails;
        self.active.retain_mut(|active| {
            let pattern = &values.patterns[active.pattern as usize];
            if pattern.squeezed.get(active.next as usize) != Some(&letter)
                || at - active.start > limits::WINDOW as u64
            {
                return false;
            }
            active.next += 1;
            if (active.next as usize) < pattern.squeezed.len() {
                return true;
            }
            let value = values.known[pattern.value].value.as_slice();
            let lead = value
                .iter()
                .position(|b| squeeze(*b).is_some())
                .unwrap_or(0);
            let trail = value
                .iter()
                .rposition(|b| squeeze(*b).is_some())
                .map_or(0, |at| at + 1);
            let written = text.slice(active.first, at + 1);
            let core = &value[lead..trail];
            if pattern.plain && written == core {
                tails.push(Tail {
                    start: active.start,
                    end: at + 1,
                    value: pattern.value,
                    seen: trail,
                });
                if trail == value.len() {
                    flush(tails, marks);
                }
            } else {
                let case = pattern.plain && written.eq_ignore_ascii_case(core);
                marks.push(Mark {
                    start: active.start,
                    end: at + 1,
                    rule: Rule::Known(pattern.value),
                    transforms: vec![if case {
                        Transform::CaseChanged
                    } else {
                        Transform::Encoded
                    }],
                    spread: !pattern.plain,
                });
            }
            false
        });
    }

    fn tail(&mut self, values: &Values, byte: u8, marks: &mut Vec<Mark>) {
        let mut over = Vec::new();
        self.tails.retain_mut(|tail| {
            let value = values.known[tail.value].value.as_slice();
            if value.get(tail.seen) == Some(&byte) {
                tail.seen += 1;
                tail.end += 1;
                if tail.seen < value.len() {
                    return true;
                }
            }
            over.push(*tail);
            false
        });
        flush(&mut over, marks);
    }

    /// From where on bytes must be held.
    pub(crate) fn hold(&self, values: &Values, text: &Text<'_>) -> Option<u64> {
        let active = self.active.iter().map(|active| active.start);
        let tails = self.tails.iter().map(|tail| tail.start);
        let begun = values
            .known
            .iter()
            .enumerate()
            .filter_map(|(place, known)| {
                let value = known.value.as_slice();
                let most = if values.literal.contains(&place) {
                    value.len() - 1
                } else {
                    // After four letters the pattern is followed.
                    value
                        .iter()
                        .enumerate()
                        .filter(|(_, b)| squeeze(**b).is_some())
                        .nth(3)
                        .map_or(value.len(), |(at, _)| at + 1)
                        - 1
                };
                let most = most.min(text.bytes.len());
                let length = (1..=most)
                    .rev()
                    .find(|length| text.bytes.ends_with(&value[..*length]))?;
                Some(text.end() - length as u64)
            });
        active.chain(tails).chain(begun).min()
    }

    /// The end of the text.
    pub(crate) fn finish(&mut self, marks: &mut Vec<Mark>) {
        flush(&mut self.tails, marks);
    }
}

/// Where the last four letters stand. They are at most three gaps back, which is less than what is kept of the stream.
fn places(text: &Text<'_>, at: u64) -> Option<[u64; 4]> {
    let mut places = [at; 4];
    let mut left = 3;
    let mut back = at;
    while left > 0 {
        back = back.checked_sub(1)?;
        let byte = text.byte(back)?;
        let before = back.checked_sub(1).and_then(|back| text.byte(back));
        let escaped = before == Some(b'\\') && matches!(byte, b'n' | b'r' | b't');
        if squeeze(byte).is_some() && !escaped {
            left -= 1;
            places[left] = back;
        }
    }
    Some(places)
}

fn flush(tails: &mut Vec<Tail>, marks: &mut Vec<Mark>) {
    for tail in tails.drain(..) {
        marks.push(Mark {
            start: tail.start,
            end: tail.end,
            rule: Rule::Known(tail.value),
            transforms: Vec::new(),
            spread: false,
        });
    }
}

/// Whether a gap within a value is inside one token.
fn held_together(mut gap: &[u8]) -> bool {
    while let Some(byte) = gap.first() {
        let length = match unseen(gap) {
            Some(length @ 1..) if gap.get(1) != Some(&0) => length,
            _ if class(*byte) & TOKEN != 0 && class(*byte) & STOP == 0 => 1,
            _ => return false,
        };
        gap = &gap[length..];
    }
    true
}

/// Values of punctuation, compared as they are, at every place.
fn literals(values: &Values, text: &Text<'_>, from: u64, marks: &mut Vec<Mark>) {
    for &place in &values.literal {
        let value = values.known[place].value.as_slice();
        let begin = from.saturating_sub(value.len() as u64 - 1).max(text.base);
        let region = text.slice(begin, text.end());
        let mut at = 0;
        while let Some(found) = memchr::memmem::find(region.get(at..).unwrap_or_default(), value) {
            let start = begin + (at + found) as u64;
            marks.push(Mark {
                start,
                end: start + value.len() as u64,
                rule: Rule::Known(place),
                transforms: Vec::new(),
                spread: false,
            });
            at += found + 1;
        }
    }
}
