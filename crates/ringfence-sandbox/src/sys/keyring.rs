//! `keyctl(2)`, the one operation that is needed.

use std::io;

/// `KEYCTL_JOIN_SESSION_KEYRING` without a name: a new, empty, anonymous session keyring.
pub(crate) fn join_new_session() -> io::Result<()> {
    const JOIN_SESSION_KEYRING: libc::c_int = 1;
    // SAFETY: a null name is what asks for an anonymous keyring; no memory is touched.
    let result = unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            JOIN_SESSION_KEYRING,
            std::ptr::null::<libc::c_char>(),
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
