//! Questions, in the runner: plan, answer, look for what the answer holds.

use std::ops::ControlFlow;

use ringfence_inference::{
    DoneReason, Event, Generation, ModelTraits, Output, Task, Timings, Usage,
};

use super::Worker;
use crate::ask::{Ask, Manner, Voice, shortened};
use crate::engine::{Engine, EngineError, Job};
use crate::wire::{self, REPORT, Report};

impl Worker {
    /// Takes on what a Modelfile says.
    pub(super) fn dress(&mut self, manner: Manner) -> Result<(), EngineError> {
        self.traits = None;
        let made = self.voice.traits(manner);
        self.traits = Some(made.map_err(|error| EngineError::Job(error.to_string()))?);
        Ok(())
    }

    /// Answers a question; returns the last report of it.
    pub(super) fn ask(&mut self, id: u64, ask: Ask) -> Result<Report, EngineError> {
        let mut last = None;
        let writer = &mut self.writer;
        let mut say = |event: Event| {
            // The last one is said by whoever asked for the job.
            if matches!(event, Event::Done { .. } | Event::Error(_)) {
                last = Some(Report::Event { id, event });
                return ControlFlow::Continue(());
            }
            match wire::write(writer, &Report::Event { id, event }, REPORT) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        };
        let traits = self.traits.as_ref();
        respond(&mut *self.engine, &self.voice, traits, ask, &mut say)?;
        last.ok_or_else(|| EngineError::Broken("the answer has no end".into()))
    }
}

/// Answers a question step by step; the last one is [`Event::Done`] or [`Event::Error`]. Who is told says whether it goes on.
pub(super) fn respond(
    engine: &mut dyn Engine,
    voice: &Voice,
    traits: Option<&ModelTraits>,
    ask: Ask,
    say: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<(), EngineError> {
    let bare;
    let traits = match traits {
        Some(traits) => traits,
        None => {
            let made = voice.traits(Manner::default());
            bare = made.map_err(|error| EngineError::Job(error.to_string()))?;
            &bare
        }
    };
    let mut tell = |event| match say(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(EngineError::Cancelled),
    };
    match traits.plan(&ask.request, ask.call_id, ask.now) {
        Ok(Task::Load) => tell(done(DoneReason::Load, Usage::default())),
        Ok(Task::Embed {
            inputs,
            dimensions,
            truncate,
        }) => {
            let mut usage = Usage::default();
            for (index, text) in inputs.iter().enumerate() {
                let embedded = engine.embed(text, truncate)?;
                usage.prompt_tokens += embedded.tokens;
                let vector = shortened(embedded.vector, dimensions);
                tell(Event::Embedding { index, vector })?;
            }
            tell(done(DoneReason::Stop, usage))
        }
        Ok(Task::Generate(generation)) => answer(engine, *generation, say),
        Err(failure) => tell(Event::Error(failure)),
    }
}

fn answer(
    engine: &mut dyn Engine,
    generation: Generation,
    say: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<(), EngineError> {
    let mut output = Output::new(generation.output);
    let job = Job {
        prompt: generation.prompt,
        add_special: generation.add_special,
        settings: generation.settings,
        grammar: generation.grammar,
        logprobs: generation.logprobs,
        truncate: generation.truncate,
    };
    let answered = engine.generate(&job, &mut |piece| {
        output.push(piece).into_iter().try_for_each(&mut *say)
    })?;
    for event in output.finish(answered.reason, answered.usage, answered.timings) {
        if say(event).is_break() {
            return Err(EngineError::Cancelled);
        }
    }
    Ok(())
}

/// The last step of an answer without tokens.
pub(super) fn done(reason: DoneReason, usage: Usage) -> Event {
    Event::Done {
        reason,
        usage,
        timings: Timings::default(),
    }
}
