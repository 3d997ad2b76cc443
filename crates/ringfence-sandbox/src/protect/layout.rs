//! Which paths the mount code has to fix in place, so that what is protected can be neither written nor
//! replaced, nor uncovered by renaming a directory above it.
//!
//! Everything is looked up step by step below the descriptor of the grant, so no symlink is ever followed
//! by the kernel. A symlink on the way is itself fixed (it could be replaced otherwise), and what it leads to is
//! protected too when that lies below a writable grant; elsewhere the sandbox can not write it anyway.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use ringfence_policy::spec::{Mount, Placeholder, SandboxSpec, Source};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::report::other_names;
use super::{ProtectError, at, at_path};
use crate::bounds::PROTECTED_LINKS;

/// One path to be bound over itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fixed {
    /// The path inside.
    pub(crate) path: PathBuf,
    /// How.
    pub(crate) how: How,
}

/// How a path is bound over itself. A later variant includes the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// A directory, writable as before: a mount point can not be renamed or removed.
    Pin,
    /// A symlink: opened with `O_PATH | O_NOFOLLOW` and bound over itself, it can not be replaced. Only the
    /// new mount API can do this; a backend without it refuses the spec.
    Link,
    /// A file or directory, read-only with all that is mounted below.
    ReadOnly,
    /// A file that an empty read-only one has to cover.
    BlankFile,
    /// A directory that an empty read-only one has to cover.
    BlankDirectory,
}

impl How {
    /// Whether nothing below it has to be fixed any more.
    fn covers(self) -> bool {
        self >= Self::ReadOnly
    }
}

/// What has to be fixed in place for the protected and masked paths of a spec, parents before children.
///
/// `roots` has the opened source of each entry of `shape.root` and then `claim.mounts`, `None` for what is no bind
/// or not there. Below a read-only bind only masks matter.
pub(crate) fn layout(
    spec: &SandboxSpec,
    roots: &[Option<OwnedFd>],
) -> Result<Vec<Fixed>, ProtectError> {
    Walk {
        spec,
        roots,
        found: BTreeMap::new(),
        absent: Vec::new(),
    }
    .all()
}

/// The sources of the writable binds, opened on the host without following a symlink.
pub(super) fn host_roots(spec: &SandboxSpec) -> Result<Vec<Option<OwnedFd>>, ProtectError> {
    mounts(spec)
        .map(|mount| match &mount.source {
            Source::Bind {
                path,
                writable: true,
                optional,
            } => match at::any(path) {
                Ok(fd) => Ok(Some(fd)),
                Err(Errno::NOENT) if *optional => Ok(None),
                Err(errno) => Err(at_path("opening", path)(errno)),
            },
            _ => Ok(None),
        })
        .collect()
}

fn mounts(spec: &SandboxSpec) -> impl Iterator<Item = &Mount> {
    spec.shape.root.iter().chain(&spec.claim.mounts)
}

struct Walk<'a> {
    spec: &'a SandboxSpec,
    roots: &'a [Option<OwnedFd>],
    found: BTreeMap<PathBuf, How>,
    /// Paths where something should stand, and nothing does.
    absent: Vec<PathBuf>,
}

/// A path inside as a place below a writable bind.
struct Place<'a> {
    root: &'a OwnedFd,
    target: &'a Path,
    below: PathBuf,
    writable: bool,
}

/// One protected or masked path.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    path: &'a Path,
    absent: &'a Placeholder,
    /// Covered, not only protected.
    mask: bool,
}

impl Wanted<'_> {
    fn how(self, directory: bool) -> How {
        match (self.mask, directory) {
            (false, _) => How::ReadOnly,
            (true, false) => How::BlankFile,
            (true, true) => How::BlankDirectory,
        }
    }
}

impl<'a> Walk<'a> {
    fn all(mut self) -> Result<Vec<Fixed>, ProtectError> {
        let claim = &self.spec.claim;
        let masks = claim.masks.iter().map(|mask| Wanted {
            path: &mask.path,
            absent: &mask.absent,
            mask: true,
        });
        let protected = claim.protected.iter().map(|protected| Wanted {
            path: &protected.path,
            absent: &protected.absent,
            mask: false,
        });
        for wanted in masks.chain(protected) {
            self.path(wanted, wanted.path.to_owned(), 0)?;
        }
        // Below a directory that is read-only altogether (a placeholder for missing parents) nothing has to stand.
        let covered = |path: &Path| {
            let mut above = path.ancestors();
            above.any(|above| self.found.get(above).is_some_and(|how| how.covers()))
        };
        if let Some(path) = self.absent.iter().find(|path| !covered(path)) {
            return Err(ProtectError::Unsafe {
                path: path.clone(),
                why: "what stood there has vanished while the sandbox was built".into(),
                mend: "start again",
            });
        }
        Ok(self.sorted())
    }

