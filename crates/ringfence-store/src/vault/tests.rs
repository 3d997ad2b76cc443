//! The vault against whoever changes its files, and against every moment at which it may be killed.

mod caches;
mod faults;
mod files;
mod tamper;

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::keys::MemoryStore;
use faults::Faulty;

/// The records of a conversation that tests write: of one frame, of several, empty, again of one.
fn records() -> Vec<Vec<u8>> {
    vec![
        b"the first turn".to_vec(),
        (0..2000u32).map(|n| n as u8).collect(),
        Vec::new(),
        b"the last turn".to_vec(),
    ]
}

fn quick() -> Arc<Faulty> {
    Arc::new(Faulty::default())
}

fn made(path: &Path, store: &MemoryStore) -> Vault {
    Vault::create_on(path, Box::new(store.clone()), quick()).unwrap()
}

fn opened(path: &Path, store: &MemoryStore) -> Vault {
    Vault::open_on(path, Box::new(store.clone()), quick(), false).unwrap()
}

fn texts(contents: &Contents) -> Vec<(u64, Vec<u8>)> {
    contents
        .records
        .iter()
        .map(|(n, record)| (*n, record.to_vec()))
        .collect()
}

fn numbered(records: &[Vec<u8>]) -> Vec<(u64, Vec<u8>)> {
    (0u64..).zip(records.iter().cloned()).collect()
}

#[test]
fn what_was_written_is_read_back_after_rotations_and_by_another_process() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    let mut conversation = vault.begin(Purpose::History).unwrap();
    for (number, record) in records().iter().enumerate() {
        assert_eq!(conversation.append(record).unwrap(), number as u64);
    }
    let mut cache = vault.begin(Purpose::PromptCache).unwrap();
    let big: Vec<u8> = (0..300_000u32).map(|n| (n / 7) as u8).collect();
    cache.append(&big).unwrap();
    for epoch in 2..5 {
        assert_eq!(vault.rotate().unwrap(), epoch);
        // A live session goes on.
        conversation.append(b"after a rotation").unwrap();
    }
    vault.settle(&[&conversation, &cache]).unwrap();
    let (id, cache_id) = (conversation.id(), cache.id());
    drop((vault, conversation, cache));

    let mut vault = opened(&path, &store);
    let mut wanted = records();
    wanted.extend(vec![b"after a rotation".to_vec(); 3]);
    assert_eq!(texts(&vault.read(id).unwrap()), numbered(&wanted));
    assert_eq!(texts(&vault.read(cache_id).unwrap()), numbered(&[big]));
    assert_eq!(vault.list().len(), 2);
    assert_eq!(vault.list()[0].records + vault.list()[1].records, 8);
    let mut conversation = vault.append_to(id).unwrap();
    assert_eq!(conversation.append(b"one more").unwrap(), 7);
    assert!(vault.verify().unwrap().intact());
}

#[test]
fn nothing_of_it_is_on_disk_in_clear_and_lengths_are_rounded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    let mut sizes = Vec::new();
    for text in ["canary-6b1f", "canary-6b1f and a good deal more of it"] {
        let mut conversation = vault.begin(Purpose::History).unwrap();
        conversation.append(text.as_bytes()).unwrap();
        sizes.push(conversation.read().unwrap().records.len());
    }
    vault.set_secret("canary-name", b"canary-6b1f").unwrap();
    let mut files = 0;
    let mut lengths = Vec::new();
    for entry in walk(&path) {
        let bytes = std::fs::read(&entry).unwrap();
        for canary in [&b"canary-6b1f"[..], b"canary-name"] {
            assert!(
                !bytes.windows(canary.len()).any(|w| w == canary),
                "{entry:?}"
            );
        }
        use std::os::unix::fs::PermissionsExt as _;
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{entry:?}");
        lengths.push(bytes.len());
        files += 1;
    }
    assert_eq!(files, 5, "table, lock, two conversations, the secrets");
    assert_eq!(lengths.iter().filter(|n| **n == 1536 + 1024).count(), 2);
}

