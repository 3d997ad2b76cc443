//! The server's address, as a URL.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use ringfence_policy::{Host, Scheme};
use ringfence_runtime::outbound::Origin;

use crate::client;

/// Where the server is: `http://127.0.0.1:11434`, or `https://` and a name. In clear nothing leaves this machine, not even ciphertext:
/// who asks for which model, and when, is nobody's business on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(pub(crate) Origin);

/// Why a text is no address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(String);

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = |why: &str| AddressError(format!("the server's address {why}"));
        let uri: Uri = text.parse().map_err(|_| wrong("is no URL"))?;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            _ => {
                return Err(wrong(
                    "has to begin with http:// (this machine) or https://",
                ));
            }
        };
        let authority = uri.authority().ok_or_else(|| wrong("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("holds user information; a token goes into a file"));
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        if !matches!(path, "/" | "/v1" | "/v1/") {
            return Err(wrong("has a path; it is the scheme, the host and the port"));
        }
        let host = Host::parse(authority.host())
            .map_err(|error| AddressError(format!("the server's address: {error}")))?;
        if scheme == Scheme::Http && !host.is_loopback() {
            return Err(wrong(
                "is not on this machine, and http:// would show anybody on the way who asks for which model: use https://, or a tunnel to this machine",
            ));
        }
        let port = client::port(authority, scheme.default_port())
            .ok_or_else(|| wrong("has a port that is none"))?;
        Ok(Self(Origin { scheme, host, port }))
    }
}

impl Address {
    /// What a policy has to allow, as `--allow` takes it.
    pub fn rule(&self) -> String {
        self.authority()
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> String {
        match &self.0.host {
            Host::Ip(std::net::IpAddr::V6(address)) => format!("[{address}]:{}", self.0.port),
            host => format!("{host}:{}", self.0.port),
        }
    }

    /// The value of `Host`: without a port where it goes without saying.
    pub(crate) fn host_header(&self) -> String {
        let authority = self.authority();
        let default = format!(":{}", self.0.scheme.default_port());
        match authority.strip_suffix(&default) {
            Some(host) => host.to_owned(),
            None => authority,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.0.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_server_is_named_by_scheme_host_and_port() {
        for (text, shown, header) in [
            (
                "http://127.0.0.1:11434",
                "http://127.0.0.1:11434",
                "127.0.0.1:11434",
            ),
            (
                "http://LOCALHOST:11434/",
                "http://localhost:11434",
                "localhost:11434",
            ),
            ("http://[::1]:11434/v1", "http://[::1]:11434", "[::1]:11434"),
            (
                "https://models.example",
                "https://models.example:443",
                "models.example",
            ),
            (
                "https://models.example:8443/",
                "https://models.example:8443",
                "models.example:8443",
            ),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(address.host_header(), header);
        }
        for bad in [
            "",
            "127.0.0.1:11434",
            "ftp://127.0.0.1",
            "http://models.example",
            "http://192.168.1.4:11434",
            "http://0.0.0.0:11434",
            "http://127.0.0.1:11434/api",
            "https://me:secret@models.example",
            "https://models.example/?x",
            "https://models.example:0",
            "https://models.example:99999",
            "https://models.example:+443",
            "https://models.example:",
            "https://",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
