//! The vault: conversations, prompt caches and named secrets, encrypted at rest.
//!
//! Envelope encryption in three steps. A key store keeps the key of the current *epoch* ([`crate::keys`]); the table wraps one key a
//! conversation under it; a conversation's records are AES-256-GCM frames under that key. So a rotation re-wraps the table and
//! touches no record, and to forget a conversation is to destroy its key: a new epoch is made, and the old one, which alone opens the
//! wrapped key that the disk may still hold somewhere, is taken out of the key store.
//!
//! ```text
//! DIR/lock      the lock of everything that changes the table
//! DIR/table     [`table`]
//! DIR/c/ID      a conversation, [`scan`] and [`frame`]
//! ```

mod cache;
mod change;
mod conversation;
mod crypto;
mod disk;
mod error;
mod frame;
mod limits;
mod scan;
mod secrets;
mod table;
#[cfg(test)]
mod tests;
mod verify;

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use zeroize::Zeroizing;

pub use conversation::{Contents, Conversation};
pub use error::VaultError;
pub use limits::{
    LOCK_WAIT, MAX_CONVERSATIONS, MAX_DAMAGE, MAX_RECORD, MAX_RECORDS, MAX_SECRET, MAX_SECRET_NAME,
    MAX_SECRETS,
};
pub use scan::Damage;
pub use verify::{ConversationReport, Report};
#[doc(hidden)]
pub use verify::{fuzz_conversation, fuzz_table};

pub(crate) use crypto::{Deriver, aead, open as open_sealed, random, seal};
pub(crate) use disk::{Host, replace};

use crate::files;
use crate::keys::{KeyStore, Ring, SecretKey, StoreKind};
use disk::Disk;
use error::io;
use table::{Row, Table, Wrapper};

const TABLE: &str = "table";
const LOCK: &str = "lock";
const CONVERSATIONS: &str = "c";

/// Number of a conversation: 16 random bytes, written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub(crate) [u8; 16]);

impl Id {
    /// From 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        crate::hex::decode(text).map(Id)
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::hex::encode(&self.0))
    }
}

impl std::fmt::Debug for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// What a conversation file is for; its key opens for no other purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// The turns of a chat. Frames of 1 KiB.
    History = 1,
    /// What a runner computed for a prompt. Frames of 64 KiB.
    PromptCache = 2,
    /// The named secrets. Frames of 512 bytes.
    Secrets = 3,
}

impl Purpose {
    fn of(byte: u8) -> Option<Self> {
        [Purpose::History, Purpose::PromptCache, Purpose::Secrets]
            .into_iter()
            .find(|p| *p as u8 == byte)
    }

    /// Bytes of a frame, so what lengths are rounded up to.
    pub fn frame(self) -> usize {
        match self {
            Purpose::History => 1024,
            Purpose::PromptCache => 64 * 1024,
            Purpose::Secrets => 512,
        }
    }
}

impl std::fmt::Display for Purpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Purpose::History => "history",
            Purpose::PromptCache => "prompt-cache",
            Purpose::Secrets => "secrets",
        })
    }
}

/// One conversation of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: Id,
    /// What it is for.
    pub purpose: Purpose,
    /// Seconds since the Unix epoch.
    pub created: u64,
    /// Records that the vault knows of; the file may have more, until [`Vault::settle`].
    pub records: u64,
    /// Bytes of the file; `None` when it is gone.
    pub bytes: Option<u64>,
}

/// What a vault says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The epoch in use.
    pub epoch: u32,
    /// When it began, in seconds since the Unix epoch.
    pub since: u64,
    /// How often the table was written.
    pub generation: u64,
    /// Conversations; prompt caches and the named secrets are not counted.
    pub conversations: usize,
}

/// An open vault.
pub struct Vault {
    path: PathBuf,
    root: File,
    conversations: File,
    disk: Arc<dyn Disk>,
    keys: Box<dyn KeyStore>,
    ring: Ring,
    table: Table,
    faults: Vec<String>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("path", &self.path)
            .field("epoch", &self.table.epoch)
            .field("conversations", &self.table.rows.len())
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// Makes a vault in a directory (0700) and its first key in the store.
    ///
    /// # Errors
    /// There is one already, here or in the store; the store is locked or gone; the directory is not the caller's alone.
    pub fn create(path: &Path, keys: Box<dyn KeyStore>) -> Result<Self, VaultError> {
        Self::create_on(path, keys, Arc::new(Host))
    }

