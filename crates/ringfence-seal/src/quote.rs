//! A quote of a TPM 2.0 over a runner statement: a signature that is made by a chip and not by the server, over the statement and the
//! state in which the machine was started. Text in, verdict out; the TPM is spoken to elsewhere.
//!
//! What it is worth: as much as the trust in the attestation key (that it lives in a TPM, which its maker's certificate says) and in
//! the meaning of the registers. Both are given by the caller.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use crate::digest::{Digest, hex, serde_as_text};
use crate::limits::MAX_QUOTE;
use crate::statement::SignedStatement;

/// What comes before a statement when its digest goes into a quote.
const DOMAIN: &[u8] = b"ringfence runner quote v1\0";

/// What comes before a point of P-256 in a `SubjectPublicKeyInfo` (RFC 5480): the algorithm, the curve, and that it is not compressed.
const SPKI: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04";

/// `TPM_GENERATED_VALUE`, `TPM_ST_ATTEST_QUOTE`, `TPM_ALG_SHA256`, `TPM_ALG_ECDSA` (TPM 2.0 Library, part 2, §6).
const GENERATED: u32 = 0xff54_4347;
const ATTEST_QUOTE: u16 = 0x8018;
const SHA256: u16 = 0x000b;
const ECDSA: u16 = 0x0018;

/// The public half of a TPM's attestation key: a point of P-256, both coordinates. Written `p256:` and 128 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AttestationKey(pub [u8; 64]);

impl AttestationKey {
    /// From DER (`SubjectPublicKeyInfo`, RFC 5480), as TPM tools write it.
    pub fn from_der(der: &[u8]) -> Result<Self, QuoteError> {
        der.strip_prefix(SPKI)
            .and_then(|point| point.try_into().ok())
            .map(Self)
            .ok_or(QuoteError::KeyDer)
    }

    /// Its SHA-256, which is shorter to compare.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Display for AttestationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p256:{}", hex(&self.0))
    }
}

impl fmt::Debug for AttestationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AttestationKey {
    type Err = QuoteError;

    fn from_str(text: &str) -> Result<Self, QuoteError> {
        let digits = text
            .strip_prefix("p256:")
            .filter(|digits| digits.len() == 128 && digits.is_ascii());
        let (x, y) = digits.ok_or(QuoteError::KeyText)?.split_at(64);
        let mut point = [0; 64];
        for (half, digits) in point.chunks_exact_mut(32).zip([x, y]) {
            half.copy_from_slice(
                &crate::digest::parse("", digits).map_err(|_| QuoteError::KeyText)?,
            );
        }
        Ok(Self(point))
    }
}

serde_as_text!(AttestationKey);

/// What a quote has to show.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuoteWanted {
    /// The key that has to have signed.
    pub key: AttestationKey,
    /// The registers that have to be quoted, of the SHA-256 bank, no more and no less.
    pub registers: BTreeSet<u8>,
    /// SHA-256 over the values of those registers, in their order.
    pub state: Digest,
}

/// A quote as a TPM makes it: the attestation structure (`TPMS_ATTEST`) and its signature (`TPMT_SIGNATURE`). Written as both in
/// hexadecimal digits with a full stop between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// `TPMS_ATTEST`, as signed.
    pub attest: Vec<u8>,
    /// `TPMT_SIGNATURE`: ECDSA with SHA-256.
    pub signature: Vec<u8>,
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", hex(&self.attest), hex(&self.signature))
    }
}

impl FromStr for Quote {
    type Err = QuoteError;

    fn from_str(text: &str) -> Result<Self, QuoteError> {
        if text.len() > 2 * MAX_QUOTE + 1 {
            return Err(QuoteError::TooLong(text.len() / 2));
        }
        let (attest, signature) = text
            .split_once('.')
            .ok_or(QuoteError::Malformed("its text"))?;
        let read = |digits| crate::digest::bytes(digits).ok_or(QuoteError::Malformed("its text"));
        Ok(Self {
            attest: read(attest)?,
            signature: read(signature)?,
        })
    }
}

/// What a verified quote says beside what was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuoteVerified {
    /// How often the TPM was reset: changes when the machine is started.
    pub reset_count: u32,
    /// How often it was resumed since.
    pub restart_count: u32,
    /// Version of its firmware, in the maker's own numbering.
    pub firmware: u64,
}

