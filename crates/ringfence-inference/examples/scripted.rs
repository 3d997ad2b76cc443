//! A model server on loopback whose "model" answers from a script: shows what clients send and whether they take what we write.
//!
//! `cargo run --example scripted -- 11499 [directory for request bodies]`. The last user message chooses the answer: `think`
//! thinks first, `tool` calls the first tool, `fail` fails before and `break` after the first word; all else is said back.
#![allow(clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringfence_inference::api::{Api, Endpoint, Identity, Writer, metadata};
use ringfence_inference::{
    Alternative, DoneReason, Event, Failure, FailureKind, Json, KeepAlive, Logprob, Output,
    OutputSpec, Piece, Prompt, Request, ThinkTags, Timings, ToolForm, Usage,
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments
        .next()
        .map_or(11499, |port| port.parse().expect("a port"));
    let directory = arguments.next();
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("bind");
    eprintln!("listening on {}", listener.local_addr().unwrap());
    for (n, stream) in listener.incoming().flatten().enumerate() {
        let directory = directory.clone();
        std::thread::spawn(move || serve(stream, n, directory.as_deref()));
    }
}

fn serve(mut stream: TcpStream, n: usize, directory: Option<&str>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    let mut chunked = false;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let lower = header.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        chunked |= lower.starts_with("transfer-encoding:");
        if header.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    while chunked {
        let mut size = String::new();
        reader.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut part = vec![0; size + 2];
        reader.read_exact(&mut part).ok()?;
        body.extend_from_slice(&part[..size]);
        chunked = size > 0;
    }
    if let Some(directory) = directory {
        let name = path.trim_matches('/').replace(['/', '?', '=', '&'], "_");
        std::fs::write(format!("{directory}/{n:03}_{method}_{name}.json"), &body).ok()?;
    }
    let path = path.split('?').next()?;
    let Some(endpoint) = Endpoint::of_path(path) else {
        let (status, body) = metadata_of(path);
        return answer(&mut stream, status, "application/json", &body, &method);
    };
    let (request, wire) = match endpoint.read(&body) {
        Ok(read) => read,
        Err(failure) => {
            let body = endpoint.api().error(&failure);
            return answer(
                &mut stream,
                failure.kind.status(),
                "application/json",
                &body,
                &method,
            );
        }
    };
    let identity = Identity {
        id: format!("{n:08}"),
        created: now(),
    };
    let events = events(&request, wire.call_id(&identity));
    let mut writer = Writer::new(wire, &request, identity);
    let mut started = false;
    for event in events {
        let bytes = writer.event(&event, now());
        if !started && (!bytes.is_empty() || writer.ended()) {
            started = true;
            write!(
                stream,
                "HTTP/1.1 {} x\r\ncontent-type: {}\r\nconnection: close\r\n\r\n",
                writer.status(),
                writer.content_type()
            )
            .ok()?;
        }
        stream.write_all(&bytes).ok()?;
    }
    Some(())
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

fn answer(
    stream: &mut TcpStream,
    status: u16,
    kind: &str,
    body: &[u8],
    method: &str,
) -> Option<()> {
    write!(
        stream,
        "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .ok()?;
    if method != "HEAD" {
        stream.write_all(body).ok()?;
    }
    Some(())
}

fn metadata_of(path: &str) -> (u16, Vec<u8>) {
    let time = metadata::time(now());
    let details = metadata::Details {
        format: "gguf".into(),
        family: "llama".into(),
        families: Some(vec!["llama".into()]),
        parameter_size: "1M".into(),
        quantization_level: "F16".into(),
        ..metadata::Details::default()
    };
    let body = match path {
        "/" => return (200, metadata::ROOT.into()),
        "/api/version" => serde_json::to_vec(&metadata::Version {
            version: "0.33.0".into(),
            ringfence: None,
        }),
        "/api/tags" => serde_json::to_vec(&metadata::Tags {
            models: vec![metadata::Tag {
                name: "tiny:latest".into(),
                model: "tiny:latest".into(),
                modified_at: time,
                size: 1_100_000,
                digest: "a".repeat(64),
                details,
            }],
        }),
        "/api/ps" => serde_json::to_vec(&metadata::Running {
            models: vec![metadata::RunningModel {
                name: "tiny:latest".into(),
                model: "tiny:latest".into(),
                size: 1_100_000,
                digest: "a".repeat(64),
                details,
                expires_at: time,
                size_vram: 0,
                context_length: 4096,
                ringfence: Some(Json::from("standard")),
            }],
        }),
        "/api/show" => serde_json::to_vec(&metadata::Show {
            template: "{{ messages }}".into(),
            details,
            model_info: [("general.architecture".to_owned(), Json::from("llama"))].into(),
            capabilities: vec!["completion".into(), "tools".into()],
            modified_at: time,
            ..metadata::Show::default()
        }),
        "/v1/models" => serde_json::to_vec(&metadata::OpenAiModels::new(vec![
            metadata::OpenAiModel::new("tiny:latest", now(), "library"),
        ])),
        "/v1/models/tiny" => {
            serde_json::to_vec(&metadata::OpenAiModel::new("tiny", now(), "library"))
        }
        _ => {
            let failure = Failure::new(FailureKind::NotFound, format!("nothing is at {path}"));
            return (404, Api::of_path(path).error(&failure));
        }
    };
    (200, body.unwrap_or_default())
}

/// What the scripted model says, through the same output machinery as a real one.
fn events(request: &Request, call_id: String) -> Vec<Event> {
    let timings = Timings {
        total: Duration::from_millis(5),
        load: Duration::from_millis(1),
        prompt: Duration::from_millis(1),
        eval: Duration::from_millis(3),
    };
    let done = |reason, completion_tokens| Event::Done {
        reason,
        usage: Usage {
            prompt_tokens: 7,
            cached_tokens: 0,
            completion_tokens,
        },
        timings,
    };
    let (said, tools) = match &request.prompt {
        Prompt::Load if request.keep_alive == Some(KeepAlive::Unload) => {
            return vec![done(DoneReason::Unload, 0)];
        }
        Prompt::Load => return vec![done(DoneReason::Load, 0)],
        Prompt::Embed { inputs, dimensions } => {
            let length = dimensions.unwrap_or(4) as usize;
            let vectors = inputs
                .iter()
                .enumerate()
                .map(|(index, input)| Event::Embedding {
                    index,
                    vector: (0..length)
                        .map(|n| input.len() as f32 + n as f32 / 8.0)
                        .collect(),
                });
            return vectors.chain([done(DoneReason::Stop, 0)]).collect();
        }
        Prompt::Raw { text, suffix } => (
            format!("{text}|{}", suffix.as_deref().unwrap_or_default()),
            &Vec::new(),
        ),
        Prompt::Chat {
            messages, tools, ..
        } => (messages.last().unwrap().content.clone(), tools),
    };
    let fail = Event::Error(Failure::new(FailureKind::Internal, "the engine failed"));
    let text = match (said.as_str(), tools.first()) {
        ("fail", _) => return vec![fail],
        ("think", _) => "<think>\nhm hm\n</think>\n\nWell.".to_owned(),
        ("tool", Some(tool)) => format!(
            "Let me see. <tool_call>{{\"name\": \"{}\", \"arguments\": {{\"city\": \"Köln\", \"days\": 3}}}}</tool_call>",
            tool.name
        ),
        (said, _) => format!("You said: {said}"),
    };
    let mut output = Output::new(OutputSpec {
        stop: request.settings(Default::default()).stop,
        think: Some(ThinkTags::default()),
        tools: (!tools.is_empty()).then_some(ToolForm::Hermes),
        tool_names: tools.iter().map(|tool| tool.name.clone()).collect(),
        call_id,
        ..OutputSpec::default()
    });
    let mut events = Vec::new();
    let mut count = 0;
    for token in text.as_bytes().chunks(5) {
        let alternative = Alternative {
            bytes: token.to_vec(),
            logprob: -0.25,
        };
        events.extend(output.push(Piece {
            bytes: token.to_vec(),
            logprob: request.logprobs.map(|n| Logprob {
                token: alternative.clone(),
                top: vec![alternative; n.into()],
            }),
        }));
        count += 1;
        if said == "break" {
            events.push(fail);
            return events;
        }
    }
    let Event::Done {
        reason,
        usage,
        timings,
    } = done(DoneReason::Stop, count)
    else {
        unreachable!()
    };
    events.extend(output.finish(reason, usage, timings));
    events
}
