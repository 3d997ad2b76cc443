//! Client of the proxy benchmarks. One thread and blocking TLS: its own cost stays small and the same for every row.
//!
//! `bench-load MODE HOST PORT CA.pem COUNT [PROXY_HOST:PORT | @ADDRESS:PORT]` prints one line of JSON. Modes: `keepalive` (1 KiB answers on one
//! connection), `connect` (a new TLS connection for each), `bulk` (10 MiB answers), `sse` (lag of server-sent events),
//! `hold` (COUNT idle connections, until standard input closes). `bench-load serve-sse CERT KEY` is the origin of `sse`.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout)] // It prints its result.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::{Value, json};

type Failed = Box<dyn Error + Send + Sync>;
type Tls = StreamOwned<ClientConnection, TcpStream>;

const SSE_EVENTS: usize = 20;
const SSE_PAUSE: Duration = Duration::from_millis(50);

struct Target {
    host: String,
    port: u16,
    proxy: Option<String>,
    tls: Arc<ClientConfig>,
}

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve-sse", cert, key] => serve_sse(cert, key),
        [mode, host, port, ca, count, proxy @ ..] => {
            let target = Target {
                host: (*host).to_owned(),
                port: port.parse()?,
                proxy: proxy.first().map(|p| (*p).to_owned()),
                tls: client_config(ca)?,
            };
            let count: usize = count.parse()?;
            let result = match *mode {
                "keepalive" => keepalive(&target, count)?,
                "connect" => connect(&target, count)?,
                "bulk" => bulk(&target, count)?,
                "sse" => sse(&target)?,
                "hold" => hold(&target, count)?,
                other => return Err(format!("there is no mode {other}").into()),
            };
            println!("{result}");
            Ok(())
        }
        _ => Err("usage: bench-load MODE HOST PORT CA.pem COUNT [PROXY_HOST:PORT]".into()),
    }
}

fn client_config(ca: &str) -> Result<Arc<ClientConfig>, Failed> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_file_iter(ca)?.filter_map(Result::ok));
    Ok(Arc::new(
        ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth(),
    ))
}

impl Target {
    fn open(&self) -> Result<Tls, Failed> {
        let stream = match &self.proxy {
            None => TcpStream::connect((self.host.as_str(), self.port))?,
            // `@ADDRESS`: this address instead of a name, no proxy.
            Some(proxy) if proxy.starts_with('@') => TcpStream::connect(&proxy[1..])?,
            Some(proxy) => {
                let mut stream = TcpStream::connect(proxy)?;
                stream.set_nodelay(true)?;
                write!(
                    stream,
                    "CONNECT {0}:{1} HTTP/1.1\r\nHost: {0}:{1}\r\n\r\n",
                    self.host, self.port
                )?;
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte)?;
                    head.push(byte[0]);
                }
                if !head.starts_with(b"HTTP/1.1 200") && !head.starts_with(b"HTTP/1.0 200") {
                    return Err(String::from_utf8_lossy(&head).into_owned().into());
                }
                stream
            }
        };
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(self.host.clone())?;
        Ok(StreamOwned::new(
            ClientConnection::new(Arc::clone(&self.tls), name)?,
            stream,
        ))
    }

    /// One request; returns the bytes of the body.
    fn get(&self, stream: &mut Tls, path: &str, buffer: &mut [u8]) -> Result<usize, Failed> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}:{}\r\n\r\n",
            self.host, self.port
        );
        stream.write_all(request.as_bytes())?;
        let mut have = 0;
        let (head, length) = loop {
            let read = stream.read(&mut buffer[have..])?;
            have += read;
            if let Some(end) = buffer[..have].windows(4).position(|w| w == b"\r\n\r\n") {
                let text = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
                if !text.starts_with("http/1.1 200") {
                    return Err(text.into());
                }
                let length = text
                    .lines()
                    .find_map(|l| l.strip_prefix("content-length: "))
                    .and_then(|l| l.trim().parse().ok());
                break (end + 4, length.ok_or("no content-length")?);
            }
            if read == 0 {
                return Err("the connection ended in the head".into());
            }
        };
        let mut body: usize = have - head;
        while body < length {
            match stream.read(buffer)? {
                0 => return Err("the connection ended in the body".into()),
                read => body += read,
            }
        }
        Ok(body)
    }
}

