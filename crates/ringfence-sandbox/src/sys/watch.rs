//! A descriptor in an asynchronous runtime, for the keeper of a docker sandbox.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Registers it with the runtime of this thread; it comes back with the reason where that can not be.
pub(crate) fn watch(
    fd: OwnedFd,
    interest: Interest,
) -> Result<AsyncFd<OwnedFd>, (OwnedFd, io::Error)> {
    // SAFETY: an `OwnedFd` keeps naming the same open file until it is dropped, which the `AsyncFd` that owns it does only
    // after it has taken it out of the runtime.
    unsafe { AsyncFd::register_with_interest(fd, interest) }
        .map_err(tokio::io::unix::AsyncFdRegisterError::into_parts)
}
