//! The decode lane: what a token may be an encoding of.
//!
//! Each function gives texts to be read like the stream itself. Cheap tests come first, because most long tokens are names.
mod base32;
mod base64;
mod compress;
mod escape;
mod hex;

use crate::finding::Transform;
use crate::scan::class::{DASH, DIGIT, LOWER, PLUS, UPPER, class};
use crate::scan::judge::Work;
use crate::scan::machine::turns;
use crate::scan::prefilter::prefilter;

pub(crate) use escape::escapes;

/// A decoded text and the steps that led to it, outermost first.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) text: Vec<u8>,
    pub(crate) transforms: Vec<Transform>,
}

/// Shortest run that is decoded, in characters: six bytes of hexadecimal are no secret, and shorter runs are words.
const RUN: usize = 16;

/// Whether a token with these flags can hold a run that is an encoding: digits, or both cases.
pub(crate) fn may_be_run(flags: u16) -> bool {
    flags & DIGIT != 0 || flags & (LOWER | UPPER) == (LOWER | UPPER)
}

/// Calls `each` with where the runs of the base64 alphabets in a token begin and end, with their padding.
pub(crate) fn runs(bytes: &[u8], mut each: impl FnMut(usize, usize)) {
    let inner = |byte: u8| class(byte) & (LOWER | UPPER | DIGIT | PLUS | DASH) != 0;
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..]
            .iter()
            .position(|b| !inner(*b))
            .unwrap_or(bytes.len() - at);
        let mut end = at + length;
        if length >= RUN {
            let padding = bytes[end..]
                .iter()
                .take(6)
                .take_while(|b| **b == b'=')
                .count();
            each(at, end + padding);
            end += padding;
        } else if length >= 2 && bytes.get(end) == Some(&b':') {
            // `41:57:53`
            let pairs = bytes[at..]
                .iter()
                .position(|b| !(b.is_ascii_hexdigit() || *b == b':'))
                .unwrap_or(bytes.len() - at);
            if length == 2 && pairs >= 3 * 8 - 1 {
                each(at, at + pairs);
                end = at + pairs;
            }
        }
        at = end.max(at) + 1;
    }
}

/// Everything that a run of [`runs`] decodes to and that is worth reading.
pub(crate) fn run(run: &[u8], work: &mut Work) -> Vec<View> {
    let mut views = Vec::new();
    let counts = run
        .iter()
        .fold([0usize; 3], |[lower, upper, digits], byte| {
            let is = |kind| usize::from(class(*byte) & kind != 0);
            [lower + is(LOWER), upper + is(UPPER), digits + is(DIGIT)]
        });
    let [lower, upper, digits] = counts;
    let other = run.len() - lower - upper - digits;
    if lower + upper + digits < RUN {
        return views;
    }
    if digits > 0
        && let Some(text) = hex::decode(run)
    {
        open(text, Transform::Hex, work, &mut views);
        if lower + upper == 0 || other == 0 && (lower == 0 || upper == 0) {
            return views;
        }
    }
    if (lower == 0 || upper == 0)
        && (digits > 0 || other == 0)
        && let Some(text) = base32::decode(run)
    {
        open(text, Transform::Base32, work, &mut views);
    }
    if lower >= 2 && upper >= 2
        || lower + upper >= 2 && digits >= 2 && run.len() >= 24 && other < run.len() / 4
    {
        for text in base64::decode(run, digits >= 2 && turns(run) * 4 >= run.len()) {
            open(text, Transform::Base64, work, &mut views);
        }
        let turned = base64::decode_reversed(run);
        if let Some(text) = turned {
            let before = views.len();
            open(text, Transform::Base64, work, &mut views);
            for view in &mut views[before..] {
                view.transforms.insert(0, Transform::Reversed);
            }
        }
    }
    views
}

/// A list of numbers, in hexadecimal or decimal, one a byte.
pub(crate) fn numbers(bytes: &[u8]) -> Vec<View> {
    let items: Vec<&[u8]> = bytes
        .split(|b| !b.is_ascii_alphanumeric())
        .filter(|item| !item.is_empty())
        .map(|item| {
            item.strip_prefix(b"0x")
                .or_else(|| item.strip_prefix(b"0X"))
                .unwrap_or(item)
        })
        .collect();
    let mut views = Vec::new();
    let mut add = |radix: u32, transform: Transform| {
        let text: Option<Vec<u8>> = items
            .iter()
            .map(|item| u8::from_str_radix(std::str::from_utf8(item).ok()?, radix).ok())
            .collect();
        if let Some(text) = text {
            let mut work = Work::new();
            open(text, transform, &mut work, &mut views);
        }
    };
    if items.iter().all(|item| item.len() <= 2) {
        add(16, Transform::Hex);
    }
    if items.iter().all(|item| item.iter().all(u8::is_ascii_digit)) {
        add(10, Transform::Decimal);
    }
    views
}

/// Keeps a decoded text if it is one: text, or something compressed, or bytes in which a keyword stands.
fn open(text: Vec<u8>, transform: Transform, work: &mut Work, views: &mut Vec<View>) {
    if let Some((mut plain, inner)) = compress::expand(&text, work) {
        let mut transforms = vec![transform, inner];
        // Compressed once more: the same bytes would not be known for compressed in the stream.
        while transforms.len() < usize::from(crate::limits::DEPTH)
            && let Some((text, again)) = compress::expand(&plain, work)
        {
            plain = text;
            transforms.push(again);
        }
        views.push(View {
            text: plain,
            transforms,
        });
        return;
    }
    if is_text(&text) || (text.len() >= 16 && work.take(text.len() / 4) && prefilter().any(&text)) {
        views.push(View {
            text,
            transforms: vec![transform],
        });
    }
}

/// Mostly printable, also with a NUL after or before each character.
fn is_text(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(256)];
    let printable = sample
        .iter()
        .filter(|b| matches!(b, 0x20..=0x7E | b'\n' | b'\r' | b'\t'))
        .count();
    let nul = sample.iter().filter(|b| **b == 0).count();
    let high = sample.iter().filter(|b| **b >= 0x80).count();
    printable * 8 >= (sample.len() - high / 2) * 7 && printable * 2 > sample.len()
        || nul * 9 >= sample.len() * 4
            && (printable + nul) * 10 >= sample.len() * 9
            && printable * 3 >= sample.len()
}

/// Whether the first bytes can be the beginning of a text, for a quick no.
fn begins_as_text(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(8)];
    sample
        .iter()
        .filter(|b| matches!(b, 0x20..=0x7E | b'\n' | b'\r' | b'\t' | 0 | 0x80..))
        .count()
        == sample.len()
}
