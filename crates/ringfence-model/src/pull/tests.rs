#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use ringfence_inference::Layer;
use ringfence_runner::testing::Tiny;

use super::registry::Target;
use super::*;
use crate::store::{StoreError, hash_of};

/// A registry that answers what a test wants, byte for byte, and remembers what it was asked.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What was asked: the path, and where the range starts.
struct Asked<'a> {
    path: &'a str,
    from: Option<usize>,
}

fn serve(answer: impl Fn(&Asked<'_>) -> Vec<u8> + Send + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            log.lock().unwrap().push(head.clone());
            let from = head
                .split_once("range: bytes=")
                .and_then(|(_, rest)| rest.split('-').next()?.parse().ok());
            let path = head.split([' ', '?']).nth(1).unwrap_or_default();
            let _ = stream.write_all(&answer(&Asked { path, from }));
        }
    });
    Server { port, asked }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// A model as a good registry has it.
#[derive(Clone)]
struct Model {
    file: Vec<u8>,
    config: Vec<u8>,
}

impl Model {
    fn new() -> Self {
        Self {
            file: Tiny::script("all is well").file(),
            config: b"{}".to_vec(),
        }
    }

    fn manifest(&self) -> String {
        let layer = |kind, bytes: &[u8]| Layer {
            kind,
            digest: hash_of(bytes),
            size: bytes.len() as u64,
        };
        Manifest {
            config: layer(LayerKind::Config, &self.config),
            layers: vec![layer(LayerKind::Model, &self.file)],
        }
        .to_json()
    }

    fn answer(&self, asked: &Asked<'_>) -> Vec<u8> {
        if asked.path.contains("/manifests/") {
            return answer("200 OK", "", self.manifest().as_bytes());
        }
        let bytes = if asked.path.ends_with(&hash_of(&self.file).hex()) {
            &self.file
        } else {
            &self.config
        };
        let from = asked.from.unwrap();
        let (last, all) = (bytes.len() - 1, bytes.len());
        let range = format!("Content-Range: bytes {from}-{last}/{all}\r\n");
        answer("206 Partial Content", &range, &bytes[from..])
    }
}

struct Room {
    _directory: tempfile::TempDir,
    store: Store,
}

fn room() -> Room {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("store")).unwrap();
    Room {
        _directory: directory,
        store,
    }
}

impl Room {
    fn pull(&self, server: &Server) -> Result<Pulled, PullError> {
        let name = name(server);
        let outbound = Outbound::new(None, vec![registry_host(&name).unwrap()]).unwrap();
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(pull(&self.store, &outbound, &name, &mut |_| {}))
    }

    fn blobs(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.store.path().join("blobs")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Refused for this reason, and nothing of it is here.
    fn refuses(&self, server: &Server, why: &str) {
        let error = self.pull(server).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(self.blobs().is_empty(), "{error}: {:?}", self.blobs());
        assert!(self.store.list().unwrap().is_empty());
    }
}

fn name(server: &Server) -> ModelName {
    format!("127.0.0.1:{}/library/tiny", server.port)
        .parse()
        .unwrap()
}

#[test]
fn a_model_is_pulled_and_a_second_pull_checks_what_is_here() {
    let (room, model) = (room(), Model::new());
    let good = model.clone();
    let server = serve(move |asked| good.answer(asked));
    let pulled = room.pull(&server).unwrap();
    assert_eq!(pulled.id, hash_of(model.manifest().as_bytes()));
    assert_eq!(pulled.bytes, (model.file.len() + 2) as u64);
    let opened = room.store.open_model(&name(&server)).unwrap();
    assert_eq!(opened.digest, hash_of(&model.file));
    let again = room.pull(&server).unwrap();
    assert_eq!((again.bytes, again.same), (0, true));
    // A blob that was damaged meanwhile is no cache hit.
    let path = room
        .store
        .path()
        .join("blobs")
        .join(opened.digest.file_name());
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, vec![0; model.file.len()]).unwrap();
    assert_eq!(room.pull(&server).unwrap().bytes, model.file.len() as u64);
    room.store.open_model(&name(&server)).unwrap();
    // Nothing that names a person, a token or a machine goes out.
    let asked = server.asked.lock().unwrap().join("\n").to_ascii_lowercase();
    assert!(
        !asked.contains("authorization") && !asked.contains("cookie"),
        "{asked}"
    );
}

