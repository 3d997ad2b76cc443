//! What changes the table: new conversations, rotation, forgetting, settling.
//!
//! Each change is one rename, under the lock. A rotation is three steps, and a crash after any of them leaves everything readable:
//!
//! 1. the key store gets the new key beside the old one;
//! 2. the table, re-wrapped under the new key, takes the place of the old one: this is the moment of the change;
//! 3. the key store forgets the old key.

use super::conversation::Conversation;
use super::disk;
use super::error::io;
use super::limits::MAX_CONVERSATIONS;
use super::scan::{Head, Keys};
use super::table::{Row, Table, Wrapper};
use super::{Id, Purpose, Vault, VaultError, now, random};
use crate::keys::SecretKey;

impl Vault {
    /// Begins a conversation.
    ///
    /// # Errors
    /// Too many; the table is damaged; the disk is full.
    pub fn begin(&mut self, purpose: Purpose) -> Result<Conversation, VaultError> {
        let _lock = self.begin_change()?;
        let (row, conversation) = self.make(purpose)?;
        let mut table = self.next_table();
        table.rows.push(row);
        self.write(table)?;
        Ok(conversation)
    }

    /// A new file with a new key, and the row that will name it.
    pub(super) fn make(&self, purpose: Purpose) -> Result<(Row, Conversation), VaultError> {
        if self.table.rows.len() >= MAX_CONVERSATIONS {
            return Err(VaultError::Limit {
                what: "the number of conversations",
                limit: MAX_CONVERSATIONS as u64,
            });
        }
        let id = Id(random()?);
        let key = SecretKey::random()?;
        let row = Row {
            id,
            purpose,
            forgotten: false,
            created: now(),
            wrapped: self.wrapper()?.wrap(id, purpose, &key)?,
            records: 0,
            link: [0; 16],
        };
        let keys = Keys::new(&key, purpose, id)?;
        let conversation = Conversation::create(
            self.disk.clone(),
            &self.conversations,
            self.conversation_path(id),
            keys,
        )?;
        Ok((row, conversation))
    }

    /// A new epoch: every conversation's key is wrapped anew, and the old key is forgotten. Open conversations go on.
    ///
    /// # Errors
    /// The table is damaged, the disk is full, or the key store fails; everything stays readable.
    pub fn rotate(&mut self) -> Result<u32, VaultError> {
        let _lock = self.begin_change()?;
        self.new_epoch(|_| false)?;
        Ok(self.table.epoch)
    }

    /// Destroys the key of one conversation and of its prompt cache, and removes their files.
    ///
    /// # Errors
    /// There is none; otherwise as for [`Vault::rotate`].
    pub fn forget(&mut self, id: Id) -> Result<(), VaultError> {
        let _lock = self.begin_change()?;
        self.row(id)?;
        self.new_epoch(|row| row.id == id || row.is_cache_of(id))
    }

    /// Destroys the keys of all conversations and prompt caches and removes their files; named secrets stay. Returns how many
    /// conversations there were.
    ///
    /// # Errors
    /// As for [`Vault::rotate`].
    pub fn forget_all(&mut self) -> Result<usize, VaultError> {
        let _lock = self.begin_change()?;
        let count = self.conversations_now();
        self.new_epoch(|row| row.purpose != Purpose::Secrets)?;
        Ok(count)
    }

    /// Notes how far conversations go, here and in the key store, so that an older copy of a file or of the vault is noticed.
    ///
    /// # Errors
    /// The disk is full or the key store fails; conversations stay as they are.
    pub fn settle(&mut self, conversations: &[&Conversation]) -> Result<(), VaultError> {
        let _lock = self.begin_change()?;
        let mut table = self.next_table();
        for conversation in conversations {
            let head = conversation.head();
            let row = table
                .rows
                .iter_mut()
                .find(|row| row.id == conversation.id() && !row.forgotten);
            if let Some(row) = row.filter(|row| row.records <= head.records) {
                row.records = head.records;
                row.link = head.link;
            }
        }
        self.write(table)?;
        self.ring.floor = self.table.generation;
        self.save_ring()
    }

    /// Takes the lock and looks at the table as it is now; nothing is changed while it is damaged or an older copy.
    pub(super) fn begin_change(&mut self) -> Result<std::fs::File, VaultError> {
        let lock = self.lock()?;
        self.load_ring()?;
        self.reload()?;
        self.check_floor(false)?;
        self.whole()?;
        Ok(lock)
    }

