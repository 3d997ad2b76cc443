//! Replaces the configuration file in one step, so that a reader sees the old text or the new one.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ringfence_policy::Grant;
use rustix::fs::{self, AtFlags, FlockOperation, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::config_edit::{EditError, TEMPLATE, edit_config};
use super::limits::MAX_CONFIG_BYTES;

/// The user's configuration file and the section that answers go to.
#[derive(Debug, Clone)]
pub struct ConfigTarget {
    /// The file; made with its directory when there is none.
    pub path: PathBuf,
    /// `[tools.NAME]` that allowances go to; without it `[network]`.
    pub tool: Option<String>,
}

/// Why the file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The path has no file name.
    #[error("{0} is not a file name")]
    Path(PathBuf),
    /// The file is a symbolic link; following it would write somewhere else.
    #[error("{0} is a symbolic link: add the entry to its target by hand")]
    Symlink(PathBuf),
    /// It is no regular file, has more than one name, or belongs to someone else.
    #[error("{0} is not a plain file of yours")]
    NotPlain(PathBuf),
    /// It is larger than [`MAX_CONFIG_BYTES`].
    #[error("{0} is too large to edit")]
    TooLarge(PathBuf),
    /// Someone else changed or held it.
    #[error("{0} is being changed by someone else")]
    Busy(PathBuf),
    /// The text could not be edited.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The system said no.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
}

/// How long another writer may hold the directory's lock.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Writes "always" for this host into the file.
///
/// Locks the directory, so that concurrent sessions add to each other's edits; keeps the file's mode.
///
/// # Errors
/// [`WriteError`]; the file is then unchanged.
pub fn remember(
    target: &ConfigTarget,
    host: &str,
    port: u16,
    grant: Grant,
) -> Result<(), WriteError> {
    let path = &target.path;
    let name = path
        .file_name()
        .ok_or_else(|| WriteError::Path(path.clone()))?;
    let parent = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let dir = open_dir(parent)?;
    lock(&dir, path)?;
    // A second look is needed only when an editor saved in between; editors know nothing of our lock.
    for _ in 0..3 {
        let old = read(&dir, name, path)?;
        let text = old.as_ref().map_or(TEMPLATE, |(text, _)| text.as_str());
        let new = edit_config(text, target.tool.as_deref(), host, port, grant)?;
        if old.as_ref().is_some_and(|(text, _)| *text == new) {
            return Ok(());
        }
        if replace(&dir, name, path, &new, old.as_ref().map(|(_, stat)| stat))? {
            return Ok(());
        }
    }
    Err(WriteError::Busy(path.clone()))
}

fn open_dir(parent: &Path) -> Result<OwnedFd, WriteError> {
    let fail = |e: std::io::Error| WriteError::Io(parent.to_owned(), e);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match fs::open(parent, flags, Mode::empty()) {
        Err(Errno::NOENT) => {
            std::os::unix::fs::DirBuilderExt::mode(
                std::fs::DirBuilder::new().recursive(true),
                0o700,
            )
            .create(parent)
            .map_err(fail)?;
            fs::open(parent, flags, Mode::empty()).map_err(|e| fail(e.into()))
        }
        other => other.map_err(|e| fail(e.into())),
    }
}

fn lock(dir: &OwnedFd, path: &Path) -> Result<(), WriteError> {
    let start = Instant::now();
    loop {
        match fs::flock(dir, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(Errno::WOULDBLOCK) if start.elapsed() < LOCK_WAIT => {
                std::thread::sleep(Duration::from_millis(20))
            }
            Err(Errno::WOULDBLOCK) => return Err(WriteError::Busy(path.to_owned())),
            Err(e) => return Err(WriteError::Io(path.to_owned(), e.into())),
        }
    }
}

fn read(dir: &OwnedFd, name: &OsStr, path: &Path) -> Result<Option<(String, Stat)>, WriteError> {
    let fail = |e: std::io::Error| WriteError::Io(path.to_owned(), e);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fd = match fs::openat(dir, name, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP) => return Err(WriteError::Symlink(path.to_owned())),
        other => other.map_err(|e| fail(e.into()))?,
    };
    let stat = fs::fstat(&fd).map_err(|e| fail(e.into()))?;
    let plain = fs::FileType::from_raw_mode(stat.st_mode) == fs::FileType::RegularFile;
    if !plain || stat.st_nlink > 1 || stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(WriteError::NotPlain(path.to_owned()));
    }
    let mut text = String::new();
    let mut file = File::from(fd).take(MAX_CONFIG_BYTES + 1);
    file.read_to_string(&mut text).map_err(fail)?;
    if text.len() as u64 > MAX_CONFIG_BYTES {
        return Err(WriteError::TooLarge(path.to_owned()));
    }
    Ok(Some((text, stat)))
}

/// Writes beside the file and renames over it. `false` when the file is not the one that was read any more.
fn replace(
    dir: &OwnedFd,
    name: &OsStr,
    path: &Path,
    text: &str,
    was: Option<&Stat>,
) -> Result<bool, WriteError> {
    let fail = |e: Errno| WriteError::Io(path.to_owned(), e.into());
    let mut temp = OsString::from(".");
    temp.push(name);
    temp.push(format!(".{}.new", std::process::id()));
    // A leftover of a killed process with our number; O_EXCL below decides.
    let _ = fs::unlinkat(dir, &temp, AtFlags::empty());
    let mode = Mode::from_raw_mode(was.map_or(0o600, |s| s.st_mode & 0o777));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = fs::openat(dir, &temp, flags, Mode::from_raw_mode(0o600)).map_err(fail)?;
    let written = fill(fd, text, mode)
        .map_err(|e| WriteError::Io(path.to_owned(), e))
        .and_then(|()| {
            let now = match fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => Some(stat),
                Err(Errno::NOENT) => None,
                Err(e) => return Err(fail(e)),
            };
            if now.as_ref().map(identity) != was.map(identity) {
                return Ok(false);
            }
            fs::renameat(dir, &temp, dir, name).map_err(fail)?;
            Ok(true)
        });
    if !matches!(written, Ok(true)) {
        let _ = fs::unlinkat(dir, &temp, AtFlags::empty());
    }
    let _ = fs::fsync(dir.as_fd());
    written
}

fn fill(fd: OwnedFd, text: &str, mode: Mode) -> std::io::Result<()> {
    fs::fchmod(&fd, mode)?;
    let mut file = File::from(fd);
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn identity(stat: &Stat) -> (u64, u64, i64, i64, u64) {
    #[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
    // the widths differ between targets
    (
        stat.st_dev as u64,
        stat.st_ino as u64,
        stat.st_size as i64,
        stat.st_mtime as i64,
        stat.st_mtime_nsec as u64,
    )
}

#[cfg(test)]
mod tests;
