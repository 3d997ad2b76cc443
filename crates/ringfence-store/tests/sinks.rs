//! Each sink against a real listener, and listeners that are slow, absent or restarted.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use ringfence_policy::event::Event;
use ringfence_policy::plan::AuditSink;
use ringfence_store::{
    AuditError, AuditLog, Options, Reader, SINK_QUEUE, SigningKey, SinkSpec, VerifyOptions, verify,
};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

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

fn log(dir: &TempDir, sinks: Vec<SinkSpec>) -> AuditLog {
    AuditLog::create(
        &dir.path().join("audit"),
        "s-1",
        Options {
            sinks,
            ..Options::default()
        },
    )
    .unwrap()
}

/// The lines of the log itself.
fn kept(log: &AuditLog) -> Vec<String> {
    Reader::open(log.path())
        .unwrap()
        .map(|record| record.unwrap().line)
        .collect()
}

/// Takes an RFC 5424 message apart: (priority, app name, message id, message).
fn rfc5424(message: &str) -> (u8, String, String, String) {
    let (priority, rest) = message.strip_prefix('<').unwrap().split_once('>').unwrap();
    let fields: Vec<&str> = rest.splitn(8, ' ').collect();
    assert_eq!(fields[0], "1");
    let stamp = fields[1];
    assert!(
        stamp.len() == 24 && stamp.ends_with('Z') && &stamp[10..11] == "T",
        "{stamp}"
    );
    assert_eq!(fields[4], std::process::id().to_string());
    assert_eq!(fields[6], "-");
    (
        priority.parse().unwrap(),
        fields[3].into(),
        fields[5].into(),
        fields[7].into(),
    )
}

#[test]
fn syslog_over_a_unix_socket_and_udp() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("log.socket");
    let unix = UnixDatagram::bind(&path).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    unix.set_read_timeout(Some(PATIENCE)).unwrap();
    udp.set_read_timeout(Some(PATIENCE)).unwrap();
    let sinks = vec![
        SinkSpec::required(AuditSink::SyslogUnix(path)),
        SinkSpec::required(AuditSink::SyslogUdp(udp.local_addr().unwrap())),
    ];
    let log = log(&dir, sinks);
    log.append(&fence(1)).unwrap();
    let stopped = log.stop(&end()).unwrap();
    assert!(
        stopped
            .sinks
            .iter()
            .all(|sink| (sink.sent, sink.lost) == (2, 0)),
        "{:?}",
        stopped.sinks
    );
    let mut buffer = vec![0; 65536];
    for line in kept(&log) {
        let severity = if line.contains("session_end") { 6 } else { 4 };
        let n = unix.recv(&mut buffer).unwrap();
        let (priority, app, id, message) = rfc5424(std::str::from_utf8(&buffer[..n]).unwrap());
        assert_eq!(
            (priority, app.as_str(), id.as_str()),
            (13 * 8 + severity, "ringfence", "s-1")
        );
        assert_eq!(message, line);
        let n = udp.recv(&mut buffer).unwrap();
        assert_eq!(rfc5424(std::str::from_utf8(&buffer[..n]).unwrap()).3, line);
    }
}

/// One octet-counted frame (RFC 6587).
fn frame(reader: &mut BufReader<TcpStream>) -> String {
    let mut length = Vec::new();
    reader.read_until(b' ', &mut length).unwrap();
    let length: usize = std::str::from_utf8(&length)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let mut message = vec![0; length];
    reader.read_exact(&mut message).unwrap();
    String::from_utf8(message).unwrap()
}

#[test]
fn syslog_over_tcp_survives_a_restart_of_the_receiver() {
    let dir = TempDir::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let log = log(
        &dir,
        vec![SinkSpec::best_effort(AuditSink::SyslogTcp(
            listener.local_addr().unwrap(),
        ))],
    );
    log.append(&fence(1)).unwrap();
    let mut first = BufReader::new(listener.accept().unwrap().0);
    let one = rfc5424(&frame(&mut first)).3;
    drop(first);
    log.append(&fence(2)).unwrap();
    let mut second = BufReader::new(listener.accept().unwrap().0);
    let two = rfc5424(&frame(&mut second)).3;
    let stopped = log.stop(&end()).unwrap();
    assert_eq!((stopped.sinks[0].sent, stopped.sinks[0].lost), (3, 0));
    assert_eq!(vec![one, two, rfc5424(&frame(&mut second)).3], kept(&log));
}

