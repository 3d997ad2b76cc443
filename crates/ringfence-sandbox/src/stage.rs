//! The sources of the mount table, opened before anything of the sandbox exists: each one a detached
//! mount, idmapped where the caller is root. What has been opened here is never looked up by name again.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::Source;
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount};
use rustix::process::Signal;
use rustix::thread::CapabilitySet;

use crate::error::{Fault, Step};
use crate::sys::clone::{Side, clone};
use crate::sys::mount::{Change, change};

/// One detached mount per entry of `shape.root` followed by `claim.mounts`; `None` for entries that
/// are no binds and for optional ones that do not exist.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) mounts: Vec<Option<OwnedFd>>,
}

/// The ids that the owner of a writable grant is mapped to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Staged {
    /// Opens every source. `drop_to` is given when the caller is root and about to become that user.
    pub(crate) fn open(spec: &SandboxSpec, drop_to: Option<Owner>) -> Result<Self, Fault> {
        if drop_to.is_some() {
            let sets = rustix::thread::capabilities(None).step("reading the capabilities")?;
            if !sets.effective.contains(CapabilitySet::SYS_ADMIN) {
                return Err(Fault::new(
                    "this root lacks CAP_SYS_ADMIN (a container?) and can not hand its files to an unprivileged user; \
                     run as an ordinary user, or give the container `--cap-add SYS_ADMIN`",
                ));
            }
        }
        let mut idmaps = IdMaps::default();
        let mut mounts = Vec::new();
        for mount in spec.shape.root.iter().chain(&spec.claim.mounts) {
            let Source::Bind {
                path,
                writable,
                optional,
            } = &mount.source
            else {
                mounts.push(None);
                continue;
            };
            let fault =
                |e: &dyn std::fmt::Display| Fault(format!("granting {}: {e}", path.display()));
            let fd = match open_source(path) {
                // What this user can not reach is as good as absent to an optional grant.
                Err(e)
                    if *optional
                        && matches!(
                            e.kind(),
                            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
                        ) =>
                {
                    mounts.push(None);
                    continue;
                }
                Err(e) if e.raw_os_error() == Some(libc::ELOOP) => {
                    return Err(fault(
                        &"a symlink stands in the path; grant the path that it leads to",
                    ));
                }
                other => other.map_err(|e| fault(&e))?,
            };
            let tree = detached(fd.as_fd()).map_err(|e| fault(&e))?;
            let mut set = libc::MOUNT_ATTR_NOSUID;
            if !path.starts_with("/dev") {
                set |= libc::MOUNT_ATTR_NODEV;
            }
            if !writable {
                set |= libc::MOUNT_ATTR_RDONLY;
            }
            let plain = Change {
                set,
                private: true,
                recursive: true,
                ..Change::default()
            };
            change(tree.as_fd(), plain).map_err(|e| fault(&e))?;
            // Who may use a device its node says itself, and its file system has no id maps.
            if let Some(owner) = drop_to.filter(|_| *writable && !is_device(fd.as_fd())) {
                idmaps.apply(path, fd.as_fd(), tree.as_fd(), owner)?;
            }
            mounts.push(Some(tree));
        }
        Ok(Self { mounts })
    }
}

/// Shows detached mounts at paths, for a backend that only knows paths (as root; see [`Staged::at_paths`]).
const STAGE_PLACES: [&str; 4] = ["/mnt", "/media", "/srv", "/opt"];

