//! Every limit of this crate, together.

/// Frames are padded to a multiple of this many bytes of plaintext.
pub const BUCKET: usize = 256;

/// Largest padded plaintext of one frame, in bytes. 64 buckets; also the largest chunk of which chunked OHTTP wants all
/// implementations to be capable.
pub const MAX_CHUNK: usize = 16 * 1024;

/// Bytes of an authentication tag, for every AEAD of HPKE.
pub const TAG: usize = 16;

/// Bytes of the length that begins a padded frame.
pub(crate) const PAD_PREFIX: usize = 2;

/// Most bytes of data in one frame.
pub const MAX_CHUNK_DATA: usize = MAX_CHUNK - PAD_PREFIX;

/// Most bytes of a request's body. Images travel inside it as base64; a prompt is a thousandth of this.
pub const MAX_REQUEST_BODY: usize = 32 * 1024 * 1024;

/// Most bytes of method, path, names and values of a head together.
pub const MAX_HEAD: usize = 64 * 1024;

/// Most header fields of one message.
pub const MAX_FIELDS: usize = 128;

/// Most bytes of a request's path and query.
pub const MAX_PATH: usize = 8 * 1024;

/// How far the time in a request may be from the runner's, in seconds, before and after.
pub const TIME_WINDOW: u64 = 300;

/// Requests that a runner remembers at once. An entry lives at most two windows, so this is 109 requests a second without end;
/// past it a request is refused rather than let through unremembered.
pub const REPLAY_CAPACITY: usize = 65_536;

/// Longest time for which a runner statement may be made, in seconds: one day.
pub const MAX_STATEMENT_LIFETIME: u64 = 86_400;

/// Most bytes of an encoded statement with its signature.
pub const MAX_STATEMENT: usize = 8 * 1024;

/// Most bytes of a model's name in a statement (host, namespace, model and tag).
pub const MAX_MODEL_NAME: usize = 600;

/// Most protections that a statement lists, and most bytes of the name of one.
pub const MAX_PROTECTIONS: usize = 64;
/// See [`MAX_PROTECTIONS`].
pub const MAX_PROTECTION_NAME: usize = 64;

/// Most key configurations in one `application/ohttp-keys` list.
pub const MAX_KEY_CONFIGS: usize = 16;

/// Most models that one pin remembers.
pub const MAX_PINNED_MODELS: usize = 4096;

/// Most bytes of a TPM's quote and its signature together.
pub const MAX_QUOTE: usize = 4 * 1024;

/// Milliseconds between two batches of a response's body, as a rule.
pub const BATCH_INTERVAL: u64 = 50;
