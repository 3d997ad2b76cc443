//! Where the keys of the vault live: a trait, one module a place, and the choice between them.
//!
//! A store keeps one small secret, the [`Ring`]: the keys of the vault's epochs. It never falls back to plain text: a place that can
//! not be had is an error with a reason, and what [`Place::choose`] took instead is written down and shown by `ringfence keys status`.

mod ask;
mod export;
mod limits;
mod locked;
mod passphrase;
mod place;
mod restore;
mod ring;
mod sealed_file;
#[cfg(feature = "secret-service")]
mod secret_service;
mod tpm;

use zeroize::Zeroizing;

pub use ask::{Ask, Descriptor, NoOne, Shared, Terminal};
pub use export::{Exported, SECLLAMA_SALT, SecLlama, Secrets, export, import, read_secllama};
pub use limits::{MAX_EXPORT, MAX_PASSPHRASE, MIN_PASSPHRASE, PBKDF2_ITERATIONS, STORE_WAIT};
pub use locked::{KEY, LockedError, Protection, SecretKey, protection};
pub use passphrase::Kdf;
pub use place::{Choice, Place};
pub use restore::Restore;
pub(crate) use ring::Epoch;
pub use ring::{MAX_RING, Ring};
pub use sealed_file::PassphraseStore;
#[cfg(feature = "secret-service")]
pub use secret_service::SecretServiceStore;
pub use tpm::TpmStore;

/// Keeps this process out of core dumps and out of reach of the debuggers of its own user. Called before the first key is in memory.
///
/// # Errors
/// The kernel refuses.
pub fn harden() -> std::io::Result<()> {
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    let none = rustix::process::Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    rustix::process::setrlimit(rustix::process::Resource::Core, none)?;
    Ok(())
}

/// A kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKind {
    /// The Secret Service (gnome-keyring, KWallet), the Keychain or the Credential Manager, through the `keyring` crate.
    SecretService,
    /// A file under a passphrase.
    Passphrase,
    /// A file sealed by this machine's TPM 2.0.
    Tpm,
    /// The memory of this process, for tests and for vaults that end with it.
    Memory,
}

impl std::fmt::Display for StoreKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            StoreKind::SecretService => "secret-service",
            StoreKind::Passphrase => "passphrase",
            StoreKind::Tpm => "tpm",
            StoreKind::Memory => "memory",
        })
    }
}

/// Why a store does not give or take the ring. No variant carries a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The place is not there.
    #[error("the key store is not there: {0}")]
    Gone(String),
    /// The place is there but closed.
    #[error("the key store is locked: {0}")]
    Locked(String),
    /// The passphrase is not the one.
    #[error("the passphrase is wrong, or the file was changed")]
    WrongPassphrase,
    /// A passphrase is needed and none was given.
    #[error("a passphrase is needed: {0}")]
    NoPassphrase(String),
    /// What is there is not what was put there.
    #[error("the key store holds something else: {0}")]
    Damaged(String),
    /// The place failed.
    #[error("the key store failed: {0}")]
    Failed(String),
}

/// A place that keeps the ring.
pub trait KeyStore: Send {
    /// What it is.
    fn kind(&self) -> StoreKind;

    /// Where it is, for a person.
    fn place(&self) -> String;

    /// What is kept; `None` when nothing is.
    ///
    /// # Errors
    /// The place is gone, locked, or the passphrase is wrong.
    fn load(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError>;

    /// Keeps this instead of what was there, in one step: after a crash one of the two is there, whole.
    ///
    /// # Errors
    /// As for [`KeyStore::load`], or it could not be written; then what was there is still there.
    fn save(&mut self, ring: &[u8]) -> Result<(), KeyStoreError>;

    /// Forgets everything.
    ///
    /// # Errors
    /// As for [`KeyStore::save`].
    fn delete(&mut self) -> Result<(), KeyStoreError>;

    /// Asks for a new passphrase at the next [`KeyStore::save`].
    ///
    /// # Errors
    /// This place has none.
    fn change_passphrase(&mut self) -> Result<(), KeyStoreError> {
        Err(KeyStoreError::Failed(format!(
            "the store {} has no passphrase of ringfence's",
            self.kind()
        )))
    }
}

/// A store that ends with its owner; clones share what they hold.
#[derive(Clone, Default)]
pub struct MemoryStore(std::sync::Arc<std::sync::Mutex<Option<Zeroizing<Vec<u8>>>>>);

impl MemoryStore {
    fn held(&self) -> std::sync::MutexGuard<'_, Option<Zeroizing<Vec<u8>>>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl KeyStore for MemoryStore {
    fn kind(&self) -> StoreKind {
        StoreKind::Memory
    }

    fn place(&self) -> String {
        "the memory of this process".to_owned()
    }

    fn load(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        Ok(self.held().clone())
    }

    fn save(&mut self, ring: &[u8]) -> Result<(), KeyStoreError> {
        *self.held() = Some(Zeroizing::new(ring.to_vec()));
        Ok(())
    }

    fn delete(&mut self) -> Result<(), KeyStoreError> {
        *self.held() = None;
        Ok(())
    }
}
