use proptest::prelude::*;

use super::*;
use crate::error::Half;
use crate::secret::Secret;

/// The head and body of a message given in these pieces; `None` if it does not end.
#[derive(Debug, PartialEq, Eq)]
enum Head {
    Request(RequestHead),
    Response(ResponseHead),
}

fn read<'a>(
    half: Half,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Result<Option<(Head, Vec<u8>)>, BinaryError> {
    let mut reader = Reader::new(half);
    let (mut head, mut body) = (None, Vec::new());
    for mut piece in pieces {
        while let Some(part) = reader.next(&mut piece)? {
            match part {
                Part::Request(request) => head = Some(Head::Request(request)),
                Part::Response(response) => head = Some(Head::Response(response)),
                Part::Body(bytes) => body.extend_from_slice(bytes),
            }
        }
        assert!(piece.is_empty());
    }
    Ok(reader.is_at_end().then(|| (head.unwrap(), body)))
}

fn request(
    method: &str,
    path: &str,
    fields: &[(&str, &[u8])],
    body: &[&[u8]],
) -> Result<Secret, BinaryError> {
    let mut out = Secret::default();
    request_head(&mut out, method, path, fields.iter().copied())?;
    body.iter().for_each(|piece| content(&mut out, piece));
    end(&mut out);
    Ok(out)
}

#[test]
fn a_request_is_read_as_written_in_any_pieces() {
    let bytes = request(
        "POST",
        "/api/chat?x=1",
        &[("content-type", b"application/json"), ("x", b"")],
        &[b"one ", b"", b"two"],
    )
    .unwrap();
    let expected = Head::Request(RequestHead {
        method: "POST".into(),
        path: "/api/chat?x=1".into(),
        fields: vec![
            Field::new("content-type", "application/json"),
            Field::new("x", ""),
        ],
    });
    let whole = read(Half::Request, std::iter::once(&bytes[..]))
        .unwrap()
        .unwrap();
    assert_eq!(whole, (expected, b"one two".to_vec()));
    for size in 1..bytes.len() {
        assert_eq!(
            read(Half::Request, bytes.chunks(size)).unwrap().as_ref(),
            Some(&whole)
        );
    }
    for end in 0..bytes.len() {
        assert_eq!(
            read(Half::Request, std::iter::once(&bytes[..end])),
            Ok(None),
            "{end}"
        );
    }
}

#[test]
fn the_crate_of_the_specification_reads_and_writes_the_same() {
    let ours = request("POST", "/v1/messages", &[("x-api-key", b"k")], &[b"hello"]).unwrap();
    let theirs = bhttp::Message::read_bhttp(&mut std::io::Cursor::new(&ours[..])).unwrap();
    assert_eq!(theirs.control().method(), Some(&b"POST"[..]));
    assert_eq!(theirs.control().path(), Some(&b"/v1/messages"[..]));
    assert_eq!(theirs.header().get(b"x-api-key"), Some(&b"k"[..]));
    assert_eq!(theirs.content(), b"hello");
    let mut back = Vec::new();
    theirs
        .write_bhttp(bhttp::Mode::IndeterminateLength, &mut back)
        .unwrap();
    assert_eq!(back, **ours);

    let mut ours = Secret::default();
    response_head(&mut ours, 404, &[Field::new("content-type", "text/plain")]).unwrap();
    content(&mut ours, b"no such model");
    end(&mut ours);
    let theirs = bhttp::Message::read_bhttp(&mut std::io::Cursor::new(&ours[..])).unwrap();
    assert_eq!(
        theirs.control().status().map(|status| status.code()),
        Some(404)
    );
    let mut back = Vec::new();
    theirs
        .write_bhttp(bhttp::Mode::IndeterminateLength, &mut back)
        .unwrap();
    assert_eq!(back, **ours);
    let padded = [&ours[..], &[0; 40]].concat();
    let (head, body) = read(Half::Response, padded.chunks(3)).unwrap().unwrap();
    assert_eq!(
        head,
        Head::Response(ResponseHead {
            status: 404,
            fields: vec![Field::new("content-type", "text/plain")]
        })
    );
    assert_eq!(body, b"no such model");
}

#[test]
fn what_is_not_allowed_is_not_written() {
    fn no(method: &str, path: &str, fields: &[(&str, &[u8])]) -> Result<(), BinaryError> {
        request(method, path, fields, &[]).map(|_| ())
    }
    assert_eq!(no("", "/", &[]), Err(BinaryError::Method));
    assert_eq!(no("GET /", "/", &[]), Err(BinaryError::Method));
    assert_eq!(no("GET", "", &[]), Err(BinaryError::Path));
    assert_eq!(no("GET", "api", &[]), Err(BinaryError::Path));
    assert_eq!(no("GET", "/a b", &[]), Err(BinaryError::Path));
    assert_eq!(no("GET", "/a\r\nb", &[]), Err(BinaryError::Path));
    assert_eq!(no("GET", "/", &[("", b"")]), Err(BinaryError::FieldName));
    assert_eq!(
        no("GET", "/", &[("Host", b"")]),
        Err(BinaryError::FieldName)
    );
    assert_eq!(
        no("GET", "/", &[("a", b"b\r\nc: d")]),
        Err(BinaryError::FieldValue)
    );
    assert_eq!(
        no("GET", &format!("/{}", "a".repeat(MAX_PATH)), &[]),
        Err(BinaryError::HeadSize)
    );
    assert_eq!(
        no("GET", "/", &[("a", &vec![b'a'; MAX_HEAD])]),
        Err(BinaryError::HeadSize)
    );
    assert_eq!(
        no("GET", "/", &vec![("a", &b"b"[..]); MAX_FIELDS + 1]),
        Err(BinaryError::HeadSize)
    );
    assert_eq!(no("GET", "/", &vec![("a", &b"b"[..]); MAX_FIELDS]), Ok(()));
    for status in [0, 100, 103, 199, 600, 65535] {
        assert_eq!(
            response_head(&mut Secret::default(), status, &[]),
            Err(BinaryError::Status(status.into()))
        );
    }
}

