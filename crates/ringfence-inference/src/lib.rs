//! What stands between a client of a model server and an engine that turns tokens into tokens.
//!
//! ```text
//! body ──► Request ──► prompt text ──► engine ──► Piece ──► Event ──► bytes of the answer
//!  (api readers)  (template)      (not here)    (output)     (api writers)
//! ```
//!
//! Clients speak Ollama, OpenAI or Anthropic; inside there is one [`Request`] and one stream of [`Event`]s. Everything that a
//! stranger may send (bodies, names, digests, manifests, Modelfiles, chat templates, JSON schemas) is bounded by
//! [`limits`] and refused with the place and the reason.
//!
//! Nothing here reads a file, a clock, the environment or the network: times, durations and random ids are passed in.
#![forbid(unsafe_code)]

pub mod api;
mod civil;
mod control;
mod digest;
mod event;
pub mod grammar;
mod json;
mod keep_alive;
pub mod limits;
mod manifest;
mod modelfile;
mod name;
mod options;
mod output;
mod plan;
mod request;
mod template;

pub use control::ControlTokens;
pub use digest::{Digest, DigestError};
pub use event::{
    Alternative, DoneReason, Event, Failure, FailureKind, Logprob, Piece, Timings, Usage,
};
pub use json::{Json, JsonError};
pub use keep_alive::{KeepAlive, KeepAliveError};
pub use manifest::{Layer, LayerKind, Manifest, ManifestError};
pub use modelfile::{Modelfile, ModelfileError};
pub use name::{ModelName, NameError};
pub use options::{Options, Settings};
pub use output::{Output, OutputSpec, ThinkTags, ToolForm};
pub use plan::{FillIn, Generation, ModelTraits, Task};
pub use request::{Format, Message, Prompt, Request, Role, Think, Tool, ToolCall, ToolChoice};
pub use template::{ChatTemplate, TemplateError, TemplateInput};
