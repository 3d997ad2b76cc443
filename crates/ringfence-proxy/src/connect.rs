//! The explicit HTTP proxy endpoint: CONNECT becomes the same flow as a captured connection, absolute-form requests go
//! to the plain HTTP path. Nothing is decided here but the form of the handshake and the token.

use std::net::SocketAddr;

use bytes::BytesMut;
use ringfence_policy::{Event, Host, Refusal};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::dispatch::{Server, Slot, more, say_and_close};
use crate::http::{Origin, serve_forward};
use crate::limits::{HEAD_BYTES, HEADERS, PROXY_HANDSHAKE};
use crate::refuse;
use crate::stream::Conn;

/// What the first request of a client is.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    /// `CONNECT host:port`; the bytes after the head belong to the tunnel.
    Connect { host: Host, port: u16, head: usize },
    /// Anything else, for the plain HTTP path.
    Forward,
}

/// Why a first request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BadRequest {
    Malformed(&'static str),
    TooLong,
    Token,
}

/// Serves one client of the endpoint.
pub(crate) async fn serve(server: &Server, mut stream: TcpStream, peer: SocketAddr, slot: Slot) {
    let mut ahead = BytesMut::new();
    let token = server.ctx.token.as_deref();
    let read = async {
        loop {
            if let Some(request) = parse(&ahead, token).transpose() {
                return request.map(Some);
            }
            match more(&mut stream, &mut ahead).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(_) => {}
            }
        }
    };
    match timeout(PROXY_HANDSHAKE, read).await {
        Err(_) | Ok(Ok(None)) => {}
        Ok(Err(bad)) => {
            record(server, bad);
            say_and_close(stream, &bad.response()).await;
        }
        Ok(Ok(Some(Request::Connect { host, port, head }))) => {
            let flow = match server.flow("connect", host, port, peer) {
                Ok(flow) => flow,
                Err(refusal) => return say_and_close(stream, &response(&refusal)).await,
            };
            let greeting = b"HTTP/1.1 200 Connection established\r\n\r\n";
            if stream.write_all(greeting).await.is_ok() {
                let ahead = ahead.split_off(head);
                flow.run(stream, ahead, slot).await;
            }
        }
        Ok(Ok(Some(Request::Forward))) => {
            let origin = Origin {
                connection: server.ctx.next_connection(),
                peer: Some(peer),
                named: None,
                literal: None,
                port: 0,
            };
            let conn = Conn::new(ahead.freeze(), stream).hold(slot);
            Box::pin(serve_forward(server.ctx.clone(), conn, origin)).await;
        }
    }
}

fn record(server: &Server, bad: BadRequest) {
    // The client is refused in any case, and a failure stops the session by itself.
    let _ = server.ctx.record(Event::Fence {
        condition: "proxy_request".into(),
        detail: format!(
            "the HTTP proxy endpoint refused a request: {}",
            bad.reason()
        ),
    });
}

/// Reads the head of the first request; `Ok(None)` asks for more bytes.
fn parse(bytes: &[u8], token: Option<&str>) -> Result<Option<Request>, BadRequest> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut fields);
    let head = match request.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) if bytes.len() >= HEAD_BYTES => {
            return Err(BadRequest::TooLong);
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(BadRequest::TooLong),
        Err(_) => return Err(BadRequest::Malformed("not an HTTP/1 request")),
    };
    if let Some(token) = token
        && !authorized(request.headers, token)
    {
        return Err(BadRequest::Token);
    }
    if request.method != Some("CONNECT") {
        return Ok(Some(Request::Forward));
    }
    if bytes[..head]
        .split(|byte| *byte == b'\n')
        .rev()
        .skip(1)
        .any(|line| !line.ends_with(b"\r"))
    {
        return Err(BadRequest::Malformed("bare line feed"));
    }
    let authority = request.path.unwrap_or_default();
    let (host, port) =
        self::authority(authority).ok_or(BadRequest::Malformed("CONNECT needs host:port"))?;
    let mut hosts = 0;
    for field in request.headers.iter() {
        let name = field.name.to_ascii_lowercase();
        match name.as_str() {
            "host" => {
                hosts += 1;
                if hosts > 1 || !agrees(field.value, &host, port) {
                    return Err(BadRequest::Malformed(
                        "Host differs from the CONNECT authority",
                    ));
                }
            }
            "transfer-encoding" => return Err(BadRequest::Malformed("CONNECT with a body")),
            "content-length" if field.value != b"0" => {
                return Err(BadRequest::Malformed("CONNECT with a body"));
            }
            _ => {}
        }
    }
    Ok(Some(Request::Connect { host, port, head }))
}

