//! Texts of others, made fit to be shown.

use ringfence_policy::visible;

/// A stranger's text, fit for a terminal: nothing in it is obeyed but newlines and tabs.
pub fn clean(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => c,
        c => visible(c),
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown_as_what_it_is() {
        assert_eq!(clean("a\x1b[2Jb\n\u{202e}c"), "a\u{fffd}[2Jb\n\u{fffd}c");
        assert_eq!(clean("\u{61c}a\u{200e}\tb"), "\u{fffd}a\u{fffd}\tb");
    }
}
