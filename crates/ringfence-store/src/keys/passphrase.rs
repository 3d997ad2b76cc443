//! From a passphrase to a key, and the envelope that files under a passphrase share.
//!
//! ```text
//! magic 8 | kdf u8 | 0 0 0 | memory KiB u32 | passes or iterations u32 | lanes u32 | salt 32 | commitment 32 | nonce 12 | … | tag 16
//! ```
//!
//! Everything before the nonce is associated data. The commitment is derived beside the key: without one, one file could be made
//! that opens under many passphrases, which lets an attacker try them in bulk (Len, Grubbs, Ristenpart 2021).

use std::num::NonZeroU32;

use aws_lc_rs::{constant_time, pbkdf2};
use zeroize::{Zeroize, Zeroizing};

use super::limits::{
    ARGON2_MOST_LANES, ARGON2_MOST_MEMORY, ARGON2_MOST_PASSES, PBKDF2_ITERATIONS, PBKDF2_LEAST,
    PBKDF2_MOST,
};
use super::{KEY, KeyStoreError, LockedError, SecretKey};
use crate::vault::{Deriver, open_sealed, random, seal};

const HEAD: usize = 8 + 4 + 12 + 32 + 32;

/// How a passphrase becomes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kdf {
    /// Argon2id, RFC 9106.
    Argon2id {
        /// KiB.
        memory: u32,
        /// Passes over the memory.
        passes: u32,
        /// Lanes.
        lanes: u32,
    },
    /// PBKDF2 with HMAC-SHA-256, RFC 8018.
    Pbkdf2 {
        /// Iterations.
        iterations: u32,
    },
}

impl Default for Kdf {
    /// The second recommended option of RFC 9106: 64 MiB, 3 passes, 4 lanes.
    fn default() -> Self {
        Kdf::Argon2id {
            memory: 64 * 1024,
            passes: 3,
            lanes: 4,
        }
    }
}

impl std::fmt::Display for Kdf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Kdf::Argon2id {
                memory,
                passes,
                lanes,
            } => write!(
                f,
                "Argon2id, {} MiB, {passes} passes, {lanes} lanes",
                memory / 1024
            ),
            Kdf::Pbkdf2 { iterations } => write!(f, "PBKDF2-SHA-256, {iterations} iterations"),
        }
    }
}

impl Kdf {
    /// PBKDF2 as new files use it.
    pub const PBKDF2: Self = Kdf::Pbkdf2 {
        iterations: PBKDF2_ITERATIONS,
    };

    fn encode(self) -> [u8; 16] {
        let (kind, numbers) = match self {
            Kdf::Argon2id {
                memory,
                passes,
                lanes,
            } => (1, [memory, passes, lanes]),
            Kdf::Pbkdf2 { iterations } => (2, [0, iterations, 0]),
        };
        let mut out = [0; 16];
        out[0] = kind;
        for (at, number) in numbers.into_iter().enumerate() {
            out[4 + 4 * at..8 + 4 * at].copy_from_slice(&number.to_be_bytes());
        }
        out
    }

    /// What a file says of itself.
    pub(crate) fn of_file(file: &[u8]) -> Option<Self> {
        Self::decode(file.get(8..24)?)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let (memory, count, lanes) = (number(4)?, number(8)?, number(12)?);
        let kdf = match bytes.first()? {
            1 => Kdf::Argon2id {
                memory,
                passes: count,
                lanes,
            },
            2 if memory == 0 && lanes == 0 => Kdf::Pbkdf2 { iterations: count },
            _ => return None,
        };
        let sane = match kdf {
            Kdf::Argon2id {
                memory,
                passes,
                lanes,
            } => {
                memory <= ARGON2_MOST_MEMORY
                    && (1..=ARGON2_MOST_PASSES).contains(&passes)
                    && (1..=ARGON2_MOST_LANES).contains(&lanes)
            }
            Kdf::Pbkdf2 { iterations } => (PBKDF2_LEAST..=PBKDF2_MOST).contains(&iterations),
        };
        (sane && bytes[1..4] == [0; 3]).then_some(kdf)
    }

