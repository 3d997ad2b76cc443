//! Origin servers on loopback that remember what reached them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

pub type Answer = Response<BoxBody<Bytes, Infallible>>;

/// A request as the origin saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub uri: String,
    pub version: http::Version,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: Option<HeaderMap>,
}

/// A running origin.
#[derive(Clone, Default)]
pub struct Origin {
    pub seen: Arc<Mutex<Vec<Seen>>>,
    pub connections: Arc<Mutex<usize>>,
    /// Bytes made for `/endless`.
    pub made: Arc<std::sync::atomic::AtomicUsize>,
}

impl Origin {
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// Serves at `address`; with TLS when a certificate is given.
    pub fn serve(
        address: SocketAddr,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let origin = Self::default();
        let served = origin.clone();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                stream.set_nodelay(true).unwrap();
                *served.connections.lock().unwrap() += 1;
                let origin = served.clone();
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            let Ok(stream) =
                                tokio_rustls::TlsAcceptor::from(tls).accept(stream).await
                            else {
                                return;
                            };
                            origin.connection(stream).await;
                        }
                        None => origin.connection(stream).await,
                    }
                });
            }
        });
        Ok(origin)
    }

    async fn connection<S>(self, stream: S)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let service = hyper::service::service_fn(move |request| {
            let origin = self.clone();
            async move { Ok::<_, Infallible>(origin.answer(request).await) }
        });
        let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new())
            .serve_connection_with_upgrades(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(&self, mut request: Request<Incoming>) -> Answer {
        let path = request.uri().path().to_owned();
        if path.ends_with("/ws") {
            return self.websocket(&mut request);
        }
        if path.ends_with("/duplex") {
            // Each message is sent back as it comes.
            return Response::new(
                request
                    .into_body()
                    .map_err(|error| panic!("{error}"))
                    .boxed(),
            );
        }
        if path.ends_with("/endless") {
            let made = Arc::clone(&self.made);
            let frames = futures_util::stream::repeat_with(move || {
                made.fetch_add(65536, std::sync::atomic::Ordering::SeqCst);
                Ok(Frame::data(Bytes::from_static(&[b'x'; 65536])))
            });
            return Response::new(StreamBody::new(frames).boxed());
        }
        let (parts, body) = request.into_parts();
        let body = body.collect().await;
        let (trailers, body) = match body {
            Ok(all) => (all.trailers().cloned(), all.to_bytes()),
            Err(_) => (None, Bytes::from_static(b"<broken off>")),
        };
        let seen = Seen {
            method: parts.method.to_string(),
            uri: parts.uri.to_string(),
            version: parts.version,
            headers: parts.headers,
            body,
            trailers,
        };
        self.seen.lock().unwrap().push(seen.clone());
        respond(&path, &seen)
    }

    fn websocket(&self, request: &mut Request<Incoming>) -> Answer {
        let seen = Seen {
            method: request.method().to_string(),
            uri: request.uri().to_string(),
            version: request.version(),
            headers: request.headers().clone(),
            body: Bytes::new(),
            trailers: None,
        };
        self.seen.lock().unwrap().push(seen.clone());
        if !seen.headers.contains_key("upgrade") {
            return text(StatusCode::BAD_REQUEST, "no upgrade");
        }
        let upgrade = hyper::upgrade::on(request);
        tokio::spawn(async move {
            let mut stream = TokioIo::new(upgrade.await.unwrap());
            let mut buffer = vec![0; 16384];
            loop {
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(n) => stream.write_all(&buffer[..n]).await.unwrap(),
                }
            }
            // After the client's end: one more word, to show that half-close works.
            let _ = stream.write_all(b"goodbye").await;
            let _ = stream.shutdown().await;
        });
        let mut answer = text(StatusCode::SWITCHING_PROTOCOLS, "");
        answer
            .headers_mut()
            .insert("upgrade", seen.headers["upgrade"].clone());
        answer
            .headers_mut()
            .insert("connection", "upgrade".parse().unwrap());
        answer
            .headers_mut()
            .insert("sec-websocket-accept", "x".parse().unwrap());
        answer
    }
}

