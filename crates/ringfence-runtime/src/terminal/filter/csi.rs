//! Which control sequences (CSI) pass, in which form.

use std::fmt::Write as _;

use super::Filter;
use crate::terminal::limits::MAX_NUMBER;
use crate::terminal::modes::private_allowed;

/// A control sequence, taken apart.
struct Csi<'a> {
    marker: Option<u8>,
    text: &'a str,
    numbers: Vec<Option<u32>>,
    intermediate: Option<u8>,
}

impl<'a> Csi<'a> {
    /// `None` for what is malformed: a marker in the middle, two intermediates, a number beyond [`MAX_NUMBER`].
    fn parse(sequence: &'a [u8]) -> Option<Self> {
        let (marker, rest) = match sequence.split_first() {
            Some((m @ b'<'..=b'?', rest)) => (Some(*m), rest),
            _ => (None, sequence),
        };
        let parameters = rest.iter().take_while(|b| matches!(b, b'0'..=b';')).count();
        let (parameters, intermediates) = rest.split_at(parameters);
        let intermediate = match intermediates {
            [] => None,
            [one @ b' '..=b'/'] => Some(*one),
            _ => return None,
        };
        let text = std::str::from_utf8(parameters).ok()?;
        let mut numbers = Vec::new();
        for part in text.split([';', ':']) {
            let number = if part.is_empty() {
                None
            } else {
                Some(part.parse().ok().filter(|n| *n <= MAX_NUMBER)?)
            };
            numbers.push(number);
        }
        Some(Self {
            marker,
            text,
            numbers,
            intermediate,
        })
    }

    fn first(&self) -> u32 {
        self.numbers.first().copied().flatten().unwrap_or(0)
    }

    /// No parameter, or a single one.
    fn single(&self) -> bool {
        self.numbers.len() == 1
    }

    fn none_or_zero(&self) -> bool {
        self.single() && self.first() == 0
    }
}

impl Filter {
    pub(super) fn judge_csi(&mut self, sequence: &[u8], last: u8, out: &mut Vec<u8>) {
        let Some(csi) = Csi::parse(sequence) else {
            return;
        };
        let pass = match (csi.marker, csi.intermediate, last) {
            (_, None, b'h' | b'l') => return self.modes_csi(&csi, last, out),
            (None, None, _) => return self.plain(&csi, last, out),
            // Erase; cursor shape of the Linux console.
            (Some(b'?'), None, b'J' | b'K' | b'c') => csi.single(),
            (Some(b'?'), None, b'n') => self.query(csi.single() && matches!(csi.first(), 6 | 996)),
            (Some(b'?'), None, b'u') => self.query(csi.text.is_empty()),
            (Some(b'?'), None, b'm') => self.query(csi.single()),
            (Some(b'?') | None, Some(b'$'), b'p') => self.query(csi.single()),
            (Some(b'>'), None, b'c' | b'q') => self.query(csi.none_or_zero()),
            (Some(b'>'), None, b'm') => self.modify_other_keys(&csi),
            (Some(b'>'), None, b'u') => self.modes.kitty_push(),
            (Some(b'<'), None, b'u') => {
                self.modes.kitty_pop(csi.first().max(1));
                true
            }
            (Some(b'='), None, b'u') => {
                self.modes.kitty_set();
                true
            }
            (None, Some(b' '), b'q') => {
                self.modes.set_cursor_style();
                csi.single() && csi.first() <= 6
            }
            (None, Some(b'!'), b'p') => {
                self.modes.soft_reset();
                // The model behind the overlay does not know the soft reset, so what it stands for follows.
                out.extend_from_slice(b"\x1b[!p\x1b[0m\x1b[?25h\x1b[?1l\x1b>");
                return;
            }
            _ => false,
        };
        if pass {
            write_csi(&csi, last, out);
        }
    }

    /// Sequences without marker and intermediate.
    fn plain(&mut self, csi: &Csi<'_>, last: u8, out: &mut Vec<u8>) {
        let pass = match last {
            b'@'..=b'G' | b'I'..=b'M' | b'P' | b'S' | b'T' | b'X' | b'Z' | b'`' | b'b' | b'd' => {
                csi.single()
            }
            b'H' | b'f' => csi.numbers.len() <= 2,
            b'm' => true,
            // Relative moves under their more common names.
            b'a' | b'e' if csi.single() => {
                return write_csi(csi, if last == b'a' { b'C' } else { b'B' }, out);
            }
            b'c' => self.query(csi.none_or_zero()),
            b'n' => self.query(csi.single() && matches!(csi.first(), 5 | 6)),
            b'r' => {
                let number = |at: usize| {
                    csi.numbers
                        .get(at)
                        .copied()
                        .flatten()
                        .and_then(|n| u16::try_from(n).ok())
                };
                let margins = (number(0).unwrap_or(0), number(1).unwrap_or(0));
                self.modes
                    .set_margins((margins != (0, 0)).then_some(margins));
                csi.numbers.len() <= 2
            }
            b's' | b'u' if csi.text.is_empty() => {
                return out.extend_from_slice(if last == b's' { b"\x1b7" } else { b"\x1b8" });
            }
            // Sizes are reported; the title stack works; titles are not reported and windows stay where they are.
            b't' => match csi.first() {
                14 | 16 | 18 => self.query(csi.numbers.len() <= 2),
                22 | 23 => csi.numbers.len() <= 2,
                _ => false,
            },
            _ => false,
        };
        if pass {
            write_csi(csi, last, out);
        }
    }

    /// Sets and resets modes one by one, those that are allowed.
    fn modes_csi(&mut self, csi: &Csi<'_>, last: u8, out: &mut Vec<u8>) {
        let on = last == b'h';
        for number in csi
            .numbers
            .iter()
            .copied()
            .flatten()
            .filter_map(|n| u16::try_from(n).ok())
        {
            let mut text = String::new();
            match (csi.marker, number) {
                (Some(b'?'), 1048) => text.push_str(if on { "\x1b7" } else { "\x1b8" }),
                (Some(b'?'), _) => {
                    // 1047 is 1049 without the saved cursor, which those who use it save by 1048.
                    let mode = if number == 1047 { 1049 } else { number };
                    if private_allowed(mode) {
                        self.modes.set_private(mode, on);
                        let _ = write!(text, "\x1b[?{mode}{}", char::from(last));
                    }
                }
                (None, 4 | 20) => {
                    self.modes.set_ansi(number, on);
                    let _ = write!(text, "\x1b[{number}{}", char::from(last));
                }
                _ => {}
            }
            out.extend_from_slice(text.as_bytes());
        }
    }

    fn modify_other_keys(&mut self, csi: &Csi<'_>) -> bool {
        let level = csi
            .numbers
            .get(1)
            .copied()
            .flatten()
            .and_then(|n| u16::try_from(n).ok());
        let pass = matches!(csi.numbers.first(), Some(Some(4))) && csi.numbers.len() <= 2;
        if pass {
            self.modes.set_modify_other_keys(level);
        }
        pass
    }

    fn query(&mut self, pass: bool) -> bool {
        self.queries += u64::from(pass);
        pass
    }
}

fn write_csi(csi: &Csi<'_>, last: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    out.extend(csi.marker);
    out.extend_from_slice(csi.text.as_bytes());
    out.extend(csi.intermediate);
    out.push(last);
}