    /// The key of a passphrase.
    ///
    /// # Errors
    /// The parameters are none that Argon2 knows, or there is no memory that stays out of swap.
    pub fn derive(self, passphrase: &[u8], salt: &[u8]) -> Result<SecretKey, KeyStoreError> {
        let mut key = SecretKey::zero()?;
        match self {
            Kdf::Pbkdf2 { iterations } => {
                let iterations =
                    NonZeroU32::new(iterations).ok_or_else(|| failed("no iterations"))?;
                pbkdf2::derive(
                    pbkdf2::PBKDF2_HMAC_SHA256,
                    iterations,
                    salt,
                    passphrase,
                    key.expose_mut(),
                );
            }
            Kdf::Argon2id {
                memory,
                passes,
                lanes,
            } => {
                let params = argon2::Params::new(memory, passes, lanes, Some(KEY))
                    .map_err(|e| failed(&e.to_string()))?;
                let count = params.block_count();
                let argon2 = argon2::Argon2::new(
                    argon2::Algorithm::Argon2id,
                    argon2::Version::V0x13,
                    params,
                );
                let mut blocks = vec![argon2::Block::default(); count];
                let done = argon2.hash_password_into_with_memory(
                    passphrase,
                    salt,
                    key.expose_mut(),
                    &mut blocks,
                );
                blocks.zeroize();
                done.map_err(|e| failed(&e.to_string()))?;
            }
        }
        Ok(key)
    }
}

fn failed(why: &str) -> KeyStoreError {
    KeyStoreError::Failed(why.to_owned())
}

impl From<LockedError> for KeyStoreError {
    fn from(error: LockedError) -> Self {
        KeyStoreError::Failed(error.to_string())
    }
}

/// The key of one salt, kept so that a file can be written again without asking again.
pub(crate) struct Unlocked {
    kdf: Kdf,
    salt: [u8; 32],
    key: SecretKey,
}

impl Unlocked {
    /// For something new.
    pub(crate) fn new(passphrase: &[u8], kdf: Kdf) -> Result<Self, KeyStoreError> {
        let salt = random().map_err(|_| failed("no random numbers"))?;
        Ok(Unlocked {
            kdf,
            salt,
            key: kdf.derive(passphrase, &salt)?,
        })
    }

    /// Whether a file is of this key's salt and parameters.
    pub(crate) fn fits(&self, file: &[u8]) -> bool {
        file.get(24..56) == Some(&self.salt[..]) && file.get(8..24) == Some(&self.kdf.encode()[..])
    }

    pub(crate) fn kdf(&self) -> Kdf {
        self.kdf
    }

    fn parts(
        &self,
        magic: &[u8; 8],
    ) -> Result<(aws_lc_rs::aead::LessSafeKey, [u8; KEY]), KeyStoreError> {
        let deriver = Deriver::new(&self.key, magic);
        let mut commitment = [0; KEY];
        let broken = |_| failed("the cryptographic library failed");
        deriver
            .derive(&[b"ringfence envelope commitment 1"], &mut commitment)
            .map_err(broken)?;
        let key = deriver.aead(&[b"ringfence envelope 1"]).map_err(broken)?;
        Ok((key, commitment))
    }

    /// Seals; the magic says what for.
    pub(crate) fn seal(&self, magic: &[u8; 8], plain: &[u8]) -> Result<Vec<u8>, KeyStoreError> {
        let (key, commitment) = self.parts(magic)?;
        let mut out = Vec::with_capacity(HEAD + plain.len() + 28);
        out.extend_from_slice(magic);
        out.extend_from_slice(&self.kdf.encode());
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&commitment);
        let sealed = seal(&key, plain, &out).map_err(|_| failed("no random numbers"))?;
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what [`Unlocked::seal`] made under the same salt.
    pub(crate) fn open(
        &self,
        magic: &[u8; 8],
        file: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        let (head, sealed) = split(magic, file)?;
        let (key, commitment) = self.parts(magic)?;
        constant_time::verify_slices_are_equal(&head[56..], &commitment)
            .map_err(|_| KeyStoreError::WrongPassphrase)?;
        open_sealed(&key, sealed, head)
            .map_err(|_| KeyStoreError::Damaged("the file was changed or cut".to_owned()))
    }
}

