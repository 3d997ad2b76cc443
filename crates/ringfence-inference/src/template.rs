//! Chat templates: the Jinja that comes with a model turns a conversation into the text that the model was trained on.
//!
//! A template is code from whoever made the model file. It is run by an interpreter that reaches nothing but the conversation, for a
//! bounded number of steps and a bounded output. What it makes in between (texts put together and not put out) has no bound
//! here: whoever renders a stranger's template does it in a process with a limit on memory and a deadline, as the runner is.

mod value;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use crate::civil::Civil;
use crate::{Message, Think, ThinkTags, Tool, ToolForm, limits};

const NAME: &str = "chat_template";

/// A chat template, checked and ready to render. Made once a model.
#[derive(Clone)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    source: Arc<str>,
}

/// What a template is rendered with.
#[derive(Clone, Copy, Debug)]
pub struct TemplateInput<'a> {
    /// The conversation.
    pub messages: &'a [Message],
    /// What the model may call.
    pub tools: &'a [Tool],
    /// Whether the text ends where the model is to go on (usual), rather than after the last message.
    pub add_generation_prompt: bool,
    /// The model's token for the beginning of a text, as text.
    pub bos_token: &'a str,
    /// The model's token for the end of a turn, as text.
    pub eos_token: &'a str,
    /// Whether the model is to think; `None` leaves it to the template.
    pub think: Option<Think>,
    /// Time since 1970, for templates that tell the model the date (in UTC).
    pub now: Duration,
}

/// A template that is wrong or was stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Too long.
    #[error("the chat template has {length} bytes; at most {most} are accepted")]
    TooLong {
        /// Bytes that it has.
        length: usize,
        /// Bytes that are allowed.
        most: usize,
    },
    /// It is a Go template, as old Ollama models have.
    #[error(
        "the template is one of Go's text/template ({0}), which is not supported: use the Jinja template of the model file, or write TEMPLATE in Jinja"
    )]
    Go(String),
    /// It does not parse.
    #[error("the chat template does not parse: line {line}: {reason}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// It ran for too long.
    #[error(
        "the chat template was stopped at line {line} after {} steps: it loops, or the conversation is too long for it",
        limits::TEMPLATE_FUEL
    )]
    Fuel {
        /// Where it was then.
        line: usize,
    },
    /// It made too much.
    #[error(
        "the chat template was stopped: its output is longer than {} bytes",
        limits::PROMPT_BYTES
    )]
    Output,
    /// It refused the conversation (`raise_exception`).
    #[error("the chat template refuses this conversation: {0}")]
    Raised(String),
    /// It failed.
    #[error("the chat template failed at line {line}: {reason}")]
    Failed {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
}

impl fmt::Debug for ChatTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChatTemplate({} bytes)", self.source.len())
    }
}

impl ChatTemplate {
    /// Parses `source`.
    pub fn new(source: &str) -> Result<Self, TemplateError> {
        if source.len() > limits::TEMPLATE_BYTES {
            return Err(TemplateError::TooLong {
                length: source.len(),
                most: limits::TEMPLATE_BYTES,
            });
        }
        if let Some(action) = go_action(source) {
            return Err(TemplateError::Go(action));
        }
        let mut environment = environment();
        environment
            .add_template_owned(NAME, without_training_marks(source))
            .map_err(|error| TemplateError::Syntax {
                line: error.line().unwrap_or(1),
                reason: reason(&error),
            })?;
        Ok(Self {
            environment,
            source: source.into(),
        })
    }

