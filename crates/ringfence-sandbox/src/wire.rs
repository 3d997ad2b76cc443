//! Messages with descriptors over a `SOCK_SEQPACKET` pair: one JSON value a packet, bounded in bytes and descriptors.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg,
    sendmsg, socketpair,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::backend::BackendName;
use crate::bounds::{MESSAGE_BYTES, MESSAGE_FDS};
use crate::capture::Manifest;
use crate::launch::Process;

/// One end of a pair.
#[derive(Debug)]
pub(crate) struct Channel(OwnedFd);

impl Channel {
    /// A connected pair, close-on-exec.
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        Ok((Self(a), Self(b)))
    }

    /// Sends one message.
    pub(crate) fn send<T: Serialize>(&self, message: &T, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let bytes = serde_json::to_vec(message)?;
        if bytes.len() > MESSAGE_BYTES || fds.len() > MESSAGE_FDS {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "message over its limit",
            ));
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MESSAGE_FDS))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        rustix::io::retry_on_intr(|| {
            sendmsg(
                &self.0,
                &[IoSlice::new(&bytes)],
                &mut ancillary,
                SendFlags::NOSIGNAL,
            )
        })?;
        Ok(())
    }

    /// Receives one message; `None` when the other end is closed.
    pub(crate) fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
        let mut bytes = vec![0; MESSAGE_BYTES];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MESSAGE_FDS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = loop {
            let received = recvmsg(
                &self.0,
                &mut [IoSliceMut::new(&mut bytes)],
                &mut ancillary,
                RecvFlags::CMSG_CLOEXEC,
            );
            match received {
                // The other end is gone and left something of ours unread. What it had sent before, its last report
                // above all, is still to be read: the kernel tells of the reset once, and first.
                Err(rustix::io::Errno::INTR | rustix::io::Errno::CONNRESET) => {}
                other => break other?,
            }
        };
        let mut fds = Vec::new();
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                fds.extend(rights);
            }
        }
        if received.bytes == 0 {
            return Ok(None);
        }
        if received
            .flags
            .intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC)
        {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "message over its limit",
            ));
        }
        let message = serde_json::from_slice(bytes.get(..received.bytes).unwrap_or_default())?;
        Ok(Some((message, fds)))
    }

    /// Waits until something can be received, at most this long; `false` on timeout.
    pub(crate) fn readable_within(&self, milliseconds: i32) -> io::Result<bool> {
        let timeout = rustix::event::Timespec {
            tv_sec: i64::from(milliseconds / 1000),
            tv_nsec: i64::from(milliseconds % 1000) * 1_000_000,
        };
        let mut set = [rustix::event::PollFd::new(
            &self.0,
            rustix::event::PollFlags::IN,
        )];
        Ok(rustix::io::retry_on_intr(|| rustix::event::poll(&mut set, Some(&timeout)))? > 0)
    }
}

impl From<OwnedFd> for Channel {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Supervisor to spawner: build this. Descriptors: spec (sealed memfd), control, requests, stdin, stdout, stderr.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Build {
    pub(crate) backend: BackendName,
    pub(crate) session: String,
    pub(crate) limits: ringfence_policy::spec::Limits,
    #[serde(default)]
    pub(crate) docker: Option<crate::docker::DockerHost>,
    /// Whether the init may watch what no cgroup limits: for code.
    pub(crate) watched: bool,
}

/// Spawner and sandbox to supervisor, over the control socket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    /// From the spawner: the first process exists. Descriptor: its pidfd.
    Started {
        /// Limits in force, by name.
        protections: Vec<String>,
    },
    /// From whoever made pid 1, when that is not the spawner. Descriptor: its pidfd.
    Init,
    /// It can not be built.
    Failed { text: String },
    /// Descriptors: the capture sockets.
    Capture(Manifest),
    /// Everything is built; the payload waits. Descriptors: the terminal's master, if `terminal`; the directory to be
    /// collected, if `collect`.
    Ready {
        protections: Vec<String>,
        terminal: bool,
        collect: bool,
    },
    /// The payload runs its program.
    Executed,
    /// The program could not be executed.
    ExecFailed { errno: i32 },
    /// The payload ended.
    Exit {
        code: Option<i32>,
        signal: Option<i32>,
        timeout: bool,
        wall_ms: u64,
        leftover: u32,
        seen: Seen,
    },
    /// From the spawner, last: every process is gone.
    Reaped {
        oom: bool,
        pids: bool,
        peak_memory: Option<u64>,
        cpu_ms: Option<u64>,
    },
}

/// A limit for which everything inside was killed. A closed set: behind gVisor the payload can write such a report itself, and
/// what it says must hold no text of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KilledFor {
    /// Memory.
    Oom,
    /// Bytes on disk.
    Disk,
}

impl KilledFor {
    /// The reason in the exit report.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Oom => "oom",
            Self::Disk => "disk",
        }
    }
}

/// What the init saw of the payload's use of resources, for where no cgroup counts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// The limit for which the init killed everything.
    pub(crate) killed_for: Option<KilledFor>,
    /// Whether as many tasks as are allowed were there at a time.
    pub(crate) pids_reached: bool,
    /// CPU milliseconds, user and system, of everything that ran.
    pub(crate) cpu_ms: Option<u64>,
    /// Most memory in bytes that all processes held at a time, where the init watches it.
    pub(crate) watched_memory: Option<u64>,
    /// Most memory in bytes that the largest process held.
    pub(crate) largest_process: Option<u64>,
}

/// Supervisor to init, over the control socket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Execute the payload.
    Release,
    /// Send its process group this signal.
    Signal(i32),
}

/// Supervisor to init, over the requests socket; each gets one [`Answer`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// TCP sockets of the sandbox's network namespace.
    Sockets { count: usize },
    /// TCP ports with a listener.
    Listening,
    /// Who owns the socket bound to this port.
    ProcessOf { port: u16 },
}

/// Init to supervisor, over the requests socket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Descriptors: the sockets.
    Sockets,
    /// The ports.
    Listening(Vec<u16>),
    /// The process.
    Process(Option<Process>),
    /// It did not work.
    Failed { errno: i32 },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_arrives_with_its_descriptors() {
        let (a, b) = Channel::pair().unwrap();
        let (r, w) = rustix::pipe::pipe().unwrap();
        a.send(&Order::Signal(15), &[w.as_fd()]).unwrap();
        let (order, mut fds) = b.receive::<Order>().unwrap().unwrap();
        assert!(matches!(order, Order::Signal(15)));
        rustix::io::write(fds.pop().unwrap(), b"x").unwrap();
        let mut byte = [0];
        assert_eq!(rustix::io::read(&r, &mut byte).unwrap(), 1);
        assert!(!b.readable_within(0).unwrap());
    }

    #[test]
    fn limits_are_errors_and_a_closed_end_is_none() {
        let (a, b) = Channel::pair().unwrap();
        let text = "x".repeat(MESSAGE_BYTES);
        assert!(a.send(&Report::Failed { text }, &[]).is_err());
        let (r, _w) = rustix::pipe::pipe().unwrap();
        assert!(
            a.send(&Order::Release, &[r.as_fd(); MESSAGE_FDS + 1])
                .is_err()
        );
        // A packet over the limit from somebody who does not keep to it.
        rustix::net::send(&a, &vec![b' '; MESSAGE_BYTES + 1], SendFlags::empty()).unwrap();
        assert!(b.receive::<Order>().is_err());
        rustix::net::send(&a, b"not json", SendFlags::empty()).unwrap();
        assert!(b.receive::<Order>().is_err());
        drop(a);
        assert!(b.receive::<Order>().unwrap().is_none());
    }
}
