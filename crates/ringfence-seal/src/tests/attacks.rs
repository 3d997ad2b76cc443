//! What a server in between can do to an exchange, each shown to be detected. The same helpers open the untouched exchange first, so
//! that no attack fails for another reason.

use super::support::*;
use crate::limits::TAG;
use crate::*;

/// A request of three frames and a half, so that there is something to cut, move and repeat.
fn long_request(setup: &Setup) -> Vec<u8> {
    setup
        .seal("/api/chat", &[&[b'a'; 20_000], &[b'b'; 20_000]])
        .0
}

fn rejoin(bytes: &[u8], skip: usize, order: &[usize]) -> Vec<u8> {
    let frames = frames(bytes, skip);
    let mut out = bytes[..skip].to_vec();
    for number in order {
        out.extend_from_slice(&bytes[frames[*number].0..frames[*number].2]);
    }
    out
}

/// Every bit of every byte of a request with X25519: header, encapsulated key, lengths, texts, tags.
#[test]
fn every_flipped_bit_of_a_request_is_detected() {
    let mut setup = setup(Kem::X25519);
    let mut out = Vec::new();
    let mut sealer = RequestSealer::start(&setup.runner, &head("/"), NOW, &mut out).unwrap();
    sealer.body(b"short", &mut out).unwrap();
    sealer.finish(&mut out).unwrap();
    for at in 0..out.len() {
        for bit in 0..8 {
            out[at] ^= 1 << bit;
            assert!(setup.open(&out, out.len()).is_err(), "byte {at} bit {bit}");
            out[at] ^= 1 << bit;
        }
    }
    assert!(setup.seen.is_empty(), "a forgery is not remembered");
    assert!(setup.open(&out, out.len()).is_ok());
}

/// A byte of every place of a request with X-Wing and several frames; the texts between are covered above.
#[test]
fn every_flipped_byte_of_header_key_lengths_and_tags_with_x_wing_is_detected() {
    let mut setup = setup(Kem::XWing);
    let mut request = long_request(&setup);
    let mut places: Vec<usize> = (0..request_header(Kem::XWing)).collect();
    for (start, text, end) in frames(&request, request_header(Kem::XWing)) {
        places.extend((start..text + 4).chain(end - TAG - 2..end));
    }
    for at in places {
        request[at] ^= 1 << (at % 8);
        assert!(setup.open(&request, request.len()).is_err(), "byte {at}");
        request[at] ^= 1 << (at % 8);
    }
    assert!(setup.open(&request, request.len()).is_ok());
}

/// Every bit of every byte of a response: nonce, lengths, texts, tags. The forged frame never gives out anything.
#[test]
fn every_flipped_bit_of_a_response_is_detected() {
    let (mut response, opener) = setup(Kem::XWing).exchange(&[b"one", b"two"]);
    let starts = frames(&response, 32);
    assert_eq!(starts.len(), 4);
    for at in 0..response.len() {
        let genuine = match starts.iter().position(|(_, _, end)| at < *end) {
            Some(0 | 1) => "",
            Some(2) => "one",
            _ => "onetwo",
        };
        for bit in 0..8 {
            response[at] ^= 1 << bit;
            let (body, head) = read(opener.again(), &response, 4096);
            assert!(head.is_err(), "byte {at} bit {bit}");
            assert_eq!(body, genuine.as_bytes(), "byte {at} bit {bit}");
            response[at] ^= 1 << bit;
        }
    }
    let (body, head) = read(opener, &response, 4096);
    assert!(head.is_ok());
    assert_eq!(body, b"onetwo");
}

#[test]
fn a_request_cut_anywhere_is_detected_and_nothing_of_it_is_seen() {
    for kem in [Kem::X25519, Kem::XWing] {
        let mut setup = setup(kem);
        let request = long_request(&setup);
        let starts: Vec<usize> = frames(&request, request_header(kem))
            .iter()
            .flat_map(|frame| [frame.0, frame.1, frame.2])
            .collect();
        for end in (0..request.len())
            .filter(|end| end % 97 == 0 || starts.iter().any(|start| start.abs_diff(*end) < 20))
        {
            let error = setup.open(&request[..end], 4096).err();
            match error {
                Some(
                    SealError::Truncated {
                        half: Half::Request,
                        ..
                    }
                    | SealError::NotAuthentic {
                        half: Half::Request,
                        ..
                    },
                ) => {}
                other => panic!("cut at {end}: {other:?}"),
            }
        }
        assert!(setup.open(&request, 4096).is_ok());
    }
}

#[test]
fn a_response_cut_anywhere_is_detected() {
    let (response, opener) = setup(Kem::XWing).exchange(&[b"one", b"two"]);
    let starts = frames(&response, 32);
    for end in 0..response.len() {
        let (body, head) = read(opener.again(), &response[..end], 4096);
        match head {
            Err(
                SealError::Truncated {
                    half: Half::Response,
                    ..
                }
                | SealError::NotAuthentic {
                    half: Half::Response,
                    ..
                },
            ) => {}
            other => panic!("cut at {end}: {other:?}"),
        }
        let whole = starts.iter().filter(|frame| frame.2 <= end).count();
        assert_eq!(body, ["", "", "one", "onetwo"][whole].as_bytes(), "{end}");
    }
    assert!(read(opener, &response, 4096).1.is_ok());
}

