//! Sealed mode, of which this server sees the outside: it starts a model's runner, signs what the runner is, routes ciphertext by the
//! id of a key, and has nothing to open it with.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use ringfence_inference::api::Api;
use ringfence_inference::{Failure, FailureKind};
use ringfence_seal::{REQUEST_MEDIA_TYPE, RESPONSE_MEDIA_TYPE, STATEMENT_MEDIA_TYPE, key_id};
use serde::Deserialize;

use super::body::{self, Reply};
use super::catalog;
use super::pool::{SealedAnswering, Step};
use super::state::Server;

/// Where a statement about a model's runner is asked for.
pub(crate) const KEYS: &str = "/ringfence/v1/keys";
/// What goes before a key's id where sealed requests go.
pub(crate) const SEALED: &str = "/ringfence/v1/sealed/";
/// Says in one word why a sealed request was refused.
pub(crate) const REFUSAL: HeaderName = HeaderName::from_static("ringfence-refusal");
/// The TPM's quote of the statement that it comes with.
pub(crate) const QUOTE: HeaderName = HeaderName::from_static("ringfence-quote");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysRequest {
    model: String,
}

/// Starts a model's runner and says, signed, what it is.
pub(crate) async fn keys(
    server: &Arc<Server>,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let whole = body::read(headers, incoming, &server.bodies).await?;
    let asked: KeysRequest = super::about::read(&whole.bytes)?;
    drop(whole);
    let name = catalog::name(&asked.model)?;
    if !server.signer.has_key() {
        return Err(Failure::new(
            FailureKind::NotFound,
            "this server has no identity, so it signs no statements: sealed mode is not there",
        ));
    }
    let keyed = server.pool.keyed(&name).await?;
    let stated = server.signer.state(name, keyed).await?;
    let mut reply = body::whole(200, STATEMENT_MEDIA_TYPE, stated.signed);
    if let Some(quote) = stated.quote {
        reply.headers_mut().insert(QUOTE, quote);
    }
    Ok(reply)
}

/// Hands a sealed request to the runner with this key, and its response back.
pub(crate) async fn exchange(
    server: &Arc<Server>,
    id: &str,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let key: u8 = id.parse().map_err(|_| {
        Failure::new(
            FailureKind::NotFound,
            "the id of a key is a number from 0 to 255",
        )
    })?;
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind != Some(REQUEST_MEDIA_TYPE.as_bytes()) {
        return Err(Failure::field(
            "content-type",
            format!("a sealed request has the content type {REQUEST_MEDIA_TYPE}"),
        ));
    }
    let limit = ringfence_runner::limits::SEALED_BYTES;
    let whole = body::read_to(headers, incoming, &server.bodies, limit).await?;
    if key_id(&whole.bytes) != Some(key) {
        return Err(Failure::new(
            FailureKind::Invalid,
            "the sealed request is not for the key in its path",
        ));
    }
    let Some(mut answering) = server.pool.sealed(key, whole)? else {
        return Ok(refused(404, "key"));
    };
    let first = match answering.steps.recv().await {
        Some(Step::Refused { status, word }) => return Ok(refused(status, &word)),
        Some(Step::Frames(bytes)) => bytes,
        Some(Step::Done) | None => return Ok(refused(500, "runner")),
    };
    let stream = Frames {
        first: Some(first),
        answering,
    };
    let mut reply = Response::new(stream.boxed_unsync());
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(RESPONSE_MEDIA_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(reply)
}

/// A request that was not opened: a status, and one word for whoever sealed it.
fn refused(status: u16, word: &str) -> Reply {
    let why = match word {
        "key" => "no model here has the key that this was sealed to: ask for the model's key again",
        "replayed" => "this request was answered before: seal it again",
        "stale" => "this request was sealed too long ago, or a clock is wrong",
        "busy" => "too many sealed requests of the last minutes: try again in some",
        "runner" => "the model's process ended before its answer did: ask again",
        _ => "the sealed request could not be opened",
    };
    let failure = Failure::new(FailureKind::Invalid, why);
    let mut reply = body::whole(
        status,
        "application/json; charset=utf-8",
        Api::Ollama.error(&failure),
    );
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    if let Ok(word) = HeaderValue::from_str(word) {
        reply.headers_mut().insert(REFUSAL, word);
    }
    reply
}

/// The body of a sealed response. Where it is cut, who opens it sees that.
struct Frames {
    first: Option<Vec<u8>>,
    answering: SealedAnswering,
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from(first)))));
        }
        Poll::Ready(match ready!(this.answering.steps.poll_recv(context)) {
            Some(Step::Frames(bytes)) => Some(Ok(Frame::data(Bytes::from(bytes)))),
            _ => None,
        })
    }
}
