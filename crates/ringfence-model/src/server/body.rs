//! Bodies: those of requests with an end to their size, their memory and their patience; those of answers.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HeaderMap, HeaderValue,
};
use http::{Response, StatusCode};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use ringfence_inference::api::Api;
use ringfence_inference::{Failure, FailureKind, limits as wire};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::limits;

/// An answer on its way out.
pub(crate) type Reply = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// The whole body of a request. Its share of the memory for bodies is free again when it is dropped.
pub(crate) struct Whole {
    pub(crate) bytes: Vec<u8>,
    share: Share,
}

/// A share of the memory for bodies.
pub(crate) struct Share {
    _held: Option<OwnedSemaphorePermit>,
}

impl Whole {
    /// The share alone, for as long as what was read from the body is held in its place.
    pub(crate) fn into_share(self) -> Share {
        self.share
    }
}

/// Reads a body of at most [`wire::BODY_BYTES`].
///
/// # Errors
/// When it is longer, compressed, too slow or cut off, or when other bodies fill the memory for them.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: &mut Incoming,
    memory: &Arc<Semaphore>,
) -> Result<Whole, Failure> {
    read_to(headers, body, memory, wire::BODY_BYTES).await
}

/// The same, of at most so many bytes.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_to(
    headers: &HeaderMap,
    body: &mut Incoming,
    memory: &Arc<Semaphore>,
    most: usize,
) -> Result<Whole, Failure> {
    let too_large = || {
        Failure::new(
            FailureKind::TooLarge,
            format!("the request's body has more than {most} bytes"),
        )
    };
    plain(headers)?;
    if declared(headers).is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let end = Instant::now() + limits::BODY_TIME;
    let mut bytes = Vec::new();
    let mut share: Option<OwnedSemaphorePermit> = None;
    while let Some(part) = next(body, end).await? {
        if bytes.len() + part.len() > most {
            return Err(too_large());
        }
        // In steps of 64 KiB: small bodies are no business of the semaphore's.
        let wanted = (bytes.len() + part.len()) >> 16 << 6;
        let held = share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if wanted > held {
            let more = u32::try_from(wanted - held).unwrap_or(u32::MAX);
            let permit = Arc::clone(memory)
                .try_acquire_many_owned(more)
                .map_err(|_| {
                    Failure::new(
                        FailureKind::Overloaded,
                        "too many large requests at once; try again",
                    )
                })?;
            match &mut share {
                Some(share) => share.merge(permit),
                none => *none = Some(permit),
            }
        }
        bytes.extend_from_slice(&part);
    }
    Ok(Whole {
        bytes,
        share: Share { _held: share },
    })
}

/// The next bytes of a body; `None` at its end.
///
/// # Errors
/// When they do not come in time, or not at all.
pub(crate) async fn next(body: &mut Incoming, end: Instant) -> Result<Option<Bytes>, Failure> {
    loop {
        let patience = limits::BODY_GAP.min(end.saturating_duration_since(Instant::now()));
        match timeout(patience, body.frame()).await {
            Err(_) => {
                return Err(Failure::new(
                    FailureKind::Invalid,
                    "the request's body did not come in time",
                ));
            }
            Ok(None) => return Ok(None),
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => return Ok(Some(data)),
                Err(_trailers) => {}
            },
            Ok(Some(Err(_))) => {
                return Err(Failure::new(
                    FailureKind::Invalid,
                    "the request's body was cut off",
                ));
            }
        }
    }
}

/// What is left of a request's body when its answer is there. A little of it is read, so that the connection goes on; otherwise the
/// answer says that it ends. A client that is told neither sends its next request to a connection that is being closed.
pub(crate) async fn settle(headers: &HeaderMap, body: &mut Incoming, reply: &mut HeaderMap) {
    let end = Instant::now() + limits::REST_TIME;
    let mut left = limits::REST_BYTES;
    // Who waits to be told to go on is not told so for nothing.
    let waits = headers.contains_key(EXPECT);
    let long = declared(headers).is_some_and(|length| length > limits::REST_BYTES as u64);
    while !body.is_end_stream() {
        let part = match waits || long {
            true => None,
            false => next(body, end).await.ok(),
        };
        match part {
            Some(None) => return,
            Some(Some(part)) if part.len() <= left => left -= part.len(),
            Some(Some(_)) | None => {
                let close = HeaderValue::from_static("close");
                reply.insert(CONNECTION, close);
                return;
            }
        }
    }
}

/// Bytes that the head announces.
pub(crate) fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What is small when it comes and large when it is unpacked is not unpacked (CVE-2024-12886).
pub(crate) fn plain(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get(CONTENT_ENCODING) {
        None => Ok(()),
        Some(coding) if coding.as_bytes().eq_ignore_ascii_case(b"identity") => Ok(()),
        Some(_) => Err(Failure::field(
            "content-encoding",
            "compressed bodies are not taken; send the request plain",
        )),
    }
}

/// A whole answer.
pub(crate) fn whole(status: u16, kind: &'static str, body: Vec<u8>) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(body)).boxed_unsync());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

/// A whole answer of JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<Reply, Failure> {
    let body = serde_json::to_vec(value)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("the answer: {error}")))?;
    Ok(whole(200, "application/json; charset=utf-8", body))
}

/// An error in the shape of an API.
pub(crate) fn failed(api: Api, failure: &Failure) -> Reply {
    whole(
        failure.kind.status(),
        "application/json; charset=utf-8",
        api.error(failure),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn head(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn what_is_packed_is_refused_by_any_name() {
        assert!(plain(&HeaderMap::new()).is_ok());
        for fine in ["identity", "Identity"] {
            assert!(plain(&head(CONTENT_ENCODING, fine)).is_ok());
        }
        for packed in [
            "gzip",
            "x-gzip",
            "br",
            "zstd",
            "identity, gzip",
            "",
            "unknown",
        ] {
            let failure = plain(&head(CONTENT_ENCODING, packed)).unwrap_err();
            assert_eq!(failure.kind.status(), 400, "{packed}");
        }
    }

    #[test]
    fn a_length_is_a_number_or_none() {
        assert_eq!(declared(&head(CONTENT_LENGTH, "12")), Some(12));
        for none in ["", "-1", "0x10", "1 2", "99999999999999999999999"] {
            assert_eq!(declared(&head(CONTENT_LENGTH, none)), None, "{none}");
        }
    }
}
