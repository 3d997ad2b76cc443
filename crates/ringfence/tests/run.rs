//! `ringfence run` as a person or a script sees it: exit codes, options, configuration, signals, input and output.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::process::Stdio;

use support::{Place, feed, finish, is_root, places, signal, skipped, until_file};

#[test]
fn the_exit_code_is_the_programs_own_or_one_of_the_documented_ones() {
    for place in places() {
        place.sh(&[], "exit 0").exits(0);
        place.sh(&[], "exit 7").exits(7);
        place.sh(&[], "kill -KILL $$").exits(137);
        place.sh(&[], "kill -TERM $$").exits(143);
        place
            .run(["run", "--", "no-such-program"])
            .exits(127)
            .says("no-such-program");
        place
            .run(["run", "--", "/etc/passwd"])
            .exits(126)
            .says("not an executable");
        place.run(["run"]).exits(2).says("nothing to run");
        place
            .run(["run", "--bogus", "--", "true"])
            .exits(2)
            .says("--bogus");
        place
            .run(["run", "--backend", "magic", "--", "true"])
            .exits(2)
            .says("native, bubblewrap");
        place
            .run(["run", "-p", "0", "--", "true"])
            .exits(2)
            .says("65535");
    }
}

#[test]
fn a_directory_as_standard_input_is_refused() {
    for place in places() {
        let mut command = place.ringfence(["run", "--", "cat"]);
        let ran = command
            .stdin(fs::File::open("/tmp").unwrap())
            .output()
            .unwrap();
        assert_eq!(ran.status.code(), Some(125), "{ran:?}");
        assert!(
            String::from_utf8_lossy(&ran.stderr).contains("is a directory"),
            "{ran:?}"
        );
    }
}

#[test]
fn a_tool_gets_its_arguments_and_its_code_passes_through() {
    for place in places() {
        place.program("claude", "#!/bin/sh\necho \"[$*]\"\nexit 5\n");
        place
            .run(["claude", "--resume", "x y"])
            .exits(5)
            .prints("[--resume x y]");
        place
            .run(["run", "claude", "--", "-p", "hi"])
            .exits(5)
            .prints("[-p hi]");
    }
}

#[test]
fn a_configuration_error_shows_the_place_and_a_hint_and_runs_nothing() {
    for place in places() {
        let config = place.config("[network]\nallowlist = []\n  alowlist = []\n");
        let ran = place.run(["run", "--", "touch", "ran"]);
        ran.exits(78)
            .says(&format!("{}:3:3", config.display()))
            .says("\n  |   ^^^^^^^^\n")
            .says("did you mean `allowlist`?");
        place.config("[network\n");
        place
            .run(["run", "--", "touch", "ran"])
            .exits(78)
            .says("config.toml:1:");
        place.config("[sandbox.env]\nX = \"${NOPE}\"\n");
        place
            .run(["run", "--", "touch", "ran"])
            .exits(78)
            .says("config.toml:2:5")
            .says("NOPE");
        place
            .run(["--config", "/nonexistent.toml", "run", "--", "touch", "ran"])
            .exits(78)
            .says("/nonexistent.toml");
        assert!(!place.path("work/ran").exists());
    }
}

#[test]
fn a_dry_run_says_why_each_entry_is_there_and_starts_nothing() {
    for place in places() {
        place.config("[network]\nblocklist = [\"evil.example\"]\n");
        let ran = place.run([
            "run",
            "--dry-run",
            "--allow",
            "a.example",
            "--ro",
            "/usr/share",
            "--env",
            "COLOUR=red",
            "--",
            "touch",
            "ran",
        ]);
        ran.exits(0)
            .prints("touch ran")
            .prints("allow a.example (--allow)")
            .prints("block evil.example");
        let cells = |line: &str, from: usize, to: usize| {
            line.chars()
                .skip(from)
                .take(to - from)
                .collect::<String>()
                .trim()
                .to_owned()
        };
        let mut lines = ran
            .out
            .lines()
            .skip_while(|line| !line.contains("path inside"));
        let header = lines.next().unwrap();
        let why = header.chars().count()
            - header.split("why").nth(1).unwrap().chars().count()
            - "why".len();
        let rows: Vec<(String, String)> = lines
            .take_while(|line| !line.is_empty())
            .map(|line| (cells(line, 0, 4), cells(line, why, 400)))
            .filter(|(path, _)| path.starts_with('/'))
            .collect();
        assert!(rows.len() > 20, "{}", ran.out);
        for (path, why) in &rows {
            assert!(!why.is_empty(), "no reason for {path} in\n{}", ran.out);
        }
        assert!(
            ran.out
                .lines()
                .any(|line| line.contains("COLOUR") && line.contains("red"))
        );
        assert!(!place.path("work/ran").exists());
        assert_eq!(place.audit("jsonl"), Vec::<std::path::PathBuf>::new());
    }
}

