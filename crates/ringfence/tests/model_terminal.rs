//! What a chat leaves of a terminal and of a conversation when something goes wrong: texts that a terminal would obey, signals at a
//! prompt, a disk that is full for a while.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use ringfence_runner::testing::Tiny;
use support::screen::Screen;
use support::{Place, Ran, feed, finish, places, signal, until, until_file};

const PASSPHRASE: &str = "correct horse battery";
const SENTENCE: &str = "Nothing said here leaves this machine.";

/// Runs `ringfence ARGS` with the passphrase on descriptor 3 and this on standard input.
fn keys(place: &Place, args: &str, input: &str) -> Ran {
    let mut child = place
        .command("sh")
        .args(["-c", &typed(place, args)])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    feed(&mut child, input.as_bytes().to_vec());
    finish(child)
}

/// What is typed to run it. Its process writes its number down, and is not ended by a file that may not grow.
fn typed(place: &Place, args: &str) -> String {
    let file = place.write("run/passphrase", &format!("{PASSPHRASE}\n"));
    asked(
        place,
        &format!("--passphrase-fd 3 {args} 3< {}", file.display()),
    )
}

fn asked(place: &Place, args: &str) -> String {
    format!(
        "sh -c 'trap \"\" XFSZ; echo $$ > {}; NO_COLOR=1 exec {} {args}'",
        place.path("run/pid").display(),
        place.binary().display()
    )
}

/// Types a command on a clear screen, and waits for what it asks.
fn begin(screen: &Screen<'_>, command: &str, prompt: &str) {
    screen.line("clear");
    until("a clear screen", || screen.text().trim() == "ready:");
    screen.line(command);
    screen.until(prompt);
}

