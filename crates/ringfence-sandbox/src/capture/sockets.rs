//! Makes the listening sockets of a captured namespace.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use ringfence_policy::spec::Capture;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

use super::{CAPTURE_PORT, CaptureError, CaptureSockets, MAX_FALLBACK_PORTS, Method, step};
use crate::sys;

pub(super) const DNS_PORT: u16 = 53;
/// Connections that wait to be accepted; the kernel caps it at `net.core.somaxconn` (4096 by default).
const BACKLOG: i32 = 4096;

pub(super) fn make(
    capture: &Capture,
    method: Method,
    ipv6: bool,
) -> Result<CaptureSockets, CaptureError> {
    let everywhere: &[IpAddr] = if ipv6 {
        &[
            IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        ]
    } else {
        &[IpAddr::V4(Ipv4Addr::UNSPECIFIED)]
    };
    let own = [capture.http_proxy_port, capture.socks_port];
    let ports: BTreeSet<u16> = match method {
        Method::Tproxy => BTreeSet::from([CAPTURE_PORT]),
        Method::AnyIp => capture
            .fallback_ports
            .iter()
            .copied()
            .filter(|port| *port != DNS_PORT && !own.contains(port))
            .collect(),
    };
    if ports.len() > MAX_FALLBACK_PORTS {
        return Err(CaptureError::Ports("more than 28 ports without nft_tproxy"));
    }
    let mut tcp = Vec::new();
    let (mut dns_udp, mut dns_tcp) = (Vec::new(), Vec::new());
    for &ip in everywhere {
        for &port in &ports {
            let transparent = method == Method::Tproxy;
            tcp.push(listener(ip, port, transparent).map_err(step("capture socket"))?);
        }
        dns_udp.push(datagram(ip, DNS_PORT).map_err(step("DNS socket"))?);
        dns_tcp.push(listener(ip, DNS_PORT, false).map_err(step("DNS over TCP socket"))?);
    }
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    Ok(CaptureSockets {
        method: method.as_str().to_owned(),
        tcp,
        dns_udp,
        dns_tcp,
        http_proxy: listener(local, capture.http_proxy_port, false)
            .map_err(step("HTTP proxy socket"))?,
        socks: listener(local, capture.socks_port, false).map_err(step("SOCKS socket"))?,
    })
}

/// An unconnected, blocking TCP socket in the current namespace, for both families. IPv4 alone where the kernel has no IPv6.
pub(super) fn connector() -> io::Result<OwnedFd> {
    let of =
        |family| rustix::net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None);
    match of(AddressFamily::INET6) {
        Ok(fd) => {
            sockopt::set_ipv6_v6only(&fd, false)?;
            Ok(fd)
        }
        Err(rustix::io::Errno::AFNOSUPPORT) => Ok(of(AddressFamily::INET)?),
        Err(error) => Err(error.into()),
    }
}

fn listener(ip: IpAddr, port: u16, transparent: bool) -> io::Result<TcpListener> {
    let fd = socket(family(ip), SocketType::STREAM)?;
    // Connections in TIME_WAIT must not keep a listener from coming back. Inherited by what is accepted, harmless there.
    sockopt::set_socket_reuseaddr(&fd, true)?;
    if transparent {
        match ip {
            IpAddr::V4(_) => sys::net::enable(&fd, libc::IPPROTO_IP, libc::IP_TRANSPARENT)?,
            IpAddr::V6(_) => sys::net::enable(&fd, libc::IPPROTO_IPV6, libc::IPV6_TRANSPARENT)?,
        }
    }
    bind(&fd, ip, port)?;
    rustix::net::listen(&fd, BACKLOG)?;
    Ok(TcpListener::from(fd))
}

fn datagram(ip: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let fd = socket(family(ip), SocketType::DGRAM)?;
    match ip {
        IpAddr::V4(_) => sys::net::enable(&fd, libc::IPPROTO_IP, libc::IP_PKTINFO)?,
        IpAddr::V6(_) => {
            sys::net::enable(&fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)?;
            // Unlike IPv4, IPv6 takes a route alone not for ownership: without this no reply could leave from the
            // address that was asked.
            sockopt::set_ipv6_freebind(&fd, true)?;
        }
    }
    bind(&fd, ip, port)?;
    Ok(UdpSocket::from(fd))
}

fn socket(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(
        family,
        kind,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )?)
}

fn bind(fd: &OwnedFd, ip: IpAddr, port: u16) -> io::Result<()> {
    if ip.is_ipv6() {
        sockopt::set_ipv6_v6only(fd, true)?;
    }
    Ok(rustix::net::bind(fd, &SocketAddr::new(ip, port))?)
}

fn family(ip: IpAddr) -> AddressFamily {
    if ip.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    }
}
