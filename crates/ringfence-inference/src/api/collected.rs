//! A whole answer, for those that are not streamed and for the last events of those that are.

use crate::{Event, Failure, FailureKind, Logprob, ToolCall, limits};

#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub text: String,
    pub thinking: String,
    pub calls: Vec<ToolCall>,
    pub logprobs: Vec<Logprob>,
    pub vectors: Vec<Vec<f32>>,
    bytes: usize,
}

impl Collected {
    /// Adds what `event` brings, up to [`limits::RESPONSE_BYTES`].
    pub fn add(&mut self, event: &Event) -> Result<(), Failure> {
        self.bytes += match event {
            // A log probability with its alternatives takes about this much as JSON.
            Event::Token { text, logprobs } => {
                text.len()
                    + logprobs
                        .iter()
                        .map(|l| 80 * (1 + l.top.len()))
                        .sum::<usize>()
            }
            Event::Thinking { text } => text.len(),
            Event::ToolCall(call) => call.name.len() + call.arguments.to_string().len(),
            Event::Embedding { vector, .. } => vector.len() * 4,
            Event::Done { .. } | Event::Error(_) => 0,
        };
        if self.bytes > limits::RESPONSE_BYTES {
            return Err(Failure::new(
                FailureKind::TooLarge,
                format!(
                    "the answer is longer than {} bytes; ask for a stream or for fewer tokens",
                    limits::RESPONSE_BYTES
                ),
            ));
        }
        match event {
            Event::Token { text, logprobs } => {
                self.text.push_str(text);
                self.logprobs.extend_from_slice(logprobs);
            }
            Event::Thinking { text } => self.thinking.push_str(text),
            Event::ToolCall(call) => self.calls.push(call.clone()),
            Event::Embedding { index, vector } => {
                if *index >= limits::EMBED_INPUTS {
                    return Err(Failure::new(
                        FailureKind::Internal,
                        "the engine answered an input that was not asked for",
                    ));
                }
                if self.vectors.len() <= *index {
                    self.vectors.resize(index + 1, Vec::new());
                }
                if let Some(place) = self.vectors.get_mut(*index) {
                    place.clone_from(vector);
                }
            }
            Event::Done { .. } | Event::Error(_) => {}
        }
        Ok(())
    }
}
