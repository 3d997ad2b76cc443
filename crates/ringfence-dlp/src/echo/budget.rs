//! How much of the context has left, in short quotes, over all streams of a session.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::bounds::{BUDGET_LEAST, GRAIN};

/// The account of a session. The same place of a document counts once, in grains of [`GRAIN`] characters.
#[derive(Debug)]
pub(super) struct Budget {
    map: Vec<AtomicU64>,
    spent: AtomicU64,
    limit: u64,
}

impl Budget {
    /// For a context of so many characters; a tenth of it may leave, unless a limit is set.
    pub(super) fn new(characters: u32, limit: Option<u64>) -> Self {
        let words = (characters / GRAIN / 64 + 1) as usize;
        Self {
            map: (0..words).map(|_| AtomicU64::new(0)).collect(),
            spent: AtomicU64::new(0),
            limit: limit.unwrap_or_else(|| (u64::from(characters) / 10).max(BUDGET_LEAST)),
        }
    }

    /// Counts these characters as gone. Says whether the budget holds.
    pub(super) fn charge(&self, characters: Range<u32>) -> bool {
        let mut new = 0;
        let (first, last) = (
            characters.start / GRAIN,
            characters.end.saturating_sub(1) / GRAIN,
        );
        for grain in first..=last.max(first) {
            let bit = 1 << (grain % 64);
            if let Some(word) = self.map.get((grain / 64) as usize) {
                new += u64::from(word.fetch_or(bit, Ordering::Relaxed) & bit == 0);
            }
        }
        let added = new * u64::from(GRAIN);
        let spent = self.spent.fetch_add(added, Ordering::Relaxed) + added;
        spent <= self.limit
    }

    /// Characters of the context that have left so far, and how many may.
    pub(super) fn spent(&self) -> (u64, u64) {
        (self.spent.load(Ordering::Relaxed), self.limit)
    }
}
