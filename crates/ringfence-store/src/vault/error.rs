//! Why the vault does not do what was asked. No text carries a secret or a record.

use std::path::PathBuf;

use super::{Damage, Id};
use crate::keys::{KeyStoreError, LockedError};

/// A failure of the vault.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A file of the vault could not be read or written.
    #[error("vault {path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The disk is full; what was there before is whole.
    #[error("vault {path}: the disk is full; nothing was changed")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another process holds the conversation or changes the vault.
    #[error("vault {path}: another process of ringfence is using it; wait for its end")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// There is no vault here.
    #[error("there is no vault in {path}; make one with `ringfence keys init`")]
    NotThere {
        /// The directory.
        path: PathBuf,
    },
    /// There is one already.
    #[error("{path} already holds a vault; it was not touched")]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// The key store.
    #[error(transparent)]
    Store(#[from] KeyStoreError),
    /// The key store is there and holds no keys of this vault.
    #[error(
        "the key store ({place}) holds no keys of the vault in {path}; bring them back with `ringfence keys import FILE`"
    )]
    NoKeys {
        /// The store.
        place: String,
        /// The vault.
        path: PathBuf,
    },
    /// Memory for keys.
    #[error(transparent)]
    Memory(#[from] LockedError),
    /// An older table was put back.
    #[error(
        "the table of the vault in {path} is an older copy (generation {found}, the key store has seen {known}); put the newest one back, or accept the loss of what came after with `ringfence keys verify --accept-restored`"
    )]
    RolledBack {
        /// The vault.
        path: PathBuf,
        /// Generation of the table.
        found: u64,
        /// Generation that the key store remembers.
        known: u64,
    },
    /// The table is damaged, so nothing may be written.
    #[error(
        "the table of the vault in {path} is damaged ({fault}); what still opens can be read, and `ringfence keys verify --repair` keeps it"
    )]
    Table {
        /// The vault.
        path: PathBuf,
        /// The faults.
        fault: String,
    },
    /// A conversation is damaged, so nothing may be written to it.
    #[error("conversation {id}: {damage}; `ringfence keys verify --repair` keeps what can be read")]
    Damaged {
        /// The conversation.
        id: Id,
        /// The first damage.
        damage: Damage,
    },
    /// There is no such conversation.
    #[error("there is no conversation {0}")]
    Unknown(String),
    /// It was forgotten meanwhile.
    #[error("conversation {0} was forgotten; nothing can be written to it any more")]
    Forgotten(Id),
    /// A limit.
    #[error("{what} is beyond the limit of {limit}")]
    Limit {
        /// What.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A name of a secret.
    #[error("{0:?} is no name of a secret: 1 to 64 letters, digits, `-`, `_` and `.`")]
    Name(String),
    /// The library refused; no random numbers.
    #[error("the cryptographic library failed")]
    Crypto,
}

impl From<super::crypto::Failed> for VaultError {
    fn from(_: super::crypto::Failed) -> Self {
        VaultError::Crypto
    }
}

/// Names the file of a failure and tells a full disk and a busy file from the rest.
pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> VaultError {
    move |source| {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull, WouldBlock};
        let path = path.into();
        match source.kind() {
            StorageFull | QuotaExceeded => VaultError::Full { path },
            WouldBlock => VaultError::Busy { path },
            _ => VaultError::Io { path, source },
        }
    }
}
