//! Hostile HTTP (INCIDENTS N5 to N8, network.md §8) as raw bytes: the status that comes back and what reached the origin.

use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fence::{Fence, H1};

/// Raw requests in plain text and the status that each must get. `HOST` stands for the allowed host with its port.
const CORPUS: &[(&str, &str, &str)] = &[
    (
        "two Hosts",
        "GET / HTTP/1.1\r\nHost: HOST\r\nHost: denied.test\r\n\r\n",
        "400",
    ),
    ("no Host", "GET / HTTP/1.1\r\n\r\n", "400"),
    (
        "user info in Host",
        "GET / HTTP/1.1\r\nHost: HOST@denied.test\r\n\r\n",
        "400",
    ),
    (
        "user info in front",
        "GET / HTTP/1.1\r\nHost: denied.test@HOST\r\n\r\n",
        "400",
    ),
    (
        "NUL in Host",
        "GET / HTTP/1.1\r\nHost: denied.test\0.plain.test\r\n\r\n",
        "400",
    ),
    (
        "space in Host",
        "GET / HTTP/1.1\r\nHost: plain.test denied.test\r\n\r\n",
        "400",
    ),
    (
        "comma in Host",
        "GET / HTTP/1.1\r\nHost: HOST, denied.test\r\n\r\n",
        "400",
    ),
    (
        "path in Host",
        "GET / HTTP/1.1\r\nHost: HOST/x\r\n\r\n",
        "400",
    ),
    (
        "another port in Host",
        "GET / HTTP/1.1\r\nHost: plain.test:1\r\n\r\n",
        "421",
    ),
    (
        "port 0",
        "GET / HTTP/1.1\r\nHost: plain.test:0\r\n\r\n",
        "400",
    ),
    (
        "huge port",
        "GET / HTTP/1.1\r\nHost: plain.test:99999\r\n\r\n",
        "400",
    ),
    (
        "absolute form mismatch",
        "GET http://denied.test/ HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "400",
    ),
    (
        "absolute form scheme",
        "GET https://HOST/ HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "400",
    ),
    (
        "absolute form user info",
        "GET http://a:b@HOST/ HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "400",
    ),
    (
        "CL and TE",
        "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "TE and CL",
        "POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "two CL",
        "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "400",
    ),
    (
        "odd TE",
        "POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "hidden TE",
        "POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: \tchunked\x0b\r\n\r\n0\r\n\r\n",
        "400",
    ),
    (
        "TE with space before colon",
        "POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "400",
    ),
    ("bare LF", "GET / HTTP/1.1\nHost: HOST\n\n", "400"),
    (
        "bare LF between headers",
        "GET / HTTP/1.1\r\nHost: HOST\nX: y\r\n\r\n",
        "400",
    ),
    (
        "bare CR",
        "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\rHost: denied.test\r\n\r\n",
        "400",
    ),
    (
        "folded header",
        "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\r\n Host: denied.test\r\n\r\n",
        "400",
    ),
    (
        "inner CONNECT",
        "CONNECT denied.test:443 HTTP/1.1\r\nHost: denied.test:443\r\n\r\n",
        "400",
    ),
    (
        "fragment",
        "GET /a#/../b HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "400",
    ),
    (
        "broken percent",
        "GET /a%2 HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "400",
    ),
    (
        "encoded NUL",
        "GET /a%00b HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "400",
    ),
    (
        "above the root",
        "GET /../../etc HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "400",
    ),
    (
        "star with GET",
        "GET * HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "400",
    ),
    ("HTTP/0.9", "GET /\r\n\r\n", "400"),
    (
        "the proxy's own marker",
        "X-RINGFENCE-MALFORMED /x HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "400",
    ),
];

#[tokio::test]
async fn ambiguous_requests_are_refused_and_never_forwarded() {
    let fence = Fence::new().await;
    let host = format!("plain.test:{}", fence.port);
    for (name, request, status) in CORPUS {
        let request = request.replace("HOST", &host);
        let out = fence.raw(request.as_bytes()).await;
        assert!(
            out.starts_with(&format!("HTTP/1.1 {status} "))
                || (out.is_empty() && *name == "HTTP/0.9"),
            "{name}: {out:?}"
        );
        assert!(
            fence.plain.seen().is_empty(),
            "{name} reached the origin: {:?}",
            fence.plain.seen()
        );
    }
}

#[tokio::test]
async fn they_are_refused_after_a_good_request_too() {
    let fence = Fence::new().await;
    let host = format!("plain.test:{}", fence.port);
    let good = format!("POST /echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\n\r\nabc");
    for (name, request, status) in CORPUS.iter().filter(|(name, ..)| *name != "HTTP/0.9") {
        let before = fence.plain.seen().len();
        let out = fence
            .raw(format!("{good}{}", request.replace("HOST", &host)).as_bytes())
            .await;
        assert!(out.starts_with("HTTP/1.1 200"), "{name}: {out:?}");
        assert!(
            out.contains(&format!("abcHTTP/1.1 {status} ")),
            "{name}: {out:?}"
        );
        assert_eq!(
            fence.plain.seen().len(),
            before + 1,
            "{name} reached the origin"
        );
    }
}

