//! Runs one local model in one process that has given everything else up.
//!
//! ```text
//! server ── Runner ══ socket pair ══ serve() ── Engine          the right half inside a sandbox of its own, sealed after loading
//! ```
//!
//! [`Runner::start`] hands an open model file to a new process of this same binary. There it is hashed, its header read and checked
//! in Rust ([`gguf`]), then loaded by an [`Engine`](engine::Engine); then the process seals itself, and only then takes prompts. No
//! network, no file system but its libraries, no device unless one was asked for, no new thread or process, no descriptor; whatever is
//! missing of that stops the start.
#![deny(unsafe_code)]

mod ask;
mod devices;
pub mod engine;
pub mod gguf;
pub mod limits;
mod process;
mod room;
mod runner;
mod seal;
#[cfg(any(test, feature = "test-support"))]
#[allow(clippy::expect_used, reason = "support of tests")]
pub mod testing;
mod wire;

pub use ask::{Ask, Manner, traits};
pub use devices::{DeviceError, Devices};
pub use process::{ASKER, serve};
pub use room::{Config, Described, for_candle, memory, sandbox};
pub use runner::{
    Answer, Canceller, Death, Embedding, Events, JobError, Runner, SealedAnswer, SealedStep,
    StartError, Started, Step,
};
pub use wire::Stage;
