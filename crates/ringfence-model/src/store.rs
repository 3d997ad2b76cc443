//! The store on disk, in the layout that Ollama uses: `blobs/sha256-HEX` and `manifests/HOST/NAMESPACE/MODEL/TAG`.
//!
//! A blob is written under another name, hashed on the way, synced, and renamed; a manifest likewise, after its blobs. So a crash or a
//! full disk leaves at most a temporary file, which the next removal sweeps. Who adds holds a shared lock from the first blob to
//! the manifest; who collects garbage needs it alone.

mod blob;
mod download;
mod error;
mod files;
mod names;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use ringfence_inference::{Digest, LayerKind, Manifest, ModelName};
use rustix::fs::{AtFlags, FlockOperation};

pub(crate) use blob::hash_of;
pub use blob::{NewBlob, Stored};
pub use download::Download;
pub use error::StoreError;

use crate::limits;

/// Where blobs lie.
const BLOBS: &str = "blobs";
/// Where manifests lie.
const MANIFESTS: &str = "manifests";
/// The file that is locked.
const LOCK: &str = "lock";
/// How a temporary file's name starts.
const TEMPORARY: &str = "new-";
/// How the name of a download that is not finished ends.
const PARTIAL: &str = "-partial";
/// The file that is locked while a new name is looked for and given.
const NAMING: &str = "naming";

/// The models of one user.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    root: File,
    blobs: File,
    manifests: File,
    /// Blobs that were uploaded and are waiting for a model to be made of them.
    held: Mutex<HashMap<Digest, Instant>>,
    most: Most,
}

/// What a store holds at most; other numbers in its own tests only.
#[derive(Debug, Clone, Copy)]
struct Most {
    names: usize,
    uploaded: usize,
    waiting: Duration,
    floor: u64,
}

impl Default for Most {
    fn default() -> Self {
        Self {
            names: limits::NAMES,
            uploaded: limits::UPLOADED,
            waiting: Duration::from_secs(limits::UPLOADED_S),
            floor: limits::FREE_BYTES,
        }
    }
}

/// The right to add: garbage is not collected while one exists.
#[derive(Debug)]
pub struct Adding<'a> {
    store: &'a Store,
    _lock: File,
}

/// A model in a list.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name.
    pub name: ModelName,
    /// What its manifest hashes to: another one is another model.
    pub id: Digest,
    /// When its manifest was written.
    pub modified: SystemTime,
    /// What it is made of; the error if the manifest is damaged, so that one bad file does not hide the others.
    pub manifest: Result<Manifest, String>,
    /// The manifest's own bytes, which the id is of.
    pub(crate) bytes: Vec<u8>,
}

/// A model that can be loaded: its bytes are what its manifest says, as of now.
#[derive(Debug)]
pub struct Opened {
    /// The GGUF file, for reading.
    pub file: File,
    /// What it hashes to, computed from this descriptor.
    pub digest: Digest,
    /// What its manifest hashes to.
    pub id: Digest,
    /// The other parts.
    pub manifest: Manifest,
}

/// What a removal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Blobs that nothing needs any more, and that are gone.
    pub blobs: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Somebody is adding a model at this moment: what nothing needs any more stays until the next removal.
    pub postponed: bool,
}

/// Where the store is: `RINGFENCE_MODELS`, else `models` in the data directory.
pub fn place(variable: impl Fn(&str) -> Option<String>, home: &Path) -> PathBuf {
    let absolute = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    absolute("RINGFENCE_MODELS").unwrap_or_else(|| {
        absolute("XDG_DATA_HOME")
            .unwrap_or_else(|| home.join(".local/share"))
            .join("ringfence/models")
    })
}

