//! Every limit of the key stores, in one place.

use std::time::Duration;

/// Longest passphrase in bytes.
pub const MAX_PASSPHRASE: usize = 1024;

/// Shortest passphrase that is taken for something new, in characters (NIST SP 800-63B).
pub const MIN_PASSPHRASE: usize = 8;

/// Iterations of PBKDF2-SHA-256 in new files (OWASP, 2023).
pub const PBKDF2_ITERATIONS: u32 = 600_000;

/// Least iterations that are read: what SecLlama used.
pub(crate) const PBKDF2_LEAST: u32 = 100_000;

/// Most iterations that are read, so that a file can not keep a machine busy for hours.
pub(crate) const PBKDF2_MOST: u32 = 20_000_000;

/// Most memory of Argon2id that is read, in KiB.
pub(crate) const ARGON2_MOST_MEMORY: u32 = 1024 * 1024;

/// Most passes of Argon2id that are read.
pub(crate) const ARGON2_MOST_PASSES: u32 = 64;

/// Most lanes of Argon2id that are read.
pub(crate) const ARGON2_MOST_LANES: u32 = 64;

/// Longest `ring.sealed` in bytes.
pub(crate) const MAX_SEALED: u64 = 256 + super::MAX_RING as u64;

/// Longest `store.json` in bytes.
pub(crate) const MAX_PLACE: u64 = 16 * 1024;

/// Longest `ring.tpm` in bytes.
pub(crate) const MAX_TPM: u64 =
    (12 + 2 * crate::limits::MAX_TPM_PART + super::MAX_RING + 64) as u64;

/// Longest export in bytes that is read: the most secrets of the greatest length.
pub const MAX_EXPORT: u64 = 96 * 1024 * 1024;

/// Longest line of a SecLlama file in bytes.
pub(crate) const MAX_SECLLAMA_LINE: u64 = 16 * 1024 * 1024;

/// Longest wait for the desktop's key store: a locked one asks its owner, who may be away.
pub const STORE_WAIT: Duration = Duration::from_secs(60);
