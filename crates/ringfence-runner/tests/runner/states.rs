//! What an engine computed goes from one runner to another, and what does not fit is refused.

use ringfence_runner::testing::{Shape, Storage, Tiny};
use ringfence_runner::{JobError, Runner, SealedStep};

use crate::Case;
use crate::fixture::{Fixture, Outcome, answer, greedy, holds, same, text};

pub const CASES: &[Case] = &[
    (
        "a saved state goes on in another process, and nothing is computed twice",
        goes_on,
    ),
    (
        "a state that does not fit is refused, and answers are as without",
        refused,
    ),
    (
        "a changed state costs at most the process that it is given to",
        changed,
    ),
    (
        "a runner that took sealed requests hands nothing over",
        confided,
    ),
];

const PROMPT: &str = "a text of some length that is computed once and once only; ";

fn saved(f: &Fixture<'_>) -> Result<(Vec<u8>, u64), String> {
    let mut runner = f.start(&f.noise).map_err(text)?;
    let (_, answered) = answer(&mut runner, greedy(PROMPT)).map_err(text)?;
    let state = runner.save().map_err(text)?.ok_or("no state")?;
    let usage = answered.usage;
    Ok((state, usage.prompt_tokens + usage.completion_tokens))
}

fn longer() -> String {
    format!("{PROMPT}and what comes after it")
}

/// The answer to the longer prompt, with how many of its tokens were known and how many there are.
fn after(runner: &mut Runner) -> Result<(String, u64, u64), String> {
    let (said, answered) = answer(runner, greedy(&longer())).map_err(text)?;
    let usage = answered.usage;
    Ok((said, usage.cached_tokens, usage.prompt_tokens))
}

fn goes_on(f: &Fixture<'_>) -> Outcome {
    let (state, tokens) = saved(f)?;
    // What it is held against: the process that computed it goes on itself.
    let mut first = f.start(&f.noise).map_err(text)?;
    same(first.save().map_err(text)?, None)?;
    answer(&mut first, greedy(PROMPT)).map_err(text)?;
    let (without, known_there, _) = after(&mut first)?;
    let mut other = f.start(&f.noise).map_err(text)?;
    let restored = other.restore(&state).map_err(text)?;
    holds(restored <= tokens && restored > 40, || {
        format!("{restored} of {tokens} tokens")
    })?;
    // Saved again, it is the same.
    same(other.save().map_err(text)?.as_ref(), Some(&state))?;
    let (with, known, all) = after(&mut other)?;
    same((with.as_str(), known), (without.as_str(), known_there))?;
    holds(known > 30 && known < all, || {
        format!("{known} of {all} tokens were known")
    })
}

fn refused(f: &Fixture<'_>) -> Outcome {
    let (state, _) = saved(f)?;
    let other_model = Tiny::random(
        Shape {
            layers: 1,
            ..Shape::TINY
        },
        Storage::Q8_0,
        3,
    )
    .file();
    let mut runner = f.start(&f.noise).map_err(text)?;
    let (without, ..) = after(&mut runner)?;
    let cut = state.get(..state.len() - 1).unwrap_or_default().to_vec();
    let mut long = state.clone();
    long.push(0);
    for broken in [Vec::new(), b"RFSTATE1".to_vec(), vec![7; 4096], cut, long] {
        let found = runner.restore(&broken);
        holds(matches!(found, Err(JobError::Job(_))), || {
            format!("{} bytes: {found:?}", broken.len())
        })?;
        let (with, known, _) = after(&mut runner)?;
        same((with.as_str(), known), (without.as_str(), 0))?;
    }
    let mut other = f.start(&other_model).map_err(text)?;
    let found = other.restore(&state);
    holds(matches!(found, Err(JobError::Job(_))), || {
        format!("another model: {found:?}")
    })?;
    let (_, known, _) = after(&mut other)?;
    same(known, 0)
}

fn changed(f: &Fixture<'_>) -> Outcome {
    let (state, _) = saved(f)?;
    // Mostly the beginning, where the structure is.
    for step in 0..24_usize {
        let mut broken = state.clone();
        let place = (step * step * 7) % broken.len();
        if let Some(byte) = broken.get_mut(place) {
            *byte ^= 0xff;
        }
        let mut runner = f.start(&f.noise).map_err(text)?;
        match runner.restore(&broken) {
            Ok(_) | Err(JobError::Job(_) | JobError::Died(_)) => {}
            other => return Err(format!("byte {place}: {other:?}")),
        }
    }
    Ok(())
}

fn confided(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.noise).map_err(text)?;
    after(&mut runner)?;
    holds(runner.save().map_err(text)?.is_some(), || "no state".into())?;
    let steps: Vec<_> = runner.sealed(b"not even sealed").map_err(text)?.collect();
    holds(
        matches!(steps.as_slice(), [Ok(SealedStep::Refused { .. })]),
        || format!("{steps:?}"),
    )?;
    let found = runner.save();
    holds(matches!(found, Err(JobError::Job(_))), || {
        format!("{found:?}")
    })
}
