//! Whether a text is random: how its letters follow each other, and how often its character class changes.
//!
//! Shannon entropy can not tell an identifier from a key, and hexadecimal never reaches what base64 does. So the measure here
//! is another: in words and identifiers, letters follow each other as in language (`BIGRAMS`), and letters, digits and cases
//! come in runs; in a random text they do not.
use super::codec::base64;
use super::words::{not_placeholder, plausible};

/// How much likelier a pair of letters is in identifiers and prose than by chance: 5 + log2 of the ratio, cut to 0–9.
/// Rows: first letter, columns: second. Counted over the names and words of a Linux distribution's headers and documents.
const BIGRAMS: [[u8; 26]; 26] = [
    *b"46774463635877263878554453",
    *b"64446332542633532553522242",
    *b"74547437516654842657542232",
    *b"64568433722544642554533332",
    *b"75776664524768565988465753",
    *b"53445632711543631555522231",
    *b"53437334512535532554432122",
    *b"62336322612333531444422131",
    *b"65766662323769752677352425",
    *b"41224111311121321131311111",
    *b"53336333512333432343423121",
    *b"74458443723743742456543252",
    *b"75447332623553662354532232",
    *b"74677573634445642478553232",
    *b"55763553524668561866655332",
    *b"73447334513643652756532241",
    *b"21222121211321122222512111",
    *b"74658453724565742666543252",
    *b"64648446715554664478634252",
    *b"74658536823554752766544363",
    *b"55545442522667352666222322",
    *b"63337332512343432343223221",
    *b"52334223512324422442222222",
    *b"33434322412342352345232321",
    *b"43334222312344361354223222",
    *b"32225112311222311121212222",
];

/// Mean of `BIGRAMS` from which on letters read as words, in tenths. Random letters have 38 ± 7, words 64 ± 9.
const WORDY: u32 = 49;

/// What is counted about a text in one pass.
struct Shape {
    digits: u32,
    lower: u32,
    upper: u32,
    others: u32,
    /// Neighbours of different class, both letters or digits; a capital before a small letter is none, for the sake of names.
    changes: u32,
    /// Neighbours that are letters or digits.
    pairs: u32,
    /// Neighbours that are both letters, and the sum of their `BIGRAMS`.
    letters: (u32, u32),
    /// Different characters.
    distinct: u32,
    hexadecimal: bool,
}

impl Shape {
    fn of(text: &[u8]) -> Self {
        let mut shape = Self {
            digits: 0,
            lower: 0,
            upper: 0,
            others: 0,
            changes: 0,
            pairs: 0,
            letters: (0, 0),
            distinct: 0,
            hexadecimal: text.iter().all(u8::is_ascii_hexdigit),
        };
        let mut seen = [false; 256];
        let mut last: Option<(u8, u8)> = None;
        for &byte in text {
            shape.distinct += u32::from(!std::mem::replace(&mut seen[usize::from(byte)], true));
            let class = match byte {
                b'0'..=b'9' => 1,
                b'a'..=b'z' => 2,
                b'A'..=b'Z' => 3,
                _ => 0,
            };
            *match class {
                1 => &mut shape.digits,
                2 => &mut shape.lower,
                3 => &mut shape.upper,
                _ => &mut shape.others,
            } += 1;
            if let Some((before, was)) = last
                && class > 0
                && was > 0
            {
                shape.pairs += 1;
                shape.changes += u32::from(class != was && (was, class) != (3, 2));
                if class > 1 && was > 1 {
                    let row = BIGRAMS[usize::from(before.to_ascii_lowercase() - b'a')];
                    let value = row[usize::from(byte.to_ascii_lowercase() - b'a')] - b'0';
                    shape.letters.0 += 1;
                    shape.letters.1 += u32::from(value);
                }
            }
            last = Some((byte, class));
        }
        shape
    }

    /// Letters follow each other as in language.
    fn wordy(&self) -> bool {
        self.letters.0 >= 4 && self.letters.1 * 10 >= self.letters.0 * WORDY
    }

    /// Class changes for each hundred neighbours.
    fn churn(&self) -> u32 {
        self.changes * 100 / self.pairs.max(1)
    }