    /// The table to write next: without the rows whose files are gone for good.
    pub(super) fn next_table(&self) -> Table {
        Table {
            generation: self.table.generation.max(self.ring.floor) + 1,
            ..self.table.clone()
        }
    }

    /// The three steps; the keys of the rows that `forget` names are not wrapped again.
    pub(super) fn new_epoch(&mut self, forget: impl Fn(&Row) -> bool) -> Result<(), VaultError> {
        let old = self.wrapper()?;
        let mut table = self.next_table();
        // Also above an epoch that an interrupted rotation left in the store.
        let highest = self.ring.epochs.iter().map(|epoch| epoch.number).max();
        let number = highest.unwrap_or_default() + 1;
        self.ring.epochs.retain(|epoch| epoch.number == table.epoch);
        self.ring.epochs.push(crate::keys::Epoch {
            number,
            created: now(),
            key: SecretKey::random()?,
        });
        let new = Wrapper::new(
            &self.ring.epoch(number).ok_or(VaultError::Crypto)?.key,
            number,
            self.ring.vault,
        )?;
        table.destroy(forget);
        for row in table.rows.iter_mut().filter(|row| !row.forgotten) {
            row.wrapped = new.wrap(row.id, row.purpose, &old.open(row)?)?;
        }
        table.epoch = number;
        self.save_ring()?;
        self.write(table)?;
        self.finish()
    }

    /// Adds a row in the place of another, in the same epoch.
    pub(super) fn put_row(&mut self, row: Row, old: Option<Id>) -> Result<(), VaultError> {
        let mut table = self.next_table();
        table.destroy(|row| Some(row.id) == old);
        table.rows.push(row);
        self.write(table)?;
        self.sweep()
    }

    /// The rest of a rotation once the table is in place: old keys leave the store, files of forgotten conversations the disk.
    fn finish(&mut self) -> Result<(), VaultError> {
        let current = self.table.epoch;
        self.ring.epochs.retain(|epoch| epoch.number == current);
        self.ring.floor = self.table.generation;
        self.save_ring()?;
        self.sweep()
    }

    pub(super) fn sweep(&mut self) -> Result<(), VaultError> {
        let gone: Vec<Id> = self
            .table
            .rows
            .iter()
            .filter(|row| row.forgotten)
            .map(|row| row.id)
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        for id in &gone {
            let path = self.conversation_path(*id);
            self.disk
                .remove(&self.conversations, &id.to_string())
                .map_err(io(path))?;
        }
        self.disk
            .sync_directory(&self.conversations)
            .map_err(io(&self.path))?;
        let mut table = self.next_table();
        table.rows.retain(|row| !row.forgotten);
        self.write(table)
    }

    /// Finishes what a killed process left: an old key still in the store, files of forgotten conversations.
    pub(super) fn tidy(&mut self) -> Result<(), VaultError> {
        let left = |vault: &Self| {
            vault.faults.is_empty()
                && (vault.ring.epochs.len() > 1 || vault.table.rows.iter().any(|r| r.forgotten))
        };
        if !left(self) {
            return Ok(());
        }
        let _lock = self.lock()?;
        self.load_ring()?;
        self.reload()?;
        if left(self) && self.table.generation >= self.ring.floor {
            self.finish()?;
        }
        Ok(())
    }

    pub(super) fn conversation_path(&self, id: Id) -> std::path::PathBuf {
        self.path.join(super::CONVERSATIONS).join(id.to_string())
    }

    /// Opens a conversation to add to it. One process at a time may.
    ///
    /// # Errors
    /// There is none; another process has it open; it is damaged, so that an addition could hide what is missing.
    pub fn append_to(&mut self, id: Id) -> Result<Conversation, VaultError> {
        self.reload()?;
        let row = self.row(id)?;
        let keys = Keys::new(&self.key(row)?, row.purpose, id)?;
        let path = self.conversation_path(id);
        let file = disk::open(&self.conversations, &id.to_string(), true).map_err(io(&path))?;
        let known = Head {
            generation: 0,
            records: row.records,
            frames: 0,
            link: row.link,
        };
        Conversation::open(self.disk.clone(), file, path, keys, &known)
    }
}
