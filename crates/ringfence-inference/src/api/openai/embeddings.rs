//! `/v1/embeddings`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::Wire;
use super::super::collected::Collected;
use super::super::fields::{Fields, wrong};
use crate::json::object;
use crate::{Event, Failure, Json, Prompt, Request, limits};

pub(crate) fn read(mut fields: Fields, wire: &mut Wire) -> Result<Request, Failure> {
    let (model_as_written, model) = fields.model()?;
    let inputs = match fields.take("input") {
        Some(Json::String(text)) => vec![text],
        Some(Json::Array(items)) => {
            if items
                .iter()
                .any(|item| matches!(item, Json::Number(_) | Json::Array(_)))
            {
                return Err(fields.refusal("input", "tokens have no fixed numbers here; send text"));
            }
            let mut again = Fields::of(String::new(), object! { "input": Json::Array(items) })?;
            again
                .strings("input", limits::EMBED_INPUTS)?
                .unwrap_or_default()
        }
        Some(other) => return Err(wrong("input", "a string or an array of strings", &other)),
        None => return Err(fields.missing("input")),
    };
    if inputs.is_empty() {
        return Err(fields.missing("input"));
    }
    wire.base64 = match fields.string("encoding_format")?.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(other) => return Err(fields.unknown("encoding_format", other, "float and base64")),
    };
    let dimensions = fields.integer("dimensions", 1, 1 << 20)?.map(|n| n as u32);
    let mut request = Request::new(model, Prompt::Embed { inputs, dimensions });
    request.model_as_written = model_as_written;
    request.stream = false;
    Ok(request)
}

#[derive(Debug)]
pub(crate) struct Answer {
    model: String,
    base64: bool,
    collected: Collected,
}

impl Answer {
    pub fn new(wire: Wire, request: &Request) -> Self {
        Self {
            model: request.model_as_written.clone(),
            base64: wire.base64,
            collected: Collected::default(),
        }
    }
}

impl super::super::Answer for Answer {
    fn step(&mut self, event: &Event, _: Duration) -> Result<Vec<u8>, Failure> {
        self.collected.add(event)?;
        Ok(Vec::new())
    }

    fn done(&mut self, event: &Event, _: Duration) -> Vec<u8> {
        let Event::Done { usage, .. } = event else {
            return Vec::new();
        };
        let vectors = std::mem::take(&mut self.collected.vectors);
        let rows: Vec<Json> = vectors
            .into_iter()
            .enumerate()
            .map(|(index, vector)| {
                let vector = if self.base64 {
                    let bytes: Vec<u8> = vector.iter().flat_map(|f| f.to_le_bytes()).collect();
                    Json::from(STANDARD.encode(bytes))
                } else {
                    Json::from(vector)
                };
                object! { "object": "embedding", "embedding": vector, "index": index }
            })
            .collect();
        let body = object! {
            "object": "list",
            "data": rows,
            "model": self.model.as_str(),
            "usage": object! { "prompt_tokens": usage.prompt_tokens, "total_tokens": usage.prompt_tokens },
        };
        body.to_string().into_bytes()
    }

    fn broken(&mut self, _: &Failure) -> Vec<u8> {
        // Nothing is written before the end, so nothing can break off.
        Vec::new()
    }
}
