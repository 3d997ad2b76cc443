//! `/proc` and `/dev` of a native sandbox.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, OpenTreeFlags, fsconfig_create, fsconfig_set_string,
    fsmount, fsopen,
};

use super::root::{Root, tmpfs};
use crate::stage::{attach, detached};
use crate::sys::mount::{Change, change};

/// Parts of `/proc` that tell about, or act on, the host as a whole (INCIDENTS F8): covered.
pub(crate) const PROC_COVERED: &[&str] = &[
    "acpi",          // hardware tables and events
    "asound",        // the host's sound devices
    "bus",           // raw PCI configuration space
    "interrupts",    // keystroke timing
    "kallsyms",      // kernel addresses
    "kcore",         // the kernel's memory
    "key-users",     // who holds how many keys
    "keys",          // the caller's kernel keyring
    "kmsg",          // the kernel log
    "latency_stats", // what other processes wait for
    "pagetypeinfo",  // memory layout
    "sched_debug",   // every task of the host
    "scsi",          // device commands
    "sysrq-trigger", // reboots the host
    "timer_list",    // kernel addresses
    "timer_stats",   // what other processes do
    "vmallocinfo",   // kernel addresses
];

/// Parts of `/proc` that programs read but must not write.
const PROC_READ_ONLY: &[&str] = &[
    "fs",  // nfsd, ext4 tunables
    "irq", // interrupt routing
    "sys", // sysctls: core_pattern, binfmt_misc, …
];

/// The device nodes of a sandbox, bound from the host's.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom", "tty"];

/// The symlinks of `/dev`.
const DEV_LINKS: &[(&str, &str)] = &[
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// Mounts a fresh procfs of our pid namespace and covers what is not the sandbox's business.
pub(super) fn proc(root: &mut Root, target: &Path) -> io::Result<()> {
    let fs = fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(fs.as_fd()).map_err(fresh_proc_refused)?;
    let attr = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let mount = fsmount(fs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attr)?;
    let place = root.place(target, true)?;
    attach(mount.as_fd(), place.as_fd())?;
    for name in PROC_READ_ONLY {
        let Some(place) = present(root, &target.join(name))? else {
            continue;
        };
        let same = detached(place.as_fd())?;
        change(
            same.as_fd(),
            Change {
                set: libc::MOUNT_ATTR_RDONLY,
                recursive: true,
                ..Change::default()
            },
        )?;
        attach(same.as_fd(), place.as_fd())?;
    }
    for name in PROC_COVERED {
        let Some(place) = present(root, &target.join(name))? else {
            continue;
        };
        root.blank(place.as_fd())?;
    }
    Ok(())
}

/// Says what the kernel's refusal of a fresh `/proc` means.
pub(crate) fn fresh_proc_refused(error: Errno) -> io::Error {
    match error {
        Errno::PERM => io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the kernel refuses a fresh /proc because parts of this one are covered (a container?); \
             run it with an unmasked /proc (`--security-opt systempaths=unconfined`)",
        ),
        e => e.into(),
    }
}

fn present(root: &Root, path: &Path) -> io::Result<Option<std::os::fd::OwnedFd>> {
    match root.locate(path) {
        Ok(fd) => Ok(Some(fd)),
        Err(Errno::NOENT) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Lays out a minimal `/dev`: a few harmless nodes, a devpts of its own, shared memory.
pub(super) fn dev(root: &mut Root, target: &Path) -> io::Result<()> {
    let plain = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let dev = tmpfs(Some(1 << 20), 0o755, plain)?;
    root.owns(Some(dev.as_fd()))?;
    let place = root.place(target, true)?;
    attach(dev.as_fd(), place.as_fd())?;
    for name in DEVICES {
        rustix::fs::mknodat(
            &dev,
            *name,
            FileType::RegularFile,
            Mode::from_raw_mode(0o666),
            0,
        )?;
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let node = rustix::mount::open_tree(CWD, format!("/dev/{name}"), flags)?;
        attach(node.as_fd(), root.locate(&target.join(name))?.as_fd())?;
    }
    for (name, text) in DEV_LINKS {
        rustix::fs::symlinkat(*text, &dev, *name)?;
    }
    for name in ["pts", "shm"] {
        rustix::fs::mkdirat(&dev, name, Mode::from_raw_mode(0o755))?;
    }
    let fs = fsopen("devpts", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(fs.as_fd(), "ptmxmode", "0666")?;
    fsconfig_set_string(fs.as_fd(), "mode", "0620")?;
    fsconfig_create(fs.as_fd())?;
    let pts = fsmount(fs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, plain)?;
    attach(pts.as_fd(), root.locate(&target.join("pts"))?.as_fd())?;
    // Shared memory is disk to whoever fills it: where the limit bounds one, it bounds both together.
    let shm = match root.disk() {
        Some(_) => root.scratch(0o1777)?,
        None => tmpfs(
            None,
            0o1777,
            MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV,
        )?,
    };
    attach(shm.as_fd(), root.locate(&target.join("shm"))?.as_fd())?;
    root.seal_later(dev);
    Ok(())
}
