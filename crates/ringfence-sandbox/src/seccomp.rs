//! The system call filter: profiles are data (`seccomp/*.json`), compiled to one BPF program.
//!
//! The program refuses with an errno what a profile names, kills on a foreign ABI (i386, x32), answers
//! `ENOSYS` for system calls newer than the profile was reviewed for, and allows the rest.

mod bpf;
mod profile;
mod table;
#[cfg(test)]
mod tests;

use ringfence_policy::spec::SeccompProfile;

/// A compiled filter.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    program: Vec<libc::sock_filter>,
}

/// Why a filter could not be compiled or installed.
#[derive(Debug, thiserror::Error)]
pub enum SeccompError {
    /// The profile shipped in this binary is broken.
    #[error("seccomp profile: {0}")]
    Profile(String),
    /// The kernel refused it.
    #[error("seccomp filter: {0}; the kernel needs CONFIG_SECCOMP_FILTER")]
    Install(std::io::Error),
}

/// Compiles a profile. Called once in the spawner and kept; needs no privileges.
pub(crate) fn compile(profile: SeccompProfile) -> Result<Filter, SeccompError> {
    let profile = profile::load(profile)?;
    Ok(Filter {
        program: bpf::assemble(&profile)?,
    })
}

/// Whether this kernel takes filters that kill the whole process. Changes nothing.
pub(crate) fn available() -> Result<(), SeccompError> {
    crate::sys::seccomp::action_available(libc::SECCOMP_RET_KILL_PROCESS)
        .map_err(SeccompError::Install)
}

impl Filter {
    /// Installs it on the calling (single-threaded) process for good; `no_new_privs` is set already.
    pub(crate) fn install(&self) -> Result<(), SeccompError> {
        crate::sys::seccomp::install(&self.program).map_err(SeccompError::Install)
    }
}
