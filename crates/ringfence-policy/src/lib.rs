//! Decides. Configuration as written becomes a plan as meant; a request becomes a [`Decision`].
//!
//! Nothing in this crate reads a file, a clock, the environment or the network: what it needs to know
//! about the host arrives in [`HostFacts`], and what it decides leaves as values that the other crates obey.
#![forbid(unsafe_code)]

pub mod address;
pub mod code;
mod compile;
pub mod config;
mod data;
pub mod decision;
pub mod event;
pub mod explain;
pub mod filter;
mod hidden;
pub mod host;
pub mod limits;
pub mod path;
pub mod pattern;
pub mod plan;
mod planner;
pub mod policy;
pub mod presets;
pub mod resolve;
mod rewrite;
mod rules;
pub mod spec;
mod stage;

pub use config::{ConfigError, ConfigKind, ConfigSource, ProjectTrust};
pub use decision::{
    Access, Answer, Ask, Decision, Grant, Permit, Refusal, RefusalClass, RevealPermit, Route,
    Scheme, Scope, What,
};
pub use event::Event;
pub use explain::Explanation;
pub use filter::{FilterAction, FilterPlan};
pub use hidden::{is_hidden, visible};
pub use host::Host;
pub use plan::{
    HostFacts, Plan, Policy, RunOptions, candidate_paths, config_search_path, resolve,
    resolve_audit, resolve_policy, wanted_program,
};
pub use resolve::{ErrorKind, ResolveError};
pub use spec::SandboxSpec;
