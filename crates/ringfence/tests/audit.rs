//! The audit log of real runs: private, chained, sent on, and never missing while something runs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::{PATIENCE, Place, Ran, finish, is_root, places, signal, skipped, until, until_file};

/// A request that the policy refuses, and so an event.
const REFUSED: &str = "curl -s -o /dev/null -w '%{http_code}\\n' http://evil.example/secret-plan";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn verify(place: &Place) -> (Ran, serde_json::Value) {
    let ran = place.run(["audit", "verify", "--json"]);
    let rows = ran.json();
    (ran, rows)
}

#[test]
fn the_log_is_private_and_every_change_to_it_is_noticed() {
    for place in places() {
        place
            .sh(&[], &format!("{REFUSED}; {REFUSED}"))
            .exits(0)
            .prints("403\n403\n");
        let log = place.audit("jsonl").pop().unwrap();
        assert_eq!((mode(&log), mode(log.parent().unwrap())), (0o600, 0o700));
        let (ran, rows) = verify(&place);
        ran.exits(0);
        assert_eq!(
            (&rows[0]["intact"], &rows[0]["ended"]),
            (&true.into(), &true.into())
        );
        place
            .run(["audit", "tail"])
            .exits(0)
            .prints("evil.example")
            .prints("DENY")
            .prints("start")
            .prints("end");
        let tail = place.run(["audit", "tail", "--json", "-n", "1"]);
        assert_eq!(
            tail.exits(0).json()["unmapped"]["event"]["event"],
            "session_end"
        );

        let text = fs::read_to_string(&log).unwrap();
        assert_eq!(place.run(["audit", "export"]).exits(0).out, text);
        let csv = place.run(["audit", "export", "--format", "csv"]).out;
        assert_eq!(csv.lines().count(), text.lines().count() + 1);
        assert!(csv.contains("evil.example"));
        place.run(["audit", "export", "-o", "out.jsonl"]).exits(0);
        assert_eq!(
            fs::read_to_string(place.path("work/out.jsonl")).unwrap(),
            text
        );

        let tampered = |changed: String, fault: &str| {
            fs::write(&log, changed).unwrap();
            place.run(["audit", "verify"]).exits(1).prints(fault);
        };
        let lines: Vec<&str> = text.lines().collect();
        let second = lines[1].replace("evil.example", "good.example");
        tampered(
            [&lines[..1], &[second.as_str()], &lines[2..]]
                .concat()
                .join("\n")
                + "\n",
            "event 2 was changed",
        );
        let without = |i: usize| [&lines[..i], &lines[i + 1..]].concat().join("\n") + "\n";
        tampered(without(1), "event 2 is missing");
        // A cut tail is a whole chain; the signed checkpoint remembers that there was more.
        tampered(without(lines.len() - 1), &lines.len().to_string());
        fs::write(&log, &text).unwrap();
        place.run(["audit", "verify"]).exits(0).prints("intact");
    }
}

#[test]
fn syslog_receivers_get_every_event() {
    for place in places() {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        udp.set_read_timeout(Some(PATIENCE)).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let path = place.path("run/log");
        let unix = UnixDatagram::bind(&path).unwrap();
        unix.set_read_timeout(Some(PATIENCE)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let (udp_port, tcp_port) = (
            udp.local_addr().unwrap().port(),
            tcp.local_addr().unwrap().port(),
        );
        place.config(&format!(
            "[audit]\nsinks = [\"syslog+udp://127.0.0.1:{udp_port}\", \"syslog+tcp://127.0.0.1:{tcp_port}\", \"syslog:{}\"]\nrequired = true\n",
            path.display()
        ));
        let stream = std::thread::spawn(move || {
            let mut text = String::new();
            tcp.accept().unwrap().0.read_to_string(&mut text).unwrap();
            text
        });
        place.sh(&[], REFUSED).exits(0).prints("403");
        let whole = |text: &str| {
            ["session_start", "evil.example", "session_end"]
                .iter()
                .all(|part| text.contains(part))
        };
        let datagrams = |receive: &dyn Fn(&mut [u8]) -> std::io::Result<usize>| {
            let (mut all, mut buffer) = (String::new(), vec![0; 1 << 16]);
            while !whole(&all) {
                let length = receive(&mut buffer).unwrap_or_else(|e| panic!("{e} after\n{all}"));
                let text = std::str::from_utf8(&buffer[..length]).unwrap();
                // RFC 5424: priority of facility and severity, version 1.
                assert!(
                    text.starts_with('<') && text.split_once('>').unwrap().1.starts_with("1 "),
                    "{text}"
                );
                all.push_str(text);
            }
        };
        datagrams(&|buffer| udp.recv(buffer));
        datagrams(&|buffer| unix.recv(buffer));
        let text = stream.join().unwrap();
        assert!(whole(&text), "{text}");
    }
}

#[test]
fn a_required_receiver_that_is_not_there_stops_the_run() {
    for place in places() {
        let closed = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let sinks = format!("[audit]\nsinks = [\"syslog+tcp://127.0.0.1:{closed}\"]\n");
        place.config(&sinks);
        place.sh(&[], "touch ran").exits(0);
        fs::remove_file(place.path("work/ran")).unwrap();
        place.config(&format!("{sinks}required = true\n"));
        // Noticed with the next event at the latest.
        let ran = place.sh(&[], &format!("while :; do {REFUSED}; done"));
        ran.exits(74).says("audit");
    }
}

/// `ringfence` with a small file system of its own below its audit directory, and what is to be run after it.
fn with_small_disk(place: &Place, size: &str, before: &str, script: &str) -> Ran {
    let audit = place.text("home/.local/state/ringfence/audit");
    place.run(["run", "--", "true"]).exits(0); // makes the directory
    let mount = format!(
        "mount -t tmpfs -o size={size},mode=700,uid=$1,gid=$1 tmpfs {audit}; run() {{ setpriv --reuid \"$user\" --regid \"$user\" --clear-groups \"$@\"; }}; \
         user=$1; shift; {before}; run {0} run -- sh -c \"$1\"; code=$?; run {0} audit verify; exit $code",
        place.binary().display()
    );
    let owner =
        std::os::unix::fs::MetadataExt::uid(&fs::metadata(place.path("home")).unwrap()).to_string();
    let mut command = std::process::Command::new("unshare");
    command.args(["-m", "sh", "-c", &mount, "sh", &owner, script]);
    let like = place.command("true");
    command
        .env_clear()
        .envs(like.get_envs().filter_map(|(k, v)| Some((k, v?))));
    command
        .current_dir(place.path("work"))
        .stdin(std::process::Stdio::null());
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    finish(command.spawn().unwrap())
}

#[test]
fn on_a_full_disk_nothing_runs_unaudited() {
    if !is_root() {
        return skipped("a file system of a test's own needs root");
    }
    for place in places() {
        let audit = place.text("home/.local/state/ringfence/audit");
        let fill = format!("cat /dev/zero > {audit}/filler 2>/dev/null");
        let ran = with_small_disk(&place, "64k", &fill, "touch ran");
        ran.exits(74).says("nothing runs unaudited");
        assert!(!place.path("work/ran").exists(), "{}", place.who());

        // The disk fills while the session runs: it is ended, and what was kept is whole.
        let ran = with_small_disk(
            &place,
            "128k",
            "true",
            &format!("touch ran; while :; do {REFUSED} >> answers; done"),
        );
        ran.exits(74).says("audit log").prints("intact");
        let answers = fs::read_to_string(place.path("work/answers")).unwrap();
        assert!(
            answers.lines().filter(|line| *line == "403").count() > 10,
            "{answers}"
        );
    }
}

/// An origin on this machine that counts its connections.
fn origin() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, hits) = (
        listener.local_addr().unwrap().port(),
        Arc::new(AtomicUsize::new(0)),
    );
    let count = Arc::clone(&hits);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                line.clear();
            }
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
        }
    });
    (port, hits)
}

