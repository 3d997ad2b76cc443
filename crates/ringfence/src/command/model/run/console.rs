//! The chat of a person at a terminal: prompts, commands, questions.

use std::path::PathBuf;
use std::process::ExitCode;

use ringfence_inference::Modelfile;
use ringfence_model::chat::{Chat, limits};

use super::input::{Input, Line};
use super::screen::Screen;
use super::{failure, sentence, warm};
use crate::command::keys;
use crate::command::model::forget::audited;
use crate::error::Failure;
use crate::exit::Exit;

const HELP: &str = "\
/set system TEXT           a system prompt from here on
/set parameter NAME VALUE  how answers are sampled: temperature, seed, num_ctx, stop and the like
/show                      the model, the settings, and what is kept
/clear                     put this conversation aside and begin another one
/history                   the conversations that are kept
/load ID                   go on with one of them
/forget                    destroy this conversation; /forget all destroys all of them
/bye                       end; so does Ctrl-D
\"\"\"                        begins and ends a text of several lines
Ctrl-C                     stops an answer
";

/// Whether there is more to come.
#[derive(PartialEq)]
enum Next {
    Go,
    End,
}

/// Reads and answers until the end.
pub fn run(
    chat: &mut Chat<'_>,
    input: Input,
    config: Option<PathBuf>,
    screen: Screen,
) -> Result<ExitCode, Failure> {
    let mut console = Console {
        input,
        config,
        chat,
        screen,
    };
    console.greet();
    console.input.recall_all(console.chat.turns());
    loop {
        let next = match console.input.read()? {
            Line::Text(text) if text.trim().is_empty() => Next::Go,
            Line::Text(text) => console.take(&text)?,
            Line::Interrupted => {
                console.screen.note("Ctrl-D or /bye ends the chat");
                Next::Go
            }
            Line::End => Next::End,
        };
        console.screen.check()?;
        if next == Next::End {
            break;
        }
    }
    console.settle();
    Ok(Exit::Success.into())
}

struct Console<'c, 'a> {
    input: Input,
    config: Option<PathBuf>,
    chat: &'c mut Chat<'a>,
    screen: Screen,
}

impl Console<'_, '_> {
    fn greet(&mut self) {
        let name = self.chat.model().short();
        let kept = match self.chat.histories().is_some() {
            true => "kept encrypted, /forget destroys it",
            false => "nothing is kept",
        };
        self.screen.note(&format!(
            "{name} in a sandbox; {kept}; Ctrl-C stops an answer, Ctrl-D ends, /help lists commands"
        ));
        if let Some(id) = self.chat.id() {
            let turns = self.chat.turns().len();
            self.screen.note(&format!(
                "going on with conversation {id} after {turns} turns"
            ));
        }
    }

    fn take(&mut self, text: &str) -> Result<Next, Failure> {
        let trimmed = text.trim();
        if !trimmed.starts_with('/') {
            self.ask(text);
            return Ok(Next::Go);
        }
        let (word, rest) = trimmed
            .split_once(char::is_whitespace)
            .map_or((trimmed, ""), |(word, rest)| (word, rest.trim()));
        match (word, rest) {
            ("/bye" | "/exit" | "/quit", "") => return Ok(Next::End),
            ("/help" | "/?", _) => self.screen.text(HELP),
            ("/show", _) => self.show(),
            ("/set", rest) => self.set(rest),
            ("/clear", "") => {
                self.settle();
                self.chat.clear();
                self.screen.note("another conversation begins");
            }
            ("/history", "") => self.history(),
            ("/load", rest) => self.load(rest),
            ("/forget", "") => self.forget(),
            ("/forget", "all") => return self.forget_all(),
            _ => self
                .screen
                .note(&format!("{trimmed:?} is no command; /help lists them")),
        }
        Ok(Next::Go)
    }

    fn ask(&mut self, text: &str) {
        if text.len() > limits::PROMPT_BYTES {
            self.screen.note(&format!(
                "the prompt has {} bytes; at most {} are taken",
                text.len(),
                limits::PROMPT_BYTES
            ));
            return;
        }
        if !self.chat.loaded()
            && let Err(failure) = super::load(self.chat)
        {
            self.screen.note(failure.text());
            return;
        }
        if let Err(error) = self.screen.answer(self.chat, text) {
            self.screen.note(failure(error).text());
        }
    }

    fn set(&mut self, rest: &str) {
        let (what, value) = rest
            .split_once(char::is_whitespace)
            .map_or((rest, ""), |(what, value)| (what, value.trim()));
        match (what, value) {
            ("system", "") => self.screen.note("/set system TEXT"),
            ("system", text) => match self.chat.set_system(Some(text.to_owned())) {
                Ok(()) => self.screen.note("the system prompt is set"),
                Err(error) => self.screen.note(&format!(
                    "the system prompt is set, and not kept yet: {}",
                    sentence(error)
                )),
            },
            ("parameter", value) => match Modelfile::parse(&format!("FROM x\nPARAMETER {value}")) {
                Ok(read) => {
                    let before = std::mem::take(&mut self.chat.options);
                    self.chat.options = read.parameters.over(before);
                    self.screen.note("the parameter is set");
                }
                Err(error) => self.screen.note(&error.reason),
            },
            _ => self
                .screen
                .note("/set system TEXT, or /set parameter NAME VALUE"),
        }
    }

