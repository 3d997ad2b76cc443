//! Which operating system commands (OSC) pass, in which form. The list is short on purpose.

use super::Filter;
use crate::terminal::limits::{MAX_LINK, MAX_TITLE};

impl Filter {
    pub(super) fn judge_osc(&mut self, sequence: &[u8], out: &mut Vec<u8>) {
        let Ok(text) = std::str::from_utf8(sequence) else {
            return;
        };
        let (code, body) = text.split_once(';').unwrap_or((text, ""));
        let body = match code {
            // Icon name and title.
            "0" | "1" | "2" => title(body),
            // Palette, foreground, background, cursor colour: set or ask.
            "4" | "10" | "11" | "12" => match colours(body) {
                true => {
                    self.queries += u64::from(body.contains('?'));
                    self.modes.set_colours();
                    body.to_owned()
                }
                false => return,
            },
            // The same, back to the default.
            "104" | "110" | "111" | "112"
                if body.bytes().all(|b| b.is_ascii_digit() || b == b';') =>
            {
                body.to_owned()
            }
            "8" => match link(body) {
                Some(open) => {
                    self.modes.set_link(open);
                    body.to_owned()
                }
                None => return,
            },
            // Progress in the task bar; other forms of OSC 9 notify or run things.
            "9" if body.starts_with("4;")
                && body.bytes().all(|b| b.is_ascii_digit() || b == b';') =>
            {
                body.to_owned()
            }
            _ => return,
        };
        out.extend_from_slice(b"\x1b]");
        out.extend_from_slice(code.as_bytes());
        if !body.is_empty() || code.len() < 3 {
            out.push(b';');
        }
        out.extend_from_slice(body.as_bytes());
        out.push(0x07);
    }
}

/// Without controls, not too long, and without what a multiplexer would expand (`#(command)` in a status line).
fn title(text: &str) -> String {
    let clean: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_TITLE)
        .collect();
    let mut out = String::with_capacity(clean.len());
    let mut chars = clean.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '#' && matches!(chars.peek(), Some('(' | '{' | '[' | '#')) {
            continue;
        }
        out.push(c);
    }
    out
}

fn colours(body: &str) -> bool {
    !body.is_empty()
        && body.len() <= 1024
        && body.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b';' | b':' | b'/' | b'#' | b'?' | b',' | b'.')
        })
}

/// `Some(true)` opens a link, `Some(false)` closes one, `None` is not passed: another scheme could run a program.
fn link(body: &str) -> Option<bool> {
    let (parameters, target) = body.split_once(';')?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'=' | b':' | b'_' | b'-' | b'.');
    if parameters.len() > 256 || !parameters.bytes().all(plain) {
        return None;
    }
    if target.is_empty() {
        return Some(false);
    }
    let web = target.starts_with("https://") || target.starts_with("http://");
    (web && target.len() <= MAX_LINK && target.bytes().all(|b| (0x21..0x7f).contains(&b)))
        .then_some(true)
}
