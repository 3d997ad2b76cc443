//! Answering from another terminal: one unix socket a session, JSON lines in both directions.
//!
//! The directory is 0700 and the socket 0600, and both are masked inside every sandbox. That mask is the protection:
//! the uid inside is the user's own, so peer credentials only keep *other* users out.
//!
//! The server speaks first ([`FromServer::Hello`]) and then sends the open questions whenever they change. A client
//! that means to answer says [`FromClient::Attach`]; only then does the desk hold questions for it.

pub mod client;
pub mod server;

use std::path::{Path, PathBuf};

use ringfence_policy::{Grant, Scope};
use serde::{Deserialize, Serialize};

use super::question::Pending;

/// Version of the protocol, in [`FromServer::Hello`].
pub const VERSION: u32 = 1;

/// What a client may send, one JSON object a line, at most [`super::limits::MAX_CLIENT_LINE`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FromClient {
    /// I stay and will answer: hold questions for me.
    Attach {
        /// What I am.
        via: Via,
    },
    /// My answer to one question.
    Answer {
        /// Its number.
        id: u64,
        /// Yes or no.
        grant: Grant,
        /// For how long.
        scope: Scope,
    },
}

/// What kind of client answers, for the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// A popup or pane in tmux.
    Tmux,
    /// A floating pane in zellij.
    Zellij,
    /// `ringfence approvals` in another terminal.
    Approvals,
}

impl Via {
    /// Its name in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tmux => "tmux",
            Self::Zellij => "zellij",
            Self::Approvals => "approvals",
        }
    }
}

/// What the server sends, one JSON object a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromServer {
    /// First line.
    Hello {
        /// [`VERSION`].
        version: u32,
        /// Session.
        session: String,
        /// Tool as the person knows it.
        tool: String,
        /// Process of the supervisor.
        pid: u32,
    },
    /// All open questions, oldest first; sent after every change.
    Pending(Vec<Pending>),
    /// What became of an answer.
    Taken {
        /// Number of the question.
        id: u64,
        /// Why it was not taken.
        error: Option<String>,
        /// A remark, such as that "always" could not be written.
        note: Option<String>,
    },
    /// The connection is about to be closed, and why.
    Refused {
        /// The reason.
        why: String,
    },
}

/// Whether this can be the name of a session: it becomes a file name and stands in a multiplexer's command line.
pub fn is_session_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !id.starts_with('-')
}

/// The socket of one session in the runtime directory; `None` when the id is not one.
pub fn socket_path(dir: &Path, session: &str) -> Option<PathBuf> {
    is_session_id(session).then(|| dir.join(format!("{session}.sock")))
}

#[cfg(test)]
mod tests;
