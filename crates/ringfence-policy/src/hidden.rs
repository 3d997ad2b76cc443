//! What in a stranger's text nobody sees and something obeys.

/// Whether a terminal or the order of a text obeys this character instead of showing it: control characters (C0 and C1), what turns
/// the direction of what follows (the twelve of Unicode's `Bidi_Control`, CVE-2021-42574), separators of lines that are none to other
/// programs, and invisible formatting, tags among it, in which text is hidden from people and not from models.
///
/// Not so the zero-width space and the joiners (U+200B to U+200D), which scripts without spaces and joined emoji need.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{2028}' | '\u{2029}'
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The character, or U+FFFD in the place of one that is hidden.
pub fn visible(c: char) -> char {
    if is_hidden(c) { '\u{fffd}' } else { c }
}

#[cfg(test)]
mod tests {
    use super::{is_hidden, visible};

    #[test]
    fn what_is_obeyed_is_hidden_and_what_is_written_is_not() {
        // All of Unicode's property Bidi_Control.
        let direction = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        let control = "\0\u{7}\n\u{1b}\u{7f}\u{80}\u{9b}\u{9f}";
        let invisible =
            "\u{2028}\u{2029}\u{2060}\u{2064}\u{206f}\u{feff}\u{fff9}\u{e0001}\u{e0041}\u{e007f}";
        for c in [direction, control, invisible].concat().chars() {
            assert!(is_hidden(c) && visible(c) == '\u{fffd}', "{c:?}");
        }
        for c in " ~\u{a0}é漢ب🦀\u{200b}\u{200c}\u{200d}\u{fe0f}\u{fffd}".chars() {
            assert!(!is_hidden(c) && visible(c) == c, "{c:?}");
        }
    }
}
