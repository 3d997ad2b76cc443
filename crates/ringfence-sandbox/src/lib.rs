//! Enforces. Builds sandboxes from a [`SandboxSpec`] and hands back what the supervisor needs: the
//! capture sockets, the terminal, and in the end the exit report.
//!
//! Call [`start`] as the very first thing in `main`: it forks the single-threaded spawner before any
//! thread, secret or parsed argument exists, and it serves the hidden arguments under which this
//! same binary runs inside a sandbox. Nothing in this crate knows TLS or policy text, tokio
//! only the [`docker`] backend, in a process of its own, and `unsafe` stands in `sys/` only.
//!
//! [`SandboxSpec`]: ringfence_policy::spec::SandboxSpec
#![deny(unsafe_code)]

mod backend;
mod bounds;
mod bubblewrap;
mod capture;
pub mod docker;
mod error;
pub mod foreign;
mod gvisor;
mod init;
mod keyring;
mod landlock;
mod launch;
mod limits;
mod native;
mod netlink;
mod parcel;
mod probe;
pub mod protect;
mod report;
mod seccomp;
mod spawner;
mod stage;
mod sys;
mod wire;

pub use backend::BackendName;
pub use capture::CaptureSockets;
pub use error::{LaunchError, StartError};
pub use gvisor::unusable as gvisor_unusable;
pub use launch::{Pending, Process, Sandbox, Spawner, Stdio, start};
pub use probe::{Probe, probe};
pub use report::{ExitReport, PeakMemory};
pub use seccomp::{SeccompError, check_seccomp_profile, seal};
