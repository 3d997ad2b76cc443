//! For tests: raw system calls, and closures run in a forked child.

use std::io;

/// A raw system call: its result, or the errno.
pub(crate) fn raw(number: i64, args: [u64; 6]) -> Result<i64, i32> {
    // SAFETY: tests pass arguments that make the call fail or touch nothing: null or small invalid
    // pointers, or pointers to memory of theirs that outlives the call.
    let result =
        unsafe { libc::syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]) };
    if result == -1 {
        Err(io::Error::last_os_error().raw_os_error().unwrap_or(0))
    } else {
        Ok(result)
    }
}

/// Runs `body` in a forked child and returns its wait status (`libc::WIFEXITED` and friends apply).
pub(crate) fn status_of_child(body: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child runs only `body` and leaves by `_exit`; bodies stay clear of locks that other
    // test threads could hold (glibc makes malloc safe after fork).
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "fork: {}", io::Error::last_os_error());
    if pid == 0 {
        let code = body();
        // SAFETY: ends the child without running the parent's handlers.
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    // SAFETY: `pid` is our child, `status` is valid for writing.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(waited, pid);
    status
}

/// Exit code of `body` in a forked child; panics if a signal ended it.
pub(crate) fn in_child(body: impl FnOnce() -> i32) -> i32 {
    let status = status_of_child(body);
    assert!(libc::WIFEXITED(status), "child ended with status {status}");
    libc::WEXITSTATUS(status)
}

/// A system call through the i386 gate (`int 0x80`): `getpid`.
#[cfg(target_arch = "x86_64")]
pub(crate) fn i386_getpid() -> i32 {
    let result: i32;
    // SAFETY: getpid takes no arguments and touches no memory; the gate preserves what is not listed.
    unsafe {
        std::arch::asm!(
            "int 0x80",
            inout("eax") 20 => result,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    result
}
