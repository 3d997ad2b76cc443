//! One request to the server and its answer, within bounds. Nothing of what a program sent goes along but what is handed in here.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http::{Method, Request};
use http_body_util::Full;
use ringfence_inference::{Failure, FailureKind};
use ringfence_policy::{Refusal, RefusalClass, Scheme, visible};
use ringfence_runtime::outbound::Outbound;
use zeroize::Zeroizing;

use super::address::Address;
use super::limits;
use crate::client::{self, Answer, Broken};

/// The way to the server.
pub(crate) struct Upstream {
    address: Address,
    outbound: Outbound,
    token: Option<Zeroizing<String>>,
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
        let (kind, body) = match body {
            Some((kind, body)) => (Some(HeaderValue::from_static(kind)), body),
            None => (None, Vec::new()),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.host_header())
            .header(USER_AGENT, client::AGENT)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| broken(error.to_string()))?;
        let headers = request.headers_mut();
        headers.extend(kind.map(|kind| (CONTENT_TYPE, kind)));
        if let Some(token) = &self.token {
            let shown = Zeroizing::new(format!("Bearer {}", token.as_str()));
            let mut value = HeaderValue::from_str(&shown)
                .map_err(|_| broken("its token can not stand in a header".into()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let origin = &self.address.0;
        let (stream, at) = client::connect(&self.outbound, origin, &request, limits::HEAD_TIME)
            .await
            .map_err(|why| match why {
                Broken::Late => broken("it took too long to connect".into()),
                why => broken(unanswered(&why)),
            })?;
        // In clear a request goes to this machine only, whatever its name leads to.
        if origin.scheme == Scheme::Http && !at.is_loopback() {
            return Err(broken(format!(
                "its name leads to {at}, which is not this machine"
            )));
        }
        client::send(stream, request, patience, limits::GAP)
            .await
            .map_err(|why| broken(unanswered(&why)))
    }
}

/// Why there is no answer.
fn unanswered(why: &Broken) -> String {
    match why {
        Broken::Refused(refusal) => refused(refusal),
        Broken::Late => "it did not answer in time".into(),
        Broken::Cut(error) => error.to_string(),
        Broken::Large(most) => format!("its answer has more than {most} bytes"),
    }
}

/// Why there is no more of an answer.
pub(crate) fn cut_off(why: &Broken) -> String {
    match why {
        Broken::Late => "nothing more of its answer came in time".into(),
        Broken::Cut(_) => "its answer was cut off".into(),
        why => unanswered(why),
    }
}

/// What a server says, fit to be repeated: nothing in it is obeyed by a terminal or reads as other than it is.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().map(visible).take(limits::QUOTED).collect()
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
