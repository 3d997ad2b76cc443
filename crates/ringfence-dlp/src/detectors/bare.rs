//! Random strings without a keyword of their own: what an assignment, a name before it, or its standing alone says of them.
//!
//! The scanner asks this of long tokens only, so that words as common as *key* and *token* cost nothing in ordinary text.
use super::row::row;
use super::validate;
use crate::detector::Detector;
use std::ops::Range;

/// The rows of this module. What has no keyword is found by [`bare`] alone; the keywords of the first are for text that is
/// turned (reversed, rot13), which nobody reads without one.
pub(super) static ROWS: &[Detector] = &[
    row(
        "generic-secret",
        "Random value whose name says that it is secret",
        "several",
        &["api_key", "apikey", "api-key", "secret", "access_token", "auth_token"],
        r#"(?i)(?:secret|token|api[_\-]?key)[\w.\-]{0,24}["'\\]{0,3}\s{0,3}(?:=>|[=:])\s{0,3}["'\\]{0,3}([\w.~+/\-]{16,}={0,2})"#,
    )
    .warn()
    .named()
    .check(validate::random)
    .tried(
        &[
            concat!("api_key = \"FaSrVj8Ejsl", "clOjxc3hfcq8FTGueSamL\""),
            concat!(
                "{\"client_secret\": \"9fd3c1a2b47",
                "e4f0d8a6b5c3e2f1a0b9c\"}"
            ),
            concat!(
                "https://api.test/v1?access_token=b7Qm2Zx9",
                "Kd4Rt8Wn3Vc6Lp1S&page=2"
            ),
        ],
        &[
            "secret = get_secret_from_environment_v2()",
            "token: authentication_token_2_provider",
            "\"integrity-key\": \"sha512-node\"",
            "key=${API_KEY_2024_PRODUCTION}",
            "api_key=your_api_key_goes_here_123",
        ],
    ),
    row(
        "generic-secret-nearby",
        "Random value after a word for a secret",
        "several",
        &[],
        r"(?i)(?:secret|token|key|access|private|auth)[\w ]{0,24}[ \-:=]([0-9A-Za-z_\-]{20,})",
    )
    .warn()
    .named()
    .check(validate::random_strict)
    .tried(
        &[
            concat!(
                "clockify PRIVATE 5us4rjh9ebxtblpi3",
                "cnw2hq0d8fqpk7smdrygz6x"
            ),
            concat!(
                "the service-SECRET-token-9fd3c1a2b47e",
                "4f0d8a6b5c3e2f1a0b9c"
            ),
        ],
        &[
            "the key is in ThreadPoolExecutor2Factory",
            "commit 9fd3c1a2b47e4f0d8a6b5c3e2f1a0b9c4d5e6f70",
        ],
    ),
    row(
        "random-string",
        "Random string of 256 bits or more, alone on its line",
        "several",
        &[],
        r"^\s*([0-9a-f]{64}|[0-9A-Za-z+/_\-]{43,}={0,2})\s*$",
    )
    .warn()
    .named()
    .check(validate::bare_random)
    .tried(
        &[
            concat!(
                "b7986b98c6cf8d30e5f26f4b8145224b",
                "13ddabc2058efa0bd8cf0a90cd972b05"
            ),
            concat!("MXpUPHSv0pWG8ll2uWa5YSOWAz", "O6j6moEx9dbr5Re1s="),
        ],
        &[
            "sha256: b7986b98c6cf8d30e5f26f4b8145224b13ddabc2058efa0bd8cf0a90cd972b05",
            "9fd3c1a2b47e4f0d8a6b5c3e2f1a0b9c4d5e6f70",
            "0000000000000000000000000000000000000000000000000000000000000000",
        ],
    ),
];

/// Words for a secret, and whether they say so by themselves; the others need an assignment or a value that is strictly random.
/// No word begins within another.
const NAMES: [(&[u8], bool); 9] = [
    (b"secret", true),
    (b"token", true),
    (b"passw", true),
    (b"credential", true),
    (b"key", false),
    (b"auth", false),
    (b"access", false),
    (b"private", false),
    (b"_pat", false),
];

/// The first two bytes of all names: by the first, a bit for each second, both without case.
static PAIRS: [u32; 32] = {
    let mut pairs = [0; 32];
    let mut at = 0;
    while at < NAMES.len() {
        let name = NAMES[at].0;
        pairs[(name[0] & 31) as usize] |= 1 << (name[1] & 31);
        at += 1;
    }
    pairs
};

