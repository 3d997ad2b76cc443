//! A TPM's quote of what a server says, over the wire, with real TPM software (swtpm, tpm2-tools): made, checked, and required by a
//! client against a server in the middle and against a server that is not the one it was.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

#[path = "../../ringfence-model/tests/connect/middle.rs"]
#[allow(dead_code)] // A part of it is used here.
mod middle;

use std::fs;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};

use middle::Middle;
use ringfence_runner::testing::SENTENCE;
use support::listening::{import, serve_with, start};
use support::{Place, Ran, finish, is_root, places, signal, skipped, until};

/// A TPM of its own, which ends with this.
struct Tpm {
    child: Child,
    tcti: String,
}

impl Tpm {
    fn new(place: &Place, name: &str) -> Self {
        let state = format!("run/{name}");
        place.mkdir(&state);
        let at = place.text(&state);
        let server = format!("type=unixio,path={at}/s");
        let control = format!("type=unixio,path={at}/s.ctrl");
        let mut swtpm = place.command("swtpm");
        swtpm.args(["socket", "--tpm2", "--tpmstate", &format!("dir={at}")]);
        swtpm.args(["--server", &server, "--ctrl", &control]);
        swtpm.args(["--flags", "not-need-init,startup-clear"]);
        // Its words about each connection fill no pipe.
        swtpm.stdout(Stdio::null());
        swtpm.stderr(Stdio::null());
        let child = swtpm.spawn().unwrap();
        // Where libtss2 looks for it.
        let control = place.path(&format!("{state}/s.ctrl"));
        until("swtpm", || UnixStream::connect(&control).is_ok());
        Self {
            child,
            tcti: format!("swtpm:path={at}/s"),
        }
    }

    fn variables(&self) -> [(&str, &str); 1] {
        [("TPM2TOOLS_TCTI", &self.tcti)]
    }

    fn run(&self, place: &Place, arguments: &[&str]) -> Ran {
        let mut command = place.ringfence(arguments);
        finish(command.envs(self.variables()).spawn().unwrap())
    }

    /// What the machine with this TPM states now, in a file.
    fn wanted(&self, place: &Place, name: &str) -> String {
        let ran = self.run(place, &["model", "quote"]);
        ran.exits(0).prints("p256:").prints("sha256:");
        place.write(name, &ran.out).to_str().unwrap().to_owned()
    }

    /// Something else was started.
    fn extend(&self, place: &Place) {
        let mut command = place.command("tpm2_pcrextend");
        command.arg(format!("7:sha256={}", "5a".repeat(32)));
        finish(command.envs(self.variables()).spawn().unwrap()).exits(0);
    }
}

impl Drop for Tpm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn there(place: &Place) -> bool {
    for program in ["swtpm", "tpm2_quote", "tpm2_pcrextend"] {
        let mut which = place.command("sh");
        which.args(["-c", &format!("command -v {program}")]);
        if finish(which.spawn().unwrap()).code != Some(0) {
            skipped(&format!("{program} is not here"));
            return false;
        }
    }
    true
}

/// Another machine, with the same user.
fn another(place: &Place) -> Place {
    match is_root() && !place.is_root() {
        true => Place::ordinary(),
        false => Place::new(),
    }
}

/// A client of the server in the middle.
struct Client<'a> {
    place: &'a Place,
    middle: &'a Middle,
    url: String,
}

impl Client<'_> {
    fn verify(&self, more: &[&str]) -> Ran {
        let verify = ["model", "connect", &self.url, "--verify", "tiny"];
        self.place.run([&verify, more].concat())
    }

    /// Asks a question by a `connect` of its own. Gives what the program gets, and whether anything sealed left.
    fn ask(&self, more: &[&str]) -> (String, bool) {
        self.middle.seen.lock().unwrap().clear();
        let connect = ["connect", &self.url, "--listen", "127.0.0.1:0"];
        let connected = start(self.place, &[&connect, more].concat(), &[]);
        let answer = connected.generate();
        connected.stop().exits(0);
        let seen = self.middle.seen.lock().unwrap();
        let left = seen.iter().any(|(r, _)| r.path().contains("/sealed/"));
        (answer, left)
    }

    /// The statement is refused for this reason, by both, and no question leaves.
    #[track_caller]
    fn refused(&self, wanted: &str, why: &str) {
        let required = ["--require-quote", wanted];
        self.verify(&required).exits(1).says(why);
        let (answer, left) = self.ask(&required);
        assert!(answer.contains(why), "{why:?} is not in {answer}");
        assert!(!left, "a question was sent for all that: {why}");
        let pins = self.place.path("home/.local/state/ringfence/connect");
        let known = fs::read_dir(pins).map_or(0, |found| {
            let name = |e: std::io::Result<fs::DirEntry>| e.unwrap().file_name();
            let names = found.map(name);
            names
                .filter(|n| n.to_string_lossy().ends_with(".json"))
                .count()
        });
        assert_eq!(known, 0, "a refused server is pinned: {why}");
    }

    fn forget(&self) {
        let forget = ["model", "connect", &self.url, "--forget-server"];
        self.place.run(forget).exits(0);
    }
}

