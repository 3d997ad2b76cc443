//! The real agents, from npm, inside the fence: each runs a shell tool, edits a file and says its last words, against a
//! model endpoint that the test started and that only `host_rewrite` of the agent's real host name leads to.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

use std::process::Command;
use std::time::Duration;

use ringfence_e2e::fixture::{Fixture, agent, finish};
use ringfence_e2e::model_stub::{EDITED, FINAL_WORDS, ModelStub, PROOF, Received};

/// The longest that an agent may take for three answers of a stub.
const PATIENCE: Duration = Duration::from_secs(120);

struct Agent<'a> {
    /// Program in `node_modules/.bin` and tool name.
    name: &'a str,
    arguments: &'a [&'a str],
    /// Real host name that is rewritten to the stub.
    host: &'a str,
    /// Credential: its name in the preset, its variable, the shape of its placeholder.
    credential: (&'a str, &'a str, &'a str),
    /// Header in which the agent sends the credential, when it does.
    header: Option<&'a str>,
    /// Files of the home directory that it needs.
    files: &'a [(&'a str, &'a str)],
}

const SECRET: &str = "sk-real-secret-that-must-stay-outside-0123456789";

#[test]
fn claude_code_works_inside_and_never_holds_its_key() {
    let seen = run(&Agent {
        name: "claude",
        arguments: &[
            "-p",
            "Please do what the model says.",
            "--allowedTools",
            "Bash,Write",
        ],
        host: "api.anthropic.com",
        credential: ("anthropic", "ANTHROPIC_API_KEY", "sk-ant-api03-{}"),
        header: Some("x-api-key"),
        files: &[],
    });
    let Some(seen) = seen else { return };
    assert!(
        seen.iter().all(|request| !request.target.contains("//")),
        "paths are kept as they are"
    );
}

#[test]
fn codex_works_inside() {
    run(&Agent {
        name: "codex",
        arguments: &[
            "exec",
            "--skip-git-repo-check",
            "--dangerously-bypass-approvals-and-sandbox",
            "Please do what the model says.",
        ],
        host: "api.openai.com",
        credential: ("openai", "OPENAI_API_KEY", "sk-{}"),
        header: None,
        files: &[(".codex/config.toml", "")],
    });
}

#[test]
fn gemini_cli_works_inside_and_never_holds_its_key() {
    run(&Agent {
        name: "gemini",
        arguments: &[
            "--yolo",
            "--skip-trust",
            "-p",
            "Please do what the model says.",
        ],
        host: "generativelanguage.googleapis.com",
        credential: ("gemini", "GEMINI_API_KEY", "AIza{}"),
        header: Some("x-goog-api-key"),
        files: &[(
            ".gemini/settings.json",
            r#"{"security":{"auth":{"selectedType":"gemini-api-key"}}}"#,
        )],
    });
}

/// Runs one agent to its end and checks everything that all of them share.
fn run(agent_under_test: &Agent<'_>) -> Option<Vec<Received>> {
    let program = agent(agent_under_test.name)?;
    let fixture = Fixture::new().unwrap();
    for (path, text) in agent_under_test.files {
        fixture.write(path, text).unwrap();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stub = runtime
        .block_on(ModelStub::start(fixture.workspace.clone()))
        .unwrap();
    let (credential, variable, placeholder) = agent_under_test.credential;
    let address = stub.url().replace("http://", "");
    let config = format!(
        "[tools.{name}]\nbinary = {program:?}\n\n[network.host_rewrite]\n{host:?} = {url:?}\n\n\
         [credentials.{credential}]\nhosts = [{address:?}]\nenv = {variable:?}\nplaceholder = {placeholder:?}\nsource = {{ env = {variable:?} }}\n",
        name = agent_under_test.name,
        program = program.display().to_string(),
        host = agent_under_test.host,
        url = stub.url(),
    );
    fixture
        .write(".config/ringfence/config.toml", &config)
        .unwrap();

    let mut command = fixture.ringfence();
    command
        .arg(agent_under_test.name)
        .args(agent_under_test.arguments)
        .env(variable, SECRET);
    let output = finish(&mut command, PATIENCE).unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let told = format!("{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    assert!(stdout.contains(FINAL_WORDS), "{told}");

    let read =
        |name: &str| std::fs::read_to_string(fixture.workspace.join(name)).unwrap_or_default();
    assert_eq!(
        read("proof.txt"),
        PROOF,
        "the shell tool ran in the workspace: {told}"
    );
    assert_eq!(
        read("hello.txt"),
        EDITED,
        "the file tool wrote into the workspace: {told}"
    );

    let received = stub.received();
    assert!(
        received
            .iter()
            .any(|request| request.body.contains("hello.txt")),
        "the transcript came back to the model"
    );
    if let Some(header) = agent_under_test.header {
        assert!(
            received.iter().any(|request| request
                .headers
                .get(header)
                .is_some_and(|value| value == SECRET)),
            "the placeholder became the real key on its way out"
        );
    }
    // Nothing that stayed on this side of the proxy knows the key: the agent's own files, the workspace, the audit log.
    let kept = Command::new("grep")
        .args(["-rlF", SECRET])
        .arg(fixture.root())
        .output()
        .unwrap();
    assert!(
        kept.stdout.is_empty(),
        "the key stands in {}",
        String::from_utf8_lossy(&kept.stdout)
    );
    let verified = fixture
        .ringfence()
        .args(["audit", "verify"])
        .output()
        .unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    let ghosts = std::fs::read_dir(&fixture.workspace)
        .unwrap()
        .flatten()
        .map(|e| e.file_name())
        .collect::<Vec<_>>();
    assert_eq!(ghosts.len(), 2, "no placeholder is left behind: {ghosts:?}");
    Some(received)
}
