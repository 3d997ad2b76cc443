//! `ringfence approvals` against a session that the test plays: as lines, as a list, and on a tmux screen.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use ringfence_policy::{Grant, Scope};
use ringfence_runtime::prompt::approvals::{FromClient, FromServer, VERSION, Via};
use ringfence_runtime::prompt::{Kind, Pending, Question};

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn ringfence() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence"));
    command.args(["approvals", "--dir"]).env_remove("NO_COLOR");
    command
}

fn pending(id: u64) -> Pending {
    let question = Question {
        kind: Kind::Host,
        tool: "Demo".into(),
        host: "paste.example".into(),
        port: 443,
        method: Some("GET".into()),
        url: Some("https://paste.example/\u{1b}]52;c;eA==\u{7}\u{9b}2J\u{202e}x".into()),
        process: Some("curl (7)".into()),
        size: None,
        credential: None,
    };
    Pending {
        id,
        question,
        waiting: 1,
        age_ms: 0,
        left_ms: 60_000,
    }
}

/// A session with one question, for one client. Hands out what the client sends.
fn session(dir: &Path) -> Receiver<FromClient> {
    let listener = UnixListener::bind(dir.join("s-1.sock")).unwrap();
    let (sender, receiver) = channel();
    std::thread::spawn(move || serve(listener.accept().unwrap().0, &sender));
    receiver
}

fn serve(stream: UnixStream, sender: &Sender<FromClient>) {
    let mut out = stream.try_clone().unwrap();
    let mut send = |message: &FromServer| {
        let _ = out.write_all((serde_json::to_string(message).unwrap() + "\n").as_bytes());
    };
    send(&FromServer::Hello {
        version: VERSION,
        session: "s-1".into(),
        tool: "Demo".into(),
        pid: 1,
    });
    send(&FromServer::Pending(vec![pending(1)]));
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let message: FromClient = serde_json::from_str(&line).unwrap();
        if let FromClient::Answer { id, .. } = message {
            send(&FromServer::Taken {
                id,
                error: None,
                note: None,
            });
            send(&FromServer::Pending(vec![]));
        }
        if sender.send(message).is_err() {
            return;
        }
    }
}

#[test]
fn lines_of_json_ask_and_answer() {
    let dir = tempfile::tempdir().unwrap();
    let heard = session(dir.path());
    let mut child = ringfence()
        .arg(dir.path())
        .arg("--json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(|l| {
            let line = l.unwrap();
            assert!(line.is_ascii(), "{line}");
            serde_json::from_str::<serde_json::Value>(&line).unwrap()
        });
    let asked = lines.next().unwrap();
    assert_eq!(asked["pending"]["session"], "s-1");
    assert_eq!(
        asked["pending"]["questions"][0]["question"]["host"],
        "paste.example"
    );
    assert_eq!(
        heard.recv_timeout(PATIENCE).unwrap(),
        FromClient::Attach {
            via: Via::Approvals
        }
    );
    input
        .write_all(
            b"nonsense\n{\"session\":\"s-1\",\"id\":1,\"grant\":\"allow\",\"scope\":\"session\"}\n",
        )
        .unwrap();
    let answer = FromClient::Answer {
        id: 1,
        grant: Grant::Allow,
        scope: Scope::Session,
    };
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), answer);
    assert!(lines.any(|l| l["invalid"]["why"].is_string()));
    assert!(lines.any(|l| l["taken"]["id"] == 1));
    drop(input);
    assert!(lines.all(|l| l.is_object()));
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_pipe_gets_the_list_escaped() {
    let dir = tempfile::tempdir().unwrap();
    let _heard = session(dir.path());
    let out = ringfence()
        .arg(dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success());
    assert!(
        text.contains("paste.example:443") && text.contains("\\e]52;c;"),
        "{text}"
    );
    assert!(
        text.bytes()
            .all(|b| b == b'\n' || (b' '..=b'~').contains(&b)),
        "{text:?}"
    );
}

#[test]
fn a_session_that_is_gone_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["s-9", "../s"] {
        let out = ringfence()
            .arg(dir.path())
            .args(["--session", id])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(!out.status.success());
        assert!(String::from_utf8(out.stderr).unwrap().contains("session"));
    }
}

/// A private tmux server whose pane runs `ringfence approvals`.
struct Screen(String);

impl Screen {
    fn start(name: &str, args: &str) -> Self {
        let screen = Self(format!("rf-approvals-{}-{name}", std::process::id()));
        let program = env!("CARGO_BIN_EXE_ringfence");
        let shell = format!("{program} approvals {args}; echo left: $?; sleep 1000");
        screen.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "80",
            "-y",
            "24",
            &shell,
        ]);
        screen
    }

    fn tmux(&self, args: &[&str]) -> String {
        let out = Command::new("tmux")
            .env_remove("TMUX")
            .arg("-L")
            .arg(&self.0)
            .args(args)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8(out.stdout).unwrap()
    }

    fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    fn until(&self, text: &str) {
        let start = Instant::now();
        while !self.text().contains(text) {
            assert!(
                start.elapsed() < PATIENCE,
                "waiting for {text:?} on\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .args(["-L", &self.0, "kill-server"])
            .output();
    }
}

#[test]
fn the_popup_shows_the_question_takes_one_meant_key_and_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let heard = session(dir.path());
    let screen = Screen::start(
        "popup",
        &format!("--dir {} --session s-1 --popup tmux", dir.path().display()),
    );
    for _ in 0..10 {
        // Typed ahead, before and while the question appears.
        screen.tmux(&["send-keys", "a"]);
        std::thread::sleep(Duration::from_millis(50));
    }
    screen.until("paste.example:443");
    assert!(screen.text().contains("\\e]52;c;"), "{}", screen.text());
    assert_eq!(
        heard.recv_timeout(PATIENCE).unwrap(),
        FromClient::Attach { via: Via::Tmux }
    );
    screen.tmux(&["send-keys", "Enter"]);
    std::thread::sleep(Duration::from_millis(600));
    assert!(heard.try_recv().is_err());
    let start = Instant::now();
    let answer = loop {
        assert!(start.elapsed() < PATIENCE, "{}", screen.text());
        screen.tmux(&["send-keys", "x"]);
        if let Ok(answer) = heard.recv_timeout(Duration::from_millis(600)) {
            break answer;
        }
    };
    assert_eq!(
        answer,
        FromClient::Answer {
            id: 1,
            grant: Grant::Deny,
            scope: Scope::Session
        }
    );
    screen.until("left: 0");
}

#[test]
fn leaving_answers_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let heard = session(dir.path());
    let screen = Screen::start("leave", &format!("--dir {}", dir.path().display()));
    screen.until("paste.example:443");
    let start = Instant::now();
    while !screen.text().contains("left: 0") {
        assert!(start.elapsed() < PATIENCE, "{}", screen.text());
        screen.tmux(&["send-keys", "q"]);
        std::thread::sleep(Duration::from_millis(600));
    }
    assert_eq!(
        heard.recv_timeout(PATIENCE).unwrap(),
        FromClient::Attach {
            via: Via::Approvals
        }
    );
    assert!(heard.recv_timeout(Duration::from_millis(100)).is_err());
}
