//! Answers of `/api/generate`, `/api/chat`, `/api/embed` and `/api/embeddings`.

use std::time::Duration;

use super::super::collected::Collected;
use super::super::{Api, Endpoint, token_members, top_logprobs};
use crate::civil::Civil;
use crate::json::object;
use crate::{DoneReason, Event, Failure, Json, Logprob, Prompt, Request, Timings, ToolCall, Usage};

#[derive(Debug)]
pub(crate) struct Answer {
    endpoint: Endpoint,
    model: String,
    stream: bool,
    logprobs: bool,
    calls: usize,
    embeds: bool,
    collected: Collected,
}

impl Answer {
    pub fn new(endpoint: Endpoint, request: &Request) -> Self {
        Self {
            endpoint,
            model: request.model_as_written.clone(),
            stream: request.stream,
            logprobs: request.logprobs.is_some(),
            calls: 0,
            embeds: matches!(request.prompt, Prompt::Embed { .. }),
            collected: Collected::default(),
        }
    }

    fn line(
        &self,
        now: Duration,
        text: &str,
        thinking: &str,
        calls: &[ToolCall],
        logprobs: &[Logprob],
    ) -> Vec<(String, Json)> {
        let mut members = vec![
            ("model".to_owned(), Json::from(self.model.as_str())),
            (
                "created_at".to_owned(),
                Json::from(Civil::new(now).rfc3339()),
            ),
        ];
        let calls: Vec<Json> = calls
            .iter()
            .enumerate()
            .map(|(n, call)| {
                object! {
                    "id": call.id.as_str(),
                    "function": object! {
                        "index": self.calls.saturating_sub(calls.len()) + n,
                        "name": call.name.as_str(),
                        "arguments": call.arguments.clone(),
                    },
                }
            })
            .collect();
        if self.endpoint == Endpoint::OllamaChat {
            let mut message = vec![
                ("role".to_owned(), Json::from("assistant")),
                ("content".to_owned(), Json::from(text)),
            ];
            if !thinking.is_empty() {
                message.push(("thinking".to_owned(), Json::from(thinking)));
            }
            if !calls.is_empty() {
                message.push(("tool_calls".to_owned(), Json::Array(calls)));
            }
            members.push(("message".to_owned(), Json::Object(message)));
        } else {
            members.push(("response".to_owned(), Json::from(text)));
            if !thinking.is_empty() {
                members.push(("thinking".to_owned(), Json::from(thinking)));
            }
            if !calls.is_empty() {
                members.push(("tool_calls".to_owned(), Json::Array(calls)));
            }
        }
        if self.logprobs && !logprobs.is_empty() {
            members.push((
                "logprobs".to_owned(),
                Json::Array(logprobs.iter().map(logprob).collect()),
            ));
        }
        members
    }

    fn embeddings(&mut self, usage: &Usage, timings: &Timings) -> Vec<u8> {
        let vectors = std::mem::take(&mut self.collected.vectors);
        let body = if self.endpoint == Endpoint::OllamaEmbeddings {
            object! { "embedding": vectors.into_iter().next().unwrap_or_default() }
        } else {
            object! {
                "model": self.model.as_str(),
                "embeddings": vectors,
                "total_duration": nanoseconds(timings.total),
                "load_duration": nanoseconds(timings.load),
                "prompt_eval_count": usage.prompt_tokens,
            }
        };
        body.to_string().into_bytes()
    }
}

impl super::super::Answer for Answer {
    fn step(&mut self, event: &Event, now: Duration) -> Result<Vec<u8>, Failure> {
        if !self.stream || self.embeds {
            self.collected.add(event)?;
            return Ok(Vec::new());
        }
        let mut members = match event {
            Event::Token { text, logprobs } => self.line(now, text, "", &[], logprobs),
            Event::Thinking { text } => self.line(now, "", text, &[], &[]),
            Event::ToolCall(call) => {
                self.calls += 1;
                self.line(now, "", "", std::slice::from_ref(call), &[])
            }
            _ => return Ok(Vec::new()),
        };
        members.push(("done".to_owned(), Json::Bool(false)));
        Ok(line(Json::Object(members)))
    }

    fn done(&mut self, event: &Event, now: Duration) -> Vec<u8> {
        let Event::Done {
            reason,
            usage,
            timings,
        } = event
        else {
            return Vec::new();
        };
        if matches!(
            self.endpoint,
            Endpoint::OllamaEmbed | Endpoint::OllamaEmbeddings
        ) {
            return self.embeddings(usage, timings);
        }
        let whole = std::mem::take(&mut self.collected);
        self.calls = whole.calls.len().max(self.calls);
        let mut members = self.line(
            now,
            &whole.text,
            &whole.thinking,
            &whole.calls,
            &whole.logprobs,
        );
        members.push(("done".to_owned(), Json::Bool(true)));
        let loads = matches!(reason, DoneReason::Load | DoneReason::Unload);
        members.push((
            "done_reason".to_owned(),
            Json::from(match reason {
                DoneReason::Stop | DoneReason::StopString(_) | DoneReason::ToolCalls => "stop",
                DoneReason::Length => "length",
                DoneReason::Load => "load",
                DoneReason::Unload => "unload",
            }),
        ));
        if !loads {
            for (name, number) in [
                ("total_duration", nanoseconds(timings.total)),
                ("load_duration", nanoseconds(timings.load)),
                ("prompt_eval_count", usage.prompt_tokens),
                ("prompt_eval_duration", nanoseconds(timings.prompt)),
                ("eval_count", usage.completion_tokens),
                ("eval_duration", nanoseconds(timings.eval)),
            ] {
                members.push((name.to_owned(), Json::from(number)));
            }
        }
        let body = Json::Object(members);
        if self.stream {
            line(body)
        } else {
            body.to_string().into_bytes()
        }
    }

    fn broken(&mut self, failure: &Failure) -> Vec<u8> {
        line(Api::Ollama.error_json(failure))
    }
}

fn line(json: Json) -> Vec<u8> {
    format!("{json}\n").into_bytes()
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn logprob(logprob: &Logprob) -> Json {
    let mut members = token_members(&logprob.token);
    if !logprob.top.is_empty() {
        members.push(top_logprobs(logprob));
    }
    Json::Object(members)
}
