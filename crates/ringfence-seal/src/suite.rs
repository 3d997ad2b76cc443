//! The algorithms, and the one place that calls HPKE (RFC 9180) for setup, sealing and opening.

use hpke::aead::{Aead as HpkeAead, AeadCtxR, AeadCtxS, AeadTag, AesGcm256};
use hpke::inout::InOutBuf;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem as HpkeKem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use crate::error::SealError;
use crate::limits::TAG;
use crate::secret::{self, Randomness};
use crate::xwing::XWing;

/// The key agreement of a runner's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kem {
    /// DHKEM(X25519, HKDF-SHA256), RFC 9180 §7.1. What is recorded today can be read by whoever has a quantum computer later.
    X25519,
    /// X-Wing: ML-KEM-768 and X25519 together (draft-connolly-cfrg-xwing-kem). Holds while either of the two does.
    XWing,
}

impl Kem {
    /// Number in the IANA registry of HPKE KEM identifiers.
    #[must_use]
    pub const fn id(self) -> u16 {
        match self {
            Self::X25519 => 0x0020,
            Self::XWing => 0x647a,
        }
    }

    pub(crate) const fn from_id(id: u16) -> Option<Self> {
        match id {
            0x0020 => Some(Self::X25519),
            0x647a => Some(Self::XWing),
            _ => None,
        }
    }

    /// Bytes of a public key.
    #[must_use]
    pub const fn public_key_length(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::XWing => 1216,
        }
    }

    /// Bytes of an encapsulated key, which every request carries.
    #[must_use]
    pub const fn encapsulated_length(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::XWing => 1120,
        }
    }

    /// Whether recording now and breaking the key later with a quantum computer does not help.
    #[must_use]
    pub const fn is_post_quantum(self) -> bool {
        matches!(self, Self::XWing)
    }
}

impl std::fmt::Display for Kem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::X25519 => "X25519",
            Self::XWing => "X-Wing",
        })
    }
}

/// HKDF-SHA256, the only key derivation here.
pub(crate) const KDF_ID: u16 = 0x0001;

/// The cipher of both halves. Released code has one; the others are those of outside implementations in the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cipher {
    Aes256Gcm,
    #[cfg(test)]
    Aes128Gcm,
    #[cfg(test)]
    ChaCha20Poly1305,
}

impl Cipher {
    pub const fn id(self) -> u16 {
        match self {
            Self::Aes256Gcm => 0x0002,
            #[cfg(test)]
            Self::Aes128Gcm => 0x0001,
            #[cfg(test)]
            Self::ChaCha20Poly1305 => 0x0003,
        }
    }

    pub const fn key_length(self) -> usize {
        match self {
            Self::Aes256Gcm => 32,
            #[cfg(test)]
            Self::Aes128Gcm => 16,
            #[cfg(test)]
            Self::ChaCha20Poly1305 => 32,
        }
    }

    /// Length of the response nonce and of the secret from which a response's key is derived: the larger of key and nonce.
    pub const fn entropy_length(self) -> usize {
        self.key_length()
    }
}

/// Seals frame after frame, each with the next nonce.
pub(crate) trait Sealing: Send {
    /// Encrypts in place and returns the tag.
    fn seal(&mut self, associated: &[u8], in_out: &mut [u8]) -> Result<[u8; TAG], SealError>;
    /// A secret that only the two ends of this exchange have.
    fn export(&self, label: &[u8], out: &mut [u8]) -> Result<(), SealError>;
}

/// Why a frame did not open.
pub(crate) struct NotOpened;

/// Opens frame after frame, each with the next nonce.
pub(crate) trait Opening: Send {
    /// Decrypts in place: the buffer holds ciphertext and tag, the plaintext is all but the tag.
    fn open(&mut self, associated: &[u8], in_out: &mut [u8]) -> Result<(), NotOpened>;
    /// The same secret as the sealing end's.
    fn export(&self, label: &[u8], out: &mut [u8]) -> Result<(), SealError>;
}

