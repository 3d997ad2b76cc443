//! `ringfence model list`: what is in the store.

use std::io::Write;
use std::time::SystemTime;

use ringfence_model::Entry;

use crate::arguments::Output;
use crate::command::{output_failed, print_json};
use crate::error::Failure;
use crate::table::{self, Tone};

/// Lists.
pub fn run(arguments: &Output) -> Result<(), Failure> {
    let store = super::open()?;
    let entries = store.list().map_err(super::stored)?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        let models: Vec<_> = entries.iter().map(json).collect();
        return print_json(&mut out, &models);
    }
    if entries.is_empty() {
        return writeln!(
            out,
            "There are no models in {}; `ringfence model import FILE.gguf --name NAME` adds one.",
            store.path().display()
        )
        .map_err(output_failed);
    }
    let mut table = table::new(&["name", "id", "size", "added"]);
    for entry in &entries {
        let id: String = entry.id.hex().chars().take(12).collect();
        let (size, tone) = match &entry.manifest {
            Ok(manifest) => (super::bytes(manifest.size()), Tone::Plain),
            Err(_) => ("damaged".to_owned(), Tone::Bad),
        };
        table.add_row(vec![
            table::cell(entry.name.short(), Tone::Plain),
            table::cell(id, Tone::Plain),
            table::cell(size, tone),
            table::cell(ago(seconds(entry.modified.elapsed().ok())), Tone::Plain),
        ]);
    }
    writeln!(out, "{table}").map_err(output_failed)
}

fn json(entry: &Entry) -> serde_json::Value {
    let modified = entry.modified.duration_since(SystemTime::UNIX_EPOCH).ok();
    let mut value = serde_json::json!({
        "name": entry.name.short(),
        "id": entry.id,
        "modified": seconds(modified),
    });
    match &entry.manifest {
        Ok(manifest) => value["size"] = manifest.size().into(),
        Err(reason) => value["damaged"] = reason.as_str().into(),
    }
    value
}

fn seconds(duration: Option<std::time::Duration>) -> u64 {
    duration.unwrap_or_default().as_secs()
}

fn ago(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}
