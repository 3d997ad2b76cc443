//! The clients that a machine has, inside the fence, against a TLS origin that the tests start: each fetches from an
//! allowed host once by the proxy variables and once with all of them unset, and tries a host that is not allowed both ways.
//! Every client prints its line of docs/clients.md.

use std::process::Command;

use ringfence_e2e::client::{Client, Outcome, Refusal, find};
use ringfence_e2e::fixture::Fixture;
use ringfence_e2e::origin::{BLOCKED, GREETING, Origin};
use ringfence_e2e::registry;

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
