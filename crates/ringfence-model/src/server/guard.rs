//! Who may ask: this machine's own programs, and no web page.
//!
//! A page in a browser reaches loopback as well. It comes with an `Origin` or with `Sec-Fetch-Site`, or, when it made its own name
//! lead here (DNS rebinding, CVE-2024-28224), with that name as `Host`. So the host is one of a list, to the letter and with the
//! port; an origin is refused unless it was allowed; and where tokens are configured one has to be shown.

use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN};
use http::request::Parts;
use ringfence_inference::{Failure, FailureKind};
use std::net::SocketAddr;
use zeroize::Zeroizing;

use super::tokens::Tokens;

/// What is asked of a request before anything else is looked at.
#[derive(Debug)]
pub(crate) struct Guard {
    /// As `Host` has to be; nothing is asked of it on a unix socket, which no page reaches.
    hosts: Option<Vec<String>>,
    origins: Vec<String>,
    tokens: Tokens,
}

impl Guard {
    /// For what listens at `address`; `None` is a unix socket. `origins` are pages that may ask all the same.
    pub(crate) fn new(address: Option<SocketAddr>, origins: Vec<String>, tokens: Tokens) -> Self {
        let hosts = address.map(|address| {
            let port = address.port();
            let mut hosts = vec![
                address.to_string(),
                format!("127.0.0.1:{port}"),
                format!("[::1]:{port}"),
                format!("localhost:{port}"),
            ];
            if port == 80 {
                hosts.extend(["127.0.0.1", "[::1]", "localhost"].map(String::from));
            }
            hosts
        });
        Self {
            hosts,
            origins,
            tokens,
        }
    }

    /// The origin of the request if it is an allowed one.
    ///
    /// # Errors
    /// Why the request is refused: 400, 401 or 403.
    pub(crate) fn check(&self, parts: &Parts) -> Result<Option<String>, Failure> {
        let forbidden = |why: String| Failure::new(FailureKind::Forbidden, why);
        if let Some(hosts) = &self.hosts {
            let known = |host: &str| hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
            let host = single(&parts.headers, HOST)?.ok_or_else(|| {
                Failure::new(FailureKind::Invalid, "the request has no Host header")
            })?;
            // In absolute form the target has a host as well, and that one counts for some.
            let target = parts.uri.authority().map(|authority| authority.as_str());
            for host in target.into_iter().chain([host]) {
                if !known(host) {
                    return Err(forbidden(format!(
                        "the host {} is not this server; ask for {}",
                        quoted(host),
                        hosts.first().map_or("", String::as_str)
                    )));
                }
            }
        }
        let origin = single(&parts.headers, ORIGIN)?;
        let allowed = match origin {
            Some(origin) if self.origins.iter().any(|known| known == origin) => Some(origin),
            Some(origin) => {
                return Err(forbidden(format!(
                    "web pages may not ask this server (Origin {}); allow it with `--allow-origin` if it is yours",
                    quoted(origin)
                )));
            }
            None => None,
        };
        let site = single(&parts.headers, HeaderName::from_static("sec-fetch-site"))?;
        if allowed.is_none() && !matches!(site, None | Some("none" | "same-origin")) {
            return Err(forbidden(
                "web pages may not ask this server (Sec-Fetch-Site)".into(),
            ));
        }
        // A preflight never carries a token.
        let preflight = allowed.is_some() && parts.method == http::Method::OPTIONS;
        if !self.tokens.is_empty() && !preflight {
            self.authorised(&parts.headers)?;
        }
        Ok(allowed.map(str::to_owned))
    }

    /// A number for who asks, another one for each token; 0 for all those who need none. The request was let in.
    pub(crate) fn asker(&self, headers: &HeaderMap) -> u64 {
        let shown = shown(headers).ok().flatten();
        let place = shown.and_then(|token| self.tokens.place(token.as_bytes()));
        place.map_or(0, |place| place as u64 + 1)
    }

    fn authorised(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let refused = |why: &str| Err(Failure::new(FailureKind::Unauthorized, why));
        let Some(token) = shown(headers)? else {
            return refused("this server asks for a token: `Authorization: Bearer TOKEN`");
        };
        let token = Zeroizing::new(token.as_bytes().to_vec());
        match self.tokens.of(&token) {
            Some(name) => {
                tracing::debug!(program = name, "asks");
                Ok(())
            }
            None => refused("the token is not one of this server's"),
        }
    }
}

/// The token that a request shows.
pub(crate) fn shown(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    let bearer = single(headers, AUTHORIZATION)?.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then_some(token.trim())
    });
    // Anthropic's clients have a header of their own.
    let key = single(headers, HeaderName::from_static("x-api-key"))?;
    Ok(bearer.or(key))
}

