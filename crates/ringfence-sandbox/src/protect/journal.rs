//! The journal of placeholders: `STATE/journal/SESSION.N`, one JSON line a step, locked while its
//! session lives. It survives the death of every process; after a power cut a placeholder may stay.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use ringfence_policy::spec::Placeholder;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::at;
use super::lock::Locked;
use super::made::{Entry, Foreign, Line, Removal, hold_foreign};
use super::{ProtectError, at_path};
use crate::bounds::{JOURNAL_BYTES, JOURNALS_PER_SESSION, PLACEHOLDERS};

/// How often a placeholder that another session is just removing is looked at again.
const ROUNDS: usize = 20;

/// The journal of one session; holds its placeholders until dropped. Runs in the supervisor, as the
/// invoking user, before the sandbox is cloned.
#[derive(Debug)]
pub(crate) struct Journal {
    state: PathBuf,
    session: String,
    /// Made with the first placeholder, so that most runs write nothing.
    file: Option<(Locked<std::fs::File>, PathBuf)>,
    made: Vec<(Entry, Locked<OwnedFd>)>,
    /// Placeholders of other sessions that ours needs as well; held by a shared lock.
    foreign: Vec<Locked<OwnedFd>>,
}

impl Journal {
    /// Opens the journal of a session below the state directory (`STATE/journal/`), after sweeping what killed
    /// sessions left: it would else pass for the user's own. Nothing is written yet.
    pub(crate) fn open(state: &Path, session: &str) -> Result<Self, ProtectError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if session.is_empty()
            || session.len() > 128
            || session.starts_with('.')
            || !session.chars().all(plain)
        {
            return Err(step(
                "the session's name can not be a file name",
                Errno::INVAL,
            ));
        }
        // What can not be swept now stays journalled, and does not stop this session.
        let _ = sweep(state);
        Ok(Self {
            state: state.to_owned(),
            session: session.to_owned(),
            file: None,
            made: Vec::new(),
            foreign: Vec::new(),
        })
    }

    /// Makes sure that something stands at this host path: nothing is done if it exists, else the
    /// placeholder is journalled and made (parents are not created: an absent parent is the caller's to
    /// name first, as `Placeholder::Directory`). Never follows a symlink. Owner: that of the directory.
    /// `true`: it is a placeholder, ours or another session's, that stands there.
    pub(crate) fn hold(
        &mut self,
        path: &Path,
        placeholder: &Placeholder,
    ) -> Result<bool, ProtectError> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str()))
        else {
            return Err(at_path("naming", path)(Errno::INVAL));
        };
        let dir = match at::directory(parent) {
            Ok(dir) => dir,
            Err(errno) => return Err(at_path("opening the directory of", path)(errno)),
        };
        // Another session may remove its placeholder between our looks; a few rounds settle it.
        for round in 0..ROUNDS {
            match rustix::fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => match hold_foreign(&dir, name, placeholder, path)? {
                    Foreign::Busy if round + 1 < ROUNDS => {
                        std::thread::sleep(std::time::Duration::from_millis(2));
                    }
                    // A program of the user's has it locked all the time: no session of ours does that.
                    Foreign::Busy | Foreign::None => return Ok(false),
                    Foreign::Held(held) => {
                        if still_there(&dir, name, &held) {
                            self.foreign.push(held);
                            return Ok(true);
                        }
                    }
                },
                Err(Errno::NOENT) if *placeholder == Placeholder::Nothing => return Ok(false),
                Err(Errno::NOENT) => {
                    if self.make(&dir, parent, name, placeholder)? {
                        return Ok(true);
                    }
                }
                Err(errno) => return Err(at_path("looking at", path)(errno)),
            }
        }
        Err(at_path("settling", path)(Errno::AGAIN))
    }

    /// `false`: something stands there by now.
    fn make(
        &mut self,
        dir: &OwnedFd,
        parent: &Path,
        name: &str,
        placeholder: &Placeholder,
    ) -> Result<bool, ProtectError> {
        if self.made.len() >= PLACEHOLDERS {
            return Err(step("too many placeholders", Errno::OVERFLOW));
        }
        let mut entry = Entry {
            dir: parent.to_owned(),
            name: name.to_owned(),
            temporary: format!(".ringfence-{}", random_name()?),
            placeholder: placeholder.clone(),
            identity: None,
        };
        self.write(&Line::Intend(entry.clone()))?;
        let made = self.finish(&mut entry, dir);
        match made {
            Ok(Some(fd)) => {
                self.made.push((entry, fd));
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => {
                entry.remove_temporary(dir.as_fd());
                Err(error)
            }
        }
    }

    /// The steps after the intention is written. `None`: something stands there by now.
    fn finish(
        &mut self,
        entry: &mut Entry,
        dir: &OwnedFd,
    ) -> Result<Option<Locked<OwnedFd>>, ProtectError> {
        let fd = entry.make(dir)?;
        let identity = at::identity(fd.get()).map_err(at_path("reading", &entry.dir))?;
        self.write(&Line::Made(identity.clone()))?;
        if !entry.put(dir)? {
            self.write(&Line::Dropped)?;
            return Ok(None);
        }
        entry.identity = Some(identity);
        Ok(Some(fd))
    }

    fn write(&mut self, line: &Line) -> Result<(), ProtectError> {
        let mut bytes =
            serde_json::to_vec(line).map_err(|_| step("a path is no valid UTF-8", Errno::ILSEQ))?;
        bytes.push(b'\n');
        if self.file.is_none() {
            self.file = Some(create(&self.state, &self.session)?);
        }
        let Some((file, _)) = &mut self.file else {
            return Ok(());
        };
        file.get_mut()
            .write_all(&bytes)
            .map_err(|source| ProtectError::Step {
                step: "writing the journal",
                source,
            })
    }

    /// Removes what this session alone holds and nobody changed. What another session holds too stays
    /// in the journal, for the sweep at that session's end.
    pub(crate) fn release(mut self) -> Result<(), ProtectError> {
        self.remove_all()
    }

    fn remove_all(&mut self) -> Result<(), ProtectError> {
        let mut result = Ok(());
        let mut all_settled = true;
        // First, because one of ours may be among them: a path that was asked for twice.
        let held_any = !self.foreign.is_empty();
        self.foreign.clear();
        // Children before the directories made for them.
        while let Some((entry, own)) = self.made.pop() {
            match entry.remove(Some(&own)) {
                Ok(Removal::Removed | Removal::Left) => {}
                Ok(Removal::Held) => all_settled = false,
                Err(error) => {
                    all_settled = false;
                    result = Err(error);
                }
            }
        }
        let wrote = match self.file.take() {
            Some((_file, path)) => {
                if all_settled {
                    let _ = std::fs::remove_file(path);
                }
                true
            }
            None => false,
        };
        // The last one out takes along what the others had to leave.
        if wrote || held_any {
            let swept = sweep(&self.state).map(drop);
            result = result.and(swept);
        }
        result
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = self.remove_all();
    }
}

