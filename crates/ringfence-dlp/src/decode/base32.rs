//! Base32 (RFC 4648 §6), either case.

fn value(byte: u8) -> Option<u64> {
    match byte {
        b'A'..=b'Z' => Some(u64::from(byte - b'A')),
        b'a'..=b'z' => Some(u64::from(byte - b'a')),
        b'2'..=b'7' => Some(u64::from(byte - b'2') + 26),
        _ => None,
    }
}

/// What the run decodes to, if every character is of the alphabet and every eighth begins a byte of a text or of something compressed.
pub(crate) fn decode(run: &[u8]) -> Option<Vec<u8>> {
    let end = run.iter().rposition(|b| *b != b'=').map_or(0, |at| at + 1);
    let run = &run[..end];
    let packed = matches!(
        run.get(..2)?,
        [b'D' | b'd', b'6' | b'7']
            | [
                b'P' | b'p',
                b'A' | b'a' | b'C' | b'c' | b'H' | b'h' | b'I' | b'i'
            ]
            | [b'F' | b'f', b'C' | b'c']
    );
    let likely = packed
        || run
            .chunks(8)
            .take(4)
            .all(|group| value(group[0]).is_some_and(|v| matches!(v, 0..=15)));
    if !likely {
        return None;
    }
    let mut text = Vec::with_capacity(run.len() * 5 / 8 + 5);
    let (mut word, mut bits) = (0u64, 0);
    for byte in run {
        word = word << 5 | value(*byte)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            text.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    Some(text)
}
