//! A conversation and its prompt cache: replaced, forgotten and repaired together.

use super::*;

fn with_cache(path: &Path, store: &MemoryStore) -> (Vault, Conversation, Id) {
    let mut vault = made(path, store);
    let mut conversation = vault.begin(Purpose::History).unwrap();
    conversation.append(b"a turn").unwrap();
    let id = vault
        .keep_cache(&conversation, &[b"head", &[7; 100_000]])
        .unwrap();
    (vault, conversation, id)
}

#[test]
fn a_cache_is_found_by_its_conversation_and_replaced_in_one_step() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let (mut vault, conversation, first) = with_cache(&path, &store);
    let epoch = vault.status().epoch;
    let second = vault.keep_cache(&conversation, &[b"newer"]).unwrap();
    assert_ne!(first, second);
    let third = vault.keep_cache(&conversation, &[b"newest"]).unwrap();
    assert_eq!(first, third);
    vault.settle(&[&conversation]).unwrap();
    vault.rotate().unwrap();
    let of = conversation.id();
    drop((vault, conversation));

    let vault = opened(&path, &store);
    let cache = vault.cache_of(of).unwrap();
    assert_eq!((cache.id, cache.records), (third, 1));
    assert_eq!(
        texts(&vault.read(third).unwrap()),
        [(0, b"newest".to_vec())]
    );
    assert_eq!(vault.status().conversations, 1);
    assert_eq!(vault.status().epoch, epoch + 1, "only the rotation");
    let report = vault.verify().unwrap();
    assert!(report.intact() && report.strays.is_empty());
    assert!(vault.read(second).is_err());
}

#[test]
fn who_forgets_a_conversation_forgets_its_cache() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let (mut vault, conversation, cache) = with_cache(&path, &store);
    let mut other = vault.begin(Purpose::History).unwrap();
    other.append(b"stays").unwrap();
    let kept = vault.keep_cache(&other, &[b"stays"]).unwrap();
    vault.forget(conversation.id()).unwrap();
    assert!(vault.cache_of(conversation.id()).is_none());
    assert!(matches!(vault.read(cache), Err(VaultError::Unknown(_))));
    assert_eq!(texts(&vault.read(kept).unwrap())[0].1, b"stays");
    assert_eq!(walk(&path.join("c")).len(), 2);
    // Nothing is kept for what was forgotten.
    let error = vault.keep_cache(&conversation, &[b"x"]).unwrap_err();
    assert!(matches!(error, VaultError::Forgotten(_)), "{error}");
    assert_eq!(walk(&path.join("c")).len(), 2);

    vault.drop_cache(other.id()).unwrap();
    vault.drop_cache(other.id()).unwrap();
    assert!(vault.cache_of(other.id()).is_none());
    assert_eq!(walk(&path.join("c")).len(), 1);
    assert_eq!(vault.forget_all().unwrap(), 1);
    assert!(vault.verify().unwrap().intact());
}

#[test]
fn a_repair_keeps_conversations_and_lets_caches_go() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let (mut vault, conversation, first) = with_cache(&path, &store);
    let mut other = vault.begin(Purpose::History).unwrap();
    for record in records() {
        other.append(&record).unwrap();
    }
    let second = vault.keep_cache(&other, &[b"of a damaged one"]).unwrap();
    vault.settle(&[&conversation, &other]).unwrap();
    for id in [first, other.id()] {
        let file = path.join("c").join(id.to_string());
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[2000] ^= 1;
        std::fs::write(&file, bytes).unwrap();
    }
    assert_eq!(vault.repair().unwrap(), 1);
    let report = vault.verify().unwrap();
    assert!(report.intact(), "{report:?}");
    assert_eq!(vault.list().len(), 2, "two conversations, no cache");
    for gone in [first, second] {
        assert!(matches!(vault.read(gone), Err(VaultError::Unknown(_))));
    }
    assert_eq!(
        texts(&vault.read(conversation.id()).unwrap())[0].1,
        b"a turn"
    );
}
