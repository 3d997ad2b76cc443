//! Questions, on the server's side.

use std::sync::atomic::Ordering;

use ringfence_inference::Event;

use super::{JobError, Runner};
use crate::ask::{Ask, Manner};
use crate::wire::{Order, Report};

impl Runner {
    /// Tells the runner what a Modelfile adds to the model, before the first question.
    ///
    /// # Errors
    /// [`JobError::Job`] when its template is none.
    pub fn dress(&mut self, manner: Manner) -> Result<(), JobError> {
        let manner = Box::new(manner);
        let id = self.order(|id| Order::Dress { id, manner })?;
        match self.report(id)? {
            Report::Done { .. } => {
                self.running.store(0, Ordering::Release);
                Ok(())
            }
            _ => Err(self.nonsense()),
        }
    }

    /// Begins to answer a question. The steps come as the model makes them; dropping them takes the question back.
    ///
    /// # Errors
    /// [`JobError`] when it could not be handed over.
    pub fn ask(&mut self, ask: Ask) -> Result<Events<'_>, JobError> {
        self.ask_for(ask, 0)
    }

    /// As [`Runner::ask`], for one of several who ask. What the model computed for one of them is forgotten before another asks: else
    /// counts and times of an answer would tell what somebody else's question began with.
    ///
    /// # Errors
    /// As [`Runner::ask`].
    pub fn ask_for(&mut self, ask: Ask, asker: u64) -> Result<Events<'_>, JobError> {
        let ask = Box::new(ask);
        let id = self.order(|id| Order::Ask { id, ask, asker })?;
        Ok(Events {
            runner: self,
            id,
            over: false,
        })
    }
}

/// The steps of an answer. The last one is [`Event::Done`], [`Event::Error`] or an error.
#[derive(Debug)]
pub struct Events<'r> {
    runner: &'r mut Runner,
    id: u64,
    over: bool,
}

impl Iterator for Events<'_> {
    type Item = Result<Event, JobError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let step = match self.runner.report(self.id) {
            Ok(Report::Event { event, .. }) => Ok(event),
            Ok(_) => Err(self.runner.nonsense()),
            Err(error) => Err(error),
        };
        if matches!(step, Ok(Event::Done { .. } | Event::Error(_)) | Err(_)) {
            self.over = true;
            self.runner.running.store(0, Ordering::Release);
        }
        Some(step)
    }
}

impl Drop for Events<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.runner.canceller().cancel();
            self.runner.running.store(0, Ordering::Release);
        }
    }
}