impl<A: HpkeAead, K: HpkeKem> Sealing for AeadCtxS<A, HkdfSha256, K>
where
    Self: Send,
{
    fn seal(&mut self, associated: &[u8], in_out: &mut [u8]) -> Result<[u8; TAG], SealError> {
        let tag = self
            .seal_inout_detached(InOutBuf::from(in_out), associated)
            .map_err(|_| SealError::Library("seal a frame"))?;
        let mut bytes = [0; TAG];
        tag.write_exact(&mut bytes);
        Ok(bytes)
    }

    fn export(&self, label: &[u8], out: &mut [u8]) -> Result<(), SealError> {
        self.export(label, out)
            .map_err(|_| SealError::Library("export a secret"))
    }
}

impl<A: HpkeAead, K: HpkeKem> Opening for AeadCtxR<A, HkdfSha256, K>
where
    Self: Send,
{
    fn open(&mut self, associated: &[u8], in_out: &mut [u8]) -> Result<(), NotOpened> {
        let length = in_out.len().checked_sub(TAG).ok_or(NotOpened)?;
        let (text, tag) = in_out.split_at_mut(length);
        let tag = AeadTag::from_bytes(tag).map_err(|_| NotOpened)?;
        self.open_inout_detached(InOutBuf::from(text), associated, &tag)
            .map_err(|_| NotOpened)
    }

    fn export(&self, label: &[u8], out: &mut [u8]) -> Result<(), SealError> {
        self.export(label, out)
            .map_err(|_| SealError::Library("export a secret"))
    }
}

/// A runner's public key, checked to be one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PublicKey {
    X25519(<X25519HkdfSha256 as HpkeKem>::PublicKey),
    XWing(Box<<XWing as HpkeKem>::PublicKey>),
}

impl PublicKey {
    pub fn from_bytes(kem: Kem, bytes: &[u8]) -> Result<Self, SealError> {
        let bad = |_| SealError::BadKey("runner's public key");
        Ok(match kem {
            Kem::X25519 => Self::X25519(Deserializable::from_bytes(bytes).map_err(bad)?),
            Kem::XWing => Self::XWing(Box::new(Deserializable::from_bytes(bytes).map_err(bad)?)),
        })
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::X25519(key) => key.to_bytes().to_vec(),
            Self::XWing(key) => key.to_bytes().to_vec(),
        }
    }

    pub const fn kem(&self) -> Kem {
        match self {
            Self::X25519(_) => Kem::X25519,
            Self::XWing(_) => Kem::XWing,
        }
    }

    /// A fresh sending context and the encapsulated key that goes with it.
    pub fn sender(
        &self,
        cipher: Cipher,
        info: &[u8],
    ) -> Result<(Vec<u8>, Box<dyn Sealing>), SealError> {
        match self {
            Self::X25519(key) => sender_to::<X25519HkdfSha256>(cipher, key, info),
            Self::XWing(key) => sender_to::<XWing>(cipher, key, info),
        }
    }
}

/// A runner's private key. The types inside clear themselves when dropped.
pub(crate) enum PrivateKey {
    X25519(Box<<X25519HkdfSha256 as HpkeKem>::PrivateKey>),
    XWing(Box<<XWing as HpkeKem>::PrivateKey>),
}

impl PrivateKey {
    /// A fresh key pair: DeriveKeyPair of fresh random bytes (RFC 9180 §4), which with X-Wing are the key's seed themselves.
    pub fn generate(kem: Kem) -> Result<(Self, PublicKey), SealError> {
        let mut seed = Zeroizing::new([0; 32]);
        secret::fill(&mut *seed)?;
        let bad = |_| SealError::Library("make a key");
        Ok(match kem {
            Kem::X25519 => {
                let (private, public) = X25519HkdfSha256::derive_keypair(&*seed);
                (Self::X25519(Box::new(private)), PublicKey::X25519(public))
            }
            Kem::XWing => {
                let private: Box<<XWing as HpkeKem>::PrivateKey> =
                    Box::new(Deserializable::from_bytes(&*seed).map_err(bad)?);
                let public = PublicKey::XWing(Box::new(XWing::sk_to_pk(&private)));
                (Self::XWing(private), public)
            }
        })
    }

