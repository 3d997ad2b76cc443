//! Models come and go: what is told about them, how long they stay, what happens when one ends by itself.

use ringfence_inference::{KeepAlive, LayerKind};
use ringfence_runner::testing::SENTENCE;
use serde_json::{Value, json};

use crate::Case;
use crate::fixture::{Fixture, Outcome, Served, holds, same, with_layer};

pub const CASES: &[Case] = &[
    ("models are listed and shown", listed),
    ("a model stays as long as it was asked to", keep_alive),
    ("the model not used for longest makes room", room),
    (
        "a Modelfile's options, system prompt and template hold",
        modelfile,
    ),
    (
        "a runner that dies is an error, and the next question gets another",
        dies,
    ),
    ("a damaged model is not loaded", damaged),
    (
        "a replaced model is loaded anew, a copied and a deleted one are known",
        replaced,
    ),
];

fn names(served: &Served, path: &str) -> Result<Vec<String>, String> {
    let value = served.get(path).json()?;
    let models = value["models"]
        .as_array()
        .ok_or_else(|| value.to_string())?;
    Ok(models
        .iter()
        .filter_map(|m| m["name"].as_str().map(str::to_owned))
        .collect())
}

fn say(served: &Served, model: &str, more: Value) -> Result<Value, String> {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "?"}], "stream": false, "options": {"temperature": 0, "num_predict": 64}});
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    let reply = served.post("/api/chat", &body);
    let value = reply.json()?;
    match reply.status {
        200 => Ok(value),
        status => Err(format!("{status}: {value}")),
    }
}

fn content(value: &Value) -> &str {
    value
        .pointer("/message/content")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn listed(f: &Fixture) -> Outcome {
    let served = f.serve();
    same(served.get("/").body.as_str(), "Ollama is running")?;
    let head = served.ask("HEAD", "/", "", "");
    same((head.status, head.body.as_str()), (200, ""))?;
    holds(
        served.get("/api/version").json()?["version"].is_string(),
        || "version".into(),
    )?;
    same(
        names(&served, "/api/tags")?,
        vec!["noise:latest".to_owned(), "tiny:latest".to_owned()],
    )?;
    let show = served.post("/api/show", &json!({"model": "tiny"})).json()?;
    same(
        show.pointer("/details/family").and_then(Value::as_str),
        Some("llama"),
    )?;
    same(show["capabilities"].clone(), json!(["completion"]))?;
    holds(
        show["template"]
            .as_str()
            .is_some_and(|t| t.contains("im_start")),
        || show.to_string(),
    )?;
    holds(
        show.pointer("/model_info/general.parameter_count")
            .is_some_and(Value::is_u64),
        || show.to_string(),
    )?;
    same(show.get("tensors"), None)?;
    let verbose = served
        .post("/api/show", &json!({"model": "tiny", "verbose": true}))
        .json()?;
    let named = |name: &str| {
        let tensors = verbose["tensors"].as_array()?;
        tensors.iter().find(|tensor| tensor["name"] == name)
    };
    same(
        named("token_embd.weight").map(|tensor| (tensor["type"].clone(), tensor["shape"].clone())),
        Some((json!("F16"), json!([128, 1024]))),
    )?;
    same(
        served.post("/api/show", &json!({"name": "none"})).status,
        404,
    )?;
    let models = served.get("/v1/models").json()?;
    same(
        models.pointer("/data/1/id").and_then(Value::as_str),
        Some("tiny:latest"),
    )?;
    same(
        served.get("/v1/models/library%2Ftiny").json()?["id"].as_str(),
        Some("library/tiny"),
    )?;
    same(served.get("/v1/models/none").status, 404)?;
    same(served.get("/v1/models/..%2F..%2Fetc").status, 400)
}

fn keep_alive(f: &Fixture) -> Outcome {
    let served = f.serve_with(|settings| settings.keep_alive = KeepAlive::Forever);
    same(names(&served, "/api/ps")?, Vec::<String>::new())?;
    let load = served
        .post("/api/generate", &json!({"model": "tiny", "stream": false}))
        .json()?;
    same(load["done_reason"].as_str(), Some("load"))?;
    let running = served.get("/api/ps").json()?;
    same(
        running
            .pointer("/models/0/context_length")
            .and_then(Value::as_u64),
        Some(512),
    )?;
    let fence = running
        .pointer("/models/0/ringfence/protections")
        .and_then(Value::as_array);
    holds(fence.is_some_and(|all| !all.is_empty()), || {
        running.to_string()
    })?;
    let gone = served
        .post(
            "/api/generate",
            &json!({"model": "tiny", "stream": false, "keep_alive": 0}),
        )
        .json()?;
    same(gone["done_reason"].as_str(), Some("unload"))?;
    same(names(&served, "/api/ps")?, Vec::<String>::new())?;
    same(
        served
            .post("/api/generate", &json!({"model": "none", "keep_alive": 0}))
            .status,
        404,
    )?;
    // It answers first, then it goes; what is asked next waits for that.
    let answer = say(&served, "tiny", json!({"keep_alive": 0}))?;
    same(content(&answer), SENTENCE)?;
    let answer = say(&served, "tiny", json!({"keep_alive": "1h"}))?;
    same(content(&answer), SENTENCE)?;
    same(names(&served, "/api/ps")?, vec!["tiny:latest".to_owned()])?;
    // After a moment without a question.
    say(&served, "tiny", json!({"keep_alive": "10ms"}))?;
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !names(&served, "/api/ps")?.is_empty() {
        holds(std::time::Instant::now() < end, || "it stays".into())?;
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Ok(())
}

fn room(f: &Fixture) -> Outcome {
    let served = f.serve_with(|settings| settings.loaded = 1);
    for model in ["tiny", "noise", "tiny", "noise"] {
        say(&served, model, json!({}))?;
        same(names(&served, "/api/ps")?, vec![format!("{model}:latest")])?;
    }
    // At the same time they take turns.
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|n| {
                let served = &served;
                scope.spawn(move || say(served, ["tiny", "noise"][n % 2], json!({})).map(drop))
            })
            .collect();
        clients
            .into_iter()
            .try_for_each(|client| client.join().map_err(|_| "panic".to_owned())?)
    })?;
    // Another context is another way to load it.
    say(
        &served,
        "tiny",
        json!({"options": {"num_ctx": 256, "temperature": 0}}),
    )?;
    let running = served.get("/api/ps").json()?;
    same(
        running
            .pointer("/models/0/context_length")
            .and_then(Value::as_u64),
        Some(256),
    )
}

