//! Parts for the end-to-end tests: a model endpoint that answers an exact script, a home of its own for each
//! agent, the way to find the agents that `npm ci` installed, what the guides show, and a TLS origin with its own CA, DNS and registries.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    reason = "what a machine lacks is printed by whoever notices"
)]

pub mod client;
pub mod dns_stub;
pub mod fixture;
pub mod git_server;
pub mod guide;
pub mod listening;
pub mod model_stub;
pub mod origin;
pub mod registry;
pub mod ssh_server;
