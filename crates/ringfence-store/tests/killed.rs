//! A supervisor that is killed, and one whose disk is full.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use ringfence_policy::event::Event;
use ringfence_store::{AuditError, AuditLog, Options, SigningKey, VerifyOptions, verify};
use tempfile::TempDir;

const DIR: &str = "RINGFENCE_STORE_TEST_DIR";

fn fence(n: u64) -> Event {
    Event::Fence {
        condition: "test".into(),
        detail: format!("number {n} {}", "x".repeat(300)),
    }
}

/// This test binary again, running one of the parts below.
fn part(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        name,
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    command
}

/// Not a test of its own: writes events until it is killed and says which ones were acknowledged.
#[test]
#[ignore = "run by the test below"]
fn part_writes_until_killed() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let log = AuditLog::create(Path::new(&dir), "killed", Options::default()).unwrap();
    let mut out = std::io::stdout();
    for n in 1.. {
        let receipt = log.append(&fence(n)).unwrap();
        writeln!(out, "ack {}", receipt.seq).unwrap();
    }
}

#[test]
fn a_killed_writer_loses_no_acknowledged_event() {
    for round in 0..5 {
        let dir = TempDir::new().unwrap();
        let mut child = part("part_writes_until_killed")
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = 0;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while let Some(Ok(line)) = lines.next() {
            if let Some(seq) = line.strip_prefix("ack ") {
                acknowledged = seq.parse().unwrap();
                if acknowledged == 200 + 37 * round {
                    child.kill().unwrap();
                }
            }
        }
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        let verdict = verify(&dir.path().join("killed.jsonl"), &VerifyOptions::default()).unwrap();
        assert!(verdict.intact(), "{verdict}");
        assert!(
            verdict.events >= acknowledged,
            "{} acknowledged, {} kept",
            acknowledged,
            verdict.events
        );
        assert!(
            !verdict.ended && verdict.to_string().contains("was killed"),
            "{verdict}"
        );
    }
}

/// Not a test of its own: runs in a mount namespace where `DIR` is a small tmpfs.
#[test]
#[ignore = "run by the test below"]
fn part_fills_the_disk() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let dir = Path::new(&dir);
    let key = Some(SigningKey::load_or_create(dir).unwrap());
    let log = AuditLog::create(
        &dir.join("audit"),
        "full",
        Options {
            key,
            ..Options::default()
        },
    )
    .unwrap();
    let mut kept = 0;
    let error = loop {
        match log.append(&fence(kept + 1)) {
            Ok(receipt) => kept = receipt.seq,
            Err(error) => break error,
        }
        assert!(kept < 1_000_000, "the disk never fills");
    };
    assert!(matches!(error, AuditError::Full { .. }), "{error}");
    assert!(kept > 100);
    assert!(matches!(log.append(&fence(0)), Err(AuditError::Stopped)));
    // Somebody else takes the last free block, so that only what the log kept is left for the last event.
    let mut filler = std::fs::File::create(dir.join("filler")).unwrap();
    while filler.write_all(&[0; 4096]).is_ok() {}
    let stopped = log
        .stop(&Event::SessionEnd {
            exit_code: None,
            signal: Some(9),
            reason: "audit".into(),
            wall_ms: 1,
        })
        .expect("the last event has room");
    assert_eq!(stopped.last.seq, kept + 1);
    let verdict = verify(log.path(), &VerifyOptions::default()).unwrap();
    assert!(
        verdict.intact() && verdict.ended && verdict.events == kept + 1,
        "{verdict}"
    );
    println!("filled after {kept}");
}

#[test]
fn a_full_disk_is_an_error_and_leaves_room_for_the_last_event() {
    let dir = TempDir::new().unwrap();
    let mount = part("part_fills_the_disk");
    let script =
        "mount -t tmpfs -o size=400k,mode=700 tmpfs \"$RINGFENCE_STORE_TEST_DIR\" && exec \"$@\"";
    let output = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "--",
            "sh",
            "-c",
            script,
            "sh",
        ])
        .arg(mount.get_program())
        .args(mount.get_args())
        .env(DIR, dir.path())
        .output()
        .expect("unshare of util-linux");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("filled after"), "{text}");
}
