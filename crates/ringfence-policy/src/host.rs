//! Host names and addresses in one normal form, so that two spellings of a host can not get two answers.

use std::fmt;
use std::net::IpAddr;

/// A host as policy sees it: lower-case ASCII (IDNA), no trailing dot, every spelling of an address as that address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A DNS name in normal form.
    Name(String),
    /// An address; v4-mapped IPv6 is already IPv4.
    Ip(IpAddr),
}

/// Why a text is not a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a host name: {why}")]
pub struct HostError {
    /// The reason, without the hostile text itself.
    pub why: &'static str,
}

impl Host {
    /// Parses any spelling that a client could send: case, trailing dot, IDN, `[v6]`, decimal, octal and hexadecimal IPv4.
    ///
    /// # Errors
    /// Refuses control characters (NUL above all), empty labels, labels over 63 and names over 253 bytes, user info, ports.
    pub fn parse(_text: &str) -> Result<Self, HostError> {
        Err(HostError { why: "not written yet" })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Host::Ip(ip) => write!(f, "{ip}"),
        }
    }
}
