//! The one path that every connection takes once its destination is known, captured or through an explicit proxy
//! (INCIDENTS N3, N9, N12): look at the first bytes, and inspect, pass through, or refuse.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use ringfence_policy::{
    Access, Decision, Event, Host, Permit, Refusal, RefusalClass, Scheme, What,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::look::{First, look};
use super::{Server, Slot};
use crate::dial;
use crate::gate::{self, Asker};
use crate::hello::ClientHello;
use crate::http::{Origin, serve_plain, serve_tls};
use crate::limits::{CLIENT_HELLO, FIRST_BYTE, LINGER};
use crate::stream::Conn;
use crate::tunnel::{self, Patience};

/// TLS alerts (RFC 8446 section 6).
const ALERT_ACCESS_DENIED: u8 = 49;
const ALERT_DECODE_ERROR: u8 = 50;
pub(super) const ALERT_INTERNAL: u8 = 80;
const ALERT_UNRECOGNIZED_NAME: u8 = 112;

/// Ports whose protocols begin with the server: waiting for the client would only cost time.
const SERVER_FIRST: [u16; 9] = [21, 25, 110, 119, 143, 587, 3306, 5900, 6667];

/// One connection and what its client means by it.
pub(crate) struct Flow<'a> {
    pub(super) server: &'a Server,
    /// `tunnel`, `connect` or `socks`.
    pub(super) layer: &'static str,
    pub(super) connection: u64,
    pub(super) peer: SocketAddr,
    /// The host that counts: `named` or the literal address.
    pub(super) host: Host,
    pub(super) named: Option<Host>,
    pub(super) literal: Option<SocketAddr>,
    pub(super) port: u16,
}

