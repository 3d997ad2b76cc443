//! Brings files back from `/out`. What lies there was written by untrusted code: only regular files are taken, never through
//! a symlink on either side, in stated numbers and sizes; a file in which the filter finds a secret stays behind.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringfence_dlp::{Action, Blocked, Filter, Finding};
use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, fstat, mkdirat, openat, openat2, renameat,
    unlinkat,
};
use rustix::io::Errno;
use serde::Serialize;

use super::limits::{CHUNK, COLLECTED_DEPTH, COLLECTED_FILES, SCANNED_TIMES};

/// A file that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CollectedFile {
    /// Its path below the directory.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// An entry that did not come back, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftBehind {
    /// Its path below `/out`.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// Why.
    pub why: String,
}

/// A name may be any bytes; in JSON, what is no UTF-8 is U+FFFD.
fn as_text<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// What came back and what did not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// Files, in the order of their names.
    pub files: Vec<CollectedFile>,
    /// The others.
    pub left: Vec<LeftBehind>,
}

/// Opens the directory that files come back to, and makes it if it is missing.
///
/// # Errors
/// When it can not be made, or is something else.
pub fn destination(path: &Path) -> io::Result<OwnedFd> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Copies the regular files below `from` to `to`, at most `budget` bytes of them. What the host would run or obey later
/// (`.git`, `.envrc`; start-up files of shells when `to` is `home`) is not among them.
///
/// # Errors
/// When the destination can not be written. What is wrong with an entry of the sandbox's is no error, but in the list.
pub(super) fn collect(
    from: &OwnedFd,
    to: &OwnedFd,
    budget: u64,
    filter: Option<&Arc<Filter>>,
    home: Option<&Path>,
) -> io::Result<Collected> {
    let mut walk = Walk {
        budget,
        to_scan: budget.saturating_mul(SCANNED_TIMES),
        filter,
        below_home: below_home(to, home),
        seen: 0,
        collected: Collected::default(),
    };
    walk.directory(from.as_fd(), to.as_fd(), Path::new(""), 0)?;
    Ok(walk.collected)
}

/// Where in the home directory the destination lies.
fn below_home(to: &OwnedFd, home: Option<&Path>) -> Option<PathBuf> {
    let home = home?.canonicalize().ok()?;
    let link = format!("/proc/self/fd/{}", to.as_raw_fd());
    let to = std::fs::read_link(link).ok()?;
    Some(to.strip_prefix(home).ok()?.to_owned())
}

struct Walk<'f> {
    budget: u64,
    /// Bytes that the filter still looks at: files with holes are larger than the disk, and there may be many.
    to_scan: u64,
    filter: Option<&'f Arc<Filter>>,
    /// The destination as seen from the home directory, when it lies there.
    below_home: Option<PathBuf>,
    seen: usize,
    collected: Collected,
}

