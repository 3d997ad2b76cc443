//! What a chat keeps: a record a step, JSON, in a conversation of the vault.

use ringfence_inference::{Digest, Message, Role};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// The version that is written; records of others are not understood.
const VERSION: u32 = 1;

/// One record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Record {
    /// From here on this model answers.
    Begin {
        version: u32,
        model: String,
        digest: Digest,
        at: u64,
    },
    /// From here on this is the system prompt.
    System { text: Option<String> },
    /// A question and its answer.
    Turn(Turn),
}

/// A question and its answer. What it says is zeroed when it is let go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// What the person said.
    pub user: String,
    /// What the model said, as far as it came.
    pub answer: String,
    /// What it thought before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// How the answer ended.
    pub ended: Ended,
    /// When, in seconds since 1970.
    pub at: u64,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The model ended it.
    Stop,
    /// As many tokens as were asked for, or as the context holds.
    Length,
    /// The person stopped it.
    Stopped,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.user.zeroize();
        self.answer.zeroize();
        self.thinking.zeroize();
    }
}

impl Record {
    pub(crate) fn begin(model: String, digest: Digest, at: u64) -> Self {
        Self::Begin {
            version: VERSION,
            model,
            digest,
            at,
        }
    }

    /// The bytes; empty never.
    pub(crate) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        serde_json::to_vec(self).map(Zeroizing::new)
    }
}

/// A conversation as it was read.
#[derive(Debug, Default)]
pub struct Story {
    /// The name of the model that answered last.
    pub model: Option<String>,
    /// What that model's file hashes to.
    pub digest: Option<Digest>,
    /// The system prompt at the end.
    pub system: Option<String>,
    /// The turns that could be read.
    pub turns: Vec<Turn>,
    /// Records that are no step of a chat: of a newer version, or imported from elsewhere.
    pub foreign: Vec<u64>,
    /// What the vault found damaged, a sentence each.
    pub damage: Vec<String>,
}

impl Story {
    /// Takes one record in.
    pub(crate) fn add(&mut self, number: u64, bytes: &[u8]) {
        match serde_json::from_slice(bytes) {
            Ok(Record::Begin {
                version: VERSION,
                model,
                digest,
                ..
            }) => {
                self.model = Some(model);
                self.digest = Some(digest);
            }
            Ok(Record::System { text }) => self.system = text,
            Ok(Record::Turn(turn)) => self.turns.push(turn),
            Ok(Record::Begin { .. }) | Err(_) => self.foreign.push(number),
        }
    }
}

/// The messages of a conversation, as a model is asked.
pub(crate) fn messages(system: Option<&str>, turns: &[Turn]) -> Vec<Message> {
    let message = |role, content: &str| Message {
        role,
        content: content.to_owned(),
        ..Message::default()
    };
    let mut all = Vec::with_capacity(2 * turns.len() + 2);
    all.extend(system.map(|text| message(Role::System, text)));
    for turn in turns {
        all.push(message(Role::User, &turn.user));
        all.push(Message {
            thinking: turn.thinking.clone(),
            ..message(Role::Assistant, &turn.answer)
        });
    }
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn turn(user: &str) -> Turn {
        Turn {
            user: user.into(),
            answer: "yes".into(),
            thinking: None,
            ended: Ended::Stop,
            at: 7,
        }
    }

    #[test]
    fn what_is_written_is_read_and_what_is_not_ours_is_named() {
        let digest = Digest::from_bytes([1; 32]);
        let mut story = Story::default();
        let records = [
            Record::begin("tiny:latest".into(), digest, 1),
            Record::System {
                text: Some("short".into()),
            },
            Record::Turn(turn("is it?")),
            Record::Turn(turn("and now?")),
        ];
        for (number, record) in (0..).zip(&records) {
            story.add(number, &record.encode().unwrap());
        }
        story.add(4, b"a line of another program");
        story.add(
            5,
            br#"{"kind":"begin","version":2,"model":"x","digest":"sha256:0101010101010101010101010101010101010101010101010101010101010101","at":0}"#,
        );
        story.add(6, br#"{"kind":"turn","user":"x"}"#);
        assert_eq!(story.model.as_deref(), Some("tiny:latest"));
        assert_eq!(story.digest, Some(digest));
        assert_eq!(story.turns, [turn("is it?"), turn("and now?")]);
        assert_eq!(story.foreign, [4, 5, 6]);
        let messages = messages(story.system.as_deref(), &story.turns);
        let roles: Vec<_> = messages.iter().map(|m| m.role.as_str()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "user", "assistant"]);
    }
}
