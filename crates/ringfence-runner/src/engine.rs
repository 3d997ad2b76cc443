//! What turns tokens into tokens, behind one trait: how it is loaded, asked and stopped.
//!
//! An engine takes the model as an open file and never a path. It makes all its threads while it loads; afterwards it runs where
//! none can be made, nothing be opened and nothing be mapped executable.

#[cfg(any(feature = "engine-llama", feature = "engine-candle"))]
mod answer;
#[cfg(feature = "engine-candle")]
mod candle;
#[cfg(feature = "engine-llama")]
mod llama;
#[cfg(any(feature = "engine-llama", feature = "engine-candle"))]
mod pick;

use std::fs::File;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ringfence_inference::{DoneReason, Piece, Settings, Timings, Usage};
use serde::{Deserialize, Serialize};

use crate::gguf::Gguf;

/// How a model is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loading {
    /// Tokens of context, prompt and answer together; at most what the model was trained for is taken.
    pub context: u32,
    /// Tokens of a prompt that are read at once, 1 to 4096.
    pub batch: u32,
    /// Threads that compute, 1 to 256.
    pub threads: u32,
    /// Layers that a graphics processor computes, -1 for all; `None` where no device is granted.
    #[serde(default)]
    pub gpu: Option<i32>,
}

/// What a loaded model is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The engine's name and version.
    pub engine: String,
    /// `general.architecture` of the file.
    pub architecture: String,
    /// Tokens of context that it was loaded with.
    pub context: u32,
    /// Tokens of context that it was trained for; 0 where the file does not say.
    pub trained_context: u32,
    /// Tokens of its vocabulary.
    pub vocabulary: u32,
    /// Numbers of an embedding.
    pub width: u32,
    /// Threads that compute.
    pub threads: u32,
}

/// What to answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The prompt as the model is to see it, its template applied; texts of control tokens in it become those.
    pub prompt: String,
    /// Whether the tokenizer puts the model's own first token before the prompt. Not where a template has written it.
    pub add_special: bool,
    /// How to sample, how long, what ends it.
    pub settings: Settings,
    /// A grammar (GBNF, with the rule `root`) that the answer follows.
    #[serde(default)]
    pub grammar: Option<String>,
    /// Log probabilities, with those of so many likeliest alternatives.
    #[serde(default)]
    pub logprobs: Option<u8>,
    /// Whether the middle of a prompt that does not fit is left out, rather than the job refused.
    pub truncate: bool,
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// Why.
    pub reason: DoneReason,
    /// Counts.
    pub usage: Usage,
    /// Times.
    pub timings: Timings,
}

/// The vector of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// Of length 1.
    pub vector: Vec<f32>,
    /// Tokens of the text.
    pub tokens: u64,
}

/// Why an engine did not do it.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The model can not be loaded.
    #[error("the model can not be loaded: {0}")]
    Load(String),
    /// The job can not be done; another one may.
    #[error("{0}")]
    Job(String),
    /// The caller took it back.
    #[error("cancelled")]
    Cancelled,
    /// The engine is of no use any more.
    #[error("the engine failed: {0}")]
    Broken(String),
}

/// Says to a running job that nobody waits for it.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Stops the running job at its next token, or in the middle of reading a prompt.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// For the next job.
    pub fn reset(&self) {
        self.0.store(false, Ordering::Release);
    }

    /// Whether it was said.
    pub fn cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A loaded model.
pub trait Engine {
    /// What it is.
    fn facts(&self) -> &Facts;

    /// The tokens of a text; with the model's own first token before them when asked for.
    ///
    /// # Errors
    /// [`EngineError::Job`] when the text is longer than is taken.
    fn tokens(&self, text: &str, add_special: bool) -> Result<Vec<i32>, EngineError>;

