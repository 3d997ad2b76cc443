//! The real clients against our readers and writers: PyPI's ollama, openai and anthropic, npm's ollama. The server is the example
//! `scripted`, on a port of loopback that the system chooses; nothing else is reached.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

/// Far above what the calls take; only against waiting for ever.
const DEADLINE: Duration = Duration::from_secs(180);

struct Server {
    child: Child,
    address: String,
    /// Kept open, so that the server can write.
    _log: BufReader<ChildStderr>,
}

impl Server {
    fn start() -> Self {
        let target = std::env::current_exe().unwrap();
        let program = target.ancestors().nth(2).unwrap().join("examples/scripted");
        let mut child = Command::new(&program)
            .arg("0")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap();
        Self {
            address: format!("http://{address}"),
            child,
            _log: log,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a script of calls to its end and hands back what it printed.
fn run(command: &mut Command) -> (bool, String) {
    let mut child = command
        .env_remove("http_proxy")
        .env_remove("HTTP_PROXY")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let readers = [
        Box::new(child.stdout.take().unwrap()) as Box<dyn Read + Send>,
        Box::new(child.stderr.take().unwrap()),
    ]
    .map(|mut pipe| {
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = pipe.read_to_string(&mut text);
            text
        })
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.success();
        }
        if start.elapsed() > DEADLINE {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let text = readers.map(|reader| reader.join().unwrap()).concat();
    (status, text)
}

#[test]
fn python_clients_understand_every_answer() {
    let python = here("../../tests/e2e/.venv/bin/python");
    let there = Command::new(&python)
        .args(["-c", "import ollama, openai, anthropic"])
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!(
            "SKIPPED: ollama, openai and anthropic are not in tests/e2e/.venv (scripts/test.sh puts them there)"
        );
        return;
    }
    let server = Server::start();
    let (worked, text) = run(Command::new(&python)
        .arg(here("tests/clients/calls.py"))
        .arg(&server.address));
    assert!(worked && text.contains("ok 69"), "{text}");
}

#[test]
fn the_javascript_client_understands_every_answer() {
    let modules = here("../../tests/e2e/node_modules");
    let node = Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !modules.join("ollama").is_dir() || !node.is_ok_and(|status| status.success()) {
        eprintln!(
            "SKIPPED: node or npm's ollama is not there (scripts/test.sh puts it into tests/e2e/node_modules)"
        );
        return;
    }
    // An ES module looks for packages beside itself, so the script goes where they are.
    let place = modules.join(format!(".ringfence-calls-{}.mjs", std::process::id()));
    std::fs::copy(here("tests/clients/calls.mjs"), &place).unwrap();
    let server = Server::start();
    let (worked, text) = run(Command::new("node").arg(&place).arg(&server.address));
    std::fs::remove_file(&place).unwrap();
    assert!(worked && text.contains("js ok"), "{text}");
}
