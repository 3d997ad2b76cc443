//! The ring: the keys of a vault's epochs, as a key store keeps them.
//!
//! ```text
//! magic 8 | vault 16 | floor u64 | epochs u8 | per epoch: number u32 | created u64 (s) | key 32
//! ```

use zeroize::Zeroizing;

use super::{KEY, KeyStoreError, LockedError, SecretKey};

const MAGIC: &[u8; 8] = b"RFRING01";
const HEAD: usize = 8 + 16 + 8 + 1;
const ONE: usize = 4 + 8 + KEY;
/// Most epochs at once: the one in use, the one that a rotation makes, and what interrupted ones left.
const MAX_EPOCHS: usize = 4;
/// Longest ring in bytes.
pub const MAX_RING: usize = HEAD + MAX_EPOCHS * ONE;

/// The key of one epoch.
#[derive(Debug)]
pub(crate) struct Epoch {
    pub(crate) number: u32,
    pub(crate) created: u64,
    pub(crate) key: SecretKey,
}

/// The keys of a vault's epochs, and the oldest table that it accepts.
#[derive(Debug)]
pub struct Ring {
    pub(crate) vault: [u8; 16],
    /// Tables of an earlier generation are old copies.
    pub(crate) floor: u64,
    pub(crate) epochs: Vec<Epoch>,
}

impl Ring {
    /// A ring with one new key.
    ///
    /// # Errors
    /// No random numbers or no memory that stays out of swap.
    pub(crate) fn new(vault: [u8; 16], created: u64) -> Result<Self, LockedError> {
        Ok(Ring {
            vault,
            floor: 0,
            epochs: vec![Epoch {
                number: 1,
                created,
                key: SecretKey::random()?,
            }],
        })
    }

    pub(crate) fn epoch(&self, number: u32) -> Option<&Epoch> {
        self.epochs.iter().find(|e| e.number == number)
    }

    /// What a store keeps.
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Room for all from the start: a vector that grows leaves copies behind.
        let mut out = Zeroizing::new(Vec::with_capacity(MAX_RING));
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&self.vault);
        out.extend_from_slice(&self.floor.to_be_bytes());
        out.push(self.epochs.len() as u8);
        for epoch in &self.epochs {
            out.extend_from_slice(&epoch.number.to_be_bytes());
            out.extend_from_slice(&epoch.created.to_be_bytes());
            out.extend_from_slice(epoch.key.expose());
        }
        out
    }

    /// Reads what [`Ring::encode`] made.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, KeyStoreError> {
        let damaged = || KeyStoreError::Damaged("this is no key ring of ringfence".to_owned());
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or_else(damaged)?;
        let count = usize::from(head[HEAD - 1]);
        if !head.starts_with(MAGIC)
            || rest.len() != count * ONE
            || !(1..=MAX_EPOCHS).contains(&count)
        {
            return Err(damaged());
        }
        let mut ring = Ring {
            vault: head[8..24].try_into().map_err(|_| damaged())?,
            floor: u64::from_be_bytes(head[24..32].try_into().map_err(|_| damaged())?),
            epochs: Vec::with_capacity(count),
        };
        for one in rest.chunks_exact(ONE) {
            let mut key = SecretKey::zero().map_err(|e| KeyStoreError::Failed(e.to_string()))?;
            key.expose_mut().copy_from_slice(&one[12..]);
            ring.epochs.push(Epoch {
                number: u32::from_be_bytes(one[..4].try_into().map_err(|_| damaged())?),
                created: u64::from_be_bytes(one[4..12].try_into().map_err(|_| damaged())?),
                key,
            });
        }
        Ok(ring)
    }
}
