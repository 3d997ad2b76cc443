//! The exact sentence through each API, in one piece and in many.

use ringfence_runner::testing::SENTENCE;
use serde_json::{Value, json};

use crate::Case;
use crate::fixture::{Fixture, Outcome, Served, holds, same};

pub const CASES: &[Case] = &[
    ("Ollama's API answers with the sentence", ollama),
    ("OpenAI's API answers with the sentence", openai),
    ("Anthropic's API answers with the sentence", anthropic),
    ("errors have the shape of their API", errors),
    ("what is forced into a form keeps to it", forms),
    ("many clients at once all get their answer", many),
    ("clients that leave leave nothing behind", leave),
];

fn said(values: &[Value], path: &str) -> String {
    values
        .iter()
        .filter_map(|v| v.pointer(path)?.as_str())
        .collect()
}

fn whole(served: &Served, path: &str, body: &Value, at: &str) -> Outcome {
    let reply = served.post(path, body);
    same(reply.status, 200).map_err(|e| format!("{path}: {e}: {}", reply.body))?;
    let value = reply.json()?;
    same(said(&[value], at).as_str(), SENTENCE).map_err(|e| format!("{path}: {e}"))
}

fn stream(
    served: &Served,
    path: &str,
    body: &Value,
    at: &str,
    kind: &str,
) -> Result<String, String> {
    let mut body = body.clone();
    body["stream"] = true.into();
    let reply = served.post(path, &body);
    same(reply.status, 200).map_err(|e| format!("{path}: {e}: {}", reply.body))?;
    holds(reply.head.contains(kind), || reply.head.clone())?;
    let steps = reply.steps();
    holds(steps.len() > 4, || format!("{path}: {} steps", steps.len()))?;
    same(said(&steps, at).as_str(), SENTENCE).map_err(|e| format!("{path}: {e}"))?;
    Ok(reply.body)
}

fn ollama(f: &Fixture) -> Outcome {
    let served = f.serve();
    let user = json!([{"role": "user", "content": "Who are you?"}]);
    let options = json!({"temperature": 0, "seed": 1});
    for (path, at, body) in [
        (
            "/api/chat",
            "/message/content",
            json!({"model": "tiny", "messages": user, "stream": false, "options": options}),
        ),
        (
            "/api/generate",
            "/response",
            json!({"model": "tiny:latest", "prompt": "?", "stream": false, "options": options}),
        ),
        (
            "/api/generate",
            "/response",
            json!({"model": "library/tiny", "prompt": "?", "raw": true, "stream": false, "options": options}),
        ),
    ] {
        whole(&served, path, &body, at)?;
        let text = stream(&served, path, &body, at, "application/x-ndjson")?;
        let last: Value = serde_json::from_str(text.lines().last().unwrap_or_default())
            .map_err(|e| e.to_string())?;
        same(last["done_reason"].as_str(), Some("stop"))?;
        for count in [
            "total_duration",
            "load_duration",
            "eval_count",
            "prompt_eval_count",
        ] {
            holds(last[count].as_u64().is_some(), || {
                format!("{count}: {last}")
            })?;
        }
    }
    let reply = served
        .post(
            "/api/embed",
            &json!({"model": "noise", "input": ["a", "b"]}),
        )
        .json()?;
    same(reply["embeddings"].as_array().map(Vec::len), Some(2))?;
    let reply = served
        .post("/api/embeddings", &json!({"model": "noise", "prompt": "a"}))
        .json()?;
    holds(
        reply["embedding"].as_array().is_some_and(|v| v.len() > 8),
        || reply.to_string(),
    )
}

fn openai(f: &Fixture) -> Outcome {
    let served = f.serve();
    let chat =
        json!({"model": "tiny", "messages": [{"role": "user", "content": "?"}], "temperature": 0});
    whole(
        &served,
        "/v1/chat/completions",
        &chat,
        "/choices/0/message/content",
    )?;
    let text = stream(
        &served,
        "/v1/chat/completions",
        &chat,
        "/choices/0/delta/content",
        "text/event-stream",
    )?;
    holds(text.ends_with("data: [DONE]\n\n"), || text.clone())?;
    let raw = json!({"model": "tiny", "prompt": "?", "temperature": 0, "max_tokens": 64});
    whole(&served, "/v1/completions", &raw, "/choices/0/text")?;
    stream(
        &served,
        "/v1/completions",
        &raw,
        "/choices/0/text",
        "text/event-stream",
    )?;
    let response = json!({"model": "tiny", "input": "?", "temperature": 0});
    whole(
        &served,
        "/v1/responses",
        &response,
        "/output/0/content/0/text",
    )?;
    stream(
        &served,
        "/v1/responses",
        &response,
        "/delta",
        "text/event-stream",
    )?;
    let vectors = served
        .post("/v1/embeddings", &json!({"model": "noise", "input": "a"}))
        .json()?;
    holds(vectors.pointer("/data/0/embedding").is_some(), || {
        vectors.to_string()
    })
}

