//! Names and their manifests.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::SystemTime;

use ringfence_inference::{Digest, Manifest, ModelName};
use rustix::fs::{AtFlags, FlockOperation};

use super::{Adding, Entry, MANIFESTS, NAMING, Store, StoreError, TEMPORARY, blob, files};
use crate::limits;

impl Store {
    /// All models, by name. A file that has no model's name is none.
    ///
    /// # Errors
    /// When a directory can not be read.
    pub fn list(&self) -> Result<Vec<Entry>, StoreError> {
        self.names()?
            .iter()
            .map(|name| self.read(name))
            .filter_map(Result::transpose)
            .collect()
    }

    /// One model.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn entry(&self, name: &ModelName) -> Result<Entry, StoreError> {
        let missing = || StoreError::NoModel(name.clone());
        let known = self.known(name)?.ok_or_else(missing)?;
        self.read(&known)?.ok_or_else(missing)
    }

    /// The name as it is spelled in the store; names differ by more than the case of their letters.
    ///
    /// # Errors
    /// When a directory can not be read.
    pub fn known(&self, name: &ModelName) -> Result<Option<ModelName>, StoreError> {
        let wanted = name.components();
        seek(&self.manifests, &wanted, &mut Vec::new())
            .map_err(|e| StoreError::io("listing", &self.path.join(MANIFESTS), e))
    }

    fn names(&self) -> Result<Vec<ModelName>, StoreError> {
        let mut found = Vec::new();
        let most = self.most.names;
        walk(&self.manifests, most, &mut Vec::new(), &mut found).map_err(|error| match error {
            None => StoreError::Names,
            Some(e) => StoreError::io("listing", &self.path.join(MANIFESTS), e),
        })?;
        Ok(found)
    }

    /// A model by its name as it is spelled in the store; `None` when it has just been removed. What lies there and is no file that can
    /// be read is damaged, and hides no other model.
    fn read(&self, name: &ModelName) -> Result<Option<Entry>, StoreError> {
        let failed = |e| StoreError::io("reading", &self.manifest_path(name), e);
        let path = name.components().join("/");
        let file = match files::open_regular(&self.manifests, Path::new(&path)) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => {
                return Ok(Some(Entry {
                    name: name.clone(),
                    id: blob::hash_of(&[]),
                    modified: SystemTime::UNIX_EPOCH,
                    manifest: Err(e.to_string()),
                    bytes: Vec::new(),
                }));
            }
        };
        let meta = file.metadata().map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(limits::MANIFEST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        Ok(Some(Entry {
            name: name.clone(),
            id: blob::hash_of(&bytes),
            modified: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            manifest: Manifest::parse(&bytes).map_err(|e| e.to_string()),
            bytes,
        }))
    }
}

impl Adding<'_> {
    /// Gives a model its name; what had the name before is forgotten. The blobs have to be there. Returns the id.
    ///
    /// # Errors
    /// When a blob is missing, there is no room for another name, or the manifest can not be written.
    pub fn name(&self, name: &ModelName, manifest: &Manifest) -> Result<Digest, StoreError> {
        self.name_as(name, manifest, manifest.to_json().as_bytes())
    }

    /// As [`Adding::name`], with the manifest's own bytes, which keep its digest.
    ///
    /// # Errors
    /// As [`Adding::name`].
    pub(crate) fn name_as(
        &self,
        name: &ModelName,
        manifest: &Manifest,
        bytes: &[u8],
    ) -> Result<Digest, StoreError> {
        // What would be refused when it is read is not written: a manifest that nobody can read keeps every blob in the store.
        Manifest::parse(bytes).map_err(|error| StoreError::Unfit {
            name: name.clone(),
            reason: error.to_string(),
        })?;
        for layer in manifest.layers.iter().chain([&manifest.config]) {
            if self.store.blob(&layer.digest)?.is_none() {
                return Err(StoreError::MissingBlob {
                    path: self.store.blob_path(&layer.digest),
                });
            }
        }
        // One at a time, in all processes: two could take the last place, or give the same name in two spellings.
        let naming = self.store.open_lock(NAMING)?;
        rustix::fs::flock(&naming, FlockOperation::LockExclusive)
            .map_err(|e| StoreError::io("locking", &self.store.path.join(NAMING), e.into()))?;
        let name = match self.store.known(name)? {
            Some(known) => known,
            None if self.store.names()?.len() >= self.store.most.names => {
                return Err(StoreError::Names);
            }
            None => name.clone(),
        };
        self.write(&name, bytes)
            .map_err(|e| StoreError::io("writing", &self.store.manifest_path(&name), e))?;
        let mut held = self.store.held();
        for layer in manifest.layers.iter().chain([&manifest.config]) {
            held.remove(&layer.digest);
        }
        Ok(blob::hash_of(bytes))
    }

    fn write(&self, name: &ModelName, bytes: &[u8]) -> std::io::Result<()> {
        let [host, namespace, model, tag] = name.components();
        let mut directory = self.store.manifests.try_clone()?;
        for part in [host, namespace, model] {
            directory = files::make_directory(&directory, part)?;
        }
        // A name of a file that no tag can have, in the same file system.
        let temporary = format!(".{TEMPORARY}{}", files::random_name()?);
        let mut file = files::create_new(&directory, &temporary)?;
        let written = file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| {
                Ok(rustix::fs::renameat(
                    &directory, &temporary, &directory, tag,
                )?)
            });
        if written.is_err() {
            let _ = rustix::fs::unlinkat(&directory, &temporary, AtFlags::empty());
        }
        written?;
        directory.sync_all()
    }
}

