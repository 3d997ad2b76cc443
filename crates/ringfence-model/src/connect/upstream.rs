//! One request to the server and its answer, within bounds. Nothing of what a program sent goes along but what is handed in here.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use ringfence_inference::{Failure, FailureKind};
use ringfence_policy::{Refusal, RefusalClass, Scheme, is_hidden};
use ringfence_runtime::outbound::Outbound;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::address::Address;
use super::limits;

const AGENT: &str = concat!("ringfence/", env!("CARGO_PKG_VERSION"));

/// The way to the server.
pub(crate) struct Upstream {
    address: Address,
    outbound: Outbound,
    token: Option<Zeroizing<String>>,
}

/// An answer; its connection ends with it.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    connection: JoinHandle<()>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// What went wrong on the way to the server, for the program and its person.
pub(crate) fn broken(address: &Address, why: impl std::fmt::Display) -> Failure {
    Failure::new(
        FailureKind::Internal,
        format!("the model server at {address}: {why}"),
    )
}

/// Why nothing was sent, and what to do where a rule is what is missing.
fn refused(refusal: &Refusal) -> String {
    let mend = match refusal.class {
        RefusalClass::Address => {
            "; if the server is in your own network, write a rule for its name with `private = true`"
        }
        RefusalClass::Upstream if refusal.full().contains("certificate") => {
            "; it is checked against the system's trust anchors, or instead those in the file that SSL_CERT_FILE names"
        }
        _ => "",
    };
    format!("{}{mend}", refusal.full())
}

impl Upstream {
    pub(crate) fn new(
        address: Address,
        outbound: Outbound,
        token: Option<Zeroizing<String>>,
    ) -> Self {
        Self {
            address,
            outbound,
            token,
        }
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Sends a request, and waits for the head of its answer for so long.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, Vec<u8>)>,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        let broken = |why: String| broken(&self.address, why);
        let connecting = self
            .outbound
            .connect(&self.address.0, method.as_str(), path);
        let (stream, at) = timeout(limits::HEAD_TIME, connecting)
            .await
            .map_err(|_| broken("it took too long to connect".into()))?
            .map_err(|refusal| broken(refused(&refusal)))?;
        // In clear a request goes to this machine only, whatever its name leads to.
        if self.address.0.scheme == Scheme::Http && !at.is_loopback() {
            return Err(broken(format!(
                "its name leads to {at}, which is not this machine"
            )));
        }
        let hyper = |error: hyper::Error| broken(error.to_string());
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(limits::HEAD_BYTES)
            .handshake::<_, Full<Bytes>>(TokioIo::new(stream))
            .await
            .map_err(hyper)?;
        let connection = tokio::spawn(async move {
            // What breaks it is told by the answer.
            let _ = connection.await;
        });
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.host_header())
            .header(USER_AGENT, AGENT);
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.as_str()))
                .map_err(|_| broken("its token can not stand in a header".into()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let body = match body {
            Some((kind, body)) => {
                request = request.header(CONTENT_TYPE, kind);
                body
            }
            None => Vec::new(),
        };
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| broken(error.to_string()))?;
        let sent = timeout(patience, sender.send_request(request)).await;
        match sent {
            Ok(Ok(response)) => Ok(Answer {
                response,
                connection,
            }),
            Ok(Err(error)) => {
                connection.abort();
                Err(hyper(error))
            }
            Err(_) => {
                connection.abort();
                Err(broken("it did not answer in time".into()))
            }
        }
    }
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The content type without parameters, if it is a text at all.
    pub(crate) fn kind(&self) -> &str {
        let value = self.response.headers().get(CONTENT_TYPE);
        let text = value.and_then(|v| v.to_str().ok()).unwrap_or_default();
        text.split(';').next().unwrap_or_default().trim()
    }

    /// The next bytes of the body; `None` at its end. What it means is for the caller: an end is the connection's word only.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, &'static str> {
        loop {
            match timeout(limits::GAP, self.response.body_mut().frame()).await {
                Err(_) => return Err("nothing more of its answer came in time"),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err("its answer was cut off"),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The whole body.
    pub(crate) async fn whole(&mut self, most: usize) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        while let Some(part) = self.next().await? {
            if bytes.len() + part.len() > most {
                return Err(format!("its answer has more than {most} bytes"));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }
}

/// What a server says, fit to be repeated: nothing in it is obeyed by a terminal or reads as other than it is.
pub(crate) fn quoted(text: &str) -> String {
    let shown = |c: char| if is_hidden(c) { '\u{fffd}' } else { c };
    text.chars().map(shown).take(limits::QUOTED).collect()
}

/// The same as a failure, which is the server's word and none of ours.
pub(crate) fn says(address: &Address, kind: FailureKind, text: &str) -> Failure {
    let text = quoted(text);
    Failure::new(kind, format!("the model server at {address} says: {text}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_a_server_says_is_its_word_and_turns_nothing() {
        let address: Address = "http://127.0.0.1:1".parse().unwrap();
        let said = says(
            &address,
            FailureKind::NotFound,
            "model \u{202e}x\u{61c}\u{9b}2J\n\u{2066}",
        );
        assert_eq!(
            said.message,
            "the model server at http://127.0.0.1:1 says: model \u{fffd}x\u{fffd}\u{fffd}2J\u{fffd}\u{fffd}"
        );
        let long = says(&address, FailureKind::Internal, &"x".repeat(10_000));
        assert!(long.message.len() < limits::QUOTED + 100);
    }
}
