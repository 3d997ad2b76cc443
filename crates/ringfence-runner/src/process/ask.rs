//! Questions, in the runner: plan, answer, look for what the answer holds.

use std::io;
use std::ops::ControlFlow;

use ringfence_inference::{
    DoneReason, Event, Failure, Generation, ModelTraits, Output, Task, Timings, Usage,
};

use super::Worker;
use crate::ask::{Ask, Manner, shortened};
use crate::engine::{EngineError, Job};
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
        let bare;
        let traits: &ModelTraits = match &self.traits {
            Some(traits) => traits,
            None => {
                let made = self.voice.traits(Manner::default());
                bare = made.map_err(|error| EngineError::Job(error.to_string()))?;
                &bare
            }
        };
        match traits.plan(&ask.request, ask.call_id, ask.now) {
            Ok(Task::Load) => Ok(done(id, DoneReason::Load, Usage::default())),
            Ok(Task::Embed {
                inputs,
                dimensions,
                truncate,
            }) => {
                let mut usage = Usage::default();
                for (index, text) in inputs.iter().enumerate() {
                    let embedded = self.engine.embed(text, truncate)?;
                    usage.prompt_tokens += embedded.tokens;
                    let vector = shortened(embedded.vector, dimensions);
                    self.event(id, Event::Embedding { index, vector })?;
                }
                Ok(done(id, DoneReason::Stop, usage))
            }
            Ok(Task::Generate(generation)) => self.answer(id, *generation),
            Err(failure) => Ok(refused(id, failure)),
        }
    }

    fn answer(&mut self, id: u64, generation: Generation) -> Result<Report, EngineError> {
        let mut output = Output::new(generation.output);
        let job = Job {
            prompt: generation.prompt,
            add_special: generation.add_special,
            settings: generation.settings,
            grammar: generation.grammar,
            logprobs: generation.logprobs,
            truncate: generation.truncate,
        };
        let writer = &mut self.writer;
        let answered = self.engine.generate(&job, &mut |piece| {
            for event in output.push(piece) {
                if wire::write(writer, &Report::Event { id, event }, REPORT).is_err() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        let mut events = output.finish(answered.reason, answered.usage, answered.timings);
        let last = events.pop();
        for event in events {
            self.event(id, event)?;
        }
        last.map(|event| Report::Event { id, event })
            .ok_or_else(|| EngineError::Broken("the answer has no end".into()))
    }

    fn event(&mut self, id: u64, event: Event) -> Result<(), EngineError> {
        let said: io::Result<()> = self.say(&Report::Event { id, event });
        said.map_err(|_| EngineError::Cancelled)
    }
}

fn done(id: u64, reason: DoneReason, usage: Usage) -> Report {
    let event = Event::Done {
        reason,
        usage,
        timings: Timings::default(),
    };
    Report::Event { id, event }
}

fn refused(id: u64, failure: Failure) -> Report {
    Report::Event {
        id,
        event: Event::Error(failure),
    }
}
