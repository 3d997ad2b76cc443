//! Connections to upstream servers: dialled with a permit, kept by (route, protocol), and never used for a permit that
//! would not have accepted their address.

mod line;
mod pool;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use ringfence_policy::{Host, Permit, Refusal, RefusalClass, Scheme};
use rustls_pki_types::{IpAddr as PkiIp, ServerName};
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) use self::line::Lease;
use self::line::Line;
use self::pool::{Key, Pool, Sender};
use crate::context::Context;
use crate::dial;
use crate::dispatch::Slot;
use crate::http::body::Body;
use crate::limits;
use crate::setup::Roots;
use crate::stream::Conn;
use crate::tls::UpstreamTls;

/// The HTTP version wanted towards the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Want {
    /// HTTP/1.1, as the client speaks it.
    H1,
    /// HTTP/2 when the server offers it in TLS, else HTTP/1.1.
    Any,
    /// HTTP/2 without TLS: the client began with the preface.
    H2c,
}

/// All upstream connections of a session.
pub(crate) struct Upstream {
    tls: UpstreamTls,
    pool: Arc<Pool>,
    /// One HTTP/2 connection of a client can ask for many upstream connections, so they are counted apart.
    slots: Arc<Semaphore>,
}

/// The answer and where it came from.
pub(crate) struct Sent {
    pub(crate) response: Response<Incoming>,
    pub(crate) address: IpAddr,
    /// The HTTP/1 connection that the answer's body comes over; it has to be driven to get the body.
    pub(crate) lease: Option<Lease>,
}

/// A request on its way: built again for each kind of connection, because HTTP/1 and HTTP/2 name the host differently.
pub(crate) struct Outgoing {
    pub(crate) request: Request<Body>,
    /// `host` or `host:port` of the route.
    pub(crate) authority: http::uri::Authority,
}

impl Upstream {
    pub(crate) fn new(roots: Roots, most: usize) -> Self {
        Self {
            tls: UpstreamTls::new(roots),
            pool: Arc::default(),
            slots: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// Sends one request on a kept or a new connection.
    pub(crate) async fn send(
        &self,
        ctx: &Context,
        permit: &Permit,
        want: Want,
        mut out: Outgoing,
    ) -> Result<Sent, Refusal> {
        let key = Key::new(permit.route(), want);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let kept = (attempts <= limits::KEPT_ATTEMPTS)
                .then(|| self.kept(&key, permit))
                .flatten();
            let reused = kept.is_some();
            let mut link = match kept {
                Some(link) => link,
                None => self.connect(ctx, permit, &key).await?,
            };
            let address = link.address;
            let again = reused.then(|| repeatable(&out.request)).flatten();
            let result = match &mut link.sender {
                Sender::H1(line) => {
                    for_h1(&mut out);
                    line.send(out.request).await
                }
                Sender::H2(sender) => {
                    for_h2(permit.route().scheme, &mut out);
                    sender.try_send_request(out.request).await
                }
            };
            match result {
                Ok(response) => {
                    return Ok(Sent {
                        response,
                        address,
                        lease: Lease::new(&self.pool, key, link),
                    });
                }
                // A kept connection that the server had given up: another one, with the same request.
                Err(mut error) => match error.take_message().filter(|_| reused).or(again) {
                    Some(request) => out.request = request,
                    None => {
                        let why = format!("{address}: {}", chain(error.error()));
                        return Err(failed(permit, &why));
                    }
                },
            }
        }
    }

    fn kept(&self, key: &Key, permit: &Permit) -> Option<pool::Link> {
        self.pool
            .take(key, |address| permit.check_address(address).is_ok())
    }

    async fn connect(
        &self,
        ctx: &Context,
        permit: &Permit,
        key: &Key,
    ) -> Result<pool::Link, Refusal> {
        // Many streams at once to a server that speaks HTTP/2 should share one connection, so one of them dials.
        let turn = self.pool.turn(key);
        let _turn = match &turn {
            Some(turn) => {
                let guard = turn.lock().await;
                if let Some(link) = self.kept(key, permit) {
                    return Ok(link);
                }
                Some(guard)
            }
            None => None,
        };
        let slot = self.slot(permit).await?;
        let (stream, address) = dial::connect(ctx, permit).await?;
        let _ = stream.set_nodelay(true);
        let stream = Conn::new(Bytes::new(), stream).hold(slot);
        let route = permit.route();
        let sender = match (route.scheme, key.want) {
            (Scheme::Https, want) => {
                let stream = self.handshake(permit, want, stream).await?;
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    h2(stream).await
                } else {
                    h1(stream).await
                }
            }
            (Scheme::Http, Want::H2c) => h2(stream).await,
            (Scheme::Http, Want::H1 | Want::Any) => h1(stream).await,
        }
        .map_err(|error| failed(permit, &format!("{address}: {}", chain(&error))))?;
        let link = pool::Link { sender, address };
        self.pool.note(key, &link);
        Ok(link)
    }

