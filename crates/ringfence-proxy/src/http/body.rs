//! Bodies on their way through: counted, asked about above the upload limit, scrubbed; never collected.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use ringfence_dlp::Blocked;
use ringfence_policy::RefusalClass;

use super::finish::Finish;
use crate::credential::scrub::Scrubber;
use crate::credential::watch::Watch;
use crate::egress::Lane;
use crate::upstream::Lease;

/// What a body can fail with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// The other side broke off.
    #[error(transparent)]
    Http(#[from] hyper::Error),
    /// The upload was not approved, or the egress filter stopped the body.
    #[error("body refused")]
    Refused,
}

/// A request body towards an upstream or an answer's body towards the sandbox.
pub(crate) enum Body {
    /// Nothing.
    Empty,
    /// A text of ours, or a body that was collected because it is small.
    Text(Option<Bytes>),
    /// A request body.
    Up(Box<Up>),
    /// An answer's body.
    Down(Box<Down>),
}

/// How far an upload got; shared with the exchange that it belongs to.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Bytes of the body sent so far.
    pub(crate) bytes: AtomicU64,
    /// Why the upload was stopped.
    pub(crate) refused: OnceLock<RefusalClass>,
}

/// Asks whether an upload may go on; made only when the limit is passed.
pub(crate) type AskUpload = Box<dyn FnOnce(u64) -> BoxFuture<'static, bool> + Send>;

/// A request body.
pub(crate) struct Up {
    inner: Incoming,
    progress: Arc<Progress>,
    gate: Gate,
    watch: Option<Watch>,
    /// The egress filter; `None` once the body is over.
    lane: Option<Lane>,
}

enum Gate {
    Open,
    /// Ask when more than this many bytes have come.
    Above(u64, Option<AskUpload>),
    Asking(BoxFuture<'static, bool>, Option<Bytes>),
    Shut,
}

/// An answer's body.
pub(crate) struct Down {
    inner: Incoming,
    scrubber: Option<Scrubber>,
    lane: Option<Lane>,
    finish: Finish,
    lease: Option<Lease>,
    ended: bool,
}

impl Body {
    /// A request body; `ask` is consulted above its limit.
    pub(crate) fn up(
        inner: Incoming,
        progress: Arc<Progress>,
        ask: Option<(u64, AskUpload)>,
        watch: Option<Watch>,
        lane: Option<Lane>,
    ) -> Self {
        if inner.is_end_stream() {
            return Body::Empty;
        }
        let gate = ask.map_or(Gate::Open, |(limit, ask)| Gate::Above(limit, Some(ask)));
        Body::Up(Box::new(Up {
            inner,
            progress,
            gate,
            watch,
            lane,
        }))
    }

    /// An answer's body. `finish` is recorded when it ends or is dropped.
    pub(crate) fn down(
        inner: Incoming,
        scrubber: Option<Scrubber>,
        lane: Option<Lane>,
        finish: Finish,
        lease: Option<Lease>,
    ) -> Self {
        let mut down = Down {
            inner,
            scrubber,
            lane,
            finish,
            lease,
            ended: false,
        };
        if down.inner.is_end_stream() {
            down.complete();
        }
        Body::Down(Box::new(down))
    }

    /// A text.
    pub(crate) fn text(text: impl Into<Bytes>) -> Self {
        Body::Text(Some(text.into()))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Body::Empty => Poll::Ready(None),
            Body::Text(text) => Poll::Ready(
                text.take()
                    .filter(|t| !t.is_empty())
                    .map(|t| Ok(Frame::data(t))),
            ),
            Body::Up(up) => up.poll(cx),
            Body::Down(down) => down.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Body::Empty => true,
            Body::Text(text) => text.as_ref().is_none_or(Bytes::is_empty),
            Body::Up(up) =>
            // The last bytes may still be held back by the filter.
            {
                up.inner.is_end_stream()
                    && up.lane.is_none()
                    && !matches!(up.gate, Gate::Asking(..))
            }
            // The last bytes may still be held back by the scrubber.
            Body::Down(down) => down.ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Empty => SizeHint::with_exact(0),
            Body::Text(text) => SizeHint::with_exact(text.as_ref().map_or(0, |t| t.len() as u64)),
            Body::Up(up) if up.lane.as_ref().is_some_and(|lane| !lane.keeps_length()) => {
                SizeHint::default()
            }
            Body::Up(up) => up.inner.size_hint(),
            Body::Down(down)
                if down.scrubber.as_ref().is_none_or(Scrubber::keeps_length)
                    && down.lane.as_ref().is_none_or(Lane::keeps_length) =>
            {
                down.inner.size_hint()
            }
            Body::Down(_) => SizeHint::default(),
        }
    }
}

