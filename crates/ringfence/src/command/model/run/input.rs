//! What a person types: lines, texts of several lines, and what was typed before, which is in memory only.

use std::os::fd::AsFd;

use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};

use ringfence_model::chat::{Turn, limits};
use ringfence_store::keys::Restore;

use crate::command::model::clean;
use crate::error::Failure;
use crate::exit::Exit;

/// Lines kept for the arrow keys; in memory only.
const RECALLED: usize = 1000;
/// No bracketed paste any more, and a line of its own for the shell.
const LAST: &[u8] = b"\x1b[?2004l\r\n";
/// What begins and ends a text of several lines.
const QUOTES: &str = "\"\"\"";

pub enum Line {
    Text(String),
    Interrupted,
    End,
}

pub struct Input {
    editor: DefaultEditor,
}

impl Input {
    pub fn open() -> Result<Self, Failure> {
        let config = Config::builder()
            .max_history_size(RECALLED)
            .map_err(|e| failed(&e))?
            .build();
        Ok(Self {
            editor: DefaultEditor::with_config(config).map_err(|e| failed(&e))?,
        })
    }

    /// What comes next: a line, or all between two `"""`.
    pub fn read(&mut self) -> Result<Line, Failure> {
        let first = match self.line(">>> ")? {
            Line::Text(line) => line,
            other => return Ok(other),
        };
        let Some((before, mut text)) = opened(&first) else {
            self.recall(&first);
            return Ok(Line::Text(first));
        };
        loop {
            if let Some(whole) = text.strip_suffix(QUOTES) {
                let whole = format!("{before}{}", whole.trim_end_matches('\n'));
                self.recall(&whole);
                return Ok(Line::Text(whole));
            }
            if text.len() > limits::PROMPT_BYTES {
                // The rest is typed in vain; whoever asks with it is told.
                return Ok(Line::Text(format!("{before}{text}")));
            }
            match self.line("... ")? {
                Line::Text(line) => {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&line);
                }
                other => return Ok(other),
            }
        }
    }

    /// A line that is nobody's prompt.
    pub fn question(&mut self, prompt: &str) -> Result<Line, Failure> {
        self.line(prompt)
    }

    fn line(&mut self, prompt: &str) -> Result<Line, Failure> {
        // The editor puts the terminal back itself, but when a signal ends the chat. Where there is no terminal it changes none.
        let _restore =
            Restore::when_killed(std::io::stdin().as_fd(), std::io::stdout().as_fd(), LAST);
        match self.editor.readline(prompt) {
            Ok(line) => Ok(Line::Text(line)),
            Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(error) => Err(failed(&error)),
        }
    }

    /// What the arrow keys bring is shown by the editor as it is, so it is cleaned before; and what is shown is what is sent, if it
    /// is taken again.
    fn recall(&mut self, text: &str) {
        if !text.trim().is_empty() {
            // One line less for the arrow keys is no reason to end a chat.
            let _ = self.editor.add_history_entry(clean(text));
        }
    }

    /// The arrow keys bring what was said in a conversation that is gone on with.
    pub fn recall_all(&mut self, turns: &[Turn]) {
        for turn in turns {
            self.recall(&turn.user);
        }
    }

    /// They bring nothing any more.
    pub fn forget(&mut self) {
        let _ = self.editor.clear_history();
    }
}

/// Where a line opens a text of several lines: what stands before it, and how it begins.
fn opened(line: &str) -> Option<(&str, String)> {
    let at = match line.strip_prefix("/set system ") {
        Some(rest) => line.len() - rest.trim_start().len(),
        None => line.len() - line.trim_start().len(),
    };
    let (before, rest) = line.split_at_checked(at)?;
    let text = rest.strip_prefix(QUOTES)?;
    Some((before, text.to_owned()))
}

fn failed(error: &ReadlineError) -> Failure {
    Failure::new(Exit::Fence, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_several_lines_is_opened_by_its_quotes() {
        assert_eq!(opened("plain"), None);
        assert_eq!(opened("\"\"\"a"), Some(("", "a".to_owned())));
        assert_eq!(opened("\"\"\"a\"\"\""), Some(("", "a\"\"\"".to_owned())));
        let set = opened("/set system \"\"\"a");
        assert_eq!(set, Some(("/set system ", "a".to_owned())));
        assert_eq!(opened("say \"\"\""), None);
    }
}
