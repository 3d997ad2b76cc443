//! The SOCKS5 endpoint (RFC 1928, 1929): CONNECT only, read strictly, then the same flow as a captured connection.
//!
//! A host name goes through [`Host::parse`] before anything looks at it: a NUL in it once made a suffix check and the
//! resolver disagree (INCIDENTS N1).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::{Buf, BytesMut};
use ringfence_policy::{Event, Host};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::connect::same;
use crate::dispatch::{Server, Slot, more, say_and_close};
use crate::limits::PROXY_HANDSHAKE;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_PASSWORD: u8 = 2;
const REPLY_SUCCEEDED: u8 = 0;

/// What was read and the bytes it took; `Ok(None)` asks for more.
pub type Parsed<T> = Result<Option<(T, usize)>, SocksError>;

/// Why a handshake is refused. Each has the bytes that tell the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SocksError {
    /// SOCKS4 or another protocol altogether.
    #[error("not SOCKS5")]
    Version,
    /// None of the offered methods will do.
    #[error("no acceptable authentication method")]
    Method,
    /// Wrong user or password.
    #[error("the session's proxy token is missing or wrong")]
    Token,
    /// BIND, UDP ASSOCIATE and what does not exist.
    #[error("only CONNECT is offered")]
    Command,
    /// An address type that does not exist.
    #[error("unknown address type")]
    AddressType,
    /// A name that is none, or port 0.
    #[error("malformed host or port")]
    Host,
}

impl SocksError {
    fn reply(self) -> Vec<u8> {
        match self {
            // A SOCKS4 client understands this as "rejected"; nobody else is owed an answer.
            SocksError::Version => vec![0, 0x5b, 0, 0, 0, 0, 0, 0],
            SocksError::Method => vec![VERSION, 0xff],
            SocksError::Token => vec![1, 1],
            SocksError::Command => reply(7),
            SocksError::AddressType => reply(8),
            SocksError::Host => reply(2),
        }
    }
}

/// A reply to a request; the bound address is of no use to anyone and stays zero.
fn reply(code: u8) -> Vec<u8> {
    vec![VERSION, code, 0, 1, 0, 0, 0, 0, 0, 0]
}

/// Serves one client of the endpoint.
pub(crate) async fn serve(server: &Server, mut stream: TcpStream, peer: SocketAddr, slot: Slot) {
    let mut ahead = BytesMut::new();
    let token = server.ctx.token.as_deref();
    match timeout(PROXY_HANDSHAKE, handshake(&mut stream, &mut ahead, token)).await {
        Err(_) | Ok(Ok(None)) => {}
        Ok(Err(error)) => {
            // The client is refused in any case, and a failure stops the session by itself.
            let _ = server.ctx.record(Event::Fence {
                condition: "socks_request".into(),
                detail: format!("the SOCKS endpoint refused a request: {error}"),
            });
            say_and_close(stream, &error.reply()).await;
        }
        Ok(Ok(Some((host, port)))) => match server.flow("socks", host, port, peer) {
            // Said before anything is dialled: what is refused later is refused as on a captured connection.
            Ok(flow) => {
                if stream.write_all(&reply(REPLY_SUCCEEDED)).await.is_ok() {
                    flow.run(stream, ahead, slot).await;
                }
            }
            Err(_) => say_and_close(stream, &reply(2)).await,
        },
    }
}

/// The whole handshake up to the request; `Ok(None)` when the client went away.
async fn handshake(
    stream: &mut TcpStream,
    ahead: &mut BytesMut,
    token: Option<&str>,
) -> Result<Option<(Host, u16)>, SocksError> {
    let wanted = if token.is_some() {
        USER_PASSWORD
    } else {
        NO_AUTHENTICATION
    };
    let Some(method) = step(stream, ahead, |bytes| greeting(bytes, wanted)).await? else {
        return Ok(None);
    };
    if stream.write_all(&[VERSION, method]).await.is_err() {
        return Ok(None);
    }
    if let Some(token) = token {
        let Some(()) = step(stream, ahead, |bytes| credentials(bytes, token)).await? else {
            return Ok(None);
        };
        if stream.write_all(&[1, 0]).await.is_err() {
            return Ok(None);
        }
    }
    step(stream, ahead, request).await
}

