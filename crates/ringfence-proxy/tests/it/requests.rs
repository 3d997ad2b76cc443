//! Decisions per request, agreement of names, refusals and what they say.

use http::{StatusCode, Version};
use ringfence_policy::Event;
use ringfence_policy::decision::{Grant, RefusalClass};
use tokio::io::AsyncWriteExt;

use crate::fence::{Fence, H1, Options, Reply};

#[tokio::test]
async fn an_allowed_request_gets_through_and_is_recorded() {
    let fence = Fence::new().await;
    let reply = fence
        .get("tls.test", "/echo?a=b&c=%2F", &[("user-agent", "t")])
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.body.contains("/echo?a=b&c=%2F"), "{}", reply.body);
    assert!(
        reply
            .body
            .contains(&format!("host: tls.test:{}", fence.port))
    );
    let events = fence.events.all();
    assert!(
        matches!(&events[0], Event::Decision { grant: Grant::Allow, host, path: Some(path), .. } if host == "tls.test" && path == "/echo")
    );
    let exchange = events.iter().find_map(|e| match e {
        Event::Exchange {
            status,
            bytes_in,
            address,
            error,
            ..
        } => Some((*status, *bytes_in, *address, error.clone())),
        _ => None,
    });
    let (status, bytes_in, address, error) = exchange.unwrap();
    assert_eq!((status, bytes_in as usize), (Some(200), reply.body.len()));
    assert_eq!(address.unwrap().to_string(), "127.0.0.2");
    assert_eq!(error, None);
    assert!(
        !fence.events.text().contains("a=b"),
        "the query is not recorded"
    );
}

#[tokio::test]
async fn plain_http_obeys_the_same_rules() {
    let fence = Fence::new().await;
    let mut client = H1::over(fence.tcp().await).await;
    let reply = client
        .send(fence.request("GET", "plain.test", "/echo", &[], ""))
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    let reply = client
        .send(fence.request("GET", "denied.test", "/echo", &[], ""))
        .await;
    assert_eq!(
        (reply.status, reply.class()),
        (StatusCode::FORBIDDEN, "not_allowed")
    );
}

#[tokio::test]
async fn every_request_of_a_connection_is_decided() {
    let fence = Fence::new().await;
    let mut client = fence.h1("tls.test").await;
    for (method, path, status) in [
        ("GET", "/public/a", 200),
        ("POST", "/public/a", 200),
        ("GET", "/secret/a", 403),
        ("GET", "/public/../secret/a", 403),
        ("GET", "/public/%2e%2e/secret/a", 403),
        ("GET", "/public/%2E./secret/a", 403),
        ("GET", "//secret/a", 403),
        ("DELETE", "/public/a", 403),
        ("GET", "/public/b", 200),
    ] {
        let reply = client
            .send(fence.request(method, "tls.test", path, &[], ""))
            .await;
        assert_eq!(
            reply.status.as_u16(),
            status,
            "{method} {path}: {}",
            reply.body
        );
    }
    assert!(
        fence
            .tls
            .seen()
            .iter()
            .all(|seen| seen.uri.starts_with("/public/")),
        "{:?}",
        fence.tls.seen()
    );
}

