//! Fields of requests that change an answer, each against a running server: stop, seed, limits, log probabilities, formats, tools,
//! vectors, how long a model stays.

use std::time::{Duration, Instant, SystemTime};

use ringfence_inference::LayerKind;
use ringfence_runner::testing::SENTENCE;
use serde_json::{Value, json};

use crate::Case;
use crate::fixture::{Fixture, Outcome, Served, holds, same, with_layer};

pub const CASES: &[Case] = &[
    ("stop texts end an answer in each API", stop),
    (
        "the same seed says the same, and limits hold in each API",
        seed,
    ),
    (
        "log probabilities come for each token in each API",
        logprobs,
    ),
    ("formats hold in each API, whole and in pieces", formats),
    ("tools are called in each API, whole and in pieces", tools),
    ("vectors are as many and as long as was asked", vectors),
    (
        "seconds, durations, below zero and zero are times to stay",
        stays,
    ),
];

fn user() -> Value {
    json!([{"role": "user", "content": "?"}])
}

fn ask(served: &Served, path: &str, body: &Value) -> Result<Value, String> {
    let reply = served.post(path, body);
    same(reply.status, 200).map_err(|e| format!("{path}: {e}: {}", reply.body))?;
    reply.json()
}

fn at<'a>(value: &'a Value, path: &str) -> &'a str {
    value
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The chat endpoint of each API, with where its answer's text and its end stand.
const CHATS: [(&str, &str, &str); 4] = [
    ("/api/chat", "/message/content", "/done_reason"),
    (
        "/v1/chat/completions",
        "/choices/0/message/content",
        "/choices/0/finish_reason",
    ),
    ("/v1/messages", "/content/0/text", "/stop_reason"),
    ("/v1/responses", "/output/0/content/0/text", "/status"),
];

fn question(path: &str, model: &str) -> Value {
    match path {
        "/api/chat" => {
            json!({"model": model, "messages": user(), "stream": false, "options": {"temperature": 0, "num_predict": 64}})
        }
        "/v1/responses" => {
            json!({"model": model, "input": "?", "temperature": 0, "max_output_tokens": 64})
        }
        _ => json!({"model": model, "messages": user(), "temperature": 0, "max_tokens": 64}),
    }
}

fn stop(f: &Fixture) -> Outcome {
    let served = f.serve();
    let word = SENTENCE.split(' ').nth(3).unwrap_or_default();
    let before = SENTENCE.split(word).next().unwrap_or_default();
    for (path, text, end) in CHATS {
        let mut body = question(path, "tiny");
        let (field, reason) = match path {
            "/api/chat" => ("options", "stop"),
            "/v1/messages" => ("stop_sequences", "stop_sequence"),
            // It has no stop texts.
            "/v1/responses" => continue,
            _ => ("stop", "stop"),
        };
        match field {
            "options" => body["options"]["stop"] = json!([word]),
            field => body[field] = json!([word]),
        }
        let answer = ask(&served, path, &body)?;
        same((at(&answer, text), at(&answer, end)), (before, reason))
            .map_err(|e| format!("{path}: {e}"))?;
    }
    let body =
        json!({"model": "tiny", "prompt": "?", "stop": word, "temperature": 0, "max_tokens": 64});
    same(
        at(&ask(&served, "/v1/completions", &body)?, "/choices/0/text"),
        before,
    )
}

fn seed(f: &Fixture) -> Outcome {
    let served = f.serve();
    let noise = |seed: i64| {
        let body = json!({"model": "noise", "prompt": "?", "stream": false, "options": {"seed": seed, "num_predict": 24}});
        let answer = ask(&served, "/api/generate", &body)?;
        same(answer["done_reason"].as_str(), Some("length"))?;
        same(answer["eval_count"].as_u64(), Some(24))?;
        Ok::<_, String>(at(&answer, "/response").to_owned())
    };
    let one = noise(7)?;
    same(noise(7)?, one.clone())?;
    holds(noise(8)? != one, || one.clone())?;
    let body = json!({"model": "noise", "messages": user(), "seed": 7, "max_tokens": 24});
    let first = ask(&served, "/v1/chat/completions", &body)?;
    let second = ask(&served, "/v1/chat/completions", &body)?;
    let content = "/choices/0/message/content";
    same(at(&first, content), at(&second, content))?;
    for (path, text, end) in CHATS {
        let mut body = question(path, "tiny");
        let reason = match path {
            "/api/chat" => {
                body["options"]["num_predict"] = json!(3);
                "length"
            }
            "/v1/responses" => {
                body["max_output_tokens"] = json!(3);
                "incomplete"
            }
            path => {
                body["max_tokens"] = json!(3);
                if path == "/v1/messages" {
                    "max_tokens"
                } else {
                    "length"
                }
            }
        };
        let answer = ask(&served, path, &body)?;
        same(at(&answer, end), reason).map_err(|e| format!("{path}: {e}: {answer}"))?;
        let said = at(&answer, text);
        holds(
            SENTENCE.starts_with(said) && said.len() < SENTENCE.len(),
            || answer.to_string(),
        )?;
    }
    Ok(())
}

