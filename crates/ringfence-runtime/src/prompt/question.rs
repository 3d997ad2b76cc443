//! What is asked, and what comes back.

use std::time::Duration;

use ringfence_policy::Answer;
use serde::{Deserialize, Serialize};

use super::limits::MAX_TEXT_BYTES;

/// What kind of thing a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A request to a host on the graylist.
    Host,
    /// First use of a credential.
    Credential,
    /// Publishing a port of the sandbox on this machine.
    Publish,
    /// A request body over the configured size.
    Upload,
}

impl Kind {
    /// Its name in configuration, audit log and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Credential => "credential",
            Self::Publish => "publish",
            Self::Upload => "upload",
        }
    }

    /// Whether "always" means something that can be written into the configuration.
    pub fn can_be_always(self) -> bool {
        matches!(self, Self::Host)
    }
}

/// One question for a person. Every text may come from the sandbox and is hostile until it went through [`super::text::shown`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What it is about.
    pub kind: Kind,
    /// Name of the tool as the person knows it.
    pub tool: String,
    /// Host asked for (for [`Kind::Publish`]: `127.0.0.1`).
    pub host: String,
    /// Port asked for.
    pub port: u16,
    /// HTTP method, when there is one.
    pub method: Option<String>,
    /// Whole URL, when there is one.
    pub url: Option<String>,
    /// Process that asks, as far as known.
    pub process: Option<String>,
    /// Bytes to be sent, as far as known.
    pub size: Option<u64>,
    /// What [`Kind::Credential`] is about: its name.
    pub credential: Option<String>,
}

impl Question {
    /// Cuts every text to [`MAX_TEXT_BYTES`], so that a queue of questions has a bounded size. The flag says that
    /// something was cut, and that looking the same does not mean being the same any more.
    pub(super) fn bounded(mut self) -> (Self, bool) {
        let mut any = cut(&mut self.tool) | cut(&mut self.host);
        for text in [
            &mut self.method,
            &mut self.url,
            &mut self.process,
            &mut self.credential,
        ]
        .into_iter()
        .flatten()
        {
            any |= cut(text);
        }
        (self, any)
    }
}

fn cut(text: &mut String) -> bool {
    if text.len() <= MAX_TEXT_BYTES {
        return false;
    }
    let whole = text.len();
    let at = (0..=MAX_TEXT_BYTES - 32)
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.truncate(at.unwrap_or_default());
    text.push_str(&format!("[cut, {whole} bytes]"));
    true
}

/// An open question, as front ends see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// Number within the session.
    pub id: u64,
    /// What is asked.
    pub question: Question,
    /// How many identical requests wait for the answer.
    pub waiting: usize,
    /// Milliseconds since it was asked.
    pub age_ms: u64,
    /// Milliseconds until it counts as denied.
    pub left_ms: u64,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer; always a denial when nobody could be asked or nobody answered.
    pub answer: Answer,
    /// Where it was answered: `tmux`, `zellij`, `overlay`, `approvals`, `none`, `memory`.
    pub by: &'static str,
    /// Milliseconds that it took.
    pub ms: u64,
    /// Something the person should know, such as that "always" could not be written.
    pub note: Option<String>,
}

impl Answered {
    pub(super) fn after(answer: Answer, by: &'static str, took: Duration) -> Self {
        Self {
            answer,
            by,
            ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            note: None,
        }
    }
}
