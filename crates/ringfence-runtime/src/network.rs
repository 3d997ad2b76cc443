//! What agent sessions and code sessions share of the network: credentials and their placeholders, and the proxy over them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_dlp::{Document, Known};
use ringfence_policy::plan::{AskFor, Credential};
use ringfence_policy::spec::{SandboxSpec, Source};
use ringfence_policy::{FilterPlan, Policy};
use ringfence_proxy::{
    CredentialView, Listeners, Peers, Proxy, Recorder, SecretError, Secrets, Setup,
};
use ringfence_sandbox::CaptureSockets;
use ringfence_store::Secret;
use zeroize::Zeroizing;

use crate::approver::DeskApprover;
use crate::credentials::Vault;
use crate::error::{Doing, RunError};
use crate::{egress, resolver, session_id, trust_store};

/// Descriptors that a proxied connection takes: one to the sandbox, one to the upstream.
const DESCRIPTORS_PER_CONNECTION: u64 = 2;
/// Descriptors that the rest of the supervisor needs.
const DESCRIPTORS_RESERVED: u64 = 256;
/// Connections at once, whatever the descriptor limit says.
const CONNECTION_LIMIT: u64 = 10_000;

/// The credentials of a session and what stands for them inside.
pub(crate) struct Held {
    vault: Arc<Vault>,
    views: Vec<CredentialView>,
    /// Placeholder of each credential, by its name.
    pub(crate) placeholders: BTreeMap<String, String>,
}

/// What a session adds to make its proxy.
pub(crate) struct Wiring<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) approver: Arc<DeskApprover>,
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) peers: Arc<dyn Peers>,
    /// The system's trust anchors in PEM.
    pub(crate) system: &'a Arc<str>,
    pub(crate) resolvers: &'a [SocketAddr],
    pub(crate) ask_for: AskFor,
    pub(crate) filter: FilterPlan,
    /// What the filter knows beside the credentials.
    pub(crate) known: Vec<Known>,
    pub(crate) context: Vec<Document>,
    pub(crate) display_name: &'a str,
}

impl Held {
    /// Reads every credential, and makes a placeholder for each, of the shape that its configuration gives, unlike any other.
    pub(crate) fn open(
        credentials: &[Credential],
        env: &BTreeMap<String, String>,
        spec: &SandboxSpec,
        secrets: &Path,
    ) -> Result<Self, RunError> {
        let vault = Arc::new(Vault::open(credentials, env, &writable(spec), secrets)?);
        let made = credentials.iter().map(|credential| {
            let random = session_id::random_hex::<16>()?;
            let placeholder = credential.placeholder.replace("{}", &random);
            Ok((credential.name.clone(), placeholder))
        });
        let placeholders: BTreeMap<String, String> = made
            .collect::<std::io::Result<_>>()
            .doing("making placeholders")?;
        let view = |credential: &Credential| CredentialView {
            name: credential.name.clone(),
            placeholder: placeholders
                .get(&credential.name)
                .cloned()
                .unwrap_or_default(),
            inject: credential.inject.clone(),
        };
        Ok(Self {
            vault,
            views: credentials.iter().map(view).collect(),
            placeholders,
        })
    }

    /// What must not appear in the audit log.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        self.vault
            .values()
            .map(|(name, value)| Secret {
                name: name.to_owned(),
                value: value.to_string(),
            })
            .collect()
    }

    /// What the egress filter looks for.
    pub(crate) fn known(&self) -> Vec<Known> {
        egress::known(&self.vault, &self.placeholders)
    }

    pub(crate) fn proxy(&self, wiring: Wiring<'_>) -> Result<Arc<Proxy>, RunError> {
        let system = Arc::clone(wiring.system);
        let mut known = self.known();
        known.extend(wiring.known);
        Ok(Proxy::new(Setup {
            policy: Arc::new(wiring.policy.clone()),
            credentials: self.views.clone(),
            approver: wiring.approver as _,
            recorder: wiring.recorder,
            secrets: Arc::new(VaultSecrets(Arc::clone(&self.vault))),
            peers: Some(wiring.peers),
            roots: Box::new(move || trust_store::upstream_roots(&system)),
            resolvers: resolver::setup(wiring.resolvers),
            max_connections: connection_limit(),
            ask_for: wiring.ask_for,
            filter: egress::at_network(wiring.filter, known, wiring.context)?,
            display_name: wiring.display_name.to_owned(),
            // The proxy endpoints exist only inside the sandbox's network namespace.
            token: None,
        })?)
    }
}

/// The sandbox's sockets as the proxy takes them.
pub(crate) fn listeners(sockets: CaptureSockets) -> Listeners {
    Listeners {
        tcp: sockets.tcp,
        dns_udp: sockets.dns_udp,
        dns_tcp: sockets.dns_tcp,
        http_proxy: vec![sockets.http_proxy],
        socks: vec![sockets.socks],
    }
}

pub(crate) fn worker_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().min(4))
}

/// Host paths that the sandbox may write.
fn writable(spec: &SandboxSpec) -> Vec<PathBuf> {
    let claim = spec.claim.mounts.iter().chain(&spec.shape.root);
    claim
        .filter_map(|mount| match &mount.source {
            Source::Bind {
                path,
                writable: true,
                ..
            } => Some(path.clone()),
            _ => None,
        })
        .collect()
}

/// The vault as the proxy may use it.
struct VaultSecrets(Arc<Vault>);

impl Secrets for VaultSecrets {
    fn reveal(
        &self,
        permit: &ringfence_policy::RevealPermit,
    ) -> Result<Zeroizing<String>, SecretError> {
        let missing = || SecretError {
            name: permit.name().to_owned(),
            reason: "the session holds no such value".to_owned(),
        };
        self.0.reveal(permit).ok_or_else(missing)
    }
}

fn connection_limit() -> usize {
    let open_files = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .unwrap_or(u64::MAX);
    let room = open_files.saturating_sub(DESCRIPTORS_RESERVED) / DESCRIPTORS_PER_CONNECTION;
    usize::try_from(room.clamp(1, CONNECTION_LIMIT)).unwrap_or(1)
}