fn logprobs(f: &Fixture) -> Outcome {
    let served = f.serve();
    let mut body = question("/api/chat", "tiny");
    body["logprobs"] = true.into();
    body["top_logprobs"] = 2.into();
    let answer = ask(&served, "/api/chat", &body)?;
    let all = answer["logprobs"].as_array().cloned().unwrap_or_default();
    let said: String = all.iter().map(|one| at(one, "/token")).collect();
    same(said.as_str(), SENTENCE)?;
    holds(
        all.iter().all(|one| {
            one["top_logprobs"]
                .as_array()
                .is_some_and(|top| top.len() == 2)
                && one["logprob"].as_f64().is_some_and(|p| p <= 0.0)
        }),
        || answer.to_string(),
    )?;
    let mut body = question("/v1/chat/completions", "tiny");
    body["logprobs"] = true.into();
    body["top_logprobs"] = 3.into();
    let answer = ask(&served, "/v1/chat/completions", &body)?;
    let top = answer.pointer("/choices/0/logprobs/content/0/top_logprobs");
    same(top.and_then(Value::as_array).map(Vec::len), Some(3))?;
    let body =
        json!({"model": "tiny", "prompt": "?", "temperature": 0, "max_tokens": 64, "logprobs": 1});
    let answer = ask(&served, "/v1/completions", &body)?;
    let tokens = answer
        .pointer("/choices/0/logprobs/tokens")
        .and_then(Value::as_array);
    holds(tokens.is_some_and(|tokens| tokens.len() > 5), || {
        answer.to_string()
    })?;
    let mut body = question("/api/chat", "tiny");
    body["logprobs"] = true.into();
    body["top_logprobs"] = 21.into();
    same(served.post("/api/chat", &body).status, 400)
}

fn formats(f: &Fixture) -> Outcome {
    let served = f.serve();
    let schema = json!({"type": "object", "properties": {"yes": {"type": "boolean"}, "n": {"type": "integer", "minimum": 0, "maximum": 9}}, "required": ["yes", "n"], "additionalProperties": false});
    let valid = |text: &str| {
        let value: Value = serde_json::from_str(text).map_err(|e| format!("{e}: {text}"))?;
        holds(value["yes"].is_boolean() && value["n"].is_u64(), || {
            value.to_string()
        })
    };
    let bodies = [
        (
            "/api/chat",
            "/message/content",
            json!({"model": "noise", "messages": user(), "format": schema, "stream": false}),
        ),
        (
            "/api/generate",
            "/response",
            json!({"model": "noise", "prompt": "?", "format": schema, "stream": false}),
        ),
        (
            "/v1/chat/completions",
            "/choices/0/message/content",
            json!({"model": "noise", "messages": user(), "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": true}}}),
        ),
        (
            "/v1/responses",
            "/output/0/content/0/text",
            json!({"model": "noise", "input": "?", "text": {"format": {"type": "json_schema", "name": "x", "schema": schema}}}),
        ),
        (
            "/v1/messages",
            "/content/0/text",
            json!({"model": "noise", "max_tokens": 999, "messages": user(), "output_config": {"format": {"type": "json_schema", "schema": schema}}}),
        ),
    ];
    for (path, text, body) in &bodies {
        valid(at(&ask(&served, path, body)?, text)).map_err(|e| format!("{path}: {e}"))?;
    }
    let mut body = bodies[0].2.clone();
    body["stream"] = true.into();
    let steps = served.post("/api/chat", &body).steps();
    valid(
        &steps
            .iter()
            .map(|step| at(step, "/message/content"))
            .collect::<String>(),
    )?;
    // Any JSON ends somewhere only if the model ends it: what comes is the beginning of some.
    let body = json!({"model": "noise", "messages": user(), "format": "json", "stream": false, "options": {"seed": 2, "num_predict": 48}});
    let answer = ask(&served, "/api/chat", &body)?;
    holds(
        at(&answer, "/message/content")
            .trim_start()
            .starts_with('{'),
        || answer.to_string(),
    )?;
    let body = json!({"model": "noise", "messages": user(), "format": {"type": "object", "not": {}}, "stream": false});
    same(served.post("/api/chat", &body).status, 400)
}

