//! What the sandbox has switched on in the person's terminal, so that it can be suspended and finally undone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::limits::MAX_KITTY;

/// DEC private modes that pass, each with its default where a terminal has a fixed one.
/// Everything else is dropped: column switching, printing, left-right margins, selection tracking, Win32 input …
const PRIVATE: &[(u16, Option<bool>)] = &[
    (1, Some(false)),    // application cursor keys
    (5, Some(false)),    // reverse video
    (6, Some(false)),    // origin mode
    (7, Some(true)),     // autowrap
    (12, None),          // cursor blink; the default is the person's
    (25, Some(true)),    // cursor shown
    (45, Some(false)),   // reverse wrap
    (47, Some(false)),   // alternate screen; also 1049, to which 1047 is rewritten
    (66, Some(false)),   // application keypad
    (1000, Some(false)), // mouse: press and release
    (1002, Some(false)), // mouse: with button motion
    (1003, Some(false)), // mouse: with every motion
    (1004, Some(false)), // focus reports
    (1005, Some(false)), // mouse: UTF-8 coordinates
    (1006, Some(false)), // mouse: SGR coordinates
    (1007, None),        // wheel as arrow keys; the default is the person's
    (1015, Some(false)), // mouse: urxvt coordinates
    (1016, Some(false)), // mouse: SGR pixels
    (1049, Some(false)), // alternate screen with saved cursor
    (2004, Some(false)), // bracketed paste
    (2026, Some(false)), // synchronised output
    (2031, Some(false)), // colour scheme reports
    (2048, Some(false)), // size reports
];

/// Modes that are switched off while the overlay is up: they change what keys or drawing mean, or send on their own.
const SUSPENDED: &[u16] = &[6, 1000, 1002, 1003, 1004, 2004, 2026, 2031, 2048];

/// Whether this private mode may be set at all.
pub fn private_allowed(mode: u16) -> bool {
    PRIVATE.iter().any(|(m, _)| *m == mode)
}

/// The state, as far as it can be undone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modes {
    private: BTreeMap<u16, bool>,
    insert: bool,
    newline: bool,
    keypad: bool,
    margins: Option<(u16, u16)>,
    cursor_style: bool,
    modify_other_keys: Option<u16>,
    kitty_main: Kitty,
    kitty_alternate: Kitty,
    link: bool,
    colours: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Kitty {
    pushed: u32,
    set: bool,
}

impl Modes {
    /// A private mode was set or reset.
    pub fn set_private(&mut self, mode: u16, on: bool) {
        self.private.insert(mode, on);
    }

    /// Whether a private mode is on.
    pub fn private(&self, mode: u16) -> bool {
        self.private.get(&mode).copied().unwrap_or_else(|| {
            PRIVATE
                .iter()
                .find(|(m, _)| *m == mode)
                .and_then(|(_, default)| *default)
                .unwrap_or(false)
        })
    }

    /// Whether the alternate screen is shown.
    pub fn alternate(&self) -> bool {
        self.private(47) || self.private(1049)
    }

    /// Top margin, from 0, when origin mode makes positions relative to it.
    pub fn origin(&self) -> Option<u16> {
        self.private(6)
            .then(|| self.margins.map_or(0, |(top, _)| top.saturating_sub(1)))
    }

    /// Insert mode (ANSI 4) or line feed mode (ANSI 20).
    pub fn set_ansi(&mut self, mode: u16, on: bool) {
        match mode {
            4 => self.insert = on,
            20 => self.newline = on,
            _ => {}
        }
    }

    /// `ESC =` and `ESC >`.
    pub fn set_keypad(&mut self, on: bool) {
        self.keypad = on;
    }

    /// Scroll region, from 1; `None` for the whole screen.
    pub fn set_margins(&mut self, margins: Option<(u16, u16)>) {
        self.margins = margins;
    }

    /// The cursor's shape was chosen.
    pub fn set_cursor_style(&mut self) {
        self.cursor_style = true;
    }

    /// xterm's modifyOtherKeys.
    pub fn set_modify_other_keys(&mut self, level: Option<u16>) {
        self.modify_other_keys = level.filter(|l| *l > 0);
    }

    /// A hyperlink was opened or closed.
    pub fn set_link(&mut self, open: bool) {
        self.link = open;
    }

