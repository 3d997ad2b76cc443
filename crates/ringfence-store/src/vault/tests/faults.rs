//! A disk that fails at the step that a test chooses: the process dies there, or dies and loses what was not synced, or the disk
//! is full.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Arc, Mutex, PoisonError};

use super::*;
use crate::keys::{KeyStore, KeyStoreError, StoreKind};
use crate::vault::disk::{Disk, Host};
use zeroize::Zeroizing;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Half of the write is done, and nothing after it.
    Killed,
    /// As before, and what was not synced is undone.
    PowerLost,
    /// The write is half done and fails; the process goes on.
    Full,
}

#[derive(Default)]
struct State {
    step: u64,
    fail: Option<(u64, Kind)>,
    dead: bool,
    hit: bool,
    undo: Vec<Undo>,
    backups: u64,
}

enum Undo {
    Write {
        file: File,
        inode: u64,
        at: u64,
        old: Vec<u8>,
        length: u64,
    },
    Create {
        directory: File,
        name: String,
    },
    Rename {
        directory: File,
        from: String,
        to: String,
        backup: Option<String>,
    },
    Remove {
        directory: File,
        name: String,
        backup: String,
    },
}

#[derive(Default)]
pub(super) struct Faulty(Mutex<State>);

enum Go {
    On,
    Half(io::Error),
}

impl Faulty {
    pub(super) fn failing(at: u64, kind: Kind) -> Arc<Self> {
        let faulty = Self::default();
        faulty.state().fail = Some((at, kind));
        Arc::new(faulty)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the step that was to fail was reached.
    pub(super) fn hit(&self) -> bool {
        self.state().hit
    }

    fn step(&self) -> io::Result<Go> {
        let mut state = self.state();
        if state.dead {
            return Err(io::Error::other("the process is dead"));
        }
        let now = state.step;
        state.step += 1;
        let Some((at, kind)) = state.fail else {
            return Ok(Go::On);
        };
        if now != at {
            return Ok(Go::On);
        }
        state.hit = true;
        state.dead = kind != Kind::Full;
        let error = match kind {
            Kind::Full => io::Error::from(io::ErrorKind::StorageFull),
            Kind::Killed | Kind::PowerLost => io::Error::other("killed here"),
        };
        Ok(Go::Half(error))
    }

    /// After the half step of a lost power: everything that was not synced is taken back.
    fn after(&self, error: io::Error) -> io::Error {
        let mut state = self.state();
        if !matches!(state.fail, Some((_, Kind::PowerLost))) {
            return error;
        }
        for undo in std::mem::take(&mut state.undo).into_iter().rev() {
            match undo {
                Undo::Write {
                    file,
                    at,
                    old,
                    length,
                    ..
                } => {
                    file.write_all_at(&old, at).unwrap();
                    file.set_len(length).unwrap();
                }
                Undo::Create { directory, name } => Host.remove(&directory, &name).unwrap(),
                Undo::Rename {
                    directory,
                    from,
                    to,
                    backup,
                } => {
                    Host.rename(&directory, &to, &from).unwrap();
                    if let Some(backup) = backup {
                        Host.rename(&directory, &backup, &to).unwrap();
                    }
                }
                Undo::Remove {
                    directory,
                    name,
                    backup,
                } => {
                    Host.rename(&directory, &backup, &name).unwrap();
                }
            }
        }
        error
    }

    fn backup(&self, directory: &File, name: &str) -> Option<String> {
        let mut state = self.state();
        state.backups += 1;
        let backup = format!(".undo-{}-{name}", state.backups);
        rustix::fs::linkat(
            directory,
            name,
            directory,
            &*backup,
            rustix::fs::AtFlags::empty(),
        )
        .ok()
        .map(|()| backup)
    }
}

impl Disk for Faulty {
    fn create(&self, directory: &File, name: &str) -> io::Result<File> {
        if let Go::Half(error) = self.step()? {
            return Err(self.after(error));
        }
        let file = Host.create(directory, name)?;
        self.state().undo.push(Undo::Create {
            directory: directory.try_clone()?,
            name: name.to_owned(),
        });
        Ok(file)
    }

    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        let go = self.step()?;
        let length = file.metadata()?.len();
        let mut old = vec![0; bytes.len().min(length.saturating_sub(at) as usize)];
        file.read_exact_at(&mut old, at)?;
        self.state().undo.push(Undo::Write {
            file: file.try_clone()?,
            inode: file.metadata()?.ino(),
            at,
            old,
            length,
        });
        match go {
            Go::On => file.write_all_at(bytes, at),
            Go::Half(error) => {
                // A sector is written whole or not at all.
                let half = (bytes.len() / 2).next_multiple_of(512).min(bytes.len());
                let half = if half == bytes.len() { 0 } else { half };
                file.write_all_at(&bytes[..half], at)?;
                Err(self.after(error))
            }
        }
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        if let Go::Half(error) = self.step()? {
            return Err(self.after(error));
        }
        let synced = file.metadata()?.ino();
        let kept = |undo: &Undo| !matches!(undo, Undo::Write { inode, .. } if *inode == synced);
        self.state().undo.retain(kept);
        Ok(())
    }