const HERMES: &str = "{% if tools %}{% for tool in tools %}{{ tool | tojson }}{% endfor %}<tool_call>{% endif %}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant\n";

fn tools(f: &Fixture) -> Outcome {
    let served = f.serve();
    // Noise that knows how a call is written; that it has to make one and with what is the grammar's doing.
    let noise = json!({"model": "caller", "from": "noise", "template": HERMES, "stream": false});
    ask(&served, "/api/create", &noise)?;
    let show = served
        .post("/api/show", &json!({"model": "caller"}))
        .json()?;
    same(show["capabilities"].clone(), json!(["completion", "tools"]))?;
    let schema = json!({"type": "object", "properties": {"days": {"type": "integer", "minimum": 1, "maximum": 9}}, "required": ["days"]});
    let function = json!([{"type": "function", "function": {"name": "weather", "description": "how it is", "parameters": schema}}]);
    let right = |name: &str, arguments: &Value| {
        let days = arguments["days"].as_u64();
        holds(
            name == "weather" && days.is_some_and(|days| (1..=9).contains(&days)),
            || format!("{name} {arguments}"),
        )
    };
    let parsed =
        |text: &str| serde_json::from_str::<Value>(text).map_err(|e| format!("{e}: {text}"));
    let chat = json!({"model": "caller", "messages": user(), "tools": function, "tool_choice": "required", "max_tokens": 999});
    let answer = ask(&served, "/v1/chat/completions", &chat)?;
    same(at(&answer, "/choices/0/finish_reason"), "tool_calls")?;
    let call = "/choices/0/message/tool_calls/0/function";
    right(
        at(&answer, &format!("{call}/name")),
        &parsed(at(&answer, &format!("{call}/arguments")))?,
    )?;
    let mut streamed = chat.clone();
    streamed["stream"] = true.into();
    let steps = served.post("/v1/chat/completions", &streamed).steps();
    let arguments: String = steps
        .iter()
        .map(|step| at(step, "/choices/0/delta/tool_calls/0/function/arguments"))
        .collect();
    right("weather", &parsed(&arguments)?)?;
    let body = json!({"model": "caller", "input": "?", "tools": [{"type": "function", "name": "weather", "parameters": schema}], "tool_choice": {"type": "function", "name": "weather"}});
    let answer = ask(&served, "/v1/responses", &body)?;
    let call = answer["output"]
        .as_array()
        .and_then(|all| all.iter().find(|item| item["type"] == "function_call"))
        .cloned();
    let call = call.ok_or_else(|| answer.to_string())?;
    right(at(&call, "/name"), &parsed(at(&call, "/arguments"))?)?;
    let body = json!({"model": "caller", "max_tokens": 999, "messages": user(), "tools": [{"name": "weather", "input_schema": schema}], "tool_choice": {"type": "any"}});
    let answer = ask(&served, "/v1/messages", &body)?;
    same(at(&answer, "/stop_reason"), "tool_use")?;
    let call = answer["content"]
        .as_array()
        .and_then(|all| all.iter().find(|item| item["type"] == "tool_use"))
        .cloned();
    let call = call.ok_or_else(|| answer.to_string())?;
    right(at(&call, "/name"), &call["input"])?;
    // Ollama's API has no way to force one: tools go in, and the results of calls.
    let conversation = json!([
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "weather", "arguments": {"days": 3}}}]},
        {"role": "tool", "content": "rain", "tool_name": "weather"},
    ]);
    with_layer(&served.store, "teller", LayerKind::Template, HERMES);
    let body = json!({"model": "teller", "messages": conversation, "tools": function, "stream": false, "options": {"temperature": 0, "num_predict": 64}});
    same(
        at(&ask(&served, "/api/chat", &body)?, "/message/content"),
        SENTENCE,
    )?;
    // A model that knows no calls is not asked for one.
    let body = json!({"model": "tiny", "messages": user(), "tools": function, "stream": false});
    let reply = served.post("/api/chat", &body);
    same(reply.status, 400)?;
    holds(reply.body.contains("does not support tools"), || {
        reply.body.clone()
    })
}