const QUOTE: &str = "ringfence-quote: ";

fn is_keys(request: &middle::Message) -> bool {
    request.path() == "/ringfence/v1/keys"
}

/// Has the middle put this into the place of every quote; nothing for an empty one.
fn swap(middle: &Middle, quote: &str) {
    let quote = quote.to_owned();
    middle.answer(move |request, answer| {
        if is_keys(request) {
            answer.headers.retain(|header| !header.starts_with(QUOTE));
            if !quote.is_empty() {
                answer.headers.push(format!("{QUOTE}{quote}"));
            }
        }
    });
}

/// The quotes that the middle saw on their way, oldest first.
fn quotes(middle: &Middle) -> Vec<String> {
    let seen = middle.seen.lock().unwrap();
    let headers = seen.iter().flat_map(|(_, answer)| &answer.headers);
    let quotes = headers.filter_map(|header| header.strip_prefix(QUOTE));
    quotes.map(str::to_owned).collect()
}

/// The model's process goes, and the next one has another key.
fn unload(server: &str) {
    let mut message = middle::Message {
        first: "POST /api/generate HTTP/1.1".into(),
        ..middle::Message::default()
    };
    message.body = br#"{"model":"tiny","keep_alive":0}"#.to_vec();
    let answer = middle::ask(server.parse().unwrap(), &message).unwrap();
    assert!(answer.first.contains("200"), "{answer:?}");
}

fn address(at: &str) -> SocketAddr {
    at.parse().unwrap()
}

