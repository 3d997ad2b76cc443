//! The only unsafe code of the crate: thin wrappers around system calls that rustix does not cover.
//! Each block says why it is sound; no policy and no retry lives here.
#![allow(unsafe_code)]

pub(crate) mod clone;
pub(crate) mod keyring;
pub(crate) mod landlock;
pub(crate) mod mount;
pub(crate) mod net;
pub(crate) mod process;
pub(crate) mod seccomp;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod watch;
