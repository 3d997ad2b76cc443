//! The programs under test: `ringfence model serve` and `ringfence model connect`, with homes of their own, allowed to dump core, and
//! what a client says to them.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use ringfence_e2e::fixture::{Fixture, binary};
use ringfence_runner::testing::Tiny;

use crate::search::{Canary, descendants};

/// Where Ollama's clients look for it.
const SERVER: u16 = 11_434;
/// Where applications find the sealed way.
const CONNECT: u16 = 11_435;
/// For everything that has to come at last.
const PATIENCE: Duration = Duration::from_secs(120);

/// Homes, a model that answers with a canary of its own, and all canaries that were made.
pub struct Stage {
    pub fixture: Fixture,
    sentence: String,
    answer: Canary,
    /// When all began, seconds since 1970.
    pub since: i64,
}

/// A running program.
pub struct Started {
    child: Child,
    pub port: u16,
    pub log: PathBuf,
    pub home: PathBuf,
}

impl Stage {
    pub fn new() -> Self {
        let fixture = Fixture::new().expect("fixture");
        let answer = Canary::words();
        let sentence = format!("The answer is {} and nothing else.", answer.text);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let model = fixture.root().join("model.gguf");
        std::fs::write(&model, Tiny::script(&sentence).file()).expect("model");
        let stage = Self {
            fixture,
            sentence,
            answer,
            since: since.expect("a clock").as_secs() as i64,
        };
        let output = stage
            .command("server")
            .args(["model", "import"])
            .arg(&model)
            .args(["--name", "tiny"])
            .output()
            .expect("ringfence");
        assert!(output.status.success(), "{output:?}");
        stage
    }

    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// What the model says.
    pub fn answer_canary(&self) -> &Canary {
        &self.answer
    }

    pub fn home(&self, who: &str) -> PathBuf {
        self.fixture.root().join(who)
    }

    /// `ringfence` with a home and a temporary directory of its own, in which it may leave a core.
    fn command(&self, who: &str) -> Command {
        let home = self.home(who);
        let tmp = home.join("tmp");
        std::fs::create_dir_all(&tmp).expect("home");
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -c unlimited; exec \"$@\"", "sh"])
            .arg(binary())
            .current_dir(&home)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("TMPDIR", &tmp)
            .env("RUST_LOG", "debug")
            .env("TERM", "dumb")
            .process_group(0);
        command
    }

    fn start(&self, who: &str, words: &[&str], port: u16) -> Started {
        let home = self.home(who);
        std::fs::create_dir_all(&home).expect("home");
        let log = home.join("log");
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("log");
        let child = self
            .command(who)
            .args(words)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("log"))
            .stderr(file)
            .spawn()
            .expect("ringfence");
        let mut started = Started {
            child,
            port,
            log,
            home,
        };
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Ok(Some(status)) = started.child.try_wait() {
                panic!("{who} ended with {status}: {}", started.words());
            }
            assert!(
                Instant::now() < until,
                "{who} does not listen: {}",
                started.words()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        started
    }

    pub fn serve(&self) -> Started {
        self.start("server", &["model", "serve"], SERVER)
    }

    pub fn connect(&self) -> Started {
        let url = format!("http://127.0.0.1:{SERVER}");
        self.start("client", &["model", "connect", &url], CONNECT)
    }
}

impl Started {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to its streams.
    pub fn words(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// It and all processes below it.
    pub fn processes(&self) -> Vec<(u32, String)> {
        let below = descendants();
        let own = self.pid();
        below
            .into_iter()
            .filter(|(pid, _)| *pid == own || is_below(*pid, own))
            .collect()
    }

    /// The whole answer to a message.
    pub fn chat(&self, message: &str) -> String {
        let body = format!(
            r#"{{"model":"tiny","stream":false,"keep_alive":-1,"messages":[{{"role":"user","content":"{message}"}}]}}"#
        );
        self.post("/api/chat", &body)
    }

    /// The whole answer to a message that comes in steps.
    pub fn stream(&self, message: &str) -> String {
        let body = format!(
            r#"{{"model":"tiny","stream":true,"messages":[{{"role":"user","content":"{message}"}}]}}"#
        );
        self.post("/v1/chat/completions", &body)
    }

    pub fn post(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("connect");
        stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            answer.starts_with("HTTP/1.1 200"),
            "{answer}\n{}",
            self.words()
        );
        answer
    }

    /// Sends it a signal and waits for its end.
    pub fn end(mut self, signal: rustix::process::Signal) -> PathBuf {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("kill");
        self.child.wait().expect("its end");
        self.home.clone()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_below(pid: u32, ancestor: u32) -> bool {
    let mut at = pid;
    while at > 1 {
        let stat = std::fs::read_to_string(format!("/proc/{at}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' '));
        at = fields
            .and_then(|mut fields| fields.nth(1)?.parse().ok())
            .unwrap_or(0);
        if at == ancestor {
            return true;
        }
    }
    false
}
