//! A span that a verdict was taken on.
use crate::detector::Detector;
use crate::finding::{Tier, Transform};
use crate::scan::pem::PRIVATE_KEY;

/// What was recognised.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    Detector(&'static Detector),
    /// A known value, by its place.
    Known(usize),
    /// A document, by its place.
    Echo(usize),
    /// A short quote of it that the budget no longer covers.
    Quote(usize),
}

impl Rule {
    pub(crate) fn tier(self) -> Tier {
        match self {
            Self::Detector(detector) => detector.tier,
            Self::Known(_) => Tier::Block,
            Self::Echo(_) | Self::Quote(_) => Tier::Echo,
        }
    }
}

/// Bytes `[start, end)` of a text and what they are.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) rule: Rule,
    /// Outermost first.
    pub(crate) transforms: Vec<Transform>,
    /// Grows to the token in which it ends: part of an encoded run, which goes whole.
    pub(crate) spread: bool,
}

impl Mark {
    /// Which of two marks names a span that both found: private keys that stand in the text itself (what of one has left already
    /// left under its name), known values, detectors of the block tier, echoes, the rest.
    fn rank(&self) -> (u8, &'static str, usize) {
        let written = matches!(
            self.transforms[..],
            [] | [Transform::Rot13 | Transform::Reversed]
        );
        match self.rule {
            Rule::Detector(detector) if written && std::ptr::eq(detector, &PRIVATE_KEY) => {
                (0, "", 0)
            }
            Rule::Known(place) => (1, "", place),
            Rule::Detector(detector) if detector.tier == Tier::Block => (2, detector.id, 0),
            Rule::Echo(place) => (3, "", place),
            Rule::Quote(place) => (4, "", place),
            Rule::Detector(detector) => (5, detector.id, 0),
        }
    }
}

/// Sorts marks and joins those that overlap: the union of the bytes, the name of the one with the best rank and fewest steps.
/// Which marks there are decides the result, not the order they came in.
pub(crate) fn merge(mut marks: Vec<Mark>) -> Vec<Mark> {
    marks.sort_by(|a, b| {
        (a.start, a.end, a.rank(), a.transforms.len())
            .cmp(&(b.start, b.end, b.rank(), b.transforms.len()))
            .then_with(|| a.transforms.cmp(&b.transforms))
    });
    let mut merged: Vec<Mark> = Vec::with_capacity(marks.len());
    for mark in marks {
        match merged.last_mut() {
            Some(last) if mark.start < last.end => {
                let end = last.end.max(mark.end);
                let better = (mark.rank(), mark.transforms.len(), &mark.transforms)
                    < (last.rank(), last.transforms.len(), &last.transforms);
                if better {
                    last.rule = mark.rule;
                    last.transforms = mark.transforms;
                }
                last.end = end;
            }
            _ => merged.push(mark),
        }
    }
    merged
}
