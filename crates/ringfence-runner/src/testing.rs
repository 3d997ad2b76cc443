//! Support of tests (feature `test-support`): a writer of GGUF files, also broken ones, and tiny models that say an exact sentence.

mod model;
mod mutate;
mod writer;

pub use model::{SENTENCE, Shape, Storage, Tiny};
pub use mutate::{Random, mutated};
pub use writer::{Entry, Writer};
