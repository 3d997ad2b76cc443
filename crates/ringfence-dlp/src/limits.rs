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
