//! What programs get through `connect`: the exact sentence, in all three APIs.

use std::path::Path;
use std::process::{Command, Stdio};

use ringfence_model::server::{Listen, ServeError, Tokens, TokensError};
use ringfence_runner::testing::SENTENCE;
use serde_json::{Value, json};

use crate::Case;
use crate::fixture::{Fixture, Outcome, holds, same, text};
use crate::middle::Middle;
use crate::room::{CANARY, ask, chat, connect, connect_with, post, question, server};

pub const CASES: &[Case] = &[
    (
        "all three APIs answer with the sentence through connect",
        sentence,
    ),
    ("errors keep the shape of their API", errors),
    ("Python's clients are answered through connect", python),
    (
        "lists of models come through, and nothing that changes them",
        lists,
    ),
    (
        "connect asks for host, origin and token as the server does",
        guarded,
    ),
    ("sealed and plain questions go to one runner", both),
    (
        "a model that answers a sealed question stays until it has",
        stays,
    ),
    ("keep_alive counts", keep_alive),
    ("switched off, questions go in clear and say so", off),
];

fn said(values: &[Value], path: &str) -> String {
    let texts = values.iter().filter_map(|v| v.pointer(path)?.as_str());
    texts.collect()
}

fn sentence(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let middle = Middle::new(served.address);
    let connected = connect(f, middle.address);
    let openai = "/choices/0/message/content";
    for (path, whole, step, kind) in [
        (
            "/api/chat",
            "/message/content",
            "/message/content",
            "x-ndjson",
        ),
        ("/api/generate", "/response", "/response", "x-ndjson"),
        (
            "/v1/chat/completions",
            openai,
            "/choices/0/delta/content",
            "event-stream",
        ),
        (
            "/v1/messages",
            "/content/0/text",
            "/delta/text",
            "event-stream",
        ),
    ] {
        for stream in [false, true] {
            let mut body = question("tiny", stream);
            if path == "/api/generate" {
                body = json!({"model": "tiny", "prompt": CANARY, "stream": stream});
            }
            if path.starts_with("/api") {
                body["options"] = json!({"temperature": 0, "num_predict": 64});
            } else {
                body["temperature"] = 0.into();
            }
            let reply = post(connected.address, path, &body);
            same(reply.status, 200).map_err(|e| format!("{path}: {e}: {}", reply.body))?;
            let found = match stream {
                false => said(&[reply.json()?], whole),
                true => {
                    holds(reply.head.contains(kind), || reply.head.clone())?;
                    let steps = reply.steps();
                    holds(steps.len() > 4, || format!("{path}: {} steps", steps.len()))?;
                    said(&steps, step)
                }
            };
            same(found.as_str(), SENTENCE).map_err(|e| format!("{path}, {stream}: {e}"))?;
        }
    }
    let vectors = post(
        connected.address,
        "/api/embed",
        &json!({"model": "noise", "input": [CANARY, "b"]}),
    );
    same(
        vectors.json()?["embeddings"].as_array().map(Vec::len),
        Some(2),
    )?;
    holds(!middle.saw(CANARY), || "the middle saw the prompt".into())?;
    holds(!middle.saw("sealed runner"), || "it saw the answer".into())?;
    let notices = connected.notices.lock().map_err(text)?;
    same(notices.iter().filter(|n| n.starts_with("Met")).count(), 1)?;
    same(
        notices.iter().filter(|n| n.starts_with("Pinned")).count(),
        2,
    )
}

