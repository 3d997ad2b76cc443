//! `ringfence model serve`, `ps`, `token` and `config` as programs: who is let in, what is said, what is kept, what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::process::Child;

use ringfence_runner::testing::SENTENCE;
use support::listening::import;
use support::{PATIENCE, Place, Ran, finish, places, signal, until};

/// A server that was told to listen at a port of the system's choice, or at a socket.
struct Served {
    child: Child,
    /// What it said first.
    at: String,
}

fn serve(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> Served {
    let mut command =
        place.ringfence([&["model", "serve", "--context", "512"], arguments].concat());
    let mut child = command.envs(variables.iter().copied()).spawn().unwrap();
    // What is left in the buffer is nothing: it says one line and no more.
    let mut said = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut said).unwrap();
    match said.trim().strip_prefix("listening at ") {
        Some(at) => Served {
            at: at.trim_start_matches("http://").to_owned(),
            child,
        },
        None => panic!("{said:?}: {}", finish(child).err),
    }
}

/// Refuses to serve, with this code and these words.
fn refused(place: &Place, arguments: &[&str], variables: &[(&str, &str)], code: i32, why: &str) {
    let mut command = place.ringfence([&["model", "serve"], arguments].concat());
    let child = command.envs(variables.iter().copied()).spawn().unwrap();
    let ran = finish(child);
    ran.exits(code).says(why);
    assert!(ran.out.is_empty(), "{}", ran.out);
}

impl Served {
    fn stop(self, how: &str) -> Ran {
        signal(how, self.child.id());
        finish(self.child)
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
            if self.at.starts_with('/') {
                "localhost"
            } else {
                &self.at
            },
            body.len()
        );
        let mut reply = Vec::new();
        if self.at.starts_with('/') {
            let mut stream = UnixStream::connect(&self.at).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            stream.read_to_end(&mut reply).unwrap();
        } else {
            let mut stream = TcpStream::connect(&self.at).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            stream.read_to_end(&mut reply).unwrap();
        }
        String::from_utf8_lossy(&reply).into_owned()
    }

    fn generate(&self, headers: &str) -> String {
        let body = r#"{"model":"tiny","prompt":"Who are you?","stream":false,"options":{"temperature":0}}"#;
        self.ask("POST", "/api/generate", headers, body)
    }
}

/// The events of the newest log.
fn kept(place: &Place) -> Vec<serde_json::Value> {
    let logs = place.audit("jsonl").into_iter();
    let newest = logs.max_by_key(|log| fs::metadata(log).unwrap().modified().unwrap());
    let text = fs::read_to_string(newest.unwrap()).unwrap();
    let event = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["unmapped"]["event"].clone()
    };
    text.lines().map(event).collect()
}

const ANY: &[&str] = &["--listen", "127.0.0.1:0"];

#[test]
fn a_model_is_served_shown_and_audited() {
    for place in places() {
        import(&place);
        let served = serve(&place, ANY, &[]);
        let ps =
            |more: &[&str]| place.run([&["model", "ps", "--server", &served.at], more].concat());
        // A second server there is refused. Its log has to be older than what is kept of the first one by more than a file's time can tell.
        refused(&place, &["--listen", &served.at], &[], 1, "listening at");
        ps(&[]).exits(0).prints("no model is loaded");
        assert!(served.generate("").contains(SENTENCE));
        let table = ps(&[]);
        table
            .exits(0)
            .prints("tiny:latest")
            .prints("standard")
            .prints("seccomp");
        assert!(!table.out.contains("OFF"), "{}", table.out);
        let json = ps(&["--json"]).exits(0).json();
        assert_eq!(json["models"][0]["name"], "tiny:latest");
        assert_eq!(json["off"], serde_json::json!([]));
        let version = served.ask("GET", "/api/version", "", "");
        assert!(version.contains("\"off\":[]"), "{version}");
        let said = served.stop("TERM");
        said.exits(0)
            .says("no network, no files")
            .says("off     none");
        let events = kept(&place);
        let actions: Vec<_> = events
            .iter()
            .map(|e| e["action"].as_str().unwrap())
            .collect();
        assert_eq!(actions, ["serve", "load", "unload", "stop"]);
        assert!(
            events
                .iter()
                .all(|e| e["event"] == "model" && e["off"] == serde_json::json!([]))
        );
        assert_eq!(events[1]["model"], "tiny:latest");
        assert!(events[1]["protections"].to_string().contains("seccomp"));
        let log = fs::read_to_string(place.audit("jsonl").pop().unwrap()).unwrap();
        assert!(!log.contains("Who are you") && !log.contains(SENTENCE));
        place.run(["audit", "verify"]).exits(0).prints("intact");
        place
            .run(["audit", "tail"])
            .exits(0)
            .prints("model   load tiny:latest in");
        let nobody = place.run(["model", "ps", "--server", &json_server(&json)]);
        nobody
            .exits(1)
            .says("no server of models answers at")
            .says("ringfence model serve");
    }
}

