//! Anthropic's `/v1/messages`: a list of blocks, whole or as server-sent events.

mod answer;

pub(super) use answer::{Answer, Count};

use super::fields::{Fields, wrong};
use super::ollama::read::tool_of;
use super::openai::chat::known;
use crate::{
    Failure, Format, Json, Message, Options, Prompt, Request, Role, Think, Tool, ToolCall,
    ToolChoice, limits,
};

pub(super) fn read(mut fields: Fields) -> Result<Request, Failure> {
    let most = fields
        .integer("max_tokens", 1, i32::MAX.into())?
        .ok_or_else(|| fields.missing("max_tokens"))?;
    read_with(fields, most)
}

/// The same question, of which only the prompt is to be read: it is made and counted as it will be when it is answered.
pub(super) fn count(mut fields: Fields) -> Result<Request, Failure> {
    fields.take("max_tokens");
    let mut request = read_with(fields, 0)?;
    if let Prompt::Chat { tool_choice, .. } = &mut request.prompt {
        *tool_choice = ToolChoice::Auto;
    }
    request.format = Format::Text;
    request.stream = false;
    // What was cut off would not be counted.
    request.truncate = false;
    Ok(request)
}

fn read_with(mut fields: Fields, most: i64) -> Result<Request, Failure> {
    let (model_as_written, model) = fields.model()?;
    fields.refuse("mcp_servers", "this server reaches no network")?;
    fields.refuse("container", "nothing is run here")?;
    let mut messages = Vec::new();
    if let Some(system) = fields.take("system") {
        let system = text("system", system)?;
        if !system.is_empty() {
            messages.push(Message {
                role: Role::System,
                content: system,
                ..Message::default()
            });
        }
    }
    let written = fields
        .array("messages", limits::MESSAGES)?
        .ok_or_else(|| fields.missing("messages"))?;
    if written.is_empty() {
        return Err(Failure::field(
            "messages",
            "messages: at least one is required",
        ));
    }
    for (path, item) in written {
        message(Fields::of(path, item)?, &mut messages)?;
    }
    let tools = fields
        .array("tools", limits::TOOLS)?
        .unwrap_or_default()
        .into_iter()
        .map(|(path, item)| tool(Fields::of(path, item)?))
        .collect::<Result<Vec<_>, _>>()?;
    let tool_choice = match fields.object("tool_choice")? {
        None => ToolChoice::Auto,
        Some(mut choice) => match choice.need_string("type")?.as_str() {
            "auto" => ToolChoice::Auto,
            "any" => ToolChoice::Required,
            "none" => ToolChoice::None,
            "tool" => ToolChoice::Named(choice.need_string("name")?),
            other => return Err(choice.unknown("type", other, "auto, any, tool and none")),
        },
    };
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
    request.api_defaults = Options {
        temperature: Some(1.0),
        ..Options::default()
    };
    super::fields::temperature_and_top_p(&mut fields, &mut request.options)?;
    request.options.num_predict = Some(most as i32);
    request.options.top_k = fields
        .integer("top_k", 0, i32::MAX.into())?
        .map(|n| n as i32);
    request.options.stop = fields.stops("stop_sequences")?;
    if let Some(mut thinking) = fields.object("thinking")? {
        request.think = match thinking.need_string("type")?.as_str() {
            "enabled" => Some(Think::On),
            "disabled" => Some(Think::Off),
            "adaptive" => None,
            other => return Err(thinking.unknown("type", other, "enabled, disabled and adaptive")),
        };
    }
    let (format, effort) = output_config(&mut fields)?;
    request.format = format;
    if request.think != Some(Think::Off) {
        request.think = effort.or(request.think);
    }
    request.stream = fields.bool("stream")?.unwrap_or(false);
    Ok(request)
}

