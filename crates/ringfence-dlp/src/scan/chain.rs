//! Joins tokens that may be pieces of one: wrapped lines, concatenated literals, spaced characters, lists of numbers.
//!
//! Whether two neighbours join is decided by their bytes and the bytes between them. [`Chain::may_go_on`] answers the same question for a
//! text that ends in between: only then must the chain be held.
use crate::limits;
use crate::scan::class::{BLANK, DASH, DIGIT, LETTER, LINE, QUOTE, START, TOKEN, class};

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

/// Whether the last token of a line can be a piece of something secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fragment {
    #[default]
    No,
    /// By the name before it: the next line must go on in its first column.
    Weak,
    /// By itself.
    Strong,
}

/// Tokens joined so far; a lone token is a chain of one.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    pub(crate) start: u64,
    pub(crate) kind: Option<Kind>,
    pub(crate) count: usize,
    /// Where the pieces begin and end, of lines and literals; the last one ends with the last token.
    pub(crate) pieces: Vec<(u64, u64)>,
    pub(crate) last: Token,
    /// Length that a full line has; 0: not known yet.
    width: u64,
    /// Two guesses at it, from the first line.
    guesses: (u64, u64),
    /// What can follow, as far as the byte after the last token says.
    single: bool,
    numbers: bool,
    quoted: bool,
    line: Fragment,
}

/// Most pieces of one chain.
const PIECES: usize = 1024;
/// Most bytes between two pieces.
const GAP: usize = 64;

impl Chain {
    /// A new chain of one token.
    #[inline]
    pub(crate) fn begin(&mut self, token: Token) {
        self.start = token.start;
        self.kind = None;
        self.count = 1;
        self.last = token;
    }

    /// Adds a token that [`Chain::joins`] over the gap; `column`: how far the first piece stands from the start of its line.
    pub(crate) fn add(
        &mut self,
        kind: Kind,
        token: Token,
        gap: &[u8],
        column: impl FnOnce() -> u64,
    ) {
        if self.kind.is_none() {
            self.pieces.clear();
            self.pieces.push((self.start, self.last.end));
            self.width = 0;
            if kind == Kind::Line {
                let first = self.last.end - self.start;
                self.guesses = (first, first + column());
            }
        }
        let after = self.last.end;
        let edges = match kind {
            Kind::Single | Kind::Numbers => None,
            Kind::Concat => edges(gap, |b| class(b) & QUOTE != 0),
            Kind::Line => edges(gap, |b| class(b) & LINE != 0).map(|(first, last)| {
                let indent = gap[last..].iter().take_while(|b| indents(**b)).count();
                (first, last + indent)
            }),
        };
        if let (Some((first, last)), Some(piece)) = (edges, self.pieces.last_mut()) {
            piece.1 = after + first as u64;
            self.pieces.push((after + last as u64, token.end));
        } else if let Some(piece) = self.pieces.last_mut() {
            piece.1 = token.end;
        }
        self.kind = Some(kind);
        self.count += 1;
        self.last = token;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.count > 1
            && (self.pieces.len() >= PIECES
                || (self.last.end - self.start) as usize >= limits::BLOCK)
    }

    /// Whether the line that ended is as long as those before it, as in a wrapped block.
    pub(crate) fn line_is_full(&mut self) -> bool {
        let Some(piece) = self.pieces.last().filter(|_| self.kind == Some(Kind::Line)) else {
            return false;
        };
        let length = piece.1 - piece.0;
        let full = match self.width {
            // A line that is one token may follow a first line that something stands before.
            0 => {
                let lone =
                    self.last.start <= piece.0 + 4 && length >= 16 && self.last.flags & DIGIT != 0;
                lone || length == self.guesses.0 || length == self.guesses.1
            }
            width => length == width,
        };
        self.width = length;
        full && length >= 10
    }

    /// Notes what the byte after the last token allows.
    pub(crate) fn closed_by(&mut self, bytes: &[u8], closer: Option<u8>, fragment: Fragment) {
        let Some(closer) = closer else {
            self.close();
            return;
        };
        let kind = class(closer);
        let more = self.count >= 3 && kind & LINE != 0;
        self.single = bytes.len() == 1 && (closer == b' ' || more);
        self.numbers = (closer == b' ' || closer == b',' || more) && number(bytes);
        self.quoted = kind & QUOTE != 0;
        self.line = fragment;
    }

    pub(crate) fn close(&mut self) {
        (self.single, self.numbers, self.quoted, self.line) = (false, false, false, Fragment::No);
    }