    fn cut(&self, file: &File, length: u64) -> io::Result<()> {
        if let Go::Half(error) = self.step()? {
            return Err(self.after(error));
        }
        Host.cut(file, length)
    }

    fn rename(&self, directory: &File, from: &str, to: &str) -> io::Result<()> {
        if let Go::Half(error) = self.step()? {
            return Err(self.after(error));
        }
        let backup = self.backup(directory, to);
        Host.rename(directory, from, to)?;
        self.state().undo.push(Undo::Rename {
            directory: directory.try_clone()?,
            from: from.to_owned(),
            to: to.to_owned(),
            backup,
        });
        Ok(())
    }

    fn remove(&self, directory: &File, name: &str) -> io::Result<()> {
        if let Go::Half(error) = self.step()? {
            return Err(self.after(error));
        }
        if let Some(backup) = self.backup(directory, name) {
            self.state().undo.push(Undo::Remove {
                directory: directory.try_clone()?,
                name: name.to_owned(),
                backup,
            });
        }
        Host.remove(directory, name)
    }

    fn sync_directory(&self, _: &File) -> io::Result<()> {
        if let Go::Half(error) = self.step()? {
            return Err(self.after(error));
        }
        let mut state = self.state();
        for undo in std::mem::take(&mut state.undo) {
            match undo {
                Undo::Write { .. } => state.undo.push(undo),
                Undo::Rename {
                    directory,
                    backup: Some(backup),
                    ..
                }
                | Undo::Remove {
                    directory, backup, ..
                } => Host.remove(&directory, &backup)?,
                Undo::Rename { .. } | Undo::Create { .. } => {}
            }
        }
        Ok(())
    }
}

/// A store whose every change is a step of the same disk.
struct FaultyStore(MemoryStore, Arc<Faulty>);

impl KeyStore for FaultyStore {
    fn kind(&self) -> StoreKind {
        StoreKind::Memory
    }
    fn place(&self) -> String {
        "a store that fails".into()
    }
    fn load(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        self.0.load()
    }
    fn save(&mut self, ring: &[u8]) -> Result<(), KeyStoreError> {
        match self.1.step() {
            Ok(Go::On) => self.0.save(ring),
            Ok(Go::Half(error)) => Err(KeyStoreError::Failed(self.1.after(error).to_string())),
            Err(error) => Err(KeyStoreError::Failed(error.to_string())),
        }
    }
    fn delete(&mut self) -> Result<(), KeyStoreError> {
        self.0.delete()
    }
}

/// A vault with three conversations and a secret; returns the conversations.
fn prepared(path: &Path, store: &MemoryStore) -> Vec<Id> {
    let mut vault = made(path, store);
    let mut ids = Vec::new();
    for _ in 0..3 {
        let mut conversation = vault.begin(Purpose::History).unwrap();
        for record in records() {
            conversation.append(&record).unwrap();
        }
        vault.settle(&[&conversation]).unwrap();
        ids.push(conversation.id());
    }
    vault.set_secret("token", b"first").unwrap();
    ids
}