    fn alphanumeric(&self) -> u32 {
        self.digits + self.lower + self.upper
    }
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// For a value that stands beside the name of its vendor: no placeholder, no identifier, not a few characters over and over.
#[must_use]
pub fn opaque(secret: &[u8]) -> bool {
    let shape = Shape::of(secret);
    plausible(secret)
        && shape.distinct >= 6
        && (shape.digits > 0 || !shape.wordy())
        && !(shape.wordy() && shape.churn() < 15 && !shape.hexadecimal)
}

/// For what follows `Bearer` and the like: a random string, a number in hexadecimal, or a structured token.
#[must_use]
pub fn opaque_token(secret: &[u8]) -> bool {
    let shape = Shape::of(secret);
    let mixed = shape.digits > 0 && shape.lower + shape.upper > 0;
    opaque(secret) && mixed && (shape.hexadecimal || is_uuid(secret) || shape.churn() >= 15)
}

/// For a value in an assignment whose name says that it is secret.
#[must_use]
pub fn random(secret: &[u8]) -> bool {
    shaped(secret, &Shape::of(secret)) && plausible(secret)
}

/// What [`random`] asks of the shape.
fn shaped(secret: &[u8], shape: &Shape) -> bool {
    if shape.others * 4 > shape.alphanumeric() && !is_uuid(secret) {
        return false;
    }
    if shape.hexadecimal {
        return secret.len() >= 20
            && shape.digits > 2
            && shape.lower + shape.upper > 2
            && shape.distinct >= 7;
    }
    if is_uuid(secret) {
        return shape.distinct >= 8;
    }
    shape.digits > 0
        && shape.lower + shape.upper > 3
        && shape.distinct >= 9
        && if shape.wordy() {
            shape.churn() >= 35
        } else {
            shape.churn() >= 20 || shape.letters.0 >= 8
        }
}

/// As [`random`], for places where less speaks for a secret: both cases or hexadecimal, and never words.
#[must_use]
pub fn random_strict(secret: &[u8]) -> bool {
    let shape = Shape::of(secret);
    shaped(secret, &shape)
        && (shape.hexadecimal && secret.len() >= 24
            || is_uuid(secret)
            || shape.digits > 1 && !shape.wordy() && (shape.churn() >= 24 || shape.letters.0 >= 10))
        && plausible(secret)
}

/// For a token that stands alone, with nothing that says what it is: the full randomness of 256 bits or more.
#[must_use]
pub fn bare_random(token: &[u8]) -> bool {
    let shape = Shape::of(token);
    if !plausible(token) {
        return false;
    }
    match token.len() {
        64 | 128 if shape.hexadecimal && (shape.lower == 0 || shape.upper == 0) => {
            shape.distinct >= 14 && (30..=70).contains(&shape.churn())
        }
        40..=512 if !shape.hexadecimal => {
            let digits = shape.digits * 100 / shape.alphanumeric().max(1);
            base64(token, 0).is_some()
                && shape.churn() >= if shape.wordy() { 32 } else { 22 }
                && (4..=40).contains(&digits)
                && shape.lower * 3 > shape.upper
                && shape.upper * 3 > shape.lower
                && shape.distinct >= 22
        }
        _ => false,
    }
}

/// Code rather than a password: a variable, a template, a path, a scope.
fn code(secret: &[u8]) -> bool {
    let name = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.' | b'-');
    let rest = secret.get(1..).unwrap_or_default();
    match secret.first() {
        Some(b'<' | b'{' | b'/' | b'\\' | b'|' | b'-') => return true,
        Some(b'$' | b'%' | b'@' | b'&' | b'*' | b'.' | b'!' | b':') if rest.iter().all(name) => {
            return true;
        }
        Some(b'$' | b'%') => return true,
        _ => {}
    }
    secret.ends_with(b":")
        || secret.ends_with(b";")
        || [&b"::"[..], b"->", b"//", b"(", b"\\"]
            .iter()
            .any(|sign| memchr::memmem::find(secret, sign).is_some())
}

/// A password that is no word for one, no variable and no piece of code.
#[must_use]
pub fn password(secret: &[u8]) -> bool {
    let shape = Shape::of(secret);
    let signs = secret
        .iter()
        .filter(|b| {
            matches!(
                b,
                b'!' | b'#' | b'$' | b'^' | b'*' | b'@' | b'&' | b'?' | b'~'
            )
        })
        .count();
    let mixed =
        shape.digits > 0 || signs > 0 || shape.lower > 2 && shape.upper > 2 && !shape.wordy();
    !code(secret)
        && plausible(secret)
        && shape.distinct >= 5
        && shape.lower + shape.upper > 0
        && mixed
        && (!shape.wordy() || shape.churn() >= 12 && shape.digits > 0 || signs > 0)
        && !mail_address(secret)
}

fn mail_address(text: &[u8]) -> bool {
    let at = text.iter().rposition(|b| *b == b'@');
    at.is_some_and(|at| at > 0 && text[at..].contains(&b'.'))
}

/// As [`password`], where nothing delimits it: letters and digits mixed, and not read as words.
#[must_use]
pub fn password_strong(secret: &[u8]) -> bool {
    let shape = Shape::of(secret);
    password(secret)
        && shape.digits > 0
        && shape.churn() >= 20
        && shape.others <= 3
        && !shape.wordy()
}

/// The password of a URL: not one of the words that documents use, percent signs decoded as blanks.
#[must_use]
pub fn url_password(secret: &[u8]) -> bool {
    let mut text = Vec::with_capacity(secret.len());
    let mut rest = secret;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'%', [a, b, after @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => after,
            _ => {
                text.push(byte);
                after
            }
        };
    }
    let shape = Shape::of(&text);
    text.len() >= 6
        && not_placeholder(secret)
        && !matches!(secret.first(), Some(b'$' | b'%' | b'<' | b'{' | b'*'))
        && text
            .iter()
            .all(|b| !matches!(b, b'|' | b'\\' | b'`' | b'*'))
        && shape.distinct >= 5
        && shape.lower + shape.upper > 0
        && (shape.digits > 0 && shape.churn() >= 12
            || text.len() >= 8 && !shape.wordy()
            || text.len() >= 12 && shape.lower > 3 && shape.upper > 3 && shape.churn() >= 20)
        && !text.to_ascii_lowercase().starts_with(b"pass")
}
