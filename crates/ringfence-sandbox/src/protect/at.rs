//! Files addressed by a directory descriptor and one name, never through a symlink.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use ringfence_policy::spec::Placeholder;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Statx, StatxFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// Opens a directory by its absolute path; a symlink anywhere in it is refused (`ELOOP`).
pub(super) fn directory(path: &Path) -> Result<OwnedFd, Errno> {
    rustix::fs::openat2(
        rustix::fs::CWD,
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )
}

/// Opens whatever is at an absolute path, without access to its contents; symlinks as in [`directory`].
pub(super) fn any(path: &Path) -> Result<OwnedFd, Errno> {
    rustix::fs::openat2(
        rustix::fs::CWD,
        path,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )
}

/// Opens one entry of a directory for reading; a symlink is refused, a fifo does not block.
pub(super) fn entry(dir: impl AsFd, name: &str) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(
        dir,
        name,
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// What tells one file from another that came later to the same place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    /// Seconds and nanoseconds of its making, where the file system says.
    born: Option<(i64, u32)>,
}

impl Identity {
    /// The same file? The device is only compared without a birth time: its number may change with a reboot.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.inode == other.inode
            && self.born == other.born
            && (self.born.is_some() || self.device == other.device)
    }
}

/// Identity of an open file.
pub(super) fn identity(fd: impl AsFd) -> Result<Identity, Errno> {
    let stat = rustix::fs::statx(
        fd,
        "",
        AtFlags::EMPTY_PATH,
        StatxFlags::INO | StatxFlags::BTIME,
    )?;
    Ok(Identity {
        device: (u64::from(stat.stx_dev_major) << 32) | u64::from(stat.stx_dev_minor),
        inode: stat.stx_ino,
        born: born(&stat),
    })
}

fn born(stat: &Statx) -> Option<(i64, u32)> {
    (stat.stx_mask & StatxFlags::BTIME.bits() != 0)
        .then_some((stat.stx_btime.tv_sec, stat.stx_btime.tv_nsec))
}

/// Whether the open file is exactly what a placeholder is when made. Directories are only looked at by type:
/// `rmdir` itself refuses a directory in use.
pub(super) fn is_as_made(fd: impl AsFd, placeholder: &Placeholder) -> Result<bool, Errno> {
    let stat = rustix::fs::fstat(&fd)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    match placeholder {
        Placeholder::Nothing => Ok(false),
        Placeholder::Directory => Ok(kind.is_dir()),
        Placeholder::File(text) => {
            if !kind.is_file() || stat.st_nlink != 1 || stat.st_size != text.len() as i64 {
                return Ok(false);
            }
            let mut buffer = vec![0; text.len() + 1];
            let mut filled = 0;
            while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
                match rustix::io::pread(&fd, rest, filled as u64)? {
                    0 => break,
                    n => filled += n,
                }
            }
            Ok(buffer.get(..filled) == Some(text.as_bytes()))
        }
    }
}
