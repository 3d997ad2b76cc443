//! Against implementations that are not ours: the `ohttp` crate for the format, `rustls` with `aws-lc` for HPKE with the very suite
//! that is used here, which `ohttp` does not have.
//!
//! `ohttp` 0.8 reads the nonce of a streamed response into 16 bytes, so its client can only be given a cipher with keys of 16 bytes;
//! the other three directions take one of 32.

use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use ohttp::hpke::{Aead, Kdf, Kem as TheirKem};
use rustls::crypto::aws_lc_rs;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePublicKey};

use crate::exchange::{Content, PADDED, RequestReceiver, RequestSender, ResponseReceiver};
use crate::key::{KeyConfig, RunnerKey};
use crate::suite::{Cipher, Kem};

/// Plain binary HTTP, as the specification has it.
pub(super) const STANDARD: Content = Content {
    request: b"message/bhttp chunked request",
    response: b"message/bhttp chunked response",
};

const REQUEST: &[u8] = b"a request of some length";
const RESPONSE: &[u8] = b"a response, in two pieces";

/// Runs what never waits, because it reads and writes memory.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("memory does not wait"),
    }
}

fn frame(pieces: &[&[u8]], mut seal: impl FnMut(usize, bool, &[u8])) {
    for (number, piece) in pieces.iter().enumerate() {
        seal(piece.len(), number + 1 == pieces.len(), piece);
    }
}

#[test]
fn their_server_opens_our_request_and_our_client_opens_its_response() {
    for (their_kem, kem) in [
        (TheirKem::X25519Sha256, Kem::X25519),
        (TheirKem::XWing, Kem::XWing),
    ] {
        for (their_aead, cipher) in [
            (Aead::ChaCha20Poly1305, Cipher::ChaCha20Poly1305),
            (Aead::Aes128Gcm, Cipher::Aes128Gcm),
        ] {
            let suites = vec![ohttp::SymmetricSuite::new(Kdf::HkdfSha256, their_aead)];
            let server =
                ohttp::Server::new(ohttp::KeyConfig::new(3, their_kem, suites).unwrap()).unwrap();
            let encoded = server.config().encode().unwrap();
            let config = KeyConfig::decode_for(cipher, &encoded).unwrap();
            assert_eq!((config.id(), config.kem()), (3, kem));
            assert_eq!(config.encode(), encoded);

            let mut request = Vec::new();
            let (mut sender, secret) =
                RequestSender::start(&config, STANDARD, &mut request).unwrap();
            frame(
                &[&REQUEST[..5], &REQUEST[5..], b""],
                |length, last, piece| {
                    sender
                        .frame(length, last, &mut request, |out| {
                            out.extend_from_slice(piece)
                        })
                        .unwrap();
                },
            );
            let mut stream = server.decapsulate_stream(&request[..]);
            let mut read = Vec::new();
            now(stream.read_to_end(&mut read)).unwrap();
            assert_eq!(read, REQUEST);

            let mut response = Vec::new();
            let mut writer = stream.response(&mut response).unwrap();
            now(writer.write_all(&RESPONSE[..9])).unwrap();
            now(writer.write_all(&RESPONSE[9..])).unwrap();
            now(writer.close()).unwrap();
            let mut receiver = ResponseReceiver::new(secret);
            let mut rest = &response[..];
            let mut read = Vec::new();
            while let Some(plain) = receiver.take(&mut rest).unwrap() {
                read.extend_from_slice(plain);
            }
            read.extend_from_slice(receiver.last().unwrap());
            assert_eq!(read, RESPONSE);
        }
    }
}

