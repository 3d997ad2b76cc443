//! Opening the files of the log so that no symlink, stranger or earlier session gets in between.

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use rustix::fs::{FallocateFlags, Mode, OFlags};
use rustix::io::Errno;

/// Makes the directory (0700) if it is missing and opens it.
///
/// Refuses a symlink and a directory that somebody else owns or may write.
pub(crate) fn private_directory(path: &Path) -> std::io::Result<File> {
    if !path.exists() {
        match std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
        {
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
    }
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let meta = directory.metadata()?;
    if meta.uid() != rustix::process::geteuid().as_raw() || meta.mode() & 0o022 != 0 {
        let text = format!(
            "{} belongs to another user or may be written by others",
            path.display()
        );
        return Err(std::io::Error::new(
            std::io::ErrorKind::PermissionDenied,
            text,
        ));
    }
    Ok(directory)
}

/// Makes a new file (0600) that only grows. An existing one, also a symlink, is an error.
pub(crate) fn new_append(directory: &File, name: &str) -> std::io::Result<File> {
    let flags = OFlags::WRONLY
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::EXCL
        | OFlags::NOFOLLOW
        | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::openat(
        directory,
        name,
        flags,
        Mode::RUSR | Mode::WUSR,
    )?))
}

/// Opens a regular file for reading; a symlink, FIFO or device is an error, and nothing blocks.
pub(crate) fn open_regular(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            format!("{} is no regular file", path.display()),
        ));
    }
    Ok(file)
}

/// Allocates `bytes` behind the end of the file without changing its size. `Ok(false)`: this file system has no such call.
pub(crate) fn allocate(file: &File, end: u64, bytes: u64) -> Result<bool, Errno> {
    loop {
        match rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, end, bytes) {
            Ok(()) => return Ok(true),
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}
