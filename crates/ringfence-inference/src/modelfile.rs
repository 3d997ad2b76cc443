//! Modelfiles: how a model is made from another one or from a file, a line an instruction.

mod parameter;

use std::fmt;

use crate::template::go_action;
use crate::{ChatTemplate, Message, Options, Role, TemplateError, limits};

/// A Modelfile as meant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Modelfile {
    /// A model's name, or a path to a GGUF file.
    pub from: String,
    /// Paths of LoRA adapters.
    pub adapters: Vec<String>,
    /// The chat template, Jinja.
    pub template: Option<String>,
    /// The system prompt.
    pub system: Option<String>,
    /// Licences.
    pub license: Vec<String>,
    /// Options that requests go over.
    pub parameters: Options,
    /// A conversation that every chat starts with.
    pub messages: Vec<Message>,
    /// The version of the server that the author asks for; a note, nothing depends on it.
    pub requires: Option<String>,
}

/// What is wrong with a Modelfile, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Modelfile:{line}:{column}: {reason}")]
pub struct ModelfileError {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// What is wrong and what to do.
    pub reason: String,
}

const KNOWN: &str = "FROM, PARAMETER, TEMPLATE, SYSTEM, ADAPTER, LICENSE, MESSAGE and REQUIRES";

impl Modelfile {
    /// Reads a Modelfile of at most [`limits::MODELFILE_BYTES`].
    pub fn parse(text: &str) -> Result<Self, ModelfileError> {
        let mut reader = Reader::new(text);
        if text.len() > limits::MODELFILE_BYTES {
            return Err(reader.error(format!(
                "it has {} bytes; at most {} are accepted",
                text.len(),
                limits::MODELFILE_BYTES
            )));
        }
        let mut modelfile = Modelfile::default();
        let mut instructions = 0;
        while reader.skip_to_instruction() {
            instructions += 1;
            if instructions > limits::INSTRUCTIONS {
                return Err(
                    reader.error(format!("more than {} instructions", limits::INSTRUCTIONS))
                );
            }
            modelfile.instruction(&mut reader)?;
        }
        if modelfile.from.is_empty() {
            return Err(ModelfileError {
                line: 1,
                column: 1,
                reason: "there is no FROM; write which model or GGUF file to start from".into(),
            });
        }
        Ok(modelfile)
    }

    fn instruction(&mut self, reader: &mut Reader<'_>) -> Result<(), ModelfileError> {
        let (start, word) = (reader.place(), reader.word());
        let at = |reason: String| start.error(reason);
        match word.to_ascii_uppercase().as_str() {
            "FROM" => {
                if !self.from.is_empty() {
                    return Err(at("there is a FROM already".into()));
                }
                self.from = reader.value("FROM")?;
            }
            "PARAMETER" => {
                reader.spaces();
                let (place, name) = (reader.place(), reader.word().to_owned());
                if name.is_empty() {
                    return Err(place.error("PARAMETER takes a name and a value"));
                }
                let value = reader.value("PARAMETER")?;
                parameter::set(&mut self.parameters, &name, &value)
                    .map_err(|reason| place.error(reason))?;
            }
            "TEMPLATE" => {
                reader.spaces();
                let place = reader.place();
                let template = reader.value("TEMPLATE")?;
                check_template(&template).map_err(|reason| place.error(reason))?;
                self.template = Some(template);
            }
            "SYSTEM" => self.system = Some(reader.value("SYSTEM")?),
            "ADAPTER" => self.adapters.push(reader.value("ADAPTER")?),
            "LICENSE" => self.license.push(reader.value("LICENSE")?),
            "REQUIRES" => self.requires = Some(reader.value("REQUIRES")?),
            "MESSAGE" => {
                reader.spaces();
                let place = reader.place();
                let role = match reader.word().to_ascii_lowercase().as_str() {
                    "system" => Role::System,
                    "user" => Role::User,
                    "assistant" => Role::Assistant,
                    _ => {
                        return Err(place
                            .error("MESSAGE takes a role (system, user or assistant) and a text"));
                    }
                };
                let content = reader.value("MESSAGE")?;
                self.messages.push(Message {
                    role,
                    content,
                    ..Message::default()
                });
            }
            name @ ("RENDERER" | "PARSER" | "DRAFT") => {
                return Err(at(format!(
                    "{name} is not supported; the model's own chat template says how it speaks"
                )));
            }
            _ => {
                let word: String = word.chars().take(40).collect();
                return Err(at(format!("{word:?} is no instruction; known are {KNOWN}")));
            }
        }
        Ok(())
    }
}

