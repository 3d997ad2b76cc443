//! A web server that answers every request with what it received. It is lax where servers in the wild are lax.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::limits::{ANSWER, BODY, HEAD};
use crate::server::{Log, Stop, thread};
use crate::world::SECRET;

/// Starts every answer: whoever sees it got through.
pub(crate) const MARK: &str = "ringfence-origin";

/// Accepts on a thread, one more thread a connection.
pub(crate) fn serve(listener: TcpListener, log: Log, stop: Stop) -> std::io::Result<()> {
    thread("origin", move || {
        for stream in listener.incoming().flatten() {
            if stop.asked() {
                return;
            }
            let log = log.clone();
            let _ = thread("origin", move || {
                let _ = converse(stream, &log);
            });
        }
    })
}

fn converse(mut stream: TcpStream, log: &Log) -> std::io::Result<()> {
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(head) = read_head(&mut stream, &mut buffer)? else {
            return Ok(());
        };
        let mut lines = head.lines();
        let request = lines.next().unwrap_or_default().to_owned();
        let header = |name: &str| {
            head.lines().skip(1).find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_owned())
            })
        };
        // Content-Length wins over Transfer-Encoding: one of the two readings that smuggling lives from.
        let length = header("content-length")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
            .min(BODY);
        while buffer.len() < length {
            if fill(&mut stream, &mut buffer)? == 0 {
                break;
            }
        }
        let body: Vec<u8> = buffer.drain(..length.min(buffer.len())).collect();
        let mut words = request.split(' ');
        let (method, target) = (
            words.next().unwrap_or_default().to_owned(),
            words.next().unwrap_or_default().to_owned(),
        );
        let host = header("host").unwrap_or_default();
        let secret = if head.contains(SECRET) || String::from_utf8_lossy(&body).contains(SECRET) {
            "yes"
        } else {
            "no"
        };
        let text = format!(
            "{MARK} method={method} host={host} target={target} path={} secret={secret}\n",
            resolved(&target)
        );
        log.add(format!("{text}{head}{}", String::from_utf8_lossy(&body)));
        // A server that repeats what it was sent, as error pages do.
        let text = if target.contains("/echo") {
            format!("{text}{head}")
        } else {
            text
        };
        let line = text.lines().next().unwrap_or_default();
        if let Some(protocol) = header("upgrade") {
            let start = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade";
            let answer = format!("{start}\r\nUpgrade: {protocol}\r\nX-From: {line}\r\n\r\n");
            stream.write_all(answer.as_bytes())?;
            return tunnel(stream, &buffer, log);
        }
        let start = "HTTP/1.1 200 OK\r\nContent-Type: text/plain";
        let answer = format!("{start}\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        stream.write_all(answer.as_bytes())?;
    }
}

/// After an upgrade: whatever comes is recorded and answered.
fn tunnel(mut stream: TcpStream, first: &[u8], log: &Log) -> std::io::Result<()> {
    let mut bytes = first.to_vec();
    loop {
        if !bytes.is_empty() {
            log.add(format!("tunnel {}", String::from_utf8_lossy(&bytes)));
            stream.write_all(format!("{MARK} tunnel {} bytes\n", bytes.len()).as_bytes())?;
            bytes.clear();
        }
        if fill(&mut stream, &mut bytes)? == 0 {
            return Ok(());
        }
    }
}

/// The head of the next request, without what follows it; `None` at the end of the connection.
fn read_head(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Option<String>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head: Vec<u8> = buffer.drain(..end + 4).collect();
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
        if buffer.len() > HEAD || fill(stream, buffer)? == 0 {
            return Ok(None);
        }
    }
}

fn fill(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut chunk = [0; 8192];
    let n = stream.read(&mut chunk)?;
    buffer.extend_from_slice(&chunk[..n]);
    Ok(n)
}

/// The path as a lax server understands it: escapes undone, parameters dropped, dots and double slashes resolved.
fn resolved(target: &str) -> String {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| {
        rest.find('/').map_or("/", |at| &rest[at..])
    });
    let mut decoded = Vec::new();
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| path.get(at + 1..at + 3))
            .flatten();
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    let mut segments: Vec<String> = Vec::new();
    for segment in String::from_utf8_lossy(&decoded).split(['/', '\\']) {
        match segment.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name.to_owned()),
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn lax_paths() {
        for path in [
            "/secret",
            "/public/../secret",
            "/public/%2e%2e/secret",
            "//secret",
            "/public/..;x/secret",
            "/public%2F..%2Fsecret",
        ] {
            assert_eq!(super::resolved(path), "/secret", "{path}");
        }
        assert_eq!(super::resolved("http://a.test/x?y"), "/x");
    }
}
