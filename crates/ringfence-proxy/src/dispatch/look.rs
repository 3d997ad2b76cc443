//! What a connection is, by its first bytes. Nothing is decided here.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};

use crate::hello::{self, ClientHello, HelloError, RECORD_HANDSHAKE};
use crate::limits::CLIENT_HELLO;

/// Longest method that is taken for one.
const METHOD: usize = 24;

/// Bytes read at once.
const STEP: usize = 4096;

/// What the first bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum First {
    /// A whole ClientHello.
    Tls(ClientHello),
    /// TLS, but a ClientHello that we do not let through.
    BadTls(HelloError),
    /// The start of an HTTP/1 request or of the HTTP/2 preface.
    Http,
    /// Something else.
    Other,
    /// The client waits for the server to speak first.
    Silent,
    /// The client began and did not go on, or read failed.
    Stuck,
    /// The client closed without a byte.
    Closed,
}

/// Reads into `ahead` until the protocol is clear. A client that has said nothing for `silence` is [`First::Silent`].
pub(super) async fn look(
    stream: &mut (impl AsyncRead + Unpin),
    ahead: &mut BytesMut,
    silence: Duration,
) -> First {
    let start = Instant::now();
    loop {
        if let Some(first) = classify(ahead) {
            return first;
        }
        let until = if ahead.is_empty() {
            start + silence
        } else {
            start + CLIENT_HELLO
        };
        match timeout_at(until, more(stream, ahead)).await {
            Ok(Ok(0)) if ahead.is_empty() => return First::Closed,
            // Half-closed after a few bytes, `echo hi | nc`: it will not become HTTP or TLS any more.
            Ok(Ok(0)) if ahead[0] != RECORD_HANDSHAKE => return First::Other,
            Ok(Ok(0)) => return First::Stuck,
            Ok(Ok(_)) => {}
            Err(_) if ahead.is_empty() => return First::Silent,
            Ok(Err(_)) | Err(_) => return First::Stuck,
        }
    }
}

/// Reads what is there, in steps that take a common ClientHello or request head in one call.
pub(crate) async fn more(
    stream: &mut (impl AsyncRead + Unpin),
    ahead: &mut BytesMut,
) -> io::Result<usize> {
    if ahead.capacity() - ahead.len() < STEP / 4 {
        ahead.reserve(STEP);
    }
    stream.read_buf(ahead).await
}

/// `None` while it could still become several things.
fn classify(bytes: &[u8]) -> Option<First> {
    if *bytes.first()? != RECORD_HANDSHAKE {
        return http(bytes).map(|http| if http { First::Http } else { First::Other });
    }
    match hello::parse(bytes) {
        Ok(None) => None,
        Ok(Some(hello)) => Some(First::Tls(hello)),
        Err(HelloError::NotTls) => Some(First::Other),
        Err(error) => Some(First::BadTls(error)),
    }
}

/// An upper-case method and a target in one of the forms of RFC 9112 section 3.2. What looks otherwise is not HTTP to
/// us and needs a permit for an opaque connection, so a strange spelling gains nothing.
fn http(bytes: &[u8]) -> Option<bool> {
    let Some(space) = bytes.iter().take(METHOD + 1).position(|byte| *byte == b' ') else {
        let so_far = bytes.len() <= METHOD && bytes.iter().all(is_method);
        return if so_far { None } else { Some(false) };
    };
    let (method, target) = (&bytes[..space], &bytes[space + 1..]);
    if method.is_empty() || !method.iter().all(is_method) {
        return Some(false);
    }
    if method == b"CONNECT" {
        return Some(true);
    }
    let forms: [&[u8]; 4] = [b"/", b"* ", b"http://", b"https://"];
    if forms.iter().any(|form| target.starts_with(form)) {
        return Some(true);
    }
    let could = forms.iter().any(|form| form.starts_with(target));
    if could { None } else { Some(false) }
}

fn is_method(byte: &u8) -> bool {
    byte.is_ascii_uppercase() || *byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_told_apart() {
        for http in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"POST /x",
            b"PRI * HTTP/2.0\r\n",
            b"OPTIONS * HTTP/1.1",
            b"GET http://a.example/ HTTP/1.1",
            b"CONNECT a.example:443 HTTP/1.1",
            b"M-SEARCH * HTTP/1.1",
        ] {
            assert_eq!(classify(http), Some(First::Http), "{http:?}");
        }
        for other in [
            &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
            b"EHLO host\r\n",
            b"NICK fence",
            b"get key\r\n",
            b"\0\0\0\x08\x04\xd2\x16\x2f",
            b"*1\r\n$4\r\nPING\r\n",
            b"CONNECTCONNECTCONNECTCONNECT ",
            b"\x16\x02\x00",
            b" GET / HTTP/1.1",
            b"GET  / HTTP/1.1",
        ] {
            assert_eq!(classify(other), Some(First::Other), "{other:?}");
        }
        for unclear in [
            &b""[..],
            b"G",
            b"GET",
            b"GET ",
            b"GET htt",
            b"PRI *",
            b"\x16",
            b"\x16\x03\x01",
        ] {
            assert_eq!(classify(unclear), None, "{unclear:?}");
        }
    }

    #[tokio::test]
    async fn endings_are_told_apart() {
        let short = Duration::from_millis(10);
        let mut ahead = BytesMut::new();
        assert_eq!(
            look(&mut tokio::io::empty(), &mut ahead, short).await,
            First::Closed
        );
        let (mut near, far) = tokio::io::duplex(64);
        assert_eq!(look(&mut near, &mut ahead, short).await, First::Silent);
        drop(far);
        assert_eq!(look(&mut &b"PU"[..], &mut ahead, short).await, First::Other);
        assert_eq!(&ahead[..], b"PU");
        let mut ahead = BytesMut::new();
        assert_eq!(
            look(&mut &b"\x16\x03"[..], &mut ahead, short).await,
            First::Stuck
        );
    }
}
