//! A lock on an open file that ends when it is dropped.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// An open file and the lock it holds. Closing the file would not be enough to end the lock: a child that
/// was cloned in this moment has the same open file until it runs its program, and the lock lives as long.
#[derive(Debug)]
pub(super) struct Locked<F: AsFd>(F);

impl<F: AsFd> Locked<F> {
    /// Locks so that others may lock as well. `WOULDBLOCK`: somebody has it to himself.
    pub(super) fn shared(file: F) -> Result<Self, Errno> {
        Self::with(file, FlockOperation::NonBlockingLockShared)
    }

    /// Locks so that nobody else may. `WOULDBLOCK`: somebody has it locked.
    pub(super) fn exclusive(file: F) -> Result<Self, Errno> {
        Self::with(file, FlockOperation::NonBlockingLockExclusive)
    }

    fn with(file: F, operation: FlockOperation) -> Result<Self, Errno> {
        flock(&file, operation)?;
        Ok(Self(file))
    }

    pub(super) fn get(&self) -> &F {
        &self.0
    }

    pub(super) fn get_mut(&mut self) -> &mut F {
        &mut self.0
    }
}

impl<F: AsFd> AsFd for Locked<F> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl<F: AsFd> Drop for Locked<F> {
    fn drop(&mut self) {
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_although_a_child_still_has_the_file() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("file");
        let file = std::fs::File::create(&path).expect("file");
        // What a fork leaves in the child: another descriptor of the same open file.
        let _of_the_child = file.try_clone().expect("duplicate");
        let again = || std::fs::File::open(&path).expect("open");
        let locked = Locked::shared(file).expect("locked");
        assert_eq!(
            Locked::exclusive(again()).err(),
            Some(Errno::WOULDBLOCK),
            "held"
        );
        drop(locked);
        Locked::exclusive(again()).expect("free");
    }
}
