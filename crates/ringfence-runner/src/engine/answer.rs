//! How an answer is made, token by token, whichever engine computes it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ringfence_inference::{DoneReason, Piece, Timings, Usage};

use super::pick::{Stops, logprob, shortened};
use super::{Answered, Cancel, Engine, EngineError, Facts, Job};
use crate::limits;

/// What every engine keeps of its model and of what it read.
pub(super) struct Held {
    pub(super) facts: Facts,
    /// Most tokens of a step.
    pub(super) batch: usize,
    /// The tokens that it holds keys and values for.
    pub(super) past: Vec<i32>,
    pub(super) cancel: Cancel,
    pub(super) loaded_in: Duration,
}

/// What an engine does of an answer.
pub(super) trait Steps: Engine {
    /// What it keeps.
    fn held(&self) -> &Held;

    /// Forgets the tokens from a place on, or more where it can not do that in parts.
    fn forget_from(&mut self, place: usize) -> Result<(), EngineError>;

    /// Reads at most a batch of tokens after those that it holds.
    fn step(&mut self, tokens: &[i32]) -> Result<(), EngineError>;

    /// What the last token of all lets follow: a number for each token of the vocabulary.
    fn logits(&self) -> Result<&[f32], EngineError>;

    /// What a token says; nothing for one that there is not.
    fn piece(&self, token: i32) -> Vec<u8>;

    /// Whether a token ends an answer.
    fn ends(&self, token: i32) -> bool;

    /// What a text without tokens begins with: something has to be the last token.
    fn first(&self) -> i32;
}

/// Refuses a text that is longer than is taken.
pub(super) fn not_too_long(text: &str) -> Result<(), EngineError> {
    match text.len() > limits::PROMPT_BYTES {
        true => Err(EngineError::Job(format!(
            "a text of {} bytes; the limit is {}",
            text.len(),
            limits::PROMPT_BYTES
        ))),
        false => Ok(()),
    }
}

/// The tokens of a job's prompt; at least one, and so few that an answer fits.
pub(super) fn prompt(engine: &impl Steps, job: &Job) -> Result<Vec<i32>, EngineError> {
    let mut tokens = engine.tokens(&job.prompt, job.add_special)?;
    let context = engine.facts().context as usize;
    if tokens.len() >= context {
        if !job.truncate {
            return Err(EngineError::Job(format!(
                "the prompt has {} tokens and the context {context}; shorten it, or load the model with a larger `num_ctx`",
                tokens.len()
            )));
        }
        let keep = usize::try_from(job.settings.num_keep).unwrap_or(0);
        let room = (context - context / 4)
            .max(1)
            .min(context.saturating_sub(1));
        tokens = shortened(tokens, room, keep);
    }
    if tokens.is_empty() {
        tokens.push(engine.first());
    }
    Ok(tokens)
}

/// Reads a prompt, as far as it is not what was read last; says how many tokens were known.
fn read(engine: &mut impl Steps, tokens: &[i32]) -> Result<u64, EngineError> {
    let same = tokens
        .iter()
        .zip(&engine.held().past)
        .take_while(|(a, b)| a == b)
        .count();
    // The last token is read again in any case: what follows it is wanted.
    engine.forget_from(same.min(tokens.len().saturating_sub(1)))?;
    let known = engine.held().past.len();
    for part in tokens
        .get(known..)
        .unwrap_or_default()
        .chunks(engine.held().batch)
    {
        if engine.held().cancel.cancelled() {
            return Err(EngineError::Cancelled);
        }
        engine.step(part)?;
    }
    Ok(known as u64)
}

/// Reads a prompt and answers, each token as `choose` picks it.
pub(super) fn answer(
    engine: &mut impl Steps,
    job: &Job,
    prompt: &[i32],
    began: Instant,
    choose: &mut dyn FnMut(&[f32]) -> Result<i32, EngineError>,
    each: &mut dyn FnMut(Piece) -> ControlFlow<()>,
) -> Result<Answered, EngineError> {
    let cached_tokens = read(engine, prompt)?;
    let read_in = began.elapsed();
    let mut usage = Usage {
        prompt_tokens: prompt.len() as u64,
        cached_tokens,
        completion_tokens: 0,
    };
    let mut stops = Stops::new(&job.settings.stop);
    let most = job.settings.num_predict.map_or(u64::MAX, u64::from);
    let reason = loop {
        if usage.completion_tokens >= most
            || engine.held().past.len() >= engine.facts().context as usize
        {
            break DoneReason::Length;
        }
        if engine.held().cancel.cancelled() {
            return Err(EngineError::Cancelled);
        }
        let logits = engine.logits()?;
        let token = choose(logits)?;
        usage.completion_tokens += 1;
        if engine.ends(token) {
            break DoneReason::Stop;
        }
        let bytes = engine.piece(token);
        let logprob = job.logprobs.map(|count| {
            let text = |index: usize| engine.piece(i32::try_from(index).unwrap_or(-1));
            let token = usize::try_from(token).unwrap_or(usize::MAX);
            logprob(logits, token, count, &text)
        });
        let stop = stops.met(&bytes);
        if each(Piece { bytes, logprob }).is_break() {
            return Err(EngineError::Cancelled);
        }
        if let Some(stop) = stop {
            break DoneReason::StopString(stop.to_owned());
        }
        engine.step(&[token])?;
    };
    let total = began.elapsed();
    Ok(Answered {
        reason,
        usage,
        timings: Timings {
            total,
            load: engine.held().loaded_in,
            prompt: read_in,
            eval: total.saturating_sub(read_in),
        },
    })
}
