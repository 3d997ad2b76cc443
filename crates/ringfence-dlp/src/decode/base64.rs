//! Base64, standard and url-safe, padded or not, beginning anywhere in a run.
use super::begins_as_text;

const NONE: u8 = 0xFF;

static VALUE: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let mut table = [NONE; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b @ b'A'..=b'Z' => b - b'A',
            b @ b'a'..=b'z' => b - b'a' + 26,
            b @ b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => NONE,
        };
        byte += 1;
    }
    table
}

fn value(byte: u8) -> u8 {
    VALUE[byte as usize]
}

/// Every fourth character begins a byte below 0x80 of a text, or a NUL of UTF-16: so it is one of few.
fn fits(run: &[u8], from: usize) -> bool {
    let mut groups = 0;
    let mut at = from;
    while at + 4 <= run.len() && groups < 6 {
        let first = value(run[at]);
        if first >= 32 || (first < 8 && !matches!(first, 0 | 2 | 3)) {
            return false;
        }
        at += 4;
        groups += 1;
    }
    groups >= 3
}

/// What the run decodes to, from each of the four places at which it may begin. `mixed`: it looks random enough to be tried
/// from its start even if it begins with no text: something compressed, or a text further in.
pub(crate) fn decode(run: &[u8], mixed: bool) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    let body = trim(run);
    for from in 0..4 {
        let Some(part) = body.get(from..) else { break };
        let whole = from == 0 && (mixed || packed(part));
        if whole || fits(body, from) && begins_as_text(&bytes(&part[..part.len().min(16)])) {
            texts.push(bytes(part));
        }
    }
    // After a path or a host: each part of a run with slashes may begin one.
    let slash = memchr::memchr(b'/', body).is_some();
    for part in body
        .split(|b| *b == b'/')
        .skip(1)
        .take(if slash { 8 } else { 0 })
    {
        if part.len() >= 16 && part.len() < body.len() && (fits(part, 0) || packed(part)) {
            texts.push(bytes(part));
        }
    }
    texts
}

/// The first characters of gzip, zlib and Zstandard.
fn packed(run: &[u8]) -> bool {
    run.starts_with(b"H4sI")
        || run.starts_with(b"KLUv")
        || matches!(run, [b'e', b'A' | b'F' | b'J' | b'N', ..])
}

/// What the run decodes to when read backwards, if that is a text.
pub(crate) fn decode_reversed(run: &[u8]) -> Option<Vec<u8>> {
    let first = run.len() - run.iter().rev().take_while(|b| **b == b'=').count();
    let body = &run[..first];
    if body.len() > 4096 || body.len() % 4 == 3 {
        return None;
    }
    let text_begins = |at: usize| {
        let first = value(body[body.len() - 1 - at]);
        first < 32 && (first >= 8 || matches!(first, 0 | 2 | 3))
    };
    if body.len() < 16 || !(0..body.len().min(24)).step_by(4).all(text_begins) {
        return None;
    }
    let turned: Vec<u8> = body.iter().rev().copied().collect();
    let text = bytes(&turned);
    begins_as_text(&text).then_some(text)
}

fn trim(run: &[u8]) -> &[u8] {
    let end = run.iter().rposition(|b| *b != b'=').map_or(0, |at| at + 1);
    &run[..end]
}

fn bytes(run: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(run.len() / 4 * 3 + 3);
    for group in run.chunks(4) {
        let mut word = 0u32;
        for byte in group {
            word = word << 6 | u32::from(value(*byte) & 63);
        }
        match group.len() {
            4 => text.extend_from_slice(&[(word >> 16) as u8, (word >> 8) as u8, word as u8]),
            3 => text.extend_from_slice(&[(word >> 10) as u8, (word >> 2) as u8]),
            2 => text.push((word >> 4) as u8),
            _ => {}
        }
    }
    text
}
