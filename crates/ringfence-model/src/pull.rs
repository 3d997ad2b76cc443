//! Models from a registry, over the policy engine: manifests and blobs by HTTP, every byte checked against a digest.
//!
//! What a registry says is not believed: names and digests are typed, sizes are those of the manifest and bounded, nothing is sent to
//! whom it names (there are no credentials to send), and what it redirects to is asked of the policy like any other host.

mod error;
mod fetch;
mod registry;

use std::collections::HashSet;
use std::time::Duration;

use ringfence_inference::{Digest, LayerKind, Manifest, ModelName};
use ringfence_runner::gguf::Gguf;
use ringfence_runtime::outbound::Outbound;

pub use error::PullError;
pub use registry::REDIRECTED;
use registry::Registry;

use crate::limits;
use crate::store::{Adding, Download, Store};

/// What was pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulled {
    /// The model's id: what its manifest hashes to.
    pub id: Digest,
    /// Bytes that came over the network.
    pub bytes: u64,
    /// The model had this id already.
    pub same: bool,
}

/// What a pull is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulling<'a> {
    /// The manifest is here.
    Manifest,
    /// A part is on its way.
    Blob {
        /// Which.
        digest: &'a Digest,
        /// Bytes of it that are here.
        here: u64,
        /// Bytes of it in all.
        size: u64,
    },
    /// All parts are here; each was or is being hashed.
    Checking,
    /// The model gets its name.
    Naming,
}

/// The host that a model is pulled from, as `--allow` takes it; `None` if the name's host is no host.
pub fn registry_host(name: &ModelName) -> Option<String> {
    let origin = Registry::of(name).ok()?.origin;
    Some(format!("{}:{}", origin.host, origin.port))
}

/// Pulls a model. `told` hears what it is at. An interrupted pull goes on where it
/// was. A blob that is here is hashed, not believed.
///
/// # Errors
/// See [`PullError`]. The name means what it meant before; what was fetched and is good so far is kept for the next time.
pub async fn pull(
    store: &Store,
    outbound: &Outbound,
    name: &ModelName,
    told: &mut dyn FnMut(Pulling<'_>),
) -> Result<Pulled, PullError> {
    let adding = store.adding()?;
    let registry = Registry::of(name)?;
    let bytes = fetch::manifest(&registry, outbound).await?;
    let manifest = Manifest::parse(&bytes).map_err(|source| PullError::Manifest {
        registry: registry.to_string(),
        source,
    })?;
    if manifest.layer(&LayerKind::Model).is_none() {
        return Err(PullError::NoModel(name.short()));
    }
    told(Pulling::Manifest);
    let mut seen = HashSet::new();
    let missing: Vec<Blob> = manifest
        .layers
        .iter()
        .chain([&manifest.config])
        .filter(|layer| seen.insert(layer.digest))
        .filter(|layer| store.verified(&layer.digest, layer.size).is_err())
        .map(|layer| Blob {
            digest: layer.digest,
            size: layer.size,
            is_model: layer.kind == LayerKind::Model,
        })
        .collect();
    // Before anything is asked for: a size is a stranger's word, and there may be many.
    let rest = |blob: &Blob| blob.size.saturating_sub(store.partial(&blob.digest));
    store.room(missing.iter().map(rest).fold(0, u64::saturating_add))?;
    let mut fetched = 0;
    for blob in missing {
        fetched += blob.fetch(&adding, &registry, outbound, told).await?;
    }
    told(Pulling::Checking);
    let before = store.entry(name).ok().map(|entry| entry.id);
    told(Pulling::Naming);
    let id = adding.name_as(name, &manifest, &bytes)?;
    Ok(Pulled {
        id,
        bytes: fetched,
        same: before == Some(id),
    })
}

/// A blob as the manifest describes it.
struct Blob {
    digest: Digest,
    size: u64,
    is_model: bool,
}

impl Blob {
    /// Fetches what is missing of it, a few times if the connection breaks. Returns bytes that came over the network.
    async fn fetch(
        &self,
        adding: &Adding<'_>,
        registry: &Registry,
        outbound: &Outbound,
        told: &mut dyn FnMut(Pulling<'_>),
    ) -> Result<u64, PullError> {
        let at = |here| Pulling::Blob {
            digest: &self.digest,
            here,
            size: self.size,
        };
        let mut file = adding.download(&self.digest, self.size)?;
        let start = file.here();
        let mut attempts = 1;
        while file.here() < self.size {
            let before = file.here();
            told(at(before));
            let went = fetch::blob(registry, outbound, &mut file, self, &mut |here| {
                told(at(here));
            })
            .await;
            match went {
                Ok(()) => {}
                Err(error) if error.is_passing() => {
                    // Who makes progress may go on; who does not has a few tries.
                    attempts = if file.here() > before {
                        1
                    } else {
                        attempts + 1
                    };
                    if attempts > limits::ATTEMPTS {
                        return Err(error);
                    }
                    tokio::time::sleep(Duration::from_millis(limits::RETRY_MS)).await;
                }
                Err(error) => {
                    if !error.is_resumable() {
                        file.discard();
                    }
                    return Err(error);
                }
            }
        }
        let fetched = file.here().saturating_sub(start);
        self.check(&file)?;
        file.keep()?;
        Ok(fetched)
    }

    /// A model that no engine may load does not get into the store.
    fn check(&self, file: &Download<'_>) -> Result<(), PullError> {
        if !self.is_model {
            return Ok(());
        }
        // Bytes that are not those of the manifest are told as such, not as a bad model.
        file.verify()?;
        Gguf::read(file.file()).map(|_| ()).map_err(|source| {
            file.discard();
            PullError::Gguf {
                digest: self.digest,
                source,
            }
        })
    }
}

#[cfg(test)]
mod tests;
