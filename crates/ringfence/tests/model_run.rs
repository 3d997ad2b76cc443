//! `ringfence model run` as a person uses it: a chat on a real tmux screen, one prompt from a script, and what of it is on disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use ringfence_runner::testing::{Shape, Storage, Tiny};
use support::screen::Screen;
use support::{Place, Ran, feed, finish, places, signal, until, until_file};

const PASSPHRASE: &str = "correct horse battery";
const SENTENCE: &str = "Nothing said here leaves this machine.";

/// Something to say that no other file of this machine holds.
fn canary() -> &'static str {
    static CANARY: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    CANARY.get_or_init(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        format!("canary-{}-{}", std::process::id(), now.unwrap().as_nanos())
    })
}

/// Runs `ringfence ARGS` with the passphrase on descriptor 3 and this on standard input.
fn with_keys(place: &Place, args: &str, passphrase: &str, input: &str) -> Ran {
    let file = place.write("run/passphrase", &format!("{passphrase}\n"));
    let script = format!(
        "exec {} --passphrase-fd 3 {args} 3< {}",
        place.binary().display(),
        file.display()
    );
    let mut command = place.command("sh");
    command.args(["-c", &script]).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    feed(&mut child, input.as_bytes().to_vec());
    finish(child)
}

fn keys(place: &Place, args: &str) -> Ran {
    with_keys(place, args, PASSPHRASE, "")
}

fn import(place: &Place, name: &str, model: &Tiny) {
    let file = place.path("work/model.gguf");
    fs::write(&file, model.file()).unwrap();
    place
        .run(["model", "import", "model.gguf", "--name", name])
        .exits(0);
    fs::remove_file(file).unwrap();
}

fn prepared(place: &Place) {
    import(place, "tiny", &Tiny::script(SENTENCE));
    keys(place, "keys init --store passphrase --kdf pbkdf2").exits(0);
}

/// What is typed to begin a chat.
fn chat(place: &Place, args: &str) -> String {
    let file = place.write("run/passphrase", &format!("{PASSPHRASE}\n"));
    format!(
        "clear; NO_COLOR=1 {} model run {args} --passphrase-fd 3 3< {}",
        place.binary().display(),
        file.display()
    )
}

fn history(place: &Place) -> Vec<serde_json::Value> {
    let ran = keys(place, "model history --json");
    ran.exits(0).json().as_array().unwrap().clone()
}

fn vault(place: &Place) -> PathBuf {
    place.path("home/.local/state/ringfence/vault")
}

