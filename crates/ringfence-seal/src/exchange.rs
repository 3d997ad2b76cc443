//! Chunked Oblivious HTTP (draft-ietf-ohai-chunked-ohttp-08) as such: headers, contexts, frames and their tags. What a frame's
//! plaintext means is decided above: padding and binary HTTP.

use std::sync::Arc;

use aws_lc_rs::{aead, hkdf};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Half, SealError};
use crate::frames::{Deframer, write_length};
use crate::key::{KeyConfig, RunnerKey};
use crate::limits::TAG;
use crate::secret;
use crate::suite::{Cipher, KDF_ID, NotOpened, Opening, Sealing};

/// Key id, KEM, KDF and AEAD.
pub(crate) const HEADER: usize = 7;

/// Associated data of the last frame; that of the others is empty.
const LAST: &[u8] = b"final";

/// What the two halves are bound to: another content is another label, so that no frame of one is ever taken for one of another
/// (RFC 9458 §4.6).
#[derive(Clone, Copy)]
pub(crate) struct Content {
    pub request: &'static [u8],
    pub response: &'static [u8],
}

/// Padded binary HTTP, which is all that is spoken here.
pub(crate) const PADDED: Content = Content {
    request: b"message/vnd.ringfence.sealed-v1 chunked request",
    response: b"message/vnd.ringfence.sealed-v1 chunked response",
};

/// The sending end of a request.
pub(crate) struct RequestSender {
    context: Box<dyn Sealing>,
}

/// What the client keeps to open the response.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct ResponseSecret {
    secret: Zeroizing<Vec<u8>>,
    encapsulated: Vec<u8>,
    cipher: Cipher,
}

impl ResponseSecret {
    pub fn encapsulated(&self) -> &[u8] {
        &self.encapsulated
    }
}

impl RequestSender {
    /// Appends the header to `out`.
    pub fn start(
        key: &KeyConfig,
        content: Content,
        out: &mut Vec<u8>,
    ) -> Result<(Self, ResponseSecret), SealError> {
        let cipher = key.cipher();
        let header = header(key);
        let (encapsulated, context) = key
            .public()
            .sender(cipher, &info(content.request, &header))?;
        let mut secret = Zeroizing::new(vec![0; cipher.entropy_length()]);
        context.export(content.response, &mut secret)?;
        out.extend_from_slice(&header);
        out.extend_from_slice(&encapsulated);
        Ok((
            Self { context },
            ResponseSecret {
                secret,
                encapsulated,
                cipher,
            },
        ))
    }

    /// Appends a frame; its plaintext is written by `plain`, which is told where to append and must append `length` bytes.
    pub fn frame(
        &mut self,
        length: usize,
        last: bool,
        out: &mut Vec<u8>,
        plain: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), SealError> {
        write_frame(length, last, out, plain, |associated, text| {
            self.context.seal(associated, text)
        })
    }
}

/// The receiving end of a request.
pub(crate) struct RequestReceiver {
    key: Arc<RunnerKey>,
    content: Content,
    state: ReceiverState,
    deframer: Deframer,
}

enum ReceiverState {
    Header(Vec<u8>),
    Frames {
        context: Box<dyn Opening>,
        encapsulated: Vec<u8>,
    },
}

impl RequestReceiver {
    pub fn new(key: Arc<RunnerKey>, content: Content) -> Self {
        Self {
            key,
            content,
            state: ReceiverState::Header(Vec::new()),
            deframer: Deframer::new(Half::Request),
        }
    }

    /// The plaintext of the next frame that is not the last, or `None` when all of `input` was taken.
    pub fn take<'a>(&'a mut self, input: &mut &[u8]) -> Result<Option<&'a [u8]>, SealError> {
        if let ReceiverState::Header(bytes) = &mut self.state {
            let config = self.key.config();
            for end in [HEADER, HEADER + config.kem().encapsulated_length()] {
                let missing = end.saturating_sub(bytes.len()).min(input.len());
                let (now, rest) = input.split_at(missing);
                bytes.extend_from_slice(now);
                *input = rest;
                if bytes.len() < end {
                    return Ok(None);
                }
                if end == HEADER {
                    check_header(config, bytes)?;
                }
            }
            let (header, encapsulated) = bytes.split_at(HEADER);
            let context = self.key.private().receiver(
                config.cipher(),
                encapsulated,
                &info(self.content.request, header),
            )?;
            self.state = ReceiverState::Frames {
                context,
                encapsulated: encapsulated.to_vec(),
            };
        }
        let ReceiverState::Frames { context, .. } = &mut self.state else {
            return Ok(None);
        };
        open_next(
            Half::Request,
            &mut self.deframer,
            input,
            |associated, text| context.open(associated, text),
        )
    }

    /// The plaintext of the last frame. Only now the request is known to be whole.
    pub fn last(&mut self) -> Result<&[u8], SealError> {
        let ReceiverState::Frames { context, .. } = &mut self.state else {
            return Err(SealError::Truncated {
                half: Half::Request,
                frames: 0,
            });
        };
        open_last(Half::Request, &mut self.deframer, |associated, text| {
            context.open(associated, text)
        })
    }

    /// The encapsulated key: fresh for every request, so it names it.
    pub fn encapsulated(&self) -> &[u8] {
        match &self.state {
            ReceiverState::Header(_) => &[],
            ReceiverState::Frames { encapsulated, .. } => encapsulated,
        }
    }

    /// The sending end of the response to this request; appends its nonce to `out`.
    pub fn respond(&self, out: &mut Vec<u8>) -> Result<ResponseSender, SealError> {
        let ReceiverState::Frames {
            context,
            encapsulated,
        } = &self.state
        else {
            return Err(SealError::Over);
        };
        let cipher = self.key.config().cipher();
        let mut secret = Zeroizing::new(vec![0; cipher.entropy_length()]);
        context.export(self.content.response, &mut secret)?;
        let start = out.len();
        out.resize(start + cipher.entropy_length(), 0);
        secret::fill(&mut out[start..])?;
        let context = ResponseContext::new(cipher, &secret, encapsulated, &out[start..])?;
        Ok(ResponseSender { context })
    }
}

