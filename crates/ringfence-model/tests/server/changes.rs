//! Models that are made and pulled through the server, and blobs that are uploaded for it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ringfence_model::server::{Settings, limits};
use ringfence_runner::testing::{SENTENCE, Tiny};
use ringfence_runtime::outbound::Outbound;
use serde_json::{Value, json};

use crate::Case;
use crate::fixture::{Fixture, Outcome, Reply, Served, holds, reply, same, text};
use crate::registry::{self, FAR, Registry, sha256};

pub const CASES: &[Case] = &[
    (
        "a model is made of an uploaded file and another of it",
        made,
    ),
    (
        "what no model can be made of is refused with the reason",
        refused,
    ),
    (
        "a blob is kept when it is what its digest says, and only then",
        blobs,
    ),
    (
        "an upload that breaks off or dawdles leaves nothing",
        broken,
    ),
    ("a blob that waits for its model outlives removals", held),
    (
        "a disk that is full in the middle of a blob keeps nothing of it",
        full,
    ),
    (
        "a model is pulled line by line, in one piece, and again",
        pulled,
    ),
    ("a pull that nobody waits for ends, and goes on later", left),
    ("a pull that can not be made says why", unpulled),
    ("nothing is pushed", pushed),
    ("changes are told, and a server may refuse them all", told),
];

/// A server that pulls from these.
pub fn pulling(f: &Fixture, registries: &[&Registry]) -> Served {
    let allow = registries.iter().map(|registry| registry.host()).collect();
    f.serve_with(|settings: &mut Settings| {
        settings.outbound = Some(Outbound::new(None, allow).expect("outbound"));
    })
}

pub fn upload(served: &Served, path: &str, body: &[u8]) -> Reply {
    let mut stream = served.connect();
    let host = served.host();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("request");
    // An answer may come before the whole body went.
    let _ = stream.write_all(body);
    reply(&mut stream)
}

pub fn blob(served: &Served, body: &[u8]) -> Result<String, String> {
    let digest = sha256(body).to_string();
    let reply = upload(served, &format!("/api/blobs/{digest}"), body);
    same(reply.status, 201).map_err(|e| format!("{e}: {}", reply.body))?;
    Ok(digest)
}

pub fn said(served: &Served, model: &str) -> Result<String, String> {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "?"}], "stream": false, "options": {"temperature": 0, "num_predict": 64}});
    let reply = served.post("/api/chat", &body);
    same(reply.status, 200).map_err(|e| format!("{e}: {}", reply.body))?;
    let value = reply.json()?;
    let content = value.pointer("/message/content").and_then(Value::as_str);
    Ok(content.unwrap_or_default().to_owned())
}

fn statuses(reply: &Reply) -> Vec<String> {
    let steps = reply.steps();
    let status = |step: &Value| step["status"].as_str().map(str::to_owned);
    steps.iter().filter_map(status).collect()
}

/// Every file of the store, by name.
pub fn files(served: &Served) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(served.store.join("blobs")).map_err(text)?;
    let mut paths: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    Ok(paths)
}

