//! `ringfence keys` as a person uses it: every store, wrong and missing passphrases, damage, and what is on disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use support::screen::Screen;
use support::{Place, Ran, feed, finish, places, skipped, until};

const PASSPHRASE: &str = "correct horse battery";
const SECRET: &str = "canary-3f9d71-token";

/// Runs `ringfence keys ARGS` with passphrases on descriptor 3 and a value on standard input.
fn keys(place: &Place, args: &str, passphrases: &[&str], input: &str) -> Ran {
    under(place, "", args, passphrases, input)
}

/// The same under another program, for the variables that it sets.
fn under(place: &Place, wrapper: &str, args: &str, passphrases: &[&str], input: &str) -> Ran {
    let file = place.write("run/passphrases", &(passphrases.join("\n") + "\n"));
    let mut script = format!("exec {wrapper} {} keys {args}", place.binary().display());
    if !passphrases.is_empty() {
        script += &format!(" --passphrase-fd 3 3< {}", file.display());
    }
    let mut command = place.command("sh");
    command.args(["-c", &script]).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    feed(&mut child, input.as_bytes().to_vec());
    let ran = finish(child);
    fs::remove_file(file).unwrap();
    for output in [&ran.out, &ran.err] {
        assert!(!output.contains(SECRET), "a secret is in the output");
        for passphrase in passphrases {
            assert!(
                !output.contains(passphrase),
                "a passphrase is in the output"
            );
        }
    }
    ran
}

fn vault(place: &Place) -> PathBuf {
    place.path("home/.local/state/ringfence/vault")
}

