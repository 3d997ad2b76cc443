//! The one place where the policy is asked, a person is asked when it says so, and the outcome is recorded.

use std::net::SocketAddr;

use ringfence_policy::decision::{Grant, RefusalClass};
use ringfence_policy::{Access, Decision, Event, Permit, Refusal, Scheme, What};

use crate::context::Context;
use crate::setup::{Question, QuestionKind};

/// Who asks, for the audit log and for prompts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    /// Number of the connection.
    pub(crate) connection: u64,
    /// `http`, `tunnel`, `connect` or `socks`.
    pub(crate) layer: &'static str,
    /// The sandbox's end of the connection.
    pub(crate) peer: Option<SocketAddr>,
    /// Query of the URL, shown to a person but never recorded.
    pub(crate) query: Option<&'a str>,
}

/// Decides one access and records the decision. An `Ask` waits for the person here, so finish handshakes first.
pub(crate) async fn permit(
    ctx: &Context,
    asker: Asker<'_>,
    access: Access<'_>,
) -> Result<Permit, Refusal> {
    let decision = match ctx.policy.decide(&access) {
        Decision::Ask(ask) => {
            let answer = ctx.approver.ask(question(ctx, &asker, &access)).await;
            ask.answered(answer)
        }
        decided => decided,
    };
    let outcome = match decision {
        Decision::Allow(permit) => Ok(permit),
        Decision::Deny(refusal) => Err(refusal),
        Decision::Ask(_) => Err(Refusal {
            class: RefusalClass::NotApproved,
            host: access.host.clone(),
            port: access.port,
            full: "an answer led to another question".into(),
        }),
    };
    record(ctx, asker, &access, &outcome)?;
    outcome
}

/// Records a refusal that the proxy made itself, before or after the policy was asked.
pub(crate) fn record_refusal(ctx: &Context, asker: Asker<'_>, what: What<'_>, refusal: &Refusal) {
    let access = Access {
        host: &refusal.host,
        port: refusal.port,
        what,
    };
    // A failure has already stopped the session, and this is a refusal anyway.
    let _ = ctx.record(event(asker, &access, Err(refusal)));
}

fn record(
    ctx: &Context,
    asker: Asker<'_>,
    access: &Access<'_>,
    outcome: &Result<Permit, Refusal>,
) -> Result<(), Refusal> {
    ctx.record(event(asker, access, outcome.as_ref()))
        .map_err(|stopped| stopped.refusal(access.host, access.port))
}

fn event(asker: Asker<'_>, access: &Access<'_>, outcome: Result<&Permit, &Refusal>) -> Event {
    let (method, path) = match access.what {
        What::Http { method, path, .. } => (Some(method.to_owned()), Some(path.to_owned())),
        What::Opaque => (None, None),
    };
    let (grant, rule, class) = match outcome {
        Ok(permit) => (Grant::Allow, permit.rule().to_owned(), None),
        Err(refusal) => (Grant::Deny, refusal.full.clone(), Some(refusal.class)),
    };
    Event::Decision {
        connection: asker.connection,
        layer: asker.layer.to_owned(),
        host: access.host.to_string(),
        port: access.port,
        method,
        path,
        grant,
        rule,
        class,
    }
}

fn question(ctx: &Context, asker: &Asker<'_>, access: &Access<'_>) -> Question {
    let (method, url) = match access.what {
        What::Http {
            scheme,
            method,
            path,
        } => (
            Some(method.to_owned()),
            Some(url(scheme, access, path, asker.query)),
        ),
        What::Opaque => (None, None),
    };
    Question {
        kind: QuestionKind::Host,
        host: access.host.to_string(),
        port: access.port,
        method,
        url,
        process: process(ctx, asker.peer),
        size: None,
    }
}

/// The process behind a connection, when the runtime can tell.
pub(crate) fn process(ctx: &Context, peer: Option<SocketAddr>) -> Option<String> {
    ctx.peers.as_ref()?.process(peer?)
}

/// The URL as a person should see it.
pub(crate) fn url(scheme: Scheme, access: &Access<'_>, path: &str, query: Option<&str>) -> String {
    let (scheme, default) = match scheme {
        Scheme::Http => ("http", 80),
        Scheme::Https => ("https", 443),
    };
    let port = if access.port == default {
        String::new()
    } else {
        format!(":{}", access.port)
    };
    let query = query.map(|q| format!("?{q}")).unwrap_or_default();
    format!("{scheme}://{}{port}{path}{query}", access.host)
}
