//! Capture: a network namespace with no way out, in which every TCP connection and every DNS query ends at sockets of
//! ours that were made inside and handed out. No process of ours and no helper hop stays inside.
//!
//! With `nft_tproxy` one listener takes every port, `127.0.0.1` stays the sandbox's own and a payload that listens on
//! `0.0.0.0` does not receive connections to foreign addresses. Without it ([`Method::AnyIp`]) only the listed ports
//! are served; every other one is refused by the kernel.
//!
//! TCP port 53 has listeners of its own under both methods ([`CaptureSockets::dns_tcp`]).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use ringfence_policy::spec::Capture;
use serde::{Deserialize, Serialize};

use crate::netlink::{nft, route};

pub(crate) mod enter;
mod sockets;
#[cfg(test)]
mod tests;

/// IPv4 source address of everything inside.
pub(crate) const OWN_V4: Ipv4Addr = Ipv4Addr::new(10, 200, 0, 1);
/// IPv6 source address of everything inside.
pub(crate) const OWN_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x200, 0, 0, 0, 0, 0, 1);
/// Port of the transparent listeners. A payload that dials it on a loopback or own address arrives there as well, with
/// that address as the original destination: the proxy refuses such destinations like any other private one.
pub(crate) const CAPTURE_PORT: u16 = 15001;
/// Most ports served by [`Method::AnyIp`], so that all sockets fit into one message (`bounds::MESSAGE_FDS`).
pub(crate) const MAX_FALLBACK_PORTS: usize = 28;

/// How connections are captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Every TCP port, by steering the SYN to a transparent listener.
    Tproxy,
    /// A fixed list of TCP ports, by listening on every address.
    AnyIp,
}

/// Which method to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// [`Method::Tproxy`], or [`Method::AnyIp`] where the kernel has no `nft_tproxy`.
    Auto,
    /// Only this one.
    Only(Method),
}

/// The sandbox's sockets, owned by the supervisor. All are close-on-exec and non-blocking. Dropping a listener makes
/// the kernel refuse what it served (`ECONNREFUSED`): a dead supervisor fails closed.
#[derive(Debug)]
pub struct CaptureSockets {
    /// Catch every TCP connection (IPv4 and IPv6) except to port 53 and to the sandbox's own loopback addresses;
    /// `getsockname` of an accepted socket is the original destination. The peer address proves nothing: every address
    /// is local inside, so the payload can bind any.
    pub tcp: Vec<TcpListener>,
    /// DNS over UDP, on every address. `IP_PKTINFO` or `IPV6_RECVPKTINFO` is on: a reply has to leave from the address
    /// that was asked.
    pub dns_udp: Vec<UdpSocket>,
    /// DNS over TCP, on every address.
    pub dns_tcp: Vec<TcpListener>,
    /// The HTTP proxy endpoint on the sandbox's 127.0.0.1.
    pub http_proxy: TcpListener,
    /// The SOCKS5 endpoint on the sandbox's 127.0.0.1.
    pub socks: TcpListener,
    /// `tproxy` or `anyip`.
    pub method: String,
}

/// How the descriptors of a [`CaptureSockets`] are ordered when they cross a socket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) method: String,
    pub(crate) tcp: usize,
    pub(crate) dns_udp: usize,
    pub(crate) dns_tcp: usize,
}

