//! What a hostile page, a hostile client and a hostile file do to the server.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use ringfence_inference::limits::BODY_BYTES;
use ringfence_model::server::{Listen, Tokens, limits};
use serde_json::json;

use crate::Case;
use crate::fixture::{Fixture, Outcome, Served, holds, reply, same, text};

pub const CASES: &[Case] = &[
    (
        "other hosts and other origins are refused on every path",
        rebinding,
    ),
    ("a token is asked for on every path", token),
    ("no program learns what another one asked", apart),
    ("a unix socket serves its owner", unix),
    ("bodies and heads are bounded", bounded),
    ("what waits counts as memory still", waiting),
    (
        "a refused request leaves its connection of use, or says that it ends",
        refused,
    ),
    ("slow clients are let go, and keep nobody out", slow),
    ("a prompt is in no log and in no error", canary),
];

const PATHS: [(&str, &str); 22] = [
    ("GET", "/"),
    ("GET", "/api/tags"),
    ("GET", "/api/ps"),
    ("GET", "/api/version"),
    ("POST", "/api/chat"),
    ("POST", "/api/generate"),
    ("POST", "/api/show"),
    ("DELETE", "/api/delete"),
    ("GET", "/v1/models"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/messages"),
    ("OPTIONS", "/api/chat"),
    ("POST", "/api/create"),
    ("POST", "/api/pull"),
    ("POST", "/api/push"),
    ("POST", "/api/copy"),
    (
        "POST",
        "/api/blobs/sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    (
        "HEAD",
        "/api/blobs/sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    ("POST", "/api/embed"),
    ("POST", "/v1/responses"),
    ("POST", "/v1/messages/count_tokens"),
    ("GET", "/api/nothing"),
];

fn raw(served: &Served, request: &str) -> u16 {
    let mut stream = served.connect();
    let _ = stream.write_all(request.as_bytes());
    reply(&mut stream).status
}

/// CVE-2024-28224. The attack works without the check: the same request with the right host is answered.
fn rebinding(f: &Fixture) -> Outcome {
    let served = f.serve();
    let port = served.address.port();
    let get = |host: &str, more: &str| {
        raw(
            &served,
            &format!("GET /api/tags HTTP/1.1\r\nhost: {host}\r\n{more}connection: close\r\n\r\n"),
        )
    };
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
    ] {
        same(get(&host, ""), 200)?;
    }
    for (method, path) in PATHS {
        for (host, origin) in [
            (format!("rebound.example:{port}"), ""),
            ("rebound.example".into(), ""),
            (served.host(), "origin: https://rebound.example\r\n"),
            (served.host(), "origin: null\r\n"),
            (served.host(), "sec-fetch-site: cross-site\r\n"),
        ] {
            let request = format!(
                "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{origin}content-length: 0\r\nconnection: close\r\n\r\n"
            );
            same(raw(&served, &request), 403)
                .map_err(|e| format!("{method} {path} {host} {origin}: {e}"))?;
        }
    }
    let host = served.host();
    same(get(&format!("{host}\r\nhost: rebound.example"), ""), 400)?;
    same(raw(&served, "GET /api/tags HTTP/1.0\r\n\r\n"), 400)?;
    let absolute = format!(
        "GET http://rebound.example/api/tags HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    );
    same(raw(&served, &absolute), 403)?;
    let refused = served.ask("POST", "/v1/messages", "origin: https://a.example\r\n", "");
    same(
        refused
            .json()?
            .pointer("/error/type")
            .and_then(|t| t.as_str()),
        Some("permission_error"),
    )?;
    let open = f.serve_with(|settings| settings.origins = vec!["app://mine".into()]);
    let allowed = open.ask("OPTIONS", "/api/chat", "origin: app://mine\r\n", "");
    same(allowed.status, 204)?;
    holds(
        allowed
            .head
            .contains("access-control-allow-origin: app://mine"),
        || allowed.head.clone(),
    )?;
    same(
        open.ask("GET", "/api/tags", "origin: app://other\r\n", "")
            .status,
        403,
    )
}

fn token(f: &Fixture) -> Outcome {
    let served = f.serve_with(|settings| {
        settings.tokens = Tokens::parse(
            // Of the token below.
            "editor sha256:1bd8fd47297046f993e608e398d5905b00a33e163c6b1172dd38887fed05ed6a",
        )
        .expect("tokens");
    });
    for (method, path) in PATHS {
        same(served.ask(method, path, "", "").status, 401).map_err(|e| format!("{path}: {e}"))?;
        let wrong = "authorization: Bearer 0123456789abcdef0124\r\n";
        same(served.ask(method, path, wrong, "").status, 401)?;
    }
    same(
        served
            .ask(
                "GET",
                "/api/tags",
                "authorization: Bearer 0123456789abcdef0123\r\n",
                "",
            )
            .status,
        200,
    )?;
    same(
        served
            .ask(
                "GET",
                "/v1/models",
                "x-api-key: 0123456789abcdef0123\r\n",
                "",
            )
            .status,
        200,
    )
}

/// How many tokens were known already says how much of a guess is right.
fn apart(f: &Fixture) -> Outcome {
    let served = f.serve_with(|settings| {
        let (editor, shell) = (
            "sha256:1bd8fd47297046f993e608e398d5905b00a33e163c6b1172dd38887fed05ed6a",
            "sha256:50cc436976b59d5ce2a9c086412591e9ab1e3a30559f05cf34586fc83625034d",
        );
        settings.tokens = Tokens::parse(&format!("editor {editor}\nshell {shell}")).expect("two");
    });
    let known = |token: &str, ship: &str| -> Result<u64, String> {
        let content = format!("the password is the name of the second {ship}");
        let body = json!({"model": "tiny", "max_tokens": 4, "messages": [{"role": "user", "content": content}]});
        let headers = format!("authorization: Bearer {token}\r\n");
        let answer = served.ask("POST", "/v1/chat/completions", &headers, &body.to_string());
        let cached = &answer.json()?["usage"]["prompt_tokens_details"]["cached_tokens"];
        cached.as_u64().ok_or_else(|| answer.body.clone())
    };
    let (editor, shell) = ("0123456789abcdef0123", "0123456789abcdef0124");
    known(editor, "ship")?;
    let own = known(editor, "cat")?;
    holds(own > 20, || format!("the attack does not work: {own}"))?;
    known(editor, "ship")?;
    same(known(shell, "cat")?, 0)
}

fn unix(f: &Fixture) -> Outcome {
    let path = f.path("socket");
    let served = f.serve_with(|settings| settings.listen = Listen::Unix(path.clone()));
    let mut stream = UnixStream::connect(&path).map_err(text)?;
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .map_err(text)?;
    stream
        .write_all(b"GET /api/version HTTP/1.1\r\nhost: anything\r\nconnection: close\r\n\r\n")
        .map_err(text)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(text)?;
    holds(answer.starts_with("HTTP/1.1 200"), || answer.clone())?;
    drop(served);
    holds(!path.exists(), || "the socket stays".into())
}

fn bounded(f: &Fixture) -> Outcome {
    let served = f.serve();
    let host = served.host();
    let announced = format!(
        "POST /api/chat HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n",
        BODY_BYTES + 1
    );
    same(raw(&served, &announced), 413)?;
    // Without announcing it, and without an end.
    let mut stream = served.connect();
    stream
        .write_all(
            format!(
                "POST /v1/messages HTTP/1.1\r\nhost: {host}\r\ntransfer-encoding: chunked\r\n\r\n"
            )
            .as_bytes(),
        )
        .map_err(text)?;
    let part = [b"100000\r\n".as_slice(), &vec![b'x'; 1 << 20], b"\r\n"].concat();
    let sent = (0..200)
        .take_while(|_| stream.write_all(&part).is_ok())
        .count();
    holds(sent < 200, || "200 MiB were taken".into())?;
    same(
        served
            .ask("POST", "/api/chat", "content-encoding: gzip\r\n", "x")
            .status,
        400,
    )?;
    let long = format!(
        "GET / HTTP/1.1\r\nhost: {host}\r\nx: {}\r\n\r\n",
        "y".repeat(limits::HEAD_BYTES)
    );
    same(raw(&served, &long), 431)?;
    let many = format!(
        "GET / HTTP/1.1\r\nhost: {host}\r\n{}\r\n",
        "x: y\r\n".repeat(limits::HEADERS)
    );
    same(raw(&served, &many), 431)?;
    let deep = format!(
        "{{\"model\":\"tiny\",\"format\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    same(served.ask("POST", "/api/chat", "", &deep).status, 400)?;
    same(served.ask("POST", "/api/show", "", &deep).status, 400)?;
    same(served.get("/").status, 200)
}

/// Clients keep connections, and send a body after its head. One that was refused by its head alone sends the next request on the same
/// connection, and takes a connection that ends there for the end of the server.
fn refused(f: &Fixture) -> Outcome {
    let served = f.serve();
    let host = served.host();
    let answer = |stream: &mut std::net::TcpStream| {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
            bytes.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&bytes).into_owned();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).map(|()| head).map_err(text)
    };
    for (method, path, header, status) in [
        ("POST", "/api/push", "", " 403 "),
        ("POST", "/api/nothing", "", " 404 "),
        ("GET", "/api/chat", "", " 405 "),
        ("POST", "/api/tags", "", " 405 "),
        (
            "POST",
            "/api/chat",
            "origin: https://a.example\r\n",
            " 403 ",
        ),
        ("POST", "/api/chat", "content-encoding: gzip\r\n", " 400 "),
    ] {
        let mut stream = served.connect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 4\r\n{header}\r\n"
        );
        stream.write_all(request.as_bytes()).map_err(text)?;
        std::thread::sleep(Duration::from_millis(30));
        stream.write_all(b"body").map_err(text)?;
        let first = answer(&mut stream)?;
        holds(first.contains(status), || format!("{path}: {first}"))?;
        let again = format!("GET /api/version HTTP/1.1\r\nhost: {host}\r\n\r\n");
        stream.write_all(again.as_bytes()).map_err(text)?;
        let second = answer(&mut stream)?;
        holds(second.contains(" 200 "), || {
            format!("{path}: {first}{second}")
        })?;
        // More than is read for nothing, and what is not to be sent for nothing.
        for more in [
            "content-length: 99999999\r\n",
            "content-length: 4\r\nexpect: 100-continue\r\n",
        ] {
            let mut stream = served.connect();
            let request = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n{more}{header}\r\n");
            stream.write_all(request.as_bytes()).map_err(text)?;
            let head = answer(&mut stream)?.to_ascii_lowercase();
            holds(head.contains("connection: close"), || {
                format!("{path}: {head}")
            })?;
        }
    }
    Ok(())
}

