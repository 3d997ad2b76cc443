//! Private keys in PEM (RFC 7468, RFC 9580 armour): from the head on, body and foot go whole, however long, cut off or escaped.
//!
//! The head alone is no secret and passes. The body is recognised by its first runs of base64; until then it is held.
use crate::detector::Detector;
use crate::finding::Tier;
use crate::scan::machine::Text;
use crate::scan::mark::{Mark, Rule};

/// How the head of a private key ends.
pub(crate) const HEADS: [&str; 3] = [
    "PRIVATE KEY-----",
    "PRIVATE KEY BLOCK-----",
    "PRIVATE KEY ----",
];

/// The row that findings of this module carry.
pub static PRIVATE_KEY: Detector = Detector {
    id: "private-key",
    name: "Private key in PEM",
    vendor: "RFC 7468",
    tier: Tier::Block,
    keywords: &["PRIVATE KEY-----", "PRIVATE KEY BLOCK-----"],
    pattern: r"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----",
    group: 0,
    validate: None,
    entropy: 0.0,
    since: "0.1.0",
    examples: &[],
    negatives: &["-----BEGIN PRIVATE KEY-----"],
};

/// Base64 characters after which a body is a body.
const SURE: u64 = 40;
/// Shortest run of base64 that is a line of a body by itself.
const RUN: u64 = 16;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    /// In the body.
    Body,
    /// In a line `Name: value` before the body.
    Header,
    /// After `-----END`.
    Foot,
}

/// The key being read.
#[derive(Debug, Default)]
pub(crate) struct Pem {
    state: State,
    /// First byte of the body.
    start: u64,
    /// End of what certainly belongs to it.
    sure: u64,
    /// Base64 characters that certainly belong to it.
    accepted: u64,
    /// The run being read, if one is.
    run: Option<u64>,
    /// A short run that belongs to it if a long run or the foot follows.
    doubtful: Option<u64>,
    dashes: u32,
    escaped: bool,
    headers: u32,
}

impl Pem {
    /// Whether what ends at `end` is the head of a private key.
    pub(crate) fn begins(text: &Text<'_>, end: u64) -> bool {
        let before = text.slice(end.saturating_sub(72).max(text.base), end);
        let line = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(before, |at| &before[at + 1..]);
        line.windows(9).any(|part| {
            part.eq_ignore_ascii_case(b"---BEGIN ") || part.eq_ignore_ascii_case(b"-- BEGIN ")
        })
    }

    pub(crate) fn begin(&mut self, start: u64) {
        *self = Self {
            state: State::Body,
            start,
            sure: start,
            ..Self::default()
        };
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// The key found so far, if it is certain to be one: the bytes from its start up to the offset are part of it.
    pub(crate) fn certain(&self) -> Option<(u64, u64)> {
        (self.is_open() && self.accepted >= SURE).then_some((self.start, self.sure))
    }

    /// From where on bytes must be held.
    pub(crate) fn hold(&self) -> Option<u64> {
        self.is_open().then(|| {
            if self.accepted >= SURE {
                self.sure
            } else {
                self.start
            }
        })
    }

    /// Reads on; gives the offset from which the text is read normally, or its end if the key goes on.
    pub(crate) fn advance(
        &mut self,
        text: &Text<'_>,
        from: u64,
        last: bool,
        marks: &mut Vec<Mark>,
    ) -> u64 {
        for (at, byte) in (from..).zip(text.slice(from, text.end())) {
            if let Some(end) = self.read(at, *byte) {
                return self.close(end, marks);
            }
        }
        let end = text.end();
        if last {
            if self.state == State::Body {
                self.end_run(end);
                // Cut off: the last line belongs to it, however short.
                if self.doubtful.is_some() {
                    self.sure = end;
                }
            }
            let end = if self.state == State::Foot {
                end
            } else {
                self.sure
            };
            return self.close(end, marks);
        }
        end
    }

    fn close(&mut self, end: u64, marks: &mut Vec<Mark>) -> u64 {
        let (start, certain) = (self.start, self.accepted >= SURE);
        *self = Self::default();
        if !certain {
            return start;
        }
        marks.push(Mark {
            start,
            end,
            rule: Rule::Detector(&PRIVATE_KEY),
            transforms: Vec::new(),
            spread: false,
        });
        end
    }

    /// One byte; `Some` if the key ended, with the offset at which it did.
    fn read(&mut self, at: u64, byte: u8) -> Option<u64> {
        match self.state {
            State::Closed => Some(at),
            State::Header => {
                if matches!(byte, b'\n' | b'\\') {
                    self.state = State::Body;
                    self.escaped = byte == b'\\';
                } else if at - self.start > 4096 {
                    return Some(self.sure);
                }
                None
            }
            State::Foot => {
                if byte == b'-' {
                    self.dashes += 1;
                    // Five before END, five after the name.
                    if self.dashes >= 5 {
                        return Some(at + 1);
                    }
                } else if self.dashes > 0 || matches!(byte, b'\n' | b'"') {
                    return Some(at);
                }
                (at - self.sure > 96).then_some(at)
            }
            State::Body => self.body(at, byte),
        }
    }

    fn body(&mut self, at: u64, byte: u8) -> Option<u64> {
        if std::mem::take(&mut self.escaped) && matches!(byte, b'n' | b'r' | b't') {
            return None;
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=') {
            if self.dashes >= 4 {
                // `-----END`: the foot.
                self.doubtful = None;
                self.sure = at;
                self.dashes = 0;
                self.state = State::Foot;
                return None;
            }
            self.dashes = 0;
            if self.run.is_none() {
                // A third short run in a row is prose.
                self.run = Some(at);
            }
            return None;
        }
        let line = self.run.is_some() && byte == b':';
        if line && self.accepted == 0 && self.headers < 8 {
            self.headers += 1;
            self.run = None;
            self.doubtful = None;
            self.state = State::Header;
            return None;
        }
        if byte == b'-' {
            if self.accepted == 0 && self.run.is_some() {
                // `Proc-Type:`.
                return None;
            }
            self.end_run(at);
            self.dashes += 1;
            return None;
        }
        if !self.end_run(at) {
            return Some(self.doubtful.unwrap_or(self.sure));
        }
        self.dashes = 0;
        match byte {
            b'\\' => self.escaped = true,
            b'\n' | b'\r' | b' ' | b'\t' | b'"' | b'\'' | b'`' | b',' | b'.' | b'>' | b'#'
            | b'*' | b'|' | b'<' => {}
            _ => return Some(self.doubtful.unwrap_or(self.sure)),
        }
        // Glue without end is no body.
        (at - self.sure > 1024).then(|| self.doubtful.unwrap_or(self.sure))
    }

    /// A run ended at `at`; `false`: it shows that the body had ended before.
    fn end_run(&mut self, at: u64) -> bool {
        let Some(start) = self.run.take() else {
            return true;
        };
        if at - start >= RUN {
            self.accepted += at - start;
            self.sure = at;
            self.doubtful = None;
            return true;
        }
        if self.doubtful.is_some() {
            return false;
        }
        self.doubtful = Some(start);
        true
    }
}
