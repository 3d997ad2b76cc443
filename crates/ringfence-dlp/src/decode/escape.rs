//! Escapes within a token: `%41`, `\x41`, `\u0041`, `\101`, `\n`, `&#65;`, `&amp;`, `=41`.
use super::View;
use crate::finding::Transform;

/// The token with its escapes undone, if it has any. Undone are all kinds at once: a text that mixes them is read as a whole.
pub(crate) fn escapes(bytes: &[u8]) -> Option<View> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut found: Vec<Transform> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let undone = match rest[0] {
            b'%' => percent(rest),
            b'\\' => backslash(rest),
            b'&' => entity(rest),
            _ => None,
        };
        match undone {
            Some((code, length, kind)) => {
                if !found.contains(&kind) {
                    found.push(kind);
                }
                push(&mut text, code);
                at += length;
            }
            None => {
                text.push(rest[0]);
                at += 1;
            }
        }
    }
    (!found.is_empty()).then_some(View {
        text,
        transforms: found,
    })
}

/// A byte for a code below 256, so that escaped bytes of any charset come out; UTF-8 otherwise.
fn push(text: &mut Vec<u8>, code: u32) {
    match u8::try_from(code) {
        Ok(byte) => text.push(byte),
        Err(_) => {
            let mut buffer = [0; 4];
            let wide = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            text.extend_from_slice(wide.encode_utf8(&mut buffer).as_bytes());
        }
    }
}

fn digits(bytes: &[u8], radix: u32, least: usize, most: usize) -> Option<(u32, usize)> {
    let length = bytes
        .iter()
        .take(most)
        .take_while(|b| char::from(**b).is_digit(radix))
        .count();
    if length < least {
        return None;
    }
    let text = std::str::from_utf8(&bytes[..length]).ok()?;
    Some((u32::from_str_radix(text, radix).ok()?, length))
}

fn percent(rest: &[u8]) -> Option<(u32, usize, Transform)> {
    if rest.get(1) == Some(&b'u') {
        let (code, _) = digits(rest.get(2..)?, 16, 4, 4)?;
        return Some((code, 6, Transform::Percent));
    }
    let (code, _) = digits(rest.get(1..)?, 16, 2, 2)?;
    Some((code, 3, Transform::Percent))
}

fn backslash(rest: &[u8]) -> Option<(u32, usize, Transform)> {
    let plain = |code: u8| Some((u32::from(code), 2, Transform::HexEscape));
    match rest.get(1)? {
        b'x' => {
            let (code, length) = digits(rest.get(2..)?, 16, 2, 2)?;
            Some((code, 2 + length, Transform::HexEscape))
        }
        b'u' if rest.get(2) == Some(&b'{') => None,
        b'u' => {
            let (code, _) = digits(rest.get(2..)?, 16, 4, 4)?;
            Some((code, 6, Transform::UnicodeEscape))
        }
        b'U' => {
            let (code, _) = digits(rest.get(2..)?, 16, 8, 8)?;
            Some((code, 10, Transform::UnicodeEscape))
        }
        b'0'..=b'7' => {
            let (code, length) = digits(rest.get(1..)?, 8, 2, 3)?;
            Some((code, 1 + length, Transform::HexEscape))
        }
        b'n' => plain(b'\n'),
        b'r' => plain(b'\r'),
        b't' => plain(b'\t'),
        b'\\' => plain(b'\\'),
        b'/' => plain(b'/'),
        _ => None,
    }
}

fn entity(rest: &[u8]) -> Option<(u32, usize, Transform)> {
    if let Some(number) = rest.strip_prefix(b"&#") {
        let (code, length) = match number.first()? {
            b'x' | b'X' => {
                digits(&number[1..], 16, 1, 6).map(|(code, length)| (code, length + 1))?
            }
            _ => digits(number, 10, 1, 7)?,
        };
        let end = usize::from(number.get(length) == Some(&b';'));
        return Some((code, 2 + length + end, Transform::HtmlEntity));
    }
    const NAMED: [(&[u8], u8); 12] = [
        (b"&amp;", b'&'),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&quot;", b'"'),
        (b"&apos;", b'\''),
        (b"&equals;", b'='),
        (b"&plus;", b'+'),
        (b"&sol;", b'/'),
        (b"&lowbar;", b'_'),
        (b"&period;", b'.'),
        (b"&colon;", b':'),
        (b"&commat;", b'@'),
    ];
    NAMED
        .iter()
        .find(|(name, _)| rest.starts_with(name))
        .map(|(name, byte)| (u32::from(*byte), name.len(), Transform::HtmlEntity))
}
