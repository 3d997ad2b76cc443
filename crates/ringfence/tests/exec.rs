//! `ringfence exec` as a person uses it: what runs, what goes in, what comes back, what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::process::{Command, Stdio};

use support::{Place, Ran, feed, finish, places, skipped};

fn exec(place: &Place, args: &[&str]) -> Ran {
    place.run([&["exec"], args].concat())
}

fn fed(place: &Place, args: &[&str], input: &[u8]) -> Ran {
    let mut command = place.ringfence([&["exec"], args].concat());
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    feed(&mut child, input.to_vec());
    finish(child)
}

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output();
    if found.is_err() {
        skipped(&format!("{program} is not installed"));
    }
    found.is_ok()
}

#[test]
fn code_scripts_and_commands_run_and_their_exit_codes_pass_through() {
    for place in places() {
        exec(&place, &["-l", "python", "-c", "print(1)"])
            .exits(0)
            .prints("1\n");
        place.write("work/a.py", "import sys\nprint(sys.argv)\nsys.exit(3)\n");
        exec(&place, &["a.py", "--json", "x"])
            .exits(3)
            .prints("['/workspace/a.py', '--json', 'x']");
        place.write("work/b", "#!/usr/bin/env bash\necho $0 $1 $HOME $PWD\n");
        exec(&place, &["b", "y"])
            .exits(0)
            .prints("/workspace/b y /workspace /workspace\n");
        exec(&place, &["-l", "bash", "-c", "echo $0 $1", "z"])
            .exits(0)
            .prints("bash z\n");
        exec(&place, &["--", "sh", "-c", "kill -9 $$"]).exits(137);
        exec(&place, &["--", "true"]).exits(0);
        if has("node") {
            exec(
                &place,
                &[
                    "-l",
                    "node",
                    "-c",
                    "console.log(process.argv[1], 6 * 7)",
                    "--x",
                ],
            )
            .exits(0)
            .prints("--x 42\n");
        }
    }
}

#[test]
fn piped_input_is_data_for_a_script_and_code_for_a_language() {
    for place in places() {
        place.write(
            "work/up.py",
            "import sys\nprint(sys.stdin.read().upper())\n",
        );
        fed(&place, &["up.py"], b"hello").exits(0).prints("HELLO");
        let much = vec![b'x'; 3 << 20];
        let counted = fed(
            &place,
            &[
                "-l",
                "python",
                "-c",
                "import sys; print(len(sys.stdin.buffer.read()))",
            ],
            &much,
        );
        counted.exits(0).prints(&much.len().to_string());
        for code in [&["-l", "python", "-"][..], &["-l", "python"]] {
            let ran = fed(
                &place,
                code,
                b"import sys\nprint('code', sys.argv, repr(sys.stdin.read()))\n",
            );
            ran.exits(0).prints("code ['/workspace/main.py'] ''");
        }
        // A program that does not read is not waited for.
        fed(&place, &["--", "true"], &much).exits(0);
    }
}

#[test]
fn files_and_documents_are_there_read_only_and_nothing_else_of_the_users_is() {
    for place in places() {
        place.write("work/in.csv", "a,b\n1,2\n");
        place.write("work/doc.txt", "a short document\n");
        place.write("home/private", "mine\n");
        let script = "
import os
print(open('in.csv').read(), open('/context/doc.txt').read())
for path in ('in.csv', '/context/doc.txt', '/context/new', '/usr/new', '/etc/new'):
    try: open(path, 'a'); print('WRITTEN', path)
    except OSError as e: print('refused', path)
open('new.txt', 'w').write('ok')
print(sorted(os.listdir('/workspace')), sorted(os.listdir('/')))
";
        let ran = exec(
            &place,
            &[
                "--file",
                "in.csv",
                "--context",
                "doc.txt",
                "-l",
                "python",
                "-c",
                script,
            ],
        );
        ran.exits(0)
            .prints("a,b\n1,2")
            .prints("a short document")
            .prints("['in.csv', 'new.txt']");
        assert!(!ran.out.contains("WRITTEN"), "{}", ran.out);
        assert!(!ran.out.contains("'home'"), "{}", ran.out);
        let home = place.text("home/private");
        let read = format!("print(open({home:?}).read())");
        let outside = finish(
            place
                .command("python3")
                .args(["-c", &read])
                .spawn()
                .unwrap(),
        );
        outside.exits(0).prints("mine");
        exec(&place, &["-l", "python", "-c", &read])
            .exits(1)
            .says("FileNotFoundError");
    }
}

