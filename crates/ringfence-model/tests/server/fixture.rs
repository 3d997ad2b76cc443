//! Servers, models and plain HTTP that the cases share.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use ringfence_inference::{LayerKind, Manifest, ModelName};
use ringfence_model::server::{Listen, Notice, ServeError, Server, Settings, Stopper};
use ringfence_model::{Store, import};
use ringfence_runner::testing::{SENTENCE, Shape, Storage, Tiny};
use ringfence_sandbox::Spawner;

pub use crate::harness::{Outcome, skipped};

pub struct Fixture {
    spawner: Arc<Spawner>,
    dir: PathBuf,
    next: AtomicU32,
}

/// A server that stops when it is dropped.
pub struct Served {
    pub address: SocketAddr,
    pub store: PathBuf,
    pub notices: Arc<Mutex<Vec<String>>>,
    stopper: Stopper,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(matches!(ended, Ok(Ok(()))), "{ended:?}");
        }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

pub fn text<E: std::fmt::Display>(e: E) -> String {
    e.to_string()
}

impl Fixture {
    pub fn new(spawner: Arc<Spawner>, dir: &Path) -> Self {
        Self {
            spawner,
            dir: dir.to_owned(),
            next: AtomicU32::new(0),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.dir.join(format!("{number}-{name}"))
    }

    /// A store with `tiny`, which says the sentence, and `noise`, which says anything.
    pub fn store(&self) -> PathBuf {
        let path = self.path("store");
        let store = Store::open(&path).expect("store");
        for (name, model) in [
            ("tiny", Tiny::script(SENTENCE)),
            ("noise", Tiny::random(Shape::TINY, Storage::Q8_0, 3)),
        ] {
            let file = self.path("model");
            std::fs::write(&file, model.file()).expect("model");
            let name: ModelName = name.parse().expect("name");
            import(&store, &file, &name, &mut |_, _| {}).expect("import");
        }
        path
    }

    pub fn serve(&self) -> Served {
        self.serve_with(|_| {})
    }

    pub fn serve_with(&self, change: impl FnOnce(&mut Settings)) -> Served {
        let path = self.store();
        let listen = Listen::Tcp("127.0.0.1:0".parse().expect("address"));
        let mut settings = Settings::new(listen, "test");
        settings.runner.loading.context = 512;
        settings.runner.loading.threads = 1;
        let notices = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&notices);
        settings.told = Some(Box::new(move |notice: &Notice<'_>| {
            told.lock().expect("notices").push(format!("{notice:?}"));
            Ok(())
        }));
        change(&mut settings);
        let store = Store::open(&path).expect("store");
        let server = Server::bind(settings, store, Arc::clone(&self.spawner)).expect("server");
        let address = server
            .address()
            .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
        let stopper = server.stopper();
        Served {
            address,
            store: path,
            notices,
            stopper,
            thread: Some(std::thread::spawn(move || server.run())),
        }
    }
}

/// A model like `tiny` with one more part.
pub fn with_layer(store: &Path, name: &str, kind: LayerKind, content: &str) {
    let store = Store::open(store).expect("store");
    let entry = store.entry(&"tiny".parse().expect("name")).expect("tiny");
    let mut manifest: Manifest = entry.manifest.expect("manifest");
    let adding = store.adding().expect("adding");
    let layer = adding.small(content.as_bytes()).expect("layer");
    manifest.layers.push(layer.as_layer(kind));
    adding
        .name(&name.parse().expect("name"), &manifest)
        .expect("named");
}

impl Served {
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("connect");
        // Only against waiting for ever.
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("timeout");
        stream
    }

    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// One request on a connection of its own.
    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let mut stream = self.connect();
        let host = self.host();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).expect("request");
        // An answer may come before the whole body went.
        let _ = stream.write_all(body.as_bytes());
        reply(&mut stream)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "", "")
    }

    pub fn post(&self, path: &str, body: &serde_json::Value) -> Reply {
        self.ask(
            "POST",
            path,
            "content-type: application/json\r\n",
            &body.to_string(),
        )
    }
}

/// Everything until the server closes.
pub fn reply(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let all = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = all.split_once("\r\n\r\n").unwrap_or((&all, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    let chunked = head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked");
    Reply {
        status,
        body: if chunked {
            unchunked(body)
        } else {
            body.to_owned()
        },
        head: head.to_owned(),
    }
}

fn unchunked(mut body: &str) -> String {
    let mut out = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || rest.len() < size {
            break;
        }
        out.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    out
}

impl Reply {
    pub fn json(&self) -> Result<serde_json::Value, String> {
        serde_json::from_str(&self.body).map_err(|e| format!("{e}: {self:?}"))
    }

    /// The JSON of each line or event.
    pub fn steps(&self) -> Vec<serde_json::Value> {
        let lines = self.body.lines();
        lines
            .map(|line| line.strip_prefix("data: ").unwrap_or(line))
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(|value: &serde_json::Value| value.is_object())
            .collect()
    }
}

/// Fails with both values unless they are equal.
pub fn same<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Outcome {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("found {found:?}, wanted {wanted:?}"))
    }
}

/// Fails unless it holds.
pub fn holds(yes: bool, what: impl FnOnce() -> String) -> Outcome {
    if yes { Ok(()) } else { Err(what()) }
}
