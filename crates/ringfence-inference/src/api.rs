//! The wire formats of Ollama, OpenAI and Anthropic: bodies in, [`Request`]s out; [`Event`]s in, bytes of the answer out.

mod anthropic;
mod collected;
mod fields;
pub mod metadata;
mod ollama;
mod openai;

use std::time::Duration;

use crate::json::object;
use crate::{Alternative, Event, Failure, FailureKind, Json, Logprob, Message, Request, Role};

/// Whose wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// `/api/…`
    Ollama,
    /// `/v1/…`
    OpenAi,
    /// `/v1/messages`
    Anthropic,
}

/// The endpoints that ask a model for something. All are POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/api/generate`
    OllamaGenerate,
    /// `/api/chat`
    OllamaChat,
    /// `/api/embed`
    OllamaEmbed,
    /// `/api/embeddings`, the old form for one text
    OllamaEmbeddings,
    /// `/v1/chat/completions`
    OpenAiChat,
    /// `/v1/completions`
    OpenAiCompletions,
    /// `/v1/embeddings`
    OpenAiEmbeddings,
    /// `/v1/responses`
    OpenAiResponses,
    /// `/v1/messages`
    AnthropicMessages,
    /// `/v1/messages/count_tokens`
    AnthropicCountTokens,
}

impl Api {
    /// Whose shape an error on this path has, also where there is no endpoint.
    pub fn of_path(path: &str) -> Self {
        if path.starts_with("/v1/messages") {
            Api::Anthropic
        } else if path.starts_with("/v1/") {
            Api::OpenAi
        } else {
            Api::Ollama
        }
    }

    /// The body of an error, JSON.
    pub fn error(self, failure: &Failure) -> Vec<u8> {
        self.error_json(failure).to_string().into_bytes()
    }

    fn error_json(self, failure: &Failure) -> Json {
        let message = failure.message.as_str();
        match self {
            Api::Ollama => object! { "error": message },
            Api::OpenAi => object! {
                "error": object! {
                    "message": message,
                    "type": match failure.kind {
                        FailureKind::NotFound => "not_found_error",
                        FailureKind::Unauthorized => "authentication_error",
                        FailureKind::Forbidden => "permission_error",
                        FailureKind::Internal => "api_error",
                        FailureKind::Overloaded => "server_error",
                        FailureKind::Invalid | FailureKind::Method | FailureKind::TooLarge => "invalid_request_error",
                    },
                    "param": failure.field.as_deref(),
                    "code": match failure.kind {
                        FailureKind::NotFound => Some("model_not_found"),
                        FailureKind::Unauthorized => Some("invalid_api_key"),
                        _ => None,
                    },
                },
            },
            Api::Anthropic => object! {
                "type": "error",
                "error": object! {
                    "type": match failure.kind {
                        FailureKind::NotFound => "not_found_error",
                        FailureKind::Unauthorized => "authentication_error",
                        FailureKind::Forbidden => "permission_error",
                        FailureKind::Internal => "api_error",
                        FailureKind::Overloaded => "overloaded_error",
                        FailureKind::TooLarge => "request_too_large",
                        FailureKind::Invalid | FailureKind::Method => "invalid_request_error",
                    },
                    "message": message,
                },
            },
        }
    }
}

impl Endpoint {
    /// The endpoint at `path`, without query.
    pub fn of_path(path: &str) -> Option<Self> {
        Some(match path {
            "/api/generate" => Endpoint::OllamaGenerate,
            "/api/chat" => Endpoint::OllamaChat,
            "/api/embed" => Endpoint::OllamaEmbed,
            "/api/embeddings" => Endpoint::OllamaEmbeddings,
            "/v1/chat/completions" => Endpoint::OpenAiChat,
            "/v1/completions" => Endpoint::OpenAiCompletions,
            "/v1/embeddings" => Endpoint::OpenAiEmbeddings,
            "/v1/responses" => Endpoint::OpenAiResponses,
            "/v1/messages" => Endpoint::AnthropicMessages,
            "/v1/messages/count_tokens" => Endpoint::AnthropicCountTokens,
            _ => return None,
        })
    }

