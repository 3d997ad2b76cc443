//! Bodies of `/api/generate`, `/api/chat`, `/api/embed` and `/api/embeddings`.

use super::super::fields::{Fields, wrong};
use crate::{
    Failure, Format, Json, KeepAlive, Message, Options, Prompt, Request, Role, Think, Tool,
    ToolCall, ToolChoice, limits,
};

const IMAGES: &str = "this server has no models that see";

pub(crate) fn generate(mut fields: Fields) -> Result<Request, Failure> {
    let (model_as_written, model) = fields.model()?;
    fields.refuse("images", IMAGES)?;
    fields.refuse(
        "template",
        "a template belongs to the model; set it in a Modelfile with TEMPLATE",
    )?;
    fields.refuse("context", "send the conversation to /api/chat instead")?;
    fields.refuse("_debug_render_only", "it would show the server's templates")?;
    let text = fields.string("prompt")?.unwrap_or_default();
    let system = fields.string("system")?.unwrap_or_default();
    let suffix = fields.string("suffix")?.filter(|suffix| !suffix.is_empty());
    let raw = fields.bool("raw")?.unwrap_or(false);
    if raw && !system.is_empty() {
        return Err(fields.refusal(
            "system",
            "a raw prompt takes none; write it into the prompt",
        ));
    }
    let prompt = if text.is_empty() && suffix.is_none() {
        Prompt::Load
    } else if raw || suffix.is_some() {
        Prompt::Raw { text, suffix }
    } else {
        let mut messages = Vec::new();
        if !system.is_empty() {
            messages.push(Message {
                role: Role::System,
                content: system,
                ..Message::default()
            });
        }
        messages.push(Message {
            content: text,
            ..Message::default()
        });
        Prompt::Chat {
            messages,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
        }
    };
    let mut request = Request::new(model, prompt);
    request.model_as_written = model_as_written;
    common(&mut fields, &mut request)?;
    Ok(request)
}

pub(crate) fn chat(mut fields: Fields) -> Result<Request, Failure> {
    let (model_as_written, model) = fields.model()?;
    fields.refuse("_debug_render_only", "it would show the server's templates")?;
    let messages = messages(&mut fields)?;
    let tools = fields
        .array("tools", limits::TOOLS)?
        .unwrap_or_default()
        .into_iter()
        .map(|(path, item)| tool(Fields::of(path, item)?))
        .collect::<Result<Vec<_>, _>>()?;
    let prompt = if messages.is_empty() {
        Prompt::Load
    } else {
        Prompt::Chat {
            messages,
            tools,
            tool_choice: ToolChoice::Auto,
        }
    };
    let mut request = Request::new(model, prompt);
    request.model_as_written = model_as_written;
    common(&mut fields, &mut request)?;
    Ok(request)
}

pub(crate) fn embed(mut fields: Fields) -> Result<Request, Failure> {
    let (model_as_written, model) = fields.model()?;
    let inputs = fields
        .strings("input", limits::EMBED_INPUTS)?
        .unwrap_or_default();
    let dimensions = fields.integer("dimensions", 0, 1 << 20)?;
    let prompt = if inputs.is_empty() {
        Prompt::Load
    } else {
        Prompt::Embed {
            inputs,
            dimensions: dimensions.filter(|&n| n > 0).map(|n| n as u32),
        }
    };
    let mut request = Request::new(model, prompt);
    request.model_as_written = model_as_written;
    common(&mut fields, &mut request)?;
    request.stream = false;
    Ok(request)
}

pub(crate) fn embeddings(mut fields: Fields) -> Result<Request, Failure> {
    let (model_as_written, model) = fields.model()?;
    let text = fields.string("prompt")?.unwrap_or_default();
    let prompt = if text.is_empty() {
        Prompt::Load
    } else {
        Prompt::Embed {
            inputs: vec![text],
            dimensions: None,
        }
    };
    let mut request = Request::new(model, prompt);
    request.model_as_written = model_as_written;
    common(&mut fields, &mut request)?;
    request.stream = false;
    Ok(request)
}

fn common(fields: &mut Fields, request: &mut Request) -> Result<(), Failure> {
    request.stream = fields.bool("stream")?.unwrap_or(true);
    request.truncate = fields.bool("truncate")?.unwrap_or(true);
    request.shift = fields.bool("shift")?.unwrap_or(true);
    request.format = match fields.take("format") {
        None => Format::Text,
        Some(Json::String(name)) => match name.as_str() {
            "" => Format::Text,
            "json" => Format::Json,
            other => return Err(fields.unknown("format", other, "\"json\" and a JSON schema")),
        },
        Some(schema @ Json::Object(_)) => Format::Schema(schema),
        Some(other) => return Err(wrong("format", "\"json\" or a JSON schema", &other)),
    };
    request.think = match fields.take("think") {
        None => None,
        Some(Json::Bool(on)) => Some(if on { Think::On } else { Think::Off }),
        Some(Json::String(level)) => Some(match level.as_str() {
            "low" => Think::Low,
            "medium" => Think::Medium,
            "high" => Think::High,
            "max" => Think::Max,
            other => {
                return Err(fields.unknown(
                    "think",
                    other,
                    "true, false, low, medium, high and max",
                ));
            }
        }),
        Some(other) => return Err(wrong("think", "a boolean or a level", &other)),
    };
    request.think_required = true;
    request.keep_alive = fields
        .take("keep_alive")
        .map(|value| KeepAlive::from_json(&value))
        .transpose()
        .map_err(|error| Failure::field("keep_alive", error.to_string()))?;
    let most = i64::from(limits::TOP_LOGPROBS);
    let top = fields.integer("top_logprobs", 0, most)?.unwrap_or(0);
    request.logprobs = fields
        .bool("logprobs")?
        .unwrap_or(false)
        .then_some(top as u8);
    if let Some(options) = fields.object("options")? {
        request.options = self::options(options)?;
    }
    Ok(())
}

