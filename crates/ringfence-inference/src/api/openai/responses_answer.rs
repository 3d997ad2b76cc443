//! Answers of `/v1/responses`: a list of items (what was thought, what was said, what is called), whole or as events.

use std::time::Duration;

use super::super::{Identity, named};
use crate::json::object;
use crate::{
    DoneReason, Event, Failure, FailureKind, Json, Request, Settings, ToolCall, Usage, limits,
};

#[derive(Debug)]
enum Item {
    Thought(String),
    Said(String),
    Call(ToolCall),
}

#[derive(Debug)]
pub(crate) struct Answer {
    id: String,
    created: u64,
    model: String,
    stream: bool,
    settings: Settings,
    /// The next event's number.
    sequence: u64,
    items: Vec<Item>,
    /// Whether the last item may still grow.
    open: bool,
    bytes: usize,
}

impl Answer {
    pub fn new(request: &Request, identity: Identity) -> Self {
        Self {
            id: identity.id,
            created: identity.created.as_secs(),
            model: request.model_as_written.clone(),
            stream: request.stream,
            settings: request.settings(Default::default()),
            sequence: 0,
            items: Vec::new(),
            open: false,
            bytes: 0,
        }
    }

    fn event(&mut self, name: &str, members: Vec<(&str, Json)>) -> Vec<u8> {
        let mut all = vec![
            ("type".to_owned(), Json::from(name)),
            ("sequence_number".to_owned(), Json::from(self.sequence)),
        ];
        self.sequence += 1;
        all.extend(
            members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        named(name, &Json::Object(all))
    }

    fn item_id(&self, index: usize) -> String {
        let kind = match self.items.get(index) {
            Some(Item::Thought(_)) => "rs",
            Some(Item::Said(_)) | None => "msg",
            Some(Item::Call(_)) => "fc",
        };
        format!("{kind}_{}{index}", self.id)
    }

    fn item(&self, index: usize, status: &str) -> Json {
        let id = self.item_id(index);
        let fresh = status == "in_progress";
        match self.items.get(index) {
            Some(Item::Thought(text)) => object! {
                "id": id,
                "type": "reasoning",
                "summary": if fresh { Vec::new() } else { vec![summary(text)] },
                "status": status,
            },
            Some(Item::Said(text)) => object! {
                "id": id,
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": if fresh { Vec::new() } else { vec![part(text)] },
            },
            Some(Item::Call(call)) => object! {
                "id": id,
                "type": "function_call",
                "status": status,
                "call_id": call.id.as_str(),
                "name": call.name.as_str(),
                "arguments": if fresh { String::new() } else { call.arguments.to_string() },
            },
            None => Json::Null,
        }
    }

    fn response(
        &self,
        status: &str,
        usage: Option<&Usage>,
        incomplete: Option<&str>,
        error: Json,
    ) -> Json {
        let output: Vec<Json> = match status {
            "in_progress" => Vec::new(),
            _ => (0..self.items.len())
                .map(|n| self.item(n, "completed"))
                .collect(),
        };
        let usage = usage.map(|usage| {
            object! {
                "input_tokens": usage.prompt_tokens,
                "input_tokens_details": object! { "cached_tokens": usage.cached_tokens },
                "output_tokens": usage.completion_tokens,
                "output_tokens_details": object! { "reasoning_tokens": 0u64 },
                "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            }
        });
        object! {
            "id": format!("resp_{}", self.id),
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": false,
            "error": error,
            "incomplete_details": incomplete.map(|reason| object! { "reason": reason }),
            "instructions": Json::Null,
            "max_output_tokens": self.settings.num_predict.map(u64::from),
            "model": self.model.as_str(),
            "output": output,
            "parallel_tool_calls": true,
            "previous_response_id": Json::Null,
            "store": false,
            "temperature": self.settings.temperature,
            "tool_choice": "auto",
            "tools": Vec::<Json>::new(),
            "top_p": self.settings.top_p,
            "usage": usage,
            "metadata": Json::Object(Vec::new()),
        }
    }

    fn start(&mut self) -> Vec<u8> {
        if !self.stream || self.sequence > 0 {
            return Vec::new();
        }
        let mut bytes = Vec::new();
        for name in ["response.created", "response.in_progress"] {
            let response = self.response("in_progress", None, None, Json::Null);
            bytes.extend(self.event(name, vec![("response", response)]));
        }
        bytes
    }

    /// Opens an item, closing the one before it.
    fn open(&mut self, item: Item) -> Vec<u8> {
        let mut bytes = self.close();
        let index = self.items.len();
        self.items.push(item);
        self.open = true;
        if !self.stream {
            return bytes;
        }
        let shown = self.item(index, "in_progress");
        bytes.extend(self.event(
            "response.output_item.added",
            vec![("output_index", Json::from(index)), ("item", shown)],
        ));
        let (name, at, shown) = match self.items.get(index) {
            Some(Item::Said(_)) => ("response.content_part.added", "content_index", part("")),
            Some(Item::Thought(_)) => (
                "response.reasoning_summary_part.added",
                "summary_index",
                summary(""),
            ),
            _ => return bytes,
        };
        let mut members = self.place(index);
        members.push((at, Json::from(0u64)));
        members.push(("part", shown));
        bytes.extend(self.event(name, members));
        bytes
    }

    fn place(&self, index: usize) -> Vec<(&'static str, Json)> {
        vec![
            ("item_id", Json::from(self.item_id(index))),
            ("output_index", Json::from(index)),
        ]
    }

    fn close(&mut self) -> Vec<u8> {
        if !std::mem::take(&mut self.open) || !self.stream {
            return Vec::new();
        }
        let index = self.items.len().saturating_sub(1);
        let mut bytes = Vec::new();
        let (done, part_done, at, text, part) = match self.items.get(index) {
            Some(Item::Said(text)) => (
                "response.output_text.done",
                "response.content_part.done",
                "content_index",
                text.clone(),
                part(text),
            ),
            Some(Item::Thought(text)) => (
                "response.reasoning_summary_text.done",
                "response.reasoning_summary_part.done",
                "summary_index",
                text.clone(),
                summary(text),
            ),
            Some(Item::Call(call)) => {
                let (name, arguments) = (call.name.clone(), call.arguments.to_string());
                for (event, member) in [
                    ("response.function_call_arguments.delta", "delta"),
                    ("response.function_call_arguments.done", "arguments"),
                ] {
                    let mut members = self.place(index);
                    members.push((member, Json::from(arguments.as_str())));
                    if member == "arguments" {
                        members.push(("name", Json::from(name.as_str())));
                    }
                    bytes.extend(self.event(event, members));
                }
                bytes.extend(self.item_done(index));
                return bytes;
            }
            None => return bytes,
        };
        let mut members = self.place(index);
        members.push((at, Json::from(0u64)));
        members.push(("text", Json::from(text)));
        if at == "content_index" {
            members.push(("logprobs", Json::Array(Vec::new())));
        }
        bytes.extend(self.event(done, members));
        let mut members = self.place(index);
        members.push((at, Json::from(0u64)));
        members.push(("part", part));
        bytes.extend(self.event(part_done, members));
        bytes.extend(self.item_done(index));
        bytes
    }

    fn item_done(&mut self, index: usize) -> Vec<u8> {
        let item = self.item(index, "completed");
        self.event(
            "response.output_item.done",
            vec![("output_index", Json::from(index)), ("item", item)],
        )
    }

    /// More text for the last item, which is of the right kind.
    fn delta(&mut self, delta: &str) -> Vec<u8> {
        let index = self.items.len().saturating_sub(1);
        let (name, at) = match self.items.last_mut() {
            Some(Item::Said(text)) => {
                text.push_str(delta);
                ("response.output_text.delta", "content_index")
            }
            Some(Item::Thought(text)) => {
                text.push_str(delta);
                ("response.reasoning_summary_text.delta", "summary_index")
            }
            _ => return Vec::new(),
        };
        if !self.stream {
            return Vec::new();
        }
        let mut members = self.place(index);
        members.push((at, Json::from(0u64)));
        members.push(("delta", Json::from(delta)));
        if at == "content_index" {
            members.push(("logprobs", Json::Array(Vec::new())));
        }
        self.event(name, members)
    }
}

fn part(text: &str) -> Json {
    object! {
        "type": "output_text",
        "text": text,
        "annotations": Vec::<Json>::new(),
        "logprobs": Vec::<Json>::new(),
    }
}

fn summary(text: &str) -> Json {
    object! { "type": "summary_text", "text": text }
}

impl super::super::Answer for Answer {
    fn step(&mut self, event: &Event, _: Duration) -> Result<Vec<u8>, Failure> {
        let mut bytes = self.start();
        match event {
            Event::Token { text, .. } | Event::Thinking { text } => {
                self.bytes += text.len();
                // The whole text comes again at the end, streamed or not.
                if self.bytes > limits::RESPONSE_BYTES {
                    return Err(Failure::new(
                        FailureKind::TooLarge,
                        format!("the answer is longer than {} bytes", limits::RESPONSE_BYTES),
                    ));
                }
                let said = matches!(event, Event::Token { .. });
                let goes_on = match self.items.last() {
                    Some(Item::Said(_)) => said && self.open,
                    Some(Item::Thought(_)) => !said && self.open,
                    _ => false,
                };
                if !goes_on {
                    let item = if said { Item::Said } else { Item::Thought };
                    bytes.extend(self.open(item(String::new())));
                }
                bytes.extend(self.delta(text));
            }
            Event::ToolCall(call) => {
                bytes.extend(self.open(Item::Call(call.clone())));
                bytes.extend(self.close());
            }
            _ => {}
        }
        Ok(bytes)
    }

    fn done(&mut self, event: &Event, _: Duration) -> Vec<u8> {
        let Event::Done { reason, usage, .. } = event else {
            return Vec::new();
        };
        let mut bytes = self.start();
        if self.items.is_empty() {
            bytes.extend(self.open(Item::Said(String::new())));
        }
        bytes.extend(self.close());
        let (status, name, incomplete) = match reason {
            DoneReason::Length => (
                "incomplete",
                "response.incomplete",
                Some("max_output_tokens"),
            ),
            _ => ("completed", "response.completed", None),
        };
        let response = self.response(status, Some(usage), incomplete, Json::Null);
        if !self.stream {
            return response.to_string().into_bytes();
        }
        bytes.extend(self.event(name, vec![("response", response)]));
        bytes
    }

    fn broken(&mut self, failure: &Failure) -> Vec<u8> {
        let error = object! { "code": "server_error", "message": failure.message.as_str() };
        let response = self.response("failed", None, None, error);
        self.event("response.failed", vec![("response", response)])
    }
}
