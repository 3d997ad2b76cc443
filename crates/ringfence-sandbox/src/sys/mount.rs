//! `mount_setattr`, which rustix does not wrap.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// What to change on a mount.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Change<'fd> {
    /// `MOUNT_ATTR_*` to set.
    pub(crate) set: u64,
    /// `MOUNT_ATTR_*` to clear.
    pub(crate) clear: u64,
    /// Make it private: no mount event crosses it.
    pub(crate) private: bool,
    /// Map ids through this user namespace.
    pub(crate) idmap: Option<BorrowedFd<'fd>>,
    /// With everything mounted below.
    pub(crate) recursive: bool,
}

/// Changes the mount that `fd` is the root of.
pub(crate) fn change(fd: BorrowedFd<'_>, change: Change<'_>) -> io::Result<()> {
    let mut attr = libc::mount_attr {
        attr_set: change.set,
        attr_clr: change.clear,
        propagation: if change.private { libc::MS_PRIVATE } else { 0 },
        userns_fd: 0,
    };
    if let Some(userns) = change.idmap {
        attr.attr_set |= libc::MOUNT_ATTR_IDMAP;
        attr.userns_fd = userns.as_raw_fd() as u64;
    }
    let flags = libc::AT_EMPTY_PATH
        | if change.recursive {
            libc::AT_RECURSIVE
        } else {
            0
        };
    // SAFETY: the empty path is a valid C string and `attr` a valid mount_attr of the size given.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            fd.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw mut attr,
            size_of::<libc::mount_attr>(),
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
