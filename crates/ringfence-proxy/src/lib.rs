//! Enforces. Takes the sandbox's connections and DNS questions, asks the policy about each of them, and carries out
//! what it permits: session CA, TLS, HTTP/1, HTTP/2, WebSocket, SSE, SOCKS, rewriting and credential injection.
//!
//! Nothing in this crate opens a file, reads the environment or starts a process; a request is forwarded only
//! with a [`ringfence_policy::Permit`] in hand.
#![forbid(unsafe_code)]

mod ca;
mod connect;
mod context;
mod credential;
mod dial;
mod dialer;
mod dispatch;
mod dns;
mod egress;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod hello;
mod http;
mod limits;
mod names;
mod refuse;
mod rewrite;
mod setup;
mod socks;
mod stream;
mod tls;
mod tunnel;
mod upstream;

pub use dialer::{Dialer, Duplex};
pub use egress::PLACEHOLDER;
pub use setup::{
    Approver, CredentialView, Listeners, Peers, Proxy, ProxyError, Question, QuestionKind,
    RecordError, Recorder, ResolverSetup, Roots, SecretError, Secrets, Setup,
};