impl Walk<'_> {
    fn directory(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        at: &Path,
        depth: usize,
    ) -> io::Result<()> {
        for name in self.names(from, at) {
            let path = at.join(OsStr::from_bytes(name.as_bytes()));
            self.seen += 1;
            if self.seen > COLLECTED_FILES {
                self.leave(
                    &path,
                    format!("there are more than {COLLECTED_FILES} entries"),
                );
                return Ok(());
            }
            if let Some(found) = self.secret_in_name(&name) {
                // Nor is it named in the list.
                let shown = at.join(format!("[redacted:{found}]"));
                let why = format!("its name holds what the filter keeps back: {found}");
                self.leave(&shown, why);
                continue;
            }
            if let Some(why) = self.host_would_run(&path) {
                self.leave(&path, format!("the host may run or obey it later: {why}"));
                continue;
            }
            let entry = match open_inside(from, &name) {
                Ok(entry) => entry,
                Err(Errno::LOOP) => {
                    self.leave(&path, "a symlink".into());
                    continue;
                }
                Err(error) => {
                    self.leave(&path, io::Error::from(error).to_string());
                    continue;
                }
            };
            let stat = match fstat(&entry) {
                Ok(stat) => stat,
                Err(error) => {
                    self.leave(&path, io::Error::from(error).to_string());
                    continue;
                }
            };
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory if depth >= COLLECTED_DEPTH => {
                    self.leave(&path, format!("deeper than {COLLECTED_DEPTH} directories"));
                }
                FileType::Directory => {
                    // What the names mean on our side is the code's choice: it must not end the session.
                    match subdirectory(to, &name) {
                        Ok(below) => {
                            self.directory(entry.as_fd(), below.as_fd(), &path, depth + 1)?;
                        }
                        Err(error) => self.leave(&path, error.to_string()),
                    }
                }
                FileType::RegularFile => {
                    let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
                    self.file(File::from(entry), size, to, &name, path)?;
                }
                _ => self.leave(&path, "not a regular file".into()),
            }
        }
        Ok(())
    }

    /// As [`Walk::secret`], for one name.
    fn secret_in_name(&self, name: &CString) -> Option<String> {
        let mut stream = self.filter?.stream();
        let mut out = Vec::new();
        let pushed = stream.push(name.as_bytes(), &mut out);
        let verdict = pushed.and_then(|()| stream.finish(&mut out));
        withheld(&stream.findings(), verdict)
    }

    /// Code is let out nowhere else to where the host runs it unasked; the destination may be a project or the home directory.
    fn host_would_run(&self, path: &Path) -> Option<String> {
        if path.file_name().is_some_and(|name| name == ".git") {
            return Some("git runs hooks and commands that are written there".into());
        }
        let at_home =
            || ringfence_policy::plan::home_run_kind(&self.below_home.as_ref()?.join(path));
        ringfence_policy::plan::host_run_kind(path).or_else(at_home)
    }

    /// Names in a fixed order; `.` and `..` excepted.
    fn names(&mut self, directory: BorrowedFd<'_>, at: &Path) -> Vec<CString> {
        let listed = Dir::read_from(directory).and_then(|mut dir| {
            let mut names = Vec::new();
            while let Some(entry) = dir.read() {
                let name = entry?.file_name().to_owned();
                if name.as_bytes() != b"." && name.as_bytes() != b".." {
                    names.push(name);
                }
                if names.len() > COLLECTED_FILES {
                    break;
                }
            }
            names.sort();
            Ok(names)
        });
        listed.unwrap_or_else(|error| {
            self.leave(at, io::Error::from(error).to_string());
            Vec::new()
        })
    }

    fn file(
        &mut self,
        mut from: File,
        size: u64,
        to: BorrowedFd<'_>,
        name: &CString,
        path: PathBuf,
    ) -> io::Result<()> {
        if size > self.budget {
            self.leave(
                &path,
                "more bytes than the limit `disk`, holes included".into(),
            );
            return Ok(());
        }
        if self.filter.is_some() {
            if size > self.to_scan {
                self.leave(
                    &path,
                    "the filter has looked at as many bytes as it may".into(),
                );
                return Ok(());
            }
            self.to_scan -= size;
        }
        if let Some(found) = self.secret(&mut from, size)? {
            self.leave(
                &path,
                format!("it holds what the filter keeps back: {found}"),
            );
            return Ok(());
        }
        let part = CString::new(format!(".ringfence-{}.part", std::process::id()))?;
        let _ = unlinkat(to, &part, AtFlags::empty());
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // Never executable, whatever the code made of it.
        let mut made = File::from(openat(to, &part, flags, Mode::from_raw_mode(0o666))?);
        io::Seek::rewind(&mut from)?;
        let copied = io::copy(&mut (&mut from).take(size), &mut made);
        let placed = copied.and_then(|bytes| {
            made.flush()?;
            // A rename replaces whatever has the name, a symlink too, and follows none.
            match renameat(to, &part, to, name) {
                Ok(()) => Ok(Ok(bytes)),
                Err(error @ (Errno::ISDIR | Errno::NOTEMPTY | Errno::EXIST)) => Ok(Err(error)),
                Err(error) => Err(error.into()),
            }
        });
        match placed {
            Ok(Err(error)) => {
                let _ = unlinkat(to, &part, AtFlags::empty());
                let error = io::Error::from(error);
                self.leave(
                    &path,
                    format!("something of that name is in the way: {error}"),
                );
                Ok(())
            }
            Ok(Ok(bytes)) => {
                self.budget -= bytes.min(self.budget);
                self.collected.files.push(CollectedFile { path, bytes });
                Ok(())
            }
            Err(error) => {
                let _ = unlinkat(to, &part, AtFlags::empty());
                Err(error)
            }
        }
    }

    /// The detector of the first finding that may not leave. Nothing is redacted here: a changed archive or image is broken.
    fn secret(&self, from: &mut File, size: u64) -> io::Result<Option<String>> {
        let Some(filter) = self.filter else {
            return Ok(None);
        };
        let mut stream = filter.stream();
        let mut out = Vec::new();
        let mut buffer = vec![0; CHUNK];
        let mut from = from.take(size);
        loop {
            let count = from.read(&mut buffer)?;
            let verdict = match count {
                0 => stream.finish(&mut out),
                _ => stream.push(buffer.get(..count).unwrap_or_default(), &mut out),
            };
            out.clear();
            if let Some(found) = withheld(&stream.findings(), verdict) {
                return Ok(Some(found));
            }
            if count == 0 {
                return Ok(None);
            }
        }
    }

    fn leave(&mut self, path: &Path, why: String) {
        if self.collected.left.len() < COLLECTED_FILES {
            self.collected.left.push(LeftBehind {
                path: path.to_owned(),
                why,
            });
        }
    }
}

