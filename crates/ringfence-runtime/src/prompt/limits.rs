//! Every limit of the prompts in one place.

use std::time::Duration;

/// Questions that may be open at once; one more is denied without being shown.
pub const MAX_PENDING: usize = 64;
/// Requests that may wait for one and the same question; one more is denied.
pub const MAX_WAITERS: usize = 256;
/// Session answers kept; beyond it answers still count, but only once.
pub const MAX_REMEMBERED: usize = 4096;
/// Bytes kept of each text of a question; the rest is cut, and its length said.
pub const MAX_TEXT_BYTES: usize = 4 * 1024;
/// Bytes of the configuration file that "always" will edit.
pub const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// Clients of one approvals socket.
pub const MAX_CLIENTS: usize = 8;
/// Bytes of one line from a client.
pub const MAX_CLIENT_LINE: usize = 4 * 1024;
/// Bytes of one line from the server: all open questions, five texts each, every byte written as `\u0000`.
pub const MAX_SERVER_LINE: usize = 8 * 1024 * 1024;
/// How long a client may take to accept one message before it is dropped.
pub const CLIENT_WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// Sockets that `ringfence approvals` looks at.
pub const MAX_SESSIONS: usize = 256;

/// Age from which a socket on which nobody listens is a leftover.
pub const SWEEP_AGE: Duration = Duration::from_secs(60);

/// How long the keyboard has to be still before an answer counts.
pub const QUIET: Duration = Duration::from_millis(300);
/// A key counts only when nothing else arrives this close to it: people don't type pastes and terminal replies.
pub const ALONE: Duration = Duration::from_millis(60);
/// How long a pane may take from being made to attaching to the desk; afterwards another front end is used.
pub const PANE_START: Duration = Duration::from_secs(3);