/// Why a quote is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuoteError {
    /// The text of a key.
    #[error("expected p256: and 128 hexadecimal digits in lower case")]
    KeyText,
    /// A key in DER.
    #[error("the TPM's attestation key is not a point of P-256")]
    KeyDer,
    /// More bytes than the limit.
    #[error("a quote has at most {MAX_QUOTE} bytes, this one has {0}")]
    TooLong(usize),
    /// A field is missing or not well-formed.
    #[error("the TPM's quote is damaged: {0} is missing or not well-formed")]
    Malformed(&'static str),
    /// Made by software, or an attestation of something else.
    #[error("the TPM signed something that is not a quote")]
    NotAQuote,
    /// Another algorithm than ECDSA with SHA-256.
    #[error(
        "the quote is signed with algorithm {0:#06x} and hash {1:#06x}: it has to be ECDSA (0x0018) with SHA-256 (0x000b)"
    )]
    Algorithm(u16, u16),
    /// Not signed by the wanted key.
    #[error("the quote is not signed by the attestation key {}…", hex(&_0.0[..6]))]
    Signature(AttestationKey),
    /// A quote over another statement.
    #[error(
        "the quote is over another statement: its extra data begins {got}, this statement's digest {expected}"
    )]
    Statement {
        /// Digest of the statement at hand, shortened.
        expected: String,
        /// What is in the quote, shortened.
        got: String,
    },
    /// Other registers.
    #[error("the quote covers registers {got:?} of the SHA-256 bank, wanted are {expected:?}")]
    Registers {
        /// Those wanted.
        expected: Vec<u8>,
        /// Those quoted.
        got: Vec<u8>,
    },
    /// Registers of another bank.
    #[error("the quote covers registers of the bank {0:#06x}: it has to be SHA-256 (0x000b) only")]
    Bank(u16),
    /// The machine is in another state.
    #[error("the machine was started in another state: its registers have digest {}, wanted is {}", got.short(), expected.short())]
    State {
        /// The wanted digest.
        expected: Digest,
        /// The quote's.
        got: Digest,
    },
}

/// What goes into a quote as its qualifying data: a digest of the statement and its signature.
#[must_use]
pub fn qualifying_data(statement: &SignedStatement) -> Digest {
    Digest::of_parts(&[DOMAIN, &statement.encode()])
}

impl Quote {
    /// Whether the wanted TPM, in the wanted state, quoted this statement.
    pub fn verify(
        &self,
        statement: &SignedStatement,
        wanted: &QuoteWanted,
    ) -> Result<QuoteVerified, QuoteError> {
        let read = self.read(&wanted.key, &qualifying_data(statement))?;
        if read.registers != wanted.registers {
            let list = |set: &BTreeSet<u8>| set.iter().copied().collect();
            return Err(QuoteError::Registers {
                expected: list(&wanted.registers),
                got: list(&read.registers),
            });
        }
        if read.state != wanted.state {
            return Err(QuoteError::State {
                expected: wanted.state,
                got: read.state,
            });
        }
        Ok(read.verified)
    }

    /// What the TPM with this key says of itself in a quote over this extra data, for those who are to want it.
    pub fn state(&self, key: &AttestationKey, extra: &Digest) -> Result<QuoteWanted, QuoteError> {
        let read = self.read(key, extra)?;
        Ok(QuoteWanted {
            key: *key,
            registers: read.registers,
            state: read.state,
        })
    }

    /// What is signed by this key over this extra data.
    fn read(&self, key: &AttestationKey, expected: &Digest) -> Result<Attest<'_>, QuoteError> {
        let length = self.attest.len().saturating_add(self.signature.len());
        if length > MAX_QUOTE {
            return Err(QuoteError::TooLong(length));
        }
        let signature = read_signature(&self.signature)?;
        let point = [&[4], &key.0[..]].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point)
            .verify(&self.attest, &signature)
            .map_err(|_| QuoteError::Signature(*key))?;
        let read = Attest::read(&self.attest)?;
        if read.extra != expected.0 {
            let short = |bytes: &[u8]| hex(&bytes[..bytes.len().min(6)]);
            return Err(QuoteError::Statement {
                expected: expected.short(),
                got: short(read.extra),
            });
        }
        Ok(read)
    }
}