fn made(f: &Fixture) -> Outcome {
    let served = f.serve();
    let sentence = "Uploaded files speak for themselves";
    let file = Tiny::script(sentence).file();
    let digest = sha256(&file).to_string();
    let path = format!("/api/blobs/{digest}");
    same(served.ask("HEAD", &path, "", "").status, 404)?;
    same(blob(&served, &file)?, digest.clone())?;
    same(served.ask("HEAD", &path, "", "").status, 200)?;
    let body = json!({"model": "mine/up:1", "files": {"../../any name.gguf": digest}, "system": "Be brief.", "parameters": {"temperature": 0, "stop": ["zz"]}, "license": "free", "messages": [{"role": "user", "content": "hello"}]});
    let reply = served.post("/api/create", &body);
    same(reply.status, 200).map_err(|e| format!("{e}: {}", reply.body))?;
    holds(reply.head.contains("application/x-ndjson"), || {
        reply.head.clone()
    })?;
    same(
        statuses(&reply),
        vec![
            "parsing GGUF".to_owned(),
            format!("using existing layer {digest}"),
            "writing manifest".into(),
            "success".into(),
        ],
    )?;
    same(said(&served, "mine/up:1")?.as_str(), sentence)?;
    let show = served
        .post("/api/show", &json!({"model": "mine/up:1"}))
        .json()?;
    same(
        (show["system"].as_str(), show["license"].as_str()),
        (Some("Be brief."), Some("free")),
    )?;
    let word = sentence.split(' ').nth(2).unwrap_or_default();
    let body = json!({"model": "second", "from": "mine/up:1", "stream": false, "template": "{{ messages[0].content }}", "parameters": {"stop": [word]}});
    let reply = served.post("/api/create", &body);
    same(
        (reply.status, reply.json()?),
        (200, json!({"status": "success"})),
    )?;
    same(
        said(&served, "second")?.as_str(),
        sentence.split(word).next().unwrap_or_default(),
    )?;
    let show = served
        .post("/api/show", &json!({"model": "second"}))
        .json()?;
    same(show["template"].as_str(), Some("{{ messages[0].content }}"))?;
    same(show["system"].as_str(), Some("Be brief."))?;
    // A loaded model that is made anew answers as the new one.
    let body = json!({"model": "second", "from": "tiny", "stream": false});
    same(served.post("/api/create", &body).status, 200)?;
    same(said(&served, "second")?.as_str(), SENTENCE)
}

