//! `/v1/chat/completions`.

use std::time::Duration;

use super::super::collected::Collected;
use super::super::fields::{Fields, wrong};
use super::super::ollama::read::tool;
use super::super::{Api, Identity, Wire, data};
use crate::json::object;
use crate::{Event, Failure, Json, Message, Prompt, Request, Role, ToolCall, ToolChoice, limits};

pub(crate) fn read(mut fields: Fields, wire: &mut Wire) -> Result<Request, Failure> {
    let (model_as_written, model) = fields.model()?;
    let messages = fields
        .array("messages", limits::MESSAGES)?
        .ok_or_else(|| fields.missing("messages"))?
        .into_iter()
        .map(|(path, item)| message(Fields::of(path, item)?))
        .collect::<Result<Vec<_>, _>>()?;
    if messages.is_empty() {
        return Err(Failure::field(
            "messages",
            "messages: at least one is required",
        ));
    }
    fields.refuse("functions", "it is the old form of tools")?;
    fields.refuse("function_call", "it is the old form of tool_choice")?;
    fields.refuse("audio", "answers are text")?;
    fields.refuse("web_search_options", "this server reaches no network")?;
    if let Some(kinds) = fields.strings("modalities", 8)?
        && kinds.iter().any(|kind| kind != "text")
    {
        return Err(fields.refusal("modalities", "answers are text"));
    }
    let tools = fields
        .array("tools", limits::TOOLS)?
        .unwrap_or_default()
        .into_iter()
        .map(|(path, item)| tool(Fields::of(path, item)?))
        .collect::<Result<Vec<_>, _>>()?;
    let tool_choice = super::tool_choice(&mut fields)?;
    known(&tool_choice, &tools)?;
    let mut request = Request::new(
        model,
        Prompt::Chat {
            messages,
            tools,
            tool_choice,
        },
    );
    request.model_as_written = model_as_written;
    request.api_defaults = super::defaults();
    super::sampling(&mut fields, &mut request.options)?;
    let old = fields.integer("max_tokens", 0, i32::MAX.into())?;
    let most = fields.integer("max_completion_tokens", 0, i32::MAX.into())?;
    request.options.num_predict = most.or(old).map(|n| n as i32);
    request.format = super::format(&mut fields, "response_format")?;
    let top = fields.integer("top_logprobs", 0, limits::TOP_LOGPROBS.into())?;
    request.logprobs = fields
        .bool("logprobs")?
        .unwrap_or(false)
        .then_some(top.unwrap_or(0) as u8);
    request.think = super::effort(&mut fields, "reasoning_effort")?;
    if let Some(mut reasoning) = fields.object("reasoning")? {
        request.think = super::effort(&mut reasoning, "effort")?.or(request.think);
    }
    request.stream = fields.bool("stream")?.unwrap_or(false);
    wire.include_usage = super::include_usage(&mut fields)?;
    Ok(request)
}

/// A tool that must be called has to be there.
pub(crate) fn known(choice: &ToolChoice, tools: &[crate::Tool]) -> Result<(), Failure> {
    let found = match choice {
        ToolChoice::Auto | ToolChoice::None => true,
        ToolChoice::Required => !tools.is_empty(),
        ToolChoice::Named(name) => tools.iter().any(|tool| tool.name == *name),
    };
    if found {
        Ok(())
    } else {
        Err(Failure::field(
            "tool_choice",
            "tool_choice asks for a tool that is not among the tools",
        ))
    }
}

fn message(mut fields: Fields) -> Result<Message, Failure> {
    let role = fields.need_string("role")?;
    let role = match role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        other => {
            return Err(fields.unknown(
                "role",
                other,
                "system, developer, user, assistant and tool",
            ));
        }
    };
    fields.refuse("function_call", "it is the old form of tool_calls")?;
    fields.refuse("audio", "messages are text")?;
    let path = fields.path("content");
    let mut content = match fields.take("content") {
        None => String::new(),
        Some(value) => text(&path, value)?,
    };
    if let Some(refusal) = fields.string("refusal")? {
        content.push_str(&refusal);
    }
    let thinking = match fields.string("reasoning_content")? {
        Some(text) => Some(text),
        None => fields.string("reasoning")?,
    };
    let tool_calls = fields
        .array("tool_calls", limits::TOOL_CALLS)?
        .unwrap_or_default()
        .into_iter()
        .map(|(path, item)| call(Fields::of(path, item)?))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Message {
        role,
        content,
        thinking: thinking.filter(|text| !text.is_empty()),
        tool_calls,
        tool_call_id: fields.string("tool_call_id")?,
        tool_name: fields.string("name")?.filter(|_| role == Role::Tool),
    })
}

fn call(mut fields: Fields) -> Result<ToolCall, Failure> {
    let id = fields.need_string("id")?;
    let mut function = fields
        .object("function")?
        .ok_or_else(|| fields.missing("function"))?;
    Ok(ToolCall {
        id,
        name: function.need_string("name")?,
        arguments: super::arguments(&mut function)?,
    })
}

/// A string, or parts of text; what belongs to `chat` and to `responses`.
pub(crate) fn text(path: &str, value: Json) -> Result<String, Failure> {
    let items = match value {
        Json::String(text) => return Ok(text),
        Json::Array(items) => items,
        other => return Err(wrong(path, "a string or an array of parts", &other)),
    };
    let mut whole = String::new();
    for (n, item) in items.into_iter().enumerate() {
        let mut part = Fields::of(format!("{path}[{n}]"), item)?;
        let kind = part.need_string("type")?;
        match kind.as_str() {
            "text" | "input_text" | "output_text" => whole.push_str(&part.need_string("text")?),
            "refusal" => whole.push_str(&part.need_string("refusal")?),
            other => {
                return Err(part.refusal("type", &format!("a part {other:?}; messages are text")));
            }
        }
    }
    Ok(whole)
}