    /// The template of a model that has one of its own (a Modelfile's or a registry's) or in its file, or both: its own if that is
    /// Jinja, otherwise the file's. `None` if there is neither.
    pub fn choose(own: Option<&str>, of_file: Option<&str>) -> Result<Option<Self>, TemplateError> {
        match (own, of_file) {
            (None, None) => Ok(None),
            (None, Some(source)) => Self::new(source).map(Some),
            (Some(own), of_file) => match (Self::new(own), of_file) {
                (Err(TemplateError::Go(_)), Some(source)) => Self::new(source).map(Some),
                (outcome, _) => outcome.map(Some),
            },
        }
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How the model marks its thinking, if the template knows of any.
    pub fn think_tags(&self) -> Option<ThinkTags> {
        ThinkTags::of_template(&self.source)
    }

    /// How the model writes tool calls, if the template handles tools.
    pub fn tool_form(&self) -> Option<ToolForm> {
        ToolForm::of_template(&self.source)
    }

    /// The text for the model.
    pub fn render(&self, input: TemplateInput<'_>) -> Result<String, TemplateError> {
        let mut environment = self.environment.clone();
        let emitted = Arc::new(AtomicUsize::new(0));
        // Everything that is put out passes here, also what a `{% set %}` block captures and nobody sees.
        environment.set_formatter({
            let emitted = emitted.clone();
            move |out, state, value| {
                let length = match value.as_str() {
                    Some(text) => text.len(),
                    None => 16,
                };
                if emitted.fetch_add(length, Ordering::Relaxed) + length > limits::PROMPT_BYTES {
                    return Err(Error::new(ErrorKind::WriteFailure, "too long"));
                }
                minijinja::escape_formatter(out, state, value)
            }
        });
        let now = Civil::new(input.now);
        environment.add_function("strftime_now", move |format: &str| {
            now.strftime(format).map_err(|conversion| {
                Error::new(
                    ErrorKind::InvalidOperation,
                    format!("strftime_now does not know {conversion}"),
                )
            })
        });
        let template = environment
            .get_template(NAME)
            .map_err(|error| failed(&error))?;
        let mut text = Bounded(Vec::new());
        template
            .render_captured_to(value::context(&input), &mut text)
            .map_err(|error| failed(&error))?;
        String::from_utf8(text.0).map_err(|_| TemplateError::Output)
    }
}

/// The first action that only Go's templates have: a field (`.Messages`), a variable (`$x`) or a keyword at the start of `{{ … }}`.
pub(crate) fn go_action(source: &str) -> Option<String> {
    const KEYWORDS: [&str; 8] = [
        "if ",
        "range ",
        "with ",
        "end",
        "else",
        "template ",
        "define ",
        "block ",
    ];
    source.match_indices("{{").find_map(|(at, _)| {
        let inside = &source[at + 2..];
        let inside = &inside[..inside.find("}}")?];
        let action = inside.trim_matches(['-', ' ', '\n', '\t']);
        let keyword = KEYWORDS.iter().any(|word| {
            action == word.trim_end() || (word.ends_with(' ') && action.starts_with(word))
        });
        let go = action.starts_with('.') || action.starts_with('$') || keyword;
        go.then(|| format!("{{{{ {} }}}}", action.chars().take(40).collect::<String>()))
    })
}

/// `{% generation %}` marks what a trainer learns from; it has no effect on the text.
fn without_training_marks(source: &str) -> String {
    let mut text = source.to_owned();
    for (mark, stand_in) in [("endgeneration", "endif"), ("generation", "if true")] {
        for (before, after) in [
            ("{% ", " %}"),
            ("{%- ", " %}"),
            ("{% ", " -%}"),
            ("{%- ", " -%}"),
        ] {
            text = text.replace(
                &format!("{before}{mark}{after}"),
                &format!("{before}{stand_in}{after}"),
            );
        }
    }
    text
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // What `apply_chat_template` of the transformers library sets; the templates are written for it.
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment.set_fuel(Some(limits::TEMPLATE_FUEL));
    environment.set_recursion_limit(100);
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function(
        "raise_exception",
        |message: Value| -> Result<Value, Error> {
            let message: String = message.to_string().chars().take(500).collect();
            Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("{RAISED}{message}"),
            ))
        },
    );
    environment.add_filter("tojson", tojson);
    // As in Python, nothing can be taken from `none` one by one.
    environment.add_test("iterable", |value: &Value| {
        !value.is_none() && value.try_iter().is_ok()
    });
    environment
}

/// Marks errors that the template itself raises; a control character, so that nothing else starts so.
const RAISED: char = '\u{1}';

fn tojson(input: Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let separators: Option<Value> = options.get("separators")?;
    // ASCII or not and the order of keys make no difference to what the text means to a model.
    let _: Option<bool> = options.get("ensure_ascii")?;
    let _: Option<bool> = options.get("sort_keys")?;
    options.assert_all_used()?;
    let style = value::Style::new(indent, separators.as_ref())?;
    value::to_json(&input, &style)
}

fn reason(error: &Error) -> String {
    error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned)
}

fn failed(error: &Error) -> TemplateError {
    // The innermost cause says most: an error inside of a macro is wrapped by the call.
    let mut inner = error;
    while let Some(source) =
        std::error::Error::source(inner).and_then(|e| e.downcast_ref::<Error>())
    {
        inner = source;
    }
    let line = inner.line().or(error.line()).unwrap_or(1);
    match inner.kind() {
        ErrorKind::OutOfFuel => TemplateError::Fuel { line },
        ErrorKind::WriteFailure => TemplateError::Output,
        _ => {
            let reason = reason(inner);
            match reason.strip_prefix(RAISED) {
                Some(message) => TemplateError::Raised(message.to_owned()),
                None => TemplateError::Failed { line, reason },
            }
        }
    }
}

/// Takes no more than a prompt may have.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > limits::PROMPT_BYTES {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
