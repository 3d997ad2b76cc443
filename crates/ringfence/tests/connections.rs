//! Many connections, and ones that never get anywhere: bounded, refused with the reason, and the others go on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use support::{Place, finish, places};

/// Descriptors of the supervisor: 256 are its own, and a connection takes two.
const OPEN_FILES: usize = 316;
const CAP: usize = (OPEN_FILES - 256) / 2;

/// Opens connections, one request each, and keeps them open; then closes them all and asks once more.
const MANY: &str = r#"
import collections, socket, sys, time
def connect():
    s = socket.create_connection(("o.example", 80))
    s.settimeout(40)
    return s
def ask(s):
    s.sendall(b"GET / HTTP/1.1\r\nhost: o.example\r\n\r\n")
    data = b""
    while b"\r\n\r\n" not in data or len(data.split(b"\r\n\r\n", 1)[1]) < 2:
        part = s.recv(4096)
        if not part: break
        data += part
    return data.decode()
count = int(sys.argv[1])
kept, told = [], collections.Counter()
text = ""
for _ in range(count):
    s = connect()
    kept.append(s)
    try:
        answer = ask(s)
    except ConnectionError:
        answer = "reset"
    told[answer.split("\r\n", 1)[0]] += 1
    if " 503 " in answer: text = answer
print(dict(told))
print(text)
for s in kept: s.close()
for _ in range(100):
    try:
        answer = ask(connect())
    except ConnectionError:
        answer = ""
    if " 200 " in answer: break
    time.sleep(0.05)
print("afterwards:", answer.split("\r\n", 1)[0])
"#;

fn with_origin(place: &Place) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                    line.clear();
                }
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
                );
            });
        }
    });
    place.config(&format!("[network]\nallowlist = [\"o.example\"]\n[network.host_rewrite]\n\"o.example\" = \"http://127.0.0.1:{port}\"\n"));
}

/// A TLS client that never gets to the end of its first message.
const SLOW: &str = r#"
import socket, time
s = socket.create_connection(("o.example", 443))
s.sendall(b"\x16\x03\x01\x3f\x00\x01\x00\x3e\xfc\x03\x03")
s.settimeout(0.25)
for _ in range(160):
    try:
        s.sendall(b"x")
        if not s.recv(1):
            break
    except TimeoutError:
        continue
    except OSError:
        break
else:
    raise SystemExit("still open after 40 seconds")
print("closed")
"#;

#[test]
fn a_client_that_dribbles_is_closed() {
    let place = Place::new();
    with_origin(&place);
    place.write("work/slow.py", SLOW);
    place
        .run(["run", "--", "/usr/bin/python3", "slow.py"])
        .exits(0)
        .prints("closed");
}

#[test]
fn beyond_the_cap_connections_are_refused_with_the_reason_and_room_comes_back() {
    for place in places() {
        with_origin(&place);
        place.write("work/many.py", MANY);
        let mut command = place.command("prlimit");
        command
            .arg(format!("--nofile={OPEN_FILES}:{OPEN_FILES}"))
            .arg(place.binary());
        command.args(["run", "--", "/usr/bin/python3", "many.py", "80"]);
        let ran = finish(command.spawn().unwrap());
        ran.exits(0)
            .prints(&format!("'HTTP/1.1 200 OK': {CAP}"))
            .prints("refused o.example:80: a limit of the fence was reached")
            .prints("afterwards: HTTP/1.1 200 OK");
        place
            .run(["audit", "tail", "--json", "-n", "1000"])
            .exits(0)
            .prints("connection_limit");
        // With the room of an ordinary session all of them are served.
        place
            .run(["run", "--", "/usr/bin/python3", "many.py", "80"])
            .exits(0)
            .prints("'HTTP/1.1 200 OK': 80}");
    }
}
