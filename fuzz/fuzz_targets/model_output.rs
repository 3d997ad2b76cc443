//! The steps of an answer do not depend on how its bytes were cut into tokens; the first three bytes choose what is looked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_inference::{
    DoneReason, Event, Output, OutputSpec, Piece, ThinkTags, Timings, ToolForm, Usage,
};

fn run(spec: OutputSpec, bytes: &[u8], size: usize) -> (String, String, usize, DoneReason) {
    let mut output = Output::new(spec);
    let mut events = Vec::new();
    for piece in bytes.chunks(size) {
        events.extend(output.push(Piece {
            bytes: piece.to_vec(),
            logprob: None,
        }));
    }
    events.extend(output.finish(DoneReason::Stop, Usage::default(), Timings::default()));
    let (mut said, mut thought, mut calls, mut end) =
        (String::new(), String::new(), 0, DoneReason::Load);
    for event in events {
        match event {
            Event::Token { text, .. } => said.push_str(&text),
            Event::Thinking { text } => thought.push_str(&text),
            Event::ToolCall(_) => calls += 1,
            Event::Done { reason, .. } => end = reason,
            Event::Embedding { .. } | Event::Error(_) => unreachable!("nothing makes these here"),
        }
    }
    (said, thought, calls, end)
}

fuzz_target!(|bytes: &[u8]| {
    let [form, think, size, bytes @ ..] = bytes else {
        return;
    };
    let spec = OutputSpec {
        stop: vec!["STOP".into(), "\n\n".into()],
        think: (think & 1 == 1).then(ThinkTags::default),
        think_open: think & 2 == 2,
        tools: match form % 4 {
            0 => None,
            1 => Some(ToolForm::Hermes),
            2 => Some(ToolForm::Llama3),
            _ => Some(ToolForm::Mistral),
        },
        tool_names: vec!["f".into()],
        call_id: "c".into(),
    };
    let size = usize::from(*size).max(1);
    assert_eq!(
        run(spec.clone(), bytes, size),
        run(spec, bytes, bytes.len().max(1))
    );
});
