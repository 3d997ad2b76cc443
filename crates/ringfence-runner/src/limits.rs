//! Every limit of this crate, with its unit and why it has that size.

/// Largest header of a GGUF file (everything before the tensor data), bytes. The largest vocabularies with merges come to 12 MiB.
pub const HEADER_BYTES: u64 = 256 << 20;
/// Longest key of a GGUF file, bytes; the format's own limit.
pub const KEY_BYTES: u64 = 65_535;
/// Longest single string value, bytes: chat templates and licences are the longest there are.
pub const STRING_BYTES: u64 = 4 << 20;
/// Most key-value pairs. Real files have below 100.
pub const PAIRS: u64 = 4_096;
/// Most elements of one array; vocabularies have up to 262,144 tokens and merges of the same order.
pub const ELEMENTS: u64 = 4 << 20;
/// Deepest nesting of arrays. Real files have none inside another.
pub const NESTING: u32 = 4;
/// Most tensors. The largest models have below 4,000 in a file.
pub const TENSORS: u64 = 65_536;
/// Longest name of a tensor, bytes; the engine keeps 64 with the ending NUL.
pub const TENSOR_NAME_BYTES: u64 = 63;
/// Dimensions of a tensor.
pub const DIMENSIONS: u32 = 4;
/// Largest `general.alignment`, bytes.
pub const ALIGNMENT: u64 = 1 << 16;
/// Most bytes that text of an error repeats from a file.
pub const QUOTED_BYTES: usize = 64;
/// What the reader takes from a file at once, bytes.
pub const WINDOW_BYTES: usize = 64 << 10;
