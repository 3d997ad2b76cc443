//! The image under a root that is bound from the host: nothing but the symlinks of the mount table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::Source;

use super::DockerError;
use super::body::table;
use super::engine::Engine;
use super::image;

/// What the names of such images begin with.
pub(super) const REPOSITORY: &str = "ringfence/base";

/// Such an image.
pub(super) struct Base {
    links: BTreeMap<PathBuf, PathBuf>,
    /// Its name, made of what is in it.
    pub(super) name: String,
}

impl Base {
    pub(super) fn of(spec: &SandboxSpec) -> Self {
        let links: BTreeMap<PathBuf, PathBuf> = table(spec)
            .filter_map(|mount| match &mount.source {
                Source::Symlink(text) => Some((mount.target.clone(), text.clone())),
                _ => None,
            })
            .collect();
        let mut hash = Fnv::default();
        for (target, text) in &links {
            hash.add(target);
            hash.add(text);
        }
        let name = format!("{REPOSITORY}:{:016x}", hash.0);
        Self { links, name }
    }

    /// Gives it to the engine.
    pub(super) async fn import(&self, engine: &Engine) -> Result<(), DockerError> {
        let archive =
            image::links(&self.links).map_err(|e| DockerError::step("making the base image", e))?;
        let archive = || Ok(image::Archive::Bytes(archive.clone()));
        image::import(engine, &self.name, "base", archive)
            .await
            .map(drop)
    }
}

/// FNV-1a: the name has to differ where the contents differ, and nobody else chooses them.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, path: &Path) {
        let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
        for byte in bytes.iter().chain(&[0]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}