fn number(place: &Place) -> u32 {
    fs::read_to_string(place.path("run/pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

fn prepared(place: &Place) {
    let file = place.path("work/model.gguf");
    fs::write(&file, Tiny::script(SENTENCE).file()).unwrap();
    place
        .run(["model", "import", "model.gguf", "--name", "tiny"])
        .exits(0);
    keys(place, "keys init --store passphrase --kdf pbkdf2", "").exits(0);
}

#[test]
fn what_was_said_comes_back_to_the_line_without_what_a_terminal_obeys() {
    for place in places() {
        prepared(&place);
        let screen = Screen::start(&place);
        begin(&screen, &typed(&place, "model run tiny"), ">>>");
        screen.line("well");
        screen.until(&format!("\n{SENTENCE}\n"));
        screen.line("/bye");
        screen.until("ready:");
        let hostile = "x \u{1b}]0;obeyed\u{7}\u{1b}]52;c;WA==\u{7}\u{9b}2J\u{202e}\u{61c} y";
        keys(&place, "model run tiny --resume", hostile).exits(0);
        begin(
            &screen,
            &typed(&place, "model run tiny --resume"),
            "after 2 turns",
        );
        screen.key("Up");
        let seen =
            "x \u{fffd}]0;obeyed\u{fffd}\u{fffd}]52;c;WA==\u{fffd}\u{fffd}2J\u{fffd}\u{fffd} y";
        screen.until(&format!(">>> {seen}"));
        let title = screen.tmux(&["display-message", "-p", "#{pane_title}"]);
        assert_ne!(title.trim(), "obeyed");
        // What is seen is what is sent.
        screen.key("Enter");
        screen.until(&format!("\n{SENTENCE}\n"));
        screen.line("/show");
        screen.until("turns         3");
        screen.line("/bye");
        screen.until("ready:");
    }
}

/// The modes of the terminal, as the shell in it sees them; it has to hear what is typed.
fn modes(place: &Place, screen: &Screen<'_>) -> String {
    let file = place.path("run/modes");
    let _ = fs::remove_file(&file);
    screen.line(&format!(
        "stty -g > {0}.new; mv {0}.new {0}",
        file.display()
    ));
    until_file(&file);
    fs::read_to_string(file).unwrap()
}

#[test]
fn a_signal_at_a_prompt_leaves_the_terminal_as_it_was() {
    for place in places() {
        prepared(&place);
        let screen = Screen::start(&place);
        let raw = place.path("run/raw");
        screen.tmux(&["pipe-pane", "-o", &format!("cat > {}", raw.display())]);
        let before = modes(&place, &screen);
        let passphrase = asked(&place, "model run tiny");
        let chat = typed(&place, "model run tiny");
        let prompts = [
            (&passphrase, "assphrase", ("INT", 130)),
            (&chat, ">>>", ("TERM", 143)),
        ];
        for (command, prompt, first) in prompts {
            for (name, code) in [first, ("TERM", 143), ("HUP", 129), ("QUIT", 131)] {
                begin(&screen, command, prompt);
                let pid = number(&place);
                match name {
                    "INT" => {
                        screen.tmux(&["send-keys", "-l", "half"]);
                        screen.key("C-c");
                    }
                    name => signal(name, pid),
                }
                until("its end", || !Path::new(&format!("/proc/{pid}")).exists());
                screen.line("echo code $?");
                screen.until(&format!("code {code}"));
                assert_eq!(modes(&place, &screen), before, "{prompt} {name}");
                // What is typed is shown again, and nothing of what was not.
                screen.until("echo code");
                assert!(!screen.text().contains("half"));
            }
        }
        // Of bracketed paste the last word is that it is off.
        let mut last = String::new();
        until("the end of bracketed paste", || {
            let all = fs::read(&raw).unwrap();
            let all = String::from_utf8_lossy(&all).into_owned();
            last = all
                .rsplit("\u{1b}[?2004")
                .next()
                .unwrap_or_default()
                .chars()
                .take(1)
                .collect();
            all.contains("\u{1b}[?2004h") && last == "l"
        });
    }
}

#[test]
fn turns_that_a_full_disk_refused_are_kept_in_order_when_there_is_room() {
    for place in places() {
        prepared(&place);
        let screen = Screen::start(&place);
        // As a full disk: no file grows.
        let room = |size: &str| {
            let pid = number(&place).to_string();
            let mut command = place.command("prlimit");
            command.args(["--pid", &pid, &format!("--fsize={size}:")]);
            finish(command.spawn().unwrap()).exits(0);
        };
        let turn = |text: &str, count: usize| {
            screen.line(text);
            screen.line("/show");
            screen.until(&format!("turns         {count}"));
        };
        begin(&screen, &typed(&place, "model run tiny"), ">>>");
        turn("the first", 1);
        room("1");
        turn("the second", 2);
        screen.until("it is tried again after the next turn");
        screen.line("/set system be brief");
        screen.until("not kept yet");
        turn("the third", 3);
        room("unlimited");
        screen.line("the fourth");
        screen.until("turns from before that are kept only now: 2");
        screen.line("/bye");
        screen.until("ready:");
        let all = keys(&place, "model history --json", "").exits(0).json();
        assert_eq!(all[0]["turns"], 4, "{all}");
        let id = all[0]["id"].as_str().unwrap();
        let said = keys(&place, &format!("model history {id}"), "")
            .exits(0)
            .out
            .clone();
        let at: Vec<_> = ["first", "second", "third", "fourth"]
            .iter()
            .map(|n| said.find(&format!("the {n}")))
            .collect();
        assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{said}");

        // A conversation that could not even begin is kept when the chat ends, if it can be then.
        begin(&screen, &typed(&place, "model run tiny"), ">>>");
        room("1");
        turn("alone", 1);
        room("unlimited");
        screen.line("/bye");
        screen.until("is kept now, turns: 1");
        let all = keys(&place, "model history --json", "").exits(0).json();
        // Both may have begun in the same second.
        let mut others = all.as_array().unwrap().iter().filter(|one| one["id"] != id);
        let other = others.next().unwrap();
        assert!(other["turns"] == 1 && others.next().is_none(), "{all}");
        keys(&place, "keys verify", "").exits(0);
        begin(&screen, &typed(&place, "model run tiny"), ">>>");
        room("1");
        turn("lost", 1);
        screen.line("/bye");
        screen.until("is not kept, turns: 1");
    }
}
