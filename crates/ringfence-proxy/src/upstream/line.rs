//! One HTTP/1 connection to an upstream, driven by whoever uses it and not by a task of its own: a request then costs no
//! change of task, and a client that goes away takes its upstream connection with it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use hyper::Response;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::SendRequest;

use super::pool::{Key, Link, Pool, Sender};
use crate::http::body::Body;

type Driver = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// An HTTP/1 connection.
pub(super) struct Line {
    sender: SendRequest<Body>,
    /// `None` once the connection has ended.
    driver: Option<Driver>,
}

impl Line {
    pub(super) fn new(
        sender: SendRequest<Body>,
        driver: impl Future<Output = hyper::Result<()>> + Send + 'static,
    ) -> Self {
        Self {
            sender,
            driver: Some(Box::pin(driver)),
        }
    }

    /// Sends a request and drives the connection until the head of the answer is there.
    pub(super) async fn send(
        &mut self,
        request: http::Request<Body>,
    ) -> Result<Response<Incoming>, TrySendError<http::Request<Body>>> {
        let Self { sender, driver } = self;
        // The server may have closed a kept connection meanwhile; the sender only knows after this.
        poll_fn(|cx| {
            drive(driver, cx);
            Poll::Ready(())
        })
        .await;
        let mut answer = pin!(sender.try_send_request(request));
        poll_fn(|cx| {
            drive(driver, cx);
            answer.as_mut().poll(cx)
        })
        .await
    }
}

fn drive(driver: &mut Option<Driver>, cx: &mut Context<'_>) {
    if let Some(connection) = driver
        && let Poll::Ready(result) = connection.as_mut().poll(cx)
    {
        if let Err(error) = result {
            tracing::debug!(error = %super::chain(&error), "upstream connection ended");
        }
        *driver = None;
    }
}

/// A connection in use: driven for as long as its answer is read, then given back.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    taken: Option<(Key, Link)>,
}

impl Lease {
    /// `None` for an HTTP/2 connection, which has a task of its own.
    pub(super) fn new(pool: &Arc<Pool>, key: Key, link: Link) -> Option<Self> {
        matches!(link.sender, Sender::H1(_)).then(|| Self {
            pool: Arc::clone(pool),
            taken: Some((key, link)),
        })
    }

    /// Lets the connection move.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(line) = self.line() {
            drive(&mut line.driver, cx);
        }
    }

    /// The answer is over: the connection goes back to the pool when it can take another request, else it is closed.
    pub(crate) fn give_back(&mut self) {
        // After the last byte the connection needs one more turn to notice that it is idle.
        self.drive(&mut Context::from_waker(Waker::noop()));
        let idle = self
            .line()
            .is_some_and(|line| line.driver.is_some() && line.sender.is_ready());
        if let Some((key, link)) = self.taken.take().filter(|_| idle) {
            self.pool.put(key, link);
        }
    }

    /// Drives the connection to its end: a protocol switch is one.
    pub(crate) async fn finish(mut self) {
        poll_fn(|cx| {
            self.drive(cx);
            match self.line() {
                Some(line) if line.driver.is_some() => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    }

    fn line(&mut self) -> Option<&mut Line> {
        match self.taken.as_mut() {
            Some((
                _,
                Link {
                    sender: Sender::H1(line),
                    ..
                },
            )) => Some(line),
            _ => None,
        }
    }
}
