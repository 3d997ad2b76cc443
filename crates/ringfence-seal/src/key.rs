//! A runner's key and its public description in the `application/ohttp-keys` format (RFC 9458 §3).

use crate::digest::Digest;
use crate::error::SealError;
use crate::limits::MAX_KEY_CONFIGS;
use crate::suite::{Cipher, KDF_ID, Kem, PrivateKey, PublicKey};

/// Media type of a list of key configurations.
pub const KEYS_MEDIA_TYPE: &str = "application/ohttp-keys";

/// The public description of a runner's key: id, key agreement, public key, and the one suite that is used with it:
/// HKDF-SHA256 with AES-256-GCM.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyConfig {
    id: u8,
    cipher: Cipher,
    public: PublicKey,
}

/// Why bytes are no key configuration that can be used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyConfigError {
    /// The bytes end too early, or go on after the end.
    #[error("the key configuration has {got} bytes where its own lengths ask for {expected}")]
    Length {
        /// What it would take.
        expected: usize,
        /// What there is.
        got: usize,
    },
    /// A key agreement that is not used here.
    #[error("KEM {0:#06x} is not used here: it has to be X-Wing (0x647a) or X25519 (0x0020)")]
    Kem(u16),
    /// The list of suites is empty or has half an entry.
    #[error(
        "the list of symmetric suites has {0} bytes: it has to be a multiple of four and not empty"
    )]
    Suites(usize),
    /// HKDF-SHA256 with AES-256-GCM is not among the suites.
    #[error("the key is not for HKDF-SHA256 with AES-256-GCM, the only suite that is used here")]
    NoCommonSuite,
    /// The public key is no point or no vector of its KEM.
    #[error("the public key is not a valid {0} key")]
    PublicKey(Kem),
    /// More configurations in a list than the limit.
    #[error("the list has more than {MAX_KEY_CONFIGS} key configurations")]
    TooMany,
}

impl KeyConfig {
    /// The id that goes before every request sealed to this key. Eight bits: the server in between gives each running model another.
    #[must_use]
    pub const fn id(&self) -> u8 {
        self.id
    }

    /// The key agreement.
    #[must_use]
    pub const fn kem(&self) -> Kem {
        self.public.kem()
    }

