//! One conversation: adding records, reading them.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::disk::{self, Disk};
use super::error::io;
use super::frame::frames;
use super::limits::{MAX_RECORD, MAX_RECORDS};
use super::scan::{self, Damage, FRAMES_AT, Head, Keys, Source};
use super::{Id, Purpose, Vault, VaultError};

/// A conversation open for adding. It needs neither the vault nor its key store, so a rotation does not disturb it.
pub struct Conversation {
    disk: Arc<dyn Disk>,
    file: File,
    path: PathBuf,
    keys: Keys,
    head: Head,
    /// A write failed: what is on disk is looked at again before the next one.
    doubtful: bool,
}

impl std::fmt::Debug for Conversation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conversation")
            .field("id", &self.keys.id)
            .field("records", &self.head.records)
            .finish_non_exhaustive()
    }
}

impl Conversation {
    pub(super) fn create(
        disk: Arc<dyn Disk>,
        directory: &File,
        path: PathBuf,
        keys: Keys,
    ) -> Result<Self, VaultError> {
        let name = keys.id.to_string();
        let file = disk.create(directory, &name).map_err(io(&path))?;
        disk::lock(&file).map_err(io(&path))?;
        let head = Head {
            generation: 1,
            ..Head::default()
        };
        let mut front = vec![0; FRAMES_AT as usize];
        front[..512].copy_from_slice(&keys.header());
        front[1024..].copy_from_slice(&keys.end_mark(&head));
        let written = disk
            .write(&file, &front, 0)
            .and_then(|()| disk.sync(&file))
            .and_then(|()| disk.sync_directory(directory));
        if let Err(error) = written {
            let _ = disk.remove(directory, &name);
            return Err(io(path)(error));
        }
        Ok(Conversation {
            disk,
            file,
            path,
            keys,
            head,
            doubtful: false,
        })
    }

    pub(super) fn open(
        disk: Arc<dyn Disk>,
        file: File,
        path: PathBuf,
        keys: Keys,
        known: &Head,
    ) -> Result<Self, VaultError> {
        disk::lock(&file).map_err(io(&path))?;
        let mut conversation = Conversation {
            disk,
            file,
            path,
            keys,
            head: Head::default(),
            doubtful: true,
        };
        conversation.look(known)?;
        Ok(conversation)
    }

    /// Finds the end. A tail that a killed writer left half done is cut off; a record that it wrote whole counts.
    fn look(&mut self, known: &Head) -> Result<(), VaultError> {
        let id = self.keys.id;
        let damaged = |damage| VaultError::Damaged { id, damage };
        let mut scanned =
            scan::scan(&self.file, &self.keys, &mut |_, _| {}).map_err(io(&self.path))?;
        scanned
            .damage
            .extend(against_known(&self.file, &self.keys, &scanned.end, known));
        if let Some(damage) = scanned.damage.into_iter().next() {
            return Err(damaged(damage));
        }
        let end = FRAMES_AT + scanned.end.frames * self.keys.purpose.frame() as u64;
        if scanned.unfinished > 0 {
            self.disk.cut(&self.file, end).map_err(io(&self.path))?;
        }
        self.head = scanned.end;
        self.doubtful = false;
        Ok(())
    }

    /// Its number.
    pub fn id(&self) -> Id {
        self.keys.id
    }

    /// What it is for.
    pub fn purpose(&self) -> Purpose {
        self.keys.purpose
    }

