//! A private directory on the host with the files that are made for one sandbox; the engine binds them by path.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::Source;

use super::DockerError;
use super::body::{from_image, table};
use crate::native::decode_base64;

/// Where such directories are made: the engine has to see the same place.
const PARENT: &str = "/tmp";
/// What their names begin with.
const PREFIX: &str = "ringfence-docker-";

/// The directory; removed with everything in it when dropped.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) dir: PathBuf,
    /// Made files by entry of the mount table.
    pub(super) files: BTreeMap<usize, PathBuf>,
    pub(super) blank_file: PathBuf,
    pub(super) blank_directory: PathBuf,
}

impl Room {
    /// Makes it, and every file that the spec wants made. `owner` is given when the caller is root, whose files the payload could
    /// not read otherwise.
    pub(super) fn new(
        spec: &SandboxSpec,
        nonce: &str,
        owner: Option<(u32, u32)>,
    ) -> Result<Self, DockerError> {
        let dir = Path::new(PARENT).join(format!("{PREFIX}{nonce}"));
        let step =
            |e: std::io::Error| DockerError::step(format_args!("making {}", dir.display()), e);
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&dir)
            .map_err(step)?;
        let mut room = Self {
            blank_file: dir.join("blank"),
            blank_directory: dir.join("empty"),
            files: BTreeMap::new(),
            dir: dir.clone(),
        };
        write(&room.blank_file, b"", 0o444, None).map_err(step)?;
        fs::DirBuilder::new()
            .mode(0o555)
            .create(&room.blank_directory)
            .map_err(step)?;
        for (entry, mount) in table(spec).enumerate() {
            if from_image(spec, entry, mount) {
                continue;
            }
            let path = dir.join(entry.to_string());
            match &mount.source {
                Source::File { text, mode } => {
                    write(&path, text.as_bytes(), *mode, owner).map_err(step)?;
                }
                Source::Base64 { data, mode } => {
                    let bytes = decode_base64(data).ok_or_else(|| {
                        DockerError::Spec(format!("{}: not base64", mount.target.display()))
                    })?;
                    write(&path, &bytes, *mode, owner).map_err(step)?;
                }
                Source::SameAs(other) => {
                    let made = table(spec)
                        .enumerate()
                        .take(entry)
                        .filter(|(_, mount)| mount.target == *other)
                        .filter_map(|(made, _)| room.files.get(&made))
                        .last();
                    let made = made.cloned().ok_or_else(|| {
                        DockerError::Spec(format!(
                            "{}: no file was made at {}",
                            mount.target.display(),
                            other.display()
                        ))
                    })?;
                    room.files.insert(entry, made);
                    continue;
                }
                _ => continue,
            }
            room.files.insert(entry, path);
        }
        Ok(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn write(path: &Path, bytes: &[u8], mode: u32, owner: Option<(u32, u32)>) -> std::io::Result<()> {
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    if let Some((uid, gid)) = owner {
        std::os::unix::fs::fchown(&file, Some(uid), Some(gid))?;
    }
    file.set_permissions(fs::Permissions::from_mode(mode & 0o777))
}

/// Removes directories of keepers that were killed: those of this user whose keeper, in the file `keeper`, has gone.
pub(super) fn sweep(abandoned: impl Fn(&str) -> bool) {
    let own = rustix::process::geteuid().as_raw();
    let Ok(entries) = fs::read_dir(PARENT) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX));
        let dir = entry.path();
        let mine = || {
            fs::symlink_metadata(&dir).is_ok_and(|meta| {
                meta.is_dir() && std::os::unix::fs::MetadataExt::uid(&meta) == own
            })
        };
        if ours
            && mine()
            && fs::read_to_string(dir.join("keeper")).is_ok_and(|keeper| abandoned(&keeper))
        {
            let _ = fs::remove_dir_all(&dir);
        }
    }
}

impl Room {
    /// Notes who keeps it.
    pub(super) fn kept_by(&self, keeper: &str) -> Result<(), DockerError> {
        write(&self.dir.join("keeper"), keeper.as_bytes(), 0o400, None)
            .map_err(|e| DockerError::step("making a file", e))
    }
}
