//! Answers of `/v1/messages`.

use std::time::Duration;

use super::super::collected::Collected;
use super::super::{Api, Identity, named};
use crate::json::object;
use crate::{DoneReason, Event, Failure, Json, Request, ToolCall, Usage};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Block {
    Thinking,
    Text,
}

#[derive(Debug)]
pub(crate) struct Answer {
    id: String,
    model: String,
    stream: bool,
    started: bool,
    open: Option<Block>,
    blocks: usize,
    collected: Collected,
}

impl Answer {
    pub fn new(request: &Request, identity: Identity) -> Self {
        Self {
            id: format!("msg_{}", identity.id),
            model: request.model_as_written.clone(),
            stream: request.stream,
            started: false,
            open: None,
            blocks: 0,
            collected: Collected::default(),
        }
    }

    fn message(&self, content: Vec<Json>, reason: Option<&DoneReason>, usage: &Usage) -> Json {
        object! {
            "id": self.id.as_str(),
            "type": "message",
            "role": "assistant",
            "model": self.model.as_str(),
            "content": content,
            "stop_reason": reason.map(stop_reason),
            "stop_sequence": reason.and_then(stop_sequence),
            "usage": counts(usage),
        }
    }

    fn start(&mut self) -> Vec<u8> {
        if std::mem::replace(&mut self.started, true) {
            return Vec::new();
        }
        // How many tokens the prompt has is known at the end only; the last event has it.
        let message = self.message(Vec::new(), None, &Usage::default());
        named(
            "message_start",
            &object! { "type": "message_start", "message": message },
        )
    }

    fn open(&mut self, block: Json) -> Vec<u8> {
        named(
            "content_block_start",
            &object! { "type": "content_block_start", "index": self.blocks, "content_block": block },
        )
    }

    fn delta(&mut self, delta: Json) -> Vec<u8> {
        named(
            "content_block_delta",
            &object! { "type": "content_block_delta", "index": self.blocks, "delta": delta },
        )
    }

    fn close(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.open.take() {
            None => return bytes,
            // Nothing signs thoughts here; the field is there because clients keep it.
            Some(Block::Thinking) => {
                bytes = self.delta(object! { "type": "signature_delta", "signature": "" });
            }
            Some(Block::Text) => {}
        }
        bytes.extend(self.stop());
        bytes
    }

    fn stop(&mut self) -> Vec<u8> {
        let bytes = named(
            "content_block_stop",
            &object! { "type": "content_block_stop", "index": self.blocks },
        );
        self.blocks += 1;
        bytes
    }

    fn text(&mut self, block: Block, text: &str) -> Vec<u8> {
        let mut bytes = self.start();
        if self.open != Some(block) {
            bytes.extend(self.close());
            self.open = Some(block);
            bytes.extend(self.open(match block {
                Block::Text => object! { "type": "text", "text": "" },
                Block::Thinking => object! { "type": "thinking", "thinking": "", "signature": "" },
            }));
        }
        bytes.extend(self.delta(match block {
            Block::Text => object! { "type": "text_delta", "text": text },
            Block::Thinking => object! { "type": "thinking_delta", "thinking": text },
        }));
        bytes
    }

    fn call(&mut self, call: &ToolCall) -> Vec<u8> {
        let mut bytes = self.start();
        bytes.extend(self.close());
        bytes.extend(self.open(tool_use(call, Json::Object(Vec::new()))));
        bytes.extend(self.delta(
            object! { "type": "input_json_delta", "partial_json": call.arguments.to_string() },
        ));
        bytes.extend(self.stop());
        bytes
    }
}

fn tool_use(call: &ToolCall, input: Json) -> Json {
    object! { "type": "tool_use", "id": call.id.as_str(), "name": call.name.as_str(), "input": input }
}

fn stop_reason(reason: &DoneReason) -> &'static str {
    match reason {
        DoneReason::Length => "max_tokens",
        DoneReason::StopString(_) => "stop_sequence",
        DoneReason::ToolCalls => "tool_use",
        DoneReason::Stop | DoneReason::Load | DoneReason::Unload => "end_turn",
    }
}

fn stop_sequence(reason: &DoneReason) -> Option<&str> {
    match reason {
        DoneReason::StopString(stop) => Some(stop),
        _ => None,
    }
}

fn counts(usage: &Usage) -> Json {
    object! {
        "input_tokens": usage.prompt_tokens.saturating_sub(usage.cached_tokens),
        "cache_creation_input_tokens": 0u64,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
    }
}

impl super::super::Answer for Answer {
    fn step(&mut self, event: &Event, _: Duration) -> Result<Vec<u8>, Failure> {
        if !self.stream {
            self.collected.add(event)?;
            return Ok(Vec::new());
        }
        Ok(match event {
            Event::Token { text, .. } => self.text(Block::Text, text),
            Event::Thinking { text } => self.text(Block::Thinking, text),
            Event::ToolCall(call) => self.call(call),
            _ => Vec::new(),
        })
    }

    fn done(&mut self, event: &Event, _: Duration) -> Vec<u8> {
        let Event::Done { reason, usage, .. } = event else {
            return Vec::new();
        };
        if self.stream {
            let mut bytes = self.start();
            bytes.extend(self.close());
            bytes.extend(named(
                "message_delta",
                &object! {
                    "type": "message_delta",
                    "delta": object! { "stop_reason": stop_reason(reason), "stop_sequence": stop_sequence(reason) },
                    "usage": counts(usage),
                },
            ));
            bytes.extend(named("message_stop", &object! { "type": "message_stop" }));
            return bytes;
        }
        let whole = std::mem::take(&mut self.collected);
        let mut content = Vec::new();
        if !whole.thinking.is_empty() {
            content
                .push(object! { "type": "thinking", "thinking": whole.thinking, "signature": "" });
        }
        if !whole.text.is_empty() {
            content.push(object! { "type": "text", "text": whole.text });
        }
        for call in &whole.calls {
            content.push(tool_use(call, call.arguments.clone()));
        }
        let message = self.message(content, Some(reason), usage);
        message.to_string().into_bytes()
    }

    fn broken(&mut self, failure: &Failure) -> Vec<u8> {
        named("error", &Api::Anthropic.error_json(failure))
    }
}

/// The answer of `/v1/messages/count_tokens`.
#[derive(Debug)]
pub(crate) struct Count;

impl super::super::Answer for Count {
    fn step(&mut self, _: &Event, _: Duration) -> Result<Vec<u8>, Failure> {
        Ok(Vec::new())
    }

    fn done(&mut self, event: &Event, _: Duration) -> Vec<u8> {
        let tokens = match event {
            Event::Done { usage, .. } => usage.prompt_tokens,
            _ => 0,
        };
        let count = object! { "input_tokens": tokens };
        count.to_string().into_bytes()
    }

    fn broken(&mut self, failure: &Failure) -> Vec<u8> {
        Api::Anthropic.error(failure)
    }
}
