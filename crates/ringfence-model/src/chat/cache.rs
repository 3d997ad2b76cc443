//! What the engine computed for a conversation, kept so that going on with it need not compute it again.
//!
//! The engine is C++ and trusts such bytes, so only those come back to it that the vault authenticated, whole and under the key of
//! this very conversation, and only when they are of this model, this engine and this beginning of the conversation. Anything else
//! is dropped, and costs no more than reading the prompt anew.

use aws_lc_rs::digest::{SHA256, digest};
use ringfence_inference::Digest;
use ringfence_runner::{JobError, Runner};
use ringfence_store::vault::{Entry, Purpose, Vault, VaultError};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::history::{Histories, Log};
use super::limits;
use super::record::{Turn, messages};

const VERSION: u32 = 1;

/// The first record of a cache: what it is of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    version: u32,
    /// Of the model's file.
    digest: Digest,
    /// Name and version of the engine.
    engine: String,
    /// Turns that it goes over.
    turns: usize,
    /// SHA-256 of the system prompt and those turns.
    prefix: String,
    /// Bytes of the state, which is in the records after this one.
    bytes: usize,
}

/// What became of a cache.
#[derive(Debug, PartialEq, Eq)]
pub enum Cached {
    /// There was none.
    None,
    /// So many tokens need not be computed again.
    Restored(u64),
    /// It could not be used, for this reason, and was removed.
    Dropped(String),
}

/// What a cache is tied to besides its conversation.
pub(super) struct Tie<'a> {
    pub(super) digest: Digest,
    pub(super) engine: &'a str,
    pub(super) system: Option<&'a str>,
    pub(super) turns: &'a [Turn],
}

impl Tie<'_> {
    fn head(&self, turns: usize, bytes: usize) -> Result<Head, String> {
        let said = self
            .turns
            .get(..turns)
            .ok_or("it goes further than the conversation")?;
        let text = serde_json::to_vec(&messages(self.system, said)).map(Zeroizing::new);
        let text = text.map_err(|error| error.to_string())?;
        let hash = digest(&SHA256, &text);
        Ok(Head {
            version: VERSION,
            digest: self.digest,
            engine: self.engine.to_owned(),
            turns,
            prefix: hash
                .as_ref()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            bytes,
        })
    }
}

/// Keeps what the runner computed for the conversation that was settled last. `None`: there is nothing to keep.
pub(super) fn keep(
    histories: &mut Histories,
    log: &Log,
    runner: &mut Runner,
    tie: &Tie<'_>,
) -> Result<Option<usize>, String> {
    let state = runner.save().map_err(|error| error.to_string())?;
    let Some(state) = state.map(Zeroizing::new) else {
        return Ok(None);
    };
    let head = tie.head(tie.turns.len(), state.len())?;
    let head = serde_json::to_vec(&head).map_err(|error| error.to_string())?;
    let mut parts = vec![head.as_slice()];
    parts.extend(state.chunks(limits::CACHE_PART));
    let most = (limits::CACHES, limits::CACHES_BYTES);
    make_room(&mut histories.vault, log, state.len() as u64, most).map_err(|e| e.to_string())?;
    let kept = histories.vault.keep_cache(&log.conversation, &parts);
    kept.map_err(|error| error.to_string())?;
    Ok(Some(state.len()))
}

/// Removes the oldest caches of other conversations until one more of so many bytes is within the limits, of their number and of
/// their bytes.
fn make_room(
    vault: &mut Vault,
    log: &Log,
    bytes: u64,
    (most, most_bytes): (usize, u64),
) -> Result<(), VaultError> {
    vault.refresh()?;
    let histories = vault.list();
    let mut caches: Vec<(Entry, Entry)> = histories
        .into_iter()
        .filter(|entry| entry.purpose == Purpose::History && entry.id != log.id())
        .filter_map(|entry| Some((vault.cache_of(entry.id)?, entry)))
        .collect();
    caches.sort_by_key(|(cache, _)| std::cmp::Reverse(cache.created));
    let size = |cache: &Entry| cache.bytes.unwrap_or(0);
    let mut all = caches.iter().map(|(cache, _)| size(cache)).sum::<u64>();
    while caches.len() >= most || all.saturating_add(bytes) > most_bytes {
        let Some((cache, of)) = caches.pop() else {
            break;
        };
        all = all.saturating_sub(size(&cache));
        vault.drop_cache(of.id)?;
    }
    Ok(())
}

/// Gives the runner what was kept for a conversation. A runner that does not survive it is told as that.
pub(super) fn restore(
    histories: &mut Histories,
    log: &Log,
    runner: &mut Runner,
    tie: &Tie<'_>,
) -> Result<Cached, JobError> {
    let Some(entry) = histories.vault.cache_of(log.id()) else {
        return Ok(Cached::None);
    };
    let why = match authentic(&histories.vault, &entry, tie) {
        Err(why) => why,
        Ok(state) => match runner.restore(&state) {
            Ok(tokens) => return Ok(Cached::Restored(tokens)),
            Err(JobError::Job(why)) => why,
            Err(error) => {
                // It is not tried again.
                let _ = histories.vault.drop_cache(log.id());
                return Err(error);
            }
        },
    };
    Ok(Cached::Dropped(
        match histories.vault.drop_cache(log.id()) {
            Ok(()) => why,
            Err(error) => format!("{why}; it could not be removed: {error}"),
        },
    ))
}

