//! A full disk of the real kind, strange files, and the time that a rotation takes.

use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Instant;

use super::*;
use crate::vault::table::Row;

const DIR: &str = "RINGFENCE_VAULT_TEST_DIR";

/// Not a test of its own: runs in a mount namespace where `DIR` is a small tmpfs.
#[test]
#[ignore = "run by the test below"]
fn part_fills_the_disk() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let path = Path::new(&dir).join("vault");
    let store = MemoryStore::default();
    let mut vault = Vault::create(&path, Box::new(store.clone())).unwrap();
    let mut conversation = vault.begin(Purpose::History).unwrap();
    let error = loop {
        match conversation.append(&[1; 3000]) {
            Ok(_) => assert!(conversation.records() < 1_000_000, "the disk never fills"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, VaultError::Full { .. }), "{error}");
    let kept = conversation.records();
    assert!(kept > 10);
    while let Ok(number) = conversation.append(b"short") {
        assert_eq!(number + 1, conversation.records());
    }
    assert!(matches!(vault.rotate(), Err(VaultError::Full { .. })));
    assert!(matches!(
        vault.begin(Purpose::History),
        Err(VaultError::Full { .. })
    ));
    let id = conversation.id();
    drop((vault, conversation));
    let vault = Vault::open(&path, Box::new(store)).unwrap();
    assert!(vault.verify().unwrap().intact());
    assert!(vault.read(id).unwrap().records.len() as u64 >= kept);
    println!("filled after {kept}");
}

#[test]
fn a_full_disk_is_an_error_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let script =
        "mount -t tmpfs -o size=400k,mode=700 tmpfs \"$RINGFENCE_VAULT_TEST_DIR\" && exec \"$@\"";
    let output = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "--",
            "sh",
            "-c",
            script,
            "sh",
        ])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "vault::tests::files::part_fills_the_disk",
            "--ignored",
            "--nocapture",
        ])
        .env(DIR, dir.path())
        .output()
        .expect("unshare of util-linux");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("filled after"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A store in a plain file, so that two processes of this test share it. The product has nothing of the kind.
struct PlainFile(std::path::PathBuf);

impl crate::keys::KeyStore for PlainFile {
    fn kind(&self) -> StoreKind {
        StoreKind::Memory
    }
    fn place(&self) -> String {
        "a file of a test".into()
    }
    fn load(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, crate::keys::KeyStoreError> {
        Ok(std::fs::read(&self.0).ok().map(Zeroizing::new))
    }
    fn save(&mut self, ring: &[u8]) -> Result<(), crate::keys::KeyStoreError> {
        let new = self.0.with_extension("new");
        std::fs::write(&new, ring).unwrap();
        std::fs::rename(&new, &self.0).unwrap();
        Ok(())
    }
    fn delete(&mut self) -> Result<(), crate::keys::KeyStoreError> {
        Ok(())
    }
}

/// Not a test of its own: adds records, begins conversations and rotates until it is killed, and says what it did.
#[test]
#[ignore = "run by the test below"]
fn part_works_until_killed() {
    use std::io::Write as _;
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let dir = Path::new(&dir);
    let store = PlainFile(dir.join("ring"));
    let mut vault = Vault::open(&dir.join("vault"), Box::new(store)).unwrap();
    let mut out = std::io::stdout();
    let mut conversation = vault.begin(Purpose::History).unwrap();
    for n in 0u64.. {
        conversation.append(&n.to_be_bytes().repeat(200)).unwrap();
        writeln!(out, "ack {} {}", conversation.id(), n).unwrap();
        match n % 5 {
            1 => drop(vault.rotate().unwrap()),
            3 => vault.settle(&[&conversation]).unwrap(),
            _ => {}
        }
    }
}

#[test]
fn a_killed_process_loses_nothing_that_it_said_was_kept() {
    use std::io::{BufRead as _, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = || Box::new(PlainFile(dir.path().join("ring")));
    drop(Vault::create(&path, store()).unwrap());
    for round in 0..6 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "vault::tests::files::part_works_until_killed",
                "--ignored",
                "--nocapture",
            ])
            .env(DIR, dir.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut kept = None;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some((id, n)) = line
                .strip_prefix("ack ")
                .and_then(|rest| rest.split_once(' '))
            {
                let n: u64 = n.parse().unwrap();
                kept = Some((Id::parse(id).unwrap(), n));
                if n == 11 + round {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        let (id, n) = kept.unwrap();
        let vault = Vault::open(&path, store()).unwrap();
        let report = vault.verify().unwrap();
        assert!(report.intact(), "{report:?}");
        let records = texts(&vault.read(id).unwrap());
        assert!(records.len() as u64 > n, "{} kept of {n}", records.len());
        for (number, record) in records {
            assert_eq!(record, number.to_be_bytes().repeat(200));
        }
        assert_eq!(vault.list().len() as u64, round + 1);
        assert_eq!(vault.ring.epochs.len(), 1);
    }
}

#[test]
fn a_symlink_a_fifo_or_a_directory_of_others_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = made(&path, &store);
    let conversation = vault.begin(Purpose::History).unwrap();
    let (id, file) = (
        conversation.id(),
        vault.conversation_path(conversation.id()),
    );
    drop(conversation);
    let elsewhere = dir.path().join("elsewhere");
    std::fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert!(vault.read(id).is_err());
    std::fs::remove_file(&file).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &file,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert!(vault.read(id).is_err());

    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
    let error = Vault::open(&path, Box::new(store)).unwrap_err();
    assert!(
        error.to_string().contains("may be written by others"),
        "{error}"
    );
}

/// The figure of the issue: 10,000 conversations in a second. Run with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement; bench/keys.sh runs it"]
fn figure_rotation_of_ten_thousand_conversations() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault");
    let store = MemoryStore::default();
    let mut vault = Vault::create(&path, Box::new(store)).unwrap();
    // Rows without files: a rotation looks at no file.
    let mut table = vault.next_table();
    for _ in 0..10_000 {
        let (id, key) = (Id(random().unwrap()), SecretKey::random().unwrap());
        table.rows.push(Row {
            id,
            purpose: Purpose::History,
            forgotten: false,
            created: 0,
            wrapped: vault
                .wrapper()
                .unwrap()
                .wrap(id, Purpose::History, &key)
                .unwrap(),
            records: 0,
            link: [0; 16],
        });
    }
    vault.write(table).unwrap();
    let mut times = Vec::new();
    for _ in 0..7 {
        let start = Instant::now();
        vault.rotate().unwrap();
        times.push(start.elapsed());
    }
    times.sort();
    println!(
        "rotation of 10000 conversations: median {:?}, slowest {:?}",
        times[3], times[6]
    );
    let mut conversation = vault.begin(Purpose::History).unwrap();
    let message = vec![7; 1024];
    let (keys, rounds) = (conversation.id(), 2000);
    let row = vault.row(keys).unwrap();
    let sealer = crate::vault::scan::Keys::new(&vault.key(row).unwrap(), row.purpose, row.id)
        .unwrap()
        .sealer;
    let start = Instant::now();
    for n in 0..rounds {
        sealer.seal(n, &[0; 16], &message).unwrap();
    }
    println!(
        "sealing a record of 1 KiB: {:?}",
        start.elapsed() / rounds as u32
    );
    let start = Instant::now();
    for _ in 0..100 {
        conversation.append(&message).unwrap();
    }
    println!("appending it, on the medium: {:?}", start.elapsed() / 100);
}
