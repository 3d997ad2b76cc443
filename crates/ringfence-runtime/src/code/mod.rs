//! Code sessions: untrusted code in a sandbox of its own, without a terminal, without prompts, usually without a network.
//!
//! Three layers, each usable alone:
//!
//! 1. [`prepare::prepare`]`(&Invocation) -> Result<Prepared, RunError>`: files, facts, configuration → [`CodePlan`];
//!    everything that can be refused is refused here.
//! 2. [`launch`]`(&Spawner, &CodePlan, Input) -> Result<Child, RunError>`: builds the sandbox, releases the program, and
//!    hands back something like a child process: `stdin` (for [`Input::Pipe`]), `stdout` and `stderr` as descriptors,
//!    [`Child::wait`], [`Child::kill`], [`Child::signal`]. Nothing is filtered, counted or recorded yet.
//!
//! [`CodePlan`]: ringfence_policy::code::CodePlan

pub mod interpreter;
mod launch;
pub mod prepare;

pub use launch::{Child, Input, Started, build, launch};
