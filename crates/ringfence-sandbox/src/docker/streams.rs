//! The caller's standard streams in an asynchronous runtime, without changing them: they are not made non-blocking, because
//! whoever else holds them would notice.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncWrite, AsyncWriteExt, Interest};

use crate::sys::watch::watch;

/// A writable pipe takes this many bytes without blocking (`PIPE_BUF`).
const PIECE: usize = 4096;
/// Read at a time.
const READ: usize = 32 * 1024;

/// A stream that can be waited for, or a file, which is always ready.
enum Waitable {
    Polled(AsyncFd<OwnedFd>),
    Ready(OwnedFd),
}

impl Waitable {
    fn new(fd: OwnedFd, interest: Interest) -> io::Result<Self> {
        match watch(fd, interest) {
            Ok(fd) => Ok(Self::Polled(fd)),
            Err((fd, cause)) => {
                // epoll takes no regular files.
                if cause.raw_os_error() == Some(libc::EPERM) {
                    Ok(Self::Ready(fd))
                } else {
                    Err(cause)
                }
            }
        }
    }

    /// Does `work` when the descriptor is ready, asked again right before: readiness may be stale, and `work` would block.
    async fn when<T>(
        &self,
        interest: Interest,
        mut work: impl FnMut(&OwnedFd) -> Result<T, Errno>,
    ) -> io::Result<T> {
        match self {
            Self::Ready(fd) => Ok(rustix::io::retry_on_intr(|| work(fd))?),
            Self::Polled(fd) => {
                fd.async_io(interest, |fd| {
                    let wanted = if interest.is_readable() {
                        PollFlags::IN
                    } else {
                        PollFlags::OUT
                    };
                    let mut set = [PollFd::new(fd, wanted)];
                    let now = Timespec::default();
                    if rustix::io::retry_on_intr(|| poll(&mut set, Some(&now)))? == 0 {
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    Ok(rustix::io::retry_on_intr(|| work(fd))?)
                })
                .await
            }
        }
    }
}

/// Where the payload's output goes.
pub(super) struct Sink(Option<Waitable>);

impl Sink {
    pub(super) fn new(fd: OwnedFd) -> io::Result<Self> {
        Waitable::new(fd, Interest::WRITABLE).map(|fd| Self(Some(fd)))
    }

    /// Writes everything, as fast as it is taken. When nobody reads any more, the rest is dropped, and `false` comes back.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> bool {
        let Some(fd) = &self.0 else { return false };
        let mut rest = bytes;
        while !rest.is_empty() {
            let piece = rest.get(..PIECE).unwrap_or(rest);
            match fd
                .when(Interest::WRITABLE, |fd| rustix::io::write(fd, piece))
                .await
            {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(_) => {
                    self.0 = None;
                    return false;
                }
            }
        }
        true
    }
}

/// Copies the caller's standard input into the container and closes it there when it ends here.
pub(super) async fn feed(stdin: OwnedFd, mut into: impl AsyncWrite + Unpin) {
    let Ok(stdin) = Waitable::new(stdin, Interest::READABLE) else {
        return;
    };
    let mut buffer = vec![0; READ];
    loop {
        let read = stdin
            .when(Interest::READABLE, |fd| {
                rustix::io::read(fd.as_fd(), &mut *buffer)
            })
            .await;
        match read {
            Ok(count) if count > 0 => {
                let piece = buffer.get(..count).unwrap_or_default();
                if into.write_all(piece).await.is_err() || into.flush().await.is_err() {
                    return;
                }
            }
            _ => break,
        }
    }
    let _ = into.shutdown().await;
}

/// Takes the init's trailer out of what comes on standard error.
pub(super) struct Trailing {
    mark: Vec<u8>,
    /// Bytes that may be the beginning of the mark, or, when it was there, the trailer.
    held: Vec<u8>,
    found: bool,
}

/// Longest trailer, in bytes.
const TRAILER: usize = 64 * 1024;

impl Trailing {
    pub(super) fn new(mark: Vec<u8>) -> Self {
        Self {
            mark,
            held: Vec::new(),
            found: false,
        }
    }

    /// What of these bytes is the payload's.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        if self.found {
            self.held.truncate(TRAILER);
            return Vec::new();
        }
        let mark = self.mark.as_slice();
        let held = self.held.as_slice();
        // The mark begins with a NUL, which text has not: usually nothing is held.
        let start = (0..held.len()).find(|start| {
            held.get(*start) == mark.first()
                && held
                    .get(*start..)
                    .is_some_and(|rest| mark.starts_with(rest) || rest.starts_with(mark))
        });
        let rest = self.held.split_off(start.unwrap_or(self.held.len()));
        let payload = std::mem::replace(&mut self.held, rest);
        if self.held.starts_with(&self.mark) {
            self.held.drain(..self.mark.len());
            self.found = true;
        }
        payload
    }

    /// The trailer, or what was held and is the payload's after all.
    pub(super) fn finish(self) -> Result<Vec<u8>, Vec<u8>> {
        if self.found {
            Ok(self.held)
        } else {
            Err(self.held)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trailer_is_found_however_it_is_cut() {
        let mark = b"\0end-x:".to_vec();
        let whole = b"text \0 more \0end\0end-x:{\"code\":0}";
        for first in 0..whole.len() {
            for second in first..whole.len() {
                let mut trailing = Trailing::new(mark.clone());
                let mut payload = trailing.push(&whole[..first]);
                payload.extend(trailing.push(&whole[first..second]));
                payload.extend(trailing.push(&whole[second..]));
                assert_eq!(payload, b"text \0 more \0end");
                assert_eq!(trailing.finish(), Ok(b"{\"code\":0}".to_vec()));
            }
        }
    }

    #[test]
    fn without_one_nothing_is_lost() {
        let mut trailing = Trailing::new(b"\0end".to_vec());
        let payload = trailing.push(b"a\0e");
        assert_eq!(payload, b"a");
        assert_eq!(trailing.finish(), Err(b"\0e".to_vec()));
    }
}
