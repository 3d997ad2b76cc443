//! The same spec through the Docker engine: runc for level standard, gVisor's runsc for level high.
//!
//! The process that the spawner forked stays outside as the keeper. It speaks to the engine over its unix socket, in an
//! asynchronous runtime of its own that lives in this process only: the spawner and the supervisor never make one. The container
//! starts with this very binary ([`inside`]), which takes the last steps from within and waits; so the network can be captured and
//! everything be looked at before the first instruction of the payload runs.
//!
//! Whoever may speak to the engine's socket is root on its machine. The sandbox never sees that socket.

mod body;
mod engine;
mod explain;
mod host;
pub mod image;
pub(crate) mod inside;
mod keeper;
mod room;
mod scratch;
mod streams;

use ringfence_policy::spec::Level;

use crate::backend::Backend;
use crate::error::Fault;
use crate::spawner::Job;

pub use engine::{Facts, facts};
pub use explain::DockerError;
pub use host::DockerHost;

/// This backend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Docker;

impl Backend for Docker {
    fn level(&self) -> Level {
        Level::High
    }

    fn namespaces(&self, _root: bool) -> i32 {
        0
    }

    fn build(&self, job: &Job) -> Fault {
        match keeper::keep(job) {
            Err(fault) => fault,
            Ok(never) => match never {},
        }
    }
}