fn anthropic(f: &Fixture) -> Outcome {
    let served = f.serve();
    let body = json!({"model": "tiny", "max_tokens": 64, "messages": [{"role": "user", "content": "?"}], "temperature": 0});
    whole(&served, "/v1/messages", &body, "/content/0/text")?;
    let text = stream(
        &served,
        "/v1/messages",
        &body,
        "/delta/text",
        "text/event-stream",
    )?;
    // What is counted is what the answer counts.
    let counted = served
        .post(
            "/v1/messages/count_tokens",
            &json!({"model": "tiny", "messages": [{"role": "user", "content": "?"}]}),
        )
        .json()?;
    let answer = served.post("/v1/messages", &body).json()?;
    let used = |field: &str| answer["usage"][field].as_u64();
    let prompt = used("input_tokens").zip(used("cache_read_input_tokens"));
    same(
        counted["input_tokens"].as_u64(),
        prompt.map(|(read, kept)| read + kept),
    )?;
    holds(counted["input_tokens"].as_u64() > Some(3), || {
        counted.to_string()
    })?;
    for event in [
        "message_start",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ] {
        holds(text.contains(&format!("event: {event}\n")), || event.into())?;
    }
    Ok(())
}

fn errors(f: &Fixture) -> Outcome {
    let served = f.serve();
    let messages = json!([{"role": "user", "content": "?"}]);
    let none = |path: &str| {
        served.post(
            path,
            &json!({"model": "none", "max_tokens": 9, "messages": messages, "stream": false}),
        )
    };
    let reply = none("/api/chat");
    same(
        (reply.status, reply.json()?["error"].as_str()),
        (404, Some("model 'none:latest' not found")),
    )?;
    let reply = none("/v1/chat/completions");
    same(
        (
            reply.status,
            reply.json()?.pointer("/error/type").and_then(Value::as_str),
        ),
        (404, Some("not_found_error")),
    )?;
    let reply = none("/v1/messages");
    same(
        (reply.status, reply.json()?["type"].as_str()),
        (404, Some("error")),
    )?;
    for name in [
        "../tiny",
        "/etc/passwd",
        "tiny:../../x",
        "a/b/c/d",
        "https://x@y/z",
    ] {
        same(
            served.post("/api/show", &json!({"model": name})).status,
            400,
        )?;
        same(
            served
                .post("/api/generate", &json!({"model": name, "prompt": ""}))
                .status,
            400,
        )?;
    }
    same(served.get("/api/chat").status, 405)?;
    same(served.get("/api/nothing").status, 404)?;
    same(
        served.get("/v1/messages/batches").json()?["type"].as_str(),
        Some("error"),
    )?;
    same(served.ask("POST", "/api/chat", "", "{").status, 400)?;
    same(served.post("/api/chat", &json!({"model": "tiny", "messages": [{"role": "user", "content": "x", "images": ["aGk="]}]})).status, 400)
}

fn forms(f: &Fixture) -> Outcome {
    let served = f.serve();
    let schema = json!({"type": "object", "properties": {"yes": {"type": "boolean"}, "n": {"type": "integer", "minimum": 0, "maximum": 9}}, "required": ["yes", "n"]});
    let reply = served.post("/api/chat", &json!({"model": "noise", "messages": [{"role": "user", "content": "?"}], "format": schema, "stream": false, "options": {"seed": 5}}));
    let answer = reply.json()?;
    let content = answer
        .pointer("/message/content")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let value: Value = serde_json::from_str(content).map_err(|e| format!("{e}: {answer}"))?;
    holds(value["yes"].is_boolean() && value["n"].is_u64(), || {
        value.to_string()
    })
}

fn many(f: &Fixture) -> Outcome {
    let served = f.serve();
    let body =
        json!({"model": "tiny", "messages": [{"role": "user", "content": "?"}], "temperature": 0});
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..24)
            .map(|_| {
                scope.spawn(|| {
                    whole(
                        &served,
                        "/v1/chat/completions",
                        &body,
                        "/choices/0/message/content",
                    )
                })
            })
            .collect();
        clients
            .into_iter()
            .try_for_each(|client| client.join().map_err(|_| "panic".to_owned())?)
    })?;
    let loaded = served
        .notices
        .lock()
        .map_err(|e| e.to_string())?
        .iter()
        .filter(|n| n.starts_with("Loaded"))
        .count();
    same(loaded, 1)
}

/// More of them than the queue has places: were one place of each not free again, the last one would be refused.
fn leave(f: &Fixture) -> Outcome {
    use std::io::{Read, Write};
    let served = f.serve();
    let body =
        json!({"model": "noise", "prompt": "?", "options": {"num_predict": 400, "num_ctx": 512}})
            .to_string();
    for round in 0..600 {
        let mut stream = served.connect();
        let host = served.host();
        let length = body.len();
        let _ = write!(
            stream,
            "POST /api/generate HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        if round % 50 == 0 {
            let _ = stream.read(&mut [0; 16]);
        }
    }
    let body =
        json!({"model": "noise", "prompt": "?", "stream": false, "options": {"num_predict": 4}});
    let reply = served.post("/api/generate", &body);
    same(reply.status, 200).map_err(|e| format!("{e}: {}", reply.body))
}
