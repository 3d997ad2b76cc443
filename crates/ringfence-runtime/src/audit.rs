//! What agent sessions and code sessions share around the audit log: how it is opened, and its usual events. And the [`Ledger`] of
//! what is no session in a sandbox.

mod ledger;

use std::sync::Arc;

use ringfence_dlp::Finding;
use ringfence_policy::Event;
use ringfence_policy::plan::AuditSink;
use ringfence_store::{AuditLog, Durability, Options, Secret, SigningKey, SinkSpec, Stopped};

use crate::error::RunError;
use crate::paths::Paths;
use crate::recorder::Log;

pub use ledger::Ledger;

/// Everything that opening a log takes.
pub(crate) struct Opening<'a> {
    sinks: &'a [AuditSink],
    required: bool,
    paths: &'a Paths,
    session: &'a str,
}

impl<'a> Opening<'a> {
    pub(crate) fn new(
        sinks: &'a [AuditSink],
        required: bool,
        paths: &'a Paths,
        session: &'a str,
    ) -> Self {
        Self {
            sinks,
            required,
            paths,
            session,
        }
    }

    /// Opens it; `secrets` never appear in it.
    pub(crate) fn open(&self, secrets: Vec<Secret>) -> Result<Arc<Log>, RunError> {
        let sink = |target: &AuditSink| SinkSpec {
            target: target.clone(),
            required: self.required,
            journal_socket: None,
        };
        let audit = AuditLog::create(
            &self.paths.audit(),
            self.session,
            Options {
                durability: Durability::Kernel,
                secrets,
                sinks: self.sinks.iter().map(sink).collect(),
                key: Some(SigningKey::load_or_create(&self.paths.state)?),
            },
        )?;
        Ok(Log::new(audit))
    }
}

/// A start that failed is an event too; without one the log would stand empty, as if it had been cut.
pub(crate) fn refused(log: &Log, error: &RunError) {
    let event = Event::SessionEnd {
        exit_code: None,
        signal: None,
        reason: format!("not started: {error}"),
        wall_ms: 0,
    };
    if let Err(lost) = log.stop(&event) {
        tracing::warn!("the refusal was not recorded: {lost}");
    }
}

/// Says which sinks did not take everything.
pub(crate) fn warn_of_losses(stopped: &Stopped) {
    for sink in stopped.sinks.iter().filter(|sink| sink.lost > 0) {
        tracing::warn!(
            "audit sink {} lost {} events: {}",
            sink.sink,
            sink.lost,
            sink.error.as_deref().unwrap_or("unknown")
        );
    }
}

/// A finding as an event.
pub(crate) fn finding(place: &str, finding: &Finding) -> Event {
    Event::Finding {
        place: place.to_owned(),
        detector: finding.detector.to_string(),
        tier: finding.tier.to_string(),
        action: finding.action.to_string(),
        transforms: finding.transforms.iter().map(ToString::to_string).collect(),
        offset: finding.offset,
        length: finding.length,
        host: None,
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(canonical: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}
