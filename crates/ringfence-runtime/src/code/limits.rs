//! The stated limits of code sessions, together. (The limits of the code itself are in its plan.)

use std::time::Duration;

/// Bytes read from the code's output, or from our input, at once.
pub(super) const CHUNK: usize = 64 * 1024;
/// Bytes written to our own output at once, so that a write after `poll` never blocks (`PIPE_BUF`).
pub(super) const WRITE: usize = 4096;
/// Bytes of filtered output that may wait for our reader; the code waits then.
pub(super) const PENDING: usize = 256 * 1024;
/// How long the code gets after a polite signal before it is killed.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// How long the streams are still read after the sandbox is gone; nothing inside holds them then.
pub(super) const DRAIN: Duration = Duration::from_secs(2);
/// Bytes of a script, and of code on standard input.
pub const SCRIPT_BYTES: u64 = 4 << 20;
/// Bytes of named files that are copied into the sandbox; those beyond it are shown in place.
pub(super) const COPIED_BYTES: u64 = 4 << 20;
/// Bytes of all context documents together: as many as the egress filter looks for.
pub const CONTEXT_BYTES: u64 = 8 << 20;
/// Files named with `--file` or `--context`.
pub const NAMED_FILES: usize = 256;
/// Files that come back from `/out`.
pub(super) const COLLECTED_FILES: usize = 10_000;
/// Deepest directory below `/out` that comes back.
pub(super) const COLLECTED_DEPTH: usize = 32;
/// Findings that the result lists; more are counted.
pub(super) const FINDINGS: usize = 1000;
/// Variables of the caller whose values the filter knows.
pub(super) const KNOWN_VARIABLES: usize = 256;
/// Shortest value of such a variable that counts as a secret; shorter ones are words.
pub(super) const KNOWN_BYTES: usize = 12;
/// Bytes of a seccomp profile.
pub(super) const PROFILE_BYTES: u64 = 1 << 20;

/// Bytes of `/out` that the filter looks at, in multiples of the limit `disk`.
pub const SCANNED_TIMES: u64 = 4;
