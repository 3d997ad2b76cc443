//! Request paths in a normal form, and patterns over them that no second spelling gets around (INCIDENTS N6).
//!
//! Servers disagree about `%2F`, `//`, `;x` and `\`. So a path has two *readings*: the literal one, which is what is sent
//! upstream, and the most generous one, in which everything that some server would decode, merge or strip is decoded,
//! merged or stripped. A rule that allows must match both; a rule that blocks or asks needs to match only one. A path whose
//! readings disagree about `..` is refused.
//!
//! Pattern syntax: a pattern starts with `/`; `*` inside a segment stands for any run of characters of that segment; `**`
//! as a whole last segment stands for the rest, none included (`/v1/**` matches `/v1`, `/v1/` and everything below).

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
    generous: String,
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

/// A pattern over paths; see the module's text for the syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    written: String,
    literal: Vec<String>,
    generous: Vec<String>,
    rest: bool,
}

impl PathPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Refuses what is no path, `**` anywhere but as the last segment, and patterns that are not in normal form themselves.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (fixed, rest) = match text.strip_suffix("/**") {
            Some("") => ("/", true),
            Some(fixed) => (fixed, true),
            None => (text, false),
        };
        if fixed.contains("**") {
            return Err("`**` can only be the whole last segment".into());
        }
        let readings = Readings::of(fixed).map_err(|error| error.to_string())?;
        let mut literal = segments(&readings.literal);
        if rest && literal.last().is_some_and(String::is_empty) {
            literal.pop();
        }
        let mut generous = segments(&readings.generous);
        if readings.generous == "/" {
            generous.clear();
        }
        Ok(Self {
            written: text.to_owned(),
            literal,
            generous,
            rest,
        })
    }

    /// For rules that allow: every reading of the path is meant.
    pub(crate) fn surely_matches(&self, path: &Readings) -> bool {
        self.literal_matches(path) && self.generous_matches(path)
    }

    /// For rules that block or ask: some reading of the path is meant.
    pub(crate) fn may_match(&self, path: &Readings) -> bool {
        self.literal_matches(path) || self.generous_matches(path)
    }

    fn literal_matches(&self, path: &Readings) -> bool {
        path.literal != "*" && self.segments_match(&self.literal, &segments(&path.literal))
    }

    fn generous_matches(&self, path: &Readings) -> bool {
        let path = if path.generous == "/" {
            Vec::new()
        } else {
            segments(&path.generous)
        };
        self.segments_match(&self.generous, &path)
    }

    fn segments_match(&self, pattern: &[String], path: &[String]) -> bool {
        let long_enough = if self.rest {
            path.len() >= pattern.len()
        } else {
            path.len() == pattern.len()
        };
        long_enough
            && pattern
                .iter()
                .zip(path)
                .all(|(pattern, segment)| glob(pattern, segment))
    }
}

impl std::fmt::Display for PathPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

fn segments(path: &str) -> Vec<String> {
    path.strip_prefix('/')
        .unwrap_or(path)
        .split('/')
        .map(str::to_owned)
        .collect()
}

