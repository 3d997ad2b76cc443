//! Idle HTTP/1 connections and shared HTTP/2 connections.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Instant;

use hyper::client::conn::http2;
use ringfence_policy::{Host, Route, Scheme};

use super::Want;
use super::line::Line;
use crate::http::body::Body;
use crate::limits;

/// What connections may stand in for each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    scheme: Scheme,
    host: Host,
    port: u16,
    rewritten: bool,
    /// A connection is watched by the thread that it was made on, so it stays there.
    thread: ThreadId,
    pub(super) want: Want,
}

impl Key {
    pub(super) fn new(route: &Route, want: Want) -> Self {
        Self {
            scheme: route.scheme,
            host: route.host.clone(),
            port: route.port,
            rewritten: route.rewritten,
            thread: std::thread::current().id(),
            want,
        }
    }
}

/// A connection and the address that was checked before it was dialled.
pub(super) struct Link {
    pub(super) sender: Sender,
    pub(super) address: IpAddr,
}

/// The sending half of a connection.
pub(super) enum Sender {
    H1(Line),
    H2(http2::SendRequest<Body>),
}

#[derive(Default)]
pub(super) struct Pool {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Idle HTTP/1 connections with the time of their last use; the last used at the end.
    h1: HashMap<Key, Vec<(Link, Instant)>>,
    swept: Option<Instant>,
    h2: HashMap<Key, (http2::SendRequest<Body>, IpAddr)>,
    /// Servers that were offered HTTP/2 and chose HTTP/1: their connections need no turns.
    h1_only: HashSet<Key>,
    turns: HashMap<Key, Arc<tokio::sync::Mutex<()>>>,
}

impl Pool {
    /// A usable connection whose address `accepts`.
    pub(super) fn take(&self, key: &Key, accepts: impl Fn(IpAddr) -> bool) -> Option<Link> {
        let mut inner = self.lock();
        if let Some((sender, address)) = inner.h2.get(key) {
            if sender.is_closed() {
                inner.h2.remove(key);
            } else if accepts(*address) {
                return Some(Link {
                    sender: Sender::H2(sender.clone()),
                    address: *address,
                });
            }
        }
        let links = inner.h1.get_mut(key)?;
        links.retain(|(_, used)| used.elapsed() < limits::UPSTREAM_IDLE);
        let at = links.iter().rposition(|(link, _)| accepts(link.address))?;
        Some(links.remove(at).0)
    }

    /// Keeps an HTTP/1 connection whose answer is over.
    pub(super) fn put(&self, key: Key, link: Link) {
        let now = Instant::now();
        let mut inner = self.lock();
        // Idle connections are not driven, so nobody notices that the server has closed one: time has to.
        if inner
            .swept
            .is_none_or(|at| now - at > limits::UPSTREAM_SWEEP)
        {
            inner.swept = Some(now);
            for links in inner.h1.values_mut() {
                links.retain(|(_, used)| now - *used < limits::UPSTREAM_IDLE);
            }
            inner.h1.retain(|_, links| !links.is_empty());
        }
        if !inner.h1.contains_key(&key) && inner.h1.len() >= limits::UPSTREAMS {
            return;
        }
        let links = inner.h1.entry(key).or_default();
        if links.len() < limits::IDLE_PER_UPSTREAM {
            links.push((link, now));
        }
    }

    /// Closes every connection that is not in use.
    pub(super) fn drop_idle(&self) {
        let mut inner = self.lock();
        inner.h1.clear();
        // A shared connection lives on in the streams that use it.
        inner.h2.clear();
    }

    /// Remembers what a new connection turned out to be.
    pub(super) fn note(&self, key: &Key, link: &Link) {
        let mut inner = self.lock();
        match &link.sender {
            Sender::H2(sender) => {
                if inner.h2.len() >= limits::UPSTREAMS {
                    inner.h2.retain(|_, (sender, _)| !sender.is_closed());
                }
                if inner.h2.len() < limits::UPSTREAMS {
                    inner.h2.insert(key.clone(), (sender.clone(), link.address));
                }
            }
            Sender::H1(_) if key.want == Want::Any && inner.h1_only.len() < limits::UPSTREAMS => {
                inner.h1_only.insert(key.clone());
                inner.turns.remove(key);
            }
            Sender::H1(_) => {}
        }
    }

    /// The lock that a dialler for this key has to hold, when connections for it can be shared.
    pub(super) fn turn(&self, key: &Key) -> Option<Arc<tokio::sync::Mutex<()>>> {
        if key.want == Want::H1 {
            return None;
        }
        let mut inner = self.lock();
        if inner.h1_only.contains(key) {
            return None;
        }
        if inner.turns.len() >= limits::UPSTREAMS {
            inner.turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Some(Arc::clone(inner.turns.entry(key.clone()).or_default()))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
