//! Puts the audit log behind the proxy's `Recorder`, and remembers the figures for the report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use ringfence_policy::Event;
use ringfence_policy::decision::Grant;
use ringfence_proxy::{RecordError, Recorder};
use ringfence_store::{AuditError, AuditLog, Stopped};
use serde::Serialize;

/// Most hosts that the report lists; the audit log has them all.
const HOST_LIMIT: usize = 1024;

/// What a session did with one host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HostTally {
    /// Ports asked for.
    pub ports: BTreeSet<u16>,
    /// Decisions to allow.
    pub allowed: u64,
    /// Decisions to deny.
    pub denied: u64,
    /// Bytes from the sandbox.
    pub bytes_out: u64,
    /// Bytes to the sandbox.
    pub bytes_in: u64,
    /// The last refusal's class.
    pub refused_as: Option<String>,
}

/// Writes events and counts.
pub struct Log {
    audit: AuditLog,
    tally: Mutex<BTreeMap<String, HostTally>>,
}

impl Log {
    /// Wraps an open audit log.
    pub fn new(audit: AuditLog) -> Arc<Self> {
        Arc::new(Self {
            audit,
            tally: Mutex::default(),
        })
    }

    /// Keeps one event.
    ///
    /// # Errors
    /// When it can not be kept; the session has to end then.
    pub fn keep(&self, event: &Event) -> Result<(), AuditError> {
        self.audit.append(event).map(|_| ())
    }

    /// Keeps the last event and closes the sinks.
    ///
    /// # Errors
    /// When not even the reserved room was enough.
    pub fn stop(&self, event: &Event) -> Result<Stopped, AuditError> {
        self.audit.stop(event)
    }

    /// The audit file.
    pub fn path(&self) -> &std::path::Path {
        self.audit.path()
    }

    /// The audit log itself.
    pub fn audit(&self) -> &AuditLog {
        &self.audit
    }

    /// What happened so far, by host.
    pub fn tally(&self) -> BTreeMap<String, HostTally> {
        self.tally
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn count(&self, event: &Event) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = |host: &str, change: &mut dyn FnMut(&mut HostTally)| {
            if tally.contains_key(host) || tally.len() < HOST_LIMIT {
                change(tally.entry(host.to_owned()).or_default());
            }
        };
        match event {
            Event::Decision {
                host,
                port,
                grant,
                class,
                ..
            } => at(host, &mut |entry| {
                entry.ports.insert(*port);
                match grant {
                    Grant::Allow => entry.allowed += 1,
                    Grant::Deny => {
                        entry.denied += 1;
                        entry.refused_as = class.map(|c| c.as_str().to_owned());
                    }
                }
            }),
            Event::Exchange {
                host,
                bytes_out,
                bytes_in,
                ..
            } => at(host, &mut |entry| {
                entry.bytes_out += bytes_out;
                entry.bytes_in += bytes_in;
            }),
            _ => {}
        }
    }
}

impl Recorder for Log {
    fn record(&self, event: Event) -> Result<(), RecordError> {
        self.count(&event);
        self.keep(&event)
            .map_err(|error| RecordError(error.to_string()))
    }
}
