//! `ringfence model connect` as a program, before `ringfence model serve`: what it says, what it keeps, what it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use ringfence_runner::testing::SENTENCE;
use support::front::{Authority, Front};
use support::listening::{import, serve, serve_with, start};
use support::{finish, places, signal, skipped};

const ANY: [&str; 2] = ["--listen", "127.0.0.1:0"];

#[test]
fn a_statement_is_printed_a_server_met_and_forgotten() {
    for place in places() {
        let served = serve(&place);
        let url = served.url();
        let verify = |more: &[&str]| {
            place.run([&["model", "connect", &url, "--verify", "tiny"], more].concat())
        };
        verify(&[])
            .exits(0)
            .prints("ed25519:")
            .prints("not known yet")
            .prints("registry.ollama.ai/library/tiny:latest")
            .prints("standard")
            .prints("seccomp")
            .prints("X-Wing")
            .prints("the server's word");
        let stated: serde_json::Value = serde_json::from_str(&verify(&["--json"]).out).unwrap();
        assert_eq!(stated["server_known"], false);
        assert_eq!(stated["quote"], serde_json::Value::Null);

        let connected = start(&place, &[&["connect", &url][..], &ANY].concat(), &[]);
        let answer = connected.generate();
        assert!(answer.contains(SENTENCE), "{answer}");
        let ran = connected.stop();
        let server = stated["server"].as_str().unwrap();
        ran.exits(0)
            .says("encrypted = required")
            .says("met this server for the first time")
            .says(server);
        assert!(!ran.err.contains("Who are you?"), "{}", ran.err);
        verify(&[]).exits(0).prints("known, and the same");

        // Another server at the same place.
        let identity = place.path("home/.local/state/ringfence/model/identity");
        let mode = fs::metadata(&identity).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let at = served.at.clone();
        served.stop().exits(0);
        fs::remove_file(&identity).unwrap();
        let served = start(&place, &["serve", "--context", "512", "--listen", &at], &[]);
        verify(&[]).exits(1).says("--forget-server");
        place
            .run(["model", "connect", &url, "--forget", "other"])
            .exits(0)
            .prints("was not known");
        place
            .run(["model", "connect", &url, "--forget-server"])
            .exits(0)
            .prints("is forgotten");
        verify(&[]).exits(0).prints("not known yet");
        verify(&["--forget-server"]).exits(2);
        let (_, port) = served.at.rsplit_once(':').unwrap();
        let named = format!("http://localhost:{port}");
        place
            .run(["model", "connect", &named, "--verify", "tiny"])
            .exits(0)
            .prints("not known yet");
        place
            .run(["model", "connect", &url, "--verify", "none"])
            .exits(1)
            .says("not found");
        served.stop().exits(0);
    }
}

#[test]
fn encryption_is_off_by_a_variable_and_a_flag_together_only() {
    for place in places() {
        let url = "http://127.0.0.1:1";
        let off = ("SECLLAMA_ENABLE_ENCRYPTION", "false");
        let refused = |arguments: &[&str], variables: &[(&str, &str)], why: &str| {
            let all = [&["model", "connect", url][..], &ANY, arguments].concat();
            let mut command = place.ringfence(all);
            let child = command.envs(variables.iter().copied()).spawn().unwrap();
            let ran = finish(child);
            assert!(ran.out.is_empty(), "{}", ran.out);
            ran.says(why);
            ran
        };
        refused(&[], &[off], "--danger-no-encryption").exits(125);
        let flag = "--danger-no-encryption";
        refused(&[flag], &[], "SECLLAMA_ENABLE_ENCRYPTION").exits(2);
        let all = [&["connect", url, flag][..], &ANY].concat();
        let connected = start(&place, &all, &[off]);
        // It answers, so it hears signals as well; and nobody is at the server's address.
        let answer = connected.generate();
        assert!(answer.contains("ringfence-encryption: off"), "{answer}");
        connected.stop().exits(0).says("ENCRYPTION IS SWITCHED OFF");
    }
}

