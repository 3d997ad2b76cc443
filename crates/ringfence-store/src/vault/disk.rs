//! Every change that the vault makes on disk goes through here, so that a test can make each one fail or be the last.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::Instant;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::limits::{LOCK_STEP, LOCK_WAIT};

/// The changes, in the order in which they are made.
pub(crate) trait Disk: Send + Sync {
    /// A new file (0600); one that exists is an error.
    fn create(&self, directory: &File, name: &str) -> io::Result<File>;
    /// Writes all of it at this place.
    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Until it is on the medium.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Cuts a file.
    fn cut(&self, file: &File, length: u64) -> io::Result<()>;
    /// Puts one file in the place of another.
    fn rename(&self, directory: &File, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file; one that is gone is no error.
    fn remove(&self, directory: &File, name: &str) -> io::Result<()>;
    /// Until the names of a directory are on the medium.
    fn sync_directory(&self, directory: &File) -> io::Result<()>;
}

/// The real one.
pub(crate) struct Host;

impl Disk for Host {
    fn create(&self, directory: &File, name: &str) -> io::Result<File> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(
            directory,
            name,
            flags,
            Mode::RUSR | Mode::WUSR,
        )?))
    }

    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn cut(&self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn rename(&self, directory: &File, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(directory, from, directory, to)?)
    }

    fn remove(&self, directory: &File, name: &str) -> io::Result<()> {
        match rustix::fs::unlinkat(directory, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn sync_directory(&self, directory: &File) -> io::Result<()> {
        directory.sync_all()
    }
}

/// Puts a file in place in one step: either the old content is there or the new, whole and on the medium.
pub(crate) fn replace(
    disk: &dyn Disk,
    directory: &File,
    name: &str,
    bytes: &[u8],
) -> io::Result<()> {
    let temporary = format!("{name}.new");
    disk.remove(directory, &temporary)?;
    let file = disk.create(directory, &temporary)?;
    let written = disk
        .write(&file, bytes, 0)
        .and_then(|()| disk.sync(&file))
        .and_then(|()| disk.rename(directory, &temporary, name));
    if let Err(error) = written {
        // Gives the room back on a full disk; what is left of it is removed the next time.
        let _ = disk.remove(directory, &temporary);
        return Err(error);
    }
    disk.sync_directory(directory)
}

/// Opens a regular file of a directory; a symlink, FIFO or device is an error.
pub(crate) fn open(directory: &File, name: &str, write: bool) -> io::Result<File> {
    let access = if write { OFlags::RDWR } else { OFlags::RDONLY };
    let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(directory, name, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file",
        ));
    }
    Ok(file)
}

/// Takes the lock of a file for this open file alone, or says after [`LOCK_WAIT`] that somebody else holds it.
pub(crate) fn lock(file: &File) -> io::Result<()> {
    let end = Instant::now() + LOCK_WAIT;
    loop {
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(Errno::WOULDBLOCK) if Instant::now() < end => std::thread::sleep(LOCK_STEP),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
