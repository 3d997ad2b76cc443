//! Medians and other quantiles, and how they are written.

use std::time::Duration;

/// The value below which this share of the numbers lies.
pub fn quantile(numbers: &[f64], share: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

pub fn median(numbers: &[f64]) -> f64 {
    quantile(numbers, 0.5)
}

/// The median of the differences of pairs that were measured next to each other.
pub fn difference(these: &[f64], those: &[f64]) -> f64 {
    let pairs = these.iter().zip(those);
    median(&pairs.map(|(a, b)| a - b).collect::<Vec<_>>())
}

/// The median of the quotients of such pairs.
pub fn ratio(these: &[f64], those: &[f64]) -> f64 {
    let pairs = these.iter().zip(those);
    median(&pairs.map(|(a, b)| a / b).collect::<Vec<_>>())
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
