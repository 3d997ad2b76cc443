//! The kernel keyring (INCIDENTS C7): the payload gets a session keyring of its own.

use std::io;

/// Joins a new anonymous session keyring, so that the caller's keys are out of reach. Called in the init.
///
/// A kernel without keyrings (`ENOSYS`) holds no keys either, so that is no error. The user keyring needs
/// no step: it belongs to the user namespace, and the seccomp profile refuses `keyctl` afterwards.
pub(crate) fn new_session() -> io::Result<()> {
    match crate::sys::keyring::join_new_session() {
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => Ok(()),
        other => other,
    }
}
