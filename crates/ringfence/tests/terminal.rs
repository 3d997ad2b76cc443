//! The terminal of the program inside: jobs, size, colours, keys, and what is left of it afterwards. On a real tmux screen.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;

use support::screen::Screen;
use support::{places, until, until_file};

#[test]
fn jobs_are_stopped_resumed_and_interrupted() {
    for place in places() {
        let screen = Screen::start(&place);
        screen.line(&screen.run("--env PS1=in''side: -- bash --norc --noprofile -i"));
        screen.until("inside:");
        screen.line("sleep 1000");
        screen.until("sleep 1000");
        screen.key("C-z");
        screen.until("Stopped");
        screen.line("clear; jobs; echo $((6*7))");
        screen.until("42");
        screen.until("sleep 1000");
        // What is on the screen after the word is not from before.
        screen.line("clear; echo resu''ming; fg");
        screen.until("resuming");
        screen.until("sleep 1000");
        screen.key("C-c");
        screen.until("inside:");
        screen.line("echo came back with $?");
        screen.until("came back with 130");
        screen.line("exit 9");
        screen.until("ready:");
        screen.line("echo code=$?");
        screen.until("code=9");
    }
}

#[test]
fn it_is_a_terminal_with_the_size_of_the_persons_and_follows_it() {
    for place in places() {
        let screen = Screen::start(&place);
        let script = "trap 'stty size' WINCH; test -t 0 && test -t 1 && test -t 2 && tty; stty size; echo begun; while :; do sleep 0.05; done";
        place.write("work/size.sh", script);
        screen.line(&screen.run("-- sh size.sh"));
        screen.until("begun");
        screen.until("/dev/pts/");
        screen.until("30 100");
        screen.tmux(&["resize-window", "-x", "80", "-y", "20"]);
        screen.until("20 80");
        screen.key("C-c");
        screen.until("ready:");
    }
}

#[test]
fn colours_arrive_and_the_terminal_is_named() {
    for place in places() {
        let screen = Screen::start(&place);
        place.write(
            "work/red.sh",
            "printf '\\033[31mred\\033[0m \\033[38;5;208morange\\033[0m\\n'; echo \"TERM=$TERM\"",
        );
        screen.line(&format!(
            "{}; echo \"out\"\"side TERM=$TERM\"",
            screen.run("-- sh red.sh")
        ));
        screen.until("outside TERM=");
        let shown = screen.text();
        let named = |prefix: &str| {
            shown
                .lines()
                .find_map(|line| line.strip_prefix(prefix).map(str::to_owned))
                .unwrap()
        };
        assert_eq!(named("TERM="), named("outside TERM="));
        let text = screen.tmux(&["capture-pane", "-p", "-e"]);
        assert!(
            text.contains("\x1b[31mred") && text.contains("\x1b[38;5;208morange"),
            "{text:?}"
        );
    }
}

#[test]
fn an_interrupt_from_the_keyboard_is_the_programs() {
    for place in places() {
        let screen = Screen::start(&place);
        screen.line(&format!(
            "{}; echo code=$?",
            screen.run("-- sh -c 'touch up; exec sleep 1000'")
        ));
        until_file(&place.path("work/up"));
        screen.key("C-c");
        screen.until("code=130");
        // One that catches it goes on.
        place.write(
            "work/catch.sh",
            "trap 'echo caught' INT; echo begun; read line; echo \"read $line\"",
        );
        screen.line(&screen.run("-- sh catch.sh"));
        screen.until("begun");
        screen.key("C-c");
        screen.until("caught");
    }
}

/// However the program and its fence end, the person's terminal is as it was.
#[test]
fn the_terminal_is_restored_after_a_violent_end() {
    for place in places() {
        let screen = Screen::start(&place);
        let ruin =
            "stty raw -echo; printf '\\033[?1049h\\033[?25l\\033[?1000h\\033[?2004h'; touch up; ";
        place.write("work/killed.sh", &format!("{ruin} kill -KILL $$"));
        place.write("work/ended.sh", &format!("{ruin} sleep 1000"));
        screen.line("stty -g > before");
        until_file(&place.path("work/before"));
        for script in ["killed.sh", "ended.sh"] {
            let _ = fs::remove_file(place.path("work/up"));
            screen.line(&format!(
                "clear; sh -c 'echo $$ > pid; exec {} run -- sh {script}'; echo code=$?",
                place.binary().display()
            ));
            until_file(&place.path("work/up"));
            if script == "ended.sh" {
                until("the alternate screen", || {
                    screen
                        .tmux(&["display-message", "-p", "#{alternate_on}"])
                        .trim()
                        == "1"
                });
                let pid = fs::read_to_string(place.path("work/pid")).unwrap();
                support::signal("TERM", pid.trim().parse().unwrap());
            }
            screen.until(if script == "killed.sh" {
                "code=137"
            } else {
                "code=143"
            });
            let modes = screen.tmux(&[
                "display-message",
                "-p",
                "#{alternate_on} #{cursor_flag} #{mouse_any_flag}",
            ]);
            assert_eq!(modes.trim(), "0 1 0", "{script} as {}", place.who());
            screen.line("stty -g > after; echo ech''oed");
            screen.until("echoed");
            screen.until("ech''oed");
            let settings = |name: &str| fs::read_to_string(place.path(name)).unwrap();
            assert_eq!(settings("work/before"), settings("work/after"), "{script}");
            screen.line("clear");
        }
    }
}

/// The question names what is asked; nobody answers it, and that is a no.
#[test]
fn a_question_names_tool_method_and_address_and_times_out_as_a_denial() {
    for place in places() {
        place.config("[general]\nprompt_timeout = 3\n[network]\ngraylist = [\"paste.example\"]\n");
        let screen = Screen::start(&place);
        screen.line(&screen.run("-- curl -sS -X PUT --data x https://paste.example/some/where"));
        screen.until("ringfence asks");
        let text = screen.text();
        for part in ["curl", "PUT", "https://paste.example/some/where"] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        screen.until("did not approve");
        place
            .run(["audit", "tail"])
            .exits(0)
            .prints("paste.example")
            .prints("DENY");
    }
}
