//! candle as a runner: in the sandbox that every runner gets, sealed before it takes a prompt.

use std::collections::BTreeMap;
use std::fs::File;

use ringfence_inference::Digest;
use ringfence_runner::engine::{ENGINE, Loading};
use ringfence_runner::gguf::Gguf;
use ringfence_runner::testing::{SENTENCE, Shape, Storage, Tiny, attacks, mutated};
use ringfence_runner::{Config, Runner, Step, for_candle, sandbox};
use ringfence_sandbox::Spawner;

use crate::{Outcome, greedy, holds, same, small, text};

fn start(spawner: &Spawner, file: &[u8], loading: Loading) -> Result<Runner, String> {
    start_with(spawner, file, loading, "candle")
}

fn start_with(
    spawner: &Spawner,
    file: &[u8],
    loading: Loading,
    engine: &str,
) -> Result<Runner, String> {
    let config = Config {
        loading,
        ..Config::default()
    };
    let mut spec = sandbox("candle", &config, file.len() as u64).map_err(text)?;
    for_candle(&mut spec, config.loading.threads);
    spec.claim.env.insert(ENGINE.into(), engine.into());
    let model = tempfile::NamedTempFile::new().map_err(text)?;
    std::fs::write(model.path(), file).map_err(text)?;
    // For reading only, as the store opens it.
    let model = File::open(model.path()).map_err(text)?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, file);
    let digest = Digest::from_bytes(digest.as_ref().try_into().unwrap());
    Runner::start_in(spawner, &spec, model.into(), digest, &config.loading, 1).map_err(text)
}

fn answer(runner: &mut Runner, prompt: &str) -> Result<String, String> {
    let mut said = Vec::new();
    for step in runner.generate(greedy(prompt)).map_err(text)? {
        match step.map_err(text)? {
            Step::Piece(piece) => said.extend(piece.bytes),
            Step::Done(_) => return Ok(String::from_utf8_lossy(&said).into_owned()),
        }
    }
    Err("the answer has no end".into())
}

pub fn answers(spawner: &Spawner) -> Outcome {
    for storage in [Storage::F32, Storage::F16, Storage::Q8_0] {
        let tiny = Tiny {
            storage,
            ..Tiny::script(SENTENCE)
        };
        let mut runner = start(spawner, &tiny.file(), small())?;
        holds(runner.facts().engine.starts_with("candle"), || {
            runner.facts().engine.clone()
        })?;
        // A long one has the engine do what it did not while it loaded.
        for prompt in [
            "anything at all: ".to_owned(),
            "12 ".repeat(150),
            "x".to_owned(),
        ] {
            same(answer(&mut runner, &prompt)?.as_str(), SENTENCE)?;
        }
    }
    Ok(())
}

pub fn attacked(spawner: &Spawner) -> Outcome {
    let mut runner = start(spawner, &Tiny::script(SENTENCE).file(), small())?;
    // Here, where nothing forbids it, all of it is done; so it proves something there.
    for (what, found) in attacks() {
        holds(found == "done", || format!("{what} outside: {found}"))?;
    }
    for (what, found) in runner.attacked().map_err(text)? {
        holds(found != "done", || {
            format!("{what} was done under the seal")
        })?;
    }
    same(answer(&mut runner, "x")?.as_str(), SENTENCE)
}

pub fn two_threads(spawner: &Spawner) -> Outcome {
    let loading = Loading {
        threads: 2,
        ..small()
    };
    let file = Tiny::random(Shape::TINY, Storage::Q8_0, 3).file();
    let mut one = start(spawner, &file, small())?;
    let mut two = start(spawner, &file, loading)?;
    same((one.facts().threads, two.facts().threads), (1, 2))?;
    let prompt = "12 ".repeat(100);
    same(answer(&mut two, &prompt)?, answer(&mut one, &prompt)?)
}

pub fn named(spawner: &Spawner) -> Outcome {
    let file = Tiny::script(SENTENCE).file();
    let mut llama = start_with(spawner, &file, small(), "llama.cpp")?;
    holds(llama.facts().engine.starts_with("llama.cpp"), || {
        llama.facts().engine.clone()
    })?;
    same(answer(&mut llama, "x")?.as_str(), SENTENCE)?;
    match start_with(spawner, &file, small(), "another") {
        Err(why) => holds(why.contains("there is no engine"), || why.clone()),
        Ok(_) => Err("a model without an engine".into()),
    }
}

/// Broken files end in a reason or in an answer; none ends the process by a signal.
pub fn broken(spawner: &Spawner) -> Outcome {
    const FILES: u64 = 1_000;
    let whole = Tiny::script(SENTENCE).file();
    let header = Gguf::read(&whole).map_err(text)?.data_start as usize;
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..FILES {
        let file = mutated(&whole, header, seed);
        if Gguf::read(&file).is_err() {
            continue;
        }
        let (what, why) = match start(spawner, &file, small()) {
            Err(why) => ("not loaded", why),
            Ok(mut runner) => match answer(&mut runner, "x") {
                Err(why) => ("loaded, and no answer", why),
                Ok(_) => ("answered", String::new()),
            },
        };
        holds(!why.contains("signal"), || {
            format!("mutation {seed}: {why}")
        })?;
        *seen.entry(what).or_default() += 1;
    }
    println!("    of {FILES} mutated files those that the reader takes: {seen:?}");
    holds(seen.values().sum::<u64>() > 40, || "too few".into())
}
