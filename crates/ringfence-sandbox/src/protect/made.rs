//! One placeholder: made under a name that nobody else uses, written down, then moved to its place.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use ringfence_policy::spec::Placeholder;
use rustix::fs::{AtFlags, FlockOperation, Gid, Mode, OFlags, RenameFlags, Uid};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::at::{self, Identity};
use super::lock::Locked;
use super::{ProtectError, at_path};

/// One line of a journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    /// Written before anything is made.
    Intend(Entry),
    /// The file under the temporary name of the last intention exists and is this one; next it is moved to its place.
    Made(Identity),
    /// Nothing of the last intention is left.
    Dropped,
}

/// What is to be made where.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Host directory.
    pub(super) dir: PathBuf,
    /// Name in it.
    pub(super) name: String,
    /// The name under which it is made.
    pub(super) temporary: String,
    /// What it is.
    pub(super) placeholder: Placeholder,
    /// What was made.
    #[serde(skip)]
    pub(super) identity: Option<Identity>,
}

/// What became of an attempt to remove an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removal {
    /// It is gone by our hand.
    Removed,
    /// It is not ours any more: changed, in use, replaced or gone.
    Left,
    /// Another session holds it; to be tried again when that one has ended.
    Held,
}

impl Entry {
    /// Makes the file under its temporary name and returns it, locked.
    pub(super) fn make(&self, dir: &OwnedFd) -> Result<Locked<OwnedFd>, ProtectError> {
        let path = self.dir.join(&self.temporary);
        let failed = |step| at_path(step, &path);
        let fd = match &self.placeholder {
            Placeholder::File(text) => {
                let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
                let fd = rustix::fs::openat(
                    dir,
                    &self.temporary,
                    flags | OFlags::CLOEXEC,
                    Mode::from_raw_mode(0o644),
                )
                .map_err(failed("making"))?;
                write_all(&fd, text.as_bytes()).map_err(failed("writing"))?;
                fd
            }
            Placeholder::Directory | Placeholder::Nothing => {
                rustix::fs::mkdirat(dir, &self.temporary, Mode::from_raw_mode(0o755))
                    .map_err(failed("making"))?;
                at::entry(dir, &self.temporary).map_err(failed("opening"))?
            }
        };
        own_like(&fd, dir).map_err(failed("giving an owner to"))?;
        Locked::shared(fd).map_err(failed("locking"))
    }

    /// Moves it to its place. `false`: something stands there by now, and the temporary is removed.
    pub(super) fn put(&self, dir: &OwnedFd) -> Result<bool, ProtectError> {
        let moved = rustix::fs::renameat_with(
            dir,
            &self.temporary,
            dir,
            &self.name,
            RenameFlags::NOREPLACE,
        );
        match moved {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => {
                self.remove_temporary(dir.as_fd());
                Ok(false)
            }
            Err(errno) => {
                self.remove_temporary(dir.as_fd());
                Err(at_path("placing", &self.dir.join(&self.name))(errno))
            }
        }
    }

    /// Removes what a holder that died half-way left under the temporary name. The name is random and only
    /// written down by us, so whatever has it is ours; a directory goes only when empty.
    pub(super) fn remove_temporary(&self, dir: BorrowedFd<'_>) {
        let flags = match self.placeholder {
            Placeholder::File(_) => AtFlags::empty(),
            _ => AtFlags::REMOVEDIR,
        };
        let _ = rustix::fs::unlinkat(dir, &self.temporary, flags);
    }

