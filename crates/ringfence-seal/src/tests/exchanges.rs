//! What two honest ends say to each other arrives, in any pieces, padded.

use proptest::prelude::*;

use super::support::*;
use crate::limits::{BUCKET, MAX_CHUNK, MAX_CHUNK_DATA, MAX_REQUEST_BODY, TAG, TIME_WINDOW};
use crate::*;

#[test]
fn a_turn_with_both_key_agreements() {
    for kem in [Kem::X25519, Kem::XWing] {
        let mut setup = setup(kem);
        let (request, opener) = setup.seal("/api/chat?x=1", &[b"{\"prompt\": ", b"\"hello\"}"]);
        assert_eq!(key_id(&request), Some(7));
        let opened = setup.open(&request, 100).unwrap();
        assert_eq!(opened.head, head("/api/chat?x=1"));
        assert_eq!(**opened.body, *b"{\"prompt\": \"hello\"}");
        assert_eq!(opened.sealed_at, NOW);
        let response = respond(opened, &[b"one ", b"", b"two"]);
        let (body, head) = read(opener, &response, 33);
        assert_eq!(
            head.unwrap(),
            ResponseHead {
                status: 200,
                fields: vec![Field::new("content-type", "application/x-ndjson")]
            }
        );
        assert_eq!(body, b"one two");
    }
}

#[test]
fn both_ends_know_the_request_by_the_same_name_and_no_two_have_one() {
    let mut setup = setup(Kem::X25519);
    let mut out = Vec::new();
    let sealer = RequestSealer::start(&setup.runner, &head("/"), NOW, &mut out).unwrap();
    let id = sealer.id();
    sealer.finish(&mut out).unwrap();
    assert_eq!(setup.open(&out, 4096).unwrap().id, id);
    let (other, _) = setup.seal("/", &[]);
    assert_ne!(setup.open(&other, 4096).unwrap().id, id);
}

#[test]
fn every_frame_on_the_wire_is_some_buckets_and_a_tag() {
    let mut setup = setup(Kem::X25519);
    let mut sizes = Vec::new();
    for length in [0, 1, 17, 40, 100, 200] {
        let text = vec![b'x'; length];
        let (request, _) = setup.seal("/api/chat", &[&text]);
        let opened = setup.open(&request, 4096).unwrap();
        let response = respond(opened, &[&text]);
        for (bytes, skip) in [(&request, request_header(Kem::X25519)), (&response, 32)] {
            for (_, start, end) in frames(bytes, skip) {
                assert_eq!((end - start - TAG) % BUCKET, 0);
            }
        }
        sizes.push((request.len(), response.len()));
    }
    // What says nothing to an eye: a reply of 1 byte and one of 200 look the same. (An empty one has a frame less.)
    assert!(
        sizes[1..]
            .iter()
            .all(|(_, response)| *response == sizes[1].1),
        "{sizes:?}"
    );
    assert!(
        sizes[..5].iter().all(|(request, _)| *request == sizes[0].0),
        "{sizes:?}"
    );
}

#[test]
fn long_bodies_are_cut_into_frames_of_the_largest_size() {
    let mut setup = setup(Kem::X25519);
    let body: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    let (request, opener) = setup.seal("/", &[&body]);
    let found = frames(&request, request_header(Kem::X25519));
    assert_eq!(found.len(), body.len() / MAX_CHUNK_DATA + 1);
    assert!(
        found[..found.len() - 1]
            .iter()
            .all(|(_, start, end)| end - start == MAX_CHUNK + TAG)
    );
    let opened = setup.open(&request, 1000).unwrap();
    assert_eq!(**opened.body, body);
    let response = respond(opened, &[&body, &body]);
    let (read, head) = read(opener, &response, 1000);
    assert_eq!(head.unwrap().status, 200);
    assert_eq!(read, [&body[..], &body[..]].concat());
}