impl Staged {
    /// Attaches every mount in a mount namespace of this process's own, on a tmpfs that only it sees, and says at
    /// which path each one is. To be called as root, before the ids are dropped; mounts on the host are not changed.
    pub(crate) fn at_paths(self) -> Result<Vec<Option<PathBuf>>, Fault> {
        crate::sys::process::unshare_mounts().step("making a mount namespace")?;
        let root = rustix::fs::open("/", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
            .step("opening /")?;
        change(
            root.as_fd(),
            Change {
                private: true,
                recursive: true,
                ..Change::default()
            },
        )
        .step("making mounts private")?;
        let place = STAGE_PLACES.into_iter().find(|p| Path::new(p).is_dir());
        let place = Path::new(place.ok_or_else(|| {
            Fault::new("no directory to stage sources at (/mnt, /media, /srv or /opt)")
        })?);
        let stage = rustix::fs::open(place, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
            .step("opening the stage")?;
        let attr = rustix::mount::MountAttrFlags::MOUNT_ATTR_NOSUID
            | rustix::mount::MountAttrFlags::MOUNT_ATTR_NODEV;
        let tmpfs = crate::native::tmpfs(None, 0o755, attr).step("making the stage")?;
        attach(tmpfs.as_fd(), stage.as_fd()).step("making the stage")?;
        self.mounts
            .into_iter()
            .enumerate()
            .map(|(n, mount)| {
                let Some(mount) = mount else { return Ok(None) };
                let path = place.join(n.to_string());
                stage_one(&mount, tmpfs.as_fd(), &n.to_string()).step("staging a source")?;
                Ok(Some(path))
            })
            .collect()
    }
}

fn stage_one(mount: &OwnedFd, stage: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    let stat = rustix::fs::fstat(mount)?;
    if rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir() {
        rustix::fs::mkdirat(stage, name, Mode::from_raw_mode(0o755))?;
    } else {
        rustix::fs::mknodat(
            stage,
            name,
            rustix::fs::FileType::RegularFile,
            Mode::from_raw_mode(0o644),
            0,
        )?;
    }
    let place = rustix::fs::openat(stage, name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    Ok(attach(mount.as_fd(), place.as_fd())?)
}

/// Attaches a detached mount at an opened place.
pub(crate) fn attach(mount: BorrowedFd<'_>, place: BorrowedFd<'_>) -> rustix::io::Result<()> {
    move_mount(
        mount,
        c"",
        place,
        c"",
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH,
    )
}

/// Opens a path without following any symlink in it.
fn open_source(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat2(
        CWD,
        path,
        // Without O_NOFOLLOW: with it a last component that is a symlink would be opened instead of refused.
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )?)
}

fn is_device(fd: BorrowedFd<'_>) -> bool {
    rustix::fs::fstat(fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_char_device())
}

/// A detached copy of what is mounted at and below `fd`.
pub(crate) fn detached(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    Ok(rustix::mount::open_tree(
        fd,
        c"",
        OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_EMPTY_PATH
            | OpenTreeFlags::AT_RECURSIVE,
    )?)
}

/// User namespaces that only serve as id maps, one per owner seen.
#[derive(Debug, Default)]
struct IdMaps(HashMap<(u32, u32), OwnedFd>);

impl IdMaps {
    /// Maps the owner of a granted path to the unprivileged user, both ways, on this mount only.
    fn apply(
        &mut self,
        path: &Path,
        fd: BorrowedFd<'_>,
        tree: BorrowedFd<'_>,
        to: Owner,
    ) -> Result<(), Fault> {
        let stat = rustix::fs::fstat(fd).step(format_args!("granting {}", path.display()))?;
        let from = (stat.st_uid, stat.st_gid);
        if from == (to.uid, to.gid) {
            return Ok(());
        }
        let map = match self.0.entry(from) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(id_map(from, to).step("making an id map for a granted directory")?)
            }
        };
        let mapped = Change {
            idmap: Some(map.as_fd()),
            recursive: true,
            ..Change::default()
        };
        change(tree, mapped).map_err(|e| {
            Fault(format!(
                "granting {} for writing: its file system, or one mounted below it, can not be id-mapped ({e}), so user {} \
                 could not write there; run as an ordinary user who owns it, or `chown` it to {}:{}",
                path.display(),
                to.uid,
                to.uid,
                to.gid
            ))
        })
    }
}

/// Makes a user namespace that maps exactly these ids. No process stays in it.
fn id_map(from: (u32, u32), to: Owner) -> io::Result<OwnedFd> {
    let (hold, held) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    match clone(libc::CLONE_NEWUSER)? {
        Side::Child => {
            drop(held);
            let mut byte = [0_u8; 1];
            let _ = rustix::io::read(&hold, &mut byte);
            crate::sys::process::exit_now(0)
        }
        Side::Parent(pid, pidfd) => {
            let made = (|| {
                let proc = format!("/proc/{}", pid.as_raw_nonzero());
                std::fs::write(
                    format!("{proc}/uid_map"),
                    format!("{} {} 1\n", from.0, to.uid),
                )?;
                std::fs::write(
                    format!("{proc}/gid_map"),
                    format!("{} {} 1\n", from.1, to.gid),
                )?;
                let ns = std::fs::File::open(format!("{proc}/ns/user"))?;
                Ok(OwnedFd::from(ns))
            })();
            let _ = rustix::process::pidfd_send_signal(&pidfd, Signal::KILL);
            let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty());
            drop(held);
            made
        }
    }
}
