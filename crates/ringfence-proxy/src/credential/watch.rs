//! Notes placeholders that pass by in request bodies. They are left as they are there (a transcript may hold them, and
//! they are no secret), but the audit log should know that one was sent to a host that it does not belong to.

use std::sync::Arc;

use aho_corasick::AhoCorasick;
use ringfence_policy::Event;
use ringfence_policy::decision::Grant;

use crate::context::Context;

/// All placeholders of a session, as one automaton.
pub(crate) struct Placeholders {
    finder: AhoCorasick,
    names: Vec<String>,
    longest: usize,
}

impl Placeholders {
    /// `None` when there are none.
    pub(super) fn new<'a>(views: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let (names, placeholders): (Vec<String>, Vec<&str>) =
            views.map(|(name, text)| (name.to_owned(), text)).unzip();
        let longest = placeholders.iter().map(|text| text.len()).max()?;
        let finder = AhoCorasick::new(placeholders).ok()?;
        Some(Self {
            finder,
            names,
            longest,
        })
    }
}

/// Watches one body.
pub(crate) struct Watch {
    ctx: Arc<Context>,
    placeholders: Arc<Placeholders>,
    /// The host that the body goes to.
    host: String,
    /// Names whose placeholder may pass without a note.
    bound: Vec<String>,
    /// The end of what came before, for a placeholder that is split.
    tail: Vec<u8>,
}

impl Watch {
    pub(super) fn new(
        ctx: &Arc<Context>,
        placeholders: &Arc<Placeholders>,
        host: String,
        bound: Vec<String>,
    ) -> Self {
        Self {
            ctx: Arc::clone(ctx),
            placeholders: Arc::clone(placeholders),
            host,
            bound,
            tail: Vec::new(),
        }
    }

    /// Looks at the next part of the body.
    pub(crate) fn look(&mut self, data: &[u8]) {
        let placeholders = Arc::clone(&self.placeholders);
        let keep = placeholders.longest - 1;
        let head = &data[..data.len().min(keep)];
        self.tail.extend_from_slice(head);
        let across = placeholders.finder.find_iter(&self.tail);
        let within = placeholders.finder.find_iter(data);
        for found in across.chain(within) {
            if let Some(name) = placeholders.names.get(found.pattern().as_usize()) {
                self.note(name);
            }
        }
        if data.len() > head.len() {
            self.tail.clear();
            self.tail
                .extend_from_slice(&data[data.len().saturating_sub(keep)..]);
        } else {
            let over = self.tail.len().saturating_sub(keep);
            self.tail.drain(..over);
        }
    }

    fn note(&self, name: &str) {
        if self.bound.iter().any(|bound| bound == name)
            || !self.ctx.credentials.first_in_body(name, &self.host)
        {
            return;
        }
        // A failure stops the session by itself.
        let _ = self.ctx.record(Event::Credential {
            name: name.to_owned(),
            host: self.host.clone(),
            grant: Grant::Deny,
            reason: Some("its placeholder was sent in a body and left as it is".into()),
        });
    }
}
