//! Code sessions: untrusted code in a sandbox of its own, without a terminal, without prompts, usually without a network.
//!
//! Three layers, each usable alone:
//!
//! 1. [`prepare::prepare`]`(&Invocation) -> Result<Prepared, RunError>`: files, facts, configuration → [`CodePlan`];
//!    everything that can be refused is refused here.
//! 2. [`launch`]`(&Spawner, &CodePlan, Input) -> Result<Child, RunError>`: builds the sandbox, releases the program, and
//!    hands back something like a child process: `stdin` (for [`Input::Pipe`]), `stdout` and `stderr` as descriptors,
//!    [`Child::wait`], [`Child::kill`], [`Child::signal`]. Nothing is filtered, counted or recorded yet.
//! 3. [`run`]`(Spawner, Prepared, Io) -> Result<Outcome, RunError>`: the whole session: output filtered and limited, signals
//!    forwarded, files brought back, everything in the audit log.
//!
//! [`CodePlan`]: ringfence_policy::code::CodePlan

mod bare;
mod collect;
pub mod inputs;
pub mod interpreter;
mod known;
mod launch;
pub mod limits;
mod neutral;
mod online;
mod outcome;
mod output;
mod payload;
pub mod prepare;
mod pump;
mod session;
mod signals;

pub use neutral::Neutral;
pub(crate) use online::{Credentials, Online};
pub(crate) use session::{begin, documents, filter_settings};

pub use collect::{Collected, CollectedFile, LeftBehind, destination};
pub use outcome::{Kept, Outcome, PlacedFinding, Status, Usage};
pub use output::Output;
pub use session::{Feed, Io, run};

pub use launch::{Child, Input, Started, build, launch};
