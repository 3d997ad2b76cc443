//! Every number that bounds something in `connect`.

use std::time::Duration;

/// How long a server may take to begin its answer to what is not a question: connecting, TLS and the head.
pub const HEAD_TIME: Duration = Duration::from_secs(30);
/// How long a server may take to load a model, or to begin an answer, which may wait for others.
pub const MODEL_TIME: Duration = Duration::from_secs(1_800);
/// How long nothing of an answer may come.
pub const GAP: Duration = Duration::from_secs(1_800);
/// Bytes of a list of models, or of what a model is.
pub const ABOUT_BYTES: usize = 8 << 20;
/// Bytes of an answer that is not streamed, which is held until it is known to be whole.
pub const WHOLE_BYTES: usize = 64 << 20;
/// Pieces of an opened answer that wait for the program.
pub const PIECES: usize = 64;
/// Runners that are remembered as verified; one more makes the others be asked for again.
pub const RUNNERS: usize = 64;
/// Seconds before its end at which a statement is replaced.
pub const EARLY_S: u64 = 30;
/// Bytes of a file of pins.
pub const PINS_BYTES: u64 = 8 << 20;
/// How long another process may change what is pinned, before that is given up and said.
pub const LOCK_TIME: Duration = Duration::from_secs(5);
/// Characters of what a server says that are repeated in an error.
pub const QUOTED: usize = 300;
/// How long requests may take to end when `connect` stops.
pub const STOPPING: Duration = Duration::from_secs(2);
/// Between the words that an answer is not whole, and the end of the connection that says so as well.
pub const LAST_WORDS: Duration = Duration::from_millis(100);
