//! candle, in Rust only: a second engine for models of the llama architecture, and the yardstick that llama.cpp is held against.
//!
//! The tensors and their multiplication are candle's, the network over them is written here ([`weights`]), and the file is read by
//! our own reader. So where both engines give the same tokens, neither made them up. This one does less: no embeddings, no grammar, no
//! penalties. What it does not do is refused with the reason, and so is every file with a key or a tensor that would be passed over.
//! It reads the model into memory and does not map it.

mod chance;
mod fits;
mod vocabulary;
mod weights;

use std::fs::File;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use candle_core::utils;
use ringfence_inference::{DoneReason, Piece, Timings, Usage};

use super::pick::{Stops, logprob, shortened};
use super::{Answered, Cancel, Embedded, Engine, EngineError, Facts, Job, Loading};
use crate::gguf::Gguf;
use crate::limits;
use chance::Chance;
use vocabulary::Vocabulary;
use weights::Weights;

/// A model, and what it holds of a prompt.
pub(super) struct Candle {
    model: Weights,
    vocabulary: Vocabulary,
    facts: Facts,
    batch: usize,
    /// The tokens whose keys and values the model holds.
    past: Vec<u32>,
    /// Of the last token of `past`.
    logits: Vec<f32>,
    cancel: Cancel,
    loaded_in: Duration,
}

impl Candle {
    pub(super) fn load(
        model: File,
        header: &Gguf,
        loading: &Loading,
        cancel: Cancel,
    ) -> Result<Self, EngineError> {
        let began = Instant::now();
        let sizes = fits::sizes(header).map_err(EngineError::Load)?;
        let vocabulary = Vocabulary::of(header).map_err(EngineError::Load)?;
        let trained = header.of_architecture("context_length").unwrap_or(0);
        let trained = u32::try_from(trained).unwrap_or(u32::MAX);
        let context = match trained {
            0 => loading.context,
            trained => loading.context.min(trained),
        }
        .clamp(1, limits::CONTEXT);
        let width = header.of_architecture("embedding_length").unwrap_or(0);
        let weights = Weights::read(model, header, sizes, context as usize)
            .map_err(|error| EngineError::Load(reason(&error)))?;
        let mut loaded = Self {
            model: weights,
            facts: Facts {
                engine: "candle 0.11.1".into(),
                architecture: header.architecture().to_owned(),
                context,
                trained_context: trained,
                vocabulary: u32::try_from(vocabulary.len()).unwrap_or(0),
                width: u32::try_from(width).unwrap_or(0),
                threads: u32::try_from(utils::get_num_threads()).unwrap_or(u32::MAX),
            },
            vocabulary,
            batch: loading.batch.clamp(1, limits::BATCH) as usize,
            past: Vec::new(),
            logits: Vec::new(),
            cancel,
            loaded_in: Duration::ZERO,
        };
        begin_threads();
        // Whatever is found out once, and made once, is so now: under the seal it could not be.
        for text in [&[0; 8][..loaded.batch.min(context as usize).min(8)], &[0]] {
            loaded.forget_from(0)?;
            loaded.feed(text)?;
        }
        if loaded.logits.len() != loaded.vocabulary.len() {
            return Err(EngineError::Load(format!(
                "it answers with {} numbers for {} tokens",
                loaded.logits.len(),
                loaded.vocabulary.len()
            )));
        }
        loaded.forget_from(0)?;
        loaded.loaded_in = began.elapsed();
        Ok(loaded)
    }

    fn forget_from(&mut self, place: usize) -> Result<(), EngineError> {
        self.past.truncate(place);
        self.model
            .forget_from(self.past.len())
            .map_err(|error| EngineError::Broken(reason(&error)))
    }

    /// One part of a text, after what was read before.
    fn feed(&mut self, tokens: &[u32]) -> Result<(), EngineError> {
        match self.model.follow(tokens, self.past.len()) {
            Ok(logits) => {
                self.logits = logits;
                self.past.extend(tokens);
                Ok(())
            }
            Err(error) => Err(EngineError::Broken(reason(&error))),
        }
    }

