//! Stop strings, also when they are cut by the borders of tokens.

use super::may_become;

#[derive(Debug)]
pub(super) struct Stops {
    needles: Vec<String>,
    held: String,
}

impl Stops {
    pub(super) fn new(mut needles: Vec<String>) -> Self {
        needles.retain(|needle| !needle.is_empty());
        Self {
            needles,
            held: String::new(),
        }
    }

    /// What is certain to be before any stop string, and the first one met: where two start at the same place, the one that was
    /// complete first.
    pub(super) fn push(&mut self, text: &str) -> (String, Option<String>) {
        self.held.push_str(text);
        let first = self
            .needles
            .iter()
            .filter_map(|needle| {
                self.held
                    .find(needle.as_str())
                    .map(|at| (at, needle.len(), needle))
            })
            .min_by_key(|&(at, length, _)| (at + length, at));
        if let Some((at, _, needle)) = first {
            let met = needle.clone();
            self.held.truncate(at);
            return (std::mem::take(&mut self.held), Some(met));
        }
        let keep = may_become(&self.held, self.needles.iter().map(String::as_str));
        let held = self.held.split_off(self.held.len() - keep);
        (std::mem::replace(&mut self.held, held), None)
    }

    /// What was held back, when nothing follows.
    pub(super) fn rest(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}
