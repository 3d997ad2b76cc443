//! The one question that the `landlock` crate keeps private.

use std::io;

/// The ABI version of the running kernel, from 1. `ENOSYS`: not built in; `EOPNOTSUPP`: not switched on.
pub(crate) fn abi() -> io::Result<u32> {
    const VERSION: u32 = 1;
    // SAFETY: a null attribute of size 0 with the VERSION flag reads no memory and makes no descriptor.
    let result = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0,
            VERSION,
        )
    };
    u32::try_from(result).map_err(|_| io::Error::last_os_error())
}