fn respond(path: &str, seen: &Seen) -> Answer {
    let last = path.rsplit('/').next().unwrap_or_default();
    match last {
        "big" => {
            let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
            let frames =
                futures_util::stream::iter((0..160).map(move |_| Ok(Frame::data(chunk.clone()))));
            let mut answer = Response::new(StreamBody::new(frames).boxed());
            answer
                .headers_mut()
                .insert("content-length", (160 * 64 * 1024).into());
            answer
        }
        "sse" => {
            let events = futures_util::stream::unfold(0, |n| async move {
                if n == 5 {
                    return None;
                }
                if n > 0 {
                    tokio::time::sleep(Duration::from_millis(30)).await;
                }
                Some((
                    Ok(Frame::data(Bytes::from(format!("data: {n}\n\n")))),
                    n + 1,
                ))
            });
            let mut answer = Response::new(StreamBody::new(events).boxed());
            answer
                .headers_mut()
                .insert("content-type", "text/event-stream".parse().unwrap());
            answer
        }
        // The request's body as a model's words, three letters an event.
        "words" => {
            let letters: Vec<char> = String::from_utf8_lossy(&seen.body).chars().collect();
            let mut events: Vec<String> = letters
                .chunks(3)
                .map(|piece| {
                    let piece: String = piece.iter().collect();
                    let data = serde_json::json!({"type": "content_block_delta", "index": 0, "delta": {"text": piece}});
                    format!("event: content_block_delta\ndata: {data}\n\n")
                })
                .collect();
            events.push("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".into());
            let frames = events
                .into_iter()
                .map(|event| Ok(Frame::data(Bytes::from(event))));
            let mut answer =
                Response::new(StreamBody::new(futures_util::stream::iter(frames)).boxed());
            answer
                .headers_mut()
                .insert("content-type", "text/event-stream".parse().unwrap());
            answer
        }
        "trailers" => {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", "0".parse().unwrap());
            let frames = [
                Ok(Frame::data(Bytes::from_static(b"message"))),
                Ok(Frame::trailers(trailers)),
            ];
            let mut answer =
                Response::new(StreamBody::new(futures_util::stream::iter(frames)).boxed());
            answer
                .headers_mut()
                .insert("trailer", "grpc-status".parse().unwrap());
            answer
        }
        "redirect" => {
            let mut answer = text(StatusCode::FOUND, "");
            let to = seen.headers.get("x-redirect-to").cloned().unwrap();
            answer.headers_mut().insert("location", to);
            answer
        }
        "odd-headers" => {
            let mut answer = text(StatusCode::OK, "odd");
            for (name, value) in [
                ("alt-svc", "h3=\":443\""),
                ("x-hop", "1"),
                ("keep-alive", "timeout=5"),
                ("x-kept", "2"),
            ] {
                answer.headers_mut().insert(name, value.parse().unwrap());
            }
            answer
                .headers_mut()
                .insert("connection", "x-hop, keep-alive".parse().unwrap());
            answer
        }
        "gzip" => {
            let mut answer = text(StatusCode::OK, "not really gzip");
            answer
                .headers_mut()
                .insert("content-encoding", "gzip".parse().unwrap());
            answer
        }
        "status204" => text(StatusCode::NO_CONTENT, ""),
        // Says what came, as a server would that echoes a credential.
        "echo" => {
            let mut said = format!("{} {}\n", seen.method, seen.uri);
            for (name, value) in &seen.headers {
                said.push_str(&format!(
                    "{name}: {}\n",
                    String::from_utf8_lossy(value.as_bytes())
                ));
            }
            said.push_str(&String::from_utf8_lossy(&seen.body));
            let mut answer = text(StatusCode::OK, &said);
            if let Some(key) = seen.headers.get("authorization") {
                answer.headers_mut().insert("x-echo", key.clone());
            }
            answer
        }
        _ => text(StatusCode::OK, "fine"),
    }
}

pub fn text(status: StatusCode, body: &str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())).boxed());
    *answer.status_mut() = status;
    answer
}

/// A root certificate and server certificates below it.
pub struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pub root: CertificateDer<'static>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().der().clone();
        Self {
            issuer: rcgen::Issuer::new(params, key),
            root,
        }
    }

    pub fn server(&self, names: &[&str], alpn: &[&str]) -> Arc<rustls::ServerConfig> {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(names)
            .unwrap()
            .signed_by(&key, &self.issuer)
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|p| p.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}
