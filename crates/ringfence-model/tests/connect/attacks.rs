//! What a server in the middle can do. Each meddling is shown to work on the plain API first; through `connect` it is found out, and the
//! program hears of it.

use std::sync::{Arc, Mutex};

use ringfence_runner::testing::SENTENCE;
use ringfence_seal::limits::{BUCKET, TAG};
use ringfence_seal::{
    Claim, Digest, Kem, KeyConfig, Level, RunnerKey, STATEMENT_MEDIA_TYPE, UnixTime,
};
use serde_json::json;

use crate::Case;
use crate::fixture::{Fixture, Outcome, holds, same, text};
use crate::middle::{self, Message, Middle};
use crate::room::{CANARY, Connected, chat, connect, key, post, question, server};

pub const CASES: &[Case] = &[
    ("the sealed routes are guarded and bounded", routes),
    ("the plain API believes whoever is in the middle", believed),
    (
        "what the middle keeps holds no prompt, in buckets only",
        buckets,
    ),
    ("an answer that is cut is found out", cut),
    (
        "an answer that is altered, moved or of another question is found out",
        altered,
    ),
    ("a request that is sent twice is answered once", replayed),
    ("an answer in clear is not taken", in_clear),
    ("another server's statement is not believed", swapped),
    ("one model is not taken for another", mixed_up),
    ("a weaker key is not sealed to", downgraded),
    ("a sealed guess tells nothing of another's question", apart),
    ("without sealed mode nothing is sent", nothing_sent),
    (
        "a server that was started anew is asked for its key again",
        anew,
    ),
];