impl Store {
    /// Opens the store, and makes it (0700) if there is none.
    ///
    /// # Errors
    /// When it can not be made, or somebody else owns it or may write it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let root = files::private_directory(path)?;
        let sub = |name: &str| {
            files::make_directory(&root, name)
                .map_err(|source| StoreError::io("making", &path.join(name), source))
        };
        Ok(Self {
            blobs: sub(BLOBS)?,
            manifests: sub(MANIFESTS)?,
            path: path.to_owned(),
            root,
            held: Mutex::default(),
            most: Most::default(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins to add. Waits while garbage is collected, which is quick.
    ///
    /// # Errors
    /// When the lock can not be made.
    pub fn adding(&self) -> Result<Adding<'_>, StoreError> {
        let lock = self.lock_file()?;
        rustix::fs::flock(&lock, FlockOperation::LockShared)
            .map_err(|e| StoreError::io("locking", &self.path.join(LOCK), e.into()))?;
        Ok(Adding {
            store: self,
            _lock: lock,
        })
    }

    /// A blob, not hashed; `None` if there is none. For what is hashed elsewhere or only looked at.
    ///
    /// # Errors
    /// When something else than a regular file has its name, or it can not be opened.
    pub fn blob(&self, digest: &Digest) -> Result<Option<File>, StoreError> {
        let name = digest.file_name();
        match files::open_regular(&self.blobs, Path::new(&name)) {
            Ok(file) => Ok(Some(file)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(StoreError::io("opening", &self.blob_path(digest), e)),
        }
    }

    /// A blob whose bytes have just been found to hash to its name and to be as many as the manifest says.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn verified(&self, digest: &Digest, size: u64) -> Result<File, StoreError> {
        let path = || self.blob_path(digest);
        let file = self
            .blob(digest)?
            .ok_or_else(|| StoreError::MissingBlob { path: path() })?;
        let found = file
            .metadata()
            .map_err(|e| StoreError::io("reading", &path(), e))?
            .len();
        if found != size {
            return Err(StoreError::BlobSize {
                path: path(),
                found,
                wanted: size,
            });
        }
        let actual = blob::hash(&file).map_err(|e| StoreError::io("reading", &path(), e))?;
        if actual != *digest {
            return Err(StoreError::BlobDigest {
                path: path(),
                found: actual,
            });
        }
        Ok(file)
    }

    /// A small blob as text, verified.
    ///
    /// # Errors
    /// As [`Store::verified`]; also when it is larger than a text may be, or not UTF-8.
    pub fn text(&self, digest: &Digest, size: u64) -> Result<String, StoreError> {
        let broken = |reason: String| StoreError::Text {
            path: self.blob_path(digest),
            reason,
        };
        if size > limits::TEXT_BYTES {
            return Err(broken(format!(
                "{size} bytes; at most {}",
                limits::TEXT_BYTES
            )));
        }
        let mut bytes = Vec::new();
        self.verified(digest, size)?
            .take(limits::TEXT_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|e| StoreError::io("reading", &self.blob_path(digest), e))?;
        // Read again after it was hashed: it has to be the same still.
        if blob::hash_of(&bytes) != *digest {
            return Err(broken("it changed while it was read".into()));
        }
        String::from_utf8(bytes).map_err(|_| broken("it is not UTF-8".into()))
    }

    /// Opens a model to load it. All of its bytes are hashed, each time: about two seconds for 4 GB.
    ///
    /// # Errors
    /// When there is no such model, or the manifest or the blob is damaged.
    pub fn open_model(&self, name: &ModelName) -> Result<Opened, StoreError> {
        let entry = self.entry(name)?;
        let manifest = entry.manifest.map_err(|reason| StoreError::Manifest {
            path: self.manifest_path(&entry.name),
            reason,
        })?;
        let layer = manifest
            .layer(&LayerKind::Model)
            .ok_or_else(|| StoreError::Manifest {
                path: self.manifest_path(&entry.name),
                reason: "it names no model file".into(),
            })?;
        Ok(Opened {
            file: self.verified(&layer.digest, layer.size)?,
            digest: layer.digest,
            id: entry.id,
            manifest,
        })
    }

    /// Gives a model another name as well; the blobs are not copied.
    ///
    /// # Errors
    /// When there is no such model, or its manifest is damaged or can not be written.
    pub fn copy(&self, from: &ModelName, to: &ModelName) -> Result<(), StoreError> {
        let adding = self.adding()?;
        let entry = self.entry(from)?;
        let manifest = entry.manifest.map_err(|reason| StoreError::Manifest {
            path: self.manifest_path(&entry.name),
            reason,
        })?;
        adding.name_as(to, &manifest, &entry.bytes).map(|_| ())
    }

    /// Removes a name, and the blobs that no other name needs.
    ///
    /// # Errors
    /// When there is no such model, or something can not be removed. While any manifest can not be read no blob is removed.
    pub fn remove(&self, name: &ModelName) -> Result<Removed, StoreError> {
        let known = self
            .known(name)?
            .ok_or_else(|| StoreError::NoModel(name.clone()))?;
        names::remove(&self.manifests, &known)
            .map_err(|e| StoreError::io("removing", &self.manifest_path(&known), e))?;
        match self.collect() {
            // More than a store takes, put there by somebody else: the name is gone all the same.
            Err(StoreError::Names) => Ok(Removed {
                postponed: true,
                ..Removed::default()
            }),
            collected => collected,
        }
    }

    /// Whether there is room for so many more bytes. The store leaves some of the file system free: who fills a disk harms more than
    /// itself.
    ///
    /// # Errors
    /// When there is not.
    pub(crate) fn room(&self, bytes: u64) -> Result<(), StoreError> {
        let path = || self.path.join(BLOBS);
        let stat = rustix::fs::fstatvfs(&self.blobs)
            .map_err(|e| StoreError::io("looking at", &path(), e.into()))?;
        let size = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        let (free, total) = (size(stat.f_bavail), size(stat.f_blocks));
        let floor = self.most.floor.min(total / 20);
        // Some file systems do not say how large they are.
        match total == 0 || bytes.saturating_add(floor) <= free {
            true => Ok(()),
            false => Err(StoreError::Room {
                path: path(),
                bytes,
                free,
                floor,
            }),
        }
    }

    /// Whether one more blob may be uploaded.
    ///
    /// # Errors
    /// When too many wait for a model, or there is no room for so many bytes.
    pub(crate) fn may_upload(&self, bytes: u64) -> Result<(), StoreError> {
        match self.held().len() < self.most.uploaded {
            true => self.room(bytes),
            false => Err(StoreError::Uploaded),
        }
    }

    /// Keeps a blob that no model needs yet for [`limits::UPLOADED_S`], as far as this process removes anything.
    pub(crate) fn hold(&self, digest: Digest) {
        self.held().insert(digest, Instant::now());
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Digest, Instant>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the blobs that no manifest names, temporary files, and interrupted downloads that are a week old.
    ///
    /// # Errors
    /// When a manifest can not be read (then nothing is removed), or a file can not be removed.
    pub fn collect(&self) -> Result<Removed, StoreError> {
        self.clean(true)
    }

    /// As [`Store::collect`], but of the blobs that no manifest names only those that were uploaded to this process and waited for their
    /// model for [`limits::UPLOADED_S`], and those of any origin that are a week old: parts of an interrupted pull stay for the next try.
    ///
    /// # Errors
    /// As [`Store::collect`].
    pub(crate) fn sweep(&self) -> Result<Removed, StoreError> {
        self.clean(false)
    }

    fn clean(&self, all: bool) -> Result<Removed, StoreError> {
        let lock = self.lock_file()?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Ok(Removed {
                    postponed: true,
                    ..Removed::default()
                });
            }
            Err(e) => return Err(StoreError::io("locking", &self.path.join(LOCK), e.into())),
        }
        names::tidy(&self.manifests, 3)
            .map_err(|e| StoreError::io("tidying", &self.path.join(MANIFESTS), e))?;
        // Nobody uploads now: who does has the lock.
        let held: Vec<(Digest, bool)> = self
            .held()
            .iter()
            .map(|(digest, since)| (*digest, since.elapsed() < self.most.waiting))
            .collect();
        let names = |waits: bool| {
            let those = held.iter().filter(move |(_, waiting)| *waiting == waits);
            those.map(|(digest, _)| digest.file_name())
        };
        let mut needed: HashSet<String> = names(true).collect();
        let late: HashSet<String> = names(false).collect();
        for entry in self.list()? {
            let manifest = entry.manifest.map_err(|reason| StoreError::Uncollected {
                path: self.manifest_path(&entry.name),
                reason,
            })?;
            let layers = manifest.layers.iter().chain([&manifest.config]);
            needed.extend(layers.map(|layer| layer.digest.file_name()));
        }
        let directory = self.path.join(BLOBS);
        let mut removed = Removed::default();
        for name in
            files::entries(&self.blobs).map_err(|e| StoreError::io("listing", &directory, e))?
        {
            let Some((size, old)) = self.garbage(&name, &needed) else {
                continue;
            };
            if !(all || old || late.contains(&name)) {
                continue;
            }
            rustix::fs::unlinkat(&self.blobs, &name, AtFlags::empty())
                .map_err(|e| StoreError::io("removing", &directory.join(&name), e.into()))?;
            removed.blobs += 1;
            removed.bytes += size;
        }
        let waits: HashSet<Digest> = held.iter().filter(|h| h.1).map(|h| h.0).collect();
        self.held().retain(|digest, _| waits.contains(digest));
        Ok(removed)
    }

    /// The size of a file in the directory of blobs that may go, and whether it is so old that it goes in any case. What does not look
    /// like one of ours stays.
    fn garbage(&self, name: &str, needed: &HashSet<String>) -> Option<(u64, bool)> {
        let stat = rustix::fs::statat(&self.blobs, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let is_digest = |hex: &str| format!("sha256:{hex}").parse::<Digest>().is_ok();
        if name.starts_with(TEMPORARY) {
            return Some((size, true));
        }
        let seconds = u64::try_from(stat.st_mtime).unwrap_or(0);
        let written = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let age = SystemTime::now().duration_since(written);
        let old = age.unwrap_or_default().as_secs() > limits::PARTIAL_DAYS * 24 * 3600;
        let hex = name.strip_prefix("sha256-")?;
        match hex.strip_suffix(PARTIAL) {
            Some(hex) => (is_digest(hex) && old).then_some((size, old)),
            None => (is_digest(hex) && !needed.contains(name)).then_some((size, old)),
        }
    }

    fn lock_file(&self) -> Result<File, StoreError> {
        self.open_lock(LOCK)
    }

    fn open_lock(&self, name: &str) -> Result<File, StoreError> {
        files::open_lock(&self.root, name)
            .map_err(|e| StoreError::io("opening", &self.path.join(name), e))
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.path.join(BLOBS).join(digest.file_name())
    }

    fn manifest_path(&self, name: &ModelName) -> PathBuf {
        let root = self.path.join(MANIFESTS);
        name.components()
            .iter()
            .fold(root, |path, part| path.join(part))
    }
}

#[cfg(test)]
mod tests;