fn files(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// No file below holds the secret or the passphrase, as it is or in hexadecimal, and all are their owner's alone.
fn nothing_in_clear(place: &Place) {
    let hex: String = SECRET.bytes().map(|b| format!("{b:02x}")).collect();
    for file in files(&place.path("home")) {
        let bytes = fs::read(&file).unwrap();
        for text in [SECRET, PASSPHRASE, &hex] {
            let found = bytes.windows(text.len()).any(|w| w == text.as_bytes());
            assert!(!found, "{} holds it in clear", file.display());
        }
    }
    for file in files(&vault(place)) {
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn keys_under_a_passphrase_from_init_to_forget() {
    for place in places() {
        let with = |args: &str, input: &str| keys(&place, args, &[PASSPHRASE], input);
        place
            .run(["keys", "list"])
            .exits(77)
            .says("ringfence keys init");
        with("init", "")
            .exits(0)
            .prints("ring.sealed")
            .prints("Argon2id, 64 MiB, 3 passes, 4 lanes")
            .prints("Secret Service was passed over");
        with("init", "").exits(1).says("already holds a vault");
        with("set token", &format!("{SECRET}\n"))
            .exits(0)
            .prints("keys:token");
        with("set 'no name'", "x")
            .exits(2)
            .says("no name of a secret");
        with("set empty", "").exits(2).says("no value");
        with("list", "").exits(0).prints("secret  token");
        nothing_in_clear(&place);

        // Nobody to ask: said, and no other way is tried.
        let plain = place.run(["keys", "list"]);
        plain.exits(77).says("--passphrase-fd");
        let status = place.run(["keys", "status"]);
        status
            .exits(0)
            .prints("asks for its passphrase")
            .prints("passed over");
        keys(&place, "list", &["wrong horse battery"], "")
            .exits(77)
            .says("the passphrase is wrong");
        keys(&place, "set token", &["wrong horse battery"], "other")
            .exits(77)
            .says("the passphrase is wrong");

        with("rotate", "").exits(0).prints("epoch 2");
        // A session reads it from the same descriptor.
        place.config("[credentials.service]\nhosts = [\"a.example\"]\nenv = \"SERVICE_TOKEN\"\nsource = \"keys:token\"\n");
        let file = place.write("run/passphrase", &format!("{PASSPHRASE}\n"));
        let script = format!(
            "exec {} run --passphrase-fd 3 -- sh -c 'echo inside $SERVICE_TOKEN; ls -l /proc/self/fd' 3< {}",
            place.binary().display(),
            file.display()
        );
        let mut session = place.command("sh");
        let ran = finish(session.args(["-c", &script]).spawn().unwrap());
        ran.exits(0).prints("inside ringfence-service-");
        assert!(
            !ran.out.contains(SECRET) && !ran.out.contains("passphrase"),
            "{}",
            ran.out
        );
        fs::remove_file(file).unwrap();
        let status = with("status --json", "").exits(0).json();
        assert_eq!(status["store"], "passphrase");
        assert_eq!(
            (&status["epoch"], &status["secrets"]),
            (&2.into(), &1.into())
        );
        assert!(["memfd_secret", "mlock"].contains(&status["memory"].as_str().unwrap()));

        let new = "another horse battery";
        keys(
            &place,
            "rotate --new-passphrase --kdf pbkdf2",
            &[PASSPHRASE, "short"],
            "",
        )
        .exits(77)
        .says("at least 8 characters");
        with("list", "").exits(0);
        keys(
            &place,
            "rotate --new-passphrase --kdf pbkdf2",
            &[PASSPHRASE, new],
            "",
        )
        .exits(0);
        with("list", "").exits(77).says("the passphrase is wrong");
        keys(&place, "status", &[new], "")
            .exits(0)
            .prints("PBKDF2-SHA-256");
        keys(&place, "forget --secret token", &[new], "")
            .exits(0)
            .prints("destroyed");
        keys(&place, "forget --secret token", &[new], "")
            .exits(1)
            .says("no secret");
        keys(&place, "verify", &[new], "")
            .exits(0)
            .prints("as it was written");
        nothing_in_clear(&place);
    }
}

#[test]
fn an_export_brings_lost_keys_back_and_secrets_elsewhere() {
    for place in places() {
        let (pass, file_pass) = (PASSPHRASE, "passphrase of the file");
        keys(&place, "init --store passphrase", &[pass], "").exits(0);
        keys(&place, "set token", &[pass], SECRET).exits(0);
        keys(&place, "export keys.out", &[pass, file_pass], "")
            .exits(0)
            .prints("1 named secrets");
        let file = place.path("work/keys.out");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        keys(&place, "export keys.out", &[pass, file_pass], "")
            .exits(1)
            .says("keys.out");

        // The keys are gone; nothing opens, and nothing is made anew in silence.
        fs::remove_file(vault(&place).join("ring.sealed")).unwrap();
        keys(&place, "list", &[pass], "")
            .exits(77)
            .says("ringfence keys import");
        keys(&place, "set other", &[pass], "x")
            .exits(77)
            .says("holds no keys");
        place.write("work/none.out", &"no export".repeat(99));
        keys(&place, "import none.out", &[file_pass], "")
            .exits(1)
            .says("none.out is no export of keys")
            .says("keys export");
        keys(&place, "import keys.out", &["wrong passphrase"], "")
            .exits(77)
            .says("is wrong");
        let new = "a third passphrase";
        keys(&place, "import keys.out", &[file_pass, new], "")
            .exits(0)
            .prints("are back in")
            .prints("1 are here already");
        keys(&place, "list", &[new], "")
            .exits(0)
            .prints("secret  token");

        // Another vault takes the secrets only.
        let elsewhere = "--vault other";
        keys(
            &place,
            &format!("{elsewhere} init --store passphrase"),
            &[pass],
            "",
        )
        .exits(0);
        keys(
            &place,
            &format!("{elsewhere} import keys.out"),
            &[file_pass, pass],
            "",
        )
        .exits(0)
        .prints("1 named secrets were taken in");
        keys(&place, &format!("{elsewhere} list"), &[pass], "")
            .exits(0)
            .prints("secret  token");

        // A new name leaves the export good; a value that is replaced is destroyed, and so are the keys of before.
        keys(&place, "set other", &[new], "x").exits(0);
        fs::remove_file(vault(&place).join("ring.sealed")).unwrap();
        keys(&place, "import keys.out", &[file_pass, new], "")
            .exits(0)
            .prints("are back in");
        keys(&place, "list", &[new], "")
            .exits(0)
            .prints("secret  other");

        // After a rotation an old export opens nothing, and says so.
        keys(&place, "rotate", &[new], "")
            .exits(0)
            .prints("no longer open");
        fs::remove_file(vault(&place).join("ring.sealed")).unwrap();
        keys(&place, "import keys.out", &[file_pass, new], "")
            .exits(1)
            .says("no key");

        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() - 20;
        bytes[middle] ^= 1;
        fs::write(&file, bytes).unwrap();
        keys(&place, "import keys.out", &[file_pass, new], "")
            .exits(1)
            .says("changed or cut");
    }
}

#[test]
fn a_file_of_secllama_is_read() {
    // Made with Go's and Python's standard forms: PBKDF2-HMAC-SHA256, 100,000 iterations, AES-256-GCM, base64 a line.
    let script = "
import base64, hashlib, os, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
salt = bytes(range(32))
key = hashlib.pbkdf2_hmac('sha256', b'seed passphrase', salt, 100000, 32)
lines = []
for text in (b'first line', b'second line', 'dritte Zeile: ä'.encode()):
    nonce = os.urandom(12)
    lines.append(base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text, None)).decode())
lines.insert(1, lines[0][:-6] + 'AAAA==')
open(sys.argv[1], 'w').write('\\n'.join(lines) + '\\n')
open(sys.argv[2], 'wb').write(salt)
";
    let place = Place::new();
    let (history, salt) = (place.text("work/history"), place.text("work/salt"));
    let made = place
        .command("python3")
        .args(["-c", script, &history, &salt])
        .spawn()
        .unwrap();
    if finish(made).code != Some(0) {
        skipped("python3 has no `cryptography` to make such a file with");
        return;
    }
    keys(&place, "init --store passphrase", &[PASSPHRASE], "").exits(0);
    keys(
        &place,
        "import history --secllama-salt salt",
        &["wrong passphrase", PASSPHRASE],
        "",
    )
    .exits(77)
    .says("is wrong");
    keys(
        &place,
        "import history --secllama-salt history",
        &["x", PASSPHRASE],
        "",
    )
    .exits(2)
    .says("32 bytes");
    keys(
        &place,
        "import history --secllama-salt salt",
        &["seed passphrase", PASSPHRASE],
        "",
    )
    .exits(1)
    .prints("3 records")
    .says("left out: 2");
    let list = keys(&place, "list --json", &[PASSPHRASE], "").json();
    assert_eq!(list["conversations"][0]["records"], 3);
    assert_eq!(list["conversations"][0]["purpose"], "history");
}

#[test]
fn damage_is_named_the_rest_kept_and_a_repair_goes_on() {
    for place in places() {
        let with = |args: &str| keys(&place, args, &[PASSPHRASE], "");
        with("init --store passphrase").exits(0);
        for name in ["a", "b", "c"] {
            keys(&place, &format!("set {name}"), &[PASSPHRASE], SECRET).exits(0);
        }
        let file = files(&vault(&place).join("c")).pop().unwrap();
        let mut bytes = fs::read(&file).unwrap();
        bytes[1536 + 512 + 90] ^= 0x10;
        fs::write(&file, bytes).unwrap();
        with("verify")
            .exits(1)
            .prints("record 1 can not be read: frame 1 changed");
        with("list").exits(1).says("record 1").says("--repair");
        with("verify --repair")
            .exits(1)
            .prints("1 conversations were written anew");
        with("verify").exits(0);
        let list = with("list");
        list.exits(0).prints("secret  a").prints("secret  c");
        assert!(!list.out.contains("secret  b"));

        let table = vault(&place).join("table");
        let old = fs::read(&table).unwrap();
        with("rotate").exits(0);
        with("rotate").exits(0);
        let new = fs::read(&table).unwrap();
        fs::write(&table, old).unwrap();
        with("list")
            .exits(1)
            .says("no key of the key store opens it");
        fs::write(&table, &new[..new.len() - 1]).unwrap();
        with("rotate").exits(1).says("damaged");
        // What still opens is listed, and that it may not be all is said.
        with("list")
            .exits(1)
            .prints("secret  a")
            .says("whether it is the newest one can not be told");
        with("verify --repair").exits(1).says("--accept-restored");
        assert!(!vault(&place).join("table.damaged").exists());
        with("verify --repair --accept-restored").exits(1);
        with("list").exits(0).prints("secret  a");
        let older = fs::read(vault(&place).join("table.damaged")).unwrap();
        assert_eq!(older, &new[..new.len() - 1]);
        let repaired = fs::read(&table).unwrap();
        // What was there before the repair is an older copy from now on.
        fs::write(&table, &new).unwrap();
        with("list").exits(1).says("older copy");
        fs::write(&table, &repaired).unwrap();
        with("list").exits(0);
        // Somebody else's directory, and a file that others may read.
        fs::set_permissions(
            vault(&place).join("ring.sealed"),
            fs::Permissions::from_mode(0o644),
        )
        .unwrap();
        with("list").exits(77).says("chmod 600");
    }
}

#[test]
fn a_passphrase_that_is_typed_is_not_shown() {
    if finish(Place::new().command("tmux").arg("-V").spawn().unwrap()).code != Some(0) {
        skipped("tmux is not here");
        return;
    }
    for place in places() {
        let screen = Screen::start(&place);
        let ringfence = place.text("bin/ringfence");
        screen.line(&format!("{ringfence} keys init --store passphrase"));
        screen.until("New passphrase for the keys:");
        screen.line("typed passphrase");
        screen.until("The same again:");
        screen.line("typed otherwise!");
        screen.until("the two differ");
        screen.line("clear");
        until("an empty screen", || !screen.text().contains("differ"));
        screen.line(&format!("{ringfence} keys init --store passphrase"));
        screen.until("New passphrase for the keys:");
        screen.line("typed passphrase");
        screen.until("The same again:");
        screen.line("typed passphrase");
        screen.until("why:");
        screen.line(&format!("{ringfence} keys set token"));
        screen.until("Value of token:");
        screen.line(SECRET);
        screen.until("Passphrase of the keys:");
        screen.line("typed passphrase");
        screen.until("keys:token");
        let text = screen.text();
        assert!(!text.contains("typed") && !text.contains(SECRET), "{text}");
        // The terminal shows what is typed again.
        screen.line("echo shown");
        screen.until("echo shown");
        keys(&place, "list", &["typed passphrase"], "")
            .exits(0)
            .prints("secret  token");
        nothing_in_clear(&place);
    }
}

#[test]
fn a_process_that_holds_keys_is_out_of_reach_of_its_own_user() {
    for place in places() {
        if place.is_root() {
            continue;
        }
        keys(&place, "init --store passphrase", &[PASSPHRASE], "").exits(0);
        let mut command = place.ringfence(["keys", "set", "token"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // Not dumpable: the kernel gives its files in /proc to root, so no debugger and no dump of the same user.
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        until("the process to harden itself", || {
            fs::metadata(process.join("mem")).is_ok_and(|m| m.uid() == 0)
        });
        let limits = fs::read_to_string(process.join("limits")).unwrap();
        let core = limits
            .lines()
            .find(|l| l.starts_with("Max core file size"))
            .unwrap();
        assert!(core.split_whitespace().nth(4) == Some("0"), "{core}");
        feed(&mut child, Vec::new());
        finish(child).exits(2);
    }
}

/// As whoever runs the tests, and where that is root as a user whom the list of users knows: D-Bus looks there.
fn with_names() -> Vec<Place> {
    let mut places = vec![Place::new()];
    if support::is_root() {
        places.push(Place::nobody());
    }
    places
}

/// What a wrapper script needs to have a Secret Service of its own.
fn desktop(place: &Place, script: &str) -> Option<Ran> {
    for program in ["dbus-run-session", "gnome-keyring-daemon"] {
        let mut which = place.command("sh");
        which.args(["-c", &format!("command -v {program}")]);
        if finish(which.spawn().unwrap()).code != Some(0) {
            skipped(&format!("{program} is not here"));
            return None;
        }
    }
    place.mkdir("home/.local");
    place.mkdir("home/.local/share");
    let script = place.write(
        "run/script",
        &format!("set -u\nrf={}\n{script}", place.text("bin/ringfence")),
    );
    let mut command = place.command("dbus-run-session");
    command.arg("--").arg("sh").arg(script);
    Some(finish(command.spawn().unwrap()))
}

#[test]
fn the_secret_service_keeps_the_keys_and_its_absence_is_said() {
    for place in with_names() {
        let script = "
unlock() { printf 'login' | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1; }
unlock
$rf keys init; echo init $?
printf 'canary-3f9d71-token' | $rf keys set token; echo set $?
$rf keys status; echo status $?
$rf keys rotate; echo rotate $?
$rf keys list; echo list $?
";
        let Some(ran) = desktop(&place, script) else {
            return;
        };
        for text in [
            "init 0",
            "set 0",
            "status 0",
            "rotate 0",
            "list 0",
            "secret  token",
        ] {
            ran.prints(text);
        }
        ran.prints("the Secret Service of this session answers")
            .prints("secret-service: ");
        assert!(!vault(&place).join("ring.sealed").exists());
        nothing_in_clear(&place);

        // Without the session: said, exit code 77, nothing made.
        let gone = place.run(["keys", "list"]);
        gone.exits(77).says("key store is not there").says("help:");
        place
            .run(["keys", "status"])
            .exits(77)
            .prints("key store is not there");
    }
}

#[test]
fn an_agent_has_a_placeholder_and_the_host_the_named_secret() {
    use std::io::{BufRead as _, BufReader, Write as _};
    for place in with_names() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut seen = String::new();
            let mut lines = BufReader::new(&stream);
            while lines.read_line(&mut seen).unwrap() > 2 {}
            (&stream)
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
                .unwrap();
            seen
        });
        place.config(&format!(
            "[network]\nallowlist = [\"o.example\"]\n[network.host_rewrite]\n\"o.example\" = \"http://127.0.0.1:{port}\"\n\
             [credentials.service]\nhosts = [\"127.0.0.1:{port}\"]\nenv = \"SERVICE_TOKEN\"\nsource = \"keys:token\"\n"
        ));
        let script = "
printf 'login' | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1
$rf run -- true; echo none $?
$rf keys init > /dev/null
$rf run -- true; echo missing $?
printf 'canary-3f9d71-token' | $rf keys set token > /dev/null
$rf run -- sh -c 'echo inside $SERVICE_TOKEN; curl -s -H \"x-token: $SERVICE_TOKEN\" http://o.example/; ls $HOME/.local/state/ringfence/vault'
echo run $?
";
        let Some(ran) = desktop(&place, script) else {
            return;
        };
        ran.prints("none 77").says("ringfence keys init");
        ran.prints("missing 77")
            .says("`ringfence keys set token` keeps one");
        ran.prints("inside ringfence-service-").prints("ok");
        assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET));
        assert!(
            !ran.out.contains("store.json"),
            "the vault is seen from inside"
        );
        let seen = server.join().unwrap();
        assert!(seen.contains(&format!("x-token: {SECRET}")), "{}", ran.err);
        nothing_in_clear(&place);
    }
}

