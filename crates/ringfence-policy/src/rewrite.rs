//! Host rewriting: requests to one host are sent to another, under a path prefix, without the sandbox knowing.

use crate::decision::{Route, Scheme};
use crate::host::Host;
use crate::path;
use crate::pattern::{HostPattern, parse_port, split_port};
use crate::rules::DEFAULT_PORTS;

/// One rewrite: requests to `from` go to `route`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rewrite {
    pub from: HostPattern,
    pub route: Route,
    pub origin: String,
}

impl Rewrite {
    pub fn applies(&self, host: &Host, port: u16) -> bool {
        self.from.matches(host, port, DEFAULT_PORTS)
    }
}

/// A rewrite target as written, before the gateway lends it a scheme and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub scheme: Option<Scheme>,
    pub host: Host,
    pub port: Option<u16>,
    pub path_prefix: String,
}

impl Target {
    /// Parses `host[:port][/path]` or a full `http://` or `https://` URL.
    ///
    /// # Errors
    /// Says what is wrong: another scheme, user information, a query, a wildcard, a path that is not in normal form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("https", rest)) => (Some(Scheme::Https), rest),
            Some(("http", rest)) => (Some(Scheme::Http), rest),
            Some(_) => return Err("only http:// and https:// are understood".into()),
            None => (None, text),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (host, port) = split_port(authority);
        let port = port
            .map(parse_port)
            .transpose()
            .map_err(|error| error.why)?;
        let host = Host::parse(host).map_err(|error| error.to_string())?;
        let path_prefix = if path.is_empty() {
            String::new()
        } else {
            path::normalise(path).map_err(|error| error.to_string())?
        };
        Ok(Self {
            scheme,
            host,
            port,
            path_prefix: path_prefix.trim_end_matches('/').to_owned(),
        })
    }

    /// The route, with what the gateway lends when it is on the gateway's host.
    pub fn route(&self, gateway: Option<&Route>) -> Route {
        let gateway = gateway.filter(|gateway| {
            gateway.host == self.host && self.port.is_none_or(|port| port == gateway.port)
        });
        let scheme = self
            .scheme
            .or(gateway.map(|g| g.scheme))
            .unwrap_or(Scheme::Https);
        // A scheme that was written does not take the port of a gateway that speaks another one.
        let lent_port = gateway.filter(|g| g.scheme == scheme).map(|g| g.port);
        Route {
            scheme,
            host: self.host.clone(),
            port: self.port.or(lent_port).unwrap_or(scheme.default_port()),
            path_prefix: self.path_prefix.clone(),
            rewritten: true,
            connect_timeout_ms: gateway.and_then(|g| g.connect_timeout_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(text: &str, gateway: Option<&str>) -> String {
        let gateway = gateway.map(|text| Route {
            connect_timeout_ms: Some(150),
            ..Target::parse(text).unwrap().route(None)
        });
        let route = Target::parse(text).unwrap().route(gateway.as_ref());
        let scheme = if route.scheme == Scheme::Http {
            "http"
        } else {
            "https"
        };
        format!(
            "{scheme}://{}:{}{} {:?}",
            route.host, route.port, route.path_prefix, route.connect_timeout_ms
        )
    }

    #[test]
    fn targets_mean_https_unless_they_say_otherwise() {
        assert_eq!(route("gw.corp", None), "https://gw.corp:443 None");
        assert_eq!(
            route("gw.corp/v1/anthropic", None),
            "https://gw.corp:443/v1/anthropic None"
        );
        assert_eq!(
            route("GW.corp:8443/v1/", None),
            "https://gw.corp:8443/v1 None"
        );
        assert_eq!(
            route("http://127.0.0.1:8080/x", None),
            "http://127.0.0.1:8080/x None"
        );
        assert_eq!(route("http://gw.corp", None), "http://gw.corp:80 None");
        assert_eq!(route("https://[::1]:9/x", None), "https://[::1]:9/x None");
    }

    #[test]
    fn the_gateway_lends_scheme_and_port_on_its_own_host_only() {
        let gateway = Some("http://gw.corp:8080");
        assert_eq!(
            route("gw.corp/v1", gateway),
            "http://gw.corp:8080/v1 Some(150)"
        );
        assert_eq!(
            route("gw.corp:8080/v1", gateway),
            "http://gw.corp:8080/v1 Some(150)"
        );
        assert_eq!(
            route("gw.corp:9000/v1", gateway),
            "https://gw.corp:9000/v1 None"
        );
        assert_eq!(
            route("other.corp/v1", gateway),
            "https://other.corp:443/v1 None"
        );
        assert_eq!(
            route("https://gw.corp/v1", gateway),
            "https://gw.corp:443/v1 Some(150)"
        );
    }

    #[test]
    fn broken_targets_are_refused() {
        for text in [
            "",
            "ftp://x",
            "https://",
            "https://user@x/",
            "x/../y",
            "x?y",
            "x/y?z",
            "*.x",
            "x:0",
            "https://x:y/",
        ] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }
}
