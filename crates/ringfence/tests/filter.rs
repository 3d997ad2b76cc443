//! `ringfence filter` as a program: what passes, what is reported, and what bad input gets for an answer.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read as _, Write as _};
use std::process::{Command, Output, Stdio};

const TOKEN: &str = "AKIALAG6ORMPP3EDBYBT";

fn filter(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence"));
    command
        .arg("filter")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn text_passes_redacted_and_the_summary_goes_to_standard_error() {
    let text = format!("first\nkey {TOKEN} ok\nlast\n");
    let output = run(filter(&[]), text.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        out(&output),
        "first\nkey [redacted:aws-access-key-id] ok\nlast\n"
    );
    assert!(
        err(&output).contains("1 finding: aws-access-key-id × 1 (redacted)"),
        "{}",
        err(&output)
    );
    assert_eq!(
        run(filter(&["--fail"]), text.as_bytes()).status.code(),
        Some(1)
    );
    let clean = run(filter(&["--fail"]), b"nothing here\n");
    assert_eq!(
        (clean.status.code(), out(&clean), err(&clean)),
        (Some(0), "nothing here\n".into(), String::new())
    );
}

#[test]
fn findings_as_json_never_hold_the_secret() {
    let text = format!("a\n{TOKEN}\n");
    let lines = out(&run(filter(&["--report"]), text.as_bytes()));
    let finding: serde_json::Value = serde_json::from_str(lines.trim()).unwrap();
    assert_eq!(finding["detector"], "aws-access-key-id");
    assert_eq!(
        (finding["offset"].as_u64(), finding["length"].as_u64()),
        (Some(2), Some(20))
    );
    let whole = out(&run(filter(&["--json"]), text.as_bytes()));
    assert!(!whole.contains(TOKEN) && !lines.contains(TOKEN));
    let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(
        (&whole["found"], &whole["bytes_in"]),
        (&1.into(), &text.len().into())
    );
}

#[test]
fn actions_by_tier() {
    let text = format!("before\n{TOKEN}\nafter\n");
    let reported = run(filter(&["--action", "block=report"]), text.as_bytes());
    assert_eq!(out(&reported), text);
    let stopped = run(
        filter(&["--action", "warn=report,block=block"]),
        text.as_bytes(),
    );
    assert_eq!(
        (stopped.status.code(), out(&stopped)),
        (Some(1), "before\n".into())
    );
    let wrong = run(filter(&["--action", "block=explode"]), b"");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        err(&wrong).contains("block=explode") && err(&wrong).contains("redact"),
        "{}",
        err(&wrong)
    );
}

#[test]
fn known_values_come_from_variables_and_files() {
    let value = "correct horse battery";
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("value");
    std::fs::write(&file, format!("{value}\n")).unwrap();
    let mut by_variable = filter(&["--known", "phrase=PHRASE"]);
    by_variable.env("PHRASE", value);
    let by_file = filter(&["--known", &format!("phrase=@{}", file.display())]);
    for command in [by_variable, by_file] {
        let output = run(command, format!("it is {value}!\n").as_bytes());
        assert_eq!(
            out(&output),
            "it is [redacted:known:phrase]!\n",
            "{}",
            err(&output)
        );
    }
    // What is no `NAME=SOURCE` may be the value itself: it is not repeated.
    let wrong = run(filter(&["--known", "hunter2hunter2"]), b"");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        err(&wrong).contains("NAME=VARIABLE") && !err(&wrong).contains("hunter2"),
        "{}",
        err(&wrong)
    );
    let unset = run(filter(&["--known", "phrase=RINGFENCE_TEST_UNSET"]), b"");
    assert!(err(&unset).contains("phrase") && unset.status.code() == Some(2));
}

#[test]
fn a_context_that_can_not_be_read_stops_before_anything_passes() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.txt");
    for path in [missing.as_path(), directory.path()] {
        let output = run(filter(&["--context", path.to_str().unwrap()]), b"text\n");
        assert_eq!(
            (output.status.code(), out(&output)),
            (Some(2), String::new())
        );
        assert!(
            err(&output).contains(path.to_str().unwrap()),
            "{}",
            err(&output)
        );
    }
}

#[test]
fn a_prompt_passes_while_the_input_is_open() {
    let mut child = filter(&[]).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for prompt in ["Name? ", ">>> ", "one line\n"] {
        stdin.write_all(prompt.as_bytes()).unwrap();
        let mut seen = vec![0; prompt.len()];
        // Without the filter's flush this would wait for ever; the runner's own time limit would end it.
        stdout.read_exact(&mut seen).unwrap();
        assert_eq!(seen, prompt.as_bytes());
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn binary_input_passes_as_it_is() {
    let bytes: Vec<u8> = (0..20_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    assert_eq!(run(filter(&["--action", "warn=off"]), &bytes).stdout, bytes);
}

#[test]
fn the_table_of_detectors() {
    let rows = out(&run(filter(&["--rules", "--json"]), b""));
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).unwrap();
    assert!(
        rows.iter()
            .any(|row| row["id"] == "aws-access-key-id" && row["tier"] == "block")
    );
    let text = out(&run(filter(&["--rules"]), b""));
    assert!(
        text.contains("aws-access-key-id") && text.contains(&format!("{} detectors", rows.len()))
    );
}

/// Made-up prose of numbered words, no two places alike.
fn prose(words: u64) -> String {
    (0..words)
        .map(|n| {
            format!(
                "word{:x}{}",
                n.wrapping_mul(0x9E37_79B9) >> 8 & 0xFFFFF,
                if n % 9 == 8 { ".\n" } else { " " }
            )
        })
        .collect()
}

#[test]
fn excerpts_of_a_context_are_redacted_and_short_quotes_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("brief.txt");
    let document = prose(3000);
    std::fs::write(&path, &document).unwrap();
    let context = path.to_str().unwrap();
    let excerpt = &document[10_000..10_800];
    let text = format!("before\n{excerpt}\nafter\n");
    let output = out(&run(filter(&["--context", context]), text.as_bytes()));
    assert!(
        output.starts_with("before\n") && output.ends_with("fter\n"),
        "{output}"
    );
    assert!(
        output.contains(&format!("[redacted:echo:{context}]"))
            && output.len() < 200 + context.len(),
        "{output}"
    );
    let hex: String = excerpt.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert!(!out(&run(filter(&["--context", context]), hex.as_bytes())).contains(&hex[100..]));

    let quote = format!(
        "he said: {}\nand more of his own words\n",
        &document[2000..2150]
    );
    let passed = run(filter(&["--context", context, "--json"]), quote.as_bytes());
    let passed: serde_json::Value = serde_json::from_str(&out(&passed)).unwrap();
    assert_eq!(passed["found"], 0);
    assert!(
        passed["context"]["spent"].as_u64().unwrap() > 100,
        "{passed}"
    );
    let stopped = run(
        filter(&["--context", context, "--budget", "50"]),
        quote.as_bytes(),
    );
    assert!(
        out(&stopped).contains("[redacted:echo-budget:"),
        "{}",
        out(&stopped)
    );
}
