//! A registry on a port of loopback that answers what a case wants, and remembers what it was asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use ringfence_inference::{Digest, Layer, LayerKind, Manifest};
use ringfence_runner::testing::Tiny;

pub struct Registry {
    pub address: SocketAddr,
    pub asked: Arc<Mutex<Vec<String>>>,
}

pub fn sha256(bytes: &[u8]) -> Digest {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    Digest::from_bytes(hash)
}

/// Answers each request with the bytes that `answer` makes of its head.
pub fn registry(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Registry {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
    let address = listener.local_addr().expect("address");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = head(&mut stream);
            if !head.is_empty() {
                log.lock().expect("log").push(head.clone());
                let _ = stream.write_all(&answer(&head));
            }
        }
    });
    Registry { address, asked }
}

fn head(stream: &mut TcpStream) -> String {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The manifest of a model of one file.
pub fn manifest(file: &[u8], config: &[u8]) -> String {
    let layer = |kind, bytes: &[u8]| Layer {
        kind,
        digest: sha256(bytes),
        size: bytes.len() as u64,
    };
    Manifest {
        config: layer(LayerKind::Config, config),
        layers: vec![layer(LayerKind::Model, file)],
    }
    .to_json()
}

/// What the model of a registry says.
pub const FAR: &str = "Pulled models come from far away";

/// One that has the same model under every name.
pub fn good() -> Registry {
    let (file, config) = (Tiny::script(FAR).file(), b"{}".to_vec());
    let text = manifest(&file, &config);
    registry(move |head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        if path.contains("/manifests/missing") {
            return answer("404 Not Found", "", b"");
        }
        if path.contains("/manifests/") {
            return answer("200 OK", "", text.as_bytes());
        }
        let bytes = if path.ends_with(&sha256(&file).hex()) {
            &file
        } else {
            &config
        };
        let from: usize = head
            .split_once("range: bytes=")
            .and_then(|(_, rest)| rest.split('-').next()?.parse().ok())
            .unwrap_or(0);
        let (last, all) = (bytes.len() - 1, bytes.len());
        let range = format!("content-range: bytes {from}-{last}/{all}\r\n");
        answer("206 Partial Content", &range, &bytes[from..])
    })
}

impl Registry {
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn asked(&self) -> String {
        self.asked.lock().expect("log").join("\n")
    }
}

/// What a client does that asks nobody: it goes where it is told to, and follows redirects. Returns the last status.
pub fn plain_client(url: &str) -> u16 {
    let mut url = url.to_owned();
    for _ in 0..5 {
        let rest = url.trim_start_matches("http://");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut stream = TcpStream::connect(host).expect("connect");
        let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("request");
        let reply = crate::fixture::reply(&mut stream);
        let to = reply
            .head
            .lines()
            .find_map(|line| line.strip_prefix("location: "));
        match to {
            Some(to) => url = to.to_owned(),
            None => return reply.status,
        }
    }
    0
}
