//! The proxy against real sockets: clients as a sandbox has them, origins as the internet has them.
//! One binary, because linking it takes longer than running it.

mod credentials;
mod fence;
mod hostile;
mod origin;
mod policy;
mod requests;
mod rewriting;
mod streaming;