    /// Whether anything can follow at all; cheap.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.single
            || self.numbers
            || self.quoted
            || self.line != Fragment::No
            || self.kind.is_some()
    }

    /// Whether the token `bytes` joins over the gap; `whole`: the token is closed, so its length is final.
    pub(crate) fn joins(&self, gap: &[u8], bytes: &[u8], whole: bool) -> Option<Kind> {
        if gap.len() > GAP {
            return None;
        }
        if self.single
            && self.fits(Kind::Single)
            && bytes.len() == 1
            && gap.len() % 2 == 1
            && spaced(gap)
        {
            return Some(Kind::Single);
        }
        let numeric = || {
            if whole {
                number(bytes)
            } else {
                number_begun(bytes)
            }
        };
        if self.numbers && self.fits(Kind::Numbers) && listed(gap) && numeric() {
            return Some(Kind::Numbers);
        }
        if self.literal(gap) == Fit::Whole {
            return Some(Kind::Concat);
        }
        if self.breaks(gap) == Some(1) {
            return Some(Kind::Line);
        }
        self.kind.filter(|_| self.inner(gap))
    }

    /// Whether a token could still join after this gap, which is not over.
    pub(crate) fn may_go_on(&self, gap: &[u8]) -> bool {
        gap.len() <= GAP
            && (self.single && self.fits(Kind::Single) && spaced(gap)
                || self.numbers && self.fits(Kind::Numbers) && listed(gap)
                || self.literal(gap) != Fit::Not
                || self.breaks(gap).is_some()
                || self.inner(gap))
    }

    fn fits(&self, kind: Kind) -> bool {
        self.kind.is_none_or(|k| k == kind)
    }

    /// Within a line or a literal that goes on from another: blanks and signs of assignment, after the rest of a name.
    fn inner(&self, gap: &[u8]) -> bool {
        let name = self.last.flags & !(LETTER | DASH) == 0;
        let literal = self.kind == Some(Kind::Concat);
        (literal || self.kind == Some(Kind::Line) && name)
            && gap.len() <= 6
            && gap
                .iter()
                .all(|b| matches!(b, b' ' | b'=' | b':') || !literal && class(*b) & QUOTE != 0)
    }

    /// Line ends in the gap, at most one; `None`: more than a line end and what may begin a line.
    fn breaks(&self, gap: &[u8]) -> Option<u32> {
        if self.line == Fragment::No || self.quoted || !self.fits(Kind::Line) {
            return None;
        }
        let mut lines = 0;
        let mut after = 0;
        for byte in gap {
            match byte {
                b'\n' => lines += 1,
                b'\r' if lines == 0 => {}
                byte if indents(*byte)
                    && lines == 1
                    && after <= 32
                    && self.line == Fragment::Strong =>
                {
                    after += 1
                }
                b'+' | b'/' | b'-' | b'_' | b'=' | b'.' if lines == 1 => after += 1,
                _ => return None,
            }
        }
        (lines <= 1).then_some(lines)
    }

    /// A quote, blanks, perhaps an operator, blanks, a quote. Over a line end only with an operator, or after a fragment.
    fn literal(&self, gap: &[u8]) -> Fit {
        let inside = self.kind == Some(Kind::Concat);
        if !(self.quoted || inside) || !self.fits(Kind::Concat) {
            return Fit::Not;
        }
        let fragment = self.line != Fragment::No;
        let mut gap = gap.iter().copied();
        let mut before = 0;
        loop {
            match gap.next() {
                None => return if inside { Fit::Begun } else { Fit::Not },
                Some(byte) if class(byte) & QUOTE != 0 => break,
                Some(b' ' | b'=' | b':' | b'.' | b'-' | b'+' | b'/' | b'_')
                    if inside && before < 8 =>
                {
                    before += 1
                }
                Some(_) => return Fit::Not,
            }
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
        // Inside the next literal: bytes that no token begins with.
        let begins = |byte: u8| {
            class(byte) & TOKEN != 0 && class(byte) & START == 0 || byte == b' ' || byte == b'\n'
        };
        if gap.all(begins) {
            Fit::Whole
        } else {
            Fit::Not
        }
    }
}

#[derive(PartialEq, Eq)]
enum Fit {
    Not,
    /// So far; more must follow.
    Begun,
    Whole,
}

/// The first byte of a kind in the gap, and the place after the last.
fn edges(gap: &[u8], kind: impl Fn(u8) -> bool) -> Option<(usize, usize)> {
    let first = gap.iter().position(|b| kind(*b))?;
    let last = gap.iter().rposition(|b| kind(*b))?;
    Some((first, last + 1))
}

fn indents(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'>' | b'#' | b'*' | b'|')
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

/// Every other byte separates, the rest is text: spaced punctuation, and blanks that were spaced themselves.
fn spaced(gap: &[u8]) -> bool {
    gap.len() <= 25
        && gap.iter().enumerate().all(|(at, byte)| {
            if at % 2 == 0 {
                matches!(byte, b' ' | b'\n' | b'\t')
            } else {
                matches!(byte, b' '..=b'~' | b'\n')
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