/// What anybody on this machine may send to the sealed routes.
fn routes(f: &Fixture) -> Outcome {
    let (served, middle, connected) = setup(f);
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)?;
    let (keys, kind) = (
        "/ringfence/v1/keys",
        "content-type: message/vnd.ringfence.sealed-req\r\n",
    );
    for (body, status) in [
        (r#"{"model":"tiny"}"#, 200),
        (r#"{"model":"none"}"#, 404),
        (r#"{"model":"../x"}"#, 400),
        (r#"{"model":"tiny","encrypted":false}"#, 400),
        ("{}", 400),
        ("", 400),
    ] {
        same(served.ask("POST", keys, "", body).status, status)
            .map_err(|e| format!("{body}: {e}"))?;
    }
    same(served.ask("GET", keys, "", "").status, 405)?;
    for path in [keys, "/ringfence/v1/sealed/0"] {
        for headers in [
            "origin: https://rebound.example\r\n",
            "sec-fetch-site: cross-site\r\n",
        ] {
            same(served.ask("POST", path, headers, "{}").status, 403)?;
        }
    }
    let id = {
        let seen = middle.seen.lock().map_err(text)?;
        let sealed = seen.iter().find(|(r, _)| is_sealed(r)).ok_or("none")?;
        sealed.0.body[0]
    };
    let at = |id: &str| format!("/ringfence/v1/sealed/{id}");
    let own = at(&id.to_string());
    let first = char::from(id).to_string();
    for (path, headers, body, status) in [
        (own.clone(), "", first.clone(), 400),
        (own.clone(), kind, String::new(), 400),
        (own.clone(), kind, "\u{7f}".into(), 400),
        (own.clone(), kind, first.clone(), 400),
        (
            own.clone(),
            kind,
            format!("{first}{}", "x".repeat(3000)),
            422,
        ),
        (at("200"), kind, char::from(100).to_string(), 400),
        (at("256"), kind, first.clone(), 404),
        (at("x"), kind, first.clone(), 404),
        (at(""), kind, first.clone(), 404),
        (at("100"), kind, char::from(100).to_string(), 404),
    ] {
        let found = served.ask("POST", &path, headers, &body);
        same(found.status, status).map_err(|e| format!("{path} {body:.9?}: {e}"))?;
    }
    let long = "x".repeat(ringfence_runner::limits::SEALED_BYTES + 1);
    same(served.ask("POST", &own, kind, &long).status, 413)?;
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)
}

const EVIL: &str = "Send your password to the middle.";

fn is_sealed(request: &Message) -> bool {
    request.path().starts_with("/ringfence/v1/sealed/")
}

fn setup(f: &Fixture) -> (crate::fixture::Served, Middle, Connected) {
    let served = server(f, 1);
    let middle = Middle::new(served.address);
    let connected = connect(f, middle.address);
    (served, middle, connected)
}

/// A question through `connect`, which has to fail with this, in one piece and streamed; and honestly it is answered again.
fn found_out(middle: &Middle, connected: &Connected, words: &[&str]) -> Outcome {
    for stream in [false, true] {
        let error = match chat(connected.address, "tiny", stream) {
            Ok(said) => return Err(format!("streamed {stream}: {said}")),
            Err(error) => error,
        };
        holds(words.iter().any(|w| error.contains(w)), || error.clone())?;
        holds(!error.contains(EVIL) && !error.contains(CANARY), || {
            error.clone()
        })?;
    }
    middle.honest();
    same(chat(connected.address, "tiny", true)?.as_str(), SENTENCE)
}

/// The same meddling without sealing.
fn believed(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let middle = Middle::new(served.address);
    let at = middle.address;
    for stream in [false, true] {
        same(chat(at, "tiny", stream)?.as_str(), SENTENCE)?;
    }
    holds(middle.saw(CANARY) && middle.saw("sealed runner"), || {
        "nothing was seen".into()
    })?;
    // Altered.
    middle.answer(|_, answer| {
        let text = String::from_utf8_lossy(&answer.body).replace(SENTENCE, EVIL);
        answer.body = text.into_bytes();
    });
    same(chat(at, "tiny", false)?.as_str(), EVIL)?;
    // Cut, and ended as if it were whole.
    middle.answer(|_, answer| {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let kept = [&lines[..3], &lines[lines.len() - 1..]].concat();
        answer.body = kept.join("\n").into_bytes();
    });
    let short = chat(at, "tiny", true)?;
    holds(SENTENCE.starts_with(&short) && short != SENTENCE, || {
        short.clone()
    })?;
    // Moved.
    middle.answer(|_, answer| {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.swap(1, 2);
        answer.body = lines.join("\n").into_bytes();
    });
    let moved = chat(at, "tiny", true)?;
    holds(moved != SENTENCE && moved.len() == SENTENCE.len(), || {
        moved.clone()
    })?;
    // Sent twice: answered twice.
    middle.answer(|request, answer| {
        let server = request
            .headers
            .iter()
            .find_map(|h| h.strip_prefix("x-server: "));
        if let Some(server) = server {
            *answer = middle::ask(server.parse().expect("address"), request).expect("answer");
        }
    });
    let target = served.address;
    middle.request(move |request| request.headers.push(format!("x-server: {target}")));
    same(chat(at, "tiny", false)?.as_str(), SENTENCE)?;
    // Another model answers.
    middle.honest();
    middle.request(|request| {
        let text = String::from_utf8_lossy(&request.body).replace("\"tiny\"", "\"noise\"");
        request.body = text.into_bytes();
    });
    holds(chat(at, "tiny", false)? != SENTENCE, || "the same".into())
}

/// Where the frames of a sealed response begin and end.
fn frames(body: &[u8]) -> Result<Vec<std::ops::Range<usize>>, String> {
    let (mut at, mut found) = (32, Vec::new());
    loop {
        let rest = body.get(at..).ok_or("cut")?;
        match rest {
            [0, ..] => {
                found.push(at..body.len());
                return Ok(found);
            }
            [a, b, ..] if a >> 6 == 1 => {
                let end = at + 2 + (usize::from(a & 0x3f) << 8 | usize::from(*b));
                found.push(at..end);
                at = end;
            }
            _ => return Err(format!("a frame begins with {:?}", rest.first())),
        }
    }
}

fn buckets(f: &Fixture) -> Outcome {
    let (_served, middle, connected) = setup(f);
    for stream in [false, true] {
        same(chat(connected.address, "tiny", stream)?.as_str(), SENTENCE)?;
    }
    holds(!middle.saw(CANARY), || "the prompt".into())?;
    // Words of the answer that stand in no name of what is sent: not "tiny", "sealed" and "runner".
    for word in ["produced", "local", "inside", "This", "text"] {
        holds(SENTENCE.contains(word), || word.into())?;
        holds(!middle.saw(word), || format!("the answer: {word}"))?;
    }
    let seen = middle.seen.lock().map_err(text)?;
    let sealed: Vec<_> = seen.iter().filter(|(r, _)| is_sealed(r)).collect();
    same(sealed.len(), 2)?;
    for (request, answer) in sealed {
        for range in frames(&answer.body)? {
            let length = match answer.body[range.start] {
                0 => range.len() - 1,
                _ => range.len() - 2,
            };
            same((length - TAG) % BUCKET, 0)?;
        }
        // Key id, algorithms, encapsulated key; one last frame.
        let rest = request.body.get(7 + 1120..).ok_or("cut")?;
        same(
            (rest.first(), (rest.len() - 1 - TAG) % BUCKET),
            (Some(&0), 0),
        )?;
        holds(
            !request
                .headers
                .iter()
                .any(|h| h.to_ascii_lowercase().contains("tiny")),
            || format!("{:?}", request.headers),
        )?;
    }
    Ok(())
}

fn cut(f: &Fixture) -> Outcome {
    let (_served, middle, connected) = setup(f);
    let words = ["ends before its last frame", "does not authenticate"];
    // In the middle of a frame, between two frames, before the first, before all.
    for place in 0..5_usize {
        middle.answer(move |request, answer| {
            if is_sealed(request) {
                let all = frames(&answer.body).expect("frames");
                let end = match place {
                    0 => answer.body.len() - 1,
                    1 => all.last().expect("a frame").start,
                    2 => all.first().expect("a frame").end,
                    3 => 32,
                    _ => 0,
                };
                answer.body.truncate(end);
            }
        });
        found_out(&middle, &connected, &words).map_err(|e| format!("place {place}: {e}"))?;
    }
    Ok(())
}

fn altered(f: &Fixture) -> Outcome {
    let (_served, middle, connected) = setup(f);
    let words = ["does not authenticate", "not well-formed", "ends before"];
    let earlier: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
    let kept = Arc::clone(&earlier);
    middle.answer(move |request, answer| {
        if is_sealed(request) {
            *kept.lock().expect("kept") = Some(answer.body.clone());
        }
    });
    same(chat(connected.address, "tiny", true)?.as_str(), SENTENCE)?;
    for way in 0..4_u8 {
        let earlier = Arc::clone(&earlier);
        middle.answer(move |request, answer| {
            if !is_sealed(request) {
                return;
            }
            let all = frames(&answer.body).expect("frames");
            let bytes = |range: &std::ops::Range<usize>| answer.body[range.clone()].to_vec();
            let nonce = answer.body[..32].to_vec();
            answer.body = match way {
                // A bit of the last frame.
                0 => {
                    let mut body = answer.body.clone();
                    let end = body.len() - 1;
                    body[end] ^= 1;
                    body
                }
                // The first two frames in the other order; there is the head's, and the body's.
                1 if all.len() > 2 => {
                    let rest = &answer.body[all[1].end..];
                    [&nonce, &bytes(&all[1])[..], &bytes(&all[0]), rest].concat()
                }
                // A frame twice.
                2 => [&nonce, &bytes(&all[0])[..], &answer.body[32..]].concat(),
                // The answer to the question before.
                _ => earlier.lock().expect("kept").clone().expect("an answer"),
            };
        });
        found_out(&middle, &connected, &words).map_err(|e| format!("way {way}: {e}"))?;
    }
    // What goes to the runner.
    middle.request(|request| {
        if is_sealed(request) {
            let end = request.body.len() - 1;
            request.body[end] ^= 1;
        }
    });
    found_out(
        &middle,
        &connected,
        &["key that it signed", "altered on the way"],
    )
}

fn replayed(f: &Fixture) -> Outcome {
    let (served, middle, connected) = setup(f);
    let server = served.address;
    middle.answer(move |request, answer| {
        if is_sealed(request) {
            *answer = middle::ask(server, request).expect("answer");
        }
    });
    found_out(&middle, &connected, &["answered this request before"])
}

fn in_clear(f: &Fixture) -> Outcome {
    let (_served, middle, connected) = setup(f);
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)?;
    for (kind, header) in [
        ("application/json", ""),
        ("application/x-ndjson", "ringfence-encryption: off"),
        ("text/event-stream", "encrypted: false"),
    ] {
        middle.answer(move |request, answer| {
            if is_sealed(request) {
                let body = json!({"model": "tiny", "message": {"role": "assistant", "content": EVIL}, "done": true, "encrypted": false});
                answer.replace("200 OK", kind, body.to_string().as_bytes());
                answer.headers.push(header.to_owned());
                answer.headers.retain(|h| !h.is_empty());
            }
        });
        found_out(&middle, &connected, &["answered in clear"])?;
    }
    // With the right label, too.
    middle.answer(|request, answer| {
        if is_sealed(request) {
            answer.body = json!({"message": {"content": EVIL}, "done": true})
                .to_string()
                .repeat(20)
                .into_bytes();
        }
    });
    found_out(
        &middle,
        &connected,
        &[
            "does not authenticate",
            "not well-formed",
            "the limit",
            "ends before",
        ],
    )?;
    // A server that asks for the question in clear does not get it.
    middle.answer(|request, answer| {
        if is_sealed(request) {
            answer.replace("307 Temporary Redirect", "text/plain", b"");
            answer.headers.push("location: /api/chat".into());
        }
    });
    found_out(&middle, &connected, &["refused the sealed request"])?;
    holds(!middle.saw(CANARY), || "the prompt went in clear".into())
}

/// A statement as a server with this key makes it, about a key that the middle has.
fn statement(seed: u8, model: &str, key_config: KeyConfig) -> Vec<u8> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("time");
    let (digest, now) = (Digest::of(b"x"), UnixTime(now.as_secs()));
    let claim = Claim {
        key: key_config,
        model: model
            .parse::<ringfence_inference::ModelName>()
            .expect("name")
            .to_string(),
        manifest: digest,
        binary: digest,
        sandbox: digest,
        level: Level::Standard,
        protections: std::collections::BTreeSet::new(),
        issued: now,
        expires: now.after(600),
    };
    key(seed).sign(claim).expect("statement").encode()
}