#[test]
fn a_frame_of_a_response_presented_as_its_last_is_detected() {
    let (response, opener) = setup(Kem::XWing).exchange(&[b"one", b"two"]);
    let starts = frames(&response, 32);
    for (number, (start, text, end)) in starts[..3].iter().enumerate() {
        let mut cut = response[..*start].to_vec();
        cut.push(0);
        cut.extend_from_slice(&response[*text..*end]);
        let refused = SealError::NotAuthentic {
            half: Half::Response,
            frame: number as u64,
        };
        assert_eq!(read(opener.again(), &cut, 4096).1, Err(refused));
    }
}

/// The audit of another protocol: a cut at the edge of a frame, with the frame before made to look like the last.
#[test]
fn an_inner_frame_is_no_last_frame_and_the_last_is_no_inner_one() {
    let mut setup = setup(Kem::X25519);
    let skip = request_header(Kem::X25519);
    let request = long_request(&setup);
    let found = frames(&request, skip);
    assert_eq!(found.len(), 3);
    for count in 0..found.len() - 1 {
        let mut cut = request[..found[count].0].to_vec();
        cut.push(0);
        cut.extend_from_slice(&request[found[count].1..found[count].2]);
        assert_eq!(
            setup.open(&cut, 4096).err(),
            Some(SealError::NotAuthentic {
                half: Half::Request,
                frame: count as u64
            })
        );
    }
    let (start, text, end) = found[2];
    let mut longer = request[..start].to_vec();
    crate::frames::write_length(end - text, false, &mut longer);
    longer.extend_from_slice(&request[text..end]);
    longer.push(0);
    longer.extend_from_slice(&request[text..end]);
    assert_eq!(
        setup.open(&longer, 4096).err(),
        Some(SealError::NotAuthentic {
            half: Half::Request,
            frame: 2
        })
    );
    let more = [&request[..], &[0]].concat();
    assert_eq!(
        setup.open(&more, 4096).err(),
        Some(SealError::NotAuthentic {
            half: Half::Request,
            frame: 2
        })
    );
}

#[test]
fn frames_moved_repeated_or_left_out_are_detected() {
    let mut setup = setup(Kem::X25519);
    let skip = request_header(Kem::X25519);
    let request = long_request(&setup);
    for order in [
        &[1, 0, 2][..],
        &[0, 0, 1, 2],
        &[0, 1, 1, 2],
        &[1, 2],
        &[0, 2],
        &[2],
        &[0, 1, 2, 2],
    ] {
        assert!(
            setup.open(&rejoin(&request, skip, order), 4096).is_err(),
            "{order:?}"
        );
    }
    assert!(
        setup
            .open(&rejoin(&request, skip, &[0, 1, 2]), 4096)
            .is_ok()
    );
    let (response, opener) = setup.exchange(&[b"one", b"two"]);
    for order in [
        &[1, 0, 2, 3][..],
        &[0, 2, 1, 3],
        &[0, 1, 1, 2, 3],
        &[0, 2, 3],
        &[1, 2, 3],
        &[0, 1, 3],
        &[3],
    ] {
        let moved = rejoin(&response, 32, order);
        assert!(read(opener.again(), &moved, 4096).1.is_err(), "{order:?}");
    }
    assert!(
        read(opener, &rejoin(&response, 32, &[0, 1, 2, 3]), 4096)
            .1
            .is_ok()
    );
}

#[test]
fn a_request_sent_again_is_detected_also_with_its_lengths_written_otherwise() {
    let mut setup = setup(Kem::XWing);
    let (request, _) = setup.seal("/api/chat", &[&[b'a'; 20_000]]);
    assert!(setup.open(&request, 4096).is_ok());
    let again = setup.open(&request, 100).err();
    assert_eq!(again, Some(SealError::Replayed));
    assert_eq!(again.unwrap().refusal().word, "replayed");
    let (start, text, _) = frames(&request, request_header(Kem::XWing))[0];
    let mut longer = request[..start].to_vec();
    longer.extend_from_slice(&[0xc0, 0, 0, 0, 0, 0, 0x40, 0x10]);
    longer.extend_from_slice(&request[text..]);
    assert_eq!(
        setup.open(&longer, 4096).err(),
        Some(SealError::FrameLength {
            half: Half::Request,
            frame: 0
        })
    );
}

