//! Which store a vault uses, written down in `store.json` beside it (no secret in it), and how that was chosen.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::limits::MAX_PLACE;
use super::{Ask, Kdf, KeyStore, KeyStoreError, PassphraseStore, StoreKind, TpmStore};
use crate::files;
use crate::vault::{Host, random, replace};

const NAME: &str = "store.json";
const VERSION: u32 = 1;

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The desktop's key store, or where there is none a file under a passphrase.
    Auto,
    /// This one or none.
    Only(StoreKind),
}

/// Which store a vault uses, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    version: u32,
    /// The kind.
    pub store: StoreKind,
    /// Name of the item in the desktop's key store.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    item: String,
    /// Why this one, a sentence each.
    pub reasons: Vec<String>,
}

impl Place {
    /// Chooses a store. Only a store that answers is chosen; what was passed over stands in the reasons.
    ///
    /// # Errors
    /// The one that was asked for does not answer, or none does.
    pub fn choose(choice: Choice) -> Result<Self, KeyStoreError> {
        let random: [u8; 8] =
            random().map_err(|_| KeyStoreError::Failed("no random numbers".to_owned()))?;
        let item = format!("vault-{}", crate::hex::encode(&random));
        let place = |store, item, reason: String| Place {
            version: VERSION,
            store,
            item,
            reasons: vec![reason],
        };
        match choice {
            Choice::Only(StoreKind::SecretService) => {
                probe(&item)?;
                let reason = "it was asked for".to_owned();
                Ok(place(StoreKind::SecretService, item, reason))
            }
            Choice::Only(kind) => Ok(place(kind, String::new(), "it was asked for".to_owned())),
            Choice::Auto => Ok(match probe(&item) {
                Ok(()) => place(
                    StoreKind::SecretService,
                    item,
                    "the Secret Service of this session answers".to_owned(),
                ),
                Err(error) => place(
                    StoreKind::Passphrase,
                    String::new(),
                    format!("the Secret Service was passed over: {error}"),
                ),
            }),
        }
    }

    /// The place of a vault; `None` when nothing was chosen for it yet.
    ///
    /// # Errors
    /// `store.json` can not be read or is not ours.
    pub fn read(directory: &Path) -> Result<Option<Self>, KeyStoreError> {
        let path = directory.join(NAME);
        let Some(bytes) = super::sealed_file::read_private(&path, MAX_PLACE)? else {
            return Ok(None);
        };
        let damaged = |why: String| KeyStoreError::Damaged(format!("{}: {why}", path.display()));
        let place: Place = serde_json::from_slice(&bytes).map_err(|e| damaged(e.to_string()))?;
        if place.version != VERSION {
            return Err(damaged(format!(
                "version {} is not known to this ringfence",
                place.version
            )));
        }
        Ok(Some(place))
    }

    /// Writes it down.
    ///
    /// # Errors
    /// The directory can not be written.
    pub fn write(&self, directory: &Path) -> Result<(), KeyStoreError> {
        let failed =
            |e: std::io::Error| KeyStoreError::Failed(format!("{}: {e}", directory.display()));
        let opened = files::private_directory(directory).map_err(failed)?;
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|e| failed(e.into()))?;
        bytes.push(b'\n');
        replace(&Host, &opened, NAME, &bytes).map_err(failed)
    }

    /// The store itself.
    ///
    /// # Errors
    /// This ringfence was built without it.
    pub fn store(
        &self,
        directory: &Path,
        kdf: Kdf,
        ask: Box<dyn Ask>,
    ) -> Result<Box<dyn KeyStore>, KeyStoreError> {
        match self.store {
            #[cfg(feature = "secret-service")]
            StoreKind::SecretService => Ok(Box::new(super::SecretServiceStore::new(&self.item))),
            #[cfg(not(feature = "secret-service"))]
            StoreKind::SecretService => Err(KeyStoreError::Gone(
                "this ringfence was built without the Secret Service".to_owned(),
            )),
            StoreKind::Passphrase => Ok(Box::new(PassphraseStore::new(directory, kdf, ask))),
            StoreKind::Tpm => Ok(Box::new(TpmStore::new(directory))),
            StoreKind::Memory => Err(KeyStoreError::Failed(
                "the memory of a process keeps nothing".to_owned(),
            )),
        }
    }
}

#[cfg(feature = "secret-service")]
fn probe(item: &str) -> Result<(), KeyStoreError> {
    super::SecretServiceStore::new(item).probe()
}

#[cfg(not(feature = "secret-service"))]
fn probe(_: &str) -> Result<(), KeyStoreError> {
    Err(KeyStoreError::Gone(
        "this ringfence was built without it".to_owned(),
    ))
}
