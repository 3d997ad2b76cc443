//! `ringfence model pull` against a real registry (`docker-registry`), and what the policy says about it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ringfence_runner::testing::Tiny;
use support::{Place, places, skipped, until};

/// A registry of its own, below a directory, killed at the end.
struct Registry {
    child: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl Registry {
    fn start() -> Option<Self> {
        let found = [
            "/usr/bin/docker-registry",
            "/usr/local/bin/registry",
            "/usr/bin/registry",
        ];
        let Some(program) = found.iter().find(|path| Path::new(path).exists()) else {
            skipped("no docker-registry on this machine");
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = directory.path().join("config.yml");
        let text = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n",
            directory.path().join("data").display()
        );
        fs::write(&config, text).unwrap();
        let child = Command::new(program)
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("the registry to listen", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Some(Self {
            child,
            port,
            _directory: directory,
        })
    }

    /// One request; the status, and where the answer points to.
    fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let location = answer
            .lines()
            .find_map(|line| line.strip_prefix("Location: "));
        (status, location.unwrap_or_default().to_owned())
    }

    /// Uploads a model as it lies in a store.
    fn push(&self, store: &Path, model: &str, manifest: &Path) {
        for blob in fs::read_dir(store.join("blobs")).unwrap() {
            let blob = blob.unwrap().path();
            let digest = blob
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .replace('-', ":");
            let bytes = fs::read(&blob).unwrap();
            let (status, to) = self.send("POST", &format!("/v2/{model}/blobs/uploads/"), "", b"");
            assert_eq!(status, 202);
            let path = to.splitn(4, '/').nth(3).unwrap();
            let (status, _) = self.send(
                "PUT",
                &format!("/{path}&digest={digest}"),
                "application/octet-stream",
                &bytes,
            );
            assert_eq!(status, 201);
        }
        let kind = "application/vnd.docker.distribution.manifest.v2+json";
        let path = format!("/v2/{model}/manifests/latest");
        let (status, _) = self.send("PUT", &path, kind, &fs::read(manifest).unwrap());
        assert_eq!(status, 201);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pull(place: &Place, name: &str) -> serde_json::Value {
    let ran = place.run(["model", "pull", "--json", name]);
    assert_eq!(ran.code, Some(0), "{}: {}", place.who(), ran.err);
    assert!(!ran.err.contains('\x1b'), "{}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn a_model_goes_through_a_real_registry_and_an_interrupted_pull_goes_on() {
    let Some(registry) = Registry::start() else {
        return;
    };
    for place in places() {
        let file = Tiny::script("all is well").file();
        fs::write(place.path("work/tiny.gguf"), &file).unwrap();
        let name = format!("127.0.0.1:{}/me/tiny", registry.port);
        let ran = place.run(["model", "import", "tiny.gguf", "--name", &name]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let store = place.path("home/.local/share/ringfence/models");
        let manifest = store.join(format!(
            "manifests/127.0.0.1:{}/me/tiny/latest",
            registry.port
        ));
        registry.push(&store, "me/tiny", &manifest);
        let shown = |place: &Place| place.run(["model", "show", "--json", &name]).out;
        let before = shown(&place);
        assert!(before.contains("\"architecture\": \"llama\""), "{before}");

        assert_eq!(place.run(["model", "rm", &name]).code, Some(0));
        let pulled = pull(&place, &name);
        assert!(pulled["bytes"].as_u64().unwrap() > file.len() as u64);
        assert_eq!(shown(&place), before);
        let again = pull(&place, &name);
        assert_eq!((&again["bytes"], &again["same"]), (&0.into(), &true.into()));

        // What a pull leaves that was killed half way: only the other half is fetched.
        let blobs = store.join("blobs");
        let largest = fs::read_dir(&blobs)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .max_by_key(|path| fs::metadata(path).unwrap().len())
            .unwrap();
        let half = file.len() / 2;
        fs::remove_file(&largest).unwrap();
        let partial = format!("{}-partial", largest.file_name().unwrap().to_str().unwrap());
        let relative = format!("home/.local/share/ringfence/models/blobs/{partial}");
        place.write(&relative, "");
        fs::write(place.path(&relative), &file[..half]).unwrap();
        assert_eq!(pull(&place, &name)["bytes"], (file.len() - half) as u64);
        assert_eq!(shown(&place), before);
        assert!(!place.path(&relative).exists());
    }
}

#[test]
fn what_the_configuration_blocks_is_not_pulled_from() {
    for place in places() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        place.config("[network]\nblocklist = [\"127.0.0.1\"]\n");
        let name = format!("127.0.0.1:{port}/me/tiny");
        let ran = place.run(["model", "pull", &name]);
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        assert!(ran.err.contains("refused (blocked)"), "{}", ran.err);
        assert!(listener.accept().is_err(), "somebody connected");
    }
}