type Action = fn(&mut Vault, &[Id]) -> Result<(), VaultError>;

/// Runs `action` with a failure at each of its steps in turn; `holds` is told whether it ended well, and gets the vault as the next
/// process finds it.
fn at_every_step(name: &str, action: Action, holds: fn(&Vault, &[Id], bool)) {
    for kind in [Kind::Killed, Kind::PowerLost, Kind::Full] {
        let mut steps = 0;
        for at in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("vault");
            let store = MemoryStore::default();
            let ids = prepared(&path, &store);
            let disk = Faulty::failing(at, kind);
            let keys = Box::new(FaultyStore(store.clone(), disk.clone()));
            let mut vault = Vault::open_on(&path, keys, disk.clone(), false).unwrap();
            let result = action(&mut vault, &ids);
            let hit = disk.hit();
            drop(vault);
            let context = format!("{name}: {kind:?} at step {at}, {result:?}");
            let mut next = Vault::open_on(&path, Box::new(store.clone()), quick(), false)
                .unwrap_or_else(|e| panic!("{context}: {e}"));
            let report = next.verify().unwrap();
            assert!(report.intact(), "{context}: {report:?}");
            assert_eq!(next.ring.epochs.len(), 1, "{context}: an old key is left");
            holds(&next, &ids, result.is_ok());
            // Whatever was left, the next change works.
            let mut conversation = next.begin(Purpose::History).unwrap();
            conversation.append(b"after it").unwrap();
            next.rotate().unwrap();
            assert!(next.verify().unwrap().intact(), "{context}");
            if !hit {
                assert!(result.is_ok(), "{context}");
                break;
            }
            steps += 1;
        }
        assert!(steps > 2, "{name} has {steps} steps");
        println!("{name}: {kind:?} at each of {steps} steps");
    }
}

fn all_three(vault: &Vault, ids: &[Id]) {
    for id in ids {
        assert_eq!(texts(&vault.read(*id).unwrap()), numbered(&records()));
    }
    assert!(vault.secret("token").unwrap().is_some());
}

#[test]
fn a_rotation_loses_nothing_wherever_it_stops() {
    at_every_step(
        "rotate",
        |vault, _| vault.rotate().map(drop),
        |vault, ids, _| all_three(vault, ids),
    );
}

#[test]
fn forgetting_takes_one_or_none_wherever_it_stops() {
    at_every_step(
        "forget",
        |vault, ids| vault.forget(ids[1]),
        |vault, ids, done| {
            all_three(vault, &[ids[0], ids[2]]);
            match vault.read(ids[1]) {
                Ok(contents) => {
                    assert!(!done);
                    assert_eq!(texts(&contents), numbered(&records()));
                }
                Err(error) => assert!(matches!(error, VaultError::Unknown(_)), "{error}"),
            }
            let mut strays = vault.verify().unwrap().strays;
            // The second names that this disk keeps to undo with.
            strays.retain(|name| !name.starts_with(".undo"));
            assert!(strays.is_empty(), "{strays:?}");
        },
    );
}

#[test]
fn forgetting_all_takes_all_or_none_wherever_it_stops() {
    at_every_step(
        "forget all",
        |vault, _| vault.forget_all().map(drop),
        |vault, ids, done| {
            assert!(vault.secret("token").unwrap().is_some());
            let left = vault.list().len();
            assert!(left == 0 || (left == ids.len() && !done), "{left} left");
        },
    );
}

#[test]
fn settling_and_beginning_lose_nothing_wherever_they_stop() {
    at_every_step(
        "append, begin and settle",
        |vault, ids| {
            let mut conversation = vault.append_to(ids[0])?;
            conversation.append(b"one more")?;
            let other = vault.begin(Purpose::History)?;
            vault.settle(&[&conversation, &other])
        },
        |vault, ids, done| {
            all_three(vault, &ids[1..]);
            let contents = vault.read(ids[0]).unwrap();
            let found = texts(&contents);
            assert_eq!(found[..4], numbered(&records()));
            assert!(found.len() == 4 && !done || found[4].1 == b"one more");
        },
    );
}

