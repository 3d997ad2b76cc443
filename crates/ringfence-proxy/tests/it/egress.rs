//! The egress filter on the way: what leaves in URL, headers and body, and what a model says.

use http::StatusCode;
use ringfence_dlp::{Filter, Known, Settings};
use ringfence_policy::{Event, FilterAction, FilterPlan};
use zeroize::Zeroizing;

use crate::fence::{Fence, Options};

const PLUM: &str = "Zq8-rotten-plum-harbour-4417";

/// A fence that does the same in every place.
async fn fence(action: FilterAction) -> Fence {
    let known = vec![Known {
        name: "plum".into(),
        value: Zeroizing::new(PLUM.as_bytes().to_vec()),
    }];
    let settings = Settings {
        known,
        ..Settings::default()
    };
    let plan = FilterPlan {
        output: FilterAction::Off,
        url: action,
        headers: action,
        body: action,
        responses: action,
        warn: FilterAction::Off,
        echo: FilterAction::Off,
    };
    Fence::with(Options {
        filter: Some((Filter::new(settings).unwrap(), plan)),
        ..Options::default()
    })
    .await
}

/// Places and actions of what was found.
fn found(fence: &Fence) -> Vec<(String, String)> {
    let all = fence.events.all();
    all.iter()
        .filter_map(|event| match event {
            Event::Finding {
                place,
                action,
                detector,
                host,
                ..
            } => {
                assert_eq!(detector, "known:plum");
                assert!(host.is_some());
                Some((place.clone(), action.clone()))
            }
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn without_the_filter_it_leaves_everywhere() {
    let fence = Fence::new().await;
    let path = format!("/echo?q={PLUM}");
    let request = fence.request("POST", "tls.test", &path, &[("x-note", PLUM)], PLUM);
    let reply = fence.h1("tls.test").await.send(request).await;
    assert_eq!(reply.body.matches(PLUM).count(), 3, "{}", reply.body);
}

#[tokio::test]
async fn urls_and_headers_are_refused_with_the_reason() {
    let fence = fence(FilterAction::Block).await;
    for (path, headers) in [
        (format!("/echo?q={PLUM}"), vec![]),
        (format!("/{PLUM}/echo"), vec![]),
        ("/echo".to_owned(), vec![("x-note", PLUM)]),
    ] {
        let reply = fence.get("tls.test", &path, &headers).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        assert_eq!(reply.class(), "filter");
        assert!(!reply.body.contains(PLUM));
    }
    // A wildcard of the policy lets the host carry it.
    let host = format!("{}.wild.test", PLUM.to_ascii_lowercase());
    let reply = fence.get(&host, "/echo", &[]).await;
    assert_eq!(reply.class(), "filter");
    assert!(fence.tls.seen().is_empty());
    let places: Vec<String> = found(&fence).into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["url", "url", "headers", "url"]);
}

#[tokio::test]
async fn a_body_is_stopped_before_the_secret() {
    let fence = fence(FilterAction::Block).await;
    let body = format!("{}{PLUM}{}", "a ".repeat(50_000), " b".repeat(50_000));
    let request = fence.request("POST", "tls.test", "/echo", &[], &body);
    let reply = fence.h1("tls.test").await.send(request).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(reply.class(), "filter");
    for seen in fence.tls.seen() {
        assert!(!String::from_utf8_lossy(&seen.body).contains("plum"));
    }
    assert_eq!(found(&fence), [("body".to_owned(), "block".to_owned())]);
}

#[tokio::test]
async fn a_body_is_redacted() {
    let fence = fence(FilterAction::Redact).await;
    let body = format!("{{\"text\": \"{PLUM}\"}}");
    let request = fence.request("POST", "tls.test", "/public/sink", &[], &body);
    let reply = fence.h1("tls.test").await.send(request).await;
    assert_eq!(reply.status, StatusCode::OK);
    let seen = &fence.tls.seen()[0];
    assert_eq!(&seen.body[..], b"{\"text\": \"[redacted:known:plum]\"}");
    assert_eq!(found(&fence)[0], ("body".to_owned(), "redact".to_owned()));
}

#[tokio::test]
async fn a_body_that_is_only_reported_keeps_its_length_and_its_bytes() {
    let fence = fence(FilterAction::Report).await;
    let request = fence.request("POST", "tls.test", "/public/sink", &[], PLUM);
    let reply = fence.h1("tls.test").await.send(request).await;
    assert_eq!(reply.status, StatusCode::OK);
    let seen = &fence.tls.seen()[0];
    assert_eq!(&seen.body[..], PLUM.as_bytes());
    assert_eq!(seen.headers["content-length"], PLUM.len().to_string());
    assert_eq!(found(&fence)[0], ("body".to_owned(), "report".to_owned()));
}

#[tokio::test]
async fn a_compressed_body_does_not_pass_where_it_has_to_be_read() {
    let fence = fence(FilterAction::Block).await;
    let request = fence.request(
        "POST",
        "tls.test",
        "/echo",
        &[("content-encoding", "gzip")],
        "xyz",
    );
    let reply = fence.h1("tls.test").await.send(request).await;
    assert_eq!(reply.class(), "filter");
    assert!(fence.tls.seen().is_empty());
}

#[tokio::test]
async fn a_websocket_does_not_pass_where_it_has_to_be_read() {
    let fence = fence(FilterAction::Block).await;
    let upgrade = [
        ("connection", "Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-version", "13"),
    ];
    let reply = fence.get("tls.test", "/ws", &upgrade).await;
    assert_eq!(reply.class(), "filter");
    assert!(fence.tls.seen().is_empty());
}

/// What a model said, put together as its client does.
fn said(body: &str) -> String {
    body.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok())
        .filter_map(|event| event["delta"]["text"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn a_models_words_are_put_together_first() {
    let spoken = format!("it is {PLUM}, I think");
    // The body would be stopped on its way out: only answers are searched here.
    let ask = async |plan: FilterPlan| {
        let known = vec![Known {
            name: "plum".into(),
            value: Zeroizing::new(PLUM.as_bytes().to_vec()),
        }];
        let settings = Settings {
            known,
            ..Settings::default()
        };
        let fence = Fence::with(Options {
            filter: Some((Filter::new(settings).unwrap(), plan)),
            ..Options::default()
        })
        .await;
        let request = fence.request("POST", "tls.test", "/words", &[], &spoken);
        let reply = fence.h1("tls.test").await.send(request).await;
        (reply.body, found(&fence))
    };
    let off = FilterPlan {
        url: FilterAction::Off,
        headers: FilterAction::Off,
        body: FilterAction::Off,
        ..FilterPlan::AGENT
    };
    let (body, findings) = ask(off).await;
    assert_eq!(said(&body), spoken, "unfenced the secret comes through");
    assert!(findings.is_empty());
    let redact = FilterPlan {
        responses: FilterAction::Redact,
        ..off
    };
    let (body, findings) = ask(redact).await;
    assert_eq!(said(&body), "it is [redacted:known:plum], I think");
    assert_eq!(findings, [("response".to_owned(), "redact".to_owned())]);
}

#[tokio::test]
async fn an_answer_is_redacted_and_a_compressed_one_is_not_passed() {
    let fence = fence(FilterAction::Redact).await;
    let reply = fence.get("tls.test", "/gzip", &[]).await;
    assert_eq!(reply.status, StatusCode::BAD_GATEWAY);
    let big = fence.get("tls.test", "/big", &[]).await;
    assert_eq!(big.body.len(), 10 * 1024 * 1024);
}
