//! The network of code that may have one: the same policy as for agents, but nobody is asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::CodeOptions;
use crate::compile::Compiler;
use crate::data::Data;
use crate::limits::{HTTP_PROXY_PORT, SOCKS_PORT};
use crate::plan::{AskFor, CA_PATH, Credential, Fill, Policy, RunOptions};
use crate::planner::{credentials, fence_variables, resolvers};
use crate::resolve::ResolveError;
use crate::spec::{Capture, Claim, Mount, Network, Source};

/// What the proxy is made from.
#[derive(Debug, Clone)]
pub struct NetworkPlan {
    /// What is asked for each access.
    pub policy: Policy,
    /// Credentials, by name.
    pub credentials: Vec<Credential>,
    /// Files inside that are overlaid with the trust anchors of the session.
    pub ca_overlays: Vec<PathBuf>,
    /// DNS servers to use instead of the system's.
    pub resolvers: Vec<SocketAddr>,
    /// Sensitive operations that ask; here that means: are refused.
    pub ask_for: AskFor,
}

/// Compiles the policy; problems go to the compiler.
pub(super) fn compile(
    compiler: &mut Compiler<'_>,
    options: &CodeOptions,
    shown: &dyn Fn(&Path) -> bool,
) -> Result<NetworkPlan, ResolveError> {
    let of_run = RunOptions {
        allow: options.allow.clone(),
        block: options.block.clone(),
        no_prompt: true,
        ..RunOptions::default()
    };
    let gateway = compiler.gateway();
    let mut rules = compiler.rules(&of_run, gateway.as_ref())?;
    let credentials = credentials(compiler, &mut rules);
    let resolvers = resolvers(compiler);
    let overlays = compiler.facts.ca_bundle_overlays.iter();
    Ok(NetworkPlan {
        policy: Policy::new(rules),
        credentials,
        ca_overlays: overlays.filter(|path| shown(path)).cloned().collect(),
        resolvers,
        ask_for: AskFor::default(),
    })
}

impl NetworkPlan {
    /// The network intent, and the variables that point programs at it.
    pub(super) fn apply(&self, claim: &mut Claim) -> Result<(), ResolveError> {
        claim.network = Network::Captured(Capture {
            http_proxy_port: HTTP_PROXY_PORT,
            socks_port: SOCKS_PORT,
            fallback_ports: self.policy.named_ports(),
        });
        for (name, value) in fence_variables(Data::get()?) {
            claim.env.entry(name).or_insert(value);
        }
        Ok(())
    }

    /// Puts in what exists only once the session does: the trust anchors and the placeholders.
    pub fn fill(&self, claim: &mut Claim, fill: &Fill<'_>) {
        let shown = |target: PathBuf| Mount {
            target,
            source: Source::Bind {
                path: fill.ca_bundle.to_owned(),
                writable: false,
                optional: false,
            },
            why: "the trust anchors of this session".into(),
        };
        claim.mounts.push(shown(CA_PATH.into()));
        claim
            .mounts
            .extend(self.ca_overlays.iter().cloned().map(shown));
        for credential in &self.credentials {
            if let (Some(variable), Some(placeholder)) =
                (&credential.env, fill.placeholders.get(&credential.name))
            {
                claim.env.insert(variable.clone(), placeholder.clone());
            }
        }
    }

    /// The policy as text, for the digest.
    pub(super) fn canonical(&self) -> String {
        self.policy.canonical()
    }
}

/// Refuses the real value of a credential on the command line.
pub(super) fn check_env(
    env: &[(String, Option<String>)],
    credentials: &[Credential],
) -> Result<(), ResolveError> {
    let named: BTreeMap<&str, &str> = credentials
        .iter()
        .filter_map(|credential| Some((credential.env.as_deref()?, credential.name.as_str())))
        .collect();
    for (variable, _) in env {
        if let Some(name) = named.get(variable.as_str()) {
            return Err(ResolveError::usage(
                format!("--env {variable} would put the real value of credential {name} into the sandbox"),
                Some("leave it out: the code sees a placeholder, which is replaced on the way to its hosts".into()),
            ));
        }
    }
    Ok(())
}
