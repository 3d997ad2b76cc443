//! One report for whatever went wrong: kind, source, hints, exit code.

use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use crate::exit::Exit;
use crate::text::clean;

/// A failure with the exit code that it means.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    text: String,
    help: Option<String>,
}

impl Failure {
    /// A failure of a kind of its own.
    pub fn new(exit: Exit, error: impl std::error::Error) -> Self {
        Self {
            exit,
            text: chain(&error),
            help: None,
        }
    }

    /// A protection that could not be installed.
    pub fn fence(error: impl std::error::Error) -> Self {
        Self::new(Exit::Fence, error)
    }

    /// What went wrong, without the advice.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A failure that knows what to do about it.
    pub fn with_help(exit: Exit, error: impl std::error::Error, help: Option<&str>) -> Self {
        Self {
            help: help.map(str::to_owned),
            ..Self::new(exit, error)
        }
    }

    /// Another thing to do about it.
    pub fn or_else(mut self, hint: &str) -> Self {
        self.help = Some(match self.help {
            Some(help) => format!("{help}; {hint}"),
            None => hint.to_owned(),
        });
        self
    }

    /// A sentence.
    pub fn message(exit: Exit, text: impl Into<String>) -> Self {
        Self {
            exit,
            text: text.into(),
            help: None,
        }
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

/// Prints the failure to standard error, if anybody is there to read it, and says which exit code it means.
pub fn report(failure: &Failure) -> ExitCode {
    let color = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let (red, cyan, plain) = if color {
        ("\x1b[1;31m", "\x1b[36m", "\x1b[0m")
    } else {
        ("", "", "")
    };
    let mut out = std::io::stderr().lock();
    let _ = writeln!(
        out,
        "{red}ringfence:{plain} {}",
        clean(failure.text.trim_end())
    );
    if let Some(help) = &failure.help {
        let _ = writeln!(out, "  {cyan}help:{plain} {}", clean(help));
    }
    failure.exit.into()
}
