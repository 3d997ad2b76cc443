//! `ringfence audit tail|verify|export`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use ringfence_runtime::paths::Paths;
use ringfence_store::{
    Format, PublicKey, Reader, Record, Verdict, VerifyOptions, checkpoint_path, export, verify,
};

use crate::arguments::{Audit, AuditExport, AuditTail, AuditVerify, ExportFormat};
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::{self, Tone};

/// How often `tail --follow` looks.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);

/// Dispatches.
pub fn run(arguments: &Audit, paths: &Paths) -> Result<ExitCode, Failure> {
    match arguments {
        Audit::Tail(tail) => self::tail(tail, paths),
        Audit::Verify(verify) => self::check(verify, paths),
        Audit::Export(export) => self::write(export, paths),
    }
}

fn tail(arguments: &AuditTail, paths: &Paths) -> Result<ExitCode, Failure> {
    let log = find(arguments.session.as_deref(), paths)?;
    let mut printed = print_from(&log, 0, Some(arguments.lines), arguments.json)?;
    if !arguments.follow {
        return Ok(Exit::Success.into());
    }
    loop {
        std::thread::sleep(FOLLOW_EVERY);
        printed = print_from(&log, printed, None, arguments.json)?;
    }
}

/// Prints the events after the first `skip`, at most the `last` of them; returns how many the log has.
fn print_from(log: &Path, skip: usize, last: Option<usize>, json: bool) -> Result<usize, Failure> {
    let reader = Reader::open(log).map_err(|e| Failure::new(Exit::Found, e))?;
    // The last line may be half written while a session runs: what can not be read yet is printed the next time.
    let records: Vec<Record> = reader.map_while(Result::ok).collect();
    let from = skip.max(records.len().saturating_sub(last.unwrap_or(usize::MAX)));
    let mut out = std::io::stdout().lock();
    for record in records.iter().skip(from) {
        let printed = if json {
            writeln!(out, "{}", record.line)
        } else {
            writeln!(out, "{}", super::event_line::describe(record))
        };
        printed.map_err(super::output_failed)?;
    }
    Ok(records.len())
}

fn check(arguments: &AuditVerify, paths: &Paths) -> Result<ExitCode, Failure> {
    let logs = match arguments.sessions.as_slice() {
        [] => all(paths)?,
        named => named
            .iter()
            .map(|s| find(Some(s), paths))
            .collect::<Result<_, _>>()?,
    };
    let key = PublicKey::load_from_state(&paths.state).ok();
    let mut table = table::new(&["session", "events", "verdict", "signed up to"]);
    let (mut all_intact, mut caveats, mut rows) = (true, Vec::new(), Vec::new());
    for log in &logs {
        let checkpoints = Some(checkpoint_path(log)).filter(|p| p.exists() && key.is_some());
        let verdict = verify(log, &VerifyOptions { checkpoints, key })
            .map_err(|e| Failure::new(Exit::Found, e))?;
        all_intact &= verdict.intact();
        caveats.extend(
            verdict
                .caveats
                .iter()
                .filter(|c| !caveats.contains(*c))
                .cloned()
                .collect::<Vec<_>>(),
        );
        rows.push(json_of(log, &verdict));
        let (text, tone) = match &verdict.fault {
            None => ("intact".to_owned(), Tone::Good),
            Some(fault) => (fault.to_string(), Tone::Bad),
        };
        let signed = verdict
            .signed_up_to
            .map_or_else(|| "—".to_owned(), |seq| seq.to_string());
        table.add_row(vec![
            table::cell(&verdict.session, Tone::Plain),
            table::number(verdict.events),
            table::cell(text, tone),
            table::number(signed),
        ]);
    }
    let mut out = std::io::stdout().lock();
    if arguments.json {
        super::print_json(&mut out, &rows)?;
    } else {
        writeln!(out, "{table}").map_err(super::output_failed)?;
        for caveat in &caveats {
            writeln!(out, "note: {caveat}").map_err(super::output_failed)?;
        }
    }
    Ok(if all_intact {
        Exit::Success
    } else {
        Exit::Found
    }
    .into())
}

fn json_of(log: &Path, verdict: &Verdict) -> serde_json::Value {
    serde_json::json!({
        "file": log, "session": verdict.session, "events": verdict.events, "intact": verdict.intact(), "ended": verdict.ended,
        "fault": verdict.fault.as_ref().map(ToString::to_string), "signed_up_to": verdict.signed_up_to,
        "last_hash": verdict.last_hash, "caveats": verdict.caveats,
    })
}

fn write(arguments: &AuditExport, paths: &Paths) -> Result<ExitCode, Failure> {
    let log = find(arguments.session.as_deref(), paths)?;
    let format = match arguments.format {
        ExportFormat::Jsonl => Format::Jsonl,
        ExportFormat::Csv => Format::Csv,
    };
    let mut to: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(BufWriter::new(File::create_new(path).map_err(|e| {
            Failure::message(Exit::Found, format!("{}: {e}", path.display()))
        })?)),
        None => Box::new(std::io::stdout().lock()),
    };
    export(&log, format, &mut to).map_err(|e| Failure::new(Exit::Found, e))?;
    to.flush().map_err(super::output_failed)?;
    Ok(Exit::Success.into())
}

/// The log of a session id, of a file, or the newest one.
fn find(session: Option<&str>, paths: &Paths) -> Result<PathBuf, Failure> {
    let Some(named) = session else {
        return all(paths)?.pop().ok_or_else(|| {
            Failure::message(
                Exit::Found,
                "there is no audit log yet; it is made by the first `ringfence run`",
            )
        });
    };
    let as_session = paths.audit().join(format!("{named}.jsonl"));
    let file = if named.contains('/') || Path::new(named).is_file() {
        PathBuf::from(named)
    } else {
        as_session
    };
    if file.is_file() {
        Ok(file)
    } else {
        Err(Failure::message(
            Exit::Found,
            format!(
                "there is no audit log of a session {named:?} ({})",
                file.display()
            ),
        ))
    }
}

/// Every log, the newest last.
fn all(paths: &Paths) -> Result<Vec<PathBuf>, Failure> {
    let directory = match std::fs::read_dir(paths.audit()) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Failure::message(
                Exit::Found,
                format!("{}: {error}", paths.audit().display()),
            ));
        }
    };
    let mut logs: Vec<(SystemTime, PathBuf)> = directory
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "jsonl"))
        .filter_map(|p| Some((p.metadata().ok()?.modified().ok()?, p)))
        .collect();
    logs.sort();
    Ok(logs.into_iter().map(|(_, path)| path).collect())
}
