//! Conversations as templates see them, and values as JSON the way Python writes it.

use std::fmt::Write as _;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::TemplateInput;
use crate::{Json, Message, Think, Tool, ToolCall, limits};

/// What a template finds by name.
pub(super) fn context(input: &TemplateInput<'_>) -> Value {
    let mut members: Vec<(&str, Value)> = vec![
        ("messages", input.messages.iter().map(message).collect()),
        ("add_generation_prompt", input.add_generation_prompt.into()),
        ("bos_token", input.bos_token.into()),
        ("eos_token", input.eos_token.into()),
    ];
    if input.tools.is_empty() {
        members.push(("tools", Value::from(())));
    } else {
        members.push(("tools", input.tools.iter().map(tool).collect()));
    }
    if let Some(think) = input.think {
        // The names under which templates of different makers look for it.
        let on = think != Think::Off;
        members.push(("enable_thinking", on.into()));
        members.push(("thinking", on.into()));
        let effort = match think {
            Think::Off | Think::On => None,
            Think::Low => Some("low"),
            Think::Medium => Some("medium"),
            Think::High | Think::Max => Some("high"),
        };
        if let Some(effort) = effort {
            members.push(("reasoning_effort", effort.into()));
        }
    }
    Value::from_pairs(members)
}

fn message(message: &Message) -> Value {
    let mut members: Vec<(&str, Value)> = vec![
        ("role", message.role.as_str().into()),
        ("content", message.content.as_str().into()),
    ];
    if let Some(thinking) = &message.thinking {
        members.push(("reasoning_content", thinking.into()));
        members.push(("thinking", thinking.into()));
    }
    if !message.tool_calls.is_empty() {
        members.push(("tool_calls", message.tool_calls.iter().map(call).collect()));
    }
    if let Some(id) = &message.tool_call_id {
        members.push(("tool_call_id", id.into()));
    }
    if let Some(name) = &message.tool_name {
        members.push(("name", name.into()));
    }
    Value::from_pairs(members)
}

fn call(call: &ToolCall) -> Value {
    let function: Vec<(&str, Value)> = vec![
        ("name", call.name.as_str().into()),
        ("arguments", value(&call.arguments)),
    ];
    let members: Vec<(&str, Value)> = vec![
        ("id", call.id.as_str().into()),
        ("type", "function".into()),
        ("function", Value::from_pairs(function)),
    ];
    Value::from_pairs(members)
}

fn tool(tool: &Tool) -> Value {
    let mut function: Vec<(&str, Value)> = vec![("name", tool.name.as_str().into())];
    if let Some(description) = &tool.description {
        function.push(("description", description.into()));
    }
    function.push(("parameters", value(&tool.parameters)));
    let members: Vec<(&str, Value)> = vec![
        ("type", "function".into()),
        ("function", Value::from_pairs(function)),
    ];
    Value::from_pairs(members)
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => integer.into(),
            (None, Some(integer)) => integer.into(),
            (None, None) => number.as_f64().into(),
        },
        Json::String(text) => text.into(),
        Json::Array(items) => items.iter().map(value).collect(),
        Json::Object(members) => Value::from_pairs(
            members
                .iter()
                .map(|(name, item)| (name.as_str(), value(item))),
        ),
    }
}

/// How JSON is laid out.
pub(super) struct Style {
    indent: Option<usize>,
    item: String,
    key: String,
}

impl Style {
    /// As Python's `json.dumps` has it: `, ` and `: ` between, or over lines with `indent`, unless `separators` says otherwise.
    pub fn new(indent: Option<usize>, separators: Option<&Value>) -> Result<Self, Error> {
        let mut style = Self {
            indent: indent.map(|n| n.min(16)),
            item: if indent.is_some() { "," } else { ", " }.to_owned(),
            key: ": ".to_owned(),
        };
        if let Some(pair) = separators.filter(|value| !value.is_none()) {
            style.item = pair.get_item(&Value::from(0))?.to_string();
            style.key = pair.get_item(&Value::from(1))?.to_string();
        }
        Ok(style)
    }
}

/// `value` as JSON in this style.
pub(super) fn to_json(value: &Value, style: &Style) -> Result<String, Error> {
    let mut text = String::new();
    write_json(value, style, 0, &mut text)?;
    Ok(text)
}

fn write_json(value: &Value, style: &Style, depth: usize, text: &mut String) -> Result<(), Error> {
    let wrong = |reason: &str| Error::new(ErrorKind::InvalidOperation, format!("tojson: {reason}"));
    if depth > limits::JSON_DEPTH {
        return Err(wrong("nested too deep"));
    }
    if text.len() > limits::PROMPT_BYTES {
        return Err(Error::new(ErrorKind::WriteFailure, "too long"));
    }
    let line = |text: &mut String, depth: usize| {
        if let Some(width) = style.indent {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', width * depth));
        }
    };
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => text.push_str("null"),
        ValueKind::Bool => text.push_str(if value.is_true() { "true" } else { "false" }),
        // Display writes numbers as JSON does, but for those that JSON has not.
        ValueKind::Number => match f64::try_from(value.clone()) {
            Ok(number) if !number.is_finite() => return Err(wrong("not a finite number")),
            _ => {
                let _ = write!(text, "{value}");
            }
        },
        ValueKind::String => {
            let quoted = serde_json::to_string(value.as_str().unwrap_or_default());
            text.push_str(&quoted.map_err(|error| wrong(&error.to_string()))?);
        }
        ValueKind::Seq | ValueKind::Iterable => {
            text.push('[');
            let mut empty = true;
            for item in value.try_iter()?.checked() {
                if !empty {
                    text.push_str(&style.item);
                }
                empty = false;
                line(text, depth + 1);
                write_json(&item?, style, depth + 1, text)?;
            }
            if !empty {
                line(text, depth);
            }
            text.push(']');
        }
        ValueKind::Map => {
            text.push('{');
            let mut empty = true;
            for name in value.try_iter()?.checked() {
                let name = name?;
                if !empty {
                    text.push_str(&style.item);
                }
                empty = false;
                line(text, depth + 1);
                let quoted = serde_json::to_string(&name.to_string());
                text.push_str(&quoted.map_err(|error| wrong(&error.to_string()))?);
                text.push_str(&style.key);
                write_json(&value.get_item(&name)?, style, depth + 1, text)?;
            }
            if !empty {
                line(text, depth);
            }
            text.push('}');
        }
        other => return Err(wrong(&format!("{other} is no JSON"))),
    }
    Ok(())
}