/// `*` in one segment: linear, with one point to come back to.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_a_path_are_one_path() {
        for (sent, normal) in [
            ("/", "/"),
            ("//", "/"),
            ("/a/b", "/a/b"),
            ("/a/./b", "/a/b"),
            ("/a/x/../b", "/a/b"),
            ("/%61/%62", "/a/b"),
            ("/a/%2e/b", "/a/b"),
            ("/a/x/%2E%2e/b", "/a/b"),
            ("/a/b/.", "/a/b/"),
            ("/a/b/..", "/a/"),
            ("//evil.test/x", "/evil.test/x"),
            ("/@types%2fnode", "/@types%2Fnode"),
            ("/a//b", "/a//b"),
            ("/a;x=1/b", "/a;x=1/b"),
            ("/ü", "/%C3%BC"),
            ("/a%20b", "/a%20b"),
            ("*", "*"),
            ("/job/f%252Fx", "/job/f%252Fx"),
        ] {
            assert_eq!(normalise(sent).as_deref(), Ok(normal), "{sent}");
        }
    }

    #[test]
    fn ambiguous_and_broken_paths_are_refused() {
        for sent in [
            "",
            "a",
            "/..",
            "/../a",
            "/a/../../b",
            "/a//../b",
            "/a%2f..%2fb",
            "/a%2F%2e%2e%2Fb",
            "/a/..;x/b",
            "/a/.;/b",
            "/a\\..\\b",
            "/a%5c..%5cb",
            "/a/%252e%252e/b",
            "/a/%25252e%25252e/b",
            "/a%252f..%252fb",
            "/a%00b",
            "/a\0b",
            "/a b",
            "/a?b",
            "/a#b",
            "/a%",
            "/a%4",
            "/a%zz",
            "/a%250ab",
            "/a/x/..//b/../../c/..",
            "/%2525252525252e",
            "http://x/",
        ] {
            assert!(
                normalise(sent).is_err(),
                "{sent} gave {:?}",
                normalise(sent)
            );
        }
    }

    fn both(pattern: &str, path: &str) -> (bool, bool) {
        let pattern = PathPattern::parse(pattern).unwrap();
        let readings = Readings::of(path).unwrap();
        (
            pattern.surely_matches(&readings),
            pattern.may_match(&readings),
        )
    }

    #[test]
    fn patterns_mean_what_the_syntax_says() {
        for (pattern, path, matches) in [
            ("/v1/messages", "/v1/messages", true),
            ("/v1/messages", "/v1/messages2", false),
            ("/v1/*", "/v1/x", true),
            ("/v1/*", "/v1/x/y", false),
            ("/v1/*", "/v1", false),
            ("/v1/**", "/v1", true),
            ("/v1/**", "/v1/x/y", true),
            ("/v1/**", "/v10", false),
            ("/**", "/anything/at/all", true),
            ("/**", "/", true),
            ("/", "/", true),
            ("/", "/a", false),
            ("/v*/x", "/v2/x", true),
            ("/a-*-b", "/a-x-y-b", true),
            ("/V1/x", "/v1/x", false),
        ] {
            assert_eq!(
                both(pattern, path),
                (matches, matches),
                "{pattern} on {path}"
            );
        }
    }

    #[test]
    fn a_second_spelling_never_gets_more() {
        // (pattern, path): the readings disagree, so an allow rule must not match and a block rule must.
        for (pattern, path) in [
            ("/public/*", "/public/a%2Fb"),
            ("/secret", "/secret;x"),
            ("/secret", "/secret/"),
            ("/a/secret", "/a//secret"),
            ("/a/secret", "/a%2Fsecret"),
            ("/a/secret", "/a%252Fsecret"),
            ("/a/secret", "/a\\secret"),
            ("/a/secret/**", "/a//secret/x"),
        ] {
            assert_eq!(both(pattern, path), (false, true), "{pattern} on {path}");
        }
    }

    #[test]
    fn broken_patterns_are_refused() {
        for text in ["", "v1", "/a/**/b", "/a**", "/a/../../b", "/a?x"] {
            assert!(PathPattern::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn normalising_is_idempotent_and_leaves_no_dots(path in "/[a-c./;%25eEfF\\\\]{0,24}") {
            if let Ok(normal) = normalise(&path) {
                prop_assert_eq!(normalise(&normal), Ok(normal.clone()));
                prop_assert!(normal.split('/').all(|s| s != "." && s != ".."));
                prop_assert!(!normal.starts_with("//"));
            }
        }

        #[test]
        fn no_spelling_of_a_blocked_path_slips_through(tail in "[a-z]{1,4}", style in 0..7u8) {
            let sent = match style {
                0 => format!("/x/../secret/{tail}"),
                1 => format!("/%73ecret/{tail}"),
                2 => format!("//secret/{tail}"),
                3 => format!("/secret;v=1/{tail}"),
                4 => format!("/./secret//{tail}"),
                5 => format!("/secret%2f{tail}"),
                _ => format!("/%2573ecret/{tail}"),
            };
            let block = PathPattern::parse("/secret/**").unwrap();
            if let Ok(readings) = Readings::of(&sent) {
                prop_assert!(block.may_match(&readings), "{}", sent);
            }
        }

        #[test]
        fn never_panics(path in "\\PC{0,40}") {
            let _ = normalise(&path);
        }
    }
}
