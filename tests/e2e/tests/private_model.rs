//! A private model behind an agent: the model's host name is rewritten to `ringfence model serve`, and what the model said comes
//! out of the agent. The agent never holds the server's token, and both audit logs say what happened.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use ringfence_e2e::fixture::{Fixture, agent};
use ringfence_runner::testing::{SENTENCE, Tiny};

/// The longest that an agent may take for one answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server of models with a tiny one, which asks for a token.
struct Served {
    child: Child,
    address: String,
    token: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    fn start(fixture: &Fixture) -> Self {
        let file = fixture.home.join("model.gguf");
        std::fs::write(&file, Tiny::script(SENTENCE).file()).unwrap();
        let run = |arguments: &[&str]| {
            let mut command = fixture.ringfence();
            let output = command.arg("model").args(arguments).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{told}");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        run(&["import", file.to_str().unwrap(), "--name", "tiny"]);
        let tokens = fixture.home.join("tokens");
        let tokens = tokens.to_str().unwrap();
        let token = run(&["token", "agent", "--tokens", tokens]);
        let mut serve = fixture.ringfence();
        serve.args([
            "model",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--tokens",
            tokens,
        ]);
        serve.args(["--context", "16384", "--memory", "2g"]);
        let mut child = serve.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        let address = said.trim().strip_prefix("listening at http://");
        Self {
            address: address.unwrap_or_else(|| panic!("{said:?}")).to_owned(),
            child,
            token,
        }
    }

    /// Until it has ended by itself.
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(told.success() && self.child.wait().unwrap().success());
    }
}

/// The configuration of an agent whose host is the server, and whose key is the server's token.
fn configure(fixture: &Fixture, served: &Served, more: &str) {
    let address = &served.address;
    let config = format!(
        "{more}[network]\nallowlist = [\"api.anthropic.com\"]\n\n\
         [network.host_rewrite]\n\"api.anthropic.com\" = \"http://{address}\"\n\n\
         [credentials.anthropic]\nhosts = [{address:?}]\nenv = \"ANTHROPIC_API_KEY\"\nplaceholder = \"sk-ant-api03-{{}}\"\n\
         source = {{ env = \"ANTHROPIC_API_KEY\" }}\n"
    );
    fixture
        .write(".config/ringfence/config.toml", &config)
        .unwrap();
}

fn finish(mut command: Command) -> Output {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            panic!("no end after {PATIENCE:?}: {told}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.wait_with_output().unwrap()
}

/// The sentence came out, and both logs say how.
fn check(fixture: &Fixture, served: Served, output: &Output) {
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
    let via = "api.anthropic.com via 127.0.0.1";
    assert!(
        session.contains(via) && session.contains("credential anthropic"),
        "{session}"
    );
    let token = served.token.clone();
    served.stop();
    let server = tail(&[]);
    assert!(server.contains("model   load tiny:latest"), "{server}");
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

#[test]
fn claude_code_talks_to_a_private_model() {
    let Some(program) = agent("claude") else {
        return;
    };
    let fixture = Fixture::new().unwrap();
    let served = Served::start(&fixture);
    let tool = format!(
        "[tools.claude]\nbinary = {:?}\n\n[tools.claude.env]\nANTHROPIC_MODEL = \"tiny\"\nANTHROPIC_SMALL_FAST_MODEL = \"tiny\"\n\n",
        program.display().to_string()
    );
    configure(&fixture, &served, &tool);
    let mut command = fixture.ringfence();
    // The tiny model knows no tools, and its context is short.
    command
        .args(["run", "claude", "--no-prompt", "--", "-p", "Who are you?"])
        .args(["--tools", "", "--system-prompt", "Be brief."])
        .env("ANTHROPIC_API_KEY", &served.token);
    let output = finish(command);
    check(&fixture, served, &output);
}

#[test]
fn a_program_with_anthropics_client_talks_to_a_private_model() {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv");
    if !venv.join("bin/python").exists() {
        println!(
            "SKIPPED: {} is not there; scripts/test.sh makes it",
            venv.display()
        );
        return;
    }
    let fixture = Fixture::new().unwrap();
    let served = Served::start(&fixture);
    configure(&fixture, &served, "");
    let script = "import anthropic\n\
        client = anthropic.Anthropic(max_retries=0)\n\
        with client.messages.stream(model='tiny', max_tokens=64, messages=[{'role': 'user', 'content': 'Who are you?'}]) as stream:\n    \
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
    let output = finish(command);
    check(&fixture, served, &output);
}
