//! What is asked of the policy and what it answers. A [`Permit`] can be built here and nowhere else.

use std::net::IpAddr;

use crate::address::{AddressClass, classify};
use crate::host::Host;
use crate::policy::Policy;

/// One thing that the sandbox wants to do on the network.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// The host as the client named it, normalised.
    pub host: &'a Host,
    /// Destination port.
    pub port: u16,
    /// What it wants of the host.
    pub what: What<'a>,
}

/// What an [`Access`] wants.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// One HTTP request that the proxy reads.
    Http {
        /// `http` or `https` on the sandbox's side.
        scheme: Scheme,
        /// Method as sent.
        method: &'a str,
        /// Path as sent, without the query; the evaluator normalises it before matching and refuses what is ambiguous.
        path: &'a str,
    },
    /// A connection that the proxy can not look into: ssh, a pinned TLS host, any other protocol.
    Opaque,
}

/// Scheme of an HTTP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Plain text.
    Http,
    /// Over TLS.
    Https,
}

/// The policy's answer.
#[derive(Debug)]
#[must_use = "a decision that nobody obeys is no decision"]
pub enum Decision {
    /// Go, with this permit.
    Allow(Permit),
    /// A person has to say.
    Ask(Ask),
    /// No.
    Deny(Refusal),
}

/// Permission to carry out exactly one [`Access`] (or one connection of it).
#[derive(Debug)]
pub struct Permit {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) route: Route,
    pub(crate) private: bool,
    pub(crate) rule: String,
    pub(crate) inspected: bool,
    pub(crate) policy: Policy,
}

/// Where a permitted access is really sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Scheme towards the upstream.
    pub scheme: Scheme,
    /// Host to dial.
    pub host: Host,
    /// Port to dial.
    pub port: u16,
    /// Prefix put before the (normalised) path, without a trailing slash; empty when not rewritten.
    pub path_prefix: String,
    /// The user wrote this as a rewrite target.
    pub rewritten: bool,
    /// Connect timeout in milliseconds, when the gateway sets one.
    pub connect_timeout_ms: Option<u64>,
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}://{}:{}{}",
            self.scheme.as_str(),
            self.host,
            self.port,
            self.path_prefix
        )
    }
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
    /// 80 or 443.
    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

impl Permit {
    /// The host that was asked for.
    pub fn host(&self) -> &Host {
        &self.host
    }
    /// The port that was asked for.
    pub fn port(&self) -> u16 {
        self.port
    }
    /// Where to send it.
    pub fn route(&self) -> &Route {
        &self.route
    }
    /// The rule that allowed it, for the audit log (never for the sandbox).
    pub fn rule(&self) -> &str {
        &self.rule
    }
    /// Checks an address that the host resolved to, before it is dialled (N14 in `docs/prior-incidents.md`).
    ///
    /// # Errors
    /// Refuses metadata addresses always, and private, loopback, link-local, ULA, CGNAT, unspecified, multicast and
    /// mapped or NAT64 forms of these unless the rule has `private = true` or the route is a rewrite the user wrote.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Refusal> {
        let refuse = |class, full| {
            Err(Refusal {
                class,
                host: self.host.clone(),
                port: self.port,
                full,
            })
        };
        if let Some(rule) = self.policy.blocks_address(address, self.route.port) {
            return refuse(RefusalClass::Blocked, format!("{address}: {rule}"));
        }
        match classify(address) {
            AddressClass::Public => Ok(()),
            AddressClass::Metadata => refuse(
                RefusalClass::Address,
                format!("{address} is a cloud metadata service"),
            ),
            AddressClass::Private(_) if self.private || self.route.rewritten => Ok(()),
            AddressClass::Private(kind) => refuse(
                RefusalClass::Address,
                format!("{address} is not public: {kind}; rule: {}", self.rule),
            ),
        }
    }
    /// Whether the proxy reads the exchange; only such a permit can carry a credential.
    pub fn is_inspected(&self) -> bool {
        self.inspected
    }
}

/// Permission to reveal one credential for one request that carries a permit.
#[derive(Debug)]
pub struct RevealPermit {
    pub(crate) name: String,
}

impl RevealPermit {
    /// Name of the credential.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A question for a person. Holds what the permit will be if the answer is yes.
#[derive(Debug)]
#[must_use]
pub struct Ask {
    pub(crate) permit: Permit,
    pub(crate) refusal: Refusal,
}

impl Ask {
    /// Host asked for.
    pub fn host(&self) -> &Host {
        &self.permit.host
    }
    /// Port asked for.
    pub fn port(&self) -> u16 {
        self.permit.port
    }
    /// The rule that asks, for the person and the audit log.
    pub fn rule(&self) -> &str {
        &self.permit.rule
    }
    /// Turns the person's answer into a decision.
    pub fn answered(self, answer: Answer) -> Decision {
        match answer.grant {
            Grant::Allow => Decision::Allow(self.permit),
            Grant::Deny => Decision::Deny(self.refusal),
        }
    }
}

/// What a person answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    /// Yes or no.
    pub grant: Grant,
    /// For how long.
    pub scope: Scope,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grant {
    /// Yes.
    Allow,
    /// No.
    Deny,
}

/// For how long an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// This request only.
    Once,
    /// Until the session ends.
    Session,
    /// Written into the user's configuration.
    Always,
    /// Nobody answered in time; always a denial.
    Timeout,
}

