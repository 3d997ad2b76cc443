//! Header fields that belong to one connection and must not go further, in both directions.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Fields that never cross the proxy (RFC 9110 §7.6.1), whether or not Connection names them. `te` is looked at apart.
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What the Upgrade header of a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upgrade {
    /// Nothing that we would do. Other protocols (`h2c`) are not switched to: the request stays HTTP/1.1 (INCIDENTS N8).
    No,
    /// A WebSocket.
    WebSocket,
}

/// Strips a request's connection fields and says which protocol switch remains.
pub(crate) fn clean_request(method: &http::Method, headers: &mut HeaderMap) -> Upgrade {
    let upgrade = upgrade(method, headers);
    let trailers = headers
        .get(header::TE)
        .is_some_and(|te| te.as_bytes().eq_ignore_ascii_case(b"trailers"));
    clean(headers);
    for name in [
        header::TE,
        header::HOST,
        header::EXPECT,
        HeaderName::from_static("http2-settings"),
        HeaderName::from_static("alt-used"),
    ] {
        headers.remove(name);
    }
    if trailers {
        // gRPC servers insist on it.
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    upgrade
}

/// Strips an answer's connection fields and what would lead clients around the proxy.
pub(crate) fn clean_response(headers: &mut HeaderMap) {
    clean(headers);
    // HTTP/3 can not be captured; a client that tries it only loses time.
    headers.remove(header::ALT_SVC);
    headers.remove(crate::refuse::HEADER);
}

/// Asks for an answer that can be searched: not compressed, and whole.
pub(crate) fn ask_readable(headers: &mut HeaderMap) {
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    for name in [
        "range",
        "if-range",
        "grpc-accept-encoding",
        "sec-websocket-extensions",
    ] {
        headers.remove(name);
    }
}

/// Names the switch to a WebSocket, for one connection and in our own words.
pub(crate) fn ask_websocket(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

fn clean(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONNECTION) {
        let named: Vec<HeaderName> = headers
            .get_all(header::CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| name.trim().parse().ok())
            .collect();
        for name in named {
            headers.remove(name);
        }
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

fn upgrade(method: &http::Method, headers: &HeaderMap) -> Upgrade {
    let mut asked = headers.get_all(header::UPGRADE).iter();
    let one = asked.next().filter(|_| asked.next().is_none());
    let websocket = one.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let named = has_token(headers, &header::CONNECTION, "upgrade");
    if websocket
        && named
        && method == http::Method::GET
        && headers.contains_key(header::SEC_WEBSOCKET_KEY)
    {
        Upgrade::WebSocket
    } else {
        Upgrade::No
    }
}

/// Whether a comma-separated field holds `token`.
pub(crate) fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// Joins the Cookie fields that HTTP/2 may split (RFC 9113 §8.2.3); HTTP/1 servers expect one.
pub(crate) fn join_cookies(headers: &mut HeaderMap) {
    let mut cookies = headers.get_all(header::COOKIE).iter();
    if cookies.next().is_none() || cookies.next().is_none() {
        return;
    }
    let joined = headers
        .get_all(header::COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect::<Vec<_>>()
        .join(&b"; "[..]);
    if let Ok(mut value) = HeaderValue::from_bytes(&joined) {
        value.set_sensitive(true);
        headers.insert(header::COOKIE, value);
    }
}
