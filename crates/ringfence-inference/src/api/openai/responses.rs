//! Bodies of `/v1/responses`, without anything kept between requests.

use super::super::fields::{Fields, wrong};
use super::super::ollama::read::tool_of;
use super::chat;
use crate::{Failure, Json, Message, Prompt, Request, Role, Tool, ToolCall, limits};

const STATELESS: &str = "nothing is kept between requests; send the whole conversation as input";

pub(crate) fn read(mut fields: Fields) -> Result<Request, Failure> {
    let (model_as_written, model) = fields.model()?;
    fields.refuse("previous_response_id", STATELESS)?;
    fields.refuse("conversation", STATELESS)?;
    fields.refuse("background", STATELESS)?;
    fields.refuse("prompt", "prompts are not stored here")?;
    let mut messages = Vec::new();
    if let Some(instructions) = fields
        .string("instructions")?
        .filter(|text| !text.is_empty())
    {
        messages.push(Message {
            role: Role::System,
            content: instructions,
            ..Message::default()
        });
    }
    match fields.take("input") {
        None => return Err(fields.missing("input")),
        Some(Json::String(text)) => messages.push(Message {
            content: text,
            ..Message::default()
        }),
        Some(Json::Array(items)) if items.len() > limits::MESSAGES => {
            return Err(Failure::field(
                "input",
                format!("input: at most {} items are accepted", limits::MESSAGES),
            ));
        }
        Some(Json::Array(items)) => {
            for (n, item) in items.into_iter().enumerate() {
                add(Fields::of(format!("input[{n}]"), item)?, &mut messages)?;
            }
        }
        Some(other) => return Err(wrong("input", "a string or an array of items", &other)),
    }
    let mut tools = Vec::new();
    for (path, item) in fields.array("tools", limits::TOOLS)?.unwrap_or_default() {
        tools.extend(tool(Fields::of(path, item)?)?);
    }
    let tool_choice = super::tool_choice(&mut fields)?;
    chat::known(&tool_choice, &tools)?;
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
    super::super::fields::temperature_and_top_p(&mut fields, &mut request.options)?;
    let most = fields.integer("max_output_tokens", 0, i32::MAX.into())?;
    request.options.num_predict = most.map(|n| n as i32);
    request.truncate = match fields.string("truncation")?.as_deref() {
        None | Some("disabled") => false,
        Some("auto") => true,
        Some(other) => return Err(fields.unknown("truncation", other, "auto and disabled")),
    };
    if let Some(mut text) = fields.object("text")? {
        request.format = super::format(&mut text, "format")?;
    }
    if let Some(mut reasoning) = fields.object("reasoning")? {
        request.think = super::effort(&mut reasoning, "effort")?;
    }
    request.stream = fields.bool("stream")?.unwrap_or(false);
    Ok(request)
}

/// A tool is an offer: those of other kinds (web search, namespaces …) are left out, because the model could not call them. Agents
/// offer them to every server.
fn tool(mut fields: Fields) -> Result<Option<Tool>, Failure> {
    match fields.need_string("type")?.as_str() {
        "function" => tool_of(&mut fields, "parameters").map(Some),
        _ => Ok(None),
    }
}

/// One item of the input; a call or what was thought belongs to the assistant's message before it.
fn add(mut fields: Fields, messages: &mut Vec<Message>) -> Result<(), Failure> {
    let kind = fields.string("type")?;
    match kind.as_deref().unwrap_or("message") {
        "message" => {
            let role = match fields.need_string("role")?.as_str() {
                "system" | "developer" => Role::System,
                "user" => Role::User,
                "assistant" => Role::Assistant,
                other => {
                    return Err(fields.unknown(
                        "role",
                        other,
                        "system, developer, user and assistant",
                    ));
                }
            };
            let path = fields.path("content");
            let content = match fields.take("content") {
                None => String::new(),
                Some(value) => chat::text(&path, value)?,
            };
            // An assistant's item that follows its own thinking is the same turn.
            if let Some(last) = messages.last_mut()
                && role == Role::Assistant
                && last.role == role
                && last.content.is_empty()
                && last.tool_calls.is_empty()
            {
                last.content = content;
                return Ok(());
            }
            messages.push(Message {
                role,
                content,
                ..Message::default()
            });
        }
        "function_call" => {
            let call = ToolCall {
                id: fields.need_string("call_id")?,
                name: fields.need_string("name")?,
                arguments: super::arguments(&mut fields)?,
            };
            assistant(messages).tool_calls.push(call);
        }
        "function_call_output" => {
            let id = fields.need_string("call_id")?;
            let path = fields.path("output");
            let content = match fields.take("output") {
                None => String::new(),
                Some(value) => chat::text(&path, value)?,
            };
            messages.push(super::super::tool_result(messages, id, content));
        }
        "reasoning" => {
            let mut thought = String::new();
            for name in ["content", "summary"] {
                for (path, part) in fields.array(name, limits::MESSAGES)?.unwrap_or_default() {
                    if thought.is_empty() || name == "content" {
                        thought
                            .push_str(&Fields::of(path, part)?.string("text")?.unwrap_or_default());
                    }
                }
            }
            if !thought.is_empty() {
                assistant(messages).thinking = Some(thought);
            }
        }
        other => {
            return Err(fields.unknown(
                "type",
                other,
                "message, function_call, function_call_output and reasoning",
            ));
        }
    }
    Ok(())
}

/// The assistant's message at the end, made if there is none.
fn assistant(messages: &mut Vec<Message>) -> &mut Message {
    if messages
        .last()
        .is_none_or(|last| last.role != Role::Assistant)
    {
        messages.push(Message {
            role: Role::Assistant,
            ..Message::default()
        });
    }
    let last = messages.len() - 1;
    &mut messages[last]
}