#[test]
fn what_is_not_allowed_is_not_read() {
    let read = |half, bytes: &[u8]| {
        super::tests::read(half, std::iter::once(bytes)).map(|read| read.is_some())
    };
    let get = |scheme: &[u8], authority: &[u8], path: &[u8], rest: &[u8]| {
        let mut bytes = vec![2, 3];
        bytes.extend_from_slice(b"GET");
        for part in [scheme, authority, path] {
            bytes.push(part.len() as u8);
            bytes.extend_from_slice(part);
        }
        [&bytes[..], rest].concat()
    };
    assert_eq!(
        read(Half::Request, &get(b"https", b"", b"/", &[0, 0, 0])),
        Ok(true)
    );
    assert_eq!(
        read(Half::Request, &get(b"http", b"", b"/", &[0, 0, 0])),
        Ok(true)
    );
    assert_eq!(
        read(Half::Request, &get(b"ftp", b"", b"/", &[0, 0, 0])),
        Err(BinaryError::Scheme)
    );
    assert_eq!(
        read(Half::Request, &get(b"https", b"a", b"/", &[0, 0, 0])),
        Err(BinaryError::Authority)
    );
    assert_eq!(
        read(Half::Request, &get(b"https", b"", b"*", &[0, 0, 0])),
        Err(BinaryError::Path)
    );
    assert_eq!(
        read(Half::Request, &get(b"https", b"", b"/", &[1, b'A', 0, 0])),
        Err(BinaryError::FieldName)
    );
    assert_eq!(
        read(Half::Request, &get(b"https", b"", b"/", &[1, b'a', 1, 0])),
        Err(BinaryError::FieldValue)
    );
    assert_eq!(
        read(Half::Request, &get(b"https", b"", b"/", &[0, 0, 1, b'a'])),
        Err(BinaryError::Trailers)
    );
    assert_eq!(
        read(Half::Request, &get(b"https", b"", b"/", &[0, 0, 0, 0, 1])),
        Err(BinaryError::AfterEnd)
    );
    assert_eq!(
        read(Half::Request, &get(b"https", b"", b"/", &[0x40, 1])),
        Err(BinaryError::Integer)
    );
    assert_eq!(
        read(
            Half::Request,
            &get(b"https", b"", b"/", &[0xbf, 0xff, 0xff, 0xff])
        ),
        Err(BinaryError::HeadSize)
    );
    for framing in [0, 1, 3, 4] {
        assert_eq!(read(Half::Request, &[framing]), Err(BinaryError::Framing));
    }
    assert_eq!(read(Half::Response, &[2]), Err(BinaryError::Framing));
    assert_eq!(
        read(Half::Response, &[3, 0x40, 103]),
        Err(BinaryError::Status(103))
    );
    let many = [&[1, b'a', 1, b'b'].repeat(MAX_FIELDS + 1)[..], &[0, 0, 0]].concat();
    assert_eq!(
        read(Half::Request, &get(b"https", b"", b"/", &many)),
        Err(BinaryError::HeadSize)
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_the_same_in_any_pieces(bytes in prop::collection::vec(0u8..8, 0..300), size in 1usize..9) {
        for half in [Half::Request, Half::Response] {
            let whole = read(half, std::iter::once(&bytes[..]));
            prop_assert_eq!(read(half, bytes.chunks(size)), whole);
        }
    }

    #[test]
    fn what_is_read_was_written_so(
        path in "/[!-~]{0,40}",
        fields in prop::collection::vec(("[a-z0-9-]{1,12}", prop::collection::vec(32u8..=255, 0..300)), 0..9),
        body in prop::collection::vec(any::<u8>(), 0..2000),
        size in 1usize..300,
    ) {
        let pairs: Vec<(&str, &[u8])> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        let bytes = request("POST", &path, &pairs, &[&body]).unwrap();
        let (head, read) = read(Half::Request, bytes.chunks(size)).unwrap().unwrap();
        let fields = fields.iter().map(|(name, value)| Field::new(name.clone(), value.clone())).collect();
        prop_assert_eq!(head, Head::Request(RequestHead { method: "POST".into(), path, fields }));
        prop_assert_eq!(read, body);
    }
}
