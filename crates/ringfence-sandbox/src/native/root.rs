//! The new root: a tmpfs that the mount table is laid out on. Every target is opened inside it without
//! following a symlink, and nothing is ever created outside tmpfs instances made here.

use std::collections::{HashMap, HashSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::Source;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, UnmountFlags, fsconfig_create,
    fsconfig_set_string, fsmount, fsopen, move_mount,
};

use crate::bounds::scratch_inodes as inodes;
use crate::error::{Fault, Step};
use crate::stage::{Staged, attach, detached};
use crate::sys::mount::{Change, change};

/// Where files made for the sandbox are kept while they are bound to their places; gone before the payload runs.
const STORE: &str = ".ringfence-store";

/// Where the file system of the scratch directories is mounted meanwhile.
const SCRATCH: &str = ".ringfence-scratch";

/// A root under construction, mounted over `/` of the mount namespace.
#[derive(Debug)]
pub(crate) struct Root {
    fd: OwnedFd,
    store: OwnedFd,
    stored: u32,
    /// Device numbers of the tmpfs instances made here: mount points may be created on them and nowhere else.
    own: HashSet<u64>,
    /// Files made, by path inside.
    files: HashMap<PathBuf, String>,
    /// Mounts that become read-only in the end.
    seal: Vec<OwnedFd>,
    void: Option<OwnedFd>,
    scratch: Option<Scratch>,
    /// What bounds it.
    disk: Option<u64>,
    /// Whether `/proc` and `/dev` are left to a kernel of the payload's own.
    second_kernel: bool,
}

/// The file system of all scratch directories.
#[derive(Debug)]
struct Scratch {
    fs: OwnedFd,
    /// How many directories there are.
    made: u32,
    /// Whether it is mounted at [`SCRATCH`] until the root is sealed.
    attached: bool,
}

/// Lays out the whole table, then makes it the root of this process.
pub(super) fn build(spec: &SandboxSpec, staged: Staged) -> Result<(), Fault> {
    let root = lay_out(spec, staged, false, |_| Ok(()))?;
    root.pivot().step("pivot_root")
}

/// Lays out the whole table over `/`. For a payload with a kernel of its own `/proc` and `/dev` are only mount points. `more`
/// can add to it before it is sealed.
pub(crate) fn lay_out(
    spec: &SandboxSpec,
    staged: Staged,
    second_kernel: bool,
    more: impl FnOnce(&mut Root) -> Result<(), Fault>,
) -> Result<Root, Fault> {
    let fixed = crate::protect::layout(spec, &staged.mounts)?;
    let mut root = Root::new(spec.shape.limits.disk).step("making the root")?;
    root.second_kernel = second_kernel;
    for (mount, bound) in spec
        .shape
        .root
        .iter()
        .chain(&spec.claim.mounts)
        .zip(staged.mounts)
    {
        root.enter(&mount.target, &mount.source, bound)?;
    }
    super::masks::apply(&mut root, &spec.claim, &fixed)?;
    more(&mut root)?;
    root.seal().step("sealing the root")?;
    Ok(root)
}

impl Root {
    fn new(disk: Option<u64>) -> io::Result<Self> {
        let fd = tmpfs(
            None,
            0o755,
            MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV,
        )?;
        // Attached over `/`, because kernels before 6.15 refuse mounts on a detached tree.
        attach_path(fd.as_fd(), "/")?;
        rustix::fs::mkdirat(&fd, STORE, Mode::from_raw_mode(0o700))?;
        let store = rustix::fs::openat(
            &fd,
            STORE,
            OFlags::PATH | OFlags::CLOEXEC | OFlags::DIRECTORY,
            Mode::empty(),
        )?;
        let mut root = Self {
            own: HashSet::new(),
            fd,
            store,
            stored: 0,
            files: HashMap::new(),
            seal: Vec::new(),
            void: None,
            scratch: None,
            disk,
            second_kernel: false,
        };
        root.owns(None)?;
        Ok(root)
    }

