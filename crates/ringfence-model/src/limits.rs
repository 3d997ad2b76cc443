//! Every number that bounds something in this crate.

/// Bytes that are read, hashed and written at once.
pub const COPY_BYTES: usize = 1024 * 1024;
/// Names that a store may hold; a listing stops with an error above it.
pub const NAMES: usize = 100_000;
/// Bytes of a manifest that are read.
pub const MANIFEST_BYTES: u64 = ringfence_inference::limits::MANIFEST_BYTES as u64;
/// Bytes of a text that belongs to a model (template, system prompt, licence, options).
pub const TEXT_BYTES: u64 = ringfence_inference::limits::TEXT_LAYER_BYTES;
/// Days after which the rest of an interrupted download is thrown away, when something is removed.
pub const PARTIAL_DAYS: u64 = 7;
