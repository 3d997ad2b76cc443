//! Images made of this machine's own interpreters, so that no registry is needed.

mod build;
mod elf;
mod gather;
mod tar;

pub use build::{Image, LANGUAGES, USUAL_NAME, build, installed, list, remove};

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use bollard::query_parameters::CreateImageOptionsBuilder;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::DockerError;
use super::engine::Engine;

/// An archive of symlinks and the directories that they stand in.
pub(super) fn links(links: &BTreeMap<PathBuf, PathBuf>) -> io::Result<Vec<u8>> {
    let mut tar = tar::Writer::new(Vec::new());
    let relative = |path: &Path| path.strip_prefix("/").unwrap_or(path).to_owned();
    let parents: BTreeSet<PathBuf> = links
        .keys()
        .flat_map(|path| {
            relative(path)
                .ancestors()
                .skip(1)
                .map(PathBuf::from)
                .collect::<Vec<_>>()
        })
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    for parent in parents {
        tar.directory(&parent, 0o755)?;
    }
    for (path, text) in links {
        tar.symlink(&relative(path), text)?;
    }
    tar.finish()
}

/// An archive on its way to the engine.
pub(super) enum Archive {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file, from its beginning.
    File(std::fs::File),
}

/// Bytes of a file that are sent at a time.
const PIECE: usize = 256 * 1024;

/// Label of every image of ours: what is in it.
pub(super) const LABEL: &str = "ringfence.image";

/// Has the engine make an image of an archive; the engine comes back as it wants to be spoken to.
pub(super) async fn import(
    engine: &Engine,
    name: &str,
    with: &str,
    archive: impl Fn() -> io::Result<Archive>,
) -> Result<Engine, DockerError> {
    let mut engine = engine.clone();
    match attempt(&engine, name, with, &archive).await? {
        Err(error) if engine.follow(&error)? => {
            let again = attempt(&engine, name, with, &archive).await?;
            again.map_err(|e| engine.said("importing the image", e))?;
        }
        other => other.map_err(|e| engine.said("importing the image", e))?,
    }
    Ok(engine)
}

async fn attempt(
    engine: &Engine,
    name: &str,
    with: &str,
    archive: &impl Fn() -> io::Result<Archive>,
) -> Result<Result<(), bollard::errors::Error>, DockerError> {
    let archive = archive().map_err(|e| DockerError::step("reading the archive", e))?;
    let body = match archive {
        Archive::Bytes(bytes) => bollard::body_full(Bytes::from(bytes)),
        Archive::File(file) => bollard::body_try_stream(pieces(file)),
    };
    let (repository, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
    let options = CreateImageOptionsBuilder::default()
        .from_src("-")
        .repo(repository)
        .tag(tag)
        .changes(vec![format!("LABEL {LABEL}={with}")])
        .build();
    let mut said = std::pin::pin!(engine.docker.create_image(Some(options), Some(body), None));
    while let Some(line) = said.next().await {
        if let Err(error) = line {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

fn pieces(file: std::fs::File) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    futures_util::stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let count = io::Read::read(&mut file, &mut piece)?;
        piece.truncate(count);
        Ok((count > 0).then(|| (Bytes::from(piece), file)))
    })
}
