//! gzip (RFC 1952), zlib (RFC 1950), Zstandard (RFC 8878): recognised by their first bytes, expanded to at most [`limits::EXPANDED`].
use crate::finding::Transform;
use crate::limits;
use crate::scan::judge::Work;
use miniz_oxide::inflate::{
    DecompressError, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit,
};
use std::io::Read;

/// The text, as far as it can be had: a truncated or oversized one gives its beginning.
pub(crate) fn expand(bytes: &[u8], work: &mut Work) -> Option<(Vec<u8>, Transform)> {
    let (text, kind) = match bytes {
        [0x1F, 0x8B, 8, flags, _, _, _, _, _, _, rest @ ..] => {
            let body = after_header(rest, *flags)?;
            if !work.take(limits::EXPANDED / 4) {
                return None;
            }
            (
                some(decompress_to_vec_with_limit(body, limits::EXPANDED)),
                Transform::Gzip,
            )
        }
        [0x78, second, ..] if (0x7800 + u16::from(*second)) % 31 == 0 && second & 0x20 == 0 => {
            if !work.take(limits::EXPANDED / 4) {
                return None;
            }
            (
                some(decompress_to_vec_zlib_with_limit(bytes, limits::EXPANDED)),
                Transform::Zlib,
            )
        }
        [0x28, 0xB5, 0x2F, 0xFD, ..] => {
            if !work.take(limits::EXPANDED) {
                return None;
            }
            (zstd(bytes), Transform::Zstd)
        }
        _ => return None,
    };
    (!text.is_empty()).then_some((text, kind))
}

fn some(result: Result<Vec<u8>, DecompressError>) -> Vec<u8> {
    result.unwrap_or_else(|error| error.output)
}

/// Skips the optional fields of a gzip header.
fn after_header(mut rest: &[u8], flags: u8) -> Option<&[u8]> {
    if flags & 4 != 0 {
        let length = usize::from(u16::from_le_bytes([*rest.first()?, *rest.get(1)?]));
        rest = rest.get(2 + length..)?;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let end = rest.iter().position(|b| *b == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & 2 != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    // The window that a frame asks for is allocated: refuse what no short run needs.
    if window(bytes).is_none_or(|size| size > 8 << 20) {
        return Vec::new();
    }
    let mut text = Vec::new();
    if let Ok(decoder) = ruzstd::decoding::StreamingDecoder::new(bytes) {
        let mut bounded = decoder.take(limits::EXPANDED as u64);
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = bounded.read(&mut buffer) {
            text.extend_from_slice(&buffer[..length]);
        }
    }
    text
}

/// The window size of a frame, in bytes (RFC 8878 §3.1.1.1).
fn window(bytes: &[u8]) -> Option<u64> {
    let descriptor = *bytes.get(4)?;
    if descriptor & 0x20 == 0 {
        let byte = u64::from(*bytes.get(5)?);
        let base = 1u64 << (10 + (byte >> 3));
        return Some(base + base / 8 * (byte & 7));
    }
    let dictionary = [0usize, 1, 2, 4][usize::from(descriptor & 3)];
    let size = [1usize, 2, 4, 8][usize::from(descriptor >> 6)];
    let field = bytes.get(5 + dictionary..5 + dictionary + size)?;
    let value = field
        .iter()
        .rev()
        .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    Some(if size == 2 { value + 256 } else { value })
}
