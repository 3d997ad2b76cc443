//! Host names and addresses in one normal form, so that two spellings of a host can not get two answers.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::limits::{HOST_BYTES, HOST_SPELLING_BYTES, LABEL_BYTES};

#[cfg(test)]
mod tests;

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

const fn refuse<T>(why: &'static str) -> Result<T, HostError> {
    Err(HostError { why })
}

impl Host {
    /// Parses any spelling that a client could send: case, trailing dot, IDN, `[v6]`, decimal, octal and hexadecimal IPv4.
    ///
    /// # Errors
    /// Refuses control characters (NUL above all), empty labels, labels over 63 and names over 253 bytes, user info, ports.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if text.is_empty() {
            return refuse("it is empty");
        }
        if text.len() > HOST_SPELLING_BYTES {
            return refuse("it is too long");
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return refuse("it holds a control character or a space");
        }
        if text.contains('@') {
            return refuse("it holds user information");
        }
        if let Some(inner) = text.strip_prefix('[') {
            let Some(inner) = inner.strip_suffix(']') else {
                return refuse(
                    "the bracket of an IPv6 address is not closed, or a port follows it",
                );
            };
            return parse_v6(inner);
        }
        if text.contains(':') {
            return match text.bytes().filter(|b| *b == b':').count() {
                1 => refuse("it holds a port"),
                _ => parse_v6(text),
            };
        }
        parse_name(text)
    }

    /// The address, when the host was written as one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Host::Name(_) => None,
            Host::Ip(ip) => Some(*ip),
        }
    }

    /// Whether this is an address of the loopback interface or the name `localhost` (RFC 6761 §6.3).
    pub fn is_loopback(&self) -> bool {
        match self {
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ip(ip) => ip.is_loopback(),
        }
    }
}

impl From<IpAddr> for Host {
    /// Takes an address in any form; a v4-mapped one becomes IPv4.
    fn from(ip: IpAddr) -> Self {
        Host::Ip(unmapped(ip))
    }
}

impl std::str::FromStr for Host {
    type Err = HostError;
    fn from_str(text: &str) -> Result<Self, HostError> {
        Host::parse(text)
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

/// A v4-mapped IPv6 address as the IPv4 address that the kernel would dial.
pub(crate) fn unmapped(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

fn parse_v6(text: &str) -> Result<Host, HostError> {
    if text.contains('%') {
        return refuse("an IPv6 zone is not accepted");
    }
    match text.parse::<Ipv6Addr>() {
        Ok(ip) => Ok(Host::from(IpAddr::V6(ip))),
        Err(_) => refuse("it is not an IPv6 address"),
    }
}

fn parse_name(text: &str) -> Result<Host, HostError> {
    // IDNA first: it maps full-width digits and dots, which could otherwise hide an address or an empty label.
    let Ok(ascii) = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL) else {
        return refuse("it is not a valid internationalised name");
    };
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    if name.is_empty() {
        return refuse("it is empty");
    }
    if name.len() > HOST_BYTES {
        return refuse("it is longer than 253 bytes");
    }
    for label in name.split('.') {
        if label.is_empty() {
            return refuse("it has an empty label");
        }
        if label.len() > LABEL_BYTES {
            return refuse("a label is longer than 63 bytes");
        }
        if !label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        {
            return refuse("it holds a character that no host name has");
        }
    }
    if last_label_is_numeric(name) {
        return match parse_v4(name) {
            Some(ip) => Ok(Host::Ip(IpAddr::V4(ip))),
            None => refuse("it ends in a number and is not an IPv4 address"),
        };
    }
    Ok(Host::Name(name.to_owned()))
}

/// WHATWG URL §3.5 "ends in a number": such a name is an address or nothing, because resolvers read it as one.
fn last_label_is_numeric(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hex = last.strip_prefix("0x");
    last.bytes().all(|b| b.is_ascii_digit())
        || hex.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `inet_aton` (4.4BSD): one to four parts, each decimal, octal (`0…`) or hexadecimal (`0x…`), the last one filling the rest.
fn parse_v4(name: &str) -> Option<Ipv4Addr> {
    let mut parts = Vec::with_capacity(4);
    for part in name.split('.') {
        if parts.len() == 4 {
            return None;
        }
        parts.push(parse_v4_part(part)?);
    }
    let (last, leading) = parts.split_last()?;
    let mut address: u64 = 0;
    for part in leading {
        if *part > 255 {
            return None;
        }
        address = (address << 8) | part;
    }
    let bits = 8 * (4 - leading.len() as u32);
    if *last >= 1u64 << bits {
        return None;
    }
    let address = (address << bits) | last;
    u32::try_from(address).ok().map(Ipv4Addr::from)
}

fn parse_v4_part(part: &str) -> Option<u64> {
    let (digits, radix) = match part.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if part.len() > 1 && part.starts_with('0') => (&part[1..], 8),
        None => (part, 10),
    };
    if part.is_empty() {
        return None;
    }
    // "0x" alone counts as zero, as inet_aton and the URL standard have it.
    if digits.is_empty() {
        return Some(0);
    }
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}
