//! What a program can make the server write, as often as it likes: so many lines a minute of each kind, and then how many more there were.

use std::sync::atomic::{AtomicU64, Ordering};

use super::limits;

/// What a line is about. Each kind has lines of its own, so that a flood of one hides no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// A request that the guard refused.
    Request,
    /// A connection of another user, or one that could not be taken.
    Connection,
    /// A model that was not loaded, or whose process ended.
    Model,
    /// The store, or a blob in it.
    Store,
    /// A pull that the policy refused.
    Pull,
    /// A server's statement, or its answer.
    Sealed,
}

/// In the order of their counters.
const ALL: [(About, &str); 6] = [
    (About::Request, "refused requests"),
    (About::Connection, "connections that were not taken"),
    (About::Model, "models that were not loaded or ended"),
    (About::Store, "errors of the model store"),
    (About::Pull, "refused pulls"),
    (About::Sealed, "refused statements or answers"),
];

/// Counted since the last [`Warnings::rest`].
#[derive(Debug)]
pub(crate) struct Warnings([AtomicU64; ALL.len()]);

/// Those of this process: there is one log.
pub(crate) static WARNINGS: Warnings = Warnings::new();

impl Warnings {
    const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; ALL.len()])
    }

    /// Writes the line, or only counts it.
    pub(crate) fn warn(&self, about: About, line: impl FnOnce()) {
        // The order of the two lists is tested.
        let Some(count) = self.0.get(about as usize) else {
            return line();
        };
        if count.fetch_add(1, Ordering::Relaxed) < limits::WARNINGS {
            line();
        }
    }

    /// Says how many were not written, and begins to count anew. To be called every [`limits::WARNINGS_TIME`], and at the end.
    pub(crate) fn rest(&self, say: impl Fn(u64, &'static str)) {
        for ((_, what), count) in ALL.iter().zip(&self.0) {
            let more = count
                .swap(0, Ordering::Relaxed)
                .saturating_sub(limits::WARNINGS);
            if more > 0 {
                say(more, what);
            }
        }
    }
}

/// Writes a warning, within [`limits::WARNINGS`].
pub(crate) fn warn(about: About, line: impl FnOnce()) {
    WARNINGS.warn(about, line);
}

/// Says how many were not written.
pub(crate) fn rest() {
    WARNINGS.rest(|more, what| {
        tracing::warn!(
            "{more} more {what}: of each kind {} lines are written in {} s",
            limits::WARNINGS,
            limits::WARNINGS_TIME.as_secs()
        );
    });
}

/// Says it again and again.
pub(crate) async fn every_minute() {
    loop {
        tokio::time::sleep(limits::WARNINGS_TIME).await;
        rest();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    #[test]
    fn a_flood_is_counted_and_hides_no_other_kind() {
        let warnings = Warnings::new();
        let written = Cell::new(0);
        let line = || written.set(written.get() + 1);
        let said = || {
            let all = RefCell::new(Vec::new());
            warnings.rest(|more, what| all.borrow_mut().push((more, what)));
            all.into_inner()
        };
        for _ in 0..100_000 {
            warnings.warn(About::Request, line);
        }
        assert_eq!(written.get(), limits::WARNINGS);
        warnings.warn(About::Sealed, line);
        assert_eq!(written.get(), limits::WARNINGS + 1);
        assert_eq!(said(), [(100_000 - limits::WARNINGS, "refused requests")]);
        // The next minute.
        assert_eq!(said(), []);
        warnings.warn(About::Request, line);
        assert_eq!(written.get(), limits::WARNINGS + 2);
        assert_eq!(said(), []);
    }

    #[test]
    fn each_kind_has_its_own_count() {
        for (place, (about, _)) in ALL.iter().enumerate() {
            assert_eq!(*about as usize, place);
        }
    }
}
