//! What a model answers, before it takes the shape of an API.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ToolCall;

/// What an engine hands over for each token, before stop strings, thinking and tool calls are looked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// The token's bytes; a character may be cut between two tokens.
    pub bytes: Vec<u8>,
    /// If it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprob: Option<Logprob>,
}

/// How likely a token was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logprob {
    /// The token that was taken.
    pub token: Alternative,
    /// The likeliest ones at this place, the likeliest first.
    pub top: Vec<Alternative>,
}

/// A token that could have been.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The token's bytes.
    pub bytes: Vec<u8>,
    /// Natural logarithm of its probability.
    pub logprob: f32,
}

/// One step of an answer. An answer is any number of steps, then one `Done` or one `Error`, then nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Text of the answer.
    Token {
        /// Whole characters.
        text: String,
        /// Of the tokens that this text came from, if asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        logprobs: Vec<Logprob>,
    },
    /// Text of what the model thinks before it answers.
    Thinking {
        /// Whole characters.
        text: String,
    },
    /// The model calls a tool.
    ToolCall(ToolCall),
    /// The vector of one input.
    Embedding {
        /// Which input, from 0.
        index: usize,
        /// The numbers.
        vector: Vec<f32>,
    },
    /// The answer is complete.
    Done {
        /// Why it ended.
        reason: DoneReason,
        /// Counts.
        usage: Usage,
        /// Times.
        timings: Timings,
    },
    /// The answer will not be completed.
    Error(Failure),
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoneReason {
    /// The model ended it.
    Stop,
    /// A stop string was met.
    StopString(String),
    /// As many tokens as were asked for, or as the context holds.
    Length,
    /// There are tool calls to answer.
    ToolCalls,
    /// The model was loaded, nothing else was asked.
    Load,
    /// The model was unloaded.
    Unload,
}

/// How many tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Of the prompt.
    pub prompt_tokens: u64,
    /// Of the prompt, those that were still known from before.
    pub cached_tokens: u64,
    /// Of the answer.
    pub completion_tokens: u64,
}

/// How long it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// From request to end.
    pub total: Duration,
    /// To load the model.
    pub load: Duration,
    /// To read the prompt.
    pub prompt: Duration,
    /// To answer.
    pub eval: Duration,
}

/// What went wrong, for the client: it names no path and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Failure {
    /// Which kind; it decides the status code.
    pub kind: FailureKind,
    /// What, where, why, what to do.
    pub message: String,
    /// The field of the request that is wrong, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The request is wrong: 400.
    Invalid,
    /// A token is missing or wrong: 401.
    Unauthorized,
    /// Not allowed to this client: 403.
    Forbidden,
    /// No such model or endpoint: 404.
    NotFound,
    /// Not with this method: 405.
    Method,
    /// More than the limits allow: 413.
    TooLarge,
    /// The queue is full: 503.
    Overloaded,
    /// The engine or the server failed: 500.
    Internal,
}

impl FailureKind {
    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            FailureKind::Invalid => 400,
            FailureKind::Unauthorized => 401,
            FailureKind::Forbidden => 403,
            FailureKind::NotFound => 404,
            FailureKind::Method => 405,
            FailureKind::TooLarge => 413,
            FailureKind::Internal => 500,
            FailureKind::Overloaded => 503,
        }
    }
}

impl Failure {
    /// A failure of a kind.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            field: None,
        }
    }

    /// A request that is wrong in one field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Invalid,
            message: message.into(),
            field: Some(field.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Json;

    #[test]
    fn every_step_comes_back_from_json() {
        let steps = [
            Event::Token {
                text: "a".into(),
                logprobs: Vec::new(),
            },
            Event::Thinking { text: "b".into() },
            Event::ToolCall(ToolCall {
                id: "c".into(),
                name: "d".into(),
                arguments: Json::Object(Vec::new()),
            }),
            Event::Embedding {
                index: 1,
                vector: vec![0.1, -1.0],
            },
            Event::Done {
                reason: DoneReason::StopString("e".into()),
                usage: Usage::default(),
                timings: Timings::default(),
            },
            Event::Error(Failure::field("f", "g")),
        ];
        for step in steps {
            let text = serde_json::to_string(&step).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), step);
        }
    }
}
