//! The end of an exchange: recorded once, however it comes about.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use ringfence_policy::{Event, Permit, Scheme};

use super::body::Progress;
use crate::context::Context;

/// Collects what [`Event::Exchange`] says and records it when it is dropped.
pub(crate) struct Finish {
    ctx: Arc<Context>,
    started: Instant,
    progress: Arc<Progress>,
    connection: u64,
    scheme: Scheme,
    host: String,
    upstream: String,
    method: String,
    path: String,
    address: Option<IpAddr>,
    status: Option<u16>,
    bytes_in: u64,
    error: Option<String>,
    complete: bool,
}

impl Finish {
    /// Starts the clock.
    pub(crate) fn new(
        ctx: Arc<Context>,
        connection: u64,
        permit: &Permit,
        method: &str,
        path: &str,
        progress: Arc<Progress>,
    ) -> Self {
        let route = permit.route();
        Self {
            ctx,
            started: Instant::now(),
            progress,
            connection,
            scheme: route.scheme,
            host: permit.host().to_string(),
            upstream: format!("{}:{}", route.host, route.port),
            method: method.to_owned(),
            path: path.to_owned(),
            address: None,
            status: None,
            bytes_in: 0,
            error: None,
            complete: false,
        }
    }

    /// The head of the answer is there.
    pub(crate) fn answered(&mut self, address: IpAddr, status: u16) {
        self.address = Some(address);
        self.status = Some(status);
    }

    /// More of the answer's body.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.bytes_in += bytes as u64;
    }

    /// More bytes from the sandbox, besides the request's body.
    pub(crate) fn sent(&self, bytes: u64) {
        self.progress.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The answer ended as it should.
    pub(crate) fn complete(&mut self) {
        self.complete = true;
    }

    /// The exchange broke off.
    pub(crate) fn fail(&mut self, why: &str) {
        self.error = Some(why.to_owned());
    }
}

impl Drop for Finish {
    fn drop(&mut self) {
        let error = self
            .error
            .take()
            .or_else(|| (!self.complete).then(|| "the client broke off".to_owned()));
        let event = Event::Exchange {
            connection: self.connection,
            scheme: Some(self.scheme),
            host: std::mem::take(&mut self.host),
            upstream: std::mem::take(&mut self.upstream),
            address: self.address,
            method: Some(std::mem::take(&mut self.method)),
            path: Some(std::mem::take(&mut self.path)),
            status: self.status,
            bytes_out: self.progress.bytes.load(Ordering::Relaxed),
            bytes_in: self.bytes_in,
            ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            error,
        };
        // A failure has stopped the session already; there is nobody left to tell here.
        let _ = self.ctx.record(event);
    }
}
