//! The ring in a file (0600) under a passphrase: `ring.sealed` in the directory of the vault.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::limits::MAX_SEALED;
use super::passphrase::{Kdf, Unlocked, unlock};
use super::{Ask, KeyStore, KeyStoreError, StoreKind};
use crate::files;
use crate::vault::{Host, replace};

const MAGIC: &[u8; 8] = b"RFSEALD1";
const NAME: &str = "ring.sealed";

/// A file under a passphrase. The passphrase is asked for once and its key kept in locked memory.
pub struct PassphraseStore {
    directory: PathBuf,
    kdf: Kdf,
    ask: Box<dyn Ask>,
    unlocked: Option<Unlocked>,
    renew: bool,
}

impl PassphraseStore {
    /// The file of this directory; `kdf` is for a new one.
    pub fn new(directory: &Path, kdf: Kdf, ask: Box<dyn Ask>) -> Self {
        PassphraseStore {
            directory: directory.to_owned(),
            kdf,
            ask,
            unlocked: None,
            renew: false,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    fn failed(&self, error: &std::io::Error) -> KeyStoreError {
        KeyStoreError::Failed(format!("{}: {error}", self.path().display()))
    }
}

/// Reads a file that only its owner may read; `None` when there is none.
pub(super) fn read_private(path: &Path, most: u64) -> Result<Option<Vec<u8>>, KeyStoreError> {
    use std::os::unix::fs::MetadataExt as _;
    let failed = |e: std::io::Error| KeyStoreError::Failed(format!("{}: {e}", path.display()));
    let file = match files::open_regular(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed)?,
    };
    let meta = file.metadata().map_err(failed)?;
    if meta.mode() & 0o077 != 0 || meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(KeyStoreError::Damaged(format!(
            "{} must belong to you and be readable by you only (chmod 600)",
            path.display()
        )));
    }
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(KeyStoreError::Damaged(format!(
            "{} is longer than any that ringfence writes",
            path.display()
        )));
    }
    Ok(Some(bytes))
}

impl KeyStore for PassphraseStore {
    fn kind(&self) -> StoreKind {
        StoreKind::Passphrase
    }

    fn place(&self) -> String {
        let written = || {
            let file = read_private(&self.path(), MAX_SEALED).ok().flatten()?;
            Kdf::of_file(&file)
        };
        let unlocked = self.unlocked.as_ref().map(Unlocked::kdf);
        let kdf = unlocked.or_else(written).unwrap_or(self.kdf);
        format!("{} ({kdf})", self.path().display())
    }

    fn load(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        let Some(file) = read_private(&self.path(), MAX_SEALED)? else {
            return Ok(None);
        };
        if let Some(unlocked) = self.unlocked.as_ref().filter(|u| u.fits(&file)) {
            return unlocked.open(MAGIC, &file).map(Some);
        }
        let passphrase = self.ask.passphrase("Passphrase of the keys")?;
        let (unlocked, ring) = unlock(MAGIC, &file, &passphrase)?;
        self.unlocked = Some(unlocked);
        Ok(Some(ring))
    }

    fn save(&mut self, ring: &[u8]) -> Result<(), KeyStoreError> {
        if self.renew || self.unlocked.is_none() {
            let passphrase = self.ask.new_passphrase("New passphrase for the keys")?;
            self.unlocked = Some(Unlocked::new(&passphrase, self.kdf)?);
            self.renew = false;
        }
        let Some(unlocked) = &self.unlocked else {
            return Err(KeyStoreError::NoPassphrase("none was given".to_owned()));
        };
        let bytes = unlocked.seal(MAGIC, ring)?;
        let directory = files::private_directory(&self.directory).map_err(|e| self.failed(&e))?;
        replace(&Host, &directory, NAME, &bytes).map_err(|e| self.failed(&e))
    }

    fn delete(&mut self) -> Result<(), KeyStoreError> {
        match std::fs::remove_file(self.path()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(self.failed(&e)),
            _ => Ok(()),
        }
    }

    fn change_passphrase(&mut self) -> Result<(), KeyStoreError> {
        self.renew = true;
        Ok(())
    }
}
