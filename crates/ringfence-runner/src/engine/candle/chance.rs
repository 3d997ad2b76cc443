//! Choosing the next token: the likeliest, or one by chance from the likeliest.

use ringfence_inference::Settings;

use super::not_here;
use crate::engine::pick::{any_seed, largest};
use crate::engine::{EngineError, Job};

/// How a token is chosen.
pub(super) struct Chance {
    /// 0 takes the likeliest always.
    temperature: f64,
    /// From so many likeliest; 0 is all.
    top_k: usize,
    /// From the likeliest that together have this probability.
    top_p: f64,
    state: u64,
}

impl Chance {
    /// As a job wants it, or why not.
    pub(super) fn of(job: &Job) -> Result<Self, EngineError> {
        let s: &Settings = &job.settings;
        if job.grammar.is_some() {
            return Err(not_here("a grammar or a JSON schema"));
        }
        let penalised = s.repeat_last_n != 0
            && (s.repeat_penalty != 1.0 || s.presence_penalty != 0.0 || s.frequency_penalty != 0.0);
        let refused = [
            ("penalties for what was said", penalised),
            ("`min_p`", s.temperature > 0.0 && s.min_p != 0.0),
            ("`typical_p`", s.temperature > 0.0 && s.typical_p != 1.0),
        ];
        if let Some((what, _)) = refused.iter().find(|(_, asked)| *asked) {
            return Err(not_here(what));
        }
        if !s.temperature.is_finite() || !s.top_p.is_finite() {
            let why = "`temperature` or `top_p` is not a number; a number is needed";
            return Err(EngineError::Job(why.into()));
        }
        Ok(Self {
            temperature: f64::from(s.temperature).max(0.0),
            top_k: usize::try_from(s.top_k).unwrap_or(0),
            top_p: f64::from(s.top_p),
            state: s.seed.unwrap_or_else(any_seed).into(),
        })
    }

    /// The next token.
    pub(super) fn choose(&mut self, logits: &[f32]) -> Result<i32, EngineError> {
        let token = match self.temperature > 0.0 {
            true => self.by_chance(logits),
            false => largest(logits),
        };
        token
            .and_then(|index| i32::try_from(index).ok())
            .ok_or_else(|| EngineError::Job("the model gives no token any probability".into()))
    }

    fn by_chance(&mut self, logits: &[f32]) -> Option<usize> {
        let mut all: Vec<(usize, f64)> = logits
            .iter()
            .enumerate()
            .filter(|(_, logit)| logit.is_finite())
            .map(|(index, logit)| (index, f64::from(*logit)))
            .collect();
        // Of equals the first one comes first, so that a seed gives the same answer everywhere.
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        if self.top_k > 0 {
            all.truncate(self.top_k);
        }
        let top = all.first()?.1;
        for (_, weight) in &mut all {
            *weight = ((*weight - top) / self.temperature).exp();
        }
        let sum: f64 = all.iter().map(|(_, weight)| weight).sum();
        let mut kept = 0.0;
        let mut count = 0;
        for (_, weight) in &all {
            if count > 0 && kept >= self.top_p * sum {
                break;
            }
            kept += weight;
            count += 1;
        }
        all.truncate(count);
        let mut left = self.random() * kept;
        for (index, weight) in &all {
            left -= weight;
            if left < 0.0 {
                return Some(*index);
            }
        }
        all.last().map(|(index, _)| *index)
    }

    /// A number from 0 up to 1 (splitmix64).
    fn random(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