fn keepalive(target: &Target, count: usize) -> Result<Value, Failed> {
    let (mut stream, mut buffer) = (target.open()?, vec![0; 64 * 1024]);
    for _ in 0..count / 10 {
        target.get(&mut stream, "/1k", &mut buffer)?;
    }
    let mut taken = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        target.get(&mut stream, "/1k", &mut buffer)?;
        taken.push(start.elapsed());
    }
    Ok(quantiles(taken))
}

fn connect(target: &Target, count: usize) -> Result<Value, Failed> {
    let mut buffer = vec![0; 64 * 1024];
    let mut taken = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        let mut stream = target.open()?;
        target.get(&mut stream, "/1k", &mut buffer)?;
        taken.push(start.elapsed());
    }
    Ok(quantiles(taken))
}

fn bulk(target: &Target, count: usize) -> Result<Value, Failed> {
    let (mut stream, mut buffer) = (target.open()?, vec![0; 256 * 1024]);
    target.get(&mut stream, "/10m", &mut buffer)?;
    let (start, mut bytes) = (Instant::now(), 0);
    for _ in 0..count {
        bytes += target.get(&mut stream, "/10m", &mut buffer)?;
    }
    let seconds = start.elapsed().as_secs_f64();
    Ok(json!({ "mb_per_s": bytes as f64 / 1e6 / seconds }))
}

/// Lag of each event: the origin writes its clock into it, and the clock is this machine's.
fn sse(target: &Target) -> Result<Value, Failed> {
    let mut stream = target.open()?;
    write!(
        stream,
        "GET /events HTTP/1.1\r\nHost: {}:{}\r\n\r\n",
        target.host, target.port
    )?;
    stream.flush()?;
    let mut lags = Vec::new();
    for line in BufReader::new(stream).lines() {
        if let Some(sent) = line?
            .strip_prefix("data: ")
            .and_then(|t| t.parse::<u128>().ok())
        {
            lags.push(Duration::from_nanos(u64::try_from(
                now().saturating_sub(sent),
            )?));
            if lags.len() == SSE_EVENTS {
                break;
            }
        }
    }
    Ok(quantiles(lags))
}

fn hold(target: &Target, count: usize) -> Result<Value, Failed> {
    let mut buffer = vec![0; 64 * 1024];
    let mut held = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = target.open()?;
        target.get(&mut stream, "/1k", &mut buffer)?;
        held.push(stream);
    }
    println!("{}", json!({ "held": held.len() }));
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(json!({ "ended": held.len() }))
}

fn serve_sse(cert: &str, key: &str) -> Result<(), Failed> {
    let certificates = CertificateDer::pem_file_iter(cert)?.collect::<Result<Vec<_>, _>>()?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, PrivateKeyDer::from_pem_file(key)?)?;
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    std::io::stdout().flush()?;
    for stream in listener.incoming() {
        let stream = stream?;
        let config = Arc::clone(&config);
        std::thread::spawn(move || events(stream, config));
    }
    Ok(())
}

fn events(stream: TcpStream, config: Arc<ServerConfig>) -> Result<(), Failed> {
    stream.set_nodelay(true)?;
    let mut stream = StreamOwned::new(ServerConnection::new(config)?, stream);
    let mut buffer = [0; 4096];
    let _request = stream.read(&mut buffer)?;
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes())?;
    for _ in 0..SSE_EVENTS {
        std::thread::sleep(SSE_PAUSE);
        let event = format!("data: {}\n\n", now());
        write!(stream, "{:x}\r\n{event}\r\n", event.len())?;
        stream.flush()?;
    }
    stream.write_all(b"0\r\n\r\n")?;
    Ok(())
}

fn now() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos()
}

fn quantiles(mut taken: Vec<Duration>) -> Value {
    taken.sort();
    let at = |part: f64| {
        taken
            .get(((taken.len() as f64 - 1.0) * part) as usize)
            .map_or(0.0, |d| d.as_secs_f64() * 1e6)
    };
    json!({ "p50_us": at(0.5), "p99_us": at(0.99), "max_us": at(1.0), "n": taken.len() })
}
