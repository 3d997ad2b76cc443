//! Every limit of the vault, in one place.

use std::time::Duration;

/// Most conversations in one vault; the table is read and written whole.
pub const MAX_CONVERSATIONS: usize = 100_000;

/// Longest record in bytes. A longer prompt cache is kept as several.
pub const MAX_RECORD: usize = 64 * 1024 * 1024;

/// Most records of one conversation.
pub const MAX_RECORDS: u64 = 1 << 32;

/// Longest name of a named secret in bytes.
pub const MAX_SECRET_NAME: usize = 64;

/// Longest value of a named secret in bytes.
pub const MAX_SECRET: usize = 64 * 1024;

/// Most named secrets in one vault.
pub const MAX_SECRETS: usize = 1024;

/// Most damages listed for one conversation; more are counted.
pub const MAX_DAMAGE: usize = 1024;

/// Longest wait for another process that changes the vault.
pub const LOCK_WAIT: Duration = Duration::from_secs(10);

/// Time between two looks at a lock.
pub(crate) const LOCK_STEP: Duration = Duration::from_millis(5);
