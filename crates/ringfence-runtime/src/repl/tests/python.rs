//! The Python driver.

use super::*;

fn session() -> Session {
    Session::new(setup(Driver::Python, "python3"))
}

fn interrupted(cause: Cause) -> CellStatus {
    CellStatus::Interrupted { cause: Some(cause) }
}

const SOON: Duration = Duration::from_millis(200);

#[test]
fn variables_survive_and_the_last_expression_is_the_value() {
    let mut session = session();
    assert_eq!(session.value("x = 20"), None);
    assert_eq!(session.value("print('hi')\nx + 22").as_deref(), Some("42"));
    assert_eq!(session.out, "hi\n");
    assert_eq!(session.value("_ + 1").as_deref(), Some("43"));
    assert_eq!(session.value("x;"), None);
    assert_eq!(
        session
            .value("import asyncio\nawait asyncio.sleep(0, 7)")
            .as_deref(),
        Some("7")
    );
    assert_eq!(session.value("").as_deref(), None);
}

#[test]
fn tracebacks_show_the_frames_of_cells_with_their_lines() {
    let mut session = session();
    session.run("def f():\n    return 1 / 0");
    let error = session.run("f()").error.unwrap();
    assert_eq!(
        (error.name.as_str(), error.value.as_str()),
        ("ZeroDivisionError", "division by zero")
    );
    let expected = [
        "File \"<cell 2>\", line 1",
        "f()",
        "File \"<cell 1>\", line 2",
        "return 1 / 0",
    ];
    for part in expected {
        assert!(error.traceback.contains(part), "{}", error.traceback);
    }
    assert!(!error.traceback.contains("driver"), "{}", error.traceback);
    let error = session.run("foo(").error.unwrap();
    assert_eq!(error.name, "SyntaxError");
    assert!(
        error.traceback.contains("File \"<cell 3>\", line 1"),
        "{}",
        error.traceback
    );
    for (code, name) in [
        ("import sys; sys.exit(3)", "SystemExit"),
        ("exit()", "SystemExit"),
        ("input()", "EOFError"),
    ] {
        let result = session.run(code);
        assert_eq!(result.status, CellStatus::Error, "{code}");
        assert_eq!(result.error.unwrap().name, name);
    }
    assert_eq!(session.value("f is None").as_deref(), Some("False"));
}

#[test]
fn rich_values_and_shown_values() {
    let mut session = session();
    let result = session.run("class A:\n    def _repr_html_(self): return '<b>a</b>'\n    def __repr__(self): return 'A'\ndisplay(A(), 3)\nA()");
    let value = result.value.unwrap();
    assert_eq!(value.text(), Some("A"));
    assert_eq!(
        value.0.get("text/html"),
        Some(&Data::Text("<b>a</b>".into()))
    );
    assert_eq!(session.shown.len(), 2);
    assert_eq!(session.shown[1].text(), Some("3"));
}

#[test]
fn an_interrupt_ends_the_cell_and_keeps_the_variables() {
    let mut session = session();
    session.run("x = 1");
    for code in [
        "while True: x += 1",
        "import time; time.sleep(100)",
        "await asyncio.sleep(100)",
        "import subprocess; subprocess.run(['sleep', '100'])",
    ] {
        session.run("import asyncio");
        let result = session.interrupting(code, 1, SOON);
        assert_eq!(result.status, interrupted(Cause::Interrupt), "{code}");
        assert_eq!(result.error.unwrap().name, "KeyboardInterrupt");
    }
    assert_eq!(session.value("x > 1").as_deref(), Some("True"));
    // One that comes when the cell has ended already meets no other.
    session.repl.interrupter().interrupt();
    session.repl.interrupter().clear();
    assert_eq!(
        session.value("import time; time.sleep(0.1); 5").as_deref(),
        Some("5")
    );
}

#[test]
fn a_cell_that_ignores_two_interrupts_is_killed_and_the_session_restarts() {
    let mut session = session();
    let code = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass";
    let result = session.interrupting(code, 2, SOON);
    let CellStatus::Killed(death) = result.status else {
        panic!("{:?}", result.status)
    };
    assert_eq!(death.reason, "interrupt");
    let again = session.repl.run("x", &mut |_| {}).unwrap_err();
    assert!(matches!(again, ReplError::NotRunning { reason } if reason == "interrupt"));
    session.repl.restart().unwrap();
    assert_eq!(session.run("x").error.unwrap().name, "NameError");
}