    /// Opens a vault; finishes what a killed rotation or a killed `forget` left.
    ///
    /// # Errors
    /// There is none; the store is locked, gone or empty; the table is an older copy. A damaged table is no error here: what still
    /// opens can be read.
    pub fn open(path: &Path, keys: Box<dyn KeyStore>) -> Result<Self, VaultError> {
        Self::open_on(path, keys, Arc::new(Host), false)
    }

    /// Opens a vault with the store that `store.json` beside it names; `ask` is asked only where that store needs a passphrase.
    ///
    /// # Errors
    /// As for [`Vault::open`]; no store was chosen for this directory.
    pub fn open_placed(path: &Path, ask: Box<dyn crate::keys::Ask>) -> Result<Self, VaultError> {
        let Some(place) = crate::keys::Place::read(path)? else {
            return Err(VaultError::NotThere {
                path: path.to_owned(),
            });
        };
        Self::open(path, place.store(path, crate::keys::Kdf::default(), ask)?)
    }

    /// As [`Vault::open`], and takes an older table as the newest: for a vault restored from a copy.
    ///
    /// # Errors
    /// As for [`Vault::open`].
    pub fn open_restored(path: &Path, keys: Box<dyn KeyStore>) -> Result<Self, VaultError> {
        let mut vault = Self::open_on(path, keys, Arc::new(Host), true)?;
        let _lock = vault.lock()?;
        // A damaged one says nothing of how new it is; a repair goes on above what was known.
        if vault.faults.is_empty() {
            vault.ring.floor = vault.table.generation;
            vault.save_ring()?;
        }
        Ok(vault)
    }

    /// Whether a directory holds a vault.
    pub fn exists(path: &Path) -> bool {
        path.join(TABLE).symlink_metadata().is_ok()
    }

    pub(crate) fn create_on(
        path: &Path,
        mut keys: Box<dyn KeyStore>,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, VaultError> {
        let root = files::private_directory(path).map_err(io(path))?;
        let _lock = lock_of(path)?;
        if Self::exists(path) {
            return Err(VaultError::Exists {
                path: path.to_owned(),
            });
        }
        let vault = random()?;
        let created = now();
        // A ring that a killed `init` left is of no vault; one of a vault elsewhere is not overwritten.
        if let Some(ring) = keys.load()? {
            let ring = Ring::decode(&ring)?;
            if ring.floor > 0 {
                return Err(VaultError::Exists {
                    path: PathBuf::from(keys.place()),
                });
            }
        }
        let ring = Ring::new(vault, created)?;
        let table = Table {
            vault,
            epoch: 1,
            generation: 1,
            rows: Vec::new(),
        };
        let subdirectory = path.join(CONVERSATIONS);
        match std::fs::DirBuilder::new().mode(0o700).create(&subdirectory) {
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(io(&subdirectory)(e));
            }
            _ => {}
        }
        let mut made = Vault {
            conversations: files::private_directory(&subdirectory).map_err(io(&subdirectory))?,
            path: path.to_owned(),
            root,
            disk,
            keys,
            ring,
            table: table.clone(),
            faults: Vec::new(),
        };
        made.save_ring()?;
        made.write(table)?;
        made.ring.floor = 1;
        made.save_ring()?;
        Ok(made)
    }