impl Up {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            match &mut self.gate {
                Gate::Shut => return Poll::Ready(Some(Err(BodyError::Refused))),
                Gate::Asking(answer, held) => {
                    let yes = ready!(answer.as_mut().poll(cx));
                    let held = held.take();
                    if !yes {
                        self.shut(RefusalClass::NotApproved);
                        continue;
                    }
                    self.gate = Gate::Open;
                    if let Some(data) = held {
                        return Poll::Ready(Some(Ok(Frame::data(data))));
                    }
                }
                Gate::Open | Gate::Above(..) => {}
            }
            let frame = match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                None => match self.lane.take().map(|mut lane| lane.finish()) {
                    None => return Poll::Ready(None),
                    Some(Err(_)) => {
                        self.shut(RefusalClass::Filter);
                        continue;
                    }
                    Some(Ok(rest)) if rest.is_empty() => return Poll::Ready(None),
                    Some(Ok(rest)) => return Poll::Ready(Some(Ok(Frame::data(rest)))),
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                Some(Ok(frame)) => frame,
            };
            let frame = match (frame.into_data(), &mut self.lane) {
                (Err(mut frame), lane) => {
                    if let (Some(lane), Some(trailers)) = (lane, frame.trailers_mut()) {
                        lane.trailers(trailers);
                    }
                    return Poll::Ready(Some(Ok(frame)));
                }
                (Ok(data), None) => Frame::data(data),
                (Ok(data), Some(lane)) => {
                    // A body of known length is not asked for more after its last byte.
                    let last = self.inner.is_end_stream();
                    let clean = if last {
                        lane.end(data)
                    } else {
                        lane.push(data)
                    };
                    if last {
                        self.lane = None;
                    }
                    match clean {
                        Ok(clean) if clean.is_empty() => continue,
                        Ok(clean) => Frame::data(clean),
                        Err(_) => {
                            self.shut(RefusalClass::Filter);
                            continue;
                        }
                    }
                }
            };
            let Some(data) = frame.data_ref() else {
                return Poll::Ready(Some(Ok(frame)));
            };
            if let Some(watch) = &mut self.watch {
                watch.look(data);
            }
            let total = self
                .progress
                .bytes
                .fetch_add(data.len() as u64, Ordering::Relaxed)
                + data.len() as u64;
            if let Gate::Above(limit, ask) = &mut self.gate
                && total > *limit
                && let Some(ask) = ask.take()
            {
                self.gate = Gate::Asking(ask(total), frame.into_data().ok());
                continue;
            }
            return Poll::Ready(Some(Ok(frame)));
        }
    }
}

impl Up {
    fn shut(&mut self, class: RefusalClass) {
        let _ = self.progress.refused.set(class);
        self.gate = Gate::Shut;
        self.lane = None;
    }
}

impl Down {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(self.poll_inner(cx)) {
                None => match self.rest() {
                    Ok(rest) => {
                        self.complete();
                        if !rest.is_empty() {
                            return Poll::Ready(Some(Ok(Frame::data(rest))));
                        }
                    }
                    Err(_) => return Poll::Ready(Some(Err(self.refuse()))),
                },
                Some(Err(error)) => {
                    self.ended = true;
                    self.lease = None;
                    self.finish.fail(&crate::upstream::chain(&error));
                    return Poll::Ready(Some(Err(error.into())));
                }
                Some(Ok(frame)) => match self.pass(frame) {
                    Ok(None) => {}
                    Ok(Some(frame)) => return Poll::Ready(Some(Ok(frame))),
                    Err(_) => return Poll::Ready(Some(Err(self.refuse()))),
                },
            }
        }
    }

    /// What scrubber and filter still hold when the answer is over.
    fn rest(&mut self) -> Result<Bytes, Blocked> {
        let scrubbed = self
            .scrubber
            .as_mut()
            .map(Scrubber::finish)
            .unwrap_or_default();
        match self.lane.take() {
            Some(mut lane) => lane.end(scrubbed),
            None => Ok(scrubbed),
        }
    }

    fn refuse(&mut self) -> BodyError {
        self.ended = true;
        self.lease = None;
        self.finish.fail("the egress filter stopped the answer");
        BodyError::Refused
    }

    /// The next frame; the connection that it comes over moves only here.
    fn poll_inner(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        let (Poll::Pending, Some(lease)) = (&polled, &mut self.lease) else {
            return polled;
        };
        lease.drive(cx);
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    /// Counts and scrubs a frame; `None` when all of it is held back.
    fn pass(&mut self, frame: Frame<Bytes>) -> Result<Option<Frame<Bytes>>, Blocked> {
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(mut frame) => {
                if let (Some(scrubber), Some(trailers)) = (&self.scrubber, frame.trailers_mut()) {
                    scrubber.headers(trailers);
                }
                if let (Some(lane), Some(trailers)) = (&self.lane, frame.trailers_mut()) {
                    lane.trailers(trailers);
                }
                return Ok(Some(frame));
            }
        };
        self.finish.count(data.len());
        // A body of known length is not asked for more after its last byte.
        if self.inner.is_end_stream() && self.scrubber.is_none() && self.lane.is_none() {
            self.complete();
        }
        let mut clean = match &mut self.scrubber {
            Some(scrubber) => scrubber.push(data),
            None => data,
        };
        if let Some(lane) = &mut self.lane {
            // The end is told once the scrubber has said its last word.
            let last = self.inner.is_end_stream() && self.scrubber.is_none();
            clean = if last {
                lane.end(clean)
            } else {
                lane.push(clean)
            }?;
            if last {
                self.lane = None;
                self.complete();
            }
        }
        Ok((!clean.is_empty()).then(|| Frame::data(clean)))
    }

    fn complete(&mut self) {
        self.ended = true;
        self.finish.complete();
        if let Some(mut lease) = self.lease.take() {
            lease.give_back();
        }
    }
}