#[test]
fn nothing_but_this_machine_is_listened_at_or_asked_in_clear() {
    for place in places() {
        for (arguments, why) in [
            (&["http://models.example"][..], "https://"),
            (&["http://192.168.1.4:11434"], "https://"),
            (&["models.example"], "http"),
            (&["http://127.0.0.1:1", "--listen", "0.0.0.0:0"], "loopback"),
        ] {
            place
                .run([&["model", "connect"], arguments].concat())
                .exits(2)
                .says(why);
        }
        // Nobody is there, and nothing was pinned.
        place
            .run(["model", "connect", "http://127.0.0.1:1", "--verify", "tiny"])
            .exits(1)
            .says("127.0.0.1:1");
        // What the configuration blocks stays blocked.
        let strict = place.write(
            "work/strict.toml",
            "[network]\nblocklist = [\"models.example\"]\n",
        );
        let mut command = place.ringfence(["--config"]);
        command.arg(strict);
        command.args([
            "model",
            "connect",
            "https://models.example",
            "--verify",
            "tiny",
        ]);
        finish(command.spawn().unwrap())
            .exits(1)
            .says("models.example");
    }
}

#[test]
fn who_was_told_that_it_listens_may_end_it_at_once() {
    for place in places() {
        for how in ["TERM", "INT", "HUP"].repeat(4) {
            let arguments = [&["connect", "http://127.0.0.1:1"][..], &ANY].concat();
            let connected = start(&place, &arguments, &[]);
            signal(how, connected.child.id());
            finish(connected.child).exits(0);
        }
    }
}

/// As the guide says: nginx ends TLS before a server that asks for a token.
#[test]
fn a_server_behind_tls_is_believed_for_its_name_and_its_ca_only() {
    for place in places() {
        let made = place.run(["model", "token", "laptop", "--tokens", "tokens"]);
        let token = place.write("work/token", &made.exits(0).out);
        fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
        import(&place);
        let served = serve_with(&place, &["--tokens", "tokens", "--ask-only"], &[]);
        let (own, other) = (Authority::new("own"), Authority::new("other"));
        place.write("work/own.pem", &own.pem);
        place.write("work/other.pem", &other.pem);
        let front = |name: &str, year| Front::start(&served.at, &own, name, year);
        let Some(good) = front("localhost", 2095) else {
            skipped("no nginx on this machine (Debian: nginx-light)");
            return;
        };
        let verify = |port: u16, trusted: &[(&str, &str)]| {
            let url = format!("https://localhost:{port}");
            let mut command = place.ringfence(
                [
                    &["model", "connect", &url, "--verify", "tiny"][..],
                    &["--server-token-file", "token"],
                ]
                .concat(),
            );
            finish(command.envs(trusted.iter().copied()).spawn().unwrap())
        };
        let own_only = [("SSL_CERT_FILE", "own.pem")];
        verify(good.port, &own_only)
            .exits(1)
            .says("not public: loopback")
            .says("private = true");
        // A name that leads into one's own network is meant only where that is written down.
        let named = front("models.example", 2095).unwrap();
        let expired = front("localhost", 2021).unwrap();
        let ports = [good.port, named.port, expired.port];
        place.config(&format!(
            "[[network.rules]]\nhost = \"localhost\"\nports = {ports:?}\naction = \"allow\"\nprivate = true\n"
        ));
        // The system's anchors, and another CA's.
        for trusted in [&[][..], &[("SSL_CERT_FILE", "other.pem")]] {
            verify(good.port, trusted)
                .exits(1)
                .says("invalid peer certificate: UnknownIssuer")
                .says("SSL_CERT_FILE");
        }
        verify(named.port, &own_only)
            .exits(1)
            .says("models.example");
        verify(expired.port, &own_only)
            .exits(1)
            .says("certificate expired");
        for front in [&named, &expired, &good] {
            assert_eq!(front.asked(), "", "something was sent");
        }
        assert!(!place.path("home/.local/state/ringfence/connect").exists());

        verify(good.port, &own_only).exits(0).prints("X-Wing");
        let url = format!("https://localhost:{}", good.port);
        let arguments = ["connect", &url, "--server-token-file", "token"];
        let connected = start(&place, &[&arguments[..], &ANY].concat(), &own_only);
        let answer = connected.generate();
        assert!(answer.contains(SENTENCE), "{answer}");
        connected
            .stop()
            .exits(0)
            .says("encrypted = required")
            .says("met this server for the first time");
        let asked = good.asked();
        assert!(asked.contains("POST /ringfence/v1/sealed/"), "{asked}");
        assert!(!asked.contains("/api/generate"), "{asked}");
        served.stop().exits(0);
    }
}