#[test]
fn a_cache_is_the_old_one_or_the_new_one_wherever_it_stops() {
    at_every_step(
        "replace a prompt cache",
        |vault, ids| {
            let conversation = vault.append_to(ids[0])?;
            vault.keep_cache(&conversation, &[b"old"])?;
            vault.keep_cache(&conversation, &[b"new", b"er"]).map(drop)
        },
        |vault, ids, done| {
            all_three(vault, ids);
            let found = vault.cache_of(ids[0]).map(|entry| {
                let contents = vault.read(entry.id).unwrap();
                assert!(contents.damage.is_empty());
                texts(&contents)
                    .into_iter()
                    .map(|(_, text)| text)
                    .collect::<Vec<_>>()
                    .concat()
            });
            match found.as_deref() {
                Some(b"newer") => {}
                None | Some(b"old") => assert!(!done),
                other => panic!("{other:?}"),
            }
        },
    );
}

#[test]
fn a_secret_is_the_old_one_or_the_new_one_wherever_it_stops() {
    at_every_step(
        "set a secret",
        |vault, _| vault.set_secret("token", b"second"),
        |vault, ids, done| {
            all_three(vault, ids);
            let value = vault.secret("token").unwrap().unwrap();
            assert!(value.as_slice() == b"second" || (value.as_slice() == b"first" && !done));
        },
    );
}

#[test]
fn a_new_secret_is_there_or_not_wherever_it_stops() {
    at_every_step(
        "set another secret",
        |vault, _| vault.set_secret("other", b"second"),
        |vault, ids, done| {
            all_three(vault, ids);
            assert_eq!(vault.secret("token").unwrap().unwrap().as_slice(), b"first");
            assert!(vault.secret("other").unwrap().is_some() || !done);
        },
    );
}

#[test]
fn an_append_that_fails_is_whole_or_not_there_and_can_be_tried_again() {
    for kind in [Kind::Killed, Kind::PowerLost, Kind::Full] {
        for at in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("vault");
            let store = MemoryStore::default();
            let ids = prepared(&path, &store);
            let disk = Faulty::failing(at, kind);
            let mut vault =
                Vault::open_on(&path, Box::new(store.clone()), disk.clone(), false).unwrap();
            let mut conversation = vault.append_to(ids[0]).unwrap();
            let long = vec![9; 5000];
            let result = conversation.append(&long);
            if kind == Kind::Full {
                // The process lives on: the same conversation takes the next record.
                if let Err(error) = &result {
                    assert!(matches!(error, VaultError::Full { .. }), "{error}");
                }
                if conversation.append(b"shorter").is_err() {
                    conversation.append(b"shorter").unwrap();
                }
            }
            drop((conversation, vault));
            let vault = opened(&path, &store);
            let contents = vault.read(ids[0]).unwrap();
            assert!(contents.damage.is_empty(), "{kind:?} {at}: {contents:?}");
            let found = texts(&contents);
            assert_eq!(found[..4], numbered(&records()));
            let mut added = found[4..].iter().map(|(_, record)| record.clone());
            if result.is_ok() {
                assert_eq!(added.next(), Some(long.clone()), "{kind:?} {at}");
            }
            assert!(added.all(|record| record == long || record == b"shorter"));
            if !disk.hit() {
                break;
            }
        }
    }
}

#[test]
fn making_a_vault_can_be_tried_again_wherever_it_stopped() {
    for kind in [Kind::Killed, Kind::PowerLost, Kind::Full] {
        for at in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("vault");
            let store = MemoryStore::default();
            let disk = Faulty::failing(at, kind);
            let keys = Box::new(FaultyStore(store.clone(), disk.clone()));
            let result = Vault::create_on(&path, keys, disk.clone());
            if !disk.hit() {
                result.unwrap();
                break;
            }
            drop(result);
            let mut vault = if Vault::exists(&path) {
                opened(&path, &store)
            } else {
                made(&path, &store)
            };
            vault.begin(Purpose::History).unwrap().append(b"x").unwrap();
        }
    }
}
