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
    /// Node.js 18 or later.
    Node,
    /// Bash 4.4 or later.
    Bash,
}

/// A language without a driver.
#[derive(Debug, thiserror::Error)]
#[error("there is no session in `{}`; there are: python, node, bash", .0.escape_debug())]
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
            "node" | "nodejs" | "javascript" | "js" => Ok(Self::Node),
            "bash" | "sh" | "shell" => Ok(Self::Bash),
            _ => Err(UnknownLanguage(language.to_owned())),
        }
    }

    /// The language.
    pub fn language(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
            Self::Bash => "bash",
        }
    }

    /// The program text.
    pub fn source(self) -> &'static str {
        match self {
            Self::Python => include_str!("drivers/driver.py"),
            Self::Node => include_str!("drivers/driver.js"),
            Self::Bash => include_str!("drivers/driver.sh"),
        }
    }

    fn file(self) -> String {
        match self {
            Self::Python => format!("{INSIDE}/driver.py"),
            Self::Node => format!("{INSIDE}/driver.js"),
            Self::Bash => format!("{INSIDE}/driver.sh"),
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
            Self::Node => vec![file],
            // Interactive: only then does an interrupt end the command and not the shell. Without line editing, which shows
            // what it reads when it comes from a pipe.
            Self::Bash => vec![
                "--noprofile".into(),
                "--noediting".into(),
                "--rcfile".into(),
                file,
                "-i".into(),
            ],
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
        if self == Self::Bash {
            return command(request);
        }
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

/// A request as a command of bash. It stands on one line, so that nothing of it is left when an interrupt ends it.
fn command(request: Request<'_>) -> Vec<u8> {
    let line = match request {
        Request::Hello(marker) => {
            format!("__rf_hello {}\n", quoted(&String::from_utf8_lossy(marker)))
        }
        Request::Cell(number, code) => {
            format!(
                "__rf_n={number}; trap - INT; __rf_back; eval {} </dev/null\n",
                quoted(code)
            )
        }
        Request::Check(code) => format!("__rf_check {}\n", quoted(code)),
        Request::Settle(count) => format!("__rf_settle {count}\n"),
    };
    line.into_bytes()
}

/// `$'…'`, in which nothing is expanded.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 16);
    quoted.push_str("$'");
    for character in text.chars() {
        match character {
            '\'' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\0'..='\x1f' | '\x7f' => quoted.push_str(&format!("\\x{:02x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('\'');
    quoted
}
