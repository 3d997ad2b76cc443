//! One request and its answer, within bounds: the one way in which this crate asks anybody anything.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use http::uri::Authority;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use ringfence_policy::Refusal;
use ringfence_runtime::outbound::{Origin, Outbound};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::limits;

/// How this program calls itself.
pub(crate) const AGENT: &str = concat!("ringfence/", env!("CARGO_PKG_VERSION"));

/// Why there is no answer, or no more of it.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The policy said no, or nobody can be reached.
    Refused(Refusal),
    /// Nothing came for too long.
    Late,
    /// The connection, or what came over it, is not as it has to be.
    Cut(hyper::Error),
    /// More than this many bytes.
    Large(usize),
}

/// An answer; its connection ends with it.
pub(crate) struct Answer {
    response: Response<Incoming>,
    gap: Duration,
    connection: JoinHandle<()>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Asks the policy about a request, and connects to where it may go; the address is told.
pub(crate) async fn connect(
    outbound: &Outbound,
    origin: &Origin,
    request: &Request<Full<Bytes>>,
    patience: Duration,
) -> Result<(impl AsyncRead + AsyncWrite + Send + Unpin + 'static, IpAddr), Broken> {
    // A query may be a signature, and is no matter of a rule.
    let connecting = outbound.connect(origin, request.method().as_str(), request.uri().path());
    timeout(patience, connecting)
        .await
        .map_err(|_| Broken::Late)?
        .map_err(Broken::Refused)
}

/// Sends a request over a connection of its own, and waits for the head of its answer for `patience`; then for each piece of it for `gap`.
pub(crate) async fn send<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    patience: Duration,
    gap: Duration,
) -> Result<Answer, Broken>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(limits::HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(Broken::Cut)?;
    let connection = tokio::spawn(async move {
        // What breaks it is told by the answer.
        let _ = connection.await;
    });
    // From here on the connection ends with what is given back, or with its failure.
    let sent = timeout(patience, sender.send_request(request)).await;
    let response = match sent {
        Ok(Ok(response)) => response,
        failed => {
            connection.abort();
            return Err(match failed {
                Ok(Err(error)) => Broken::Cut(error),
                _ => Broken::Late,
            });
        }
    };
    Ok(Answer {
        response,
        gap,
        connection,
    })
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// A header as text; empty where there is none, or none that is text.
    pub(crate) fn header(&self, name: http::HeaderName) -> &str {
        let value = self.response.headers().get(name);
        value.and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The content type without parameters, if it is a text at all.
    pub(crate) fn kind(&self) -> &str {
        let kind = self.header(CONTENT_TYPE);
        kind.split(';').next().unwrap_or_default().trim()
    }

    /// How long the body says it is.
    pub(crate) fn length(&self) -> Option<u64> {
        self.header(CONTENT_LENGTH).parse().ok()
    }

    /// The next bytes of the body; `None` at its end. What it means is for the caller: an end is the connection's word only.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            match timeout(self.gap, self.response.body_mut().frame()).await {
                Err(_) => return Err(Broken::Late),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(Broken::Cut(error)),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The whole body.
    pub(crate) async fn whole(&mut self, most: usize) -> Result<Vec<u8>, Broken> {
        let mut bytes = Vec::new();
        while let Some(part) = self.next().await? {
            if bytes.len() + part.len() > most {
                return Err(Broken::Large(most));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }
}

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
