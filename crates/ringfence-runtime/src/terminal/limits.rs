//! Every limit of the terminal relay in one place.

use std::time::Duration;

/// Bytes of one CSI sequence; a longer one is dropped.
pub const MAX_CSI: usize = 256;
/// Bytes of one OSC string; a longer one is dropped.
pub const MAX_OSC: usize = 4096;
/// Largest number in a CSI sequence; one with a larger number is dropped.
pub const MAX_NUMBER: u32 = 65_535;
/// Characters of a window title; the rest is cut.
pub const MAX_TITLE: usize = 256;
/// Bytes of a hyperlink's target; a longer one is dropped.
pub const MAX_LINK: usize = 2048;
/// Kitty keyboard levels that a program may push.
pub const MAX_KITTY: u32 = 64;

/// Bytes read at once.
pub const CHUNK: usize = 16 * 1024;
/// Bytes of keyboard input that wait for the sandbox; then the keyboard waits.
pub const MAX_TO_SANDBOX: usize = 64 * 1024;
/// Bytes of output that wait for the person's terminal; then the sandbox waits.
pub const MAX_TO_HOST: usize = 256 * 1024;
/// Bytes of output held while the overlay is up; then the sandbox waits.
pub const MAX_HELD: usize = 1024 * 1024;
/// How long the last output may take to reach the person's terminal.
pub const FLUSH: Duration = Duration::from_secs(2);
/// How long replies to the sandbox's last terminal queries are waited for, so that they don't reach the shell.
pub const REPLIES: Duration = Duration::from_millis(120);
/// How often the overlay shows the time left.
pub const TICK: Duration = Duration::from_secs(1);
