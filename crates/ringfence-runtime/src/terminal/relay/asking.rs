//! The relay while a question is on the screen.

use tokio::time::Instant;

use super::Relay;
use crate::prompt::card;
use crate::terminal::keys::{CTRL_C, KeyGate};
use crate::terminal::limits::TICK;
use crate::terminal::overlay;
use crate::terminal::screen::Area;
use ringfence_policy::{Answer, Grant, Scope};

/// An overlay that is up.
pub(super) struct Asking {
    /// The question that is shown.
    id: u64,
    pub(super) gate: KeyGate,
    /// The alternate screen was free, so the terminal itself keeps what the overlay covers.
    borrowed: bool,
    /// What is covered when it was not.
    covered: Option<Area>,
    drawn: Instant,
    note: Option<String>,
}

impl Asking {
    /// When to look again: a key is due, or the time left has changed.
    pub(super) fn due(&self) -> Instant {
        let tick = self.drawn + TICK;
        self.gate.due().map_or(tick, |due| tick.min(due.into()))
    }
}

impl Relay {
    /// Questions came or went.
    pub(super) fn look_at_desk(&mut self) {
        let Some((desk, _)) = &self.desk else { return };
        if desk.overlay_wanted() && self.attached.is_none() {
            self.attached = Some(desk.attach());
        }
        let first = desk
            .overlay_wanted()
            .then(|| desk.pending().first().map(|p| p.id))
            .flatten();
        match (first, &mut self.asking) {
            (None, None) => {}
            (None, Some(_)) => self.close_overlay(),
            (Some(id), Some(asking)) => {
                if asking.id != id {
                    // Keys meant for the last question must not answer this one.
                    (asking.id, asking.gate) = (id, KeyGate::new(std::time::Instant::now()));
                }
                self.redraw();
            }
            (Some(id), None) => self.open_overlay(id),
        }
    }

    fn open_overlay(&mut self, id: u64) {
        let modes = self.filter.modes();
        let borrowed = !modes.alternate();
        if borrowed {
            self.io
                .to_host
                .extend_from_slice(b"\x1b[?1049h\x1b[0m\x1b[2J");
        }
        let text = modes.suspend();
        self.io.to_host.extend_from_slice(text.as_bytes());
        self.io.to_host.extend_from_slice(b"\x1b[?25l");
        self.asking = Some(Asking {
            id,
            gate: KeyGate::new(std::time::Instant::now()),
            borrowed,
            covered: None,
            drawn: Instant::now(),
            note: None,
        });
        self.io.undo = self.undo_overlay() + &self.filter.modes().undo();
        self.redraw();
    }

    /// Sequences that take the overlay away without what the relay knows about the screen, should it die meanwhile.
    fn undo_overlay(&self) -> String {
        let borrowed = self.asking.as_ref().is_some_and(|a| a.borrowed);
        if borrowed {
            "\x1b[?1049l\x1b[?25h".to_owned()
        } else {
            "\x1b[?25h".to_owned()
        }
    }

    pub(super) fn redraw(&mut self) {
        let (Some((desk, _)), Some(asking)) = (&self.desk, &mut self.asking) else {
            return;
        };
        let pending = desk.pending();
        let Some(at) = pending.iter().position(|p| p.id == asking.id) else {
            return;
        };
        let size = self.screen.size();
        let others = pending.len() - 1;
        let drawing = overlay::draw(
            &pending[at],
            others,
            asking.note.as_deref(),
            size,
            self.colour,
        );
        asking.drawn = Instant::now();
        let area = drawing.as_ref().map(|d| d.area);
        if asking.covered != area {
            let old = asking.covered.take();
            if asking.borrowed {
                self.io.to_host.extend_from_slice(b"\x1b[0m\x1b[2J");
            } else if let Some(old) = old {
                self.io
                    .to_host
                    .extend_from_slice(self.screen.paint(old).as_bytes());
            }
            asking.covered = area;
        }
        match drawing {
            Some(drawing) => self.io.to_host.extend_from_slice(drawing.text.as_bytes()),
            // It can be answered from another terminal. Over a program's screen nothing is written that can't be restored.
            None if asking.borrowed => self
                .io
                .to_host
                .extend_from_slice(b"\x1b[H\x1b[0;1mringfence asks:\r\nenlarge me"),
            None => {}
        }
        self.io.flush_host();
    }

    /// A key may have become an answer, or a second has passed.
    pub(super) async fn tick(&mut self) {
        let (Some((desk, _)), Some(asking)) = (&self.desk, &mut self.asking) else {
            return;
        };
        if let Some(key) = asking.gate.poll(std::time::Instant::now()) {
            let (id, desk) = (asking.id, std::sync::Arc::clone(desk));
            let kind = desk
                .pending()
                .into_iter()
                .find(|p| p.id == id)
                .map(|p| p.question.kind);
            let answer = if key == char::from(CTRL_C) {
                Some(Answer {
                    grant: Grant::Deny,
                    scope: Scope::Once,
                })
            } else {
                kind.and_then(|kind| card::answer_for(kind, key.to_ascii_lowercase()))
            };
            // A question too large for the terminal was not seen, so a key can't have been meant for it.
            if let Some(answer) = answer.filter(|_| asking.covered.is_some()) {
                if let Ok(Some(note)) = desk.answer(id, answer, "overlay").await {
                    asking.note = Some(note);
                }
                self.look_at_desk();
                return;
            }
        }
        if asking.drawn.elapsed() >= TICK {
            self.redraw();
        }
    }

    /// Puts the screen back as the sandbox left it, then shows what it has printed since.
    pub(super) fn close_overlay(&mut self) {
        let Some(asking) = self.asking.take() else {
            return;
        };
        let modes = self.filter.modes();
        let out = &mut self.io.to_host;
        out.extend_from_slice(modes.resume().as_bytes());
        if asking.borrowed {
            out.extend_from_slice(b"\x1b[?1049l");
            if modes.origin().is_some() {
                out.extend_from_slice(b"\x1b7\x1b[?6h\x1b8");
            }
            out.extend_from_slice(self.screen.attributes().as_bytes());
        } else {
            if let Some(area) = asking.covered {
                out.extend_from_slice(self.screen.paint(area).as_bytes());
            }
            out.extend_from_slice(self.screen.settle(modes).as_bytes());
        }
        out.extend_from_slice(if modes.private(25) {
            b"\x1b[?25h"
        } else {
            b"\x1b[?25l"
        });
        let held = std::mem::take(&mut self.held);
        self.show(&held);
    }
}
