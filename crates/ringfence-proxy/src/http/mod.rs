//! HTTP as the sandbox speaks it to us: each request is read, checked, decided and sent on by itself.

mod guard;
mod head;

use std::net::SocketAddr;
use std::sync::Arc;

use ringfence_policy::Host;

use crate::context::Context;
use crate::stream::Conn;

/// What is known about a connection before its first byte is understood.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// Session-wide number of the connection.
    pub(crate) connection: u64,
    /// The sandbox's end.
    pub(crate) peer: Option<SocketAddr>,
    /// The host that the client named before TLS or HTTP: CONNECT or SOCKS authority, or the name behind the synthetic
    /// address. `None` for a connection to a literal address and for the explicit HTTP proxy: the request's own names count then.
    pub(crate) named: Option<Host>,
    /// The address of a captured connection to a literal (not synthetic) address.
    pub(crate) literal: Option<SocketAddr>,
    /// Destination port; for [`serve_forward`] each request names its own.
    pub(crate) port: u16,
}

/// Serves a connection that begins with a TLS ClientHello, looking into it. Finishes when the client is gone.
pub(crate) async fn serve_tls(_ctx: Arc<Context>, _conn: Conn, _origin: Origin) {}

/// Serves a connection that begins with an HTTP/1 request or the HTTP/2 preface in plain text.
pub(crate) async fn serve_plain(_ctx: Arc<Context>, _conn: Conn, _origin: Origin) {}

/// Serves absolute-form requests (`GET http://host/ HTTP/1.1`) of a client of the explicit HTTP proxy endpoint.
/// CONNECT is answered before this is called and refused here.
pub(crate) async fn serve_forward(_ctx: Arc<Context>, _conn: Conn, _origin: Origin) {}