fn json_server(json: &serde_json::Value) -> String {
    let server = json["server"].as_str().unwrap();
    server.trim_start_matches("http://").to_owned()
}

#[test]
fn each_program_has_a_token_of_its_own() {
    for place in places() {
        import(&place);
        let made = place.run(["model", "token", "editor", "--tokens", "tokens"]);
        let token = made.exits(0).out.trim().to_owned();
        let text = fs::read_to_string(place.path("work/tokens")).unwrap();
        assert!(
            text.starts_with("editor sha256:") && !text.contains(&token),
            "{text}"
        );
        let mode = fs::metadata(place.path("work/tokens"))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        place
            .run(["model", "token", "editor", "--tokens", "tokens"])
            .exits(1)
            .says("already");
        place
            .run(["model", "token", "no name", "--tokens", "tokens"])
            .exits(2);
        let served = serve(&place, &[ANY, &["--tokens", "tokens"]].concat(), &[]);
        assert!(served.generate("").starts_with("HTTP/1.1 401"));
        let shown = format!("authorization: Bearer {token}\r\n");
        assert!(served.generate(&shown).contains(SENTENCE));
        let ps =
            |more: &[&str]| place.run([&["model", "ps", "--server", &served.at], more].concat());
        ps(&[]).exits(1).says("--token-file");
        let file = place.write("work/token", &format!("{token}\n"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        ps(&["--token-file", "token"]).exits(78).says("chmod 600");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        ps(&["--token-file", "token"])
            .exits(0)
            .prints("tiny:latest");
        let said = served.stop("INT");
        said.exits(0).says("one program, by its token");
        assert!(!said.err.contains(&token));
        // A file that others may write lets others in.
        let tokens = place.path("work/tokens");
        fs::set_permissions(&tokens, fs::Permissions::from_mode(0o666)).unwrap();
        refused(&place, &["--tokens", "tokens"], &[], 78, "chmod 600");
        place.write("work/plain", "editor 0123456789abcdef0123456789abcdef\n");
        refused(&place, &["--tokens", "plain"], &[], 78, "line 1");
    }
}

#[test]
fn a_socket_and_no_address_but_loopback() {
    for place in places() {
        import(&place);
        let socket = place.text("run/models");
        let served = serve(&place, &["--socket", &socket], &[]);
        assert_eq!(served.at, socket);
        assert!(served.generate("").contains(SENTENCE));
        place
            .run(["model", "ps", "--socket", &socket])
            .exits(0)
            .prints("tiny:latest");
        served.stop("HUP").exits(0);
        assert!(!place.path("run/models").exists());
        for far in ["0.0.0.0:0", "192.0.2.1:11434", "[::]:0"] {
            refused(
                &place,
                &["--listen", far],
                &[],
                2,
                "not an address of loopback",
            );
        }
        place
            .run(["model", "ps", "--server", "192.0.2.1:11434"])
            .exits(2)
            .says("loopback");
        refused(&place, &["--loaded", "0"], &[], 2, "--loaded");
        refused(&place, &["--memory", "lots"], &[], 2, "--memory");
        refused(&place, &["--keep-alive", "soon"], &[], 2, "keep_alive");
    }
}

#[test]
fn nothing_is_switched_off_by_a_variable_or_a_flag_alone() {
    for place in places() {
        import(&place);
        for (variable, flag) in [
            ("SECLLAMA_ENABLE_ENCRYPTION", "--danger-no-encryption"),
            ("SECLLAMA_ENABLE_SANDBOX", "--danger-no-sandbox"),
            (
                "SECLLAMA_STRICT_NETWORK_ISOLATION",
                "--danger-no-network-isolation",
            ),
        ] {
            refused(&place, ANY, &[(variable, "false")], 125, flag);
            refused(&place, &[ANY, &[flag]].concat(), &[], 2, variable);
            refused(
                &place,
                ANY,
                &[(variable, "maybe")],
                78,
                "may be true, false",
            );
        }
        let all = [
            ("SECLLAMA_ENABLE_ENCRYPTION", "off"),
            ("SECLLAMA_ENABLE_SANDBOX", "0"),
            ("SECLLAMA_STRICT_NETWORK_ISOLATION", "no"),
        ];
        let flags = [
            ANY,
            &[
                "--danger-no-encryption",
                "--danger-no-sandbox",
                "--danger-no-network-isolation",
            ],
        ]
        .concat();
        if place.is_root() {
            refused(&place, &flags, &all, 125, "runs as root");
            continue;
        }
        let served = serve(&place, &flags, &all);
        assert!(served.generate("").contains(SENTENCE));
        let version = served.ask("GET", "/api/version", "", "");
        let names = r#"["encryption","sandbox","strict_network"]"#;
        let all_off: serde_json::Value = serde_json::from_str(names).unwrap();
        assert!(version.contains(names), "{version}");
        place
            .run(["model", "ps", "--server", &served.at])
            .exits(0)
            .prints("SWITCHED OFF: encryption, sandbox, strict_network")
            .prints("none")
            .prints("-sandbox");
        served.stop("TERM").exits(0).says("WITHOUT A SANDBOX");
        let events = kept(&place);
        assert_eq!(events.len(), 4, "{events:?}");
        assert!(events.iter().all(|e| e["off"] == all_off), "{events:?}");
        place
            .run(["audit", "tail"])
            .exits(0)
            .prints("OFF: encryption, sandbox");
    }
}

#[test]
fn without_an_audit_log_nothing_is_served() {
    for place in places() {
        import(&place);
        let state = place.path("home/.local/state/ringfence");
        place.mkdir("home/.local/state");
        fs::write(&state, "in the way").unwrap();
        refused(&place, ANY, &[], 125, "ringfence");
        fs::remove_file(&state).unwrap();
        // A required sink that is not there.
        place.config("[audit]\nsinks = [\"syslog:/nowhere/log\"]\nrequired = true\n");
        let socket = place.text("run/models");
        let mut serving = place.ringfence(["model", "serve", "--socket", &socket]);
        let mut child = serving.spawn().unwrap();
        // That the sink is not there shows a moment after it is first written to: at once, or when the first model is asked.
        until("the server to stop", || {
            if let Ok(mut stream) = UnixStream::connect(&socket) {
                let body = r#"{"model":"tiny","prompt":"?","stream":false,"keep_alive":0}"#;
                let request = format!(
                    "POST /api/generate HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(request.as_bytes());
                let _ = stream.read_to_end(&mut Vec::new());
            }
            child.try_wait().unwrap().is_some()
        });
        finish(child).exits(74).says("audit");
        place.config("[audit]\nsinks = [\"mail\"]\n");
        refused(&place, ANY, &[], 78, "this is no audit sink");
    }
}

#[test]
fn a_model_that_is_refused_is_kept_with_the_reason() {
    for place in places() {
        import(&place);
        let blobs = place.path("home/.local/share/ringfence/models/blobs");
        let largest = fs::read_dir(blobs).unwrap().map(|e| e.unwrap().path());
        let largest = largest
            .max_by_key(|p| fs::metadata(p).unwrap().len())
            .unwrap();
        let mut bytes = fs::read(&largest).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::set_permissions(&largest, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&largest, bytes).unwrap();
        let served = serve(&place, ANY, &[]);
        let answer = served.generate("");
        assert!(
            !answer.contains(SENTENCE) && !answer.starts_with("HTTP/1.1 200"),
            "{answer}"
        );
        served.stop("TERM").exits(0);
        let events = kept(&place);
        let refused = events.iter().find(|e| e["action"] == "refuse");
        assert!(
            refused.is_some_and(|e| e["detail"].as_str().unwrap().contains("sha256:")),
            "{events:?}"
        );
    }
}

#[test]
fn a_server_that_is_refused_leaves_the_reason_in_its_log() {
    for place in places() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = taken.local_addr().unwrap().to_string();
        refused(&place, &["--listen", &at], &[], 1, "listening at");
        let events = kept(&place);
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0]["action"], "refuse");
        let why = events[0]["detail"].as_str().unwrap();
        assert!(why.contains(&at), "{why}");
        place
            .run(["audit", "tail"])
            .exits(0)
            .prints("refuse the server: listening at");
        place.run(["audit", "verify"]).exits(0).prints("intact");
        // Before the log, nothing was to be kept.
        place.write("work/plain", "editor 0123456789abcdef\n");
        refused(&place, &["--tokens", "plain"], &[], 78, "line 1");
        assert_eq!(place.audit("jsonl").len(), 1);
    }
}

