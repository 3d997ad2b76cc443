//! The table of attacks and promises: what `ringfence prove` prints and what the tests run.
//!
//! Every case runs twice on a world of decoys made for it: once without a fence, where an attack has to succeed and a promise has
//! to be kept, else the row proves nothing on this machine and says so; and once inside each backend. The attacks are small
//! programs in [`probe`] that run by starting this very binary again under a hidden argument, so nothing has to be installed.
//!
//! A program that links this crate calls [`probe::main`] before it looks at its own arguments.
#![deny(unsafe_code)]

mod case;
mod cases;
mod code_fence;
mod fence;
mod limits;
pub mod probe;
mod report;
mod run;
mod server;
mod world;

pub use case::{Case, Expect, Kind};
pub use cases::{elsewhere, table};
pub use code_fence::CodeFence;
pub use fence::{Bare, CliFence, Fence, FenceError, Job, Ran};
pub use report::{json, text};
pub use run::{Report, Row, Status, prove, unfenced};
