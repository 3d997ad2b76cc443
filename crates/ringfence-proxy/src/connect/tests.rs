use super::*;

fn head(text: &str) -> Result<Option<Request>, BadRequest> {
    parse(text.as_bytes(), None)
}

fn connects(authority: &str) -> Option<(Host, u16)> {
    let text = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    match head(&text) {
        Ok(Some(Request::Connect { host, port, head })) => {
            assert_eq!(head, text.len());
            Some((host, port))
        }
        Err(_) => None,
        other => panic!("{authority}: {other:?}"),
    }
}

#[test]
fn authorities_are_read_in_one_way_only() {
    let api = Host::Name("api.example.com".into());
    assert_eq!(connects("api.example.com:443"), Some((api.clone(), 443)));
    assert_eq!(connects("API.Example.COM.:8443"), Some((api, 8443)));
    let v6 = Host::Ip("2001:db8::1".parse().unwrap());
    assert_eq!(connects("[2001:db8::1]:443"), Some((v6, 443)));
    let v4 = Host::Ip("127.0.0.1".parse().unwrap());
    assert_eq!(connects("2130706433:80"), Some((v4, 80)));
    for bad in [
        "api.example.com",
        ":443",
        "api.example.com:",
        "api.example.com:0",
        "api.example.com:65536",
        "api.example.com:+443",
        "api.example.com:443:443",
        "2001:db8::1:443",
        "user@api.example.com:443",
        "http://api.example.com:443",
        "api.example.com:443/",
        "/",
        "*",
        "evil%00.google.com:443",
    ] {
        assert_eq!(connects(bad), None, "{bad}");
    }
}

#[test]
fn a_host_field_has_to_agree() {
    for (host, fine) in [
        ("a.example:443", true),
        ("A.example", true),
        ("b.example:443", false),
        ("a.example:22", false),
        ("", false),
    ] {
        let text = format!("CONNECT a.example:443 HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(head(&text).is_ok(), fine, "{host}");
    }
    let two = "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n";
    assert!(head(two).is_err());
    // nc, socat and corkscrew say HTTP/1.0 and no Host.
    for version in ["1.0", "1.1"] {
        let text = format!("CONNECT a.example:443 HTTP/{version}\r\n\r\n");
        assert!(head(&text).is_ok());
    }
}

#[test]
fn ambiguous_heads_are_refused() {
    for text in [
        "CONNECT a.example:443 HTTP/1.2\r\n\r\n",
        "CONNECT a.example:443\r\n\r\n",
        "CONNECT a.example:443 HTTP/1.1\n\n",
        "CONNECT a.example:443 HTTP/1.1\r\nX: y\n\r\n",
        "CONNECT a.example:443 HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        "CONNECT a.example:443 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "CONNECT a.example:443 HTTP/1.1\r\nX : y\r\n\r\n",
        "CONNECT a.exa\0mple:443 HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x05\x01\x00",
        "\x16\x03\x01\x02\x00",
    ] {
        assert!(
            matches!(head(text), Err(BadRequest::Malformed(_))),
            "{text:?}"
        );
    }
    let long = format!(
        "CONNECT a.example:443 HTTP/1.1\r\nX: {}",
        "y".repeat(HEAD_BYTES)
    );
    assert_eq!(head(&long), Err(BadRequest::TooLong));
    let many = format!(
        "CONNECT a.example:443 HTTP/1.1\r\n{}\r\n",
        "X: y\r\n".repeat(HEADERS + 1)
    );
    assert_eq!(head(&many), Err(BadRequest::TooLong));
}

#[test]
fn bytes_after_the_head_belong_to_the_tunnel() {
    let text = "CONNECT a.example:443 HTTP/1.1\r\n\r\n\x16\x03\x01";
    let Ok(Some(Request::Connect { head, .. })) = head(text) else {
        panic!()
    };
    assert_eq!(&text[head..], "\x16\x03\x01");
    assert_eq!(parse(&text.as_bytes()[..head - 1], None), Ok(None));
}

#[test]
fn other_requests_are_for_the_plain_path() {
    assert_eq!(
        head("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n"),
        Ok(Some(Request::Forward))
    );
    assert_eq!(head("GET / HTTP/1.1\r\n\r\n"), Ok(Some(Request::Forward)));
}

#[test]
fn the_token_is_asked_for_before_anything_else_is_said() {
    let with = |value: &str| {
        let text =
            format!("CONNECT a.example:443 HTTP/1.1\r\nProxy-Authorization: {value}\r\n\r\n");
        parse(text.as_bytes(), Some("s3ss10n")).is_ok()
    };
    assert!(with("Basic czNzczEwbjo=")); // s3ss10n:
    assert!(with("basic cmY6czNzczEwbg==")); // rf:s3ss10n
    assert!(!with("Basic cmY6czNzczEwbng=")); // rf:s3ss10nx
    assert!(!with("Basic !"));
    assert!(!with("Bearer s3ss10n"));
    assert_eq!(
        parse(b"GET / HTTP/1.1\r\n\r\n", Some("s3ss10n")),
        Err(BadRequest::Token)
    );
    let response = String::from_utf8(BadRequest::Token.response()).unwrap();
    assert!(response.starts_with("HTTP/1.1 407 "));
    assert!(response.contains("Proxy-Authenticate: Basic"));
}

#[test]
fn base64_is_the_standard_one() {
    for (encoded, decoded) in [
        ("", &b""[..]),
        ("Zg==", b"f"),
        ("Zm8", b"fo"),
        ("Zm9vYmFy", b"foobar"),
        ("//79", b"\xff\xfe\xfd"),
    ] {
        assert_eq!(base64(encoded).as_deref(), Some(decoded));
    }
    assert_eq!(base64("a-b_"), None);
}