/// Removes placeholders of sessions that died without doing so. Returns the host paths removed.
///
/// # Errors
/// When the journal can not be read.
pub fn sweep(state: &Path) -> Result<Vec<PathBuf>, ProtectError> {
    let directory = state.join("journal");
    let listing = match std::fs::read_dir(&directory) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(ProtectError::Step {
                step: "reading the journal directory",
                source,
            });
        }
    };
    let mut removed = Vec::new();
    let mut failed = None;
    for name in listing.flatten().map(|entry| entry.file_name()) {
        // One journal that can not be settled must not keep the others from being swept.
        match sweep_one(&directory, &name) {
            Ok(paths) => removed.extend(paths),
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if removed.is_empty() => Err(error),
        _ => Ok(removed),
    }
}

fn sweep_one(directory: &Path, name: &OsString) -> Result<Vec<PathBuf>, ProtectError> {
    let path = directory.join(name);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(&path, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(Vec::new()),
        Err(errno) => return Err(at_path("opening", &path)(errno)),
    };
    let file = match Locked::exclusive(std::fs::File::from(file)) {
        Ok(file) => file,
        // Its session lives.
        Err(Errno::WOULDBLOCK) => return Ok(Vec::new()),
        Err(errno) => return Err(at_path("locking", &path)(errno)),
    };
    let mut removed = Vec::new();
    let mut all_settled = true;
    for entry in read(file.get(), &path)?.into_iter().rev() {
        match entry.remove(None)? {
            Removal::Removed => removed.push(entry.dir.join(&entry.name)),
            Removal::Left => {}
            Removal::Held => all_settled = false,
        }
    }
    if all_settled {
        let _ = std::fs::remove_file(&path);
    }
    Ok(removed)
}

/// The entries of a journal. A last line cut short is the one that its writer died in: nothing of it was made.
fn read(file: &std::fs::File, path: &Path) -> Result<Vec<Entry>, ProtectError> {
    let size = file.metadata().map_or(0, |meta| meta.len());
    if size > JOURNAL_BYTES {
        return Err(at_path("the size of", path)(Errno::FBIG));
    }
    let mut entries: Vec<Entry> = Vec::new();
    for line in BufReader::new(file).lines() {
        let Ok(line) = line else { break };
        let Ok(line) = serde_json::from_str::<Line>(&line) else {
            break;
        };
        match line {
            Line::Intend(entry) => entries.push(entry),
            Line::Made(identity) => {
                if let Some(last) = entries.last_mut() {
                    last.identity = Some(identity);
                }
            }
            Line::Dropped => {
                entries.pop();
            }
        }
    }
    Ok(entries)
}

/// Makes a journal file, locked. A sweep may see it before it is locked and take it away; then again.
fn create(state: &Path, session: &str) -> Result<(Locked<std::fs::File>, PathBuf), ProtectError> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
    let directory = state.join("journal");
    let failed = |source| ProtectError::Step {
        step: "making the journal",
        source,
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)
        .map_err(failed)?;
    for number in 0..JOURNALS_PER_SESSION {
        let path = directory.join(format!("{session}.{number}"));
        let opened = std::fs::OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(failed(error)),
        };
        if let Ok(file) = Locked::exclusive(file)
            && file.get().metadata().is_ok_and(|meta| meta.nlink() == 1)
        {
            return Ok((file, path));
        }
    }
    Err(step("too many journals of one session", Errno::EXIST))
}

/// Whether the name still leads to the file that was locked.
fn still_there(dir: &OwnedFd, name: &str, held: &Locked<OwnedFd>) -> bool {
    let now = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW);
    match (now, rustix::fs::fstat(held)) {
        (Ok(now), Ok(held)) => now.st_ino == held.st_ino && now.st_dev == held.st_dev,
        _ => false,
    }
}

fn random_name() -> Result<String, ProtectError> {
    let mut bytes = [0_u8; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .map_err(|errno| step("random bytes", errno))?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

fn step(step: &'static str, errno: Errno) -> ProtectError {
    ProtectError::Step {
        step,
        source: errno.into(),
    }
}
