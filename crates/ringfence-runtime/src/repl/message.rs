//! The driver's messages. They are written by a process in which untrusted code runs: data, never believed.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One message of a driver.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Message {
    /// The driver takes cells.
    Ready(Ready),
    /// A value is shown.
    Display(Display),
    /// A cell has ended.
    Done(Done),
    /// The interrupts that were sent have been seen, or are lost.
    Settled(u64),
    /// Whether a text is a whole cell.
    Checked(Completeness),
    /// Everything that a cell wrote to this stream stands before this.
    Sync(u64),
}

/// What a driver says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Ready {
    pub(super) protocol: u32,
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Display {
    pub(super) data: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Done {
    pub(super) cell: u64,
    pub(super) status: Status,
    #[serde(default)]
    pub(super) result: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) error: Option<Raised>,
    #[serde(default)]
    pub(super) interrupts: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Ok,
    Error,
    Interrupted,
}

#[derive(Debug, Deserialize)]
pub(super) struct Raised {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: String,
    #[serde(default)]
    pub(super) traceback: String,
}

/// Whether a person has typed a whole cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// It can be run.
    Complete,
    /// More lines belong to it.
    Incomplete,
    /// It will never be right; running it says why.
    Invalid,
}