#[test]
fn the_report_is_json_and_names_what_was_in_force() {
    for place in places() {
        place
            .sh(&["--report", "report.json", "--no-prompt"], "exit 3")
            .exits(3);
        let report: serde_json::Value =
            serde_json::from_slice(&fs::read(place.path("work/report.json")).unwrap()).unwrap();
        assert_eq!(report["exit"]["code"], 3);
        assert_eq!(
            (&report["exit"]["reason"], &report["level"]),
            (&"exit".into(), &"standard".into())
        );
        let protections: Vec<&str> = report["protections"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|p| p.as_str())
            .collect();
        assert!(
            protections.contains(&"seccomp") && protections.contains(&"landlock"),
            "{protections:?}"
        );
        assert!(["native", "bubblewrap"].contains(&report["backend"].as_str().unwrap()));
        assert_eq!(
            place.audit("jsonl"),
            [std::path::PathBuf::from(report["audit"].as_str().unwrap())]
        );
    }
}

#[test]
fn grants_and_variables_of_the_command_line() {
    for place in places() {
        for name in ["home/seen", "home/own", "home/other"] {
            place.mkdir(name);
            place.write(&format!("{name}/file"), name);
        }
        let (seen, own) = (place.text("home/seen"), place.text("home/own"));
        let script = "cat ~/seen/file ~/own/file; echo; cat ~/other/file; echo x > ~/seen/new; echo x > ~/own/new; echo \"$ONE $TWO $THREE\"";
        let mut command = place.ringfence([
            "run", "--ro", &seen, "--rw", &own, "--env", "ONE=1", "--env", "TWO", "--", "sh", "-c",
            script,
        ]);
        let ran = finish(command.env("TWO", "2").env("THREE", "3").spawn().unwrap());
        ran.exits(0).prints("home/seenhome/own\n").prints("1 2 \n");
        assert!(!ran.out.contains("home/other"));
        assert!(place.path("home/own/new").exists() && !place.path("home/seen/new").exists());
    }
}

/// The configuration reference of the seed text, as it stands there.
const SEED: &str = r#"# General settings
[general]
prompt_timeout = 30          # Seconds to wait for TUI prompt response
log_level = "info"           # trace, debug, info, warn, error

# Corporate gateway (optional)
[gateway]
url = "https://llm-gateway.corp"
timeout_ms = 150

# Environment variables injected into sandbox
# These configure the proxy and CA certificate
[sandbox.env]
HTTP_PROXY = "${SANDBOX_PROXY}"
HTTPS_PROXY = "${SANDBOX_PROXY}"
SSL_CERT_FILE = "${SANDBOX_CA_CERT}"
NODE_EXTRA_CA_CERTS = "${SANDBOX_CA_CERT}"
REQUESTS_CA_BUNDLE = "${SANDBOX_CA_CERT}"

# Network access control
[network]
# Always allowed - no prompt required
allowlist = [
    "pypi.example", "*.pypi.example",
    "registry.npm.example",
    "github.com", "api.github.com",
]

# Always blocked - connection refused
blocklist = []

# Prompts user for approval
graylist = [
    "raw.githubusercontent.com",
    "pastebin.com",
]

# Rewrite hosts to route through corporate gateway
[network.host_rewrite]
"api.anthropic.com" = "llm-gateway.corp/v1/anthropic"
"api.openai.com" = "llm-gateway.corp/v1/openai"

# Filesystem restrictions (global)
[filesystem]
denylist = []                # Paths to block access to
bind_ro = []                 # Additional read-only mounts
bind_rw = []                 # Additional read-write mounts

# Per-tool configuration
[tools.claude]
binary = "claude"            # Path to executable
display_name = "Claude Code" # Name shown in prompts
allowlist = ["*.anthropic.com"]  # Tool-specific allowed domains
bind_rw = ["$HOME"]          # Directories tool can write to

[tools.cursor]
binary = "cursor"
display_name = "Cursor IDE"
allowlist = ["*.cursor.sh"]