    pub(crate) fn open_on(
        path: &Path,
        keys: Box<dyn KeyStore>,
        disk: Arc<dyn Disk>,
        accept_older: bool,
    ) -> Result<Self, VaultError> {
        if !Self::exists(path) {
            return Err(VaultError::NotThere {
                path: path.to_owned(),
            });
        }
        let root = files::private_directory(path).map_err(io(path))?;
        let subdirectory = path.join(CONVERSATIONS);
        let mut vault = Vault {
            conversations: files::private_directory(&subdirectory).map_err(io(&subdirectory))?,
            path: path.to_owned(),
            root,
            disk,
            keys,
            ring: Ring {
                vault: [0; 16],
                floor: 0,
                epochs: Vec::new(),
            },
            table: Table {
                vault: [0; 16],
                epoch: 0,
                generation: 0,
                rows: Vec::new(),
            },
            faults: Vec::new(),
        };
        vault.load_ring()?;
        vault.reload()?;
        vault.check_floor(accept_older)?;
        vault.tidy()?;
        Ok(vault)
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the keys are.
    pub fn store(&self) -> (StoreKind, String) {
        (self.keys.kind(), self.keys.place())
    }

    /// What is wrong with the table; empty when nothing is.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// Nothing, when the table is as it was written. A list of what still opens says nothing of what does not: whoever prints one asks
    /// this as well.
    ///
    /// # Errors
    /// The table is damaged.
    pub fn whole(&self) -> Result<(), VaultError> {
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(VaultError::Table {
            path: self.path.clone(),
            fault: self.faults.join("; "),
        })
    }

    /// Why a conversation is not found: there is none, or the damage may have taken its row.
    pub fn not_found(&self, id: impl std::fmt::Display) -> VaultError {
        self.whole()
            .err()
            .unwrap_or_else(|| VaultError::Unknown(id.to_string()))
    }

    /// Epoch, age and counts.
    pub fn status(&self) -> Status {
        Status {
            epoch: self.table.epoch,
            since: self
                .ring
                .epoch(self.table.epoch)
                .map_or(0, |epoch| epoch.created),
            generation: self.table.generation,
            conversations: self.conversations_now(),
        }
    }

    /// The conversations and prompt caches, oldest first; the named secrets are not among them.
    pub fn list(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self
            .table
            .rows
            .iter()
            .filter(|row| !row.forgotten && row.purpose != Purpose::Secrets)
            .map(|row| Entry {
                id: row.id,
                purpose: row.purpose,
                created: row.created,
                records: row.records,
                bytes: disk::open(&self.conversations, &row.id.to_string(), false)
                    .and_then(|file| file.metadata())
                    .ok()
                    .map(|meta| meta.len()),
            })
            .collect();
        entries.sort_by_key(|entry| (entry.created, entry.id));
        entries
    }

    fn conversations_now(&self) -> usize {
        let counts = |row: &&Row| !row.forgotten && row.purpose == Purpose::History;
        self.table.rows.iter().filter(counts).count()
    }

    /// Puts the keys of an export back into an empty store, for the vault that is already here.
    ///
    /// # Errors
    /// The store holds keys; the export is of another vault, or older than its last rotation.
    pub fn restore_keys(
        path: &Path,
        mut keys: Box<dyn KeyStore>,
        exported: &crate::keys::Exported,
    ) -> Result<Self, VaultError> {
        if !Self::exists(path) {
            return Err(VaultError::NotThere {
                path: path.to_owned(),
            });
        }
        if keys.load()?.is_some() {
            return Err(VaultError::Exists {
                path: PathBuf::from(keys.place()),
            });
        }
        // Tried in memory first, so that a store which is asked to keep something keeps what opens.
        let mut memory = crate::keys::MemoryStore::default();
        memory.save(&exported.ring)?;
        let mut vault = Self::open_on(path, Box::new(memory), Arc::new(Host), true)?;
        let _lock = vault.lock()?;
        vault.keys = keys;
        vault.ring.floor = vault.table.generation;
        vault.save_ring()?;
        Ok(vault)
    }

    /// Has the store ask for a new passphrase at the next [`Vault::rotate`].
    ///
    /// # Errors
    /// The store has none.
    pub fn change_passphrase(&mut self) -> Result<(), VaultError> {
        Ok(self.keys.change_passphrase()?)
    }

    /// The keys of the ring, for [`crate::keys::export`].
    pub(crate) fn ring(&self) -> Zeroizing<Vec<u8>> {
        self.ring.encode()
    }

    fn lock(&self) -> Result<File, VaultError> {
        lock_of(&self.path)
    }

    fn load_ring(&mut self) -> Result<(), VaultError> {
        let none = |vault: &Self| VaultError::NoKeys {
            place: vault.keys.place(),
            path: vault.path.clone(),
        };
        let Some(bytes) = self.keys.load()? else {
            return Err(none(self));
        };
        self.ring = Ring::decode(&bytes)?;
        Ok(())
    }

    fn save_ring(&mut self) -> Result<(), VaultError> {
        Ok(self.keys.save(&self.ring.encode())?)
    }

    /// Reads the table again; one of an epoch that another process made brings its key from the store.
    fn reload(&mut self) -> Result<(), VaultError> {
        // A rotation of another process may fall between the two reads; several in a row do not.
        for _ in 0..2 {
            match self.read_once() {
                Err(VaultError::NoKeys { .. } | VaultError::Table { .. }) => {}
                other => return other,
            }
        }
        self.read_once()
    }

    fn read_once(&mut self) -> Result<(), VaultError> {
        let path = self.path.join(TABLE);
        let bytes = read_table(&self.root).map_err(io(&path))?;
        let known = |ring: &Ring| table::epoch(&bytes).is_some_and(|e| ring.epoch(e).is_some());
        if !known(&self.ring) {
            self.load_ring()?;
        }
        // The epoch that it names first; a damaged header may name a wrong one.
        let named = table::epoch(&bytes);
        let mut epochs: Vec<_> = self.ring.epochs.iter().collect();
        epochs.sort_by_key(|epoch| Some(epoch.number) != named);
        let mut best: Option<table::Found> = None;
        for epoch in epochs {
            let wrapper = Wrapper::new(&epoch.key, epoch.number, self.ring.vault)?;
            let Some(found) = Table::decode(&bytes, &wrapper) else {
                continue;
            };
            let better = best.as_ref().is_none_or(|b| {
                (found.faults.is_empty(), found.table.rows.len())
                    > (b.faults.is_empty(), b.table.rows.len())
            });
            if better {
                best = Some(found);
            }
        }
        let Some(found) = best else {
            return Err(if bytes.get(32..48) == Some(&self.ring.vault[..]) {
                VaultError::Table {
                    path: self.path.clone(),
                    fault: "no key of the key store opens it".to_owned(),
                }
            } else {
                VaultError::NoKeys {
                    place: self.keys.place(),
                    path: self.path.clone(),
                }
            });
        };
        self.table = found.table;
        self.faults = found.faults;
        Ok(())
    }

    fn check_floor(&self, accept_older: bool) -> Result<(), VaultError> {
        if self.faults.is_empty() && self.table.generation < self.ring.floor && !accept_older {
            return Err(VaultError::RolledBack {
                path: self.path.clone(),
                found: self.table.generation,
                known: self.ring.floor,
            });
        }
        Ok(())
    }

    fn wrapper(&self) -> Result<Wrapper, VaultError> {
        let epoch = self
            .ring
            .epoch(self.table.epoch)
            .ok_or(VaultError::Crypto)?;
        Ok(Wrapper::new(&epoch.key, epoch.number, self.ring.vault)?)
    }

    fn row(&self, id: Id) -> Result<&Row, VaultError> {
        self.table
            .rows
            .iter()
            .find(|row| row.id == id && !row.forgotten)
            .ok_or_else(|| self.not_found(id))
    }

    fn key(&self, row: &Row) -> Result<SecretKey, VaultError> {
        Ok(self.wrapper()?.open(row)?)
    }

    /// Puts a table in place, under the key of its epoch.
    fn write(&mut self, table: Table) -> Result<(), VaultError> {
        let epoch = self.ring.epoch(table.epoch).ok_or(VaultError::Crypto)?;
        let wrapper = Wrapper::new(&epoch.key, epoch.number, self.ring.vault)?;
        let bytes = table.encode(&wrapper);
        replace(&*self.disk, &self.root, TABLE, &bytes).map_err(io(self.path.join(TABLE)))?;
        self.table = table;
        self.faults.clear();
        Ok(())
    }
}

fn lock_of(path: &Path) -> Result<File, VaultError> {
    let name = path.join(LOCK);
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&name)
        .map_err(io(&name))?;
    disk::lock(&file).map_err(io(&name))?;
    Ok(file)
}

fn read_table(root: &File) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let file = disk::open(root, TABLE, false)?;
    let mut bytes = Vec::new();
    file.take(table::MAX_TABLE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > table::MAX_TABLE {
        return Err(std::io::Error::other(
            "the table is longer than any that ringfence writes",
        ));
    }
    Ok(bytes)
}

/// The day and minute of a time in seconds since the Unix epoch, in UTC: `2026-11-21 07:44`.
pub fn day(seconds: u64) -> String {
    let text = crate::time::rfc3339(seconds.saturating_mul(1000));
    text.get(..16).unwrap_or_default().replace('T', " ")
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
