//! Host patterns as a policy writes them: `x`, `*.x`, `x:port`, addresses and CIDR blocks.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::address::{AddressClass, classify};
use crate::host::{Host, unmapped};

/// A pattern over hosts, optionally bound to one port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPattern {
    hosts: Hosts,
    /// The port that was written, if one was.
    pub port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Hosts {
    /// Exactly this name or address.
    Exact(Host),
    /// Any name that ends in `.` + this, and not the name itself.
    Below(String),
    /// Any address of the block, when the client named an address.
    Block(IpNet),
}

/// Why a text is not a host pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct PatternError {
    /// The reason.
    pub why: String,
    /// What to write instead, when that can be said.
    pub hint: Option<String>,
}

impl PatternError {
    fn new(why: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            why: why.into(),
            hint: hint.map(str::to_owned),
        }
    }
}

impl HostPattern {
    /// Parses a pattern: `host`, `*.host`, `host:port`, an address (IPv6 with a port in brackets), or a CIDR block.
    ///
    /// # Errors
    /// Refuses `*` alone, a `*` anywhere but as the whole first label, URLs, and what [`Host::parse`] refuses.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.contains("://") {
            return Err(PatternError::new(
                "a host pattern has no scheme",
                Some("write only the host, as in \"example.com\" or \"example.com:8443\""),
            ));
        }
        if let Some((block, port)) = split_block(text) {
            let net: IpNet = block.parse().map_err(|_| {
                PatternError::new(
                    "a host pattern has no path, and this is not a CIDR block",
                    Some("paths go into [[network.rules]]: { host = \"…\", paths = [\"/…\"] }"),
                )
            })?;
            return Ok(Self {
                hosts: Hosts::Block(normal_block(net)),
                port: port.map(parse_port).transpose()?,
            });
        }
        let (host, port) = split_port(text);
        let port = port.map(parse_port).transpose()?;
        if let Some(parent) = host.strip_prefix("*.") {
            return match Host::parse(parent) {
                Ok(Host::Name(name)) => Ok(Self {
                    hosts: Hosts::Below(name),
                    port,
                }),
                Ok(Host::Ip(_)) => Err(PatternError::new(
                    "a wildcard can not stand before an address",
                    Some("write a CIDR block, as in \"10.0.0.0/8\""),
                )),
                Err(error) => Err(PatternError::new(error.to_string(), None)),
            };
        }
        if host.contains('*') {
            let hint = if host == "*" {
                "to be asked about every other host, set network.default = \"ask\""
            } else {
                "\"*.example.com\" matches every name below example.com"
            };
            return Err(PatternError::new(
                "`*` can only be the whole first label, before a name",
                Some(hint),
            ));
        }
        match Host::parse(host) {
            Ok(host) => Ok(Self {
                hosts: Hosts::Exact(host),
                port,
            }),
            Err(error) => Err(PatternError::new(error.to_string(), None)),
        }
    }

    /// Whether the host is one of those meant; the port is the caller's to compare.
    pub fn matches_host(&self, host: &Host) -> bool {
        match (&self.hosts, host) {
            (Hosts::Exact(mine), host) => mine == host,
            (Hosts::Below(parent), Host::Name(name)) => name
                .strip_suffix(parent.as_str())
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            (Hosts::Block(net), Host::Ip(ip)) => net.contains(&unmapped(*ip)),
            _ => false,
        }
    }

    /// Whether host and port are meant, where no port in the pattern stands for `default_ports` (empty: every port).
    pub fn matches(&self, host: &Host, port: u16, default_ports: &[u16]) -> bool {
        self.matches_host(host)
            && match self.port {
                Some(mine) => mine == port,
                None => default_ports.is_empty() || default_ports.contains(&port),
            }
    }

    /// The one host meant, when the pattern is neither a wildcard nor a block.
    pub fn exact(&self) -> Option<&Host> {
        match &self.hosts {
            Hosts::Exact(host) => Some(host),
            _ => None,
        }
    }

    /// The name below which everything is meant.
    pub fn below(&self) -> Option<&str> {
        match &self.hosts {
            Hosts::Below(parent) => Some(parent),
            _ => None,
        }
    }

    /// Whether an address that a name resolved to is one that the pattern names by address.
    pub(crate) fn covers_address(&self, ip: IpAddr) -> bool {
        match &self.hosts {
            Hosts::Exact(Host::Ip(mine)) => *mine == unmapped(ip),
            Hosts::Block(net) => net.contains(&unmapped(ip)),
            _ => false,
        }
    }

    /// Whether the writer named private addresses as such: one private address, or a block that lies wholly among them.
    /// `0.0.0.0/0` does not: it only happens to contain them.
    pub(crate) fn names_private(&self) -> bool {
        match &self.hosts {
            Hosts::Exact(Host::Ip(ip)) => matches!(classify(*ip), AddressClass::Private(_)),
            Hosts::Block(net) => {
                let private: [IpNet; 7] = PRIVATE_BLOCKS;
                private.iter().any(|outer| outer.contains(net))
            }
            _ => false,
        }
    }
}

/// Blocks that a person means when they write a private block.
const PRIVATE_BLOCKS: [IpNet; 7] = [
    v4_block([10, 0, 0, 0], 8),
    v4_block([172, 16, 0, 0], 12),
    v4_block([192, 168, 0, 0], 16),
    v4_block([100, 64, 0, 0], 10),
    v4_block([127, 0, 0, 0], 8),
    v6_block(0xfc00, 7),
    v6_block(0xfe80, 10),
];