#[tokio::test]
async fn the_normal_form_of_the_path_goes_upstream() {
    let fence = Fence::new().await;
    let reply = fence
        .get("tls.test", "/public/x/../%61/./b%2fc?q=/../", &[])
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(fence.tls.seen()[0].uri, "/public/a/b%2Fc?q=/../");
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_nothing_about_rules() {
    let fence = Fence::new().await;
    let reply = fence.get("denied.test", "/private/path", &[]).await;
    assert_eq!(
        (reply.status, reply.class()),
        (StatusCode::FORBIDDEN, "not_allowed")
    );
    assert!(
        reply.body.contains("denied.test") && reply.body.contains("ask the user"),
        "{}",
        reply.body
    );
    assert!(
        !reply.body.contains("/private/path") && !reply.body.contains("rules"),
        "{}",
        reply.body
    );
    let reply = fence
        .get("denied.test", "/", &[("accept", "application/json")])
        .await;
    assert_eq!(reply.headers["content-type"], "application/json");
    let json: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(json["error"]["type"], "ringfence_not_allowed");
    assert!(fence.tls.seen().is_empty());
}

#[tokio::test]
async fn names_have_to_agree() {
    let fence = Fence::new().await;
    // SNI one, Host another: domain fronting.
    let mut client = fence.h1("tls.test").await;
    let reply = client
        .send(fence.request("GET", "other.test", "/echo", &[], ""))
        .await;
    assert_eq!(
        (reply.status, reply.class()),
        (StatusCode::MISDIRECTED_REQUEST, "mismatch")
    );
    // The connection stays usable for what it was opened for.
    let reply = client
        .send(fence.request("GET", "TLS.Test.", "/echo", &[], ""))
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert!(
        fence.tls.seen()[0].headers["host"]
            .to_str()
            .unwrap()
            .starts_with("tls.test:")
    );
    assert!(fence.other.seen().is_empty());
    assert!(fence.events.all().iter().any(|e| matches!(
        e,
        Event::Decision {
            class: Some(RefusalClass::Mismatch),
            ..
        }
    )));
}

#[tokio::test]
async fn http2_requests_for_another_host_are_misdirected() {
    let fence = Fence::new().await;
    let mut client = fence.h2("tls.test").await;
    let uri = |host: &str| format!("https://{host}:{}/echo", fence.port);
    let request = |host: &str| {
        http::Request::builder()
            .uri(uri(host))
            .body(Default::default())
            .unwrap()
    };
    let reply = Reply::of(client.send_request(request("tls.test")).await.unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK);
    let reply = Reply::of(client.send_request(request("other.test")).await.unwrap()).await;
    assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST);
    let mut both = request("tls.test");
    both.headers_mut()
        .insert("host", "other.test".parse().unwrap());
    let reply = Reply::of(client.send_request(both).await.unwrap()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    assert!(fence.other.seen().is_empty());
}

#[tokio::test]
async fn http2_goes_upstream_as_http2_when_the_server_offers_it() {
    let fence = Fence::new().await;
    let mut client = fence.h2("tls.test").await;
    for _ in 0..3 {
        let request = http::Request::builder()
            .uri(format!("https://tls.test:{}/trailers", fence.port))
            .header("te", "trailers")
            .header("cookie", "a=1")
            .header("cookie", "b=2")
            .body(Default::default())
            .unwrap();
        let reply = Reply::of(client.send_request(request).await.unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.trailers.unwrap()["grpc-status"], "0");
    }
    let seen = fence.tls.seen();
    assert!(seen.iter().all(|s| s.version == Version::HTTP_2
        && s.headers["te"] == "trailers"
        && !s.headers.contains_key("host")));
    assert_eq!(
        fence.tls.connections(),
        1,
        "one upstream connection is shared"
    );
    // A server without HTTP/2 gets HTTP/1.1 with one Cookie header.
    let mut client = fence.h2("h1.test").await;
    let request = http::Request::builder()
        .uri(format!("https://h1.test:{}/echo", fence.port))
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(Default::default())
        .unwrap();
    let reply = Reply::of(client.send_request(request).await.unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK);
    let seen = &fence.h1.seen()[0];
    assert_eq!(
        (seen.version, seen.headers["cookie"].to_str().unwrap()),
        (Version::HTTP_11, "a=1; b=2")
    );
}

#[tokio::test]
async fn many_streams_to_a_new_host_share_one_upstream_connection() {
    let fence = Fence::new().await;
    let client = fence.h2("tls.test").await;
    let requests = (0..20).map(|n| {
        let mut client = client.clone();
        let uri = format!("https://tls.test:{}/echo?{n}", fence.port);
        async move {
            Reply::of(
                client
                    .send_request(
                        http::Request::builder()
                            .uri(uri)
                            .body(Default::default())
                            .unwrap(),
                    )
                    .await
                    .unwrap(),
            )
            .await
            .status
        }
    });
    for status in futures_util::future::join_all(requests).await {
        assert_eq!(status, StatusCode::OK);
    }
    assert_eq!(fence.tls.connections(), 1);
}

#[tokio::test]
async fn upstream_connections_are_kept() {
    let fence = Fence::new().await;
    for _ in 0..3 {
        let mut client = fence.h1("tls.test").await;
        for _ in 0..3 {
            assert_eq!(
                client
                    .send(fence.request("GET", "tls.test", "/echo", &[], ""))
                    .await
                    .status,
                StatusCode::OK
            );
        }
    }
    assert!(
        fence.tls.connections() <= 2,
        "9 requests over {} connections",
        fence.tls.connections()
    );
}

#[tokio::test]
async fn a_graylisted_host_holds_the_request_not_the_handshake() {
    let fence = Fence::new().await;
    let mut client = fence.h1("ask.test").await;
    assert!(
        fence.asked.questions().is_empty(),
        "nobody is asked about a handshake"
    );
    let reply = client
        .send(fence.request("POST", "ask.test", "/a?b=c", &[], "hello"))
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let question = &fence.asked.questions()[0];
    assert_eq!(
        (question.method.as_deref(), question.host.as_str()),
        (Some("POST"), "ask.test")
    );
    assert_eq!(
        question.url.as_deref(),
        Some(&*format!("https://ask.test:{}/a?b=c", fence.port))
    );

    let fence = Fence::with(Options {
        grant: Grant::Deny,
        ..Options::default()
    })
    .await;
    let reply = fence.get("ask.test", "/", &[]).await;
    assert_eq!(
        (reply.status, reply.class()),
        (StatusCode::FORBIDDEN, "not_approved")
    );
    assert!(fence.tls.seen().is_empty());
}

#[tokio::test]
async fn an_unreachable_upstream_is_a_502() {
    let fence = Fence::new().await;
    let mut client = H1::over(fence.tcp().await).await;
    let reply = client
        .send(fence.request("GET", "dead.test", "/", &[], ""))
        .await;
    assert_eq!(
        (reply.status, reply.class()),
        (StatusCode::BAD_GATEWAY, "upstream")
    );
    // A server whose certificate does not fit is not talked to either.
    let reply = fence.get("lost.model.test", "/", &[]).await;
    assert_eq!(
        reply.status,
        StatusCode::FORBIDDEN,
        "not on any list without its rewrite"
    );
}

#[tokio::test]
async fn a_private_address_is_refused_unless_the_rule_says_so() {
    let fence = Fence::new().await;
    let reply = fence.get("public.test", "/", &[]).await;
    assert_eq!(
        (reply.status, reply.class()),
        (StatusCode::FORBIDDEN, "address"),
        "{}",
        reply.body
    );
    assert!(fence.tls.seen().is_empty());
}

#[tokio::test]
async fn connection_headers_stay_on_their_side() {
    let fence = Fence::new().await;
    let mut client = fence.h1("tls.test").await;
    let headers = [
        ("connection", "close-not, x-hop, keep-alive"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("proxy-authorization", "Basic eA=="),
        ("proxy-connection", "keep-alive"),
        ("x-kept", "2"),
    ];
    let reply = client
        .send(fence.request("GET", "tls.test", "/odd-headers", &headers, ""))
        .await;
    let seen = &fence.tls.seen()[0].headers;
    for name in [
        "connection",
        "x-hop",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
    ] {
        assert!(!seen.contains_key(name), "{name} went upstream");
    }
    assert_eq!(seen["x-kept"], "2");
    for name in ["alt-svc", "x-hop", "keep-alive", "connection"] {
        assert!(!reply.headers.contains_key(name), "{name} came back");
    }
    assert_eq!(reply.headers["x-kept"], "2");
}

#[tokio::test]
async fn head_204_and_expect_work() {
    let fence = Fence::new().await;
    let mut client = fence.h1("tls.test").await;
    let reply = client
        .send(fence.request("HEAD", "tls.test", "/big", &[], ""))
        .await;
    assert_eq!((reply.status, reply.body.len()), (StatusCode::OK, 0));
    let reply = client
        .send(fence.request("GET", "tls.test", "/status204", &[], ""))
        .await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);

    // The client waits for 100 before it sends its body; a refusal comes without it.
    let ask = |host: &str| {
        format!(
            "POST /echo HTTP/1.1\r\nhost: {host}:{}\r\nexpect: 100-continue\r\ncontent-length: 5\r\nconnection: close\r\n\r\n",
            fence.port
        )
    };
    let mut stream = fence.tcp().await;
    stream
        .write_all(ask("plain.test").as_bytes())
        .await
        .unwrap();
    let mut head = [0; 25];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut head)
        .await
        .unwrap();
    assert_eq!(&head, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").await.unwrap();
    let mut rest = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut rest)
        .await
        .unwrap();
    assert!(
        rest.starts_with("HTTP/1.1 200") && rest.ends_with("hello"),
        "{rest}"
    );
    let refused = fence.raw(ask("denied.test").as_bytes()).await;
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
}

