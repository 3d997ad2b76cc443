//! Whole sessions that ask: `ringfence run` with a real fence, a loopback origin and tmux as the person's terminal.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A home with a configuration that asks for `paste.example`, which is an origin on this machine.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("rf-prompts")
            .tempdir()
            .unwrap();
        let home = Self { dir };
        for name in ["work", "home/.config/ringfence", "run"] {
            std::fs::create_dir_all(home.path(name)).unwrap();
        }
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(home.path("run"), private).unwrap();
        let text = format!(
            "# mine\n[general]\nprompt_timeout = 50 # patient\n[network]\ngraylist = [\"paste.example\"] # ask\n\
             [network.host_rewrite]\n\"paste.example\" = \"http://127.0.0.1:{}\"\n",
            origin()
        );
        std::fs::write(home.config(), text).unwrap();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path("home/.config/ringfence/config.toml")
    }

    fn environment(&self) -> Vec<(String, String)> {
        let text = |name: &str| self.path(name).to_str().unwrap().to_owned();
        vec![
            ("HOME".into(), text("home")),
            ("XDG_RUNTIME_DIR".into(), text("run")),
            ("XDG_STATE_HOME".into(), text("state")),
        ]
    }

    fn ringfence(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence"));
        command
            .envs(self.environment())
            .env_remove("TMUX")
            .env_remove("ZELLIJ")
            .current_dir(self.path("work"));
        command
    }
}

/// An HTTP origin that says how long the path is.
fn origin() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                let length = stream.read(&mut head).unwrap_or(0);
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default();
                let body = format!("origin has {}\n", path.len());
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            });
        }
    });
    port
}

/// A private tmux server with a shell in the workspace.
struct Screen(String);