/// The sending end of a response.
pub(crate) struct ResponseSender {
    context: ResponseContext,
}

impl ResponseSender {
    /// As [`RequestSender::frame`].
    pub fn frame(
        &mut self,
        length: usize,
        last: bool,
        out: &mut Vec<u8>,
        plain: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), SealError> {
        write_frame(length, last, out, plain, |associated, text| {
            self.context.seal(associated, text)
        })
    }
}

/// The receiving end of a response.
pub(crate) struct ResponseReceiver {
    secret: ResponseSecret,
    nonce: Vec<u8>,
    context: Option<ResponseContext>,
    deframer: Deframer,
}

impl ResponseReceiver {
    pub fn new(secret: ResponseSecret) -> Self {
        Self {
            secret,
            nonce: Vec::new(),
            context: None,
            deframer: Deframer::new(Half::Response),
        }
    }

    /// As [`RequestReceiver::take`].
    pub fn take<'a>(&'a mut self, input: &mut &[u8]) -> Result<Option<&'a [u8]>, SealError> {
        let context = match &mut self.context {
            Some(context) => context,
            none => {
                let missing = self.secret.cipher.entropy_length() - self.nonce.len();
                let (now, rest) = input.split_at(missing.min(input.len()));
                self.nonce.extend_from_slice(now);
                *input = rest;
                if self.nonce.len() < self.secret.cipher.entropy_length() {
                    return Ok(None);
                }
                none.insert(ResponseContext::new(
                    self.secret.cipher,
                    &self.secret.secret,
                    &self.secret.encapsulated,
                    &self.nonce,
                )?)
            }
        };
        open_next(
            Half::Response,
            &mut self.deframer,
            input,
            |associated, text| context.open(associated, text),
        )
    }

    /// The same from the start: the tests open one response in many ways.
    #[cfg(test)]
    pub fn again(&self) -> Self {
        Self::new(self.secret.clone())
    }

    /// As [`RequestReceiver::last`].
    pub fn last(&mut self) -> Result<&[u8], SealError> {
        let Some(context) = &mut self.context else {
            return Err(SealError::Truncated {
                half: Half::Response,
                frames: 0,
            });
        };
        open_last(Half::Response, &mut self.deframer, |associated, text| {
            context.open(associated, text)
        })
    }
}

/// Key, nonce and counter of a response.
struct ResponseContext {
    key: aead::LessSafeKey,
    nonce: Zeroizing<[u8; aead::NONCE_LEN]>,
    counter: u64,
}

