//! Pairs of hexadecimal digits, with or without colons or dashes between them.

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// What the run decodes to, if it is made of pairs. Hashes are: what they decode to is no text, which is for the caller to see.
pub(crate) fn decode(run: &[u8]) -> Option<Vec<u8>> {
    let separated =
        run.len() >= 5 && matches!(run[2], b':' | b'-' | b'_') && digit(run[0]).is_some();
    if separated {
        let mark = run[2];
        return run
            .split(|b| *b == mark)
            .map(|pair| match pair {
                [a, b] => Some(digit(*a)? << 4 | digit(*b)?),
                _ => None,
            })
            .collect();
    }
    let run = run.strip_suffix(b"=").unwrap_or(run);
    // A quick no for names: the first characters are digits of the base.
    if run.iter().take(4).any(|b| digit(*b).is_none()) {
        return None;
    }
    let run = &run[run.len() % 2..];
    run.chunks_exact(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}
