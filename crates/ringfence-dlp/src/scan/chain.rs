//! Joins tokens that may be pieces of one: wrapped lines, concatenated literals, spaced characters, lists of numbers.
//!
//! Whether two neighbours join is decided by their bytes and the bytes between them. [`Chain::may_go_on`] answers the same question for a
//! text that ends in between: only then must the chain be held.
use crate::limits;
use crate::scan::class::{self, BLANK, LINE, QUOTE, TOKEN, class};

/// A closed token.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Token {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) flags: u16,
}

impl Token {
    pub(crate) fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// Why neighbours join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `A W S`.
    Single,
    /// `41 57 53`, `65, 87, 83`, `0x41, 0x57`.
    Numbers,
    /// `"a" + "b"`.
    Concat,
    /// Broken by a line end.
    Line,
}

/// Tokens joined so far; a lone token is a chain of one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    pub(crate) start: u64,
    pub(crate) kind: Option<Kind>,
    pub(crate) count: usize,
    /// First bytes and ends of the pieces; only for lines and literals.
    pub(crate) pieces: Vec<(u64, u64)>,
    pub(crate) last: Token,
    /// What can follow, as far as the byte after the last token says.
    single: bool,
    numbers: bool,
    quoted: bool,
    line: bool,
}

/// Most pieces of one chain.
const PIECES: usize = 1024;
/// Most bytes between two pieces.
const GAP: usize = 64;

impl Chain {
    /// A new chain of one token. `closer` is the byte after it; `fragment` tells whether it may be a piece of a secret.
    pub(crate) fn begin(&mut self, token: Token) {
        self.start = token.start;
        self.kind = None;
        self.count = 1;
        self.pieces.clear();
        self.last = token;
    }

    /// Adds a token that [`Chain::joins`].
    pub(crate) fn add(&mut self, kind: Kind, token: Token) {
        if matches!(kind, Kind::Concat | Kind::Line) {
            if self.pieces.is_empty() {
                self.pieces.push((self.last.start, self.last.end));
            }
            self.pieces.push((token.start, token.end));
        }
        self.kind = Some(kind);
        self.count += 1;
        self.last = token;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.pieces.len() >= PIECES || (self.last.end - self.start) as usize >= limits::BLOCK
    }

    /// Notes what the byte after the last token allows.
    pub(crate) fn closed_by(
        &mut self,
        bytes: &[u8],
        closer: Option<u8>,
        fragment: impl FnOnce() -> bool,
    ) {
        let Some(closer) = closer else {
            (self.single, self.numbers, self.quoted, self.line) = (false, false, false, false);
            return;
        };
        let kind = class(closer);
        let more = self.count >= 3 && kind & LINE != 0;
        self.single = bytes.len() == 1 && (closer == b' ' || more);
        self.numbers = (closer == b' ' || closer == b',' || more) && number(bytes);
        self.quoted = kind & QUOTE != 0;
        self.line = kind & (LINE | QUOTE) != 0 && fragment();
    }

    /// Whether anything can follow at all; cheap.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.single || self.numbers || self.quoted || self.line
    }

    /// Whether the token `bytes` joins over the gap; `whole`: the token is closed, so its length is final.
    pub(crate) fn joins(&self, gap: &[u8], bytes: &[u8], whole: bool) -> Option<Kind> {
        if gap.len() > GAP {
            return None;
        }
        let fits = |kind: Kind| self.kind.is_none_or(|k| k == kind);
        if self.single && fits(Kind::Single) && bytes.len() == 1 && spaced(gap) {
            return Some(Kind::Single);
        }
        let numeric = if whole {
            number(bytes)
        } else {
            number_begun(bytes)
        };
        if self.numbers && fits(Kind::Numbers) && numeric && listed(gap) {
            return Some(Kind::Numbers);
        }
        if self.quoted && fits(Kind::Concat) && literal(gap, self.line) == Fit::Whole {
            return Some(Kind::Concat);
        }
        if self.line && !self.quoted && fits(Kind::Line) && broken(gap) == Some(1) {
            return Some(Kind::Line);
        }
        None
    }

    /// Whether a token could still join after this gap, which is not over.
    pub(crate) fn may_go_on(&self, gap: &[u8]) -> bool {
        if gap.len() > GAP {
            return false;
        }
        let fits = |kind: Kind| self.kind.is_none_or(|k| k == kind);
        self.single && fits(Kind::Single) && spaced(gap)
            || self.numbers && fits(Kind::Numbers) && listed(gap)
            || self.quoted && fits(Kind::Concat) && literal(gap, self.line) != Fit::Not
            || self.line && !self.quoted && fits(Kind::Line) && broken(gap).is_some()
    }
}

