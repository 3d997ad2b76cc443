//! From the bytes of tokens to the steps of an answer: whole characters, stop strings, thinking, tool calls.
//!
//! All of these may be cut anywhere by the borders of tokens. What may still become a stop string or a tag is held back,
//! and only that; the events are a function of the bytes, not of the cuts (a test cuts at every place).

mod stop;
mod think;
mod tools;

use std::collections::VecDeque;

pub use think::ThinkTags;
pub use tools::ToolForm;

use crate::{DoneReason, Event, Logprob, Piece, Timings, ToolCall, Usage};
use stop::Stops;
use think::{Part, Thinking};
use tools::{Found, Tools};

/// What to look for in the output of a model.
#[derive(Clone, Debug, Default)]
pub struct OutputSpec {
    /// Texts that end the answer and are not part of it.
    pub stop: Vec<String>,
    /// How the model marks its thinking, if it thinks.
    pub think: Option<ThinkTags>,
    /// The prompt ends with the opening tag, so that the output starts inside.
    pub think_open: bool,
    /// How the model writes tool calls, if it may make any.
    pub tools: Option<ToolForm>,
    /// Names of tools that may be called; what looks like a call of another one is text.
    pub tool_names: Vec<String>,
    /// What ids of tool calls start with; a number follows. Unique to the answer.
    pub call_id: String,
}

/// Turns [`Piece`]s into [`Event`]s. One for each answer.
#[derive(Debug)]
pub struct Output {
    /// Bytes of a character that is not complete.
    cut: Vec<u8>,
    stops: Stops,
    thinking: Thinking,
    tools: Option<Tools>,
    call_id: String,
    calls: usize,
    /// Log probabilities of tokens whose text was not handed on yet, each with where it starts.
    logprobs: VecDeque<(u64, Logprob)>,
    taken: u64,
    released: u64,
    ready: Vec<Logprob>,
    stopped: Option<String>,
}

impl Output {
    /// For one answer.
    pub fn new(spec: OutputSpec) -> Self {
        Self {
            cut: Vec::new(),
            stops: Stops::new(spec.stop),
            thinking: Thinking::new(spec.think, spec.think_open),
            tools: spec.tools.map(|form| Tools::new(form, spec.tool_names)),
            call_id: spec.call_id,
            calls: 0,
            logprobs: VecDeque::new(),
            taken: 0,
            released: 0,
            ready: Vec::new(),
            stopped: None,
        }
    }

    /// The stop string that was met: the engine is to end, and further pieces are dropped.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// The next token.
    pub fn push(&mut self, piece: Piece) -> Vec<Event> {
        let mut events = Vec::new();
        if self.stopped.is_some() {
            return events;
        }
        if let Some(logprob) = piece.logprob {
            self.logprobs
                .push_back((self.taken + self.cut.len() as u64, logprob));
        }
        self.cut.extend_from_slice(&piece.bytes);
        let text = self.whole_characters();
        self.taken += text.len() as u64;
        let (passed, met) = self.stops.push(&text);
        self.pass(&passed, &mut events);
        if let Some(stop) = met {
            self.stopped = Some(stop);
        }
        events
    }

    /// The end: what was held back, then [`Event::Done`]. `reason` is the engine's; a stop string or tool calls change it.
    pub fn finish(mut self, reason: DoneReason, usage: Usage, timings: Timings) -> Vec<Event> {
        let mut events = Vec::new();
        if self.stopped.is_none() {
            let mut rest = String::from_utf8_lossy(&std::mem::take(&mut self.cut)).into_owned();
            self.taken += rest.len() as u64;
            let (passed, met) = self.stops.push(&rest);
            self.stopped = met;
            rest = passed;
            if self.stopped.is_none() {
                rest.push_str(&self.stops.rest());
            }
            self.pass(&rest, &mut events);
        }
        let parts = self.thinking.finish();
        self.parts(parts, &mut events);
        if let Some(tools) = &mut self.tools {
            let found = tools.finish();
            self.found(found, &mut events);
        }
        let reason = match (reason, self.stopped) {
            (DoneReason::Stop, _) if self.calls > 0 => DoneReason::ToolCalls,
            (_, Some(_)) if self.calls > 0 => DoneReason::ToolCalls,
            (_, Some(stop)) => DoneReason::StopString(stop),
            (reason, None) => reason,
        };
        events.push(Event::Done {
            reason,
            usage,
            timings,
        });
        events
    }

    /// Takes what is whole out of `cut`; what can not become a character any more is replaced.
    fn whole_characters(&mut self) -> String {
        let mut text = String::new();
        let mut rest = self.cut.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(whole) => {
                    text.push_str(whole);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (whole, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(whole));
                    match error.error_len() {
                        Some(wrong) => {
                            text.push(char::REPLACEMENT_CHARACTER);
                            rest = &after[wrong..];
                        }
                        None => {
                            rest = after;
                            break;
                        }
                    }
                }
            }
        }
        self.cut = rest.to_vec();
        text
    }

    fn pass(&mut self, text: &str, events: &mut Vec<Event>) {
        self.released += text.len() as u64;
        while let Some((start, _)) = self.logprobs.front()
            && *start < self.released
        {
            self.ready
                .extend(self.logprobs.pop_front().map(|(_, logprob)| logprob));
        }
        let parts = self.thinking.push(text);
        self.parts(parts, events);
    }

    fn parts(&mut self, parts: Vec<Part>, events: &mut Vec<Event>) {
        for part in parts {
            match part {
                Part::Thought(text) => {
                    self.ready.clear();
                    events.push(Event::Thinking { text });
                }
                Part::Said(text) => match &mut self.tools {
                    Some(tools) => {
                        let found = tools.push(&text);
                        self.found(found, events);
                    }
                    None => self.say(text, events),
                },
            }
        }
    }

    fn found(&mut self, found: Vec<Found>, events: &mut Vec<Event>) {
        for found in found {
            match found {
                Found::Text(text) => self.say(text, events),
                Found::Call(name, arguments) => {
                    self.ready.clear();
                    let id = format!("{}{}", self.call_id, self.calls);
                    self.calls += 1;
                    events.push(Event::ToolCall(ToolCall {
                        id,
                        name,
                        arguments,
                    }));
                }
            }
        }
    }

    fn say(&mut self, text: String, events: &mut Vec<Event>) {
        if !text.is_empty() {
            let logprobs = std::mem::take(&mut self.ready);
            events.push(Event::Token { text, logprobs });
        }
    }
}

/// How many bytes at the end of `text` are the start of one of `needles` and have to wait for what follows.
fn may_become<'a>(text: &str, needles: impl IntoIterator<Item = &'a str>) -> usize {
    needles
        .into_iter()
        .filter_map(|needle| {
            let most = needle.len().saturating_sub(1).min(text.len());
            (1..=most).rev().find(|&n| {
                text.as_bytes().ends_with(&needle.as_bytes()[..n]) && needle.is_char_boundary(n)
            })
        })
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