/// The value of a header that may stand once.
fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Failure> {
    let wrong = |what: &str| {
        Failure::new(
            FailureKind::Invalid,
            format!("the header {name} {what}; send it once"),
        )
    };
    let mut values = headers.get_all(&name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| wrong("is not ASCII")),
        (Some(_), Some(_)) => Err(wrong("stands there twice")),
    }
}

/// Text from outside, short and without control characters.
pub(crate) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    format!("{short:?}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::tokens::line;
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn status(guard: &Guard, uri: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        guard
            .check(&parts)
            .map_or_else(|f| f.kind.status(), |_| 200)
    }

    fn tcp(tokens: Tokens) -> Guard {
        Guard::new(
            Some("127.0.0.1:11434".parse().unwrap()),
            vec!["app://mine".into()],
            tokens,
        )
    }

    /// CVE-2024-28224, and the names that a wider check lets through.
    #[test]
    fn only_this_machines_names_are_hosts() {
        let guard = tcp(Tokens::default());
        for good in [
            "127.0.0.1:11434",
            "localhost:11434",
            "LOCALHOST:11434",
            "[::1]:11434",
        ] {
            assert_eq!(status(&guard, "/", &[("host", good)]), 200, "{good}");
        }
        for bad in [
            "attacker.example:11434",
            "attacker.example",
            "localhost",
            "127.0.0.1",
            "localhost:80",
            "localhost:11434.attacker.example",
            "localhost.attacker.example:11434",
            "printer.local:11434",
            "svc.internal:11434",
            "app.localhost:11434",
            "192.168.1.4:11434",
            "127.0.0.2:11434",
            "0.0.0.0:11434",
            "127.1:11434",
            "2130706433:11434",
            "[::ffff:127.0.0.1]:11434",
            "localhost.:11434",
            "user@localhost:11434",
            "",
        ] {
            assert_eq!(status(&guard, "/", &[("host", bad)]), 403, "{bad}");
        }
        assert_eq!(status(&guard, "/", &[]), 400);
        let both = [("host", "localhost:11434"), ("host", "evil.example")];
        assert_eq!(status(&guard, "/", &both), 400);
        let host = [("host", "localhost:11434")];
        assert_eq!(status(&guard, "http://evil.example/api/tags", &host), 403);
        assert_eq!(
            status(&guard, "http://localhost:11434/api/tags", &host),
            200
        );
        let unix = Guard::new(None, Vec::new(), Tokens::default());
        assert_eq!(status(&unix, "/", &[]), 200);
    }

    #[test]
    fn web_pages_are_refused() {
        let guard = tcp(Tokens::default());
        let with = |more: &[(&str, &str)]| {
            let host = [("host", "localhost:11434")];
            status(&guard, "/api/tags", &[&host, more].concat())
        };
        for origin in [
            "http://localhost",
            "http://localhost:11434",
            "https://evil.example",
            "null",
            "file://",
            "app://other",
            "app://mine.evil",
            "vscode-webview://x",
        ] {
            assert_eq!(with(&[("origin", origin)]), 403, "{origin}");
        }
        assert_eq!(with(&[("origin", "app://mine")]), 200);
        assert_eq!(
            with(&[("origin", "app://mine"), ("sec-fetch-site", "cross-site")]),
            200
        );
        for site in ["cross-site", "same-site", "anything"] {
            assert_eq!(with(&[("sec-fetch-site", site)]), 403, "{site}");
        }
        assert_eq!(with(&[("sec-fetch-site", "none")]), 200);
        let unix = Guard::new(None, Vec::new(), Tokens::default());
        assert_eq!(
            status(&unix, "/", &[("origin", "https://evil.example")]),
            403
        );
    }

    #[test]
    fn a_token_is_asked_for_where_there_are_some() {
        let (editor, shell) = (line("editor", TOKEN), line("shell", &format!("{TOKEN}2")));
        let tokens = Tokens::parse(&format!("# who may\n{editor}\n\n{shell}\n"));
        let guard = tcp(tokens.unwrap());
        let with = |more: &[(&str, &str)]| {
            let host = [("host", "localhost:11434")];
            status(&guard, "/api/tags", &[&host, more].concat())
        };
        assert_eq!(with(&[]), 401);
        assert_eq!(with(&[("authorization", "Basic eDp5")]), 401);
        assert_eq!(with(&[("authorization", "Bearer 0123456789abcdeX")]), 401);
        assert_eq!(with(&[("authorization", "Bearer ")]), 401);
        assert_eq!(with(&[("authorization", &format!("bearer {TOKEN}"))]), 200);
        assert_eq!(with(&[("x-api-key", &format!("{TOKEN}2"))]), 200);
    }
}
