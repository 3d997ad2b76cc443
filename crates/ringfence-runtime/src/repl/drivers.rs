//! The drivers, a program for each language, and how they are spoken to.

use std::path::Path;

use ringfence_policy::spec::{Mount, Source};

/// Where the driver is shown inside, read-only.
const INSIDE: &str = "/run/ringfence";

/// A driver: the program that runs cells in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// CPython 3.8 or later.
    Python,
}

/// A language without a driver.
#[derive(Debug, thiserror::Error)]
#[error("there is no session in `{}`; there are: python", .0.escape_debug())]
pub struct UnknownLanguage(String);

/// A request to a driver.
#[derive(Debug, Clone, Copy)]
pub(super) enum Request<'a> {
    /// The first one: the marker of its answers.
    Hello(&'a [u8]),
    /// Run this.
    Cell(u64, &'a str),
    /// Say whether this is a whole cell.
    Check(&'a str),
    /// Wait until this many interrupts were seen.
    Settle(u64),
}

impl Driver {
    /// By the name of the language.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(language: &str) -> Result<Self, UnknownLanguage> {
        match language.to_ascii_lowercase().as_str() {
            "python" | "python3" | "py" => Ok(Self::Python),
            _ => Err(UnknownLanguage(language.to_owned())),
        }
    }

    /// The language.
    pub fn language(self) -> &'static str {
        match self {
            Self::Python => "python",
        }
    }

    /// The program text.
    pub fn source(self) -> &'static str {
        match self {
            Self::Python => include_str!("drivers/driver.py"),
        }
    }

    fn file(self) -> String {
        match self {
            Self::Python => format!("{INSIDE}/driver.py"),
        }
    }

    /// Arguments of the interpreter.
    pub fn arguments(self) -> Vec<String> {
        self.arguments_for(self.file())
    }

    /// Arguments of the interpreter with the driver at this path.
    pub fn arguments_for(self, file: String) -> Vec<String> {
        match self {
            // Isolated: nothing of the working directory is imported before the driver is ready.
            Self::Python => vec!["-I".into(), file],
        }
    }

    /// The entry of the mount table that shows the driver inside.
    pub fn mount(self) -> Mount {
        Mount {
            target: Path::new(&self.file()).to_owned(),
            source: Source::File {
                text: self.source().to_owned(),
                mode: 0o444,
            },
            why: "runs the cells of the session".into(),
        }
    }

    /// A request as this driver reads it.
    pub(super) fn request(self, request: Request<'_>) -> Vec<u8> {
        let (name, number, body): (_, _, &[u8]) = match request {
            Request::Hello(marker) => ("hello", 0, marker),
            Request::Cell(number, code) => ("cell", number, code.as_bytes()),
            Request::Check(code) => ("check", 0, code.as_bytes()),
            Request::Settle(count) => ("settle", count, b""),
        };
        let mut bytes = format!("{name} {number} {}\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }
}
