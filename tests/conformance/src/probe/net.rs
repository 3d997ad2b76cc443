//! Attacks on sockets of the host, and on names.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddress, UnixStream};

use crate::limits::ANSWER;
use crate::probe::Verdict;
use crate::server::{EXFILTRATED, MARK};

/// `PATH…`: one of the sockets takes a connection.
pub(super) fn unix_socket(args: &[&str]) -> std::io::Result<Verdict> {
    let mut errors = Vec::new();
    for path in args {
        match UnixStream::connect(path) {
            Ok(_) => return Ok(Verdict::yes(format!("connected to {path}"))),
            Err(error) => errors.push(format!("{path}: {error}")),
        }
    }
    Ok(Verdict::no(errors.join(", ")))
}

/// `NAME`: the abstract socket takes a connection.
pub(super) fn abstract_socket(args: &[&str]) -> std::io::Result<Verdict> {
    let [name] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    UnixStream::connect_addr(&UnixAddress::from_abstract_name(name)?)?;
    Ok(Verdict::yes("connected"))
}

/// `udp|tcp NAME SERVER`: asks a name server; achieved when the answer can only come from outside.
pub(super) fn name(args: &[&str]) -> std::io::Result<Verdict> {
    let [transport, name, server] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    let server = server.parse().map_err(std::io::Error::other)?;
    let addresses = ask(transport, name, server)?;
    let text = format!("{name} is {addresses:?}");
    Ok(if addresses.contains(&EXFILTRATED) {
        Verdict::yes(text)
    } else {
        Verdict::no(text)
    })
}

/// IPv4 addresses of a name.
pub(super) fn ask(
    transport: &str,
    name: &str,
    server: SocketAddr,
) -> std::io::Result<Vec<Ipv4Addr>> {
    let mut question = vec![0x52, 0x46, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.trim_end_matches('.').split('.') {
        question.push(label.len() as u8);
        question.extend(label.bytes());
    }
    question.extend([0, 0, 1, 0, 1]);
    let mut answer = vec![0; 1500];
    let length = if transport == "udp" {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.set_read_timeout(Some(ANSWER))?;
        socket.send_to(&question, server)?;
        socket.recv(&mut answer)?
    } else {
        let mut stream = TcpStream::connect_timeout(&server, ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        let mut framed = (question.len() as u16).to_be_bytes().to_vec();
        framed.extend(&question);
        std::io::Write::write_all(&mut stream, &framed)?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let length = usize::from(u16::from_be_bytes(length)).min(answer.len());
        stream.read_exact(&mut answer[..length])?;
        length
    };
    Ok(addresses(&answer[..length], question.len()))
}

/// Takes the A records out of an answer whose question ends at `at`; names in it are pointers.
fn addresses(answer: &[u8], mut at: usize) -> Vec<Ipv4Addr> {
    let mut found = Vec::new();
    while let Some(record) = answer.get(at..at + 12) {
        let length = usize::from(u16::from_be_bytes([record[10], record[11]]));
        if let (0, 1, Some(data)) = (record[2], record[3], answer.get(at + 12..at + 12 + length))
            && let Ok(octets) = <[u8; 4]>::try_from(data)
        {
            found.push(Ipv4Addr::from(octets));
        }
        at += 12 + length;
    }
    found
}

/// `ADDRESS:PORT…`: a datagram is answered by the origin.
pub(super) fn datagram(args: &[&str]) -> std::io::Result<Verdict> {
    let mut errors = Vec::new();
    for target in args {
        let target: SocketAddr = target.parse().map_err(std::io::Error::other)?;
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        // Long enough for a machine under load, short enough for several targets.
        socket.set_read_timeout(Some(ANSWER / 8))?;
        let mut answer = [0; 100];
        let outcome = socket
            .connect(target)
            .and_then(|()| socket.send(b"hello"))
            .and_then(|_| socket.recv(&mut answer));
        match outcome {
            Ok(n) if String::from_utf8_lossy(&answer[..n]).contains(MARK) => {
                return Ok(Verdict::yes(format!("{target} answered")));
            }
            Ok(_) => errors.push(format!("{target}: another answer")),
            Err(error) => errors.push(format!("{target}: {error}")),
        }
    }
    Ok(Verdict::no(errors.join(", ")))
}
