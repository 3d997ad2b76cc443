//! How long a runner takes from its start to the first token, what of that is the sandbox's, and how fast it answers compared with
//! the same engine in this process. Prints one line a figure: `cargo run --release -p ringfence-runner --example measure`.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used)]

use std::fs::File;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ringfence_inference::{Digest, Settings};
use ringfence_runner::engine::{Cancel, Engine, Job, Loading, load};
use ringfence_runner::gguf::Gguf;
use ringfence_runner::testing::{SENTENCE, Shape, Storage, Tiny};
use ringfence_runner::{Config, Runner, Step};

fn main() -> ExitCode {
    if let Some(code) = ringfence_runner::serve() {
        return code;
    }
    let spawner = ringfence_sandbox::start().expect("the spawner");
    let rounds = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(100);
    let config = Config {
        loading: Loading {
            context: 2_048,
            batch: 512,
            threads: 1,
        },
        memory: None,
        key: 0,
    };
    let tiny = Model::new(&Tiny::script(SENTENCE));
    let mut whole = Vec::new();
    let mut started = Vec::new();
    let mut sandbox = Vec::new();
    let mut bare = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        let mut runner = tiny.runner(&spawner, &config);
        started.push(began.elapsed());
        sandbox.push(runner.started().sandbox);
        first_token(&mut runner);
        whole.push(began.elapsed());
        drop(runner);
        let began = Instant::now();
        let mut engine = tiny.engine(&config.loading);
        engine
            .generate(&job("x", 1), &mut |_| ControlFlow::Continue(()))
            .expect("a token");
        bare.push(began.elapsed());
    }
    print("runner, start to ready", &mut started);
    print(
        "of that, until its program runs in the sandbox",
        &mut sandbox,
    );
    print("runner, start to first token", &mut whole);
    print(
        "same engine in this process, load to first token",
        &mut bare,
    );

    let noise = Model::new(&Tiny::random(Shape::SMALL, Storage::Q8_0, 1));
    let mut runner = noise.runner(&spawner, &config);
    let mut engine = noise.engine(&config.loading);
    let prompt = "a word or two ".repeat(40);
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for round in 0..rounds.clamp(3, 15) {
        // Another prompt each time, so that nothing of it is known already.
        let job = job(&format!("{round} {prompt}"), 128);
        let began = Instant::now();
        let tokens = runner
            .generate(job.clone())
            .expect("an answer")
            .filter(|step| matches!(step, Ok(Step::Piece(_))))
            .count();
        inside.push(tokens as f64 / began.elapsed().as_secs_f64());
        let began = Instant::now();
        let mut tokens = 0;
        let mut count = |_| {
            tokens += 1;
            ControlFlow::Continue(())
        };
        engine.generate(&job, &mut count).expect("an answer");
        outside.push(f64::from(tokens) / began.elapsed().as_secs_f64());
    }
    let (inside, outside) = (median(&mut inside), median(&mut outside));
    println!(
        "tokens/s, 300-token prompt and 128 tokens: runner {inside:.0}, bare {outside:.0}, ratio {:.3}",
        inside / outside
    );
    ExitCode::SUCCESS
}

struct Model {
    file: tempfile::NamedTempFile,
    digest: Digest,
}

impl Model {
    fn new(model: &Tiny) -> Self {
        let bytes = model.file();
        let file = tempfile::NamedTempFile::new().expect("file");
        std::fs::write(file.path(), &bytes).expect("write");
        let found = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
        Self {
            file,
            digest: Digest::from_bytes(found.as_ref().try_into().unwrap()),
        }
    }

    fn open(&self) -> File {
        File::open(self.file.path()).expect("model")
    }

    fn runner(&self, spawner: &ringfence_sandbox::Spawner, config: &Config) -> Runner {
        let model: OwnedFd = self.open().into();
        Runner::start(spawner, "measure", model, self.digest, config).expect("runner")
    }

    fn engine(&self, loading: &Loading) -> Box<dyn Engine> {
        let header = Gguf::read(&self.open()).expect("header");
        load(self.open(), &header, loading, Cancel::default()).expect("engine")
    }
}

fn job(prompt: &str, tokens: u32) -> Job {
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

fn first_token(runner: &mut Runner) {
    let mut steps = runner.generate(job("x", 1)).expect("an answer");
    assert!(matches!(steps.next(), Some(Ok(Step::Piece(_)))));
    assert!(matches!(steps.next(), Some(Ok(Step::Done(_)))));
}

fn print(what: &str, times: &mut [Duration]) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{what}: least {:.1} ms, p50 {:.1} ms, p99 {:.1} ms",
        at(0.0),
        at(0.5),
        at(0.99)
    );
}

fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
