//! Names the process behind a connection of the sandbox, for prompts.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use ringfence_proxy::Peers;
use ringfence_sandbox::Sandbox;

/// Looks into a sandbox as soon as there is one: the proxy is made before it.
#[derive(Default)]
pub struct SandboxPeers {
    sandbox: OnceLock<Arc<Sandbox>>,
}

impl SandboxPeers {
    /// From now on this sandbox is asked.
    pub fn look_into(&self, sandbox: &Arc<Sandbox>) {
        self.sandbox.get_or_init(|| Arc::clone(sandbox));
    }
}

impl Peers for SandboxPeers {
    fn process(&self, peer: SocketAddr) -> Option<String> {
        let found = self.sandbox.get()?.process_of(peer.port()).ok()??;
        // The name is the sandbox's own choice; whoever shows it escapes it.
        Some(format!("{} ({})", found.name, found.pid))
    }
}
