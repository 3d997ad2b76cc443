//! Socket options that rustix does not wrap, and the fork of the namespace helper.

use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

#[cfg(test)]
pub(crate) mod datagram;

/// `NS_GET_USERNS`, `_IO(0xb7, 1)`.
const NS_GET_USERNS: libc::c_ulong = 0xb701;

/// Sets an integer socket option to 1.
pub(crate) fn enable(socket: impl AsFd, level: i32, name: i32) -> io::Result<()> {
    let one: libc::c_int = 1;
    // SAFETY: the pointer and the length describe `one`, which outlives the call; the descriptor is borrowed.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            name,
            (&raw const one).cast(),
            mem::size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The user namespace that owns a namespace.
pub(crate) fn owning_user_namespace(namespace: impl AsFd) -> io::Result<OwnedFd> {
    // SAFETY: NS_GET_USERNS takes no argument and returns a new descriptor or -1.
    let fd = unsafe { libc::ioctl(namespace.as_fd().as_raw_fd(), NS_GET_USERNS) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the ioctl just made this descriptor (close-on-exec) and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Forks; the child runs `work` and exits with its result, never returning into the caller's frames.
///
/// Meant for the single-threaded spawner. In a process with other threads `work` must not wait for a lock that one of
/// them may have held at the fork.
pub(crate) fn fork_and_run(work: impl FnOnce() -> u8) -> io::Result<rustix::process::Pid> {
    // SAFETY: the child runs only `work` and leaves by _exit, so no destructor or exit handler of the parent runs twice.
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    if pid == 0 {
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(u8::MAX);
        // SAFETY: _exit ends the process at once and takes a plain integer.
        unsafe { libc::_exit(i32::from(code)) };
    }
    rustix::process::Pid::from_raw(pid).ok_or_else(io::Error::last_os_error)
}

/// Moves the calling thread into new namespaces. Without `CLONE_FILES` and friends there is nothing else to share.
pub(crate) fn unshare_namespaces(flags: rustix::thread::UnshareFlags) -> io::Result<()> {
    // SAFETY: only namespace flags are passed; no descriptor table is unshared under a running thread.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}

/// Turns a forked child of root into an ordinary user that still may write its own id maps.
#[cfg(test)]
pub(crate) fn become_user_for_tests(id: u32) {
    // SAFETY: plain integers; the caller is a forked, single-threaded child.
    unsafe {
        assert_eq!(libc::setgroups(0, std::ptr::null()), 0);
        assert_eq!(libc::setresgid(id, id, id), 0);
        assert_eq!(libc::setresuid(id, id, id), 0);
        assert_eq!(libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
    }
}

/// Closes a descriptor of a forked child without taking it away from the parent's value.
#[cfg(test)]
pub(crate) fn close_for_tests(fd: &OwnedFd) {
    // SAFETY: the child ends by `_exit` and never drops the value; nothing in it uses the number again.
    unsafe { libc::close(fd.as_raw_fd()) };
}
