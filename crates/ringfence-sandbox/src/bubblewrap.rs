//! The same spec through `bwrap`, for hosts that let only it make user namespaces.
//!
//! The process that the spawner forked stays outside as the keeper: it opens every source, has [`argv`] say what
//! `bwrap` is to do, starts it, has the capture sockets made from outside once the namespaces stand, and waits.
//! Inside, `bwrap` executes this same binary with hidden arguments; there [`crate::init`] takes over.
//!
//! `bwrap` before 0.12 follows symlinks when it creates a mount point (INCIDENTS F5, CVE-2026-87766). Here no
//! version ever creates one below a bind of the host's: what is missing there is refused before it starts.

mod argv;
mod keeper;
mod tool;

use ringfence_policy::spec::Level;

use crate::backend::Backend;
use crate::error::Fault;
use crate::limits::Own;
use crate::spawner::Job;

pub(crate) use tool::Tool;

/// Why bubblewrap can not be used.
#[derive(Debug, thiserror::Error)]
pub enum BubblewrapError {
    /// Not installed.
    #[error(
        "bubblewrap is not installed; install it (apt-get install bubblewrap, dnf install bubblewrap) or use `--backend native`"
    )]
    Missing,
    /// Installed, but not usable.
    #[error("bubblewrap: {0}")]
    Unusable(String),
    /// The spec needs what `bwrap` can not do safely.
    #[error("bubblewrap: {0}")]
    Spec(String),
}

/// This backend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bubblewrap;

impl Backend for Bubblewrap {
    fn level(&self) -> Level {
        Level::Standard
    }

    fn namespaces(&self, _root: bool) -> i32 {
        0
    }

    /// The keeper and `bwrap`.
    fn own_tasks(&self, _root: bool) -> Own {
        Own {
            entered: 2,
            born: 2,
        }
    }

    fn build(&self, job: &Job) -> Fault {
        match keeper::keep(job) {
            Err(fault) => fault,
            Ok(never) => match never {},
        }
    }
}
