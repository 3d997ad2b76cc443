//! A private model behind an agent: the model's host name is rewritten to `ringfence model serve`, the agent runs the tools that the
//! model asks for inside the fence, and what the model said comes out. The agent never holds the server's token, and both audit logs
//! say what happened.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

use std::process::{Command, Output};
use std::time::Duration;

use ringfence_e2e::fixture::{Fixture, agent, finish, python};
use ringfence_e2e::guide;
use ringfence_e2e::listening::Listening;
use ringfence_runner::testing::{SENTENCE, Tiny};
use serde_json::{Value, json};

/// The longest that an agent may take for one answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server of models with a tiny one, which asks for a token.
struct Served {
    server: Listening,
    token: String,
}

impl Served {
    fn start(fixture: &Fixture, model: &Tiny, context: &str) -> Self {
        let file = fixture.home.join("model.gguf");
        std::fs::write(&file, model.file()).unwrap();
        let run = |arguments: &[&str]| {
            let mut command = fixture.ringfence();
            let output = command.arg("model").args(arguments).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{told}");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        run(&["import", file.to_str().unwrap(), "--name", "mine"]);
        let tokens = fixture.home.join("tokens");
        let tokens = tokens.to_str().unwrap();
        let token = run(&["token", "agent", "--tokens", tokens]);
        let mut serve = fixture.ringfence();
        serve.args(["model", "serve", "--listen", "127.0.0.1:0", "--ask-only"]);
        serve.args(["--tokens", tokens, "--context", context, "--memory", "2g"]);
        Self {
            server: Listening::start(&mut serve).unwrap(),
            token,
        }
    }
}

/// Who asks: where, and with what.
struct Client {
    host: &'static str,
    /// Name, variable, shape of the placeholder.
    credential: (&'static str, &'static str, &'static str),
}

const ANTHROPIC: Client = Client {
    host: "api.anthropic.com",
    credential: ("anthropic", "ANTHROPIC_API_KEY", "sk-ant-api03-{}"),
};

const OPENAI: Client = Client {
    host: "api.openai.com",
    credential: ("openai", "OPENAI_API_KEY", "sk-{}"),
};

/// The configuration of an agent whose host is the server, and whose key is the server's token.
fn configure(fixture: &Fixture, served: &Served, client: &Client, more: &str) {
    let (address, host) = (&served.server.address, client.host);
    let (name, variable, placeholder) = client.credential;
    let config = format!(
        "{more}[network]\nallowlist = [{host:?}]\n\n\
         [network.host_rewrite]\n{host:?} = \"http://{address}\"\n\n\
         [credentials.{name}]\nhosts = [{address:?}]\nenv = {variable:?}\nplaceholder = {placeholder:?}\n\
         source = {{ env = {variable:?} }}\n"
    );
    fixture
        .write(".config/ringfence/config.toml", &config)
        .unwrap();
}

/// The sentence came out, and both logs say how.
fn check(fixture: &Fixture, served: Served, client: &Client, output: &Output) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let told = format!("{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && stdout.contains(SENTENCE),
        "{told}"
    );
    // The newest log is the session's: the server still writes to its own, but has nothing to say.
    let tail = |session: &[&str]| {
        let mut audit = fixture.ringfence();
        audit.args(["audit", "tail", "-n", "200"]).args(session);
        String::from_utf8_lossy(&audit.output().unwrap().stdout).into_owned()
    };
    let session = tail(&[]);
    let via = format!("{} via 127.0.0.1", client.host);
    let credential = format!("credential {}", client.credential.0);
    assert!(
        session.contains(&via) && session.contains(&credential),
        "{session}"
    );
    let token = served.token.clone();
    assert!(served.server.stop().unwrap());
    let server = tail(&[]);
    assert!(server.contains("model   load mine:latest"), "{server}");
    let verified = fixture
        .ringfence()
        .args(["audit", "verify"])
        .output()
        .unwrap();
    assert!(verified.status.success());
    // The token is nowhere but with whoever was told it.
    assert!(!told.contains(&token));
    let kept = Command::new("grep")
        .args(["-rlF", &token])
        .arg(fixture.root())
        .output()
        .unwrap();
    let kept = String::from_utf8_lossy(&kept.stdout).into_owned();
    assert!(kept.is_empty(), "the token stands in {kept}");
}

/// A file that no agent may read.
const SECRET: &str = "a private key that no agent reads";
/// What an agent's file tool writes.
const EDITED: &str = "edited by the agent";

/// What the model's commands try besides an honest sum: to read a key, and to write beside the workspace.
fn command(fixture: &Fixture) -> String {
    let home = fixture.home.display();
    format!(
        "(expr 40 + 2; cat {home}/.ssh/id_ed25519; echo beside > {home}/beside.txt) > proof.txt 2>&1; true"
    )
}

/// A home with a key in it, in which that command does what it tries when nothing fences it.
fn prepared() -> Fixture {
    let fixture = Fixture::new().unwrap();
    fixture.write(".ssh/id_ed25519", SECRET).unwrap();
    let mut open = Command::new("sh");
    open.args(["-c", &command(&fixture)])
        .current_dir(&fixture.workspace);
    assert!(finish(&mut open, PATIENCE).unwrap().status.success());
    let proof = fixture.workspace.join("proof.txt");
    assert!(std::fs::read_to_string(&proof).unwrap().contains(SECRET));
    std::fs::remove_file(proof).unwrap();
    std::fs::remove_file(fixture.home.join("beside.txt")).unwrap();
    fixture
}

/// The tools worked in the workspace, and nowhere else.
fn fenced(fixture: &Fixture, output: &Output) {
    let read = |name: &str| std::fs::read_to_string(fixture.workspace.join(name));
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let told = said.concat();
    let proof = read("proof.txt").unwrap_or_else(|error| panic!("{error}: {told}"));
    assert!(proof.starts_with("42\n"), "{proof}");
    assert!(!proof.contains(SECRET), "the key was read: {proof}");
    assert_eq!(read("hello.txt").unwrap().trim_end(), EDITED, "{told}");
    assert!(
        !fixture.home.join("beside.txt").exists(),
        "written beside the workspace"
    );
}

#[test]
fn claude_code_runs_the_tools_of_a_private_model() {
    let Some(program) = agent("claude") else {
        return;
    };
    let fixture = prepared();
    let bash = json!({"command": command(&fixture), "description": "Runs it"}).to_string();
    let hello = fixture.workspace.join("hello.txt");
    let write = json!({"file_path": hello, "content": EDITED}).to_string();
    let model = Tiny::agent(&[("Bash", &bash), ("Write", &write)], SENTENCE);
    let served = Served::start(&fixture, &model, "65536");
    // What the guide says, but for the port, and for a token that is not in a key store.
    let config = guide::block("models.md", "host_rewrite").unwrap();
    let config = config
        .join("\n")
        .replace("127.0.0.1:11434", &served.server.address)
        .replace(r#""keys:model-token""#, r#"{ env = "ANTHROPIC_API_KEY" }"#);
    let program = program.display().to_string();
    let config = format!("{config}\n[tools.claude]\nbinary = {program:?}\n");
    fixture
        .write(".config/ringfence/config.toml", &config)
        .unwrap();
    let mut command = fixture.ringfence();
    command
        .args(["run", "claude", "--no-prompt", "--"])
        .args(["-p", "Please do what the model says."])
        .args(["--allowedTools", "Bash,Write", "--output-format", "json"])
        .env("ANTHROPIC_API_KEY", &served.token);
    let output = finish(&mut command, PATIENCE).unwrap();
    fenced(&fixture, &output);
    // All its tools are in the prompt, which is read once and not once a turn.
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let usage = |name: &str| said["usage"][name].as_u64().unwrap_or_default();
    let (read, known) = (usage("input_tokens"), usage("cache_read_input_tokens"));
    println!("Claude Code: {read} tokens read, {known} known");
    assert!(read > 20_000 && known > read, "{said}");
    check(&fixture, served, &ANTHROPIC, &output);
}

#[test]
fn codex_runs_the_tools_of_a_private_model() {
    let Some(program) = agent("codex") else {
        return;
    };
    let fixture = prepared();
    let run = json!({"cmd": command(&fixture)}).to_string();
    let patch = format!(
        "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: hello.txt\n+{EDITED}\n*** End Patch\nEOF\n"
    );
    let patch = json!({"cmd": patch}).to_string();
    let model = Tiny::agent(
        &[("exec_command", &run), ("exec_command", &patch)],
        SENTENCE,
    );
    let served = Served::start(&fixture, &model, "65536");
    let tool = format!(
        "[tools.codex]\nbinary = {:?}\n\n",
        program.display().to_string()
    );
    configure(&fixture, &served, &OPENAI, &tool);
    // Without this Codex takes a key only from its own login, and tries WebSockets first.
    let config = guide::block("models.md", "model_provider =").unwrap();
    fixture
        .write(".codex/config.toml", &config.join("\n"))
        .unwrap();
    let mut command = fixture.ringfence();
    command
        .args(["run", "codex", "--no-prompt", "--"])
        .args(["exec", "--skip-git-repo-check"])
        .arg("--dangerously-bypass-approvals-and-sandbox")
        .arg("Please do what the model says.")
        .env("OPENAI_API_KEY", &served.token);
    let output = finish(&mut command, PATIENCE).unwrap();
    fenced(&fixture, &output);
    check(&fixture, served, &OPENAI, &output);
}

#[test]
fn a_program_with_anthropics_client_talks_to_a_private_model() {
    let Some(venv) = python() else {
        return;
    };
    let fixture = Fixture::new().unwrap();
    let served = Served::start(&fixture, &Tiny::script(SENTENCE), "16384");
    configure(&fixture, &served, &ANTHROPIC, "");
    let script = "import anthropic\n\
        client = anthropic.Anthropic(max_retries=0)\n\
        with client.messages.stream(model='mine', max_tokens=64, messages=[{'role': 'user', 'content': 'Who are you?'}]) as stream:\n    \
            print(''.join(stream.text_stream))\n";
    std::fs::write(fixture.workspace.join("ask.py"), script).unwrap();
    let mut command = fixture.ringfence();
    command
        .args(["run", "--no-prompt", "--ro"])
        .arg(&venv)
        .args(["--env", "VIRTUAL_ENV", "--"])
        .arg(venv.join("bin/python"))
        .arg("ask.py")
        .env("VIRTUAL_ENV", &venv)
        .env("ANTHROPIC_API_KEY", &served.token);
    let output = finish(&mut command, PATIENCE).unwrap();
    check(&fixture, served, &ANTHROPIC, &output);
}
