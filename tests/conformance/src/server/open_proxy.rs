//! A proxy without any policy, HTTP and SOCKS5 on one port: what the unfenced half talks to. Every name leads to the origin, and a
//! name ends at its first NUL, as in the C libraries of the incident N1.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use crate::limits::{ANSWER, HEAD};
use crate::server::{ANYWHERE, thread};

/// Accepts on a thread.
pub(crate) fn serve(listener: TcpListener) -> std::io::Result<()> {
    thread("open-proxy", move || {
        for stream in listener.incoming().flatten() {
            let _ = thread("open-proxy", move || {
                let _ = converse(stream);
            });
        }
    })
}

fn converse(mut client: TcpStream) -> std::io::Result<()> {
    client.set_read_timeout(Some(ANSWER))?;
    let mut first = [0; 1];
    client.read_exact(&mut first)?;
    if first[0] == 5 {
        socks(client)
    } else {
        http(client, first[0])
    }
}

fn socks(mut client: TcpStream) -> std::io::Result<()> {
    let mut methods = vec![0; usize::from(byte(&mut client)?)];
    client.read_exact(&mut methods)?;
    client.write_all(&[5, 0])?;
    let mut request = [0; 4];
    client.read_exact(&mut request)?;
    let host = match request[3] {
        1 => {
            let mut octets = [0; 4];
            client.read_exact(&mut octets)?;
            Ipv4Addr::from(octets).to_string()
        }
        _ => {
            let mut name = vec![0; usize::from(byte(&mut client)?)];
            client.read_exact(&mut name)?;
            String::from_utf8_lossy(&name).into_owned()
        }
    };
    let mut port = [0; 2];
    client.read_exact(&mut port)?;
    let upstream = TcpStream::connect(resolve(&host, u16::from_be_bytes(port)))?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    relay(client, upstream, &[])
}

fn http(mut client: TcpStream, first: u8) -> std::io::Result<()> {
    let mut head = vec![first];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") && head.len() < HEAD {
        head.push(byte(&mut client)?);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut words = text.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let authority = target
        .split_once("://")
        .map_or(target, |(_, rest)| rest)
        .split('/')
        .next()
        .unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let upstream = TcpStream::connect(resolve(host, port.parse().unwrap_or(80)))?;
    if method == "CONNECT" {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        return relay(client, upstream, &[]);
    }
    relay(client, upstream, &head)
}

fn resolve(host: &str, port: u16) -> SocketAddr {
    let host = host.split('\0').next().unwrap_or_default();
    (host.parse().unwrap_or(ANYWHERE), port).into()
}

fn relay(mut client: TcpStream, mut upstream: TcpStream, first: &[u8]) -> std::io::Result<()> {
    upstream.write_all(first)?;
    let (mut from, mut to) = (upstream.try_clone()?, client.try_clone()?);
    thread("open-proxy", move || {
        let _ = std::io::copy(&mut from, &mut to);
    })?;
    std::io::copy(&mut client, &mut upstream).map(drop)
}

fn byte(stream: &mut TcpStream) -> std::io::Result<u8> {
    let mut byte = [0; 1];
    stream.read_exact(&mut byte)?;
    Ok(byte[0])
}
