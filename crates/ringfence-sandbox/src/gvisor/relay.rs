//! Standard streams for the second kernel. It keeps a file position of its own for a regular file, so that what others write to the
//! same file before, meanwhile and after would be overwritten: it gets a pipe instead, which is copied to the file.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::FileType;
use rustix::pipe::{PipeFlags, pipe_with};

use crate::error::{Fault, Step};

/// One output stream of the payload.
#[derive(Debug)]
pub(super) struct Output {
    to: OwnedFd,
    /// Ends of the pipe in between: ours, and the second kernel's until that has it.
    pipe: Option<(OwnedFd, Option<OwnedFd>)>,
}

impl Output {
    pub(super) fn new(to: &OwnedFd) -> Result<Self, Fault> {
        let mode = rustix::fs::fstat(to).step("standard streams")?.st_mode;
        let regular = FileType::from_raw_mode(mode).is_file();
        let pipe = regular
            .then(|| pipe_with(PipeFlags::CLOEXEC).map(|(ours, theirs)| (ours, Some(theirs))))
            .transpose();
        Ok(Self {
            to: to.try_clone().step("standard streams")?,
            pipe: pipe.step("pipe")?,
        })
    }

    /// What the second kernel writes to.
    pub(super) fn inner(&self) -> BorrowedFd<'_> {
        match &self.pipe {
            Some((_, Some(theirs))) => theirs.as_fd(),
            _ => self.to.as_fd(),
        }
    }

    /// What there is to copy from, if there is a pipe.
    pub(super) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(|(ours, _)| ours.as_fd())
    }

    /// To be called once the second kernel has its end.
    pub(super) fn started(&mut self) {
        if let Some((_, theirs)) = &mut self.pipe {
            *theirs = None;
        }
    }

    /// Copies one piece; false when there will be no more. Blocks while there is nothing.
    pub(super) fn copy(&mut self) -> bool {
        let Some((ours, _)) = &self.pipe else {
            return false;
        };
        let mut part = [0_u8; 64 * 1024];
        let count = rustix::io::retry_on_intr(|| rustix::io::read(ours, &mut part)).unwrap_or(0);
        let mut rest = part.get(..count).unwrap_or_default();
        while !rest.is_empty() {
            match rustix::io::retry_on_intr(|| rustix::io::write(&self.to, rest)) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                // The disk is full, or the file over its limit: what the payload says is lost, as it would be without us.
                Err(_) => break,
            }
        }
        if count == 0 {
            self.pipe = None;
        }
        count > 0
    }
}
