//! Support of tests (feature `test-support`): a writer of GGUF files, also broken ones, and tiny models that say an exact sentence.

mod attacks;
pub(crate) mod device;
mod model;
mod mutate;
mod writer;

pub use attacks::attacks;
pub use device::{DEVICE, DEVICE_GROUP, OWN_DEV, own_dev};
pub use model::{SENTENCE, Shape, Storage, Tiny};
pub use mutate::{Random, mutated};
pub use writer::{Entry, Writer};
