//! How the next token is chosen: penalties, grammar, chance.
#![forbid(unsafe_code)]

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;
use ringfence_inference::Settings;

use super::{complaints, said};
use crate::engine::pick::{any_seed, largest};
use crate::engine::{EngineError, Job};
use crate::limits;

/// Chooses the next token.
pub(super) struct Sampler {
    /// What changes logits by what was said already.
    penalties: Option<LlamaSampler>,
    grammar: Option<LlamaSampler>,
    /// `None` takes the likeliest.
    chance: Option<LlamaSampler>,
}

impl Sampler {
    pub(super) fn new(model: &LlamaModel, job: &Job) -> Result<Self, EngineError> {
        let s: &Settings = &job.settings;
        let numbers = [
            ("temperature", s.temperature),
            ("top_p", s.top_p),
            ("min_p", s.min_p),
            ("typical_p", s.typical_p),
            ("repeat_penalty", s.repeat_penalty),
            ("presence_penalty", s.presence_penalty),
            ("frequency_penalty", s.frequency_penalty),
        ];
        if let Some((name, number)) = numbers.iter().find(|(_, number)| !number.is_finite()) {
            return Err(EngineError::Job(format!(
                "`{name}` is {number}; a number is needed"
            )));
        }
        if s.repeat_penalty <= 0.0 {
            return Err(EngineError::Job(
                "`repeat_penalty` is not above 0; 1 is off".into(),
            ));
        }
        let penalised = s.repeat_last_n != 0
            && (s.repeat_penalty != 1.0 || s.presence_penalty != 0.0 || s.frequency_penalty != 0.0);
        let last = match s.repeat_last_n {
            n if n < 0 => limits::LOOK_BACK,
            n => n.min(limits::LOOK_BACK),
        };
        let penalties = penalised.then(|| {
            LlamaSampler::penalties(
                model.n_vocab(),
                last,
                s.repeat_penalty,
                s.frequency_penalty,
                s.presence_penalty,
            )
        });
        let grammar = job
            .grammar
            .as_deref()
            .map(|text| grammar(model, text))
            .transpose()?;
        let chance = (s.temperature > 0.0).then(|| {
            let mut chain = Vec::new();
            if s.top_k > 0 {
                chain.push(LlamaSampler::top_k(s.top_k));
            }
            chain.push(LlamaSampler::typical(s.typical_p, 1));
            chain.push(LlamaSampler::top_p(s.top_p, 1));
            chain.push(LlamaSampler::min_p(s.min_p, 1));
            chain.push(LlamaSampler::temp(s.temperature));
            chain.push(LlamaSampler::dist(s.seed.unwrap_or_else(any_seed)));
            LlamaSampler::chain(chain, true)
        });
        Ok(Self {
            penalties,
            grammar,
            chance,
        })
    }

    pub(super) fn choose(&mut self, logits: &[f32]) -> Result<i32, EngineError> {
        let plain = self.penalties.is_none() && self.chance.is_none() && self.grammar.is_none();
        let token = if plain {
            largest(logits).and_then(|index| i32::try_from(index).ok())
        } else {
            let first = self.pick(logits, false)?;
            match self.allowed(first) {
                true => Some(first),
                // Rarely: then all tokens are held against the grammar, which is slow.
                false => Some(self.pick(logits, true)?),
            }
        };
        let token = token
            .ok_or_else(|| EngineError::Job("the model gives no token any probability".into()))?;
        for sampler in [&mut self.penalties, &mut self.grammar]
            .into_iter()
            .flatten()
        {
            sampler.accept(LlamaToken(token));
        }
        if let Some(chance) = &mut self.chance {
            chance.accept(LlamaToken(token));
        }
        Ok(token)
    }

    /// Whether the grammar lets this token follow.
    fn allowed(&mut self, token: i32) -> bool {
        let Some(grammar) = &mut self.grammar else {
            return true;
        };
        let mut one = LlamaTokenDataArray::new(
            vec![LlamaTokenData::new(LlamaToken(token), 1.0, 0.0)],
            false,
        );
        grammar.apply(&mut one);
        one.data
            .first()
            .is_some_and(|data| data.logit().is_finite())
    }

    fn pick(&mut self, logits: &[f32], constrained: bool) -> Result<i32, EngineError> {
        let all = logits
            .iter()
            .zip(0..)
            .map(|(logit, id)| LlamaTokenData::new(LlamaToken(id), *logit, 0.0));
        let mut all = LlamaTokenDataArray::from_iter(all, false);
        if let Some(grammar) = self.grammar.as_mut().filter(|_| constrained) {
            grammar.apply(&mut all);
            if all
                .data
                .iter()
                .all(|data| data.logit() == f32::NEG_INFINITY)
            {
                return Err(EngineError::Job("the grammar lets no token follow".into()));
            }
        }
        if let Some(penalties) = &mut self.penalties {
            penalties.apply(&mut all);
        }
        match &mut self.chance {
            Some(chance) => {
                chance.apply(&mut all);
                all.selected_token().map(|token| token.0)
            }
            None => all
                .data
                .iter()
                .filter(|data| !data.logit().is_nan())
                .max_by(|a, b| {
                    a.logit()
                        .total_cmp(&b.logit())
                        .then(b.id().0.cmp(&a.id().0))
                })
                .map(|data| data.id().0),
        }
        .ok_or_else(|| EngineError::Job("the model gives no token any probability".into()))
    }
}

fn grammar(model: &LlamaModel, text: &str) -> Result<LlamaSampler, EngineError> {
    if text.len() > limits::GRAMMAR_BYTES {
        return Err(EngineError::Job(format!(
            "a grammar of {} bytes; the limit is {}",
            text.len(),
            limits::GRAMMAR_BYTES
        )));
    }
    complaints().clear();
    LlamaSampler::grammar(model, text, "root").map_err(|error| {
        EngineError::Job(format!("the grammar can not be used: {error}{}", said()))
    })
}