    /// Leaves out what lies below something that is read-only anyway.
    fn sorted(self) -> Vec<Fixed> {
        let mut sorted: Vec<Fixed> = Vec::new();
        let mut covered: Option<PathBuf> = None;
        for (path, how) in self.found {
            if covered.as_ref().is_some_and(|top| path.starts_with(top)) {
                continue;
            }
            if how.covers() {
                covered = Some(path.clone());
            }
            sorted.push(Fixed { path, how });
        }
        sorted
    }

    /// The bind that shows this path, if it is one: the last entry whose target is above it.
    fn place(&self, path: &Path) -> Option<Place<'a>> {
        let (mount, root) = mounts(self.spec)
            .zip(self.roots)
            .filter(|(mount, _)| path.starts_with(&mount.target))
            .last()?;
        match (&mount.source, root) {
            (Source::Bind { writable, .. }, Some(root)) => Some(Place {
                writable: *writable,
                root,
                target: &mount.target,
                below: path.strip_prefix(&mount.target).ok()?.to_owned(),
            }),
            _ => None,
        }
    }

    /// One path inside, from the root of its grant down.
    fn path(
        &mut self,
        wanted: Wanted<'_>,
        path: PathBuf,
        links: usize,
    ) -> Result<(), ProtectError> {
        let Some(place) = self.place(&path) else {
            return Ok(());
        };
        let writable = place.writable;
        if !writable && !wanted.mask {
            return Ok(());
        }
        // What exists takes its mask along when it is moved; only a placeholder has to stay in its place.
        let keep_in_place = writable && !(wanted.mask && *wanted.absent == Placeholder::Nothing);
        let mut rest: VecDeque<String> = VecDeque::new();
        for component in place.below.components() {
            match component {
                Component::Normal(name) => match name.to_str() {
                    Some(name) => rest.push_back(name.to_owned()),
                    None => return Err(refuse(wanted, "it is no valid UTF-8", "rename it")),
                },
                _ => {
                    return Err(refuse(
                        wanted,
                        "it is not normalised",
                        "write it without `..`",
                    ));
                }
            }
        }
        if rest.is_empty() {
            let stat = rustix::fs::fstat(place.root).map_err(at_path("looking at", &path))?;
            let directory = FileType::from_raw_mode(stat.st_mode).is_dir();
            self.fix(place.target, wanted.how(directory));
            return Ok(());
        }
        let mut dir = place
            .root
            .try_clone()
            .map_err(|source| ProtectError::Step {
                step: "duplicating a descriptor",
                source,
            })?;
        let mut inside = place.target.to_owned();
        while let Some(name) = rest.pop_front() {
            let last = rest.is_empty();
            inside.push(&name);
            let Some(stat) = self.look(&dir, &name, &inside, wanted, links, writable)? else {
                return Ok(());
            };
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Symlink => {
                    if keep_in_place {
                        self.fix(&inside, How::Link);
                    }
                    return self.through_link(wanted, &dir, &name, &inside, &rest, links);
                }
                FileType::Directory if !last => {
                    if keep_in_place {
                        self.fix(&inside, How::Pin);
                    }
                    dir = descend(&dir, &name).map_err(at_path("opening", &inside))?;
                }
                kind => {
                    // A file where a directory was expected (`.git` of a worktree) is what decides then.
                    let how = match last {
                        true => wanted.how(kind.is_dir()),
                        false if keep_in_place => How::ReadOnly,
                        false => return Ok(()),
                    };
                    self.fix(&inside, how);
                    if writable && kind.is_file() && stat.st_nlink > 1 && !wanted.mask {
                        self.hard_links(wanted, &stat)?;
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// What stands there. `None`: nothing.
    fn look(
        &mut self,
        dir: &OwnedFd,
        name: &str,
        inside: &Path,
        wanted: Wanted<'_>,
        links: usize,
        writable: bool,
    ) -> Result<Option<Stat>, ProtectError> {
        match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            // What this user can not reach, the payload can not either.
            Err(Errno::NOENT | Errno::ACCESS) if !writable => Ok(None),
            Err(Errno::NOENT) if links > 0 && !wanted.mask => Err(refuse(
                wanted,
                "a symlink there leads to nothing, below a writable grant",
                "remove the symlink or make what it points to",
            )),
            Err(Errno::NOENT) => {
                if *wanted.absent != Placeholder::Nothing {
                    self.absent.push(inside.to_owned());
                }
                Ok(None)
            }
            Err(errno) => Err(at_path("looking at", inside)(errno)),
        }
    }

    fn through_link(
        &mut self,
        wanted: Wanted<'_>,
        dir: &OwnedFd,
        name: &str,
        inside: &Path,
        rest: &VecDeque<String>,
        links: usize,
    ) -> Result<(), ProtectError> {
        const MEND: &str =
            "put a file or directory of its own there, or grant the directory read-only";
        if links >= PROTECTED_LINKS {
            return Err(refuse(wanted, "it leads through too many symlinks", MEND));
        }
        let text = rustix::fs::readlinkat(dir, name, Vec::new())
            .map_err(at_path("reading the symlink", inside))?;
        let text = PathBuf::from(std::ffi::OsString::from(
            String::from_utf8(text.into_bytes())
                .map_err(|_| refuse(wanted, "a symlink there is no valid UTF-8", MEND))?,
        ));
        let above = inside.parent().unwrap_or(Path::new("/"));
        let Some(mut target) = lexical(above, &text) else {
            return Err(refuse(
                wanted,
                "a symlink there is too winding to be followed",
                MEND,
            ));
        };
        target.extend(rest);
        // The host resolves an absolute text on its own paths; a grant may show that place elsewhere.
        let mut on_host: Vec<PathBuf> = Vec::new();
        if text.is_absolute() {
            for mount in mounts(self.spec) {
                if let Source::Bind {
                    path,
                    writable: true,
                    ..
                } = &mount.source
                    && let Ok(below) = target.strip_prefix(path)
                {
                    on_host.push(mount.target.join(below));
                }
            }
        }
        self.path(wanted, target.clone(), links + 1)?;
        for path in on_host.into_iter().filter(|path| *path != target) {
            self.path(wanted, path, links + 1)?;
        }
        Ok(())
    }

    /// A file with further names: those below writable grants are protected as well.
    fn hard_links(&mut self, wanted: Wanted<'_>, stat: &Stat) -> Result<(), ProtectError> {
        for (mount, root) in mounts(self.spec).zip(self.roots) {
            let (Source::Bind { writable: true, .. }, Some(root)) = (&mount.source, root) else {
                continue;
            };
            let Some(names) = other_names(root, stat) else {
                return Err(refuse(
                    wanted,
                    "it has further hard links, and the tree is too large to look for them",
                    "copy it to a file of its own (cp FILE FILE.new && mv FILE.new FILE)",
                ));
            };
            for name in names {
                let path = mount.target.join(&name);
                for above in path.ancestors().skip(1) {
                    if above == mount.target {
                        break;
                    }
                    self.fix(above, How::Pin);
                }
                self.fix(&path, How::ReadOnly);
            }
        }
        Ok(())
    }

    fn fix(&mut self, path: &Path, how: How) {
        let entry = self.found.entry(path.to_owned()).or_insert(how);
        *entry = (*entry).max(how);
    }
}

fn descend(dir: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(
        dir.as_fd(),
        name,
        OFlags::PATH | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// A link's text seen from a directory that has no symlink in its path. `None` when a `..` follows a name:
/// that name might be a symlink itself.
fn lexical(above: &Path, text: &Path) -> Option<PathBuf> {
    let mut path = above.to_owned();
    let mut named = false;
    for component in text.components() {
        match component {
            Component::RootDir => path = PathBuf::from("/"),
            Component::Normal(name) => {
                path.push(name);
                named = true;
            }
            Component::ParentDir if !named => {
                path.pop();
            }
            Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

fn refuse(wanted: Wanted<'_>, why: &str, mend: &'static str) -> ProtectError {
    ProtectError::Unsafe {
        path: wanted.path.to_owned(),
        why: why.to_owned(),
        mend,
    }
}