#[test]
fn a_tpm_seals_the_keys_and_another_one_does_not_open_them() {
    for place in places() {
        for program in ["swtpm", "tpm2_create"] {
            let mut which = place.command("sh");
            which.args(["-c", &format!("command -v {program}")]);
            if finish(which.spawn().unwrap()).code != Some(0) {
                skipped(&format!("{program} is not here"));
                return;
            }
        }
        let script = place.write(
            "run/script",
            &format!(
                "set -u
rf={}
tpm() {{
    mkdir -p $1
    swtpm socket --tpm2 --tpmstate dir=$1 --server type=unixio,path=$1/s --ctrl type=unixio,path=$1/s.ctrl --flags not-need-init,startup-clear &
    pid=$!
    export TPM2TOOLS_TCTI=\"swtpm:path=$1/s\"
    while [ ! -S $1/s.ctrl ]; do sleep 0.05; done
}}
tpm {run}/one
$rf keys init --store tpm; echo init $?
printf '{SECRET}' | $rf keys set token; echo set $?
$rf keys rotate; echo rotate $?
$rf keys list; echo list $?
$rf keys status; echo status $?
kill $pid; wait $pid 2> /dev/null
$rf keys list; echo gone $?
tpm {run}/two
$rf keys list; echo other $?
kill $pid
",
                place.text("bin/ringfence"),
                run = place.text("run"),
            ),
        );
        let ran = finish(place.command("sh").arg(script).spawn().unwrap());
        for text in [
            "init 0",
            "set 0",
            "rotate 0",
            "list 0",
            "status 0",
            "secret  token",
            "gone 77",
            "other 77",
        ] {
            ran.prints(text);
        }
        ran.says("TPM does not know the key");
        nothing_in_clear(&place);
        let left: Vec<_> = files(&vault(&place))
            .into_iter()
            .filter(|f| f.to_string_lossy().contains(".tpm-"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// The events of every log, oldest log first.
fn kept(place: &Place) -> Vec<serde_json::Value> {
    let mut logs = place.audit("jsonl");
    logs.sort_by_key(|log| fs::metadata(log).unwrap().modified().unwrap());
    let lines = logs.iter().map(|log| fs::read_to_string(log).unwrap());
    let events = lines.flat_map(|text| {
        let event = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["unmapped"]["event"].clone()
        };
        text.lines().map(event).collect::<Vec<_>>()
    });
    events.collect()
}

#[test]
fn what_is_done_with_keys_is_audited_by_name_and_never_by_value() {
    for place in places() {
        let with = |args: &str, input: &str| keys(&place, args, &[PASSPHRASE, PASSPHRASE], input);
        with("init", "").exits(0);
        with("set token", SECRET).exits(0);
        with("rotate", "").exits(0);
        with("export out.keys", "").exits(0);
        keys(&place, "set other", &["wrong horse battery"], "x").exits(77);
        with("verify", "").exits(0);
        with("list", "").exits(0);
        with("forget --secret token", "").exits(0);
        with("import out.keys", "").exits(0);
        let found: Vec<(String, String, Vec<String>)> = kept(&place)
            .iter()
            .map(|event| {
                assert_eq!(event["event"], "keys");
                let text = |name: &str| event[name].as_str().unwrap().to_owned();
                let names = event["names"].as_array().unwrap().iter();
                let names = names.map(|n| n.as_str().unwrap().to_owned());
                (text("action"), text("outcome"), names.collect())
            })
            .collect();
        let wanted = [
            ("init", "done", &[][..]),
            ("set", "done", &["token"]),
            ("rotate", "done", &[]),
            ("export", "done", &["out.keys", "token"]),
            ("set", "failed", &["other"]),
            ("verify", "done", &[]),
            ("forget", "done", &["token"]),
            ("import", "done", &["out.keys", "token"]),
        ];
        assert_eq!(found.len(), 2 * wanted.len(), "{found:?}");
        for (pair, (action, outcome, names)) in found.chunks(2).zip(wanted) {
            assert_eq!((pair[0].0.as_str(), pair[0].1.as_str()), (action, "begun"));
            assert_eq!((pair[1].0.as_str(), pair[1].1.as_str()), (action, outcome));
            assert_eq!(pair[1].2, names, "{action}");
        }
        for log in place.audit("jsonl") {
            let text = fs::read_to_string(log).unwrap();
            assert!(
                !text.contains(SECRET) && !text.contains(PASSPHRASE),
                "{text}"
            );
        }
        place.run(["audit", "verify"]).exits(0).prints("intact");
        place
            .run(["audit", "tail"])
            .exits(0)
            .prints("import out.keys");
    }
}

#[test]
fn without_an_audit_log_keys_are_not_touched() {
    for place in places() {
        keys(&place, "init", &[PASSPHRASE, PASSPHRASE], "").exits(0);
        let audit = place.path("home/.local/state/ringfence/audit");
        fs::rename(&audit, place.path("home/kept")).unwrap();
        fs::write(&audit, "in the way").unwrap();
        keys(&place, "set token", &[PASSPHRASE], SECRET)
            .exits(74)
            .says("keys are not touched without it");
        fs::remove_file(&audit).unwrap();
        fs::rename(place.path("home/kept"), &audit).unwrap();
        let listed = keys(&place, "list", &[PASSPHRASE], "");
        assert!(!listed.exits(0).out.contains("token"), "{}", listed.out);
    }
}