    /// Remembers that mount points may be created on this tmpfs (the root's own when `None`).
    pub(super) fn owns(&mut self, mount: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let stat = rustix::fs::fstat(mount.unwrap_or(self.fd.as_fd()))?;
        self.own.insert(stat.st_dev);
        Ok(())
    }

    /// Makes this mount read-only once everything stands.
    pub(super) fn seal_later(&mut self, mount: OwnedFd) {
        self.seal.push(mount);
    }

    /// One entry of the mount table; `bound` is the source of a bind.
    pub(crate) fn enter(
        &mut self,
        target: &Path,
        source: &Source,
        bound: Option<OwnedFd>,
    ) -> Result<(), Fault> {
        let what = || format!("mounting {}", target.display());
        match source {
            Source::Bind { .. } => {
                let Some(tree) = bound else { return Ok(()) };
                let stat = rustix::fs::fstat(&tree).step(what())?;
                let directory = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir();
                let place = self.place(target, directory).step(what())?;
                attach(tree.as_fd(), place.as_fd()).step(what())
            }
            Source::Scratch { mode } => {
                let tree = self.scratch(*mode).step(what())?;
                let place = self.place(target, true).step(what())?;
                attach(tree.as_fd(), place.as_fd()).step(what())
            }
            Source::Tmpfs { size, mode } => {
                let attr = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
                let mount = tmpfs(*size, *mode, attr).step(what())?;
                self.owns(Some(mount.as_fd())).step(what())?;
                let place = self.place(target, true).step(what())?;
                attach(mount.as_fd(), place.as_fd()).step(what())
            }
            Source::Symlink(text) => self.symlink(target, text).step(what()),
            Source::File { text, mode } => self.file(target, text.as_bytes(), *mode).step(what()),
            Source::Base64 { data, mode } => {
                let bytes =
                    decode_base64(data).ok_or_else(|| Fault(format!("{}: not base64", what())))?;
                self.file(target, &bytes, *mode).step(what())
            }
            Source::SameAs(other) => {
                let name = self.files.get(other).cloned();
                let name = name.ok_or_else(|| {
                    Fault(format!(
                        "{}: no file was made at {}",
                        what(),
                        other.display()
                    ))
                })?;
                self.show(target, &name).step(what())
            }
            Source::Proc if self.second_kernel => self.place(target, true).step(what()).map(drop),
            Source::Dev if self.second_kernel => {
                let shm = target.join("shm");
                self.place(&shm, true).step(what())?;
                // Shared memory is on the file system that the disk limit bounds; without one it is the second kernel's own.
                match self.disk() {
                    Some(_) => self.enter(&shm, &Source::Scratch { mode: 0o1777 }, None),
                    None => Ok(()),
                }
            }
            Source::Proc => super::special::proc(self, target).step(what()),
            Source::Dev => super::special::dev(self, target).step(what()),
        }
    }

    /// A new directory of the one file system that the limit on disk bounds, as a detached mount.
    pub(super) fn scratch(&mut self, mode: u32) -> io::Result<OwnedFd> {
        let made = match &self.scratch {
            Some(_) => None,
            None => {
                let attr = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
                let fs = bounded_tmpfs(self.disk, 0o700, attr)?;
                self.own.insert(rustix::fs::fstat(&fs)?.st_dev);
                Some(Scratch {
                    fs,
                    made: 0,
                    attached: false,
                })
            }
        };
        let scratch = match made {
            Some(made) => self.scratch.insert(made),
            None => self
                .scratch
                .as_mut()
                .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?,
        };
        let name = scratch.made.to_string();
        scratch.made += 1;
        rustix::fs::mkdirat(&scratch.fs, &name, Mode::from_raw_mode(mode & 0o1777))?;
        let flags = OFlags::PATH | OFlags::CLOEXEC | OFlags::DIRECTORY;
        let dir = rustix::fs::openat(&scratch.fs, &name, flags, Mode::empty())?;
        match detached(dir.as_fd()) {
            // Kernels before 6.15 copy no part of a mount that is in no tree. To take one out of it again is slow.
            Err(e) if e.raw_os_error() == Some(libc::EINVAL) && !scratch.attached => {
                rustix::fs::mkdirat(&self.fd, SCRATCH, Mode::from_raw_mode(0o700))?;
                let place = rustix::fs::openat(&self.fd, SCRATCH, flags, Mode::empty())?;
                attach(scratch.fs.as_fd(), place.as_fd())?;
                scratch.attached = true;
                detached(dir.as_fd())
            }
            other => other,
        }
    }