/// The detector of the first finding that does more than report.
fn withheld(findings: &[Finding], verdict: Result<(), Blocked>) -> Option<String> {
    let found = findings.iter().find(|f| f.action != Action::Report);
    let found = found.map(|finding| finding.detector.to_string());
    found.or_else(|| Some(verdict.err()?.detector.to_string()))
}

/// Opens an entry of the sandbox's directory; no symlink, no other mount, and no wait for the other end of a FIFO.
fn open_inside(directory: BorrowedFd<'_>, name: &CString) -> rustix::io::Result<OwnedFd> {
    openat2(
        directory,
        name,
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::BENEATH
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV,
    )
}

/// Makes or opens a directory of the destination; a symlink in its place is an error.
fn subdirectory(parent: BorrowedFd<'_>, name: &CString) -> io::Result<OwnedFd> {
    match mkdirat(parent, name, Mode::from_raw_mode(0o777)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty()).map_err(|error| {
        let shown = name.to_string_lossy();
        let kind = io::Error::from(error).kind();
        io::Error::new(
            kind,
            format!("{} in the way: {error}", shown.escape_debug()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringfence_dlp::{Known, Settings};
    use rustix::fs::CWD;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn open(path: &Path) -> OwnedFd {
        rustix::fs::openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap()
    }

    struct Place {
        _tmp: tempfile::TempDir,
        from: PathBuf,
        to: PathBuf,
        aside: PathBuf,
    }

    fn place() -> Place {
        let tmp = tempfile::tempdir().unwrap();
        let dirs = ["from", "to", "aside"].map(|name| {
            let dir = tmp.path().join(name);
            fs::create_dir(&dir).unwrap();
            dir
        });
        let [from, to, aside] = dirs;
        Place {
            _tmp: tmp,
            from,
            to,
            aside,
        }
    }

    fn run(place: &Place, budget: u64, filter: Option<&Arc<Filter>>) -> Collected {
        collect(
            &open(&place.from),
            &open(&place.to),
            budget,
            filter,
            Some(&place.to),
        )
        .unwrap()
    }

    #[test]
    fn regular_files_come_back_with_their_directories() {
        let place = place();
        fs::create_dir(place.from.join("a")).unwrap();
        fs::write(place.from.join("a/b.txt"), "one").unwrap();
        fs::write(place.from.join("c"), "two").unwrap();
        let collected = run(&place, 100, None);
        assert_eq!(collected.left, []);
        assert_eq!(fs::read_to_string(place.to.join("a/b.txt")).unwrap(), "one");
        assert_eq!(fs::read_to_string(place.to.join("c")).unwrap(), "two");
        assert_eq!(fs::read_dir(&place.to).unwrap().count(), 2);
    }

    #[test]
    fn links_pipes_and_what_is_too_large_stay_behind() {
        let place = place();
        fs::write(place.aside.join("secret"), "host").unwrap();
        symlink(place.aside.join("secret"), place.from.join("link")).unwrap();
        symlink(&place.aside, place.from.join("dir")).unwrap();
        rustix::fs::mknodat(CWD, place.from.join("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        fs::File::create(place.from.join("sparse"))
            .unwrap()
            .set_len(1 << 40)
            .unwrap();
        fs::write(place.from.join("ok"), "x").unwrap();
        let collected = run(&place, 1000, None);
        let names: Vec<_> = collected.files.iter().map(|f| f.path.clone()).collect();
        assert_eq!(names, [PathBuf::from("ok")]);
        assert_eq!(collected.left.len(), 4, "{collected:?}");
    }

    #[test]
    fn a_symlink_of_the_host_is_replaced_or_refused_but_never_followed() {
        let place = place();
        fs::write(place.aside.join("victim"), "host").unwrap();
        symlink(place.aside.join("victim"), place.to.join("f")).unwrap();
        fs::write(place.from.join("f"), "code").unwrap();
        run(&place, 100, None);
        assert_eq!(
            fs::read_to_string(place.aside.join("victim")).unwrap(),
            "host"
        );
        assert_eq!(fs::read_to_string(place.to.join("f")).unwrap(), "code");

        fs::create_dir(place.from.join("d")).unwrap();
        fs::write(place.from.join("d/f"), "code").unwrap();
        symlink(&place.aside, place.to.join("d")).unwrap();
        let collected = run(&place, 100, None);
        assert!(!place.aside.join("f").exists());
        assert_eq!(collected.left[0].path, Path::new("d"), "{collected:?}");
    }

    #[test]
    fn names_that_are_taken_on_our_side_do_not_end_the_session() {
        let place = place();
        fs::create_dir(place.from.join("file")).unwrap();
        fs::write(place.to.join("file"), "host").unwrap();
        fs::write(place.from.join("dir"), "code").unwrap();
        fs::create_dir(place.to.join("dir")).unwrap();
        fs::write(place.from.join("ok"), "code").unwrap();
        let collected = run(&place, 100, None);
        assert_eq!(collected.left.len(), 2, "{collected:?}");
        assert_eq!(fs::read_to_string(place.to.join("file")).unwrap(), "host");
        assert_eq!(fs::read_to_string(place.to.join("ok")).unwrap(), "code");
        assert_eq!(fs::read_dir(&place.to).unwrap().count(), 3);
    }

    #[test]
    fn many_files_of_holes_are_not_all_searched() {
        let place = place();
        for at in 0..50 {
            let file = fs::File::create(place.from.join(format!("{at:02}"))).unwrap();
            file.set_len(90).unwrap();
            std::os::unix::fs::FileExt::write_all_at(&file, b" secret-value-1 ", 60).unwrap();
        }
        let known = Known {
            name: "KEY".into(),
            value: zeroize::Zeroizing::new(b"secret-value-1".to_vec()),
        };
        let filter = Filter::new(Settings {
            known: vec![known],
            ..Settings::default()
        })
        .unwrap();
        let collected = run(&place, 100, Some(&filter));
        assert_eq!((collected.files.len(), collected.left.len()), (0, 50));
        let searched = collected.left.iter().filter(|l| l.why.contains("KEY"));
        assert!(searched.count() <= 4, "{collected:?}");
    }

    #[test]
    fn a_file_with_a_known_value_stays_behind() {
        let place = place();
        let known = Known {
            name: "KEY".into(),
            value: zeroize::Zeroizing::new(b"very-secret-value-1234".to_vec()),
        };
        let filter = Filter::new(Settings {
            known: vec![known],
            ..Settings::default()
        })
        .unwrap();
        fs::write(place.from.join("leak"), "x very-secret-value-1234 y").unwrap();
        fs::write(place.from.join("fine"), "x y").unwrap();
        fs::create_dir(place.from.join("very-secret-value-1234")).unwrap();
        fs::write(place.from.join("very-secret-value-1234/x"), "").unwrap();
        let collected = run(&place, 100, Some(&filter));
        assert_eq!((collected.files.len(), collected.left.len()), (1, 2));
        assert!(!format!("{collected:?}").contains("very-secret"));
        assert!(collected.left[0].why.contains("KEY"), "{collected:?}");
        assert!(!place.to.join("leak").exists());
    }

    #[test]
    fn what_the_host_would_run_stays_behind() {
        let place = place();
        for name in [
            ".git/hooks/pre-commit",
            "sub/.git/config",
            ".envrc",
            ".vscode/tasks.json",
            ".bashrc",
            ".config/autostart/x.desktop",
        ] {
            let path = place.from.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "code").unwrap();
        }
        fs::create_dir_all(place.from.join("below")).unwrap();
        fs::write(place.from.join("below/.bashrc"), "data there").unwrap();
        let collected = run(&place, 1000, None);
        let names: Vec<_> = collected.files.iter().map(|f| f.path.clone()).collect();
        assert_eq!(names, [PathBuf::from("below/.bashrc")], "{collected:?}");
        assert_eq!(collected.left.len(), 6, "{collected:?}");
    }

    #[test]
    fn any_name_can_be_written_as_json() {
        let place = place();
        let name = OsStr::from_bytes(b"\xff\n");
        fs::write(place.from.join(name), "x").unwrap();
        symlink("x", place.from.join(OsStr::from_bytes(b"\xfe"))).unwrap();
        let json = serde_json::to_value(run(&place, 10, None)).unwrap();
        assert_eq!(json["files"][0]["path"], "\u{fffd}\n");
        assert_eq!(json["left"][0]["path"], "\u{fffd}");
    }
}
