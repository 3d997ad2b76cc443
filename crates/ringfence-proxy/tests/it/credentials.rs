//! Credentials (INCIDENTS C1 to C3): swapped for the host they belong to, refused elsewhere, never seen inside.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use ringfence_policy::Event;
use ringfence_policy::decision::Grant;
use ringfence_policy::plan::{AskFor, Inject};
use ringfence_proxy::{CredentialView, QuestionKind};

use crate::fence::{Fence, H1, MARK, Options, SECRET};

fn view(name: &str, placeholder: &str, inject: Option<Inject>) -> CredentialView {
    CredentialView {
        name: name.into(),
        placeholder: placeholder.into(),
        inject,
    }
}

/// `model` belongs to tls.test and to the gateway; see `policy.rs`.
async fn fence() -> Fence {
    Fence::with(Options {
        credentials: vec![view("model", MARK, None)],
        ..Options::default()
    })
    .await
}

#[tokio::test]
async fn the_placeholder_is_swapped_for_its_host() {
    let fence = fence().await;
    let basic = format!("Basic {}", STANDARD.encode(format!("user:{MARK}")));
    let headers = [("x-api-key", MARK), ("authorization", &basic)];
    let reply = fence
        .get("tls.test", &format!("/public/{MARK}?key={MARK}"), &headers)
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let seen = &fence.tls.seen()[0];
    let encoded = "sk-real-7Qz%2F81%2BkdLw2%3D%3DXy";
    assert_eq!(seen.headers["x-api-key"], SECRET);
    assert_eq!(
        seen.headers["authorization"],
        format!("Basic {}", STANDARD.encode(format!("user:{SECRET}")))
    );
    assert_eq!(seen.uri, format!("/public/{encoded}?key={encoded}"));
    assert_eq!(seen.headers["accept-encoding"], "identity");
    let events = fence.events.text();
    assert!(
        !events.contains(SECRET) && !events.contains(encoded),
        "{events}"
    );
    assert!(fence.events.all().iter().any(
        |e| matches!(e, Event::Credential { grant: Grant::Allow, name, .. } if name == "model")
    ));
}

#[tokio::test]
async fn the_placeholder_for_another_host_is_refused_and_recorded() {
    let fence = fence().await;
    for (path, headers) in [
        (
            "/public/a".to_owned(),
            vec![("authorization", format!("Bearer {MARK}"))],
        ),
        (
            "/public/a".to_owned(),
            vec![(
                "authorization",
                format!("Basic {}", STANDARD.encode(format!("{MARK}:"))),
            )],
        ),
        ("/public/a".to_owned(), vec![("x-any", format!("a{MARK}b"))]),
        (format!("/public/{MARK}"), vec![]),
        (format!("/public/a?x={MARK}"), vec![]),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let reply = fence.get("other.test", &path, &headers).await;
        assert_eq!(
            (reply.status, reply.class()),
            (StatusCode::FORBIDDEN, "credential"),
            "{path} {headers:?}"
        );
    }
    assert!(fence.other.seen().is_empty());
    assert!(fence.events.all().iter().any(
        |e| matches!(e, Event::Credential { grant: Grant::Deny, host, .. } if host == "other.test")
    ));
}

