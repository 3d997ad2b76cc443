//! Both engines on the same files, in this process.

use std::io::{Seek, Write};
use std::ops::ControlFlow;

use ringfence_inference::{DoneReason, Piece, Settings};
use ringfence_runner::engine::{Answered, Cancel, Engine, EngineError, EngineName, Job, load_with};
use ringfence_runner::gguf::Gguf;
use ringfence_runner::testing::{Entry, SENTENCE, Shape, Storage, Tiny};
use ringfence_sandbox::Spawner;

use crate::{Outcome, greedy, holds, same, small, text};

/// How far log probabilities of the two may lie apart, by how the weights are stored. llama.cpp keeps keys and values in 16 bits, rounds
/// what it multiplies with weights of 16 bits to 16 bits as well, and both round it to 8 bits with weights of 8 bits.
const APART: [(Storage, f32); 3] = [
    (Storage::F32, CLOSE),
    (Storage::F16, CLOSE),
    (Storage::Q8_0, 0.08),
];
const CLOSE: f32 = 0.01;

const PROMPTS: [&str; 4] = [
    "<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\n",
    "word word word",
    "naïve 日本語 \u{1f980}\n\t x",
    "  two  spaces, 12345 numbers; it's This text was",
];

fn engine(name: EngineName, file: &[u8]) -> Result<Box<dyn Engine>, EngineError> {
    let mut model = tempfile::tempfile().unwrap();
    model.write_all(file).unwrap();
    model.rewind().unwrap();
    let header = Gguf::read(&model).map_err(|e| EngineError::Load(e.to_string()))?;
    load_with(name, model, &header, &small(), Cancel::default())
}

fn both(file: &[u8]) -> Result<[Box<dyn Engine>; 2], String> {
    Ok([
        engine(EngineName::Llama, file).map_err(text)?,
        engine(EngineName::Candle, file).map_err(text)?,
    ])
}

fn answer(engine: &mut dyn Engine, job: &Job) -> Result<(Vec<Piece>, Answered), EngineError> {
    let mut pieces = Vec::new();
    let answered = engine.generate(job, &mut |piece| {
        pieces.push(piece);
        ControlFlow::Continue(())
    })?;
    Ok((pieces, answered))
}

