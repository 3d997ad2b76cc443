//! What docs/guides/models.md shows, run as it stands there: only ports are others, and the model is a tiny one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use ringfence_e2e::fixture::{Fixture, binary, finish, python};
use ringfence_e2e::guide::block;
use ringfence_e2e::listening::Listening;
use ringfence_runner::testing::{SENTENCE, Tiny};

const GUIDE: &str = "models.md";
/// The longest that one line may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Where the guide's server and its other end listen.
const PORT: &str = "127.0.0.1:11434";
const FREE_PORT: &str = " --listen 127.0.0.1:0";

/// A terminal of the guide's reader.
struct Reader {
    fixture: Fixture,
    venv: PathBuf,
}

impl Reader {
    /// A shell that finds `ringfence`, and the Python that has the clients.
    fn shell(&self, line: &str) -> Command {
        let (program, clients) = (binary(), self.venv.join("bin"));
        let places = [
            clients.as_path(),
            program.parent().unwrap(),
            Path::new("/usr/bin"),
            Path::new("/bin"),
        ];
        let path = std::env::join_paths(places).unwrap();
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", line])
            .current_dir(&self.fixture.workspace)
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.fixture.home)
            .env("XDG_RUNTIME_DIR", &self.fixture.workspace);
        shell
    }

    fn run(&self, line: &str) -> Output {
        finish(&mut self.shell(line), PATIENCE).unwrap()
    }

    /// What it prints, all having gone well.
    fn prints(&self, line: &str) -> String {
        let output = self.run(line);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{line}: {told}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A line that stays in the foreground, with what it says besides where it listens in a file.
    fn stays(&self, line: &str) -> (Listening, PathBuf) {
        let said = self.fixture.home.join("said");
        let mut shell = self.shell(&format!("exec {line}"));
        shell.stderr(std::fs::File::create(&said).unwrap());
        let listening = Listening::start(&mut shell).unwrap_or_else(|error| {
            let told = std::fs::read_to_string(&said).unwrap_or_default();
            panic!("{line}: {error}: {told}");
        });
        (listening, said)
    }

    /// Every client of step 3, at this address.
    fn clients(&self, address: &str, token: Option<&str>) {
        for line in clients() {
            let mut line = line.replace(PORT, address);
            if let Some(token) = token {
                let asked = self.run(&line);
                assert!(!asked.status.success(), "{line}: no token, and answered");
                line = line.replace("_API_KEY=none", &format!("_API_KEY={token}"));
                line.insert_str(0, &format!("OLLAMA_API_KEY={token} "));
            }
            assert_eq!(self.prints(&line), SENTENCE, "{line}");
        }
    }
}

fn clients() -> Vec<String> {
    let lines = block(GUIDE, "OLLAMA_HOST").unwrap();
    let kinds = ["OLLAMA_HOST", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"];
    let is = |kind: &&str| lines.iter().any(|line| line.starts_with(*kind));
    assert!(kinds.iter().all(is) && lines.len() == kinds.len());
    lines
}

/// The one line of a block that has this text in it.
fn line(lines: &[String], text: &str) -> String {
    let mut found = lines.iter().filter(|line| line.contains(text));
    match (found.next(), found.next()) {
        (Some(line), None) => line.clone(),
        _ => panic!("{text:?} is not in one line of {lines:?}"),
    }
}

#[test]
fn the_guide_to_models_works_as_it_is_written() {
    let Some(venv) = python() else {
        return;
    };
    let reader = Reader {
        fixture: Fixture::new().unwrap(),
        venv,
    };
    let (home, work) = (&reader.fixture.home, &reader.fixture.workspace);

    // 1. Get a model in. A registry is another matter (crates/ringfence/tests/model_pull.rs).
    std::fs::write(work.join("model.gguf"), Tiny::script(SENTENCE).file()).unwrap();
    std::fs::write(work.join("Modelfile"), "FROM mine\nPARAMETER num_ctx 512\n").unwrap();
    let steps = block(GUIDE, "model import").unwrap();
    for step in steps.iter().filter(|step| !step.contains(" pull ")) {
        reader.prints(step);
    }
    let shown = reader.prints("ringfence model show mine --template");
    assert!(shown.contains("<|im_start|>"), "{shown}");

    // 2. Serve it, as the guide shows, and 3. point clients at it.
    let shown = block(GUIDE, "$ ringfence model serve").unwrap();
    let (server, said) = reader.stays(&format!("{}{FREE_PORT}", &shown[0][2..]));
    reader.clients(&server.address, None);
    let said = std::fs::read_to_string(said).unwrap();
    for line in &shown[2..] {
        let line = line.replace("/home/me", home.to_str().unwrap());
        let parts: Vec<&str> = line.split('…').collect();
        let has = |told: &str| parts.iter().all(|part| told.contains(part));
        assert!(said.lines().any(has), "{line:?} is not in {said}");
    }

    // 5. The same clients, with their questions sealed.
    let sealed = block(GUIDE, "model connect").unwrap();
    let verify = line(&sealed, "--verify").replace(PORT, &server.address);
    assert!(reader.prints(&verify).contains("ed25519:"));
    let connect = sealed[0].replace(PORT, &server.address);
    let (connected, _) = reader.stays(&format!("{connect}{FREE_PORT}"));
    reader.clients(&connected.address, None);
    assert!(connected.stop().unwrap() && server.stop().unwrap());

    // 2. Two ways to say who may ask.
    std::fs::create_dir_all(home.join(".config")).unwrap();
    let narrower = block(GUIDE, "model token").unwrap();
    let token = reader.prints(&line(&narrower, "model token"));
    let (server, _) = reader.stays(&format!("{}{FREE_PORT}", line(&narrower, "serve --tokens")));
    reader.clients(&server.address, Some(&token));
    assert!(server.stop().unwrap());
    let (server, _) = reader.stays(&line(&narrower, "--socket"));
    let asked = format!(
        "curl -sS --unix-socket {} http://localhost/api/tags",
        server.address.trim_start_matches("unix:")
    );
    let answer = reader.prints(&asked);
    assert!(answer.contains("mine:latest"), "{answer}");
}
