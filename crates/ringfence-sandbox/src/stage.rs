//! The sources of the mount table, opened before anything of the sandbox exists: each one a detached
//! mount, idmapped where the caller is root.

use std::os::fd::OwnedFd;

/// One detached mount per entry of `shape.root` followed by `claim.mounts`; `None` for entries that
/// are no binds and for optional ones that do not exist.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) mounts: Vec<Option<OwnedFd>>,
}