#[test]
fn a_connection_that_breaks_goes_on_where_it_was() {
    let (room, model) = (room(), Model::new());
    let good = model.clone();
    let server = serve(move |asked| {
        let mut bytes = good.answer(asked);
        if asked.path.ends_with(&hash_of(&good.file).hex()) {
            // Half of what is left, each time; the rest at the end.
            let rest = good.file.len() - asked.from.unwrap();
            if rest > 2_000 {
                bytes.truncate(bytes.len() - rest / 2);
            }
        }
        bytes
    });
    assert_eq!(
        room.pull(&server).unwrap().bytes,
        (model.file.len() + 2) as u64
    );
    let ranges = server.asked.lock().unwrap();
    assert!(
        ranges
            .iter()
            .any(|head| head.contains("range: bytes=") && !head.contains("bytes=0-"))
    );
}

#[test]
fn a_registry_that_lies_about_bytes_gets_nothing_into_the_store() {
    // Other bytes under the digest.
    let model = Model::new();
    let server = serve(move |asked| {
        let mut bytes = model.answer(asked);
        if !asked.path.contains("/manifests/") {
            *bytes.last_mut().unwrap() ^= 1;
        }
        bytes
    });
    room().refuses(&server, "the bytes hash to sha256:");
    // More of them, as a length and without one.
    let model = Model::new();
    let server = serve(move |asked| match asked.path.contains("/manifests/") {
        true => model.answer(asked),
        false => answer("200 OK", "", &[&model.file[..], b"and more"].concat()),
    });
    room().refuses(&server, "it sends");
    let model = Model::new();
    let server = serve(move |asked| match asked.path.contains("/manifests/") {
        true => model.answer(asked),
        false => [b"HTTP/1.1 200 OK\r\n\r\n", &model.file[..], b"and more"].concat(),
    });
    room().refuses(&server, "it sends more than the");
    // Another part than was asked for.
    let model = Model::new();
    let server = serve(move |asked| match asked.path.contains("/manifests/") {
        true => model.answer(asked),
        false => answer(
            "206 Partial Content",
            "Content-Range: bytes 5-9/10\r\n",
            b"abcde",
        ),
    });
    room().refuses(&server, "asked for `bytes 0-");
    // A manifest as a stream without end.
    let server = serve(|_| {
        let mut bytes = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        bytes.resize(limits::MANIFEST_BYTES as usize + 2_000, b' ');
        bytes
    });
    room().refuses(&server, "a manifest of more than");
    let server = serve(|_| answer("200 OK", "", b"<html>"));
    room().refuses(&server, "not usable as JSON");
    // What is no model is not kept, though its digest is right.
    let mut model = Model::new();
    model.file[0] = b'X';
    let server = serve(move |asked| model.answer(asked));
    let error = room().pull(&server).unwrap_err().to_string();
    assert!(error.contains("was not kept: byte 0"), "{error}");
}

/// CVE-2024-37032 and CVE-2025-44779: a digest that is a path. And sizes that no disk has.
#[test]
fn a_hostile_manifest_names_no_file_and_takes_no_disk() {
    let digest = hash_of(b"x").to_string();
    for (digest, size, why) in [
        (
            "sha256:../../../../../../tmp/owned",
            "5",
            "is broken at layers[0].digest",
        ),
        (
            "../../../../etc/passwd",
            "5",
            "is broken at layers[0].digest",
        ),
        (
            &digest,
            "18446744073709551615",
            "is not believable at layers[0].size",
        ),
        (&digest, "-1", "a whole number from 0 on"),
    ] {
        let good = Model::new().manifest();
        let layer = format!(
            r#"{{"mediaType":"application/vnd.ollama.image.model","digest":"{digest}","size":{size}}}"#
        );
        let start = good.find("\"layers\"").unwrap();
        let text = format!("{}\"layers\":[{layer}]}}", &good[..start]);
        let server = serve(move |_| answer("200 OK", "", text.as_bytes()));
        room().refuses(&server, why);
    }
    // Four terabytes are believable; the answer that does not have them is not.
    let good = Model::new();
    let text = good.manifest().replace(
        &format!("\"size\":{}", good.file.len()),
        &format!("\"size\":{}", 16 << 20),
    );
    let server = serve(move |asked| match asked.path.contains("/manifests/") {
        true => answer("200 OK", "", text.as_bytes()),
        false => answer("200 OK", "", b"little"),
    });
    room().refuses(&server, "the manifest says 16777216 bytes are to come");
}

