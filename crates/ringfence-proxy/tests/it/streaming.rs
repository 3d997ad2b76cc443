//! Bodies and protocol switches: streamed both ways, in bounded memory, without waiting for the end.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use ringfence_policy::Event;
use ringfence_policy::decision::Grant;
use ringfence_policy::plan::AskFor;
use ringfence_proxy::QuestionKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fence::{Fence, H1, Options};

#[tokio::test]
async fn server_sent_events_arrive_one_by_one() {
    let fence = Fence::new().await;
    let mut client = fence.h1("tls.test").await;
    let mut response = client
        .start(fence.request("GET", "tls.test", "/sse", &[], ""))
        .await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    for n in 0..5 {
        let frame = response.frame().await.unwrap().unwrap();
        assert_eq!(
            frame.into_data().unwrap(),
            Bytes::from(format!("data: {n}\n\n")),
            "each event is a frame of its own"
        );
    }
    assert!(response.frame().await.is_none());
}

#[tokio::test]
async fn ten_mebibytes_down_and_up() {
    let fence = Fence::new().await;
    let reply = fence.get("tls.test", "/big", &[]).await;
    assert_eq!(reply.body.len(), 10 * 1024 * 1024);
    assert_eq!(reply.headers["content-length"], "10485760");
    let mut client = fence.h1("tls.test").await;
    let body = "y".repeat(10 * 1024 * 1024);
    let reply = client
        .send(fence.request("POST", "tls.test", "/public/upload", &[], &body))
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(fence.tls.seen()[1].body.len(), body.len());
    assert!(fence.events.all().iter().any(|e| matches!(
        e,
        Event::Exchange {
            bytes_out: 10_485_760,
            ..
        }
    )));
}

#[tokio::test]
async fn chunked_request_trailers_reach_an_http1_origin() {
    let fence = Fence::new().await;
    let request = format!(
        "POST /echo HTTP/1.1\r\nHost: plain.test:{}\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n",
        fence.port
    );
    let out = fence.raw(request.as_bytes()).await;
    assert!(out.starts_with("HTTP/1.1 200"), "{out}");
    let seen = &fence.plain.seen()[0];
    assert_eq!(&seen.body[..], b"hello");
    assert_eq!(seen.trailers.as_ref().unwrap()["x-sum"], "1");
}