fn files(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap();
        if kind.is_dir() {
            found.extend(files(&path));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found
}

/// No file of home, workspace or runtime directory, and none beside them, holds what was said.
fn nothing_in_clear(place: &Place) {
    let own = files(&place.path(""));
    assert!(own.iter().any(|path| path.starts_with(vault(place))));
    let mut all: Vec<_> = own.into_iter().map(|path| (path, true)).collect();
    for directory in ["/tmp", "/dev/shm", "/var/tmp"] {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        all.extend(
            entries
                .map(|entry| entry.path())
                .filter(|path| path.symlink_metadata().is_ok_and(|meta| meta.is_file()))
                .map(|path| (path, false)),
        );
    }
    let today = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    for (file, ours) in all {
        // The program itself says nothing of this; what is older than the test neither.
        let new = |meta: fs::Metadata| ours || meta.modified().is_ok_and(|time| time > today);
        if file == place.binary() || !fs::metadata(&file).is_ok_and(new) {
            continue;
        }
        let Ok(bytes) = fs::read(&file) else {
            continue;
        };
        let bytes = String::from_utf8_lossy(&bytes);
        let texts = if ours {
            &[canary(), SENTENCE][..]
        } else {
            &[canary()][..]
        };
        for text in texts {
            let found = bytes.contains(*text);
            assert!(!found, "{} holds {text:?} in clear", file.display());
        }
    }
}

#[test]
fn one_prompt_is_answered_and_nothing_of_it_is_kept() {
    for place in places() {
        import(&place, "tiny", &Tiny::script(SENTENCE));
        let answer = format!("{SENTENCE}\n");
        let ran = place.run(["model", "run", "tiny", "what", "is", "it?"]);
        assert_eq!(ran.exits(0).out, answer, "{}", ran.err);
        assert_eq!(ran.err, "");
        let mut child = place
            .ringfence(["model", "run", "tiny", "--verbose"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        feed(&mut child, b"from a pipe\n".to_vec());
        let ran = finish(child);
        assert_eq!(ran.exits(0).says("tokens").out, answer);
        assert!(!vault(&place).exists());

        let refused = |args: &[&str], code, why| {
            let ran = place.run([&["model", "run"], args].concat());
            ran.exits(code).says(why);
            assert_eq!(ran.out, "");
        };
        refused(&["nobody", "x"], 1, "there is no model");
        refused(&["tiny"], 2, "it is empty");
        refused(&["tiny", "x", "--format", "none.json"], 2, "none.json");
        place.write("work/broken.json", "{");
        refused(&["tiny", "x", "--format", "broken.json"], 2, "broken.json");
        refused(&["tiny", "x", "--resume"], 77, "ringfence keys init");
        refused(&["tiny", "--resume", "--no-history"], 2, "cannot be used");
        refused(
            &["tiny", "x", "--danger-no-encryption"],
            2,
            "SECLLAMA_ENABLE_ENCRYPTION",
        );
    }
}

#[test]
fn a_chat_is_kept_encrypted_gone_on_with_and_forgotten() {
    for place in places() {
        prepared(&place);
        let screen = Screen::start(&place);
        screen.line(&chat(&place, "tiny --verbose"));
        screen.until("kept encrypted");
        screen.line(canary());
        screen.until(&format!("\n{SENTENCE}\n"));
        screen.line("/show");
        screen.until("turns         1");
        screen.line("\"\"\"first line");
        screen.until("\n...");
        screen.line("second line\"\"\"");
        screen.until("prompt:");
        screen.line("/nonsense");
        screen.until("is no command");
        // Other keys from here on, and the chat does not notice.
        keys(&place, "keys rotate").exits(0);
        screen.line("after the rotation");
        screen.line("/show");
        screen.until("turns         3");
        screen.line("/bye");
        screen.until("ready:");
        nothing_in_clear(&place);

        let all = history(&place);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(
            (&all[0]["turns"], &all[0]["model"]),
            (&3.into(), &"tiny:latest".into())
        );
        assert_eq!(all[0]["cache"], true);
        let id = all[0]["id"].as_str().unwrap().to_owned();
        let ran = keys(&place, &format!("model history {}", &id[..8]));
        ran.exits(0)
            .prints(canary())
            .prints("first line\nsecond line");
        keys(&place, "keys verify").exits(0);
        let listed = keys(&place, "keys list --json").json();
        let mut purposes: Vec<_> = listed["conversations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["purpose"].clone())
            .collect();
        purposes.sort_by_key(ToString::to_string);
        assert_eq!(purposes, ["history", "prompt-cache"]);

        // The same process that goes on knows all but the new turn; so does another one, with the cache.
        let ran = keys(&place, "model run tiny --resume --verbose -- and then?");
        assert_eq!(ran.exits(0).out, format!("{SENTENCE}\n"), "{}", ran.err);
        ran.says("tokens are known from the prompt cache");
        let (all, known) = counts(&ran);
        assert!(known > 0 && all - known < 40, "{known} of {all} tokens");
        assert_eq!(history(&place)[0]["turns"], 4);

        screen.line(&chat(&place, "tiny --resume"));
        screen.until("after 4 turns");
        // What was said is there for the arrow keys.
        screen.key("Up");
        screen.until(">>> and then?");
        screen.key("C-c");
        screen.until("ends the chat");
        let saved: Vec<(PathBuf, Vec<u8>)> = files(&vault(&place).join("c"))
            .into_iter()
            .map(|file| (file.clone(), fs::read(file).unwrap()))
            .collect();
        assert_eq!(saved.len(), 2);
        screen.line("/forget");
        screen.until("is destroyed");
        screen.line("/history");
        screen.until("There are no conversations");
        screen.key("C-d");
        screen.until("ready:");
        assert_eq!(history(&place).len(), 0);
        assert_eq!(files(&vault(&place).join("c")), Vec::<PathBuf>::new());
        // Put back, the files open with no key that there is.
        for (file, bytes) in &saved {
            fs::write(file, bytes).unwrap();
        }
        assert_eq!(history(&place).len(), 0);
        keys(&place, &format!("model history {id}"))
            .exits(1)
            .says("there is no conversation");
        nothing_in_clear(&place);
    }
}

/// Tokens of the prompt, and those that were known.
fn counts(ran: &Ran) -> (u64, u64) {
    let line = ran.err.lines().find(|line| line.contains("prompt: "));
    let line = line.unwrap_or_else(|| panic!("{}", ran.err));
    let mut numbers = line
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse().ok());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[test]
fn caches_that_are_damaged_foreign_or_old_change_no_answer() {
    for place in places() {
        prepared(&place);
        import(
            &place,
            "other",
            &Tiny {
                seed: 9,
                ..Tiny::script(SENTENCE)
            },
        );
        let screen = Screen::start(&place);
        screen.line(&chat(&place, "tiny"));
        screen.until(">>>");
        screen.line("the first question of all");
        screen.until(SENTENCE);
        screen.line("/bye");
        screen.until("ready:");
        let cache = |place: &Place| {
            let listed = keys(place, "keys list --json").json();
            let caches: Vec<_> = listed["conversations"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|c| c["purpose"] == "prompt-cache")
                .map(|c| vault(place).join("c").join(c["id"].as_str().unwrap()))
                .collect();
            assert_eq!(caches.len(), 1);
            caches[0].clone()
        };
        let again = "model run tiny --resume --verbose -- again";
        // With it, and without it: the same answer, and fewer tokens to read.
        let ran = keys(&place, again);
        assert_eq!(ran.exits(0).out, format!("{SENTENCE}\n"));
        assert!(counts(&ran).1 > 0, "{}", ran.err);

        let file = cache(&place);
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&file, bytes).unwrap();
        let ran = keys(&place, again);
        assert_eq!(ran.exits(0).out, format!("{SENTENCE}\n"));
        ran.says("was removed, and all is read anew")
            .says("damaged");
        assert_eq!(counts(&ran).1, 0, "{}", ran.err);

        fs::remove_file(cache(&place)).unwrap();
        let ran = keys(&place, again);
        assert_eq!(
            ran.exits(0).says("all is read anew").out,
            format!("{SENTENCE}\n")
        );

        // Another model goes on: what this one computed is nothing to it.
        let id = history(&place)[0]["id"].as_str().unwrap().to_owned();
        let ran = keys(
            &place,
            &format!("model run other --resume {id} --verbose -- again"),
        );
        assert_eq!(ran.exits(0).out, format!("{SENTENCE}\n"));
        ran.says("it is of another model");
        assert_eq!(counts(&ran).1, 0, "{}", ran.err);
        assert_eq!(history(&place)[0]["model"], "other:latest");
        keys(&place, "model run tiny --resume x -- q")
            .exits(2)
            .says("digits");
        keys(&place, "model forget --all")
            .exits(0)
            .prints("1 conversations are destroyed");
        assert!(files(&vault(&place).join("c")).is_empty());
        keys(&place, "model run tiny --resume -- x")
            .exits(1)
            .says("there is no conversation with");
    }
}

/// Types a line on an empty screen, and waits for what it says.
fn said(screen: &Screen, line: &str, texts: &[&str]) {
    screen.key("C-l");
    screen.line(line);
    for text in texts {
        screen.until(text);
    }
}

#[test]
fn every_command_of_the_help_does_what_it_says() {
    for place in places() {
        prepared(&place);
        let screen = Screen::start(&place);
        screen.line(&chat(&place, "tiny --verbose"));
        screen.until("kept encrypted");
        screen.line("/help");
        screen.until("stops an answer");
        let text = screen.text();
        let help = text.split(">>> /help").nth(1).unwrap();
        let named: Vec<&str> = help
            .lines()
            .filter(|line| line.starts_with('/'))
            .filter_map(|line| line.split("  ").next())
            .collect();
        // Each of them is below.
        assert_eq!(
            named,
            [
                "/set system TEXT",
                "/set parameter NAME VALUE",
                "/show",
                "/clear",
                "/history",
                "/load ID",
                "/forget",
                "/bye"
            ]
        );
        said(&screen, "/?", &["/load ID"]);

        // The settings, good and bad.
        let set = "/set system TEXT, or /set parameter NAME VALUE";
        said(&screen, "/set", &[set]);
        said(&screen, "/set nothing", &[set]);
        said(&screen, "/set system", &["ringfence: /set system TEXT"]);
        said(&screen, "/set parameter nothing 1", &["is no parameter"]);
        said(
            &screen,
            "/set parameter temperature hot",
            &["takes a number"],
        );
        said(&screen, "the first question", &[SENTENCE, "prompt: "]);
        said(&screen, "/set system \"\"\"Be", &["\n..."]);
        screen.line("brief.\"\"\"");
        screen.until("the system prompt is set");
        let done = "the parameter is set";
        said(&screen, "/set parameter temperature 0.5", &[done]);
        said(&screen, "/set parameter num_ctx 256", &[done]);
        said(&screen, "/set parameter stop machine", &[done]);
        said(
            &screen,
            "/show",
            &[
                "model         tiny",
                "context       256 tokens",
                "system        Be\nbrief.",
                "num_ctx 256",
                "temperature 0.5",
                "turns         1",
                ", encrypted",
            ],
        );
        // A stop text stops.
        said(&screen, "again", &["\nNothing said here leaves this\n"]);
        let first = history(&place)[0]["id"].as_str().unwrap().to_owned();

        // Put aside, kept, and under the same system prompt.
        said(&screen, "/clear", &["another conversation begins"]);
        let begins = ["brief.", "turns         0", "begins with the first answer"];
        said(&screen, "/show", &begins);
        said(&screen, "the second matter", &["leaves this\n"]);
        let all = history(&place);
        let second = all.iter().find(|one| one["id"] != *first).unwrap();
        let second = second["id"].as_str().unwrap().to_owned();
        assert_eq!(all.len(), 2, "{all:?}");
        said(&screen, "/history", &[&first[..8], &second[..8]]);

        // Gone on with, by the beginning of its number or all of it.
        said(&screen, "/load", &["is no number of a conversation"]);
        said(&screen, "/load x1f0", &["is no number of a conversation"]);
        let none = if first.starts_with("0123") || second.starts_with("0123") {
            "3210"
        } else {
            "0123"
        };
        said(&screen, &format!("/load {none}"), &["there is no conv"]);
        said(&screen, &format!("/load {second}"), &["this is that conv"]);
        said(
            &screen,
            &format!("/load {}", &first[..8]),
            &[
                "tokens are known from the prompt cache",
                ">>> again\nNothing said here leaves this\n",
                "after 2 turns",
            ],
        );
        said(&screen, "/show", &["turns         2", &first]);
        screen.key("C-l");
        screen.key("Up");
        screen.key("Up");
        screen.until(">>> again");
        screen.key("C-c");
        said(&screen, "third in the first", &["leaves this\n"]);

        // Another process has the second one.
        let other = Screen::start_as(&place, "other");
        other.line(&chat(&place, &format!("tiny --resume {second}")));
        other.until("after 1 turns");
        said(&screen, &format!("/load {second}"), &["is using it"]);
        said(&screen, "/show", &["turns         3", &first]);
        other.line("/exit");
        other.until("ready:");
        said(&screen, &format!("/load {second}"), &["after 1 turns"]);

        // Destroyed: this one, and then all, if that is meant.
        said(&screen, "/forget", &["this conversation is destroyed"]);
        said(&screen, "/forget", &["nothing of it was kept"]);
        said(&screen, &format!("/load {second}"), &["there is no conv"]);
        said(&screen, "/forget all", &["Destroy all 1", "[y/N]"]);
        screen.line("no");
        screen.until("nothing was destroyed");
        assert_eq!(history(&place).len(), 1);
        said(&screen, "/forget all", &["[y/N]"]);
        screen.line("y");
        screen.until("1 conversations are destroyed");
        assert!(files(&vault(&place).join("c")).is_empty());
        said(&screen, "still here", &["leaves this\n"]);
        said(&screen, "/bye now", &["is no command"]);
        said(&screen, "/quit", &["ready:"]);
        assert_eq!(history(&place).len(), 1);
        nothing_in_clear(&place);
    }
}

#[test]
fn a_kill_in_the_middle_of_an_answer_costs_that_turn_only() {
    for place in places() {
        prepared(&place);
        let shape = Shape {
            width: 256,
            layers: 8,
            heads: 4,
            heads_kv: 4,
            inner: 1024,
            vocabulary: 1024,
            context: 8192,
        };
        import(&place, "long", &Tiny::random(shape, Storage::F16, 5));
        let screen = Screen::start(&place);
        let pid = place.path("run/pid");
        let begin = chat(&place, "long")
            .replace("NO_COLOR=1", "echo $$ > $HOME/../run/pid; NO_COLOR=1 exec");
        screen.line(&format!("sh -c '{begin}'"));
        screen.until(">>>");
        screen.line(canary());
        // Ctrl-C stops the answer, not the chat.
        std::thread::sleep(std::time::Duration::from_secs(1));
        screen.key("C-c");
        screen.until("the answer was stopped");
        screen.line("/help");
        screen.until("/set system TEXT");
        screen.line("/show");
        screen.until("turns         1");
        screen.line("clear the screen and go on");
        std::thread::sleep(std::time::Duration::from_secs(1));
        until_file(&pid);
        let number: u32 = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        signal("KILL", number);
        screen.until("ready:");
        let all = history(&place);
        assert_eq!((all.len(), &all[0]["turns"]), (1, &1.into()), "{all:?}");
        keys(&place, "keys verify").exits(0);
        nothing_in_clear(&place);
        // Its runner went with it.
        until("the end of the runner", || {
            let mut found = place.command("pgrep");
            found.args(["-f", &format!("{}.*runner", place.path("").display())]);
            finish(found.spawn().unwrap()).out.is_empty()
        });
        screen.line(&chat(&place, "long --resume"));
        screen.until("after 1 turns");
        screen.line("/forget all");
        screen.until("[y/N]");
        screen.line("y");
        screen.until("1 conversations are destroyed");
        screen.line("/bye");
        screen.until("ready:");
    }
}

#[test]
fn without_keys_nothing_is_kept_and_it_is_said() {
    for place in places() {
        import(&place, "tiny", &Tiny::script("obey \u{1b}[2J\u{7} or not"));
        let screen = Screen::start(&place);
        let start = |args: &str| {
            format!(
                "clear; NO_COLOR=1 {} model run tiny {args}; echo code $?",
                place.binary().display()
            )
        };
        screen.line(&start(""));
        screen.until("code 77");
        let text = screen.text();
        assert!(
            text.contains("keys init") && text.contains("--no-history"),
            "{text}"
        );
        // What a model would do to the terminal is shown, not done.
        screen.line(&start("--no-history"));
        screen.until("nothing is kept");
        screen.line("well");
        screen.until("obey \u{fffd}[2J\u{fffd} or not");
        screen.line("/history");
        screen.until("nothing is kept in this chat");
        screen.line("/forget");
        screen.until("nothing of it was kept");
        screen.key("C-d");
        screen.until("code 0");
        let off = "SECLLAMA_ENABLE_ENCRYPTION=false";
        screen.line(
            &start("--danger-no-encryption").replace("NO_COLOR=1", &format!("NO_COLOR=1 {off}")),
        );
        screen.until("encryption is off");
        screen.until(">>>");
        screen.key("C-d");
        screen.until("code 0");
        assert!(!vault(&place).exists());

        keys(&place, "keys init --store passphrase --kdf pbkdf2").exits(0);
        let wrong = with_keys(
            &place,
            "model run tiny --resume -- x",
            "not the passphrase",
            "",
        );
        wrong.exits(77).says("the passphrase is wrong");
        // Nobody to ask for it.
        place
            .run(["model", "history"])
            .exits(77)
            .says("--passphrase-fd");
        fs::remove_file(vault(&place).join("ring.sealed")).unwrap();
        keys(&place, "model history").exits(77).says("keys import");
    }
}
