//! Request paths in a normal form, and patterns over them that no second spelling gets around (N6 in
//! `docs/prior-incidents.md`).
//!
//! Servers disagree about `%2F`, `//`, `;x` and `\`. So a path has two *readings*: the literal one, which is what is sent
//! upstream, and the most generous one, in which everything that some server would decode, merge or strip is decoded,
//! merged or stripped. A rule that allows must match both; a rule that blocks or asks needs to match only one. A path whose
//! readings disagree about `..` is refused.
//!
//! Pattern syntax: a pattern starts with `/`; `*` inside a segment stands for any run of characters of that segment; `**`
//! as a whole last segment stands for the rest, none included (`/v1/**` matches `/v1`, `/v1/` and everything below).

mod pattern;
#[cfg(test)]
mod tests;

pub use pattern::PathPattern;

use crate::limits::{PATH_BYTES, PATH_DECODE_LEVELS, PATH_SEGMENTS};

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Not in origin form.
    #[error("the path does not start with a slash")]
    NoSlash,
    /// Longer than [`PATH_BYTES`] or with more than [`PATH_SEGMENTS`] segments.
    #[error("the path is too long")]
    TooLong,
    /// A control character, a space, a `?` or a `#`, as such or encoded (control characters only).
    #[error("the path holds a character that no path has")]
    Character,
    /// `%` without two hexadecimal digits.
    #[error("the path holds a broken percent-encoding")]
    Encoding,
    /// `..` above the root, or dot segments that only some servers would see.
    #[error("the path can be read in two ways")]
    Ambiguous,
}

/// Normalises a path as sent (without its query): unreserved characters decoded, other encodings in upper case,
/// dot segments resolved, leading slashes merged. `*` (for `OPTIONS *`) stays as it is.
///
/// # Errors
/// Refuses what [`PathError`] lists; the result is what may be sent upstream.
pub fn normalise(path: &str) -> Result<String, PathError> {
    Readings::of(path).map(|readings| readings.literal)
}

/// Both readings of one path, computed once per request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Readings {
    /// What is sent upstream.
    pub literal: String,
    /// What the most generous server would make of it.
    pub(self) generous: String,
}

impl Readings {
    pub(crate) fn of(path: &str) -> Result<Self, PathError> {
        if path == "*" {
            return Ok(Self {
                literal: "*".into(),
                generous: "*".into(),
            });
        }
        if !path.starts_with('/') {
            return Err(PathError::NoSlash);
        }
        if path.len() > PATH_BYTES {
            return Err(PathError::TooLong);
        }
        let literal = resolve_dots(&decode_unreserved(path)?)?;
        let generous = generous(&literal)?;
        Ok(Self { literal, generous })
    }
}

/// Decodes unreserved characters (RFC 3986 §6.2.2.2), encodes non-ASCII, upper-cases the other encodings.
fn decode_unreserved(path: &str) -> Result<String, PathError> {
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let value = hex_pair(bytes.next(), bytes.next()).ok_or(PathError::Encoding)?;
                match value {
                    0..=0x1f | 0x7f => return Err(PathError::Character),
                    _ if is_unreserved(value) => out.push(char::from(value)),
                    _ => push_encoded(&mut out, value),
                }
            }
            0..=0x20 | 0x7f | b'?' | b'#' => return Err(PathError::Character),
            0x80.. => push_encoded(&mut out, byte),
            _ => out.push(char::from(byte)),
        }
    }
    Ok(out)
}

/// Removes dot segments (RFC 3986 §5.2.4), but never climbs above the root and never over an empty segment.
fn resolve_dots(path: &str) -> Result<String, PathError> {
    let merged = format!("/{}", path.trim_start_matches('/'));
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = merged[1..].split('/').collect();
    if segments.len() > PATH_SEGMENTS {
        return Err(PathError::TooLong);
    }
    let last = segments.len() - 1;
    for (index, segment) in segments.into_iter().enumerate() {
        match segment {
            "." if index == last => kept.push(""),
            "." => {}
            ".." => {
                match kept.pop() {
                    None | Some("") => return Err(PathError::Ambiguous),
                    Some(_) => {}
                }
                if index == last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    // What the dots left behind may start with an empty segment (`/a/..//b`): that would name a host to some servers.
    let joined = kept.join("/");
    if joined.starts_with('/') {
        return Err(PathError::Ambiguous);
    }
    Ok(format!("/{joined}"))
}

/// The most generous reading: everything decoded, `\` as `/`, parameters and empty segments gone, no trailing slash.
fn generous(literal: &str) -> Result<String, PathError> {
    let mut decoded = literal.as_bytes().to_vec();
    let mut levels = 0;
    while decoded.contains(&b'%') {
        let next = decode_all(&decoded);
        if next == decoded {
            break;
        }
        levels += 1;
        if levels > PATH_DECODE_LEVELS {
            return Err(PathError::Ambiguous);
        }
        decoded = next;
    }
    if decoded.iter().any(|b| *b < 0x20 || *b == 0x7f) {
        return Err(PathError::Character);
    }
    let text = String::from_utf8_lossy(&decoded).replace('\\', "/");
    let mut out = String::with_capacity(text.len());
    for segment in text.split('/') {
        let segment = segment.split(';').next().unwrap_or(segment);
        match segment {
            "" => {}
            "." | ".." => return Err(PathError::Ambiguous),
            _ => {
                out.push('/');
                out.push_str(segment);
            }
        }
    }
    if out.is_empty() {
        out.push('/');
    }
    Ok(out)
}

fn decode_all(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        match hex_pair(bytes.get(index + 1).copied(), bytes.get(index + 2).copied()) {
            Some(value) if *byte == b'%' => {
                out.push(value);
                index += 3;
            }
            _ => {
                out.push(*byte);
                index += 1;
            }
        }
    }
    out
}

fn hex_pair(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    Some(digit(high?)? << 4 | digit(low?)?)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn push_encoded(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}
