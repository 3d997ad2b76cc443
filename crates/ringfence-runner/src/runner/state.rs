//! What an engine computed for a text, taken out of one runner and given to another.

use std::sync::atomic::Ordering;

use super::{JobError, Runner};
use crate::limits;
use crate::wire::{Order, Report};

impl Runner {
    /// What the engine computed for the text that came last: the keys and values of a conversation, in clear. `None` when there is
    /// nothing, or the engine can not tell.
    ///
    /// # Errors
    /// [`JobError::Job`] when it is more than [`STATE_BYTES`](limits::STATE_BYTES).
    pub fn save(&mut self) -> Result<Option<Vec<u8>>, JobError> {
        let id = self.order(|id| Order::Save { id })?;
        // What followed it was read with it.
        let state = match self.report(id)? {
            Report::State { .. } => std::mem::take(&mut self.frames),
            _ => return Err(self.nonsense()),
        };
        match self.report(id)? {
            Report::Done { .. } => {}
            _ => return Err(self.nonsense()),
        }
        self.running.store(0, Ordering::Release);
        Ok((!state.is_empty()).then_some(state))
    }

    /// Takes in what [`Runner::save`] gave, of the same model and engine; says of how many tokens it is. A question that begins with
    /// them is read from there on. The engine, which is C++, trusts these bytes: pass none that were not authenticated.
    ///
    /// # Errors
    /// [`JobError::Job`] when they do not fit; the runner goes on as if nothing had been asked.
    pub fn restore(&mut self, state: &[u8]) -> Result<u64, JobError> {
        if state.len() > limits::STATE_BYTES {
            return Err(JobError::Job(format!(
                "a state of {} bytes; the limit is {}",
                state.len(),
                limits::STATE_BYTES
            )));
        }
        let size = u32::try_from(state.len()).unwrap_or(u32::MAX);
        let id = self.order_with(|id| Order::Restore { id, size }, state)?;
        match self.report(id)? {
            Report::Restored { tokens, .. } => {
                self.running.store(0, Ordering::Release);
                Ok(tokens)
            }
            _ => Err(self.nonsense()),
        }
    }
}
