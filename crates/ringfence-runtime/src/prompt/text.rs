//! The only way by which text of the sandbox reaches a person's screen.

/// Escapes everything but printable ASCII, so that one character is one column and nothing moves, hides or mirrors.
///
/// Controls, bidi marks, zero-width and wide characters, and letters that merely look like ASCII all become
/// `\u{…}`; a backslash is doubled, so that the escape can't be forged.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{1b}' => out.push_str("\\e"),
            _ => out.extend(c.escape_unicode()),
        }
    }
    out
}

/// [`escaped`], and cut in the middle to at most `columns` with the number of characters left out, so that both
/// the host in front and the end of a long URL stay visible.
pub fn shown(text: &str, columns: usize) -> String {
    let text = escaped(text);
    // `escaped` gives ASCII only, so bytes, characters and columns are the same here.
    if text.len() <= columns {
        return text;
    }
    let note = |left_out: usize| format!("...[{left_out} more]...");
    let room = columns.saturating_sub(note(text.len()).len());
    if room < 8 {
        return text[..columns.min(text.len())].to_owned();
    }
    let tail = room / 3;
    let head = room - tail;
    let left_out = text.len() - head - tail;
    format!(
        "{}{}{}",
        &text[..head],
        note(left_out),
        &text[text.len() - tail..]
    )
}

/// A size for people: bytes up to 9999, then KiB, MiB, GiB.
pub fn size(bytes: u64) -> String {
    let mut value = bytes;
    for unit in ["bytes", "KiB", "MiB"] {
        if value < 10_000 {
            return format!("{value} {unit}");
        }
        value /= 1024;
    }
    format!("{value} GiB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hides_nothing_and_moves_nothing() {
        assert_eq!(escaped("a\x1b[2Jb"), "a\\e[2Jb");
        assert_eq!(escaped("evil\u{202e}moc.doog"), "evil\\u{202e}moc.doog");
        assert_eq!(escaped("p\u{0430}ypal"), "p\\u{430}ypal");
        assert_eq!(escaped("z\u{200b}w 漢"), "z\\u{200b}w \\u{6f22}");
        assert_eq!(escaped("\\e"), "\\\\e");
        assert_eq!(escaped("\u{9b}31m\x07\0"), "\\u{9b}31m\\u{7}\\u{0}");
    }

    #[test]
    fn cuts_in_the_middle_and_says_how_much() {
        let url = format!("https://good.example/{}end", "x".repeat(1000));
        let text = shown(&url, 60);
        assert!(text.starts_with("https://good.example/"), "{text}");
        assert!(text.ends_with("xend") && text.contains("more]"), "{text}");
        assert!(text.len() <= 60);
    }

    proptest! {
        #[test]
        fn is_printable_ascii_and_fits(text in any::<String>(), columns in 0usize..200) {
            let out = shown(&text, columns);
            prop_assert!(out.len() <= columns);
            prop_assert!(out.bytes().all(|b| (b' '..=b'~').contains(&b)));
        }

        #[test]
        fn different_texts_look_different(a in any::<String>(), b in any::<String>()) {
            prop_assert_eq!(a == b, escaped(&a) == escaped(&b));
        }
    }
}