#[tokio::test]
async fn a_placeholder_in_a_body_stays_a_placeholder() {
    let fence = fence().await;
    for host in ["tls.test", "other.test", "other.test"] {
        let mut client = fence.h1(host).await;
        let body = format!("{{\"transcript\": \"KEY={MARK}\"}}");
        let reply = client
            .send(fence.request("POST", host, "/public/echo", &[], &body))
            .await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    for origin in [&fence.tls, &fence.other] {
        let body = String::from_utf8_lossy(&origin.seen()[0].body).into_owned();
        assert!(body.contains(MARK) && !body.contains(SECRET));
    }
    // It is noted where it went to a host that it does not belong to, once.
    let noted = |e: &&Event| matches!(e, Event::Credential { reason: Some(why), .. } if why.contains("body"));
    let events = fence.events.all();
    let hosts: Vec<_> = events.iter().filter(noted).collect();
    assert_eq!(hosts.len(), 1, "{hosts:?}");
    assert!(matches!(hosts[0], Event::Credential { host, .. } if host == "other.test"));
}

#[tokio::test]
async fn an_echoed_secret_is_scrubbed_from_the_answer() {
    let fence = fence().await;
    let mut client = fence.h1("tls.test").await;
    let basic = format!("Basic {}", STANDARD.encode(format!("u:{MARK}")));
    let headers = [
        ("authorization", format!("Bearer {MARK}")),
        ("x-basic", STANDARD.encode(format!("u:{SECRET}"))),
    ];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let reply = client
        .send(fence.request(
            "GET",
            "tls.test",
            &format!("/public/{MARK}/echo"),
            &headers,
            "",
        ))
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(
        fence.tls.seen()[0].headers["authorization"]
            .to_str()
            .unwrap()
            .contains(SECRET),
        "it did go upstream"
    );
    let all = format!("{:?} {}", reply.headers, reply.body);
    assert!(
        !all.contains(SECRET)
            && !all.contains("7Qz%2F81")
            && !all.contains(&STANDARD.encode(SECRET)[..20]),
        "{all}"
    );
    assert!(reply.headers["x-echo"].to_str().unwrap().contains(MARK));
    let reply = client
        .send(fence.request(
            "GET",
            "tls.test",
            "/public/echo",
            &[("authorization", &basic)],
            "",
        ))
        .await;
    let inner = STANDARD.encode(format!("u:{SECRET}"));
    assert!(
        !reply.body.contains(&inner[4..inner.len() - 4]),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn a_compressed_answer_is_not_let_through_unsearched() {
    let fence = fence().await;
    let reply = fence
        .get("tls.test", "/public/gzip", &[("authorization", MARK)])
        .await;
    assert_eq!(reply.status, StatusCode::BAD_GATEWAY);
    let reply = fence.get("other.test", "/public/gzip", &[]).await;
    assert_eq!(
        reply.status,
        StatusCode::OK,
        "elsewhere compression is nobody's business"
    );
}

#[tokio::test]
async fn header_and_query_are_injected_for_clients_that_send_nothing() {
    let fence = Fence::with(Options {
        credentials: vec![
            view(
                "inject",
                "rf-inject-0123456789",
                Some(Inject::Header("Authorization".into(), "Bearer {}".into())),
            ),
            view(
                "query",
                "rf-query-0123456789",
                Some(Inject::Query("key".into(), "{}".into())),
            ),
        ],
        ..Options::default()
    })
    .await;
    let reply = fence
        .get(
            "tls.test",
            "/public/echo?a=b&key=mine",
            &[("authorization", "Bearer attacker")],
        )
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let seen = &fence.tls.seen()[0];
    assert_eq!(seen.headers["authorization"], format!("Bearer {SECRET}"));
    assert_eq!(seen.headers.get_all("authorization").iter().count(), 1);
    assert_eq!(
        seen.uri,
        "/public/echo?a=b&key=sk-real-7Qz%2F81%2BkdLw2%3D%3DXy"
    );
    assert!(!reply.body.contains(SECRET));
    fence.get("other.test", "/public/echo", &[]).await;
    assert!(
        !fence.other.seen()[0].headers.contains_key("authorization"),
        "only for its own host"
    );
}

#[tokio::test]
async fn plain_text_to_the_same_name_is_decided_by_the_policy_and_the_first_use_is_asked() {
    let ask_for = AskFor {
        credential: true,
        ..AskFor::default()
    };
    let fence = Fence::with(Options {
        credentials: vec![view("model", MARK, None)],
        ask_for,
        ..Options::default()
    })
    .await;
    for _ in 0..2 {
        assert_eq!(
            fence
                .get("tls.test", "/public/a", &[("authorization", MARK)])
                .await
                .status,
            StatusCode::OK
        );
    }
    let questions = fence.asked.questions();
    assert_eq!(questions.len(), 1, "asked once: {questions:?}");
    assert_eq!(questions[0].kind, QuestionKind::Credential("model".into()));

    let fence = Fence::with(Options {
        credentials: vec![view("model", MARK, None)],
        ask_for,
        grant: Grant::Deny,
        ..Options::default()
    })
    .await;
    let reply = fence
        .get("tls.test", "/public/a", &[("authorization", MARK)])
        .await;
    assert_eq!(
        (reply.status, reply.class()),
        (StatusCode::FORBIDDEN, "not_approved")
    );
    assert!(fence.tls.seen().is_empty());
}

#[tokio::test]
async fn the_dialled_host_counts_after_rewriting() {
    let fence = fence().await;
    // api.model.test is rewritten to the gateway, which the credential belongs to.
    let mut client = H1::over(fence.tcp().await).await;
    let reply = client
        .send(fence.request(
            "GET",
            "api.model.test",
            "/v1/x",
            &[("authorization", MARK)],
            "",
        ))
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(fence.gateway.seen()[0].headers["authorization"], SECRET);
}

#[tokio::test]
async fn a_source_without_a_value_is_a_refusal() {
    let fence = Fence::with(Options {
        credentials: vec![view("empty", MARK, None)],
        ..Options::default()
    })
    .await;
    let reply = fence
        .get("tls.test", "/public/a", &[("authorization", MARK)])
        .await;
    assert_eq!(
        (reply.status, reply.class()),
        (StatusCode::FORBIDDEN, "credential")
    );
    assert!(fence.tls.seen().is_empty());
}
