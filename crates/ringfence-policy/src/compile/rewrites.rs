//! The gateway and the rewrites to it.

use std::collections::BTreeSet;

use super::Compiler;
use crate::config::Document;
use crate::config::written::Text;
use crate::decision::Route;
use crate::limits::GATEWAY_TIMEOUT_MS;
use crate::pattern::HostPattern;
use crate::plan::Gateway;
use crate::policy::Rules;
use crate::rewrite::{Rewrite, Target};

impl Compiler<'_> {
    /// The gateway, from the user's file.
    pub fn gateway(&mut self) -> Option<Gateway> {
        let document = self.layers.user.as_ref()?;
        let written = document.written.gateway.as_ref()?;
        let timeout = match &written.timeout_ms {
            None => GATEWAY_TIMEOUT_MS,
            Some(value) => match u64::try_from(*value.get_ref()) {
                Ok(ms) if ms > 0 => ms,
                _ => {
                    self.problem(
                        document,
                        value.span(),
                        "timeout_ms is a number of milliseconds above 0",
                        None,
                    );
                    return None;
                }
            },
        };
        match Target::parse(written.url.get_ref()) {
            Ok(target) if target.scheme.is_some() => {
                let route = Route {
                    connect_timeout_ms: Some(timeout),
                    ..target.route(None)
                };
                Some(Gateway { route })
            }
            Ok(_) => {
                self.problem(
                    document,
                    written.url.span(),
                    "the gateway's URL has no scheme",
                    Some(format!("\"https://{}\"", written.url.get_ref())),
                );
                None
            }
            Err(why) => {
                self.problem(
                    document,
                    written.url.span(),
                    why,
                    Some("for example \"https://llm-gateway.corp\"".into()),
                );
                None
            }
        }
    }

    pub(super) fn rewrites(&mut self, gateway: Option<&Gateway>, rules: &mut Rules) {
        let layers = self.layers;
        let mut seen: BTreeSet<HostPattern> = BTreeSet::new();
        let of_tool = layers
            .tool_sections()
            .map(|(document, tool)| (document, &tool.host_rewrite, "tool host_rewrite"));
        let global = layers.user.iter().map(|document| {
            (
                document,
                &document.written.network.host_rewrite,
                "host_rewrite",
            )
        });
        for (document, map, label) in of_tool.chain(global) {
            for (from, to) in map {
                let Some((pattern, target)) = self.rewrite(document, from, to) else {
                    continue;
                };
                // The tool's entry, and the user's before the preset's, wins for the same host.
                if seen.insert(pattern.clone()) {
                    let route = target.route(gateway.map(|gateway| &gateway.route));
                    rules.rewrites.push(Rewrite {
                        from: pattern,
                        route,
                        origin: format!("{label}, {}", document.place(&from.span())),
                    });
                }
            }
        }
    }

    fn rewrite(
        &mut self,
        document: &Document,
        from: &Text,
        to: &Text,
    ) -> Option<(HostPattern, Target)> {
        let pattern = match HostPattern::parse(from.get_ref()) {
            Ok(pattern) if pattern.exact().is_some() => Some(pattern),
            Ok(_) => {
                self.problem(
                    document,
                    from.span(),
                    "only one host can be rewritten, not a pattern",
                    None,
                );
                None
            }
            Err(error) => {
                self.problem(document, from.span(), error.why, error.hint);
                None
            }
        };
        match Target::parse(to.get_ref()) {
            Ok(target) => pattern.map(|pattern| (pattern, target)),
            Err(why) => {
                self.problem(
                    document,
                    to.span(),
                    why,
                    Some(
                        "a rewrite goes to `host[:port][/path]` or to a full http(s):// URL".into(),
                    ),
                );
                None
            }
        }
    }
}