#[test]
fn frames_of_another_request_to_the_same_key_are_detected() {
    let mut setup = setup(Kem::X25519);
    let skip = request_header(Kem::X25519);
    let (one, two) = (long_request(&setup), long_request(&setup));
    assert_eq!(one.len(), two.len());
    for number in 0..3 {
        let mut mixed = one.clone();
        let (start, _, end) = frames(&one, skip)[number];
        mixed[start..end].copy_from_slice(&two[start..end]);
        assert_eq!(
            setup.open(&mixed, 4096).err(),
            Some(SealError::NotAuthentic {
                half: Half::Request,
                frame: number as u64
            })
        );
    }
    assert!(
        setup
            .open(&[&one[..skip], &two[skip..]].concat(), 4096)
            .is_err()
    );
    assert!(setup.open(&one, 4096).is_ok() && setup.open(&two, 4096).is_ok());
}

#[test]
fn a_response_to_another_request_is_detected() {
    let mut setup = setup(Kem::XWing);
    let (request_one, opener_one) = setup.seal("/api/chat", &[b"same"]);
    let (request_two, opener_two) = setup.seal("/api/chat", &[b"same"]);
    let response_one = respond(setup.open(&request_one, 4096).unwrap(), &[b"one"]);
    let response_two = respond(setup.open(&request_two, 4096).unwrap(), &[b"two"]);
    for (opener, response) in [(opener_one, &response_two), (opener_two, &response_one)] {
        let (body, head) = read(opener, response, 4096);
        assert_eq!(
            head,
            Err(SealError::NotAuthentic {
                half: Half::Response,
                frame: 0
            })
        );
        assert!(body.is_empty());
    }
}

#[test]
fn the_request_itself_sent_back_is_no_response() {
    let mut setup = setup(Kem::X25519);
    let (request, opener) = setup.seal("/", &[b"echo"]);
    assert!(read(opener, &request, 4096).1.is_err());
    let (response, _) = setup.exchange(&[b"x"]);
    assert!(setup.open(&response, 4096).is_err());
}

#[test]
fn a_request_to_another_runner_with_the_same_key_id_is_detected() {
    let mut here = setup(Kem::XWing);
    let there = setup(Kem::XWing);
    let (request, _) = there.seal("/", &[]);
    let error = here.open(&request, 4096).err().unwrap();
    assert_eq!(
        error,
        SealError::NotAuthentic {
            half: Half::Request,
            frame: 0
        }
    );
    assert_eq!(
        error.refusal(),
        Refusal {
            status: 422,
            word: "key"
        }
    );
}

/// Weaker algorithms named in the header, which is all that says which are used; and another content under the same key.
#[test]
fn a_downgrade_is_detected() {
    let mut setup = setup(Kem::XWing);
    let (request, _) = setup.seal("/", &[]);
    let expected = (0x647a, 1, 2);
    for (at, bytes, got) in [
        (1, [0x00, 0x20], (0x0020, 1, 2)),      // X25519
        (3, [0x00, 0x03], (0x647a, 3, 2)),      // HKDF-SHA512
        (5, [0x00, 0x01], (0x647a, 1, 1)),      // AES-128-GCM
        (5, [0x00, 0x03], (0x647a, 1, 3)),      // ChaCha20-Poly1305
        (5, [0xff, 0xff], (0x647a, 1, 0xffff)), // export only: no encryption at all
    ] {
        let mut forged = request.clone();
        forged[at..at + 2].copy_from_slice(&bytes);
        assert_eq!(
            setup.open(&forged, 4096).err(),
            Some(SealError::Suite { expected, got })
        );
    }
    // The same frames under the label of unpadded messages do not open as ours.
    let mut out = Vec::new();
    let (mut sender, _) = crate::exchange::RequestSender::start(
        setup.runner.key(),
        super::interop::STANDARD,
        &mut out,
    )
    .unwrap();
    sender
        .frame(256, true, &mut out, |out| crate::padding::pad(b"", out))
        .unwrap();
    assert_eq!(
        setup.open(&out, 4096).err(),
        Some(SealError::NotAuthentic {
            half: Half::Request,
            frame: 0
        })
    );
    // Plain HTTP, plain JSON with the flag of another product, plain binary HTTP: not taken for a request.
    for plain in [
        &b"POST /api/chat HTTP/1.1\r\n\r\n{}"[..],
        b"{\"encrypted\":false,\"content\":\"hello\"}",
        &[2, 3, b'G', b'E', b'T'],
    ] {
        assert!(setup.open(plain, 4096).is_err());
    }
    let (_, opener) = setup.exchange(&[]);
    let (body, head) = read(
        opener,
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"message\":\"forged\"}",
        4096,
    );
    assert!(head.is_err() && body.is_empty());
}

#[test]
fn no_word_of_the_plaintext_is_in_what_is_sent() {
    let mut setup = setup(Kem::XWing);
    let canary = b"canary-7f3a9c";
    let (request, _) = setup.seal("/api/canary-7f3a9c", &[canary]);
    let opened = setup.open(&request, 4096).unwrap();
    let response = respond(opened, &[canary]);
    for bytes in [&request, &response] {
        for word in [
            &canary[..],
            b"api",
            b"POST",
            b"authorization",
            b"ringfence-time",
            b"ndjson",
        ] {
            assert!(!bytes.windows(word.len()).any(|window| window == word));
        }
    }
}
