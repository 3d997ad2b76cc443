//! A log as a session writes it, and every way of tampering with it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ringfence_policy::event::Event;
use ringfence_store::{
    AuditError, AuditLog, Fault, Format, MAX_LINE, Options, PublicKey, ReadError, Reader, Secret,
    SigningKey, Verdict, VerifyOptions, checkpoint_path, export, verify,
};
use tempfile::TempDir;

fn fence(n: usize) -> Event {
    Event::Fence {
        condition: "test".into(),
        detail: format!("number {n}"),
    }
}

fn end() -> Event {
    Event::SessionEnd {
        exit_code: Some(0),
        signal: None,
        reason: "exit".into(),
        wall_ms: 12,
    }
}

/// A signed log of `events` events and its end.
fn session(dir: &Path, name: &str, events: usize) -> PathBuf {
    let key = Some(SigningKey::load_or_create(dir).unwrap());
    let log = AuditLog::create(
        dir,
        name,
        Options {
            key,
            ..Options::default()
        },
    )
    .unwrap();
    for n in 1..events {
        assert_eq!(log.append(&fence(n)).unwrap().seq, n as u64);
    }
    let stopped = log.stop(&end()).unwrap();
    assert_eq!(stopped.last.seq, events as u64);
    assert!(stopped.signed);
    log.path().to_owned()
}

fn plain(log: &Path) -> Verdict {
    verify(log, &VerifyOptions::default()).unwrap()
}

fn signed(dir: &Path, log: &Path) -> Verdict {
    let key = Some(PublicKey::load_from_state(dir).unwrap());
    verify(
        log,
        &VerifyOptions {
            checkpoints: Some(checkpoint_path(log)),
            key,
        },
    )
    .unwrap()
}

fn rewrite(log: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let mut lines: Vec<String> = std::fs::read_to_string(log)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    change(&mut lines);
    std::fs::write(
        log,
        lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    )
    .unwrap();
}

/// What a forger who knows the format does: writes the whole session again with other events.
fn recomputed(name: &str, events: &[Event]) -> Vec<String> {
    let dir = TempDir::new().unwrap();
    let log = AuditLog::create(&dir.path().join("forged"), name, Options::default()).unwrap();
    events.iter().for_each(|event| {
        log.append(event).unwrap();
    });
    std::fs::read_to_string(log.path())
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// What a forger does to one line: makes it follow `before` and gives it the hash that its bytes have.
fn relinked(line: &str, before: &str) -> String {
    let hash = |line: &str| line[line.len() - 67..line.len() - 3].to_owned();
    let prev = line.find("\"prev\":\"").unwrap() + 8;
    let body = format!("{}{}\"", &line[..prev], hash(before));
    let mut bytes = b"ringfence audit log 1\n".to_vec();
    bytes.extend(body.bytes());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    let digest: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{body},\"hash\":\"{digest}\"}}}}")
}