#[test]
fn files_in_out_come_back_and_links_and_pipes_do_not() {
    for place in places() {
        let script = "
import os
os.makedirs('/out/d')
open('/out/d/plot.png', 'wb').write(bytes(range(256)))
open('/out/a.txt', 'w').write('kept')
os.symlink('/etc/passwd', '/out/link')
os.mkfifo('/out/pipe')
open('/out/sparse', 'wb').truncate(1 << 40)
os.chmod('/out/a.txt', 0o755)
";
        let ran = exec(&place, &["--out", "results", "-l", "python", "-c", script]);
        ran.exits(0)
            .says("/out/link")
            .says("/out/pipe")
            .says("/out/sparse");
        let bytes = fs::read(place.path("work/results/d/plot.png")).unwrap();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
        assert_eq!(
            fs::read_to_string(place.path("work/results/a.txt")).unwrap(),
            "kept"
        );
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(place.path("work/results/a.txt"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o7111, 0, "{mode:o}");
        assert_eq!(fs::read_dir(place.path("work/results")).unwrap().count(), 2);
        // Without the option there is no such place.
        exec(&place, &["--", "test", "-e", "/out"]).exits(1);
    }
}

#[test]
fn the_result_as_json_has_what_a_script_wants() {
    for place in places() {
        let script =
            "import sys; sys.stdout.buffer.write(b'a\\xffb'); sys.stderr.write('err'); sys.exit(4)";
        let ran = exec(&place, &["--json", "-l", "python", "-c", script]);
        let json = ran.exits(4).json();
        assert_eq!(json["status"], "failed");
        assert_eq!(json["exit_code"], 4);
        assert_eq!(json["reason"], "exit");
        assert_eq!(json["level"], "standard");
        assert_eq!(json["fallback"], false);
        assert_eq!(json["stdout"], "a\u{fffd}b");
        assert_eq!(json["stdout_base64"], "Yf9i");
        assert_eq!(json["stderr"], "err");
        assert_eq!(json["usage"]["bytes_out"], 6);
        let peak = json["usage"]["peak_memory"].as_u64().unwrap();
        // Where it is only watched, what a program this short holds at its largest may not be seen at all.
        assert!(peak > 1 << 20 || json["usage"]["peak_memory_of"] == "watched");
        assert!(
            json["protections"]
                .as_array()
                .unwrap()
                .iter()
                .any(|p| p == "seccomp")
        );
        let verified = place.run(["audit", "verify", json["session"].as_str().unwrap()]);
        verified.exits(0);
        let log = fs::read_to_string(json["audit"].as_str().unwrap()).unwrap();
        assert!(
            log.contains("session_start") && log.contains("session_end"),
            "{log}"
        );
    }
}

#[test]
fn secrets_in_the_output_are_redacted_reported_or_end_the_code() {
    for place in places() {
        let secret = "zq8TnVw3Lk5Rb9Xc2Mf7Yh4D";
        place.write("work/conf.txt", &format!("key={secret}\n"));
        let with = |filter: &[&str]| {
            let args = [
                &["exec", "--file", "conf.txt"],
                filter,
                &[
                    "-l",
                    "python",
                    "-c",
                    "print(open('conf.txt').read()); print('after')",
                ],
            ]
            .concat();
            let mut command = place.ringfence(args);
            finish(command.env("EXAMPLE_API_KEY", secret).spawn().unwrap())
        };
        let ran = with(&[]);
        ran.exits(0)
            .prints("[redacted:known:EXAMPLE_API_KEY]")
            .prints("after")
            .says("kept 1 finding back");
        assert!(!ran.out.contains(secret));
        with(&["--filter", "report"]).exits(0).prints(secret);
        with(&["--filter", "off"])
            .exits(0)
            .prints(secret)
            .says("the filter is off");
        let blocked = with(&["--filter", "block"]);
        blocked.exits(122).says("filter");
        assert!(
            !blocked.out.contains(secret) && !blocked.out.contains("after"),
            "{}",
            blocked.out
        );
        let json = with(&["--json"]).json();
        assert_eq!(json["findings"][0]["detector"], "known:EXAMPLE_API_KEY");
        assert_eq!(json["findings"][0]["place"], "stdout");
        assert!(!json.to_string().contains(secret));
    }
}

#[test]
fn what_can_not_be_used_is_said_with_its_name_and_nothing_starts() {
    for place in places() {
        let large = place.write("work/large.txt", "");
        fs::File::options()
            .write(true)
            .open(large)
            .unwrap()
            .set_len(9 << 20)
            .unwrap();
        place.write("work/empty.py", " \n");
        place.write("work/what", "print(1)\n");
        place.write("work/bad.json", "{ \"defaultAction\": 7 }\n");
        place.mkdir("work/dir");
        for (args, code, says) in [
            (&["missing.py"][..], 2, "missing.py: there is no such file"),
            (&["dir"], 2, "it is a directory"),
            (&["empty.py"], 2, "it is empty"),
            (&["what"], 2, "language of what"),
            (&[], 2, "nothing to run"),
            (&["-c", "1"], 2, "-c needs the language"),
            (&["-l", "perl", "-c", "1"], 2, "there is no such language"),
            (
                &["--", "no-such-program-at-all"],
                127,
                "no-such-program-at-all",
            ),
            (
                &["--limit", "memory=lots", "-l", "python", "-c", "1"],
                2,
                "memory=lots",
            ),
            (
                &["--limit", "forks=1", "-l", "python", "-c", "1"],
                2,
                "no limit `forks`",
            ),
            (
                &["--context", "nope.txt", "-l", "python", "-c", "1"],
                2,
                "nope.txt",
            ),
            (
                &["--file", "dir", "-l", "python", "-c", "1"],
                2,
                "it is a directory",
            ),
            (
                &["--out", "what", "-l", "python", "-c", "1"],
                2,
                "--out what",
            ),
            (
                &["--context", "large.txt", "-l", "python", "-c", "1"],
                2,
                "8 MiB",
            ),
            (
                &["--profile", "nope", "-l", "python", "-c", "1"],
                2,
                "no profile `nope`",
            ),
            (
                &["--profile", "nope.json", "-l", "python", "-c", "1"],
                2,
                "nope.json",
            ),
            (
                &["--profile", "./bad.json", "-l", "python", "-c", "1"],
                125,
                "bad.json:1:",
            ),
            (
                &["--backend", "chroot", "-l", "python", "-c", "1"],
                2,
                "no backend `chroot`",
            ),
            (
                &[
                    "--level",
                    "high",
                    "--backend",
                    "native",
                    "-l",
                    "python",
                    "-c",
                    "1",
                ],
                125,
                "runsc",
            ),
            (
                &["--env", "NOT_SET_HERE", "-l", "python", "-c", "1"],
                2,
                "NOT_SET_HERE",
            ),
            (
                &["--danger-no-isolation", "-l", "python", "-c", "1"],
                2,
                "RLM_EXECUTION_MODE",
            ),
        ] {
            let ran = exec(&place, args);
            ran.exits(code).says(says);
            assert_eq!(ran.out, "", "{args:?}");
            assert!(
                ran.err.matches(says).count() == 1 || !says.contains(':'),
                "{}",
                ran.err
            );
        }
        let mut bare = place.ringfence(["exec", "-l", "python", "-c", "1"]);
        let ran = finish(bare.env("PATH", place.path("bin")).spawn().unwrap());
        ran.exits(127).says("python3");
    }
}

#[test]
fn the_configuration_says_how_code_runs() {
    for place in places() {
        place.config("[exec]\nprofile = \"alone\"\n[exec.limits]\nwall_time = \"1s\"\n[profiles.alone]\nseccomp = \"code\"\n");
        exec(&place, &["-l", "python", "-c", "while True: pass"])
            .exits(124)
            .says("1 s");
        place.config("[exec]\nlevel = \"hihg\"\n[exec.limits]\nmemory = \"512q\"\n");
        exec(&place, &["-l", "python", "-c", "1"])
            .exits(78)
            .says("config.toml:2:9")
            .says("high");
    }
}

#[test]
fn the_variables_of_the_seed_mean_what_they_say() {
    for place in places() {
        let with = |variables: &[(&str, &str)], args: &[&str]| {
            let mut command = place.ringfence([&["exec"], args].concat());
            finish(command.envs(variables.iter().copied()).spawn().unwrap())
        };
        let one = ["--json", "-l", "python", "-c", "print(1)"];
        let standard = [
            ("RLM_NETWORK_ENABLED", "false"),
            ("RLM_MEMORY_LIMIT", "nonsense"),
        ];
        with(&standard, &one)
            .exits(2)
            .says("RLM_MEMORY_LIMIT=nonsense")
            .says("512m");
        with(&[("RLM_EXECUTION_MODE", "chroot")], &one)
            .exits(2)
            .says("RLM_EXECUTION_MODE=chroot");
        with(&[("RLM_NETWORK_ENABLED", "maybe")], &one)
            .exits(2)
            .says("RLM_NETWORK_ENABLED=maybe");
        with(&[("RLM_DOCKER_RUNTIME", "kata")], &one)
            .exits(2)
            .says("RLM_DOCKER_RUNTIME=kata");

        let local = [("RLM_EXECUTION_MODE", "local")];
        with(&local, &one)
            .exits(125)
            .says("without any isolation")
            .says("--danger-no-isolation");
        let allowed = [&["--danger-no-isolation"], &one[..]].concat();
        let ran = with(&local, &allowed);
        if place.is_root() {
            ran.exits(125).says("never runs as root");
        } else {
            let json = ran.exits(0).says("NO ISOLATION").json();
            assert_eq!(
                (&json["level"], &json["backend"]),
                (&"none".into(), &"local".into())
            );
            assert_eq!(json["stdout"], "1\n");
        }
        // The word on the command line can not come from a variable.
        let tried = [
            local[0],
            ("RINGFENCE_DANGER_NO_ISOLATION", "1"),
            ("RLM_DANGER_NO_ISOLATION", "true"),
        ];
        with(&tried, &one).exits(125);
    }
}

#[test]
fn a_level_that_can_not_be_had_is_an_error_unless_a_lower_one_is_allowed() {
    for place in places() {
        let bare = |extra: &[&str]| {
            let args = [
                &["exec", "--json", "--level", "high", "--backend", "native"],
                extra,
                &["-l", "python", "-c", "print(1)"],
            ]
            .concat();
            place.run(args)
        };
        bare(&[]).exits(125).says("level high");
        let json = bare(&["--allow-fallback"]).exits(0).says("standard").json();
        assert_eq!(json["level"], "standard");
        assert_eq!(json["fallback"], true);
        let log = fs::read_to_string(json["audit"].as_str().unwrap()).unwrap();
        assert!(log.contains("level_lowered"), "{log}");
    }
}

/// Answers every request with its path, until the test ends.
fn origin() -> u16 {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let count = stream.read(&mut head).unwrap_or(0);
            let path = String::from_utf8_lossy(&head[..count]);
            let path = path.split(' ').nth(1).unwrap_or("").to_owned();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{path}",
                path.len()
            );
        }
    });
    port
}

