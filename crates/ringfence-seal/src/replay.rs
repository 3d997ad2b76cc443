//! Which requests a runner has opened, for as long as their time would let them in again.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::{Digest, hex};
use crate::error::SealError;
use crate::limits::{REPLAY_CAPACITY, TIME_WINDOW};
use crate::time::UnixTime;

/// Names a request: half the digest of its encapsulated key, which is fresh for every request. Says nothing of its content, so it
/// may be logged by everyone who sees the sealed request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub [u8; 16]);

impl RequestId {
    pub(crate) fn of(encapsulated: &[u8]) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&Digest::of(encapsulated).0[..16]);
        Self(id)
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::fmt::Debug for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// The requests that one runner's key has opened. One cache a key, as long as the key lives.
#[derive(Debug, Default)]
pub struct ReplayCache {
    sealed_at: BTreeMap<RequestId, UnixTime>,
    by_time: BTreeSet<(UnixTime, RequestId)>,
    /// The newest time of an entry that was dropped. Nothing as old is let in, also when the clock is set back.
    dropped: Option<UnixTime>,
}

impl ReplayCache {
    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many requests are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sealed_at.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sealed_at.is_empty()
    }

    /// Lets a request in once, at most [`TIME_WINDOW`] seconds from the time it was sealed.
    pub(crate) fn admit(
        &mut self,
        id: RequestId,
        sealed: UnixTime,
        now: UnixTime,
    ) -> Result<(), SealError> {
        self.drop_old(now);
        if sealed.distance(now) > TIME_WINDOW
            || self.dropped.is_some_and(|dropped| sealed <= dropped)
        {
            return Err(SealError::Stale { sealed, now });
        }
        if self.sealed_at.contains_key(&id) {
            return Err(SealError::Replayed);
        }
        if self.sealed_at.len() >= REPLAY_CAPACITY {
            return Err(SealError::Busy);
        }
        self.sealed_at.insert(id, sealed);
        self.by_time.insert((sealed, id));
        Ok(())
    }

    fn drop_old(&mut self, now: UnixTime) {
        while let Some(&(sealed, id)) = self.by_time.first()
            && sealed.after(TIME_WINDOW) < now
        {
            self.by_time.pop_first();
            self.sealed_at.remove(&id);
            self.dropped = self.dropped.max(Some(sealed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> RequestId {
        RequestId::of(&number.to_be_bytes())
    }

    const NOW: UnixTime = UnixTime(1_800_000_000);

    #[test]
    fn a_request_is_let_in_once_and_within_the_window() {
        let mut cache = ReplayCache::new();
        let early = UnixTime(NOW.0 - TIME_WINDOW);
        assert_eq!(cache.admit(id(1), early, NOW), Ok(()));
        assert_eq!(cache.admit(id(1), early, NOW), Err(SealError::Replayed));
        assert_eq!(cache.admit(id(2), NOW.after(TIME_WINDOW), NOW), Ok(()));
        assert_eq!(
            cache.admit(id(3), UnixTime(early.0 - 1), NOW),
            Err(SealError::Stale {
                sealed: UnixTime(early.0 - 1),
                now: NOW
            })
        );
        assert!(matches!(
            cache.admit(id(4), NOW.after(TIME_WINDOW + 1), NOW),
            Err(SealError::Stale { .. })
        ));
        assert_eq!(cache.len(), 2);
        // What was sealed ahead of the clock is remembered until the clock is past its window, too.
        assert_eq!(
            cache.admit(id(2), NOW.after(TIME_WINDOW), NOW.after(2 * TIME_WINDOW)),
            Err(SealError::Replayed)
        );
        assert!(matches!(
            cache.admit(
                id(2),
                NOW.after(TIME_WINDOW),
                NOW.after(2 * TIME_WINDOW + 1)
            ),
            Err(SealError::Stale { .. })
        ));
        assert!(cache.is_empty());
    }

    #[test]
    fn a_clock_set_forward_and_back_lets_nothing_in_again() {
        let mut cache = ReplayCache::new();
        cache.admit(id(1), NOW, NOW).unwrap();
        cache
            .admit(id(2), NOW.after(10_000), NOW.after(10_000))
            .unwrap();
        assert_eq!(cache.len(), 1);
        assert!(matches!(
            cache.admit(id(1), NOW, NOW),
            Err(SealError::Stale { .. })
        ));
        assert_eq!(cache.admit(id(3), NOW.after(1), NOW), Ok(()));
    }

    #[test]
    fn a_full_cache_refuses_and_recovers() {
        let mut cache = ReplayCache::new();
        for number in 0..REPLAY_CAPACITY as u64 {
            cache.admit(id(number), NOW, NOW).unwrap();
        }
        assert_eq!(cache.admit(id(u64::MAX), NOW, NOW), Err(SealError::Busy));
        assert_eq!(cache.admit(id(7), NOW, NOW), Err(SealError::Replayed));
        let later = NOW.after(TIME_WINDOW + 1);
        assert_eq!(cache.admit(id(u64::MAX), later, later), Ok(()));
        assert_eq!(cache.len(), 1);
    }
}
