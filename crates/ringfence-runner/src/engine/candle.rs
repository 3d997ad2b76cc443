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
use ringfence_inference::Piece;

use super::answer::{Held, Steps, answer, not_too_long, prompt};
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
    held: Held,
    /// Of the last token that it holds.
    logits: Vec<f32>,
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
            held: Held {
                facts: Facts {
                    engine: "candle 0.11.1".into(),
                    architecture: header.architecture().to_owned(),
                    context,
                    trained_context: trained,
                    vocabulary: u32::try_from(vocabulary.len()).unwrap_or(0),
                    width: u32::try_from(width).unwrap_or(0),
                    threads: u32::try_from(utils::get_num_threads()).unwrap_or(u32::MAX),
                },
                batch: loading.batch.clamp(1, limits::BATCH) as usize,
                past: Vec::new(),
                cancel,
                loaded_in: Duration::ZERO,
            },
            vocabulary,
            logits: Vec::new(),
        };
        begin_threads();
        // Whatever is found out once, and made once, is so now: under the seal it could not be.
        for text in [
            &[0; 8][..loaded.held.batch.min(context as usize).min(8)],
            &[0],
        ] {
            loaded.forget_from(0)?;
            loaded.step(text)?;
        }
        if loaded.logits.len() != loaded.vocabulary.len() {
            return Err(EngineError::Load(format!(
                "it answers with {} numbers for {} tokens",
                loaded.logits.len(),
                loaded.vocabulary.len()
            )));
        }
        loaded.forget_from(0)?;
        loaded.held.loaded_in = began.elapsed();
        Ok(loaded)
    }
}

impl Steps for Candle {
    fn held(&self) -> &Held {
        &self.held
    }

    fn forget_from(&mut self, place: usize) -> Result<(), EngineError> {
        self.held.past.truncate(place);
        self.model
            .forget_from(self.held.past.len())
            .map_err(|error| EngineError::Broken(reason(&error)))
    }

    fn step(&mut self, tokens: &[i32]) -> Result<(), EngineError> {
        let numbers: Vec<u32> = tokens.iter().map(|token| token.cast_unsigned()).collect();
        match self.model.follow(&numbers, self.held.past.len()) {
            Ok(logits) => {
                self.logits = logits;
                self.held.past.extend(tokens);
                Ok(())
            }
            Err(error) => Err(EngineError::Broken(reason(&error))),
        }
    }

    fn logits(&self) -> Result<&[f32], EngineError> {
        Ok(&self.logits)
    }

    fn piece(&self, token: i32) -> Vec<u8> {
        let token = usize::try_from(token).unwrap_or(usize::MAX);
        self.vocabulary.piece(token).to_vec()
    }

    fn ends(&self, token: i32) -> bool {
        self.vocabulary.ends(token.cast_unsigned())
    }

    fn first(&self) -> i32 {
        self.vocabulary.first()
    }
}

impl Engine for Candle {
    fn facts(&self) -> &Facts {
        &self.held.facts
    }

    fn tokens(&self, text: &str, add_special: bool) -> Result<Vec<i32>, EngineError> {
        not_too_long(text)?;
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
        let prompt = prompt(self, job)?;
        let choose = &mut |logits: &[f32]| chance.choose(logits);
        answer(self, job, &prompt, began, choose, each)
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
