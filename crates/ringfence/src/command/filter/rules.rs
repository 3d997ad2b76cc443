//! `ringfence filter --rules`: the table of detectors.

use std::io::Write;
use std::process::ExitCode;

use ringfence_dlp::{Detector, Tier};
use serde_json::{Value, json};

use crate::command::{output_failed, print_json};
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::{self, Tone};

/// Prints it, as JSON when asked.
pub fn run(as_json: bool) -> Result<ExitCode, Failure> {
    let detectors = ringfence_dlp::detectors();
    let mut out = std::io::stdout().lock();
    if as_json {
        let rows: Vec<Value> = detectors.iter().map(row).collect();
        print_json(&mut out, &rows)?;
        return Ok(Exit::Success.into());
    }
    let mut table = table::new(&["detector", "finds", "of", "tier", "checked", "since"]);
    for detector in detectors {
        let (tier, tone) = match detector.tier {
            Tier::Block => ("block", Tone::Bad),
            Tier::Warn => ("warn", Tone::Care),
            Tier::Echo => ("echo", Tone::Plain),
        };
        let checked = match (detector.validate, detector.entropy > 0.0) {
            (Some(_), _) => "structure",
            (None, true) => "entropy",
            (None, false) => "",
        };
        table.add_row(vec![
            table::cell(detector.id, Tone::Plain),
            table::cell(detector.name, Tone::Plain),
            table::cell(detector.vendor, Tone::Plain),
            table::cell(tier, tone),
            table::cell(checked, Tone::Plain),
            table::cell(detector.since, Tone::Plain),
        ]);
    }
    writeln!(out, "{table}").map_err(output_failed)?;
    writeln!(
        out,
        "{} detectors; beside them known values (--known) and excerpts of documents (--context).",
        detectors.len()
    )
    .map_err(output_failed)?;
    Ok(Exit::Success.into())
}

fn row(detector: &Detector) -> Value {
    json!({
        "id": detector.id,
        "name": detector.name,
        "vendor": detector.vendor,
        "tier": detector.tier,
        "keywords": detector.keywords,
        "pattern": detector.pattern,
        "group": detector.group,
        "validated": detector.validate.is_some(),
        "entropy": detector.entropy,
        "since": detector.since,
    })
}
