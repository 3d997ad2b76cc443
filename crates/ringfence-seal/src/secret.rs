//! Buffers that leave no copy of what they held, and randomness that may fail.

use std::convert::Infallible;

use hpke::rand_core::{TryCryptoRng, TryRng};
use zeroize::{Zeroize, Zeroizing};

use crate::error::SealError;

/// Bytes that are cleared when dropped.
pub(crate) type Secret = Zeroizing<Vec<u8>>;

/// Appends to a secret. A `Vec` that grows leaves its old contents in freed memory; this one clears them.
pub(crate) fn append(secret: &mut Secret, bytes: &[u8]) {
    let wanted = secret.len() + bytes.len();
    if wanted > secret.capacity() {
        let mut larger = Vec::with_capacity(wanted.max(secret.capacity() * 2));
        larger.extend_from_slice(secret);
        secret.zeroize();
        **secret = larger;
    }
    secret.extend_from_slice(bytes);
}

/// The operating system's randomness, as `hpke` wants it: it can not say that it failed, so it remembers.
#[derive(Default)]
pub(crate) struct Randomness {
    failed: bool,
}

impl Randomness {
    /// The value made with this randomness, if all of it was really drawn.
    pub fn vouch<T>(&self, made: T) -> Result<T, SealError> {
        if self.failed {
            Err(SealError::Randomness)
        } else {
            Ok(made)
        }
    }
}

impl TryRng for Randomness {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        self.failed |= fill(destination).is_err();
        Ok(())
    }
}

impl TryCryptoRng for Randomness {}

/// Fills a buffer with the operating system's randomness.
pub(crate) fn fill(destination: &mut [u8]) -> Result<(), SealError> {
    getrandom::fill(destination).map_err(|_| SealError::Randomness)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_grows_to_what_was_appended() {
        let mut secret = Secret::default();
        let mut plain = Vec::new();
        for round in 0..200u8 {
            let piece = vec![round; usize::from(round)];
            append(&mut secret, &piece);
            plain.extend_from_slice(&piece);
        }
        assert_eq!(*secret, plain);
    }

    #[test]
    fn what_was_made_without_randomness_is_not_used() {
        assert!(Randomness::default().vouch(()).is_ok());
        assert_eq!(
            Randomness { failed: true }.vouch(()),
            Err(SealError::Randomness)
        );
    }
}
