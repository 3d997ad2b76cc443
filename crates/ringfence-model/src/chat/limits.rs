//! Every number that bounds something in a chat.

/// Prompt caches that are kept; the oldest goes for another.
pub const CACHES: usize = 16;
/// Bytes of all prompt caches together; the oldest go for another.
pub const CACHES_BYTES: u64 = 1 << 30;
/// Bytes of one record of a prompt cache.
pub const CACHE_PART: usize = 16 << 20;
/// Bytes of one prompt, as typed or piped in.
pub const PROMPT_BYTES: usize = 1 << 20;
/// Turns of a conversation that a chat holds; what goes beyond the model's context is cut by the runner anyway.
pub const TURNS: usize = 10_000;
/// Bytes of an answer that are kept; the answer is stopped there.
pub const ANSWER_BYTES: usize = 8 << 20;
