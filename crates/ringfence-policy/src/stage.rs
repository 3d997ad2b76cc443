//! The rules of one stage in their order, with an index by host: a blocklist of ten thousand hosts costs no more to pass
//! than one of ten.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::OnceLock;

use crate::host::Host;
use crate::rules::Rule;

/// Below this many rules looking at each is cheaper than looking it up.
const INDEXED_FROM: usize = 24;

/// The rules of one stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stage {
    rules: Vec<Rule>,
    index: OnceLock<Index>,
}

#[derive(Debug, Clone, Default)]
struct Index {
    exact: HashMap<Host, Vec<usize>>,
    /// By the name below which everything is meant.
    below: HashMap<String, Vec<usize>>,
    blocks: Vec<usize>,
}

impl Stage {
    pub fn push(&mut self, rule: Rule) {
        self.index = OnceLock::new();
        self.rules.push(rule);
    }

    pub fn append(&mut self, other: Stage) {
        self.extend(other.rules);
    }

    /// The rules that may mean this host, in their order.
    pub fn about<'s>(&'s self, host: &Host) -> impl Iterator<Item = &'s Rule> {
        let (all, some) = match self.rules.len() {
            0..INDEXED_FROM => (self.rules.as_slice(), Vec::new()),
            _ => (&[][..], self.positions(host)),
        };
        all.iter()
            .chain(some.into_iter().filter_map(|at| self.rules.get(at)))
    }

    fn positions(&self, host: &Host) -> Vec<usize> {
        let index = self.index.get_or_init(|| Index::of(&self.rules));
        let mut found: Vec<usize> = index.exact.get(host).cloned().unwrap_or_default();
        match host {
            Host::Ip(_) => found.extend(&index.blocks),
            Host::Name(name) => {
                let mut rest = name.as_str();
                while let Some((_, parent)) = rest.split_once('.') {
                    found.extend(index.below.get(parent).into_iter().flatten());
                    rest = parent;
                }
            }
        }
        found.sort_unstable();
        found
    }
}

impl Index {
    fn of(rules: &[Rule]) -> Self {
        let mut index = Self::default();
        for (at, rule) in rules.iter().enumerate() {
            if let Some(host) = rule.pattern.exact() {
                index.exact.entry(host.clone()).or_default().push(at);
            } else if let Some(parent) = rule.pattern.below() {
                index.below.entry(parent.to_owned()).or_default().push(at);
            } else {
                index.blocks.push(at);
            }
        }
        index
    }
}

impl Deref for Stage {
    type Target = [Rule];
    fn deref(&self) -> &[Rule] {
        &self.rules
    }
}

impl Extend<Rule> for Stage {
    fn extend<I: IntoIterator<Item = Rule>>(&mut self, rules: I) {
        self.index = OnceLock::new();
        self.rules.extend(rules);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::HostPattern;
    use crate::rules::Action;
    use proptest::prelude::*;

    proptest! {
        /// The index never hides a rule that means the host, and keeps the order.
        #[test]
        fn the_index_finds_what_a_scan_finds(patterns in proptest::collection::vec("(\\*\\.)?[ab](\\.[ab]){0,3}|10\\.[0-3]\\.0\\.0/16|10\\.[0-3]\\.0\\.1", 24..60), host in "[ab](\\.[ab]){0,4}|10\\.[0-3]\\.0\\.1") {
            let mut stage = Stage::default();
            for (at, pattern) in patterns.iter().enumerate() {
                stage.push(Rule::of_host(HostPattern::parse(pattern).unwrap(), Action::Block, at.to_string()));
            }
            let host = Host::parse(&host).unwrap();
            let means = |rule: &&Rule| rule.matches_host_port(&host, 443);
            let scanned: Vec<&str> = stage.iter().filter(means).map(|rule| rule.origin.as_str()).collect();
            let found: Vec<&str> = stage.about(&host).filter(means).map(|rule| rule.origin.as_str()).collect();
            prop_assert_eq!(scanned, found);
        }
    }
}
