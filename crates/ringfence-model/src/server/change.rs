//! Work on the store that takes a while and tells how far it is: a thread each, so that hashing and disks keep no question waiting.

use std::cell::Cell;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http_body::Frame;
use http_body_util::BodyExt;
use ringfence_inference::api::Api;
use ringfence_inference::api::metadata::Progress;
use ringfence_inference::{Failure, FailureKind};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::body::{self, Reply};
use super::limits;
use super::state::Server;
use crate::store::Store;

/// One line of a change, or why it ends without having been made.
type Line = Result<Progress, Failure>;

/// Where a change tells how far it is.
pub(crate) struct Told {
    lines: Sender<Line>,
    /// When the last line about bytes went.
    last: Cell<Option<Instant>>,
}

impl Told {
    /// A line that has to arrive; it waits for a slow client for a while. `false`: nobody listens any more.
    pub(crate) fn say(&self, progress: Progress) -> bool {
        self.send(Ok(progress))
    }

    /// A line that may be left out: there is another one soon. The last one of its kind (`whole`) goes by [`Told::say`].
    pub(crate) fn note(&self, progress: impl FnOnce() -> Progress) {
        let now = Instant::now();
        let soon = |last: Instant| now.saturating_duration_since(last) < limits::PROGRESS;
        if self.last.get().is_some_and(soon) {
            return;
        }
        self.last.set(Some(now));
        let _ = self.lines.try_send(Ok(progress()));
    }

    /// Comes back when nobody listens any more.
    pub(crate) async fn gone(&self) {
        self.lines.closed().await;
    }

    /// By looking, not by waiting in a runtime: who tells may be inside one of its own.
    fn send(&self, mut line: Line) -> bool {
        let end = Instant::now() + limits::STALL;
        loop {
            match self.lines.try_send(line) {
                Ok(()) => return true,
                Err(TrySendError::Full(again)) if Instant::now() < end => line = again,
                Err(_) => return false,
            }
            std::thread::sleep(limits::PROGRESS);
        }
    }
}

/// A line with nothing but words.
pub(crate) fn words(status: impl Into<String>) -> Progress {
    Progress {
        status: status.into(),
        ..Progress::default()
    }
}

/// Makes a change on a thread of its own, and answers with its lines, or with the last of them.
///
/// # Errors
/// When too many are being made, and what the change fails with before its first line.
pub(crate) async fn make(
    server: &Arc<Server>,
    stream: bool,
    work: impl FnOnce(&Store, &Told) -> Result<(), Failure> + Send + 'static,
) -> Result<Reply, Failure> {
    let place = Arc::clone(&server.changes)
        .try_acquire_owned()
        .map_err(|_| {
            Failure::new(
                FailureKind::Overloaded,
                "too many models are being made or pulled at once; try again when one of them is done",
            )
        })?;
    let (lines, receiver) = channel(limits::STEPS);
    let store = Arc::clone(&server.store);
    let told = Told {
        lines,
        last: Cell::new(None),
    };
    std::thread::Builder::new()
        .name("change".into())
        .spawn(move || {
            let made = work(&store, &told);
            // Whoever asks next finds the place free.
            drop(place);
            told.send(made.map(|()| words("success")));
        })
        .map_err(|error| {
            Failure::new(FailureKind::Internal, format!("a thread for it: {error}"))
        })?;
    answer(receiver, stream).await
}

async fn answer(mut lines: Receiver<Line>, stream: bool) -> Result<Reply, Failure> {
    // The first line decides the status.
    let mut last = lines.recv().await.unwrap_or_else(cut_off)?;
    if !stream {
        while let Some(line) = lines.recv().await {
            last = line?;
        }
        return body::json(&last);
    }
    let lines = Lines {
        first: Some(last),
        lines,
        ended: false,
    };
    let mut reply = Response::new(lines.boxed_unsync());
    let headers = reply.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "application/x-ndjson"),
        (CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(reply)
}

/// The thread ended without a word: it failed, or the server stops.
fn cut_off() -> Line {
    Err(Failure::new(
        FailureKind::Internal,
        "it was cut off: the server is stopping, or its thread failed",
    ))
}

/// The body of an answer line by line. Dropping it tells the change that nobody listens any more.
struct Lines {
    first: Option<Progress>,
    lines: Receiver<Line>,
    ended: bool,
}

impl http_body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        let line = match this.first.take() {
            Some(first) => Ok(first),
            None => ready!(this.lines.poll_recv(context)).unwrap_or_else(cut_off),
        };
        this.ended = !matches!(&line, Ok(progress) if progress.status != "success");
        let mut bytes = match line {
            Ok(progress) => serde_json::to_vec(&progress).unwrap_or_default(),
            Err(failure) => Api::Ollama.error(&failure),
        };
        bytes.push(b'\n');
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(bytes)))))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn told() -> (Told, Receiver<Line>) {
        let (lines, receiver) = channel(limits::STEPS);
        let last = Cell::new(None);
        (Told { lines, last }, receiver)
    }

    async fn text(reply: Reply) -> String {
        let bytes = reply.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn lines_come_as_they_are_told_and_end_with_the_last() {
        let (told, lines) = told();
        assert!(told.say(words("one")) && told.say(words("success")) && told.say(words("late")));
        let reply = answer(lines, true).await.unwrap();
        assert_eq!(reply.headers()[CONTENT_TYPE], "application/x-ndjson");
        assert_eq!(
            text(reply).await,
            "{\"status\":\"one\"}\n{\"status\":\"success\"}\n"
        );
    }

    #[tokio::test]
    async fn a_failure_has_a_status_before_the_first_line_and_is_a_line_after_it() {
        let failure = || Failure::new(FailureKind::NotFound, "gone");
        let (told, lines) = told();
        told.send(Err(failure()));
        let failed = answer(lines, true).await.err();
        assert_eq!(
            failed.map(|failed| failed.kind),
            Some(FailureKind::NotFound)
        );
        let (told, lines) = self::told();
        told.say(words("one"));
        told.send(Err(failure()));
        let reply = answer(lines, true).await.unwrap();
        assert_eq!(
            text(reply).await,
            "{\"status\":\"one\"}\n{\"error\":\"gone\"}\n"
        );
        // In one piece it is a failure wherever it comes.
        let (told, lines) = self::told();
        told.say(words("one"));
        told.send(Err(failure()));
        assert!(answer(lines, false).await.is_err());
    }

    #[tokio::test]
    async fn what_breaks_off_is_no_success() {
        let (told, lines) = told();
        told.say(words("one"));
        drop(told);
        let reply = answer(lines, true).await.unwrap();
        assert!(text(reply).await.contains("\"error\":\"it was cut off"));
        let (told, lines) = self::told();
        drop(told);
        assert!(answer(lines, true).await.is_err());
    }

    #[tokio::test]
    async fn who_leaves_is_noticed_and_lines_in_between_may_be_left_out() {
        let (told, lines) = told();
        for _ in 0..10 * limits::STEPS {
            told.note(|| words("some"));
        }
        assert!(lines.len() < limits::STEPS);
        drop(lines);
        told.gone().await;
        assert!(!told.say(words("more")));
    }
}
