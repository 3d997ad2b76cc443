//! Conversations in the vault: listed, read, gone on with, forgotten. Nothing of them is anywhere else on the disk.

use ringfence_inference::ModelName;
use ringfence_store::vault::{Conversation, Id, Purpose, Vault, VaultError};

use super::record::{Ended, Record, Story};

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its number.
    pub id: Id,
    /// The model that answered last; `None` where no record says.
    pub model: Option<String>,
    /// When it began, in seconds since 1970.
    pub started: u64,
    /// When it was gone on with last, in seconds since 1970.
    pub last: u64,
    /// Turns that can be read.
    pub turns: usize,
    /// Records that are no turns of a chat.
    pub foreign: usize,
    /// Whether a prompt cache is kept for it.
    pub cache: bool,
    /// What is damaged; the rest can be read.
    pub damage: Vec<String>,
}

/// The conversations of a vault.
pub struct Histories {
    pub(super) vault: Vault,
}

/// A conversation that is being written.
pub(crate) struct Log {
    pub(super) conversation: Conversation,
}

impl std::fmt::Debug for Histories {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.vault.fmt(f)
    }
}

impl Histories {
    /// Of an open vault.
    pub fn new(vault: Vault) -> Self {
        Self { vault }
    }

    /// All of them, oldest first. What is damaged in one hides no other.
    ///
    /// # Errors
    /// When the vault can not be read.
    pub fn list(&mut self) -> Result<Vec<Summary>, VaultError> {
        self.vault.refresh()?;
        let entries = self.vault.list();
        let histories = entries
            .into_iter()
            .filter(|entry| entry.purpose == Purpose::History);
        histories
            .map(|entry| {
                let story = match self.read(entry.id) {
                    Ok(story) => story,
                    Err(error) => Story {
                        damage: vec![error.to_string()],
                        ..Story::default()
                    },
                };
                Ok(Summary {
                    id: entry.id,
                    model: story.model,
                    started: entry.created,
                    last: story.turns.last().map_or(entry.created, |turn| turn.at),
                    turns: story.turns.len(),
                    foreign: story.foreign.len(),
                    cache: self.vault.cache_of(entry.id).is_some(),
                    damage: story.damage,
                })
            })
            .collect()
    }

    /// Nothing, when the list is all that there is.
    ///
    /// # Errors
    /// As [`Vault::whole`].
    pub fn whole(&self) -> Result<(), VaultError> {
        self.vault.whole()
    }

    /// Why a conversation is not in the list; as [`Vault::not_found`].
    pub fn not_found(&self, id: &str) -> VaultError {
        self.vault.not_found(id)
    }

    /// The one with a model that was gone on with last.
    ///
    /// # Errors
    /// As [`Histories::list`]; the table is damaged, and the last one may be what is missing.
    pub fn last_of(&mut self, model: &ModelName) -> Result<Option<Id>, VaultError> {
        let name = model.short();
        let of_model = |one: &Summary| {
            let same = |found: &String| found.eq_ignore_ascii_case(&name);
            one.turns > 0 && one.model.as_ref().is_some_and(same)
        };
        let all = self.list()?;
        self.whole()?;
        let last = all.iter().filter(|one| of_model(one));
        Ok(last
            .max_by_key(|one| (one.last, one.started))
            .map(|one| one.id))
    }

    /// What can be read of one.
    ///
    /// # Errors
    /// When there is none of this number, or its file can not be opened.
    pub fn read(&self, id: Id) -> Result<Story, VaultError> {
        let history = |entry: &ringfence_store::vault::Entry| {
            entry.id == id && entry.purpose == Purpose::History
        };
        if !self.vault.list().iter().any(history) {
            return Err(self.vault.not_found(id));
        }
        let contents = self.vault.read(id)?;
        let mut story = Story {
            damage: contents.damage.iter().map(ToString::to_string).collect(),
            ..Story::default()
        };
        if contents.more_damage > 0 {
            let more = format!("{} more", contents.more_damage);
            story.damage.push(more);
        }
        for (number, record) in &contents.records {
            story.add(*number, record);
        }
        Ok(story)
    }

    /// Destroys the key of one, and of its prompt cache.
    ///
    /// # Errors
    /// When there is none of this number, or the key store or the disk fails.
    pub fn forget(&mut self, id: Id) -> Result<(), VaultError> {
        self.vault.refresh()?;
        self.read(id).map(drop)?;
        self.vault.forget(id)
    }

    /// Destroys the keys of all, and of all prompt caches; says how many conversations there were.
    ///
    /// # Errors
    /// When the key store or the disk fails.
    pub fn forget_all(&mut self) -> Result<usize, VaultError> {
        self.vault.forget_all()
    }

    /// Goes on with one, alone: no other process may at the same time.
    pub(super) fn go_on(&mut self, id: Id) -> Result<(Log, Story), VaultError> {
        self.vault.refresh()?;
        // Whether it is a history at all, before it is opened to be written.
        self.read(id).map(drop)?;
        let conversation = self.vault.append_to(id)?;
        // Read under the lock, so that no turn of another process is missed.
        let story = self.read(id)?;
        Ok((Log { conversation }, story))
    }

    /// Begins one, in which nothing stands yet.
    pub(super) fn begin(&mut self) -> Result<Log, VaultError> {
        let conversation = self.vault.begin(Purpose::History)?;
        Ok(Log { conversation })
    }

    /// Notes how far it goes, so that an older copy put in its place is noticed.
    pub(super) fn settle(&mut self, log: &Log) -> Result<(), VaultError> {
        self.vault.settle(&[&log.conversation])
    }
}

impl Log {
    pub(super) fn id(&self) -> Id {
        self.conversation.id()
    }

    /// When this returns the record is on the medium.
    pub(super) fn add(&mut self, record: &Record) -> Result<(), VaultError> {
        let bytes = record.encode().map_err(|_| VaultError::Crypto)?;
        self.conversation.append(&bytes).map(drop)
    }
}

/// The whole conversation as text, for a person. Lines of an answer that would read as a question are indented.
pub fn transcript(story: &Story) -> String {
    let mut text = String::new();
    for turn in &story.turns {
        text.push_str(">>> ");
        text.push_str(&turn.user);
        text.push('\n');
        for (number, line) in turn.answer.split('\n').enumerate() {
            if number > 0 {
                text.push('\n');
            }
            if line.trim_start().starts_with(">>>") {
                text.push_str("    ");
            }
            text.push_str(line);
        }
        if turn.ended == Ended::Stopped {
            text.push_str(" (stopped)");
        }
        text.push_str("\n\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::record::Turn;

    #[test]
    fn no_answer_reads_as_a_question() {
        let story = Story {
            turns: vec![Turn {
                user: "one".into(),
                answer: "yes\n>>> two\nno".into(),
                thinking: None,
                ended: Ended::Stop,
                at: 0,
            }],
            ..Story::default()
        };
        assert_eq!(transcript(&story), ">>> one\nyes\n    >>> two\nno\n\n");
    }
}