/// The state, if it is whole, this vault's, and of what it is tied to.
fn authentic(vault: &Vault, entry: &Entry, tie: &Tie<'_>) -> Result<Zeroizing<Vec<u8>>, String> {
    let most = ringfence_runner::limits::STATE_BYTES;
    // Frames add less than that to what is in them.
    if entry.bytes.is_some_and(|bytes| bytes > 2 * most as u64) {
        return Err(format!("it is longer than {most} bytes"));
    }
    let contents = vault.read(entry.id).map_err(|error| error.to_string())?;
    if let Some(damage) = contents.damage.first() {
        return Err(format!("it is damaged: {damage}"));
    }
    let mut records = contents.records.into_iter().map(|(_, record)| record);
    let none = || "it does not say what it is of".to_owned();
    let head = records.next().ok_or_else(none)?;
    let head: Head = serde_json::from_slice(&head).map_err(|_| none())?;
    if head.digest != tie.digest {
        return Err("it is of another model".into());
    }
    if head.engine != tie.engine {
        return Err(format!("it is of another engine, {:?}", head.engine));
    }
    if tie.head(head.turns, head.bytes)? != head {
        return Err("it is of another beginning of the conversation".into());
    }
    // All at once, so that growing leaves no copy behind.
    let mut state = Zeroizing::new(Vec::with_capacity(head.bytes.min(most)));
    for part in records {
        if state.len() + part.len() > head.bytes.min(most) {
            return Err("it is longer than it says".into());
        }
        state.extend_from_slice(&part);
    }
    match state.len() == head.bytes {
        true => Ok(state),
        false => Err("it is shorter than it says".into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ringfence_store::keys::MemoryStore;
    use ringfence_store::vault::Id;

    use super::*;

    struct Kept {
        _directory: tempfile::TempDir,
        histories: Histories,
        all: Vec<Id>,
    }

    impl Kept {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let vault = Vault::create(
                &directory.path().join("vault"),
                Box::new(MemoryStore::default()),
            );
            Self {
                histories: Histories::new(vault.unwrap()),
                _directory: directory,
                all: Vec::new(),
            }
        }

        /// One more conversation with a turn and a cache, for which room is made first.
        fn add(&mut self, bytes: usize, most: (usize, u64)) {
            let vault = &mut self.histories.vault;
            let conversation = vault.begin(Purpose::History).unwrap();
            let mut log = Log { conversation };
            log.add(&super::super::record::Record::System { text: None })
                .unwrap();
            make_room(vault, &log, bytes as u64, most).unwrap();
            let parts: &[&[u8]] = &[b"head", &vec![7; bytes]];
            vault.keep_cache(&log.conversation, parts).unwrap();
            self.all.push(log.id());
        }

        /// Waits until what is kept from now on is younger.
        fn later(&self) {
            let newest = || self.histories.vault.list().pop().map(|entry| entry.created);
            let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            while Some(now().unwrap().as_secs()) <= newest() {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }

        /// Which of them have a cache still; every one has its turns.
        fn caches(&mut self) -> Vec<bool> {
            let vault = &self.histories.vault;
            let with = |id: &Id| vault.cache_of(*id).is_some();
            let caches = self.all.iter().map(with).collect();
            assert_eq!(self.histories.list().unwrap().len(), self.all.len());
            for id in &self.all {
                let contents = self.histories.vault.read(*id).unwrap();
                assert!(contents.records.len() == 1 && contents.damage.is_empty());
            }
            caches
        }
    }

    #[test]
    fn the_oldest_caches_go_when_there_are_too_many_and_nothing_else() {
        let mut kept = Kept::new();
        let most = (limits::CACHES, limits::CACHES_BYTES);
        kept.add(10, most);
        kept.later();
        for _ in 1..limits::CACHES {
            kept.add(10, most);
        }
        assert_eq!(kept.caches(), [true; limits::CACHES]);
        kept.later();
        kept.add(10, most);
        let mut after = vec![true; limits::CACHES + 1];
        after[0] = false;
        assert_eq!(kept.caches(), after);
    }

    #[test]
    fn the_oldest_caches_go_when_they_are_too_much_and_nothing_else() {
        const PART: usize = 1 << 20;
        let mut kept = Kept::new();
        // Frames add a little to what is in them.
        let most = (limits::CACHES, 3 * PART as u64 + PART as u64 / 2);
        for after in [
            &[true][..],
            &[true, true],
            &[true, true, true],
            &[false, true, true, true],
        ] {
            kept.add(PART, most);
            assert_eq!(kept.caches(), after);
            kept.later();
        }
        // One that takes the room of two.
        kept.add(2 * PART, most);
        assert_eq!(kept.caches(), [false, false, false, true, true]);
        // What does not fit at all is kept alone: its own size is bounded elsewhere.
        kept.later();
        kept.add(4 * PART, most);
        assert_eq!(kept.caches(), [false, false, false, false, false, true]);
    }

    #[test]
    fn a_cache_that_is_replaced_costs_no_other_its_place() {
        let mut kept = Kept::new();
        let most = (2, limits::CACHES_BYTES);
        kept.add(10, most);
        kept.later();
        kept.add(10, most);
        let (log, _) = kept.histories.go_on(kept.all[1]).unwrap();
        make_room(&mut kept.histories.vault, &log, 10, most).unwrap();
        let again = kept
            .histories
            .vault
            .keep_cache(&log.conversation, &[b"new"]);
        again.unwrap();
        assert_eq!(kept.caches(), [true, true]);
    }
}