#[derive(Debug)]
pub(crate) struct Answer {
    id: String,
    created: u64,
    model: String,
    stream: bool,
    include_usage: bool,
    logprobs: bool,
    started: bool,
    calls: usize,
    collected: Collected,
}

impl Answer {
    pub fn new(wire: Wire, request: &Request, identity: Identity) -> Self {
        Self {
            id: format!("chatcmpl-{}", identity.id),
            created: identity.created.as_secs(),
            model: request.model_as_written.clone(),
            stream: request.stream,
            include_usage: wire.include_usage,
            logprobs: request.logprobs.is_some(),
            started: false,
            calls: 0,
            collected: Collected::default(),
        }
    }

    fn chunk(&self, choices: Vec<Json>, usage: Json) -> Vec<u8> {
        let mut members = vec![
            ("id".to_owned(), Json::from(self.id.as_str())),
            ("object".to_owned(), Json::from("chat.completion.chunk")),
            ("created".to_owned(), Json::from(self.created)),
            ("model".to_owned(), Json::from(self.model.as_str())),
            ("system_fingerprint".to_owned(), Json::from("fp_ringfence")),
            ("choices".to_owned(), Json::Array(choices)),
        ];
        if self.include_usage {
            members.push(("usage".to_owned(), usage));
        }
        data(&Json::Object(members))
    }

    fn delta(&self, delta: Json, logprobs: Json, finish_reason: Option<&str>) -> Vec<u8> {
        let choice = object! {
            "index": 0u64,
            "delta": delta,
            "logprobs": logprobs,
            "finish_reason": finish_reason,
        };
        self.chunk(vec![choice], Json::Null)
    }

    fn start(&mut self) -> Vec<u8> {
        if std::mem::replace(&mut self.started, true) {
            return Vec::new();
        }
        self.delta(
            object! { "role": "assistant", "content": "" },
            Json::Null,
            None,
        )
    }
}

fn call_json(call: &ToolCall) -> Vec<(String, Json)> {
    vec![
        ("id".to_owned(), Json::from(call.id.as_str())),
        ("type".to_owned(), Json::from("function")),
        (
            "function".to_owned(),
            object! { "name": call.name.as_str(), "arguments": call.arguments.to_string() },
        ),
    ]
}

impl super::super::Answer for Answer {
    fn step(&mut self, event: &Event, _: Duration) -> Result<Vec<u8>, Failure> {
        if !self.stream {
            self.collected.add(event)?;
            return Ok(Vec::new());
        }
        let mut bytes = self.start();
        match event {
            Event::Token { text, logprobs } => {
                let logprobs = if self.logprobs {
                    object! { "content": super::logprobs(logprobs), "refusal": Json::Null }
                } else {
                    Json::Null
                };
                bytes.extend(self.delta(object! { "content": text.as_str() }, logprobs, None));
            }
            // Two names are in use for it; clients read the one or the other.
            Event::Thinking { text } => bytes.extend(self.delta(
                object! { "reasoning": text.as_str(), "reasoning_content": text.as_str() },
                Json::Null,
                None,
            )),
            Event::ToolCall(call) => {
                let mut members = vec![("index".to_owned(), Json::from(self.calls))];
                self.calls += 1;
                members.extend(call_json(call));
                bytes.extend(self.delta(
                    object! { "tool_calls": vec![Json::Object(members)] },
                    Json::Null,
                    None,
                ));
            }
            _ => return Ok(Vec::new()),
        }
        Ok(bytes)
    }

    fn done(&mut self, event: &Event, _: Duration) -> Vec<u8> {
        let Event::Done { reason, usage, .. } = event else {
            return Vec::new();
        };
        let reason = super::finish_reason(reason);
        if self.stream {
            let mut bytes = self.start();
            bytes.extend(self.delta(Json::Object(Vec::new()), Json::Null, Some(reason)));
            if self.include_usage {
                bytes.extend(self.chunk(Vec::new(), super::usage(usage)));
            }
            bytes.extend_from_slice(super::DONE);
            return bytes;
        }
        let whole = std::mem::take(&mut self.collected);
        let content = if whole.text.is_empty() && !whole.calls.is_empty() {
            Json::Null
        } else {
            Json::from(whole.text)
        };
        let mut message = vec![
            ("role".to_owned(), Json::from("assistant")),
            ("content".to_owned(), content),
            ("refusal".to_owned(), Json::Null),
        ];
        if !whole.thinking.is_empty() {
            message.push(("reasoning".to_owned(), Json::from(whole.thinking.as_str())));
            message.push(("reasoning_content".to_owned(), Json::from(whole.thinking)));
        }
        if !whole.calls.is_empty() {
            let calls = whole.calls.iter().map(|call| Json::Object(call_json(call)));
            message.push(("tool_calls".to_owned(), Json::Array(calls.collect())));
        }
        let logprobs = if self.logprobs {
            object! { "content": super::logprobs(&whole.logprobs), "refusal": Json::Null }
        } else {
            Json::Null
        };
        let body = object! {
            "id": self.id.as_str(),
            "object": "chat.completion",
            "created": self.created,
            "model": self.model.as_str(),
            "system_fingerprint": "fp_ringfence",
            "choices": vec![object! {
                "index": 0u64,
                "message": Json::Object(message),
                "logprobs": logprobs,
                "finish_reason": reason,
            }],
            "usage": super::usage(usage),
        };
        body.to_string().into_bytes()
    }

    fn broken(&mut self, failure: &Failure) -> Vec<u8> {
        data(&Api::OpenAi.error_json(failure))
    }
}