fn hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn number(bytes: &[u8]) -> bool {
    match bytes {
        [b'0', b'x' | b'X', rest @ ..] => {
            matches!(rest.len(), 1 | 2) && rest.iter().all(|b| hex(*b))
        }
        [a, b] => hex(*a) && hex(*b),
        [a] => a.is_ascii_digit(),
        [a, b, c] => [a, b, c].iter().all(|b| b.is_ascii_digit()),
        _ => false,
    }
}

fn number_begun(bytes: &[u8]) -> bool {
    match bytes {
        [b'0', b'x' | b'X', rest @ ..] => rest.len() <= 2 && rest.iter().all(|b| hex(*b)),
        [a, rest @ ..] if rest.len() <= 1 => hex(*a) && rest.iter().all(|b| hex(*b)),
        other => number(other),
    }
}

/// Blanks, and punctuation that is spaced like the rest.
fn spaced(gap: &[u8]) -> bool {
    gap.len() <= 24
        && gap.iter().enumerate().all(|(at, byte)| {
            let token = class(*byte) & TOKEN != 0 || b"()[]{}<>,".contains(byte);
            let blank = matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
            if at % 2 == 0 {
                blank || *byte == b'\n'
            } else {
                token || blank
            }
        })
}

fn listed(gap: &[u8]) -> bool {
    gap.len() <= 24
        && gap.iter().filter(|byte| **byte == b',').count() <= 1
        && gap
            .iter()
            .all(|byte| matches!(byte, b' ' | b',' | b'\n' | b'\r' | b'\t'))
}

/// Line ends in the gap, at most one; `None`: more than a line end and what may begin a line.
fn broken(gap: &[u8]) -> Option<u32> {
    let mut lines = 0;
    let mut after = 0;
    for byte in gap {
        match byte {
            b'\n' => lines += 1,
            b'\r' if lines == 0 => {}
            b' ' | b'\t' | b'>' | b'#' | b'*' | b'|' if lines == 1 && after <= 32 => after += 1,
            b'+' | b'/' | b'-' | b'_' | b'=' if lines == 1 => after += 1,
            _ => return None,
        }
    }
    (lines <= 1).then_some(lines)
}

#[derive(PartialEq, Eq)]
enum Fit {
    Not,
    /// So far; more must follow.
    Begun,
    Whole,
}

/// A quote, blanks, perhaps an operator, blanks, a quote. Over a line end only with an operator, or after a fragment.
fn literal(gap: &[u8], fragment: bool) -> Fit {
    let mut gap = gap.iter().copied().peekable();
    if !gap.next().is_some_and(|b| class(b) & QUOTE != 0) {
        return Fit::Not;
    }
    let (mut operator, mut line) = (0, false);
    loop {
        match gap.next() {
            None if line && operator == 0 && !fragment => return Fit::Not,
            None => return Fit::Begun,
            Some(b'+' | b'.' | b'&' | b'~' | b'\\')
                if operator < 2 && (!line || fragment || operator > 0) =>
            {
                operator += 1
            }
            Some(byte) if class(byte) & LINE != 0 => line = true,
            Some(byte) if class(byte) & BLANK != 0 => {}
            Some(byte) if class(byte) & QUOTE != 0 => break,
            Some(_) => return Fit::Not,
        }
    }
    if line && operator == 0 && !fragment {
        return Fit::Not;
    }
    // Inside the next literal: token bytes that no token begins with.
    if gap.all(|byte| class(byte) & class::TOKEN != 0 && class(byte) & class::START == 0) {
        Fit::Whole
    } else {
        Fit::Not
    }
}