#[test]
fn an_untouched_log_is_intact() {
    let dir = TempDir::new().unwrap();
    let log = session(dir.path(), "s", 200);
    let verdict = signed(dir.path(), &log);
    assert!(verdict.intact(), "{verdict}");
    assert_eq!(
        (verdict.events, verdict.ended, verdict.signed_up_to),
        (200, true, Some(200))
    );
    let verdict = plain(&log);
    assert!(verdict.intact());
    assert!(
        verdict
            .to_string()
            .contains("a cut tail, or a file recomputed"),
        "{verdict}"
    );
    assert_eq!(
        std::fs::metadata(&log).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // The room that was kept behind the end is given back.
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(&log).unwrap();
    assert!(
        meta.blocks() * 512 <= meta.len() + 64 * 1024,
        "{} blocks for {} bytes",
        meta.blocks(),
        meta.len()
    );
}

#[test]
fn each_way_of_tampering_names_its_event() {
    type Change = fn(&mut Vec<String>);
    let ways: [(&str, Change, Fault); 9] = [
        (
            "edit",
            |l| l[4] = l[4].replace("number 5", "number 6"),
            Fault::Changed { seq: 5 },
        ),
        (
            "edit of the hash",
            |l| l[4] = l[4].replace("\"hash\":\"", "\"hash\": \""),
            Fault::NotAnEvent { seq: 5 },
        ),
        (
            "delete",
            |l| drop(l.remove(4)),
            Fault::Missing { seq: 5, found: 6 },
        ),
        (
            "delete the first",
            |l| drop(l.remove(0)),
            Fault::Missing { seq: 1, found: 2 },
        ),
        (
            "swap",
            |l| l.swap(4, 5),
            Fault::Missing { seq: 5, found: 6 },
        ),
        (
            "duplicate",
            |l| l.insert(5, l[4].clone()),
            Fault::Moved { seq: 6, found: 5 },
        ),
        (
            "other line",
            |l| l[4] = "{}".into(),
            Fault::NotAnEvent { seq: 5 },
        ),
        (
            "blank line",
            |l| l.insert(4, String::new()),
            Fault::NotAnEvent { seq: 5 },
        ),
        (
            "endless line",
            |l| l[4] = "x".repeat(MAX_LINE + 1),
            Fault::TooLong { seq: 5 },
        ),
    ];
    let dir = TempDir::new().unwrap();
    for (n, (way, change, fault)) in ways.into_iter().enumerate() {
        let log = session(dir.path(), &format!("s{n}"), 10);
        rewrite(&log, change);
        let verdict = plain(&log);
        assert_eq!(verdict.fault, Some(fault.clone()), "{way}");
        assert_eq!(signed(dir.path(), &log).fault, Some(fault), "{way}");
        assert!(verdict.to_string().starts_with("BROKEN: "), "{verdict}");
    }
}

#[test]
fn one_event_replaced_with_its_own_hash_is_the_changed_one() {
    let dir = TempDir::new().unwrap();
    let log = session(dir.path(), "s", 10);
    rewrite(&log, |lines| {
        lines[4] = relinked(&lines[4].replace("number 5", "number 6"), &lines[3])
    });
    let verdict = plain(&log);
    assert_eq!(
        (verdict.fault, verdict.events),
        (Some(Fault::Changed { seq: 5 }), 4)
    );
}

#[test]
fn a_cut_tail_needs_a_checkpoint_to_be_seen() {
    let dir = TempDir::new().unwrap();
    let log = session(dir.path(), "s", 10);
    rewrite(&log, |lines| lines.truncate(7));
    let verdict = plain(&log);
    assert!(verdict.intact() && !verdict.ended);
    assert!(
        verdict.to_string().contains("or the tail was cut"),
        "{verdict}"
    );
    assert_eq!(
        signed(dir.path(), &log).fault,
        Some(Fault::TailCut { seq: 8, signed: 10 })
    );
    std::fs::write(&log, "").unwrap();
    assert_eq!(plain(&log).fault, Some(Fault::Empty));
    assert_eq!(
        signed(dir.path(), &log).fault,
        Some(Fault::TailCut { seq: 1, signed: 10 })
    );
}

#[test]
fn a_cut_line_is_seen() {
    let dir = TempDir::new().unwrap();
    let log = session(dir.path(), "s", 10);
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, &text[..text.len() - 10]).unwrap();
    assert_eq!(plain(&log).fault, Some(Fault::Unfinished { seq: 10 }));
}

#[test]
fn a_recomputed_file_needs_a_checkpoint_to_be_seen() {
    let dir = TempDir::new().unwrap();
    let log = session(dir.path(), "s", 100);
    let mut events: Vec<Event> = (1..100).map(fence).chain([end()]).collect();
    events[40] = fence(0);
    let forged = recomputed("s", &events);
    rewrite(&log, |lines| *lines = forged);
    assert!(plain(&log).intact());
    // The first of the two checkpoints does not match any more.
    assert_eq!(
        signed(dir.path(), &log).fault,
        Some(Fault::Recomputed {
            first: 1,
            signed: 64
        })
    );
}

#[test]
fn forged_checkpoints_are_not_believed() {
    let dir = TempDir::new().unwrap();
    let log = session(dir.path(), "s", 100);
    let checkpoints = checkpoint_path(&log);
    let text = std::fs::read_to_string(&checkpoints).unwrap();
    assert_eq!(text.lines().count(), 2);
    // A tail cut from both files, and the remaining checkpoint declared the end: the signature does not cover that.
    rewrite(&log, |lines| lines.truncate(64));
    let first = text
        .lines()
        .next()
        .unwrap()
        .replace("\"last\":false", "\"last\":true");
    std::fs::write(&checkpoints, format!("{first}\n")).unwrap();
    assert_eq!(
        signed(dir.path(), &log).fault,
        Some(Fault::BadCheckpoint { line: 1 })
    );
    // Signed by another key.
    let other = TempDir::new().unwrap();
    let foreign = session(other.path(), "s", 100);
    let key = Some(PublicKey::load_from_state(dir.path()).unwrap());
    let verdict = verify(
        &foreign,
        &VerifyOptions {
            checkpoints: Some(checkpoint_path(&foreign)),
            key,
        },
    )
    .unwrap();
    assert_eq!(verdict.fault, Some(Fault::BadCheckpoint { line: 1 }));
    // No key, no belief.
    assert!(
        verify(
            &log,
            &VerifyOptions {
                checkpoints: Some(checkpoints),
                key: None
            }
        )
        .is_err()
    );
}