    fn show(&mut self) {
        let mut lines = vec![format!("model         {}", self.chat.model().short())];
        if let Ok(facts) = self.chat.load() {
            lines.push(format!("engine        {}", facts.engine));
            lines.push(format!("context       {} tokens", facts.context));
        }
        lines.push(format!(
            "system        {}",
            self.chat
                .system()
                .unwrap_or("the model's own, if it has one")
        ));
        if let Ok(serde_json::Value::Object(options)) = serde_json::to_value(&self.chat.options) {
            lines.extend(
                options
                    .iter()
                    .map(|(name, value)| format!("parameter     {name} {value}")),
            );
        }
        lines.push(format!("turns         {}", self.chat.turns().len()));
        let conversation = match (self.chat.id(), self.chat.histories().is_some()) {
            (Some(id), _) => format!("{id}, encrypted"),
            (None, true) => "begins with the first answer, encrypted".to_owned(),
            (None, false) => "nothing is kept".to_owned(),
        };
        lines.push(format!("conversation  {conversation}"));
        self.screen.text(&(lines.join("\n") + "\n"));
    }

    fn unkept(&self) {
        self.screen.note("nothing is kept in this chat");
    }

    fn history(&mut self) {
        let Some(histories) = self.chat.histories() else {
            return self.unkept();
        };
        match histories.list() {
            Ok(all) => {
                let mut table = Vec::new();
                // Into memory, which takes it.
                let _ = crate::command::model::history::print(&mut table, &all);
                self.screen.text(&String::from_utf8_lossy(&table));
                if let Err(damage) = histories.whole() {
                    self.screen.note(&sentence(damage));
                }
            }
            Err(error) => self.screen.note(&sentence(error)),
        }
    }

    fn load(&mut self, id: &str) {
        let Some(histories) = self.chat.histories() else {
            return self.unkept();
        };
        let id = match crate::command::model::history::find(histories, id) {
            Ok(id) => id,
            Err(failure) => return self.screen.note(failure.text()),
        };
        if self.chat.id() == Some(id) {
            return self.screen.note("this is that conversation");
        }
        self.settle();
        match self.chat.resume(id) {
            Ok(story) => {
                let name = self.chat.model().short();
                if let Some(other) = story.model.filter(|model| *model != name) {
                    self.screen
                        .note(&format!("it was with {other}; it goes on with {name}"));
                }
                if let Err(failure) = warm(self.chat, &self.screen) {
                    self.screen.note(failure.text());
                }
                let turns = self.chat.turns();
                self.input.recall_all(turns);
                let count = turns.len();
                if let Some(last) = turns.last() {
                    self.screen
                        .text(&format!(">>> {}\n{}\n", last.user, last.answer));
                }
                self.screen.note(&format!(
                    "going on with conversation {id} after {count} turns"
                ));
            }
            Err(error) => self.screen.note(&sentence(error)),
        }
    }

    fn forget(&mut self) {
        let id = self.chat.id().map(|id| id.to_string());
        let chat = &mut *self.chat;
        let forgotten = match id {
            // Nothing that is anywhere is destroyed then.
            None => chat.forget().map_err(keys::failure),
            Some(id) => audited(self.config.clone(), vec![id], || {
                chat.forget().map_err(keys::failure)
            }),
        };
        match forgotten {
            Ok(kept) => {
                self.input.forget();
                self.screen.note(match kept {
                    true => "this conversation is destroyed",
                    false => "this conversation is forgotten; nothing of it was kept",
                });
            }
            Err(failure) => self.screen.note(&format!(
                "the conversation is still there: {}",
                failure.text()
            )),
        }
    }

    fn forget_all(&mut self) -> Result<Next, Failure> {
        let Some(histories) = self.chat.histories() else {
            self.unkept();
            return Ok(Next::Go);
        };
        let count = match histories.list() {
            Ok(all) => all.len(),
            Err(error) => {
                self.screen.note(&sentence(error));
                return Ok(Next::Go);
            }
        };
        let asked = format!("Destroy all {count} conversations? There is no way back. [y/N] ");
        let answer = match self.input.question(&asked)? {
            Line::Text(answer) => answer,
            Line::Interrupted => String::new(),
            Line::End => return Ok(Next::End),
        };
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            self.screen.note("nothing was destroyed");
            return Ok(Next::Go);
        }
        let chat = &mut *self.chat;
        let forgotten = audited(self.config.clone(), vec!["--all".into()], || {
            chat.forget_all().map_err(keys::failure)
        });
        match forgotten {
            Ok(count) => {
                self.input.forget();
                self.screen
                    .note(&format!("{count} conversations are destroyed"));
            }
            Err(failure) => self.screen.note(failure.text()),
        }
        Ok(Next::Go)
    }

    fn settle(&mut self) {
        for note in self.chat.settle() {
            self.screen.note(&note);
        }
    }
}