    /// Digest of the encoded configuration: names a key where eight bits are not enough.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.encode())
    }

    pub(crate) const fn cipher(&self) -> Cipher {
        self.cipher
    }

    pub(crate) const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The configuration in the format of RFC 9458 §3.1.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.id];
        out.extend_from_slice(&self.kem().id().to_be_bytes());
        out.extend_from_slice(&self.public.to_bytes());
        out.extend_from_slice(&4u16.to_be_bytes());
        out.extend_from_slice(&KDF_ID.to_be_bytes());
        out.extend_from_slice(&self.cipher.id().to_be_bytes());
        out
    }

    /// Reads a configuration. Suites other than ours may stand beside it and are passed over.
    pub fn decode(bytes: &[u8]) -> Result<Self, KeyConfigError> {
        Self::decode_for(Cipher::Aes256Gcm, bytes)
    }

    pub(crate) fn decode_for(cipher: Cipher, bytes: &[u8]) -> Result<Self, KeyConfigError> {
        let length = |expected| KeyConfigError::Length {
            expected,
            got: bytes.len(),
        };
        let (&[id, k0, k1], rest) = bytes.split_first_chunk::<3>().ok_or_else(|| length(3))?;
        let kem = u16::from_be_bytes([k0, k1]);
        let kem = Kem::from_id(kem).ok_or(KeyConfigError::Kem(kem))?;
        let fixed = 3 + kem.public_key_length() + 2;
        let (public, rest) = rest
            .split_at_checked(kem.public_key_length())
            .ok_or_else(|| length(fixed))?;
        let (suites_length, suites) = rest.split_first_chunk::<2>().ok_or_else(|| length(fixed))?;
        let suites_length = usize::from(u16::from_be_bytes(*suites_length));
        if suites.len() != suites_length {
            return Err(length(fixed + suites_length));
        }
        if suites_length == 0 || !suites_length.is_multiple_of(4) {
            return Err(KeyConfigError::Suites(suites_length));
        }
        let ours = (u32::from(KDF_ID) << 16 | u32::from(cipher.id())).to_be_bytes();
        if !suites.chunks_exact(4).any(|suite| suite == ours) {
            return Err(KeyConfigError::NoCommonSuite);
        }
        let public =
            PublicKey::from_bytes(kem, public).map_err(|_| KeyConfigError::PublicKey(kem))?;
        Ok(Self { id, cipher, public })
    }

    /// Several configurations as `application/ohttp-keys` (RFC 9458 §3.2).
    #[must_use]
    pub fn encode_list(configs: &[Self]) -> Vec<u8> {
        let mut out = Vec::new();
        for config in configs {
            let bytes = config.encode();
            out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
            out.extend_from_slice(&bytes);
        }
        out
    }

    /// Reads an `application/ohttp-keys` list. Configurations for key agreements or suites that are not used here are passed over;
    /// one that is not well-formed makes the list wrong.
    pub fn decode_list(mut bytes: &[u8]) -> Result<Vec<Self>, KeyConfigError> {
        let mut found = Vec::new();
        let mut count = 0;
        while !bytes.is_empty() {
            let got = bytes.len();
            let (length, rest) = bytes
                .split_first_chunk::<2>()
                .ok_or(KeyConfigError::Length { expected: 2, got })?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (one, rest) = rest
                .split_at_checked(length)
                .ok_or(KeyConfigError::Length {
                    expected: 2 + length,
                    got,
                })?;
            bytes = rest;
            count += 1;
            if count > MAX_KEY_CONFIGS {
                return Err(KeyConfigError::TooMany);
            }
            match Self::decode(one) {
                Ok(config) => found.push(config),
                Err(KeyConfigError::Kem(_) | KeyConfigError::NoCommonSuite) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

/// A runner's key pair. Made inside the runner, never written, gone with the process; cleared when dropped.
pub struct RunnerKey {
    private: PrivateKey,
    config: KeyConfig,
}

impl RunnerKey {
    /// A fresh key. Needs randomness, so it is made before a runner gives up its system calls.
    pub fn generate(kem: Kem, id: u8) -> Result<Self, SealError> {
        Self::generate_for(Cipher::Aes256Gcm, kem, id)
    }

    pub(crate) fn generate_for(cipher: Cipher, kem: Kem, id: u8) -> Result<Self, SealError> {
        let (private, public) = PrivateKey::generate(kem)?;
        Ok(Self {
            private,
            config: KeyConfig { id, cipher, public },
        })
    }

    /// Its public description.
    #[must_use]
    pub const fn config(&self) -> &KeyConfig {
        &self.config
    }

    /// Where in memory the private half lies, from its first address to behind its last: for who keeps those pages out of swap and
    /// dumps. It stays there for as long as this value lives, wherever the value itself is moved.
    #[must_use]
    pub fn private_at(&self) -> std::ops::Range<usize> {
        self.private.at()
    }

    pub(crate) const fn private(&self) -> &PrivateKey {
        &self.private
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(kem: Kem) -> KeyConfig {
        RunnerKey::generate(kem, 9).unwrap().config().clone()
    }

    #[test]
    fn a_configuration_is_read_as_written() {
        for kem in [Kem::X25519, Kem::XWing] {
            let config = config(kem);
            let bytes = config.encode();
            assert_eq!(bytes.len(), 3 + kem.public_key_length() + 6);
            assert_eq!(KeyConfig::decode(&bytes).unwrap(), config);
            for end in 0..bytes.len() {
                assert!(KeyConfig::decode(&bytes[..end]).is_err(), "{end}");
            }
            assert!(matches!(
                KeyConfig::decode(&[&bytes[..], &[0]].concat()),
                Err(KeyConfigError::Length { .. })
            ));
        }
    }

    #[test]
    fn the_private_half_stays_where_it_is() {
        for kem in [Kem::X25519, Kem::XWing] {
            let key = RunnerKey::generate(kem, 1).unwrap();
            let at = key.private_at();
            assert!(at.len() >= 32, "{at:?}");
            let moved = std::sync::Arc::new(key);
            assert_eq!(moved.private_at(), at);
        }
    }

    #[test]
    fn another_suite_first_does_not_matter_and_ours_missing_does() {
        let bytes = config(Kem::X25519).encode();
        let mut two = bytes[..35].to_vec();
        two.extend_from_slice(&[0, 8, 0, 1, 0, 3, 0, 1, 0, 2]);
        assert_eq!(KeyConfig::decode(&two).unwrap().encode(), bytes);
        two[35..].copy_from_slice(&[0, 8, 0, 1, 0, 3, 0, 2, 0, 2]);
        assert_eq!(KeyConfig::decode(&two), Err(KeyConfigError::NoCommonSuite));
    }

    #[test]
    fn a_list_passes_over_what_is_not_ours_and_stops_at_what_is_broken() {
        let (one, two) = (config(Kem::X25519), config(Kem::XWing));
        let mut list = KeyConfig::encode_list(&[one.clone(), two.clone()]);
        assert_eq!(KeyConfig::decode_list(&list).unwrap(), [one, two.clone()]);
        list[3..5].copy_from_slice(&[0, 0x10]); // P-256
        assert_eq!(KeyConfig::decode_list(&list).unwrap(), [two]);
        list.pop();
        assert!(matches!(
            KeyConfig::decode_list(&list),
            Err(KeyConfigError::Length { .. })
        ));
        assert_eq!(KeyConfig::decode_list(&[]), Ok(Vec::new()));
        let many = KeyConfig::encode_list(&vec![config(Kem::X25519); MAX_KEY_CONFIGS + 1]);
        assert_eq!(KeyConfig::decode_list(&many), Err(KeyConfigError::TooMany));
    }

    #[test]
    fn an_x_wing_key_with_coefficients_out_of_range_is_refused() {
        let mut bytes = config(Kem::XWing).encode();
        bytes[3..3 + 1152].fill(0xff);
        assert_eq!(
            KeyConfig::decode(&bytes),
            Err(KeyConfigError::PublicKey(Kem::XWing))
        );
    }
}
