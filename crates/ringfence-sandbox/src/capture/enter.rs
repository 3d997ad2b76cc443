//! The way in from outside: a short-lived, single-threaded child of the spawner enters the user and network namespaces
//! of a sandbox that somebody else built (bubblewrap), makes sockets there and hands them back.
//!
//! The user namespace is asked from the network namespace itself: bubblewrap nests a second user namespace that owns
//! nothing.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ringfence_policy::spec::Capture;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};
use rustix::process::{Pid, WaitOptions};
use rustix::thread::LinkNameSpaceType;
use serde::{Deserialize, Serialize};

use super::{CaptureError, CaptureSockets, Choice, Manifest, step};
use crate::bounds::{MESSAGE_BYTES, MESSAGE_FDS};
use crate::sys;

/// The namespaces of a sandbox, held open: entering works also after its processes became non-dumpable, which closes
/// `/proc/PID/ns` to an ordinary user.
#[derive(Debug)]
pub(crate) struct Entry {
    network: OwnedFd,
    user: OwnedFd,
}

/// What the helper reports.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    Captured(Manifest),
    #[cfg(test)]
    LoopbackUp,
    #[cfg(test)]
    Sockets,
    Failed(String),
}

impl Entry {
    /// Opens the namespaces of a process that the caller has started and not yet reaped.
    pub(crate) fn open(pid: Pid) -> Result<Self, CaptureError> {
        let path = format!("/proc/{}/ns/net", pid.as_raw_nonzero());
        let network = File::open(path).map_err(step("opening the sandbox's network namespace"))?;
        Self::from_network(network.into())
    }

    /// The same from an open network namespace.
    pub(crate) fn from_network(network: OwnedFd) -> Result<Self, CaptureError> {
        let user = sys::net::owning_user_namespace(&network)
            .map_err(step("finding the owner of the network namespace"))?;
        Ok(Self { network, user })
    }

    /// [`super::establish`] inside.
    pub(crate) fn establish(&self, capture: &Capture) -> Result<CaptureSockets, CaptureError> {
        self.establish_with(capture, Choice::Auto)
    }

    /// [`super::establish_with`] inside.
    pub(crate) fn establish_with(
        &self,
        capture: &Capture,
        choice: Choice,
    ) -> Result<CaptureSockets, CaptureError> {
        let (report, fds) = self.run(|| {
            let (manifest, fds) = super::establish_with(capture, choice)?.into_fds();
            Ok((Report::Captured(manifest), fds))
        })?;
        let Report::Captured(manifest) = report else {
            return Err(CaptureError::Inside(
                "unexpected answer of the namespace helper".into(),
            ));
        };
        CaptureSockets::from_fds(&manifest, fds)
            .ok_or_else(|| CaptureError::Inside("sockets were lost on the way".into()))
    }

    fn run(
        &self,
        work: impl FnOnce() -> Result<(Report, Vec<OwnedFd>), CaptureError>,
    ) -> Result<(Report, Vec<OwnedFd>), CaptureError> {
        let (ours, theirs) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .map_err(|error| step("socket pair")(error.into()))?;
        let pid = sys::net::fork_and_run(|| {
            let outcome = self
                .enter()
                .map_err(step("entering the sandbox's namespaces"))
                .and_then(|()| work());
            let (report, fds) =
                outcome.unwrap_or_else(|error| (Report::Failed(error.to_string()), Vec::new()));
            match send(theirs.as_fd(), &report, &fds) {
                Ok(()) => 0,
                Err(_) => 1,
            }
        })
        .map_err(step("starting the namespace helper"))?;
        // With our copy closed, a helper that dies without a word shows as the end of the stream.
        drop(theirs);
        let answer = receive(ours.as_fd());
        let _ =
            rustix::io::retry_on_intr(|| rustix::process::waitpid(Some(pid), WaitOptions::empty()));
        match answer.map_err(step("answer of the namespace helper"))? {
            (Report::Failed(text), _) => Err(CaptureError::Inside(text)),
            answer => Ok(answer),
        }
    }

    fn enter(&self) -> io::Result<()> {
        let join = rustix::thread::move_into_link_name_space;
        // Already in it: setns(2) refuses that with EINVAL, and there is nothing to gain.
        match join(self.user.as_fd(), Some(LinkNameSpaceType::User)) {
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(join(
            self.network.as_fd(),
            Some(LinkNameSpaceType::Network),
        )?)
    }
}

pub(super) fn send(socket: BorrowedFd<'_>, report: &Report, fds: &[OwnedFd]) -> io::Result<()> {
    let text = serde_json::to_vec(report)?;
    let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MESSAGE_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err(io::Error::other("too many descriptors for one message"));
    }
    rustix::net::sendmsg(
        socket,
        &[IoSlice::new(&text)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

pub(super) fn receive(socket: BorrowedFd<'_>) -> io::Result<(Report, Vec<OwnedFd>)> {
    let mut text = vec![0; MESSAGE_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MESSAGE_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = rustix::io::retry_on_intr(|| {
        rustix::net::recvmsg(
            socket,
            &mut [IoSliceMut::new(&mut text)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        )
    })?;
    let mut fds = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    if received.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let report = serde_json::from_slice(text.get(..received.bytes).unwrap_or_default())?;
    Ok((report, fds))
}