fn errors(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let connected = connect(f, served.address);
    for (path, at) in [
        ("/api/chat", "/error"),
        ("/v1/chat/completions", "/error/message"),
        ("/v1/messages", "/error/message"),
    ] {
        let wrong = ask(connected.address, "POST", path, "", "{");
        same(wrong.status, 400)?;
        let missing = post(connected.address, path, &question("none", true));
        same(missing.status, 404).map_err(|e| format!("{path}: {e}: {}", missing.body))?;
        for reply in [wrong, missing] {
            holds(reply.json()?.pointer(at).is_some(), || reply.body.clone())?;
        }
        // Found wrong in the runner, and said sealed.
        let mut tools = question("tiny", false);
        tools["tools"] = match path {
            "/v1/messages" => json!([{"name": "f", "input_schema": {"type": "object"}}]),
            _ => {
                json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}])
            }
        };
        let refused = post(connected.address, path, &tools);
        same(refused.status, 400)?;
        holds(refused.body.contains("does not support tools"), || {
            refused.body.clone()
        })?;
    }
    same(
        ask(connected.address, "GET", "/api/chat", "", "").status,
        405,
    )
}

fn python(f: &Fixture) -> Outcome {
    let here = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let python = here("../../tests/e2e/.venv/bin/python");
    let there = Command::new(&python)
        .args(["-c", "import ollama, openai, anthropic"])
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        return crate::fixture::skipped(
            "ollama, openai and anthropic are not in tests/e2e/.venv (scripts/test.sh puts them there)",
        );
    }
    let served = server(f, 1);
    let connected = connect(f, served.address);
    let output = Command::new(&python)
        .arg(here("tests/clients/connect.py"))
        .arg(format!("http://{}", connected.address))
        .env_remove("http_proxy")
        .env_remove("HTTP_PROXY")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .map_err(text)?;
    let words = [output.stdout, output.stderr].concat();
    let words = String::from_utf8_lossy(&words);
    holds(
        output.status.success() && words.contains("all calls"),
        || words.to_string(),
    )
}

fn lists(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let connected = connect(f, served.address);
    let at = connected.address;
    let get = |path: &str| ask(at, "GET", path, "", "");
    same(get("/").body.as_str(), "Ollama is running")?;
    for path in [
        "/api/tags",
        "/v1/models",
        "/api/version",
        "/api/ps",
        "/v1/models/tiny",
    ] {
        let (here, there) = (get(path), served.get(path));
        same((here.status, here.body), (200, there.body)).map_err(|e| format!("{path}: {e}"))?;
    }
    let show = post(at, "/api/show", &json!({"model": "tiny"}));
    same(show.json()?["capabilities"].clone(), json!(["completion"]))?;
    same(post(at, "/api/show", &json!({"model": "none"})).status, 404)?;
    same(get("/v1/models/none").status, 404)?;
    for (method, path) in [
        ("DELETE", "/api/delete"),
        ("POST", "/api/copy"),
        ("POST", "/api/pull"),
        ("POST", "/api/create"),
        ("POST", "/ringfence/v1/keys"),
        ("POST", "/ringfence/v1/sealed/0"),
        ("GET", "/v1/models/..%2F..%2Fapi%2Ftags"),
    ] {
        let body = json!({"model": "tiny", "source": "tiny", "destination": "x"}).to_string();
        let refused = ask(at, method, path, "", &body).status;
        holds(matches!(refused, 400 | 404), || {
            format!("{path}: {refused}")
        })?;
    }
    same(served.get("/v1/models/tiny").status, 200)
}

/// The file of tokens with the token of this hash.
fn hashed(hash: &str) -> Result<Tokens, TokensError> {
    Tokens::parse(&format!("editor sha256:{hash}"))
}