#[test]
fn bodies_around_the_edge_of_a_frame_arrive() {
    let mut setup = setup(Kem::X25519);
    for length in (MAX_CHUNK_DATA - 150..MAX_CHUNK_DATA + 20)
        .step_by(5)
        .chain(MAX_CHUNK_DATA - 6..MAX_CHUNK_DATA + 3)
    {
        let body = vec![1; length];
        let (request, opener) = setup.seal("/", &[&body]);
        let opened = setup.open(&request, 5000).unwrap();
        assert_eq!(opened.body.len(), length);
        let response = respond(opened, &[&body]);
        assert_eq!(read(opener, &response, 5000).0.len(), length);
    }
}

#[test]
fn a_body_over_the_limit_is_refused_at_both_ends() {
    let setup = setup(Kem::X25519);
    let mut out = Vec::new();
    let mut sealer = RequestSealer::start(&setup.runner, &head("/"), NOW, &mut out).unwrap();
    let piece = vec![0; 1 << 20];
    for _ in 0..MAX_REQUEST_BODY >> 20 {
        sealer.body(&piece, &mut out).unwrap();
    }
    let wrong = SealError::Message {
        half: Half::Request,
        source: BinaryError::BodySize,
    };
    assert_eq!(sealer.body(b"x", &mut out), Err(wrong.clone()));
    assert_eq!(wrong.refusal().status, 413);

    // A client that does not keep to it.
    let (mut sender, plain) = raw_request(&setup, &[]);
    let mut opener = RequestOpener::new(setup.key.clone());
    let mut out = plain;
    let mut result = Ok(());
    for _ in 0..=MAX_REQUEST_BODY / (1 << 13) {
        let mut data = crate::secret::Secret::default();
        crate::binary::content(&mut data, &piece[..1 << 13]);
        sender
            .frame(crate::padding::padded(data.len()), false, &mut out, |out| {
                crate::padding::pad(&data, out)
            })
            .unwrap();
        result = result.and_then(|()| opener.push(&out));
        out.clear();
    }
    assert_eq!(result, Err(wrong));
}

type Fields<'a> = &'a [(&'a str, &'a [u8])];

/// A request by a client that keeps to the framing but not to the rest, up to its first frame, which has the head with these fields.
fn raw_request(setup: &Setup, fields: Fields<'_>) -> (crate::exchange::RequestSender, Vec<u8>) {
    let mut out = Vec::new();
    let (mut sender, _) = crate::exchange::RequestSender::start(
        setup.runner.key(),
        crate::exchange::PADDED,
        &mut out,
    )
    .unwrap();
    let mut data = crate::secret::Secret::default();
    crate::binary::request_head(&mut data, "GET", "/", fields.iter().copied()).unwrap();
    sender
        .frame(crate::padding::padded(data.len()), false, &mut out, |out| {
            crate::padding::pad(&data, out)
        })
        .unwrap();
    (sender, out)
}

