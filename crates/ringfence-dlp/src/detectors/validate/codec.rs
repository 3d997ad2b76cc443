//! Decoders that the tests of secrets need. Small inputs only; the scanner's own decoders are elsewhere.

/// Value of a base64 character in either alphabet.
fn sextet(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// Decodes base64 of either alphabet, padded or not, up to `most` bytes of output. `None`: a character of neither alphabet,
/// or a length that no base64 has.
pub(super) fn base64(text: &[u8], most: usize) -> Option<Vec<u8>> {
    let end = text
        .iter()
        .rposition(|&b| b != b'=')
        .map_or(0, |last| last + 1);
    let body = text.get(..end)?;
    if body.len() % 4 == 1 || text.len() - end > 2 {
        return None;
    }
    let mut out = Vec::with_capacity((body.len() * 3 / 4).min(most));
    let (mut bits, mut have) = (0_u32, 0_u32);
    for &byte in body {
        bits = (bits << 6) | sextet(byte)?;
        have += 6;
        if have >= 8 {
            have -= 8;
            if out.len() < most {
                out.push(((bits >> have) & 0xff) as u8);
            }
            bits &= (1 << have) - 1;
        }
    }
    Some(out)
}

/// Decodes base58 (Bitcoin's alphabet) of at most 120 characters.
pub(super) fn base58(text: &[u8]) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if text.len() > 120 {
        return None;
    }
    let mut out: Vec<u8> = Vec::with_capacity(90);
    for byte in text {
        let mut carry = u32::try_from(ALPHABET.iter().position(|a| a == byte)?).ok()?;
        for digit in &mut out {
            carry += u32::from(*digit) * 58;
            *digit = (carry & 0xff) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            out.push((carry & 0xff) as u8);
            carry >>= 8;
        }
    }
    let zeros = text.iter().take_while(|&&b| b == b'1').count();
    out.resize(out.len() + zeros, 0);
    out.reverse();
    Some(out)
}

/// CRC-32 (IEEE 802.3), bit by bit: the inputs are a few dozen bytes.
pub(super) fn crc32(text: &[u8]) -> u32 {
    !text.iter().fold(!0_u32, |state, &byte| {
        (0..8).fold(state ^ u32::from(byte), |s, _| {
            (s >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(s & 1))
        })
    })
}

/// SHA-256 (FIPS 180-4), for checksums of keys; never for secrecy.
pub(super) fn sha256(text: &[u8]) -> [u8; 32] {
    let mut state = fractions(2);
    let rounds: [u32; 64] = constants();
    let mut padded = text.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend_from_slice(&(text.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        let mut w = [0_u32; 64];
        for (slot, four) in w.iter_mut().zip(block.chunks_exact(4)) {
            *slot = four.iter().fold(0, |word, &b| (word << 8) | u32::from(b));
        }
        for i in 16..64 {
            let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
            let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
            w[i] = w[i - 16]
                .wrapping_add(s0)
                .wrapping_add(w[i - 7])
                .wrapping_add(s1);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (k, w) in rounds.iter().zip(w) {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let one = h
                .wrapping_add(s1)
                .wrapping_add((e & f) ^ (!e & g))
                .wrapping_add(*k)
                .wrapping_add(w);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let two = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e) = (g, f, e, d.wrapping_add(one));
            (d, c, b, a) = (c, b, a, one.wrapping_add(two));
        }
        for (slot, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *slot = slot.wrapping_add(value);
        }
    }
    let mut out = [0; 32];
    for (four, word) in out.chunks_exact_mut(4).zip(state) {
        four.copy_from_slice(&word.to_be_bytes());
    }
    out
}

/// The first 64 primes; the constants of SHA-256 are made from them.
fn primes() -> impl Iterator<Item = u64> {
    (2_u64..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}

/// First 32 bits of the fractional part of the `power`-th root of `n`, by bisection in integers.
fn fraction(n: u64, power: u32) -> u32 {
    let target = u128::from(n) << (32 * power);
    let (mut low, mut high) = (0_u128, 1_u128 << 37);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if middle.pow(power) <= target {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low & 0xffff_ffff) as u32
}

fn fractions(power: u32) -> [u32; 8] {
    let mut out = [0; 8];
    for (slot, prime) in out.iter_mut().zip(primes()) {
        *slot = fraction(prime, power);
    }
    out
}

fn constants() -> [u32; 64] {
    let mut out = [0; 64];
    for (slot, prime) in out.iter_mut().zip(primes()) {
        *slot = fraction(prime, 3);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(sha256(b"abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(sha256(b"")[28..], [0x78, 0x52, 0xb8, 0x55]);
        assert_eq!(base64(b"aGVsbG8=", 99).unwrap(), b"hello");
        assert_eq!(base64(b"aGVsbG8", 99).unwrap(), b"hello");
        assert_eq!(base64(b"aGVsb", 99), None);
        assert_eq!(base58(b"2NEpo7TZRRrLZSi2U").unwrap(), b"Hello World!");
        assert_eq!(base58(b"0"), None);
    }
}