#[test]
fn who_was_told_that_it_listens_may_end_it_at_once() {
    for place in places() {
        import(&place);
        for how in ["TERM", "INT", "HUP"].repeat(4) {
            serve(&place, ANY, &[]).stop(how).exits(0);
            let events = kept(&place);
            assert_eq!(events.last().unwrap()["action"], "stop", "{events:?}");
        }
    }
}

/// A program of this machine can not fill the disk with refusals, and none is hidden.
#[test]
fn refused_requests_are_written_within_a_limit_and_counted() {
    const FLOOD: usize = 500;
    for place in places() {
        import(&place);
        let served = serve(&place, ANY, &[]);
        for _ in 0..FLOOD {
            let answer = served.ask("GET", "/api/tags", "origin: https://evil.example\r\n", "");
            assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
        }
        let said = served.stop("TERM");
        let lines: Vec<&str> = said.err.lines().filter(|l| l.contains("WARN")).collect();
        let written = lines.iter().filter(|l| l.contains("evil.example")).count();
        let counted = |line: &&str| {
            let (before, _) = line.split_once(" more refused requests")?;
            before.rsplit(' ').next()?.parse::<usize>().ok()
        };
        let counted: Vec<usize> = lines.iter().filter_map(counted).collect();
        assert_eq!(written + counted.iter().sum::<usize>(), FLOOD, "{lines:?}");
        // A slow machine may need some minutes for it.
        assert!(written <= 20 * counted.len(), "{lines:?}");
        said.exits(0);
    }
}

