//! A stateful session in a sandbox: cells of code run one after the other in one interpreter, and what they print, show and
//! evaluate to comes back filtered.
//!
//! The interpreter runs a small driver (`drivers/`). Requests go to its standard input; its answers come back between the
//! code's own output, in packets that begin with a marker drawn for this session ([`wire`]). So a session needs three pipes
//! and nothing else, and works the same under every backend. The code shares a process with the driver and can forge any
//! answer, including a result that it did not compute: everything that comes back is data, bounded and checked, and what
//! is not well-formed ends the interpreter with an error.
//!
//! [`Repl`] is blocking and belongs to one thread; an [`Interrupter`] can be used from any other.

mod bundle;
mod cell;
mod drivers;
mod egress;
mod error;
mod interrupt;
pub mod limits;
mod message;
mod process;
mod record;
mod sandbox;
mod session;
mod wire;

#[cfg(test)]
mod tests;

pub use bundle::{Bundle, Data};
pub use cell::{Cause, CellError, CellResult, CellStatus, Death, Event, StreamName};
pub use drivers::{Driver, UnknownLanguage};
pub use error::ReplError;
pub use interrupt::Interrupter;
pub use message::Completeness;
pub use process::{Launched, Launcher, Process};
pub use record::Record;
pub use sandbox::StartedAs;
pub use session::{Ready, Repl, Setup};
