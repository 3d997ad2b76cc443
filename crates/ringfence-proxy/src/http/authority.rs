//! Which host a request is for. All the names that a client gave (CONNECT or SOCKS authority, the name behind the
//! synthetic address, SNI, Host, `:authority`, absolute form) must be one host and port (INCIDENTS N5).

use http::request::Parts;
use http::{Version, header};
use ringfence_policy::{Host, Refusal, RefusalClass, Scheme};

use super::Link;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) scheme: Scheme,
}

/// Finds the target of one request.
pub(crate) fn identify(link: &Link, parts: &Parts) -> Result<Target, Refusal> {
    let named = |class, full: &str| Refusal {
        class,
        host: link.name(),
        port: link.origin.port,
        full: full.into(),
    };
    let malformed = |full: &str| named(RefusalClass::Malformed, full);
    let mismatch = |full: &str| named(RefusalClass::Mismatch, full);

    let from_header = host_header(parts).map_err(malformed)?;
    let from_target = match parts.uri.authority() {
        Some(authority) => Some(parse(authority.as_str()).map_err(malformed)?),
        None => None,
    };
    let scheme = scheme(link, parts).map_err(malformed)?;
    let (host, port) = match (from_target, from_header) {
        (Some(target), Some(header)) if !same(&target, &header, scheme) => {
            return Err(malformed(
                "the request target and the Host header name different hosts",
            ));
        }
        (Some(name), _) | (None, Some(name))
            if !link.forward || parts.uri.authority().is_some() =>
        {
            name
        }
        (_, _) if link.forward => return Err(malformed("a proxy request without an absolute URL")),
        // HTTP/1.0 without Host: the connection's own name counts.
        _ => (
            link.known().ok_or_else(|| malformed("no host is named"))?,
            None,
        ),
    };

    if link.forward {
        return Ok(Target {
            port: port.unwrap_or(default_port(scheme)),
            host,
            scheme,
        });
    }
    if port.is_some_and(|port| port != link.origin.port) {
        return Err(mismatch(
            "the request names another port than the connection",
        ));
    }
    if link.origin.named.as_ref().is_some_and(|name| *name != host) {
        return Err(mismatch(
            "the request names another host than the connection",
        ));
    }
    if link.sni.as_ref().is_some_and(|sni| *sni != host) {
        return Err(mismatch(
            "the request names another host than the TLS handshake",
        ));
    }
    // Without SNI a TLS client was shown a certificate for the connection's own name, whatever the request says.
    if link.scheme == Scheme::Https && link.sni.is_none() && link.name() != host {
        return Err(mismatch(
            "the request names another host than the certificate",
        ));
    }
    if let (Host::Ip(ip), Some(literal)) = (&host, link.origin.literal)
        && *ip != literal.ip().to_canonical()
    {
        return Err(mismatch(
            "the request names another address than the connection",
        ));
    }
    Ok(Target {
        host,
        port: link.origin.port,
        scheme,
    })
}

/// The scheme on the sandbox's side. Only a forward request may choose it.
fn scheme(link: &Link, parts: &Parts) -> Result<Scheme, &'static str> {
    match parts.uri.scheme_str() {
        None => Ok(link.scheme),
        Some("http") if link.forward || link.scheme == Scheme::Http => Ok(Scheme::Http),
        Some("https") if link.forward || link.scheme == Scheme::Https => Ok(Scheme::Https),
        Some(_) => Err("the request target has another scheme than the connection"),
    }
}

fn host_header(parts: &Parts) -> Result<Option<(Host, Option<u16>)>, &'static str> {
    let mut values = parts.headers.get_all(header::HOST).iter();
    let Some(value) = values.next() else {
        let needed = parts.version == Version::HTTP_11
            || (parts.version == Version::HTTP_2 && parts.uri.authority().is_none());
        return if needed {
            Err("no Host header")
        } else {
            Ok(None)
        };
    };
    if values.next().is_some() {
        return Err("more than one Host header");
    }
    parse(value.to_str().map_err(|_| "odd bytes in the Host header")?).map(Some)
}

/// Splits `host[:port]`. User info is refused: some servers route by it.
pub(crate) fn parse(text: &str) -> Result<(Host, Option<u16>), &'static str> {
    if text.contains('@') {
        return Err("user info in the authority");
    }
    let (host, port) = match text.rfind(':') {
        Some(at) if !text[at..].contains(']') => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    };
    let port = match port {
        None | Some("") => None,
        Some(digits) if digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(digits.parse().map_err(|_| "bad port")?)
        }
        Some(_) => return Err("bad port"),
    };
    if port == Some(0) {
        return Err("bad port");
    }
    if host.contains(':') && !host.starts_with('[') {
        return Err("an IPv6 address without brackets");
    }
    let host = Host::parse(host).map_err(|error| error.why)?;
    Ok((host, port))
}

fn same(a: &(Host, Option<u16>), b: &(Host, Option<u16>), scheme: Scheme) -> bool {
    let port = |p: Option<u16>| p.unwrap_or(default_port(scheme));
    a.0 == b.0 && port(a.1) == port(b.1)
}

/// 80 or 443.
pub(crate) fn default_port(scheme: Scheme) -> u16 {
    match scheme {
        Scheme::Http => 80,
        Scheme::Https => 443,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_host_is_that_host() {
        let name = Host::Name("example.com".into());
        for text in ["example.com", "EXAMPLE.com.", "example.com:", "Example.Com"] {
            assert_eq!(parse(text), Ok((name.clone(), None)), "{text}");
        }
        assert_eq!(parse("example.com:8443"), Ok((name, Some(8443))));
        let six = Host::Ip("::1".parse().unwrap());
        assert_eq!(parse("[::1]"), Ok((six.clone(), None)));
        assert_eq!(parse("[0:0::1]:80"), Ok((six, Some(80))));
        let four = Host::Ip("127.0.0.1".parse().unwrap());
        for text in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "[::ffff:127.0.0.1]",
        ] {
            assert_eq!(parse(text), Ok((four.clone(), None)), "{text}");
        }
    }

    #[test]
    fn what_is_no_authority_is_refused() {
        for text in [
            "",
            ":80",
            "a@b",
            "user:pass@b",
            "a:b",
            "a:0",
            "a:65536",
            "a:+80",
            "a:8 0",
            "a b",
            "a,b",
            "a/b",
            "::1",
            "[::1",
            "::1]",
            "[::1]x",
            "[::1]:x",
            "a\0b",
            "a\tb",
            "a..b",
            "a%2eb",
            "a#b",
            "a?b",
            "[::1%25lo]",
        ] {
            assert!(parse(text).is_err(), "{text:?} is {:?}", parse(text));
        }
    }
}