/// Where a CONNECT request leads, when that is what these bytes are.
pub(crate) fn target(bytes: &[u8]) -> Option<(Host, u16)> {
    match parse(bytes, None) {
        Ok(Some(Request::Connect { host, port, .. })) => Some((host, port)),
        _ => None,
    }
}

/// `host:port`, both there.
fn authority(text: &str) -> Option<(Host, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    if port.is_empty() || port.len() > 5 || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
    // An address without brackets would leave its last group as the port.
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return None;
    }
    Some((Host::parse(host).ok()?, port))
}

/// Whether a Host field names the same; clients leave out the port now and then.
fn agrees(value: &[u8], host: &Host, port: u16) -> bool {
    let Ok(value) = std::str::from_utf8(value) else {
        return false;
    };
    authority(value).is_some_and(|named| named == (host.clone(), port))
        || Host::parse(value).is_ok_and(|named| named == *host)
}

/// Whether a `Proxy-Authorization: Basic` field carries the token as user or password.
fn authorized(fields: &[httparse::Header<'_>], token: &str) -> bool {
    fields
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case("proxy-authorization"))
        .filter_map(|field| {
            std::str::from_utf8(field.value)
                .ok()?
                .trim()
                .split_once(' ')
        })
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .filter_map(|(_, encoded)| base64(encoded.trim()))
        .any(|decoded| {
            let mut halves = decoded.splitn(2, |byte| *byte == b':');
            halves.any(|half| same(half, token.as_bytes()))
        })
}

/// Compares without telling by its time where two texts differ. An empty token is never the same as anything.
pub(crate) fn same(given: &[u8], token: &[u8]) -> bool {
    let differ = given.iter().zip(token).fold(0, |all, (a, b)| all | (a ^ b));
    !token.is_empty() && given.len() == token.len() && differ == 0
}

/// Standard base64 (RFC 4648 section 4), padding optional.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

impl BadRequest {
    fn reason(self) -> &'static str {
        match self {
            BadRequest::Malformed(why) => why,
            BadRequest::TooLong => "the head of the request is too long",
            BadRequest::Token => "the session's proxy token is missing or wrong",
        }
    }

    fn response(self) -> Vec<u8> {
        let (status, more) = match self {
            BadRequest::Malformed(_) => ("400 Bad Request", ""),
            BadRequest::TooLong => ("431 Request Header Fields Too Large", ""),
            BadRequest::Token => (
                "407 Proxy Authentication Required",
                "Proxy-Authenticate: Basic realm=\"ringfence\"\r\n",
            ),
        };
        let text = format!("ringfence refused this request: {}.\n", self.reason());
        http(status, more, &text)
    }
}

/// A refusal as a whole HTTP/1.1 response with its short text, after which the connection closes.
pub(crate) fn response(refusal: &Refusal) -> Vec<u8> {
    let status = refuse::status(refusal.class);
    let reason = status.canonical_reason().unwrap_or("Refused");
    let class = refusal.class.as_str();
    http(
        &format!("{} {reason}", status.as_str()),
        &format!("X-Ringfence-Refusal: {class}\r\n"),
        &refuse::short_text(refusal),
    )
}

fn http(status: &str, more: &str, text: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n{text}",
        text.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests;
