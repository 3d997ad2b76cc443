//! Why the policy answers as it does: every rule that was looked at, in order. For the user and the audit, never for the sandbox.

use std::fmt;

use serde::Serialize;

use crate::decision::{Access, Decision, What};
use crate::rules::{Hit, Rule};

/// What `policy explain` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Host in normal form.
    pub host: String,
    /// Port.
    pub port: u16,
    /// HTTP method, when the access is a request.
    pub method: Option<String>,
    /// Path in normal form, or as sent when it is refused.
    pub path: Option<String>,
    /// `allow`, `ask` or `deny`.
    pub answer: &'static str,
    /// The rule or reason that decided.
    pub because: String,
    /// Where the request really goes, when it may go at all.
    pub route: Option<String>,
    /// What was looked at.
    pub steps: Vec<Step>,
}

/// One thing that the evaluator looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `blocklist`, `rewrite`, `tool allowlist`, `allowlist`, `graylist`, `project graylist`, `default`.
    pub stage: &'static str,
    /// The rule, or a remark.
    pub rule: String,
    /// `matched`, `host only` (another method or path), `none`, `empty`.
    pub outcome: &'static str,
}

/// Collects steps when switched on; costs nothing otherwise.
pub(crate) struct Trace(Option<Vec<Step>>);

impl Trace {
    pub fn off() -> Self {
        Self(None)
    }

    pub fn on() -> Self {
        Self(Some(Vec::new()))
    }

    pub fn rule(&mut self, stage: &'static str, rule: &Rule, hit: Hit) {
        let outcome = match hit {
            Hit::No => return,
            Hit::HostOnly => "host only",
            Hit::Yes => "matched",
        };
        if let Some(steps) = &mut self.0 {
            steps.push(Step {
                stage,
                rule: rule.to_string(),
                outcome,
            });
        }
    }

    pub fn nothing(&mut self, stage: &'static str, empty: bool) {
        if let Some(steps) = &mut self.0
            && !steps.iter().any(|step| step.stage == stage)
        {
            steps.push(Step {
                stage,
                rule: String::new(),
                outcome: if empty { "empty" } else { "none" },
            });
        }
    }

    pub fn step(&mut self, stage: &'static str, text: &str, matched: bool) {
        if let Some(steps) = &mut self.0 {
            steps.push(Step {
                stage,
                rule: text.to_owned(),
                outcome: if matched { "matched" } else { "none" },
            });
        }
    }

    pub fn explanation(self, access: &Access<'_>, decision: &Decision) -> Explanation {
        let (method, path) = match access.what {
            What::Http { method, path, .. } => (
                Some(method.to_owned()),
                Some(
                    crate::path::normalise(path)
                        .unwrap_or_else(|_| path.escape_default().to_string()),
                ),
            ),
            What::Opaque => (None, None),
        };
        let (answer, because, route) = match decision {
            Decision::Allow(permit) => (
                "allow",
                permit.rule().to_owned(),
                Some(permit.route().to_string()),
            ),
            Decision::Ask(ask) => (
                "ask",
                ask.rule().to_owned(),
                Some(ask.permit.route().to_string()),
            ),
            Decision::Deny(refusal) => ("deny", refusal.full.clone(), None),
        };
        Explanation {
            host: access.host.to_string(),
            port: access.port,
            method,
            path,
            answer,
            because,
            route,
            steps: self.0.unwrap_or_default(),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)?;
        match (&self.method, &self.path) {
            (Some(method), Some(path)) => writeln!(f, " {method} {path}")?,
            _ => writeln!(f, " (any protocol, not looked into)")?,
        }
        for step in &self.steps {
            writeln!(f, "  {:<16} {:<9} {}", step.stage, step.outcome, step.rule)?;
        }
        writeln!(f, "{}: {}", self.answer, self.because)?;
        self.route
            .as_ref()
            .map_or(Ok(()), |route| writeln!(f, "goes to {route}"))
    }
}