#[test]
fn a_client_that_does_not_keep_to_the_inner_format_is_refused() {
    let mut setup = setup(Kem::X25519);
    let time = NOW.0.to_string();
    let right: (&str, &[u8]) = ("ringfence-time", time.as_bytes());
    let reserved = Err(SealError::Message {
        half: Half::Request,
        source: BinaryError::Reserved,
    });
    let padded = [
        "0".to_owned() + &time,
        "+".to_owned() + &time,
        time.clone() + " ",
    ];
    let cases: [(Fields<'_>, Result<(), SealError>); 8] = [
        (&[right], Ok(())),
        (&[], reserved.clone()),
        (&[right, right], reserved.clone()),
        (&[right, ("ringfence-clear", b"1")], reserved.clone()),
        (&[("ringfence-time", b"now")], reserved.clone()),
        (
            &[("ringfence-time", padded[0].as_bytes())],
            reserved.clone(),
        ),
        (
            &[("ringfence-time", padded[1].as_bytes())],
            reserved.clone(),
        ),
        (&[("ringfence-time", padded[2].as_bytes())], reserved),
    ];
    for (fields, expected) in cases {
        let (mut sender, mut out) = raw_request(&setup, fields);
        sender
            .frame(256, true, &mut out, |out| crate::padding::pad(&[0, 0], out))
            .unwrap();
        assert_eq!(
            setup
                .open(&out, 4096)
                .map(|opened| assert!(opened.head.fields.is_empty())),
            expected
        );
    }
    // Authentic frames that are not padded, or a message that does not end.
    let (mut sender, mut out) = raw_request(&setup, &[right]);
    sender
        .frame(255, true, &mut out, |out| out.resize(out.len() + 255, 0))
        .unwrap();
    assert_eq!(
        setup.open(&out, 4096).err(),
        Some(SealError::Padding {
            half: Half::Request,
            frame: 1
        })
    );
    let (mut sender, mut out) = raw_request(&setup, &[right]);
    sender
        .frame(256, true, &mut out, |out| crate::padding::pad(&[0], out))
        .unwrap();
    assert_eq!(
        setup.open(&out, 4096).err(),
        Some(SealError::Incomplete {
            half: Half::Request
        })
    );
    let (mut sender, mut out) = raw_request(&setup, &[right]);
    sender
        .frame(256, true, &mut out, |out| {
            crate::padding::pad(&[0, 0, 1, 2], out)
        })
        .unwrap();
    assert_eq!(
        setup.open(&out, 4096).err(),
        Some(SealError::Message {
            half: Half::Request,
            source: BinaryError::AfterEnd
        })
    );
}

#[test]
fn names_that_are_ours_can_not_be_sent() {
    let setup = setup(Kem::X25519);
    let mut request = head("/");
    request.fields.push(Field::new("ringfence-time", "1"));
    let refused = RequestSealer::start(&setup.runner, &request, NOW, &mut Vec::new());
    assert_eq!(
        refused.err(),
        Some(SealError::Message {
            half: Half::Request,
            source: BinaryError::Reserved
        })
    );
}

#[test]
fn a_request_too_old_or_too_new_is_refused_and_one_after_the_statement_ended_is_not_made() {
    let mut setup = setup(Kem::X25519);
    let (request, _) = setup.seal("/", &[]);
    for now in [
        NOW.after(TIME_WINDOW + 1),
        UnixTime(NOW.0 - TIME_WINDOW - 1),
    ] {
        assert_eq!(
            setup.open_at(&request, 4096, now).err(),
            Some(SealError::Stale { sealed: NOW, now })
        );
    }
    assert!(
        setup
            .open_at(&request, 4096, NOW.after(TIME_WINDOW))
            .is_ok()
    );
    let expired = NOW.after(3600);
    let refused = RequestSealer::start(&setup.runner, &head("/"), expired, &mut Vec::new());
    assert_eq!(
        refused.err(),
        Some(SealError::StatementExpired {
            expired,
            now: expired
        })
    );
}

#[test]
fn after_an_error_nothing_more_is_taken() {
    let mut setup = setup(Kem::X25519);
    let (mut request, _) = setup.seal("/", &[]);
    request[0] ^= 1;
    let mut opener = RequestOpener::new(setup.key.clone());
    assert_eq!(
        opener.push(&request),
        Err(SealError::KeyId {
            expected: 7,
            got: 6
        })
    );
    assert_eq!(opener.push(&[]), Err(SealError::Over));
    assert_eq!(
        opener.finish(&mut setup.seen, NOW).err(),
        Some(SealError::Over)
    );

    let (mut response, mut opener) = setup.exchange(&[b"x"]);
    response[40] ^= 1;
    assert!(opener.push(&response, &mut Vec::new()).is_err());
    assert_eq!(opener.push(&[], &mut Vec::new()), Err(SealError::Over));
    assert_eq!(opener.finish(&mut Vec::new()), Err(SealError::Over));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_sent_arrives_in_whatever_pieces(
        body in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..12),
        reply in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..12),
        size in 1usize..5000,
    ) {
        let mut setup = setup(Kem::X25519);
        let pieces: Vec<&[u8]> = body.iter().map(Vec::as_slice).collect();
        let (request, opener) = setup.seal("/api/generate", &pieces);
        let opened = setup.open(&request, size).unwrap();
        prop_assert_eq!(&**opened.body, &body.concat());
        let pieces: Vec<&[u8]> = reply.iter().map(Vec::as_slice).collect();
        let (read, head) = read(opener, &respond(opened, &pieces), size);
        prop_assert_eq!(head.unwrap().status, 200);
        prop_assert_eq!(read, reply.concat());
    }
}
