//! Files made to do harm: whatever they do, the server hears of it and goes on.

use std::collections::BTreeMap;

use ringfence_runner::gguf::Gguf;
use ringfence_runner::testing::{SENTENCE, mutated};
use ringfence_runner::{JobError, Stage, StartError};

use crate::Case;
use crate::fixture::{Fixture, Outcome, answer, greedy, holds, same, text};

pub const CASES: &[Case] = &[("mutated models end in an answer or an error", mutations)];

/// How many files; those that the reader refuses are counted and not started, because the runner's own reader is the same code.
const FILES: u64 = 2_000;

fn mutations(f: &Fixture<'_>) -> Outcome {
    let files = std::env::var("RINGFENCE_TEST_MUTATIONS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(FILES);
    let header = Gguf::read(&f.script).map_err(text)?.data_start as usize;
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..files {
        let file = mutated(&f.script, header, seed);
        // Every eighth refused file goes the whole way, to see that the runner says the same.
        let refused = Gguf::read(&file).is_err();
        let what = if refused && seed % 8 != 0 {
            "refused by the reader".to_owned()
        } else {
            match f.start(&file) {
                Err(StartError::Refused {
                    stage: Stage::Header,
                    ..
                }) if refused => "refused by the reader".to_owned(),
                Err(StartError::Refused {
                    stage: Stage::Engine,
                    ..
                }) if !refused => "refused by the engine".to_owned(),
                Err(StartError::Died(death)) if !refused => death.to_string(),
                Err(other) => return Err(format!("mutation {seed}: {other}")),
                Ok(_) if refused => return Err(format!("mutation {seed} was taken")),
                Ok(mut runner) => match answer(&mut runner, greedy("x")) {
                    Ok(_) => "answered".to_owned(),
                    Err(JobError::Job(_)) => "loaded, and no answer".to_owned(),
                    Err(JobError::Died(death)) => death.to_string(),
                    Err(other) => return Err(format!("mutation {seed}: {other}")),
                },
            }
        };
        *seen.entry(what).or_default() += 1;
    }
    println!("    {files} mutated files: {seen:?}");
    holds(!seen.keys().any(|how| how.contains("signal 11")), || {
        format!("a segmentation fault: {seen:?}")
    })?;
    let mut runner = f.start(&f.script).map_err(text)?;
    same(
        answer(&mut runner, greedy("x")).map_err(text)?.0.as_str(),
        SENTENCE,
    )
}