/// `output_config`: its `format`, which was first called `output_format`, and its `effort`.
fn output_config(fields: &mut Fields) -> Result<(Format, Option<Think>), Failure> {
    let (inner, effort) = match fields.object("output_config")? {
        None => (None, None),
        Some(mut config) => {
            let effort = match config.string("effort")?.as_deref() {
                None => None,
                Some("low") => Some(Think::Low),
                Some("medium") => Some(Think::Medium),
                Some("high") => Some(Think::High),
                Some("xhigh" | "max") => Some(Think::Max),
                Some(other) => {
                    return Err(config.unknown(
                        "effort",
                        other,
                        "low, medium, high, xhigh and max",
                    ));
                }
            };
            (config.object("format")?, effort)
        }
    };
    let format = match inner {
        Some(format) => Some(format),
        None => fields.object("output_format")?,
    };
    let Some(mut format) = format else {
        return Ok((Format::Text, effort));
    };
    match format.need_string("type")?.as_str() {
        "json_schema" => match format.take("schema") {
            Some(schema @ Json::Object(_)) => Ok((Format::Schema(schema), effort)),
            Some(other) => Err(wrong(&format.path("schema"), "a JSON schema", &other)),
            None => Err(format.missing("schema")),
        },
        other => Err(format.unknown("type", other, "\"json_schema\"")),
    }
}

fn tool(mut fields: Fields) -> Result<Tool, Failure> {
    if let Some(kind) = fields.string("type")?
        && kind != "custom"
    {
        return Err(fields.unknown(
            "type",
            &kind,
            "\"custom\"; this server has no tools of its own",
        ));
    }
    tool_of(&mut fields, "input_schema")
}

/// A string, or blocks of text.
fn text(path: &str, value: Json) -> Result<String, Failure> {
    let items = match value {
        Json::String(text) => return Ok(text),
        Json::Array(items) => items,
        other => return Err(wrong(path, "a string or an array of blocks", &other)),
    };
    let mut texts = Vec::new();
    for (n, item) in items.into_iter().enumerate() {
        let mut block = Fields::of(format!("{path}[{n}]"), item)?;
        match block.need_string("type")?.as_str() {
            "text" => texts.push(block.need_string("text")?),
            // What a search for tools found: these are among the tools of this request, and the model is told which.
            "tool_reference" => texts.push(block.need_string("tool_name")?),
            other => return Err(not_text(&block, other)),
        }
    }
    Ok(texts.join("\n"))
}

fn not_text(block: &Fields, kind: &str) -> Failure {
    let kind: String = kind.chars().take(64).collect();
    block.refusal(
        "type",
        &format!("a block {kind:?}; this server's models read text"),
    )
}

/// One message becomes one, but for results of tools, each of which becomes a message of its own before the rest.
fn message(mut fields: Fields, messages: &mut Vec<Message>) -> Result<(), Failure> {
    let role = match fields.need_string("role")?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        other => return Err(fields.unknown("role", other, "user, assistant and system")),
    };
    let path = fields.path("content");
    let mut whole = Message {
        role,
        ..Message::default()
    };
    let blocks = match fields.take("content") {
        None => return Err(fields.missing("content")),
        Some(Json::String(text)) => {
            whole.content = text;
            messages.push(whole);
            return Ok(());
        }
        Some(Json::Array(blocks)) => blocks,
        Some(other) => return Err(wrong(&path, "a string or an array of blocks", &other)),
    };
    let mut texts = Vec::new();
    for (n, item) in blocks.into_iter().enumerate() {
        let mut block = Fields::of(format!("{path}[{n}]"), item)?;
        match block.need_string("type")?.as_str() {
            "text" => texts.push(block.need_string("text")?),
            "thinking" => {
                let thought = block.string("thinking")?.unwrap_or_default();
                whole.thinking.get_or_insert_default().push_str(&thought);
            }
            "redacted_thinking" => {}
            "tool_use" => whole.tool_calls.push(ToolCall {
                id: block.need_string("id")?,
                name: block.need_string("name")?,
                arguments: match block.take("input") {
                    None => Json::Object(Vec::new()),
                    Some(object @ Json::Object(_)) => object,
                    Some(other) => return Err(wrong(&block.path("input"), "an object", &other)),
                },
            }),
            "tool_result" => {
                let id = block.need_string("tool_use_id")?;
                let path = block.path("content");
                let mut content = match block.take("content") {
                    None => String::new(),
                    Some(value) => text(&path, value)?,
                };
                if block.bool("is_error")?.unwrap_or(false) {
                    content.insert_str(0, "Error: ");
                }
                messages.push(super::tool_result(messages, id, content));
            }
            other => return Err(not_text(&block, other)),
        }
    }
    whole.content = texts.join("\n");
    if !whole.content.is_empty() || !whole.tool_calls.is_empty() || whole.thinking.is_some() {
        messages.push(whole);
    }
    Ok(())
}