impl Screen {
    fn start(home: &Home, name: &str) -> Self {
        let screen = Self(format!("rf-prompts-{}-{name}", std::process::id()));
        let pairs: Vec<String> = home
            .environment()
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let shell = format!(
            "cd {} && env -u TMUX -u NO_COLOR {} PS1=ready: ENV= sh",
            home.path("work").display(),
            pairs.join(" ")
        );
        screen.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "100",
            "-y",
            "30",
            &shell,
        ]);
        screen.until("ready:");
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

    fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        self.tmux(&["send-keys", "Enter"]);
    }

    fn until(&self, text: &str) {
        let start = Instant::now();
        while !self.text().contains(text) {
            assert!(
                start.elapsed() < PATIENCE,
                "waiting for {text:?} on\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Presses the key once in a while until the text is there.
    fn press_until(&self, key: &str, text: &str) {
        let start = Instant::now();
        while !self.text().contains(text) {
            assert!(
                start.elapsed() < PATIENCE,
                "waiting for {text:?} on\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(500));
            if self.text().contains("ringfence asks") {
                self.tmux(&["send-keys", key]);
                std::thread::sleep(Duration::from_millis(200));
            }
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

const CURL: &str = "curl -sS -m 50 https://paste.example/";

fn run(arguments: &str) -> String {
    format!(
        "clear; {} run -- {arguments}",
        env!("CARGO_BIN_EXE_ringfence")
    )
}

#[test]
fn the_overlay_holds_the_request_and_always_is_written_with_the_comments_kept() {
    let home = Home::new();
    let screen = Screen::start(&home, "overlay");
    screen.line(&run(&format!("{CURL}first")));
    screen.until("ringfence asks");
    screen.press_until("a", "origin has 6");
    // Once was once.
    screen.line(&run(&format!("{CURL}second")));
    screen.until("ringfence asks");
    screen.press_until("w", "origin has 7");
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert!(
        text.starts_with("# mine\n") && text.contains("# patient") && text.contains("# ask"),
        "{text}"
    );
    assert!(
        text.contains("allowlist = [\"paste.example:443\"]") && text.contains("graylist = []"),
        "{text}"
    );
    // Nothing is asked any more.
    screen.line(&run(&format!("{CURL}thirdly")));
    screen.until("origin has 8");
}

#[test]
fn a_denial_reaches_the_program_with_a_reason() {
    let home = Home::new();
    let screen = Screen::start(&home, "deny");
    screen.line(&run(&format!("{CURL}no")));
    screen.until("ringfence asks");
    screen.press_until("d", "did not approve");
    assert!(!screen.text().contains("origin has"));
}

#[test]
fn in_tmux_the_popup_asks() {
    let home = Home::new();
    let screen = Screen::start(&home, "popup");
    let inner = Screen(format!("{}-inner", screen.0));
    screen.line(&format!(
        "clear; tmux -L {} -f /dev/null new-session 'PS1=inner: ENV= sh'",
        inner.0
    ));
    screen.until("inner:");
    // The URL is hostile to shells and multiplexers; curl sends it as it is.
    let hostile = format!(
        "$(touch$IFS{0});touch$IFS{0};'&touch$IFS{0}&'",
        home.path("pwned").display()
    );
    std::fs::write(
        home.path("work/url"),
        format!("url = \"https://paste.example/{hostile}\"\nglobbing = false\n"),
    )
    .unwrap();
    screen.line(&run("curl -sS -m 50 -g -K url"));
    screen.until("ringfence asks - session");
    screen.press_until("s", "origin has");
    assert!(!home.path("pwned").exists());
}

#[test]
fn another_terminal_answers_for_a_session_without_one() {
    let home = Home::new();
    let mut approvals = home
        .ringfence()
        .args(["approvals", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The request is repeated until the approver has found the session: before that it is refused at once.
    let program = format!("for i in 1 2 3 4 5 6 7 8 9 10; do {CURL}other && sleep 0.5; done");
    let session = home
        .ringfence()
        .args(["run", "--", "sh", "-c", &program])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = approvals.stdin.take().unwrap();
    let mut lines = BufReader::new(approvals.stdout.take().unwrap()).lines();
    let asked = lines
        .by_ref()
        .map(|l| serde_json::from_str::<serde_json::Value>(&l.unwrap()).unwrap())
        .find(|l| l["pending"]["questions"][0].is_object())
        .expect("a question");
    let (name, id) = (
        &asked["pending"]["session"],
        &asked["pending"]["questions"][0]["id"],
    );
    writeln!(
        input,
        "{{\"session\":{name},\"id\":{id},\"grant\":\"allow\",\"scope\":\"session\"}}"
    )
    .unwrap();
    let out = session.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    drop(input);
    assert!(approvals.wait().unwrap().success());
    assert!(
        text.contains("origin has"),
        "{text}\n{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

#[test]
fn without_a_terminal_and_anyone_to_ask_the_answer_is_no() {
    let home = Home::new();
    let out = home
        .ringfence()
        .args(["run", "--", "sh", "-c", &format!("{CURL}quiet")])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        text.contains("did not approve") && !text.contains("origin has"),
        "{text}"
    );
}

/// Whoever reaches the approvals socket approves for themselves, so no grant uncovers it, not even the first run's.
#[test]
fn no_grant_uncovers_the_approvals_socket() {
    for grant in ["run", "", "state"] {
        let home = Home::new();
        std::fs::create_dir_all(home.path("state")).unwrap();
        let place = home.path(grant);
        let program = format!(
            "find {0} -name '*.sock' | sed 's/^/found /'; touch seen; sleep 2",
            home.path("").display()
        );
        let mut session = home
            .ringfence()
            .args([
                "run",
                "--rw",
                place.to_str().unwrap(),
                "--",
                "sh",
                "-c",
                &program,
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It is there on the host while the program looks for it.
        let start = Instant::now();
        while !home.path("work/seen").exists() && session.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < PATIENCE, "{grant}");
            std::thread::sleep(Duration::from_millis(20));
        }
        let sockets = std::fs::read_dir(home.path("run/ringfence"))
            .unwrap()
            .count();
        let out = session.wait_with_output().unwrap();
        assert_eq!(
            sockets,
            1,
            "{grant}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        assert_eq!(String::from_utf8_lossy(&out.stdout), "", "{grant}");
    }
}
