//! One rule of a policy in compiled form, and how it meets an access.

use crate::decision::{Access, What};
use crate::host::Host;
use crate::path::{PathPattern, Readings};
use crate::pattern::HostPattern;

/// Ports that an allow or ask rule means when it names none.
pub(crate) const DEFAULT_PORTS: &[u16] = &[443, 80];

/// What a rule does when it matches.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Let it pass.
    Allow,
    /// Ask a person.
    Ask,
    /// Refuse it.
    Block,
}

/// One compiled rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub pattern: HostPattern,
    /// Empty: the default of the action.
    pub ports: Vec<u16>,
    /// Empty: every method.
    pub methods: Vec<String>,
    /// Empty: every path.
    pub paths: Vec<PathPattern>,
    pub action: Action,
    pub private: bool,
    pub inspect: bool,
    /// Where it was written, for the audit log and `policy explain`.
    pub origin: String,
}

/// How a rule meets an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hit {
    /// Another host or port.
    No,
    /// Its host and port, but another method or path.
    HostOnly,
    /// All of it.
    Yes,
}

impl Rule {
    /// A rule over a host pattern only.
    pub fn of_host(pattern: HostPattern, action: Action, origin: String) -> Self {
        Self {
            pattern,
            ports: Vec::new(),
            methods: Vec::new(),
            paths: Vec::new(),
            action,
            private: false,
            inspect: true,
            origin,
        }
    }

    /// Whether it looks at more than host and port.
    pub fn is_limited(&self) -> bool {
        !self.methods.is_empty() || !self.paths.is_empty()
    }

    pub fn matches_host_port(&self, host: &Host, port: u16) -> bool {
        let ports = match (self.ports.as_slice(), self.action) {
            ([], Action::Block) => &[],
            ([], _) => DEFAULT_PORTS,
            (ports, _) => ports,
        };
        self.pattern.matches(host, port, ports)
    }

    /// Whether the rule lets the access reach private addresses.
    pub fn permits_private(&self) -> bool {
        self.private || self.pattern.names_private()
    }

    /// `readings` belong to the path of the access and are present for HTTP.
    pub fn hit(&self, access: &Access<'_>, readings: Option<&Readings>) -> Hit {
        if !self.matches_host_port(access.host, access.port) {
            return Hit::No;
        }
        if !self.is_limited() {
            return Hit::Yes;
        }
        let (What::Http { method, .. }, Some(readings)) = (access.what, readings) else {
            // Nobody can see what an opaque connection does: a limit that allows does not cover it, one that blocks does.
            return if self.action == Action::Block {
                Hit::Yes
            } else {
                Hit::HostOnly
            };
        };
        if self.method_matches(method) && self.path_matches(readings) {
            Hit::Yes
        } else {
            Hit::HostOnly
        }
    }

    fn method_matches(&self, method: &str) -> bool {
        // Methods are case-sensitive (RFC 9110 §9.1), but some servers do not care: neither a block nor a question
        // may depend on it.
        let same = |mine: &String| match self.action {
            Action::Block | Action::Ask => mine.eq_ignore_ascii_case(method),
            Action::Allow => mine == method,
        };
        self.methods.is_empty() || self.methods.iter().any(same)
    }

    fn path_matches(&self, readings: &Readings) -> bool {
        self.paths.is_empty()
            || self.paths.iter().any(|path| match self.action {
                Action::Allow => path.surely_matches(readings),
                Action::Block | Action::Ask => path.may_match(readings),
            })
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let action = match self.action {
            Action::Allow => "allow",
            Action::Ask => "ask",
            Action::Block => "block",
        };
        write!(f, "{action} {}", self.pattern)?;
        if !self.ports.is_empty() {
            write!(f, " ports {:?}", self.ports)?;
        }
        if !self.methods.is_empty() {
            write!(f, " methods {}", self.methods.join(","))?;
        }
        for path in &self.paths {
            write!(f, " path {path}")?;
        }
        if self.private {
            f.write_str(" private")?;
        }
        if !self.inspect {
            f.write_str(" uninspected")?;
        }
        write!(f, " ({})", self.origin)
    }
}
