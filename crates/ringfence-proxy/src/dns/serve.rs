//! DNS sockets: UDP with the reply sent from the address that was asked, and TCP.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use nix::libc::{in_addr, in_pktinfo, in6_pktinfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, cmsg_space, recvmsg, sendmsg,
    setsockopt, sockopt,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::flood::Flood;
use crate::context::{Context, Stopped};
use crate::limits::{DNS_MESSAGE_BYTES, DNS_TCP_IDLE, DNS_TCP_QUERIES};

/// Answers and records the DNS questions of one session.
pub(crate) struct Desk {
    ctx: Arc<Context>,
    flood: Mutex<Flood>,
}

/// The address that a query was sent to, as the kernel wants it back.
#[derive(Clone, Copy)]
enum Asked {
    V4(in_pktinfo),
    V6(in6_pktinfo),
}

impl Desk {
    pub(crate) fn new(ctx: Arc<Context>) -> Self {
        Self {
            ctx,
            flood: Mutex::new(Flood::new(Instant::now())),
        }
    }

    /// The reply to one message, if it gets one, once its event is kept.
    fn handle(&self, message: &[u8]) -> Result<Option<Vec<u8>>, Stopped> {
        let outcome = super::answer(&self.ctx.names, message);
        let events = {
            let mut flood = self.flood.lock().unwrap_or_else(PoisonError::into_inner);
            flood.admit(Instant::now(), outcome.event)
        };
        for event in events {
            self.ctx.record(event)?;
        }
        Ok(outcome.reply)
    }

    /// Records how many questions a flood left out; called when the session ends.
    pub(crate) fn finish(&self) {
        let summary = {
            let mut flood = self.flood.lock().unwrap_or_else(PoisonError::into_inner);
            flood.summary()
        };
        if let Some(event) = summary {
            // The session is over; a failure here has already been reported by the recorder itself.
            let _ = self.ctx.record(event);
        }
    }

    /// Serves one UDP socket until the audit log fails; drop the future to stop it.
    ///
    /// # Errors
    /// When the socket can not be taken over.
    pub(crate) async fn serve_udp(&self, socket: UdpSocket) -> io::Result<()> {
        let socket = prepare(socket)?;
        let mut buffer = vec![0; DNS_MESSAGE_BYTES];
        loop {
            socket.readable().await?;
            let received = socket.try_io(Interest::READABLE, || {
                receive(socket.as_raw_fd(), &mut buffer)
            });
            let (length, client, asked) = match received {
                Ok(received) => received,
                // Spurious readiness, or an ICMP error of an earlier reply: neither is the socket's end.
                Err(_) => continue,
            };
            let Ok(reply) = self.handle(&buffer[..length]) else {
                return Ok(());
            };
            if let Some(reply) = reply {
                // Replies are small and the queue is the loopback's. One that does not fit is asked for again.
                let _ = send(socket.as_raw_fd(), &reply, &client, asked);
            }
        }
    }

    /// Serves one TCP connection: messages with a length in front, answered in order.
    pub(crate) async fn serve_tcp(&self, mut stream: TcpStream) -> io::Result<()> {
        for _ in 0..DNS_TCP_QUERIES {
            let read = timeout(DNS_TCP_IDLE, read_message(&mut stream)).await;
            let Ok(Ok(Some(message))) = read else { break };
            let Ok(Some(reply)) = self.handle(&message) else {
                break;
            };
            let Ok(length) = u16::try_from(reply.len()) else {
                break;
            };
            let mut framed = length.to_be_bytes().to_vec();
            framed.extend(reply);
            match timeout(DNS_TCP_IDLE, stream.write_all(&framed)).await {
                Ok(Ok(())) => {}
                _ => break,
            }
        }
        stream.shutdown().await
    }
}

async fn read_message(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let length = usize::from(stream.read_u16().await?);
    if length > DNS_MESSAGE_BYTES {
        return Ok(None);
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    Ok(Some(message))
}

/// Non-blocking, and telling the address that each query was sent to.
fn prepare(socket: UdpSocket) -> io::Result<tokio::net::UdpSocket> {
    socket.set_nonblocking(true)?;
    match socket.local_addr()? {
        SocketAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
        SocketAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?,
    }
    tokio::net::UdpSocket::from_std(socket)
}

fn receive(
    socket: RawFd,
    buffer: &mut [u8],
) -> io::Result<(usize, SockaddrStorage, Option<Asked>)> {
    let mut control = vec![0; cmsg_space::<in_pktinfo>() + cmsg_space::<in6_pktinfo>()];
    let mut parts = [IoSliceMut::new(buffer)];
    let message = recvmsg::<SockaddrStorage>(
        socket,
        &mut parts,
        Some(&mut control),
        MsgFlags::MSG_DONTWAIT,
    )?;
    let client = message
        .address
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    let asked = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4PacketInfo(info) => Some(Asked::V4(in_pktinfo {
            ipi_ifindex: 0,
            ipi_spec_dst: info.ipi_addr,
            ipi_addr: in_addr { s_addr: 0 },
        })),
        ControlMessageOwned::Ipv6PacketInfo(info) => Some(Asked::V6(info)),
        _ => None,
    });
    Ok((message.bytes, client, asked))
}

fn send(
    socket: RawFd,
    reply: &[u8],
    client: &SockaddrStorage,
    asked: Option<Asked>,
) -> io::Result<()> {
    let control = match &asked {
        Some(Asked::V4(info)) => vec![ControlMessage::Ipv4PacketInfo(info)],
        Some(Asked::V6(info)) => vec![ControlMessage::Ipv6PacketInfo(info)],
        None => Vec::new(),
    };
    sendmsg(
        socket,
        &[IoSlice::new(reply)],
        &control,
        MsgFlags::MSG_DONTWAIT,
        Some(client),
    )?;
    Ok(())
}
