//! Requests that Ringfence makes for itself: the policy is asked by name about each, and what it permits is dialled as for a sandbox.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use ringfence_policy::decision::{Answer, Ask, Grant, Scope};
use ringfence_policy::{
    Access, Decision, Host, Policy, Refusal, RefusalClass, RunOptions, Scheme, What,
};
use ringfence_proxy::{Dialer, Duplex};

use crate::error::RunError;
use crate::prepare::{Invocation, policy_only};
use crate::{facts, resolver, trust_store};

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Plain or over TLS.
    pub scheme: Scheme,
    /// The host, by name.
    pub host: Host,
    /// The port.
    pub port: u16,
}

/// The way out for Ringfence's own requests.
pub struct Outbound {
    /// Without what is allowed by hand.
    own: Policy,
    policy: Policy,
    dialer: Dialer,
    /// Hosts that no rule names are permitted.
    unnamed: bool,
}

/// Where the permission for a host that no rule names comes from.
const UNNAMED: &str = "strict network isolation is off";

impl Outbound {
    /// The user's configuration, with these hosts allowed as by `--allow`: what is blocked stays blocked, and what a rule of the user's
    /// own permits goes by that rule (which may permit private addresses, as `--allow` never does).
    ///
    /// # Errors
    /// Files, configuration, or no trust anchors.
    pub fn new(config: Option<PathBuf>, allow: Vec<String>) -> Result<Self, RunError> {
        let allowing = |allow| {
            policy_only(&Invocation {
                config: config.clone(),
                options: RunOptions {
                    allow,
                    ..RunOptions::default()
                },
            })
        };
        let here = allow.iter().filter_map(|rule| {
            let port = rule.strip_prefix("localhost:")?;
            Some([format!("127.0.0.1:{port}"), format!("[::1]:{port}")])
        });
        let here: Vec<String> = here.flatten().collect();
        let (own, policy) = (allowing(Vec::new())?, allowing([allow, here].concat())?);
        let env = facts::place()?.env;
        let anchors = trust_store::system_pem(env.get("SSL_CERT_FILE").map(String::as_str))?;
        let roots = Box::new(move || trust_store::upstream_roots(&anchors));
        Ok(Self {
            own,
            policy,
            dialer: Dialer::new(resolver::setup(&[]), roots)?,
            unnamed: false,
        })
    }

    /// The same, but hosts that no rule names are permitted as well: in public networks, and not what is blocked or would be asked.
    #[must_use]
    pub fn danger_permit_unnamed(self) -> Self {
        Self {
            policy: self.policy.asking_by_default(UNNAMED),
            unnamed: true,
            ..self
        }
    }

    /// Asks the policy about one request and connects. A host that the policy would ask a person about is refused.
    ///
    /// `localhost` without TLS is this machine, whatever a resolver says of it (RFC 6761 §6.3): its addresses are asked about as such.
    ///
    /// # Errors
    /// The refusal, with the whole reason.
    pub async fn connect(
        &self,
        origin: &Origin,
        method: &str,
        path: &str,
    ) -> Result<(Box<dyn Duplex>, IpAddr), Refusal> {
        let refusal = match self.connect_to(origin, method, path).await {
            Err(refusal) if refusal.class == RefusalClass::Address => refusal,
            other => return other,
        };
        // The name is permitted, and only what it leads to is not.
        if origin.scheme == Scheme::Http && origin.host.to_string() == "localhost" {
            for here in [
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(Ipv6Addr::LOCALHOST),
            ] {
                let here = Origin {
                    host: Host::Ip(here),
                    ..origin.clone()
                };
                if let Ok(connected) = self.connect_to(&here, method, path).await {
                    return Ok(connected);
                }
            }
        }
        Err(refusal)
    }

    async fn connect_to(
        &self,
        origin: &Origin,
        method: &str,
        path: &str,
    ) -> Result<(Box<dyn Duplex>, IpAddr), Refusal> {
        let access = Access {
            host: &origin.host,
            port: origin.port,
            what: What::Http {
                scheme: origin.scheme,
                method,
                path,
            },
        };
        if let Decision::Allow(permit) = self.own.decide(&access) {
            return self.dialer.connect(&permit).await;
        }
        match self.policy.decide(&access) {
            Decision::Allow(permit) => self.dialer.connect(&permit).await,
            Decision::Deny(refusal) => Err(refusal),
            Decision::Ask(ask) if self.unnamed && ask.rule() == unnamed() => {
                let yes = Answer {
                    grant: Grant::Allow,
                    scope: Scope::Once,
                };
                match ask.answered(yes) {
                    Decision::Allow(permit) => self.dialer.connect(&permit).await,
                    Decision::Deny(refusal) => Err(refusal),
                    Decision::Ask(ask) => Err(nobody(origin, &ask)),
                }
            }
            Decision::Ask(ask) => Err(nobody(origin, &ask)),
        }
    }
}

fn nobody(origin: &Origin, ask: &Ask) -> Refusal {
    Refusal::new(
        RefusalClass::NotApproved,
        origin.host.clone(),
        origin.port,
        format!("nobody is asked here: {}", ask.rule()),
    )
}

/// As the policy says it of what no rule names.
fn unnamed() -> String {
    format!("default ask ({UNNAMED})")
}
