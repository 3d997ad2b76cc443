//! Writing and hashing blobs.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;

use aws_lc_rs::digest::{Context, SHA256};
use ringfence_inference::{Digest, Layer, LayerKind};
use rustix::fs::{AtFlags, Mode};

use super::{Adding, BLOBS, Store, StoreError, TEMPORARY, files};
use crate::limits;

/// A blob that is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// What it hashes to.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
}

impl Stored {
    /// As a part of a model.
    pub fn as_layer(self, kind: LayerKind) -> Layer {
        Layer {
            kind,
            digest: self.digest,
            size: self.size,
        }
    }
}

/// A blob that is being written. Dropped before it is kept, it leaves nothing behind.
pub struct NewBlob<'a> {
    store: &'a Store,
    name: String,
    file: File,
    hash: Context,
    size: u64,
    kept: bool,
}

impl Adding<'_> {
    /// Begins a blob.
    ///
    /// # Errors
    /// When the file can not be made.
    pub fn blob(&self) -> Result<NewBlob<'_>, StoreError> {
        let directory = self.store.path.join(BLOBS);
        let made = files::random_name().and_then(|random| {
            let name = format!("{TEMPORARY}{random}");
            Ok((files::create_new(&self.store.blobs, &name)?, name))
        });
        let (file, name) = made.map_err(|e| StoreError::io("writing to", &directory, e))?;
        Ok(NewBlob {
            store: self.store,
            name,
            file,
            hash: Context::new(&SHA256),
            size: 0,
            kept: false,
        })
    }

    /// Writes a small blob whole.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn small(&self, bytes: &[u8]) -> Result<Stored, StoreError> {
        let mut blob = self.blob()?;
        blob.write(bytes)?;
        blob.keep(None)
    }
}

impl NewBlob<'_> {
    /// Writes on.
    ///
    /// # Errors
    /// When the disk is too full, or the system says no.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.store.room(bytes.len() as u64)?;
        self.file
            .write_all(bytes)
            .map_err(|e| self.failed("writing", e))?;
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Writes all that a reader gives; `told` hears how many bytes there are.
    ///
    /// # Errors
    /// As [`NewBlob::write`]; an error of the reader is `Err(Ok(error))`.
    pub fn copy(
        &mut self,
        from: &mut impl Read,
        told: &mut dyn FnMut(u64),
    ) -> Result<(), Result<std::io::Error, StoreError>> {
        let mut buffer = vec![0; limits::COPY_BYTES];
        loop {
            let count = match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(Ok(e)),
            };
            self.write(buffer.get(..count).unwrap_or_default())
                .map_err(Err)?;
            told(self.size);
        }
    }

    /// What was written so far, for reading.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Puts it into the store, on disk and under its name.
    ///
    /// # Errors
    /// When it does not hash to what was wanted, or can not be synced or renamed.
    pub fn keep(mut self, wanted: Option<Digest>) -> Result<Stored, StoreError> {
        let hash = std::mem::replace(&mut self.hash, Context::new(&SHA256));
        let digest = digest_of(hash);
        if let Some(wanted) = wanted
            && wanted != digest
        {
            return Err(StoreError::WrongDigest {
                found: digest,
                wanted,
            });
        }
        finish(self.store, &self.file, &self.name, &digest)
            .map_err(|e| self.failed("keeping", e))?;
        self.kept = true;
        Ok(Stored {
            digest,
            size: self.size,
        })
    }

    fn failed(&self, doing: &'static str, error: std::io::Error) -> StoreError {
        StoreError::io(doing, &self.store.path.join(BLOBS), error)
    }
}

/// Syncs a file in the directory of blobs, makes it read-only and gives it its name.
pub(super) fn finish(
    store: &Store,
    file: &File,
    from: &str,
    digest: &Digest,
) -> std::io::Result<()> {
    rustix::fs::fchmod(file, Mode::RUSR)?;
    file.sync_all()?;
    rustix::fs::renameat(&store.blobs, from, &store.blobs, digest.file_name())?;
    store.blobs.sync_all()
}

impl Drop for NewBlob<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // What stays in spite of it is swept by the next removal.
            let _ = rustix::fs::unlinkat(&self.store.blobs, &self.name, AtFlags::empty());
        }
    }
}

/// The hash of a whole file; its position is neither used nor moved.
pub(super) fn hash(file: &File) -> std::io::Result<Digest> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; limits::COPY_BYTES];
    let mut offset = 0;
    loop {
        match file.read_at(&mut buffer, offset) {
            Ok(0) => return Ok(digest_of(context)),
            Ok(count) => {
                context.update(buffer.get(..count).unwrap_or_default());
                offset += count as u64;
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// The hash of bytes.
pub(crate) fn hash_of(bytes: &[u8]) -> Digest {
    let mut context = Context::new(&SHA256);
    context.update(bytes);
    digest_of(context)
}

fn digest_of(context: Context) -> Digest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Digest::from_bytes(bytes)
}
