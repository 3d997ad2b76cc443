//! Takes out of a program's output what a terminal would act on beyond drawing (INCIDENTS P7).
//!
//! A streaming state machine in bounded memory. Nothing is forwarded before it was understood: a sequence is collected,
//! judged against an allow-list and written anew, so the terminal never sees a byte string that was parsed in another
//! way here. What a sequence is split over does not matter.
//!
//! **Passes**: text in valid UTF-8, cursor movement, colours, erasing, the modes of [`super::modes`], titles without
//! controls, `http(s)` hyperlinks, colour settings, and the queries that full-screen programs need and whose answers
//! have a fixed form without any text of the sandbox (DA1, DA2, DSR 5/6, DECRQM, colours, sizes, XTVERSION, kitty flags).
//!
//! **Dropped**: clipboard (OSC 52), title and icon reports, window moves, printing, every DCS, APC, PM and SOS string
//! (DECRQSS, XTGETTCAP, sixel, kitty graphics, multiplexer pass-through), screen checksums, answerback, C1 controls,
//! notifications, shell integration marks, file transfer and other private OSC, character set switching
//! (the DEC line-drawing set is translated to Unicode).

mod csi;
mod osc;

use super::limits::{MAX_CSI, MAX_OSC};
use super::modes::Modes;

const ESC: u8 = 0x1b;

/// See the module's text.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    state: State,
    /// The sequence being collected, without its introducer.
    sequence: Vec<u8>,
    /// A UTF-8 character being collected.
    character: Vec<u8>,
    graphics: [bool; 2],
    shifted: bool,
    modes: Modes,
    queries: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    Csi,
    /// A CSI that is too long or malformed, up to its final byte.
    CsiDropped,
    Osc,
    OscEscape,
    /// DCS, APC, PM, SOS, `ESC k`, or an OSC that is too long, up to its terminator.
    Dropped,
    DroppedEscape,
}

impl Filter {
    /// What is switched on in the terminal after everything that was let through.
    pub fn modes(&self) -> &Modes {
        &self.modes
    }

    /// How many queries were let through: the terminal will answer them.
    pub fn queries(&self) -> u64 {
        self.queries
    }