/// As the guide writes it. What is blocked by either name stays blocked.
#[test]
fn a_registry_on_this_machine_is_reached_by_its_name() {
    let (room, model) = (room(), Model::new());
    let server = serve(move |asked| model.answer(asked));
    let name: ModelName = format!("localhost:{}/me/tiny", server.port)
        .parse()
        .unwrap();
    let pull_with = |config: &str| {
        let file = room._directory.path().join("config.toml");
        std::fs::write(&file, config).unwrap();
        let allow = vec![registry_host(&name).unwrap()];
        let outbound = Outbound::new(Some(file), allow).unwrap();
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(pull(&room.store, &outbound, &name, &mut |_| {}))
    };
    for blocked in ["localhost", "127.0.0.0/8\", \"::1"] {
        let config = format!("[network]\nblocklist = [\"{blocked}\"]\n");
        assert!(pull_with(&config).is_err(), "{blocked}");
    }
    assert!(server.asked.lock().unwrap().is_empty());
    pull_with("").unwrap();
    room.store.open_model(&name).unwrap();
}

/// CVE-2025-51471: a registry that sends the client, with its token, to somebody else.
#[test]
fn a_login_is_never_looked_for_elsewhere() {
    let elsewhere = serve(|_| answer("200 OK", "", b"{\"token\":\"t\"}"));
    let realm = format!("http://127.0.0.1:{}/token", elsewhere.port);
    let server = serve(move |_| {
        let challenge = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"x\"\r\n");
        answer("401 Unauthorized", &challenge, b"")
    });
    room().refuses(&server, "which is another host; nothing was sent there");
    assert!(elsewhere.asked.lock().unwrap().is_empty());
    // Its own host, and a port that no host has.
    let server = serve(|_| {
        let challenge = "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:99999/token\"\r\n";
        answer("401 Unauthorized", challenge, b"")
    });
    room().refuses(&server, "which is another host; nothing was sent there");
    let server = serve(|_| {
        answer(
            "401 Unauthorized",
            "WWW-Authenticate: Basic realm=\"x\"\r\n",
            b"",
        )
    });
    room().refuses(&server, "asks for a login; only public models");
}

#[test]
fn a_redirect_is_asked_of_the_policy() {
    let model = Model::new();
    let good = model.clone();
    let blobs = serve(move |asked| good.answer(asked));
    let port = blobs.port;
    let server = serve(move |asked| match asked.path.contains("/manifests/") {
        true => model.answer(asked),
        false => {
            let to = format!(
                "Location: http://127.0.0.1:{port}{}?signature=s\r\n",
                asked.path
            );
            answer("307 Temporary Redirect", &to, b"")
        }
    });
    let room = room();
    room.refuses(&server, &format!("say `--allow 127.0.0.1:{port}`"));
    assert!(blobs.asked.lock().unwrap().is_empty());
    // Without strict network isolation it is not the policy's rules that refuse, but that this is no public network.
    let name = name(&server);
    let unnamed = Outbound::new(None, vec![registry_host(&name).unwrap()]).unwrap();
    let unnamed = unnamed.danger_permit_unnamed();
    let error = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(pull(&room.store, &unnamed, &name, &mut |_| {}))
        .unwrap_err()
        .to_string();
    assert!(error.contains("is not public: loopback"), "{error}");
    assert!(blobs.asked.lock().unwrap().is_empty());
    // The same redirect, allowed: it was the policy that refused.
    let allow = vec![registry_host(&name).unwrap(), format!("127.0.0.1:{port}")];
    let outbound = Outbound::new(None, allow).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(pull(&room.store, &outbound, &name, &mut |_| {}))
        .unwrap();
    assert!(!blobs.asked.lock().unwrap().is_empty());

    let server = serve(|asked| {
        let to = format!("Location: {}\r\n", asked.path);
        answer("302 Found", &to, b"")
    });
    super::tests::room().refuses(&server, "more than 5 redirects");
    let server = serve(|_| answer("404 Not Found", "", b""));
    super::tests::room().refuses(&server, "there is no such model; look at the name");
}

