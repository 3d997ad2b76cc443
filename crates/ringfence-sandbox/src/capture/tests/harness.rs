//! The two sides of a test: a payload in a namespace of its own, and announcers that tell each client where it arrived.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ringfence_policy::spec::Capture;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::process::{Pid, WaitOptions};
use rustix::thread::UnshareFlags;

use crate::capture::enter::{self, Report};
use crate::capture::{CaptureSockets, Choice, establish_with};
use crate::sys;
use crate::sys::net::datagram;

pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A forked child inherits the descriptors of every test that runs meanwhile, so they run one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub(super) fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn capture() -> Capture {
    Capture {
        http_proxy_port: 3128,
        socks_port: 1080,
        fallback_ports: vec![80, 443],
    }
}

/// A child in a network namespace of its own.
pub(super) struct Payload {
    pub(super) pid: Pid,
    control: OwnedFd,
}

impl Payload {
    /// Forks; the child runs `prepare` in a new user and network namespace, hands out what it returns, waits for
    /// [`Self::go`], gives up every capability unless `privileged`, and runs `payload`.
    pub(super) fn start(
        privileged: bool,
        prepare: impl FnOnce() -> Result<(Report, Vec<OwnedFd>), String>,
        payload: impl FnOnce() -> Result<(), String>,
    ) -> (Self, Report, Vec<OwnedFd>) {
        let (ours, theirs) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .unwrap();
        let pid = sys::net::fork_and_run(|| {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                new_namespaces()?;
                let (report, fds) = prepare()?;
                enter::send(theirs.as_fd(), &report, &fds).map_err(|e| e.to_string())?;
                drop(fds);
                enter::receive(theirs.as_fd()).map_err(|e| format!("waiting for go: {e}"))?;
                if !privileged {
                    drop_capabilities()?;
                }
                payload()
            }))
            .unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                Err(text.unwrap_or_else(|| "the payload panicked".into()))
            });
            let report = match outcome {
                Ok(()) => Report::LoopbackUp,
                Err(text) => Report::Failed(text),
            };
            u8::from(enter::send(theirs.as_fd(), &report, &[]).is_err())
        })
        .unwrap();
        drop(theirs);
        let this = Self { pid, control: ours };
        let (report, fds) = enter::receive(this.control.as_fd()).unwrap();
        if let Report::Failed(text) = &report {
            panic!("payload: {text}");
        }
        (this, report, fds)
    }

    /// A child whose namespace is captured from within, and its sockets.
    pub(super) fn captured(
        choice: Choice,
        privileged: bool,
        payload: impl FnOnce() -> Result<(), String>,
    ) -> (Self, CaptureSockets) {
        let prepare = || {
            let sockets = establish_with(&capture(), choice).map_err(|e| e.to_string())?;
            let (manifest, fds) = sockets.into_fds();
            Ok((Report::Captured(manifest), fds))
        };
        let (this, report, fds) = Self::start(privileged, prepare, payload);
        let Report::Captured(manifest) = report else {
            panic!("unexpected {report:?}");
        };
        let sockets = CaptureSockets::from_fds(&manifest, fds).unwrap();
        (this, sockets)
    }

    pub(super) fn go(&self) {
        enter::send(self.control.as_fd(), &Report::LoopbackUp, &[]).unwrap();
    }

    /// Waits for the payload's verdict; panics with its text.
    pub(super) fn finish(self) {
        let verdict = enter::receive(self.control.as_fd());
        let _ = rustix::process::waitpid(Some(self.pid), WaitOptions::empty());
        if let (Report::Failed(text), _) = verdict.unwrap() {
            panic!("payload: {text}");
        }
    }
}

/// Captures, serves and runs `payload` to its end.
pub(super) fn fenced(choice: Choice, payload: impl FnOnce() -> Result<(), String>) {
    let _alone = alone();
    let (child, sockets) = Payload::captured(choice, false, payload);
    announce(sockets);
    child.go();
    child.finish();
}

/// Tells every client which kind of socket it reached and under which address. The threads end with the test process.
pub(super) fn announce(sockets: CaptureSockets) {
    for listener in sockets.tcp {
        announce_tcp("tcp", listener);
    }
    for listener in sockets.dns_tcp {
        announce_tcp("dns", listener);
    }
    announce_tcp("http", sockets.http_proxy);
    announce_tcp("socks", sockets.socks);
    for socket in sockets.dns_udp {
        announce_udp(socket);
    }
}

fn announce_tcp(kind: &'static str, listener: TcpListener) {
    listener.set_nonblocking(false).unwrap();
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let original = stream.local_addr().unwrap();
            let _ = stream.write_all(format!("{kind} {original}").as_bytes());
        }
    });
}

fn announce_udp(socket: UdpSocket) {
    socket.set_nonblocking(false).unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, peer, Some(asked))) = datagram::receive(&socket, &mut buffer) {
            let text = format!("{} {asked}", String::from_utf8_lossy(&buffer[..length]));
            datagram::reply(&socket, text.as_bytes(), peer, asked).unwrap();
        }
    });
}

/// Dials and returns what the other end says.
pub(super) fn dial(address: &str) -> Result<String, String> {
    let address: SocketAddr = address.parse().map_err(|e| format!("{address}: {e}"))?;
    let stream = TcpStream::connect_timeout(&address, PATIENCE)
        .map_err(|e| format!("{address}: {:?} {e}", e.kind()))?;
    hear(stream)
}

pub(super) fn hear(mut stream: TcpStream) -> Result<String, String> {
    stream
        .set_read_timeout(Some(PATIENCE))
        .map_err(|e| e.to_string())?;
    let mut said = String::new();
    stream
        .read_to_string(&mut said)
        .map_err(|e| e.to_string())?;
    Ok(said)
}

pub(super) fn expect<T: PartialEq + std::fmt::Debug>(
    what: &str,
    got: T,
    wanted: T,
) -> Result<(), String> {
    if got == wanted {
        Ok(())
    } else {
        Err(format!("{what}: got {got:?}, wanted {wanted:?}"))
    }
}

/// New user and network namespaces, with the caller's own ids mapped to themselves.
pub(super) fn new_namespaces() -> Result<(), String> {
    let (uid, gid) = (
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    );
    rustix::thread::set_no_new_privs(true).map_err(|e| e.to_string())?;
    unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNET)?;
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{uid} {uid} 1")),
        ("gid_map", format!("{gid} {gid} 1")),
    ] {
        std::fs::write(format!("/proc/self/{file}"), text).map_err(|e| format!("{file}: {e}"))?;
    }
    Ok(())
}

pub(super) fn unshare(flags: UnshareFlags) -> Result<(), String> {
    sys::net::unshare_namespaces(flags).map_err(|e| format!("unshare: {e}"))
}

fn drop_capabilities() -> Result<(), String> {
    let none = rustix::thread::CapabilitySets {
        effective: rustix::thread::CapabilitySet::empty(),
        permitted: rustix::thread::CapabilitySet::empty(),
        inheritable: rustix::thread::CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, none).map_err(|e| format!("dropping capabilities: {e}"))
}
