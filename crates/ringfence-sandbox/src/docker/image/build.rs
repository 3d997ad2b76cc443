//! `ringfence image build | list | rm`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek};
use std::path::Path;

use bollard::query_parameters::{ListImagesOptionsBuilder, RemoveImageOptionsBuilder};
use rustix::fs::{Mode, OFlags};
use serde::Serialize;

use super::super::engine::{Engine, block_on};
use super::super::{DockerError, DockerHost};
use super::gather::{Entry, Tree};
use super::{Archive, LABEL, import, tar};

/// Languages that an image can be built for.
pub const LANGUAGES: &[&str] = &["bash", "node", "python3"];
/// Name of an image unless another one is given.
pub const USUAL_NAME: &str = "ringfence/code:latest";
/// Longest name.
const NAME: usize = 200;
/// Largest archive, in bytes.
const ARCHIVE_BYTES: u64 = 4 << 30;
/// Where the archive lies meanwhile, without a name.
const TEMPORARY: &str = "/var/tmp";

/// An image of ours.
#[derive(Debug, Clone, Serialize)]
pub struct Image {
    /// Its names.
    pub names: Vec<String>,
    /// Its id.
    pub id: String,
    /// Bytes.
    pub size: u64,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// What is in it: languages, or `base`.
    pub with: String,
}

/// The languages that are installed on this machine.
pub fn installed() -> Vec<String> {
    let found = LANGUAGES
        .iter()
        .filter(|name| super::gather::find(name).is_ok());
    found.map(|name| (*name).to_owned()).collect()
}

/// Builds an image of this machine's own interpreters, and gives it to the engine. The same files give the same image.
///
/// # Errors
/// When the name is no image name, an interpreter or a library is missing, or the engine refuses.
pub fn build(host: &DockerHost, name: &str, with: &[String]) -> Result<Image, DockerError> {
    let name = full_name(name)?;
    let failed = |e: &dyn std::fmt::Display| DockerError::step("building the image", e);
    let mut with = with.to_vec();
    with.sort();
    with.dedup();
    // Asked before the work.
    super::super::facts(host)?;
    let mut tree = Tree::new();
    for language in &with {
        tree.language(language).map_err(|e| failed(&e))?;
    }
    // This binary is bound into each container; where it is not static, it needs its libraries there.
    tree.libraries_of(Path::new("/proc/self/exe"))
        .map_err(|e| failed(&e))?;
    let archive = archive(&tree).map_err(|e| failed(&e))?;
    let with = with.join(",");
    block_on(async {
        let engine = Engine::connect(host)?;
        let engine = import(&engine, &name, &with, || {
            let mut file = archive.try_clone()?;
            file.rewind()?;
            Ok(Archive::File(file))
        })
        .await?;
        let found = images(&engine).await?;
        let own = found.into_iter().find(|image| image.names.contains(&name));
        own.ok_or_else(|| DockerError::step("building the image", "the engine did not keep it"))
    })?
}

/// The images that were built here, and the base images under roots that are bound from the host.
///
/// # Errors
/// When the engine can not be asked.
pub fn list(host: &DockerHost) -> Result<Vec<Image>, DockerError> {
    block_on(async { images(&Engine::connect(host)?).await })?
}

/// Removes an image that was built here.
///
/// # Errors
/// When there is none of that name, or something still uses it.
pub fn remove(host: &DockerHost, name: &str) -> Result<(), DockerError> {
    let full = full_name(name)?;
    block_on(async {
        let engine = Engine::connect(host)?;
        let found = images(&engine).await?;
        if !found.iter().any(|image| image.names.contains(&full)) {
            return Err(DockerError::Spec(format!(
                "there is no image {full} that `ringfence image build` made; see `ringfence image list`"
            )));
        }
        let options = RemoveImageOptionsBuilder::default().build();
        let removed = engine.docker.remove_image(&full, Some(options), None).await;
        removed
            .map(drop)
            .map_err(|e| engine.said("removing the image", e))
    })?
}

async fn images(engine: &Engine) -> Result<Vec<Image>, DockerError> {
    let mut engine = engine.clone();
    let filters = HashMap::from([("label".to_owned(), vec![LABEL.to_owned()])]);
    let options = || {
        ListImagesOptionsBuilder::default()
            .filters(&filters)
            .build()
    };
    let found = match engine.docker.list_images(Some(options())).await {
        Err(error) if engine.follow(&error)? => engine.docker.list_images(Some(options())).await,
        other => other,
    };
    let found = found.map_err(|e| engine.said("listing images", e))?;
    let mut images: Vec<Image> = found
        .into_iter()
        .map(|image| Image {
            names: image.repo_tags,
            id: image.id,
            size: u64::try_from(image.size).unwrap_or(0),
            created: image.created,
            with: image.labels.get(LABEL).cloned().unwrap_or_default(),
        })
        .collect();
    images.sort_by(|a, b| a.names.cmp(&b.names));
    Ok(images)
}

fn archive(tree: &Tree) -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let file: File = rustix::fs::open(TEMPORARY, flags, mode)?.into();
    let mut tar = tar::Writer::new(BufWriter::new(file));
    let mut bytes = 0_u64;
    for (path, entry) in &tree.entries {
        let inside = path.strip_prefix("/").unwrap_or(path);
        match entry {
            Entry::Directory if path == Path::new("/tmp") => tar.directory(inside, 0o1777)?,
            Entry::Directory => tar.directory(inside, 0o755)?,
            Entry::Symlink(text) => tar.symlink(inside, text)?,
            Entry::Made(text) => tar.file(inside, 0o644, text.len() as u64, text.as_bytes())?,
            Entry::Host { mode, size } => {
                bytes = bytes.saturating_add(*size);
                if bytes > ARCHIVE_BYTES {
                    let why = format!("the image would be larger than {ARCHIVE_BYTES} bytes");
                    return Err(io::Error::other(why));
                }
                tar.file(inside, *mode, *size, File::open(path)?)?;
            }
        }
    }
    tar.finish()?.into_inner().map_err(|e| e.into_error())
}

/// `NAME` or `NAME:TAG` as the engine writes it.
fn full_name(name: &str) -> Result<String, DockerError> {
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, "latest"),
    };
    let part = |part: &str| {
        let edge =
            |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        edge(part.chars().next())
            && edge(part.chars().last())
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
    };
    let tagged = !tag.is_empty()
        && !tag.starts_with(['.', '-'])
        && tag
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if name.len() <= NAME && repository.split('/').all(part) && tagged {
        Ok(format!("{repository}:{tag}"))
    } else {
        Err(DockerError::Spec(format!(
            "{name:?} is no name for an image: lower-case letters, digits and `._-`, parts divided by `/`, and a tag after `:`"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(full_name("own").unwrap(), "own:latest");
        assert_eq!(full_name("a/b-c:1.2").unwrap(), "a/b-c:1.2");
        for name in ["", "Own", "a//b", "a:", "-a", "a b", "a:b/c:", "../x"] {
            assert!(full_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn the_same_tree_is_the_same_archive() {
        let tree = Tree::new();
        let read = || {
            let mut bytes = Vec::new();
            let mut file = archive(&tree).unwrap();
            file.rewind().unwrap();
            io::Read::read_to_end(&mut file, &mut bytes).unwrap();
            bytes
        };
        assert_eq!(read(), read());
    }
}
