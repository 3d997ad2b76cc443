//! What a chat writes. A model's text is made harmless where it meets a terminal: nothing in it is obeyed.

use std::io::{self, IsTerminal, Write};

use ringfence_model::chat::{Answered, Chat, ChatError, Ended, Said};

use crate::command::model::clean;
use crate::command::output_failed;
use crate::error::Failure;

/// Standard output and standard error.
pub struct Screen {
    /// Whether standard output is a terminal.
    terminal: bool,
    /// Whether ours may be dimmed on standard error.
    colour: bool,
    verbose: bool,
    failed: Option<io::Error>,
}

impl Screen {
    pub fn new(verbose: bool) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        Self {
            terminal: io::stdout().is_terminal(),
            colour: io::stderr().is_terminal() && !plain,
            verbose,
            failed: None,
        }
    }

    /// Asks, and writes the answer as it comes.
    pub fn answer(&mut self, chat: &mut Chat<'_>, prompt: &str) -> Result<Ended, ChatError> {
        let stopper = chat.stopper();
        let (mut open, mut thought) = (false, false);
        let answered = chat.ask(prompt, &mut |said| {
            match said {
                Said::Text(text) => {
                    if std::mem::take(&mut thought) {
                        self.dim("\n");
                    }
                    self.text(text);
                    open = !text.ends_with('\n');
                }
                Said::Thinking(text) => {
                    thought = true;
                    self.dim(&clean(text));
                }
            }
            if self.failed.is_some() {
                // Nobody reads it.
                stopper.stop();
            }
        });
        if thought {
            self.dim("\n");
        }
        if open {
            self.text("\n");
        }
        let Answered {
            ended,
            usage,
            not_kept,
            late,
            ..
        } = answered?;
        match ended {
            // Nobody reads the answer; that is told instead.
            Ended::Stopped if self.failed.is_some() => {}
            Ended::Stopped => self.note("the answer was stopped"),
            Ended::Length => self.note(
                "the answer ends here: it is as long as was asked for, or as the context holds",
            ),
            Ended::Stop => {}
        }
        if ended != Ended::Stopped {
            self.detail(&format!(
                "prompt: {} tokens, {} of them known; answer: {} tokens",
                usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens
            ));
        }
        if late > 0 {
            self.note(&format!("turns from before that are kept only now: {late}"));
        }
        if let Some(error) = not_kept {
            let again = match chat.unkept() {
                0 => "",
                _ => "; it is tried again after the next turn, and when the chat ends",
            };
            self.note(&format!(
                "this turn is not kept: {}{again}",
                super::sentence(error)
            ));
        }
        Ok(ended)
    }

    /// Text on standard output.
    pub fn text(&mut self, text: &str) {
        if self.failed.is_some() {
            return;
        }
        let mut out = io::stdout().lock();
        let written = match self.terminal {
            true => out.write_all(clean(text).as_bytes()),
            false => out.write_all(text.as_bytes()),
        };
        self.failed = written.and_then(|()| out.flush()).err();
    }

    /// A word of ours.
    pub fn note(&self, text: &str) {
        self.dim(&format!("ringfence: {}\n", clean(text)));
    }

    /// A word of ours for who asked for details.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.note(text);
        }
    }

    fn dim(&self, text: &str) {
        let (dim, plain) = match self.colour {
            true => ("\x1b[2m", "\x1b[0m"),
            false => ("", ""),
        };
        // Where standard error is closed there is nobody to tell.
        let _ = write!(io::stderr().lock(), "{dim}{text}{plain}");
    }

    pub fn check(&mut self) -> Result<(), Failure> {
        self.failed.take().map_or(Ok(()), |e| Err(output_failed(e)))
    }
}
