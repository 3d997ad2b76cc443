//! Numbers on tokens: the likeliest one, log probabilities, where a text ends, which part of a long prompt stays.

use ringfence_inference::{Alternative, Logprob};

/// The index of the largest number; the first of equals. NaN is never the largest.
pub(super) fn largest(logits: &[f32]) -> Option<usize> {
    let mut best = None;
    for (index, logit) in logits.iter().enumerate() {
        match best {
            Some((_, value)) if *logit <= value => {}
            _ if logit.is_nan() => {}
            _ => best = Some((index, *logit)),
        }
    }
    best.map(|(index, _)| index)
}

/// The log probability of a token, and of the `count` likeliest ones.
pub(super) fn logprob(
    logits: &[f32],
    token: usize,
    count: u8,
    text: &dyn Fn(usize) -> Vec<u8>,
) -> Logprob {
    let top = largest(logits)
        .and_then(|index| logits.get(index))
        .copied()
        .unwrap_or(0.0);
    // In 64 bits: some hundred thousand small numbers are added up.
    let sum: f64 = logits
        .iter()
        .map(|logit| f64::from(logit - top).exp())
        .sum();
    let alternative = |index: usize| Alternative {
        bytes: text(index),
        logprob: logits.get(index).map_or(f32::MIN, |logit| {
            ((f64::from(logit - top)) - sum.ln()).max(f64::from(f32::MIN)) as f32
        }),
    };
    let mut order: Vec<usize> = (0..logits.len()).collect();
    let value = |index: &usize| logits.get(*index).copied().unwrap_or(f32::MIN);
    let by_value = |a: &usize, b: &usize| value(b).total_cmp(&value(a));
    let count = usize::from(count).min(order.len());
    if count > 0 && count < order.len() {
        order.select_nth_unstable_by(count - 1, by_value);
    }
    order.truncate(count);
    order.sort_by(by_value);
    Logprob {
        token: alternative(token),
        top: order.into_iter().map(alternative).collect(),
    }
}

/// Looks for stop texts at the end of what was said, and keeps no more of it than the longest of them needs.
#[derive(Debug)]
pub(super) struct Stops<'a> {
    stops: &'a [String],
    keep: usize,
    said: Vec<u8>,
}

impl<'a> Stops<'a> {
    pub(super) fn new(stops: &'a [String]) -> Self {
        Self {
            stops,
            keep: stops.iter().map(String::len).max().unwrap_or(0),
            said: Vec::new(),
        }
    }

    /// The stop text that these bytes complete.
    pub(super) fn met(&mut self, bytes: &[u8]) -> Option<&'a str> {
        if self.keep == 0 {
            return None;
        }
        self.said.extend(bytes);
        let found = self.stops.iter().find(|stop| {
            !stop.is_empty()
                && self
                    .said
                    .windows(stop.len())
                    .any(|part| part == stop.as_bytes())
        });
        let useless = self.said.len().saturating_sub(self.keep - 1);
        self.said.drain(..useless);
        found.map(String::as_str)
    }
}

/// What of a prompt stays where only `room` tokens fit: the first `keep`, and the newest.
pub(super) fn shortened(mut tokens: Vec<i32>, room: usize, keep: usize) -> Vec<i32> {
    if tokens.len() > room {
        let keep = keep.min(room / 2);
        let newest = tokens.len() - (room - keep);
        tokens.drain(keep..newest);
    }
    tokens
}

/// A seed that nobody asked for.
pub(super) fn any_seed() -> u32 {
    let mut bytes = [0; 4];
    match rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) {
        Ok(_) => u32::from_ne_bytes(bytes),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_largest_is_the_first_of_equals_and_never_nan() {
        assert_eq!(largest(&[0.0, 3.0, 3.0, f32::NAN]), Some(1));
        assert_eq!(largest(&[f32::NAN, -1.0]), Some(1));
        assert_eq!(largest(&[f32::NAN]), None);
        assert_eq!(largest(&[]), None);
        assert_eq!(largest(&[f32::NEG_INFINITY; 2]), Some(0));
    }

    #[test]
    fn log_probabilities_are_those_of_a_softmax() {
        let logits = [0.0, 2.0_f32.ln(), 5.0_f32.ln()];
        let found = logprob(&logits, 1, 2, &|index| vec![index as u8]);
        assert!((found.token.logprob - 0.25_f32.ln()).abs() < 1e-6);
        let top: Vec<u8> = found.top.iter().map(|a| a.bytes[0]).collect();
        assert_eq!(top, [2, 1]);
        assert!((found.top[0].logprob - 0.625_f32.ln()).abs() < 1e-6);
        let none = logprob(&[f32::NEG_INFINITY, 0.0], 0, 200, &|_| vec![]);
        assert!(none.token.logprob.is_finite() && none.top.len() == 2);
    }

    #[test]
    fn stop_texts_are_found_across_tokens() {
        let stops = ["END".to_owned(), String::new(), "\n\n".to_owned()];
        let mut at = Stops::new(&stops);
        assert_eq!(at.met(b"xxE"), None);
        assert_eq!(at.met(b"N"), None);
        assert_eq!(at.met(b"D."), Some("END"));
        let mut at = Stops::new(&stops);
        assert_eq!(at.met(b"a\n"), None);
        assert_eq!(at.met(b"b\n"), None);
        assert_eq!(at.met(b"\nc"), Some("\n\n"));
        assert_eq!(Stops::new(&[]).met(b"END"), None);
    }

    #[test]
    fn a_long_prompt_keeps_its_start_and_its_end() {
        assert_eq!(
            shortened((0..10).collect(), 10, 2),
            (0..10).collect::<Vec<_>>()
        );
        assert_eq!(shortened((0..10).collect(), 5, 2), [0, 1, 7, 8, 9]);
        assert_eq!(shortened((0..10).collect(), 4, 100), [0, 1, 8, 9]);
    }
}
