//! The connection limit, and how those beyond it are told.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ringfence_policy::{Event, Host, Refusal, RefusalClass};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Kind;
use super::flow::{ALERT_INTERNAL, alert, refuse_at_once, say_and_close};
use crate::connect;
use crate::context::Context;
use crate::limits::{LIMIT_EVENT, REFUSALS};
use crate::names::Meaning;

/// The place of one connection.
#[derive(Debug)]
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Slot {
    /// A place that was counted elsewhere.
    pub(crate) fn of(permit: OwnedSemaphorePermit) -> Self {
        Self { _permit: permit }
    }
}

/// Counts connections in and turns away those beyond the limit.
pub(super) struct Door {
    limit: usize,
    slots: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    said: Mutex<BTreeMap<&'static str, Said>>,
}

#[derive(Default)]
struct Said {
    last: Option<Instant>,
    unsaid: u64,
}

impl Door {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            slots: Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS))),
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            said: Mutex::default(),
        }
    }

    /// A place for one connection, given back when dropped.
    pub(super) fn enter(&self) -> Option<Slot> {
        let permit = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        Some(Slot { _permit: permit })
    }

    /// Waits until every place is free.
    pub(super) async fn empty(&self) {
        let all = u32::try_from(self.limit).unwrap_or(u32::MAX);
        let _ = self.slots.acquire_many(all).await;
    }

    /// Refuses a connection for which there is no place: with the reason where the protocol has a way to say it and
    /// not too many are being told already.
    pub(super) async fn turn_away(
        &self,
        ctx: &Context,
        kind: Kind,
        stream: TcpStream,
        destination: SocketAddr,
    ) {
        self.record(ctx, "connection_limit", || {
            format!("more than {} connections at once", self.limit)
        });
        let Ok(_place) = self.refusals.try_acquire() else {
            return refuse_at_once(stream);
        };
        // What the client asked for by name is refused by name.
        let host = match ctx.names.meaning(destination.ip()) {
            Meaning::Name(name) => name,
            _ => Host::Ip(destination.ip()),
        };
        let refusal = Refusal {
            class: RefusalClass::Limit,
            host,
            port: destination.port(),
            full: String::new(),
        };
        match (kind, destination.port()) {
            (Kind::HttpProxy, _) | (Kind::Captured, 80) => {
                say_and_close(stream, &connect::response(&refusal)).await;
            }
            (Kind::Captured, 443) => say_and_close(stream, &alert(ALERT_INTERNAL)).await,
            _ => refuse_at_once(stream),
        }
    }

    /// Records that sockets themselves fail.
    pub(super) fn trouble(&self, ctx: &Context, condition: &'static str, error: &io::Error) {
        self.record(ctx, condition, || error.to_string());
    }

    /// One event per condition and [`LIMIT_EVENT`], with the number of those in between.
    fn record(&self, ctx: &Context, condition: &'static str, detail: impl FnOnce() -> String) {
        let unsaid = {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            let said = said.entry(condition).or_default();
            let now = Instant::now();
            if said
                .last
                .is_some_and(|last| now.saturating_duration_since(last) < LIMIT_EVENT)
            {
                said.unsaid += 1;
                return;
            }
            said.last = Some(now);
            std::mem::take(&mut said.unsaid)
        };
        let mut detail = detail();
        if unsaid > 0 {
            detail = format!("{detail} ({unsaid} more since the last report)");
        }
        // A failure to record stops the session by itself, and nothing is permitted here.
        let _ = ctx.record(Event::Fence {
            condition: condition.to_owned(),
            detail,
        });
    }
}
