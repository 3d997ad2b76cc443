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

/// Most threads that compute.
pub const THREADS: u32 = 256;
/// Most tokens of a prompt that are read at once.
pub const BATCH: u32 = 4_096;
/// Largest context that is asked of an engine, tokens.
pub const CONTEXT: u32 = 1 << 22;
/// Longest prompt or text to embed, bytes.
pub const PROMPT_BYTES: usize = 8 << 20;
/// Longest grammar, bytes.
pub const GRAMMAR_BYTES: usize = 1 << 20;
/// Most tokens that penalties look back at.
pub const LOOK_BACK: i32 = 8_192;
/// Most bytes of an engine's complaints that are kept.
pub const REASON_BYTES: usize = 2_048;
/// Longest order, bytes: a prompt, escaped as JSON.
pub const ORDER_BYTES: usize = 32 << 20;
/// Longest report, bytes: a vector, or a chat template.
pub const REPORT_BYTES: usize = 16 << 20;
/// Longest sealed request, bytes of ciphertext: the largest body, the largest head, and what sealing adds. A runner holds one at a
/// time, because its server hands it one.
pub const SEALED_BYTES: usize = 33 << 20;
/// Shortest name of one who asks sealed, bytes: a shorter one could be guessed.
pub const ASKER_LEAST_BYTES: usize = 32;
/// Longest such name, bytes.
pub const ASKER_BYTES: usize = 128;
/// Ciphertext of a response that goes to the server at once, bytes.
pub const FRAMES_BYTES: usize = 64 << 10;
/// Bytes of the word for why a sealed request was not opened.
pub const REFUSAL_BYTES: usize = 16;
/// Longest saved state of an engine, bytes: some 2,000 tokens of a model of 8 billion parameters.
pub const STATE_BYTES: usize = 256 << 20;
/// Orders that wait in a runner.
pub const WAITING: usize = 16;
/// Longest text of a runner's last words, bytes.
pub const WORDS_BYTES: usize = 4_096;
/// Texts in one order to embed.
pub const INPUTS: usize = 4_096;
/// Seconds that a model may take to load: hashing and mapping 100 GB from a slow disk.
pub const LOADING_SECONDS: u64 = 600;
/// Seconds without any word in the middle of a job, after which a runner is taken for dead: the longest prompts on slow machines.
pub const SILENCE_SECONDS: u64 = 1_800;
/// Seconds without any word after a job was taken back, after which a runner is killed: it looks for that between two tokens, and a
/// grammar can keep it from ever getting there.
pub const CANCEL_SECONDS: u64 = 10;
/// Bytes of a model that are hashed at once.
pub const HASHED_AT_ONCE: usize = 256 << 10;
/// Tasks of a runner besides those that compute: its init, the one that reads orders, and the one that keeps the pace of sealed answers.
pub const OTHER_TASKS: u64 = 4;
/// Descriptors that a runner may have open.
pub const OPEN_FILES: u64 = 32;
/// Most device nodes that a runner is granted.
pub const DEVICES: usize = 32;
/// Most digits of a device's number.
pub const DEVICE_DIGITS: usize = 4;
/// Most layers on a graphics processor that a client asks for.
pub const LAYERS: i32 = 4_096;
/// Tasks that the driver of a graphics processor may make in a runner.
pub const DRIVER_TASKS: u64 = 64;
/// Descriptors that it may have open.
pub const DRIVER_FILES: u64 = 480;
