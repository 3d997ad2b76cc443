//! Makes the output of untrusted code harmless for a terminal (INCIDENTS P7): text, line ends, tabs and colours pass;
//! every other control character is shown, so that nothing it asks of the terminal happens.

use ringfence_policy::is_hidden;

/// Longest colour sequence, `ESC [` and `m` included.
const COLOUR_BYTES: usize = 32;

/// The state of one stream.
#[derive(Debug, Default)]
pub struct Neutral {
    /// The beginning of a sequence or character whose end has not come yet.
    open: Vec<u8>,
}

/// What the bytes from some point on are.
enum Piece {
    /// This many bytes pass as they are.
    Pass(usize),
    /// This many bytes are shown as this text.
    Show(usize, String),
    /// The end decides.
    Open,
}

impl Neutral {
    /// Takes bytes in and appends what may be written to a terminal.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.open.extend_from_slice(bytes);
        self.drain(false, out);
    }

    /// The end: what is still open is shown.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.drain(true, out);
    }

    fn drain(&mut self, last: bool, out: &mut Vec<u8>) {
        let bytes = std::mem::take(&mut self.open);
        let mut rest = bytes.as_slice();
        while let Some(first) = rest.first() {
            let used = match piece(rest, *first, last) {
                Piece::Pass(length) => {
                    out.extend_from_slice(rest.get(..length).unwrap_or(rest));
                    length
                }
                Piece::Show(length, text) => {
                    out.extend_from_slice(text.as_bytes());
                    length
                }
                Piece::Open => {
                    self.open = rest.to_vec();
                    return;
                }
            };
            rest = rest.get(used..).unwrap_or_default();
        }
    }
}

fn piece(rest: &[u8], first: u8, last: bool) -> Piece {
    match first {
        b'\n' | b'\t' | b'\r' | b' '..=b'~' => Piece::Pass(plain(rest)),
        0x1b => colour(rest, last),
        0..=0x1f => Piece::Show(1, format!("^{}", char::from(first + 0x40))),
        0x7f => Piece::Show(1, "^?".into()),
        _ => character(rest, last),
    }
}

/// Length of the run of plain ASCII.
fn plain(rest: &[u8]) -> usize {
    let is_plain = |b: &u8| matches!(b, b'\n' | b'\t' | b'\r' | b' '..=b'~');
    rest.iter().position(|b| !is_plain(b)).unwrap_or(rest.len())
}

/// `ESC [ digits ; : m` and nothing else passes.
fn colour(rest: &[u8], last: bool) -> Piece {
    let shown = Piece::Show(1, "^[".into());
    match rest.get(1) {
        None if !last => return Piece::Open,
        Some(b'[') => {}
        _ => return shown,
    }
    let body = rest.get(2..).unwrap_or_default();
    let length = body
        .iter()
        .position(|b| !matches!(b, b'0'..=b'9' | b';' | b':'));
    match length {
        Some(length) if length + 3 <= COLOUR_BYTES && body.get(length) == Some(&b'm') => {
            Piece::Pass(length + 3)
        }
        None if !last && body.len() + 3 <= COLOUR_BYTES => Piece::Open,
        _ => shown,
    }
}

/// One character of UTF-8 beyond ASCII; the control characters among them, and bytes that are none, are shown.
fn character(rest: &[u8], last: bool) -> Piece {
    let head = rest.get(..4).unwrap_or(rest);
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default())
                .unwrap_or_default()
        }
        Err(error) if error.error_len().is_none() && !last => return Piece::Open,
        Err(_) => return Piece::Show(1, "\u{fffd}".into()),
    };
    match valid.chars().next() {
        Some(c) if is_hidden(c) => Piece::Show(c.len_utf8(), format!("\\u{{{:x}}}", u32::from(c))),
        Some(c) => Piece::Pass(c.len_utf8()),
        None => Piece::Show(1, "\u{fffd}".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        let mut neutral = Neutral::default();
        neutral.push(bytes, &mut out);
        neutral.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_and_colours_pass() {
        for text in [
            "a\tb\r\nc",
            "\x1b[1;31mred\x1b[0m\n",
            "\x1b[38:5:1mx",
            "äöü € 🦀\n",
            "",
        ] {
            assert_eq!(seen(text.as_bytes()), text);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_shown_instead() {
        assert_eq!(seen(b"\x1b]52;c;cm0=\x07"), "^[]52;c;cm0=^G");
        assert_eq!(seen(b"\x1b[2J\x1b[6n"), "^[[2J^[[6n");
        assert_eq!(seen(b"\x1bc\x1bP+q\x1b\\"), "^[c^[P+q^[\\");
        assert_eq!(seen("\u{9b}2J".as_bytes()), "\\u{9b}2J");
        assert_eq!(seen(b"\x9b2J\xff"), "\u{fffd}2J\u{fffd}");
        assert_eq!(seen("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(seen("a\u{61c}b".as_bytes()), "a\\u{61c}b");
        assert_eq!(seen(b"\x08\x00\x7f\x1b"), "^H^@^?^[");
        let long = format!("\x1b[{}m", "1;".repeat(40));
        assert!(seen(long.as_bytes()).starts_with("^[["));
    }

    #[test]
    fn nothing_depends_on_where_the_stream_is_cut() {
        let bytes = "a\x1b[1mb\x1b]0;t\x07ä\u{9b}€\u{202e}🦀\x1b[".as_bytes();
        let mut bytes = bytes.to_vec();
        bytes.extend([0xf0, 0x9f, b'x', 0x80, 0x1b]);
        let whole = seen(&bytes);
        for cut in 0..=bytes.len() {
            let mut out = Vec::new();
            let mut neutral = Neutral::default();
            neutral.push(&bytes[..cut], &mut out);
            neutral.push(&bytes[cut..], &mut out);
            neutral.finish(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), whole, "cut at {cut}");
        }
    }
}
