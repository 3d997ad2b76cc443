//! Sealed requests, on the server's side: ciphertext goes in, ciphertext comes out.

use std::sync::atomic::Ordering;

use ringfence_inference::KeepAlive;

use super::{JobError, Runner};
use crate::limits;
use crate::wire::{self, Order, Report};

/// A step of the answer to a sealed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedStep {
    /// The request was not opened, or not let in, and nothing more comes.
    Refused {
        /// Status of HTTP, 400 to 599.
        status: u16,
        /// One word for the cause, at most 16 letters and dashes.
        word: String,
    },
    /// A part of the sealed response, at most 64 KiB.
    Frames(Vec<u8>),
    /// The response is complete, and nothing more comes.
    Done {
        /// What the request said about how long the model is to stay.
        keep_alive: Option<KeepAlive>,
    },
}

impl Runner {
    /// Hands over a sealed request, whole. Dropping the steps takes it back.
    ///
    /// # Errors
    /// [`JobError`] when it is too long or could not be handed over.
    pub fn sealed(&mut self, ciphertext: &[u8]) -> Result<SealedAnswer<'_>, JobError> {
        let size = ciphertext.len();
        if size > limits::SEALED_BYTES {
            return Err(JobError::Job(format!(
                "a sealed request of {size} bytes; the limit is {}",
                limits::SEALED_BYTES
            )));
        }
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let id = self.order_with(|id| Order::Sealed { id, size }, ciphertext)?;
        Ok(SealedAnswer {
            runner: self,
            id,
            over: false,
        })
    }
}

/// The steps of the answer to a sealed request. The last one is [`SealedStep::Refused`], [`SealedStep::Done`] or an error.
#[derive(Debug)]
pub struct SealedAnswer<'r> {
    runner: &'r mut Runner,
    id: u64,
    over: bool,
}

impl Iterator for SealedAnswer<'_> {
    type Item = Result<SealedStep, JobError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let step = match self.runner.report(self.id) {
            // What followed it was read with it.
            Ok(Report::Frames { .. }) => {
                Ok(SealedStep::Frames(std::mem::take(&mut self.runner.frames)))
            }
            Ok(Report::Unopened { status, word, .. }) if plain(status, &word) => {
                Ok(SealedStep::Refused { status, word })
            }
            Ok(Report::Answered { keep_alive, .. }) => Ok(SealedStep::Done { keep_alive }),
            Ok(_) => Err(self.runner.nonsense()),
            Err(error) => Err(error),
        };
        if !matches!(step, Ok(SealedStep::Frames(_))) {
            self.over = true;
            self.runner.running.store(0, Ordering::Release);
        }
        Some(step)
    }
}

/// Whether it is what may be said in clear, and nothing that a runner which was taken over smuggles out that way.
fn plain(status: u16, word: &str) -> bool {
    (400..600).contains(&status)
        && word.len() <= limits::REFUSAL_BYTES
        && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

impl Drop for SealedAnswer<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.runner.canceller().cancel();
            self.runner.running.store(0, Ordering::Release);
        }
    }
}

impl Runner {
    /// What follows a report is read with it, also when nobody waits for the report.
    pub(super) fn following(&mut self, report: &Report) -> std::io::Result<()> {
        let (size, most) = match report {
            Report::Frames { size, .. } => (*size, limits::FRAMES_BYTES),
            Report::State { size, .. } => (*size, limits::STATE_BYTES),
            _ => return Ok(()),
        };
        self.frames = wire::following(&mut self.reader, size, most)?;
        Ok(())
    }
}