#[test]
fn our_runner_opens_their_request_and_their_client_opens_its_response() {
    for kem in [Kem::X25519, Kem::XWing] {
        for cipher in [Cipher::ChaCha20Poly1305, Cipher::Aes128Gcm] {
            let key = Arc::new(RunnerKey::generate_for(cipher, kem, 200).unwrap());
            let client = ohttp::ClientRequest::from_encoded_config(&key.config().encode()).unwrap();
            let sink = Sink::default();
            let mut client = client.encapsulate_stream(sink.clone()).unwrap();
            now(client.write_all(REQUEST)).unwrap();
            now(client.close()).unwrap();

            let request = sink.0.borrow();
            let mut receiver = RequestReceiver::new(key.clone(), STANDARD);
            let (mut rest, mut read) = (&request[..], Vec::new());
            while let Some(plain) = receiver.take(&mut rest).unwrap() {
                read.extend_from_slice(plain);
            }
            read.extend_from_slice(receiver.last().unwrap());
            assert_eq!(read, REQUEST);

            if cipher.entropy_length() > 16 {
                continue; // See the head of this file.
            }
            let mut response = Vec::new();
            let mut sender = receiver.respond(&mut response).unwrap();
            frame(
                &[&RESPONSE[..9], &RESPONSE[9..], b""],
                |length, last, piece| {
                    sender
                        .frame(length, last, &mut response, |out| {
                            out.extend_from_slice(piece)
                        })
                        .unwrap();
                },
            );
            let mut read = Vec::new();
            now(client
                .response(&response[..])
                .unwrap()
                .read_to_end(&mut read))
            .unwrap();
            assert_eq!(read, RESPONSE);
        }
    }
}

/// Written to by their client, read by us.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl AsyncWrite for Sink {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const THEIRS: &dyn Hpke = aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;

#[test]
fn our_runner_opens_what_another_hpke_sealed_with_our_suite() {
    let key = Arc::new(RunnerKey::generate(Kem::X25519, 5).unwrap());
    let config = key.config();
    let header = [5, 0, 0x20, 0, 1, 0, 2];
    let info = [PADDED.request, &[0], &header].concat();
    let (encapsulated, mut sealer) = THEIRS
        .setup_sealer(&info, &HpkePublicKey(config.public().to_bytes()))
        .unwrap();
    let mut request = [&header[..], &encapsulated.0].concat();
    let first = sealer.seal(b"", REQUEST).unwrap();
    crate::frames::write_length(first.len(), false, &mut request);
    request.extend_from_slice(&first);
    request.push(0);
    request.extend_from_slice(&sealer.seal(b"final", RESPONSE).unwrap());

    let mut receiver = RequestReceiver::new(key.clone(), PADDED);
    let mut rest = &request[..];
    assert_eq!(receiver.take(&mut rest).unwrap(), Some(REQUEST));
    assert_eq!(receiver.take(&mut rest).unwrap(), None);
    assert_eq!(receiver.last().unwrap(), RESPONSE);
}

#[test]
fn another_hpke_opens_what_our_client_sealed_with_our_suite() {
    let (public, private) = THEIRS.generate_key_pair().unwrap();
    let encoded = [&[5, 0, 0x20][..], &public.0, &[0, 4, 0, 1, 0, 2]].concat();
    let config = KeyConfig::decode(&encoded).unwrap();
    let mut request = Vec::new();
    let (mut sender, _) = RequestSender::start(&config, PADDED, &mut request).unwrap();
    frame(&[REQUEST, RESPONSE], |length, last, piece| {
        sender
            .frame(length, last, &mut request, |out| {
                out.extend_from_slice(piece)
            })
            .unwrap();
    });
    let info = [PADDED.request, &[0], &request[..7]].concat();
    let mut opener = THEIRS
        .setup_opener(
            &EncapsulatedSecret(request[7..39].to_vec()),
            &info,
            &private,
        )
        .unwrap();
    let frames = super::support::frames(&request, 39);
    assert_eq!(
        opener
            .open(b"", &request[frames[0].1..frames[0].2])
            .unwrap(),
        REQUEST
    );
    assert_eq!(
        opener
            .open(b"final", &request[frames[1].1..frames[1].2])
            .unwrap(),
        RESPONSE
    );
}