/// What is smuggled in a body stays a body.
#[tokio::test]
async fn a_request_inside_a_body_is_not_a_request() {
    let fence = Fence::new().await;
    let host = format!("plain.test:{}", fence.port);
    let inner = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for request in [
        format!(
            "POST /echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n{inner}",
            inner.len()
        ),
        format!(
            "POST /echo HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{inner}\r\n0\r\n\r\n",
            inner.len()
        ),
    ] {
        let out = fence.raw(request.as_bytes()).await;
        assert!(out.starts_with("HTTP/1.1 200"), "{out}");
    }
    assert!(
        fence
            .plain
            .seen()
            .iter()
            .all(|s| s.uri == "/echo" && s.body == inner.as_bytes()),
        "{:?}",
        fence.plain.seen()
    );
}

#[tokio::test]
async fn h2c_upgrade_does_not_happen() {
    let fence = Fence::new().await;
    let mut client = H1::over(fence.tcp().await).await;
    let headers = [
        ("connection", "upgrade, http2-settings"),
        ("upgrade", "h2c"),
        ("http2-settings", "AAMAAABk"),
    ];
    let reply = client
        .send(fence.request("GET", "plain.test", "/ws", &headers, ""))
        .await;
    assert_eq!(
        reply.status,
        StatusCode::BAD_REQUEST,
        "the origin did not see an upgrade"
    );
    let seen = &fence.plain.seen()[0].headers;
    assert!(
        !seen.contains_key("upgrade")
            && !seen.contains_key("http2-settings")
            && !seen.contains_key("connection")
    );
    // The connection is still inspected.
    let reply = client
        .send(fence.request("GET", "denied.test", "/", &[], ""))
        .await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn http2_prior_knowledge_in_plain_text_is_inspected() {
    let fence = Fence::new().await;
    let (mut client, connection) =
        hyper::client::conn::http2::handshake::<_, _, http_body_util::Full<bytes::Bytes>>(
            hyper_util::rt::TokioExecutor::new(),
            hyper_util::rt::TokioIo::new(fence.tcp().await),
        )
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = |host: &str| {
        http::Request::builder()
            .uri(format!("http://{host}:{}/echo", fence.port))
            .body(Default::default())
            .unwrap()
    };
    assert_eq!(
        client
            .send_request(request("plain.test"))
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
    assert_eq!(fence.plain.seen()[0].version, http::Version::HTTP_2);
    assert_eq!(
        client
            .send_request(request("denied.test"))
            .await
            .unwrap()
            .status(),
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_flood_of_resets_closes_the_connection() {
    let fence = Fence::new().await;
    let mut stream = fence.tcp().await;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    for n in 0..20_000u32 {
        let id = (n * 2 + 1).to_be_bytes();
        // HEADERS with :method GET, :scheme http, :path /; then RST_STREAM.
        bytes.extend([0, 0, 3, 1, 5]);
        bytes.extend(id);
        bytes.extend([0x82, 0x86, 0x84]);
        bytes.extend([0, 0, 4, 3, 0]);
        bytes.extend(id);
        bytes.extend([0, 0, 0, 8]);
    }
    let _ = stream.write_all(&bytes).await;
    let mut out = Vec::new();
    let ended = tokio::time::timeout(
        std::time::Duration::from_secs(30),
        stream.read_to_end(&mut out),
    )
    .await;
    assert!(ended.is_ok(), "the connection is closed");
    // And the proxy still serves others.
    assert_eq!(
        fence.get("tls.test", "/echo", &[]).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_continuation_flood_and_a_header_bomb_close_the_connection() {
    let fence = Fence::new().await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    // HEADERS without END_HEADERS, then CONTINUATION without end.
    let mut flood = preface.to_vec();
    flood.extend([0, 0, 3, 1, 0, 0, 0, 0, 1, 0x82, 0x86, 0x84]);
    for _ in 0..2000 {
        let field = [&[0x00, 0x01, b'x', 0x64][..], &[b'y'; 100]].concat();
        let payload: Vec<u8> = field.repeat(100);
        let len = (payload.len() as u32).to_be_bytes();
        flood.extend(&len[1..]);
        flood.extend([9, 0, 0, 0, 0, 1]);
        flood.extend(payload);
    }
    // One indexed field of 4 kB repeated: 1 byte each on the wire.
    let mut bomb = preface.to_vec();
    let mut payload = vec![0x82, 0x86, 0x84, 0x40, 0x01, b'x', 0x7f, 0x81, 0x1e];
    payload.extend(vec![b'y'; 127 + 1 + 30 * 128]);
    payload.extend(vec![0xbe; 10_000]);
    let len = (payload.len() as u32).to_be_bytes();
    bomb.extend(&len[1..]);
    bomb.extend([1, 5, 0, 0, 0, 1]);
    bomb.extend(payload);
    for (name, bytes) in [("flood", flood), ("bomb", bomb)] {
        let mut stream = fence.tcp().await;
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut out = Vec::new();
        let ended = tokio::time::timeout(
            std::time::Duration::from_secs(30),
            stream.read_to_end(&mut out),
        )
        .await;
        assert!(ended.is_ok(), "{name}: the connection is closed");
    }
    assert!(fence.plain.seen().is_empty());
    assert_eq!(
        fence.get("tls.test", "/echo", &[]).await.status,
        StatusCode::OK
    );
}
