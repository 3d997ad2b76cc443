//! One question: sealed, sent, its answer opened. An answer that is not streamed is held until it is known to be whole; of one that is
//! streamed the program has what is authentic and in its place, and hears of it when the rest is not.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use ringfence_inference::api::{Api, Endpoint};
use ringfence_inference::{Failure, FailureKind};
use ringfence_seal::{
    Field, REQUEST_MEDIA_TYPE, RESPONSE_MEDIA_TYPE, RequestHead, RequestSealer, ResponseHead,
    ResponseOpener, SealError, VerifiedRunner,
};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::route::{Broken, Reply};
use super::upstream::{broken, cut_off};
use super::{Shared, limits, now};
use crate::client::Answer;
use crate::server::body;
use crate::server::sealed::{REFUSAL, SEALED};
use crate::server::warnings::{About, warn};

/// Answers a question to a model.
pub(crate) async fn ask(
    shared: &Shared,
    endpoint: Endpoint,
    path: &str,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let whole = body::read(headers, incoming, &shared.bodies).await?;
    // What no model could answer does not leave this machine.
    let (request, _) = endpoint.read(&whole.bytes)?;
    let (model, streamed) = (request.model.to_string(), request.stream);
    drop(request);
    if !shared.encryption {
        return in_clear(shared, path, whole.bytes).await;
    }
    let (mut answer, mut opener) = {
        let asker = shared.askers.name(headers);
        sealed(shared, path, &model, asker.as_ref(), &whole.bytes).await?
    };
    drop(whole);
    let address = shared.upstream.address();
    let failed = |why| broken(address, cut_off(&why));
    let mut first = Zeroizing::new(Vec::new());
    let head = loop {
        let Some(bytes) = answer.next().await.map_err(failed)? else {
            return Err(broken(
                address,
                SealError::Truncated {
                    half: ringfence_seal::Half::Response,
                    frames: 0,
                },
            ));
        };
        let pushed = opener.push(&bytes, &mut first);
        if let Some(head) = pushed.map_err(|error| broken(address, error))? {
            break head;
        }
    };
    if !streamed {
        return rest(&mut answer, opener, head, first)
            .await
            .map_err(|why| broken(address, why));
    }
    let (pieces, receiver) = channel(limits::PIECES);
    let api = endpoint.api();
    let about = address.clone();
    let reader = tokio::spawn(async move {
        if !first.is_empty() && pieces.send(Ok(copy(&first))).await.is_err() {
            return;
        }
        if let Err(why) = open(&mut answer, opener, &pieces).await {
            let failure = broken(
                &about,
                format!("{why}. What came before is not the whole answer"),
            );
            warn(About::Sealed, || tracing::warn!("{failure}"));
            let _ = pieces
                .send(Ok(Bytes::from(last_words(api, &failure))))
                .await;
            // What is written goes out while nothing else comes; with the error at its heels it would not.
            tokio::time::sleep(limits::LAST_WORDS).await;
            let _ = pieces.send(Err(Broken)).await;
        }
    });
    let pieces = Pieces {
        pieces: receiver,
        reader,
    };
    Ok(reply(&head, pieces.boxed_unsync()))
}

/// Seals the question to the model's runner and sends it. A key that the server does not know any more is asked for once more.
async fn sealed(
    shared: &Shared,
    path: &str,
    model: &str,
    asker: Option<&Field>,
    body: &[u8],
) -> Result<(Answer, ResponseOpener), Failure> {
    let address = shared.upstream.address();
    let mut again = true;
    loop {
        let runner = shared.keys.runner(model).await?;
        let (ciphertext, opener) =
            seal(&runner, path, asker, body).map_err(|error| broken(address, error))?;
        let to = format!("{SEALED}{}", runner.statement().key.id());
        let body = Some((REQUEST_MEDIA_TYPE, ciphertext));
        let answer = shared
            .upstream
            .send(Method::POST, &to, body, limits::MODEL_TIME)
            .await?;
        if answer.status() == 200 && answer.kind() == RESPONSE_MEDIA_TYPE {
            return Ok((answer, opener));
        }
        let word = answer.headers().get(REFUSAL);
        let word = word.and_then(|w| w.to_str().ok()).unwrap_or_default();
        if word == "key" && std::mem::take(&mut again) {
            shared.keys.forget(model, &runner);
            continue;
        }
        return Err(refused(shared, &answer, word));
    }
}

fn seal(
    runner: &Arc<VerifiedRunner>,
    path: &str,
    asker: Option<&Field>,
    body: &[u8],
) -> Result<(Vec<u8>, ResponseOpener), SealError> {
    let kind = Field::new("content-type", "application/json");
    let head = RequestHead {
        method: "POST".into(),
        path: path.to_owned(),
        // No header of the program's: its token is for this endpoint.
        fields: asker.cloned().into_iter().chain([kind]).collect(),
    };
    let mut out = Vec::new();
    let mut sealer = RequestSealer::start(runner, &head, now(), &mut out)?;
    sealer.body(body, &mut out)?;
    let opener = sealer.finish(&mut out)?;
    Ok((out, opener))
}