/// Reads until `parse` has what it wants and takes that off the front.
async fn step<T>(
    stream: &mut TcpStream,
    ahead: &mut BytesMut,
    parse: impl Fn(&[u8]) -> Parsed<T>,
) -> Result<Option<T>, SocksError> {
    loop {
        if let Some((parsed, length)) = parse(ahead)? {
            ahead.advance(length);
            return Ok(Some(parsed));
        }
        match more(stream, ahead).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(_) => {}
        }
    }
}

/// The greeting, when it offers `wanted`: that method, and the bytes that the greeting took.
fn greeting(bytes: &[u8], wanted: u8) -> Parsed<u8> {
    if bytes.first().is_some_and(|version| *version != VERSION) {
        return Err(SocksError::Version);
    }
    let Some(&count) = bytes.get(1) else {
        return Ok(None);
    };
    let Some(methods) = bytes.get(2..2 + usize::from(count)) else {
        return Ok(None);
    };
    if methods.contains(&wanted) {
        Ok(Some((wanted, 2 + methods.len())))
    } else {
        Err(SocksError::Method)
    }
}

/// User and password (RFC 1929); one of them has to be the token.
fn credentials(bytes: &[u8], token: &str) -> Parsed<()> {
    if bytes.first().is_some_and(|version| *version != 1) {
        return Err(SocksError::Token);
    }
    let Some(user) = counted(bytes, 1) else {
        return Ok(None);
    };
    let Some(password) = counted(bytes, 2 + user.len()) else {
        return Ok(None);
    };
    if same(user, token.as_bytes()) || same(password, token.as_bytes()) {
        Ok(Some(((), 3 + user.len() + password.len())))
    } else {
        Err(SocksError::Token)
    }
}

/// Reads a request: the destination and the bytes it took; `Ok(None)` asks for more.
///
/// # Errors
/// [`SocksError`] for everything but CONNECT to a well-formed host and port.
pub fn request(bytes: &[u8]) -> Parsed<(Host, u16)> {
    if bytes.first().is_some_and(|version| *version != VERSION) {
        return Err(SocksError::Version);
    }
    if bytes.get(1).is_some_and(|command| *command != 1) {
        return Err(SocksError::Command);
    }
    if bytes.get(2).is_some_and(|reserved| *reserved != 0) {
        return Err(SocksError::AddressType);
    }
    let (host, end) = match bytes.get(3) {
        None => return Ok(None),
        Some(1) => match bytes
            .get(4..8)
            .and_then(|raw| <[u8; 4]>::try_from(raw).ok())
        {
            Some(raw) => (Host::Ip(Ipv4Addr::from(raw).into()), 8),
            None => return Ok(None),
        },
        Some(4) => match bytes
            .get(4..20)
            .and_then(|raw| <[u8; 16]>::try_from(raw).ok())
        {
            Some(raw) => (Host::Ip(Ipv6Addr::from(raw).to_canonical()), 20),
            None => return Ok(None),
        },
        Some(3) => match counted(bytes, 4) {
            Some(raw) => (name(raw)?, 5 + raw.len()),
            None => return Ok(None),
        },
        Some(_) => return Err(SocksError::AddressType),
    };
    let Some(port) = bytes.get(end..end + 2) else {
        return Ok(None);
    };
    match u16::from_be_bytes([port[0], port[1]]) {
        0 => Err(SocksError::Host),
        port => Ok(Some(((host, port), end + 2))),
    }
}

fn name(raw: &[u8]) -> Result<Host, SocksError> {
    if !raw.iter().all(u8::is_ascii_graphic) {
        return Err(SocksError::Host);
    }
    let text = std::str::from_utf8(raw).map_err(|_| SocksError::Host)?;
    Host::parse(text).map_err(|_| SocksError::Host)
}

/// A field with its length in front, at `at`.
fn counted(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(*bytes.get(at)?);
    bytes.get(at + 1..at + 1 + length)
}

#[cfg(test)]
mod tests;
