//! A blob that comes over the network, perhaps over several days: `blobs/sha256-HEX-partial`, locked by who fetches it.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use ringfence_inference::Digest;
use rustix::fs::{AtFlags, FallocateFlags, FlockOperation};
use rustix::io::Errno;

use super::{Adding, BLOBS, PARTIAL, Store, StoreError, blob, files};

/// A download that is not finished. Dropped, it stays for the next time.
pub struct Download<'a> {
    store: &'a Store,
    digest: Digest,
    name: String,
    file: File,
    here: u64,
    size: u64,
}

impl Adding<'_> {
    /// Goes on with a download, or begins it.
    ///
    /// # Errors
    /// When another process fetches it, or the file can not be made.
    pub fn download(&self, digest: &Digest, size: u64) -> Result<Download<'_>, StoreError> {
        let name = format!("{}{PARTIAL}", digest.file_name());
        let failed = |e: std::io::Error| {
            StoreError::io("writing to", &self.store.path.join(BLOBS).join(&name), e)
        };
        let mut file = files::open_lock(&self.store.blobs, &name).map_err(failed)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(StoreError::Busy(*digest)),
            Err(e) => return Err(failed(e.into())),
        }
        let mut here = file.seek(SeekFrom::End(0)).map_err(failed)?;
        if here > size {
            file.set_len(0).map_err(failed)?;
            here = file.seek(SeekFrom::Start(0)).map_err(failed)?;
        }
        Ok(Download {
            store: self.store,
            digest: *digest,
            name,
            file,
            here,
            size,
        })
    }
}

impl Store {
    /// Bytes of an interrupted download that are here.
    pub(crate) fn partial(&self, digest: &Digest) -> u64 {
        let name = format!("{}{PARTIAL}", digest.file_name());
        let stat = rustix::fs::statat(&self.blobs, name, AtFlags::SYMLINK_NOFOLLOW);
        stat.map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or(0))
    }
}

impl Download<'_> {
    /// Bytes that are here.
    pub fn here(&self) -> u64 {
        self.here
    }

    /// What is here, for reading.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Takes the room for the rest, so that a disk that is too small is known at once.
    ///
    /// # Errors
    /// When there is not enough; then what was begun is thrown away, unless the rest would only take what is to stay free.
    pub fn reserve(&mut self) -> Result<(), StoreError> {
        let rest = self.size - self.here;
        if rest == 0 {
            return Ok(());
        }
        self.store.room(rest)?;
        loop {
            let went =
                rustix::fs::fallocate(&self.file, FallocateFlags::KEEP_SIZE, self.here, rest);
            match went {
                Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(e) => return Err(self.failed("writing", e.into())),
            }
        }
    }

    /// Writes on.
    ///
    /// # Errors
    /// When the disk is full (then what is here is thrown away), or the system says no.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        // Room was taken before, where the file system can.
        self.store.room(0)?;
        self.file
            .write_all(bytes)
            .map_err(|e| self.failed("writing", e))?;
        self.here += bytes.len() as u64;
        Ok(())
    }

    /// From the start again.
    ///
    /// # Errors
    /// When the system says no.
    pub fn restart(&mut self) -> Result<(), StoreError> {
        let went = self
            .file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)));
        went.map_err(|e| self.failed("writing", e))?;
        self.here = 0;
        Ok(())
    }

    /// Hashes all of it.
    ///
    /// # Errors
    /// When it is not what it should be; then it is thrown away.
    pub fn verify(&self) -> Result<(), StoreError> {
        let found = blob::hash(&self.file).map_err(|e| self.failed("reading", e))?;
        if found == self.digest {
            return Ok(());
        }
        self.discard();
        Err(StoreError::WrongDigest {
            found,
            wanted: self.digest,
        })
    }

    /// Puts it into the store if it is whole and its bytes hash to its name.
    ///
    /// # Errors
    /// When they do not (then it is thrown away), or it can not be synced or renamed.
    pub fn keep(self) -> Result<(), StoreError> {
        self.verify()?;
        blob::finish(self.store, &self.file, &self.name, &self.digest)
            .map_err(|e| self.failed("keeping", e))
    }

    /// Throws it away.
    pub fn discard(&self) {
        // A file that stays in spite of it is verified the next time, and swept when it is old.
        let _ = rustix::fs::unlinkat(&self.store.blobs, &self.name, AtFlags::empty());
    }

    fn failed(&self, doing: &'static str, error: std::io::Error) -> StoreError {
        let path = self.store.path.join(BLOBS).join(&self.name);
        let error = StoreError::io(doing, &path, error);
        if matches!(error, StoreError::Full { .. }) {
            self.discard();
        }
        error
    }
}

impl Drop for Download<'_> {
    fn drop(&mut self) {
        // Gives back the room that was taken behind what is here, and leaves nothing empty.
        let _ = self.file.set_len(self.here);
        if self.here == 0 {
            self.discard();
        }
    }
}
