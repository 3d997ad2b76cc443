//! The languages that Ringfence knows by name: how their files look, and what runs them.

use std::path::Path;

/// A language with an interpreter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// CPython.
    #[default]
    Python,
    /// Node.js.
    Node,
    /// Bash.
    Bash,
}

impl Language {
    /// All of them, by the name that the command line takes.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("python", Self::Python),
        ("node", Self::Node),
        ("bash", Self::Bash),
    ];

    /// By name; the usual other names are understood.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "python" | "python3" | "py" => Some(Self::Python),
            "node" | "nodejs" | "javascript" | "js" => Some(Self::Node),
            "bash" | "sh" | "shell" => Some(Self::Bash),
            _ => None,
        }
    }

    /// By the name of a file, or else by its `#!` line.
    pub fn of_file(path: &Path, text: &[u8]) -> Option<Self> {
        let by_name = match path.extension().and_then(|e| e.to_str()) {
            Some("py" | "pyw") => Some(Self::Python),
            Some("js" | "mjs" | "cjs") => Some(Self::Node),
            Some("sh" | "bash") => Some(Self::Bash),
            _ => None,
        };
        by_name.or_else(|| Self::of_first_line(text))
    }

    fn of_first_line(text: &[u8]) -> Option<Self> {
        let line = text.strip_prefix(b"#!")?.split(|b| *b == b'\n').next()?;
        let line = std::str::from_utf8(line).ok()?;
        let word = line.split_whitespace().find(|word| {
            !word.ends_with("/env") && !word.starts_with('-') && !word.contains('=')
        })?;
        let name = word.rsplit('/').next()?;
        Self::from_name(name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
    }

    /// As the command line and the results spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
            Self::Bash => "bash",
        }
    }

    /// Names of its interpreter on `PATH`, the best first.
    pub fn interpreters(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["python3", "python"],
            Self::Node => &["node", "nodejs"],
            Self::Bash => &["bash"],
        }
    }

    /// What a file of it is called when it has no name of its own.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Python => "main.py",
            Self::Node => "main.js",
            Self::Bash => "main.sh",
        }
    }
}

/// The arguments that run code given as text; the caller appends the code's own arguments.
pub(super) fn with_code(
    language: Language,
    program: String,
    text: &str,
    arguments: &[String],
) -> Vec<String> {
    let option = match language {
        Language::Python | Language::Bash => "-c",
        Language::Node => "-e",
    };
    let mut argv = vec![program, option.to_owned(), text.to_owned()];
    match language {
        // The first word after the code is `$0`.
        Language::Bash => argv.push("bash".to_owned()),
        // Without it node would take the code's options for its own.
        Language::Node if !arguments.is_empty() => argv.push("--".to_owned()),
        Language::Python | Language::Node => {}
    }
    argv
}