fn guarded(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let connected = connect_with(served.address, &f.path("pins"), |settings| {
        settings.tokens =
            hashed("1bd8fd47297046f993e608e398d5905b00a33e163c6b1172dd38887fed05ed6a")
                .expect("tokens");
    });
    let at = connected.address;
    let token = "authorization: Bearer 0123456789abcdef0123\r\n";
    let body = question("tiny", false).to_string();
    same(ask(at, "POST", "/api/chat", "", &body).status, 401)?;
    same(ask(at, "POST", "/api/chat", token, &body).status, 200)?;
    for more in [
        "origin: https://rebound.example\r\n",
        "sec-fetch-site: cross-site\r\n",
    ] {
        let headers = format!("{token}{more}");
        same(ask(at, "POST", "/api/chat", &headers, &body).status, 403)?;
    }
    let twice = format!("{token}host: rebound.example\r\n");
    same(ask(at, "GET", "/api/tags", &twice, "").status, 400)?;
    let mut open = crate::room::settings(served.address, &f.path("pins"));
    open.listen = Listen::Tcp("0.0.0.0:0".parse().expect("address"));
    let refused = ringfence_model::connect::Connect::bind(open);
    holds(matches!(refused, Err(ServeError::NotLoopback(_))), || {
        "it listens to everybody".into()
    })?;
    // A server that asks for a token itself.
    let closed = f.serve_with(|settings| {
        settings.identity = Some(crate::room::key(1));
        settings.tokens =
            hashed("3465f6e6975baa864ca957f0914ecda9bf7eb601ac31ac20a5dc3d329279a843")
                .expect("tokens");
    });
    let without = connect(f, closed.address);
    let refused = chat(without.address, "tiny", false)
        .err()
        .unwrap_or_default();
    holds(refused.contains("--server-token-file"), || refused.clone())?;
    let with = connect_with(closed.address, &f.path("pins"), |settings| {
        settings.server_token = Some("fedcba9876543210".to_owned().into());
    });
    same(chat(with.address, "tiny", false)?.as_str(), SENTENCE)
}

fn both(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let connected = connect(f, served.address);
    for _ in 0..2 {
        same(chat(connected.address, "tiny", true)?.as_str(), SENTENCE)?;
        same(chat(served.address, "tiny", true)?.as_str(), SENTENCE)?;
    }
    let loaded = served.notices.lock().map_err(text)?;
    same(loaded.iter().filter(|n| n.starts_with("Loaded")).count(), 1)
}

fn stays(f: &Fixture) -> Outcome {
    let served = f.serve_with(|settings| {
        settings.identity = Some(crate::room::key(1));
        settings.loaded = 1;
    });
    let connected = connect(f, served.address);
    let at = connected.address;
    let long = json!({"model": "noise", "prompt": "x", "raw": true, "stream": true, "options": {"num_predict": 400, "seed": 1}});
    let answering = std::thread::spawn(move || post(at, "/api/generate", &long));
    // The other model waits for its place.
    while !served
        .notices
        .lock()
        .map_err(text)?
        .iter()
        .any(|n| n.contains("noise"))
    {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    same(chat(at, "tiny", false)?.as_str(), SENTENCE)?;
    let reply = answering.join().map_err(|_| "panicked")?;
    let steps = reply.steps();
    holds(steps.last().is_some_and(|s| s["done"] == true), || {
        reply.body.chars().take(500).collect()
    })?;
    // And back: its runner is another one by now, with another key.
    let again = json!({"model": "noise", "prompt": "x", "raw": true, "stream": false, "options": {"num_predict": 3}});
    same(post(at, "/api/generate", &again).status, 200)
}

fn keep_alive(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let connected = connect(f, served.address);
    let load = |keep: i64| {
        post(
            connected.address,
            "/api/generate",
            &json!({"model": "tiny", "prompt": "", "keep_alive": keep}),
        )
    };
    same(load(60).json()?["done_reason"].clone(), json!("load"))?;
    let running = served.get("/api/ps").json()?;
    same(running["models"].as_array().map(Vec::len), Some(1))?;
    same(load(0).json()?["done_reason"].clone(), json!("unload"))?;
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while served.get("/api/ps").json()?["models"] != json!([]) {
        holds(std::time::Instant::now() < end, || "it stays".into())?;
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)
}

fn off(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let middle = Middle::new(served.address);
    let connected = connect_with(middle.address, &f.path("pins"), |settings| {
        settings.encryption = false;
    });
    for stream in [false, true] {
        same(chat(connected.address, "tiny", stream)?.as_str(), SENTENCE)?;
    }
    holds(middle.saw(CANARY), || "it was sealed".into())?;
    let root = ask(connected.address, "GET", "/", "", "");
    holds(root.head.contains("ringfence-encryption: off"), || {
        root.head.clone()
    })
}
