//! What is the same for every request that this crate makes elsewhere.

use http::uri::Authority;

/// The port of an authority, or this one where it names none. Not by [`Authority::port`], which says that there is none where it is one
/// too large.
pub(crate) fn port(authority: &Authority, default: u16) -> Option<u16> {
    // An authority may begin with user information.
    let host = authority.as_str().rsplit('@').next()?;
    match host.strip_prefix(authority.host())?.strip_prefix(':') {
        None => Some(default),
        Some(port) if port.starts_with('+') => None,
        Some(port) => port.parse().ok().filter(|port| *port != 0),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_port_that_is_none_is_not_the_usual_one() {
        let of = |text: &str| port(&text.parse().unwrap(), 443);
        for (text, wanted) in [
            ("a.example", Some(443)),
            ("a.example:8443", Some(8443)),
            ("[::1]:8443", Some(8443)),
            ("[::1]", Some(443)),
            ("me@a.example:1", Some(1)),
            ("a.example:65536", None),
            ("a.example:99999", None),
            ("a.example:0", None),
            ("a.example:", None),
        ] {
            assert_eq!(of(text), wanted, "{text}");
        }
    }
}
