//! A record as frames of one size, after STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): pure, bytes in and bytes out.
//!
//! Every frame of a file is as long as every other, so a damaged one never hides where the next begins, and the length of a message
//! is known to the frame only. A record has a key of its own from a random salt, so that no nonce is used twice even when a crash or
//! a restored file makes two records of one number.
//!
//! ```text
//! first frame         kind 1 | end | 0 0 | frame 0 u32 | record u64 | salt 32 | tag before 16 | ciphertext | tag 16
//! further frames      kind 2 | end | 0 0 | frame u32   | record u64                           | ciphertext | tag 16
//! plaintext, joined   length u64 | the record | zeros
//! nonce               frame u32 | 0 × 7 | end u8
//! associated data     label | purpose u8 | id 16 | the frame's own head, so record, frame, end, salt and the tag before
//! ```

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use zeroize::Zeroizing;

use super::crypto::{Deriver, Failed, NONCE, TAG, random};
use super::limits::MAX_RECORD;
use super::{Id, Purpose};

/// Bytes before the ciphertext of the first frame.
pub(crate) const FIRST_HEAD: usize = 64;
/// Bytes before the ciphertext of the others.
pub(crate) const NEXT_HEAD: usize = 16;
const FIRST: u8 = 1;
const NEXT: u8 = 2;
const LENGTH: usize = 8;
const LABEL: &[u8] = b"ringfence vault record 1";
/// Bytes of associated data before the frame's own head.
const FIXED: usize = LABEL.len() + 1 + 16;

/// The tag of a record's last frame: what the next record names as the one before it.
pub(crate) type Link = [u8; TAG];

/// What seals and opens the records of one conversation.
pub(crate) struct Sealer {
    deriver: Deriver,
    purpose: Purpose,
    id: Id,
}

/// A record that opened.
pub(crate) struct Opened {
    pub(crate) data: Zeroizing<Vec<u8>>,
    /// The tag that the record names as the one before it.
    pub(crate) before: Link,
    /// Its own last tag.
    pub(crate) link: Link,
}

/// The first frame of a record, opened.
pub(crate) struct Start {
    key: LessSafeKey,
    pub(crate) record: u64,
    pub(crate) frames: usize,
    length: usize,
    before: Link,
    link: Link,
    data: Zeroizing<Vec<u8>>,
}

impl Sealer {
    pub(crate) fn new(deriver: Deriver, purpose: Purpose, id: Id) -> Self {
        Sealer {
            deriver,
            purpose,
            id,
        }
    }

    fn key(&self, record: u64, salt: &[u8]) -> Result<LessSafeKey, Failed> {
        self.deriver.aead(&[
            LABEL,
            &[self.purpose as u8],
            &self.id.0,
            &record.to_be_bytes(),
            salt,
        ])
    }

    fn associated(&self, head: &[u8]) -> Associated {
        let mut bytes = [0; FIXED + FIRST_HEAD];
        bytes[..LABEL.len()].copy_from_slice(LABEL);
        bytes[LABEL.len()] = self.purpose as u8;
        bytes[LABEL.len() + 1..FIXED].copy_from_slice(&self.id.0);
        bytes[FIXED..FIXED + head.len()].copy_from_slice(head);
        Associated(bytes, FIXED + head.len())
    }

    /// The frames of one record and the tag of the last.
    pub(crate) fn seal(
        &self,
        record: u64,
        before: &Link,
        data: &[u8],
    ) -> Result<(Vec<u8>, Link), Failed> {
        let size = self.purpose.frame();
        let salt: [u8; 32] = random()?;
        let key = self.key(record, &salt)?;
        let count = frames(size, data.len());
        let mut out = vec![0; count * size];
        let mut rest = data;
        let mut link = [0; TAG];
        for (index, frame) in out.chunks_exact_mut(size).enumerate() {
            let end = index + 1 == count;
            let at = u32::try_from(index).map_err(|_| Failed)?;
            frame[0] = if index == 0 { FIRST } else { NEXT };
            frame[1] = u8::from(end);
            frame[4..8].copy_from_slice(&at.to_be_bytes());
            frame[8..16].copy_from_slice(&record.to_be_bytes());
            let head = if index == 0 {
                frame[16..48].copy_from_slice(&salt);
                frame[48..64].copy_from_slice(before);
                FIRST_HEAD
            } else {
                NEXT_HEAD
            };
            let associated = self.associated(&frame[..head]);
            let (plain, tag) = frame[head..].split_at_mut(size - head - TAG);
            let mut body = &mut *plain;
            if index == 0 {
                body[..LENGTH].copy_from_slice(&(data.len() as u64).to_be_bytes());
                body = &mut body[LENGTH..];
            }
            let (now, later) = rest.split_at(rest.len().min(body.len()));
            body[..now.len()].copy_from_slice(now);
            rest = later;
            let sealed =
                key.seal_in_place_separate_tag(nonce(at, end), Aad::from(&associated), plain)?;
            tag.copy_from_slice(sealed.as_ref());
            link.copy_from_slice(sealed.as_ref());
        }
        Ok((out, link))
    }

