//! Finds credentials in a stream of bytes and takes them out, however they are encoded and however the stream is cut.
//!
//! A [`Filter`] is built once a session (tables, known values, context index) and shared; a [`Stream`] is one direction
//! of one connection or one output of one process. What goes in by [`Stream::push`] comes out redacted, in order.
//!
//! Two properties hold, and everything in this crate is arranged around them:
//!
//! - **Findings and output are a function of the concatenated input and of where it ends, never of the cuts.** Verdicts
//!   are taken when a *token* closes, and a token closes because of a byte, never because of a cut or of time passing.
//! - **No byte of a secret leaves before its verdict**, for secrets up to [`limits::WINDOW`] bytes as written in the
//!   stream (private keys in PEM: any length). Held is what may still become a secret: a token that is still open, a wrapped
//!   block whose next line may continue it, a concatenation, the start of a known value. All else leaves in the same push:
//!   words that are closed, sentences with their newline, prompts such as `>>> ` and `Password: `.
//!
//! Nothing here reads a file, a clock, the environment or the network.
#![forbid(unsafe_code)]

mod decode;
pub mod detector;
pub mod detectors;
pub mod echo;
mod filter;
mod finding;
mod known;
pub mod limits;
mod scan;
mod settings;
mod stream;

pub use detector::{Detector, Validator};
pub use detectors::detectors;
pub use filter::{Filter, FilterError};
pub use finding::{Action, Finding, Tier, Transform};
pub use scan::pem::PRIVATE_KEY;
pub use settings::{Actions, Document, Known, Settings};
pub use stream::{Blocked, Stream};