fn vectors(f: &Fixture) -> Outcome {
    let served = f.serve();
    let length = |vector: &Value| vector.as_array().map_or(0, Vec::len);
    let square = |vector: &Value| -> f64 {
        let numbers = vector.as_array().into_iter().flatten();
        numbers.filter_map(Value::as_f64).map(|n| n * n).sum()
    };
    let answer = ask(
        &served,
        "/api/embed",
        &json!({"model": "noise", "input": ["a", "bb", "ccc"]}),
    )?;
    let all = answer["embeddings"].as_array().cloned().unwrap_or_default();
    same(all.iter().map(length).collect::<Vec<_>>(), vec![128; 3])?;
    holds(all.iter().all(|v| (square(v) - 1.0).abs() < 1e-3), || {
        "not of length 1".into()
    })?;
    holds(
        answer["prompt_eval_count"].as_u64().is_some_and(|n| n >= 3),
        || answer.to_string(),
    )?;
    let short = ask(
        &served,
        "/api/embed",
        &json!({"model": "noise", "input": "a", "dimensions": 8}),
    )?;
    same(length(&short["embeddings"][0]), 8)?;
    holds((square(&short["embeddings"][0]) - 1.0).abs() < 1e-3, || {
        short.to_string()
    })?;
    let old = ask(
        &served,
        "/api/embeddings",
        &json!({"model": "noise", "prompt": "a"}),
    )?;
    same(length(&old["embedding"]), 128)?;
    let answer = ask(
        &served,
        "/v1/embeddings",
        &json!({"model": "noise", "input": ["a", "bb"], "dimensions": 8}),
    )?;
    same(
        answer.pointer("/data/1/index").and_then(Value::as_u64),
        Some(1),
    )?;
    same(length(&answer["data"][1]["embedding"]), 8)?;
    let packed = ask(
        &served,
        "/v1/embeddings",
        &json!({"model": "noise", "input": "a", "encoding_format": "base64"}),
    )?;
    // 128 floats of 4 bytes, 3 of which make 4 letters.
    same(
        at(&packed, "/data/0/embedding").len(),
        (128_usize * 4).div_ceil(3) * 4,
    )?;
    same(
        served
            .post(
                "/v1/embeddings",
                &json!({"model": "noise", "input": [[1, 2]]}),
            )
            .status,
        400,
    )?;
    let many: Vec<String> = (0..2049).map(|n| n.to_string()).collect();
    same(
        served
            .post("/api/embed", &json!({"model": "noise", "input": many}))
            .status,
        400,
    )
}

/// When the model of the list goes, in seconds since 1970; `None` when none is loaded.
fn goes(served: &Served) -> Result<Option<i64>, String> {
    let running = served.get("/api/ps").json()?;
    let time = running
        .pointer("/models/0/expires_at")
        .and_then(Value::as_str);
    time.map(seconds).transpose()
}

/// Of `2026-10-28T19:15:31.4Z`.
fn seconds(time: &str) -> Result<i64, String> {
    let numbers: Vec<i64> = time
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    let [year, month, day, hour, minute, second, ..] = numbers[..] else {
        return Err(time.into());
    };
    // Days since 1970, with the year beginning in March.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 719_469;
    Ok(((days * 24 + hour) * 60 + minute) * 60 + second)
}

fn stays(f: &Fixture) -> Outcome {
    const HUNDRED_YEARS: i64 = 100 * 365 * 24 * 3600;
    let served = f.serve();
    let now = || {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since
            .map_err(|e| e.to_string())
            .map(|since| since.as_secs().cast_signed())
    };
    for (keep, wanted) in [
        (json!(3600), Some(3600)),
        (json!("1h30m"), Some(5400)),
        (json!("90s"), Some(90)),
        (json!(-1), Some(HUNDRED_YEARS)),
        (Value::Null, Some(300)),
        (json!("-1m"), Some(HUNDRED_YEARS)),
        (json!("9999999999999h"), Some(HUNDRED_YEARS)),
        (json!(0), None),
        (json!("1h"), Some(3600)),
        (json!("0s"), None),
    ] {
        let body = json!({"model": "tiny", "stream": false, "keep_alive": keep});
        let before = now()?;
        ask(&served, "/api/generate", &body)?;
        // An answer is there a moment before the list says what follows of it.
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let found = goes(&served)?;
            let after = now()?;
            let right = match (found, wanted) {
                (Some(time), Some(wanted)) => {
                    (before + wanted..=after + wanted + 1).contains(&time)
                }
                (found, wanted) => found.is_none() && wanted.is_none(),
            };
            if right {
                break;
            }
            holds(Instant::now() < end, || {
                format!("{keep}: {found:?}, now {after}")
            })?;
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    for bad in [
        json!("soon"),
        json!("1 h"),
        json!({}),
        json!("h"),
        json!([5]),
    ] {
        let body = json!({"model": "tiny", "stream": false, "keep_alive": bad});
        same(served.post("/api/generate", &body).status, 400).map_err(|e| format!("{bad}: {e}"))?;
    }
    Ok(())
}
