//! The clients that a machine has, inside the fence, against a TLS origin that the tests start: each fetches from an
//! allowed host once by the proxy variables and once with all of them unset, and tries a host that is not allowed both ways.
//! Every client prints its line of docs/clients.md.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod compiled;
mod languages;
mod packages;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use ringfence_e2e::client::{Client, Outcome, Refusal, find};
use ringfence_e2e::fixture::Fixture;
use ringfence_e2e::origin::{BLOCKED, GREETING, Origin};
use ringfence_e2e::registry;

/// What the documentation says about them.
const DOCUMENTED: &str = include_str!("../../../../docs/clients.md");

/// Runs clients one after the other against one origin, and checks what holds for all of them.
fn run(clients: &[Client<'_>]) {
    if find("nginx").is_none() {
        println!("SKIPPED: nginx is not installed");
        return;
    }
    let fixture = Fixture::new().unwrap();
    let origin = Origin::start(&fixture).unwrap();
    registry::fill(&origin).unwrap();
    fixture
        .write(".config/ringfence/config.toml", &origin.config(""))
        .unwrap();
    blocked_host_is_really_there(&origin);
    let before = origin.reached(BLOCKED).len();
    let mut wrong = Vec::new();
    for client in clients {
        let row = format!("| {} |", client.name);
        assert!(
            DOCUMENTED.contains(&row),
            "docs/clients.md has no row {row}"
        );
        let Some(outcome) = client.run(&fixture, &origin).unwrap() else {
            continue;
        };
        println!("{}", outcome.row(client.name));
        wrong.extend(faults(client.name, &outcome));
        // What nobody was allowed to reach was neither reached nor asked for by name.
        assert_eq!(
            origin.reached(BLOCKED).len(),
            before,
            "{} reached the blocked host",
            client.name
        );
        assert!(
            !origin.dns.asked().contains(&BLOCKED.to_owned()),
            "{}: the blocked name left the machine",
            client.name
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn faults(name: &str, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    for (way, text) in [
        ("by the variables", &outcome.env),
        ("captured", &outcome.captured),
    ] {
        if !text.contains(GREETING) {
            found.push(format!("{name} {way} did not fetch: {text}"));
        }
    }
    for (way, text) in [
        ("by the variables", &outcome.env_blocked),
        ("captured", &outcome.captured_blocked),
    ] {
        if matches!(Refusal::of(text), Refusal::None | Refusal::Certificate) {
            found.push(format!("{name} {way} was not refused as it should: {text}"));
        }
    }
    found
}

/// Outside the fence the blocked host answers like the other: what refuses it inside is the fence.
fn blocked_host_is_really_there(origin: &Origin) {
    let output = Command::new("curl")
        .args([
            "-sS",
            "--noproxy",
            "*",
            "--resolve",
            &format!("{BLOCKED}:{}:127.0.0.1", origin.port),
        ])
        .arg("--cacert")
        .arg(&origin.ca)
        .arg(format!("https://{BLOCKED}:{}/", origin.port))
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        GREETING,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // nginx writes its log after the answer: what comes later would look like a client's doing.
    let deadline = Instant::now() + Duration::from_secs(10);
    while origin.reached(BLOCKED).is_empty() {
        assert!(Instant::now() < deadline, "the origin logs nothing");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn command_line_clients() {
    run(&[
        Client {
            name: "curl",
            needs: &["curl"],
            version: "curl --version | cut -d' ' -f2",
            fetch: "curl -sS --max-time 20 $URL/",
            ..Client::default()
        },
        Client {
            name: "curl, HTTP/1.1",
            needs: &["curl"],
            version: "curl --version | cut -d' ' -f2",
            fetch: "curl -sS --http1.1 --max-time 20 $URL/",
            ..Client::default()
        },
        Client {
            name: "curl, plain HTTP",
            needs: &["curl"],
            version: "curl --version | cut -d' ' -f2",
            fetch: "curl -sS --max-time 20 $PLAIN/",
            ..Client::default()
        },
        Client {
            name: "wget",
            needs: &["wget"],
            version: "wget --version | cut -d' ' -f3",
            fetch: "wget -nv --content-on-error --timeout=20 --tries=1 -O - $URL/",
            ..Client::default()
        },
        Client {
            name: "openssl s_client",
            needs: &["openssl"],
            version: "openssl version | cut -d' ' -f2",
            // Reads no variable; told by hand where it can be.
            fetch: "printf 'GET / HTTP/1.0\\r\\nHost: %s:%s\\r\\n\\r\\n' $HOST $PORT |
                    openssl s_client -quiet -verify_return_error -servername $HOST -connect $HOST:$PORT ${HTTPS_PROXY:+-proxy ${HTTPS_PROXY#http://}} 2>&1",
            ..Client::default()
        },
        Client {
            name: "git over HTTPS: clone, push",
            needs: &["git"],
            version: "git --version | cut -d' ' -f3",
            fetch: "git clone -q $URL/git/tiny.git there && cat there/greeting && cd there && git checkout -q -b by-$MODE &&
                    git -c user.name=t -c user.email=t@test.example commit -q --allow-empty -m more && git push -q origin by-$MODE && git ls-remote origin by-$MODE",
            ..Client::default()
        },
    ]);
}

/// The trust anchors that no variable names are mounts, which the other backend makes in its own way.
#[test]
fn clients_that_only_an_overlay_helps_under_bubblewrap() {
    if find("bwrap").is_none() {
        println!("SKIPPED: bubblewrap is not installed");
        return;
    }
    let (venv, shown) = python_environment();
    let certifi = format!(
        "{venv}/bin/python -c \"{}\"",
        python_urllib("ssl.create_default_context(cafile=__import__('certifi').where())")
    );
    run(&[
        Client {
            name: "wget (bubblewrap)",
            needs: &["wget"],
            version: "wget --version | cut -d' ' -f3",
            fetch: "wget -nv --content-on-error --timeout=20 --tries=1 -O - $URL/",
            flags: &["--backend", "bubblewrap"],
            ..Client::default()
        },
        Client {
            name: "python, explicit certifi.where() (bubblewrap)",
            needs: &[&format!("{venv}/bin/python")],
            version: "/usr/bin/python3 -V | cut -d' ' -f2",
            fetch: &certifi,
            shown: &shown,
            caller: &[("VIRTUAL_ENV", &venv)],
            flags: &["--backend", "bubblewrap"],
            ..Client::default()
        },
    ]);
}

/// urllib, which prints the body of a refusal too.
fn python_urllib(context: &str) -> String {
    format!(
        "import os,ssl,urllib.request,urllib.error
try: print(urllib.request.urlopen(os.environ['URL']+'/', timeout=20, context={context}).read().decode())
except urllib.error.HTTPError as e: print(e.code, e.read().decode())"
    )
}

/// The Python packages that bring their own trust anchors, which scripts/test.sh installs.
fn python_environment() -> (String, Vec<PathBuf>) {
    let venv = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".venv");
    (
        venv.display().to_string(),
        if venv.exists() {
            vec![venv]
        } else {
            Vec::new()
        },
    )
}