    /// Removes the placeholder if it is still ours, unchanged, and nobody else's. `own` is the holder's descriptor,
    /// whose shared lock must not count.
    pub(super) fn remove(&self, own: Option<&Locked<OwnedFd>>) -> Result<Removal, ProtectError> {
        let path = self.dir.join(&self.name);
        let dir = match at::directory(&self.dir) {
            Ok(dir) => dir,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(Removal::Left),
            Err(errno) => return Err(at_path("opening", &self.dir)(errno)),
        };
        self.remove_temporary(dir.as_fd());
        let Some(identity) = &self.identity else {
            return Ok(Removal::Left);
        };
        let found = match at::entry(&dir, &self.name) {
            Ok(found) => found,
            Err(Errno::NOENT | Errno::LOOP | Errno::NXIO) => return Ok(Removal::Left),
            Err(errno) => return Err(at_path("opening", &path)(errno)),
        };
        let failed = |step| at_path(step, &path);
        let now = at::identity(&found).map_err(failed("reading"))?;
        if !identity.is(&now)
            || !at::is_as_made(&found, &self.placeholder).map_err(failed("reading"))?
        {
            return Ok(Removal::Left);
        }
        let locked = match own {
            // Its own shared lock becomes an exclusive one, and ends with the holder's descriptor.
            Some(own) => {
                rustix::fs::flock(own, FlockOperation::NonBlockingLockExclusive).map(|()| None)
            }
            None => Locked::exclusive(&found).map(Some),
        };
        let _locked = match locked {
            Ok(locked) => locked,
            Err(Errno::WOULDBLOCK) => return Ok(Removal::Held),
            Err(errno) => return Err(failed("locking")(errno)),
        };
        let flags = match self.placeholder {
            Placeholder::File(_) => AtFlags::empty(),
            _ => AtFlags::REMOVEDIR,
        };
        match rustix::fs::unlinkat(&dir, &self.name, flags) {
            Ok(()) => Ok(Removal::Removed),
            Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => Ok(Removal::Left),
            Err(errno) => Err(failed("removing")(errno)),
        }
    }
}

/// A path that exists already.
pub(super) enum Foreign {
    /// It looks like a placeholder and is held by a shared lock now.
    Held(Locked<OwnedFd>),
    /// It looks like one, and somebody has it locked exclusively: it may be going away.
    Busy,
    /// It is none.
    None,
}

/// Holds a path that looks like a placeholder, so that the session that made it does not remove it under ours.
pub(super) fn hold_foreign(
    dir: &OwnedFd,
    name: &str,
    placeholder: &Placeholder,
    path: &Path,
) -> Result<Foreign, ProtectError> {
    // A symlink, something unreadable, or gone: nothing that we ever made.
    let Ok(found) = at::entry(dir, name) else {
        return Ok(Foreign::None);
    };
    let failed = |step| at_path(step, path);
    if !at::is_as_made(&found, placeholder).map_err(failed("reading"))? {
        return Ok(Foreign::None);
    }
    match Locked::shared(found) {
        Ok(held) => Ok(Foreign::Held(held)),
        Err(Errno::WOULDBLOCK) => Ok(Foreign::Busy),
        Err(errno) => Err(failed("locking")(errno)),
    }
}

/// As root: the owner of the directory owns what is in it. Otherwise the kernel has done so.
fn own_like(fd: &OwnedFd, dir: &OwnedFd) -> Result<(), Errno> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let parent = rustix::fs::fstat(dir)?;
    let made = rustix::fs::fstat(fd)?;
    // Not made by us after all: somebody swapped the name.
    if made.st_uid != 0 {
        return Err(Errno::PERM);
    }
    if parent.st_uid != made.st_uid {
        rustix::fs::fchown(fd, Some(Uid::from_raw(parent.st_uid)), None)?;
    }
    if parent.st_gid != made.st_gid {
        // A group that this user namespace does not map can not be given, and gives no right either.
        match rustix::fs::fchown(fd, None, Some(Gid::from_raw(parent.st_gid))) {
            Err(Errno::INVAL | Errno::PERM) => {}
            other => other?,
        }
    }
    Ok(())
}

fn write_all(fd: &OwnedFd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let written = rustix::io::retry_on_intr(|| rustix::io::write(fd, bytes))?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}
