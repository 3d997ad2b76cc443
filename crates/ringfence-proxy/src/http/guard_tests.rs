use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// What hyper would get to read when the client sends `parts`, each in its own write.
async fn through(parts: &[&[u8]]) -> (Vec<u8>, Option<io::Error>) {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    for part in parts {
        client.write_all(part).await.unwrap();
    }
    drop(client);
    let (mut guard, _) = Guard::new(server);
    let mut out = Vec::new();
    let error = guard.read_to_end(&mut out).await.err();
    (out, error)
}

fn marker(code: &str) -> String {
    format!("{MARKER} /{code} HTTP/1.1")
}

/// Requests that must be refused, with the reason.
const REFUSED: &[(&str, &str)] = &[
    ("GET / HTTP/1.1\nHost: a\n\n", "bare-lf"),
    ("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "bare-lf"),
    (
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n",
        "control-character",
    ),
    (
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n",
        "control-character",
    ),
    (
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n",
        "header-line",
    ),
    ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", "header-line"),
    (
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "header-line",
    ),
    (
        "GET / HTTP/1.1\r\nHost: a\r\nX\x0b: y\r\n\r\n",
        "header-line",
    ),
    ("GET / HTTP/1.1\r\n\r\n", "host-header"),
    (
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "host-header",
    ),
    (
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "host-header",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "length-and-encoding",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        "length-and-encoding",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        "content-length",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
        "content-length",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n",
        "content-length",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n",
        "content-length",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\n",
        "content-length",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "content-length",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "transfer-encoding",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
        "transfer-encoding",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "transfer-encoding",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
        "control-character",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "transfer-encoding",
    ),
    (
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "transfer-encoding",
    ),
    ("CONNECT b:443 HTTP/1.1\r\nHost: a\r\n\r\n", "connect"),
    ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "request-line"),
    ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "request-line"),
    ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "request-line"),
    ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", "request-line"),
    ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "request-line"),
    ("GET /\r\n\r\n", "request-line"),
    ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "request-line"),
    ("G\u{e9}T / HTTP/1.1\r\nHost: a\r\n\r\n", "request-line"),
];

#[tokio::test]
async fn refuses_ambiguous_heads() {
    for (request, code) in REFUSED {
        let (out, error) = through(&[request.as_bytes()]).await;
        let out = String::from_utf8_lossy(&out);
        assert!(
            out.starts_with(&marker(code)),
            "{request:?} gave {out:?}, expected {code}"
        );
        assert!(error.is_none());
    }
}

#[tokio::test]
async fn refuses_them_later_on_the_connection_too() {
    let before: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\na\nb\r\n0\r\nT: x\r\n\r\n",
    ];
    for first in before {
        for (request, code) in REFUSED {
            let whole = [first, request.as_bytes()].concat();
            let (out, _) = through(&[&whole]).await;
            assert!(out.starts_with(first), "the valid request passes unchanged");
            let rest = String::from_utf8_lossy(&out[first.len()..]).into_owned();
            assert!(rest.starts_with(&marker(code)), "{request:?} gave {rest:?}");
        }
    }
}

#[tokio::test]
async fn passes_requests_byte_by_byte() {
    let requests: &[u8] = b"POST /a?b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n\
        PUT /c HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello\
        GET /d HTTP/1.0\r\n\r\n";
    let bytes: Vec<&[u8]> = requests.chunks(1).collect();
    let (out, error) = through(&bytes).await;
    assert!(error.is_none());
    assert_eq!(
        String::from_utf8_lossy(&out),
        String::from_utf8_lossy(requests)
    );
}

#[tokio::test]
async fn refuses_bad_chunks() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in [
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "-1\r\n",
        "\r\n",
        "g\r\n",
        "11111111111111111\r\n",
        "3 \r\nabc\r\n",
        "0\r\nX: y\n\r\n",
        "3;\x01\r\n",
    ] {
        let (_, error) = through(&[head.as_bytes(), body.as_bytes()]).await;
        assert!(error.is_some(), "{body:?} was accepted");
    }
}

#[tokio::test]
async fn refuses_a_head_without_end() {
    let mut request = b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec();
    request.resize(limits::HEAD_BYTES + 8192, b'x');
    let (out, _) = through(&[&request]).await;
    assert!(String::from_utf8_lossy(&out).starts_with(&marker("too-large")));
    let many = format!(
        "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
        "X: y\r\n".repeat(limits::HEADERS)
    );
    let (out, _) = through(&[many.as_bytes()]).await;
    assert!(String::from_utf8_lossy(&out).starts_with(&marker("too-large")));
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_is_refused_in_time() {
    let (mut client, server) = tokio::io::duplex(1 << 16);
    let (mut guard, _) = Guard::new(server);
    client.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    let mut out = vec![0; 1024];
    let n = guard.read(&mut out).await.unwrap();
    assert!(String::from_utf8_lossy(&out[..n]).starts_with(&marker("timeout")));
}

#[tokio::test]
async fn is_transparent_after_the_protocol_switch() {
    let (mut client, server) = tokio::io::duplex(1 << 16);
    let (mut guard, upgraded) = Guard::new(server);
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n";
    client.write_all(head).await.unwrap();
    let mut out = vec![0; head.len()];
    guard.read_exact(&mut out).await.unwrap();
    upgraded.store(true, Ordering::Release);
    client.write_all(b"\x81\n\0raw").await.unwrap();
    drop(client);
    let mut rest = Vec::new();
    guard.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"\x81\n\0raw");
}

mod any_input {
    use proptest::prelude::*;

    fn strict(bytes: &[u8]) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(crate::http::strict(bytes))
    }

    /// Pieces that requests and attacks on them are made of.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let texts: &[&str] = &[
            "GET / HTTP/1.1\r\n",
            "POST /a HTTP/1.1\r\n",
            "GET / HTTP/1.0\r\n",
            "Host: a\r\n",
            "Content-Length: 3\r\n",
            "Content-Length: 0\r\n",
            "Transfer-Encoding: chunked\r\n",
            "transfer-encoding:\tchunked \r\n",
            "Transfer-Encoding: gzip\r\n",
            "\r\n",
            "\n",
            "\r",
            "\0",
            "3\r\nabc\r\n",
            "0\r\n\r\n",
            "0\r\n",
            "abc",
            " ",
            ":",
            "X: y\r\n",
            " folded\r\n",
            "CONNECT a:1 HTTP/1.1\r\n",
            "T: v\r\n\r\n",
        ];
        prop_oneof![
            20 => proptest::sample::select(texts).prop_map(|text| text.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..8),
        ]
    }

    proptest! {
        #[test]
        fn what_is_let_through_would_be_let_through_again(pieces in proptest::collection::vec(piece(), 0..24)) {
            let first = strict(&pieces.concat());
            prop_assert_eq!(String::from_utf8_lossy(&strict(&first)).into_owned(), String::from_utf8_lossy(&first).into_owned());
        }

        /// One reading of the bytes: hyper must not find another request in what the strict reader let through.
        #[test]
        fn how_the_bytes_are_cut_does_not_matter(pieces in proptest::collection::vec(piece(), 0..24)) {
            let whole = pieces.concat();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let slices: Vec<&[u8]> = whole.chunks(3).collect();
            let (cut, _) = runtime.block_on(super::through(&slices));
            prop_assert_eq!(String::from_utf8_lossy(&cut).into_owned(), String::from_utf8_lossy(&strict(&whole)).into_owned());
        }
    }
}