impl ResponseContext {
    /// RFC 9458 §4.4, with the labels of the chunked form.
    fn new(
        cipher: Cipher,
        secret: &[u8],
        encapsulated: &[u8],
        nonce: &[u8],
    ) -> Result<Self, SealError> {
        let failed = |_| SealError::Library("derive the response's key");
        let salt = [encapsulated, nonce].concat();
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt).extract(secret);
        let mut key = Zeroizing::new(vec![0; cipher.key_length()]);
        prk.expand(&[b"key"], Length(key.len()))
            .and_then(|okm| okm.fill(&mut key))
            .map_err(failed)?;
        let mut nonce = Zeroizing::new([0; aead::NONCE_LEN]);
        prk.expand(&[b"nonce"], Length(nonce.len()))
            .and_then(|okm| okm.fill(&mut *nonce))
            .map_err(failed)?;
        let algorithm = match cipher {
            Cipher::Aes256Gcm => &aead::AES_256_GCM,
            #[cfg(test)]
            Cipher::Aes128Gcm => &aead::AES_128_GCM,
            #[cfg(test)]
            Cipher::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
        };
        let key = aead::UnboundKey::new(algorithm, &key).map_err(failed)?;
        Ok(Self {
            key: aead::LessSafeKey::new(key),
            nonce,
            counter: 0,
        })
    }

    fn seal(&mut self, associated: &[u8], in_out: &mut [u8]) -> Result<[u8; TAG], SealError> {
        let failed = || SealError::Library("seal a frame");
        let nonce = self.next_nonce().ok_or_else(failed)?;
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, aead::Aad::from(associated), in_out)
            .map_err(|_| failed())?;
        tag.as_ref().try_into().map_err(|_| failed())
    }

    fn open(&mut self, associated: &[u8], in_out: &mut [u8]) -> Result<(), NotOpened> {
        let nonce = self.next_nonce().ok_or(NotOpened)?;
        self.key
            .open_in_place(nonce, aead::Aad::from(associated), in_out)
            .map(|_| ())
            .map_err(|_| NotOpened)
    }

    /// Never the same twice: `None` when the counter is used up.
    fn next_nonce(&mut self) -> Option<aead::Nonce> {
        let counter = self.counter;
        self.counter = counter.checked_add(1)?;
        let mut nonce = *self.nonce;
        for (byte, count) in nonce[aead::NONCE_LEN - 8..]
            .iter_mut()
            .zip(counter.to_be_bytes())
        {
            *byte ^= count;
        }
        Some(aead::Nonce::assume_unique_for_key(nonce))
    }
}

/// Length of an expanded key, in the way HKDF of `aws-lc-rs` takes it.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Key id and algorithms, as they go before the encapsulated key.
fn header(key: &KeyConfig) -> [u8; HEADER] {
    let [k0, k1] = key.kem().id().to_be_bytes();
    let [d0, d1] = KDF_ID.to_be_bytes();
    let [a0, a1] = key.cipher().id().to_be_bytes();
    [key.id(), k0, k1, d0, d1, a0, a1]
}

fn check_header(key: &KeyConfig, bytes: &[u8]) -> Result<(), SealError> {
    let two = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let (expected, got) = (
        (key.kem().id(), KDF_ID, key.cipher().id()),
        (two(1), two(3), two(5)),
    );
    if bytes[0] != key.id() {
        return Err(SealError::KeyId {
            expected: key.id(),
            got: bytes[0],
        });
    }
    if got != expected {
        return Err(SealError::Suite { expected, got });
    }
    Ok(())
}

/// What binds a request's keys to its header: RFC 9458 §4.3.
fn info(label: &[u8], header: &[u8]) -> Vec<u8> {
    [label, &[0], header].concat()
}

fn write_frame(
    length: usize,
    last: bool,
    out: &mut Vec<u8>,
    plain: impl FnOnce(&mut Vec<u8>),
    seal: impl FnOnce(&[u8], &mut [u8]) -> Result<[u8; TAG], SealError>,
) -> Result<(), SealError> {
    out.reserve(8 + length + TAG);
    let before = out.len();
    write_length(length + TAG, last, out);
    let start = out.len();
    plain(out);
    debug_assert_eq!(out.len() - start, length);
    match seal(if last { LAST } else { b"" }, &mut out[start..]) {
        Ok(tag) => out.extend_from_slice(&tag),
        Err(error) => {
            // What was not sealed is not left where it could be sent.
            out[start..].zeroize();
            out.truncate(before);
            return Err(error);
        }
    }
    Ok(())
}

fn open_next<'a>(
    half: Half,
    deframer: &'a mut Deframer,
    input: &mut &[u8],
    open: impl FnOnce(&[u8], &mut [u8]) -> Result<(), NotOpened>,
) -> Result<Option<&'a [u8]>, SealError> {
    // The number is needed for the error only, but the frame borrows the deframer.
    let number = deframer.following();
    let Some(frame) = deframer.take(input)? else {
        return Ok(None);
    };
    open(b"", frame).map_err(|NotOpened| SealError::NotAuthentic {
        half,
        frame: number,
    })?;
    Ok(Some(&frame[..frame.len() - TAG]))
}

fn open_last(
    half: Half,
    deframer: &mut Deframer,
    open: impl FnOnce(&[u8], &mut [u8]) -> Result<(), NotOpened>,
) -> Result<&[u8], SealError> {
    let number = deframer.following();
    let frame = deframer.last()?;
    open(LAST, frame).map_err(|NotOpened| SealError::NotAuthentic {
        half,
        frame: number,
    })?;
    Ok(&frame[..frame.len() - TAG])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_sealed_is_not_left_in_what_is_sent() {
        let mut out = b"sent".to_vec();
        let failed = SealError::Library("seal a frame");
        let plain = |out: &mut Vec<u8>| out.extend_from_slice(b"plaintext");
        let result = write_frame(9, false, &mut out, plain, |_, _| Err(failed.clone()));
        assert_eq!(result, Err(failed));
        assert_eq!(out, b"sent");
    }
}
