//! Syslog, RFC 5424: over a unix datagram socket, UDP (RFC 5426) and TCP with octet counting (RFC 6587).
//!
//! The message is the line of the log itself, so that the receiver holds the chain. It is ASCII, hence no byte-order mark.

use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use rustix::net::RecvFlags;

use crate::limits::{SINK_CONNECT_TIMEOUT, SINK_WRITE_TIMEOUT};
use crate::sink::{Entry, Wire};
use crate::time;

/// Facility 13, "log audit".
const FACILITY: u8 = 13;

/// Header fields that stay the same through a session.
struct Header {
    host: String,
    session: String,
}

impl Header {
    fn new(session: &str) -> Self {
        let name = rustix::system::uname();
        let host = name
            .nodename()
            .to_string_lossy()
            .chars()
            .filter(char::is_ascii_graphic)
            .take(255)
            .collect::<String>();
        Header {
            host: if host.is_empty() { "-".into() } else { host },
            session: session.to_owned(),
        }
    }

    /// `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID SD MSG`; MSGID is the session (at most 32 characters).
    fn message(&self, entry: &Entry) -> String {
        let session = &self.session[..self.session.len().min(32)];
        format!(
            "<{}>1 {} {} ringfence {} {session} - {}",
            FACILITY * 8 + severity(entry.severity),
            time::rfc3339(entry.time),
            self.host,
            std::process::id(),
            entry.line
        )
    }
}

/// Syslog severity of an OCSF severity.
pub(crate) fn severity(ocsf: u8) -> u8 {
    match ocsf {
        6 => 1,
        5 => 2,
        4 => 3,
        3 => 4,
        2 => 5,
        _ => 6,
    }
}

/// Over a unix datagram socket such as `/dev/log`.
pub(crate) struct Unix {
    header: Header,
    path: PathBuf,
    socket: Option<UnixDatagram>,
}

impl Unix {
    pub(crate) fn new(path: &Path, session: &str) -> Self {
        Unix {
            header: Header::new(session),
            path: path.to_owned(),
            socket: None,
        }
    }
}

impl Wire for Unix {
    fn send(&mut self, entry: &Entry) -> std::io::Result<()> {
        send_datagram(
            &mut self.socket,
            &self.path,
            self.header.message(entry).as_bytes(),
        )
    }
}

/// Sends one datagram to a path; connects again after an error, since the receiver may have been restarted.
pub(crate) fn send_datagram(
    socket: &mut Option<UnixDatagram>,
    path: &Path,
    bytes: &[u8],
) -> std::io::Result<()> {
    let connected = match socket.take() {
        Some(connected) => connected,
        None => {
            let fresh = UnixDatagram::unbound()?;
            fresh.connect(path)?;
            fresh.set_write_timeout(Some(SINK_WRITE_TIMEOUT))?;
            fresh
        }
    };
    connected.send(bytes)?;
    *socket = Some(connected);
    Ok(())
}

/// Over UDP.
pub(crate) struct Udp {
    header: Header,
    address: SocketAddr,
    socket: Option<UdpSocket>,
}

impl Udp {
    pub(crate) fn new(address: SocketAddr, session: &str) -> Self {
        Udp {
            header: Header::new(session),
            address,
            socket: None,
        }
    }
}

impl Wire for Udp {
    fn send(&mut self, entry: &Entry) -> std::io::Result<()> {
        let connected = match self.socket.take() {
            Some(connected) => connected,
            None => {
                let any: SocketAddr = if self.address.is_ipv4() {
                    (Ipv4Addr::UNSPECIFIED, 0).into()
                } else {
                    (Ipv6Addr::UNSPECIFIED, 0).into()
                };
                let fresh = UdpSocket::bind(any)?;
                // Connected, so that "port unreachable" of an earlier datagram comes back as an error.
                fresh.connect(self.address)?;
                fresh.set_write_timeout(Some(SINK_WRITE_TIMEOUT))?;
                fresh
            }
        };
        connected.send(self.header.message(entry).as_bytes())?;
        self.socket = Some(connected);
        Ok(())
    }
}

/// Over TCP.
pub(crate) struct Tcp {
    header: Header,
    address: SocketAddr,
    stream: Option<TcpStream>,
}

impl Tcp {
    pub(crate) fn new(address: SocketAddr, session: &str) -> Self {
        Tcp {
            header: Header::new(session),
            address,
            stream: None,
        }
    }
}

impl Wire for Tcp {
    fn send(&mut self, entry: &Entry) -> std::io::Result<()> {
        let mut stream = match self.stream.take().filter(still_open) {
            Some(stream) => stream,
            None => {
                let fresh = TcpStream::connect_timeout(&self.address, SINK_CONNECT_TIMEOUT)?;
                fresh.set_write_timeout(Some(SINK_WRITE_TIMEOUT))?;
                fresh.set_nodelay(true)?;
                fresh
            }
        };
        let message = self.header.message(entry);
        // One write: after an error the stream is dropped, so half a frame never has another behind it.
        stream.write_all(format!("{} {message}", message.len()).as_bytes())?;
        self.stream = Some(stream);
        Ok(())
    }
}

/// A receiver that went away shows as an end of file; without this look the next event would vanish into its reset.
fn still_open(stream: &TcpStream) -> bool {
    let mut byte = [0; 1];
    match rustix::net::recv(stream, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Ok((0, _)) => false,
        Ok(_) => true,
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
    }
}
