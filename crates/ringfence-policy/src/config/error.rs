//! Problems of a configuration file, each with `file:line:column`, the line, a caret and a hint.

use std::fmt;
use std::ops::Range;

use crate::limits::PROBLEMS;

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The problems, in the order of the files and of their lines.
    pub problems: Vec<Problem>,
}

/// One problem in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File as shown in messages.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    source_line: String,
    width: usize,
    span: Range<usize>,
}

impl Problem {
    pub(crate) fn new(
        name: &str,
        text: &str,
        span: Range<usize>,
        message: String,
        hint: Option<String>,
    ) -> Self {
        let (line, column) = line_and_column(text, span.start);
        let source_line = text.lines().nth(line - 1).unwrap_or_default().to_owned();
        let marked = text
            .get(span.clone())
            .and_then(|marked| marked.lines().next())
            .unwrap_or_default();
        Self {
            file: name.to_owned(),
            line,
            column,
            message,
            hint,
            source_line,
            width: marked.chars().count().max(1),
            span,
        }
    }
}

/// Line and column (in characters) of a byte offset, both from 1.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[start..].chars().count() + 1,
    )
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A project file is written by strangers: nothing of it reaches the terminal unescaped.
        let shown = |text: &str| {
            text.chars()
                .map(|c| {
                    if c == '\t' {
                        ' '
                    } else if c.is_control() {
                        '\u{fffd}'
                    } else {
                        c
                    }
                })
                .collect::<String>()
        };
        writeln!(
            f,
            "{}:{}:{}: {}",
            shown(&self.file),
            self.line,
            self.column,
            shown(&self.message)
        )?;
        let gutter = self.line.to_string();
        let blank = " ".repeat(gutter.len());
        writeln!(f, "{blank} |")?;
        writeln!(f, "{gutter} | {}", shown(&self.source_line))?;
        write!(
            f,
            "{blank} | {}{}",
            " ".repeat(self.column - 1),
            "^".repeat(self.width)
        )?;
        match &self.hint {
            Some(hint) => write!(f, "\n{blank} = hint: {}", shown(hint)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().take(PROBLEMS).enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{problem}")?;
        }
        match self.problems.len().saturating_sub(PROBLEMS) {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more"),
        }
    }
}

impl std::error::Error for Problem {}
impl std::error::Error for ConfigError {}

impl miette::Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint
            .as_ref()
            .map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(
            miette::LabeledSpan::new_with_span(Some(self.message.clone()), self.span.clone()),
        )))
    }
}

impl miette::Diagnostic for ConfigError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("ringfence::config"))
    }
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(
            self.problems
                .iter()
                .map(|problem| problem as &dyn miette::Diagnostic),
        ))
    }
}