    /// From its first address to behind its last.
    pub fn at(&self) -> std::ops::Range<usize> {
        fn of<T>(key: &T) -> std::ops::Range<usize> {
            let start = std::ptr::from_ref(key) as usize;
            start..start + size_of::<T>()
        }
        match self {
            Self::X25519(key) => of(&**key),
            Self::XWing(key) => of(&**key),
        }
    }

    /// The receiving context for an encapsulated key.
    pub fn receiver(
        &self,
        cipher: Cipher,
        encapsulated: &[u8],
        info: &[u8],
    ) -> Result<Box<dyn Opening>, SealError> {
        match self {
            Self::X25519(key) => receiver_of::<X25519HkdfSha256>(cipher, key, encapsulated, info),
            Self::XWing(key) => receiver_of::<XWing>(cipher, key, encapsulated, info),
        }
    }
}

fn sender_to<K>(
    cipher: Cipher,
    key: &K::PublicKey,
    info: &[u8],
) -> Result<(Vec<u8>, Box<dyn Sealing>), SealError>
where
    K: HpkeKem + Send + 'static,
{
    fn with<A, K>(key: &K::PublicKey, info: &[u8]) -> Result<(Vec<u8>, Box<dyn Sealing>), SealError>
    where
        A: HpkeAead + Send + 'static,
        K: HpkeKem + Send + 'static,
    {
        let mut randomness = Randomness::default();
        let (encapsulated, context) = hpke::setup_sender_with_rng::<A, HkdfSha256, K>(
            &OpModeS::Base,
            key,
            info,
            &mut randomness,
        )
        .map_err(|_| SealError::BadKey("runner's public key"))?;
        randomness.vouch((
            encapsulated.to_bytes().to_vec(),
            Box::new(context) as Box<dyn Sealing>,
        ))
    }
    match cipher {
        Cipher::Aes256Gcm => with::<AesGcm256, K>(key, info),
        #[cfg(test)]
        Cipher::Aes128Gcm => with::<hpke::aead::AesGcm128, K>(key, info),
        #[cfg(test)]
        Cipher::ChaCha20Poly1305 => with::<hpke::aead::ChaCha20Poly1305, K>(key, info),
    }
}

fn receiver_of<K>(
    cipher: Cipher,
    key: &K::PrivateKey,
    encapsulated: &[u8],
    info: &[u8],
) -> Result<Box<dyn Opening>, SealError>
where
    K: HpkeKem + Send + 'static,
{
    fn with<A, K>(
        key: &K::PrivateKey,
        encapsulated: &[u8],
        info: &[u8],
    ) -> Result<Box<dyn Opening>, SealError>
    where
        A: HpkeAead + Send + 'static,
        K: HpkeKem + Send + 'static,
    {
        let bad = |_| SealError::BadKey("request's encapsulated key");
        let encapsulated = K::EncappedKey::from_bytes(encapsulated).map_err(bad)?;
        let context =
            hpke::setup_receiver::<A, HkdfSha256, K>(&OpModeR::Base, key, &encapsulated, info)
                .map_err(bad)?;
        Ok(Box::new(context))
    }
    match cipher {
        Cipher::Aes256Gcm => with::<AesGcm256, K>(key, encapsulated, info),
        #[cfg(test)]
        Cipher::Aes128Gcm => with::<hpke::aead::AesGcm128, K>(key, encapsulated, info),
        #[cfg(test)]
        Cipher::ChaCha20Poly1305 => {
            with::<hpke::aead::ChaCha20Poly1305, K>(key, encapsulated, info)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_library() {
        assert_eq!(Kem::X25519.id(), X25519HkdfSha256::KEM_ID);
        assert_eq!(Kem::XWing.id(), XWing::KEM_ID);
        assert_eq!(Cipher::Aes256Gcm.id(), AesGcm256::AEAD_ID);
        for kem in [Kem::X25519, Kem::XWing] {
            assert_eq!(Kem::from_id(kem.id()), Some(kem));
            let (_, public) = PrivateKey::generate(kem).unwrap();
            assert_eq!(public.kem(), kem);
            assert_eq!(public.to_bytes().len(), kem.public_key_length());
            let (encapsulated, _) = public.sender(Cipher::Aes256Gcm, b"").unwrap();
            assert_eq!(encapsulated.len(), kem.encapsulated_length());
        }
    }
}
