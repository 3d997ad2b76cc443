//! What a cell gives back.

use std::time::Duration;

use ringfence_dlp::Finding;
use serde::{Serialize, Serializer};

use super::bundle::Bundle;

/// What happens while a cell runs, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The code wrote something. Any bytes; what the egress filter let through.
    Stream {
        /// Where.
        stream: StreamName,
        /// What.
        data: Vec<u8>,
    },
    /// The code showed a value, or a figure was open at the cell's end.
    Display(Bundle),
    /// The cell was told to end.
    Ending {
        /// Why.
        cause: Cause,
        /// How long until its interpreter is killed; `None` after a first interrupt, which waits for ever.
        kill_in: Option<Duration>,
    },
}

/// A standard stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamName {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Why a cell was ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// [`super::Interrupter::interrupt`].
    Interrupt,
    /// The time limit of a cell.
    Timeout,
    /// The limit on the output of a cell.
    Output,
}

/// How a cell ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CellStatus {
    /// By itself.
    Ok,
    /// With an exception.
    Error,
    /// It was ended from outside; the state is as it left it.
    Interrupted {
        /// Why; `None` when the code raised the exception itself.
        cause: Option<Cause>,
    },
    /// Its interpreter ended with it: the state is lost.
    Killed(Death),
}

/// How an interpreter ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Death {
    /// `oom`, `timeout`, `output`, `interrupt`, `blocked`, `protocol`, `pids`, `exit`, `signal` or `killed`.
    pub reason: String,
    /// Its exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// A sentence for a person.
    pub message: String,
}

/// An exception that no code caught, filtered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellError {
    /// Its type.
    pub name: String,
    /// Its text.
    pub value: String,
    /// The traceback as the interpreter prints it, with the frames of cells and libraries only.
    pub traceback: String,
}

/// The end of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellResult {
    /// Number of the cell, from 1 on in each session; tracebacks call it `<cell N>`.
    pub cell: u64,
    /// How it ended.
    #[serde(flatten)]
    pub status: CellStatus,
    /// The value of its last expression.
    #[serde(rename = "data", skip_serializing_if = "Option::is_none")]
    pub value: Option<Bundle>,
    /// The exception.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<CellError>,
    /// Whether output was dropped because the limit on it was reached.
    pub truncated: bool,
    /// How long it took, to the last answer.
    #[serde(rename = "wall_ms", serialize_with = "milliseconds")]
    pub wall: Duration,
    /// Bytes that it wrote and showed, before the filter.
    pub bytes_out: u64,
    /// What the egress filter found in its output, values and errors; at most [`super::limits::FINDINGS`].
    pub findings: Vec<Finding>,
}

fn milliseconds<S: Serializer>(wall: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let micros = u32::try_from(wall.as_micros()).unwrap_or(u32::MAX);
    serializer.serialize_f64(f64::from(micros) / 1000.0)
}
