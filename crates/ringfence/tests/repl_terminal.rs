//! `ringfence repl` as a person uses it, on a real tmux screen, and with a script on standard input.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::process::Stdio;

use support::screen::Screen;
use support::{feed, finish, places};

#[test]
fn a_person_types_cells_interrupts_one_and_ends() {
    for place in places() {
        let screen = Screen::start(&place);
        screen.line(&format!(
            "clear; NO_COLOR=1 {} repl --out pictures",
            place.binary().display()
        ));
        screen.until(">>>");
        screen.line("x = 6");
        screen.line("x * 7");
        screen.until("\n42\n");
        screen.line("def f():");
        screen.until("\n...");
        screen.line("    return 'in' + 'side'");
        screen.line("");
        screen.line("f()");
        screen.until("'inside'");
        screen.line("print('be' + 'gun')");
        screen.until("\nbegun");
        screen.line("while True: pass");
        screen.line("");
        std::thread::sleep(std::time::Duration::from_millis(500));
        screen.key("C-c");
        screen.until("KeyboardInterrupt");
        screen.line("x + 100");
        screen.until("\n106\n");
        // What it would do to the terminal is shown, not done.
        screen.line("print('\\x1b[2J\\x1b]0;ti' + 'tle\\x07')");
        screen.until("^[[2J^[]0;title^G");
        screen.line("b = 'a' * 10**9");
        screen.until("(oom)");
        screen.line("x");
        screen.until("NameError");
        screen.key("C-d");
        screen.until("ready:");
    }
}

#[test]
fn a_script_on_standard_input_runs_to_its_end() {
    for place in places() {
        let mut child = place
            .ringfence(["repl"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        feed(
            &mut child,
            b"x = 1\ndef f(y):\n    return x + y\n\nf(41)\n1/0\nx\n".to_vec(),
        );
        let ran = finish(child);
        ran.exits(0)
            .says("ZeroDivisionError")
            .says("File \"<cell 4>\", line 1");
        assert_eq!(ran.out, "42\n1\n");
    }
}