fn modelfile(f: &Fixture) -> Outcome {
    let served = f.serve();
    let word = SENTENCE.split(' ').nth(2).unwrap_or_default();
    with_layer(
        &served.store,
        "short",
        LayerKind::Params,
        &json!({"stop": [word], "mirostat": 1}).to_string(),
    );
    let answer = say(&served, "short", json!({}))?;
    same(
        content(&answer),
        SENTENCE.split(word).next().unwrap_or_default(),
    )?;
    with_layer(
        &served.store,
        "go",
        LayerKind::Template,
        "{{ if .System }}{{ .System }}{{ end }}{{ .Prompt }}",
    );
    same(content(&say(&served, "go", json!({}))?), SENTENCE)?;
    with_layer(&served.store, "broken", LayerKind::Template, "{% for %}");
    match say(&served, "broken", json!({})) {
        Err(why) => holds(why.contains("template") && why.contains("line 1"), || {
            why.clone()
        }),
        Ok(answer) => Err(answer.to_string()),
    }
}

const BOMB: &str = "{% set ns = namespace(s='0123456789abcdef') %}{% for i in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}x";

/// A template may hold more than the machine has: its runner ends, the server and the other models do not.
fn dies(f: &Fixture) -> Outcome {
    let served = f.serve_with(|settings| settings.runner.memory = Some(512 << 20));
    with_layer(&served.store, "bomb", LayerKind::Template, BOMB);
    say(&served, "tiny", json!({}))?;
    for path in ["/api/chat", "/v1/chat/completions", "/v1/messages"] {
        let body = json!({"model": "bomb", "max_tokens": 9, "messages": [{"role": "user", "content": "?"}], "stream": true});
        let reply = served.post(path, &body);
        same(reply.status, 500).map_err(|e| format!("{path}: {e}: {}", reply.body))?;
        holds(reply.json()?["error"] != Value::Null, || reply.body.clone())?;
    }
    same(content(&say(&served, "tiny", json!({}))?), SENTENCE)?;
    // The same model without its template: another process answers.
    let raw = json!({"model": "bomb", "prompt": "?", "raw": true, "stream": false, "options": {"temperature": 0}});
    same(
        served.post("/api/generate", &raw).json()?["response"].as_str(),
        Some(SENTENCE),
    )?;
    let notices = served.notices.lock().map_err(|e| e.to_string())?.join("\n");
    holds(notices.contains("Died"), || notices.clone())
}

fn damaged(f: &Fixture) -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    let served = f.serve();
    for entry in std::fs::read_dir(served.store.join("blobs")).map_err(|e| e.to_string())? {
        let path = entry.map_err(|e| e.to_string())?.path();
        let mut bytes = std::fs::read(&path).map_err(|e| e.to_string())?;
        if !bytes.starts_with(b"GGUF") {
            continue;
        }
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        let writable = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, writable).map_err(|e| e.to_string())?;
        std::fs::write(&path, bytes).map_err(|e| e.to_string())?;
    }
    match say(&served, "tiny", json!({})) {
        Err(why) => holds(
            why.starts_with("500") && why.contains("sha256:") && !why.contains("/blobs"),
            || why.clone(),
        ),
        Ok(answer) => Err(answer.to_string()),
    }
}

fn replaced(f: &Fixture) -> Outcome {
    let served = f.serve();
    same(
        served
            .post(
                "/api/copy",
                &json!({"source": "tiny", "destination": "mine/two"}),
            )
            .status,
        200,
    )?;
    same(content(&say(&served, "mine/two", json!({}))?), SENTENCE)?;
    // Another model under the same name.
    same(
        served
            .post(
                "/api/copy",
                &json!({"source": "noise", "destination": "mine/two"}),
            )
            .status,
        200,
    )?;
    holds(
        content(&say(&served, "mine/two", json!({}))?) != SENTENCE,
        || "the old one".into(),
    )?;
    let delete = |name: &str| {
        served
            .ask(
                "DELETE",
                "/api/delete",
                "",
                &json!({"model": name}).to_string(),
            )
            .status
    };
    same(delete("mine/two"), 200)?;
    same(delete("mine/two"), 404)?;
    same(delete("../tiny"), 400)?;
    match say(&served, "mine/two", json!({})) {
        Err(why) => holds(why.starts_with("404"), || why.clone()),
        Ok(answer) => Err(answer.to_string()),
    }
}