/// Names that nobody knows are ignored, as the real server does; values of the wrong kind are not.
pub(crate) fn options(mut fields: Fields) -> Result<Options, Failure> {
    const ANY: i64 = i32::MAX as i64;
    let f = &mut fields;
    let u32 = |n: Option<i64>| n.map(|n| n as u32);
    let i32 = |n: Option<i64>| n.map(|n| n as i32);
    Ok(Options {
        num_ctx: u32(f.integer("num_ctx", 1, 1 << 24)?),
        num_batch: u32(f.integer("num_batch", 1, 1 << 16)?),
        num_thread: u32(f.integer("num_thread", 0, 1024)?),
        num_gpu: i32(f.integer("num_gpu", -1, ANY)?),
        main_gpu: i32(f.integer("main_gpu", 0, 1024)?),
        use_mmap: f.bool("use_mmap")?,
        num_keep: i32(f.integer("num_keep", -1, ANY)?),
        num_predict: i32(f.integer("num_predict", -2, ANY)?),
        seed: f.integer("seed", i64::MIN, i64::MAX)?,
        temperature: f.number("temperature", 0.0, 100.0)?,
        top_k: i32(f.integer("top_k", -1, ANY)?),
        top_p: f.number("top_p", 0.0, 1.0)?,
        min_p: f.number("min_p", 0.0, 1.0)?,
        typical_p: f.number("typical_p", 0.0, 1.0)?,
        repeat_last_n: i32(f.integer("repeat_last_n", -1, ANY)?),
        repeat_penalty: f.number("repeat_penalty", 0.0, 100.0)?,
        presence_penalty: f.number("presence_penalty", -100.0, 100.0)?,
        frequency_penalty: f.number("frequency_penalty", -100.0, 100.0)?,
        stop: f.stops("stop")?,
    })
}

pub(crate) fn messages(fields: &mut Fields) -> Result<Vec<Message>, Failure> {
    fields
        .array("messages", limits::MESSAGES)?
        .unwrap_or_default()
        .into_iter()
        .map(|(path, item)| message(Fields::of(path, item)?))
        .collect()
}

fn message(mut fields: Fields) -> Result<Message, Failure> {
    fields.refuse("images", IMAGES)?;
    let role = fields.need_string("role")?;
    let role = match role.to_ascii_lowercase().as_str() {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        other => return Err(fields.unknown("role", other, "system, user, assistant and tool")),
    };
    let content = fields.string("content")?.unwrap_or_default();
    let thinking = fields.string("thinking")?.filter(|text| !text.is_empty());
    let tool_call_id = fields.string("tool_call_id")?.filter(|id| !id.is_empty());
    // The second is what older clients send.
    let name = fields.string("tool_name")?;
    let tool_name = match name {
        Some(name) => Some(name),
        None => fields.string("name")?,
    };
    let tool_calls = fields
        .array("tool_calls", limits::TOOL_CALLS)?
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(n, (path, item))| call(n, Fields::of(path, item)?))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Message {
        role,
        content,
        thinking,
        tool_calls,
        tool_call_id,
        tool_name: tool_name.filter(|name| !name.is_empty()),
    })
}

fn call(n: usize, mut fields: Fields) -> Result<ToolCall, Failure> {
    let id = fields.string("id")?;
    let mut function = fields
        .object("function")?
        .ok_or_else(|| fields.missing("function"))?;
    let name = function.need_string("name")?;
    let arguments = match function.take("arguments") {
        None => Json::Object(Vec::new()),
        Some(object @ Json::Object(_)) => object,
        Some(other) => return Err(wrong(&function.path("arguments"), "an object", &other)),
    };
    Ok(ToolCall {
        id: id
            .filter(|id| !id.is_empty())
            .unwrap_or_else(|| format!("call_{n}")),
        name,
        arguments,
    })
}

/// `{"type": "function", "function": {…}}`, as Ollama and OpenAI write a tool.
pub(crate) fn tool(mut fields: Fields) -> Result<Tool, Failure> {
    if let Some(kind) = fields.string("type")?
        && kind != "function"
    {
        return Err(fields.unknown("type", &kind, "\"function\""));
    }
    let mut function = fields
        .object("function")?
        .ok_or_else(|| fields.missing("function"))?;
    tool_of(&mut function, "parameters")
}

/// A tool of name, description and the schema of its arguments.
pub(crate) fn tool_of(fields: &mut Fields, schema: &str) -> Result<Tool, Failure> {
    let name = fields.need_string("name")?;
    if name.is_empty() || name.len() > 128 || name.chars().any(|c| c.is_control() || c == '"') {
        return Err(fields.unknown("name", &name, "1 to 128 plain characters"));
    }
    let description = fields.string("description")?;
    let path = fields.path(schema);
    let parameters = match fields.take(schema) {
        None => Json::Object(vec![
            ("type".into(), Json::from("object")),
            ("properties".into(), Json::Object(Vec::new())),
        ]),
        Some(object @ Json::Object(_)) => object,
        Some(other) => return Err(wrong(&path, "a JSON schema", &other)),
    };
    let length = parameters.to_string().len();
    if length > limits::SCHEMA_BYTES {
        return Err(Failure::field(
            path.clone(),
            format!(
                "{path}: at most {} bytes are accepted, not {length}",
                limits::SCHEMA_BYTES
            ),
        ));
    }
    Ok(Tool {
        name,
        description: description.filter(|text| !text.is_empty()),
        parameters,
    })
}