# Tool-specific host rewrites
[tools.cursor.host_rewrite]
"api.cursor.sh" = "llm-gateway.corp/v1/cursor"
"#;

#[test]
fn the_configuration_of_the_seed_loads_unchanged_from_its_own_place() {
    for place in places() {
        place.mkdir("home/.config/secure-llm");
        place.write("home/.config/secure-llm/config.toml", SEED);
        place.program("claude", "#!/bin/sh\necho \"proxy $HTTP_PROXY\"\ngrep -c BEGIN $SSL_CERT_FILE\necho kept > ~/kept\n");
        place
            .run(["policy", "check"])
            .exits(0)
            .prints("secure-llm/config.toml")
            .prints("claude")
            .prints("cursor");
        place.run(["claude"]).exits(0).prints("proxy http://");
        assert_eq!(
            fs::read_to_string(place.path("home/kept")).unwrap(),
            "kept\n"
        );

        let explain = |tool: &[&str], host: &str| {
            place
                .run([&["policy", "explain", host, "--json"], tool].concat())
                .json()
        };
        assert_eq!(explain(&[], "files.pypi.example")["answer"], "allow");
        assert_eq!(explain(&[], "pastebin.com")["answer"], "ask");
        assert_eq!(explain(&[], "statsig.anthropic.com")["answer"], "deny");
        assert_eq!(
            explain(&["--tool", "claude"], "statsig.anthropic.com")["answer"],
            "allow"
        );
        let rewritten = explain(&["--tool", "claude"], "api.anthropic.com");
        assert_eq!(rewritten["answer"], "allow");
        assert!(
            rewritten["route"]
                .as_str()
                .unwrap()
                .contains("llm-gateway.corp"),
            "{rewritten}"
        );
        assert!(
            explain(&["--tool", "cursor"], "api.cursor.sh")["route"]
                .as_str()
                .unwrap()
                .contains("/v1/cursor")
        );
    }
}

