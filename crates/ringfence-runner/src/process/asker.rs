//! Who asks. An engine keeps what it computed for the last text, and reads of the next one only what is new: how long that took, and
//! how many tokens were known, would tell one who asks what another one said. So it forgets whenever somebody else asks.

use ringfence_seal::RequestHead;

use super::Worker;
use crate::limits;

/// The field of a sealed request's head by which a client says that it is the one who asked before. Only the runner sees it.
pub const ASKER: &str = "asker";

/// Those between whom nothing is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asker {
    /// In clear, by the server's number for it.
    Clear(u64),
    /// Sealed, by what nobody else can know.
    Sealed(Vec<u8>),
    /// Sealed, and nothing was said.
    Unknown,
}

impl Asker {
    /// Who sealed a request. What may be guessed is nobody's name.
    pub(super) fn of(head: &RequestHead) -> Self {
        let mut named = head.fields.iter().filter(|field| field.name == ASKER);
        let sizes = limits::ASKER_LEAST_BYTES..=limits::ASKER_BYTES;
        match (named.next(), named.next()) {
            (Some(field), None) if sizes.contains(&field.value.len()) => {
                Self::Sealed(field.value.clone())
            }
            _ => Self::Unknown,
        }
    }
}

impl Worker {
    /// From here on this one asks.
    pub(super) fn asks(&mut self, asker: Asker) {
        // Before the first one there is only what the server itself brought.
        let another = self.last.as_ref().is_some_and(|last| *last != asker);
        if another || asker == Asker::Unknown {
            self.engine.forget();
        }
        self.last = Some(asker);
    }
}
