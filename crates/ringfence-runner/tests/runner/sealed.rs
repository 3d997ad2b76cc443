//! Sealed requests: what the server hands over and gets back is ciphertext, and nothing else than a whole, recent and new request is
//! answered.

use std::time::{SystemTime, UNIX_EPOCH};

use ringfence_inference::KeepAlive;
use ringfence_runner::testing::SENTENCE;
use ringfence_runner::{ASKER, JobError, Runner, SealedStep};
use ringfence_seal::limits::{BUCKET, TAG};
use ringfence_seal::{
    Claim, Digest, Field, RequestHead, RequestSealer, ResponseHead, ResponseOpener, ServerKey,
    UnixTime, VerifiedRunner, Wanted,
};

use crate::Case;
use crate::fixture::{Fixture, Outcome, answer, greedy, holds, same, text};

pub const CASES: &[Case] = &[
    ("a sealed conversation is answered with the sentence", talks),
    (
        "sealed answers come in three shapes, and in buckets only",
        shapes,
    ),
    ("errors are sealed, in the shape of the API", errors),
    (
        "what is cut, altered, old, repeated or for another key is not answered",
        refused,
    ),
    ("a sealed answer can be taken back", taken_back),
    ("each runner has a key of its own", keys),
    ("no client learns what another one asked", apart),
];

const CANARY: &str = "canary-6f1c";

fn now() -> UnixTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("time");
    UnixTime(now.as_secs())
}

/// A server's statement, verified.
fn verified(runner: &Runner) -> VerifiedRunner {
    let digest = Digest::of(b"");
    let described = runner.described();
    let claim = Claim {
        key: runner.key().clone(),
        model: "tiny".into(),
        manifest: digest,
        binary: digest,
        sandbox: described.digest,
        level: described.level,
        protections: runner.words(),
        issued: now(),
        expires: now().after(3600),
    };
    let seed = ServerKey::fresh_seed().expect("seed");
    let signed = ServerKey::from_seed(&seed).expect("key").sign(claim);
    let signed = signed.expect("statement");
    signed
        .first_use(&Wanted::model("tiny"), now())
        .expect("verified")
        .0
}

fn seal_at(
    to: &VerifiedRunner,
    method: &str,
    path: &str,
    body: &str,
    at: UnixTime,
) -> (Vec<u8>, ResponseOpener) {
    let head = RequestHead {
        method: method.into(),
        path: path.into(),
        fields: Vec::new(),
    };
    let mut out = Vec::new();
    let mut sealer = RequestSealer::start(to, &head, at, &mut out).expect("start");
    sealer.body(body.as_bytes(), &mut out).expect("body");
    let opener = sealer.finish(&mut out).expect("finish");
    (out, opener)
}

fn seal(to: &VerifiedRunner, path: &str, body: &str) -> (Vec<u8>, ResponseOpener) {
    seal_at(to, "POST", path, body, now())
}

fn steps(runner: &mut Runner, ciphertext: &[u8]) -> Result<Vec<SealedStep>, JobError> {
    runner.sealed(ciphertext)?.collect()
}

/// Asks and opens: head, body, how often something came, and what was said about staying.
fn ask(
    runner: &mut Runner,
    path: &str,
    body: &str,
) -> Result<(ResponseHead, String, usize, Option<KeepAlive>), String> {
    let to = verified(runner);
    let (request, mut opener) = seal(&to, path, body);
    holds(!hay(&request, CANARY), || "the canary is in clear".into())?;
    let (mut head, mut plain, mut parts) = (None, Vec::new(), 0);
    for step in runner.sealed(&request).map_err(text)? {
        match step.map_err(text)? {
            SealedStep::Frames(bytes) => {
                parts += 1;
                holds(!hay(&bytes, "sealed runner"), || "in clear".into())?;
                if let Some(found) = opener.push(&bytes, &mut plain).map_err(text)? {
                    head = Some(found);
                }
            }
            SealedStep::Done { keep_alive } => {
                if let Some(found) = opener.finish(&mut plain).map_err(text)? {
                    head = Some(found);
                }
                let head = head.ok_or("no head")?;
                let body = String::from_utf8(plain).map_err(text)?;
                return Ok((head, body, parts, keep_alive));
            }
            refused => return Err(format!("{refused:?}")),
        }
    }
    Err("no end".into())
}

fn hay(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|w| w == needle.as_bytes())
}

fn chat(stream: bool) -> String {
    format!(
        r#"{{"model":"tiny","messages":[{{"role":"user","content":"{CANARY}"}}],"stream":{stream},"max_tokens":64,"temperature":0,"options":{{"temperature":0}},"keep_alive":60}}"#
    )
}

