//! Every limit of this crate, in one place.

/// Longest secret, as written in the stream, that is certain to be held until its verdict, in bytes.
pub const WINDOW: usize = 16 * 1024;

/// Longest run of bytes that is held and judged as a whole; a longer one is judged in blocks of this length that overlap by [`WINDOW`].
pub const BLOCK: usize = 2 * WINDOW;

/// How far before a token its keyword may stand, in bytes; also what a detector's pattern may look back on.
pub const LOOKBACK: usize = 256;

/// Shortest token that a detector is asked about, in bytes.
pub const TOKEN_MIN: usize = 8;

/// Findings that wait to be taken by [`crate::Stream::findings`]; more are counted, not kept. Redaction does not depend on it.
pub const FINDINGS: usize = 256;

/// Shortest known value, in bytes: shorter ones would redact ordinary text.
pub const KNOWN_MIN: usize = 6;

/// Longest known value, in bytes.
pub const KNOWN_MAX: usize = WINDOW / 4;

/// Most known values of one filter.
pub const KNOWN_COUNT: usize = 1024;

/// How deep encodings may be nested.
pub const DEPTH: u8 = 5;

/// Bytes of decoded text that are looked at for one push or one piece of it, all encodings together.
pub const WORK: usize = 4 << 20;

/// Bytes that a compressed run is expanded to at most.
pub const EXPANDED: usize = 128 * 1024;

/// Longest token that is also read backwards and rotated, in bytes.
pub const TURNED: usize = 4096;

/// Bytes of a stream that are taken in one step.
pub const STEP: usize = 8 * 1024;

/// Bytes kept behind what has left, for looking back on.
pub const HISTORY: usize = 512;

/// Bytes of all known values of a filter together.
pub const KNOWN_TOTAL: usize = 256 * 1024;
