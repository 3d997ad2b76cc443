//! A GGUF file becomes a model of the store.

use std::fs::File;
use std::path::{Path, PathBuf};

use ringfence_inference::{Digest, LayerKind, Manifest, ModelName};
use ringfence_runner::gguf::{Gguf, GgufError};
use rustix::fs::{Mode, OFlags};

use crate::show::quantization;
use crate::store::{Adding, Store, StoreError, Stored};

/// Why a file did not become a model.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It can not be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no model that may be loaded.
    #[error("{path} was not imported: {source}")]
    Gguf {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: GgufError,
    },
    /// The store can not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports a file under a name. `told` hears bytes copied and bytes in all. Returns the model's id.
///
/// # Errors
/// When the file is no readable, consistent GGUF model, or can not be stored; then nothing was added.
pub fn import(
    store: &Store,
    file: &Path,
    name: &ModelName,
    told: &mut dyn FnMut(u64, u64),
) -> Result<Digest, ImportError> {
    let adding = store.adding()?;
    let (model, gguf) = gguf_blob(&adding, file, told)?;
    let config = adding.small(config(&gguf, &[model]).as_bytes())?;
    let manifest = Manifest {
        config: config.as_layer(LayerKind::Config),
        layers: vec![model.as_layer(LayerKind::Model)],
    };
    Ok(adding.name(name, &manifest)?)
}

/// Copies a GGUF file into the store, checked before (to refuse early) and after (what counts is the copy).
pub(crate) fn gguf_blob(
    adding: &Adding<'_>,
    path: &Path,
    told: &mut dyn FnMut(u64, u64),
) -> Result<(Stored, Gguf), ImportError> {
    let read = |source| ImportError::Read {
        path: path.to_owned(),
        source,
    };
    let refused = |source| ImportError::Gguf {
        path: path.to_owned(),
        source,
    };
    // Without blocking: it may be a FIFO.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = rustix::fs::open(path, flags, Mode::empty())
        .map(File::from)
        .map_err(|e| read(e.into()))?;
    let total = Gguf::read(&file).map_err(refused)?.file_bytes;
    let mut blob = adding.blob()?;
    blob.copy(&mut file, &mut |done| told(done, total))
        .map_err(|error| error.map_or_else(ImportError::Store, read))?;
    let gguf = Gguf::read(blob.file()).map_err(refused)?;
    Ok((blob.keep(None)?, gguf))
}

/// What is said about a model beside its parts.
pub(crate) fn config(gguf: &Gguf, layers: &[Stored]) -> String {
    let architecture = gguf.architecture();
    let digests: Vec<String> = layers.iter().map(|l| l.digest.to_string()).collect();
    serde_json::json!({
        "model_format": "gguf",
        "model_family": architecture,
        "model_families": [architecture],
        "model_type": gguf.text("general.size_label").unwrap_or_default(),
        "file_type": quantization(gguf),
        "architecture": "amd64",
        "os": "linux",
        "rootfs": { "type": "layers", "diff_ids": digests },
    })
    .to_string()
}
