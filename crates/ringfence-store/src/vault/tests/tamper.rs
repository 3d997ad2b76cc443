//! Every bit of a short conversation flipped, every frame swapped, dropped, repeated, and every length cut to.

use super::*;
use crate::vault::conversation::contents;
use crate::vault::scan::{FRAMES_AT, Head, Keys};

const FRAME: usize = 1024;

/// A conversation file, its keys and the head that the vault would know.
fn short() -> (Vec<u8>, Keys, Head) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    let mut conversation = vault.begin(Purpose::History).unwrap();
    for record in records() {
        conversation.append(&record).unwrap();
    }
    let row = vault.row(conversation.id()).unwrap().clone();
    let keys = Keys::new(&vault.key(&row).unwrap(), row.purpose, row.id).unwrap();
    let bytes = std::fs::read(vault.conversation_path(row.id)).unwrap();
    (bytes, keys, conversation.head())
}

/// Which record a frame belongs to: the second one has three.
fn owner(frame: usize) -> u64 {
    [0, 1, 1, 1, 2, 3][frame]
}

fn read(bytes: &[u8], keys: &Keys) -> Contents {
    contents(bytes, keys, &Head::default()).unwrap()
}

fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    let frames: Vec<_> = bytes[FRAMES_AT as usize..]
        .chunks(FRAME)
        .map(<[u8]>::to_vec)
        .collect();
    assert_eq!(frames.len(), 6);
    frames
}

fn with(bytes: &[u8], frames: &[Vec<u8>]) -> Vec<u8> {
    [&bytes[..FRAMES_AT as usize], &frames.concat()].concat()
}

/// Whatever comes out was written, under its own number, once and in order.
fn only_what_was_written(found: &Contents) {
    let wanted = numbered(&records());
    let mut before = None;
    for one in texts(found) {
        assert!(wanted.contains(&one), "record {} is another", one.0);
        assert!(before < Some(one.0), "record {} stands twice", one.0);
        before = Some(one.0);
    }
}

#[test]
fn every_flipped_bit_is_noticed_and_costs_only_its_own_record() {
    let (bytes, keys, _) = short();
    assert_eq!(texts(&read(&bytes, &keys)), numbered(&records()));
    let mut changed = bytes.clone();
    for at in 0..bytes.len() {
        // All bits where something is parsed, and one in turn of the rest.
        let in_frame = at.saturating_sub(FRAMES_AT as usize) % FRAME;
        let bits = if at < FRAMES_AT as usize || !(80..FRAME - 16).contains(&in_frame) {
            0..8
        } else {
            at % 8..at % 8 + 1
        };
        for bit in bits {
            changed[at] ^= 1 << bit;
            let found = read(&changed, &keys);
            changed[at] ^= 1 << bit;
            assert!(
                !found.damage.is_empty(),
                "bit {bit} of byte {at} went unseen"
            );
            let lost = at
                .checked_sub(FRAMES_AT as usize)
                .map(|at| owner(at / FRAME));
            let wanted: Vec<_> = numbered(&records())
                .into_iter()
                .filter(|(number, _)| Some(*number) != lost)
                .collect();
            assert_eq!(texts(&found), wanted, "bit {bit} of byte {at}");
            if let Some(lost) = lost {
                let named = found.damage.iter().any(|damage| {
                    matches!(damage, Damage::Records { first, last, .. } if (*first, *last) == (lost, lost))
                });
                assert!(named, "byte {at}: {:?}", found.damage);
            }
        }
    }
}

#[test]
fn every_cut_is_noticed() {
    let (bytes, keys, _) = short();
    for length in 0..bytes.len() {
        let found = read(&bytes[..length], &keys);
        assert!(!found.damage.is_empty(), "cut to {length} went unseen");
        only_what_was_written(&found);
    }
}

#[test]
fn every_dropped_swapped_and_repeated_frame_is_noticed() {
    let (bytes, keys, _) = short();
    let all = frames(&bytes);
    let noticed = |what: String, frames: &[Vec<u8>]| {
        let found = read(&with(&bytes, frames), &keys);
        // What stands behind the end and belongs to nothing is what a killed writer leaves: said, and no damage.
        let tail = found.unfinished > 0 && texts(&found) == numbered(&records());
        assert!(!found.damage.is_empty() || tail, "{what} went unseen");
        only_what_was_written(&found);
        found
    };
    for from in 0..all.len() {
        for to in from + 1..=all.len() {
            // A run of frames goes, so also every whole record and every run of records.
            let kept = [&all[..from], &all[to..]].concat();
            noticed(format!("{from}..{to} dropped"), &kept);
            // A run stands again, at every place; at the end, too, where new records go.
            for at in 0..=all.len() {
                let again = [&all[..at], &all[from..to], &all[at..]].concat();
                let found = noticed(format!("{from}..{to} again at {at}"), &again);
                if owner(from) != owner(at.saturating_sub(1)) || at == 0 {
                    assert!(!found.records.is_empty());
                }
            }
        }
    }
    for one in 0..all.len() {
        for other in one + 1..all.len() {
            let mut swapped = all.clone();
            swapped.swap(one, other);
            noticed(format!("{one} and {other} swapped"), &swapped);
        }
    }
}