fn split<'a>(magic: &[u8; 8], file: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), KeyStoreError> {
    match file.split_at_checked(HEAD) {
        Some((head, sealed)) if head.starts_with(magic) => Ok((head, sealed)),
        _ => Err(KeyStoreError::Damaged(
            "this is no file of ringfence under a passphrase".to_owned(),
        )),
    }
}

/// Opens a file with a passphrase.
pub(crate) fn unlock(
    magic: &[u8; 8],
    file: &[u8],
    passphrase: &[u8],
) -> Result<(Unlocked, Zeroizing<Vec<u8>>), KeyStoreError> {
    let (head, _) = split(magic, file)?;
    let kdf = Kdf::decode(&head[8..24]).ok_or_else(|| {
        KeyStoreError::Damaged("its key derivation is unknown, too weak or too costly".to_owned())
    })?;
    let mut salt = [0; 32];
    salt.copy_from_slice(&head[24..56]);
    let unlocked = Unlocked {
        kdf,
        salt,
        key: kdf.derive(passphrase, &salt)?,
    };
    let plain = unlocked.open(magic, file)?;
    Ok((unlocked, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAGIC: &[u8; 8] = b"RFTESTS1";
    /// Quick enough for a test; never written by the product.
    const QUICK: Kdf = Kdf::Argon2id {
        memory: 64,
        passes: 1,
        lanes: 1,
    };

    #[test]
    fn derivations_agree_with_published_vectors() {
        let key = |kdf: Kdf, passphrase: &[u8], salt: &[u8]| {
            crate::hex::encode(kdf.derive(passphrase, salt).unwrap().expose())
        };
        // RFC 7914 section 11, and the reference implementation of Argon2 (test.c, version 0x13).
        let kdf = Kdf::Pbkdf2 { iterations: 80_000 };
        assert_eq!(
            key(kdf, b"Password", b"NaCl"),
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
        );
        let kdf = Kdf::Argon2id {
            memory: 65536,
            passes: 2,
            lanes: 1,
        };
        assert_eq!(
            key(kdf, b"password", b"somesalt"),
            "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
        );
    }

    #[test]
    fn a_wrong_passphrase_and_every_flipped_bit_are_told() {
        let unlocked = Unlocked::new(b"correct horse", QUICK).unwrap();
        let file = unlocked.seal(MAGIC, b"the plain text").unwrap();
        assert_eq!(
            unlock(MAGIC, &file, b"correct horse").unwrap().1.as_slice(),
            b"the plain text"
        );
        let wrong = unlock(MAGIC, &file, b"correct house").err().unwrap();
        assert!(matches!(wrong, KeyStoreError::WrongPassphrase));
        assert!(!wrong.to_string().contains("house"));
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            // Not the memory that a changed file asks for: that is within the limit, and slow.
            if !(12..16).contains(&at) {
                assert!(
                    unlock(MAGIC, &changed, b"correct horse").is_err(),
                    "byte {at}"
                );
            }
            assert!(unlock(MAGIC, &file[..at], b"correct horse").is_err());
        }
        assert!(unlock(b"RFTESTS2", &file, b"correct horse").is_err());
    }

    #[test]
    fn weak_and_costly_derivations_are_refused_before_they_run() {
        for kdf in [
            Kdf::Pbkdf2 { iterations: 99_999 },
            Kdf::Pbkdf2 {
                iterations: u32::MAX,
            },
            Kdf::Argon2id {
                memory: u32::MAX,
                passes: 3,
                lanes: 4,
            },
            Kdf::Argon2id {
                memory: 64,
                passes: u32::MAX,
                lanes: 4,
            },
            Kdf::Argon2id {
                memory: 64,
                passes: 3,
                lanes: 0,
            },
        ] {
            assert_eq!(Kdf::decode(&kdf.encode()), None, "{kdf}");
        }
        for kdf in [
            Kdf::default(),
            Kdf::PBKDF2,
            Kdf::Pbkdf2 {
                iterations: PBKDF2_LEAST,
            },
        ] {
            assert_eq!(Kdf::decode(&kdf.encode()), Some(kdf));
        }
    }
}
