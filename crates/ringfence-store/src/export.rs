//! A log for other programs: the lines themselves, or a flat table.

use std::io::Write;
use std::path::Path;

use ringfence_policy::event::Event;
use serde_json::Value;

use crate::read::{ReadError, Reader};
use crate::time;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The lines as they stand in the log (OCSF, JSON Lines).
    Jsonl,
    /// RFC 4180 with a header line. A value that a spreadsheet would take for a formula gets a leading `'`.
    Csv,
}

/// Why the export is not whole.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log can not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The target can not be written.
    #[error("can not write the export: {0}")]
    Write(#[from] std::io::Error),
}

const COLUMNS: [&str; 20] = [
    "connection",
    "layer",
    "host",
    "port",
    "method",
    "path",
    "grant",
    "rule",
    "class",
    "upstream",
    "address",
    "status",
    "bytes_out",
    "bytes_in",
    "ms",
    "name",
    "kind",
    "answer",
    "reason",
    "detail",
];

/// Writes every record of a log; returns how many.
///
/// # Errors
/// The log has a line that is no record, or the target can not be written.
pub fn export(log: &Path, format: Format, to: &mut dyn Write) -> Result<u64, ExportError> {
    if format == Format::Csv {
        writeln!(to, "session,seq,time,event,{}\r", COLUMNS.join(","))?;
    }
    let mut records = 0;
    for record in Reader::open(log)? {
        let record = record?;
        records += 1;
        match format {
            Format::Jsonl => writeln!(to, "{}", record.line)?,
            Format::Csv => {
                let event = flat(&record.event);
                write!(
                    to,
                    "{},{},{},{}",
                    cell(&record.session),
                    record.seq,
                    time::rfc3339(record.time),
                    column(&event, "event")
                )?;
                for name in COLUMNS {
                    write!(to, ",{}", column(&event, name))?;
                }
                to.write_all(b"\r\n")?;
            }
        }
    }
    Ok(records)
}

/// The event as one object; lists become one text, and what has no column of its own goes into `detail`.
fn flat(event: &Event) -> Value {
    let mut value = serde_json::to_value(event).unwrap_or_default();
    let Value::Object(members) = &mut value else {
        return value;
    };
    let loose: Vec<String> = members
        .iter()
        .filter(|(name, value)| {
            *name != "event" && !COLUMNS.contains(&name.as_str()) && !value.is_null()
        })
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    if !loose.is_empty() {
        let detail = members
            .get("detail")
            .and_then(Value::as_str)
            .map(str::to_owned);
        members.insert(
            "detail".into(),
            Value::String(
                detail
                    .into_iter()
                    .chain(loose)
                    .collect::<Vec<_>>()
                    .join("; "),
            ),
        );
    }
    value
}

fn column(event: &Value, name: &str) -> String {
    match event.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => cell(text),
        Some(other) => cell(&other.to_string()),
    }
}

fn cell(text: &str) -> String {
    let formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<i64>().is_err();
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
