//! Composition root: gathers what is known about the host, turns configuration into a plan, wires the
//! sandbox, the proxy, the prompts and the audit log together, and takes them down in order.
#![forbid(unsafe_code)]

pub mod approver;
pub mod audit;
pub mod code;
pub mod config_files;
pub mod credentials;
mod egress;
pub mod error;
pub mod facts;
pub mod gateway;
mod network;
pub mod outbound;
pub mod paths;
pub mod peers;
pub mod prepare;
pub mod prompt;
pub mod publish;
pub mod recorder;
pub mod repl;
pub mod resolver;
pub mod session;
pub mod session_id;
pub mod terminal;
pub mod trust_store;

pub use error::RunError;
