//! Where the pieces of a streamed text stand in the events of the common model APIs, and which events end one.

use serde_json::Value;

/// A piece of a text that goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The text that it belongs to, the same in every event of it.
    pub(super) key: String,
    /// JSON pointer (RFC 6901) to the piece.
    pub(super) pointer: String,
}

/// Which texts an event ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Nothing,
    /// Those whose key begins so.
    Prefixes(Vec<String>),
    All,
}

impl Ends {
    pub(super) fn covers(&self, key: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Prefixes(prefixes) => prefixes.iter().any(|prefix| key.starts_with(prefix)),
            Self::All => true,
        }
    }
}

/// The pieces in an event, in order.
pub(super) fn places(event: &Value) -> Vec<Place> {
    let mut found = Vec::new();
    let kind = event["type"].as_str().unwrap_or_default();
    let mut take = |key: String, pointer: String| {
        if event.pointer(&pointer).is_some_and(Value::is_string) {
            found.push(Place { key, pointer });
        }
    };
    // Anthropic Messages.
    if kind == "content_block_delta" {
        for field in ["text", "partial_json", "thinking"] {
            take(
                format!("block/{}/{field}", event["index"]),
                format!("/delta/{field}"),
            );
        }
    }
    // OpenAI Responses: the names end in `.delta`, the piece stands beside the name.
    if let Some(name) = kind.strip_suffix(".delta") {
        take(response_key(name, event), "/delta".into());
    }
    // OpenAI chat and text completions.
    for (i, choice) in array(&event["choices"]).iter().enumerate() {
        let number = choice["index"].as_u64().unwrap_or(i as u64);
        let at = format!("/choices/{i}");
        take(format!("choice/{number}/text"), format!("{at}/text"));
        for field in ["content", "reasoning_content", "reasoning", "refusal"] {
            take(
                format!("choice/{number}/{field}"),
                format!("{at}/delta/{field}"),
            );
        }
        for (j, call) in array(&choice["delta"]["tool_calls"]).iter().enumerate() {
            let call = call["index"].as_u64().unwrap_or(j as u64);
            take(
                format!("choice/{number}/call/{call}/"),
                format!("{at}/delta/tool_calls/{j}/function/arguments"),
            );
        }
    }
    // Gemini.
    for (i, candidate) in array(&event["candidates"]).iter().enumerate() {
        let number = candidate["index"].as_u64().unwrap_or(i as u64);
        for (j, part) in array(&candidate["content"]["parts"]).iter().enumerate() {
            let thought = part["thought"].as_bool().unwrap_or(false);
            take(
                format!("candidate/{number}/{thought}"),
                format!("/candidates/{i}/content/parts/{j}/text"),
            );
        }
    }
    // Ollama.
    if event["done"].is_boolean() {
        take("ollama/response".into(), "/response".into());
        for field in ["content", "thinking"] {
            take(format!("ollama/{field}"), format!("/message/{field}"));
        }
    }
    found
}

/// The texts that end with this event.
pub(super) fn ends(event: &Value) -> Ends {
    let kind = event["type"].as_str().unwrap_or_default();
    if kind == "content_block_stop" {
        return Ends::Prefixes(vec![format!("block/{}/", event["index"])]);
    }
    if matches!(
        kind,
        "message_stop" | "response.completed" | "response.failed" | "response.incomplete" | "error"
    ) || event["done"] == Value::Bool(true)
    {
        return Ends::All;
    }
    if let Some(name) = kind.strip_suffix(".done") {
        return Ends::Prefixes(vec![response_key(name, event)]);
    }
    let mut over = Vec::new();
    for (i, choice) in array(&event["choices"]).iter().enumerate() {
        if choice["finish_reason"].is_string() {
            over.push(format!(
                "choice/{}/",
                choice["index"].as_u64().unwrap_or(i as u64)
            ));
        }
    }
    for (i, candidate) in array(&event["candidates"]).iter().enumerate() {
        if candidate["finishReason"].is_string() {
            over.push(format!(
                "candidate/{}/",
                candidate["index"].as_u64().unwrap_or(i as u64)
            ));
        }
    }
    if over.is_empty() {
        Ends::Nothing
    } else {
        Ends::Prefixes(over)
    }
}

fn response_key(name: &str, event: &Value) -> String {
    let part = |field: &str| event[field].to_string();
    format!(
        "{name}/{}/{}/{}/",
        part("item_id"),
        part("output_index"),
        part("content_index")
    )
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
