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