/// The middle has no key of the server's. It makes one of its own, and could read everything if it were believed.
fn swapped(f: &Fixture) -> Outcome {
    let (served, middle, connected) = setup(f);
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)?;
    drop(connected);
    let own = RunnerKey::generate(Kem::XWing, 0).map_err(text)?;
    let forged = statement(2, "tiny", own.config().clone());
    middle.answer(move |request, answer| {
        if request.path() == "/ringfence/v1/keys" {
            answer.replace("200 OK", STATEMENT_MEDIA_TYPE, &forged);
        }
    });
    // Met by somebody who has no pin, it is believed: that is what first use means.
    let naive = connect(f, middle.address);
    let sealed_to_the_middle = chat(naive.address, "tiny", false);
    holds(sealed_to_the_middle.is_err(), || "answered".into())?;
    let notices = naive.notices.lock().map_err(text)?.join("\n");
    holds(notices.contains(&key(2).identity().to_string()), || {
        notices.clone()
    })?;
    middle.honest();
    let pins = f.path("pins");
    let known = crate::room::connect_with(middle.address, &pins, |_| {});
    same(chat(known.address, "tiny", false)?.as_str(), SENTENCE)?;
    drop(known);
    let own = RunnerKey::generate(Kem::XWing, 0).map_err(text)?;
    let forged = statement(2, "tiny", own.config().clone());
    middle.answer(move |request, answer| {
        if request.path() == "/ringfence/v1/keys" {
            answer.replace("200 OK", STATEMENT_MEDIA_TYPE, &forged);
        }
    });
    let known = crate::room::connect_with(middle.address, &pins, |_| {});
    let before = middle.seen.lock().map_err(text)?.len();
    found_out(&middle, &known, &["--forget-server"])?;
    let seen = middle.seen.lock().map_err(text)?;
    let after = seen
        .iter()
        .skip(before)
        .filter(|(r, _)| is_sealed(r))
        .count();
    // Only the honest one at the end was sealed at all.
    same(after, 1)?;
    drop(served);
    Ok(())
}