/// Large questions to a model that is busy.
fn waiting(f: &Fixture) -> Outcome {
    let served = f.serve();
    let mut busy = served.connect();
    let send = |stream: &mut std::net::TcpStream, path: &str, body: &str| {
        let (host, length) = (served.host(), body.len());
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(body.as_bytes());
    };
    // Minutes of work, taken back below.
    let texts = vec!["word ".repeat(400); 2_000];
    let work = json!({"model": "noise", "input": texts});
    send(&mut busy, "/api/embed", &work.to_string());
    let end = Instant::now() + Duration::from_secs(60);
    while !served.get("/api/ps").body.contains("noise") {
        holds(Instant::now() < end, || "it is never loaded".into())?;
        std::thread::sleep(Duration::from_millis(50));
    }
    let large = json!({"model": "noise", "prompt": "x".repeat(BODY_BYTES - 1024)}).to_string();
    let mut waiting = Vec::new();
    // One more than there is room for.
    for _ in 0..=limits::BODIES_KIB * 1024 / BODY_BYTES {
        let mut stream = served.connect();
        send(&mut stream, "/api/generate", &large);
        waiting.push(stream);
    }
    // Whichever of them came last: they are sent in order and read at the same time.
    let end = Instant::now() + Duration::from_secs(60);
    let refused = |stream: &mut std::net::TcpStream| {
        let mut head = [0; 12];
        let _ = stream.set_read_timeout(Some(Duration::from_millis(20)));
        stream.read_exact(&mut head).is_ok() && &head == b"HTTP/1.1 503"
    };
    while !waiting.iter_mut().any(refused) {
        holds(Instant::now() < end, || "all of them wait".into())?;
    }
    drop(waiting);
    drop(busy);
    same(served.get("/").status, 200)
}

