//! Requests written byte by byte, by every way that leads out of a fence.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Instant;

use crate::limits::{ANSWER, HEAD};
use crate::probe::{Verdict, net};
use crate::server::MARK;

/// Any address does: in a fence every name server is the fence's.
pub(super) const NAME_SERVER: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(9, 9, 9, 9)), 53);

/// Groups of `WAY TARGET WANTED BYTES`: achieved when one of them is answered by the origin with the wanted text in the answer.
///
/// Ways: `forward` (to the HTTP proxy as it is), `connect` (through a CONNECT tunnel), `socks`, `direct` (name asked over DNS),
/// `address` (no name). In targets and bytes `\r`, `\n`, `\0` and `\xNN` are escapes; `{TOKEN}` is the value of that variable; after
/// `\|` the rest is sent when the answer to the first part came.
pub(super) fn attempts(args: &[&str]) -> std::io::Result<Verdict> {
    let mut errors = Vec::new();
    for attempt in args.chunks_exact(4) {
        let [way, target, wanted, bytes] = attempt else {
            continue;
        };
        match exchange(way, &unescape(target), &unescape(bytes)) {
            Ok(answer) if answer.contains(MARK) && answer.contains(wanted) => {
                return Ok(Verdict::yes(format!("{way} {target}: {}", brief(&answer))));
            }
            Ok(answer) => errors.push(format!("{way} {target}: {}", brief(&answer))),
            Err(error) => errors.push(format!("{way} {target}: {error}")),
        }
    }
    Ok(Verdict::no(errors.join("; ")))
}