#[test]
fn frames_of_another_conversation_and_of_another_purpose_do_not_open() {
    let (bytes, keys, _) = short();
    let (others, other_keys, _) = short();
    let (all, foreign) = (frames(&bytes), frames(&others));
    for at in 0..all.len() {
        let mut mixed = all.clone();
        mixed[at].clone_from(&foreign[at]);
        let found = read(&with(&bytes, &mixed), &keys);
        assert!(!found.damage.is_empty());
        only_what_was_written(&found);
    }
    // The whole file of the other, under this key.
    let found = read(&others, &keys);
    assert!(found.records.is_empty() && found.damage.contains(&Damage::Header));
    assert!(!read(&bytes, &other_keys).damage.is_empty());
}

#[test]
fn a_zeroed_or_older_end_mark_does_not_hide_a_cut() {
    let (bytes, keys, _) = short();
    let shorter = &bytes[..bytes.len() - FRAME];
    for mark in [512, 1024] {
        let mut cut = shorter.to_vec();
        cut[mark..mark + 512].fill(0);
        assert!(!read(&cut, &keys).damage.is_empty());
        // One mark in the place of the other.
        let mut cut = shorter.to_vec();
        let (from, to) = (1536 - mark, mark);
        cut.copy_within(from..from + 512, to);
        assert!(!read(&cut, &keys).damage.is_empty());
    }
    let mut none = bytes.clone();
    none[512..1536].fill(0);
    let found = read(&none, &keys);
    assert_eq!(found.damage, [Damage::EndMark]);
    assert_eq!(texts(&found), numbered(&records()));
}

#[test]
fn records_of_two_states_of_one_conversation_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    let mut conversation = vault.begin(Purpose::History).unwrap();
    let (id, file) = (
        conversation.id(),
        vault.conversation_path(conversation.id()),
    );
    conversation.append(b"question").unwrap();
    let old = std::fs::read(&file).unwrap();
    conversation.append(b"answer A").unwrap();
    conversation.append(b"thanks for A").unwrap();
    let one = std::fs::read(&file).unwrap();
    drop(conversation);
    // The old copy comes back, and the conversation goes on from there: nothing was settled, so nobody can know.
    std::fs::write(&file, old).unwrap();
    let mut conversation = vault.append_to(id).unwrap();
    conversation.append(b"answer B").unwrap();
    conversation.append(b"thanks for B").unwrap();
    let two = std::fs::read(&file).unwrap();
    // Both wrote at the same place under the same key, and not with the same key stream.
    let at = FRAMES_AT as usize + FRAME;
    let (a, b) = (&one[at + 64..at + 80], &two[at + 64..at + 80]);
    let known = [b"answer A", b"answer B"].map(|text| [&8u64.to_be_bytes()[..], text].concat());
    let stream = |sealed: &[u8], text: &[u8]| -> Vec<u8> {
        sealed.iter().zip(text).map(|(x, y)| x ^ y).collect()
    };
    assert_ne!(stream(a, &known[0]), stream(b, &known[1]));
    // Answer A with the thanks for B.
    let mut mixed = two.clone();
    mixed[at..at + FRAME].copy_from_slice(&one[at..at + FRAME]);
    std::fs::write(&file, &mixed).unwrap();
    let found = vault.read(id).unwrap();
    assert_eq!(found.damage, [Damage::Spliced { record: 2 }]);
    assert!(
        texts(&found)
            .iter()
            .all(|(_, text)| text != b"thanks for B")
    );
}

#[test]
fn an_older_copy_of_a_file_or_of_the_vault_is_noticed_once_settled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    let mut conversation = vault.begin(Purpose::History).unwrap();
    let (id, file) = (
        conversation.id(),
        vault.conversation_path(conversation.id()),
    );
    conversation.append(b"one").unwrap();
    let (old, old_table) = (
        std::fs::read(&file).unwrap(),
        std::fs::read(path.join("table")).unwrap(),
    );
    conversation.append(b"two").unwrap();
    vault.settle(&[&conversation]).unwrap();
    drop(conversation);
    let new = std::fs::read(&file).unwrap();
    std::fs::write(&file, &old).unwrap();
    let found = vault.read(id).unwrap();
    assert_eq!(found.damage, [Damage::RolledBack { found: 1, known: 2 }]);
    assert_eq!(texts(&found), numbered(&[b"one".to_vec()]));
    assert!(matches!(
        vault.append_to(id),
        Err(VaultError::Damaged { .. })
    ));
    std::fs::write(&file, &new).unwrap();
    assert_eq!(vault.append_to(id).unwrap().records(), 2);

    std::fs::write(path.join("table"), &old_table).unwrap();
    let error = Vault::open(&path, Box::new(store.clone())).unwrap_err();
    assert!(matches!(error, VaultError::RolledBack { .. }), "{error}");
    // A change by a process that had it open is refused as well.
    assert!(matches!(vault.rotate(), Err(VaultError::RolledBack { .. })));
    // A vault that was restored on purpose.
    drop(Vault::open_restored(&path, Box::new(store.clone())).unwrap());
    assert_eq!(opened(&path, &store).read(id).unwrap().records.len(), 2);

    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        opened(&path, &store).read(id).unwrap().damage,
        [Damage::Gone]
    );
}

