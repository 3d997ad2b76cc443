#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::os::unix::fs::{PermissionsExt, symlink};

use ringfence_inference::Modelfile;
use ringfence_runner::testing::Tiny;

use super::*;
use crate::{ImportError, import, show};

fn name(text: &str) -> ModelName {
    text.parse().unwrap()
}

struct Room {
    directory: tempfile::TempDir,
    store: Store,
    model: PathBuf,
}

fn room() -> Room {
    let directory = tempfile::tempdir().unwrap();
    let model = directory.path().join("tiny.gguf");
    std::fs::write(&model, Tiny::script("all is well").file()).unwrap();
    let store = Store::open(&directory.path().join("store")).unwrap();
    Room {
        directory,
        store,
        model,
    }
}

impl Room {
    fn import(&self, text: &str) -> Digest {
        import(&self.store, &self.model, &name(text), &mut |_, _| {}).unwrap()
    }

    fn blobs(&self) -> Vec<String> {
        files::entries(&self.store.blobs).unwrap()
    }

    fn model_blob(&self) -> PathBuf {
        let digest = blob::hash_of(&std::fs::read(&self.model).unwrap());
        self.store.blob_path(&digest)
    }
}

/// As its owner, or as root: the files are read-only.
fn overwrite(path: &Path, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_model_is_imported_listed_shown_copied_and_removed() {
    let room = room();
    let id = room.import("tiny");
    let listed = room.store.list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].name.short(), listed[0].id),
        ("tiny:latest".into(), id)
    );
    let opened = room.store.open_model(&name("TINY")).unwrap();
    let bytes = std::fs::read(&room.model).unwrap();
    assert_eq!(opened.digest, blob::hash_of(&bytes));
    let shown = show(&room.store, &name("tiny")).unwrap();
    assert_eq!((shown.architecture.as_str(), shown.id), ("llama", id));
    assert!(shown.parameters > 0 && shown.vocabulary > 0);
    let layout = room
        .store
        .path()
        .join("manifests/registry.ollama.ai/library/tiny/latest");
    assert!(layout.is_file());
    room.store.copy(&name("tiny"), &name("me/other:x")).unwrap();
    // The blobs are needed still.
    assert_eq!(
        room.store.remove(&name("tiny")).unwrap(),
        Removed::default()
    );
    assert!(!layout.exists() && room.blobs().len() == 2);
    room.store.open_model(&name("me/other:x")).unwrap();
    let removed = room.store.remove(&name("me/other:x")).unwrap();
    assert_eq!(removed.blobs, 2);
    assert!(removed.bytes >= bytes.len() as u64);
    assert!(room.blobs().is_empty());
    assert!(files::entries(&room.store.manifests).unwrap().is_empty());
    assert!(matches!(
        room.store.remove(&name("tiny")),
        Err(StoreError::NoModel(_))
    ));
}

#[test]
fn what_is_no_manifest_hides_no_model() {
    let room = room();
    room.import("tiny");
    let manifests = room
        .store
        .path()
        .join("manifests/registry.ollama.ai/library");
    let strange = |model: &str| {
        std::fs::create_dir(manifests.join(model)).unwrap();
        manifests.join(model).join("latest")
    };
    symlink("/etc/passwd", strange("link")).unwrap();
    std::fs::create_dir(strange("directory")).unwrap();
    let fifo = strange("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let listed = room.store.list().unwrap();
    let good: Vec<_> = listed.iter().filter(|e| e.manifest.is_ok()).collect();
    assert_eq!((listed.len(), good.len()), (4, 1));
    assert_eq!(good[0].name.short(), "tiny:latest");
    room.store.open_model(&name("tiny")).unwrap();
    for model in ["link", "fifo"] {
        let opened = room.store.open_model(&name(model));
        assert!(matches!(opened, Err(StoreError::Manifest { .. })));
        let _ = room.store.remove(&name(model));
        assert!(room.store.entry(&name(model)).is_err());
    }
    std::fs::remove_dir_all(manifests.join("directory")).unwrap();
    // Now every manifest can be read again, and what nobody needs goes.
    assert_eq!(room.store.remove(&name("tiny")).unwrap().blobs, 2);
}

#[test]
fn what_a_killed_process_left_beside_a_manifest_goes() {
    let room = room();
    room.import("tiny");
    let left = room
        .store
        .path()
        .join("manifests/registry.ollama.ai/library/gone");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join(format!(".{TEMPORARY}0123")), "{").unwrap();
    let beside = left
        .with_file_name("tiny")
        .join(format!(".{TEMPORARY}4567"));
    std::fs::write(&beside, "{").unwrap();
    room.store.collect().unwrap();
    assert!(!left.exists() && !beside.exists());
    room.store.open_model(&name("tiny")).unwrap();
}