fn refused(f: &Fixture) -> Outcome {
    let served = f.serve();
    let before = files(&served)?;
    let text_blob = blob(&served, b"{\"not\": \"a model\"}")?;
    let absent = sha256(b"absent").to_string();
    let cases = [
        (json!({"model": "x"}), 400, "from is required"),
        (json!({"from": "tiny"}), 400, "model"),
        (json!({"model": "../x", "from": "tiny"}), 400, "model: "),
        (json!({"model": "a/b/c/d", "from": "tiny"}), 400, "model: "),
        (
            json!({"model": "x", "from": "none"}),
            404,
            "model 'none:latest' not found",
        ),
        (
            json!({"model": "x", "from": "/etc/passwd"}),
            400,
            "it is a model's name",
        ),
        (
            json!({"model": "x", "from": "./tiny.gguf"}),
            400,
            "it is a model's name",
        ),
        (
            json!({"model": "x", "from": "tiny", "files": {"a": text_blob}}),
            400,
            "say one of them",
        ),
        (
            json!({"model": "x", "files": {"a": text_blob, "b": absent}}),
            400,
            "one GGUF file",
        ),
        (
            json!({"model": "x", "files": {"a": absent}}),
            400,
            "upload it to /api/blobs/sha256:",
        ),
        (
            json!({"model": "x", "files": {"a": text_blob}}),
            400,
            "no model that may be loaded: byte 0",
        ),
        (
            json!({"model": "x", "files": {"a": "sha256:../../../../etc/passwd"}}),
            400,
            "hexadecimal",
        ),
        (
            json!({"model": "x", "files": {"a": "../../etc/passwd"}}),
            400,
            "sha256:",
        ),
        (
            json!({"model": "x", "from": "tiny", "adapters": {"a": text_blob}}),
            400,
            "adapters are not supported",
        ),
        (
            json!({"model": "x", "from": "tiny", "quantize": "q4_0"}),
            400,
            "quantize is not supported",
        ),
        (
            json!({"model": "x", "modelfile": "FROM tiny"}),
            400,
            "modelfile is not supported",
        ),
        (
            json!({"model": "x", "path": "/etc/passwd"}),
            400,
            "path is not supported",
        ),
        (
            json!({"model": "x", "from": "tiny", "renderer": "qwen"}),
            400,
            "renderer is not supported",
        ),
        (
            json!({"model": "x", "from": "tiny", "tempalte": "x"}),
            400,
            "tempalte",
        ),
        (
            json!({"model": "x", "from": "tiny", "template": "{{ .Prompt }}"}),
            400,
            "Go's text/template",
        ),
        (
            json!({"model": "x", "from": "tiny", "template": "{% for %}"}),
            400,
            "line 1",
        ),
        (
            json!({"model": "x", "from": "tiny", "parameters": {"temperature": "hot"}}),
            400,
            "parameters.temperature",
        ),
        (
            json!({"model": "x", "from": "tiny", "license": 7}),
            400,
            "license",
        ),
        (
            json!({"model": "x", "from": "tiny", "messages": [{"role": "king", "content": "x"}]}),
            400,
            "messages[0].role",
        ),
        (
            json!({"model": "x", "from": "tiny", "messages": [{"role": "user", "content": "x", "tool_call_id": "y"}]}),
            400,
            "messages[0]",
        ),
        (json!(["model"]), 400, "an object is expected"),
    ];
    for (body, status, why) in cases {
        let reply = served.post("/api/create", &body);
        same(reply.status, status).map_err(|e| format!("{body}: {e}: {}", reply.body))?;
        let said = reply.json()?["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        holds(said.contains(why), || format!("{body}: {said}"))?;
        // Neither a path of this machine nor one of the store is told.
        holds(!said.contains("blobs/sha256-"), || said.clone())?;
    }
    same(files(&served)?.len(), before.len() + 1)?;
    same(served.post("/api/show", &json!({"model": "x"})).status, 404)?;
    same(served.get("/api/create").status, 405)
}

fn blobs(f: &Fixture) -> Outcome {
    let served = f.serve();
    let before = files(&served)?;
    let good = sha256(b"good").to_string();
    let evil = upload(&served, &format!("/api/blobs/{good}"), b"evil");
    same(evil.status, 400)?;
    holds(evil.body.contains("nothing was kept"), || evil.body.clone())?;
    same(
        served
            .ask("HEAD", &format!("/api/blobs/{good}"), "", "")
            .status,
        404,
    )?;
    for path in [
        "sha256:../../../../../../tmp/owned",
        "sha256:..%2f..%2f..%2ftmp%2fowned",
        "..%2f..%2fetc%2fpasswd",
        "../../../etc/passwd",
        &format!("sha256-{}", &good[7..]),
        &good[7..],
        &good.to_uppercase(),
        &format!("{good}/../x"),
        &format!("{good}%00"),
        "",
    ] {
        for method in ["HEAD", "POST"] {
            let status = served
                .ask(method, &format!("/api/blobs/{path}"), "", "")
                .status;
            holds(matches!(status, 400 | 404), || {
                format!("{method} {path}: {status}")
            })?;
        }
    }
    let announced = |length: &str| {
        let mut stream = served.connect();
        let head = format!(
            "POST /api/blobs/{good} HTTP/1.1\r\nhost: {}\r\ncontent-length: {length}\r\n\r\n",
            served.host()
        );
        stream.write_all(head.as_bytes()).expect("request");
        reply(&mut stream).status
    };
    same(announced(&(limits::BLOB_BYTES + 1).to_string()), 413)?;
    // Above what a length can be the head itself is refused.
    same(announced("18446744073709551614"), 431)?;
    for bad in ["-1", "99999999999999999999999", "0x10", "1e9"] {
        same(announced(bad), 400).map_err(|e| format!("{bad}: {e}"))?;
    }
    let path = format!("/api/blobs/{good}");
    same(
        served
            .ask("POST", &path, "content-encoding: gzip\r\n", "good")
            .status,
        400,
    )?;
    same(served.get(&path).status, 405)?;
    same(files(&served)?, before.clone())?;
    // Twice is once; and what was damaged meanwhile is whole again.
    for _ in 0..2 {
        same(upload(&served, &path, b"good").status, 201)?;
    }
    same(files(&served)?.len(), before.len() + 1)?;
    let stored = served.store.join("blobs").join(good.replace(':', "-"));
    std::fs::remove_file(&stored).map_err(text)?;
    std::fs::write(&stored, b"gone").map_err(text)?;
    same(upload(&served, &path, b"good").status, 201)?;
    same(std::fs::read(&stored).map_err(text)?, b"good".to_vec())
}

fn broken(f: &Fixture) -> Outcome {
    let served = f.serve();
    let before = files(&served)?;
    let digest = sha256(b"whole").to_string();
    let begun = || {
        let mut stream = served.connect();
        let head = format!(
            "POST /api/blobs/{digest} HTTP/1.1\r\nhost: {}\r\ncontent-length: 5\r\n\r\nwho",
            served.host()
        );
        stream.write_all(head.as_bytes()).expect("request");
        stream
    };
    let settled = |count: usize, what: &str| {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let now = files(&served)?;
            if now.len() == count {
                return Ok(());
            }
            holds(Instant::now() < end, || format!("{what}: {now:?}"))?;
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    // As many as may be: the next one is told to wait.
    let half: Vec<_> = (0..limits::UPLOADS).map(|_| begun()).collect();
    settled(before.len() + limits::UPLOADS, "uploads begin")?;
    let path = format!("/api/blobs/{digest}");
    same(upload(&served, &path, b"whole").status, 503)?;
    drop(half);
    settled(before.len(), "what breaks off goes")?;
    let end = Instant::now() + Duration::from_secs(60);
    while upload(&served, &path, b"whole").status != 201 {
        holds(Instant::now() < end, || "their places stay taken".into())?;
    }
    if std::env::var_os("RINGFENCE_TEST_PATIENCE").is_some() {
        return Ok(());
    }
    // One that stops in the middle is let go, and told so.
    let mut stopped = begun();
    same(reply(&mut stopped).status, 400)?;
    settled(before.len() + 1, "what dawdles goes")
}

fn held(f: &Fixture) -> Outcome {
    let served = f.serve();
    let file = Tiny::script("Waiting is over").file();
    let digest = blob(&served, &file)?;
    let delete = |name: &str| {
        let body = json!({"model": name}).to_string();
        served.ask("DELETE", "/api/delete", "", &body).status
    };
    same(delete("noise"), 200)?;
    let body = json!({"model": "waited", "files": {"x.gguf": digest}, "stream": false});
    let reply = served.post("/api/create", &body);
    same(reply.status, 200).map_err(|e| format!("{e}: {}", reply.body))?;
    same(said(&served, "waited")?.as_str(), "Waiting is over")
}

/// The limit on the size of files stands for the disk: a write fails in the middle. It is set for another run of this program.
fn full(f: &Fixture) -> Outcome {
    if std::env::var_os("RINGFENCE_TEST_FULL").is_none() {
        let program = std::env::current_exe().map_err(text)?;
        // 512 bytes each: the models of the cases fit, what is uploaded does not.
        let script = "trap '' XFSZ; ulimit -f 8192; exec \"$0\" 'a disk that is full'";
        let output = Command::new("/bin/sh")
            .arg("-c")
            .arg(script)
            .arg(program)
            .env("RINGFENCE_TEST_FULL", "1")
            .output()
            .map_err(text)?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        return holds(output.status.success() && said.contains("... ok"), || said);
    }
    let served = f.serve();
    let before = files(&served)?;
    let large = vec![7; 24 << 20];
    let path = format!("/api/blobs/{}", sha256(&large));
    // The attack works: without a store in between, half a file stays.
    let plain = f.path("plain");
    let mut file = std::fs::File::create(&plain).map_err(text)?;
    holds(file.write_all(&large).is_err(), || "there is room".into())?;
    holds(plain.metadata().map_err(text)?.len() > 0, || {
        "nothing".into()
    })?;
    let reply = upload(&served, &path, &large);
    same(reply.status, 500).map_err(|e| format!("{e}: {}", reply.body))?;
    holds(reply.body.contains("full; nothing was kept"), || {
        reply.body.clone()
    })?;
    same(files(&served)?, before)?;
    same(served.ask("HEAD", &path, "", "").status, 404)?;
    same(said(&served, "tiny")?.as_str(), SENTENCE)
}

fn pulled(f: &Fixture) -> Outcome {
    let registry = registry::good();
    let served = pulling(f, &[&registry]);
    let name = format!("{}/library/far", registry.host());
    let reply = served.post("/api/pull", &json!({"model": name}));
    same(reply.status, 200).map_err(|e| format!("{e}: {}", reply.body))?;
    let said_statuses = statuses(&reply);
    same(
        said_statuses.first().map(String::as_str),
        Some("pulling manifest"),
    )?;
    same(said_statuses.last().map(String::as_str), Some("success"))?;
    let steps = reply.steps();
    let whole = steps.iter().find(|step| {
        step["completed"].is_u64() && step["completed"] == step["total"] && step["total"] != 2
    });
    let digest = whole.and_then(|step| step["digest"].as_str());
    holds(digest.is_some_and(|d| d.starts_with("sha256:")), || {
        reply.body.clone()
    })?;
    for status in ["verifying sha256 digest", "writing manifest"] {
        holds(said_statuses.iter().any(|s| s == status), || status.into())?;
    }
    same(said(&served, &name)?.as_str(), FAR)?;
    let reply = served.post("/api/pull", &json!({"name": name, "stream": false}));
    same(
        (reply.status, reply.json()?),
        (200, json!({"status": "success"})),
    )?;
    let asked = registry.asked().to_ascii_lowercase();
    same(asked.matches("/blobs/").count(), 2)?;
    holds(!asked.contains("authorization"), || asked.clone())
}

/// The registry sends the half of a file and then nothing.
fn left(f: &Fixture) -> Outcome {
    use std::net::TcpListener;
    let file = Tiny::script(FAR).file();
    let (whole, config) = (file.clone(), b"{}".to_vec());
    let text_of = registry::manifest(&file, &config);
    let listener = TcpListener::bind("127.0.0.1:0").map_err(text)?;
    let address = listener.local_addr().map_err(text)?;
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 4096];
            let count = std::io::Read::read(&mut stream, &mut head).unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..count]).into_owned();
            let from: usize = head
                .split_once("range: bytes=")
                .and_then(|(_, rest)| rest.split('-').next()?.parse().ok())
                .unwrap_or(0);
            let body = match head.contains("/manifests/") {
                true => text_of.clone().into_bytes(),
                false if head.contains(&sha256(&config).hex()) => config.clone(),
                false => whole.clone(),
            };
            let status = if head.contains("/manifests/") {
                "200 OK"
            } else {
                "206 Partial Content"
            };
            let (last, all) = (body.len() - 1, body.len());
            let range = format!("content-range: bytes {from}-{last}/{all}\r\n");
            let answer = registry::answer(status, &range, &body[from..]);
            let half = from == 0 && body.len() > 1000;
            let end = if half { answer.len() / 2 } else { answer.len() };
            let _ = stream.write_all(&answer[..end]);
            if half {
                kept.push(stream);
            }
        }
    });
    let stuck = Registry {
        address,
        asked: std::sync::Arc::default(),
    };
    let served = pulling(f, &[&stuck]);
    let name = format!("{}/library/far", stuck.host());
    let body = json!({"model": name}).to_string();
    let host = served.host();
    let length = body.len();
    let mut stream = served.connect();
    write!(
        stream,
        "POST /api/pull HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .map_err(text)?;
    let partial = |found: &[PathBuf]| {
        found
            .iter()
            .find(|path| path.to_string_lossy().ends_with("-partial"))
            .cloned()
    };
    let end = Instant::now() + Duration::from_secs(60);
    let size = |path: &Path| path.metadata().map_or(0, |meta| meta.len());
    while partial(&files(&served)?).is_none_or(|path| size(&path) < 1000) {
        holds(Instant::now() < end, || "no half of it comes".into())?;
        std::thread::sleep(Duration::from_millis(5));
    }
    // While it is being pulled somebody else is told so.
    let second = served.post("/api/pull", &json!({"model": name, "stream": false}));
    same(second.status, 503).map_err(|e| format!("{e}: {}", second.body))?;
    drop(stream);
    // Who waited is gone: the file is nobody's now, and the next one goes on where it ended.
    loop {
        let again = served.post("/api/pull", &json!({"model": name, "stream": false}));
        if again.status == 200 {
            break;
        }
        same(again.status, 503).map_err(|e| format!("{e}: {}", again.body))?;
        holds(Instant::now() < end, || "the first one goes on".into())?;
        std::thread::sleep(Duration::from_millis(20));
    }
    same(said(&served, &name)?.as_str(), FAR)
}