    /// Whose wire format it speaks.
    pub fn api(self) -> Api {
        match self {
            Endpoint::OllamaGenerate
            | Endpoint::OllamaChat
            | Endpoint::OllamaEmbed
            | Endpoint::OllamaEmbeddings => Api::Ollama,
            Endpoint::OpenAiChat
            | Endpoint::OpenAiCompletions
            | Endpoint::OpenAiEmbeddings
            | Endpoint::OpenAiResponses => Api::OpenAi,
            Endpoint::AnthropicMessages | Endpoint::AnthropicCountTokens => Api::Anthropic,
        }
    }

    /// What `body` asks for, and how it wants to be answered.
    pub fn read(self, body: &[u8]) -> Result<(Request, Wire), Failure> {
        let fields = fields::Fields::of_body(body)?;
        let mut wire = Wire {
            endpoint: self,
            include_usage: false,
            base64: false,
        };
        let request = match self {
            Endpoint::OllamaGenerate => ollama::read::generate(fields),
            Endpoint::OllamaChat => ollama::read::chat(fields),
            Endpoint::OllamaEmbed => ollama::read::embed(fields),
            Endpoint::OllamaEmbeddings => ollama::read::embeddings(fields),
            Endpoint::OpenAiChat => openai::chat::read(fields, &mut wire),
            Endpoint::OpenAiCompletions => openai::completions::read(fields, &mut wire),
            Endpoint::OpenAiEmbeddings => openai::embeddings::read(fields, &mut wire),
            Endpoint::OpenAiResponses => openai::responses::read(fields),
            Endpoint::AnthropicMessages => anthropic::read(fields),
            Endpoint::AnthropicCountTokens => anthropic::count(fields),
        }?;
        Ok((request, wire))
    }
}

/// Options that stand elsewhere than in a request: the `parameters` of a create request, a model's layer of options.
pub fn read_options(options: Json) -> Result<crate::Options, Failure> {
    ollama::read::options(fields::Fields::of("parameters".into(), options)?)
}

/// Messages that stand elsewhere than in a request: those of a create request, a model's layer of messages.
pub fn read_messages(messages: Json) -> Result<Vec<crate::Message>, Failure> {
    ollama::read::messages(&mut fields::Fields::of(
        String::new(),
        object! { "messages": messages },
    )?)
}

/// What of a request matters only to how its answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    endpoint: Endpoint,
    /// OpenAI: a last chunk with the usage.
    include_usage: bool,
    /// OpenAI: vectors as base64 of little-endian floats.
    base64: bool,
}

/// What an answer needs and cannot make itself.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Random letters and digits, unique to the answer. Ids of tool calls are made by the caller from the same
    /// ([`Wire::call_id`]).
    pub id: String,
    /// Time since 1970.
    pub created: Duration,
}

impl Wire {
    /// What the ids of tool calls start with, for [`crate::OutputSpec::call_id`].
    pub fn call_id(&self, identity: &Identity) -> String {
        match self.endpoint.api() {
            Api::Anthropic => format!("toolu_{}", identity.id),
            _ => format!("call_{}", identity.id),
        }
    }
}

/// Writes one answer.
#[derive(Debug)]
pub struct Writer {
    api: Api,
    stream: bool,
    kind: Kind,
    status: u16,
    started: bool,
    ended: bool,
}

#[derive(Debug)]
enum Kind {
    Ollama(Box<ollama::write::Answer>),
    Chat(Box<openai::chat::Answer>),
    Completions(Box<openai::completions::Answer>),
    Embeddings(Box<openai::embeddings::Answer>),
    Responses(Box<openai::responses_answer::Answer>),
    Messages(Box<anthropic::Answer>),
    Count(anthropic::Count),
}

/// What each of them does. `stream` was decided when it was made; an answer that is not streamed comes whole from `done`.
trait Answer: std::fmt::Debug {
    /// A step that is not the last one.
    fn step(&mut self, event: &Event, now: Duration) -> Result<Vec<u8>, Failure>;
    /// The last step, [`Event::Done`].
    fn done(&mut self, event: &Event, now: Duration) -> Vec<u8>;
    /// An error in the middle of a stream.
    fn broken(&mut self, failure: &Failure) -> Vec<u8>;
}