#[test]
fn a_registry_out_there_sends_nobody_into_this_network() {
    let registry = Registry::of(&"registry.example/a/b".parse().unwrap()).unwrap();
    assert_eq!(registry.to_string(), "registry.example:443");
    let from = registry.manifest();
    for (to, why) in [
        ("http://cdn.example/x", "only https is"),
        ("http://127.0.0.1/x", "only https is"),
        ("ftp://cdn.example/x", "neither http nor https"),
        ("file:///etc/passwd", "no URL"),
        ("https://me:secret@cdn.example/x", "user information"),
        ("", "no URL"),
        ("x", "neither http nor https"),
    ] {
        let error = registry
            .redirected(&from, to)
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{to}: {error}");
    }
    let on = registry.redirected(&from, "/elsewhere?x=y").unwrap();
    assert_eq!(
        (on.origin.clone(), on.path.as_str()),
        (registry.origin.clone(), "/elsewhere?x=y")
    );
    let cdn: Target = registry.redirected(&from, "https://cdn.example/x").unwrap();
    for (address, fine) in [
        ("93.184.215.14", true),
        ("127.0.0.1", false),
        ("10.0.0.1", false),
        ("169.254.169.254", false),
        ("::1", false),
        ("fd00::1", false),
    ] {
        let went = fetch::private(&registry, &cdn, address.parse().unwrap());
        assert_eq!(went.is_ok(), fine, "{address}");
    }
    // The registry itself is where its name leads, as far as the policy lets it.
    assert!(fetch::private(&registry, &from, "10.0.0.1".parse().unwrap()).is_ok());
    for bad in [
        "example.com:0/a/b",
        "example.com:x/a/b",
        "example.com:99999/a/b",
    ] {
        assert!(Registry::of(&bad.parse().unwrap()).is_err(), "{bad}");
    }
}

#[test]
fn two_pulls_do_not_write_one_file() {
    let room = room();
    let adding = room.store.adding().unwrap();
    let digest = hash_of(b"five!");
    let mut first = adding.download(&digest, 5).unwrap();
    assert!(matches!(
        adding.download(&digest, 5),
        Err(StoreError::Busy(_))
    ));
    first.write(b"fiv").unwrap();
    drop(first);
    let mut second = adding.download(&digest, 5).unwrap();
    assert_eq!(second.here(), 3);
    second.write(b"e!").unwrap();
    second.keep().unwrap();
    assert!(room.store.verified(&digest, 5).is_ok());
}

#[test]
fn sizes_that_no_disk_has_room_for_are_refused_before_a_byte_is_asked_for() {
    let room = room();
    let most = ringfence_inference::limits::LAYER_BYTES;
    if room.store.room(most).is_ok() {
        println!("SKIPPED: this disk has room for the largest model");
        return;
    }
    let layer = |byte, kind, size| Layer {
        kind,
        digest: Digest::from_bytes([byte; 32]),
        size,
    };
    let manifest = Manifest {
        config: layer(1, LayerKind::Config, 2),
        layers: vec![layer(2, LayerKind::Model, most)],
    };
    let manifest = manifest.to_json();
    let server = serve(move |_| answer("200 OK", "", manifest.as_bytes()));
    room.refuses(&server, "no room for");
    assert_eq!(server.asked.lock().unwrap().len(), 1);
}