    /// A place among the upstream connections; idle ones make room.
    async fn slot(&self, permit: &Permit) -> Result<Slot, Refusal> {
        let slots = || Arc::clone(&self.slots);
        if let Ok(slot) = slots().try_acquire_owned() {
            return Ok(Slot::of(slot));
        }
        self.pool.drop_idle();
        match tokio::time::timeout(limits::CONNECT, slots().acquire_owned()).await {
            Ok(Ok(slot)) => Ok(Slot::of(slot)),
            _ => Err(Refusal {
                class: RefusalClass::Limit,
                host: permit.host().clone(),
                port: permit.port(),
                full: "too many upstream connections at once".into(),
            }),
        }
    }

    async fn handshake(
        &self,
        permit: &Permit,
        want: Want,
        stream: Conn,
    ) -> Result<TlsStream<Conn>, Refusal> {
        let config = if want == Want::Any {
            self.tls.any()
        } else {
            self.tls.h1()
        }
        .map_err(|error| failed(permit, &format!("TLS: {error}")))?;
        let name = server_name(&permit.route().host)
            .ok_or_else(|| failed(permit, "the host is no TLS server name"))?;
        let connecting = TlsConnector::from(config).connect(name, stream);
        match tokio::time::timeout(limits::UPSTREAM_HANDSHAKE, connecting).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(failed(permit, &format!("TLS: {error}"))),
            Err(_) => Err(failed(permit, "TLS: no answer in time")),
        }
    }
}

/// A copy of a request that may be sent twice: one without a body and without effects (RFC 9110 §9.2.2).
fn repeatable(request: &Request<Body>) -> Option<Request<Body>> {
    let safe = request.method().is_safe() && request.body().is_end_stream();
    let switches = request.headers().contains_key(http::header::UPGRADE);
    if !safe || switches {
        return None;
    }
    let mut copy = Request::new(Body::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

/// The refusal for an upstream that did not do its part.
pub(crate) fn failed(permit: &Permit, why: &str) -> Refusal {
    let route = permit.route();
    let full = format!("upstream {}:{} failed: {why}", route.host, route.port);
    Refusal {
        class: RefusalClass::Upstream,
        host: permit.host().clone(),
        port: permit.port(),
        full,
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

pub(crate) fn server_name(host: &Host) -> Option<ServerName<'static>> {
    match host {
        Host::Name(name) => ServerName::try_from(name.clone()).ok(),
        Host::Ip(ip) => Some(ServerName::IpAddress(PkiIp::from(*ip))),
    }
}

async fn h1<S>(stream: S) -> hyper::Result<Sender>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(limits::H1_BUFFER_BYTES)
        .handshake(TokioIo::new(stream))
        .await?;
    Ok(Sender::H1(Line::new(sender, connection.with_upgrades())))
}

async fn h2<S>(stream: S) -> hyper::Result<Sender>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(limits::H2_UPSTREAM_STREAM_WINDOW)
        .initial_connection_window_size(limits::H2_UPSTREAM_CONNECTION_WINDOW)
        .max_header_list_size(limits::HEAD_BYTES as u32)
        .keep_alive_interval(limits::H2_PING)
        .keep_alive_timeout(limits::H2_PING_ANSWER)
        .handshake(TokioIo::new(stream))
        .await?;
    tokio::spawn(connection);
    Ok(Sender::H2(sender))
}

/// Origin form and a Host header.
fn for_h1(out: &mut Outgoing) {
    let request = &mut out.request;
    *request.version_mut() = http::Version::HTTP_11;
    let path = request
        .uri()
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| http::uri::PathAndQuery::from_static("/"));
    *request.uri_mut() = http::Uri::from(path);
    if let Ok(host) = http::HeaderValue::from_maybe_shared(Bytes::copy_from_slice(
        out.authority.as_str().as_bytes(),
    )) {
        request.headers_mut().insert(http::header::HOST, host);
    }
    crate::http::headers::join_cookies(request.headers_mut());
    // `te` may be sent on only with `connection: te`, and HTTP/1 trailers are not worth that.
    request.headers_mut().remove(http::header::TE);
}

/// Absolute form, from which the pseudo-headers are made; a Host header beside `:authority` breaks some servers.
fn for_h2(scheme: Scheme, out: &mut Outgoing) {
    let request = &mut out.request;
    *request.version_mut() = http::Version::HTTP_2;
    request.headers_mut().remove(http::header::HOST);
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(if scheme == Scheme::Https {
        http::uri::Scheme::HTTPS
    } else {
        http::uri::Scheme::HTTP
    });
    parts.authority = Some(out.authority.clone());
    parts.path_and_query = Some(
        request
            .uri()
            .path_and_query()
            .cloned()
            .unwrap_or_else(|| http::uri::PathAndQuery::from_static("/")),
    );
    if let Ok(uri) = http::Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}
