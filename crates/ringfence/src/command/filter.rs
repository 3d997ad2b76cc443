//! `ringfence filter`: the egress filter alone, from standard input to standard output.

mod rules;
mod settings;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::process::ExitCode;

use ringfence_dlp::{Action, Blocked, Filter, Finding};
use serde::Serialize;

use crate::arguments;
use crate::error::Failure;
use crate::exit::Exit;

/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;
/// Findings that `--json` lists; more are counted.
const LISTED: usize = 10_000;

/// Filters, or prints the table of detectors.
pub fn run(arguments: &arguments::Filter) -> Result<ExitCode, Failure> {
    if arguments.rules {
        return rules::run(arguments.json);
    }
    let settings = settings::of(arguments)?;
    let filter = Filter::new(settings).map_err(|error| Failure::new(Exit::Usage, error))?;
    let mut job = Job {
        form: match (arguments.report, arguments.json) {
            (true, _) => Form::Lines,
            (_, true) => Form::Object,
            _ => Form::Text,
        },
        result: Outcome::default(),
        counts: BTreeMap::new(),
    };
    let mut out = std::io::stdout().lock();
    job.filter(&filter, &mut std::io::stdin().lock(), &mut out)?;
    if let Some((spent, limit)) = filter.context_spent() {
        job.result.context = Some(Context { spent, limit });
    }
    match job.form {
        Form::Object => super::print_json(&mut out, &job.result)?,
        Form::Text | Form::Lines => job.summary(),
    }
    let stopped = job.result.blocked.is_some();
    let found = arguments.fail && job.result.found > 0;
    Ok(if stopped || found {
        Exit::Found
    } else {
        Exit::Success
    }
    .into())
}

/// What goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Lines,
    Object,
}

/// What `--json` prints.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    bytes_in: u64,
    bytes_out: u64,
    found: u64,
    findings: Vec<Finding>,
    /// The detector that stopped the text, where its action is `block`.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context>,
}

/// Characters of the context documents that passed in short quotes, and how many may.
#[derive(Debug, Serialize)]
struct Context {
    spent: u64,
    limit: u64,
}

struct Job {
    form: Form,
    result: Outcome,
    counts: BTreeMap<(String, &'static str), u64>,
}

impl Job {
    /// The whole of the input. What may leave of a chunk is written before the next one is read.
    fn filter(
        &mut self,
        filter: &std::sync::Arc<Filter>,
        input: &mut impl Read,
        out: &mut impl Write,
    ) -> Result<(), Failure> {
        let mut stream = filter.stream();
        let (mut chunk, mut passed) = (vec![0; CHUNK], Vec::with_capacity(2 * CHUNK));
        loop {
            let count = match input.read(&mut chunk) {
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(Failure::message(
                        Exit::Usage,
                        format!("standard input: {error}"),
                    ));
                }
            };
            let verdict = match chunk.get(..count) {
                Some(bytes) if count > 0 => stream.push(bytes, &mut passed),
                _ => stream.finish(&mut passed),
            };
            self.result.bytes_in += count as u64;
            self.result.bytes_out += passed.len() as u64;
            if self.form == Form::Text {
                out.write_all(&passed).map_err(super::output_failed)?;
            }
            passed.clear();
            self.note(stream.findings(), out)?;
            out.flush().map_err(super::output_failed)?;
            if let Err(Blocked { detector }) = verdict {
                self.result.blocked = Some(detector.into_owned());
                return Ok(());
            }
            if count == 0 {
                return Ok(());
            }
        }
    }

    fn note(&mut self, findings: Vec<Finding>, out: &mut impl Write) -> Result<(), Failure> {
        for finding in findings {
            self.result.found += 1;
            let done = match finding.action {
                Action::Off | Action::Report => "reported",
                Action::Redact => "redacted",
                Action::Block => "stopped the text",
            };
            let key = (finding.detector.clone().into_owned(), done);
            if self.counts.len() < LISTED || self.counts.contains_key(&key) {
                *self.counts.entry(key).or_default() += 1;
            }
            match self.form {
                Form::Lines => {
                    serde_json::to_writer(&mut *out, &finding)
                        .map_err(|error| super::output_failed(error.into()))?;
                    writeln!(out).map_err(super::output_failed)?;
                }
                Form::Object if self.result.findings.len() < LISTED => {
                    self.result.findings.push(finding);
                }
                Form::Object | Form::Text => {}
            }
        }
        Ok(())
    }

    /// What was found, in one line, to standard error.
    #[allow(clippy::print_stderr)] // Standard output belongs to the text.
    fn summary(&self) {
        if self.result.found == 0 {
            return;
        }
        let each: Vec<String> = self
            .counts
            .iter()
            .map(|((detector, done), count)| format!("{detector} × {count} ({done})"))
            .collect();
        let noun = if self.result.found == 1 {
            "finding"
        } else {
            "findings"
        };
        eprintln!(
            "ringfence: {} {noun}: {}",
            self.result.found,
            each.join(", ")
        );
    }
}
