//! The clients that people use, unchanged: PyPI's ollama, openai and anthropic, npm's ollama and openai; every call that the server
//! is for.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ringfence_runner::testing::Tiny;

use crate::Case;
use crate::changes::pulling;
use crate::fixture::{Fixture, Outcome, Served, holds, skipped, text};
use crate::registry::{self, Registry};

/// What the model says that a client uploads.
const UPLOADED: &str = "Uploaded files speak for themselves";

pub const CASES: &[Case] = &[
    ("Python's clients understand every answer", python),
    ("the JavaScript clients understand every answer", javascript),
];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Far above what the calls take; only against waiting for ever.
const DEADLINE: Duration = Duration::from_secs(300);

/// Runs a script of calls to its end.
fn run(command: &mut Command, ok: &str) -> Outcome {
    let mut child = command
        .env_remove("http_proxy")
        .env_remove("HTTP_PROXY")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(text)?;
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as _),
        child.stderr.take().map(|pipe| Box::new(pipe) as _),
    ];
    let readers = pipes.map(|pipe| {
        std::thread::spawn(move || {
            let mut said = String::new();
            let _ = pipe.map(|mut pipe| pipe.read_to_string(&mut said));
            said
        })
    });
    let end = Instant::now() + DEADLINE;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(text)? {
            break status;
        }
        if Instant::now() > end {
            child.kill().map_err(text)?;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let said = readers
        .map(|reader| reader.join().unwrap_or_default())
        .concat();
    holds(status.success() && said.contains(ok), || said.clone())
}

/// A server that the clients may pull to, and the name of what they pull.
fn served(f: &Fixture) -> (Served, String, Registry) {
    let registry = registry::good();
    let served = pulling(f, &[&registry]);
    let name = format!("{}/library/far", registry.host());
    (served, name, registry)
}

fn python(f: &Fixture) -> Outcome {
    let python = here("../../tests/e2e/.venv/bin/python");
    let there = Command::new(&python)
        .args(["-c", "import ollama, openai, anthropic"])
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        return skipped(
            "PyPI's ollama, openai and anthropic are not in tests/e2e/.venv, or not to be read by this user (scripts/test.sh puts them there)",
        );
    }
    let (served, name, _registry) = served(f);
    let model = f.path("upload.gguf");
    std::fs::write(&model, Tiny::script(UPLOADED).file()).map_err(text)?;
    let address = format!("http://{}", served.address);
    run(
        Command::new(&python)
            .arg(here("tests/clients/calls.py"))
            .args([&address, &name])
            .arg(&model),
        "all calls",
    )
}

fn javascript(f: &Fixture) -> Outcome {
    let modules = here("../../tests/e2e/node_modules");
    let node = Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    let there = ["ollama", "openai"]
        .iter()
        .all(|package| modules.join(package).join("package.json").is_file());
    if !there || !node.is_ok_and(|status| status.success()) {
        return skipped(
            "node, or npm's ollama and openai in tests/e2e/node_modules, are not there or not to be read by this user (scripts/test.sh puts them there)",
        );
    }
    // An ES module looks for packages beside itself, so they are put there.
    let place = f.path("javascript");
    std::fs::create_dir(&place).map_err(text)?;
    std::os::unix::fs::symlink(&modules, place.join("node_modules")).map_err(text)?;
    std::fs::copy(here("tests/clients/calls.mjs"), place.join("calls.mjs")).map_err(text)?;
    let (served, name, _registry) = served(f);
    let address = format!("http://{}", served.address);
    run(
        Command::new("node")
            .arg(place.join("calls.mjs"))
            .args([&address, &name]),
        "all calls",
    )
}