/// Words that say that a random value is none: sums, identifiers of content, public halves.
const HASHES: [&[u8]; 22] = [
    b"sha",
    b"md5",
    b"hash",
    b"digest",
    b"integrity",
    b"checksum",
    b"sum",
    b"commit",
    b"public",
    b"pub_",
    b"fingerprint",
    b"uuid",
    b"guid",
    b"etag",
    b"revision",
    b"blob",
    b"tree",
    b"crc",
    b"csrf",
    b"nonce",
    b"cache",
    b"dnskey",
];

/// An alphabet spelled out is a table, not a secret.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Longest token that is looked at: longer ones are data, or a format of their own.
const LONGEST: usize = 600;

/// Judges a token of at least 20 bytes that holds letters and digits and in which no keyworded detector found anything.
/// `before` is the text before it, up to [`crate::limits::LOOKBACK`] bytes. Called for every such token: be quick.
#[must_use]
pub fn bare(token: &[u8], before: &[u8]) -> Option<(&'static Detector, Range<usize>)> {
    if token.len() > LONGEST {
        return None;
    }
    let line = before
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(before, |at| before.get(at + 1..).unwrap_or_default());
    inside(token)
        .or_else(|| after_name(token, line))
        .or_else(|| alone(token, before, line))
}

/// `NAME=value`, `name:value`, `?name=value&…`, `vendor-SECRET-value`: name and value in one token.
fn inside(token: &[u8]) -> Option<(&'static Detector, Range<usize>)> {
    // From the last name on: `host=a&token=…`.
    let (name, strong) = last_name(token)?;
    let rest = token.get(name.end..)?;
    let sign = rest
        .iter()
        .take(28)
        .position(|b| matches!(b, b'=' | b':'))
        .filter(|&at| {
            rest[..at]
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'\\'))
        });
    let dashed = || {
        rest.iter()
            .take(24)
            .position(|b| *b == b'-' || *b == b'_')
            .filter(|_| rest.len() >= 21)
    };
    let (at, assigned) = match (sign, dashed()) {
        (Some(at), _) => (at, true),
        (None, Some(at)) => (at, false),
        _ => return None,
    };
    let start = name.end + at + 1;
    let value = value_of(token, start)?;
    judge(token, value, assigned, strong, token.get(..name.start)?)
}

/// `name = "value"`, `name: value`, `NAME value`: the name stands before the token, on its line.
fn after_name(token: &[u8], line: &[u8]) -> Option<(&'static Detector, Range<usize>)> {
    let line = line.get(line.len().saturating_sub(72)..)?;
    let (name, strong) = last_name(line)?;
    let gap = line.get(name.end..)?;
    let glue = |b: &u8| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b' ' | b'\t'
                    | b'_'
                    | b'-'
                    | b'.'
                    | b'"'
                    | b'\''
                    | b'`'
                    | b':'
                    | b'='
                    | b'>'
                    | b'('
                    | b'['
                    | b','
                    | b'\\'
                    | b']'
            )
    };
    // Basic credentials have a row of their own, which knows the published examples.
    if gap.len() > 28 || !gap.iter().all(glue) || gap.is_empty() || says(gap, &[b"basic", b"--"]) {
        return None;
    }
    let assigned = gap.iter().any(|b| matches!(b, b'=' | b':'))
        || gap.windows(2).any(|pair| pair == b"(\"" || pair == b"('");
    let value = value_of(token, 0)?;
    judge(token, value, assigned, strong, line.get(..name.start)?)
}

/// The value from `start` on: to the next separator of a query or a line of settings, without punctuation at its ends.
fn value_of(token: &[u8], start: usize) -> Option<Range<usize>> {
    let rest = token.get(start..)?;
    let skip = rest
        .iter()
        .position(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'/' | b'+'))?;
    let body = rest.get(skip..)?;
    let end = body
        .iter()
        .position(|b| {
            matches!(
                b,
                b'&' | b';' | b'#' | b'?' | b'|' | b'\\' | b'*' | b'^' | b'$' | b'!' | b'@'
            )
        })
        .unwrap_or(body.len());
    let text = body.get(..end)?;
    let end = text
        .iter()
        .rposition(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'='))?
        + 1;
    let start = start + skip;
    Some(start..start + end)
}