/// Why the capture could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// A step failed.
    #[error("network capture: {step}: {source}")]
    Step {
        /// What was being done.
        step: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The spec's ports can not be served.
    #[error("network capture: {0}")]
    Ports(&'static str),
    /// What the helper inside the namespaces reported.
    #[error("network capture: {0}")]
    Inside(String),
}

/// Brings the loopback of the current network namespace up, installs the routes and the SYN
/// interception and opens the sockets. Needs `CAP_NET_ADMIN` and `CAP_NET_BIND_SERVICE` over the
/// namespace; single-threaded caller.
pub(crate) fn establish(capture: &Capture) -> Result<CaptureSockets, CaptureError> {
    establish_with(capture, Choice::Auto)
}

/// As [`establish`], with a say in the method.
pub(crate) fn establish_with(
    capture: &Capture,
    choice: Choice,
) -> Result<CaptureSockets, CaptureError> {
    check(capture)?;
    let routed = route::capture_everything(OWN_V4, OWN_V6)
        .map_err(step("addresses and routes of the loopback"))?;
    let method = match choice {
        Choice::Only(Method::AnyIp) => Method::AnyIp,
        Choice::Only(Method::Tproxy) | Choice::Auto => {
            match nft::steer(CAPTURE_PORT, OWN_V4, OWN_V6) {
                Ok(()) => Method::Tproxy,
                Err(nft::SteerError::Unsupported(_)) if choice == Choice::Auto => Method::AnyIp,
                Err(nft::SteerError::Unsupported(error) | nft::SteerError::Failed(error)) => {
                    return Err(step("nf_tables rules (tproxy)")(error));
                }
            }
        }
    };
    sockets::make(capture, method, routed.ipv6)
}

/// Brings the loopback up and nothing else ([`ringfence_policy::spec::Network::None`]).
pub(crate) fn loopback_only() -> Result<(), CaptureError> {
    route::loopback_up().map_err(step("loopback"))
}

/// Unconnected, blocking TCP sockets of the current network namespace, for publishing ports: IPv6 ones that take mapped
/// IPv4 addresses too, or IPv4 ones where the kernel has no IPv6. Called in the init, without capabilities.
pub(crate) fn inner_sockets(count: usize) -> Result<Vec<OwnedFd>, CaptureError> {
    let count = count.min(crate::bounds::INNER_SOCKETS);
    (0..count)
        .map(|_| sockets::connector())
        .collect::<io::Result<_>>()
        .map_err(step("sockets for a published port"))
}

impl CaptureSockets {
    /// Takes the sockets apart for SCM_RIGHTS.
    pub(crate) fn into_fds(self) -> (Manifest, Vec<OwnedFd>) {
        let manifest = Manifest {
            method: self.method,
            tcp: self.tcp.len(),
            dns_udp: self.dns_udp.len(),
            dns_tcp: self.dns_tcp.len(),
        };
        let mut fds: Vec<OwnedFd> = Vec::new();
        fds.extend(self.tcp.into_iter().map(OwnedFd::from));
        fds.extend(self.dns_udp.into_iter().map(OwnedFd::from));
        fds.extend(self.dns_tcp.into_iter().map(OwnedFd::from));
        fds.push(self.http_proxy.into());
        fds.push(self.socks.into());
        (manifest, fds)
    }

    /// Puts them together again; `None` when the count does not fit the manifest.
    pub(crate) fn from_fds(manifest: &Manifest, fds: Vec<OwnedFd>) -> Option<Self> {
        let total = manifest
            .tcp
            .checked_add(manifest.dns_udp)?
            .checked_add(manifest.dns_tcp)?
            .checked_add(2)?;
        if fds.len() != total {
            return None;
        }
        let mut fds = fds.into_iter();
        Some(Self {
            tcp: fds
                .by_ref()
                .take(manifest.tcp)
                .map(TcpListener::from)
                .collect(),
            dns_udp: fds
                .by_ref()
                .take(manifest.dns_udp)
                .map(UdpSocket::from)
                .collect(),
            dns_tcp: fds
                .by_ref()
                .take(manifest.dns_tcp)
                .map(TcpListener::from)
                .collect(),
            http_proxy: fds.next()?.into(),
            socks: fds.next()?.into(),
            method: manifest.method.clone(),
        })
    }
}

impl Method {
    /// As written in results and in the audit log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Tproxy => "tproxy",
            Self::AnyIp => "anyip",
        }
    }
}

fn check(capture: &Capture) -> Result<(), CaptureError> {
    let own = [capture.http_proxy_port, capture.socks_port];
    if own.contains(&0) || capture.fallback_ports.contains(&0) {
        return Err(CaptureError::Ports("port 0 can not be served"));
    }
    if own[0] == own[1] || own.contains(&CAPTURE_PORT) || own.contains(&sockets::DNS_PORT) {
        return Err(CaptureError::Ports(
            "the proxy ports collide with each other, with 53 or with 15001",
        ));
    }
    Ok(())
}

fn step(step: &'static str) -> impl FnOnce(io::Error) -> CaptureError {
    move |source| CaptureError::Step { step, source }
}