#[test]
fn limits_of_a_cell() {
    let mut setup = setup(Driver::Python, "python3");
    setup.cell_time = Some(Duration::from_millis(300));
    setup.cell_output = 100_000;
    let mut session = Session::new(setup);
    assert_eq!(
        session.run("while True: pass").status,
        interrupted(Cause::Timeout)
    );
    let result = session.run("while True: print('x' * 1000)");
    assert_eq!(result.status, interrupted(Cause::Output));
    assert!(result.truncated);
    assert_eq!(session.out.len(), 100_000);
    assert_eq!(session.value("1").as_deref(), Some("1"));
    let result = session.run("'x' * 200000");
    assert!(result.truncated && result.value.is_none());
    let result = session.run("import time, threading\ndef flood():\n    while True: print('y' * 1000)\nthreading.Thread(target=flood, daemon=True).start()\nwhile True:\n    try: time.sleep(1)\n    except BaseException: pass");
    let CellStatus::Killed(death) = result.status else {
        panic!("{:?}", result.status)
    };
    assert!(
        ["output", "timeout"].contains(&death.reason.as_str()),
        "{death:?}"
    );
}

#[test]
fn the_end_of_the_interpreter_is_said() {
    let mut session = session();
    let result = session.run("import os; print('last'); os._exit(3)");
    let CellStatus::Killed(death) = result.status else {
        panic!()
    };
    assert_eq!((death.reason.as_str(), death.exit_code), ("exit", Some(3)));
    assert_eq!(session.death(), "exit");
    session.repl.restart().unwrap();
    let result = session.run("import os; os.kill(os.getpid(), 11)");
    assert!(matches!(
        result.status,
        CellStatus::Killed(Death {
            signal: Some(11),
            ..
        })
    ));
}

#[test]
fn a_fork_of_the_cell_does_not_go_on_as_a_second_driver() {
    let mut session = session();
    let code = "import os\npid = os.fork()\nprint('both')\nif pid: os.waitpid(pid, 0)\n1 + 1";
    assert_eq!(session.value(code).as_deref(), Some("2"));
    assert_eq!(session.out, "both\nboth\n");
    assert_eq!(session.value("2").as_deref(), Some("2"));
}

#[test]
fn secrets_are_redacted_wherever_they_leave() {
    let mut session = session();
    let code = format!(
        "import sys\ns = '{SECRET}'\nprint(s)\nprint(s, file=sys.stderr)\nprint(s, end='')\ndisplay(s)\ns"
    );
    let result = session.run(&code);
    let shown = serde_json::to_string(&(&result.value, &session.shown)).unwrap();
    let all = format!("{}{}{shown}", session.out, session.err);
    assert!(!all.contains(SECRET), "{all}");
    assert_eq!(all.matches("[redacted:known:test]").count(), 5, "{all}");
    assert_eq!(result.findings.len(), 5);
    let result = session.run("raise ValueError(s)");
    let error = result.error.unwrap();
    assert!(
        !error.traceback.contains(SECRET) && !error.value.contains(SECRET),
        "{error:?}"
    );
}

#[test]
fn any_bytes_and_huge_values() {
    let mut session = session();
    session.run("import sys; sys.stdout.buffer.write(bytes(range(256)) * 100); print('\\ud800')");
    assert!(session.out.ends_with("\\ud800\n"), "{}", session.out);
    let text = session.value("'ä' * 5_000_000").unwrap();
    assert!(text.contains("[truncated: 5000002 characters in all]"));
    assert_eq!(session.value("'\\ud800'").as_deref(), Some("'\\ud800'"));
    let large = format!("x = '{}'\nlen(x)", "a".repeat(3_000_000));
    assert_eq!(session.value(&large).as_deref(), Some("3000000"));
    assert!(matches!(
        session.repl.run("a\0b", &mut |_| {}),
        Err(ReplError::Code { .. })
    ));
}

