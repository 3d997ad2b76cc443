//! What each byte can be part of.

pub(crate) const LOWER: u16 = 1;
pub(crate) const UPPER: u16 = 2;
pub(crate) const DIGIT: u16 = 4;
/// `+` and `/`.
pub(crate) const PLUS: u16 = 8;
pub(crate) const EQUALS: u16 = 16;
/// `-` and `_`.
pub(crate) const DASH: u16 = 32;
/// `%`, `\` and `&`: they begin an escape.
pub(crate) const ESCAPE: u16 = 64;
/// Other punctuation of tokens.
pub(crate) const OTHER: u16 = 128;
/// Never seen: NUL, which UTF-16 puts between letters; as a flag of a token also zero-width characters.
pub(crate) const UNSEEN: u16 = 256;
pub(crate) const BLANK: u16 = 512;
pub(crate) const LINE: u16 = 1024;
pub(crate) const QUOTE: u16 = 2048;
/// First byte of a zero-width character in UTF-8, or of a sequence that colours what a terminal shows.
pub(crate) const LEAD: u16 = 4096;
/// The inner loop must look closer: no token byte, or one that may close a word.
pub(crate) const STOP: u16 = 8192;

/// Begins a sequence for a terminal.
pub(crate) const ESC: u8 = 0x1B;
/// Longest such sequence that is looked through, in bytes.
pub(crate) const SEQUENCE: usize = 32;

pub(crate) const LETTER: u16 = LOWER | UPPER;
pub(crate) const ALNUM: u16 = LETTER | DIGIT;
/// What a token may hold.
pub(crate) const TOKEN: u16 = 255;
/// What a token may begin with.
pub(crate) const START: u16 = ALNUM | ESCAPE;

pub(crate) static CLASS: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [STOP; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => DIGIT,
            b'+' | b'/' => PLUS,
            b'=' => EQUALS,
            b'-' | b'_' => DASH,
            b'\\' | b'&' => ESCAPE,
            b'%' => ESCAPE | STOP,
            b':' | b'?' | b'.' => OTHER | STOP,
            b'~' | b'#' | b';' | b'@' | b'!' | b'$' | b'^' | b'*' | b'|' => OTHER,
            0 => UNSEEN | STOP,
            b' ' | b'\t' => BLANK | STOP,
            b'\n' | b'\r' => LINE | STOP,
            b'"' | b'\'' | b'`' => QUOTE | STOP,
            0xC2 | 0xE2 | 0xEF | ESC => LEAD | STOP,
            _ => STOP,
        };
        byte += 1;
    }
    table
}

#[inline]
pub(crate) fn class(byte: u8) -> u16 {
    CLASS[byte as usize]
}

/// Length of the invisible character, or of the control sequence (ECMA-48 §5.4: `ESC [`, parameters, one final byte), at the start of `bytes`: `Some(0)` if there is none, `None` if more bytes are needed to tell.
pub(crate) fn unseen(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [0, ..] => Some(1),
        [0xC2, 0xAD, ..] => Some(2),
        [0xE2, 0x80, 0x8B..=0x8F | 0xAA..=0xAE, ..]
        | [0xE2, 0x81, 0xA0..=0xA4, ..]
        | [0xEF, 0xBB, 0xBF, ..] => Some(3),
        [ESC, b'[', rest @ ..] => sequence(rest),
        [0xC2 | 0xE2 | 0xEF | ESC] | [0xE2, 0x80 | 0x81] | [0xEF, 0xBB] => None,
        _ => Some(0),
    }
}

/// Whether the bytes end with a control sequence.
#[inline]
pub(crate) fn ends_sequence(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|b| matches!(b, 0x40..=0x7E))
        && bytes
            .iter()
            .rposition(|b| *b == ESC)
            .is_some_and(|at| unseen(&bytes[at..]) == Some(bytes.len() - at))
}

fn sequence(rest: &[u8]) -> Option<usize> {
    let rest = &rest[..rest.len().min(SEQUENCE - 2)];
    match rest.iter().position(|b| !matches!(b, 0x20..=0x3F)) {
        Some(end) if matches!(rest[end], 0x40..=0x7E) => Some(end + 3),
        None if rest.len() < SEQUENCE - 2 => None,
        _ => Some(0),
    }
}
