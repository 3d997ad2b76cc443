//! Relays the terminal: raw bytes both ways, hostile sequences taken out, and an overlay that leaves no trace.
//!
//! The sandbox has a terminal of its own (made from its own devpts), so nothing inside can push characters into the
//! person's terminal (TIOCSTI) or change its modes. What it *prints* goes through [`filter::Filter`].

pub mod filter;
pub mod keys;
pub mod limits;
pub mod modes;
pub mod overlay;
pub mod raw;
pub mod relay;
pub mod screen;

pub use raw::{RawMode, restore_now};
pub use relay::{Relay, RelayEnd, RelaySetup, TerminalError, host_size};