#[test]
fn a_required_quote_is_made_and_checked_and_nothing_else_is_believed() {
    for place in places() {
        if !there(&place) {
            return;
        }
        let (one, elsewhere) = (Tpm::new(&place, "one"), another(&place));
        let two = Tpm::new(&elsewhere, "two");
        import(&place);
        import(&elsewhere);
        let wanted = one.wanted(&place, "work/wanted.json");
        let honest = serve_with(&place, &["--quote"], &one.variables());
        let middle = Middle::new(address(&honest.at));
        let client = Client {
            place: &place,
            middle: &middle,
            url: format!("http://{}", middle.address),
        };
        let required = ["--require-quote", wanted.as_str()];

        // Made, and believed; shown as what it is.
        client
            .verify(&required)
            .exits(0)
            .prints("sha256:0,2,4,7")
            .prints("as wanted: worth what they measure");
        let verified = client.verify(&[&required[..], &["--json"]].concat());
        let shown: serde_json::Value = serde_json::from_str(&verified.out).unwrap();
        let file: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&wanted).unwrap()).unwrap();
        assert_eq!(shown["quote"]["checked"], true);
        for part in ["key", "registers", "state"] {
            assert_eq!(shown["quote"][part], file[part]);
        }
        client.verify(&[]).exits(0).prints("not checked");
        let unchecked = client.verify(&["--json"]).json();
        assert_eq!(unchecked["quote"], serde_json::json!({ "checked": false }));
        // However often it is asked for, the TPM was asked once.
        let made = quotes(&middle);
        assert!(made.len() == 4 && made.iter().all(|q| *q == made[0]));
        let (answer, sealed) = client.ask(&required);
        assert!(answer.contains(SENTENCE) && sealed, "{answer}");
        client.forget();

        // The attack, unprotected: another server in its place is believed at first use.
        let evil = serve_with(&elsewhere, &[], &[]);
        *middle.server.lock().unwrap() = address(&evil.at);
        let (answer, sealed) = client.ask(&[]);
        assert!(answer.contains(SENTENCE) && sealed, "{answer}");
        client.forget();
        client.refused(&wanted, "comes without the quote of a TPM");
        // With the honest server's quote beside it.
        swap(&middle, &made[0]);
        client.refused(
            &wanted,
            "the quote is over another statement: its extra data begins",
        );
        // With its own TPM's.
        evil.stop().exits(0);
        let evil = serve_with(&elsewhere, &["--quote"], &two.variables());
        *middle.server.lock().unwrap() = address(&evil.at);
        middle.honest();
        client.refused(&wanted, "the quote is not signed by the attestation key");
        evil.stop().exits(0);

        // The honest server, and a middle that takes the quote away, spoils it, gives that of an earlier statement.
        *middle.server.lock().unwrap() = address(&honest.at);
        swap(&middle, "");
        client.refused(&wanted, "comes without the quote of a TPM");
        swap(&middle, "00.00");
        client.refused(&wanted, "the TPM's quote is damaged");
        swap(&middle, &made[0][1..]);
        client.refused(&wanted, "the TPM's quote is damaged");
        unload(&honest.at);
        swap(&middle, &made[0]);
        client.refused(
            &wanted,
            "the quote is over another statement: its extra data begins",
        );
        middle.honest();
        client.verify(&required).exits(0);

        // Other registers than those that are wanted.
        honest.stop().exits(0);
        let few = ["--quote", "--quote-registers", "sha256:0,7"];
        let honest = serve_with(&place, &few, &one.variables());
        *middle.server.lock().unwrap() = address(&honest.at);
        client.refused(
            &wanted,
            "the quote covers registers [0, 7] of the SHA-256 bank, wanted are [0, 2, 4, 7]",
        );
        honest.stop().exits(0);

        // The machine is in another state, also one that it comes to while it serves. A new file makes that the wanted one.
        let honest = serve_with(&place, &["--quote"], &one.variables());
        *middle.server.lock().unwrap() = address(&honest.at);
        client.verify(&required).exits(0);
        one.extend(&place);
        unload(&honest.at);
        let anew = one.wanted(&place, "work/anew.json");
        let state = |path: &str| {
            let text = fs::read_to_string(path).unwrap();
            let file: serde_json::Value = serde_json::from_str(&text).unwrap();
            let state = file["state"].as_str().unwrap();
            state["sha256:".len()..][..12].to_owned()
        };
        client.refused(
            &wanted,
            &format!(
                "the machine was started in another state: its registers have digest {}, wanted is {}",
                state(&anew),
                state(&wanted)
            ),
        );
        let (answer, sealed) = client.ask(&["--require-quote", &anew]);
        assert!(answer.contains(SENTENCE) && sealed, "{answer}");
        client.forget();

        // A TPM that is gone: no statement without its quote, and no server that is to have one.
        signal("KILL", one.child.id());
        unload(&honest.at);
        client.refused(
            &anew,
            "the TPM gave no quote of the statement, so there is none",
        );
        honest.stop().exits(0).says("tpm2_createprimary");
        let serve = ["model", "serve", "--quote", "--listen", "127.0.0.1:0"];
        let refused = one.run(&place, &serve);
        refused
            .exits(77)
            .says("this machine's TPM gives no quote: tpm2_createprimary")
            .says("TPM2TOOLS_TCTI");
        assert!(refused.out.is_empty(), "{}", refused.out);
        let left = fs::read_dir(place.path("home/.local/state/ringfence/model")).unwrap();
        let left: Vec<_> = left.map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["identity"]);
    }
}

#[test]
fn what_can_not_be_meant_is_refused_before_anything_is_asked() {
    for place in places() {
        let connect = |more: &[&str]| {
            let connect = ["model", "connect", "http://127.0.0.1:1", "--verify", "tiny"];
            place.run([&connect, more].concat())
        };
        place.write("work/not.json", "{}");
        connect(&["--require-quote", "not.json"])
            .exits(78)
            .says("not.json")
            .says("`ringfence model quote`");
        connect(&["--require-quote", "none.json"])
            .exits(78)
            .says("none.json");
        connect(&["--require-quote", "not.json", "--danger-no-encryption"]).exits(2);
        for (registers, why) in [
            ("sha256:23", "register 23 can be set back"),
            ("sha256:24", "register 24"),
            ("sha1:0", "expected sha256:"),
        ] {
            let quote = ["model", "quote", "--quote-registers", registers];
            place.run(quote).exits(2).says(why);
        }
        let serve = ["model", "serve", "--quote-registers", "sha256:0"];
        place.run(serve).exits(2).says("--quote");
    }
}