#[tokio::test]
async fn the_forward_proxy_endpoint_obeys_the_same_rules() {
    let fence = Fence::new().await;
    let send = async |head: String| {
        let mut stream = tokio::net::TcpStream::connect(fence.forward).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut out = String::new();
        let _ = tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut out).await;
        out
    };
    let port = fence.port;
    let get = |url: String, host: &str| {
        format!("GET {url} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    };
    let out = send(get(
        format!("http://plain.test:{port}/echo?x"),
        &format!("plain.test:{port}"),
    ))
    .await;
    assert!(
        out.starts_with("HTTP/1.1 200") && out.contains("/echo?x"),
        "{out}"
    );
    let out = send(get(
        format!("http://denied.test:{port}/echo"),
        &format!("denied.test:{port}"),
    ))
    .await;
    assert!(out.starts_with("HTTP/1.1 403"), "{out}");
    let out = send(get(format!("http://plain.test:{port}/echo"), "denied.test")).await;
    assert!(out.starts_with("HTTP/1.1 400"), "{out}");
    let out = send(get(
        format!("http://u@plain.test:{port}/echo"),
        &format!("plain.test:{port}"),
    ))
    .await;
    assert!(out.starts_with("HTTP/1.1 400"), "{out}");
    // A second request on the same connection, for another host, is decided by itself.
    let first =
        format!("GET http://plain.test:{port}/echo HTTP/1.1\r\nHost: plain.test:{port}\r\n\r\n");
    let out = send(format!(
        "{first}{}",
        get(
            format!("http://denied.test:{port}/"),
            &format!("denied.test:{port}")
        )
    ))
    .await;
    assert!(
        out.starts_with("HTTP/1.1 200") && out.contains("HTTP/1.1 403"),
        "{out}"
    );
}

#[tokio::test]
async fn connect_leads_to_the_same_inspection() {
    let fence = Fence::new().await;
    let mut stream = tokio::net::TcpStream::connect(fence.forward).await.unwrap();
    stream
        .write_all(
            format!(
                "CONNECT plain.test:{} HTTP/1.1\r\nHost: plain.test\r\n\r\n",
                fence.port
            )
            .as_bytes(),
        )
        .await
        .unwrap();
    let mut head = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut head)
        .await
        .unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    let mut byte = [0];
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut byte)
            .await
            .unwrap();
        seen.push(byte[0]);
    }
    let mut client = H1::over(stream).await;
    let reply = client
        .send(fence.request("GET", "plain.test", "/echo", &[], ""))
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    // CONNECT authority one, Host another.
    let reply = client
        .send(fence.request("GET", "tls.test", "/echo", &[], ""))
        .await;
    assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn nothing_is_served_once_the_audit_log_fails() {
    let fence = Fence::new().await;
    let mut client = fence.h1("tls.test").await;
    assert_eq!(
        client
            .send(fence.request("GET", "tls.test", "/echo", &[], ""))
            .await
            .status,
        StatusCode::OK
    );
    fence
        .events
        .broken
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let seen = fence.tls.seen().len();
    let mut plain = fence.tcp().await;
    let head = format!(
        "GET /echo HTTP/1.1\r\nhost: plain.test:{}\r\n\r\n",
        fence.port
    );
    let _ = plain.write_all(head.as_bytes()).await;
    tokio::time::timeout(
        std::time::Duration::from_secs(10),
        fence.proxy.failed().cancelled(),
    )
    .await
    .expect("the session is told to stop");
    let mut out = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut plain, &mut out).await;
    assert!(!String::from_utf8_lossy(&out).starts_with("HTTP/1.1 200"));
    assert_eq!(fence.tls.seen().len(), seen);
    assert!(fence.plain.seen().is_empty());
}

