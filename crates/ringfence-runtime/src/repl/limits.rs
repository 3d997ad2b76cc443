//! The bounds of a session. What an interpreter sends beyond one of them is cut or ends it; nothing is kept without a bound.

use std::time::Duration;

/// Most bytes of one cell's code.
pub const CODE: usize = 16 << 20;
/// Most bytes of one packet's payload; with marker and header it stays below `PIPE_BUF`.
pub const PACKET: usize = 4000;
/// Most bytes of one message (a result with all its representations).
pub const MESSAGE: usize = 24 << 20;
/// Most bytes of one textual representation; the rest is cut, and the cut said.
pub const TEXT: usize = 4 << 20;
/// Most bytes of one binary representation; a larger one is left out, and that said.
pub const BINARY: usize = 8 << 20;
/// Most representations of one value.
pub const KINDS: usize = 32;
/// Most bytes of the name of a MIME type.
pub const KIND: usize = 128;
/// Most values that one cell may show, figures included.
pub const DISPLAYS: usize = 1000;
/// Most findings kept of one cell.
pub const FINDINGS: usize = 1000;
/// Bytes taken from a pipe at once.
pub const READ: usize = 64 << 10;

/// How long an interpreter may take until it is ready.
pub const START: Duration = Duration::from_secs(30);
/// How long a cell may go on after it was told to end (a second interrupt, the time limit, the output limit) before the
/// interpreter is killed.
pub const GRACE: Duration = Duration::from_secs(2);
/// How long to wait for something that was written before what has been read already.
pub const SOON: Duration = Duration::from_secs(5);
/// How long an interpreter may take to run its exit handlers.
pub const CLOSE: Duration = Duration::from_secs(2);