    /// Opens what may be the first frame of a record; `None` when it is none, or not whole.
    pub(crate) fn open_first(&self, frame: &[u8]) -> Option<Start> {
        let size = self.purpose.frame();
        if frame.len() != size || frame[0] != FIRST {
            return None;
        }
        let record = u64::from_be_bytes(frame[8..16].try_into().ok()?);
        let key = self.key(record, &frame[16..48]).ok()?;
        let mut plain = Zeroizing::new(vec![0; size - FIRST_HEAD - TAG]);
        let end = frame[1] == 1;
        self.open(&key, frame, FIRST_HEAD, 0, end, &mut plain)?;
        let length = u64::from_be_bytes(plain.get(..LENGTH)?.try_into().ok()?);
        let length = usize::try_from(length).ok().filter(|n| *n <= MAX_RECORD)?;
        let frames = frames(size, length);
        if (frames == 1) != end {
            return None;
        }
        let mut data = Zeroizing::new(Vec::with_capacity(
            (length + size).min(frames.saturating_mul(size)),
        ));
        data.extend_from_slice(&plain[LENGTH..]);
        Some(Start {
            key,
            record,
            frames,
            length,
            before: frame[48..64].try_into().ok()?,
            link: frame[size - TAG..].try_into().ok()?,
            data,
        })
    }

    /// Opens the frame `index` of a record and adds it.
    pub(crate) fn open_next(&self, start: &mut Start, index: usize, frame: &[u8]) -> Option<()> {
        let size = self.purpose.frame();
        let head_fits = frame.len() == size
            && frame[0] == NEXT
            && frame[8..16] == start.record.to_be_bytes()
            && frame[4..8] == u32::try_from(index).ok()?.to_be_bytes();
        if !head_fits {
            return None;
        }
        let mut plain = Zeroizing::new(vec![0; size - NEXT_HEAD - TAG]);
        let end = index + 1 == start.frames;
        self.open(&start.key, frame, NEXT_HEAD, index, end, &mut plain)?;
        start.data.extend_from_slice(&plain);
        start.link = frame[size - TAG..].try_into().ok()?;
        Some(())
    }

    fn open(
        &self,
        key: &LessSafeKey,
        frame: &[u8],
        head: usize,
        index: usize,
        end: bool,
        plain: &mut [u8],
    ) -> Option<()> {
        let (front, tag) = frame.split_at(frame.len() - TAG);
        let associated = self.associated(&front[..head]);
        let at = u32::try_from(index).ok()?;
        key.open_separate_gather(
            nonce(at, end),
            Aad::from(&associated),
            &front[head..],
            tag,
            plain,
        )
        .ok()
    }
}

impl Start {
    /// The record, once all of its frames were added.
    pub(crate) fn finish(mut self) -> Option<Opened> {
        let padding = self.data.get(self.length..)?;
        if padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        self.data.truncate(self.length);
        Some(Opened {
            data: self.data,
            before: self.before,
            link: self.link,
        })
    }
}

struct Associated([u8; FIXED + FIRST_HEAD], usize);

impl AsRef<[u8]> for &Associated {
    fn as_ref(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

fn nonce(index: u32, end: bool) -> Nonce {
    let mut bytes = [0; NONCE];
    bytes[..4].copy_from_slice(&index.to_be_bytes());
    bytes[NONCE - 1] = u8::from(end);
    Nonce::assume_unique_for_key(bytes)
}

/// Frames of a record of this length.
pub(crate) fn frames(size: usize, length: usize) -> usize {
    let first = size - FIRST_HEAD - TAG - LENGTH;
    let further = size - NEXT_HEAD - TAG;
    1 + length.saturating_sub(first).div_ceil(further)
}
