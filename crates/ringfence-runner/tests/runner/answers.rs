//! What a runner answers.

use std::time::{Duration, Instant};

use ringfence_inference::DoneReason;
use ringfence_runner::testing::{SENTENCE, Storage, Tiny};
use ringfence_runner::{JobError, Runner, Step, sandbox};

use crate::Case;
use crate::fixture::{Fixture, Outcome, answer, digest, greedy, holds, same, small, text};

pub const CASES: &[Case] = &[
    ("the exact sentence comes out", sentence),
    (
        "two threads compute under the seal what one does",
        two_threads,
    ),
    ("a second prompt reads only what is new of it", cached),
    (
        "a stop text, a token limit and a full context end an answer",
        ends,
    ),
    ("a seed repeats an answer, and another one does not", seeds),
    ("a grammar makes JSON out of noise", grammar),
    ("log probabilities come with each token", logprobs),
    (
        "embeddings have length one and tell texts apart",
        embeddings,
    ),
    ("a job is taken back while it runs and before", cancelled),
    ("a wrong job is refused and the next one done", wrong),
];

const PROMPT: &str = "<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\n";

fn sentence(f: &Fixture<'_>) -> Outcome {
    for storage in [Storage::F32, Storage::F16, Storage::Q8_0] {
        let file = Tiny {
            storage,
            ..Tiny::script(SENTENCE)
        }
        .file();
        let mut runner = f.start(&file).map_err(text)?;
        same(runner.facts().architecture.as_str(), "llama")?;
        same(
            (runner.facts().context, runner.facts().vocabulary),
            (512, 1024),
        )?;
        holds(
            runner
                .template()
                .is_some_and(|t| t.contains("add_generation_prompt")),
            || "no template".into(),
        )?;
        for prompt in [PROMPT, "anything at all: ", "", "naïve 日本語 \u{1f980}\n"] {
            let (said, answered) = answer(&mut runner, greedy(prompt)).map_err(text)?;
            same(said.as_str(), SENTENCE)?;
            same(answered.reason, DoneReason::Stop)?;
            // The words, and the token that ends the turn.
            same(
                answered.usage.completion_tokens,
                SENTENCE.split(' ').count() as u64 + 2,
            )?;
        }
    }
    Ok(())
}

fn two_threads(f: &Fixture<'_>) -> Outcome {
    let mut one = f.start(&f.noise).map_err(text)?;
    let mut config = small();
    config.loading.threads = 2;
    let spec = sandbox("test", &config, 1 << 20).map_err(text)?;
    let model = f.file(&f.noise);
    let mut two = Runner::start_in(
        f.spawner,
        &spec,
        model,
        digest(&f.noise),
        &config.loading,
        7,
    )
    .map_err(text)?;
    same((one.facts().threads, two.facts().threads), (1, 2))?;
    let prompt = "word ".repeat(30);
    let said = answer(&mut two, greedy(&prompt)).map_err(text)?.0;
    same(
        said.as_str(),
        answer(&mut one, greedy(&prompt)).map_err(text)?.0.as_str(),
    )?;
    same(two.embed(vec!["a".into()], true).map_err(text)?.len(), 1)
}

fn cached(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.noise).map_err(text)?;
    let long = "word ".repeat(40);
    let first = answer(&mut runner, greedy(&long)).map_err(text)?;
    same(first.1.usage.cached_tokens, 0)?;
    let again = answer(&mut runner, greedy(&long)).map_err(text)?;
    same(again.0.as_str(), first.0.as_str())?;
    same(again.1.usage.cached_tokens, first.1.usage.prompt_tokens - 1)?;
    let other = answer(&mut runner, greedy("other")).map_err(text)?;
    same(other.1.usage.cached_tokens, 0)
}