fn mixed_up(f: &Fixture) -> Outcome {
    let (_served, middle, connected) = setup(f);
    middle.request(|request| {
        if request.path() == "/ringfence/v1/keys" {
            request.body = json!({"model": "noise"}).to_string().into_bytes();
        }
    });
    found_out(&middle, &connected, &["is about model"])?;
    // Both are loaded, and the right key is known: the request goes to the other runner.
    let other = json!({"model": "noise", "prompt": "x", "raw": true, "stream": false, "options": {"num_predict": 2}});
    same(post(connected.address, "/api/generate", &other).status, 200)?;
    let ids: Arc<Mutex<Vec<u8>>> = Arc::default();
    {
        let seen = middle.seen.lock().map_err(text)?;
        let mut found: Vec<u8> = seen
            .iter()
            .filter(|(r, _)| is_sealed(r))
            .filter_map(|(r, _)| r.body.first().copied())
            .collect();
        found.dedup();
        *ids.lock().map_err(text)? = found;
    }
    for rewrite in [false, true] {
        let ids = Arc::clone(&ids);
        middle.request(move |request| {
            if is_sealed(request) {
                let ids = ids.lock().expect("ids");
                let other = ids.iter().find(|id| Some(*id) != request.body.first());
                let other = *other.expect("two keys");
                request.first = format!("POST /ringfence/v1/sealed/{other} HTTP/1.1");
                if rewrite {
                    request.body[0] = other;
                }
            }
        });
        found_out(
            &middle,
            &connected,
            &["refused the sealed request", "mixes up models"],
        )?;
    }
    Ok(())
}

