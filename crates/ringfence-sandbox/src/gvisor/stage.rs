//! The world that `runsc` itself lives in: its own binary, the laid out root, a bundle, and nothing of the host.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ringfence_policy::spec::Source;
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, OpenTreeFlags, fsconfig_create, fsconfig_set_string,
    fsmount, fsopen,
};

use super::bundle::{BUNDLE, LOG, OUTER_WORDS, ROOT, RUNSC};
use super::letter::{INIT, LETTER, NOTHING, PIDS, WORDS};
use crate::error::{Fault, Step};
use crate::native::{Root, attach_path, pivot_into, tmpfs};
use crate::stage::{attach, detached};

/// Bytes for the state that `runsc` keeps, its log and the bundle.
const STAGE_BYTES: u64 = 64 * 1024 * 1024;

/// Adds what the guest's pid 1 needs to the sandbox's root: the letter, this binary, and places for what is mounted over them.
pub(super) fn furnish(root: &mut Root, letter: Vec<u8>, own: OwnedFd) -> Result<(), Fault> {
    let text = String::from_utf8(letter).step("the letter")?;
    let source = Source::File { text, mode: 0o400 };
    root.enter(LETTER.as_ref(), &source, None)?;
    let place = root
        .place(INIT.as_ref(), false)
        .step("placing this binary")?;
    attach(own.as_fd(), place.as_fd()).step("placing this binary")?;
    root.place(WORDS.as_ref(), false)
        .step("placing the words")?;
    root.place(NOTHING.as_ref(), false)
        .step("placing an empty file")?;
    root.place(PIDS.as_ref(), true)
        .step("placing the controller")?;
    Ok(())
}

/// Makes that world and enters it; the host's tree is gone from this namespace afterwards. The file that comes back is what the
/// guest writes its words to.
pub(super) fn enter(root: Root, runsc: BorrowedFd<'_>, config: &[u8]) -> io::Result<OwnedFd> {
    let plain = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    let tree = root.withdraw()?;
    // Opened before the stage covers them.
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let null = rustix::mount::open_tree(CWD, "/dev/null", flags)?;
    let stage = tmpfs(Some(STAGE_BYTES), 0o755, plain)?;
    attach_path(stage.as_fd(), "/")?;
    for name in [ROOT, BUNDLE, "/proc", "/dev", "/dev/pts", "/tmp", "/state"] {
        rustix::fs::mkdirat(&stage, below(name), Mode::from_raw_mode(0o700))?;
    }
    for name in [RUNSC, "/dev/null"] {
        rustix::fs::mknodat(
            &stage,
            below(name),
            FileType::RegularFile,
            Mode::from_raw_mode(0o600),
            0,
        )?;
    }
    let place = |name: &str| {
        rustix::fs::openat(
            &stage,
            below(name),
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
        )
    };
    attach(tree.as_fd(), place(ROOT)?.as_fd())?;
    attach(runsc, place(RUNSC)?.as_fd())?;
    attach(null.as_fd(), place("/dev/null")?.as_fd())?;
    attach(procfs()?.as_fd(), place("/proc")?.as_fd())?;
    attach(devpts()?.as_fd(), place("/dev/pts")?.as_fd())?;
    let file = |name: &str, flags: OFlags| {
        let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        rustix::fs::openat(&stage, below(name), flags, Mode::from_raw_mode(0o600))
    };
    let bundle = file(&format!("{BUNDLE}/config.json"), OFlags::WRONLY)?;
    std::fs::File::from(bundle).write_all(config)?;
    file(LOG, OFlags::WRONLY)?;
    let words = file(OUTER_WORDS, OFlags::RDWR | OFlags::APPEND)?;
    pivot_into(stage.as_fd())?;
    Ok(words)
}

fn below(path: &str) -> &str {
    path.trim_start_matches('/')
}

/// A `/proc` of this pid namespace, whole: nothing but `runsc` sees it.
fn procfs() -> io::Result<OwnedFd> {
    let fs = fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(fs.as_fd()).map_err(crate::native::fresh_proc_refused)?;
    let attr = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    Ok(fsmount(fs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attr)?)
}

/// Terminals of its own.
fn devpts() -> io::Result<OwnedFd> {
    let fs = fsopen("devpts", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(fs.as_fd(), "ptmxmode", "0666")?;
    fsconfig_set_string(fs.as_fd(), "mode", "0620")?;
    fsconfig_create(fs.as_fd())?;
    let attr = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    Ok(fsmount(fs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attr)?)
}

/// A detached copy of a binary, read-only.
pub(super) fn binary(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let tree = detached(fd)?;
    let set = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
    let change = crate::sys::mount::Change {
        set,
        ..Default::default()
    };
    crate::sys::mount::change(tree.as_fd(), change)?;
    Ok(tree)
}
