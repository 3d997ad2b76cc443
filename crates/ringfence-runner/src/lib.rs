//! Local models: what is needed to load one in a process that has given everything else up. So far the reader that checks a model file
//! before any engine sees it.
#![forbid(unsafe_code)]

pub mod gguf;
pub mod limits;
#[cfg(any(test, feature = "test-support"))]
#[allow(clippy::expect_used, reason = "support of tests")]
pub mod testing;