    /// What bounds the scratch directories; `None` when nothing of ours does.
    pub(super) fn disk(&self) -> Option<u64> {
        self.disk
    }

    /// Opens a path inside; a symlink anywhere in it is refused with `ELOOP`.
    pub(super) fn locate(&self, path: &Path) -> rustix::io::Result<OwnedFd> {
        self.open(path, OFlags::empty(), ResolveFlags::NO_SYMLINKS)
    }

    /// The same, but a symlink that is the last component is opened itself.
    pub(super) fn locate_link(&self, path: &Path) -> rustix::io::Result<OwnedFd> {
        self.open(path, OFlags::NOFOLLOW, ResolveFlags::NO_SYMLINKS)
    }

    /// Opens a path inside; symlinks are followed as the payload would see them.
    pub(super) fn follow(&self, path: &Path) -> rustix::io::Result<OwnedFd> {
        self.open(path, OFlags::empty(), ResolveFlags::empty())
    }

    fn open(&self, path: &Path, flags: OFlags, how: ResolveFlags) -> rustix::io::Result<OwnedFd> {
        rustix::fs::openat2(
            &self.fd,
            relative(path),
            OFlags::PATH | OFlags::CLOEXEC | flags,
            Mode::empty(),
            ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS | how,
        )
    }

    /// Opens a mount point, making it and its parents where they lie on a tmpfs of ours.
    pub(crate) fn place(&self, target: &Path, directory: bool) -> io::Result<OwnedFd> {
        match self.locate(target) {
            Ok(fd) => return Ok(fd),
            Err(Errno::NOENT) => {}
            Err(Errno::LOOP) => {
                return Err(io::Error::other(
                    "a symlink stands in the path of the mount point",
                ));
            }
            Err(e) => return Err(e.into()),
        }
        let (parent, name) = split(target)?;
        let parent_fd = self.place(parent, true)?;
        if !self.own.contains(&rustix::fs::fstat(&parent_fd)?.st_dev) {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!(
                    "{} does not exist below the granted {}, and mount points are not created on the host",
                    name.display(),
                    parent.display()
                ),
            ));
        }
        if directory {
            rustix::fs::mkdirat(&parent_fd, name, Mode::from_raw_mode(0o755))?;
        } else {
            rustix::fs::mknodat(
                &parent_fd,
                name,
                rustix::fs::FileType::RegularFile,
                Mode::from_raw_mode(0o644),
                0,
            )?;
        }
        Ok(self.locate(target)?)
    }

    fn symlink(&self, target: &Path, text: &Path) -> io::Result<()> {
        let (parent, name) = split(target)?;
        let parent = self.place(parent, true)?;
        match rustix::fs::symlinkat(text, &parent, name) {
            // It is there already when the directory it stands in was granted as a whole.
            Err(Errno::EXIST)
                if rustix::fs::readlinkat(&parent, name, Vec::new())?.as_bytes()
                    == text.as_os_str().as_encoded_bytes() =>
            {
                Ok(())
            }
            other => Ok(other?),
        }
    }

    /// Makes a read-only file in the store and shows it at its place.
    fn file(&mut self, target: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        let name = self.stored.to_string();
        self.stored += 1;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut file = std::fs::File::from(rustix::fs::openat(
            &self.store,
            &name,
            flags,
            Mode::from_raw_mode(0o600),
        )?);
        io::Write::write_all(&mut file, bytes)?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode & 0o777))?;
        self.show(target, &name)?;
        self.files.insert(target.to_owned(), name);
        Ok(())
    }

    /// Binds a file of the store to a place.
    fn show(&self, target: &Path, name: &str) -> io::Result<()> {
        let file = rustix::fs::openat(
            &self.store,
            name,
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let tree = detached(file.as_fd())?;
        change(
            tree.as_fd(),
            Change {
                set: libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV,
                ..Change::default()
            },
        )?;
        let place = self.place(target, false)?;
        Ok(attach(tree.as_fd(), place.as_fd())?)
    }

    /// Covers what stands at `place` with nothing: an empty read-only directory or file.
    pub(super) fn blank(&mut self, place: BorrowedFd<'_>) -> io::Result<()> {
        let stat = rustix::fs::fstat(place)?;
        if rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir() {
            let attr = MountAttrFlags::MOUNT_ATTR_RDONLY
                | MountAttrFlags::MOUNT_ATTR_NOSUID
                | MountAttrFlags::MOUNT_ATTR_NODEV
                | MountAttrFlags::MOUNT_ATTR_NOEXEC;
            match &self.void {
                Some(void) => attach(detached(void.as_fd())?.as_fd(), place)?,
                None => {
                    let void = tmpfs(Some(4096), 0o555, attr)?;
                    attach(void.as_fd(), place)?;
                    self.void = Some(void);
                }
            }
            return Ok(());
        }
        self.blank_file(place)
    }

    /// Covers a file or a symlink with an empty read-only file.
    pub(super) fn blank_file(&mut self, place: BorrowedFd<'_>) -> io::Result<()> {
        const NAME: &str = "blank";
        match rustix::fs::mknodat(
            &self.store,
            NAME,
            rustix::fs::FileType::RegularFile,
            Mode::from_raw_mode(0o444),
            0,
        ) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(e) => return Err(e.into()),
        }
        let file = rustix::fs::openat(
            &self.store,
            NAME,
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let tree = detached(file.as_fd())?;
        let set = libc::MOUNT_ATTR_RDONLY
            | libc::MOUNT_ATTR_NOSUID
            | libc::MOUNT_ATTR_NODEV
            | libc::MOUNT_ATTR_NOEXEC;
        change(
            tree.as_fd(),
            Change {
                set,
                ..Change::default()
            },
        )?;
        Ok(attach(tree.as_fd(), place)?)
    }

    /// Removes the store (what is bound from it stays) and makes our own mounts read-only.
    fn seal(&mut self) -> io::Result<()> {
        let names = (0..self.stored)
            .map(|n| n.to_string())
            .chain(["blank".to_owned()]);
        for name in names {
            match rustix::fs::unlinkat(&self.store, &name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(e) => return Err(e.into()),
            }
        }
        rustix::fs::unlinkat(&self.fd, STORE, AtFlags::REMOVEDIR)?;
        if self.scratch.take().is_some_and(|scratch| scratch.attached) {
            // Each of its directories is mounted at its place; as a whole it is not to be reached.
            rustix::process::fchdir(&self.fd)?;
            rustix::mount::unmount(SCRATCH, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW)?;
            rustix::fs::unlinkat(&self.fd, SCRATCH, AtFlags::REMOVEDIR)?;
        }
        let read_only = Change {
            set: libc::MOUNT_ATTR_RDONLY,
            ..Change::default()
        };
        for mount in &self.seal {
            change(mount.as_fd(), read_only)?;
        }
        change(self.fd.as_fd(), read_only)
    }

    /// Takes the tree away from `/` again: a detached copy of it.
    pub(crate) fn withdraw(self) -> io::Result<OwnedFd> {
        let tree = detached(self.fd.as_fd())?;
        // Left over `/` it would be what is unmounted after a pivot, and the host's tree would stay.
        rustix::process::fchdir(&self.fd)?;
        rustix::mount::unmount(".", UnmountFlags::DETACH)?;
        rustix::process::chdir("/")?;
        Ok(tree)
    }

    /// Becomes the root; the host's tree is unmounted from this namespace for good.
    fn pivot(self) -> io::Result<()> {
        pivot_into(self.fd.as_fd())
    }
}

