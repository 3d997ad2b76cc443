//! A proxy with a policy of the test's own, and clients that reach it as a sandbox would.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ringfence_policy::decision::{Grant, Scope};
use ringfence_policy::plan::AskFor;
use ringfence_policy::{Event, RevealPermit};
use ringfence_proxy::*;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::origin::{Authority, Origin};

pub const SECRET: &str = "sk-real-7Qz/81+kdLw2==Xy";
pub const MARK: &str = "sk-ringfence-0123456789abcdef0123";

/// Hosts of the tests and the loopback addresses behind them.
pub const HOSTS: &[(&str, [u8; 4])] = &[
    ("tls.test", [127, 0, 0, 2]),
    ("plain.test", [127, 0, 0, 3]),
    ("other.test", [127, 0, 0, 4]),
    ("ask.test", [127, 0, 0, 2]),
    ("denied.test", [127, 0, 0, 2]),
    ("h1.test", [127, 0, 0, 5]),
    ("dead.test", [127, 0, 0, 9]),
    ("flaky.test", [127, 0, 0, 10]),
    ("public.test", [127, 0, 0, 2]),
    ("api.model.test", [127, 0, 0, 9]),
    ("gone.model.test", [127, 0, 0, 2]),
    ("lost.model.test", [127, 0, 0, 2]),
];

pub struct Fence {
    pub port: u16,
    pub forward: SocketAddr,
    pub proxy: Arc<Proxy>,
    pub events: Arc<Events>,
    pub asked: Arc<Asked>,
    pub tls: Origin,
    pub plain: Origin,
    pub other: Origin,
    pub h1: Origin,
    pub gateway: Origin,
    gateway_port: u16,
    _stop: tokio_util::sync::DropGuard,
}

/// How a test changes the setup.
pub struct Options {
    pub credentials: Vec<CredentialView>,
    pub ask_for: AskFor,
    pub grant: Grant,
    pub max_connections: usize,
    pub filter: Option<(Arc<ringfence_dlp::Filter>, ringfence_policy::FilterPlan)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            credentials: Vec::new(),
            ask_for: AskFor::default(),
            grant: Grant::Allow,
            max_connections: 200,
            filter: None,
        }
    }
}

impl Fence {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let authority = Authority::new();
        let (listener, tls, plain, other, h1) = loop {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let at = |last| SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), port));
            let both = authority.server(
                &["tls.test", "ask.test", "public.test", "denied.test"],
                &["h2", "http/1.1"],
            );
            let other = authority.server(&["other.test"], &["h2", "http/1.1"]);
            let h1 = authority.server(&["h1.test"], &[]);
            let origins = (
                Origin::serve(at(2), Some(both)),
                Origin::serve(at(3), None),
                Origin::serve(at(4), Some(other)),
                Origin::serve(at(5), Some(h1)),
            );
            if let (Ok(tls), Ok(plain), Ok(other), Ok(h1)) = origins {
                break (listener, tls, plain, other, h1);
            }
        };
        let port = listener.local_addr().unwrap().port();
        let gateway_port = free_port([127, 0, 0, 6]);
        let gateway =
            Origin::serve(SocketAddr::from(([127, 0, 0, 6], gateway_port)), None).unwrap();
        let forward = TcpListener::bind("127.0.0.1:0").unwrap();

        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.root.clone()).unwrap();
        let events = Arc::new(Events::default());
        let asked = Arc::new(Asked {
            grant: options.grant,
            questions: Mutex::default(),
        });
        let setup = Setup {
            policy: crate::policy::policy(port, gateway_port),
            credentials: options.credentials,
            approver: Arc::clone(&asked) as _,
            recorder: Arc::clone(&events) as _,
            secrets: Arc::new(Vault),
            peers: None,
            roots: Box::new(move || roots),
            resolvers: ResolverSetup {
                servers: vec![],
                hosts: HOSTS
                    .iter()
                    .map(|(name, ip)| ((*name).to_owned(), vec![IpAddr::from(*ip)]))
                    .collect(),
                timeout_ms: Some(500),
            },
            max_connections: options.max_connections,
            ask_for: options.ask_for,
            filter: options.filter,
            display_name: "test".into(),
            token: None,
        };
        let proxy = Proxy::new(setup).unwrap();
        let stop = CancellationToken::new();
        let forward_address = forward.local_addr().unwrap();
        let listeners = Listeners {
            tcp: vec![listener],
            http_proxy: vec![forward],
            ..Listeners::default()
        };
        let (served, token) = (Arc::clone(&proxy), stop.clone());
        tokio::spawn(async move { served.serve(listeners, token).await.unwrap() });
        Self {
            port,
            forward: forward_address,
            proxy,
            events,
            asked,
            tls,
            plain,
            other,
            h1,
            gateway,
            gateway_port,
            _stop: stop.drop_guard(),
        }
    }

    pub fn gateway_url(&self) -> String {
        format!("http://127.0.0.6:{}", self.gateway_port)
    }

    pub async fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// TLS as a client inside would do it, trusting the session CA only.
    pub async fn tls(&self, name: &str, alpn: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        self.tls_at(self.port, name, alpn).await
    }

    /// The same at any port of 127.0.0.1.
    pub async fn tls_at(
        &self,
        port: u16,
        name: &str,
        alpn: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let pem = self.proxy.ca_certificate_pem();
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|p| p.as_bytes().to_vec()).collect();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        tokio_rustls::TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }

    /// Sends raw bytes in plain text and returns everything that comes back until the proxy closes.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.tcp().await;
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut out = Vec::new();
        let _ = stream.read_to_end(&mut out).await;
        String::from_utf8_lossy(&out).into_owned()
    }

    /// One HTTP/1.1 request over TLS to `host`.
    pub async fn get(&self, host: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.h1(host)
            .await
            .send(self.request("GET", host, path, headers, ""))
            .await
    }

    pub fn request(
        &self,
        method: &str,
        host: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Request<Full<Bytes>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", format!("{host}:{}", self.port));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .unwrap()
    }

    pub async fn h1(&self, host: &str) -> H1 {
        let stream = self.tls(host, &["http/1.1"]).await.unwrap();
        H1::over(stream).await
    }

    /// A client of the explicit proxy endpoint.
    pub async fn forward_client(&self) -> H1 {
        H1::over(TcpStream::connect(self.forward).await.unwrap()).await
    }

    pub async fn h2(&self, host: &str) -> hyper::client::conn::http2::SendRequest<Full<Bytes>> {
        let stream = self.tls(host, &["h2"]).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        sender
    }
}

