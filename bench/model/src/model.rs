//! Models made here, and the ways to start them.

use std::fs::File;
use std::path::Path;

use ringfence_inference::{Digest, Settings};
use ringfence_runner::engine::{Cancel, Engine, Job, Loading, load};
use ringfence_runner::gguf::Gguf;
use ringfence_runner::testing::Tiny;
use ringfence_runner::{Config, Runner};
use ringfence_sandbox::Spawner;

/// A model's file and what it hashes to.
pub struct Model {
    pub file: tempfile::NamedTempFile,
    pub digest: Digest,
}

pub const CONTEXT: u32 = 2_048;

pub fn config() -> Config {
    Config {
        loading: Loading {
            context: CONTEXT,
            batch: 512,
            threads: 1,
            gpu: None,
        },
        ..Config::default()
    }
}

impl Model {
    pub fn new(model: &Tiny) -> Self {
        let bytes = model.file();
        let file = tempfile::NamedTempFile::new().expect("file");
        std::fs::write(file.path(), &bytes).expect("write");
        Self {
            file,
            digest: digest(&bytes),
        }
    }

    pub fn megabytes(&self) -> f64 {
        self.file.path().metadata().expect("model").len() as f64 / 1e6
    }

    pub fn runner(&self, spawner: &Spawner) -> Runner {
        let model = File::open(self.file.path()).expect("model");
        Runner::start(spawner, "bench", model.into(), self.digest, &config()).expect("runner")
    }

    pub fn engine(&self) -> Box<dyn Engine> {
        engine(self.file.path())
    }
}

pub fn digest(bytes: &[u8]) -> Digest {
    let found = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    Digest::from_bytes(found.as_ref().try_into().unwrap())
}

/// The engine alone.
pub fn engine(path: &Path) -> Box<dyn Engine> {
    let file = File::open(path).expect("model");
    let header = Gguf::read(&file).expect("header");
    load(file, &header, &config().loading, Cancel::default()).expect("engine")
}

/// The likeliest `tokens` tokens after a prompt.
pub fn job(prompt: &str, tokens: u32) -> Job {
    Job {
        prompt: prompt.into(),
        add_special: false,
        settings: Settings {
            temperature: 0.0,
            num_predict: Some(tokens),
            ..Settings::default()
        },
        grammar: None,
        logprobs: None,
        truncate: true,
    }
}