fn unpulled(f: &Fixture) -> Outcome {
    let registry = registry::good();
    let served = pulling(f, &[&registry]);
    let host = registry.host();
    for (body, status, why) in [
        (
            json!({"model": format!("{host}/missing/x:missing"), "stream": false}),
            404,
            "there is no such model",
        ),
        (
            json!({"model": format!("{host}/missing/x:missing")}),
            404,
            "there is no such model",
        ),
        (
            json!({"model": format!("{host}/a/b"), "insecure": true}),
            400,
            "insecure is not supported",
        ),
        (json!({"model": "../../x"}), 400, "model: "),
        (
            json!({"model": "example.com:0/a/b"}),
            400,
            "the port is none",
        ),
        (json!({}), 400, "model"),
    ] {
        let reply = served.post("/api/pull", &body);
        same(reply.status, status).map_err(|e| format!("{body}: {e}: {}", reply.body))?;
        holds(reply.body.contains(why), || {
            format!("{body}: {}", reply.body)
        })?;
    }
    // A server that was not told to pull does not.
    let alone = f.serve();
    let reply = alone.post("/api/pull", &json!({"model": format!("{host}/a/b")}));
    same(reply.status, 403)?;
    holds(reply.body.contains("ringfence model pull"), || {
        reply.body.clone()
    })
}

