//! `clone3`: fork with namespaces and a pidfd.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::process::Pid;

/// Which side of [`clone`] one is on.
#[derive(Debug)]
pub(crate) enum Side {
    /// The caller, with the child's pid and a close-on-exec pidfd of it.
    Parent(Pid, OwnedFd),
    /// The new process.
    Child,
}

/// Every namespace of a native sandbox but the cgroup one, which is entered after the move into its cgroup.
pub(crate) const NAMESPACES: i32 = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS;

/// Forks, with these `CLONE_NEW*` flags. The caller has one thread (see [`super::process::single_threaded`]).
pub(crate) fn clone(namespaces: i32) -> io::Result<Side> {
    clone_into(namespaces, None)
}

/// The same; the child is born in the cgroup (v2) whose directory is given, which spares the kernel's slow migration.
pub(crate) fn clone_into(namespaces: i32, cgroup: Option<BorrowedFd<'_>>) -> io::Result<Side> {
    let mut pidfd: libc::c_int = -1;
    // SAFETY: all-zero is a valid value of this plain C struct.
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = (namespaces as u32 as u64) | (libc::CLONE_PIDFD as u64);
    args.pidfd = (&raw mut pidfd) as u64;
    if let Some(cgroup) = cgroup {
        args.flags |= libc::CLONE_INTO_CGROUP as u64;
        args.cgroup = cgroup.as_raw_fd() as u64;
    }
    args.exit_signal = libc::SIGCHLD as u64;
    // SAFETY: `args` is a valid clone_args of the size given, `pidfd` outlives the call, and no new
    // stack or shared memory is asked for, so this behaves like fork in a single-threaded process.
    let pid = unsafe {
        libc::syscall(
            libc::SYS_clone3,
            &raw mut args,
            size_of::<libc::clone_args>(),
        )
    };
    if pid == 0 {
        return Ok(Side::Child);
    }
    // Not handed to `from_raw` when negative, which it asserts against.
    match i32::try_from(pid.max(0)).ok().and_then(Pid::from_raw) {
        Some(pid) if pidfd >= 0 => {
            // SAFETY: the kernel has just made this descriptor for us and nobody else owns it.
            Ok(Side::Parent(pid, unsafe { OwnedFd::from_raw_fd(pidfd) }))
        }
        _ => Err(io::Error::last_os_error()),
    }
}

/// Forks plainly; `None` in the child. For where the filter stands already, which refuses `clone3`. One thread, as above.
pub(crate) fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: the process has one thread, so the child may do whatever the parent might.
    match unsafe { libc::fork() } {
        0 => Ok(None),
        pid => Pid::from_raw(pid.max(0))
            .map(Some)
            .ok_or_else(io::Error::last_os_error),
    }
}
