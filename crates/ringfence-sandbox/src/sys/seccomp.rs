//! `seccomp(2)`.

use std::io;

/// Installs a filter on the calling thread.
pub(crate) fn install(program: &[libc::sock_filter]) -> io::Result<()> {
    set(program, 0)
}

/// Installs a filter on every thread of the process at once, or on none.
pub(crate) fn install_everywhere(program: &[libc::sock_filter]) -> io::Result<()> {
    set(program, libc::SECCOMP_FILTER_FLAG_TSYNC)
}

fn set(program: &[libc::sock_filter], flags: libc::c_ulong) -> io::Result<()> {
    let len = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let fprog = libc::sock_fprog {
        len,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: `fprog` points to `len` instructions that outlive the call; the kernel only reads and copies them.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const fprog,
        )
    };
    check(result)
}

/// Whether the kernel knows a filter result.
pub(crate) fn action_available(action: u32) -> io::Result<()> {
    // SAFETY: the kernel reads one u32 through a valid pointer.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_ACTION_AVAIL,
            0,
            &raw const action,
        )
    };
    check(result)
}

fn check(result: libc::c_long) -> io::Result<()> {
    match result {
        0 => Ok(()),
        // Under TSYNC: the thread that could not be brought to the same filters; none was changed.
        thread if thread > 0 => Err(io::Error::other(format!(
            "thread {thread} has other filters"
        ))),
        _ => Err(io::Error::last_os_error()),
    }
}
