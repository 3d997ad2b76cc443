//! `ringfence run -p`: a port of the sandbox on the host's 127.0.0.1, where the user asked for it and nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Child;

use support::{PATIENCE, Place, finish, places, signal, until, until_file};

/// A server that speaks its page to everybody, on the address and port given; `up` appears when it listens.
const SERVER: &str = r#"
import http.server, socket, sys
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
    request_queue_size = 128
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("inside " + self.path).encode() * (20000 if self.path == "/big" else 1)
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = Server((sys.argv[1], int(sys.argv[2])), Page)
open("up", "w").close()
server.serve_forever()
"#;

/// A port of the host that was free a moment ago.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn serve(place: &Place, publish: &[String], address: &str, port: u16) -> Child {
    place.write("work/server.py", SERVER);
    let mut args = vec!["run".to_owned()];
    for pair in publish {
        args.extend(["-p".to_owned(), pair.clone()]);
    }
    args.extend(
        [
            "--",
            "/usr/bin/python3",
            "server.py",
            address,
            &port.to_string(),
        ]
        .map(String::from),
    );
    let child = place.ringfence(args).spawn().unwrap();
    until_file(&place.path("work/up"));
    std::fs::remove_file(place.path("work/up")).unwrap();
    child
}

fn stop(child: Child) {
    signal("TERM", child.id());
    finish(child).exits(143);
}

fn get(address: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned())
        .unwrap_or_default())
}

#[test]
fn a_port_is_published_where_it_was_asked_for_on_loopback_alone() {
    for place in places() {
        let host = free();
        let child = serve(&place, &[format!("{host}:3000")], "0.0.0.0", 3000);
        // The port is taken on the host before the program runs or soon after.
        until("the published port", || {
            get(&format!("127.0.0.1:{host}"), "/").is_ok()
        });
        assert_eq!(
            get(&format!("127.0.0.1:{host}"), "/one").unwrap(),
            "inside /one",
            "{}",
            place.who()
        );
        // Any other address of this machine would be reachable from its neighbours.
        for other in ["127.0.0.2", "[::1]"] {
            assert!(
                TcpStream::connect(format!("{other}:{host}")).is_err(),
                "{other}"
            );
        }
        let table: String = ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .map(|t| std::fs::read_to_string(t).unwrap_or_default())
            .collect();
        let listening: Vec<&str> = table
            .lines()
            .filter_map(|line| {
                let fields: Vec<&str> = line.split_ascii_whitespace().collect();
                (fields.get(3) == Some(&"0A") && fields[1].ends_with(&format!(":{host:04X}")))
                    .then_some(fields[1])
            })
            .collect();
        assert_eq!(listening, [format!("0100007F:{host:04X}")]);
        stop(child);
        assert!(
            TcpStream::connect(("127.0.0.1", host)).is_err(),
            "the port outlived its session"
        );
        place.run(["audit", "tail"]).exits(0).prints("3000");
    }
}

#[test]
fn what_was_not_asked_for_is_not_published() {
    for place in places() {
        let port = free();
        let child = serve(&place, &[], "0.0.0.0", port);
        assert!(
            TcpStream::connect(("127.0.0.1", port)).is_err(),
            "{}",
            place.who()
        );
        stop(child);
    }
}

#[test]
fn servers_on_one_family_alone_are_reached() {
    for place in places() {
        for address in ["127.0.0.1", "::1", "::"] {
            let host = free();
            let child = serve(&place, &[format!("{host}:3000")], address, 3000);
            until("the published port", || {
                TcpStream::connect(("127.0.0.1", host)).is_ok()
            });
            assert_eq!(
                get(&format!("127.0.0.1:{host}"), "/x").unwrap(),
                "inside /x",
                "{address} as {}",
                place.who()
            );
            stop(child);
        }
    }
}

#[test]
fn many_connections_and_two_ports_at_once() {
    for place in places() {
        let (first, second) = (free(), free());
        let child = serve(
            &place,
            &[format!("{first}:3000"), format!("{second}:3000")],
            "127.0.0.1",
            3000,
        );
        until("the published ports", || {
            [first, second]
                .iter()
                .all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok())
        });
        let clients: Vec<_> = (0..40)
            .map(|i| {
                let address = format!("127.0.0.1:{}", [first, second][i % 2]);
                std::thread::spawn(move || get(&address, "/big").unwrap())
            })
            .collect();
        for client in clients {
            assert_eq!(client.join().unwrap(), "inside /big".repeat(20_000));
        }
        stop(child);
    }
}

#[test]
fn a_port_that_is_taken_stops_the_run_with_the_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for place in places() {
        place
            .run(["run", "-p", &format!("{port}:3000"), "--", "sleep", "50"])
            .exits(125)
            .says(&format!("127.0.0.1:{port}"));
    }
}