/// Makes a mount of this namespace the root of this process and unmounts everything else from the namespace.
pub(crate) fn pivot_into(root: BorrowedFd<'_>) -> io::Result<()> {
    rustix::process::fchdir(root)?;
    rustix::process::pivot_root(".", ".")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    Ok(rustix::process::chdir("/")?)
}

fn relative(path: &Path) -> &Path {
    match path.strip_prefix("/") {
        Ok(rest) if !rest.as_os_str().is_empty() => rest,
        _ => Path::new("."),
    }
}

fn split(target: &Path) -> io::Result<(&Path, &std::ffi::OsStr)> {
    let normal = target
        .components()
        .skip(1)
        .all(|c| matches!(c, Component::Normal(_)));
    match (target.parent(), target.file_name()) {
        (Some(parent), Some(name)) if normal && target.is_absolute() => Ok((parent, name)),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not an absolute normalised path",
        )),
    }
}

/// A detached tmpfs.
pub(crate) fn tmpfs(size: Option<u64>, mode: u32, attr: MountAttrFlags) -> io::Result<OwnedFd> {
    make_tmpfs(size, None, mode, attr)
}

/// The same, with a bound on the number of files as well: each takes kernel memory, however empty it is.
fn bounded_tmpfs(size: Option<u64>, mode: u32, attr: MountAttrFlags) -> io::Result<OwnedFd> {
    make_tmpfs(size, size.map(inodes), mode, attr)
}

