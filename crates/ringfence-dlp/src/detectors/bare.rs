//! Random strings without a keyword: the entropy rules.
use crate::detector::Detector;
use std::ops::Range;

/// Judges a token of at least 20 bytes that holds letters and digits and in which no keyworded detector found anything.
/// `before` is the text before it, up to [`crate::limits::LOOKBACK`] bytes. Called for every such token: be quick.
#[must_use]
pub fn bare(_token: &[u8], _before: &[u8]) -> Option<(&'static Detector, Range<usize>)> {
    None
}