#[tokio::test]
async fn an_address_gets_a_certificate_for_that_address() {
    let fence = Fence::new().await;
    let stream = fence.tls("127.0.0.1", &["http/1.1"]).await.unwrap();
    let reply = H1::over(stream)
        .await
        .send(fence.request("GET", "127.0.0.1", "/", &[], ""))
        .await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
    // The name in the request is not the one that the certificate was for.
    let stream = fence.tls("127.0.0.1", &["http/1.1"]).await.unwrap();
    let reply = H1::over(stream)
        .await
        .send(fence.request("GET", "tls.test", "/", &[], ""))
        .await;
    assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_session_ca_is_recorded() {
    let fence = Fence::new().await;
    let stranger = Fence::new().await;
    let trusting_another = stranger.tls_at(fence.port, "tls.test", &["http/1.1"]).await;
    assert!(trusting_another.is_err());
    tokio::time::timeout(std::time::Duration::from_secs(10), async {
        let failed = |e: &Event| matches!(e, Event::Fence { condition, .. } if condition == "tls_handshake_failed");
        while !fence.events.all().iter().any(failed) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the failed handshake is recorded");
}

/// Answers one request on each connection and closes it without a word when a second one comes.
async fn flaky(listener: tokio::net::TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            use tokio::io::AsyncReadExt;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            stream.write_all(answer).await.unwrap();
            let _ = stream.read_u8().await;
        });
    }
}

