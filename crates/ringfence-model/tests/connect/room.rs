//! Servers with an identity, and `connect` in front of them, that the cases share.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use ringfence_model::connect::{Address, Connect, Settings};
use ringfence_model::server::{Listen, ServeError, Stopper, Tokens};
use ringfence_runtime::outbound::Outbound;
use ringfence_seal::ServerKey;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Reply, Served, reply};

pub const CANARY: &str = "canary-91c2-prompt";

pub fn key(seed: u8) -> Arc<ServerKey> {
    Arc::new(ServerKey::from_seed(&[seed; 32]).expect("key"))
}

/// A server whose identity is made of this byte.
pub fn server(f: &Fixture, seed: u8) -> Served {
    f.serve_with(|settings| settings.identity = Some(key(seed)))
}

/// `connect`, which stops when it is dropped.
pub struct Connected {
    pub address: SocketAddr,
    pub notices: Arc<Mutex<Vec<String>>>,
    stopper: Stopper,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(matches!(ended, Ok(Ok(()))), "{ended:?}");
        }
    }
}

pub fn url(server: SocketAddr) -> Address {
    format!("http://{server}").parse().expect("address")
}

pub fn settings(server: SocketAddr, pins: &Path) -> Settings {
    let server = url(server);
    let outbound = Outbound::new(None, vec![server.rule()]).expect("outbound");
    Settings {
        listen: Listen::Tcp("127.0.0.1:0".parse().expect("address")),
        tokens: Tokens::default(),
        origins: Vec::new(),
        server,
        server_token: None,
        pins: pins.to_owned(),
        outbound,
        quote: None,
        encryption: true,
        told: None,
    }
}

pub fn connect(f: &Fixture, server: SocketAddr) -> Connected {
    connect_with(server, &f.path("pins"), |_| {})
}

pub fn connect_with(
    server: SocketAddr,
    pins: &Path,
    change: impl FnOnce(&mut Settings),
) -> Connected {
    let mut settings = settings(server, pins);
    let notices = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&notices);
    settings.told = Some(Box::new(move |notice| {
        told.lock().expect("notices").push(format!("{notice:?}"));
    }));
    change(&mut settings);
    let connect = Connect::bind(settings).expect("connect");
    let address = connect.address().expect("address");
    let stopper = connect.stopper();
    Connected {
        address,
        notices,
        stopper,
        thread: Some(std::thread::spawn(move || connect.run())),
    }
}

/// One request on a connection of its own.
pub fn ask(at: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Reply {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(at).expect("connect");
    let patience = std::time::Duration::from_secs(120);
    stream.set_read_timeout(Some(patience)).expect("timeout");
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).expect("request");
    let _ = stream.write_all(body.as_bytes());
    reply(&mut stream)
}

pub fn post(at: SocketAddr, path: &str, body: &Value) -> Reply {
    ask(at, "POST", path, "", &body.to_string())
}

pub fn question(model: &str, stream: bool) -> Value {
    json!({
        "model": model,
        "messages": [{"role": "user", "content": CANARY}],
        "stream": stream,
        "max_tokens": 64,
    })
}

/// A question to Ollama's chat, its answer as text, whether it came in one piece or in many.
pub fn chat(at: SocketAddr, model: &str, stream: bool) -> Result<String, String> {
    let mut body = question(model, stream);
    body["options"] = json!({"temperature": 0, "num_predict": 64});
    let reply = post(at, "/api/chat", &body);
    let steps = reply.steps();
    if let Some(error) = steps.iter().find_map(|s| s.get("error")?.as_str()) {
        return Err(error.to_owned());
    }
    if reply.status != 200 {
        return Err(format!("status {}: {}", reply.status, reply.body));
    }
    if !steps.last().is_some_and(|s| s["done"] == true) {
        return Err(format!("no end: {}", reply.body));
    }
    let said = steps
        .iter()
        .filter_map(|s| s.pointer("/message/content")?.as_str());
    Ok(said.collect())
}