    /// Filters `input` and appends what may pass to `out`. At most [`MAX_OSC`] bytes are kept between calls.
    pub fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while let Some((&byte, tail)) = rest.split_first() {
            if self.state == State::Ground && self.character.is_empty() && !self.drawing() {
                let plain = rest
                    .iter()
                    .take_while(|b| matches!(b, b' '..=b'~' | b'\n' | b'\r'))
                    .count();
                if plain > 0 {
                    out.extend_from_slice(&rest[..plain]);
                    rest = &rest[plain..];
                    continue;
                }
            }
            self.byte(byte, out);
            rest = tail;
        }
    }

    fn drawing(&self) -> bool {
        self.graphics[usize::from(self.shifted)]
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        match self.state {
            State::Ground => self.ground(byte, out),
            State::Escape => self.escape(byte, out),
            State::Csi | State::CsiDropped => self.csi(byte, out),
            State::Osc => self.osc(byte, out),
            State::Dropped => match byte {
                ESC => self.state = State::DroppedEscape,
                // BEL ends an OSC; for the other strings terminals disagree, and ending early only shows text.
                0x07 | 0x18 | 0x1a => self.state = State::Ground,
                _ => {}
            },
            State::OscEscape if byte == b'\\' => self.end_osc(out),
            State::DroppedEscape if byte == b'\\' => self.state = State::Ground,
            // An escape that is no terminator cancels the string and begins anew.
            State::OscEscape | State::DroppedEscape => {
                self.begin(State::Escape);
                self.escape(byte, out);
            }
        }
    }

    fn begin(&mut self, state: State) {
        self.sequence.clear();
        self.state = state;
    }

    fn ground(&mut self, byte: u8, out: &mut Vec<u8>) {
        if byte >= 0x80 {
            return self.multibyte(byte, out);
        }
        self.cut_character(out);
        match byte {
            b' '..=b'~' => self.print(byte, out),
            _ => self.control(byte, out),
        }
    }

    fn print(&mut self, byte: u8, out: &mut Vec<u8>) {
        match (self.drawing(), byte) {
            (true, 0x5f..=0x7e) => {
                let mut buffer = [0; 4];
                let c = LINE_DRAWING[usize::from(byte - 0x5f)];
                out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
            }
            _ => out.push(byte),
        }
    }

    /// C0 controls. Enquiry (a stored answer), flow control and everything unused are dropped.
    fn control(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            ESC => self.begin(State::Escape),
            0x07..=0x0d => out.push(byte),
            0x0e => self.shifted = true,
            0x0f => self.shifted = false,
            _ => {}
        }
    }

    fn multibyte(&mut self, byte: u8, out: &mut Vec<u8>) {
        if byte & 0xc0 != 0x80 {
            self.cut_character(out);
        }
        self.character.push(byte);
        match std::str::from_utf8(&self.character) {
            Ok(text) => {
                // C1 controls in UTF-8 are controls to some terminals.
                if !text.chars().any(char::is_control) {
                    out.extend_from_slice(text.as_bytes());
                }
                self.character.clear();
            }
            Err(e) if e.error_len().is_none() => {}
            Err(_) => {
                // The byte that broke it may begin a character of its own.
                let retry = self.character.len() > 1 && byte & 0xc0 == 0xc0;
                self.character.clear();
                out.extend_from_slice("\u{fffd}".as_bytes());
                if retry {
                    self.multibyte(byte, out);
                }
            }
        }
    }

    fn cut_character(&mut self, out: &mut Vec<u8>) {
        if !self.character.is_empty() {
            self.character.clear();
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }

    fn escape(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            ESC => self.begin(State::Escape),
            0x18 | 0x1a => self.state = State::Ground,
            0x00..=0x1f => self.control(byte, out),
            b' '..=b'/' => {
                if self.sequence.len() < 2 {
                    self.sequence.push(byte);
                }
            }
            b'0'..=b'~' => self.end_escape(byte, out),
            0x7f => {}
            0x80.. => {
                self.state = State::Ground;
                self.ground(byte, out);
            }
        }
    }

    fn end_escape(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.state = State::Ground;
        match (self.sequence.as_slice(), byte) {
            ([], b'[') => self.begin(State::Csi),
            ([], b']') => self.begin(State::Osc),
            ([], b'P' | b'X' | b'^' | b'_' | b'k') => self.begin(State::Dropped),
            // Index and next line, in the form that every screen model knows.
            ([], b'D') => out.push(b'\n'),
            ([], b'E') => out.extend_from_slice(b"\r\n"),
            ([], b'c') => {
                self.modes.full_reset();
                (self.graphics, self.shifted) = ([false; 2], false);
                out.extend_from_slice(&[ESC, b'c']);
            }
            ([], b'=' | b'>') => {
                self.modes.set_keypad(byte == b'=');
                out.extend_from_slice(&[ESC, byte]);
            }
            ([], b'7' | b'8' | b'M') => out.extend_from_slice(&[ESC, byte]),
            ([b'('], set) => self.graphics[0] = set == b'0',
            ([b')'], set) => self.graphics[1] = set == b'0',
            _ => {}
        }
    }

    fn csi(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            0x18 | 0x1a => self.state = State::Ground,
            ESC => self.begin(State::Escape),
            0x00..=0x1f => self.control(byte, out),
            b' '..=b'?' => {
                if self.sequence.len() >= MAX_CSI {
                    self.state = State::CsiDropped;
                } else {
                    self.sequence.push(byte);
                }
            }
            b'@'..=b'~' => {
                let dropped = self.state == State::CsiDropped;
                self.state = State::Ground;
                if !dropped {
                    let sequence = std::mem::take(&mut self.sequence);
                    self.judge_csi(&sequence, byte, out);
                    self.sequence = sequence;
                }
            }
            0x7f => {}
            0x80.. => {
                self.state = State::Ground;
                self.ground(byte, out);
            }
        }
    }

    fn osc(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            0x07 => self.end_osc(out),
            ESC => self.state = State::OscEscape,
            0x18 | 0x1a => self.state = State::Ground,
            _ if self.sequence.len() >= MAX_OSC => self.begin(State::Dropped),
            _ => self.sequence.push(byte),
        }
    }

    fn end_osc(&mut self, out: &mut Vec<u8>) {
        self.state = State::Ground;
        let sequence = std::mem::take(&mut self.sequence);
        self.judge_osc(&sequence, out);
        self.sequence = sequence;
    }
}

/// DEC special graphics from 0x5f to 0x7e, as Unicode.
const LINE_DRAWING: [char; 32] = [
    ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─',
    '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

#[cfg(test)]
mod tests;