impl Flow<'_> {
    /// Serves the connection to its end; `ahead` was already read from it.
    pub(crate) async fn run(self, mut stream: TcpStream, mut ahead: BytesMut, slot: Slot) {
        let silence = self.silence();
        let first = match silence {
            Duration::ZERO if ahead.is_empty() => First::Silent,
            silence => look(&mut stream, &mut ahead, silence).await,
        };
        // Boxed, so that a connection that has not said anything yet costs little memory.
        match first {
            First::Closed => {}
            First::Tls(hello) => Box::pin(self.tls(stream, ahead, hello, slot)).await,
            First::Http => {
                let origin = self.origin();
                Box::pin(serve_plain(self.ctx(), conn(ahead, stream, slot), origin)).await;
            }
            First::Other | First::Silent => Box::pin(self.opaque(stream, ahead)).await,
            First::BadTls(error) => {
                self.refusal(RefusalClass::Malformed, error.to_string());
                say_and_close(stream, &alert(ALERT_DECODE_ERROR)).await;
            }
            First::Stuck => {
                let why = format!("no whole ClientHello or request within {CLIENT_HELLO:?}");
                self.refusal(RefusalClass::Malformed, why);
                refuse_at_once(stream);
            }
        }
    }

    /// How long the client may be silent before it is taken for one that waits for the server. Only where an opaque
    /// connection could be permitted at all is it worth to be quick.
    fn silence(&self) -> Duration {
        if self.is_web() {
            return CLIENT_HELLO;
        }
        // Permitted or not: nothing is worth waiting for where the server speaks first.
        if SERVER_FIRST.contains(&self.port) {
            return Duration::ZERO;
        }
        match self.ctx_ref().policy.decide(&opaque(&self.host, self.port)) {
            Decision::Deny(_) => CLIENT_HELLO,
            _ => FIRST_BYTE,
        }
    }

    async fn tls(mut self, stream: TcpStream, ahead: BytesMut, hello: ClientHello, slot: Slot) {
        let shown = match hello.server_name.as_deref().map(Host::parse).transpose() {
            Ok(shown) => shown,
            Err(error) => {
                self.refusal(RefusalClass::Malformed, format!("TLS server name: {error}"));
                return say_and_close(stream, &alert(ALERT_UNRECOGNIZED_NAME)).await;
            }
        };
        // A client that came with an address of its own names the host here; the address itself is not dialled.
        if self.named.is_none()
            && let Some(shown) = &shown
        {
            self.host = shown.clone();
        }
        if self.ctx_ref().policy.inspects(&self.host, self.port) {
            // Disagreeing names are refused in there, with a text that the client can read.
            return serve_tls(self.ctx(), conn(ahead, stream, slot), self.origin()).await;
        }
        if let Some(shown) = shown
            && shown != self.host
        {
            let full = format!("TLS server name {shown} on a connection to {}", self.host);
            self.refusal(RefusalClass::Mismatch, full);
            return say_and_close(stream, &alert(ALERT_UNRECOGNIZED_NAME)).await;
        }
        match self.permit().await {
            Ok(permit) => self.carry(stream, ahead, permit).await,
            Err(_) => say_and_close(stream, &alert(ALERT_ACCESS_DENIED)).await,
        }
    }

    /// Whether a rule for this host means HTTP unless it says `inspect = false`. On the two ports that rules mean when
    /// they name none, an ordinary rule must not become a hole for any protocol.
    fn is_web(&self) -> bool {
        matches!(self.port, 80 | 443) && self.ctx_ref().policy.inspects(&self.host, self.port)
    }

    async fn opaque(self, stream: TcpStream, ahead: BytesMut) {
        if self.is_web() {
            let full = "neither TLS nor HTTP on an inspected port".to_owned();
            self.refusal(RefusalClass::Malformed, full);
            return refuse_at_once(stream);
        }
        match self.permit().await {
            Ok(permit) => self.carry(stream, ahead, permit).await,
            Err(_) => refuse_at_once(stream),
        }
    }

    async fn permit(&self) -> Result<Permit, Refusal> {
        let access = opaque(&self.host, self.port);
        let permit = gate::permit(self.ctx_ref(), self.asker(), access).await?;
        if permit.route().rewritten {
            // The path prefix and the credentials of the gateway only exist for requests that are read.
            let full = "a rewritten host is reached by inspected HTTP only".to_owned();
            return Err(self.refusal(RefusalClass::NotAllowed, full));
        }
        Ok(permit)
    }

    async fn carry(self, stream: TcpStream, ahead: BytesMut, permit: Permit) {
        let (upstream, address) = match dial::connect(self.ctx_ref(), &permit).await {
            Ok(connected) => connected,
            Err(refusal) => {
                gate::record_refusal(self.ctx_ref(), self.asker(), What::Opaque, &refusal);
                return refuse_at_once(stream);
            }
        };
        let end = &self.ctx_ref().closing;
        let ahead = ahead.freeze();
        let carried = tunnel::carry(stream, upstream, ahead, Patience::default(), end).await;
        // The bytes are gone already; a failure to record stops the rest of the session.
        let _ = self.ctx_ref().record(Event::Exchange {
            connection: self.connection,
            scheme: None::<Scheme>,
            host: self.host.to_string(),
            upstream: permit.route().host.to_string(),
            address: Some(address),
            method: None,
            path: None,
            status: None,
            bytes_out: carried.bytes_out,
            bytes_in: carried.bytes_in,
            ms: u64::try_from(carried.took.as_millis()).unwrap_or(u64::MAX),
            error: carried.error,
        });
    }

    /// Records and returns a refusal of our own.
    pub(super) fn refusal(&self, class: RefusalClass, full: String) -> Refusal {
        let refusal = Refusal {
            class,
            host: self.host.clone(),
            port: self.port,
            full,
        };
        gate::record_refusal(self.ctx_ref(), self.asker(), What::Opaque, &refusal);
        refusal
    }

    fn origin(&self) -> Origin {
        Origin {
            connection: self.connection,
            peer: Some(self.peer),
            named: self.named.clone(),
            literal: self.literal,
            port: self.port,
        }
    }

    fn asker(&self) -> Asker<'static> {
        Asker {
            connection: self.connection,
            layer: self.layer,
            peer: Some(self.peer),
            query: None,
        }
    }

    fn ctx(&self) -> Arc<crate::context::Context> {
        Arc::clone(&self.server.ctx)
    }

    fn ctx_ref(&self) -> &crate::context::Context {
        &self.server.ctx
    }
}

fn opaque(host: &Host, port: u16) -> Access<'_> {
    Access {
        host,
        port,
        what: What::Opaque,
    }
}

fn conn(ahead: BytesMut, stream: TcpStream, slot: Slot) -> Conn {
    Conn::new(ahead.freeze(), stream).hold(slot)
}

/// Resets a connection: the client sees an error, not an empty answer.
pub(crate) fn refuse_at_once(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}

/// A fatal TLS alert in clear.
pub(super) fn alert(description: u8) -> [u8; 7] {
    [0x15, 3, 3, 0, 2, 2, description]
}

/// Writes a last message and closes in order, reading what still comes for a moment: closing with unread bytes would
/// reset the connection and take the message with it.
pub(crate) async fn say_and_close(mut stream: TcpStream, message: &[u8]) {
    let _ = timeout(LINGER, async {
        stream.write_all(message).await?;
        stream.shutdown().await?;
        let mut sink = [0; 1024];
        while stream.read(&mut sink).await? > 0 {}
        std::io::Result::Ok(())
    })
    .await;
}
