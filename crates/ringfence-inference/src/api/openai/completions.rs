//! `/v1/completions`.

use std::time::Duration;

use super::super::collected::Collected;
use super::super::fields::{Fields, wrong};
use super::super::{Api, Identity, Wire, data};
use crate::json::object;
use crate::{Event, Failure, Json, Logprob, Message, Prompt, Request, ToolChoice};

pub(crate) fn read(mut fields: Fields, wire: &mut Wire) -> Result<Request, Failure> {
    let (model_as_written, model) = fields.model()?;
    let text = match fields.take("prompt") {
        Some(Json::String(text)) => text,
        Some(Json::Array(mut items)) if items.len() == 1 => match items.pop() {
            Some(Json::String(text)) => text,
            _ => {
                return Err(
                    fields.refusal("prompt", "tokens have no fixed numbers here; send text")
                );
            }
        },
        Some(Json::Array(_)) => {
            return Err(fields.refusal(
                "prompt",
                "one text at a time; tokens have no fixed numbers here",
            ));
        }
        Some(other) => return Err(wrong("prompt", "a string", &other)),
        None => return Err(fields.missing("prompt")),
    };
    let suffix = fields.string("suffix")?.filter(|suffix| !suffix.is_empty());
    fields.refuse("echo", "the prompt is not part of the answer")?;
    if fields.integer("best_of", 0, 128)?.is_some_and(|n| n > 1) {
        return Err(fields.refusal("best_of", "one answer is made"));
    }
    let prompt = match suffix {
        Some(_) => Prompt::Raw { text, suffix },
        None => Prompt::Chat {
            messages: vec![Message {
                content: text,
                ..Message::default()
            }],
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
        },
    };
    let mut request = Request::new(model, prompt);
    request.model_as_written = model_as_written;
    request.api_defaults = super::defaults();
    super::sampling(&mut fields, &mut request.options)?;
    let most = fields.integer("max_tokens", 0, i32::MAX.into())?;
    request.options.num_predict = most.map(|n| n as i32);
    request.logprobs = fields.integer("logprobs", 0, 5)?.map(|n| n as u8);
    request.stream = fields.bool("stream")?.unwrap_or(false);
    wire.include_usage = super::include_usage(&mut fields)?;
    Ok(request)
}

#[derive(Debug)]
pub(crate) struct Answer {
    id: String,
    created: u64,
    model: String,
    stream: bool,
    include_usage: bool,
    logprobs: bool,
    /// Characters that were written, for the offsets of log probabilities.
    offset: usize,
    collected: Collected,
}

impl Answer {
    pub fn new(wire: Wire, request: &Request, identity: Identity) -> Self {
        Self {
            id: format!("cmpl-{}", identity.id),
            created: identity.created.as_secs(),
            model: request.model_as_written.clone(),
            stream: request.stream,
            include_usage: wire.include_usage,
            logprobs: request.logprobs.is_some(),
            offset: 0,
            collected: Collected::default(),
        }
    }

    fn body(&self, choices: Vec<Json>, usage: Option<Json>) -> Json {
        let mut members = vec![
            ("id".to_owned(), Json::from(self.id.as_str())),
            ("object".to_owned(), Json::from("text_completion")),
            ("created".to_owned(), Json::from(self.created)),
            ("model".to_owned(), Json::from(self.model.as_str())),
            ("system_fingerprint".to_owned(), Json::from("fp_ringfence")),
            ("choices".to_owned(), Json::Array(choices)),
        ];
        if let Some(usage) = usage {
            members.push(("usage".to_owned(), usage));
        }
        Json::Object(members)
    }

    fn choice(&mut self, text: &str, logprobs: &[Logprob], finish_reason: Option<&str>) -> Json {
        let logprobs = if self.logprobs {
            self.logprobs(logprobs)
        } else {
            Json::Null
        };
        object! { "text": text, "index": 0u64, "logprobs": logprobs, "finish_reason": finish_reason }
    }

    fn logprobs(&mut self, logprobs: &[Logprob]) -> Json {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut offsets = Vec::new();
        for logprob in logprobs {
            offsets.push(self.offset);
            self.offset += text(&logprob.token.bytes).chars().count();
        }
        let top = |logprob: &Logprob| {
            let members = logprob.top.iter();
            Json::Object(
                members
                    .map(|t| (text(&t.bytes), Json::from(t.logprob)))
                    .collect(),
            )
        };
        object! {
            "tokens": logprobs.iter().map(|l| text(&l.token.bytes)).collect::<Vec<_>>(),
            "token_logprobs": logprobs.iter().map(|l| l.token.logprob).collect::<Vec<_>>(),
            "top_logprobs": logprobs.iter().map(top).collect::<Vec<_>>(),
            "text_offset": offsets,
        }
    }
}

impl super::super::Answer for Answer {
    fn step(&mut self, event: &Event, _: Duration) -> Result<Vec<u8>, Failure> {
        if !self.stream {
            self.collected.add(event)?;
            return Ok(Vec::new());
        }
        let Event::Token { text, logprobs } = event else {
            return Ok(Vec::new());
        };
        let choice = self.choice(text, logprobs, None);
        let usage = self.include_usage.then_some(Json::Null);
        Ok(data(&self.body(vec![choice], usage)))
    }

    fn done(&mut self, event: &Event, _: Duration) -> Vec<u8> {
        let Event::Done { reason, usage, .. } = event else {
            return Vec::new();
        };
        let reason = super::finish_reason(reason);
        if self.stream {
            let choice = self.choice("", &[], Some(reason));
            let mut bytes =
                data(&self.body(vec![choice], self.include_usage.then_some(Json::Null)));
            if self.include_usage {
                bytes.extend(data(&self.body(Vec::new(), Some(super::usage(usage)))));
            }
            bytes.extend_from_slice(super::DONE);
            return bytes;
        }
        let whole = std::mem::take(&mut self.collected);
        let choice = self.choice(&whole.text, &whole.logprobs, Some(reason));
        let body = self.body(vec![choice], Some(super::usage(usage)));
        body.to_string().into_bytes()
    }

    fn broken(&mut self, failure: &Failure) -> Vec<u8> {
        data(&Api::OpenAi.error_json(failure))
    }
}