fn ends(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    let mut job = greedy(PROMPT);
    job.settings.stop = vec!["nothing like it".into(), "a tiny".into()];
    let (said, answered) = answer(&mut runner, job).map_err(text)?;
    same(answered.reason, DoneReason::StopString("a tiny".into()))?;
    same(said.as_str(), "This text was produced by a tiny")?;
    let mut job = greedy(PROMPT);
    job.settings.num_predict = Some(3);
    let (said, answered) = answer(&mut runner, job).map_err(text)?;
    same(
        (said.as_str(), answered.reason),
        ("This text was", DoneReason::Length),
    )?;

    let mut runner = f.start(&f.noise).map_err(text)?;
    let mut job = greedy(&"word ".repeat(2_000));
    job.settings.num_predict = None;
    job.settings.temperature = 1.0;
    job.settings.seed = Some(1);
    let (_, answered) = answer(&mut runner, job.clone()).map_err(text)?;
    holds(answered.usage.prompt_tokens < 512, || {
        format!("{answered:?}")
    })?;
    job.truncate = false;
    match answer(&mut runner, job) {
        Err(JobError::Job(why)) if why.contains("num_ctx") => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn seeds(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.noise).map_err(text)?;
    let mut with = |seed| {
        let mut job = greedy("abc");
        job.settings.temperature = 1.5;
        job.settings.top_k = 0;
        job.settings.top_p = 1.0;
        job.settings.repeat_penalty = 1.1;
        job.settings.seed = seed;
        job.settings.num_predict = Some(24);
        answer(&mut runner, job).map(|(said, _)| said).map_err(text)
    };
    let (one, again, two) = (with(Some(1))?, with(Some(1))?, with(Some(2))?);
    same(one.as_str(), again.as_str())?;
    holds(one != two, || "two seeds, one answer".into())?;
    holds(with(None)? != with(None)?, || {
        "no seed, and twice the same".into()
    })
}

const GRAMMAR: &str = r#"root ::= "{\"city\":\"" [a-z]{3,8} "\",\"n\":" [1-9] [0-9]{0,2} "}""#;

fn grammar(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.noise).map_err(text)?;
    for temperature in [0.0, 1.0] {
        let mut job = greedy("abc");
        job.grammar = Some(GRAMMAR.into());
        job.settings.temperature = temperature;
        let (said, answered) = answer(&mut runner, job).map_err(text)?;
        let value: serde_json::Value =
            serde_json::from_str(&said).map_err(|e| format!("{said:?}: {e}"))?;
        holds(value["city"].is_string() && value["n"].is_number(), || {
            said.clone()
        })?;
        same(answered.reason, DoneReason::Stop)?;
    }
    Ok(())
}

fn logprobs(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    let mut job = greedy(PROMPT);
    job.logprobs = Some(3);
    let mut seen = 0;
    for step in runner.generate(job).map_err(text)? {
        let Step::Piece(piece) = step.map_err(text)? else {
            break;
        };
        let logprob = piece.logprob.ok_or("no log probability")?;
        same(logprob.token.bytes.as_slice(), piece.bytes.as_slice())?;
        same(logprob.top.len(), 3)?;
        // A logit of 30 among 1023 of 0.
        holds(
            logprob.token.logprob > -1e-6 && logprob.top[0] == logprob.token,
            || format!("{logprob:?}"),
        )?;
        seen += 1;
    }
    holds(seen > 10, || format!("{seen} tokens"))
}

fn embeddings(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.noise).map_err(text)?;
    let inputs = ["a cat", "a cat", "something else"]
        .map(String::from)
        .to_vec();
    let found = runner.embed(inputs, true).map_err(text)?;
    let dot = |a: usize, b: usize| -> f32 {
        found[a]
            .vector
            .iter()
            .zip(&found[b].vector)
            .map(|(x, y)| x * y)
            .sum()
    };
    same((found.len(), found[0].vector.len()), (3, 128))?;
    holds(
        (dot(0, 0) - 1.0).abs() < 1e-4 && (dot(0, 1) - 1.0).abs() < 1e-4,
        || format!("{}", dot(0, 1)),
    )?;
    holds(dot(0, 2) < 0.999, || format!("{}", dot(0, 2)))?;
    // Answering goes on as before.
    answer(&mut runner, greedy("abc")).map_err(text)?;
    match runner.embed(vec![String::new()], true) {
        Err(JobError::Job(_)) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn cancelled(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.noise).map_err(text)?;
    let canceller = runner.canceller();
    // Nothing runs.
    canceller.cancel();
    let mut long = greedy("abc");
    long.settings.num_predict = Some(400);
    long.settings.temperature = 1.0;
    let mut steps = runner.generate(long.clone()).map_err(text)?;
    holds(matches!(steps.next(), Some(Ok(Step::Piece(_)))), || {
        "no first token".into()
    })?;
    canceller.cancel();
    let last = steps.by_ref().last();
    holds(
        matches!(last, Some(Err(JobError::Cancelled) | Ok(Step::Done(_)))),
        || format!("{last:?}"),
    )?;
    drop(steps);
    // Dropped in the middle: the next job is not kept waiting for it, nor given its tokens.
    let mut steps = runner.generate(long).map_err(text)?;
    steps.next();
    drop(steps);
    let began = Instant::now();
    let (_, answered) = answer(&mut runner, greedy("xyz")).map_err(text)?;
    holds(
        answered.usage.completion_tokens <= 64 && began.elapsed() < Duration::from_secs(30),
        || format!("{answered:?}"),
    )
}

fn wrong(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    let mut no_grammar = greedy(PROMPT);
    no_grammar.grammar = Some("root ::= (((".into());
    let mut not_a_number = greedy(PROMPT);
    not_a_number.settings.repeat_penalty = 0.0;
    for (job, why) in [(no_grammar, "grammar"), (not_a_number, "repeat_penalty")] {
        match answer(&mut runner, job) {
            Err(JobError::Job(said)) if said.contains(why) => {}
            other => return Err(format!("{why}: {other:?}")),
        }
    }
    same(
        answer(&mut runner, greedy(PROMPT))
            .map_err(text)?
            .0
            .as_str(),
        SENTENCE,
    )?;
    let tokens = runner.tokens("<|im_start|>x".into(), false).map_err(text)?;
    same(tokens.len(), 2)
}
