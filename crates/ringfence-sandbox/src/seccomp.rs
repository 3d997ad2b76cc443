//! The system call filters: profiles are data (`seccomp/*.json`), compiled to BPF.
//!
//! The base ([`base`]) holds for the init and for every payload: it refuses with an errno what it names, kills on a
//! foreign ABI (i386, x32), answers `ENOSYS` for system calls newer than it was reviewed for, and allows the rest.
//! Profiles for code, and users' own, come on top of it in the payload alone ([`payload()`]): the kernel takes the
//! strictest answer of all filters, so none can give back what another one refused.

mod bpf;
mod oci;
mod oci_bpf;
#[cfg(test)]
mod oci_tests;
mod payload;
mod profile;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use payload::{Payload, payload};

/// A compiled filter.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    program: Vec<libc::sock_filter>,
}

/// Why a filter could not be compiled or installed.
#[derive(Debug, thiserror::Error)]
pub enum SeccompError {
    /// A profile is broken; with `file:line:column` where it is one that a user wrote.
    #[error("seccomp profile: {0}")]
    Profile(String),
    /// The kernel refused it.
    #[error("seccomp filter: {0}; the kernel needs CONFIG_SECCOMP_FILTER")]
    Install(std::io::Error),
}

/// Compiles the base. Called once in the spawner and kept; needs no privileges.
pub(crate) fn base() -> Result<Filter, SeccompError> {
    let profile = profile::base()?;
    Ok(Filter {
        program: bpf::assemble(&profile)?,
    })
}

/// Whether a profile in the format of the OCI runtime specification (`linux.seccomp`) can be used: the text of a file `name`.
/// It is meant for checking a user's file before anything is started; a launch checks as well.
///
/// # Errors
/// What is wrong with it, as `name:line:column: why`: broken JSON, unknown fields, system calls, actions or comparisons, more
/// than the kernel takes, or a profile under which no program could even be started.
pub fn check_seccomp_profile(name: &str, json: &str) -> Result<(), SeccompError> {
    payload::profile(name, json).map(drop)
}

/// Puts one more filter, in the format of the OCI runtime specification, on every thread of the calling process, for good: for a
/// program inside a sandbox that needs less from some point on. The kernel takes the strictest answer of all filters, so this
/// can only take rights away.
///
/// # Errors
/// When the profile is broken (`name` is the file for the error), or the kernel refuses it; then no thread has it.
pub fn seal(name: &str, json: &str) -> Result<(), SeccompError> {
    let program = oci_bpf::assemble(name, &oci::parse(name, json)?)?;
    rustix::thread::set_no_new_privs(true).map_err(|error| SeccompError::Install(error.into()))?;
    crate::sys::seccomp::install_everywhere(&program).map_err(SeccompError::Install)
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
