//! DNS datagrams: a reply must leave from the very address that was asked, or resolvers drop it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;

use crate::sys;

/// Receives one datagram from a socket of [`super::Sockets::dns_udp`]: its length, who sent it, and the address it was
/// sent to (`None` only if the kernel did not say). Longer datagrams are cut to the buffer.
///
/// # Errors
/// As `recvmsg(2)`; [`io::ErrorKind::WouldBlock`] when nothing waits.
pub fn receive(
    socket: impl AsFd,
    buffer: &mut [u8],
) -> io::Result<(usize, SocketAddr, Option<IpAddr>)> {
    sys::net::receive_with_destination(socket, buffer)
}

/// Sends one datagram to `peer`, from `source`: the destination that [`receive`] reported.
///
/// # Errors
/// As `sendmsg(2)`.
pub fn reply(
    socket: impl AsFd,
    bytes: &[u8],
    peer: SocketAddr,
    source: IpAddr,
) -> io::Result<usize> {
    sys::net::send_from(socket, bytes, peer, source)
}
