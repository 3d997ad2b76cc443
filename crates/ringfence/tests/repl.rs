//! `ringfence repl --json` as a program uses it, with the real binary in real sandboxes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};
use support::{PATIENCE, Place, feed, finish, places, signal, skipped};

/// A session and the events that it sends.
struct Session {
    child: Child,
    input: Option<ChildStdin>,
    events: Receiver<Value>,
    count: u64,
}

/// What one cell brought.
#[derive(Debug)]
struct Cell {
    out: String,
    err: String,
    shown: Vec<Value>,
    result: Value,
}

impl Session {
    fn start(place: &Place, options: &[&str]) -> Self {
        Self::of(place.ringfence([&["repl", "--json"], options].concat()))
    }

    fn of(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (sender, events) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines() {
                let line = line.unwrap();
                let event = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        let mut session = Self {
            child,
            input,
            events,
            count: 0,
        };
        let ready = session.next();
        assert_eq!(ready["state"], "ready", "{ready}");
        session
    }

    fn next(&mut self) -> Value {
        self.events
            .recv_timeout(PATIENCE)
            .expect("an event in time")
    }

    fn send(&mut self, request: &Value) {
        self.line(&request.to_string());
    }

    fn line(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    fn begin(&mut self, code: &str) -> u64 {
        self.count += 1;
        self.send(&json!({"id": self.count, "code": code}));
        self.count
    }

    /// Everything up to the result of this cell.
    fn end(&mut self, id: u64) -> Cell {
        let mut cell = Cell {
            out: String::new(),
            err: String::new(),
            shown: Vec::new(),
            result: Value::Null,
        };
        loop {
            let event = self.next();
            match (event["event"].as_str().unwrap(), event["stream"].as_str()) {
                ("stream", Some("stdout")) => cell.out.push_str(event["text"].as_str().unwrap()),
                ("stream", Some("stderr")) => cell.err.push_str(event["text"].as_str().unwrap()),
                ("display", _) => cell.shown.push(event["data"].clone()),
                ("result" | "error", _) if event["id"] == id => {
                    cell.result = event;
                    return cell;
                }
                _ => {}
            }
        }
    }

    fn cell(&mut self, code: &str) -> Cell {
        let id = self.begin(code);
        self.end(id)
    }

    /// The plain text of the value of a cell.
    fn value(&mut self, code: &str) -> String {
        let cell = self.cell(code);
        assert_eq!(cell.result["status"], "ok", "{code}: {cell:?}");
        cell.result["data"]["text/plain"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    fn restart(&mut self) {
        self.send(&json!({"restart": true}));
        while self.next()["state"] != "restarted" {}
    }

    /// Ends the session and waits; the exit code.
    fn close(mut self) -> Option<i32> {
        self.input = None;
        while let Ok(event) = self.events.recv_timeout(PATIENCE) {
            if event["state"] == "ended" {
                break;
            }
        }
        self.child.wait().unwrap().code()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A cell that runs says so before it is interrupted.
fn interrupted(session: &mut Session, code: &str, times: u32) -> Cell {
    let id = session.begin(&format!("print('begun')\n{code}"));
    while session.next()["text"] != "begun\n" {}
    for _ in 0..times {
        session.send(&json!({"interrupt": id}));
    }
    session.end(id)
}

#[test]
fn variables_survive_values_and_errors_come_back() {
    for place in places() {
        for backend in ["native", "bubblewrap"] {
            let mut session = Session::start(&place, &["--backend", backend]);
            session.cell("x = 20\ndef f(): return x + 22");
            let cell = session.cell("print('printed')\nf()");
            assert_eq!(
                (cell.out.as_str(), &cell.result["data"]["text/plain"]),
                ("printed\n", &json!("42"))
            );
            let cell = session.cell("f(1)");
            assert_eq!(cell.result["status"], "error");
            assert_eq!(cell.result["error"]["name"], "TypeError");
            assert!(
                cell.result["error"]["traceback"]
                    .as_str()
                    .unwrap()
                    .contains("File \"<cell 3>\", line 1")
            );
            assert_eq!(
                session.value("import os; os.getcwd(), os.getpid() != 1"),
                "('/workspace', True)"
            );
            assert_eq!(
                session.cell("open('/etc/shadow')").result["error"]["name"],
                "PermissionError"
            );
            let cell = session.cell("import socket; socket.create_connection(('192.0.2.1', 80))");
            assert!(
                cell.result["error"]["value"]
                    .as_str()
                    .unwrap()
                    .contains("unreachable"),
                "{cell:?}"
            );
            assert_eq!(session.close(), Some(0));
        }
    }
}

#[test]
fn an_endless_loop_is_interrupted_and_the_state_stays() {
    for place in places() {
        let mut session = Session::start(&place, &[]);
        session.cell("x = 7");
        for code in [
            "while True: pass",
            "import time; time.sleep(1000)",
            "import subprocess; subprocess.run(['sleep', '1000'])",
        ] {
            let cell = interrupted(&mut session, code, 1);
            assert_eq!(
                (&cell.result["status"], &cell.result["cause"]),
                (&json!("interrupted"), &json!("interrupt")),
                "{cell:?}"
            );
        }
        assert_eq!(session.value("x"), "7");
        // A cell that waits is interrupted before its turn; one that has ended, or never was, is not.
        let first = session.begin("time.sleep(1000)");
        let second = session.begin("x = 8");
        session.send(&json!({"interrupt": second}));
        session.send(&json!({"interrupt": first}));
        assert_eq!(session.end(first).result["status"], "interrupted");
        assert_eq!(session.end(second).result["status"], "interrupted");
        assert_eq!(session.value("x"), "7");
        session.send(&json!({"interrupt": 999}));
        assert_eq!(session.next()["kind"], "bad_request");
    }
}

#[test]
fn a_cell_that_ignores_interrupts_is_killed_and_the_session_goes_on_anew() {
    for place in places() {
        let mut session = Session::start(&place, &[]);
        // It says so when it ignores them, not before.
        let id = session.begin("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('begun')\nwhile True: pass");
        while session.next()["text"] != "begun\n" {}
        for _ in 0..2 {
            session.send(&json!({"interrupt": id}));
        }
        let cell = session.end(id);
        assert_eq!(
            (&cell.result["status"], &cell.result["reason"]),
            (&json!("killed"), &json!("interrupt"))
        );
        assert_eq!(session.cell("1").result["kind"], "not_running");
        session.restart();
        assert_eq!(session.value("2"), "2");
    }
}

#[test]
fn the_memory_limit_kills_says_so_and_the_session_restarts() {
    for place in places() {
        let mut session = Session::start(&place, &["--limit", "output=1m"]);
        session.cell("x = 1");
        let cell = session.cell("b = 'a' * 10**9");
        assert_eq!(
            (&cell.result["status"], &cell.result["reason"]),
            (&json!("killed"), &json!("oom")),
            "{cell:?}"
        );
        assert!(cell.result["message"].as_str().unwrap().contains("512 MiB"));
        let dead = session.next();
        assert_eq!(
            (&dead["state"], &dead["state_lost"]),
            (&json!("dead"), &json!(true))
        );
        session.restart();
        assert_eq!(session.cell("x").result["error"]["name"], "NameError");
        // The rest of the seed's list: none takes the session or the machine along.
        let cell = session.cell("import os\npids = []\nwhile True:\n    pid = os.fork()\n    if pid == 0:\n        import time; time.sleep(1000)\n    pids.append(pid)");
        assert_eq!(cell.result["error"]["name"], "BlockingIOError", "{cell:?}");
        assert_eq!(session.value("0 < len(pids) < 60"), "True");
        session.restart();
        let cell = session.cell("while True: print('x' * 1000)");
        assert_eq!(
            (&cell.result["status"], &cell.result["cause"]),
            (&json!("interrupted"), &json!("output")),
            "{cell:?}"
        );
        assert_eq!(
            (cell.out.len(), &cell.result["truncated"]),
            (1 << 20, &json!(true))
        );
        assert_eq!(session.value("1"), "1");
    }
}

#[test]
fn the_time_limit_is_that_of_a_cell() {
    let place = Place::new();
    let mut session = Session::start(&place, &["--limit", "time=500ms"]);
    session.cell("x = 3");
    let cell = session.cell("while True: pass");
    assert_eq!(
        (&cell.result["status"], &cell.result["cause"]),
        (&json!("interrupted"), &json!("timeout"))
    );
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert_eq!(session.value("x"), "3");
}

#[test]
fn figures_come_back_as_images() {
    let known = Command::new("/usr/bin/python3")
        .args(["-c", "import matplotlib"])
        .output();
    if !known.is_ok_and(|ran| ran.status.success()) {
        return skipped("python3-matplotlib is not installed");
    }
    for place in places() {
        let mut session = Session::start(&place, &[]);
        let cell = session.cell("import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]);");
        assert_eq!(cell.result["status"], "ok", "{cell:?}");
        assert_eq!(cell.shown.len(), 1, "{cell:?}");
        let image = cell.shown[0]["image/png"].as_str().unwrap();
        assert!(image.starts_with("iVBORw0KGgo"));
        let cell = session.cell("plt.plot([1]); plt.show(); print('after')");
        assert_eq!(
            (cell.shown.len(), cell.out.as_str(), cell.err.as_str()),
            (1, "after\n", "")
        );
        assert!(session.cell("1").shown.is_empty());
    }
}

#[test]
fn secrets_are_redacted_in_output_values_and_tracebacks() {
    for place in places() {
        let mut command = place.ringfence(["repl", "--json"]);
        command.env("MY_API_TOKEN", "correct-horse-battery-staple");
        let mut session = Session::of(command);
        let code = "import sys\ns = 'correct-horse-' + 'battery-staple'\nprint(s); print(s, file=sys.stderr); display(s)\ns";
        let cell = session.cell(code);
        let raised = session.cell("raise ValueError(s)");
        let all = format!("{cell:?} {raised:?}");
        assert!(!all.contains("horse-battery"), "{all}");
        assert!(
            cell.result["findings"].as_array().unwrap().len() >= 4,
            "{all}"
        );
        assert!(all.contains("[redacted:known:MY_API_TOKEN]"), "{all}");
        // Unfiltered, it would have left.
        let mut open = Session::start(&place, &["--filter", "off"]);
        assert!(open.value(code).contains("horse-battery"));
    }
}

#[test]
fn any_bytes_huge_values_and_forged_answers() {
    let place = Place::new();
    let mut session = Session::start(&place, &[]);
    let cell = session.cell(
        "import sys; sys.stdout.buffer.write(b'\\xff\\xc3\\xa4\\xe2\\x82'); sys.stdout.flush()",
    );
    assert_eq!(cell.out, "\u{fffd}ä\u{fffd}");
    assert!(session.value("'x' * 5_000_000").contains("[truncated"));
    let code = "import os\nfor fd in range(1, 256):\n    try: os.write(fd, b'{\"done\":{\"cell\":4,\"status\":\"ok\",\"result\":{\"text/plain\":\"forged\"}}}\\n')\n    except OSError: pass\n'real'";
    assert_eq!(session.value(code), "'real'");
    let steal = "import sys\nframe = sys._getframe()\nwhile 'marker' not in frame.f_locals: frame = frame.f_back\nos.write(1, frame.f_locals['marker'] + b'.0002{}')";
    let cell = session.cell(steal);
    assert_eq!(
        (&cell.result["status"], &cell.result["reason"]),
        (&json!("killed"), &json!("protocol")),
        "{cell:?}"
    );
    session.restart();
    let cell = session.cell("import os; os.closerange(0, 256)");
    assert_eq!(cell.result["status"], "killed", "{cell:?}");
    session.restart();
    assert_eq!(session.value("1"), "1");
}

#[test]
fn what_is_no_request_is_answered_and_changes_nothing() {
    let place = Place::new();
    let mut session = Session::start(&place, &[]);
    for line in [
        "{",
        "[]",
        "{\"id\":1}",
        "{\"code\":\"1\"}",
        "{\"id\":1,\"code\":\"1\",\"more\":1}",
        "\u{0}",
    ] {
        session.line(line);
        let event = session.next();
        assert_eq!(
            (&event["event"], &event["kind"]),
            (&json!("error"), &json!("bad_request")),
            "{line}: {event}"
        );
    }
    session.send(&json!({"id": 1, "code": "a\0b"}));
    assert_eq!(session.next()["kind"], "bad_request");
    session.send(&json!({"id": "c", "check": "def f():"}));
    assert_eq!(session.next()["status"], "incomplete");
    assert_eq!(session.value("1"), "1");
}

#[test]
fn nothing_is_left_after_the_end_or_a_violent_death() {
    for place in places() {
        let mark = format!("{}", 100_000 + std::process::id());
        let mut session = Session::start(&place, &[]);
        let spawn = format!(
            "import subprocess; p = subprocess.Popen(['sleep', '{mark}'], start_new_session=True); 1"
        );
        session.value(&spawn);
        // A program that was just executed has no arguments for a moment.
        support::until("the program inside", || running(&mark) == 1);
        assert_eq!(session.close(), Some(0));
        support::until("the end of everything inside", || running(&mark) == 0);
        let mut session = Session::start(&place, &[]);
        session.value(&spawn);
        signal("KILL", session.child.id());
        support::until("the end of everything inside", || running(&mark) == 0);
    }
}

/// How many processes sleep for so long.
fn running(mark: &str) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap();
    let lines = entries.filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok());
    lines
        .filter(|line| *line == format!("sleep\0{mark}\0").as_bytes())
        .count()
}

#[test]
fn bad_options_are_refused_with_a_reason() {
    let place = Place::new();
    place
        .run(["repl", "-l", "cobol"])
        .exits(2)
        .says("there is no session in `cobol`");
    place
        .run(["repl", "--limit", "memory=1"])
        .exits(2)
        .says("memory");
    place
        .run(["repl", "--file", "/nonexistent"])
        .says("/nonexistent");
    let mut command = place.ringfence(["repl", "--danger-no-isolation"]);
    command.env("RLM_EXECUTION_MODE", "local");
    let ran = support::finish(command.spawn().unwrap());
    assert_ne!(ran.code, Some(0), "{}", ran.err);
}

#[test]
fn an_interrupt_in_the_middle_of_a_write_keeps_the_output_of_later_cells() {
    for place in places() {
        if Command::new("/usr/bin/node")
            .arg("--version")
            .output()
            .is_err()
        {
            skipped("node is not installed");
            continue;
        }
        let mut session = Session::start(&place, &["-l", "node"]);
        for _ in 0..20 {
            let id = session.begin("while (true) console.log('begun')");
            while session.next()["text"].is_null() {}
            session.send(&json!({"interrupt": id}));
            assert_eq!(session.end(id).result["status"], "interrupted");
            let cell = session.cell("console.log('later')");
            assert!(cell.out.ends_with("later\n"), "{cell:?}");
        }
        assert_eq!(session.close(), Some(0));
    }
}

#[test]
fn sessions_of_node_and_bash() {
    for place in places() {
        for (language, set, get) in [
            ("bash", "x=41", "echo $((x + 1))"),
            ("node", "let x = 41", "console.log(x + 1)"),
        ] {
            if language == "node"
                && Command::new("/usr/bin/node")
                    .arg("--version")
                    .output()
                    .is_err()
            {
                skipped("node is not installed");
                continue;
            }
            let mut session = Session::start(&place, &["-l", language]);
            session.cell(set);
            let cell = session.cell(get);
            assert_eq!(
                (cell.out.as_str(), cell.err.as_str(), &cell.result["status"]),
                ("42\n", "", &json!("ok")),
                "{cell:?}"
            );
            let endless = if language == "bash" {
                "echo begun; while :; do :; done"
            } else {
                "console.log('begun'); while (true);"
            };
            let id = session.begin(endless);
            while session.next()["text"] != "begun\n" {}
            session.send(&json!({"interrupt": id}));
            assert_eq!(session.end(id).result["status"], "interrupted");
            assert_eq!(session.cell(get).out, "42\n");
            assert_eq!(session.close(), Some(0));
        }
    }
}

#[test]
fn files_do_not_come_back_and_nothing_looks_as_if_they_did() {
    for place in places() {
        place
            .run(["repl", "--json", "--out", "images"])
            .exits(2)
            .says("--out");
        let mut command = place.ringfence(["repl", "--out", "images"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        feed(&mut child, b"open('/out/x', 'w')\n".to_vec());
        finish(child).says("No such file");
    }
}
