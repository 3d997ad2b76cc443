//! The words of a question, the same on every front end: plain ASCII lines and the keys that answer.

use ringfence_policy::{Answer, Grant, Scope};

use super::question::{Kind, Pending};
use super::text::{escaped, shown, size};

/// One way to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The key; Enter alone never answers.
    pub key: char,
    /// What it means.
    pub answer: Answer,
    /// What it says.
    pub label: &'static str,
}

const fn choice(key: char, grant: Grant, scope: Scope, label: &'static str) -> Choice {
    Choice {
        key,
        answer: Answer { grant, scope },
        label,
    }
}

/// Allow once, session, always; deny once, session, always. Each letter answers one thing only.
pub const CHOICES: [Choice; 6] = [
    choice('a', Grant::Allow, Scope::Once, "allow once"),
    choice('s', Grant::Allow, Scope::Session, "allow for this session"),
    choice(
        'w',
        Grant::Allow,
        Scope::Always,
        "always allow (edit config)",
    ),
    choice('d', Grant::Deny, Scope::Once, "deny once"),
    choice('x', Grant::Deny, Scope::Session, "deny for this session"),
    choice(
        'b',
        Grant::Deny,
        Scope::Always,
        "always block (edit config)",
    ),
];

/// The choices that make sense for this kind of question.
pub fn choices(kind: Kind) -> impl Iterator<Item = Choice> {
    CHOICES
        .into_iter()
        .filter(move |c| c.answer.scope != Scope::Always || kind.can_be_always())
}

/// The answer behind a key, if this kind of question offers it.
pub fn answer_for(kind: Kind, key: char) -> Option<Answer> {
    choices(kind).find(|c| c.key == key).map(|c| c.answer)
}

/// What the session answer of this question will cover, in words.
pub fn covers(pending: &Pending) -> String {
    let q = &pending.question;
    match q.kind {
        Kind::Host => format!(
            "session and always cover every request to {}:{}",
            escaped(&q.host),
            q.port
        ),
        Kind::Credential => format!(
            "session covers credential {} at {}:{}",
            escaped(q.credential.as_deref().unwrap_or("?")),
            escaped(&q.host),
            q.port
        ),
        Kind::Publish => format!("session covers port {}", q.port),
        Kind::Upload => format!("session covers uploads to {}:{}", escaped(&q.host), q.port),
    }
}

/// One sentence that says what is asked.
pub fn headline(pending: &Pending) -> String {
    let q = &pending.question;
    let tool = escaped(&q.tool);
    match q.kind {
        Kind::Host => format!("{tool} wants to reach"),
        Kind::Credential => format!("{tool} wants to use a credential for the first time"),
        Kind::Publish => format!("{tool} wants to publish a port on this machine"),
        Kind::Upload => format!("{tool} wants to send a large body"),
    }
}

/// Label and value of each thing known, values already escaped and cut to `columns`. The host alone may be longer
/// (four times), because its middle must not be hidden: front ends wrap it.
pub fn fields(pending: &Pending, columns: usize) -> Vec<(&'static str, String)> {
    let q = &pending.question;
    let mut out = vec![(
        "host",
        shown(&format!("{}:{}", q.host, q.port), columns.saturating_mul(4)),
    )];
    if let Some(credential) = &q.credential {
        out.push(("credential", shown(credential, columns)));
    }
    if let Some(method) = &q.method {
        out.push(("method", shown(method, columns)));
    }
    if let Some(url) = &q.url {
        out.push(("url", shown(url, columns)));
    }
    if let Some(process) = &q.process {
        out.push(("process", shown(process, columns)));
    }
    if let Some(bytes) = q.size {
        out.push(("size", size(bytes)));
    }
    if pending.waiting > 1 {
        out.push(("waiting", format!("{} identical requests", pending.waiting)));
    }
    out
}
