//! Paths below a writable grant that the host would run or obey later (INCIDENTS F1–F3, F10).
//!
//! Three parts. The [`Journal`] keeps placeholders on the host where a protected path does not exist
//! yet, written down before they are made, so that [`sweep`] finds them even after a SIGKILL. The
//! [`layout`] says which paths the mount code has to fix in place, symlinks included. And
//! [`report_new_host_files`] looks, after the run, for files of the same kinds elsewhere in the tree.

mod at;
mod git;
mod journal;
mod layout;
mod lock;
mod made;
mod report;
#[cfg(test)]
mod tests;

pub(crate) use git::ignore as ignore_in_git;
pub(crate) use journal::Journal;
pub use journal::sweep;
pub(crate) use layout::{Fixed, How, layout};
pub use report::{Found, HostFiles, report_new_host_files};

use std::path::{Path, PathBuf};

/// Why a protected path could not be kept as it is.
#[derive(Debug, thiserror::Error)]
pub enum ProtectError {
    /// A step failed.
    #[error("placeholder: {step}: {source}")]
    Step {
        /// What was being done.
        step: &'static str,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// A step failed on one path.
    #[error("placeholder: {step} {path}: {source}")]
    Path {
        /// What was being done.
        step: &'static str,
        /// To which host path.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The path can not be kept safe as it stands.
    #[error("{path} is protected, but {why}; {mend}")]
    Unsafe {
        /// The path inside.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// What to do about it.
        mend: &'static str,
    },
}

fn at_path(
    step: &'static str,
    path: &Path,
) -> impl FnOnce(rustix::io::Errno) -> ProtectError + use<> {
    let path = path.to_owned();
    move |errno| ProtectError::Path {
        step,
        path,
        source: errno.into(),
    }
}
