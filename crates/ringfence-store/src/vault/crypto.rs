//! The few cryptographic steps of the vault: AES-256-GCM, HKDF-SHA-256 (RFC 5869), HMAC-SHA-256.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use zeroize::Zeroize;

use crate::keys::{KEY, LockedError, SecretKey};

/// Bytes of a GCM tag.
pub(crate) const TAG: usize = 16;
/// Bytes of a GCM nonce.
pub(crate) const NONCE: usize = 12;
/// Bytes of a key wrapped by another: nonce, key, tag.
pub(crate) const WRAPPED: usize = NONCE + KEY + TAG;

/// What was sealed does not open, or the library refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed;

impl From<aws_lc_rs::error::Unspecified> for Failed {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Failed
    }
}

impl From<LockedError> for Failed {
    fn from(_: LockedError) -> Self {
        Failed
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Derives keys for one use each from one key.
#[derive(Clone)]
pub(crate) struct Deriver(hkdf::Prk);

impl Deriver {
    pub(crate) fn new(key: &SecretKey, salt: &[u8]) -> Self {
        Deriver(hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key.expose()))
    }

    /// 32 bytes for one use.
    pub(crate) fn derive(&self, info: &[&[u8]], out: &mut [u8; KEY]) -> Result<(), Failed> {
        Ok(self.0.expand(info, Length(KEY))?.fill(out)?)
    }

    /// An AES-256-GCM key for one use.
    pub(crate) fn aead(&self, info: &[&[u8]]) -> Result<LessSafeKey, Failed> {
        let mut bytes = [0; KEY];
        let key = self.derive(info, &mut bytes).and_then(|()| aead(&bytes));
        bytes.zeroize();
        key
    }

    /// An HMAC-SHA-256 key for one use.
    pub(crate) fn mac(&self, info: &[&[u8]]) -> Result<hmac::Key, Failed> {
        let mut bytes = [0; KEY];
        let key = self
            .derive(info, &mut bytes)
            .map(|()| hmac::Key::new(hmac::HMAC_SHA256, &bytes));
        bytes.zeroize();
        key
    }
}

pub(crate) fn aead(key: &[u8; KEY]) -> Result<LessSafeKey, Failed> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?))
}

/// Fills with random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failed> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(bytes)
}

/// Wraps a key under another; the nonce is random, and one wrapping key is used for at most one table.
pub(crate) fn wrap(by: &LessSafeKey, key: &SecretKey, aad: &[u8]) -> Result<[u8; WRAPPED], Failed> {
    let nonce: [u8; NONCE] = random()?;
    let mut out = [0; WRAPPED];
    out[..NONCE].copy_from_slice(&nonce);
    out[NONCE..NONCE + KEY].copy_from_slice(key.expose());
    let sealed = by.seal_in_place_separate_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(aad),
        &mut out[NONCE..NONCE + KEY],
    );
    match sealed {
        Ok(tag) => out[NONCE + KEY..].copy_from_slice(tag.as_ref()),
        Err(_) => {
            out.zeroize();
            return Err(Failed);
        }
    }
    Ok(out)
}

/// Opens what [`wrap`] made.
pub(crate) fn unwrap(
    by: &LessSafeKey,
    wrapped: &[u8; WRAPPED],
    aad: &[u8],
) -> Result<SecretKey, Failed> {
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(&wrapped[..NONCE]);
    let mut key = SecretKey::zero()?;
    by.open_separate_gather(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(aad),
        &wrapped[NONCE..NONCE + KEY],
        &wrapped[NONCE + KEY..],
        key.expose_mut(),
    )?;
    Ok(key)
}

/// Seals bytes under a key with a random nonce: nonce, ciphertext, tag.
pub(crate) fn seal(by: &LessSafeKey, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>, Failed> {
    let nonce: [u8; NONCE] = random()?;
    let mut out = Vec::with_capacity(NONCE + plain.len() + TAG);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(plain);
    let sealed = by.seal_in_place_separate_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(aad),
        &mut out[NONCE..],
    );
    match sealed {
        Ok(tag) => out.extend_from_slice(tag.as_ref()),
        Err(_) => {
            out.zeroize();
            return Err(Failed);
        }
    }
    Ok(out)
}

/// Opens what [`seal`] made.
pub(crate) fn open(
    by: &LessSafeKey,
    sealed: &[u8],
    aad: &[u8],
) -> Result<zeroize::Zeroizing<Vec<u8>>, Failed> {
    let (nonce, rest) = sealed.split_at_checked(NONCE).ok_or(Failed)?;
    let (text, tag) = rest
        .len()
        .checked_sub(TAG)
        .and_then(|at| rest.split_at_checked(at))
        .ok_or(Failed)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| Failed)?;
    let mut plain = zeroize::Zeroizing::new(vec![0; text.len()]);
    by.open_separate_gather(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(aad),
        text,
        tag,
        &mut plain,
    )?;
    Ok(plain)
}
