//! What is asked, what is selected, and what a key means: everything but the drawing and the sockets.

use std::time::Instant;

use ringfence_policy::Answer;
use ringfence_runtime::prompt::Pending;
use ringfence_runtime::prompt::card;
use ringfence_runtime::prompt::text::shown;
use ringfence_runtime::terminal::keys::KeyGate;

/// All open questions, oldest session first.
#[derive(Debug)]
pub struct Board {
    rows: Vec<Row>,
    selected: Option<(String, u64)>,
    gate: KeyGate,
    status: Option<String>,
    heard: bool,
    changed: bool,
}

/// One open question.
#[derive(Debug, Clone)]
pub struct Row {
    /// Session's id.
    pub session: String,
    /// The question.
    pub pending: Pending,
    /// When it was received: `age_ms` and `left_ms` count from then.
    pub at: Instant,
}

/// What a key has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The person leaves; nothing is answered.
    Leave,
    /// The person answers.
    Answer {
        /// Session's id.
        session: String,
        /// Number of the question.
        id: u64,
        /// The answer.
        answer: Answer,
    },
}

impl Board {
    /// Nothing known yet.
    pub fn new(now: Instant) -> Self {
        Self {
            rows: Vec::new(),
            selected: None,
            gate: KeyGate::new(now),
            status: None,
            heard: false,
            changed: true,
        }
    }

    /// Whether any session has said what it asks.
    pub fn heard(&self) -> bool {
        self.heard
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All open questions.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Index of the selected one.
    pub fn selected(&self) -> Option<usize> {
        let (session, id) = self.selected.as_ref()?;
        self.rows
            .iter()
            .position(|r| r.session == *session && r.pending.id == *id)
    }

    /// What became of the last answer.
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// Something to draw since the last call.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Draw again.
    pub fn touch(&mut self) {
        self.changed = true;
    }

    /// A session's open questions, in place of those known of it.
    pub fn pending(&mut self, session: &str, _tool: &str, pending: Vec<Pending>) {
        let now = Instant::now();
        (self.heard, self.changed) = (true, true);
        let at = self
            .rows
            .iter()
            .position(|r| r.session == session)
            .unwrap_or(self.rows.len());
        self.rows.retain(|r| r.session != session);
        let at = at.min(self.rows.len());
        let rows = pending.into_iter().map(|pending| Row {
            session: session.to_owned(),
            pending,
            at: now,
        });
        self.rows.splice(at..at, rows);
        if self.selected().is_none() {
            self.choose(0, now);
        }
    }

    /// The session's reply to an answer.
    pub fn taken(&mut self, id: u64, error: Option<String>, note: Option<String>) {
        self.changed = true;
        self.status = match (error, note) {
            (Some(error), _) => Some(shown(&format!("question {id}: {error}"), 200)),
            (None, Some(note)) => Some(shown(&format!("question {id}: {note}"), 200)),
            (None, None) => None,
        };
    }

    /// Moves the selection.
    pub fn select(&mut self, by: isize, now: Instant) {
        let count = self.rows.len();
        if count > 0 {
            let at = self.selected().unwrap_or(0).saturating_add_signed(by) % count;
            self.choose(at, now);
        }
    }

    fn choose(&mut self, at: usize, now: Instant) {
        self.selected = self.rows.get(at).map(|r| (r.session.clone(), r.pending.id));
        // A key pressed for the last question must not answer this one.
        self.gate = KeyGate::new(now);
        self.changed = true;
    }

    /// A key, or `None` for anything that is no plain character.
    pub fn key(&mut self, key: Option<char>, now: Instant) {
        self.gate.key(key.filter(|c| !c.is_whitespace()), now);
    }

    /// What the last key meant, once it is certain that it was meant.
    pub fn poll(&mut self, now: Instant) -> Option<Outcome> {
        let key = self.gate.poll(now)?.to_ascii_lowercase();
        if key == 'q' {
            return Some(Outcome::Leave);
        }
        let row = self.rows.get(self.selected()?)?;
        let answer = card::answer_for(row.pending.question.kind, key)?;
        Some(Outcome::Answer {
            session: row.session.clone(),
            id: row.pending.id,
            answer,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::approvals::draw::tests::pending;
    use ringfence_policy::{Grant, Scope};
    use std::time::Duration;

    fn later(ms: u64) -> Instant {
        Instant::now() + Duration::from_millis(ms)
    }

    #[test]
    fn a_key_answers_the_selected_question_only() {
        let mut board = Board::new(Instant::now());
        board.pending("s-1", "Demo", vec![pending(1), pending(2)]);
        board.key(Some('a'), later(10));
        assert_eq!(board.poll(later(200)), None, "typed ahead");
        board.key(Some('s'), later(1000));
        let answer = Answer {
            grant: Grant::Allow,
            scope: Scope::Session,
        };
        let wanted = Outcome::Answer {
            session: "s-1".into(),
            id: 1,
            answer,
        };
        assert_eq!(board.poll(later(1100)), Some(wanted));
        assert_eq!(board.poll(later(1200)), None);

        board.select(1, later(2000));
        board.key(Some('d'), later(2100));
        assert_eq!(
            board.poll(later(2200)),
            None,
            "too soon after the question changed"
        );
        board.key(Some('D'), later(3000));
        assert!(matches!(
            board.poll(later(3100)),
            Some(Outcome::Answer { id: 2, .. })
        ));
    }

    #[test]
    fn when_the_question_under_the_cursor_goes_the_next_one_needs_a_new_key() {
        let mut board = Board::new(Instant::now());
        board.pending("s-1", "Demo", vec![pending(1), pending(2)]);
        board.pending("s-2", "Demo", vec![pending(1)]);
        board.pending("s-1", "Demo", vec![pending(2)]);
        assert_eq!(board.selected(), Some(0));
        board.key(Some('a'), later(100));
        assert_eq!(board.poll(later(250)), None);
        // An unchanged selection survives news from elsewhere.
        board.select(1, later(300));
        board.pending("s-1", "Demo", vec![]);
        assert_eq!(board.rows()[board.selected().unwrap()].session, "s-2");
        board.pending("s-2", "Demo", vec![]);
        assert!(board.is_empty() && board.selected().is_none());
    }

    #[test]
    fn no_key_answers_when_nothing_is_asked() {
        let mut board = Board::new(Instant::now());
        for key in ['a', 's', 'w', '\n', ' ', 'y'] {
            board.key(Some(key), later(1000));
            assert_eq!(board.poll(later(1500)), None);
        }
        board.key(Some('q'), later(5000));
        assert_eq!(board.poll(later(5100)), Some(Outcome::Leave));
    }
}