#[test]
fn the_journal_gets_its_native_fields() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("journal.socket");
    let journal = UnixDatagram::bind(&path).unwrap();
    journal.set_read_timeout(Some(PATIENCE)).unwrap();
    let log = log(
        &dir,
        vec![SinkSpec {
            target: AuditSink::Journald,
            required: true,
            journal_socket: Some(path),
        }],
    );
    log.append(&Event::Dns {
        name: "a\nMESSAGE=forged".into(),
        kind: "A".into(),
        answer: "synthetic".into(),
    })
    .unwrap();
    let mut buffer = vec![0; 65536];
    let n = journal.recv(&mut buffer).unwrap();
    let fields: Vec<&str> = std::str::from_utf8(&buffer[..n]).unwrap().lines().collect();
    let line = format!("MESSAGE={}", kept(&log)[0]);
    assert_eq!(fields[0], line);
    assert_eq!(
        fields[1..],
        [
            "PRIORITY=6",
            "SYSLOG_FACILITY=13",
            "SYSLOG_IDENTIFIER=ringfence",
            "RINGFENCE_SESSION=s-1",
            "RINGFENCE_SEQ=1"
        ]
    );
}

#[test]
fn an_absent_best_effort_sink_is_counted_and_said_in_the_log() {
    let dir = TempDir::new().unwrap();
    let log = log(
        &dir,
        vec![SinkSpec::best_effort(AuditSink::SyslogUnix(
            dir.path().join("nobody"),
        ))],
    );
    log.append(&fence(1)).unwrap();
    let stopped = log.stop(&end()).unwrap();
    assert_eq!(stopped.sinks[0].sent, 0);
    assert!(
        stopped.sinks[0].lost >= 2 && stopped.sinks[0].error.is_some(),
        "{:?}",
        stopped.sinks
    );
    let lines = kept(&log);
    assert!(
        lines
            .iter()
            .any(|line| line.contains("audit_sink_lost_events")),
        "{lines:#?}"
    );
    assert!(lines.last().unwrap().contains("session_end"));
    assert!(
        verify(log.path(), &VerifyOptions::default())
            .unwrap()
            .intact()
    );
}

#[test]
fn an_absent_required_sink_stops_the_session() {
    let dir = TempDir::new().unwrap();
    let log = log(
        &dir,
        vec![SinkSpec::required(AuditSink::SyslogUnix(
            dir.path().join("nobody"),
        ))],
    );
    let error = (1..1000)
        .find_map(|n| {
            std::thread::sleep(Duration::from_millis(1));
            log.append(&fence(n)).err()
        })
        .expect("an error");
    assert!(
        matches!(&error, AuditError::Sink { sink, .. } if sink.contains("nobody")),
        "{error}"
    );
    assert!(matches!(log.append(&fence(0)), Err(AuditError::Stopped)));
    let _ = log.stop(&end()).unwrap();
    assert!(kept(&log).last().unwrap().contains("session_end"));
}

#[test]
fn a_receiver_that_never_reads_holds_nobody_and_costs_bounded_memory() {
    let dir = TempDir::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let log = log(
        &dir,
        vec![SinkSpec::best_effort(AuditSink::SyslogTcp(
            listener.local_addr().unwrap(),
        ))],
    );
    let long = Event::Fence {
        condition: "test".into(),
        detail: "x".repeat(4000),
    };
    let total = SINK_QUEUE as u64 + 3000;
    for _ in 0..total {
        log.append(&long).unwrap();
    }
    let stopped = log.stop(&end()).unwrap();
    let sink = &stopped.sinks[0];
    assert!(sink.lost > 0, "{sink:?}");
    assert!(
        kept(&log)
            .iter()
            .any(|line| line.contains("audit_sink_lost_events"))
    );
    assert!(
        verify(log.path(), &VerifyOptions::default())
            .unwrap()
            .intact()
    );
}

#[test]
fn checkpoints_reach_the_sinks() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("log.socket");
    let unix = UnixDatagram::bind(&path).unwrap();
    unix.set_read_timeout(Some(PATIENCE)).unwrap();
    let key = Some(SigningKey::load_or_create(&dir.path().join("state")).unwrap());
    let sinks = vec![SinkSpec::required(AuditSink::SyslogUnix(path))];
    let log = AuditLog::create(
        dir.path(),
        "s",
        Options {
            key,
            sinks,
            ..Options::default()
        },
    )
    .unwrap();
    let stopped = log.stop(&end()).unwrap();
    let mut buffer = vec![0; 65536];
    unix.recv(&mut buffer).unwrap();
    let n = unix.recv(&mut buffer).unwrap();
    let checkpoint: ringfence_store::Checkpoint =
        serde_json::from_str(&rfc5424(std::str::from_utf8(&buffer[..n]).unwrap()).3).unwrap();
    assert!(checkpoint.last && checkpoint.seq == stopped.last.seq);
    assert!(
        checkpoint.signed_by(
            &SigningKey::load_or_create(&dir.path().join("state"))
                .unwrap()
                .public()
        )
    );
}