#[tokio::test]
async fn a_kept_connection_that_the_server_gave_up_costs_no_safe_request() {
    let fence = Fence::new().await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.10", fence.port))
        .await
        .unwrap();
    tokio::spawn(flaky(listener));
    let mut client = H1::over(fence.tcp().await).await;
    for _ in 0..5 {
        let reply = client
            .send(fence.request("GET", "flaky.test", "/", &[], ""))
            .await;
        assert_eq!((reply.status, &*reply.body), (StatusCode::OK, "ok"));
    }
    // A request with effects is not repeated: the client has to decide.
    let reply = client
        .send(fence.request("POST", "flaky.test", "/", &[], "x"))
        .await;
    assert_eq!(reply.status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn idle_upstream_connections_make_room() {
    let fence = Fence::with(Options {
        max_connections: 3,
        ..Options::default()
    })
    .await;
    // One client connection, four upstream servers, room for three.
    let mut forward = fence.forward_client().await;
    for host in [
        "plain.test",
        "tls.test",
        "other.test",
        "h1.test",
        "plain.test",
    ] {
        let scheme = if host == "plain.test" {
            "http"
        } else {
            "https"
        };
        let url = format!("{scheme}://{host}:{}/public/a", fence.port);
        let reply = forward
            .send(fence.request("GET", host, &url, &[], ""))
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{host}: {}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_served_on_threads_of_their_own() {
    let fence = Fence::new().await;
    let fence = &fence;
    let clients = (0..20).map(|_| async move {
        let mut client = fence.h1("tls.test").await;
        for _ in 0..5 {
            let reply = client
                .send(fence.request("GET", "tls.test", "/echo", &[], ""))
                .await;
            assert_eq!(reply.status, StatusCode::OK);
        }
        let mut client = fence.h2("tls.test").await;
        let uri = format!("https://tls.test:{}/echo", fence.port);
        let request = http::Request::get(uri).body(Default::default()).unwrap();
        let reply = Reply::of(client.send_request(request).await.unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK);
    });
    futures_util::future::join_all(clients).await;
    assert_eq!(fence.tls.seen().len(), 120);
    let lanes = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter(|task| {
            let name = task.as_ref().unwrap().path().join("comm");
            std::fs::read_to_string(name).is_ok_and(|name| name.trim() == "ringfence-lane")
        });
    assert!(lanes.count() > 0, "the threads are there");
}
