//! How an answer is sampled: as written by a client or a Modelfile, and as meant.

use serde::{Deserialize, Serialize};

/// Options as written; `None` is what nobody wrote. Names as in the Ollama API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Tokens of context: prompt and answer together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_ctx: Option<u32>,
    /// Tokens of the prompt that are read at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_batch: Option<u32>,
    /// Threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_thread: Option<u32>,
    /// Layers on the GPU; below zero is as many as fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_gpu: Option<i32>,
    /// The first GPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_gpu: Option<i32>,
    /// Whether the model's file is mapped rather than read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_mmap: Option<bool>,
    /// Tokens at the start that stay when the context is full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_keep: Option<i32>,
    /// Tokens to answer with at most; below zero is until the model stops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_predict: Option<i32>,
    /// Of the random numbers; below zero is another one each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// 0 takes the likeliest token always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// From this many likeliest tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<i32>,
    /// From the likeliest tokens that together have this probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    /// From tokens with at least this share of the likeliest one's probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f32>,
    /// Locally typical sampling; 1 is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typical_p: Option<f32>,
    /// Tokens that the penalties look back at; below zero is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_last_n: Option<i32>,
    /// For tokens that were there already; 1 is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_penalty: Option<f32>,
    /// For tokens that were there at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f32>,
    /// For each time that a token was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f32>,
    /// Texts that end the answer and are not part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Vec<String>>,
}

/// Options as meant: nothing is left open but what the engine chooses itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Tokens of context; `None` is what model and memory allow.
    pub num_ctx: Option<u32>,
    /// Tokens of the prompt that are read at once.
    pub num_batch: u32,
    /// Threads; `None` is what the machine has free.
    pub num_thread: Option<u32>,
    /// Layers on the GPU; below zero is as many as fit.
    pub num_gpu: i32,
    /// The first GPU.
    pub main_gpu: i32,
    /// Whether the model's file is mapped rather than read.
    pub use_mmap: bool,
    /// Tokens at the start that stay when the context is full.
    pub num_keep: i32,
    /// Tokens to answer with at most; `None` is until the model stops.
    pub num_predict: Option<u32>,
    /// Of the random numbers; `None` is another one each time.
    pub seed: Option<u32>,
    /// 0 takes the likeliest token always.
    pub temperature: f32,
    /// From this many likeliest tokens; 0 is off.
    pub top_k: i32,
    /// From the likeliest tokens that together have this probability; 1 is off.
    pub top_p: f32,
    /// From tokens with at least this share of the likeliest one's probability; 0 is off.
    pub min_p: f32,
    /// Locally typical sampling; 1 is off.
    pub typical_p: f32,
    /// Tokens that the penalties look back at; below zero is all.
    pub repeat_last_n: i32,
    /// For tokens that were there already; 1 is off.
    pub repeat_penalty: f32,
    /// For tokens that were there at all; 0 is off.
    pub presence_penalty: f32,
    /// For each time that a token was there; 0 is off.
    pub frequency_penalty: f32,
    /// Texts that end the answer and are not part of it.
    pub stop: Vec<String>,
}

macro_rules! over {
    ($self:ident, $under:ident: $($field:ident),*) => {
        Options { $($field: $self.$field.or($under.$field)),* }
    };
}

impl Options {
    /// These options, and those of `under` (a Modelfile's) where nothing is written here.
    pub fn over(self, under: Options) -> Options {
        over!(self, under: num_ctx, num_batch, num_thread, num_gpu, main_gpu, use_mmap, num_keep, num_predict, seed,
            temperature, top_k, top_p, min_p, typical_p, repeat_last_n, repeat_penalty, presence_penalty,
            frequency_penalty, stop)
    }

    /// With the defaults of the Ollama API for what is not written.
    pub fn resolve(self) -> Settings {
        Settings {
            num_ctx: self.num_ctx,
            num_batch: self.num_batch.unwrap_or(512),
            num_thread: self.num_thread.filter(|&n| n > 0),
            num_gpu: self.num_gpu.unwrap_or(-1),
            main_gpu: self.main_gpu.unwrap_or(0),
            use_mmap: self.use_mmap.unwrap_or(true),
            num_keep: self.num_keep.unwrap_or(4),
            num_predict: self.num_predict.and_then(|n| u32::try_from(n).ok()),
            // The engine's seeds have 32 bits; a longer one is cut the way the real server cuts it.
            seed: self.seed.filter(|&seed| seed >= 0).map(|seed| seed as u32),
            temperature: self.temperature.unwrap_or(0.8),
            top_k: self.top_k.unwrap_or(40),
            top_p: self.top_p.unwrap_or(0.9),
            min_p: self.min_p.unwrap_or(0.0),
            typical_p: self.typical_p.unwrap_or(1.0),
            repeat_last_n: self.repeat_last_n.unwrap_or(64),
            repeat_penalty: self.repeat_penalty.unwrap_or(1.0),
            presence_penalty: self.presence_penalty.unwrap_or(0.0),
            frequency_penalty: self.frequency_penalty.unwrap_or(0.0),
            stop: self.stop.unwrap_or_default(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Options::default().resolve()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_over_a_modelfile_and_both_over_the_defaults() {
        let request = Options {
            temperature: Some(0.0),
            seed: Some(7),
            ..Options::default()
        };
        let modelfile = Options {
            temperature: Some(1.5),
            top_k: Some(1),
            num_predict: Some(-1),
            stop: Some(vec!["x".into()]),
            ..Options::default()
        };
        let settings = request.over(modelfile).resolve();
        assert_eq!(settings.temperature, 0.0);
        assert_eq!(settings.top_k, 1);
        assert_eq!(settings.top_p, 0.9);
        assert_eq!(settings.seed, Some(7));
        assert_eq!(settings.num_predict, None);
        assert_eq!(settings.stop, ["x"]);
        assert_eq!(Settings::default().temperature, 0.8);
        assert_eq!(Settings::default().seed, None);
    }
}
