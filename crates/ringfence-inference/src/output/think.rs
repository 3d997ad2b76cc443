//! What a model thinks before it answers, between two tags at the start of its output.

use super::may_become;

/// How a model marks its thinking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThinkTags {
    /// Before it.
    pub open: String,
    /// After it.
    pub close: String,
}

impl Default for ThinkTags {
    fn default() -> Self {
        Self {
            open: "<think>".into(),
            close: "</think>".into(),
        }
    }
}

impl ThinkTags {
    /// The tags that a chat template handles, if it handles any.
    pub fn of_template(source: &str) -> Option<Self> {
        [
            ("<think>", "</think>"),
            ("<|START_THINKING|>", "<|END_THINKING|>"),
            ("<seed:think>", "</seed:think>"),
            ("[THINK]", "[/THINK]"),
        ]
        .into_iter()
        .find(|(_, close)| source.contains(close))
        .map(|(open, close)| Self {
            open: open.into(),
            close: close.into(),
        })
    }

    /// Whether a rendered prompt ends inside of thinking.
    pub fn left_open_by(&self, prompt: &str) -> bool {
        prompt.trim_end().ends_with(&self.open)
    }
}

/// A stretch of output.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    Thought(String),
    Said(String),
}

#[derive(Debug, PartialEq)]
enum State {
    /// Nothing but white space so far.
    Start,
    /// After the opening tag; white space is dropped until something else comes.
    Opened,
    Inside,
    /// After the closing tag; white space is dropped until something else comes.
    Closed,
    Answer,
}

#[derive(Debug)]
pub(super) struct Thinking {
    tags: ThinkTags,
    state: State,
    held: String,
}

impl Thinking {
    pub(super) fn new(tags: Option<ThinkTags>, open: bool) -> Self {
        let state = match (&tags, open) {
            (None, _) => State::Answer,
            (Some(_), true) => State::Opened,
            (Some(_), false) => State::Start,
        };
        Self {
            tags: tags.unwrap_or_default(),
            state,
            held: String::new(),
        }
    }

    pub(super) fn push(&mut self, text: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        self.held.push_str(text);
        while self.step(&mut parts) {}
        parts
    }

    /// Whether there may be more to do without further text.
    fn step(&mut self, parts: &mut Vec<Part>) -> bool {
        match self.state {
            State::Start => {
                let bare = self.held.trim_start();
                if let Some(rest) = bare.strip_prefix(self.tags.open.as_str()) {
                    self.held = rest.to_owned();
                    self.state = State::Opened;
                    return true;
                }
                if self.tags.open.starts_with(bare) {
                    return false;
                }
                self.state = State::Answer;
                true
            }
            State::Opened | State::Closed => {
                self.held
                    .drain(..self.held.len() - self.held.trim_start().len());
                if self.held.is_empty() {
                    return false;
                }
                self.state = match self.state {
                    State::Opened => State::Inside,
                    _ => State::Answer,
                };
                true
            }
            State::Inside => {
                if let Some(at) = self.held.find(self.tags.close.as_str()) {
                    let thought = self.held[..at].trim_end().to_owned();
                    self.held.drain(..at + self.tags.close.len());
                    if !thought.is_empty() {
                        parts.push(Part::Thought(thought));
                    }
                    self.state = State::Closed;
                    return true;
                }
                // White space before the closing tag belongs to neither, so it waits as well.
                let sure = self.held.len() - may_become(&self.held, [self.tags.close.as_str()]);
                let sure = self.held[..sure].trim_end().len();
                if sure > 0 {
                    parts.push(Part::Thought(self.held.drain(..sure).collect()));
                }
                false
            }
            State::Answer => {
                if !self.held.is_empty() {
                    parts.push(Part::Said(std::mem::take(&mut self.held)));
                }
                false
            }
        }
    }

    pub(super) fn finish(&mut self) -> Vec<Part> {
        let rest = std::mem::take(&mut self.held);
        match self.state {
            _ if rest.is_empty() => Vec::new(),
            State::Opened | State::Inside => vec![Part::Thought(rest)],
            State::Start | State::Closed | State::Answer => vec![Part::Said(rest)],
        }
    }
}
