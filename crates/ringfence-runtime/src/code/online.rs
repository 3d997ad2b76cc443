//! The network side of a code session that has one: the proxy on threads of its own, beside the session's loop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ringfence_dlp::{Document, Known};
use ringfence_policy::code::CodePlan;
use ringfence_policy::plan::Fill;
use ringfence_proxy::Proxy;
use ringfence_sandbox::{CaptureSockets, Sandbox};
use ringfence_store::Secret;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::approver::DeskApprover;
use crate::error::{Doing, RunError};
use crate::network::{Held, Wiring, listeners, worker_threads};
use crate::paths::Paths;
use crate::peers::SandboxPeers;
use crate::prompt::{Desk, DeskSetup};
use crate::recorder::Log;
use crate::trust_store;

/// How long open connections get to end after the code is gone.
const DRAIN: Duration = Duration::from_millis(500);

/// Before the sandbox is built.
pub(crate) struct Credentials(Held);

impl Credentials {
    /// Reads the credentials; `None` for a plan without a network.
    pub(crate) fn open(
        plan: &CodePlan,
        env: &BTreeMap<String, String>,
        paths: &Paths,
    ) -> Result<Option<Self>, RunError> {
        let network = plan.network.as_ref();
        network
            .map(|network| {
                Held::open(&network.credentials, env, &plan.spec, &paths.vault()).map(Self)
            })
            .transpose()
    }

    pub(crate) fn secrets(&self) -> Vec<Secret> {
        self.0.secrets()
    }

    pub(crate) fn known(&self) -> Vec<Known> {
        self.0.known()
    }

    /// Makes the proxy, and puts its trust anchors and the placeholders into the plan. The files have to be kept until the
    /// sandbox is built.
    pub(crate) fn connect(
        &self,
        plan: &mut CodePlan,
        env: &BTreeMap<String, String>,
        paths: &Paths,
        log: &Arc<Log>,
        context: Vec<Document>,
    ) -> Result<(Online, trust_store::Files), RunError> {
        let network = plan
            .network
            .take()
            .ok_or_else(|| std::io::Error::other("the plan has none"))
            .doing("connecting the network")?;
        let desk = Desk::new(DeskSetup {
            timeout: Duration::ZERO,
            no_prompt: true,
            config: None,
        });
        let system: Arc<str> =
            trust_store::system_pem(env.get("SSL_CERT_FILE").map(String::as_str))?.into();
        let peers = Arc::new(SandboxPeers::default());
        let proxy = self.0.proxy(Wiring {
            policy: &network.policy,
            approver: Arc::new(DeskApprover::new(
                desk,
                Arc::clone(log),
                plan.display_name.clone(),
            )),
            recorder: Arc::clone(log) as _,
            peers: Arc::clone(&peers) as _,
            system: &system,
            resolvers: &network.resolvers,
            ask_for: network.ask_for,
            filter: plan.filter,
            known: super::known::beside(env, &plan.spec.claim.env),
            context,
            display_name: &plan.display_name,
        })?;
        let claim = &mut plan.spec.claim;
        let trust = trust_store::Files::write(
            paths,
            &claim.session,
            &system,
            proxy.ca_certificate_pem(),
            false,
        )
        .doing("writing the trust anchors")?;
        network.fill(
            claim,
            &Fill {
                session: "",
                ca_bundle: &trust.bundle,
                java_store: None,
                placeholders: &self.0.placeholders,
            },
        );
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(worker_threads())
            .enable_all()
            .build()
            .doing("starting the proxy's threads")?;
        let online = Online {
            runtime,
            proxy,
            peers,
            stop: CancellationToken::new(),
        };
        Ok((online, trust))
    }
}

/// A proxy that serves, or is about to.
pub(crate) struct Online {
    runtime: Runtime,
    proxy: Arc<Proxy>,
    peers: Arc<SandboxPeers>,
    stop: CancellationToken,
}

impl Online {
    /// Serves the sockets of the sandbox.
    pub(crate) fn serve(&self, sockets: CaptureSockets) {
        let (proxy, stop) = (Arc::clone(&self.proxy), self.stop.clone());
        self.runtime
            .spawn(async move { proxy.serve(listeners(sockets), stop).await });
    }

    /// Kills the code when its network can not be recorded any more.
    pub(crate) fn watch(&self, sandbox: &Arc<Sandbox>) {
        self.peers.look_into(sandbox);
        let (lost, sandbox) = (self.proxy.failed(), Arc::downgrade(sandbox));
        self.runtime.spawn(async move {
            lost.cancelled().await;
            if let Some(sandbox) = sandbox.upgrade() {
                sandbox.kill();
            }
        });
    }

    /// Ends the proxy.
    ///
    /// # Errors
    /// When the audit log was lost meanwhile.
    pub(crate) fn end(self) -> Result<(), RunError> {
        self.stop.cancel();
        let lost = self.proxy.failed().is_cancelled();
        self.runtime.shutdown_timeout(DRAIN);
        match lost {
            true => Err(RunError::AuditLost(
                "see the last event of the log".to_owned(),
            )),
            false => Ok(()),
        }
    }
}