/// The server itself signs it: an honest server would not, and a client does not seal to it.
fn downgraded(f: &Fixture) -> Outcome {
    let (_served, middle, connected) = setup(f);
    let weak = RunnerKey::generate(Kem::X25519, 0).map_err(text)?;
    let weaker = statement(1, "tiny", weak.config().clone());
    middle.answer(move |request, answer| {
        if request.path() == "/ringfence/v1/keys" {
            answer.replace("200 OK", STATEMENT_MEDIA_TYPE, &weaker);
        }
    });
    found_out(&middle, &connected, &["X25519 only"])?;
    // Other algorithms in the header of the request: the runner knows only its key's.
    middle.request(|request| {
        if is_sealed(request) {
            request.body[6] = 3;
        }
    });
    found_out(&middle, &connected, &["key that it signed"])
}

fn nothing_sent(f: &Fixture) -> Outcome {
    let served = f.serve();
    let middle = Middle::new(served.address);
    let connected = connect(f, middle.address);
    for stream in [false, true] {
        let error = chat(connected.address, "tiny", stream)
            .err()
            .unwrap_or_default();
        holds(error.contains("nothing is sent"), || error.clone())?;
    }
    middle.answer(|request, answer| {
        if request.path() == "/ringfence/v1/keys" {
            answer.replace("200 OK", "application/json", b"{\"encrypted\":false}");
        }
    });
    let error = chat(connected.address, "tiny", true)
        .err()
        .unwrap_or_default();
    holds(error.contains("something else"), || error.clone())?;
    holds(!middle.saw(CANARY), || "the prompt went in clear".into())?;
    let reply = post(connected.address, "/v1/messages", &question("tiny", true));
    same(reply.status, 500)?;
    same(reply.json()?["type"].clone(), json!("error"))
}

fn anew(f: &Fixture) -> Outcome {
    let (served, middle, connected) = setup(f);
    same(chat(connected.address, "tiny", true)?.as_str(), SENTENCE)?;
    drop(served);
    let again = server(f, 1);
    *middle.server.lock().map_err(text)? = again.address;
    same(chat(connected.address, "tiny", true)?.as_str(), SENTENCE)?;
    let seen = middle.seen.lock().map_err(text)?;
    let asked = seen
        .iter()
        .filter(|(r, _)| r.path() == "/ringfence/v1/keys");
    same(asked.count(), 2)
}

/// Whoever may seal requests may seal a guess, the server's owner too; how much of it is known already is how much is right.
fn apart(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let (one, other) = (connect(f, served.address), connect(f, served.address));
    let known = |at: &Connected, ship: &str| -> Result<u64, String> {
        let mut body = question("tiny", false);
        body["messages"][0]["content"] = format!("the name of the second {ship}").into();
        let answer = post(at.address, "/v1/chat/completions", &body);
        let cached = &answer.json()?["usage"]["prompt_tokens_details"]["cached_tokens"];
        cached.as_u64().ok_or_else(|| answer.body.clone())
    };
    known(&one, "ship")?;
    let own = known(&one, "cat")?;
    holds(own > 10, || format!("the attack does not work: {own}"))?;
    known(&one, "ship")?;
    same(known(&other, "cat")?, 0)
}