#[test]
fn events_after_the_signed_end_are_seen() {
    let dir = TempDir::new().unwrap();
    let log = session(dir.path(), "s", 10);
    let key = Some(SigningKey::load_or_create(dir.path()).unwrap());
    let longer = AuditLog::create(
        &dir.path().join("x"),
        "s",
        Options {
            key,
            ..Options::default()
        },
    )
    .unwrap();
    for n in 1..12 {
        longer.append(&fence(n)).unwrap();
    }
    // The end of the first log says event 10 was the last; it does not belong to this chain.
    let key = Some(PublicKey::load_from_state(dir.path()).unwrap());
    let options = VerifyOptions {
        checkpoints: Some(checkpoint_path(&log)),
        key,
    };
    assert_eq!(
        verify(longer.path(), &options).unwrap().fault,
        Some(Fault::Recomputed {
            first: 1,
            signed: 10
        })
    );
    // The same chain, gone on with after its end.
    rewrite(&log, |lines| {
        let more = relinked(
            &lines[3].replace("\"sequence\":4", "\"sequence\":11"),
            &lines[9],
        );
        lines.push(more);
    });
    assert!(plain(&log).intact());
    assert_eq!(
        verify(&log, &options).unwrap().fault,
        Some(Fault::Added { seq: 11 })
    );
}

#[test]
fn secrets_stay_out_whoever_passes_them() {
    let dir = TempDir::new().unwrap();
    let secrets = vec![Secret {
        name: "API".into(),
        value: "sk-live-0123456789\n".into(),
    }];
    let log = AuditLog::create(
        dir.path(),
        "s",
        Options {
            secrets,
            ..Options::default()
        },
    )
    .unwrap();
    log.guard(&Secret {
        name: "LATE".into(),
        value: "two words".into(),
    })
    .unwrap();
    log.append(&Event::Fence {
        condition: "x".into(),
        detail: "Bearer sk-live-0123456789 c2stbGl2ZS0wMTIzNDU2Nzg5".into(),
    })
    .unwrap();
    let start = Event::SessionStart {
        tool: "t".into(),
        argv: [
            "two",
            "words",
            "--key=sk%2Dlive%2D0123456789",
            "sk-live-0123456789",
        ]
        .map(String::from)
        .to_vec(),
        cwd: "/".into(),
        level: "standard".into(),
        backend: "native".into(),
        protections: vec![],
        policy_digest: String::new(),
    };
    log.append(&start).unwrap();
    let _ = log.stop(&end()).unwrap();
    let text = std::fs::read_to_string(log.path()).unwrap();
    for secret in [
        "sk-live",
        "two words",
        "c2stbGl2ZS0wMTIzNDU2Nzg5",
        "0123456789",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("[redacted API]"));
    assert!(plain(log.path()).intact());
}

#[test]
fn a_log_is_made_once_and_takes_nothing_after_its_end() {
    let dir = TempDir::new().unwrap();
    let log = AuditLog::create(dir.path(), "s", Options::default()).unwrap();
    assert!(matches!(
        AuditLog::create(dir.path(), "s", Options::default()),
        Err(AuditError::Create { .. })
    ));
    let _ = log.stop(&end()).unwrap();
    assert!(matches!(log.append(&fence(1)), Err(AuditError::Stopped)));
    assert!(matches!(log.stop(&end()), Err(AuditError::Stopped)));
    for name in ["", "a/b", "..", "a b", &"x".repeat(65)] {
        assert!(
            matches!(
                AuditLog::create(dir.path(), name, Options::default()),
                Err(AuditError::Session)
            ),
            "{name:?}"
        );
    }
    // A planted symlink is not followed.
    let target = dir.path().join("target");
    std::os::unix::fs::symlink(&target, dir.path().join("planted.jsonl")).unwrap();
    assert!(AuditLog::create(dir.path(), "planted", Options::default()).is_err());
    assert!(!target.exists());
    // Nor a directory that others may write.
    let open = dir.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(AuditLog::create(&open, "s", Options::default()).is_err());
}