fn check_template(template: &str) -> Result<(), String> {
    if let Some(action) = go_action(template) {
        return Err(format!(
            "this TEMPLATE is written for Go ({action}); that is not supported. Leave it out to use the template of the model file, or write it in Jinja ({{{{ messages[0].content }}}})"
        ));
    }
    match ChatTemplate::new(template) {
        Ok(_) => Ok(()),
        Err(TemplateError::Syntax { line, reason }) => {
            Err(format!("line {line} of this TEMPLATE: {reason}"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Where something starts.
#[derive(Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    fn error(self, reason: impl Into<String>) -> ModelfileError {
        ModelfileError {
            line: self.line,
            column: self.column,
            reason: reason.into(),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.strip_prefix('\u{feff}').unwrap_or(text),
            line: 1,
            column: 1,
        }
    }

    fn place(&self) -> Place {
        Place {
            line: self.line,
            column: self.column,
        }
    }

    fn error(&self, reason: impl Into<String>) -> ModelfileError {
        self.place().error(reason)
    }

    /// Takes `length` bytes.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        match taken.rfind('\n') {
            Some(at) => {
                self.line += taken.matches('\n').count();
                self.column = 1 + taken[at + 1..].chars().count();
            }
            None => self.column += taken.chars().count(),
        }
        taken
    }

    /// Past white space and comments; whether anything is left.
    fn skip_to_instruction(&mut self) -> bool {
        loop {
            let space = self.rest.len() - self.rest.trim_start().len();
            self.take(space);
            if !self.rest.starts_with('#') {
                return !self.rest.is_empty();
            }
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
    }

    fn spaces(&mut self) {
        let space = |c: char| c.is_whitespace() && c != '\n';
        let length = self.rest.len() - self.rest.trim_start_matches(space).len();
        self.take(length);
    }

    fn word(&mut self) -> &'a str {
        self.take(
            self.rest
                .find(char::is_whitespace)
                .unwrap_or(self.rest.len()),
        )
    }

    /// The value of an instruction: to the end of the line, between quotes, or between three quotes over lines.
    fn value(&mut self, instruction: &str) -> Result<String, ModelfileError> {
        self.spaces();
        let place = self.place();
        if self.rest.starts_with(r#"""""#) {
            self.take(3);
            let Some(end) = self.rest.find(r#"""""#) else {
                return Err(place.error(r#"these """ are not closed"#));
            };
            let value = self.take(end).to_owned();
            self.take(3);
            self.spaces();
            let after = self.place();
            if !self.line_end().trim().is_empty() {
                return Err(after.error(r#"nothing may follow the closing """ on its line"#));
            }
            return Ok(value);
        }
        let line = self.line_end().trim();
        let value = match line.strip_prefix('"') {
            Some(inner) => inner.strip_suffix('"').ok_or_else(|| {
                place.error(r#"this " is not closed on its line; use """ for several lines"#)
            })?,
            None => line,
        };
        if line.is_empty() {
            return Err(place.error(format!("{instruction} takes a value")));
        }
        Ok(value.to_owned())
    }

    fn line_end(&mut self) -> &'a str {
        self.take(self.rest.find('\n').unwrap_or(self.rest.len()))
    }
}

impl fmt::Display for Modelfile {
    /// As a Modelfile that reads back the same, for values that can be written in one: none over several lines with `"""` inside or
    /// `"` at its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "FROM {}", quoted(&self.from))?;
        for adapter in &self.adapters {
            writeln!(f, "ADAPTER {}", quoted(adapter))?;
        }
        for (name, value) in [
            ("TEMPLATE", &self.template),
            ("SYSTEM", &self.system),
            ("REQUIRES", &self.requires),
        ] {
            if let Some(value) = value {
                writeln!(f, "{name} {}", quoted(value))?;
            }
        }
        for (name, value) in parameter::list(&self.parameters) {
            writeln!(f, "PARAMETER {name} {}", quoted(&value))?;
        }
        for message in &self.messages {
            writeln!(
                f,
                "MESSAGE {} {}",
                message.role.as_str(),
                quoted(&message.content)
            )?;
        }
        for license in &self.license {
            writeln!(f, "LICENSE {}", quoted(license))?;
        }
        Ok(())
    }
}

fn quoted(value: &str) -> String {
    let one_line = !value.contains('\n');
    if one_line && !value.is_empty() && !value.starts_with('"') && value.trim() == value {
        value.to_owned()
    } else if one_line && !value.starts_with(r#""""#) {
        format!("\"{value}\"")
    } else {
        format!(r#""""{value}""""#)
    }
}

#[cfg(test)]
mod tests;