#[test]
fn a_model_that_could_not_be_read_again_is_not_added() {
    let room = room();
    room.import("tiny");
    let modelfile = Modelfile {
        from: "tiny".into(),
        system: Some("x".repeat(limits::TEXT_BYTES as usize + 1)),
        ..Modelfile::default()
    };
    let here = Path::new("/");
    let made = crate::create(
        &room.store,
        &modelfile,
        (here, here),
        &name("large"),
        &mut |_, _| {},
    );
    let said = made.unwrap_err().to_string();
    assert!(said.contains("\"large:latest\" can not be added"), "{said}");
    assert!(matches!(
        room.store.entry(&name("large")),
        Err(StoreError::NoModel(_))
    ));
    assert_eq!(room.store.remove(&name("tiny")).unwrap().blobs, 4);
}

#[test]
fn a_changed_model_is_never_opened() {
    let room = room();
    room.import("tiny");
    let path = room.model_blob();
    let good = std::fs::read(&path).unwrap();
    let last = good.len() - 1;
    overwrite(&path, |bytes| bytes[last] ^= 1);
    let error = room
        .store
        .open_model(&name("tiny"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("was changed or is damaged and is not loaded"),
        "{error}"
    );
    overwrite(&path, |bytes| bytes.truncate(last));
    let error = room
        .store
        .open_model(&name("tiny"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("its manifest says"), "{error}");
    std::fs::remove_file(&path).unwrap();
    let error = room
        .store
        .open_model(&name("tiny"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("is missing; add the model again"), "{error}");
    // A symlink to the very bytes is no blob either.
    let outside = room.directory.path().join("outside");
    std::fs::write(&outside, good).unwrap();
    symlink(&outside, &path).unwrap();
    assert!(room.store.open_model(&name("tiny")).is_err());
}

#[test]
fn a_bad_file_is_refused_with_its_place_and_leaves_nothing() {
    let room = room();
    let good = std::fs::read(&room.model).unwrap();
    std::fs::write(&room.model, &good[..good.len() / 2]).unwrap();
    let refused = import(&room.store, &room.model, &name("bad"), &mut |_, _| {});
    assert!(matches!(refused, Err(ImportError::Gguf { .. })));
    std::fs::write(&room.model, b"PK\x03\x04 this is no model").unwrap();
    let error = import(&room.store, &room.model, &name("bad"), &mut |_, _| {}).unwrap_err();
    assert!(
        error.to_string().contains("byte 0: it begins with"),
        "{error}"
    );
    let fifo = room.directory.path().join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    for special in [
        fifo.as_path(),
        Path::new("/dev/zero"),
        Path::new("/"),
        Path::new("/no"),
    ] {
        assert!(import(&room.store, special, &name("bad"), &mut |_, _| {}).is_err());
    }
    assert!(room.blobs().is_empty() && room.store.list().unwrap().is_empty());
}

#[test]
fn garbage_is_collected_only_by_who_is_alone_and_knows_all() {
    let room = room();
    room.import("tiny");
    room.store.copy(&name("tiny"), &name("second")).unwrap();
    let adding = room.store.adding().unwrap();
    let orphan = adding.small(b"an orphan").unwrap();
    std::fs::write(room.store.path().join("blobs/new-left"), "by a crash").unwrap();
    std::fs::write(room.store.path().join("blobs/README"), "somebody's").unwrap();
    assert!(room.store.remove(&name("second")).unwrap().postponed);
    assert!(room.store.blob(&orphan.digest).unwrap().is_some());
    drop(adding);
    let broken = room
        .store
        .path()
        .join("manifests/registry.ollama.ai/library/broken/latest");
    std::fs::create_dir_all(broken.parent().unwrap()).unwrap();
    std::fs::write(&broken, "{").unwrap();
    // The others are listed still.
    assert_eq!(room.store.list().unwrap().len(), 2);
    let error = room.store.collect().unwrap_err().to_string();
    assert!(
        error.contains("broken/latest is damaged, so no blob was removed"),
        "{error}"
    );
    assert!(room.store.blob(&orphan.digest).unwrap().is_some());
    room.store.remove(&name("broken")).unwrap();
    assert!(room.store.blob(&orphan.digest).unwrap().is_none());
    assert!(!room.blobs().contains(&"new-left".to_owned()));
    assert!(room.blobs().contains(&"README".to_owned()));
    room.store.open_model(&name("tiny")).unwrap();
}

#[test]
fn an_unfinished_blob_and_a_wrong_digest_leave_nothing() {
    let room = room();
    let adding = room.store.adding().unwrap();
    let mut blob = adding.blob().unwrap();
    blob.write(b"half").unwrap();
    assert_eq!(room.blobs().len(), 1);
    drop(blob);
    let mut blob = adding.blob().unwrap();
    blob.write(b"other bytes").unwrap();
    let wanted = blob::hash_of(b"these bytes");
    assert!(matches!(
        blob.keep(Some(wanted)),
        Err(StoreError::WrongDigest { .. })
    ));
    assert!(room.blobs().is_empty());
    // A manifest without its blobs is not written.
    let layer = Stored {
        digest: wanted,
        size: 1,
    };
    let manifest = Manifest {
        config: layer.as_layer(LayerKind::Config),
        layers: vec![layer.as_layer(LayerKind::Model)],
    };
    assert!(matches!(
        adding.name(&name("x"), &manifest),
        Err(StoreError::MissingBlob { .. })
    ));
}

#[test]
fn the_store_is_the_users_alone_and_nothing_leads_out_of_it() {
    let room = room();
    room.import("tiny");
    // Directories of the store that were replaced by symlinks are not followed.
    let elsewhere = room.directory.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let host = room.store.path().join("manifests/example.com");
    symlink(&elsewhere, &host).unwrap();
    assert!(
        room.store
            .copy(&name("tiny"), &name("example.com/a/b"))
            .is_err()
    );
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
    assert_eq!(room.store.list().unwrap().len(), 1);

    let path = room.store.path().to_owned();
    let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o700
    );
    mode(0o770);
    let error = Store::open(&path).unwrap_err().to_string();
    assert!(
        error.contains("nobody else may write") && error.contains("0770"),
        "{error}"
    );
    mode(0o700);
    let link = room.directory.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(Store::open(&link).is_err());
}

#[test]
fn the_place_is_the_variable_or_the_data_directory() {
    let at = |variables: &[(&str, &str)]| {
        let variables = variables.to_vec();
        place(
            move |wanted| {
                let found = variables.iter().find(|(name, _)| *name == wanted)?;
                Some(found.1.to_owned())
            },
            Path::new("/home/me"),
        )
    };
    assert_eq!(at(&[]), Path::new("/home/me/.local/share/ringfence/models"));
    assert_eq!(
        at(&[("XDG_DATA_HOME", "/d")]),
        Path::new("/d/ringfence/models")
    );
    assert_eq!(at(&[("RINGFENCE_MODELS", "/m")]), Path::new("/m"));
    assert_eq!(
        at(&[("RINGFENCE_MODELS", "relative")]),
        Path::new("/home/me/.local/share/ringfence/models")
    );
}

#[test]
fn a_store_takes_so_many_names_and_those_go_on_as_before() {
    let mut room = room();
    room.store.most.names = 3;
    for text in ["a", "me/b", "host.example/me/c:x"] {
        room.import(text);
    }
    let import_as = |room: &Room, text: &str| {
        import(&room.store, &room.model, &name(text), &mut |_, _| {})
            .map(|_| ())
            .map_err(|e| e.to_string())
    };
    let refused = import_as(&room, "d").unwrap_err();
    assert!(refused.contains("rm NAME"), "{refused}");
    let copied = room.store.copy(&name("a"), &name("d")).unwrap_err();
    assert!(matches!(copied, StoreError::Names), "{copied}");
    // What is there is listed, found, replaced in whatever spelling, loaded and removed.
    assert_eq!(room.store.list().unwrap().len(), 3);
    import_as(&room, "Me/B").unwrap();
    room.store.open_model(&name("HOST.example/me/C:X")).unwrap();
    assert_eq!(room.store.known(&name("d")).unwrap(), None);
    room.store.remove(&name("a")).unwrap();
    import_as(&room, "d").unwrap();
    // More than that, put there by somebody else: what is named is found and can be removed.
    let manifests = room
        .store
        .path()
        .join("manifests/registry.ollama.ai/library");
    for more in ["e", "f"] {
        std::fs::create_dir(manifests.join(more)).unwrap();
        std::fs::copy(
            manifests.join("d/latest"),
            manifests.join(more).join("latest"),
        )
        .unwrap();
    }
    assert!(matches!(room.store.list(), Err(StoreError::Names)));
    room.store.open_model(&name("e")).unwrap();
    assert!(room.store.remove(&name("d")).unwrap().postponed);
    assert!(!room.store.remove(&name("e")).unwrap().postponed);
    assert_eq!(room.store.list().unwrap().len(), 3);
}

#[test]
fn the_last_place_for_a_name_is_given_once() {
    let mut room = room();
    room.store.most.names = 2;
    room.import("a");
    let given = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (store, given) = (&room.store, &given);
            scope.spawn(move || {
                if store.copy(&name("a"), &name(&format!("b{n}"))).is_ok() {
                    given.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(given.into_inner(), 1);
    assert_eq!(room.store.list().unwrap().len(), 2);
}

#[test]
fn uploads_without_a_model_are_few_and_go_after_a_while() {
    let mut room = room();
    room.store.most.uploaded = 2;
    room.import("tiny");
    let put = |room: &Room, bytes: &[u8]| {
        let stored = room.store.adding().unwrap().small(bytes).unwrap();
        stored.digest
    };
    let (first, second, pulled) = (
        put(&room, b"first"),
        put(&room, b"second"),
        put(&room, b"of a pull that goes on later"),
    );
    for digest in [first, second] {
        room.store.may_upload(1).unwrap();
        room.store.hold(digest);
    }
    let refused = room.store.may_upload(1).unwrap_err();
    assert!(matches!(refused, StoreError::Uploaded), "{refused}");
    // A model is made of one.
    let entry = room.store.entry(&name("tiny")).unwrap();
    let mut manifest = entry.manifest.unwrap();
    let stored = Stored {
        digest: first,
        size: 5,
    };
    manifest.layers.push(stored.as_layer(LayerKind::System));
    let adding = room.store.adding().unwrap();
    adding.name(&name("made"), &manifest).unwrap();
    drop(adding);
    room.store.may_upload(1).unwrap();
    // The other one waits, and then no longer.
    assert_eq!(room.store.sweep().unwrap(), Removed::default());
    room.store.most.waiting = Duration::ZERO;
    let swept = room.store.sweep().unwrap();
    assert_eq!((swept.blobs, swept.bytes), (1, 6));
    let here = |digest| room.store.blob(digest).unwrap().is_some();
    assert!(here(&first) && !here(&second) && here(&pulled));
    // A week later nobody comes for the third.
    let path = room.store.blob_path(&pulled);
    let week = Duration::from_secs((limits::PARTIAL_DAYS * 24 + 1) * 3600);
    let file = File::open(path).unwrap();
    file.set_modified(SystemTime::now() - week).unwrap();
    assert_eq!(room.store.sweep().unwrap().blobs, 1);
    room.store.open_model(&name("made")).unwrap();
}

#[test]
fn what_there_is_no_room_for_is_refused_before_it_is_written() {
    let room = room();
    room.store.room(1).unwrap();
    let error = room.store.room(u64::MAX).unwrap_err().to_string();
    assert!(
        error.contains("no room for 18446744073709551615 more bytes")
            && error.contains("RINGFENCE_MODELS"),
        "{error}"
    );
    assert!(room.store.may_upload(u64::MAX).is_err());
    let adding = room.store.adding().unwrap();
    let mut file = adding
        .download(&Digest::from_bytes([1; 32]), u64::MAX)
        .unwrap();
    assert!(matches!(file.reserve(), Err(StoreError::Room { .. })));
}
