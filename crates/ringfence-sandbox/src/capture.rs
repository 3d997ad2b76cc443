//! Listening sockets made inside a sandbox's network namespace, to be accepted from outside. (B2)

use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use ringfence_policy::spec::Capture;
use serde::{Deserialize, Serialize};

/// The sandbox's sockets, owned by the supervisor.
#[derive(Debug)]
pub struct CaptureSockets {
    /// Catch every TCP connection (IPv4 and IPv6); `getsockname` of an accepted socket is the original destination.
    pub tcp: Vec<TcpListener>,
    /// DNS over UDP.
    pub dns_udp: Vec<UdpSocket>,
    /// DNS over TCP.
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
        source: std::io::Error,
    },
}

/// Brings the loopback of the current network namespace up, installs the routes and the SYN
/// interception and opens the sockets. Needs `CAP_NET_ADMIN` over the namespace; single-threaded caller.
pub(crate) fn establish(_capture: &Capture) -> Result<CaptureSockets, CaptureError> {
    Err(CaptureError::Step {
        step: "start",
        source: std::io::ErrorKind::Unsupported.into(),
    })
}

/// Brings the loopback up and nothing else ([`ringfence_policy::spec::Network::None`]).
pub(crate) fn loopback_only() -> Result<(), CaptureError> {
    Err(CaptureError::Step {
        step: "start",
        source: std::io::ErrorKind::Unsupported.into(),
    })
}

/// Unconnected TCP sockets of the current network namespace (v4), for publishing ports. Called in the init, without capabilities.
pub(crate) fn inner_sockets(_count: usize) -> Result<Vec<OwnedFd>, CaptureError> {
    Err(CaptureError::Step {
        step: "start",
        source: std::io::ErrorKind::Unsupported.into(),
    })
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
