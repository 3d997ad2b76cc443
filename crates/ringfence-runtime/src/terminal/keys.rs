//! Decides which key press is an answer: typed-ahead keys, pastes and terminal replies are not.

use std::time::Instant;

use crate::prompt::limits::{ALONE, QUIET};

/// Counts a key only after the keyboard was still for [`QUIET`] and when nothing else arrives within [`ALONE`] of it.
///
/// A terminal's reply or a mouse report is several bytes at once or begins with ESC; either makes the gate wait for
/// another still moment. One gate serves one question.
#[derive(Debug)]
pub struct KeyGate {
    last: Instant,
    armed: bool,
    candidate: Option<char>,
}

impl KeyGate {
    /// Closed until the keyboard was still.
    pub fn new(now: Instant) -> Self {
        Self {
            last: now,
            armed: false,
            candidate: None,
        }
    }

    /// Bytes as they came from the terminal in one read.
    pub fn bytes(&mut self, bytes: &[u8], now: Instant) {
        match bytes {
            [] => {}
            [byte @ (b'!'..=b'~' | CTRL_C)] => self.key(Some(char::from(*byte)), now),
            _ => self.key(None, now),
        }
    }

    /// One key press; `None` for anything but a plain character.
    pub fn key(&mut self, key: Option<char>, now: Instant) {
        let still = now.saturating_duration_since(self.last);
        self.last = now;
        if still >= QUIET {
            self.armed = true;
        }
        // A second key right behind the first makes both worthless.
        let crowded = self.candidate.take().is_some() && still < ALONE;
        match key {
            Some(c) if self.armed && !crowded => self.candidate = Some(c),
            _ => self.armed = false,
        }
    }

    /// The answer key, once it is certain that it stood alone.
    pub fn poll(&mut self, now: Instant) -> Option<char> {
        if now.saturating_duration_since(self.last) < ALONE {
            return None;
        }
        self.candidate.take()
    }

    /// When [`KeyGate::poll`] is worth calling.
    pub fn due(&self) -> Option<Instant> {
        self.candidate.map(|_| self.last + ALONE)
    }
}

/// In raw mode the interrupt key is a byte; it denies once.
pub const CTRL_C: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn a_lone_key_after_a_still_moment_counts() {
        let t = Instant::now();
        let mut gate = KeyGate::new(t);
        gate.bytes(b"a", at(t, 400));
        assert_eq!(gate.poll(at(t, 420)), None);
        assert_eq!(gate.poll(at(t, 470)), Some('a'));
        assert_eq!(gate.poll(at(t, 480)), None);
    }

    #[test]
    fn typed_ahead_keys_do_not_count_and_prolong_the_wait() {
        let t = Instant::now();
        let mut gate = KeyGate::new(t);
        for ms in [10, 200, 450, 700] {
            gate.bytes(b"a", at(t, ms));
            assert_eq!(gate.poll(at(t, ms + 100)), None, "{ms}");
        }
        gate.bytes(b"a", at(t, 1001));
        assert_eq!(gate.poll(at(t, 1100)), Some('a'));
    }

    #[test]
    fn pastes_replies_and_enter_do_not_count() {
        let t = Instant::now();
        for junk in [
            &b"aaaa"[..],
            b"\x1b[24;80R",
            b"\x1b",
            b"\r",
            b"\n",
            b" ",
            b"\x1b[<35;10;10M",
        ] {
            let mut gate = KeyGate::new(t);
            gate.bytes(junk, at(t, 400));
            assert_eq!(gate.poll(at(t, 600)), None, "{junk:?}");
            // What trickles in behind it doesn't either.
            gate.bytes(b"a", at(t, 610));
            assert_eq!(gate.poll(at(t, 800)), None, "{junk:?}");
        }
    }

    #[test]
    fn a_paste_that_arrives_byte_by_byte_does_not_count() {
        let t = Instant::now();
        let mut gate = KeyGate::new(t);
        for i in 0..20 {
            gate.bytes(b"a", at(t, 400 + i * 5));
            assert_eq!(gate.poll(at(t, 400 + i * 5)), None);
        }
        assert_eq!(gate.poll(at(t, 2000)), None);
    }
}
