//! `ringfence model serve` and `connect` as programs, which say where they listen.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Child;

use ringfence_runner::testing::{SENTENCE, Tiny};

use super::{PATIENCE, Place, Ran, finish, signal};

/// A program that said where it listens.
pub struct Listening {
    pub child: Child,
    pub at: String,
}

pub fn start(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> Listening {
    let mut command = place.ringfence([&["model"], arguments].concat());
    let mut child = command.envs(variables.iter().copied()).spawn().unwrap();
    let mut said = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut said).unwrap();
    match said.trim().strip_prefix("listening at http://") {
        Some(at) => Listening {
            at: at.to_owned(),
            child,
        },
        None => panic!("{said:?}: {}", finish(child).err),
    }
}

/// A model that says one sentence, `tiny`.
pub fn import(place: &Place) {
    fs::write(place.path("work/tiny.gguf"), Tiny::script(SENTENCE).file()).unwrap();
    place
        .run(["model", "import", "tiny.gguf", "--name", "tiny"])
        .exits(0);
}

/// Imports it and serves it.
pub fn serve(place: &Place) -> Listening {
    import(place);
    serve_with(place, &[], &[])
}

pub fn serve_with(place: &Place, more: &[&str], variables: &[(&str, &str)]) -> Listening {
    let arguments = ["serve", "--context", "512", "--listen", "127.0.0.1:0"];
    start(place, &[&arguments, more].concat(), variables)
}

impl Listening {
    pub fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    pub fn stop(self) -> Ran {
        signal("TERM", self.child.id());
        finish(self.child)
    }

    pub fn generate(&self) -> String {
        let body = r#"{"model":"tiny","prompt":"Who are you?","stream":false,"options":{"temperature":0}}"#;
        let request = format!(
            "POST /api/generate HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.at,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.at).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        String::from_utf8_lossy(&reply).into_owned()
    }
}
