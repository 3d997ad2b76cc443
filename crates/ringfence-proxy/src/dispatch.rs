//! Accepts the sandbox's connections, keeps to the limits, and hands each to what it is: DNS, an explicit proxy
//! endpoint, or a captured connection whose own address is the destination it asked for.

mod admit;
mod flow;
mod lanes;
mod look;

pub(crate) use flow::{Flow, refuse_at_once, say_and_close};
pub(crate) use look::more;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use ringfence_policy::{Host, Refusal, RefusalClass};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::context::Context;
use crate::dns::Desk;
use crate::limits::SHUTDOWN;
use crate::names::Meaning;
use crate::setup::{Listeners, ProxyError};
use crate::{connect, socks};
use admit::Door;
pub(crate) use admit::Slot;
use lanes::Lanes;

/// Port of DNS.
const DNS: u16 = 53;
/// Port of DNS over TLS: always refused, so that clients come back to port 53.
const DNS_OVER_TLS: u16 = 853;

/// What all connections of one session's listeners share.
pub(crate) struct Server {
    pub(crate) ctx: Arc<Context>,
    pub(crate) desk: Desk,
    door: Door,
    tasks: TaskTracker,
    lanes: Lanes,
    /// The time to end in order is over too.
    kill: CancellationToken,
}

/// What a listener was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Captured,
    Dns,
    HttpProxy,
    Socks,
}

/// Runs every accept loop until `shutdown` or an audit failure.
pub(crate) async fn serve(
    ctx: Arc<Context>,
    listeners: Listeners,
    shutdown: CancellationToken,
) -> Result<(), ProxyError> {
    let mut accepting = Vec::new();
    for (kind, sockets) in [
        (Kind::Captured, listeners.tcp),
        (Kind::Dns, listeners.dns_tcp),
        (Kind::HttpProxy, listeners.http_proxy),
        (Kind::Socks, listeners.socks),
    ] {
        for socket in sockets {
            socket.set_nonblocking(true)?;
            accepting.push((kind, TcpListener::from_std(socket)?));
        }
    }
    let failed = ctx.failed();
    let server = Server::new(ctx);
    let stop = CancellationToken::new();
    let loops = TaskTracker::new();
    for (kind, listener) in accepting {
        let server = Arc::clone(&server);
        let stopped = stop.clone().cancelled_owned();
        loops.spawn(async move {
            tokio::select! {
                () = server.accept(kind, listener) => {}
                () = stopped => {}
            }
        });
    }
    for socket in listeners.dns_udp {
        let server = Arc::clone(&server);
        let stopped = stop.clone().cancelled_owned();
        loops.spawn(async move {
            tokio::select! {
                ended = server.desk.serve_udp(socket) => if let Err(error) = ended {
                    server.door.trouble(&server.ctx, "dns_socket", &error);
                },
                () = stopped => {}
            }
        });
    }
    loops.close();
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = failed.cancelled() => {}
        // With no listener at all there is nothing to wait for.
        () = loops.wait() => {}
    }
    stop.cancel();
    loops.wait().await;
    server.close().await;
    Ok(())
}

impl Server {
    pub(crate) fn new(ctx: Arc<Context>) -> Arc<Self> {
        Arc::new(Self {
            desk: Desk::new(Arc::clone(&ctx)),
            door: Door::new(ctx.max_connections),
            tasks: TaskTracker::new(),
            lanes: Lanes::new(),
            kill: CancellationToken::new(),
            ctx,
        })
    }

    /// Ends every connection: in order within [`SHUTDOWN`], the rest at once.
    pub(crate) async fn close(&self) {
        self.ctx.closing.cancel();
        self.tasks.close();
        if !self.ctx.failed().is_cancelled() {
            let _ = timeout(SHUTDOWN, self.tasks.wait()).await;
        }
        self.kill.cancel();
        self.tasks.wait().await;
        // Upgraded connections run on in tasks of their own, and end by `closing`.
        let _ = timeout(SHUTDOWN, self.door.empty()).await;
        self.desk.finish();
    }