    /// Palette, foreground, background or cursor colour was changed.
    pub fn set_colours(&mut self) {
        self.colours = true;
    }

    /// Kitty keyboard flags pushed; `false` when too many are.
    pub fn kitty_push(&mut self) -> bool {
        let kitty = self.kitty();
        let fits = kitty.pushed < MAX_KITTY;
        if fits {
            kitty.pushed += 1;
        }
        fits
    }

    /// Kitty keyboard flags popped.
    pub fn kitty_pop(&mut self, count: u32) {
        let kitty = self.kitty();
        kitty.pushed = kitty.pushed.saturating_sub(count);
    }

    /// Kitty keyboard flags set in place.
    pub fn kitty_set(&mut self) {
        self.kitty().set = true;
    }

    fn kitty(&mut self) -> &mut Kitty {
        if self.alternate() {
            &mut self.kitty_alternate
        } else {
            &mut self.kitty_main
        }
    }

    fn kitty_active(&self) -> bool {
        let kitty = if self.alternate() {
            self.kitty_alternate
        } else {
            self.kitty_main
        };
        kitty.pushed > 0 || kitty.set
    }

    /// `ESC c`: everything back to how it was.
    pub fn full_reset(&mut self) {
        *self = Self::default();
    }

    /// `CSI ! p`.
    pub fn soft_reset(&mut self) {
        for mode in [1, 6, 7, 25, 66] {
            self.private.remove(&mode);
        }
        (self.insert, self.keypad, self.margins) = (false, false, None);
    }

    /// Sequences that make plain drawing and plain keys possible on the screen shown now.
    pub fn suspend(&self) -> String {
        let mut out = String::new();
        for mode in SUSPENDED.iter().filter(|m| self.private(**m)) {
            let _ = write!(out, "\x1b[?{mode}l");
        }
        if self.insert {
            out.push_str("\x1b[4l");
        }
        if self.kitty_active() {
            out.push_str("\x1b[>0u");
        }
        if self.link {
            out.push_str("\x1b]8;;\x07");
        }
        out
    }

    /// Undoes [`Modes::suspend`], except origin mode, which moves the cursor and is the painter's.
    pub fn resume(&self) -> String {
        let mut out = String::new();
        if self.kitty_active() {
            out.push_str("\x1b[<1u");
        }
        if self.insert {
            out.push_str("\x1b[4h");
        }
        for mode in SUSPENDED.iter().filter(|m| **m != 6 && self.private(**m)) {
            let _ = write!(out, "\x1b[?{mode}h");
        }
        out
    }

    /// Sequences that take back everything that is still switched on, for the end of the session.
    pub fn undo(&self) -> String {
        let mut out = String::new();
        let kitty = |out: &mut String, kitty: Kitty| {
            if kitty.set {
                out.push_str("\x1b[=0u");
            }
            if kitty.pushed > 0 {
                let _ = write!(out, "\x1b[<{}u", kitty.pushed);
            }
        };
        if self.alternate() {
            kitty(&mut out, self.kitty_alternate);
            out.push_str(if self.private(1049) {
                "\x1b[?1049l"
            } else {
                "\x1b[?47l"
            });
        }
        kitty(&mut out, self.kitty_main);
        for (mode, default) in PRIVATE {
            let Some(default) = default else { continue };
            if !matches!(mode, 47 | 1049) && self.private(*mode) != *default {
                let _ = write!(out, "\x1b[?{mode}{}", if *default { 'h' } else { 'l' });
            }
        }
        if self.margins.is_some() {
            out.push_str("\x1b7\x1b[r\x1b8");
        }
        for (on, text) in [
            (self.insert, "\x1b[4l"),
            (self.newline, "\x1b[20l"),
            (self.keypad, "\x1b>"),
            (self.cursor_style, "\x1b[0 q"),
            (self.modify_other_keys.is_some(), "\x1b[>4m"),
            (self.link, "\x1b]8;;\x07"),
            (
                self.colours,
                "\x1b]104\x07\x1b]110\x07\x1b]111\x07\x1b]112\x07",
            ),
        ] {
            if on {
                out.push_str(text);
            }
        }
        out.push_str("\x1b[0m");
        out
    }
}