#[test]
fn every_flipped_bit_of_the_table_is_noticed_and_costs_only_its_own_row() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    let mut ids = Vec::new();
    for _ in 0..3 {
        let mut conversation = vault.begin(Purpose::History).unwrap();
        conversation.append(b"kept").unwrap();
        ids.push(conversation.id());
    }
    let table = std::fs::read(path.join("table")).unwrap();
    assert_eq!(table.len(), 64 + 3 * 128 + 32);
    for at in 0..table.len() {
        for bit in [0, 3, 7] {
            let mut changed = table.clone();
            changed[at] ^= 1 << bit;
            std::fs::write(path.join("table"), &changed).unwrap();
            let mut vault = opened(&path, &store);
            assert!(
                !vault.faults().is_empty(),
                "bit {bit} of byte {at} went unseen"
            );
            let row = at.checked_sub(64).map(|at| at / 128);
            for (index, id) in ids.iter().enumerate() {
                if row != Some(index) {
                    assert_eq!(
                        vault.read(*id).unwrap().records.len(),
                        1,
                        "byte {at}, row {index}"
                    );
                }
            }
            assert!(matches!(vault.rotate(), Err(VaultError::Table { .. })));
        }
    }
    for length in 0..table.len() {
        std::fs::write(path.join("table"), &table[..length]).unwrap();
        match Vault::open_on(&path, Box::new(store.clone()), quick(), false) {
            Ok(vault) => assert!(!vault.faults().is_empty(), "cut to {length} went unseen"),
            Err(error) => assert!(length < 64 + 32, "cut to {length}: {error}"),
        }
    }
    // The rows swapped: each key opens in its own row only where the whole table is authentic.
    let mut swapped = table.clone();
    swapped[64..192].copy_from_slice(&table[192..320]);
    std::fs::write(path.join("table"), &swapped).unwrap();
    assert!(!opened(&path, &store).faults().is_empty());
    let mut moved = table.clone();
    moved[64 + 32..64 + 92].copy_from_slice(&table[192 + 32..192 + 92]);
    std::fs::write(path.join("table"), &moved).unwrap();
    assert!(matches!(
        opened(&path, &store).read(ids[0]),
        Err(VaultError::Table { .. })
    ));
}

#[test]
fn a_repair_keeps_what_can_be_read_and_the_vault_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    let mut ids = Vec::new();
    for _ in 0..3 {
        let mut conversation = vault.begin(Purpose::History).unwrap();
        for record in records() {
            conversation.append(&record).unwrap();
        }
        ids.push(conversation.id());
        if ids.len() == 3 {
            vault.keep_cache(&conversation, &[b"computed"]).unwrap();
        }
    }
    let file = vault.conversation_path(ids[0]);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[FRAMES_AT as usize + FRAME + 100] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let mut table = std::fs::read(path.join("table")).unwrap();
    table[64 + 2 * 128 + 40] ^= 1;
    std::fs::write(path.join("table"), &table).unwrap();

    let mut vault = opened(&path, &store);
    let report = vault.verify().unwrap();
    assert!(!report.intact());
    assert!(
        report.table.iter().any(|t| t.contains(&ids[2].to_string())),
        "{report:?}"
    );
    for id in [ids[2], Id([9; 16])] {
        let said = vault.read(id).unwrap_err().to_string();
        assert!(said.contains("damaged"), "{said}");
    }
    assert!(matches!(vault.whole(), Err(VaultError::Table { .. })));
    assert_eq!(vault.repair().unwrap(), 1);
    assert_eq!(std::fs::read(path.join("table.damaged")).unwrap(), table);
    let mut vault = opened(&path, &store);
    vault.whole().unwrap();
    // The prompt cache of the lost conversation went with it.
    assert_eq!(vault.list().len(), 2);
    assert!(vault.faults().is_empty() && vault.verify().unwrap().intact());
    assert_eq!(texts(&vault.read(ids[1]).unwrap()), numbered(&records()));
    let kept = vault.list().into_iter().find(|e| e.id != ids[1]).unwrap();
    assert_eq!(kept.records, 3);
    assert!(file.with_extension("damaged").exists());
    vault.rotate().unwrap();
}

proptest::proptest! {
    /// What the fuzz target holds, on a few inputs of every run.
    #[test]
    fn any_edits_leave_only_what_was_written(edits in proptest::collection::vec(0u8.., 0..64), table in proptest::collection::vec(0u8.., 0..512)) {
        proptest::prop_assert!(crate::vault::fuzz_conversation(&edits).is_some());
        crate::vault::fuzz_table(&table);
    }
}