fn talks(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    for stream in [false, true] {
        let (head, body, _, keep_alive) = ask(&mut runner, "/api/chat", &chat(stream))?;
        same(head.status, 200)?;
        let said: String = body
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("json"))
            .filter_map(|step| Some(step.pointer("/message/content")?.as_str()?.to_owned()))
            .collect();
        same(said.as_str(), SENTENCE)?;
        let stays = std::time::Duration::from_secs(60);
        same(keep_alive, Some(KeepAlive::For(stays)))?;
    }
    // Plain questions go on beside it.
    same(
        answer(&mut runner, greedy("x")).map_err(text)?.0.as_str(),
        SENTENCE,
    )
}

fn shapes(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    for (path, kind) in [
        ("/api/chat", "application/x-ndjson"),
        ("/v1/chat/completions", "text/event-stream"),
        ("/v1/messages", "text/event-stream"),
    ] {
        let (head, body, ..) = ask(
            &mut runner,
            path,
            &chat(true).replace(r#","keep_alive":60"#, ""),
        )?;
        let found = head.fields.iter().find(|f| f.name == "content-type");
        same(found.map(|f| f.value.as_slice()), Some(kind.as_bytes()))?;
        holds(body.contains("sealed"), || body.clone())?;
    }
    // The nonce, then frames: a length of two bytes or one, buckets, a tag.
    let to = verified(&runner);
    let (request, _) = seal(&to, "/api/chat", &chat(true));
    let mut bytes = Vec::new();
    for step in steps(&mut runner, &request).map_err(text)? {
        if let SealedStep::Frames(frames) = step {
            bytes.extend(frames);
        }
    }
    let mut rest = bytes.get(32..).ok_or("no nonce")?;
    let mut count = 0;
    loop {
        count += 1;
        let (length, after) = match rest {
            [0, last @ ..] => {
                same((last.len() - TAG) % BUCKET, 0)?;
                break;
            }
            [a, b, after @ ..] if a >> 6 == 1 => {
                (usize::from(a & 0x3f) << 8 | usize::from(*b), after)
            }
            _ => return Err(format!("frame {count} begins with {:?}", rest.first())),
        };
        same((length - TAG) % BUCKET, 0)?;
        rest = after.get(length..).ok_or("cut")?;
    }
    holds(count >= 3, || format!("{count} frames"))
}

fn errors(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    for (path, body, status, says) in [
        ("/api/chat", "{", 400, r#"{"error":"#),
        ("/v1/chat/completions", "{}", 400, "invalid_request_error"),
        ("/v1/messages", "{}", 400, r#""type":"error""#),
        ("/api/tags", "", 404, r#"{"error":"#),
        ("/v1/nothing", "", 404, r#""error":{"#),
    ] {
        let (head, body, ..) = ask(&mut runner, path, body)?;
        same(head.status, status).map_err(|e| format!("{path}: {e}"))?;
        holds(body.contains(says), || body.clone())?;
    }
    let huge = chat(false).replace(r#""options":{"#, r#""options":{"num_ctx":4096,"#);
    let (head, body, ..) = ask(&mut runner, "/api/chat", &huge)?;
    // As much as the model was trained for is what it has here.
    holds(
        head.status == 200 || body.contains("context of 512 tokens"),
        || body.clone(),
    )?;
    let to = verified(&runner);
    let (request, mut opener) = seal_at(&to, "GET", "/api/chat", "", now());
    let mut plain = Vec::new();
    let mut status = None;
    for step in steps(&mut runner, &request).map_err(text)? {
        if let SealedStep::Frames(bytes) = step
            && let Some(head) = opener.push(&bytes, &mut plain).map_err(text)?
        {
            status = Some(head.status);
        }
    }
    same(status, Some(405))
}

fn refused(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    let mut other = f.start(&f.script).map_err(text)?;
    let to = verified(&runner);
    let word = |runner: &mut Runner, ciphertext: &[u8]| -> Result<String, String> {
        match steps(runner, ciphertext).map_err(text)?.as_slice() {
            [SealedStep::Refused { word, .. }] => Ok(word.clone()),
            [.., SealedStep::Done { .. }] => Ok("answered".into()),
            found => Err(format!("{found:?}")),
        }
    };
    let (request, _) = seal(&to, "/api/chat", &chat(false));
    // Sent to the other one, which has the same key id and another key.
    same(word(&mut other, &request)?.as_str(), "key")?;
    for end in [0, 1, 7, 500, request.len() - 1] {
        same(word(&mut runner, &request[..end])?.as_str(), "malformed")
            .or_else(|_| same(word(&mut runner, &request[..end])?.as_str(), "key"))
            .map_err(|e| format!("cut at {end}: {e}"))?;
    }
    for at in [0, 2, 8, 1200, request.len() - 3] {
        let mut altered = request.clone();
        altered[at] ^= 1;
        let found = word(&mut runner, &altered)?;
        holds(found != "answered", || format!("bit flipped at {at}"))?;
    }
    // Untouched it is answered, once.
    same(word(&mut runner, &request)?.as_str(), "answered")?;
    same(word(&mut runner, &request)?.as_str(), "replayed")?;
    for (at, wanted) in [
        (UnixTime(now().0 - 400), "stale"),
        (now().after(400), "stale"),
        (UnixTime(now().0 - 200), "answered"),
    ] {
        let (request, _) = seal_at(&to, "POST", "/api/chat", &chat(false), at);
        same(word(&mut runner, &request)?.as_str(), wanted)?;
    }
    let long = vec![0; ringfence_runner::limits::SEALED_BYTES + 1];
    holds(
        matches!(runner.sealed(&long).map(drop), Err(JobError::Job(_))),
        || "too long".into(),
    )
}

fn taken_back(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.noise).map_err(text)?;
    let to = verified(&runner);
    let endless =
        r#"{"model":"tiny","prompt":"x","raw":true,"options":{"num_predict":-1,"seed":1}}"#;
    let (request, mut opener) = seal(&to, "/api/generate", endless);
    let mut body = Vec::new();
    {
        let mut steps = runner.sealed(&request).map_err(text)?;
        let Some(Ok(SealedStep::Frames(bytes))) = steps.next() else {
            return Err("no frames".into());
        };
        opener.push(&bytes, &mut body).map_err(text)?;
    }
    // Cut: the client knows. The runner goes on with the next one.
    holds(opener.finish(&mut body).is_err(), || "whole".into())?;
    let (head, ..) = ask(
        &mut runner,
        "/api/generate",
        r#"{"model":"tiny","prompt":"x","raw":true,"stream":false,"options":{"num_predict":3}}"#,
    )?;
    same(head.status, 200)
}

fn keys(f: &Fixture<'_>) -> Outcome {
    let one = f.start(&f.script).map_err(text)?;
    let two = f.start(&f.script).map_err(text)?;
    same(one.key().id(), 7)?;
    holds(one.key() != two.key(), || "the same key".into())?;
    same(one.described(), two.described())
}

/// How many tokens of a question were known, asked by one who says who it is.
fn known(runner: &mut Runner, asker: Option<&str>, question: &str) -> Result<u64, String> {
    let to = verified(runner);
    let head = RequestHead {
        method: "POST".into(),
        path: "/v1/chat/completions".into(),
        fields: asker
            .map(|asker| Field::new(ASKER, asker))
            .into_iter()
            .collect(),
    };
    let body = format!(
        r#"{{"model":"tiny","max_tokens":4,"temperature":0,"messages":[{{"role":"user","content":"{question}"}}]}}"#
    );
    let mut request = Vec::new();
    let mut sealer = RequestSealer::start(&to, &head, now(), &mut request).map_err(text)?;
    sealer.body(body.as_bytes(), &mut request).map_err(text)?;
    let mut opener = sealer.finish(&mut request).map_err(text)?;
    let mut plain = Vec::new();
    for step in runner.sealed(&request).map_err(text)? {
        if let SealedStep::Frames(bytes) = step.map_err(text)? {
            opener.push(&bytes, &mut plain).map_err(text)?;
        }
    }
    opener.finish(&mut plain).map_err(text)?;
    let plain = String::from_utf8(plain).map_err(text)?;
    let (_, count) = plain.split_once("\"cached_tokens\":").ok_or("no count")?;
    let digits: String = count.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().map_err(text)
}

/// How much of a guess was known already is how much of it is right; the server's owner can seal guesses as everybody can.
fn apart(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    let (one, other) = ("1".repeat(32), "2".repeat(32));
    let secret = "the password is the name of the second ship";
    let guess = "the password is the name of the second cat";
    known(&mut runner, Some(&one), secret)?;
    let own = known(&mut runner, Some(&one), guess)?;
    holds(own > 20, || format!("the attack does not work: {own}"))?;
    for asker in [Some(other.as_str()), None, Some("1"), Some("")] {
        known(&mut runner, Some(&one), secret)?;
        same(known(&mut runner, asker, guess)?, 0)?;
    }
    // Who does not say who it is finds nothing of its own either.
    same(known(&mut runner, None, guess)?, 0)
}