#[tokio::test]
async fn websockets_are_copied_both_ways_with_half_close() {
    let fence = Fence::new().await;
    for tls in [true, false] {
        let (host, mut client) = if tls {
            ("tls.test", fence.h1("tls.test").await)
        } else {
            ("plain.test", H1::over(fence.tcp().await).await)
        };
        let headers = [
            ("connection", "Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-version", "13"),
        ];
        let mut response = client
            .start(fence.request("GET", host, "/ws", &headers, ""))
            .await;
        assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(response.headers()["sec-websocket-accept"], "x");
        let mut stream = TokioIo::new(hyper::upgrade::on(&mut response).await.unwrap());
        // Frames that no HTTP parser would like.
        for message in [&b"\x81\x05\n\n\0\r\n"[..], &[7u8; 100_000]] {
            let (mut read, mut write) = tokio::io::split(&mut stream);
            let mut back = vec![0; message.len()];
            let (sent, got) = tokio::join!(write.write_all(message), read.read_exact(&mut back));
            sent.unwrap();
            got.unwrap();
            assert_eq!(back, message);
        }
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert_eq!(
            rest, b"goodbye",
            "the origin can still speak after the client's end"
        );
    }
    tokio::time::timeout(Duration::from_secs(10), async {
        while !fence.events.all().iter().any(|e| {
            matches!(
                e,
                Event::Exchange {
                    status: Some(101),
                    bytes_out: 100_007,
                    ..
                }
            )
        }) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the exchange is recorded with its bytes");
}

#[tokio::test]
async fn a_client_that_half_closes_still_gets_its_answer() {
    let fence = Fence::new().await;
    let out = fence
        .raw(
            format!(
                "GET /big HTTP/1.1\r\nHost: plain.test:{}\r\nConnection: close\r\n\r\n",
                fence.port
            )
            .as_bytes(),
        )
        .await;
    assert!(
        out.len() > 10 * 1024 * 1024,
        "only {} bytes came",
        out.len()
    );
}

#[tokio::test]
async fn a_client_that_leaves_is_recorded() {
    let fence = Fence::new().await;
    let mut stream = fence.tcp().await;
    stream
        .write_all(
            format!(
                "GET /big HTTP/1.1\r\nHost: plain.test:{}\r\n\r\n",
                fence.port
            )
            .as_bytes(),
        )
        .await
        .unwrap();
    let mut some = [0; 100];
    stream.read_exact(&mut some).await.unwrap();
    drop(stream);
    tokio::time::timeout(Duration::from_secs(10), async {
        while !fence
            .events
            .all()
            .iter()
            .any(|e| matches!(e, Event::Exchange { error: Some(_), .. }))
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the broken exchange is recorded");
}

#[tokio::test]
async fn uploads_over_the_limit_are_asked_about() {
    let ask_for = AskFor {
        upload_over: Some(1000),
        ..AskFor::default()
    };
    for (grant, status) in [(Grant::Allow, 200), (Grant::Deny, 403)] {
        let fence = Fence::with(Options {
            ask_for,
            grant,
            ..Options::default()
        })
        .await;
        let mut client = fence.h1("tls.test").await;
        let small = client
            .send(fence.request("POST", "tls.test", "/public/a", &[], &"x".repeat(1000)))
            .await;
        assert_eq!(small.status, StatusCode::OK);
        assert!(fence.asked.questions().is_empty());
        let large = client
            .send(fence.request("POST", "tls.test", "/public/a", &[], &"x".repeat(1001)))
            .await;
        assert_eq!(large.status.as_u16(), status);
        assert_eq!(
            (
                fence.asked.questions()[0].kind.clone(),
                fence.asked.questions()[0].size
            ),
            (QuestionKind::Upload, Some(1001))
        );
        // Chunked: nobody knows the size before the limit is passed.
        let mut body = String::new();
        for _ in 0..10 {
            body.push_str(&format!("c8\r\n{}\r\n", "z".repeat(200)));
        }
        let request = format!(
            "POST /public/b HTTP/1.1\r\nHost: plain.test:{}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{body}0\r\n\r\n",
            fence.port
        );
        let out = fence.raw(request.as_bytes()).await;
        assert!(out.starts_with(&format!("HTTP/1.1 {status} ")), "{out}");
        assert_eq!(fence.asked.questions().len(), 2);
        let whole = fence.plain.seen().iter().any(|s| s.body.len() == 2000);
        assert_eq!(whole, grant == Grant::Allow);
    }
}

#[tokio::test]
async fn messages_go_both_ways_on_one_stream() {
    use http_body_util::{Channel, combinators::BoxBody};
    let fence = Fence::new().await;
    let stream = fence.tls("tls.test", &["h2"]).await.unwrap();
    let (mut client, connection) = hyper::client::conn::http2::handshake::<
        _,
        _,
        BoxBody<Bytes, std::convert::Infallible>,
    >(hyper_util::rt::TokioExecutor::new(), TokioIo::new(stream))
    .await
    .unwrap();
    tokio::spawn(connection);
    let (mut sender, body) = Channel::<Bytes, std::convert::Infallible>::new(4);
    let request = http::Request::post(format!("https://tls.test:{}/public/duplex", fence.port))
        .header("te", "trailers")
        .header("content-type", "application/grpc")
        .body(body.boxed())
        .unwrap();
    sender
        .send_data(Bytes::from_static(b"first"))
        .await
        .unwrap();
    let mut response = client.send_request(request).await.unwrap();
    // Each answer comes before the next question is asked.
    for (came, next) in [
        ("first", Some("second")),
        ("second", Some("third")),
        ("third", None),
    ] {
        let frame = response.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), came);
        if let Some(next) = next {
            sender.send_data(Bytes::from(next)).await.unwrap();
        }
    }
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    sender.send_trailers(trailers).await.unwrap();
    let end = response.frame().await.unwrap().unwrap();
    assert_eq!(end.into_trailers().unwrap()["grpc-status"], "0");
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_the_origin() {
    use std::sync::atomic::Ordering;
    let fence = Fence::new().await;
    let mut client = fence.h1("tls.test").await;
    let mut response = client
        .start(fence.request("GET", "tls.test", "/endless", &[], ""))
        .await;
    response.frame().await.unwrap().unwrap();
    // Nobody reads on: what is on the way fills the buffers, then nothing more is made.
    let mut before = 0;
    let mut same = 0;
    while same < 10 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let made = fence.tls.made.load(Ordering::SeqCst);
        same = if made == before { same + 1 } else { 0 };
        before = made;
        // The kernel's socket buffers are most of this.
        assert!(made < 64 << 20, "{made} bytes are held somewhere");
    }
    // And it goes on when the client does.
    let mut read = 0;
    while read < before + (1 << 20) {
        read += response
            .frame()
            .await
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap()
            .len();
    }
}

#[tokio::test]
async fn a_refusal_is_read_even_by_a_client_that_is_still_writing() {
    let fence = Fence::new().await;
    let size = 8 << 20;
    let head = format!(
        "POST /up HTTP/1.1\r\nHost: denied.test:{}\r\nContent-Length: {size}\r\n\r\n",
        fence.port
    );
    let mut stream = fence.tcp().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    // The whole body is written before anything is read.
    stream.write_all(&vec![b'x'; size]).await.unwrap();
    let next = format!(
        "GET /echo HTTP/1.1\r\nHost: plain.test:{}\r\nConnection: close\r\n\r\n",
        fence.port
    );
    stream.write_all(next.as_bytes()).await.unwrap();
    let mut out = String::new();
    stream.read_to_string(&mut out).await.unwrap();
    assert!(
        out.starts_with("HTTP/1.1 403") && out.contains("HTTP/1.1 200"),
        "{out}"
    );
}

#[tokio::test]
async fn ten_mebibytes_down_and_up_over_http2() {
    let fence = Fence::new().await;
    let mut client = fence.h2("tls.test").await;
    let uri = |path: &str| format!("https://tls.test:{}{path}", fence.port);
    let get = http::Request::get(uri("/big"))
        .body(Default::default())
        .unwrap();
    let reply = crate::fence::Reply::of(client.send_request(get).await.unwrap()).await;
    assert_eq!(reply.body.len(), 10 * 1024 * 1024);
    let body = http_body_util::Full::new(Bytes::from(vec![b'y'; 10 * 1024 * 1024]));
    let post = http::Request::post(uri("/public/upload"))
        .body(body)
        .unwrap();
    let reply = crate::fence::Reply::of(client.send_request(post).await.unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(fence.tls.seen()[1].body.len(), 10 * 1024 * 1024);
}

#[tokio::test]
async fn events_are_not_held_up_by_scrubbing() {
    use crate::fence::{MARK, SECRET};
    let fence = Fence::with(Options {
        credentials: vec![ringfence_proxy::CredentialView {
            name: "model".into(),
            placeholder: MARK.into(),
            inject: None,
        }],
        ..Options::default()
    })
    .await;
    let mut client = fence.h1("tls.test").await;
    let request = fence.request(
        "GET",
        "tls.test",
        "/public/sse",
        &[("authorization", MARK)],
        "",
    );
    let mut response = client.start(request).await;
    for n in 0..5 {
        let frame = response.frame().await.unwrap().unwrap();
        assert_eq!(
            frame.into_data().unwrap(),
            Bytes::from(format!("data: {n}\n\n"))
        );
    }
    assert_eq!(fence.tls.seen()[0].headers["authorization"], SECRET);
}
