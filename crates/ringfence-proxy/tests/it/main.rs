//! The proxy against real sockets: clients as a sandbox has them, origins as the internet has them.
//! One binary, because linking it takes longer than running it.
// The helpers are part of the tests, but clippy's exception for tests covers only functions marked as such.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod certificates;
mod credentials;
mod dialer;
mod egress;
mod fence;
mod hostile;
mod origin;
mod policy;
mod requests;
mod rewriting;
mod streaming;
