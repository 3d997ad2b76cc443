//! The drivers of Node.js and bash: what holds for every language, and what is their own.

use super::*;

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        skipped(program);
    }
    found
}

#[allow(
    clippy::print_stderr,
    reason = "the runner of the tests collects these lines"
)]
fn skipped(program: &str) {
    eprintln!("SKIPPED: {program} is not installed");
}

const SOON: Duration = Duration::from_millis(300);

#[test]
fn node() {
    if !has("node") {
        return;
    }
    let mut session = Session::new(setup(Driver::Node, "node"));
    assert_eq!(session.value("const x = 20; let y = 0"), None);
    assert_eq!(
        session.value("console.log('hi'); x + 22").as_deref(),
        Some("42")
    );
    assert_eq!(session.out, "hi\n");
    assert_eq!(
        session
            .value("await new Promise((done) => setTimeout(() => done(7), 10))")
            .as_deref(),
        Some("7")
    );
    assert_eq!(session.value("let z = await Promise.resolve(8)"), None);
    assert_eq!(session.value("z").as_deref(), Some("8"));
    session.run("function f() { throw new Error('boom'); }");
    let error = session.run("f()").error.unwrap();
    assert_eq!(
        (error.name.as_str(), error.value.as_str()),
        ("Error", "boom")
    );
    assert!(
        error.traceback.contains("at f (<cell 6>:1:"),
        "{}",
        error.traceback
    );
    assert!(
        !error.traceback.contains("driver") && !error.traceback.contains("node:"),
        "{}",
        error.traceback
    );
    assert_eq!(session.run("f(").error.unwrap().name, "SyntaxError");
    assert_eq!(session.run("throw 5").status, CellStatus::Error);
    for code in ["while (true) y += 1", "await new Promise(() => {})"] {
        let result = session.interrupting(code, 1, SOON);
        assert_eq!(
            result.status,
            CellStatus::Interrupted {
                cause: Some(Cause::Interrupt)
            },
            "{code}"
        );
    }
    assert_eq!(session.value("y > 0 && x === 20").as_deref(), Some("true"));
    let html = session
        .run("({ toHtml() { return '<b>'; } })")
        .value
        .unwrap();
    assert_eq!(html.0.get("text/html"), Some(&Data::Text("<b>".into())));
    assert_eq!(
        session
            .value("require('fs').readFileSync(0).length")
            .as_deref(),
        Some("0")
    );
    let large = session.value("'x'.repeat(3000000)").unwrap();
    assert!(large.contains("more characters"), "{}", large.len());
    let half = session.value("'\\ud800'").unwrap();
    assert_eq!(half.to_lowercase(), "'\\ud800'");
    let error = session.run("throw new Error('\\ud800')").error.unwrap();
    assert_eq!(error.value, "\u{fffd}");
    session.run(&format!("console.log('{SECRET}')"));
    assert_eq!(session.out, "[redacted:known:test]\n");
    let result = session.interrupting("await 1; while (true);", 2, SOON);
    assert!(
        matches!(result.status, CellStatus::Killed(Death { ref reason, .. }) if reason == "interrupt"),
        "{result:?}"
    );
    session.repl.restart().unwrap();
    assert_eq!(session.value("typeof x").as_deref(), Some("'undefined'"));
    for (code, expected) in [
        ("1", Completeness::Complete),
        ("await 1", Completeness::Complete),
        ("function f() {", Completeness::Incomplete),
        ("f(1,", Completeness::Incomplete),
        ("}", Completeness::Invalid),
    ] {
        assert_eq!(
            session.repl.check(code, &mut |_| {}).unwrap(),
            expected,
            "{code}"
        );
    }
    let result = session.run("process.exit(4)");
    assert!(matches!(
        result.status,
        CellStatus::Killed(Death {
            exit_code: Some(4),
            ..
        })
    ));
}

#[test]
fn bash() {
    let mut session = Session::new(setup(Driver::Bash, "bash"));
    session.value("x=20; declare -A map=([a]=1); f() { echo \"f $1 $((x + 22))\"; }\ncd /tmp");
    session.value("f \"it's\"; echo ${map[a]} $PWD '!' \\\\ $'a\\tb'");
    assert_eq!(session.out, "f it's 42\n1 /tmp ! \\ a\tb\n");
    assert_eq!(session.err, "");
    let result = session.run("false");
    assert_eq!(
        (result.status, result.error.unwrap().value.as_str()),
        (CellStatus::Error, "1")
    );
    session.value("echo $?");
    assert_eq!(session.out, "1\n");
    session.run("echo (");
    assert!(session.err.contains("syntax error"), "{}", session.err);
    session.value("cat; read line || echo end; ls nowhere-at-all || true");
    assert_eq!(session.out, "end\n");
    for code in [
        "while :; do :; done",
        "sleep 100",
        "for i in 1 2 3; do sleep 100; done",
    ] {
        let result = session.interrupting(code, 1, SOON);
        assert_eq!(
            result.status,
            CellStatus::Interrupted {
                cause: Some(Cause::Interrupt)
            },
            "{code}"
        );
    }
    session.value("echo $x");
    assert_eq!(session.out, "20\n");
    session.run(&format!("echo {SECRET}"));
    assert_eq!(session.out, "[redacted:known:test]\n");
    for (code, expected) in [
        ("echo", Completeness::Complete),
        ("if true; then", Completeness::Incomplete),
        ("echo 'a", Completeness::Incomplete),
        ("cat <<X", Completeness::Incomplete),
        ("fi", Completeness::Invalid),
    ] {
        assert_eq!(
            session.repl.check(code, &mut |_| {}).unwrap(),
            expected,
            "{code}"
        );
    }
    session.value("echo late &\nwait; sleep 0.1");
    assert_eq!(session.out, "late\n");
    let result = session.interrupting("trap '' INT; while :; do :; done", 2, SOON);
    assert!(
        matches!(result.status, CellStatus::Killed(Death { ref reason, .. }) if reason == "interrupt"),
        "{result:?}"
    );
    session.repl.restart().unwrap();
    let result = session.run("exit 5");
    assert!(matches!(
        result.status,
        CellStatus::Killed(Death {
            exit_code: Some(5),
            ..
        })
    ));
}