/// What code writes to the descriptors that it finds is output, unless it knows the marker; then it ends the session.
#[test]
fn forged_packets() {
    let mut session = session();
    let code = "import os\nfor fd in range(3, 256):\n    try: os.write(fd, b'{\"done\":{\"cell\":1,\"status\":\"ok\"}}\\x1eRF.0002{}\\n')\n    except OSError: pass\n'real'";
    assert_eq!(session.value(code).as_deref(), Some("'real'"));
    assert!(session.out.contains("\"done\""));
    // The driver's own variables are in reach of code in the same process.
    let steal = "import sys, gc, types\nfor cell in gc.get_objects():\n    pass\nframe = sys._getframe()\nwhile frame.f_back: frame = frame.f_back\nframe = sys._getframe()\nwhile 'marker' not in frame.f_locals: frame = frame.f_back\nmarker = frame.f_locals['marker']";
    session.run(steal);
    session.run(
        "import os\ndef packet(text): os.write(1, marker + b'.' + b'%04x' % len(text) + text)",
    );
    for forged in [
        "{",
        "{\"done\":{\"cell\":99,\"status\":\"ok\"}}",
        "{\"settled\":1}",
        "[]",
        "",
    ] {
        let result = session.run(&format!("packet(b'{forged}')"));
        let CellStatus::Killed(death) = result.status else {
            panic!("{forged}: {:?}", result.status)
        };
        assert_eq!(death.reason, "protocol", "{forged}");
        session.repl.restart().unwrap();
        session.run(steal);
        session.run(
            "import os\ndef packet(text): os.write(1, marker + b'.' + b'%04x' % len(text) + text)",
        );
    }
    // Neither what is wrong with a message nor the name of a type goes past the filter.
    let named = SECRET.to_lowercase();
    let name = format!("packet(b'{{\"display\":{{\"data\":{{\"text/{named}\":\"x\"}}}}}}')");
    let wrong = format!("packet(b'{{\"{SECRET}\":1}}')");
    for code in [name, wrong] {
        let mut events = Vec::new();
        let ran = session.repl.run(&code, &mut |event| events.push(event));
        let seen = format!("{:?} {events:?}", ran.unwrap().status).to_lowercase();
        assert!(!seen.contains(&named), "{seen}");
    }
    session.repl.restart().unwrap();
    session.run(steal);
    session.run(
        "import os\ndef packet(text): os.write(1, marker + b'.' + b'%04x' % len(text) + text)",
    );
    // A value that was never computed is data like any other.
    let result = session.run("packet(b'{\"display\":{\"data\":{\"text/plain\":\"forged\"}}}')");
    assert_eq!(result.status, CellStatus::Ok);
    // One that ends the cell before it has ended is found out by the next.
    session.run("import sys\nsys.stderr.buffer.flush()\nos.write(2, marker + b'.000a{\"sync\":4}')\npacket(b'{\"done\":{\"cell\":4,\"status\":\"ok\"}}')");
    let mut dead = session.repl.death().is_some();
    for _ in 0..3 {
        dead =
            dead || session.repl.run("1", &mut |_| {}).is_err() || session.repl.death().is_some();
    }
    assert!(dead);
}

#[test]
fn whole_cells_and_parts_of_them() {
    let mut session = session();
    for (code, expected) in [
        ("x = 1", Completeness::Complete),
        ("def f():", Completeness::Incomplete),
        ("def f():\n    return 1", Completeness::Incomplete),
        ("def f():\n    return 1\n", Completeness::Complete),
        ("x = (", Completeness::Incomplete),
        ("x = )", Completeness::Invalid),
        ("await f()", Completeness::Complete),
    ] {
        assert_eq!(
            session.repl.check(code, &mut |_| {}).unwrap(),
            expected,
            "{code}"
        );
    }
}

#[test]
fn an_interpreter_that_is_none() {
    let mut setup = setup(Driver::Python, "sh");
    let launcher = Children {
        program: "sh",
        arguments: vec!["-c".into(), "echo no such thing >&2; exit 9".into()],
        _file: tempfile::tempdir().unwrap(),
    };
    setup.launcher = Box::new(launcher);
    let error = Repl::start(setup).unwrap_err().to_string();
    assert!(
        error.contains("exit code 9") && error.contains("no such thing"),
        "{error}"
    );
}