/// The parts of a `TPMS_ATTEST` that matter here (part 2, §10.12.8).
struct Attest<'a> {
    extra: &'a [u8],
    registers: BTreeSet<u8>,
    state: Digest,
    verified: QuoteVerified,
}

impl<'a> Attest<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, QuoteError> {
        let rest = &mut { bytes };
        if number::<4>(rest, "its magic")? != u64::from(GENERATED)
            || number::<2>(rest, "its type")? != u64::from(ATTEST_QUOTE)
        {
            return Err(QuoteError::NotAQuote);
        }
        sized(rest, "the signer's name")?;
        let extra = sized(rest, "the extra data")?;
        number::<8>(rest, "the clock")?;
        let reset_count = number::<4>(rest, "the count of resets")? as u32;
        let restart_count = number::<4>(rest, "the count of restarts")? as u32;
        number::<1>(rest, "the state of the clock")?;
        let firmware = number::<8>(rest, "the version of the firmware")?;
        let registers = registers(rest)?;
        let what = "the digest of the registers";
        let state = sized(rest, what)?
            .try_into()
            .map(Digest)
            .map_err(|_| QuoteError::Malformed(what))?;
        if !rest.is_empty() {
            return Err(QuoteError::Malformed("its end"));
        }
        Ok(Self {
            extra,
            registers,
            state,
            verified: QuoteVerified {
                reset_count,
                restart_count,
                firmware,
            },
        })
    }
}

/// A `TPML_PCR_SELECTION` with nothing selected outside of the SHA-256 bank.
fn registers(rest: &mut &[u8]) -> Result<BTreeSet<u8>, QuoteError> {
    let what = "the selection of registers";
    let mut found = BTreeSet::new();
    for _ in 0..number::<4>(rest, what)? {
        let bank = number::<2>(rest, what)? as u16;
        let length = number::<1>(rest, what)? as usize;
        let (bits, after) = rest
            .split_at_checked(length)
            .ok_or(QuoteError::Malformed(what))?;
        *rest = after;
        for (at, byte) in bits.iter().enumerate() {
            for bit in (0..8u8).filter(|bit| byte >> bit & 1 == 1) {
                let register = u8::try_from(at * 8)
                    .ok()
                    .and_then(|first| first.checked_add(bit));
                if bank != SHA256 {
                    return Err(QuoteError::Bank(bank));
                }
                if !found.insert(register.ok_or(QuoteError::Malformed(what))?) {
                    return Err(QuoteError::Malformed(what));
                }
            }
        }
    }
    Ok(found)
}

/// Both numbers of an ECDSA signature, 32 bytes each, from a `TPMT_SIGNATURE` (part 2, §11.3.4).
fn read_signature(bytes: &[u8]) -> Result<[u8; 64], QuoteError> {
    let (rest, what) = (&mut { bytes }, "the signature");
    let (algorithm, hash) = (
        number::<2>(rest, what)? as u16,
        number::<2>(rest, what)? as u16,
    );
    if (algorithm, hash) != (ECDSA, SHA256) {
        return Err(QuoteError::Algorithm(algorithm, hash));
    }
    let mut signature = [0; 64];
    for half in signature.chunks_exact_mut(32) {
        let value = sized(rest, what)?;
        let start = half
            .len()
            .checked_sub(value.len())
            .ok_or(QuoteError::Malformed(what))?;
        half[start..].copy_from_slice(value);
    }
    if !rest.is_empty() {
        return Err(QuoteError::Malformed(what));
    }
    Ok(signature)
}

fn number<const N: usize>(rest: &mut &[u8], what: &'static str) -> Result<u64, QuoteError> {
    let (bytes, after) = rest
        .split_first_chunk::<N>()
        .ok_or(QuoteError::Malformed(what))?;
    *rest = after;
    Ok(bytes
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// A `TPM2B`: two bytes of length and so many bytes.
fn sized<'a>(rest: &mut &'a [u8], what: &'static str) -> Result<&'a [u8], QuoteError> {
    let length = number::<2>(rest, what)? as usize;
    let (bytes, after) = rest
        .split_at_checked(length)
        .ok_or(QuoteError::Malformed(what))?;
    *rest = after;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
