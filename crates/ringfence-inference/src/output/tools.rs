//! Tool calls in the forms that models write them. What is not a complete call of a known tool is text, and none of it is lost.

use serde::{Deserialize, Serialize};

use super::may_become;
use crate::{Json, limits};

/// How a model writes a tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolForm {
    /// `<tool_call>{"name": …, "arguments": {…}}</tool_call>` (Hermes, Qwen), also with
    /// `<function=name><parameter=key>value</parameter></function>` inside (Qwen Coder), or
    /// `name<arg_key>key</arg_key><arg_value>value</arg_value>` (GLM).
    Hermes,
    /// `{"name": …, "parameters": {…}}` as the whole answer, perhaps after `<|python_tag|>` (Llama 3).
    Llama3,
    /// `[TOOL_CALLS][{"name": …, "arguments": {…}}]`, or `[TOOL_CALLS]name[ARGS]{…}` (Mistral).
    Mistral,
}

impl ToolForm {
    /// The form that a chat template teaches its model; `None` if it handles no tools, or in a form that is not known here.
    pub fn of_template(source: &str) -> Option<Self> {
        let has = |mark: &str| source.contains(mark);
        if !has("tools") {
            None
        } else if has("[TOOL_CALLS]") {
            Some(ToolForm::Mistral)
        } else if has("<tool_call>") {
            Some(ToolForm::Hermes)
        } else if has("<|python_tag|>") || has(r#"{"name": function name, "parameters""#) {
            Some(ToolForm::Llama3)
        } else {
            None
        }
    }

    /// What a call starts with where it may stand after text.
    fn opening(self) -> &'static str {
        match self {
            ToolForm::Hermes => "<tool_call>",
            ToolForm::Llama3 => "<|python_tag|>",
            ToolForm::Mistral => "[TOOL_CALLS]",
        }
    }
}

/// What was found in the text.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    Text(String),
    Call(String, Json),
}

#[derive(Debug)]
enum State {
    /// Nothing but white space so far: a bare JSON object may start here.
    Start,
    /// Text, in which an opening may come.
    Text,
    /// After an opening, which is not part of `held` any more.
    Call,
    /// A bare JSON object, from its brace on.
    Bare,
}

#[derive(Debug)]
pub(super) struct Tools {
    form: ToolForm,
    names: Vec<String>,
    state: State,
    held: String,
    /// White space that is dropped if a call follows.
    space: String,
    /// What stood before a bare object and goes with it if it is no call.
    lead: String,
    calls: usize,
    /// The last thing found was a call.
    after_call: bool,
    /// Where the search for the end of what is held goes on.
    scan: Scan,
}

