//! Audit event types. Every crate can make one; `ringfence-store` gives it a time, a sequence number and a hash, and writes it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::decision::{Grant, RefusalClass, Scheme, Scope};

/// One thing worth keeping. Never holds a secret: makers pass names of credentials and URLs without their query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A session began.
    SessionStart {
        /// Tool or program.
        tool: String,
        /// Arguments after redaction.
        argv: Vec<String>,
        /// Working directory.
        cwd: String,
        /// Level in force.
        level: String,
        /// Backend in use.
        backend: String,
        /// Protections installed, by name, and those missing under `best_effort` with a leading `-`.
        protections: Vec<String>,
        /// SHA-256 of the resolved policy.
        policy_digest: String,
    },
    /// A session ended.
    SessionEnd {
        /// Exit code of the payload.
        exit_code: Option<i32>,
        /// Signal that ended the payload.
        signal: Option<i32>,
        /// `exit`, `signal`, `timeout`, `oom`, `audit`, …
        reason: String,
        /// Wall-clock milliseconds.
        wall_ms: u64,
    },
    /// A network decision.
    Decision {
        /// Session-wide number of the connection.
        connection: u64,
        /// `http`, `tunnel`, `connect`, `socks`.
        layer: String,
        /// Host asked for.
        host: String,
        /// Port asked for.
        port: u16,
        /// HTTP method.
        method: Option<String>,
        /// Path without query.
        path: Option<String>,
        /// Yes or no.
        grant: Grant,
        /// Rule and its origin.
        rule: String,
        /// Class of the refusal.
        class: Option<RefusalClass>,
    },
    /// A permitted exchange ended.
    Exchange {
        /// Session-wide number of the connection.
        connection: u64,
        /// Scheme towards the upstream.
        scheme: Option<Scheme>,
        /// Host asked for.
        host: String,
        /// Host dialled.
        upstream: String,
        /// Address dialled.
        address: Option<IpAddr>,
        /// HTTP method.
        method: Option<String>,
        /// Path without query.
        path: Option<String>,
        /// HTTP status.
        status: Option<u16>,
        /// Bytes from the sandbox.
        bytes_out: u64,
        /// Bytes to the sandbox.
        bytes_in: u64,
        /// Milliseconds from the first to the last byte.
        ms: u64,
        /// Why it ended early.
        error: Option<String>,
    },
    /// A DNS question that the sandbox asked.
    Dns {
        /// Name asked for, escaped.
        name: String,
        /// Query type.
        kind: String,
        /// What was answered: `synthetic`, `nodata`, `refused`, `malformed`.
        answer: String,
    },
    /// A person was asked.
    Prompt {
        /// What was asked: `host`, `credential`, `publish`, `upload`.
        kind: String,
        /// Subject, escaped.
        subject: String,
        /// Answer.
        grant: Grant,
        /// For how long.
        scope: Scope,
        /// Where it was answered: `tmux`, `zellij`, `overlay`, `approvals`, `none`, `memory`.
        answered_by: String,
        /// Milliseconds that it took.
        ms: u64,
    },
    /// A credential was used or refused.
    Credential {
        /// Name of the credential.
        name: String,
        /// Host it went to or was sent to.
        host: String,
        /// Yes or no.
        grant: Grant,
        /// Why not.
        reason: Option<String>,
    },
    /// The egress filter found something. Holds no part of it.
    Finding {
        /// Where: `stdout`, `stderr`, `result`, `url`, `headers`, `body`, `response`.
        place: String,
        /// Detector.
        detector: String,
        /// Tier: `block`, `warn`, `echo`.
        tier: String,
        /// What was done: `report`, `redact`, `block`.
        action: String,
        /// Encodings around it, outermost first.
        transforms: Vec<String>,
        /// Where it began, in bytes from the start of the stream.
        offset: u64,
        /// Its length in the stream, in bytes.
        length: u64,
        /// Host that it was on its way to or from, for the network.
        host: Option<String>,
    },
    /// A port of the sandbox was published.
    Publish {
        /// Port inside.
        inside: u16,
        /// Port on the host's 127.0.0.1.
        host: u16,
        /// Yes or no.
        grant: Grant,
    },
    /// A file that the host may run later was made or changed.
    HostFile {
        /// Path.
        path: String,
        /// Why it matters.
        kind: String,
    },
    /// Something happened to a model, or to the server of models. Holds nothing of a prompt or an answer.
    Model {
        /// `serve`, `load`, `refuse`, `die`, `unload`, `stop`; what a client did to the store (`pull`, `create`, `copy`, `delete`).
        action: String,
        /// Name of the model; `None` for the server itself.
        model: Option<String>,
        /// SHA-256 of the model's file.
        digest: Option<String>,
        /// Where, why or how.
        detail: Option<String>,
        /// Protections of the model's process, as in [`Event::SessionStart`].
        protections: Vec<String>,
        /// Protections that were switched off: `encryption`, `sandbox`, `strict_network`.
        off: Vec<String>,
        /// Milliseconds that it took.
        ms: Option<u64>,
    },
    /// Something was done with the keys of the vault. Names only, never a value.
    Keys {
        /// `init`, `set`, `rotate`, `export`, `import`, `forget`, `verify`.
        action: String,
        /// Who: the user id of the process.
        uid: u32,
        /// `begun`, `done` or `failed`.
        outcome: String,
        /// Secrets, conversations and files that it was about, by name.
        names: Vec<String>,
        /// Where, why or how.
        detail: Option<String>,
    },
    /// Something about the fence itself.
    Fence {
        /// Short name of the condition.
        condition: String,
        /// Detail.
        detail: String,
    },
}

impl Event {
    /// Whether nothing comes after it in its log.
    pub fn is_last(&self) -> bool {
        match self {
            Self::SessionEnd { .. } => true,
            Self::Model { action, .. } => action == "stop",
            Self::Keys { outcome, .. } => outcome != "begun",
            _ => false,
        }
    }
}
