//! One report for whatever went wrong: kind, source, hints, exit code.

use std::process::ExitCode;

use crate::exit::Exit;

/// A failure with the exit code that it means.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    report: miette::Report,
}

impl Failure {
    /// A failure of a kind of its own.
    pub fn new(exit: Exit, error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { exit, report: miette::Report::msg(chain(&error)) }
    }

    /// A protection that could not be installed.
    pub fn fence(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Exit::Fence, error)
    }

    /// A diagnostic that knows its place in a file.
    pub fn diagnostic(exit: Exit, error: impl miette::Diagnostic + Send + Sync + 'static) -> Self {
        Self { exit, report: miette::Report::new(error) }
    }

    /// A sentence.
    pub fn message(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, report: miette::Report::msg(text.into()) }
    }
}

/// The error and its sources in one sentence each, without repeating one that already quotes the next.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let part = cause.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        source = cause.source();
    }
    text
}

/// Prints the failure to standard error and says which exit code it means.
#[allow(clippy::print_stderr)] // The one place that reports.
pub fn report(failure: &Failure) -> ExitCode {
    eprintln!("{:?}", failure.report);
    failure.exit.into()
}
