//! OpenAI's API: JSON, or server-sent events that end with `data: [DONE]`.

pub(super) mod chat;
pub(super) mod completions;
pub(super) mod embeddings;
pub(super) mod responses;
pub(super) mod responses_answer;

use super::fields::{Fields, wrong};
use super::{token_members, top_logprobs};
use crate::json::object;
use crate::{
    DoneReason, Failure, Format, Json, Logprob, Options, Think, ToolChoice, Usage, limits,
};

const DONE: &[u8] = b"data: [DONE]\n\n";

/// What the API takes for what is not written.
fn defaults() -> Options {
    Options {
        temperature: Some(1.0),
        top_p: Some(1.0),
        ..Options::default()
    }
}

fn finish_reason(reason: &DoneReason) -> &'static str {
    match reason {
        DoneReason::Length => "length",
        DoneReason::ToolCalls => "tool_calls",
        _ => "stop",
    }
}

fn usage(usage: &Usage) -> Json {
    object! {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": object! { "cached_tokens": usage.cached_tokens },
    }
}

fn logprobs(logprobs: &[Logprob]) -> Json {
    Json::Array(
        logprobs
            .iter()
            .map(|logprob| {
                let mut members = token_members(&logprob.token);
                members.push(top_logprobs(logprob));
                Json::Object(members)
            })
            .collect(),
    )
}

/// `reasoning_effort` and `reasoning.effort`.
fn effort(fields: &mut Fields, name: &str) -> Result<Option<Think>, Failure> {
    Ok(match fields.string(name)?.as_deref() {
        None => None,
        Some("none") => Some(Think::Off),
        Some("minimal" | "low") => Some(Think::Low),
        Some("medium") => Some(Think::Medium),
        Some("high") => Some(Think::High),
        Some("xhigh" | "max") => Some(Think::Max),
        Some(other) => {
            return Err(fields.unknown(name, other, "none, minimal, low, medium, high and xhigh"));
        }
    })
}

/// `tool_choice`: a word, or an object that names a function directly or under `function`.
fn tool_choice(fields: &mut Fields) -> Result<ToolChoice, Failure> {
    const KNOWN: &str = "none, auto, required and a function";
    let path = fields.path("tool_choice");
    match fields.take("tool_choice") {
        None => Ok(ToolChoice::Auto),
        Some(Json::String(word)) => match word.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            other => Err(fields.unknown("tool_choice", other, KNOWN)),
        },
        Some(value @ Json::Object(_)) => {
            let mut choice = Fields::of(path, value)?;
            let kind = choice.string("type")?.unwrap_or_default();
            if kind != "function" {
                return Err(choice.unknown("type", &kind, "\"function\""));
            }
            match choice.object("function")? {
                Some(mut function) => Ok(ToolChoice::Named(function.need_string("name")?)),
                None => Ok(ToolChoice::Named(choice.need_string("name")?)),
            }
        }
        Some(other) => Err(wrong(&path, KNOWN, &other)),
    }
}

/// `response_format` of chat, and `text.format` of responses, where the schema is not one level down.
fn format(fields: &mut Fields, name: &str) -> Result<Format, Failure> {
    let Some(mut format) = fields.object(name)? else {
        return Ok(Format::Text);
    };
    match format.need_string("type")?.as_str() {
        "text" => Ok(Format::Text),
        "json_object" => Ok(Format::Json),
        "json_schema" => {
            let mut holder = match format.object("json_schema")? {
                Some(inner) => inner,
                None => format,
            };
            match holder.take("schema") {
                None => Ok(Format::Json),
                Some(schema @ Json::Object(_)) => Ok(Format::Schema(schema)),
                Some(other) => Err(wrong(&holder.path("schema"), "a JSON schema", &other)),
            }
        }
        other => Err(format.unknown("type", other, "text, json_object and json_schema")),
    }
}

/// Arguments of a call: a string of JSON.
fn arguments(fields: &mut Fields) -> Result<Json, Failure> {
    let path = fields.path("arguments");
    match fields.take("arguments") {
        None => Ok(Json::Object(Vec::new())),
        Some(object @ Json::Object(_)) => Ok(object),
        Some(Json::String(text)) if text.trim().is_empty() => Ok(Json::Object(Vec::new())),
        Some(Json::String(text)) => {
            let value = Json::parse(text.as_bytes(), limits::TOOL_CALL_BYTES)
                .map_err(|error| Failure::field(path.clone(), format!("{path}: {error}")))?;
            match value {
                Json::Object(_) => Ok(value),
                other => Err(wrong(&path, "a string with a JSON object", &other)),
            }
        }
        Some(other) => Err(wrong(&path, "a string", &other)),
    }
}

/// Fields of chat and completions that have the same name in both.
fn sampling(fields: &mut Fields, options: &mut Options) -> Result<(), Failure> {
    super::fields::temperature_and_top_p(fields, options)?;
    options.presence_penalty = fields.number("presence_penalty", -2.0, 2.0)?;
    options.frequency_penalty = fields.number("frequency_penalty", -2.0, 2.0)?;
    options.seed = fields.integer("seed", i64::MIN, i64::MAX)?;
    options.stop = fields.stops("stop")?;
    if fields.integer("n", 1, 128)?.is_some_and(|n| n > 1) {
        return Err(fields.refusal("n", "one answer is given; ask several times"));
    }
    fields.refuse("logit_bias", "tokens have no fixed numbers here")
}

/// `stream_options.include_usage`.
fn include_usage(fields: &mut Fields) -> Result<bool, Failure> {
    Ok(match fields.object("stream_options")? {
        Some(mut options) => options.bool("include_usage")?.unwrap_or(false),
        None => false,
    })
}
