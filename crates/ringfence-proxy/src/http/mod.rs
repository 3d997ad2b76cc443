//! HTTP as the sandbox speaks it to us: each request is read, checked, decided and sent on by itself.

mod answer;
pub(crate) mod authority;
pub(crate) mod body;
mod deliver;
mod exchange;
mod finish;
mod guard;
mod head;
pub(crate) mod headers;
mod upgrade;
mod upload;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::BytesMut;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use ringfence_policy::{Host, Scheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use self::guard::Guard;
use crate::context::Context;
use crate::limits;
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

/// One connection from the sandbox, once its kind is known.
pub(crate) struct Link {
    pub(crate) origin: Origin,
    /// TLS or not.
    pub(crate) scheme: Scheme,
    /// The name of the TLS handshake.
    pub(crate) sni: Option<Host>,
    /// A client of the explicit proxy endpoint: each request names its host in absolute form.
    pub(crate) forward: bool,
    /// Tells the strict reader that the protocol was switched.
    switched: Arc<AtomicBool>,
}

impl Link {
    /// The host that the connection is for, as far as it says so itself.
    pub(crate) fn known(&self) -> Option<Host> {
        let literal = || {
            self.origin
                .literal
                .map(|address| Host::Ip(address.ip().to_canonical()))
        };
        self.sni
            .clone()
            .or_else(|| self.origin.named.clone())
            .or_else(literal)
    }

    /// The same, for refusals that have to name something.
    pub(crate) fn name(&self) -> Host {
        self.known().unwrap_or_else(|| Host::Name("unknown".into()))
    }
}

/// Serves a connection that begins with a TLS ClientHello, looking into it. Finishes when the client is gone.
pub(crate) async fn serve_tls(ctx: Arc<Context>, conn: Conn, origin: Origin) {
    let mut link = Link {
        origin,
        scheme: Scheme::Https,
        sni: None,
        forward: false,
        switched: Arc::default(),
    };
    match handshake(&ctx, conn, &mut link).await {
        Ok(stream) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
            serve_h2(ctx, stream, link).await
        }
        Ok(stream) => serve_h1(ctx, stream, link).await,
        Err(why) => {
            tracing::debug!(connection = link.origin.connection, host = %link.name(), why, "TLS handshake with the sandbox failed");
            exchange::handshake_failed(&ctx, &link, &why);
        }
    }
}

/// Serves a connection that begins with an HTTP/1 request or the HTTP/2 preface in plain text.
pub(crate) async fn serve_plain(ctx: Arc<Context>, conn: Conn, origin: Origin) {
    let link = Link {
        origin,
        scheme: Scheme::Http,
        sni: None,
        forward: false,
        switched: Arc::default(),
    };
    match has_preface(conn).await {
        Some((true, conn)) => serve_h2(ctx, conn, link).await,
        Some((false, conn)) => serve_h1(ctx, conn, link).await,
        None => {}
    }
}

/// Serves absolute-form requests (`GET http://host/ HTTP/1.1`) of a client of the explicit HTTP proxy endpoint.
/// CONNECT is answered before this is called and refused here.
pub(crate) async fn serve_forward(ctx: Arc<Context>, conn: Conn, origin: Origin) {
    let link = Link {
        origin,
        scheme: Scheme::Http,
        sni: None,
        forward: true,
        switched: Arc::default(),
    };
    serve_h1(ctx, conn, link).await;
}

/// Finishes the TLS handshake with a certificate for the name that the client asked for.
async fn handshake(ctx: &Context, conn: Conn, link: &mut Link) -> Result<TlsStream<Conn>, String> {
    let _ = conn.get_ref().set_nodelay(true);
    let accepting = async {
        let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), conn)
            .await
            .map_err(|e| e.to_string())?;
        if let Some(name) = start.client_hello().server_name() {
            link.sni = Some(Host::parse(name).map_err(|e| e.why.to_owned())?);
        }
        let host = link.known().ok_or("no server name")?;
        let config = ctx.tls.server(&host).map_err(|e| e.to_string())?;
        start.into_stream(config).await.map_err(|e| e.to_string())
    };
    match tokio::time::timeout(limits::CLIENT_HELLO, accepting).await {
        Ok(result) => result,
        Err(_) => Err("the TLS handshake took too long".into()),
    }
}

async fn serve_h1<S>(ctx: Arc<Context>, stream: S, mut link: Link)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (guard, switched) = Guard::new(stream);
    link.switched = switched;
    let link = Arc::new(link);
    let failed = ctx.failed();
    let service = service_fn(move |request| {
        let (ctx, link) = (Arc::clone(&ctx), Arc::clone(&link));
        async move { Ok::<_, Infallible>(exchange::handle(ctx, link, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        // A client that has said everything may shut down its side and still wants the answer (INCIDENTS N20).
        .half_close(true)
        .max_buf_size(limits::H1_BUFFER_BYTES)
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(guard), service)
        .with_upgrades();
    tokio::select! {
        result = connection => if let Err(error) = result {
            tracing::debug!(error = %crate::upstream::chain(&error), "HTTP/1 connection of the sandbox ended");
        },
        () = failed.cancelled() => {}
    }
}

async fn serve_h2<S>(ctx: Arc<Context>, stream: S, link: Link)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let link = Arc::new(link);
    let failed = ctx.failed();
    let service = service_fn(move |request| {
        let (ctx, link) = (Arc::clone(&ctx), Arc::clone(&link));
        async move { Ok::<_, Infallible>(exchange::handle(ctx, link, request).await) }
    });
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::H2_STREAMS)
        .max_pending_accept_reset_streams(limits::H2_PENDING_RESETS)
        .max_header_list_size(limits::HEAD_BYTES as u32)
        .initial_stream_window_size(limits::H2_STREAM_WINDOW)
        .initial_connection_window_size(limits::H2_CONNECTION_WINDOW)
        .max_send_buf_size(limits::H2_SEND_BYTES)
        .keep_alive_interval(limits::H2_PING)
        .keep_alive_timeout(limits::H2_PING_ANSWER)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        result = connection => if let Err(error) = result {
            tracing::debug!(error = %crate::upstream::chain(&error), "HTTP/2 connection of the sandbox ended");
        },
        () = failed.cancelled() => {}
    }
}

/// Reads until it is clear whether the client began with the HTTP/2 preface; `None` when it left before that.
async fn has_preface(mut conn: Conn) -> Option<(bool, Conn)> {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let _ = conn.get_ref().set_nodelay(true);
    let mut seen = BytesMut::with_capacity(PREFACE.len());
    let reading = async {
        while seen.len() < PREFACE.len() && PREFACE.starts_with(&seen) {
            if conn.read_buf(&mut seen).await.ok()? == 0 {
                return None;
            }
        }
        Some(seen.starts_with(PREFACE))
    };
    let preface = tokio::time::timeout(limits::REQUEST_HEAD, reading)
        .await
        .ok()??;
    Some((preface, conn.put_back(seen)))
}

/// Reads `bytes` as one client's whole connection through the strict reader.
pub(crate) async fn strict(bytes: &[u8]) -> Vec<u8> {
    let (mut guard, _) = Guard::new(tokio::io::join(bytes, tokio::io::sink()));
    let mut out = Vec::new();
    // An error is a refusal in the middle of a body: what came before it was let through.
    let _ = guard.read_to_end(&mut out).await;
    out
}
