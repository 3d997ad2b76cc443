//! Where a permitted request really goes: the route's host and port, its prefix before the normalised path, the query as it was.

use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, header};
use ringfence_policy::{Host, Permit, Route};

use crate::http::authority::{Target, default_port, parse};

/// `host` or `host:port` as the upstream should see it. Built from the route, never from what the client sent.
pub(crate) fn authority(route: &Route) -> Option<Authority> {
    written(&route.host, route.port, default_port(route.scheme))
        .parse()
        .ok()
}

/// Path and query for the upstream.
pub(crate) fn path_and_query(
    route: &Route,
    path: &str,
    query: Option<&str>,
) -> Option<PathAndQuery> {
    let path = match (path, route.path_prefix.as_str()) {
        ("*", "") => "*".to_owned(),
        ("*", _) => return None,
        (path, prefix) => format!("{prefix}{path}"),
    };
    match query {
        Some(query) => format!("{path}?{}", ascii(query)),
        None => path,
    }
    .parse()
    .ok()
}

/// Percent-encodes what is not ASCII: raw UTF-8 in a query is read differently by different servers.
fn ascii(query: &str) -> String {
    if query.is_ascii() {
        return query.to_owned();
    }
    let mut out = String::with_capacity(query.len() * 2);
    for byte in query.bytes() {
        if byte.is_ascii() {
            out.push(byte as char)
        } else {
            out.push_str(&format!("%{byte:02X}"))
        }
    }
    out
}

/// A gateway that redirects to itself would send the client where it may not go: such a Location is turned back into the
/// name that the client knows.
pub(crate) fn restore_location(permit: &Permit, target: &Target, headers: &mut HeaderMap) {
    let route = permit.route();
    if !route.rewritten {
        return;
    }
    let Some(location) = headers
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
    else {
        return;
    };
    let (scheme, rest) = match location.split_once("://") {
        Some((scheme @ ("http" | "https"), rest)) => (scheme, rest),
        _ => return restore_path(route, headers),
    };
    let (authority, path) = rest
        .find(['/', '?', '#'])
        .map_or((rest, ""), |at| rest.split_at(at));
    let Ok((host, port)) = parse(authority) else {
        return;
    };
    let port = port.unwrap_or(if scheme == "https" { 443 } else { 80 });
    if host != route.host || port != route.port {
        return;
    }
    let Some(path) = strip_prefix(route, path) else {
        return;
    };
    let client_scheme = if default_port(target.scheme) == 443 {
        "https"
    } else {
        "http"
    };
    let restored = format!(
        "{client_scheme}://{}{path}",
        written(&target.host, target.port, default_port(target.scheme))
    );
    if let Ok(value) = HeaderValue::from_str(&restored) {
        headers.insert(header::LOCATION, value);
    }
}

fn restore_path(route: &Route, headers: &mut HeaderMap) {
    let Some(path) = headers
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
    else {
        return;
    };
    if !path.starts_with('/') || path.starts_with("//") {
        return;
    }
    if let Some(Ok(value)) = strip_prefix(route, path).map(HeaderValue::from_str) {
        headers.insert(header::LOCATION, value);
    }
}

/// The path without the route's prefix; `None` when it does not have it.
fn strip_prefix<'a>(route: &Route, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(route.path_prefix.as_str())?;
    (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(rest)
}

fn written(host: &Host, port: u16, default: u16) -> String {
    if port == default {
        host.to_string()
    } else {
        format!("{host}:{port}")
    }
}
