//! What can be wrong with the store, and what to do about it.

use std::path::{Path, PathBuf};

use ringfence_inference::{Digest, ModelName};

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory is not this user's alone.
    #[error(
        "the model store {path} must be a directory that is yours and that nobody else may write ({found}); `chmod 700` it, or set RINGFENCE_MODELS to another one"
    )]
    Exposed {
        /// The directory.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// The disk or the quota is full.
    #[error(
        "the disk is full: writing {path}; nothing was added. Free some space (`ringfence model rm NAME`), or set RINGFENCE_MODELS to a larger disk"
    )]
    Full {
        /// What was being written.
        path: PathBuf,
    },
    /// The disk would be too full.
    #[error(
        "there is no room for {bytes} more bytes in {path}: {free} bytes are free, and the store leaves {floor} of them; nothing was added. Free some space (`ringfence model rm NAME`), or set RINGFENCE_MODELS to a larger disk"
    )]
    Room {
        /// Where.
        path: PathBuf,
        /// Bytes that were to be written.
        bytes: u64,
        /// Bytes that are free for this user.
        free: u64,
        /// Bytes that stay free.
        floor: u64,
    },
    /// The system said no.
    #[error("{doing} {path}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No such name.
    #[error("there is no model {short:?} in the store; `ringfence model list` shows what there is", short = .0.short())]
    NoModel(ModelName),
    /// Too many names.
    #[error(
        "the store has room for {} names and no more; remove some (`ringfence model rm NAME`), then try again",
        crate::limits::NAMES
    )]
    Names,
    /// Too many blobs without a model.
    #[error(
        "{} uploaded blobs wait for a model that is made of them, and there is room for no more; make it, or try again in an hour",
        crate::limits::UPLOADED
    )]
    Uploaded,
    /// A model that would be beyond what the store takes.
    #[error("{short:?} can not be added: {reason}; nothing was added", short = .name.short())]
    Unfit {
        /// Its name.
        name: ModelName,
        /// Which limit, and by how much.
        reason: String,
    },
    /// A manifest that can not be used.
    #[error("the manifest {path} is damaged: {reason}; remove the model and add it again")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A manifest that can not be read, so that nobody knows which blobs it needs.
    #[error(
        "the manifest {path} is damaged, so no blob was removed (it may need them): {reason}; remove that model first"
    )]
    Uncollected {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A manifest names a blob that is not there.
    #[error("{path} is missing; add the model again")]
    MissingBlob {
        /// The file.
        path: PathBuf,
    },
    /// A blob of another size.
    #[error(
        "{path} has {found} bytes, its manifest says {wanted}: it is damaged and is not loaded; add the model again"
    )]
    BlobSize {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        found: u64,
        /// Bytes that it should have.
        wanted: u64,
    },
    /// A blob that does not hash to its name.
    #[error(
        "{path} hashes to {found}: it was changed or is damaged and is not loaded; remove the model and add it again"
    )]
    BlobDigest {
        /// The file.
        path: PathBuf,
        /// What it hashes to.
        found: Digest,
    },
    /// What was written is not what was to be written.
    #[error("the bytes hash to {found}, they should to {wanted}; nothing was added")]
    WrongDigest {
        /// What they hash to.
        found: Digest,
        /// What they should hash to.
        wanted: Digest,
    },
    /// A text of a model that can not be used.
    #[error("{path}: {reason}; add the model again")]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Two downloads of one blob.
    #[error("another process is downloading {0}; wait for it, then try again")]
    Busy(Digest),
}

impl StoreError {
    /// An error of the system; a full disk is told as such.
    pub(crate) fn io(doing: &'static str, path: &Path, source: std::io::Error) -> Self {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let path = path.to_owned();
        match source.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::Full { path },
            _ => Self::Io {
                doing,
                path,
                source,
            },
        }
    }
}
