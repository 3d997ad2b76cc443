//! The clients that people use, unchanged: PyPI's ollama, openai and anthropic, npm's ollama.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Case;
use crate::fixture::{Fixture, Outcome, holds, text};

pub const CASES: &[Case] = &[
    ("Python's clients understand every answer", python),
    ("the JavaScript client understands every answer", javascript),
];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn run(command: &mut Command, ok: &str) -> Outcome {
    let output = command
        .env_remove("http_proxy")
        .env_remove("HTTP_PROXY")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .map_err(text)?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    holds(output.status.success() && said.contains(ok), || {
        said.to_string()
    })
}

fn python(f: &Fixture) -> Outcome {
    let python = here("../../tests/e2e/.venv/bin/python");
    let there = Command::new(&python)
        .args(["-c", "import ollama, openai, anthropic"])
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!(
            "SKIPPED: ollama, openai and anthropic are not in tests/e2e/.venv (scripts/test.sh puts them there)"
        );
        return Ok(());
    }
    let served = f.serve();
    let address = format!("http://{}", served.address);
    // 60 s a call: only against waiting for ever.
    run(
        Command::new(&python)
            .arg(here("tests/clients/calls.py"))
            .arg(address),
        "all calls",
    )
}

fn javascript(f: &Fixture) -> Outcome {
    let modules = here("../../tests/e2e/node_modules");
    let node = Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !modules.join("ollama").is_dir() || !node.is_ok_and(|status| status.success()) {
        eprintln!(
            "SKIPPED: node or npm's ollama is not there (scripts/test.sh puts it into tests/e2e/node_modules)"
        );
        return Ok(());
    }
    // An ES module looks for packages beside itself, so the script goes where they are.
    let place = modules.join(format!(".ringfence-server-{}.mjs", std::process::id()));
    std::fs::copy(here("tests/clients/calls.mjs"), &place).map_err(text)?;
    let served = f.serve();
    let address = format!("http://{}", served.address);
    let ran = run(Command::new("node").arg(&place).arg(address), "all calls");
    std::fs::remove_file(&place).map_err(text)?;
    ran
}
