//! Every row against its own examples, and the table against itself.
#![allow(clippy::unwrap_used, clippy::print_stderr)]
use super::{bare, detectors};
use crate::detector::Detector;
use std::collections::HashSet;

/// What the scanner does with one row, without tokens: keyword, pattern, entropy, test of the secret.
fn finds(row: &Detector, text: &str) -> bool {
    if row.keywords.is_empty() {
        return tokens(text).any(|(start, end)| {
            bare(&text.as_bytes()[start..end], &text.as_bytes()[..start])
                .is_some_and(|(found, _)| found.id == row.id)
        });
    }
    let lower = text.to_ascii_lowercase();
    let near = row
        .keywords
        .iter()
        .any(|keyword| lower.contains(&keyword.to_ascii_lowercase()));
    let Some(regex) = row.compile(false) else {
        return false;
    };
    near && regex.captures_iter(text.as_bytes()).any(|found| {
        let secret = found.get(row.group).unwrap().as_bytes();
        entropy(secret) >= row.entropy && row.validate.is_none_or(|valid| valid(secret))
    })
}

/// The tokens that [`bare`] is asked about.
fn tokens(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let token = |b: u8| b.is_ascii_alphanumeric() || br"-_+/=.~%\&#;:@!$^*?|".contains(&b);
    let bytes = text.as_bytes();
    let starts =
        (0..bytes.len()).filter(move |&at| token(bytes[at]) && (at == 0 || !token(bytes[at - 1])));
    starts
        .map(move |start| {
            let rest = bytes[start..].iter().position(|&b| !token(b));
            (start, rest.map_or(bytes.len(), |length| start + length))
        })
        .filter(move |&(start, end)| {
            end - start >= 20 && bytes[start..end].iter().any(u8::is_ascii_digit)
        })
}

fn entropy(text: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    for &byte in text {
        counts[usize::from(byte)] += 1;
    }
    let all = text.len() as f32;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| count as f32 / all)
        .map(|share| -share * share.log2())
        .sum()
}

#[test]
fn ids_are_unique_and_rows_complete() {
    let mut ids = HashSet::new();
    let bad: Vec<_> = detectors()
        .iter()
        .filter(|row| row.compile(false).is_none() || row.compile(true).is_none())
        .map(|row| row.id)
        .collect();
    assert!(bad.is_empty(), "patterns of {bad:?}");
    assert!(detectors().len() >= 200);
    for row in detectors() {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(ids.insert(row.id), "{} twice", row.id);
        assert!(row.id.bytes().all(plain), "{}", row.id);
        assert!(row.keywords.iter().all(|k| k.len() >= 3), "{}", row.id);
        assert!(!row.name.is_empty() && !row.vendor.is_empty());
        assert!(!row.examples.is_empty(), "{}: no example", row.id);
        assert!(!row.negatives.is_empty(), "{}: no near miss", row.id);
        assert!(row.compile(false).is_some(), "{}: pattern", row.id);
        assert!(
            row.compile(true).is_some(),
            "{}: pattern in any case",
            row.id
        );
    }
}

#[test]
fn rows_find_their_examples_and_not_their_near_misses() {
    let mut wrong = Vec::new();
    for row in detectors() {
        wrong.extend(
            row.examples
                .iter()
                .filter(|text| !finds(row, text))
                .map(|text| format!("{} misses {text}", row.id)),
        );
        wrong.extend(
            row.negatives
                .iter()
                .filter(|text| finds(row, text))
                .map(|text| format!("{} finds {text}", row.id)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Secrets with a checksum: any change of one character is noticed.
#[test]
fn checksums_notice_a_change_of_one_character() {
    use super::validate::{base58check, bech32, crc32_base62, grafana_crc32, iban, luhn};
    let sums: [crate::Validator; 6] =
        [base58check, bech32, crc32_base62, grafana_crc32, iban, luhn];
    let mut tried = 0;
    for row in detectors() {
        let Some(valid) = row
            .validate
            .filter(|test| sums.iter().any(|sum| std::ptr::fn_addr_eq(*sum, *test)))
        else {
            continue;
        };
        let regex = row.compile(false).unwrap();
        let text = row.examples[0].as_bytes();
        let secret = regex
            .captures(text)
            .unwrap()
            .get(row.group)
            .unwrap()
            .as_bytes();
        assert!(valid(secret), "{}", row.id);
        // Past the prefix, which some sums do not cover but the pattern does.
        for at in secret.len() / 4..secret.len() {
            let mut changed = secret.to_vec();
            changed[at] = match changed[at] {
                b'2' => b'3',
                byte if byte.is_ascii_digit() => b'2',
                b'q' => b'z',
                b'Q' => b'Z',
                byte if byte.is_ascii_lowercase() => b'q',
                _ => b'Q',
            };
            tried += 1;
            assert!(!valid(&changed), "{}: changed at {at}", row.id);
        }
    }
    assert!(tried > 300, "{tried}");
}

/// What other filters of this kind got wrong: length limits, hexadecimal below their entropy, source code redacted.
#[test]
fn lengths_and_alphabets_do_not_hide_a_secret() {
    let found = |text: &str| detectors().iter().any(|row| finds(row, text));
    let hexadecimal = ["3f9a7c", "d20b58e1", "64", "af90c3", "1b7e5d", "20f8a4"].concat();
    assert!(found(&format!("client_secret = \"{hexadecimal}\"")));
    let long = ["aB3dE9fGh1JkLm0N", "pQ7rS2tUvW4xYz5C"].concat().repeat(7);
    assert!(found(&format!("session_secret: \"{long}\"")));
    for code in [
        "let token = self.tokens.next_token_or_else(|| Token::EndOfInput2)?;",
        "const SECRET_KEY_PATH: &str = \"/etc/service/secret_key_v2.pem\";",
        "password = getpass.getpass(prompt=\"Password: \")",
        "integrity sha512-Zx9vB2nM4qW6eR8tY0uI3oP5aS7dF1gH2jK4lZ6xC8vB0nM2qW4eR6tY8uI0oP2aS4dF6gH8jK0lZ2xC4vB6nA==",
        "checksum = \"0b1f5c3a9e7d2846fb13c5a7e9d0864212345fedcba9876500aabbccddeeff11\"",
        "id: 123e4567-e89b-12d3-a456-426614174000",
        "commit 4f0d8a6b5c3e2f1a0b9c9fd3c1a2b47e11223344",
    ] {
        assert!(!found(code), "{code}");
    }
}
