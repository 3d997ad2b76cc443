//! Models, runners and answers that the cases share.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use ringfence_inference::{Digest, Options, Settings};
use ringfence_runner::engine::{Answered, Job, Loading};
use ringfence_runner::testing::{SENTENCE, Shape, Storage, Tiny};
use ringfence_runner::{Config, JobError, Runner, StartError, Step};
use ringfence_sandbox::Spawner;

pub use crate::harness::Outcome;

pub struct Fixture<'a> {
    pub spawner: &'a Spawner,
    dir: PathBuf,
    next: AtomicU32,
    pub script: Vec<u8>,
    pub noise: Vec<u8>,
}

pub fn text<E: std::fmt::Display>(e: E) -> String {
    e.to_string()
}

pub fn digest(bytes: &[u8]) -> Digest {
    let found = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    Digest::from_bytes(found.as_ref().try_into().unwrap())
}

pub fn small() -> Config {
    Config {
        loading: Loading {
            context: 512,
            batch: 128,
            threads: 1,
            gpu: None,
        },
        key: 7,
        ..Config::default()
    }
}

/// The likeliest tokens, and no more than 64 of them.
pub fn greedy(prompt: &str) -> Job {
    Job {
        prompt: prompt.into(),
        add_special: false,
        settings: Settings {
            temperature: 0.0,
            num_predict: Some(64),
            ..Options::default().resolve()
        },
        grammar: None,
        logprobs: None,
        truncate: true,
    }
}

impl<'a> Fixture<'a> {
    pub fn new(spawner: &'a Spawner, dir: &Path) -> Self {
        Self {
            spawner,
            dir: dir.to_owned(),
            next: AtomicU32::new(0),
            script: Tiny::script(SENTENCE).file(),
            noise: Tiny::random(Shape::TINY, Storage::Q8_0, 3).file(),
        }
    }

    /// A file with these bytes, open for reading only.
    pub fn file(&self, bytes: &[u8]) -> OwnedFd {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.dir.join(format!("model-{number}"));
        std::fs::write(&path, bytes).expect("model");
        let file = File::open(&path).expect("model");
        std::fs::remove_file(&path).expect("model");
        file.into()
    }

    pub fn start(&self, bytes: &[u8]) -> Result<Runner, StartError> {
        self.start_with(bytes, &small())
    }

    pub fn start_with(&self, bytes: &[u8], config: &Config) -> Result<Runner, StartError> {
        Runner::start(
            self.spawner,
            "test",
            self.file(bytes),
            digest(bytes),
            config,
        )
    }
}

/// The whole answer.
pub fn answer(runner: &mut Runner, job: Job) -> Result<(String, Answered), JobError> {
    let mut said = Vec::new();
    for step in runner.generate(job)? {
        match step? {
            Step::Piece(piece) => said.extend(piece.bytes),
            Step::Done(answered) => {
                return Ok((String::from_utf8_lossy(&said).into_owned(), answered));
            }
        }
    }
    Err(JobError::Job("the answer has no end".into()))
}

/// Fails with both values unless they are equal.
pub fn same<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Outcome {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("found {found:?}, wanted {wanted:?}"))
    }
}

/// Fails unless it holds.
pub fn holds(yes: bool, what: impl FnOnce() -> String) -> Outcome {
    if yes { Ok(()) } else { Err(what()) }
}
