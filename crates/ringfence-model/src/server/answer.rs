//! Questions to models: a body in one of the three wire formats, a stream of steps back in the same.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use ringfence_inference::api::{Endpoint, Identity, Writer};
use ringfence_inference::{Event, Failure, FailureKind};

use super::body::{self, Reply};
use super::catalog::since_epoch;
use super::pool::Answering;
use super::state::Server;

/// Answers one question.
///
/// # Errors
/// What is wrong with it, or that there is no room for it.
pub(crate) async fn ask(
    server: &Arc<Server>,
    endpoint: Endpoint,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let whole = body::read(headers, incoming, &server.bodies).await?;
    let (request, wire) = endpoint.read(&whole.bytes)?;
    let share = whole.into_share();
    let identity = Identity {
        id: random()?,
        created: since_epoch(SystemTime::now()),
    };
    let call_id = wire.call_id(&identity);
    let mut writer = Writer::new(wire, &request, identity);
    let asker = server.guard.asker(headers);
    let mut answering = server.pool.ask(request, call_id, asker, share)?;
    // The first bytes decide the status. When the client leaves before, this future and the question are dropped.
    let mut first = Vec::new();
    while first.is_empty() && !writer.ended() {
        let event = answering.events.recv().await;
        first = writer.event(
            &event.unwrap_or_else(cut_off),
            since_epoch(SystemTime::now()),
        );
    }
    let kind = writer.content_type();
    let status = writer.status();
    if writer.ended() {
        return Ok(body::whole(status, kind, first));
    }
    let stream = Steps {
        first: Some(first),
        writer,
        answering,
    };
    let mut reply = Response::new(stream.boxed_unsync());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(reply)
}

/// The steps ended without an end: the server stops.
fn cut_off() -> Event {
    Event::Error(Failure::new(
        FailureKind::Internal,
        "the answer was cut off: the server is stopping, or the model's thread failed",
    ))
}

/// 24 random letters and digits.
fn random() -> Result<String, Failure> {
    let mut bytes = [0_u8; 12];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| Failure::new(FailureKind::Internal, "no random numbers"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The body of a streamed answer. The model waits when the client does not take it, and stops when the client leaves.
struct Steps {
    first: Option<Vec<u8>>,
    writer: Writer,
    answering: Answering,
}

impl http_body::Body for Steps {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let frame = |bytes: Vec<u8>| Poll::Ready(Some(Ok(Frame::data(Bytes::from(bytes)))));
        if let Some(first) = this.first.take() {
            return frame(first);
        }
        while !this.writer.ended() {
            let event = ready!(this.answering.events.poll_recv(context)).unwrap_or_else(cut_off);
            let bytes = this.writer.event(&event, since_epoch(SystemTime::now()));
            if !bytes.is_empty() {
                return frame(bytes);
            }
        }
        Poll::Ready(None)
    }
}
