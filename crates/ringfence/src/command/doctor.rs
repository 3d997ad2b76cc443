//! `ringfence doctor`: what this machine can do, what is missing, and the exact mend.

use std::io::Write;
use std::process::ExitCode;

use crate::arguments::Output;
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::{self, Tone};

/// Probes and prints. Exit code 1 when something that the default run needs is missing.
pub fn run(arguments: &Output) -> Result<ExitCode, Failure> {
    let probes = ringfence_sandbox::probe();
    let ready = probes.iter().all(|p| p.available || !p.required);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        super::print_json(&mut out, &probes)?;
    } else {
        let mut table = table::new(&["", "what", "found", "mend"]);
        for probe in &probes {
            let (mark, tone) = match (probe.available, probe.required) {
                (true, _) => ("ok", Tone::Good),
                (false, true) => ("missing", Tone::Bad),
                (false, false) => ("absent", Tone::Care),
            };
            let mend = probe.mend.as_deref().unwrap_or_default();
            table.add_row(vec![
                table::cell(mark, tone),
                table::cell(&probe.name, Tone::Plain),
                table::cell(&probe.detail, Tone::Plain),
                table::cell(mend, Tone::Plain),
            ]);
        }
        writeln!(out, "{table}").map_err(super::output_failed)?;
        let verdict = if ready {
            "This machine can run everything that `ringfence run` needs."
        } else {
            "`ringfence run` will refuse to start until the rows marked `missing` are mended."
        };
        writeln!(out, "{verdict}").map_err(super::output_failed)?;
    }
    Ok(if ready { Exit::Success } else { Exit::Found }.into())
}