fn pushed(f: &Fixture) -> Outcome {
    let served = f.serve();
    let reply = served.post("/api/push", &json!({"model": "tiny", "insecure": true}));
    same(reply.status, 403)?;
    let said = reply.json()?["error"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    holds(said.contains("push is not supported"), || said.clone())
}

fn told(f: &Fixture) -> Outcome {
    let registry = registry::good();
    let far = format!("{}/a/b", registry.host());
    let changes = |served: &Served| {
        let digest = sha256(b"good").to_string();
        let delete = json!({"model": "made"}).to_string();
        [
            upload(served, &format!("/api/blobs/{digest}"), b"good").status,
            served
                .post(
                    "/api/create",
                    &json!({"model": "made", "from": "tiny", "stream": false}),
                )
                .status,
            served
                .post(
                    "/api/copy",
                    &json!({"source": "tiny", "destination": "copied"}),
                )
                .status,
            served.ask("DELETE", "/api/delete", "", &delete).status,
            served
                .post("/api/pull", &json!({"model": far, "stream": false}))
                .status,
        ]
    };
    let served = pulling(f, &[&registry]);
    same(changes(&served), [201, 200, 200, 200, 200])?;
    let notices = served.notices.lock().map_err(text)?.join("\n");
    for how in ["create", "copy", "delete", "pull"] {
        let told = format!("how: \"{how}\"");
        same(notices.matches(&told).count(), 1).map_err(|e| format!("{how}: {e}: {notices}"))?;
    }
    let before = registry.asked().len();
    let fixed = f.serve_with(|settings| {
        let allow = vec![registry.host()];
        settings.outbound = Some(Outbound::new(None, allow).expect("outbound"));
        settings.ask_only = true;
    });
    let found = files(&fixed)?;
    same(changes(&fixed), [403; 5])?;
    same(registry.asked().len(), before)?;
    same(files(&fixed)?, found)?;
    same(said(&fixed, "tiny")?.as_str(), SENTENCE)
}