/// What the server said instead of a sealed answer. None of it is repeated: it is not the runner's.
fn refused(shared: &Shared, answer: &Answer, word: &str) -> Failure {
    let address = shared.upstream.address();
    let why = match (word, answer.status()) {
        ("key", _) => {
            "it has no runner with the key that it signed a statement about, twice: it mixes up models, or something in between does"
        }
        ("replayed", _) => {
            "the runner says that it has answered this request before: something in between sent it twice"
        }
        ("stale", _) => {
            "the runner's clock and this machine's differ by more than five minutes: set them"
        }
        ("busy", _) | ("", 503) => {
            return Failure::new(
                FailureKind::Overloaded,
                format!("the model server at {address} is busy; try again later"),
            );
        }
        ("too-large", _) => {
            return Failure::new(
                FailureKind::TooLarge,
                "the request is too large for the model server",
            );
        }
        ("runner", _) => {
            "the model's process ended before its answer did; ask again, another one is started"
        }
        ("malformed", _) => {
            "the runner could not open what was sealed for it: it was altered on the way"
        }
        (_, 401) => {
            "it asks for a token; put it into a file and name that with `--server-token-file`"
        }
        (_, 200) => {
            "it answered in clear where only a sealed answer is taken; what it said is not passed on"
        }
        _ => "it refused the sealed request",
    };
    let failure = broken(address, why);
    warn(About::Sealed, || {
        tracing::warn!(status = answer.status(), "{failure}")
    });
    failure
}

/// The rest of an answer that is not streamed, and that it is whole.
async fn rest(
    answer: &mut Answer,
    mut opener: ResponseOpener,
    head: ResponseHead,
    mut body: Zeroizing<Vec<u8>>,
) -> Result<Reply, String> {
    while let Some(bytes) = answer.next().await.map_err(|why| cut_off(&why))? {
        opener.push(&bytes, &mut body).map_err(|e| e.to_string())?;
        if body.len() > limits::WHOLE_BYTES {
            return Err(format!(
                "its answer has more than {} bytes; ask for it as a stream",
                limits::WHOLE_BYTES
            ));
        }
    }
    opener.finish(&mut body).map_err(|e| e.to_string())?;
    Ok(reply(
        &head,
        Full::new(copy(&body))
            .map_err(|never| match never {})
            .boxed_unsync(),
    ))
}

/// Opens what comes, piece by piece, to the authentic end.
async fn open(
    answer: &mut Answer,
    mut opener: ResponseOpener,
    pieces: &Sender<Result<Bytes, Broken>>,
) -> Result<(), String> {
    let mut plain = Zeroizing::new(Vec::new());
    while let Some(bytes) = answer.next().await.map_err(|why| cut_off(&why))? {
        plain.clear();
        opener.push(&bytes, &mut plain).map_err(|e| e.to_string())?;
        if !plain.is_empty() && pieces.send(Ok(copy(&plain))).await.is_err() {
            return Ok(());
        }
    }
    plain.clear();
    opener.finish(&mut plain).map_err(|e| e.to_string())?;
    if !plain.is_empty() {
        // Who left does not need it.
        let _ = pieces.send(Ok(copy(&plain))).await;
    }
    Ok(())
}

fn copy(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

/// The end of a stream that is not whole, as each API's clients read it.
fn last_words(api: Api, failure: &Failure) -> Vec<u8> {
    let error = api.error(failure);
    let (before, after): (&[u8], &[u8]) = match api {
        Api::Ollama => (b"\n", b"\n"),
        Api::OpenAi => (b"\n\ndata: ", b"\n\n"),
        Api::Anthropic => (b"\n\nevent: error\ndata: ", b"\n\n"),
    };
    [before, &error, after].concat()
}

/// The head that the runner sealed, as far as programs need it.
fn reply(
    head: &ResponseHead,
    body: http_body_util::combinators::UnsyncBoxBody<Bytes, Broken>,
) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() =
        StatusCode::from_u16(head.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for field in &head.fields {
        let name = match field.name.as_str() {
            "content-type" => CONTENT_TYPE,
            "cache-control" => CACHE_CONTROL,
            _ => continue,
        };
        if let Ok(value) = HeaderValue::from_bytes(&field.value) {
            reply.headers_mut().insert(name, value);
        }
    }
    reply
}

/// With encryption switched off: the question and its answer as they are.
async fn in_clear(shared: &Shared, path: &str, body: Vec<u8>) -> Result<Reply, Failure> {
    let body = Some(("application/json", body));
    let mut answer = shared
        .upstream
        .send(Method::POST, path, body, limits::MODEL_TIME)
        .await?;
    let head = ResponseHead {
        status: answer.status(),
        fields: vec![Field::new("content-type", answer.kind())],
    };
    let (pieces, receiver) = channel(limits::PIECES);
    let reader = tokio::spawn(async move {
        loop {
            let piece = match answer.next().await {
                Ok(None) => return,
                Ok(Some(bytes)) => Ok(bytes),
                Err(_) => Err(Broken),
            };
            let over = piece.is_err();
            if pieces.send(piece).await.is_err() || over {
                return;
            }
        }
    });
    let pieces = Pieces {
        pieces: receiver,
        reader,
    };
    Ok(reply(&head, pieces.boxed_unsync()))
}

/// The body of a streamed answer. When the program leaves, the connection to the server ends, and the model stops.
struct Pieces {
    pieces: Receiver<Result<Bytes, Broken>>,
    reader: JoinHandle<()>,
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let next = self.get_mut().pieces.poll_recv(context);
        next.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