#[test]
fn a_project_file_tightens_and_a_change_to_a_trusted_one_is_refused() {
    for place in places() {
        place.config("[network]\nallowlist = [\"a.example\", \"b.example\"]\n");
        let explain = |host: &str| {
            place.run(["policy", "explain", host, "--json"]).json()["answer"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(explain("a.example"), "allow");
        place.write(
            "work/.ringfence.toml",
            "[network]\nblocklist = [\"a.example\"]\ngraylist = [\"b.example\"]\n",
        );
        place
            .run(["run", "--", "true"])
            .exits(0)
            .says("not trusted yet");
        assert_eq!(
            (explain("a.example"), explain("b.example")),
            ("deny".into(), "ask".into())
        );

        place.run(["policy", "trust"]).exits(0).prints("Trusted");
        let ran = place.sh(&[], "echo '[network]' > .ringfence.toml || echo refused; mv .ringfence.toml x || echo refused");
        assert_eq!(ran.exits(0).out, "refused\nrefused\n");
        assert!(!ran.err.contains("not trusted"), "{}", ran.err);
        place.write("work/.ringfence.toml", "[network]\n");
        place
            .run(["run", "--", "touch", "ran"])
            .exits(125)
            .says("changed since you trusted it");
        assert!(!place.path("work/ran").exists());
        for loosening in [
            "[network]\nallowlist = [\"c.example\"]\n",
            "[filesystem]\nbind_rw = [\"/\"]\n",
            "[sandbox.env]\nA = \"b\"\n",
        ] {
            place.write("work/.ringfence.toml", loosening);
            fs::remove_file(place.path("home/.local/state/ringfence/trusted.json"))
                .unwrap_or_default();
            place
                .run(["run", "--", "touch", "ran"])
                .exits(78)
                .says(".ringfence.toml:2:1")
                .says("only tighten");
        }
    }
}

#[test]
fn policy_and_doctor_speak_to_people_and_to_scripts() {
    for place in places() {
        place
            .run(["policy", "check"])
            .exits(0)
            .prints("No configuration file");
        place.config("[network]\nrules = [{ host = \"api.example\", methods = [\"GET\"], paths = [\"/v1/**\"], action = \"allow\" }]\n");
        assert_eq!(
            place.run(["policy", "check", "--json"]).json()["files"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        place
            .run(["policy", "show"])
            .exits(0)
            .prints("api.example")
            .prints("default");
        assert!(
            place.run(["policy", "show", "--json"]).json()["rules"]
                .as_array()
                .unwrap()
                .len()
                >= 2
        );
        place
            .run([
                "policy",
                "explain",
                "api.example",
                "--method",
                "GET",
                "--path",
                "/v1/x",
            ])
            .exits(0)
            .prints("allow");
        place
            .run([
                "policy",
                "explain",
                "api.example",
                "--method",
                "POST",
                "--path",
                "/v1/x",
            ])
            .exits(1)
            .prints("deny")
            .prints("host only");
        place
            .run([
                "policy",
                "explain",
                "api.example",
                "--method",
                "GET",
                "--path",
                "/v1/../v2",
            ])
            .exits(1);
        place.run(["policy", "explain", "api.example:x"]).exits(2);

        let doctor = place.run(["doctor", "--json"]);
        let rows = doctor.exits(0).json();
        let rows = rows.as_array().unwrap();
        for name in [
            "user namespaces",
            "capture",
            "landlock",
            "seccomp",
            "native",
            "bubblewrap",
        ] {
            assert!(rows.iter().any(|row| row["name"] == name), "{name}");
        }
        for row in rows.iter().filter(|row| row["available"] == false) {
            assert!(
                row["mend"].as_str().is_some_and(|mend| !mend.is_empty()),
                "{row}"
            );
        }
        place
            .run(["doctor"])
            .exits(0)
            .prints("This machine can run");
    }
}

#[test]
fn signals_to_the_supervisor_reach_the_program() {
    for place in places() {
        for (name, code) in [("TERM", 21), ("INT", 22), ("HUP", 23), ("USR1", 24)] {
            let script =
                format!("trap 'exit {code}' {name}; touch up; while :; do sleep 0.05; done");
            let child = place
                .ringfence(["run", "--", "sh", "-c", &script])
                .spawn()
                .unwrap();
            until_file(&place.path("work/up"));
            signal(name, child.id());
            finish(child).exits(code);
            fs::remove_file(place.path("work/up")).unwrap();
        }
        let child = place
            .ringfence(["run", "--", "sh", "-c", "touch up; exec sleep 50"])
            .spawn()
            .unwrap();
        until_file(&place.path("work/up"));
        signal("TERM", child.id());
        finish(child).exits(143);
    }
}

#[test]
fn pipes_carry_input_and_much_output() {
    const BYTES: usize = 8 << 20;
    for place in places() {
        let mut child = place
            .ringfence(["run", "--", "sh", "-c", "cat; echo to the side >&2"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let text: Vec<u8> = (0..BYTES)
            .map(|i| b"abcdefghijklmnopqrstuvwxyz\n"[i % 27])
            .collect();
        feed(&mut child, text.clone());
        let ran = finish(child);
        ran.exits(0).says("to the side");
        assert!(
            ran.out.as_bytes() == text,
            "{} of {BYTES} bytes, or others",
            ran.out.len()
        );
    }
}

#[test]
fn a_level_that_can_not_be_had_is_refused_not_lowered() {
    for place in places() {
        place
            .run([
                "run",
                "--backend",
                "native",
                "--level",
                "high",
                "--",
                "touch",
                "ran",
            ])
            .exits(125)
            .says("second kernel")
            .says("--level standard");
        place.config("[sandbox]\nlevel = \"high\"\n");
        place
            .run(["run", "--backend", "native", "--", "touch", "ran"])
            .exits(125)
            .says("second kernel");
        assert!(!place.path("work/ran").exists());
    }
}

#[test]
fn without_bubblewrap_the_backend_is_refused_with_a_mend() {
    if !is_root() {
        return skipped("hiding bwrap from ringfence needs root");
    }
    let place = Place::new();
    let hidden = "for p in /usr/bin /bin /usr/local/bin; do [ ! -e $p/bwrap ] || mount --bind /dev/null $p/bwrap; done; exec \"$@\"";
    let mut command = place.command("unshare");
    command
        .args(["-m", "sh", "-c", hidden, "sh"])
        .arg(place.binary());
    command.args(["run", "--backend", "bubblewrap", "--", "touch", "ran"]);
    finish(command.spawn().unwrap())
        .exits(125)
        .says("bubblewrap is not installed")
        .says("--backend native");
    assert!(!place.path("work/ran").exists());
}

#[test]
fn where_user_namespaces_are_forbidden_nothing_runs() {
    for place in places() {
        // One namespace for ringfence to be in, as an ordinary user, and none for it to make.
        let forbid = "echo 1 > /proc/sys/user/max_user_namespaces && exec unshare -U --map-user=1000 --map-group=1000 \"$@\"";
        let mut command = place.command("unshare");
        command
            .args(["-U", "-r", "sh", "-c", forbid, "sh"])
            .arg(place.binary())
            .args(["run", "--", "touch", "ran"]);
        let ran = finish(command.spawn().unwrap());
        ran.exits(125)
            .says("user.max_user_namespaces")
            .says("ringfence doctor");
        assert!(!place.path("work/ran").exists());
        // The refusal is a whole log of its own.
        assert_eq!(place.audit("jsonl").len(), 1);
        place.run(["audit", "verify"]).exits(0).prints("intact");
        place.run(["audit", "tail"]).exits(0).prints("not started");
    }
}

#[test]
fn a_report_does_not_go_where_the_agent_says() {
    for place in places() {
        let victim = place.path("home/victim");
        fs::write(&victim, "the user's own").unwrap();
        let plant = format!("rm -f report.json; ln -s {} report.json", victim.display());
        // In this session: what was opened is gone, and that is said.
        let ran = place.sh(&["--report", "report.json"], &plant);
        assert!(
            ran.err.contains("something else stands there"),
            "{}",
            ran.err
        );
        // In the next one: the symlink is there from the start, or leads to the directory.
        for report in ["report.json", "out/victim"] {
            let plant = format!("ln -sfn {} out", place.path("home").display());
            place.sh(&[], &plant).exits(0);
            let ran = place.sh(&["--report", report], "exit 0");
            assert!(ran.err.contains("choose another place"), "{}", ran.err);
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "the user's own");
    }
}

#[test]
fn the_time_limit_ends_the_run_and_says_so() {
    for place in places() {
        place.config("[limits]\nwall_time = 1\n");
        place
            .sh(
                &["--report", "report.json"],
                "trap '' TERM; sleep 50; sleep 50",
            )
            .exits(124);
        let report: serde_json::Value =
            serde_json::from_slice(&fs::read(place.path("work/report.json")).unwrap()).unwrap();
        assert_eq!(report["exit"]["reason"], "timeout");
    }
}

#[test]
fn memory_and_processes_are_limited_as_root() {
    let place = Place::new();
    place.config("[limits]\nmemory = \"96m\"\npids = 24\n");
    let ran = place.sh(
        &["--report", "report.json"],
        "exec /usr/bin/python3 -c 'x = bytearray(400 << 20); print(len(x))'",
    );
    if ran.err.contains("can not be enforced") {
        return skipped("no cgroup can be made here, so memory and pids can not be limited");
    }
    assert_eq!(ran.exits(137).out, "");
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(place.path("work/report.json")).unwrap()).unwrap();
    assert_eq!(report["exit"]["reason"], "oom");
    // The same, small enough.
    place
        .sh(
            &[],
            "exec /usr/bin/python3 -c 'x = bytearray(20 << 20); print(len(x))'",
        )
        .exits(0)
        .prints("20971520");
    let many = "i=0; while [ $i -lt 60 ]; do sleep 2 & i=$((i+1)); done; echo all";
    let ran = place.sh(&[], many);
    assert!(!ran.out.contains("all"), "60 processes under a limit of 24");
    ran.says("ork");
    place.config("[limits]\npids = 100\n");
    place.sh(&[], many).exits(0).prints("all");
}

#[test]
fn a_limit_that_can_not_be_enforced_stops_the_run_unless_it_is_best_effort() {
    let place = if is_root() {
        Place::ordinary()
    } else {
        Place::new()
    };
    place.config("[limits]\nmemory = \"1g\"\n");
    let ran = place.run(["run", "--", "touch", "ran"]);
    if ran.code == Some(0) {
        return skipped("an ordinary user has a delegated cgroup here");
    }
    ran.exits(125)
        .says("`memory` can not be enforced")
        .says("best_effort");
    assert!(!place.path("work/ran").exists());
    // Its own mend, as written; it does not turn the default of pids into a requirement.
    place.config("[limits]\nmemory = \"1g\"\nbest_effort = [\"memory\"]\n");
    place
        .run(["run", "--report", "report.json", "--", "touch", "ran"])
        .exits(0);
    let report = fs::read_to_string(place.path("work/report.json")).unwrap();
    assert!(
        report.contains("\"-memory(rlimit)\"") && report.contains("\"-pids(rlimit)\""),
        "{report}"
    );
    place.config("[limits]\npids = 50\n");
    place
        .run(["run", "--", "true"])
        .exits(125)
        .says("`pids` can not be enforced");
}