#[test]
fn who_reads_what_it_says_may_go_away() {
    for place in places() {
        import(&place);
        let mut served = serve(&place, ANY, &[]);
        drop(served.child.stderr.take());
        // Each of these writes a line that nobody reads.
        for _ in 0..3 {
            let refused = served.ask("GET", "/api/tags", "origin: http://evil.example\r\n", "");
            assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
        }
        assert!(served.generate("").contains(SENTENCE));
        served.stop("TERM").exits(0);
    }
}

#[test]
fn the_template_is_printed() {
    let place = Place::new();
    let ran = place.run(["model", "config", "--example"]);
    ran.exits(0)
        .prints("SECLLAMA_ENABLE_SANDBOX=true")
        .prints("--danger-no-sandbox");
    place.run(["model", "config"]).exits(2);
}

#[test]
fn no_device_but_of_a_graphics_processor_and_none_for_nothing() {
    for place in places() {
        import(&place);
        for path in ["/dev/mem", "/dev/dri/../mem", "/dev/dri/card0", "nvidia0"] {
            let asked = [ANY, &["--device", path]].concat();
            refused(&place, &asked, &[], 2, "is no device of a graphics");
        }
        // Which this program was built without.
        let asked = ["--device", "/dev/dri/renderD128"];
        let why = "built without gpu-cuda and gpu-vulkan";
        refused(&place, &[ANY, &asked].concat(), &[], 1, why);
        let ran = place.run([&["model", "run", "tiny", "hello"], &asked[..]].concat());
        ran.exits(1).says(why);
        assert!(place.audit("jsonl").is_empty());
    }
}