/// A no, with two texts: one for the sandboxed program, one for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of reason.
    pub class: RefusalClass,
    /// Host asked for.
    pub host: Host,
    /// Port asked for.
    pub port: u16,
    /// The whole reason with rule and origin; for the audit log only.
    pub full: String,
}

/// Kinds of refusal, as the sandbox may know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalClass {
    /// On the blocklist.
    Blocked,
    /// On no list.
    NotAllowed,
    /// The host is allowed, this method or path is not.
    MethodOrPath,
    /// A person said no, or nobody answered.
    NotApproved,
    /// The host resolved to an address that is not allowed.
    Address,
    /// Names of one request disagree (SNI, Host, CONNECT, `:authority`).
    Mismatch,
    /// The request is malformed or ambiguous.
    Malformed,
    /// A credential placeholder was sent where it does not belong.
    Credential,
    /// The egress filter found what must not leave.
    Filter,
    /// A limit of the fence was reached.
    Limit,
    /// The upstream or gateway did not answer.
    Upstream,
}

impl Refusal {
    /// A refusal for a reason that a caller found itself, outside of the evaluator's rules.
    pub fn new(class: RefusalClass, host: Host, port: u16, full: impl Into<String>) -> Self {
        Self {
            class,
            host,
            port,
            full: full.into(),
        }
    }

    /// The text for the sandboxed program: host, kind of reason, what to ask for; never a rule or a path.
    pub fn short(&self) -> String {
        let Refusal { host, port, .. } = self;
        let (reason, next) = match self.class {
            RefusalClass::Blocked => (
                "this host is blocked",
                "Do not retry; use another source, or tell the user that you need it.",
            ),
            RefusalClass::NotAllowed => (
                "this host is not allowed here",
                "Do not retry; ask the user to allow this host if you need it.",
            ),
            RefusalClass::MethodOrPath => (
                "the host is allowed, but not this method or path",
                "Ask the user to allow this kind of request if you need it.",
            ),
            RefusalClass::NotApproved => (
                "the user did not approve it",
                "Do not retry at once; ask the user first.",
            ),
            RefusalClass::Address => (
                "it resolves to a private, local or metadata address",
                "Ask the user for a rule with `private = true` if this is meant.",
            ),
            RefusalClass::Mismatch => (
                "the names of this request disagree (connection, TLS server name, Host or :authority)",
                "Open a new connection to the host and name it the same everywhere.",
            ),
            RefusalClass::Malformed => (
                "the request is malformed or ambiguous",
                "Send a plain, well-formed HTTP request.",
            ),
            RefusalClass::Credential => (
                "a credential or its placeholder can not be used here",
                "Use the credential only with the service that it belongs to, or ask the user.",
            ),
            RefusalClass::Filter => (
                "it carries what looks like a secret, or more of a confidential document than may leave",
                "Take it out and try again, or ask the user.",
            ),
            RefusalClass::Limit => (
                "a limit of the fence was reached, or the session is ending",
                "Close idle connections and try again later.",
            ),
            RefusalClass::Upstream => (
                "the server or gateway could not be reached, or did not answer as it should",
                "This is not a policy decision; trying again later may help.",
            ),
        };
        format!("ringfence refused {host}:{port}: {reason}. {next}")
    }

    /// The whole reason with rule and origin; for the audit log and the user only.
    pub fn full(&self) -> String {
        format!(
            "{}:{} refused ({}): {}",
            self.host,
            self.port,
            self.class.as_str(),
            self.full
        )
    }
}

impl RefusalClass {
    /// The stable name, as in the audit log and in the header `x-ringfence-refusal`.
    pub fn as_str(self) -> &'static str {
        match self {
            RefusalClass::Blocked => "blocked",
            RefusalClass::NotAllowed => "not_allowed",
            RefusalClass::MethodOrPath => "method_or_path",
            RefusalClass::NotApproved => "not_approved",
            RefusalClass::Address => "address",
            RefusalClass::Mismatch => "mismatch",
            RefusalClass::Malformed => "malformed",
            RefusalClass::Credential => "credential",
            RefusalClass::Filter => "filter",
            RefusalClass::Limit => "limit",
            RefusalClass::Upstream => "upstream",
        }
    }
}
