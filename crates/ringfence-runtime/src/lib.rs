//! Composition root: gathers what is known about the host, turns configuration into a plan, wires the
//! sandbox, the proxy, the prompts and the audit log together, and takes them down in order.
#![forbid(unsafe_code)]

pub mod prompt;
pub mod terminal;