    /// Reads a prompt, as far as it is not what was read last; says how many tokens were known.
    fn read(&mut self, tokens: &[u32]) -> Result<u64, EngineError> {
        let same = tokens
            .iter()
            .zip(&self.past)
            .take_while(|(a, b)| a == b)
            .count();
        // The last token is read again in any case: what follows it is wanted.
        let known = same.min(tokens.len().saturating_sub(1));
        self.forget_from(known)?;
        for part in tokens.get(known..).unwrap_or_default().chunks(self.batch) {
            if self.cancel.cancelled() {
                return Err(EngineError::Cancelled);
            }
            self.feed(part)?;
        }
        Ok(known as u64)
    }

    fn prompt(&self, job: &Job) -> Result<Vec<u32>, EngineError> {
        let mut tokens = self.tokens(&job.prompt, job.add_special)?;
        let context = self.facts.context as usize;
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
            tokens.push(self.vocabulary.first());
        }
        Ok(tokens.iter().map(|token| token.cast_unsigned()).collect())
    }
}

impl Engine for Candle {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn tokens(&self, text: &str, add_special: bool) -> Result<Vec<i32>, EngineError> {
        if text.len() > limits::PROMPT_BYTES {
            return Err(EngineError::Job(format!(
                "a text of {} bytes; the limit is {}",
                text.len(),
                limits::PROMPT_BYTES
            )));
        }
        self.vocabulary
            .tokens(text, add_special)
            .map_err(EngineError::Job)
    }

    fn generate(
        &mut self,
        job: &Job,
        each: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<Answered, EngineError> {
        let began = Instant::now();
        let mut chance = Chance::of(job)?;
        let prompt = self.prompt(job)?;
        let cached_tokens = self.read(&prompt)?;
        let read_in = began.elapsed();
        let mut usage = Usage {
            prompt_tokens: prompt.len() as u64,
            cached_tokens,
            completion_tokens: 0,
        };
        let mut stops = Stops::new(&job.settings.stop);
        let most = job.settings.num_predict.map_or(u64::MAX, u64::from);
        let reason = loop {
            if usage.completion_tokens >= most || self.past.len() >= self.facts.context as usize {
                break DoneReason::Length;
            }
            if self.cancel.cancelled() {
                return Err(EngineError::Cancelled);
            }
            let token = chance.choose(&self.logits)?;
            usage.completion_tokens += 1;
            if self.vocabulary.ends(token) {
                break DoneReason::Stop;
            }
            let bytes = self.vocabulary.piece(token as usize).to_vec();
            let logprob = job.logprobs.map(|count| {
                let text = |index: usize| self.vocabulary.piece(index).to_vec();
                logprob(&self.logits, token as usize, count, &text)
            });
            let stop = stops.met(&bytes);
            if each(Piece { bytes, logprob }).is_break() {
                return Err(EngineError::Cancelled);
            }
            if let Some(stop) = stop {
                break DoneReason::StopString(stop.to_owned());
            }
            self.feed(&[token])?;
        };
        let total = began.elapsed();
        Ok(Answered {
            reason,
            usage,
            timings: Timings {
                total,
                load: self.loaded_in,
                prompt: read_in,
                eval: total.saturating_sub(read_in),
            },
        })
    }

    fn forget(&mut self) {
        // Where that fails the next job fails of it too.
        let _ = self.forget_from(0);
    }

    fn embed(&mut self, _: &str, _: bool) -> Result<Embedded, EngineError> {
        Err(not_here("embeddings"))
    }
}

/// Lets every thread that will ever compute take its first steps.
fn begin_threads() {
    rayon::broadcast(|_| ());
    utils::with_threadpool(|| rayon::broadcast(|_| ()));
    utils::barrier_pool().execute(|_| ());
}

fn not_here(what: &str) -> EngineError {
    EngineError::Job(format!(
        "the engine candle does not do {what}; the engine llama.cpp does"
    ))
}

/// The library's words, without control characters and not longer than is kept of any engine's.
fn reason(error: &candle_core::Error) -> String {
    let text = error.to_string();
    let shown = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(limits::REASON_BYTES / 4);
    shown.collect()
}