fn said(pieces: &[Piece]) -> String {
    let bytes: Vec<u8> = pieces.iter().flat_map(|p| p.bytes.clone()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn tokens(_: &Spawner) -> Outcome {
    let engines = both(&Tiny::script(SENTENCE).file())?;
    let more = [
        "",
        " ",
        "\n\n  \n x",
        "[unused300] <|im_end|",
        "<|im_start|><|im_end|>",
        "it's I'LL 3.14",
    ];
    for prompt in PROMPTS.into_iter().chain(more) {
        for add_special in [false, true] {
            let [llama, candle] = &engines;
            let wanted = llama.tokens(prompt, add_special).map_err(text)?;
            let found = candle.tokens(prompt, add_special).map_err(text)?;
            same(found, wanted).map_err(|why| format!("{prompt:?}: {why}"))?;
        }
    }
    Ok(())
}

pub fn sentence(_: &Spawner) -> Outcome {
    for (storage, _) in APART {
        let file = Tiny {
            storage,
            ..Tiny::script(SENTENCE)
        }
        .file();
        for engine in &mut both(&file)? {
            for prompt in PROMPTS {
                // The last one ends in words of the sentence, so the answer goes on after them.
                let wanted = match prompt.ends_with("This text was") {
                    true => SENTENCE.strip_prefix("This text was").unwrap_or_default(),
                    false => SENTENCE,
                };
                let (pieces, answered) = answer(engine.as_mut(), &greedy(prompt)).map_err(text)?;
                same(said(&pieces).as_str(), wanted)?;
                same(answered.reason, DoneReason::Stop)?;
            }
        }
    }
    Ok(())
}

/// The same tokens up to a step where they differ and the two likeliest lie closer together than the engines may; and at each step
/// up to there, the same probabilities.
pub fn noise(_: &Spawner) -> Outcome {
    for (storage, apart) in APART {
        let mut compared = 0;
        let mut widest = 0.0_f32;
        for seed in 1..=6 {
            let file = Tiny::random(Shape::TINY, storage, seed).file();
            let [mut llama, mut candle] = both(&file)?;
            for prompt in PROMPTS {
                let job = greedy(prompt);
                let (wanted, llama_counts) = answer(llama.as_mut(), &job).map_err(text)?;
                let (found, candle_counts) = answer(candle.as_mut(), &job).map_err(text)?;
                same(
                    candle_counts.usage.prompt_tokens,
                    llama_counts.usage.prompt_tokens,
                )?;
                for (step, (wanted, found)) in wanted.iter().zip(&found).enumerate() {
                    let place = || format!("{storage:?}, seed {seed}, {prompt:?}, step {step}");
                    let (Some(w), Some(f)) = (&wanted.logprob, &found.logprob) else {
                        return Err(format!("{}: no log probabilities", place()));
                    };
                    same((w.top.len(), f.top.len()), (200, 200))?;
                    // By rank: a token that has no text has no name to compare it by.
                    for (w, f) in w.top.iter().zip(&f.top) {
                        widest = widest.max((w.logprob - f.logprob).abs());
                    }
                    holds(widest <= apart, || {
                        format!(
                            "{}: log probabilities {widest} apart, {apart} allowed",
                            place()
                        )
                    })?;
                    let near = w.top[0].logprob - w.top[1].logprob <= 2.0 * apart;
                    // Tokens without text can not be told apart by it.
                    if near && (wanted.bytes != found.bytes || wanted.bytes.is_empty()) {
                        break;
                    }
                    same(&found.bytes, &wanted.bytes)
                        .map_err(|why| format!("{}: {why}", place()))?;
                    compared += 1;
                }
            }
        }
        println!(
            "    {storage:?}: {compared} tokens the same, log probabilities at most {widest} apart"
        );
        holds(compared >= 40, || {
            format!("{storage:?}: only {compared} tokens could be compared")
        })?;
    }
    Ok(())
}

pub fn long(_: &Spawner) -> Outcome {
    let [mut llama, mut candle] = both(&Tiny::random(Shape::TINY, Storage::F32, 7).file())?;
    let mut job = greedy("");
    job.settings.num_predict = Some(1);
    let first = |engine: &mut dyn Engine, job: &Job| -> Result<(Vec<f32>, Answered), String> {
        let (pieces, answered) = answer(engine, job).map_err(text)?;
        let piece = pieces.first().and_then(|p| p.logprob.clone());
        let top = piece.ok_or("no token")?.top;
        Ok((top.iter().map(|a| a.logprob).collect(), answered))
    };
    for count in [1, 31, 32, 33, 63, 64, 65, 130, 200] {
        job.prompt = "12 ".repeat(count);
        let (wanted, _) = first(llama.as_mut(), &job)?;
        let (found, _) = first(candle.as_mut(), &job)?;
        let apart = wanted
            .iter()
            .zip(&found)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        holds(apart <= CLOSE, || format!("{count} words: {apart} apart"))?;
    }
    // What is known of a prompt is not read again, and neither is the start of another one with the same start.
    let before = first(llama.as_mut(), &job)?.0;
    let (again, answered) = first(candle.as_mut(), &job)?;
    same(
        answered.usage.cached_tokens,
        answered.usage.prompt_tokens - 1,
    )?;
    let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).any(|(a, b)| (a - b).abs() > CLOSE);
    holds(!apart(&before, &again), || {
        "changed by what was kept".into()
    })?;
    job.prompt = format!("{}another end", "12 ".repeat(50));
    let fresh = first(llama.as_mut(), &job)?.0;
    let (kept, answered) = first(candle.as_mut(), &job)?;
    holds(answered.usage.cached_tokens > 40, || {
        format!("{answered:?}")
    })?;
    holds(!apart(&fresh, &kept), || {
        "changed by the start of another".into()
    })?;
    // A prompt that does not fit is refused, or shortened where that is allowed.
    job.prompt = "12 ".repeat(2_000);
    let (_, answered) = first(candle.as_mut(), &job)?;
    holds(answered.usage.prompt_tokens < 512, || {
        format!("{answered:?}")
    })?;
    job.truncate = false;
    let refused = first(candle.as_mut(), &job).err().unwrap_or_default();
    holds(refused.contains("num_ctx"), || refused.clone())
}

pub fn refused(_: &Spawner) -> Outcome {
    let mut candle = engine(EngineName::Candle, &Tiny::script(SENTENCE).file()).map_err(text)?;
    type Change = fn(&mut Job);
    let changes: [(&str, Change); 6] = [
        ("grammar", |job| job.grammar = Some("root ::= \"x\"".into())),
        ("penalties", |job| job.settings.repeat_penalty = 1.5),
        ("penalties", |job| job.settings.presence_penalty = 0.5),
        ("min_p", |job| {
            (job.settings.temperature, job.settings.min_p) = (1.0, 0.1);
        }),
        ("typical_p", |job| {
            (job.settings.temperature, job.settings.typical_p) = (1.0, 0.5);
        }),
        ("not a number", |job| job.settings.temperature = f32::NAN),
    ];
    for (word, change) in changes {
        let mut job = greedy("x");
        change(&mut job);
        match answer(candle.as_mut(), &job) {
            Err(EngineError::Job(why)) => holds(why.contains(word), || why.clone())?,
            other => return Err(format!("{word}: {other:?}")),
        }
    }
    match candle.embed("x", true) {
        Err(EngineError::Job(why)) => holds(why.contains("embeddings"), || why.clone())?,
        other => return Err(format!("{other:?}")),
    }
    // And the next job is done.
    let (pieces, _) = answer(candle.as_mut(), &greedy("x")).map_err(text)?;
    same(said(&pieces).as_str(), SENTENCE)
}

/// Files that llama.cpp loads and candle would compute otherwise, as it passes over what it does not know.
pub fn misread(_: &Spawner) -> Outcome {
    type Change = fn(&mut ringfence_runner::testing::Writer);
    let changes: [(&str, Change); 6] = [
        ("llama.rope.scaling", |w| {
            w.pair("llama.rope.scaling.type", Entry::Text("linear".into()))
                .pair("llama.rope.scaling.factor", Entry::F32(4.0));
        }),
        ("rope_freqs.weight", |w| {
            let ones = [1.0_f32; 16].iter().flat_map(|x| x.to_le_bytes()).collect();
            w.tensor("rope_freqs.weight", &[16], 0, ones);
        }),
        ("blk.0.attn_q.bias", |w| {
            let ones = [1.0_f32; 128]
                .iter()
                .flat_map(|x| x.to_le_bytes())
                .collect();
            w.tensor("blk.0.attn_q.bias", &[128], 0, ones);
        }),
        ("llama.rope.dimension_count", |w| {
            w.replace("llama.rope.dimension_count", Some(Entry::U32(16)));
        }),
        ("splitting text", |w| {
            w.replace("tokenizer.ggml.pre", Some(Entry::Text("qwen2".into())));
        }),
        ("architecture", |w| {
            w.replace("general.architecture", Some(Entry::Text("qwen2".into())));
        }),
    ];
    for (word, change) in changes {
        let mut writer = Tiny::random(Shape::TINY, Storage::F16, 1).writer();
        change(&mut writer);
        match engine(EngineName::Candle, &writer.finish()) {
            Err(EngineError::Load(why)) => holds(why.contains(word), || format!("{word}: {why}"))?,
            Err(other) => return Err(format!("{word}: {other}")),
            Ok(_) => return Err(format!("{word}: loaded")),
        }
    }
    Ok(())
}

pub fn seeds(_: &Spawner) -> Outcome {
    let file = Tiny::random(Shape::TINY, Storage::F16, 5).file();
    let mut candle = engine(EngineName::Candle, &file).map_err(text)?;
    let mut say = |change: &dyn Fn(&mut Settings)| {
        let mut job = greedy("x");
        change(&mut job.settings);
        answer(candle.as_mut(), &job)
            .map(|(pieces, _)| said(&pieces))
            .map_err(text)
    };
    let hot = |s: &mut Settings, seed| {
        (s.temperature, s.top_k, s.top_p, s.seed) = (1.5, 0, 1.0, Some(seed));
    };
    let first = say(&|s| hot(s, 1))?;
    same(say(&|s| hot(s, 1))?, first.clone())?;
    holds(say(&|s| hot(s, 2))? != first, || {
        "two seeds, one answer".into()
    })?;
    // One token left to choose from is the likeliest one.
    let cold = say(&|_| ())?;
    holds(first != cold, || "chance has no part in it".into())?;
    same(
        say(&|s| {
            hot(s, 1);
            s.top_k = 1;
        })?,
        cold.clone(),
    )?;
    same(
        say(&|s| {
            hot(s, 1);
            s.top_p = 0.0;
        })?,
        cold,
    )
}
