//! Every limit of the audit log, in one place.

use std::time::Duration;

/// Longest line of a log in bytes, newline included. It fits one datagram of every sink. A longer line is a fault when read;
/// an event that would make one is shortened field by field when written.
pub const MAX_LINE: usize = 32 * 1024;

/// Longest text of one field of an event in bytes; the rest is cut and its length noted.
pub const MAX_FIELD: usize = 4 * 1024;

/// Field length used when an event with fields of [`MAX_FIELD`] still does not fit [`MAX_LINE`].
pub(crate) const SHORT_FIELD: usize = 128;

/// Most items of one list in an event (arguments, protections); the rest is counted.
pub const MAX_ITEMS: usize = 128;

/// Bytes kept allocated behind the end of the log, so that a full disk is noticed before an event is lost and the last event,
/// which says why the session stopped, still finds room. Two lines of the greatest length.
pub const RESERVE: u64 = 2 * MAX_LINE as u64;

/// Allocation step in bytes; a call into the file system for each event would cost more than the event.
pub(crate) const RESERVE_STEP: u64 = 128 * 1024;

/// Events between two signed checkpoints.
pub const CHECKPOINT_EVERY: u64 = 64;

/// Longest line of a checkpoint file in bytes.
pub(crate) const MAX_CHECKPOINT_LINE: usize = 1024;

/// Shortest secret that the log can keep out of itself, in bytes: anything shorter occurs by accident in every line.
pub const MIN_SECRET: usize = 4;

/// Events that wait for one sink; beyond it they are lost for that sink and counted, or stop the session if it is required.
pub const SINK_QUEUE: usize = 4096;

/// Time for one connection attempt of a TCP sink.
pub const SINK_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Time for one event to be taken by a sink's socket.
pub const SINK_WRITE_TIMEOUT: Duration = Duration::from_secs(3);

/// Longest wait at the end of a session until the sinks have taken everything.
pub const SINK_FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Attempts to hand one event to a sink before it counts as lost.
pub(crate) const SINK_ATTEMPTS: u32 = 2;

/// Longest session name in bytes.
pub(crate) const MAX_SESSION: usize = 64;

/// Longest answer of a TPM, and longest part of a key that it sealed, in bytes.
pub const MAX_TPM_PART: usize = 2048;

/// Longest message of a TPM program that is looked at, in bytes.
pub(crate) const MAX_TPM_MESSAGE: u64 = 4096;

/// Longest wait for one of tpm2-tools; slow TPMs take seconds to make a key.
pub const TPM_WAIT: Duration = Duration::from_secs(30);

/// How often one that said all is looked at until it has ended.
pub(crate) const TPM_LOOK: Duration = Duration::from_millis(2);
