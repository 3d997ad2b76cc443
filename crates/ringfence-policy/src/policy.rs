//! The evaluator: blocklist, tool allowlist, allowlist, graylist, default; the first that matches decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{AddressClass, METADATA_NAMES, classify};
use crate::decision::{
    Access, Ask, Decision, Permit, Refusal, RefusalClass, RevealPermit, Route, Scheme, What,
};
use crate::explain::{Explanation, Trace};
use crate::host::Host;
use crate::path::Readings;
use crate::pattern::HostPattern;
use crate::rewrite::Rewrite;
use crate::rules::{Hit, Rule};
use crate::stage::Stage;

#[cfg(test)]
mod tests;

/// The evaluator for one session. Cheap to share; answers by value.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) rules: Arc<Rules>,
}

/// What an access gets that no rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefaultAction {
    /// Refuse it.
    #[default]
    Deny,
    /// Ask a person.
    Ask,
}

/// Everything that the evaluator looks at, stage by stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub block: Stage,
    pub tool_allow: Stage,
    pub allow: Stage,
    pub ask: Stage,
    /// Asks of a project file: they turn an allow into an ask, never a denial into one.
    pub tighten_ask: Stage,
    /// A project file may have asked for `deny` where the user said `ask`.
    pub default: DefaultAction,
    pub default_origin: String,
    pub rewrites: Vec<Rewrite>,
    /// Hosts that each credential may go to.
    pub credentials: BTreeMap<String, Vec<HostPattern>>,
}

/// What a rule said, before it becomes a decision.
enum Verdict<'a> {
    Allow(&'a Rule),
    Ask {
        rule: Option<&'a Rule>,
        origin: String,
    },
    Deny(RefusalClass, String),
}