const fn v4_block(octets: [u8; 4], bits: u8) -> IpNet {
    let [a, b, c, d] = octets;
    IpNet::V4(ipnet::Ipv4Net::new_assert(
        std::net::Ipv4Addr::new(a, b, c, d),
        bits,
    ))
}

const fn v6_block(first: u16, bits: u8) -> IpNet {
    IpNet::V6(ipnet::Ipv6Net::new_assert(
        std::net::Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0),
        bits,
    ))
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hosts {
            Hosts::Exact(host) => write!(f, "{host}")?,
            Hosts::Below(parent) => write!(f, "*.{parent}")?,
            Hosts::Block(IpNet::V6(net)) => write!(f, "[{net}]")?,
            Hosts::Block(net) => write!(f, "{net}")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// A v4-mapped block of /96 or longer as the IPv4 block it stands for.
fn normal_block(net: IpNet) -> IpNet {
    if let IpNet::V6(v6) = net
        && v6.prefix_len() >= 96
        && let Some(v4) = v6.addr().to_ipv4_mapped()
        && let Ok(block) = ipnet::Ipv4Net::new(v4, v6.prefix_len() - 96)
    {
        return IpNet::V4(block.trunc());
    }
    net.trunc()
}

/// `10.0.0.0/8:22` → block and port text; `None` when there is no slash. A v6 block with a port is bracketed.
fn split_block(text: &str) -> Option<(&str, Option<&str>)> {
    if !text.contains('/') {
        return None;
    }
    if let Some(inner) = text.strip_prefix('[') {
        let (block, rest) = inner.split_once(']')?;
        return Some((block, rest.strip_prefix(':')));
    }
    let (_, suffix) = text.split_once('/')?;
    match suffix.split_once(':') {
        Some((_, port)) => Some((&text[..text.len() - port.len() - 1], Some(port))),
        None => Some((text, None)),
    }
}

/// Splits `host:port` and `[v6]:port`; a bare IPv6 address has no port.
pub(crate) fn split_port(text: &str) -> (&str, Option<&str>) {
    if text.starts_with('[') {
        return match text.split_once("]:") {
            Some((host, port)) => (&text[..host.len() + 1], Some(port)),
            None => (text, None),
        };
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (text, None),
    }
}

pub(crate) fn parse_port(text: &str) -> Result<u16, PatternError> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err(PatternError::new(
            "the port is not a number from 1 to 65535",
            None,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, host: &str, port: u16) -> bool {
        HostPattern::parse(pattern)
            .unwrap()
            .matches(&Host::parse(host).unwrap(), port, &[443, 80])
    }

    #[test]
    fn a_wildcard_is_neither_the_parent_nor_a_lookalike() {
        assert!(matches("*.example.com", "a.example.com", 443));
        assert!(matches("*.example.com", "A.B.Example.COM.", 443));
        for host in [
            "example.com",
            "badexample.com",
            "a.example.com.evil.test",
            "example.com.evil",
        ] {
            assert!(!matches("*.example.com", host, 443), "{host}");
        }
        assert!(!matches("example.com", "a.example.com", 443));
    }

    #[test]
    fn ports_are_part_of_the_pattern() {
        assert!(matches("github.com", "github.com", 80));
        assert!(!matches("github.com", "github.com", 22));
        assert!(matches("github.com:22", "github.com", 22));
        assert!(!matches("github.com:22", "github.com", 443));
        assert!(matches("[2606:4700::1]:8443", "2606:4700::1", 8443));
    }

    #[test]
    fn addresses_match_in_every_spelling_and_names_never_match_blocks() {
        assert!(matches("127.0.0.1", "0x7f.1", 443));
        assert!(matches("10.0.0.0/8", "10.1.2.3", 443));
        assert!(matches("10.0.0.0/8", "[::ffff:10.1.2.3]", 443));
        assert!(matches("::ffff:10.0.0.0/104", "10.1.2.3", 443));
        assert!(matches("10.0.0.0/8:22", "10.1.2.3", 22));
        assert!(matches("[fd00::/8]:22", "fd00::1", 22));
        assert!(!matches("0.0.0.0/0", "example.com", 443));
    }

    #[test]
    fn only_named_private_blocks_count_as_private() {
        for (text, private) in [
            ("10.1.0.0/16", true),
            ("127.0.0.1", true),
            ("fd00::/8", true),
            ("0.0.0.0/0", false),
            ("8.8.8.8", false),
            ("::/0", false),
            ("169.254.169.254", false),
        ] {
            assert_eq!(
                HostPattern::parse(text).unwrap().names_private(),
                private,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "",
            "*",
            "*.",
            "a.*.b",
            "*a.b",
            "**.b",
            "*.1.2.3.4",
            "https://x",
            "x/y",
            "x:0",
            "x:65536",
            "x:",
            "x:+1",
            "10.0.0.0/33",
            "a b",
            "x:1:y",
        ] {
            assert!(HostPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn display_round_trips() {
        for text in [
            "example.com",
            "*.example.com:8443",
            "10.0.0.0/8",
            "10.0.0.0/8:22",
            "[fd00::/8]:22",
            "[fd00::/8]",
            "[::1]:80",
            "[::1]",
        ] {
            let pattern = HostPattern::parse(text).unwrap();
            assert_eq!(pattern.to_string(), text);
            assert_eq!(HostPattern::parse(&pattern.to_string()).unwrap(), pattern);
        }
    }
}
