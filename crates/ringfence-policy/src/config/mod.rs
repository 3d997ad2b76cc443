//! Configuration as written: one TOML file, checked key by key, every problem found at once and shown in its place.

mod error;
pub(crate) mod keys;
pub mod reference;
pub(crate) mod units;
mod walk;
pub(crate) mod written;

use std::ops::Range;

use serde::Deserialize as _;

pub use error::{ConfigError, Problem};
pub(crate) use written::Written;

use crate::limits::CONFIG_BYTES;

#[cfg(test)]
mod tests;

/// Where a file comes from, and so what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigKind {
    /// The file that `--config` names, or the first one found on the search path.
    User,
    /// A `.ringfence.toml` in the workspace: may only tighten.
    Project(ProjectTrust),
}

/// What the caller knows about a project file: trust binds its path and its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectTrust {
    /// The user trusted exactly this file at this path.
    Trusted,
    /// The user never said anything about it. It applies (it can only tighten) and a remark says so.
    Unknown,
    /// The user trusted another version of it. Stops the run: what was taken out of it may have been a restriction.
    Changed,
}

/// One configuration file as read.
#[derive(Debug, Clone)]
pub struct ConfigSource {
    /// Path as shown in messages.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What it may say.
    pub kind: ConfigKind,
}

impl ConfigSource {
    /// The user's file.
    pub fn user(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            kind: ConfigKind::User,
        }
    }
}

/// A parsed file: its values with their places.
#[derive(Debug)]
pub(crate) struct Document {
    pub name: String,
    pub text: String,
    pub written: Written,
}

impl Document {
    /// Parses and checks one file.
    ///
    /// # Errors
    /// Every syntax error, else every unknown key and wrong type.
    pub fn parse(name: &str, text: &str, kind: ConfigKind) -> Result<Self, ConfigError> {
        let mut problems = Problems::new(name, text);
        if text.len() > CONFIG_BYTES {
            problems.push(
                0..0,
                format!("the file is larger than {CONFIG_BYTES} bytes"),
                None,
            );
            return Err(problems.into_error());
        }
        let (table, errors) = toml::de::DeTable::parse_recoverable(text);
        for error in errors {
            problems.push(
                error.span().unwrap_or(0..0),
                error.message().to_owned(),
                None,
            );
        }
        problems.stop()?;
        walk::check(
            table.get_ref(),
            matches!(kind, ConfigKind::Project(_)),
            &mut problems,
        );
        problems.stop()?;
        match Written::deserialize(toml::de::Deserializer::from(table)) {
            Ok(written) => Ok(Self {
                name: name.to_owned(),
                text: text.to_owned(),
                written,
            }),
            Err(error) => {
                problems.push(
                    error.span().unwrap_or(0..0),
                    error.message().to_owned(),
                    None,
                );
                Err(problems.into_error())
            }
        }
    }

    /// The place of a span as `name:line`, for the origin of a rule.
    pub fn place(&self, span: &Range<usize>) -> String {
        let (line, _) = error::line_and_column(&self.text, span.start);
        format!("{}:{line}", self.name)
    }

    pub fn problems(&self) -> Problems<'_> {
        Problems::new(&self.name, &self.text)
    }
}

/// Collects the problems of one file.
pub(crate) struct Problems<'a> {
    name: &'a str,
    text: &'a str,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    pub fn new(name: &'a str, text: &'a str) -> Self {
        Self {
            name,
            text,
            found: Vec::new(),
        }
    }

    pub fn push(&mut self, span: Range<usize>, message: impl Into<String>, hint: Option<String>) {
        self.found.push(Problem::new(
            self.name,
            self.text,
            span,
            message.into(),
            hint,
        ));
    }

    pub fn into_error(self) -> ConfigError {
        ConfigError {
            problems: self.take(),
        }
    }

    pub fn take(mut self) -> Vec<Problem> {
        self.found
            .sort_by_key(|problem| (problem.line, problem.column));
        self.found
    }

    /// # Errors
    /// When something was found so far.
    pub fn stop(&mut self) -> Result<(), ConfigError> {
        if self.found.is_empty() {
            return Ok(());
        }
        let found = std::mem::take(&mut self.found);
        Err(Problems { found, ..*self }.into_error())
    }
}