    async fn accept(self: &Arc<Self>, kind: Kind, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => match stream.local_addr() {
                    Ok(destination) => self.admit(kind, stream, peer, destination),
                    // Reset between the handshake and here.
                    Err(_) => continue,
                },
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    // Descriptors or memory ran out. Wait, or this loop would spin on the same waiting connection.
                    self.door.trouble(&self.ctx, "accept", &error);
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Starts to serve a connection, or refuses it when there are too many.
    fn admit(
        self: &Arc<Self>,
        kind: Kind,
        stream: TcpStream,
        peer: SocketAddr,
        destination: SocketAddr,
    ) {
        let _ = stream.set_nodelay(true);
        let server = Arc::clone(self);
        let kill = self.kill.clone();
        let Some(slot) = self.door.enter() else {
            self.tasks.spawn(async move {
                tokio::select! {
                    () = server.door.turn_away(&server.ctx, kind, stream, destination) => {}
                    () = kill.cancelled() => {}
                }
            });
            return;
        };
        // Every runtime watches sockets by itself, so the socket has to change its watcher with its thread.
        let Ok(stream) = stream.into_std() else {
            return;
        };
        let serving = async move {
            let Ok(stream) = TcpStream::from_std(stream) else {
                return;
            };
            tokio::select! {
                () = server.serve(kind, stream, peer, destination, slot) => {}
                () = kill.cancelled() => {}
            }
        };
        self.tasks.spawn_on(serving, &self.lanes.next());
    }

    async fn serve(
        &self,
        kind: Kind,
        stream: TcpStream,
        peer: SocketAddr,
        destination: SocketAddr,
        slot: Slot,
    ) {
        match kind {
            Kind::Captured => self.captured(stream, peer, destination, slot).await,
            // However a DNS connection ends, the client asks again.
            Kind::Dns => drop(self.desk.serve_tcp(stream).await),
            Kind::HttpProxy => connect::serve(self, stream, peer, slot).await,
            Kind::Socks => socks::serve(self, stream, peer, slot).await,
        }
    }

    /// Serves a captured connection that was made to `destination`.
    pub(crate) async fn captured(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        destination: SocketAddr,
        slot: Slot,
    ) {
        if destination.port() == DNS {
            drop(self.desk.serve_tcp(stream).await);
            return;
        }
        let host = Host::Ip(destination.ip().to_canonical());
        match self.flow("tunnel", host, destination.port(), peer) {
            Ok(flow) => flow.run(stream, BytesMut::new(), slot).await,
            Err(_) => refuse_at_once(stream),
        }
    }

    /// What a client means by (host, port), however it said so; a refusal here is recorded already.
    pub(crate) fn flow(
        &self,
        layer: &'static str,
        host: Host,
        port: u16,
        peer: SocketAddr,
    ) -> Result<Flow<'_>, Refusal> {
        let connection = self.ctx.next_connection();
        let (named, literal, why) = match host {
            Host::Name(_) => (Some(host.clone()), None, None),
            Host::Ip(ip) => match self.ctx.names.meaning(ip) {
                Meaning::Name(name) => (Some(name), None, None),
                Meaning::Literal(ip) => (None, Some(SocketAddr::new(ip, port)), None),
                Meaning::Stale => (
                    None,
                    None,
                    Some("a synthetic address that stands for no name in this session"),
                ),
            },
        };
        let why = why.or(match port {
            DNS => Some("DNS only goes to the fence's own responder"),
            DNS_OVER_TLS => Some("DNS over TLS is never let through"),
            _ => None,
        });
        let flow = Flow {
            server: self,
            layer,
            connection,
            peer,
            host: named.clone().unwrap_or(host),
            named,
            literal,
            port,
        };
        match why {
            None => Ok(flow),
            Some(why) => Err(flow.refusal(RefusalClass::NotAllowed, why.to_owned())),
        }
    }
}

/// An error that belongs to the connection that was about to be accepted, not to the listener (accept(2)).
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown,
        NetworkUnreachable, TimedOut,
    };
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | TimedOut
    )
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;