/// Removes a manifest and the directories that are empty then.
pub(super) fn remove(manifests: &File, name: &ModelName) -> std::io::Result<()> {
    let [host, namespace, model, tag] = name.components();
    let host_directory = files::open_directory(manifests, host)?;
    let namespace_directory = files::open_directory(&host_directory, namespace)?;
    let model_directory = files::open_directory(&namespace_directory, model)?;
    rustix::fs::unlinkat(&model_directory, tag, AtFlags::empty())?;
    for (directory, name) in [
        (&namespace_directory, model),
        (&host_directory, namespace),
        (manifests, host),
    ] {
        // Not empty: others are in it.
        if rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR).is_err() {
            break;
        }
    }
    Ok(())
}

/// Removes what a killed process left beside manifests, `levels` of directories down, and the directories that are empty then. Only
/// while nobody adds. Whether there was any.
pub(super) fn tidy(directory: &File, levels: usize) -> std::io::Result<bool> {
    let mut found = false;
    for name in files::entries(directory)? {
        if levels > 0 {
            // A file, a symlink or somebody else's: no directory of ours.
            if let Ok(below) = files::open_directory(directory, &name)
                && tidy(&below, levels - 1)?
            {
                found = true;
                let _ = rustix::fs::unlinkat(directory, &name, AtFlags::REMOVEDIR);
            }
        } else if name.starts_with(&format!(".{TEMPORARY}")) {
            found = true;
            rustix::fs::unlinkat(directory, &name, AtFlags::empty())?;
        }
    }
    Ok(found)
}

/// The name in the store that is the same but for the case of its letters.
fn seek(
    directory: &File,
    wanted: &[&str],
    above: &mut Vec<String>,
) -> std::io::Result<Option<ModelName>> {
    let Some((first, rest)) = wanted.split_first() else {
        return Ok(None);
    };
    for name in files::entries(directory)? {
        if !name.eq_ignore_ascii_case(first) {
            continue;
        }
        if let [host, namespace, model] = above.as_slice() {
            match format!("{host}/{namespace}/{model}:{name}").parse() {
                Ok(known) => return Ok(Some(known)),
                Err(_) => continue,
            }
        }
        if let Ok(below) = files::open_directory(directory, &name) {
            above.push(name);
            let found = seek(&below, rest, above)?;
            above.pop();
            if found.is_some() {
                return Ok(found);
            }
        }
    }
    Ok(None)
}

/// Every file four levels down whose path is a model's name. The error is none if there are too many.
fn walk(
    directory: &File,
    most: usize,
    above: &mut Vec<String>,
    found: &mut Vec<ModelName>,
) -> Result<(), Option<std::io::Error>> {
    for name in files::entries(directory).map_err(Some)? {
        if let [host, namespace, model] = above.as_slice() {
            let parsed = format!("{host}/{namespace}/{model}:{name}").parse::<ModelName>();
            found.extend(parsed.ok());
            if found.len() > most {
                return Err(None);
            }
            continue;
        }
        // A file, a symlink or somebody else's: no directory of ours.
        if let Ok(below) = files::open_directory(directory, &name) {
            above.push(name);
            walk(&below, most, above, found)?;
            above.pop();
        }
    }
    Ok(())
}