fn judge(
    token: &[u8],
    value: Range<usize>,
    assigned: bool,
    strong: bool,
    before: &[u8],
) -> Option<(&'static Detector, Range<usize>)> {
    let text = token.get(value.clone())?;
    let tail = before.get(before.len().saturating_sub(40)..)?;
    if text.len() < 16
        || says(tail, &HASHES)
        || tail.to_ascii_lowercase().ends_with(b"pub")
        || text.starts_with(ALPHABET)
        || !assigned && text.len() == 40 && text.iter().all(u8::is_ascii_hexdigit)
        || versioned(text)
        || pathlike(text)
        || text.starts_with(b"sha")
    {
        return None;
    }
    // `"key": "…"` alone says little of a number in hexadecimal.
    let named = strong
        || tail
            .last()
            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !named && text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    if assigned && (strong || text.len() >= 20) && validate::random(text) {
        return Some((&ROWS[0], value));
    }
    (text.len() >= 20
        && (strong || assigned || validate_strict_hex(text))
        && validate::random_strict(text))
    .then_some((&ROWS[1], value))
}

/// Hexadecimal after a weak word is too often a sum; other random text is not.
fn validate_strict_hex(text: &[u8]) -> bool {
    !text.iter().all(u8::is_ascii_hexdigit)
}

/// A line of its own, with nothing like it before.
fn alone(token: &[u8], before: &[u8], line: &[u8]) -> Option<(&'static Detector, Range<usize>)> {
    if !line.iter().all(|b| matches!(b, b' ' | b'\t'))
        || line.len() > 4
        || !validate::bare_random(token)
    {
        return None;
    }
    let earlier = before.get(..before.len() - line.len())?.trim_ascii_end();
    let start = earlier
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |at| at + 1);
    let previous = earlier.get(start..)?;
    // The first line of something longer: armour, a literal of several lines, a table.
    let block = previous.split(|b| *b == b' ').any(|word| word.len() >= 32)
        || says(previous, &[b"-----", b"base64", b"dek-info"])
        || previous.ends_with(b"`")
        || token.starts_with(b"MI")
        || matches!(token.len(), 60 | 70 | 72 | 76) && !token.ends_with(b"=");
    (!block && !says(previous, &HASHES)).then_some((&ROWS[2], 0..token.len()))
}

/// The last word for a secret, and whether it is one by itself.
fn last_name(text: &[u8]) -> Option<(Range<usize>, bool)> {
    let best = (0..text.len().saturating_sub(1)).rev().find_map(|at| {
        // Most pairs of bytes begin no word.
        if PAIRS[usize::from(text[at] & 31)] >> (text[at + 1] & 31) & 1 == 0 {
            return None;
        }
        let rest = &text[at..];
        let (word, strong) = NAMES.iter().find(|(word, _)| {
            rest.get(..word.len())
                .is_some_and(|part| part.eq_ignore_ascii_case(word))
        })?;
        Some((at..at + word.len(), *strong))
    });
    best.map(|(range, strong)| {
        let near = text
            .get(range.start.saturating_sub(12)..range.start)
            .unwrap_or_default();
        // `vendorKEY value`; not `PUBKEY`, not `FIPS_KEY_STRING`.
        let before = range.start.checked_sub(1).and_then(|at| text.get(at));
        let capitals = text
            .get(range.clone())
            .is_some_and(|name| name.iter().all(u8::is_ascii_uppercase))
            && before.is_some_and(|b| !matches!(b, b'_' | b'A'..=b'Z'));
        let strong =
            strong || capitals || says(near, &[b"secret", b"token", b"api", b"private", b"access"]);
        (range, strong)
    })
}

fn rfind(text: &[u8], word: &[u8]) -> Option<usize> {
    let first = word.first()? | 0x20;
    text.windows(word.len()).rposition(|part| {
        part.first().is_some_and(|b| b | 0x20 == first) && part.eq_ignore_ascii_case(word)
    })
}

fn says(text: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|word| rfind(text, word).is_some())
}

/// `v1.2.3-20190129-95847f29c5c8`.
fn versioned(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"v").unwrap_or(text);
    text.first().is_some_and(u8::is_ascii_digit) && text.iter().filter(|b| **b == b'.').count() >= 2
}

/// Two slashes or more with words between them, a name with an extension, an identifier of many words.
fn pathlike(text: &[u8]) -> bool {
    let slashes = text.iter().filter(|b| **b == b'/').count();
    let dots = text.iter().filter(|b| **b == b'.').count();
    text.starts_with(b"/")
        || slashes >= 2 && slashes * 12 > text.len()
        || dots >= 3
        || text.iter().filter(|b| **b == b'_').count() >= 3
        || text.contains(&b':')
        || text.contains(&b'%')
}
