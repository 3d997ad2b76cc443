//! Private keys in PEM (RFC 7468, RFC 9580 armour): from the head on, body and foot go whole, however long, cut off or escaped.
//!
//! The head alone is no secret and passes. The body is recognised by its first runs of base64; until then it is held.
use crate::detector::Detector;
use crate::finding::{Tier, Transform};
use crate::limits::WINDOW;
use crate::scan::class::{DIGIT, LOWER, UPPER, class};
use crate::scan::machine::Text;
use crate::scan::mark::{Mark, Rule};
use crate::scan::prefilter::{Written, rot13};

/// How the head of a private key begins, as written, rotated, and as its foot begins backwards.
pub(crate) const HEADS: [(&str, Written); 3] = [
    ("---BEGIN", Written::Plain),
    ("---ORTVA", Written::Rot13),
    ("---YEK", Written::Reversed),
];

/// Whether a head is one of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    No,
    /// More bytes are needed.
    Begun,
    /// It is; it ends after so many bytes.
    Whole(usize),
}

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
/// A run without a line break is taken for part of the body in pieces of so many bytes: it may have no end.
const PIECE: u64 = 4096;
/// Longest glue in a body, in bytes.
const GLUE: u64 = 1024;

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
    /// Classes of the characters of the body.
    classes: u16,
    /// The run being read stands by itself: not between blanks.
    apart: bool,
    /// The run being read is a plus sign, as between literals.
    plus: bool,
    /// The last glue was more than blanks.
    strong: bool,
    written: Option<Written>,
}

impl Pem {
    /// Reads the head from the bytes after its first word. It may be wrapped, or put together from literals.
    pub(crate) fn head(bytes: &[u8], written: Written) -> Head {
        let mut name = Vec::with_capacity(48);
        let mut dashes = 0;
        for (at, byte) in bytes.iter().take(200).enumerate() {
            match byte {
                b'-' => dashes += 1,
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' if dashes == 0 && name.len() < 48 => {
                    let upper = byte.to_ascii_uppercase();
                    name.push(if written == Written::Rot13 {
                        rot13(upper)
                    } else {
                        upper
                    });
                }
                b' ' | b'\n' | b'\r' | b'\t' | b'"' | b'\'' | b'+' | b'.' | b'>' | b'#' | b'*'
                | b'\\' | 0
                    if dashes == 0 => {}
                b'"' | b'\'' | b'+' | b' ' if dashes < 4 => {}
                _ if dashes == 4 && names_key(&name, written) => return Head::Whole(at),
                _ => return Head::No,
            }
            if dashes == 1 && !names_key(&name, written) {
                return Head::No;
            }
            if dashes == 5 {
                return Head::Whole(at + 1);
            }
        }
        if bytes.len() >= 200 {
            Head::No
        } else {
            Head::Begun
        }
    }

    pub(crate) fn begin(&mut self, start: u64, written: Written) {
        *self = Self {
            written: Some(written),
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
        (self.is_open() && self.is_sure()).then_some((self.start, self.sure))
    }

    /// From where on bytes must be held.
    pub(crate) fn hold(&self) -> Option<u64> {
        self.is_open().then(|| {
            if self.is_sure() {
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
                self.end_run(end, true);
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

    /// Enough of it, and of all classes that base64 of random bytes has.
    fn is_sure(&self) -> bool {
        let all = LOWER | UPPER | DIGIT;
        self.accepted >= SURE && self.classes & all == all
    }

    fn close(&mut self, end: u64, marks: &mut Vec<Mark>) -> u64 {
        let (start, certain, written) = (self.start, self.is_sure(), self.written);
        *self = Self::default();
        if !certain {
            return start;
        }
        marks.push(Mark {
            start,
            end,
            rule: Rule::Detector(&PRIVATE_KEY),
            transforms: match written {
                Some(Written::Rot13) => vec![Transform::Rot13],
                Some(Written::Reversed) => vec![Transform::Reversed],
                _ => Vec::new(),
            },
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
            // Held from the start as long as it is not certain: not for ever.
            State::Body if at - self.start > WINDOW as u64 && !self.is_sure() => Some(self.start),
            State::Body => self.body(at, byte),
        }
    }

    fn body(&mut self, at: u64, byte: u8) -> Option<u64> {
        if std::mem::take(&mut self.escaped) && matches!(byte, b'n' | b'r' | b't') {
            self.strong = true;
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
                self.run = Some(at);
                self.apart = self.strong || self.accepted == 0 && self.doubtful.is_none();
                self.plus = true;
            }
            self.plus &= byte == b'+';
            if self.accepted < SURE {
                self.classes |= class(byte);
            }
            let length = at - self.run.unwrap_or(at);
            if length > 0 && length.is_multiple_of(PIECE) {
                self.accepted += PIECE;
                self.sure = at;
                self.doubtful = None;
            }
            return None;
        }
        if self.run.is_some() && byte == b':' && self.accepted == 0 && self.headers < 8 {
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
            self.end_run(at, true);
            self.dashes += 1;
            return self.past_glue(at);
        }
        let strong = matches!(byte, b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'\\');
        let ended = self.run.is_some();
        if !self.end_run(at, strong) {
            return Some(self.doubtful.unwrap_or(self.sure));
        }
        self.strong = strong || self.strong && !ended;
        self.dashes = 0;
        match byte {
            b'\\' => self.escaped = true,
            b'\n' | b'\r' | b' ' | b'\t' | b'"' | b'\'' | b'`' | b',' | b'.' | b'>' | b'#'
            | b'*' | b'|' | b'<' => {}
            _ => return Some(self.doubtful.unwrap_or(self.sure)),
        }
        self.past_glue(at)
    }

    /// Glue without end is no body: where it ended.
    fn past_glue(&self, at: u64) -> Option<u64> {
        (at - self.sure > GLUE).then(|| self.doubtful.unwrap_or(self.sure))
    }

    /// A run ended at `at`, before something other than a blank if `strong`; `false`: it shows that the body had ended before.
    fn end_run(&mut self, at: u64, strong: bool) -> bool {
        let Some(start) = self.run.take() else {
            return true;
        };
        if self.plus && at - start == 1 {
            return true;
        }
        if at - start >= RUN || self.apart && strong {
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

/// Whether the letters of a head, without blanks, name a private key.
fn names_key(name: &[u8], written: Written) -> bool {
    match written {
        Written::Reversed => name.starts_with(b"ETAVIRP") && name.ends_with(b"DNE"),
        _ => name.ends_with(b"PRIVATEKEY") || name.ends_with(b"PRIVATEKEYBLOCK"),
    }
}