/// `STARTED GO ATTEMPTS…`: makes the first file, waits until somebody makes the second, then tries.
pub(super) fn after(args: &[&str]) -> std::io::Result<Verdict> {
    let [started, go, rest @ ..] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    std::fs::write(started, "")?;
    let end = Instant::now() + ANSWER;
    while !std::path::Path::new(go).exists() && Instant::now() < end {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    attempts(rest)
}

fn brief(answer: &str) -> String {
    let line = answer
        .find(MARK)
        .map_or(answer, |at| &answer[at..])
        .lines()
        .next()
        .unwrap_or("no answer");
    line.chars().take(160).collect()
}

fn exchange(way: &str, target: &[u8], bytes: &[u8]) -> std::io::Result<String> {
    let mut stream = match way {
        "forward" => proxy("HTTP_PROXY", 3128)?,
        "connect" => connect(target)?,
        "socks" => socks(target)?,
        "direct" => direct(target)?,
        "address" => dial(
            String::from_utf8_lossy(target)
                .parse()
                .map_err(std::io::Error::other)?,
        )?,
        _ => return Err(std::io::Error::other("no such way")),
    };
    let mut answer = Vec::new();
    for (number, part) in bytes.split(|&b| b == PAUSE).enumerate() {
        if number == 1 {
            // Whoever answered the first part is awake; a refused second part is often met with silence.
            stream.set_read_timeout(Some(ANSWER / 4))?;
        }
        stream.write_all(part)?;
        receive(&mut stream, &mut answer);
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Reads until the peer is silent, leaves, or the answer that its head announces is whole.
fn receive(stream: &mut TcpStream, answer: &mut Vec<u8>) {
    let (start, end) = (answer.len(), Instant::now() + ANSWER);
    let mut chunk = [0; 4096];
    while Instant::now() < end && answer.len() < HEAD {
        match stream.read(&mut chunk) {
            Ok(n) if n > 0 => answer.extend(&chunk[..n]),
            _ => return,
        }
        if whole(&answer[start..]) {
            return;
        }
    }
}

fn whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        // Answers in an upgraded connection are lines.
        return answer.starts_with(MARK.as_bytes()) && answer.ends_with(b"\n");
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|text| text.trim().parse::<usize>().ok());
    match length {
        Some(length) => answer.len() >= end + 4 + length,
        None => head.starts_with("http/1.1 101") || answer.ends_with(b"0\r\n\r\n"),
    }
}

fn dial(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The proxy that a variable names (`http://[USER@]HOST:PORT`), or the one on the usual port.
fn proxy(variable: &str, port: u16) -> std::io::Result<TcpStream> {
    let url = std::env::var(variable)
        .or_else(|_| std::env::var(variable.to_lowercase()))
        .unwrap_or_default();
    let authority = url
        .split_once("://")
        .map_or(url.as_str(), |(_, rest)| rest)
        .trim_end_matches('/');
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    dial(
        authority
            .parse()
            .unwrap_or_else(|_| (Ipv4Addr::LOCALHOST, port).into()),
    )
}

fn connect(target: &[u8]) -> std::io::Result<TcpStream> {
    let mut stream = proxy("HTTP_PROXY", 3128)?;
    stream.write_all(
        &[
            b"CONNECT ",
            target,
            b" HTTP/1.1\r\nHost: ",
            target,
            b"\r\n\r\n",
        ]
        .concat(),
    )?;
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    if head.split(' ').nth(1) == Some("200") {
        Ok(stream)
    } else {
        Err(std::io::Error::other(format!("CONNECT: {}", brief(&head))))
    }
}

fn socks(target: &[u8]) -> std::io::Result<TcpStream> {
    let colon = target
        .iter()
        .rposition(|&b| b == b':')
        .unwrap_or(target.len());
    let (host, port) = (
        &target[..colon],
        String::from_utf8_lossy(target.get(colon + 1..).unwrap_or_default()).into_owned(),
    );
    let port: u16 = port.parse().map_err(std::io::Error::other)?;
    let mut stream = proxy("ALL_PROXY", 1080)?;
    stream.write_all(&[5, 1, 0])?;
    let mut reply = [0; 2];
    stream.read_exact(&mut reply)?;
    if reply[1] != 0 {
        return Err(std::io::Error::other("SOCKS wants a login"));
    }
    let mut request = vec![5, 1, 0, 3, host.len() as u8];
    request.extend(host);
    request.extend(port.to_be_bytes());
    stream.write_all(&request)?;
    let mut reply = [0; 4];
    stream.read_exact(&mut reply)?;
    if reply[1] != 0 {
        return Err(std::io::Error::other(format!("SOCKS reply {}", reply[1])));
    }
    let rest = match reply[3] {
        1 => 6,
        4 => 18,
        _ => return Err(std::io::Error::other("SOCKS reply with a name")),
    };
    stream.read_exact(&mut vec![0; rest])?;
    Ok(stream)
}

fn direct(target: &[u8]) -> std::io::Result<TcpStream> {
    let target = String::from_utf8_lossy(target).into_owned();
    let (host, port) = target.rsplit_once(':').unwrap_or((&target, "80"));
    let port: u16 = port.parse().map_err(std::io::Error::other)?;
    let addresses = net::ask("udp", host, NAME_SERVER)?;
    let address = addresses
        .first()
        .ok_or_else(|| std::io::Error::other("the name has no address"))?;
    dial((*address, port).into())
}

/// Stands for `\|` while bytes are unescaped; the byte itself never occurs in a request of the table.
const PAUSE: u8 = 0x1e;

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let escape = rest.chars().next().unwrap_or('\\');
                rest = &rest[escape.len_utf8().min(rest.len())..];
                match escape {
                    'r' => bytes.push(b'\r'),
                    'n' => bytes.push(b'\n'),
                    '0' => bytes.push(0),
                    '|' => bytes.push(PAUSE),
                    'x' => {
                        let digits = rest.get(..2).unwrap_or("00");
                        bytes.push(u8::from_str_radix(digits, 16).unwrap_or(0));
                        rest = rest.get(2..).unwrap_or_default();
                    }
                    other => bytes.extend(other.to_string().bytes()),
                }
            }
            '{' => match rest.split_once('}') {
                Some((name, after)) => {
                    bytes.extend(std::env::var(name).unwrap_or_default().bytes());
                    rest = after;
                }
                None => bytes.push(b'{'),
            },
            other => bytes.extend(other.to_string().bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(
            unescape("a\\r\\n\\0\\x41\\|b\\\\{NO_SUCH_VARIABLE}c"),
            b"a\r\n\0A\x1eb\\c"
        );
    }

    #[test]
    fn answers_end() {
        assert!(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"));
        assert!(!whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"));
        assert!(!whole(b"HTTP/1.1 200 OK\r\nContent-"));
        assert!(whole(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"));
        assert!(whole(format!("{MARK} tunnel 3 bytes\n").as_bytes()));
    }
}
