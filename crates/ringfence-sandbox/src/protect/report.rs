//! After the run: files of the protected kinds that were made or changed elsewhere in the granted trees,
//! where nothing kept the sandbox from it. The host may obey them when a person works in that directory.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ringfence_policy::plan::{home_run_kind, host_run_kind};
use ringfence_policy::spec::{SandboxSpec, Source};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};

use super::ProtectError;
use super::layout::host_roots;
use crate::bounds::{REPORTED, WALK_DEPTH, WALK_ENTRIES, WALK_MS};

/// One file that the host may run or obey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Host path.
    pub path: PathBuf,
    /// Why the host would obey it.
    pub kind: String,
}

/// What the walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostFiles {
    /// Files made or changed since, sorted.
    pub found: Vec<Found>,
    /// A limit ended it (400,000 entries, 64 levels, 3 seconds, 1,000 found); there may be more.
    pub truncated: bool,
}

/// Looks through the writable grants of a spec for files of the kinds that [`host_run_kind`] knows, by the end of
/// their path (`.git/hooks/…`, `.vscode/…`), whose inode changed after `since`. To be called when the sandbox is gone
/// and its placeholders with it. The protected paths themselves are looked at as well: a program on the host may
/// have replaced one meanwhile, which uncovers it inside.
///
/// The change time can not be set back from inside. Not found is what was there before and became such a file by
/// renaming a directory above it: its own inode did not change.
///
/// # Errors
/// When a grant can not be opened.
pub fn report_new_host_files(
    spec: &SandboxSpec,
    since: SystemTime,
) -> Result<HostFiles, ProtectError> {
    let since = changed_since(since);
    let mut report = HostFiles::default();
    let home = &spec.shape.identity.home;
    for (mount, root) in spec
        .shape
        .root
        .iter()
        .chain(&spec.claim.mounts)
        .zip(host_roots(spec)?)
    {
        let (Source::Bind { path: host, .. }, Some(root)) = (&mount.source, root) else {
            continue;
        };
        let complete = walk(&root, |path, stat| {
            if FileType::from_raw_mode(stat.st_mode).is_dir() || !is_new(stat, since) {
                return;
            }
            // A git directory that is a grant of its own (that of a linked worktree) keeps its name.
            let named = match host.file_name() {
                Some(name) if name == ".git" => Path::new(name).join(path),
                _ => path.to_owned(),
            };
            let in_home = || home_run_kind(host.join(path).strip_prefix(home).ok()?);
            if let Some(kind) = kind(&named).or_else(in_home) {
                if report.found.len() == REPORTED {
                    report.truncated = true;
                    return;
                }
                report.found.push(Found {
                    path: host.join(path),
                    kind,
                });
            }
        });
        report.truncated |= !complete;
    }
    report.found.sort_by(|a, b| a.path.cmp(&b.path));
    report.found.dedup();
    Ok(report)
}

/// Case does not count, for file systems on which it does not. (The shipped names are lower-case.)
fn kind(path: &Path) -> Option<String> {
    host_run_kind(Path::new(OsStr::from_bytes(
        &path.as_os_str().as_bytes().to_ascii_lowercase(),
    )))
}

/// Seconds and nanoseconds; the kernel's file clock lags the precise one by up to a tick.
fn changed_since(since: SystemTime) -> (i64, i64) {
    let since = since
        .checked_sub(Duration::from_millis(20))
        .and_then(|since| since.duration_since(UNIX_EPOCH).ok())
        .unwrap_or_default();
    (
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        i64::from(since.subsec_nanos()),
    )
}

fn is_new(stat: &Stat, since: (i64, i64)) -> bool {
    #[allow(
        clippy::useless_conversion,
        reason = "the types differ between architectures"
    )]
    let changed = (
        i64::from(stat.st_ctime),
        i64::try_from(stat.st_ctime_nsec).unwrap_or(0),
    );
    changed >= since
}

/// Other names of a file below a root, relative to it. `None`: the tree is too large to say.
pub(super) fn other_names(root: &OwnedFd, file: &Stat) -> Option<Vec<PathBuf>> {
    let mut names = Vec::new();
    let complete = walk(root, |path, stat| {
        if stat.st_ino == file.st_ino && stat.st_dev == file.st_dev {
            names.push(path.to_owned());
        }
    });
    complete.then_some(names)
}

/// Calls `each` with every entry below a directory, breadth first, symlinks not followed, other file systems
/// not entered. `false` when a limit ended it or a directory could not be read.
fn walk(root: &OwnedFd, mut each: impl FnMut(&Path, &Stat)) -> bool {
    let end = Instant::now() + Duration::from_millis(WALK_MS);
    let Ok(top) = rustix::fs::fstat(root) else {
        return false;
    };
    if !FileType::from_raw_mode(top.st_mode).is_dir() {
        each(Path::new(""), &top);
        return true;
    }
    let mut complete = true;
    let mut entries = 0_usize;
    let mut queue: VecDeque<(PathBuf, usize)> = VecDeque::from([(PathBuf::new(), 0)]);
    while let Some((below, depth)) = queue.pop_front() {
        // Opened one at a time and by path: a tree of any width needs one descriptor.
        let Ok(listing) = open_below(root, &below).and_then(Dir::new) else {
            complete = false;
            continue;
        };
        let Ok(dir) = open_below(root, &below) else {
            complete = false;
            continue;
        };
        for entry in listing {
            let Ok(entry) = entry else {
                complete = false;
                break;
            };
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            entries += 1;
            if entries > WALK_ENTRIES || Instant::now() > end {
                return false;
            }
            let Ok(stat) = rustix::fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            let path = below.join(OsStr::from_bytes(name.to_bytes()));
            each(&path, &stat);
            if FileType::from_raw_mode(stat.st_mode).is_dir() && stat.st_dev == top.st_dev {
                if depth < WALK_DEPTH {
                    queue.push_back((path, depth + 1));
                } else {
                    complete = false;
                }
            }
        }
    }
    complete
}

fn open_below(root: &OwnedFd, below: &Path) -> rustix::io::Result<OwnedFd> {
    let path = if below.as_os_str().is_empty() {
        Path::new(".")
    } else {
        below
    };
    rustix::fs::openat2(
        root,
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
        rustix::fs::ResolveFlags::BENEATH | rustix::fs::ResolveFlags::NO_SYMLINKS,
    )
}
