//! The prompt cache of a conversation: at most one, under a number that follows from the conversation's own. So whoever forgets the
//! conversation forgets it too, in the same step, and no list has to say what belongs together.

use super::conversation::Conversation;
use super::error::io;
use super::scan::Keys;
use super::table::Row;
use super::{Entry, Id, Purpose, Vault, VaultError, now};
use crate::keys::SecretKey;

impl Id {
    /// The two numbers that this conversation's cache may have (the new one is written beside the old one); the other way round, the
    /// two conversations that a cache may be of.
    pub(super) fn partners(self) -> [Id; 2] {
        [1, 2].map(|bit| {
            let mut id = self.0;
            id[15] ^= bit;
            Id(id)
        })
    }
}

impl Row {
    /// Whether this is a cache of that conversation.
    pub(super) fn is_cache_of(&self, id: Id) -> bool {
        self.purpose == Purpose::PromptCache && self.id.partners().contains(&id)
    }
}

impl Vault {
    /// The prompt cache of a conversation.
    pub fn cache_of(&self, id: Id) -> Option<Entry> {
        let row = self.cache_row(id)?.id;
        self.list().into_iter().find(|entry| entry.id == row)
    }

    fn cache_row(&self, id: Id) -> Option<&Row> {
        let cache = |row: &&Row| row.is_cache_of(id) && !row.forgotten;
        self.table.rows.iter().find(cache)
    }

    /// Keeps a prompt cache for a conversation, a record a part, in place of the one that it had. Until all of it is on the medium the
    /// old one is the one.
    ///
    /// # Errors
    /// The conversation was forgotten; the disk is full; as for [`Vault::begin`].
    pub fn keep_cache(&mut self, of: &Conversation, parts: &[&[u8]]) -> Result<Id, VaultError> {
        let key = SecretKey::random()?;
        let mut file = {
            let _lock = self.begin_change()?;
            self.of_history(of.id())?;
            let taken = self.cache_row(of.id()).map(|row| row.id);
            let [first, second] = of.id().partners();
            let id = if taken == Some(first) { second } else { first };
            // What a killed process left under this number has no row, so no key.
            let path = self.conversation_path(id);
            self.disk
                .remove(&self.conversations, &id.to_string())
                .map_err(io(&path))?;
            let keys = Keys::new(&key, Purpose::PromptCache, id)?;
            Conversation::create(self.disk.clone(), &self.conversations, path, keys)?
        };
        // Not under the lock: it may be much.
        let kept = parts
            .iter()
            .try_for_each(|part| file.append(part).map(drop))
            .and_then(|()| self.put_cache(of.id(), &key, &file));
        // A table whose writing failed at the last may be in place all the same.
        let unnamed = |vault: &Self| vault.table.rows.iter().all(|row| row.id != file.id());
        if kept.is_err() && self.reload().is_ok() && unnamed(self) {
            let _ = self
                .disk
                .remove(&self.conversations, &file.id().to_string());
        }
        kept.map(|()| file.id())
    }

    fn put_cache(
        &mut self,
        of: Id,
        key: &SecretKey,
        file: &Conversation,
    ) -> Result<(), VaultError> {
        let _lock = self.begin_change()?;
        self.of_history(of)?;
        let old = self.cache_row(of).map(|row| row.id);
        let (id, head) = (file.id(), file.head());
        let row = Row {
            id,
            purpose: Purpose::PromptCache,
            forgotten: false,
            created: now(),
            wrapped: self.wrapper()?.wrap(id, Purpose::PromptCache, key)?,
            records: head.records,
            link: head.link,
        };
        self.put_row(row, old)
    }

    /// A cache is of a conversation that is there.
    fn of_history(&self, id: Id) -> Result<(), VaultError> {
        match self.row(id) {
            Ok(row) if row.purpose == Purpose::History => Ok(()),
            _ => Err(VaultError::Forgotten(id)),
        }
    }

    /// Removes the prompt cache of a conversation, if it has one, without a new epoch: exports stay good.
    ///
    /// # Errors
    /// As for [`Vault::settle`].
    pub fn drop_cache(&mut self, of: Id) -> Result<(), VaultError> {
        let _lock = self.begin_change()?;
        let Some(id) = self.cache_row(of).map(|row| row.id) else {
            return Ok(());
        };
        let mut table = self.next_table();
        table.destroy(|row| row.id == id);
        self.write(table)?;
        self.sweep()
    }

    /// Looks at the table again: what other processes began and forgot.
    ///
    /// # Errors
    /// The table can not be read, or no key opens it any more.
    pub fn refresh(&mut self) -> Result<(), VaultError> {
        self.reload()
    }
}
