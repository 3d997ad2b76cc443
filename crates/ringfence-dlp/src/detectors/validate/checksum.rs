//! Formats that carry a checksum: a change of one character is noticed.
use super::codec::{base58, crc32, sha256};
use super::words::plausible;

/// GitHub and npm: a prefix up to `_`, a body, and the CRC-32 of the body in six base-62 digits.
#[must_use]
pub fn crc32_base62(secret: &[u8]) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some(body) = secret.splitn(2, |&b| b == b'_').nth(1) else {
        return false;
    };
    let Some((body, sum)) = body.len().checked_sub(6).map(|at| body.split_at(at)) else {
        return false;
    };
    let mut rest = crc32(body);
    sum.iter().rev().all(|&digit| {
        let right = DIGITS[(rest % 62) as usize] == digit;
        rest /= 62;
        right
    })
}

/// Grafana: everything before the last `_`, then its CRC-32 in hexadecimal, least byte first.
#[must_use]
pub fn grafana_crc32(secret: &[u8]) -> bool {
    let Some(at) = secret.iter().rposition(|&b| b == b'_') else {
        return false;
    };
    let (body, sum) = secret.split_at(at);
    let right: String = crc32(body)
        .to_le_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    sum.get(1..)
        .is_some_and(|sum| sum.eq_ignore_ascii_case(right.as_bytes()))
}

/// Base58Check: the last four bytes are the beginning of the double SHA-256 of the others.
#[must_use]
pub fn base58check(secret: &[u8]) -> bool {
    base58(secret).is_some_and(|bytes| {
        bytes.len().checked_sub(4).is_some_and(|at| {
            let (body, sum) = bytes.split_at(at);
            sha256(&sha256(body)).starts_with(sum)
        })
    })
}

/// Bech32 (BIP 173), of any length, in one case.
#[must_use]
pub fn bech32(secret: &[u8]) -> bool {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let lower = secret.to_ascii_lowercase();
    if lower != secret && secret.to_ascii_uppercase() != secret {
        return false;
    }
    let Some(at) = lower.iter().rposition(|&b| b == b'1') else {
        return false;
    };
    let (name, data) = lower.split_at(at);
    let Some(data) = data.get(1..).filter(|data| data.len() > 6) else {
        return false;
    };
    let mut values: Vec<u32> = name.iter().map(|b| u32::from(b >> 5)).collect();
    values.push(0);
    values.extend(name.iter().map(|b| u32::from(b & 31)));
    for byte in data {
        match ALPHABET.iter().position(|a| a == byte) {
            Some(value) => values.push(value as u32),
            None => return false,
        }
    }
    let sum = values.iter().fold(1_u32, |state, value| {
        let top = state >> 25;
        let mut next = ((state & 0x01ff_ffff) << 5) ^ value;
        for (bit, generator) in [
            0x3b6a_57b2,
            0x2650_8e6d,
            0x1ea1_19fa,
            0x3d42_33dd,
            0x2a14_62b3,
        ]
        .into_iter()
        .enumerate()
        {
            if (top >> bit) & 1 == 1 {
                next ^= generator;
            }
        }
        next
    });
    sum == 1
}

/// Payment card: Luhn's sum, and a beginning and length that an issuer uses. Hyphens may stand between the groups.
#[must_use]
pub fn luhn(secret: &[u8]) -> bool {
    let digits: Vec<u32> = secret
        .iter()
        .filter(|b| b.is_ascii_digit())
        .map(|b| u32::from(b - b'0'))
        .collect();
    let first = digits.iter().take(4).fold(0, |n, d| n * 10 + d);
    let issued = match digits.len() {
        13 | 19 => first / 1000 == 4,
        14 => (300..=305).contains(&(first / 10)) || matches!(first / 100, 36 | 38 | 39),
        15 => matches!(first / 100, 34 | 37),
        16 => {
            first / 1000 == 4
                || (51..=55).contains(&(first / 100))
                || (2221..=2720).contains(&first)
                || first == 6011
                || (644..=659).contains(&(first / 10))
                || (3528..=3589).contains(&first)
        }
        _ => false,
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| match i % 2 {
            1 => d * 2 - if *d > 4 { 9 } else { 0 },
            _ => *d,
        })
        .sum();
    issued && sum.is_multiple_of(10) && digits.iter().skip(4).any(|d| *d != 0)
}

/// IBAN: the number modulo 97, letters as two digits, the first four characters last (ISO 13616).
#[must_use]
pub fn iban(secret: &[u8]) -> bool {
    if secret.len() < 15 || secret.len() > 34 {
        return false;
    }
    let (head, rest) = secret.split_at(4);
    let mut modulo = 0_u32;
    for byte in rest.iter().chain(head) {
        modulo = match byte {
            b'0'..=b'9' => modulo * 10 + u32::from(byte - b'0'),
            b'A'..=b'Z' => modulo * 100 + u32::from(byte - b'A') + 10,
            _ => return false,
        } % 97;
    }
    modulo == 1
}

/// A private key of secp256k1: 32 bytes in hexadecimal, not zero, below the order of the group, and no placeholder.
#[must_use]
pub fn secp256k1_scalar(secret: &[u8]) -> bool {
    const ORDER: &[u8; 64] = b"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    let digits = secret
        .strip_prefix(b"0x")
        .unwrap_or(secret)
        .to_ascii_lowercase();
    digits.len() == 64
        && digits.as_slice() < ORDER.as_slice()
        && digits.iter().take(48).any(|&b| b != b'0')
        && plausible(&digits)
}