    /// Records so far, so the number of the next one.
    pub fn records(&self) -> u64 {
        self.head.records
    }

    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// Adds a record and returns its number. When this returns the record is on the medium.
    ///
    /// # Errors
    /// The record is too long; the disk is full; the conversation was forgotten. After an error the record is either whole or not
    /// there, and everything before it is as it was.
    pub fn append(&mut self, record: &[u8]) -> Result<u64, VaultError> {
        let limit = |what, limit| Err(VaultError::Limit { what, limit });
        if record.len() > MAX_RECORD {
            return limit("the length of a record", MAX_RECORD as u64);
        }
        if self.head.records >= MAX_RECORDS {
            return limit("the number of records", MAX_RECORDS);
        }
        if self.file.metadata().map_err(io(&self.path))?.nlink() == 0 {
            return Err(VaultError::Forgotten(self.keys.id));
        }
        if self.doubtful {
            let known = self.head;
            self.look(&known)?;
        }
        let size = self.keys.purpose.frame();
        let number = self.head.records;
        let (bytes, link) = self.keys.sealer.seal(number, &self.head.link, record)?;
        let at = FRAMES_AT + self.head.frames * size as u64;
        let next = Head {
            generation: self.head.generation + 1,
            records: number + 1,
            frames: self.head.frames + frames(size, record.len()) as u64,
            link,
        };
        self.doubtful = true;
        let written = self
            .disk
            .write(&self.file, &bytes, at)
            .and_then(|()| self.disk.sync(&self.file));
        if let Err(error) = written {
            // Gives the room back on a full disk. Where even that fails, the tail is cut off the next time.
            let _ = self.disk.cut(&self.file, at);
            return Err(io(&self.path)(error));
        }
        self.disk
            .write(
                &self.file,
                &self.keys.end_mark(&next),
                scan::mark_at(next.generation),
            )
            .and_then(|()| self.disk.sync(&self.file))
            .map_err(io(&self.path))?;
        self.head = next;
        self.doubtful = false;
        Ok(number)
    }

    /// Everything so far.
    ///
    /// # Errors
    /// The file can not be read.
    pub fn read(&self) -> Result<Contents, VaultError> {
        contents(&self.file, &self.keys, &self.head).map_err(io(&self.path))
    }
}

/// What a conversation holds.
pub struct Contents {
    /// The whole records with their numbers, in order.
    pub records: Vec<(u64, Zeroizing<Vec<u8>>)>,
    /// What is wrong with the rest; empty when nothing is.
    pub damage: Vec<Damage>,
    /// Damages that are not listed.
    pub more_damage: u64,
    /// Bytes behind the end that a killed writer left; no acknowledged record was in them.
    pub unfinished: u64,
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents")
            .field("records", &self.records.len())
            .field("damage", &self.damage)
            .field("unfinished", &self.unfinished)
            .finish()
    }
}

pub(super) fn contents(
    source: &(impl Source + ?Sized),
    keys: &Keys,
    known: &Head,
) -> std::io::Result<Contents> {
    let mut records = Vec::new();
    let scanned = scan::scan(source, keys, &mut |number, data| {
        records.push((number, data));
    })?;
    let mut damage = scanned.damage;
    damage.extend(against_known(source, keys, &scanned.end, known));
    Ok(Contents {
        records,
        damage,
        more_damage: scanned.more,
        unfinished: scanned.unfinished,
    })
}

/// Whether the file goes at least as far as the vault knows, and along the same way.
fn against_known(
    source: &(impl Source + ?Sized),
    keys: &Keys,
    end: &Head,
    known: &Head,
) -> Option<Damage> {
    if end.records < known.records {
        // A cut file was named already; one whose own end mark is as old as its records is an older copy.
        let own = scan::front(source, keys).ok()?.head?;
        return (own.records < known.records).then_some(Damage::RolledBack {
            found: end.records,
            known: known.records,
        });
    }
    if end.records == known.records && known.records > 0 && end.link != known.link {
        return Some(Damage::Spliced {
            record: known.records - 1,
        });
    }
    None
}

impl Vault {
    /// Reads a conversation. What is damaged is named, and the rest is there.
    ///
    /// # Errors
    /// There is none, or its file can not be opened.
    pub fn read(&self, id: Id) -> Result<Contents, VaultError> {
        let row = self.row(id)?;
        let keys = Keys::new(&self.key(row)?, row.purpose, id)?;
        let path = self.conversation_path(id);
        let known = Head {
            generation: 0,
            records: row.records,
            frames: 0,
            link: row.link,
        };
        match disk::open(&self.conversations, &id.to_string(), false) {
            Ok(file) => contents(&file, &keys, &known).map_err(io(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Contents {
                records: Vec::new(),
                damage: vec![Damage::Gone],
                more_damage: 0,
                unfinished: 0,
            }),
            Err(error) => Err(io(path)(error)),
        }
    }
}