/// An HTTP/1 client connection.
pub struct H1(hyper::client::conn::http1::SendRequest<Full<Bytes>>);

impl H1 {
    pub async fn over<S>(stream: S) -> Self
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection.with_upgrades());
        Self(sender)
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Reply {
        self.0.ready().await.unwrap();
        Reply::of(self.0.send_request(request).await.unwrap()).await
    }

    pub async fn start(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> http::Response<hyper::body::Incoming> {
        self.0.send_request(request).await.unwrap()
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub trailers: Option<HeaderMap>,
}

impl Reply {
    pub async fn of(response: http::Response<hyper::body::Incoming>) -> Self {
        let (parts, body) = response.into_parts();
        let all = body.collect().await.unwrap();
        let trailers = all.trailers().cloned();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&all.to_bytes()).into_owned(),
            trailers,
        }
    }
    pub fn class(&self) -> &str {
        self.headers
            .get("x-ringfence-refusal")
            .map_or("", |v| v.to_str().unwrap())
    }
}

/// Keeps events; fails when told to.
#[derive(Default)]
pub struct Events {
    pub all: Mutex<Vec<Event>>,
    pub broken: std::sync::atomic::AtomicBool,
}

impl Events {
    pub fn all(&self) -> Vec<Event> {
        self.all.lock().unwrap().clone()
    }
    /// All events as text, to look for secrets in.
    pub fn text(&self) -> String {
        serde_json::to_string(&self.all()).unwrap()
    }
}

impl Recorder for Events {
    fn record(&self, event: Event) -> Result<(), RecordError> {
        if self.broken.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(RecordError("disk full".into()));
        }
        self.all.lock().unwrap().push(event);
        Ok(())
    }
}

/// Answers every question alike and remembers them.
pub struct Asked {
    pub grant: Grant,
    pub questions: Mutex<Vec<Question>>,
}

impl Asked {
    pub fn questions(&self) -> Vec<Question> {
        self.questions.lock().unwrap().clone()
    }
}

impl Approver for Asked {
    fn ask(&self, question: Question) -> BoxFuture<'_, ringfence_policy::Answer> {
        self.questions.lock().unwrap().push(question);
        Box::pin(async move {
            ringfence_policy::Answer {
                grant: self.grant,
                scope: Scope::Once,
            }
        })
    }
}

struct Vault;

impl Secrets for Vault {
    fn reveal(&self, permit: &RevealPermit) -> Result<Zeroizing<String>, SecretError> {
        match permit.name() {
            "model" | "inject" | "query" => Ok(Zeroizing::new(SECRET.into())),
            name => Err(SecretError {
                name: name.into(),
                reason: "not in the vault".into(),
            }),
        }
    }
}

fn free_port(ip: [u8; 4]) -> u16 {
    TcpListener::bind(SocketAddr::from((ip, 0)))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