#[test]
fn a_network_under_the_policy_reaches_what_is_allowed_and_asks_nobody() {
    let port = origin();
    for place in places() {
        place.config(&format!(
            "[network]\nallowlist = [\"svc.example\"]\ngraylist = [\"ask.example\"]\n[network.host_rewrite]\n\"svc.example\" = \"http://127.0.0.1:{port}\"\n\"ask.example\" = \"http://127.0.0.1:{port}\"\n"
        ));
        let get = |host: &str| {
            format!(
                "import urllib.request, urllib.error\ntry: print(urllib.request.urlopen('http://{host}/hello', timeout=20).read().decode())\nexcept urllib.error.HTTPError as e: print(e.code, e.read().decode())\nexcept Exception as e: print(repr(e))"
            )
        };
        let online = |host: &str| {
            exec(
                &place,
                &["--network", "policy", "-l", "python", "-c", &get(host)],
            )
        };
        online("svc.example").exits(0).prints("/hello\n");
        online("ask.example")
            .exits(0)
            .prints("403")
            .prints("the user did not approve it");
        online("other.example")
            .exits(0)
            .prints("403")
            .prints("not allowed");
        // A secret of the caller's is known at the network too; one that was given to the code is the code's to use.
        let leak = get("svc.example").replace("/hello", "/known-to-%74he-caller-1");
        for (given, refused) in [(None, true), (Some("X_TOKEN"), false)] {
            let mut command = place.ringfence(["exec", "--network", "policy"]);
            command.args(given.iter().flat_map(|name| ["--env", name]));
            command.args(["-l", "python", "-c", &leak]);
            command.env("X_TOKEN", "known-to-the-caller-1");
            let ran = finish(command.spawn().unwrap());
            ran.exits(0);
            assert_eq!(ran.out.contains("403"), refused, "{}", ran.out);
        }
        let without = exec(&place, &["-l", "python", "-c", &get("svc.example")]);
        assert!(!without.exits(0).out.contains("hello"), "{}", without.out);
        exec(
            &place,
            &["--allow", "svc.example", "-l", "python", "-c", "1"],
        )
        .exits(2)
        .says("--network policy");
    }
}

#[test]
fn output_that_can_not_be_written_is_no_success() {
    for place in places() {
        let run = |target: &str| {
            let line = format!(
                "{} exec -l python -c 'print(1)' > {target}",
                place.binary().display()
            );
            finish(place.command("sh").args(["-c", &line]).spawn().unwrap())
        };
        run("/dev/full").exits(125).says("No space left");
        run("/dev/null").exits(0);
    }
}

#[test]
fn json_holds_nothing_that_a_terminal_obeys() {
    for place in places() {
        let said = "\u{1b}[2J \u{9b}31m \u{7f} \u{202e} ä";
        let code = "print(chr(0x1b) + '[2J ' + chr(0x9b) + '31m ' + chr(0x7f) + ' ' + chr(0x202e) + ' ' + chr(0xe4))";
        let ran = exec(&place, &["--json", "-l", "python", "-c", code]);
        assert_eq!(ran.json()["stdout"], format!("{said}\n"));
        let obeyed = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!ran.out.contains(obeyed), "{:?}", ran.out);
    }
}
