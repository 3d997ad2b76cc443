//! What every connection of a session shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ringfence_policy::{Event, Host, Policy, Refusal, RefusalClass};
use tokio_util::sync::CancellationToken;

use crate::credential::Credentials;
use crate::dial::Resolver;
use crate::egress::Egress;
use crate::names::Names;
use crate::setup::{Approver, Peers, ProxyError, Recorder, Setup};
use crate::tls::Tls;
use crate::upstream::Upstream;

/// Shared by every connection of one session.
pub(crate) struct Context {
    pub(crate) policy: Arc<Policy>,
    pub(crate) approver: Arc<dyn Approver>,
    pub(crate) peers: Option<Arc<dyn Peers>>,
    pub(crate) tls: Tls,
    pub(crate) upstream: Upstream,
    pub(crate) credentials: Credentials,
    /// Searches what leaves, and what comes back, for what must not.
    pub(crate) egress: Option<Arc<Egress>>,
    pub(crate) names: Names,
    pub(crate) resolver: Resolver,
    pub(crate) max_connections: usize,
    pub(crate) upload_over: Option<u64>,
    pub(crate) token: Option<String>,
    /// The session is over: what carries bytes without looking into them ends and records what it carried.
    pub(crate) closing: CancellationToken,
    recorder: Arc<dyn Recorder>,
    failed: CancellationToken,
    connections: AtomicU64,
}

impl Context {
    pub(crate) fn new(setup: Setup) -> Result<Self, ProxyError> {
        Ok(Self {
            tls: Tls::new(&setup.display_name)?,
            upstream: Upstream::new(setup.roots, setup.max_connections),
            credentials: Credentials::new(
                setup.credentials,
                setup.secrets,
                setup.ask_for.credential,
            )?,
            egress: setup
                .filter
                .map(|(filter, plan)| Arc::new(Egress::new(filter, plan))),
            names: Names::new(),
            resolver: Resolver::new(setup.resolvers)?,
            policy: setup.policy,
            approver: setup.approver,
            peers: setup.peers,
            max_connections: setup.max_connections,
            upload_over: setup.ask_for.upload_over,
            token: setup.token,
            closing: CancellationToken::new(),
            recorder: setup.recorder,
            failed: CancellationToken::new(),
            connections: AtomicU64::new(0),
        })
    }

    /// A number for a new connection, unique in the session.
    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Keeps an event. After the first failure nothing is permitted any more.
    pub(crate) fn record(&self, event: Event) -> Result<(), Stopped> {
        if self.failed.is_cancelled() {
            return Err(Stopped);
        }
        if let Err(error) = self.recorder.record(event) {
            tracing::error!(%error, "audit failed: refusing everything from now on");
            self.failed.cancel();
            return Err(Stopped);
        }
        Ok(())
    }

    /// Cancelled once an event could not be kept.
    pub(crate) fn failed(&self) -> CancellationToken {
        self.failed.clone()
    }
}

/// The audit log can not be written, so nothing may happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopped;

impl Stopped {
    /// The refusal that this means for an access.
    pub(crate) fn refusal(self, host: &Host, port: u16) -> Refusal {
        Refusal {
            class: RefusalClass::Limit,
            host: host.clone(),
            port,
            full: "the audit log can not be written; the session is ending".into(),
        }
    }
}
