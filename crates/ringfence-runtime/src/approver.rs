//! Puts the desk behind the proxy's `Approver` and keeps every answer in the audit log.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use ringfence_policy::decision::Grant;
use ringfence_policy::{Answer, Event, Scope};
use ringfence_proxy::{Approver, Question as ProxyQuestion, QuestionKind, Recorder};

use crate::prompt::{Answered, Desk, Kind, Question, text};
use crate::recorder::Log;

/// Asks at the desk.
pub struct DeskApprover {
    desk: Arc<Desk>,
    log: Arc<Log>,
    tool: String,
}

impl DeskApprover {
    /// `tool` is the name that a person knows it by.
    pub fn new(desk: Arc<Desk>, log: Arc<Log>, tool: String) -> Self {
        Self { desk, log, tool }
    }

    /// Asks whether a port may be published.
    pub async fn publish(&self, inside: u16) -> Answer {
        self.asked(Question {
            port: inside,
            ..self.question(Kind::Publish, "127.0.0.1", inside)
        })
        .await
    }

    async fn asked(&self, question: Question) -> Answer {
        let subject = subject(&question);
        let kind = question.kind.as_str().to_owned();
        let Answered {
            answer,
            by,
            ms,
            note,
        } = self.desk.ask(question).await;
        if let Some(note) = note {
            tracing::warn!("{note}");
        }
        let event = Event::Prompt {
            kind,
            subject,
            grant: answer.grant,
            scope: answer.scope,
            answered_by: by.to_owned(),
            ms,
        };
        match self.log.record(event) {
            Ok(()) => answer,
            // Unrecorded permission is no permission.
            Err(_) => Answer {
                grant: Grant::Deny,
                scope: Scope::Once,
            },
        }
    }

    fn question(&self, kind: Kind, host: &str, port: u16) -> Question {
        Question {
            kind,
            tool: self.tool.clone(),
            host: host.to_owned(),
            port,
            method: None,
            url: None,
            process: None,
            size: None,
            credential: None,
        }
    }
}

impl Approver for DeskApprover {
    fn ask(&self, asked: ProxyQuestion) -> BoxFuture<'_, Answer> {
        let (kind, credential) = match asked.kind {
            QuestionKind::Host => (Kind::Host, None),
            QuestionKind::Credential(name) => (Kind::Credential, Some(name)),
            QuestionKind::Upload => (Kind::Upload, None),
        };
        let question = Question {
            method: asked.method,
            url: asked.url,
            process: asked.process,
            size: asked.size,
            credential,
            ..self.question(kind, &asked.host, asked.port)
        };
        Box::pin(self.asked(question))
    }
}

/// What was asked, for the audit log: never a query string, which may carry anything.
fn subject(question: &Question) -> String {
    let url = question
        .url
        .as_deref()
        .map(|u| u.split(['?', '#']).next().unwrap_or_default());
    let what = match (&question.credential, url) {
        (Some(name), _) => format!("{name} to {}:{}", question.host, question.port),
        (None, Some(url)) => format!("{} {url}", question.method.as_deref().unwrap_or_default()),
        (None, None) => format!("{}:{}", question.host, question.port),
    };
    text::escaped(what.trim_start())
}
