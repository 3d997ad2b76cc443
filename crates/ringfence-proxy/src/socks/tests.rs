use proptest::prelude::*;

use super::*;

fn connect(atyp: u8, address: &[u8], port: u16) -> Vec<u8> {
    let mut bytes = vec![5, 1, 0, atyp];
    bytes.extend(address);
    bytes.extend(port.to_be_bytes());
    bytes
}

fn domain(name: &[u8]) -> Vec<u8> {
    let mut address = vec![name.len() as u8];
    address.extend(name);
    connect(3, &address, 443)
}

#[test]
fn requests_are_read_and_what_follows_stays() {
    let mut bytes = domain(b"API.example.com.");
    let length = bytes.len();
    bytes.extend(b"\x16\x03\x01");
    let host = Host::Name("api.example.com".into());
    assert_eq!(request(&bytes), Ok(Some(((host, 443), length))));
    for cut in 0..length {
        assert_eq!(request(&bytes[..cut]), Ok(None), "cut at {cut}");
    }
    let v4 = Host::Ip("192.0.2.1".parse().unwrap());
    assert_eq!(
        request(&connect(1, &[192, 0, 2, 1], 22)),
        Ok(Some(((v4.clone(), 22), 10)))
    );
    let mut mapped = [0; 16];
    mapped[10..].copy_from_slice(&[0xff, 0xff, 192, 0, 2, 1]);
    assert_eq!(request(&connect(4, &mapped, 22)), Ok(Some(((v4, 22), 22))));
}

#[test]
fn names_that_a_resolver_could_read_otherwise_are_refused() {
    // INCIDENTS N1: the check saw `.google.com`, the resolver stopped at the NUL.
    for name in [
        &b"evil\0.google.com"[..],
        b"",
        b"a b.example",
        b"a\r\nHost: b.example",
        b"user@host.example",
        b"host.example:80",
        b"..",
        b"a..b",
        b"caf\xc3\xa9.example",
        b"\xff\xfe",
        b"a/b",
        b"a%00b",
        &[b'a'; 64],
        &[b'a'; 255],
    ] {
        assert_eq!(request(&domain(name)), Err(SocksError::Host), "{name:?}");
    }
    assert_eq!(
        request(&connect(1, &[1, 2, 3, 4], 0)),
        Err(SocksError::Host)
    );
    let spelled = Host::Ip("127.0.0.1".parse().unwrap());
    assert_eq!(request(&domain(b"0x7f.1")).unwrap().unwrap().0.0, spelled);
}

#[test]
fn everything_but_connect_is_refused() {
    for (bytes, error) in [
        (&[4, 1, 0, 80, 1, 2, 3, 4, 0][..], SocksError::Version),
        (b"GET / HTTP/1.1", SocksError::Version),
        (&[5, 2, 0, 1], SocksError::Command),
        (&[5, 3, 0, 1], SocksError::Command),
        (&[5, 0xf0, 0, 1], SocksError::Command),
        (&[5, 1, 1, 1], SocksError::AddressType),
        (&[5, 1, 0, 2], SocksError::AddressType),
    ] {
        assert_eq!(request(bytes), Err(error), "{bytes:?}");
        assert!(!error.reply().is_empty());
    }
}

#[test]
fn methods_are_not_negotiated_down() {
    assert_eq!(greeting(&[5, 2, 0, 2], NO_AUTHENTICATION), Ok(Some((0, 4))));
    assert_eq!(greeting(&[5, 2, 0, 2], USER_PASSWORD), Ok(Some((2, 4))));
    assert_eq!(greeting(&[5, 1, 0], USER_PASSWORD), Err(SocksError::Method));
    assert_eq!(
        greeting(&[5, 0], NO_AUTHENTICATION),
        Err(SocksError::Method)
    );
    assert_eq!(
        greeting(&[4, 1], NO_AUTHENTICATION),
        Err(SocksError::Version)
    );
    assert_eq!(greeting(&[5, 3, 0], NO_AUTHENTICATION), Ok(None));
}

#[test]
fn the_token_may_be_user_or_password_and_nothing_else_will_do() {
    let pair = |user: &[u8], password: &[u8]| {
        let mut bytes = vec![1, user.len() as u8];
        bytes.extend(user);
        bytes.push(password.len() as u8);
        bytes.extend(password);
        bytes
    };
    let token = "s3ss10n";
    assert_eq!(
        credentials(&pair(b"x", b"s3ss10n"), token),
        Ok(Some(((), 11)))
    );
    assert_eq!(
        credentials(&pair(b"s3ss10n", b""), token),
        Ok(Some(((), 10)))
    );
    for (user, password) in [
        (&b""[..], &b""[..]),
        (b"x", b"s3ss10"),
        (b"s3ss10nx", b"S3SS10N"),
    ] {
        assert_eq!(
            credentials(&pair(user, password), token),
            Err(SocksError::Token)
        );
    }
    assert_eq!(
        credentials(&pair(b"", b""), ""),
        Err(SocksError::Token),
        "no empty token"
    );
    assert_eq!(credentials(&[1, 3, b'a'], token), Ok(None));
    assert_eq!(credentials(&[5, 0], token), Err(SocksError::Token));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = request(&bytes);
        let _ = greeting(&bytes, 0);
        let _ = credentials(&bytes, "token");
    }

    #[test]
    fn any_name_is_a_host_or_refused(name in proptest::collection::vec(any::<u8>(), 1..255)) {
        match request(&domain(&name)) {
            Ok(Some(((host, 443), _))) => {
                let text = host.to_string();
                prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
            }
            other => prop_assert_eq!(other, Err(SocksError::Host)),
        }
    }
}
