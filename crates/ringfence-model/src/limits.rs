//! Every number that bounds something in this crate.

/// Bytes that are read, hashed and written at once.
pub const COPY_BYTES: usize = 1024 * 1024;
/// Names that a store takes.
pub const NAMES: usize = 100_000;
/// Bytes of a manifest that are read.
pub const MANIFEST_BYTES: u64 = ringfence_inference::limits::MANIFEST_BYTES as u64;
/// Bytes of a text that belongs to a model (template, system prompt, licence, options).
pub const TEXT_BYTES: u64 = ringfence_inference::limits::TEXT_LAYER_BYTES;
/// Days after which the rest of an interrupted download is thrown away, when something is removed; a server also throws away blobs of
/// that age that no model needs.
pub const PARTIAL_DAYS: u64 = 7;
/// Seconds for which an uploaded blob stays that no model needs yet.
pub const UPLOADED_S: u64 = 3600;
/// Uploaded blobs that no model needs yet; one more is refused.
pub const UPLOADED: usize = 4096;
/// Seconds between two times that a server throws away what was uploaded and is not needed.
pub const SWEEP_S: u64 = 600;
/// Bytes of the file system that nothing in the store takes; a twentieth of a file system that is small.
pub const FREE_BYTES: u64 = 1 << 30;
/// Redirects that are followed for one request.
pub const REDIRECTS: usize = 5;
/// Bytes of the head of an answer.
pub const HEAD_BYTES: usize = 64 * 1024;
/// Seconds without a byte after which a connection is given up.
pub const IDLE_S: u64 = 30;
/// Tries without progress before a pull gives up.
pub const ATTEMPTS: u32 = 4;
/// Milliseconds between two tries.
pub const RETRY_MS: u64 = 500;
/// Bytes of a token in a file of its own.
pub const TOKEN_BYTES: u64 = 4_096;
/// Bytes of what the server says about itself.
pub const LOCAL_BYTES: usize = 4 << 20;
/// Seconds that it may take to say so.
pub const LOCAL_SECONDS: u64 = 10;
/// Bytes of a file that says what to want of a TPM's quote.
pub const WANTED_BYTES: u64 = 4_096;
