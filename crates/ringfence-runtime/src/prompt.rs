//! Asks a person: one desk of open questions a session, several front ends that answer them.
//!
//! [`Desk`] merges, remembers, times out and counts; [`front`] puts a popup or pane in front of the person;
//! [`approvals`] lets another terminal answer; the overlay on the session's own terminal is drawn by
//! [`crate::terminal::Relay`]. Text that came out of the sandbox is shown only through [`text::shown`].

pub mod approvals;
pub mod card;
pub mod config_edit;
pub mod config_write;
pub mod desk;
pub mod front;
pub mod limits;
pub mod question;
pub mod text;

pub use config_edit::{EditError, edit_config};
pub use config_write::{ConfigTarget, WriteError};
pub use desk::{Attached, Desk, DeskError, DeskSetup};
pub use front::FrontEnd;
pub use question::{Answered, Kind, Pending, Question};
