//! Parts for the end-to-end tests: a model endpoint that answers an exact script, a home of its own for each
//! agent, and the way to find the agents that `npm ci` installed.
#![forbid(unsafe_code)]

pub mod fixture;
pub mod model_stub;
