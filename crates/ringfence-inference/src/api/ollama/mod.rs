//! Ollama's own API: newline-delimited JSON.

pub(super) mod read;
pub(super) mod write;