fn walk(path: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn what_is_forgotten_opens_with_no_key_that_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    let mut gone = vault.begin(Purpose::History).unwrap();
    gone.append(b"to be forgotten").unwrap();
    let mut stays = vault.begin(Purpose::History).unwrap();
    stays.append(b"to be kept").unwrap();
    // Whoever copied the disk before has the wrapped key and the file.
    let table = std::fs::read(path.join("table")).unwrap();
    let file = path.join("c").join(gone.id().to_string());
    let copy = std::fs::read(&file).unwrap();

    vault.forget(gone.id()).unwrap();
    assert!(!file.exists());
    assert!(matches!(vault.read(gone.id()), Err(VaultError::Unknown(_))));
    assert!(matches!(
        gone.append(b"more"),
        Err(VaultError::Forgotten(_))
    ));
    assert!(matches!(
        vault.forget(gone.id()),
        Err(VaultError::Unknown(_))
    ));
    assert_eq!(texts(&vault.read(stays.id()).unwrap())[0].1, b"to be kept");

    // With the copy put back, and the keys that the store has now, it does not open.
    std::fs::write(&file, copy).unwrap();
    std::fs::write(path.join("table"), table).unwrap();
    for accept in [false, true] {
        let error = Vault::open_on(&path, Box::new(store.clone()), quick(), accept).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("no key of the key store opens it"),
            "{error}"
        );
    }
}

#[test]
fn all_are_forgotten_but_the_named_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    vault.set_secret("token", b"s3cret").unwrap();
    for _ in 0..3 {
        vault.begin(Purpose::History).unwrap().append(b"x").unwrap();
    }
    assert_eq!(vault.forget_all().unwrap(), 3);
    assert!(vault.list().is_empty());
    assert_eq!(
        vault.secret("token").unwrap().unwrap().as_slice(),
        b"s3cret"
    );
    assert_eq!(walk(&path.join("c")).len(), 1);
    assert!(vault.verify().unwrap().strays.is_empty());
}

#[test]
fn secrets_are_set_replaced_and_destroyed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    assert!(vault.secrets().unwrap().is_empty());
    vault.set_secret("b", b"2").unwrap();
    vault.set_secret("a", &[0, 1, 255]).unwrap();
    vault.set_secret("b", b"3").unwrap();
    let vault_again = opened(&path, &store);
    assert_eq!(vault_again.secrets().unwrap(), ["a", "b"]);
    assert_eq!(vault_again.secret("b").unwrap().unwrap().as_slice(), b"3");
    assert_eq!(
        vault_again.secret("a").unwrap().unwrap().as_slice(),
        [0, 1, 255]
    );
    assert!(vault_again.secret("c").unwrap().is_none());
    assert!(vault.forget_secret("a").unwrap());
    assert!(!vault.forget_secret("a").unwrap());
    assert_eq!(vault.secrets().unwrap(), ["b"]);
    for name in ["", "a b", "a/b", "ä", &"x".repeat(65)] {
        assert!(
            matches!(vault.set_secret(name, b"x"), Err(VaultError::Name(_))),
            "{name}"
        );
    }
    let long = vec![0; MAX_SECRET + 1];
    assert!(matches!(
        vault.set_secret("x", &long),
        Err(VaultError::Limit { .. })
    ));
}

#[test]
fn two_processes_share_a_vault_and_one_conversation_has_one_writer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut one = made(&path, &store);
    let mut two = opened(&path, &store);
    let mut conversation = one.begin(Purpose::History).unwrap();
    conversation.append(b"from one").unwrap();
    two.rotate().unwrap();
    // The first one's ring and table are old now: both are looked up again.
    let other = one.begin(Purpose::History).unwrap();
    one.settle(&[&conversation, &other]).unwrap();
    let three = opened(&path, &store);
    assert_eq!(three.list().len(), 2);
    assert_eq!(
        texts(&three.read(conversation.id()).unwrap())[0].1,
        b"from one"
    );
    assert!(three.verify().unwrap().intact());
    let id = conversation.id();
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        drop(conversation);
    });
    // Waits for the writer to end.
    assert_eq!(two.append_to(id).unwrap().records(), 1);
}

#[test]
fn a_second_vault_is_not_made_over_the_first_and_a_missing_one_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let error = Vault::open(&path, Box::new(store.clone())).unwrap_err();
    assert!(error.to_string().contains("ringfence keys init"), "{error}");
    drop(made(&path, &store));
    for place in [path.clone(), dir.path().join("other")] {
        let again = Vault::create_on(&place, Box::new(store.clone()), quick());
        assert!(matches!(again, Err(VaultError::Exists { .. })));
    }
    let empty = Vault::open(&path, Box::new(MemoryStore::default())).unwrap_err();
    assert!(matches!(empty, VaultError::NoKeys { .. }), "{empty}");
    let other = MemoryStore::default();
    drop(made(&dir.path().join("third"), &other));
    let wrong = Vault::open(&path, Box::new(other)).unwrap_err();
    assert!(matches!(wrong, VaultError::NoKeys { .. }), "{wrong}");
}
