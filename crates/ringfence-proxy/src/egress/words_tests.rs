use std::sync::Arc;

use ringfence_dlp::{Action, Actions, Filter, Known, Settings};
use zeroize::Zeroizing;

use super::*;

const SECRET: &str = "Zq8-rotten-plum-harbour-4417";

fn words(framing: Framing, action: Action) -> Words {
    let known = vec![Known {
        name: "plum".into(),
        value: Zeroizing::new(SECRET.as_bytes().to_vec()),
    }];
    let actions = Actions {
        block: action,
        warn: Action::Off,
        echo: Action::Off,
    };
    let settings = Settings {
        known,
        actions,
        ..Settings::default()
    };
    let filter: Arc<Filter> = Filter::new(settings).unwrap();
    Words::new(framing, Box::new(move || filter.stream()))
}

/// Runs an answer through in pieces of `cut` bytes.
fn run(mut words: Words, answer: &str, cut: usize) -> (String, Vec<Finding>) {
    let mut out = Vec::new();
    for piece in answer.as_bytes().chunks(cut) {
        words.push(piece, &mut out).unwrap();
    }
    words.finish(&mut out).unwrap();
    let findings = words.findings();
    (String::from_utf8(out).unwrap(), findings)
}

/// An answer of the Anthropic Messages API that says `text` in pieces of `size` characters.
fn messages(text: &str, size: usize) -> String {
    let mut answer = String::from(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n",
    );
    let letters: Vec<char> = text.chars().collect();
    for piece in letters.chunks(size) {
        let piece: String = piece.iter().collect();
        let data = serde_json::json!({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":piece}});
        answer.push_str(&format!("event: content_block_delta\ndata: {data}\n\n"));
    }
    answer.push_str(
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    );
    answer.push_str("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    answer
}

/// The words of such an answer, as a client puts them together. Fails where a piece comes after its block's end.
fn said(answer: &str) -> String {
    let (mut text, mut over) = (String::new(), false);
    for line in answer
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
    {
        let event: Value = serde_json::from_str(line).unwrap();
        match event["type"].as_str().unwrap() {
            "content_block_delta" => {
                assert!(!over, "a piece after the end");
                text.push_str(event["delta"]["text"].as_str().unwrap());
            }
            "content_block_stop" => over = true,
            _ => {}
        }
    }
    text
}

#[test]
fn a_secret_in_pieces_is_one_secret() {
    let text = format!("the code is {SECRET}, “größer” than before.");
    for size in [1, 3, 7, 200] {
        for cut in [1, 5, 64, 100_000] {
            let (out, findings) = run(
                words(Framing::Events, Action::Redact),
                &messages(&text, size),
                cut,
            );
            assert_eq!(
                said(&out),
                "the code is [redacted:known:plum], “größer” than before.",
                "pieces of {size}, reads of {cut}"
            );
            assert_eq!(findings.len(), 1);
        }
    }
}

#[test]
fn without_the_filter_the_pieces_pass() {
    // What the test above takes out is really there, and no single event holds it.
    let answer = messages(SECRET, 3);
    assert!(!answer.contains(SECRET));
    assert_eq!(said(&answer), SECRET);
}

#[test]
fn clean_words_are_not_changed() {
    let answer = messages("nothing to see here. Move along, “please”.", 4);
    let (out, findings) = run(words(Framing::Events, Action::Redact), &answer, 9);
    assert_eq!(said(&out), said(&answer));
    assert!(findings.is_empty());
}

#[test]
fn a_secret_that_ends_the_block_leaves_before_the_block_ends() {
    let (out, _) = run(
        words(Framing::Events, Action::Redact),
        &messages(&format!("x {SECRET}"), 2),
        16,
    );
    assert_eq!(said(&out), "x [redacted:known:plum]");
}

#[test]
fn block_ends_the_answer() {
    let mut words = words(Framing::Events, Action::Block);
    let mut out = Vec::new();
    let answer = messages(&format!("a {SECRET} b"), 3);
    let verdict = words
        .push(answer.as_bytes(), &mut out)
        .and_then(|()| words.finish(&mut out));
    assert!(verdict.is_err());
    let out = String::from_utf8(out).unwrap();
    let leaked: String = said(&out);
    assert!(
        !leaked.contains("Zq8") && !leaked.contains("4417"),
        "{leaked}"
    );
}

#[test]
fn the_other_apis() {
    let chat = |piece: &str, finish: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{}}},\"finish_reason\":{finish}}}]}}\n\n",
            Value::from(piece)
        )
    };
    let gemini = |piece: &str| {
        format!(
            "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":{}}}]}}}}]}}\r\n\r\n",
            Value::from(piece)
        )
    };
    let responses = |piece: &str| {
        format!(
            "data: {{\"type\":\"response.output_text.delta\",\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,\"delta\":{}}}\n\n",
            Value::from(piece)
        )
    };
    let ollama = |piece: &str| {
        format!(
            "{{\"message\":{{\"content\":{}}},\"done\":false}}\n",
            Value::from(piece)
        )
    };
    let (a, b) = SECRET.split_at(9);
    let answers = [
        (
            Framing::Events,
            chat(a, "null") + &chat(b, "null") + &chat("", "\"stop\"") + "data: [DONE]\n\n",
        ),
        (Framing::Events, chat(a, "null") + &chat(b, "\"stop\"")),
        (Framing::Events, gemini(a) + &gemini(b)),
        (
            Framing::Events,
            responses(a)
                + &responses(b)
                + &format!(
                    "data: {{\"type\":\"response.output_text.done\",\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,\"text\":\"{SECRET}\"}}\n\n"
                ),
        ),
        (
            Framing::Lines,
            ollama(a) + &ollama(b) + "{\"message\":{\"content\":\"\"},\"done\":true}\n",
        ),
    ];
    for (framing, answer) in answers {
        let (out, findings) = run(words(framing, Action::Redact), &answer, 11);
        assert!(out.contains("[redacted:known:plum]"), "{out}");
        assert!(!out.contains(a) && !out.contains(b), "{out}");
        assert!(!findings.is_empty());
    }
}

#[test]
fn tool_arguments_and_thoughts_are_words_too() {
    let piece = |field: &str, text: &str| {
        let data =
            serde_json::json!({"type":"content_block_delta","index":1,"delta":{field: text}});
        format!("data: {data}\n\n")
    };
    let (a, b) = SECRET.split_at(11);
    for field in ["partial_json", "thinking"] {
        let answer = piece(field, a)
            + &piece(field, b)
            + "data: {\"type\":\"content_block_stop\",\"index\":1}\n\n";
        let (out, _) = run(words(Framing::Events, Action::Redact), &answer, 1000);
        assert!(
            out.contains("[redacted:known:plum]") && !out.contains(a),
            "{out}"
        );
    }
}

#[test]
fn an_endless_event_is_searched_as_text() {
    let answer = format!(
        "data: {}{SECRET} {}",
        "x ".repeat(crate::limits::ANSWER_EVENT_BYTES),
        "y".repeat(1000)
    );
    let (out, findings) = run(words(Framing::Events, Action::Redact), &answer, 65_536);
    assert!(!out.contains(SECRET));
    assert_eq!(findings.len(), 1);
}

#[test]
fn comments_and_garbage_pass() {
    let answer = ": ping\n\ndata: {not json\n\nretry: 5\n\ndata: [DONE]\n\n";
    let (out, _) = run(words(Framing::Events, Action::Redact), answer, 3);
    assert_eq!(out, answer);
}
