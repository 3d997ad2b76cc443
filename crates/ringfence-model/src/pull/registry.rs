//! Where a registry is, and where it may send us.

use std::fmt;

use http::Uri;
use ringfence_inference::{Digest, ModelName};
use ringfence_policy::{Host, Scheme, visible};
use ringfence_runtime::outbound::Origin;

use super::PullError;
use crate::client;

/// Hosts that known registries redirect to for blobs, as `--allow` takes them.
pub const REDIRECTED: &[(&str, &str)] = &[
    // Ollama's registry keeps its blobs in object storage, under this account since 2024 (the addresses in ollama's issues 3594 of
    // April 2024 and 10766 of May 2025). The whole account's name: other accounts of that storage are other people's.
    (
        "registry.ollama.ai",
        "dd20bb891979d25aebc8bec07b2b3bbc.r2.cloudflarestorage.com",
    ),
];

/// The registry of one model.
pub(super) struct Registry {
    pub(super) origin: Origin,
    /// `namespace/model`, characters of which none needs escaping.
    repository: String,
    tag: String,
}

/// A request: where to, and its path with the query.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) origin: Origin,
    pub(super) path: String,
}

impl Registry {
    /// From a name. A registry on this machine is spoken to in plain text, every other one over TLS.
    pub(super) fn of(name: &ModelName) -> Result<Self, PullError> {
        let bad = |reason: &str| PullError::Host {
            host: name.host().to_owned(),
            reason: reason.to_owned(),
        };
        let (host, port) = match name.host().split_once(':') {
            Some((host, port)) => {
                let port = port.parse::<u16>().ok().filter(|port| *port != 0);
                (host, Some(port.ok_or_else(|| bad("the port is none"))?))
            }
            None => (name.host(), None),
        };
        let host = Host::parse(host).map_err(|error| bad(&error.to_string()))?;
        let scheme = if host.is_loopback() {
            Scheme::Http
        } else {
            Scheme::Https
        };
        Ok(Self {
            origin: Origin {
                scheme,
                port: port.unwrap_or(scheme.default_port()),
                host,
            },
            repository: format!("{}/{}", name.namespace(), name.model()),
            tag: name.tag().to_owned(),
        })
    }

    pub(super) fn manifest(&self) -> Target {
        self.target(format!("/v2/{}/manifests/{}", self.repository, self.tag))
    }

    pub(super) fn blob(&self, digest: &Digest) -> Target {
        self.target(format!("/v2/{}/blobs/{digest}", self.repository))
    }

    fn target(&self, path: String) -> Target {
        Target {
            origin: self.origin.clone(),
            path,
        }
    }

    /// Whether the registry is this machine's own.
    pub(super) fn is_local(&self) -> bool {
        self.origin.host.is_loopback()
    }

    /// Where a redirect leads, if it may be followed: within the same origin, or to HTTPS. Plain text stays on this machine.
    pub(super) fn redirected(&self, from: &Target, location: &str) -> Result<Target, PullError> {
        let refused = |reason: &str| PullError::Redirect {
            registry: self.to_string(),
            to: shown(location),
            reason: reason.to_owned(),
        };
        let uri: Uri = location.parse().map_err(|_| refused("it is no URL"))?;
        let path = uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned();
        let origin = match (uri.scheme_str(), uri.authority()) {
            (None, None) if path.starts_with('/') => from.origin.clone(),
            (Some(scheme @ ("http" | "https")), Some(authority)) => {
                if authority.as_str().contains('@') {
                    return Err(refused("it holds user information"));
                }
                let host =
                    Host::parse(authority.host()).map_err(|error| refused(&error.to_string()))?;
                let scheme = if scheme == "https" {
                    Scheme::Https
                } else {
                    Scheme::Http
                };
                let port = client::port(authority, scheme.default_port())
                    .ok_or_else(|| refused("its port is none"))?;
                Origin { scheme, host, port }
            }
            _ => return Err(refused("it is neither http nor https")),
        };
        let plain = origin.scheme == Scheme::Http;
        if plain && !(self.is_local() && origin.host.is_loopback()) {
            return Err(refused("only https is"));
        }
        Ok(Target { origin, path })
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.origin.host, self.origin.port)
    }
}

/// The start of a stranger's text, without control characters, and without the query, which may be a signature.
pub(super) fn shown(text: &str) -> String {
    let text = text.split('?').next().unwrap_or_default();
    text.chars().take(200).map(visible).collect()
}