/// How far a JSON value was followed; kept between pushes, so that a long call is not read again for each token.
#[derive(Debug, Default, Clone)]
struct Scan {
    at: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Tools {
    pub(super) fn new(form: ToolForm, names: Vec<String>) -> Self {
        Self {
            form,
            names,
            state: State::Start,
            held: String::new(),
            space: String::new(),
            lead: String::new(),
            calls: 0,
            after_call: false,
            scan: Scan::default(),
        }
    }

    pub(super) fn push(&mut self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        self.held.push_str(text);
        while self.step(&mut found, false) {}
        found
    }

    pub(super) fn finish(&mut self) -> Vec<Found> {
        let mut found = Vec::new();
        while self.step(&mut found, true) {}
        match self.state {
            State::Call => {
                let rest = format!("{}{}", self.form.opening(), std::mem::take(&mut self.held));
                self.text(&rest, &mut found);
            }
            _ => {
                let mut rest = std::mem::take(&mut self.lead);
                rest.push_str(&std::mem::take(&mut self.held));
                self.text(&rest, &mut found);
            }
        }
        // White space at the end of an answer is text unless a call was made.
        if self.calls == 0 && !self.space.is_empty() {
            found.push(Found::Text(std::mem::take(&mut self.space)));
        }
        found
    }

    fn step(&mut self, found: &mut Vec<Found>, end: bool) -> bool {
        match self.state {
            State::Start => {
                // Several calls are separated by semicolons or new lines.
                let between = |c: char| c.is_whitespace() || (c == ';' && self.calls > 0);
                let bare = self.held.trim_start_matches(between).len();
                if bare == 0 {
                    return false;
                }
                let skipped = self.held.len() - bare;
                if self.form == ToolForm::Llama3 && self.held[skipped..].starts_with('{') {
                    self.lead = self.held.drain(..skipped).collect();
                    self.begin(State::Bare);
                } else {
                    self.state = State::Text;
                }
                true
            }
            State::Text => self.step_text(found),
            State::Call | State::Bare if self.calls >= limits::TOOL_CALLS => {
                self.give_up(found);
                true
            }
            State::Call => match self.form {
                ToolForm::Hermes => self.step_hermes(found, end),
                ToolForm::Mistral => self.step_mistral(found, end),
                ToolForm::Llama3 => {
                    let skipped = self.held.len() - self.held.trim_start().len();
                    if skipped == self.held.len() {
                        return false;
                    }
                    if self.held[skipped..].starts_with('{') {
                        self.lead = self.form.opening().to_owned();
                        self.lead.extend(self.held.drain(..skipped));
                        self.begin(State::Bare);
                    } else {
                        self.give_up(found);
                    }
                    true
                }
            },
            State::Bare => self.step_bare(found),
        }
    }

    fn begin(&mut self, state: State) {
        self.state = state;
        self.scan = Scan::default();
    }

    fn step_text(&mut self, found: &mut Vec<Found>) -> bool {
        let opening = self.form.opening();
        if let Some(at) = self.held.find(opening) {
            let before: String = self.held.drain(..at + opening.len()).collect();
            self.text(&before[..at], found);
            self.begin(State::Call);
            return true;
        }
        let sure = self.held.len() - may_become(&self.held, [opening]);
        let text: String = self.held.drain(..sure).collect();
        self.text(&text, found);
        false
    }

    fn step_hermes(&mut self, found: &mut Vec<Found>, end: bool) -> bool {
        const CLOSING: &str = "</tool_call>";
        let from = floor(&self.held, self.scan.at.saturating_sub(CLOSING.len()));
        let closed = self.held[from..].find(CLOSING).map(|at| from + at);
        // A model that ends right after the call may not have closed it.
        let (inside, after) = match closed {
            Some(at) => (&self.held[..at], at + CLOSING.len()),
            None if end && !self.held.trim().is_empty() => (self.held.as_str(), self.held.len()),
            None => {
                self.scan.at = self.held.len();
                if self.held.len() > limits::TOOL_CALL_BYTES {
                    self.give_up(found);
                    return true;
                }
                return false;
            }
        };
        let call = parse_json_call(inside)
            .or_else(|| parse_xml_call(inside))
            .or_else(|| parse_pairs_call(inside));
        match call {
            Some((name, arguments)) if self.names.contains(&name) => {
                self.held.drain(..after);
                self.call(name, arguments, found);
                self.state = State::Text;
            }
            _ => self.give_up(found),
        }
        true
    }

    fn step_bare(&mut self, found: &mut Vec<Found>) -> bool {
        let Some(end) = self.json_end() else {
            if self.held.len() > limits::TOOL_CALL_BYTES {
                self.release(found);
                return true;
            }
            return false;
        };
        match parse_json_call(&self.held[..end]) {
            Some((name, arguments)) if self.names.contains(&name) => {
                self.held.drain(..end);
                self.call(name, arguments, found);
                self.state = State::Start;
            }
            _ => self.release(found),
        }
        true
    }

    fn step_mistral(&mut self, found: &mut Vec<Found>, end: bool) -> bool {
        let bare = self.held.trim_start();
        let skipped = self.held.len() - bare.len();
        if bare.is_empty() {
            return false;
        }
        if bare.starts_with(['[', '{']) {
            self.scan.at = self.scan.at.max(skipped);
            return match self.json_end() {
                Some(at) => {
                    let calls = parse_json_calls(&self.held[skipped..at]);
                    let known = |calls: &Vec<(String, Json)>| {
                        !calls.is_empty() && calls.iter().all(|(name, _)| self.names.contains(name))
                    };
                    match calls.filter(known) {
                        Some(calls) => {
                            self.held.drain(..at);
                            for (name, arguments) in calls {
                                self.call(name, arguments, found);
                            }
                            self.state = State::Text;
                        }
                        None => self.give_up(found),
                    }
                    true
                }
                None => self.too_long(found),
            };
        }
        // name[CALL_ID]id[ARGS]{…} or name[ARGS]{…} or name{…}
        let Some(brace) = bare.find('{') else {
            let long = bare.len() > limits::NAME_HOST_BYTES;
            if long || end {
                self.give_up(found);
            }
            return long || end;
        };
        let head = &bare[..brace];
        let name = head.split('[').next().unwrap_or_default().trim().to_owned();
        if !self.names.contains(&name) {
            self.give_up(found);
            return true;
        }
        let start = skipped + brace;
        if self.scan.at < start {
            self.scan = Scan {
                at: start,
                ..Scan::default()
            };
        }
        match self.json_end() {
            Some(at) => {
                match Json::parse(&self.held.as_bytes()[start..at], limits::TOOL_CALL_BYTES) {
                    Ok(arguments) => {
                        self.held.drain(..at);
                        self.call(name, arguments, found);
                        self.state = State::Text;
                    }
                    Err(_) => self.give_up(found),
                }
                true
            }
            None => self.too_long(found),
        }
    }

    fn too_long(&mut self, found: &mut Vec<Found>) -> bool {
        let long = self.held.len() > limits::TOOL_CALL_BYTES;
        if long {
            self.give_up(found);
        }
        long
    }

    /// Where the JSON value that starts at the front (or where `scan` was set) ends, if it does yet.
    fn json_end(&mut self) -> Option<usize> {
        let bytes = self.held.as_bytes();
        let scan = &mut self.scan;
        while let Some(&byte) = bytes.get(scan.at) {
            scan.at += 1;
            if scan.in_string {
                match byte {
                    _ if scan.escaped => scan.escaped = false,
                    b'\\' => scan.escaped = true,
                    b'"' => scan.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => scan.in_string = true,
                b'{' | b'[' => scan.depth += 1,
                b'}' | b']' => {
                    scan.depth = scan.depth.saturating_sub(1);
                    if scan.depth == 0 {
                        return Some(scan.at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// No call after all: the opening was text.
    fn give_up(&mut self, found: &mut Vec<Found>) {
        match self.state {
            State::Call => {
                let opening = self.form.opening();
                self.text(opening, found);
                self.state = State::Text;
            }
            _ => self.release(found),
        }
    }

    /// No call after all: what is held is searched as text.
    fn release(&mut self, found: &mut Vec<Found>) {
        // The brace itself is text, so that the same place is not looked at again.
        let mut text = std::mem::take(&mut self.lead);
        text.extend(self.held.drain(..self.held.len().min(1)));
        self.text(&text, found);
        self.state = State::Text;
    }

    fn call(&mut self, name: String, arguments: Json, found: &mut Vec<Found>) {
        self.space.clear();
        self.lead.clear();
        self.after_call = true;
        self.calls += 1;
        self.scan = Scan::default();
        found.push(Found::Call(name, arguments));
    }

    fn text(&mut self, text: &str, found: &mut Vec<Found>) {
        let sure = text.trim_end().len();
        if sure > 0 {
            let mut whole = std::mem::take(&mut self.space);
            let mut said = &text[..sure];
            if std::mem::take(&mut self.after_call) {
                whole.clear();
                said = said.trim_start();
            }
            whole.push_str(said);
            match found.last_mut() {
                Some(Found::Text(last)) => last.push_str(&whole),
                _ => found.push(Found::Text(whole)),
            }
        }
        self.space.push_str(&text[sure..]);
    }
}

/// The nearest border of a character at or before `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn parse_json_call(text: &str) -> Option<(String, Json)> {
    call_of(&Json::parse(text.trim().as_bytes(), limits::TOOL_CALL_BYTES).ok()?)
}

fn parse_json_calls(text: &str) -> Option<Vec<(String, Json)>> {
    match Json::parse(text.as_bytes(), limits::TOOL_CALL_BYTES).ok()? {
        Json::Array(calls) => calls.iter().map(call_of).collect(),
        call => Some(vec![call_of(&call)?]),
    }
}

fn call_of(value: &Json) -> Option<(String, Json)> {
    // Some models wrap the call once more: {"type": "function", "function": {…}}.
    let call = match value.get("function") {
        Some(inner @ Json::Object(_)) => inner,
        _ => value,
    };
    let name = call.get("name")?.as_str()?.to_owned();
    let arguments = match call.get("arguments").or_else(|| call.get("parameters")) {
        Some(object @ Json::Object(_)) => object.clone(),
        // Others write the arguments as a string of JSON.
        Some(Json::String(text)) => Json::parse(text.as_bytes(), limits::TOOL_CALL_BYTES)
            .ok()
            .filter(|value| value.as_object().is_some())?,
        None | Some(Json::Null) => Json::Object(Vec::new()),
        Some(_) => return None,
    };
    Some((name, arguments))
}

/// `<function=name><parameter=key>value</parameter>…</function>`
fn parse_xml_call(text: &str) -> Option<(String, Json)> {
    let (name, mut rest) = text.trim().strip_prefix("<function=")?.split_once('>')?;
    let mut arguments = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.starts_with("</function>") {
            return Some((name.trim().to_owned(), Json::Object(arguments)));
        }
        let (key, after) = rest.strip_prefix("<parameter=")?.split_once('>')?;
        let (value, after) = after.split_once("</parameter>")?;
        let value = value.strip_prefix('\n').unwrap_or(value);
        let value = value.strip_suffix('\n').unwrap_or(value);
        arguments.push((key.trim().to_owned(), argument(value)));
        rest = after;
    }
}

/// `name` and then pairs of `<arg_key>key</arg_key><arg_value>value</arg_value>`.
fn parse_pairs_call(text: &str) -> Option<(String, Json)> {
    let (name, mut rest) = text.split_at(text.find("<arg_key>").unwrap_or(text.len()));
    let mut arguments = Vec::new();
    while !rest.trim().is_empty() {
        let (key, after) = rest
            .trim_start()
            .strip_prefix("<arg_key>")?
            .split_once("</arg_key>")?;
        let (value, after) = after
            .trim_start()
            .strip_prefix("<arg_value>")?
            .split_once("</arg_value>")?;
        arguments.push((key.trim().to_owned(), argument(value)));
        rest = after;
    }
    Some((name.trim().to_owned(), Json::Object(arguments)))
}

/// What is JSON counts as that, anything else as a string.
fn argument(value: &str) -> Json {
    match Json::parse(value.as_bytes(), limits::TOOL_CALL_BYTES) {
        Ok(json) if !matches!(json, Json::String(_)) => json,
        _ => Json::from(value),
    }
}
