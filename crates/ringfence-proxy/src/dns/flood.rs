//! Keeps a flood of DNS questions from becoming a flood of audit events, without losing that it happened.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use ringfence_policy::Event;

use crate::limits::{DNS_EVENTS_PER_MINUTE, DNS_EVENTS_SEEN};

const WINDOW: Duration = Duration::from_secs(60);

/// What was recorded lately.
#[derive(Debug)]
pub(super) struct Flood {
    hasher: RandomState,
    seen: HashSet<u64>,
    window: Instant,
    recorded: u32,
    suppressed: u64,
}

impl Flood {
    /// Nothing recorded yet.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            hasher: RandomState::new(),
            seen: HashSet::new(),
            window: now,
            recorded: 0,
            suppressed: 0,
        }
    }

    /// The events to record for this one: none if the same was recorded before or the minute is full; a summary of what
    /// was left out comes with the first event after it.
    pub(super) fn admit(&mut self, now: Instant, event: Event) -> Vec<Event> {
        let Event::Dns { name, kind, answer } = &event else {
            return vec![event];
        };
        let key = self
            .hasher
            .hash_one((name.to_ascii_lowercase(), kind, answer));
        if self.seen.contains(&key) {
            return Vec::new();
        }
        if now.saturating_duration_since(self.window) >= WINDOW {
            self.window = now;
            self.recorded = 0;
        }
        if self.recorded >= DNS_EVENTS_PER_MINUTE {
            self.suppressed += 1;
            return Vec::new();
        }
        self.recorded += 1;
        if self.seen.len() >= DNS_EVENTS_SEEN {
            self.seen.clear();
        }
        self.seen.insert(key);
        let mut events: Vec<Event> = self.summary().into_iter().collect();
        events.push(event);
        events
    }

    /// What was left out since the last summary.
    pub(super) fn summary(&mut self) -> Option<Event> {
        let count = std::mem::take(&mut self.suppressed);
        (count > 0).then(|| Event::Fence {
            condition: "dns_flood".into(),
            detail: format!(
                "{count} DNS questions beyond {DNS_EVENTS_PER_MINUTE} new ones a minute were answered but not recorded"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns(name: &str) -> Event {
        Event::Dns {
            name: name.into(),
            kind: "A".into(),
            answer: "synthetic".into(),
        }
    }

    #[test]
    fn the_same_question_is_recorded_once() {
        let now = Instant::now();
        let mut flood = Flood::new(now);
        assert_eq!(flood.admit(now, dns("a.example")).len(), 1);
        assert_eq!(
            flood.admit(now, dns("A.eXample")).len(),
            0,
            "0x20 is no new question"
        );
        assert_eq!(flood.admit(now, dns("b.example")).len(), 1);
    }

    #[test]
    fn a_flood_is_cut_and_then_summed_up() {
        let now = Instant::now();
        let mut flood = Flood::new(now);
        let mut recorded = 0;
        for n in 0..DNS_EVENTS_PER_MINUTE + 50 {
            recorded += flood.admit(now, dns(&format!("{n}.example"))).len();
        }
        assert_eq!(recorded, DNS_EVENTS_PER_MINUTE as usize);
        let later = flood.admit(now + WINDOW, dns("later.example"));
        assert_eq!(later.len(), 2);
        assert!(
            matches!(&later[0], Event::Fence { detail, .. } if detail.starts_with("50 ")),
            "{later:?}"
        );
        assert_eq!(later[1], dns("later.example"));
        assert_eq!(flood.summary(), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut now = Instant::now();
        let mut flood = Flood::new(now);
        for n in 0..DNS_EVENTS_SEEN * 3 {
            flood.admit(now, dns(&format!("{n}.example")));
            now += Duration::from_millis(200);
        }
        assert!(flood.seen.len() <= DNS_EVENTS_SEEN);
    }
}
