use std::sync::Arc;

use proptest::prelude::*;
use rustls::pki_types::ServerName;

use super::*;

fn server_name(bytes: &[u8]) -> Option<String> {
    parse(bytes).unwrap().unwrap().server_name
}

/// A real hello, made by rustls.
fn real(name: &str, alpn: &[&[u8]]) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from(name.to_string()).unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

/// A hello written by hand around the given extensions.
fn by_hand(extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut ext = Vec::new();
    for (kind, data) in extensions {
        ext.extend(kind.to_be_bytes());
        ext.extend((data.len() as u16).to_be_bytes());
        ext.extend(data);
    }
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend([0, 2, 0x13, 0x01, 1, 0]);
    body.extend((ext.len() as u16).to_be_bytes());
    body.extend(ext);
    let mut message = vec![1, 0];
    message.extend((body.len() as u16).to_be_bytes());
    message.extend(body);
    records(&message, 16 * 1024)
}

/// Cuts a handshake message into records of at most `size` bytes.
fn records(message: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in message.chunks(size) {
        out.extend([0x16, 3, 1]);
        out.extend((piece.len() as u16).to_be_bytes());
        out.extend(piece);
    }
    out
}

fn sni(name: &[u8]) -> Vec<u8> {
    let mut data = ((name.len() + 3) as u16).to_be_bytes().to_vec();
    data.push(0);
    data.extend((name.len() as u16).to_be_bytes());
    data.extend(name);
    data
}

#[test]
fn a_real_hello_is_read() {
    let hello = parse(&real("api.example.com", &[b"h2", b"http/1.1"]))
        .unwrap()
        .unwrap();
    assert_eq!(hello.server_name.as_deref(), Some("api.example.com"));
    assert_eq!(hello.alpn, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    assert!(!hello.ech);
}

#[test]
fn an_address_is_sent_without_a_name() {
    assert_eq!(
        parse(&real("192.0.2.1", &[])).unwrap().unwrap().server_name,
        None
    );
}

#[test]
fn every_split_asks_for_more_and_then_says_the_same() {
    let bytes = real("split.example.com", &[b"h2"]);
    for cut in 0..bytes.len() {
        assert_eq!(parse(&bytes[..cut]), Ok(None), "cut at {cut}");
    }
    assert!(parse(&bytes).unwrap().is_some());
}

#[test]
fn a_hello_split_over_records_is_put_together() {
    let whole = by_hand(&[(0, sni(b"pieces.example.com"))]);
    for size in [1, 2, 3, 7, 40] {
        let bytes = records(&whole[5..], size);
        assert_eq!(
            server_name(&bytes).as_deref(),
            Some("pieces.example.com"),
            "records of {size}"
        );
    }
}

#[test]
fn ech_grease_is_seen_and_let_through() {
    let hello = parse(&by_hand(&[
        (0, sni(b"outer.example.com")),
        (0xfe0d, vec![0; 100]),
    ]))
    .unwrap()
    .unwrap();
    assert!(hello.ech);
    assert_eq!(hello.server_name.as_deref(), Some("outer.example.com"));
}

#[test]
fn what_an_origin_could_read_otherwise_is_refused() {
    let two = by_hand(&[(0, sni(b"a.example")), (0, sni(b"b.example"))]);
    assert_eq!(
        parse(&two),
        Err(HelloError::Malformed("two server_name extensions"))
    );
    let mut list = sni(b"a.example");
    let more = sni(b"b.example")[2..].to_vec();
    list.extend(more);
    let length = (list.len() as u16 - 2).to_be_bytes();
    list[..2].copy_from_slice(&length);
    assert_eq!(
        parse(&by_hand(&[(0, list)])),
        Err(HelloError::Malformed("second server name"))
    );
    for name in [
        &b""[..],
        b"evil\0.google.com",
        b"a b",
        b"caf\xc3\xa9.example",
        &[b'a'; 256],
    ] {
        assert_eq!(
            parse(&by_hand(&[(0, sni(name))])),
            Err(HelloError::Malformed("server name")),
            "{name:?}"
        );
    }
    let mut trailing = by_hand(&[(0, sni(b"a.example"))]);
    trailing.push(0);
    let length = (trailing.len() as u16 - 5).to_be_bytes();
    trailing[3..5].copy_from_slice(&length);
    assert!(matches!(parse(&trailing), Err(HelloError::Malformed(_))));
}

#[test]
fn other_protocols_are_told_apart_at_once() {
    for first in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"SSH-2.0-x",
        &[0x16, 2],
        &[0x15, 3, 1, 0, 2],
        &[0x16, 3, 1, 0, 1, 2],
    ] {
        assert_eq!(parse(first), Err(HelloError::NotTls), "{first:?}");
    }
}

#[test]
fn a_hello_without_end_stops_at_the_limit() {
    let mut message = vec![1, 0, 0x7f, 0xff];
    message.extend(vec![0; 0x7ffe]);
    let bytes = records(&message, 1);
    assert_eq!(parse(&bytes[..MAX_HELLO]), Err(HelloError::TooLong));
    assert_eq!(parse(&records(&[1, 1, 0, 0], 4)), Err(HelloError::TooLong));
    assert_eq!(
        parse(&[0x16, 3, 1, 0, 0]),
        Err(HelloError::Malformed("record length"))
    );
}

#[test]
fn a_verdict_does_not_depend_on_where_the_bytes_were_cut() {
    // The message ends before its record does; a read that stops right there must not take it for whole.
    let mut bytes = by_hand(&[(0, sni(b"a.example"))]);
    let message = bytes.len();
    bytes.extend([0; 9]);
    let length = (bytes.len() as u16 - 5).to_be_bytes();
    bytes[3..5].copy_from_slice(&length);
    assert_eq!(parse(&bytes[..message]), Ok(None));
    assert!(matches!(parse(&bytes), Err(HelloError::Malformed(_))));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_damaged_hello_never_panics_and_more_bytes_never_change_a_verdict(
        at in 0usize..200, value: u8, cut in 0usize..400,
    ) {
        let mut bytes = by_hand(&[(0, sni(b"mutated.example.com")), (16, vec![0, 3, 2, b'h', b'2'])]);
        let at = at % bytes.len();
        bytes[at] = value;
        let early = parse(&bytes[..cut.min(bytes.len())]);
        let late = parse(&bytes);
        // A refusal stays a refusal, though another reason may be found first in the longer text.
        match early {
            Ok(None) => {}
            Ok(Some(_)) => prop_assert_eq!(early, late),
            Err(_) => prop_assert!(late.is_err()),
        }
    }
}