#[test]
fn a_log_that_is_removed_or_changed_while_it_is_written_takes_no_more() {
    let removed: fn(&Path) = |path| fs::remove_file(path).unwrap();
    let replaced: fn(&Path) = |path| {
        fs::remove_file(path).unwrap();
        fs::write(path, "").unwrap();
    };
    let cut: fn(&Path) = |path| {
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(10).unwrap();
    };
    let longer: fn(&Path) = |path| {
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, b"{}\n").unwrap();
    };
    for (change, what) in [
        (removed, "removed"),
        (replaced, "removed"),
        (cut, "cut"),
        (longer, "written to"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let log = AuditLog::create(dir.path(), "s", Options::default()).unwrap();
        log.append(&fence(1)).unwrap();
        change(log.path());
        let error = log.append(&fence(2)).unwrap_err();
        assert!(matches!(error, AuditError::Changed { .. }));
        assert!(error.to_string().contains(what), "{error}");
        log.stop(&end()).unwrap_err();
    }
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let dir = TempDir::new().unwrap();
    let public = SigningKey::load_or_create(dir.path()).unwrap().public();
    assert_eq!(
        SigningKey::load_or_create(dir.path()).unwrap().public(),
        public
    );
    std::fs::set_permissions(
        dir.path().join("audit-key.der"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    assert!(SigningKey::load_or_create(dir.path()).is_err());
}

#[test]
fn many_threads_make_one_chain() {
    let dir = TempDir::new().unwrap();
    let log = AuditLog::create(dir.path(), "s", Options::default()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for n in 0..100 {
                    log.append(&fence(n)).unwrap();
                }
            });
        }
    });
    let verdict = plain(log.path());
    assert!(verdict.intact() && verdict.events == 800, "{verdict}");
}

#[test]
fn a_reader_follows_a_log_that_grows() {
    let dir = TempDir::new().unwrap();
    let log = AuditLog::create(dir.path(), "s", Options::default()).unwrap();
    let mut reader = Reader::open(log.path()).unwrap();
    assert!(reader.next().is_none());
    log.append(&fence(1)).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().event, fence(1));
    assert!(reader.next().is_none());
    log.append(&fence(2)).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().seq, 2);
    // Hostile lines are errors, one each, and the reader goes on behind them.
    let two = fs::read_to_string(log.path()).unwrap();
    log.append(&fence(3)).unwrap();
    let three = fs::read_to_string(log.path()).unwrap();
    let hostile = format!("{}\nno json\n", "x".repeat(3 * MAX_LINE));
    let other = dir.path().join("other.jsonl");
    fs::write(&other, [&two, &hostile, &three[two.len()..]].concat()).unwrap();
    let mut reader = Reader::open(&other).unwrap();
    assert!(reader.next().unwrap().is_ok() && reader.next().unwrap().is_ok());
    assert!(matches!(
        reader.next(),
        Some(Err(ReadError::TooLong { line: 3 }))
    ));
    assert!(matches!(
        reader.next(),
        Some(Err(ReadError::NotARecord { line: 4 }))
    ));
    assert_eq!(reader.next().unwrap().unwrap().event, fence(3));
}

#[test]
fn exports_are_whole_and_harmless_in_a_spreadsheet() {
    let dir = TempDir::new().unwrap();
    let log = AuditLog::create(dir.path(), "s", Options::default()).unwrap();
    log.append(&Event::Dns {
        name: "=cmd|' /C calc'!A0".into(),
        kind: "A".into(),
        answer: "refused".into(),
    })
    .unwrap();
    log.append(&Event::HostFile {
        path: "a,\"b\"".into(),
        kind: "hook".into(),
    })
    .unwrap();
    let mut csv = Vec::new();
    assert_eq!(export(log.path(), Format::Csv, &mut csv).unwrap(), 2);
    let csv = String::from_utf8(csv).unwrap();
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert!(rows[0].starts_with("session,seq,time,event,connection,"));
    assert!(
        rows[1].starts_with("s,1,") && rows[1].contains(",'=cmd|' /C calc'!A0,A,refused,"),
        "{}",
        rows[1]
    );
    assert!(rows[2].contains("\"a,\"\"b\"\"\""), "{}", rows[2]);
    let mut lines = Vec::new();
    export(log.path(), Format::Jsonl, &mut lines).unwrap();
    assert_eq!(lines, std::fs::read(log.path()).unwrap());
}