    /// Answers. Each token goes to `each` as it comes; when that says `Break`, the answer ends as cancelled.
    ///
    /// # Errors
    /// [`EngineError`]; after `Broken` it must not be used.
    fn generate(
        &mut self,
        job: &Job,
        each: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<Answered, EngineError>;

    /// The vector of a text.
    ///
    /// # Errors
    /// As [`Engine::generate`].
    fn embed(&mut self, text: &str, truncate: bool) -> Result<Embedded, EngineError>;

    /// Forgets what was computed for the text that came last.
    fn forget(&mut self);

    /// What was computed for the text that came last, so that another process need not compute it again; `None` when there is none,
    /// or this engine can not tell. At most [`STATE_BYTES`](crate::limits::STATE_BYTES) bytes.
    ///
    /// # Errors
    /// [`EngineError::Job`] when it is too long.
    fn save(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(None)
    }

    /// Takes in what [`Engine::save`] of the same engine and model gave; says of how many tokens it is. Engines trust these bytes:
    /// only such that nobody could have changed may come here.
    ///
    /// # Errors
    /// [`EngineError::Job`] when they do not fit; then it is as if nothing had been read.
    fn restore(&mut self, saved: &[u8]) -> Result<u64, EngineError> {
        let _ = saved;
        Err(EngineError::Job("this engine restores nothing".into()))
    }
}

/// The engines that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineName {
    /// The feature `engine-llama`.
    Llama,
    /// The feature `engine-candle`.
    Candle,
}

/// The variable that names a runner's engine, in the description of its sandbox. Without it, it is the first of [`EngineName`] that
/// the program was built with.
pub const ENGINE: &str = "RINGFENCE_ENGINE";

impl EngineName {
    fn chosen() -> Result<Self, EngineError> {
        match std::env::var(ENGINE).as_deref() {
            Ok("llama.cpp") => Ok(Self::Llama),
            Ok("candle") => Ok(Self::Candle),
            Ok(other) => Err(EngineError::Load(format!(
                "there is no engine {other:?}; there are llama.cpp and candle"
            ))),
            Err(_) if cfg!(feature = "engine-candle") && !cfg!(feature = "engine-llama") => {
                Ok(Self::Candle)
            }
            Err(_) => Ok(Self::Llama),
        }
    }
}

/// Loads a model with the engine that [`ENGINE`] names.
///
/// `header` is what [`Gguf::read`] found in the same file.
///
/// # Errors
/// [`EngineError::Load`] with the reason.
pub fn load(
    model: File,
    header: &Gguf,
    loading: &Loading,
    cancel: Cancel,
) -> Result<Box<dyn Engine>, EngineError> {
    load_with(EngineName::chosen()?, model, header, loading, cancel)
}

/// Loads a model with an engine.
///
/// # Errors
/// [`EngineError::Load`] with the reason; also where the program was built without that engine.
pub fn load_with(
    name: EngineName,
    model: File,
    header: &Gguf,
    loading: &Loading,
    cancel: Cancel,
) -> Result<Box<dyn Engine>, EngineError> {
    #[cfg(feature = "engine-llama")]
    if name == EngineName::Llama {
        let engine = llama::Llama::load(model, header, loading, cancel)?;
        return Ok(Box::new(engine));
    }
    #[cfg(feature = "engine-candle")]
    if name == EngineName::Candle {
        let engine = candle::Candle::load(model, header, loading, cancel)?;
        return Ok(Box::new(engine));
    }
    let _ = (model, header, loading, cancel);
    Err(EngineError::Load(format!(
        "this program was built without that engine; build it with the feature `engine-{}`",
        match name {
            EngineName::Llama => "llama",
            EngineName::Candle => "candle",
        }
    )))
}

/// Begins what every load needs and no model is needed for, in a thread of its own: the engine fills some tables. It is an advantage
/// only; [`load`] does what was not done. To be joined before the process is sealed, or ends.
pub fn warm_up() -> Option<std::thread::JoinHandle<()>> {
    #[cfg(feature = "engine-llama")]
    if matches!(EngineName::chosen(), Ok(EngineName::Llama)) {
        return std::thread::Builder::new()
            .name("warm".into())
            .spawn(llama::warm_up)
            .ok();
    }
    None
}

/// How many threads to compute with: as many as asked for, and never all processors that this process may use.
pub fn threads(asked: Option<u32>) -> u32 {
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let most = u32::try_from(all.saturating_sub(1))
        .unwrap_or(u32::MAX)
        .clamp(1, 256);
    asked.map_or(most, |asked| asked.clamp(1, most))
}