impl Policy {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules: Arc::new(rules),
        }
    }

    /// Decides one access: blocklist, tool allowlist, allowlist, graylist, default.
    pub fn decide(&self, access: &Access<'_>) -> Decision {
        self.decide_traced(access, &mut Trace::off())
    }

    /// Decides, and says which rule was looked at and why it did or did not match. For people, never for the sandbox.
    pub fn explain(&self, access: &Access<'_>) -> Explanation {
        let mut trace = Trace::on();
        let decision = self.decide_traced(access, &mut trace);
        trace.explanation(access, &decision)
    }

    /// The same policy, but what no rule names is asked about; the question says `default ask (ORIGIN)`.
    #[must_use]
    pub fn asking_by_default(&self, origin: &str) -> Self {
        let mut rules = Rules::clone(&self.rules);
        rules.default = DefaultAction::Ask;
        rules.default_origin = origin.to_owned();
        Self::new(rules)
    }

    /// Whether connections to this host are looked into (`false`: `inspect = false`, pass-through by SNI + DNS mapping).
    pub fn inspects(&self, host: &Host, port: u16) -> bool {
        let stages = [&self.rules.tool_allow, &self.rules.allow, &self.rules.ask];
        let first = stages
            .into_iter()
            .flat_map(|stage| stage.about(host))
            .find(|rule| !rule.inspect && rule.matches_host_port(host, port));
        first.is_none() || self.rewrite_of(host, port).is_some()
    }

    /// Permission to reveal a credential on a permitted, inspected exchange whose *dialled* host the credential belongs to.
    ///
    /// `None` also for clear text, unless the credential names the port or the user wrote the `http://` route.
    pub fn reveal(&self, permit: &Permit, credential: &str) -> Option<RevealPermit> {
        let route = &permit.route;
        let belongs = |pattern: &HostPattern| {
            let clear_is_fine = pattern.port.is_some() || route.rewritten;
            let ports: &[u16] = if route.rewritten { &[] } else { &[443] };
            pattern.matches(&route.host, route.port, ports)
                && (route.scheme == Scheme::Https || clear_is_fine)
        };
        let hosts = self.rules.credentials.get(credential)?;
        (permit.inspected && hosts.iter().any(belongs)).then(|| RevealPermit {
            name: credential.to_owned(),
        })
    }

    /// Every port that some rule names, for captures that can only serve listed ports.
    pub fn named_ports(&self) -> Vec<u16> {
        let rules = &self.rules;
        let stages = [&rules.block, &rules.tool_allow, &rules.allow, &rules.ask];
        let mut ports: Vec<u16> = stages
            .into_iter()
            .flat_map(|stage| stage.iter())
            .flat_map(|rule| rule.ports.iter().copied().chain(rule.pattern.port))
            .collect();
        ports.extend(
            rules
                .rewrites
                .iter()
                .filter_map(|rewrite| rewrite.from.port),
        );
        ports.extend([80, 443]);
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// The whole policy as lines of text in a fixed order: the same text means the same decisions. For digests and `--dry-run`.
    pub fn canonical(&self) -> String {
        let rules = &self.rules;
        let mut lines: Vec<String> = Vec::new();
        for (stage, list) in [
            ("block", &rules.block),
            ("tool-allow", &rules.tool_allow),
            ("allow", &rules.allow),
            ("ask", &rules.ask),
            ("tighten", &rules.tighten_ask),
        ] {
            lines.extend(list.iter().map(|rule| format!("{stage}: {rule}")));
        }
        lines.push(
            format!("default: {:?} ({})", rules.default, rules.default_origin).to_lowercase(),
        );
        for rewrite in &rules.rewrites {
            lines.push(format!(
                "rewrite: {} -> {} ({})",
                rewrite.from, rewrite.route, rewrite.origin
            ));
        }
        for (name, hosts) in &rules.credentials {
            let hosts: Vec<String> = hosts.iter().map(HostPattern::to_string).collect();
            lines.push(format!("credential: {name} for {}", hosts.join(", ")));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn decide_traced(&self, access: &Access<'_>, trace: &mut Trace) -> Decision {
        let readings = match access.what {
            What::Opaque => None,
            What::Http { method, path, .. } => match Readings::of(path) {
                Ok(_) if !is_token(method) => {
                    return self.deny(
                        access,
                        RefusalClass::Malformed,
                        "the method is no token".into(),
                    );
                }
                Ok(readings) => Some(readings),
                Err(error) => return self.deny(access, RefusalClass::Malformed, error.to_string()),
            },
        };
        let verdict = self.verdict(access, readings.as_ref(), trace);
        match verdict {
            Verdict::Deny(class, full) => self.deny(access, class, full),
            Verdict::Allow(rule) => {
                let permit = self.permit(access, rule.permits_private(), rule.to_string());
                match self.dialable(access, &permit) {
                    Ok(()) => Decision::Allow(permit),
                    Err(refusal) => Decision::Deny(refusal),
                }
            }
            Verdict::Ask { rule, origin } => {
                let permit = self.permit(
                    access,
                    rule.is_some_and(Rule::permits_private),
                    origin.clone(),
                );
                if let Err(refusal) = self.dialable(access, &permit) {
                    return Decision::Deny(refusal);
                }
                let refusal = self.refusal(
                    access,
                    RefusalClass::NotApproved,
                    format!("not approved: {origin}"),
                );
                Decision::Ask(Ask { permit, refusal })
            }
        }
    }

    fn verdict(
        &self,
        access: &Access<'_>,
        readings: Option<&Readings>,
        trace: &mut Trace,
    ) -> Verdict<'_> {
        let rules = &self.rules;
        if is_metadata(access.host) {
            return Verdict::Deny(
                RefusalClass::Address,
                "cloud metadata services are never reached".into(),
            );
        }
        if let Some(rule) = first(&rules.block, "blocklist", access, readings, trace).0 {
            let class = if rule.is_limited() {
                RefusalClass::MethodOrPath
            } else {
                RefusalClass::Blocked
            };
            return Verdict::Deny(class, rule.to_string());
        }
        if let Some(denied) = self.refused_by_rewrites(access, trace) {
            return denied;
        }
        let mut host_seen = false;
        for (stage, list) in [
            ("tool allowlist", &rules.tool_allow),
            ("allowlist", &rules.allow),
            ("graylist", &rules.ask),
        ] {
            let (rule, seen) = first(list, stage, access, readings, trace);
            host_seen |= seen;
            let Some(rule) = rule else { continue };
            if stage == "graylist" {
                return Verdict::Ask {
                    rule: Some(rule),
                    origin: rule.to_string(),
                };
            }
            return match self.tightened(access, readings, trace) {
                Some(ask) => Verdict::Ask {
                    rule: Some(rule),
                    origin: ask.to_string(),
                },
                None => Verdict::Allow(rule),
            };
        }
        let origin =
            format!("default {:?} ({})", rules.default, rules.default_origin).to_lowercase();
        trace.step("default", &origin, true);
        match rules.default {
            // A host that a rule limits is not up for asking outside of what the rule allows.
            DefaultAction::Ask if !host_seen => Verdict::Ask { rule: None, origin },
            DefaultAction::Ask | DefaultAction::Deny if host_seen => Verdict::Deny(
                RefusalClass::MethodOrPath,
                format!("no rule for this host allows the method and path; {origin}"),
            ),
            DefaultAction::Ask | DefaultAction::Deny => {
                Verdict::Deny(RefusalClass::NotAllowed, origin)
            }
        }
    }

    /// The rule of a project file that turns this allow into a question. What can not be looked into is asked about whole.
    fn tightened(
        &self,
        access: &Access<'_>,
        readings: Option<&Readings>,
        trace: &mut Trace,
    ) -> Option<&Rule> {
        let rules = &self.rules.tighten_ask;
        let (rule, _) = first(rules, "project graylist", access, readings, trace);
        rule.or_else(|| {
            let opaque = matches!(access.what, What::Opaque);
            let mut about = rules.about(access.host);
            about.find(|rule| opaque && rule.matches_host_port(access.host, access.port))
        })
    }

    /// A rewritten host is never reached directly, and neither is what it is rewritten to.
    fn refused_by_rewrites(&self, access: &Access<'_>, trace: &mut Trace) -> Option<Verdict<'_>> {
        if let Some(rewrite) = self.rewrite_of(access.host, access.port) {
            let opaque = matches!(access.what, What::Opaque);
            trace.step(
                "rewrite",
                &format!("{} -> {} ({})", rewrite.from, rewrite.route, rewrite.origin),
                true,
            );
            return opaque.then(|| {
                Verdict::Deny(
                    RefusalClass::MethodOrPath,
                    format!("only HTTP can be rewritten ({})", rewrite.origin),
                )
            });
        }
        let target = self.rules.rewrites.iter().find(|rewrite| {
            rewrite.route.host == *access.host && rewrite.route.port == access.port
        })?;
        let text = format!(
            "a rewrite target is reached through its rewrite only ({})",
            target.origin
        );
        trace.step("rewrite", &text, true);
        Some(Verdict::Deny(RefusalClass::NotAllowed, text))
    }

    fn rewrite_of(&self, host: &Host, port: u16) -> Option<&Rewrite> {
        self.rules
            .rewrites
            .iter()
            .find(|rewrite| rewrite.applies(host, port))
    }

    fn permit(&self, access: &Access<'_>, private: bool, rule: String) -> Permit {
        let (inspected, scheme) = match access.what {
            What::Http { scheme, .. } => (true, scheme),
            What::Opaque => (false, Scheme::Https),
        };
        let route = match self.rewrite_of(access.host, access.port) {
            Some(rewrite) => rewrite.route.clone(),
            None => Route {
                scheme,
                host: access.host.clone(),
                port: access.port,
                path_prefix: String::new(),
                rewritten: false,
                connect_timeout_ms: None,
            },
        };
        Permit {
            host: access.host.clone(),
            port: access.port,
            route,
            private,
            rule,
            inspected,
            policy: self.clone(),
        }
    }

    /// An address that the client named itself is checked before anything is dialled or asked.
    fn dialable(&self, access: &Access<'_>, permit: &Permit) -> Result<(), Refusal> {
        match (access.host, permit.route.rewritten) {
            (Host::Ip(ip), false) => permit.check_address(*ip),
            _ => Ok(()),
        }
    }

    /// Whether the blocklist names this address itself.
    pub(crate) fn blocks_address(&self, ip: std::net::IpAddr, port: u16) -> Option<&Rule> {
        let host = Host::from(ip);
        let blocks = |rule: &&Rule| {
            !rule.is_limited()
                && rule.pattern.covers_address(ip)
                && rule.matches_host_port(&host, port)
        };
        self.rules.block.about(&host).find(blocks)
    }

    fn deny(&self, access: &Access<'_>, class: RefusalClass, full: String) -> Decision {
        Decision::Deny(self.refusal(access, class, full))
    }

    fn refusal(&self, access: &Access<'_>, class: RefusalClass, full: String) -> Refusal {
        Refusal {
            class,
            host: access.host.clone(),
            port: access.port,
            full,
        }
    }
}

/// The first rule of a stage that matches, and whether any rule knew the host at all.
fn first<'r>(
    rules: &'r Stage,
    stage: &'static str,
    access: &Access<'_>,
    readings: Option<&Readings>,
    trace: &mut Trace,
) -> (Option<&'r Rule>, bool) {
    let mut host_seen = false;
    for rule in rules.about(access.host) {
        let hit = rule.hit(access, readings);
        trace.rule(stage, rule, hit);
        match hit {
            Hit::Yes => return (Some(rule), true),
            Hit::HostOnly => host_seen = true,
            Hit::No => {}
        }
    }
    trace.nothing(stage, rules.is_empty());
    (None, host_seen)
}

fn is_metadata(host: &Host) -> bool {
    match host {
        Host::Ip(ip) => classify(*ip) == AddressClass::Metadata,
        Host::Name(name) => METADATA_NAMES.contains(&name.as_str()),
    }
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