/// Processes with this text among their arguments, other than the ones that only mention it for us.
fn processes(text: &str) -> usize {
    let own = |pid: &str| pid == std::process::id().to_string();
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|pid| pid.bytes().all(|b| b.is_ascii_digit()) && !own(pid))
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
        })
        .count()
}

#[test]
fn a_killed_supervisor_takes_the_program_along_and_leaves_a_whole_log() {
    for place in places() {
        let marker = place.text("work");
        let script = format!("{REFUSED}; touch {marker}/up; while :; do sleep 0.1; done");
        let mut child = place
            .ringfence(["run", "--", "sh", "-c", &script])
            .spawn()
            .unwrap();
        until_file(&place.path("work/up"));
        fs::remove_file(place.path("work/up")).unwrap();
        let ghosts = || fs::read_dir(place.path("work")).unwrap().count();
        assert!(ghosts() > 0, "no placeholder to leave behind");
        assert!(processes(&marker) >= 2, "supervisor and program");
        signal("KILL", child.id());
        child.wait().unwrap();
        until("the program's end", || processes(&marker) == 0);

        let (ran, rows) = verify(&place);
        ran.exits(0);
        assert_eq!(
            (&rows[0]["intact"], &rows[0]["ended"]),
            (&true.into(), &false.into()),
            "{rows}"
        );
        place
            .run(["audit", "tail"])
            .exits(0)
            .prints("start")
            .prints("evil.example");
        // The next start sweeps what was left.
        place.run(["run", "--", "true"]).exits(0);
        assert_eq!(
            ghosts(),
            0,
            "{}: {:?}",
            place.who(),
            fs::read_dir(place.path("work"))
                .unwrap()
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn without_a_working_supervisor_there_is_no_way_out() {
    for place in places() {
        let (port, hits) = origin();
        place.config(&format!("[network]\nallowlist = [\"o.example\"]\n[network.host_rewrite]\n\"o.example\" = \"http://127.0.0.1:{port}\"\n"));
        let get = "curl -s -m 3 http://o.example/";
        let direct = format!("curl -s -m 3 --noproxy '*' http://127.0.0.1:{port}/");
        let script = format!(
            "{get} > first; touch up; until [ -e go ]; do sleep 0.05; done; {get}; {direct}; touch tried; sleep 50"
        );
        let child = place
            .ringfence(["run", "--", "sh", "-c", &script])
            .spawn()
            .unwrap();
        until_file(&place.path("work/up"));
        assert_eq!(fs::read_to_string(place.path("work/first")).unwrap(), "ok");
        let before = hits.load(Ordering::SeqCst);
        // A supervisor that does not answer any more, with everything it made still there.
        signal("STOP", child.id());
        place.write("work/go", "");
        until_file(&place.path("work/tried"));
        assert_eq!(hits.load(Ordering::SeqCst), before, "{}", place.who());
        signal("CONT", child.id());
        signal("TERM", child.id());
        finish(child);
    }
}
