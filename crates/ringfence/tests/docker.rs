//! `ringfence` with a Docker engine that this test starts: images, code, the attack table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

#[path = "../../ringfence-sandbox/tests/docker/daemon.rs"]
mod daemon;

use std::process::{Command, Output};

use daemon::Daemon;
use serde_json::Value;

/// A group that nobody is in.
const NOBODY: u32 = 61_994;

struct Engine {
    daemon: Daemon,
    home: tempfile::TempDir,
}

impl Engine {
    fn start() -> Option<Self> {
        match Daemon::start(NOBODY) {
            Ok(daemon) => Some(Self {
                daemon,
                home: tempfile::tempdir().unwrap(),
            }),
            Err(why) => {
                eprintln!("SKIPPED: ringfence with docker: {why}");
                None
            }
        }
    }

    fn ringfence(&self, arguments: &[&str]) -> Output {
        let host = format!("unix://{}", self.daemon.socket().display());
        Command::new(env!("CARGO_BIN_EXE_ringfence"))
            .args(arguments)
            .env("DOCKER_HOST", host)
            .env("HOME", self.home.path())
            .env_remove("XDG_STATE_HOME")
            .current_dir(self.home.path())
            .output()
            .unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let done = self.ringfence(arguments);
        serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&done.stderr)))
    }

    fn knows_gvisor(&self) -> bool {
        let rows = self.json(&["doctor", "--json"]).to_string();
        rows.contains("the runtime runsc is registered")
    }
}

#[test]
fn code_images_and_the_attack_table() {
    let Some(engine) = Engine::start() else {
        return;
    };
    let built = engine.json(&["image", "build", "--with", "bash,python3", "--json"]);
    assert_eq!(built["names"][0], "ringfence/code:latest");
    let levels: &[&str] = match engine.knows_gvisor() {
        true => &["standard", "high"],
        false => {
            eprintln!("SKIPPED: docker with gVisor: the engine knows no runtime runsc");
            &["standard"]
        }
    };
    for level in levels {
        let exec = |image: &[&str], code: &str| {
            let start = ["exec", "--json", "--backend", "docker", "--level", level];
            let end = ["-l", "python", "-c", code];
            engine.json(&[&start[..], image, &end[..]].concat())
        };
        for image in [&[][..], &["--image", "ringfence/code"]] {
            let json = exec(image, "print(1)");
            assert_eq!(json["stdout"], "1\n", "{json}");
            assert_eq!(
                (&json["backend"], &json["level"]),
                (&Value::from("docker"), &Value::from(*level))
            );
        }
        let json = exec(&[], "x = 'a' * 10**9");
        assert_eq!(json["reason"], "oom", "{json}");
    }
    let refused = engine.ringfence(&["run", "--backend", "docker", "--", "true"]);
    assert!(!refused.status.success());
    let proved = engine.json(&[
        "prove",
        "--backend",
        "docker",
        "--json",
        "P",
        "C5-arguments",
    ]);
    assert_eq!(proved["passed"], true, "{proved:#}");
    let backends: Vec<&str> = if levels.len() == 2 {
        vec!["docker+runc", "docker+runsc"]
    } else {
        vec!["docker+runc"]
    };
    for backend in backends {
        let rows = proved["rows"].as_array().unwrap().iter();
        let of = |status: &str| {
            rows.clone()
                .filter(|row| row["backend"] == backend && row["status"] == status)
                .count()
        };
        assert!(of("holds") > 20, "{proved:#}");
        // What needs a network or a workspace is not counted as held.
        assert!(of("not_run") > 0, "{proved:#}");
    }
    let images = engine.json(&["image", "list", "--json"]).to_string();
    assert!(!images.contains("ringfence/prove"), "{images}");
    assert!(
        engine
            .ringfence(&["image", "rm", "ringfence/code"])
            .status
            .success()
    );
}