fn slow(f: &Fixture) -> Outcome {
    let served = f.serve();
    let host = served.host();
    // As many as there are places, each with the beginning of a request.
    let half: Vec<_> = (0..limits::CONNECTIONS)
        .map(|_| {
            let mut stream = served.connect();
            stream
                .write_all(b"GET / HTTP/1.1\r\nhost:")
                .map(|()| stream)
        })
        .collect::<Result<_, _>>()
        .map_err(text)?;
    let mut busy = 0;
    for _ in 0..20 {
        busy = served.get("/").status;
        if busy == 503 {
            break;
        }
    }
    same(busy, 503)?;
    drop(half);
    let end = Instant::now() + Duration::from_secs(30);
    while served.get("/").status != 200 {
        holds(Instant::now() < end, || "their places stay taken".into())?;
    }
    if std::env::var_os("RINGFENCE_TEST_PATIENCE").is_some() {
        return Ok(());
    }
    // One that sends a header a second for ever, and one whose body does not come: both are let go.
    let mut head = served.connect();
    let mut body = served.connect();
    head.write_all(format!("GET / HTTP/1.1\r\nhost: {host}\r\n").as_bytes())
        .map_err(text)?;
    body.write_all(
        format!("POST /api/chat HTTP/1.1\r\nhost: {host}\r\ncontent-length: 9\r\n\r\n").as_bytes(),
    )
    .map_err(text)?;
    let mut rounds = 0;
    while head.write_all(b"x: y\r\n").is_ok() {
        rounds += 1;
        holds(rounds < 120, || "a slow head is waited for".into())?;
        std::thread::sleep(Duration::from_secs(1));
    }
    same(reply(&mut body).status, 400)
}

/// Also in what the server tells its owner.
fn canary(f: &Fixture) -> Outcome {
    const CANARY: &str = "canary-4711-prompt";
    let served = f.serve();
    let messages = json!([{"role": "user", "content": CANARY}]);
    served.post(
        "/api/chat",
        &json!({"model": "tiny", "messages": messages, "stream": false}),
    );
    let wrong = served.post(
        "/api/chat",
        &json!({"model": "tiny", "messages": messages, "options": {"temperature": CANARY}}),
    );
    same(wrong.status, 400)?;
    let missing = served.post("/api/chat", &json!({"model": "none", "messages": messages}));
    holds(!missing.body.contains(CANARY), || missing.body.clone())?;
    let notices = served.notices.lock().map_err(text)?.join("\n");
    holds(
        !notices.contains(CANARY) && notices.contains("Loaded"),
        || notices.clone(),
    )
}