impl Writer {
    /// For the answer to `request`.
    pub fn new(wire: Wire, request: &Request, identity: Identity) -> Self {
        let kind = match wire.endpoint {
            Endpoint::OllamaGenerate
            | Endpoint::OllamaChat
            | Endpoint::OllamaEmbed
            | Endpoint::OllamaEmbeddings => {
                Kind::Ollama(Box::new(ollama::write::Answer::new(wire.endpoint, request)))
            }
            Endpoint::OpenAiChat => {
                Kind::Chat(Box::new(openai::chat::Answer::new(wire, request, identity)))
            }
            Endpoint::OpenAiCompletions => Kind::Completions(Box::new(
                openai::completions::Answer::new(wire, request, identity),
            )),
            Endpoint::OpenAiEmbeddings => {
                Kind::Embeddings(Box::new(openai::embeddings::Answer::new(wire, request)))
            }
            Endpoint::OpenAiResponses => Kind::Responses(Box::new(
                openai::responses_answer::Answer::new(request, identity),
            )),
            Endpoint::AnthropicCountTokens => Kind::Count(anthropic::Count),
            Endpoint::AnthropicMessages => {
                Kind::Messages(Box::new(anthropic::Answer::new(request, identity)))
            }
        };
        Self {
            api: wire.endpoint.api(),
            stream: request.stream,
            kind,
            status: 200,
            started: false,
            ended: false,
        }
    }

    /// The value of `content-type`. Known from the start, but an error that comes first makes it JSON: ask after the first event.
    pub fn content_type(&self) -> &'static str {
        match self.api {
            _ if !self.stream || self.status != 200 => "application/json",
            Api::Ollama => "application/x-ndjson",
            Api::OpenAi | Api::Anthropic => "text/event-stream",
        }
    }

    /// The HTTP status: ask after the first event. An error that comes later in a stream does not change it any more.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the answer is complete; further events write nothing.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// The bytes that `event` adds to the body; none while an answer that is not streamed grows. `now` is the time since 1970.
    pub fn event(&mut self, event: &Event, now: Duration) -> Vec<u8> {
        if self.ended {
            return Vec::new();
        }
        let answer: &mut dyn Answer = match &mut self.kind {
            Kind::Ollama(answer) => &mut **answer,
            Kind::Chat(answer) => &mut **answer,
            Kind::Completions(answer) => &mut **answer,
            Kind::Embeddings(answer) => &mut **answer,
            Kind::Responses(answer) => &mut **answer,
            Kind::Messages(answer) => &mut **answer,
            Kind::Count(answer) => answer,
        };
        let failure = match event {
            Event::Done { .. } => {
                self.ended = true;
                self.started = true;
                return answer.done(event, now);
            }
            Event::Error(failure) => failure.clone(),
            _ => match answer.step(event, now) {
                Ok(bytes) => {
                    self.started |= !bytes.is_empty();
                    return bytes;
                }
                Err(failure) => failure,
            },
        };
        self.ended = true;
        if self.started {
            answer.broken(&failure)
        } else {
            self.status = failure.kind.status();
            self.api.error(&failure)
        }
    }
}

/// One server-sent event without a name.
fn data(json: &Json) -> Vec<u8> {
    format!("data: {json}\n\n").into_bytes()
}

/// One server-sent event with a name.
fn named(name: &str, json: &Json) -> Vec<u8> {
    format!("event: {name}\ndata: {json}\n\n").into_bytes()
}

/// A tool's answer as a message, with the name of the tool that was called under this id.
fn tool_result(messages: &[Message], id: String, content: String) -> Message {
    let mut calls = messages.iter().flat_map(|message| &message.tool_calls);
    let tool_name = calls
        .find(|call| call.id == id)
        .map(|call| call.name.clone());
    Message {
        role: Role::Tool,
        content,
        tool_call_id: Some(id),
        tool_name,
        ..Message::default()
    }
}

/// `token`, `logprob` and `bytes`, which Ollama has taken over from OpenAI.
fn token_members(token: &Alternative) -> Vec<(String, Json)> {
    let bytes = token.bytes.iter().map(|&byte| Json::from(u64::from(byte)));
    vec![
        (
            "token".to_owned(),
            Json::from(String::from_utf8_lossy(&token.bytes).into_owned()),
        ),
        ("logprob".to_owned(), Json::from(token.logprob)),
        ("bytes".to_owned(), Json::Array(bytes.collect())),
    ]
}

/// The member `top_logprobs`: the most likely tokens at this place.
fn top_logprobs(logprob: &Logprob) -> (String, Json) {
    let top = logprob.top.iter().map(token_members).map(Json::Object);
    ("top_logprobs".to_owned(), Json::Array(top.collect()))
}

#[cfg(test)]
mod tests;
