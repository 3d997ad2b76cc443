//! Opening files below a directory, without a symlink on the way and without leaving it.

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::StoreError;

const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS);

/// Makes the directory (0700) with its parents if it is missing, and opens it. The path is the user's own and may hold symlinks, but
/// the directory itself is none, and is the user's alone to write.
pub(super) fn private_directory(path: &Path) -> Result<File, StoreError> {
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.map_err(|e| StoreError::io("making", path, e))?;
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::open(path, flags, Mode::empty())
        .map(File::from)
        .map_err(|e| StoreError::io("opening", path, e.into()))?;
    let meta = directory
        .metadata()
        .map_err(|e| StoreError::io("opening", path, e))?;
    if meta.uid() != rustix::process::geteuid().as_raw() || meta.mode() & 0o022 != 0 {
        let mode = meta.mode() & 0o777;
        return Err(StoreError::Exposed {
            path: path.to_owned(),
            found: format!("owned by uid {}, mode {mode:04o}", meta.uid()),
        });
    }
    Ok(directory)
}

/// Makes a directory below another one if it is missing, and opens it.
pub(super) fn make_directory(parent: &File, name: &str) -> std::io::Result<File> {
    match rustix::fs::mkdirat(parent, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(e) => return Err(e.into()),
    }
    open_directory(parent, name)
}

/// Opens a directory below another one.
pub(super) fn open_directory(parent: &File, name: &str) -> std::io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat2(parent, name, flags, Mode::empty(), BENEATH)?.into())
}

/// Opens a regular file for reading; a FIFO or device is an error, and nothing blocks.
pub(super) fn open_regular(parent: &File, path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    regular(rustix::fs::openat2(parent, path, flags, Mode::empty(), BENEATH)?.into())
}

/// Makes a new file (0600); an existing one is an error.
pub(super) fn create_new(parent: &File, name: &str) -> std::io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    Ok(rustix::fs::openat2(parent, name, flags, mode, BENEATH)?.into())
}

/// Opens or makes a file (0600) to be locked, or to be written on.
pub(super) fn open_lock(parent: &File, name: &str) -> std::io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    regular(rustix::fs::openat2(parent, name, flags, mode, BENEATH)?.into())
}

/// The names in a directory, but `.` and `..`; one that is not UTF-8 is none of ours and left out.
pub(super) fn entries(directory: &File) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::read_from(directory)? {
        let name = entry?.file_name().to_str().map(str::to_owned);
        if let Ok(name) = name
            && name != "."
            && name != ".."
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// 128 random bits, in hexadecimal.
pub(super) fn random_name() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| std::io::Error::other("the system gives no random numbers"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn regular(file: File) -> std::io::Result<File> {
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "not a regular file",
        ))
    }
}
