//! What all requests share, and the loop that takes connections.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ringfence_inference::{Digest, Failure, FailureKind, ModelName};
use ringfence_runtime::outbound::Outbound;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::Notice;
use super::guard::Guard;
use super::limits;
use super::listen::Listener;
use super::patient::Patient;
use super::pool::Pool;
use super::signer::Signer;
use super::warnings::{self, About, warn};
use crate::store::Store;
use crate::switches::Switches;

/// What all requests share.
pub(crate) struct Server {
    pub(crate) store: Arc<Store>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) guard: Guard,
    pub(crate) signer: Arc<Signer>,
    pub(crate) switches: Switches,
    /// KiB of request bodies that may still be held.
    pub(crate) bodies: Arc<Semaphore>,
    /// Blobs that may still be uploaded at once.
    pub(crate) uploads: Arc<Semaphore>,
    /// Models that may still be made or pulled at once.
    pub(crate) changes: Arc<Semaphore>,
    /// The way to registries; none when nothing is pulled.
    pub(crate) outbound: Option<Arc<Outbound>>,
    /// Clients change nothing.
    pub(crate) ask_only: bool,
}

impl Server {
    /// Whether a client may change what models there are.
    ///
    /// # Errors
    /// When it may only ask.
    pub(crate) fn may_change(&self) -> Result<(), Failure> {
        match self.ask_only {
            false => Ok(()),
            true => Err(Failure::new(
                FailureKind::Forbidden,
                "clients of this server ask models and change none (--ask-only); use `ringfence model` on its machine",
            )),
        }
    }

    /// Tells that a client changed what models there are.
    ///
    /// # Errors
    /// When no record of it could be kept.
    pub(crate) fn changed(
        &self,
        how: &'static str,
        model: &ModelName,
        id: Option<Digest>,
    ) -> Result<(), Failure> {
        let notice = Notice::Changed { model, how, id };
        self.pool
            .tell(&notice)
            .map_err(|error| Failure::new(FailureKind::Internal, error.to_string()))
    }
}

/// Told to a connection that is one too many, in full.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 47\r\nconnection: close\r\n\r\n{\"error\":\"too many connections; try again soon\"}";

/// What ends a server from outside: SIGINT, SIGTERM, and SIGHUP when its terminal is gone.
pub(crate) struct Signals([Signal; 3]);

impl Signals {
    async fn any(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// The threads that serve, of this name. The signals are heard from now on: whoever is told that a server listens may end it.
pub(crate) fn threads(name: &str) -> std::io::Result<(Runtime, Signals)> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(limits::READERS)
        .thread_name(name)
        .enable_all()
        .build()?;
    let inside = runtime.enter();
    let signals = Signals([
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    ]);
    drop(inside);
    Ok((runtime, signals))
}

/// Takes connections until a signal comes or it is stopped, and has each request on them answered.
pub(crate) async fn serve<H, F, B>(
    handle: H,
    listener: Listener,
    mut signals: Signals,
    stop: &Notify,
) -> std::io::Result<()>
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let ended = tokio::select! {
        ended = accept(handle, listener) => ended,
        () = signals.any() => Ok(()),
        () = stop.notified() => Ok(()),
        () = warnings::every_minute() => Ok(()),
    };
    warnings::rest();
    ended
}

/// Takes connections until it is dropped.
async fn accept<H, F, B>(handle: H, listener: Listener) -> std::io::Result<()>
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let room = Arc::new(Semaphore::new(limits::CONNECTIONS));
    match listener {
        Listener::Tcp(listener, _) => {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        let _ = stream.set_nodelay(true);
                        match Arc::clone(&room).try_acquire_owned() {
                            Ok(place) => {
                                tokio::spawn(connection(handle.clone(), stream, place));
                            }
                            Err(_) => {
                                let _ = stream.try_write(BUSY);
                            }
                        }
                    }
                    Err(error) => exhausted(&error).await,
                }
            }
        }
        Listener::Unix(listener, _removed) => {
            let listener = tokio::net::UnixListener::from_std(listener)?;
            let own = rustix::process::getuid().as_raw();
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        // The socket's mode says the same; this says it about the process at the other end.
                        let who = stream.peer_cred().map(|peer| peer.uid());
                        if !who.is_ok_and(|uid| uid == own || uid == 0) {
                            warn(About::Connection, || {
                                tracing::warn!("a connection of another user was refused");
                            });
                            continue;
                        }
                        match Arc::clone(&room).try_acquire_owned() {
                            Ok(place) => {
                                tokio::spawn(connection(handle.clone(), stream, place));
                            }
                            Err(_) => {
                                let _ = stream.try_write(BUSY);
                            }
                        }
                    }
                    Err(error) => exhausted(&error).await,
                }
            }
        }
    }
}

/// Mostly too many open files: it passes when connections end.
async fn exhausted(error: &std::io::Error) {
    warn(About::Connection, || {
        tracing::warn!("accepting a connection: {error}")
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
}

/// Serves one connection, in one of the places that there are.
async fn connection<H, F, B, S>(handle: H, stream: S, _place: OwnedSemaphorePermit)
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| {
        let reply = handle(request);
        async move { Ok::<_, Infallible>(reply.await) }
    });
    // A client that closes its half is gone: what it asked for is taken back.
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_TIME)
        .max_buf_size(limits::HEAD_BYTES)
        .max_headers(limits::HEADERS)
        .max_header_size(limits::HEAD_BYTES)
        .serve_connection(TokioIo::new(Patient::new(stream, limits::STALL)), service)
        .await;
    if let Err(error) = served {
        tracing::debug!("a connection ended: {error}");
    }
}