fn make_tmpfs(
    size: Option<u64>,
    inodes: Option<u64>,
    mode: u32,
    attr: MountAttrFlags,
) -> io::Result<OwnedFd> {
    let fs = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    if let Some(inodes) = inodes {
        fsconfig_set_string(fs.as_fd(), "nr_inodes", inodes.to_string())?;
    }
    if let Some(size) = size {
        fsconfig_set_string(fs.as_fd(), "size", size.to_string())?;
    }
    fsconfig_set_string(fs.as_fd(), "mode", format!("{:o}", mode & 0o7777))?;
    fsconfig_create(fs.as_fd())?;
    Ok(fsmount(fs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attr)?)
}

/// Attaches a detached mount at a path.
pub(crate) fn attach_path(mount: BorrowedFd<'_>, place: &str) -> rustix::io::Result<()> {
    move_mount(
        mount,
        c"",
        CWD,
        place,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
}

/// Standard base64 with padding; `None` when it is anything else.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let value = |c: u8| {
        Some(match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    let body = text.trim_end_matches('=').as_bytes();
    if !text.len().is_multiple_of(4) || text.len() - body.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in body.chunks(4) {
        let mut bits = 0_u32;
        for c in group {
            bits = bits << 6 | u32::from(value(*c)?);
        }
        bits <<= 6 * (4 - group.len());
        let [_, a, b, c] = bits.to_be_bytes();
        bytes.extend([a, b, c].into_iter().take((group.len() * 6) / 8));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode_base64;

    #[test]
    fn base64_is_strict() {
        // RFC 4648, section 10.
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(
                decode_base64(text).as_deref(),
                Some(bytes.as_bytes()),
                "{text}"
            );
        }
        assert_eq!(
            decode_base64("+/+/").as_deref(),
            Some([0xfb, 0xff, 0xbf].as_slice())
        );
        for text in ["Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm-v", "Zg==Zg=="] {
            assert_eq!(decode_base64(text), None, "{text}");
        }
    }
}
