//! Where state and sockets live. Every one of these directories is masked inside every sandbox.

use std::collections::BTreeMap;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Directories of one user.
#[derive(Debug, Clone)]
pub struct Paths {
    /// `$XDG_STATE_HOME/ringfence` or `~/.local/state/ringfence`.
    pub state: PathBuf,
    /// `$XDG_RUNTIME_DIR/ringfence`, else `run` in the state directory.
    pub runtime: PathBuf,
    /// `$XDG_CONFIG_HOME`-less by contract with the configuration's documented search order: `~/.config/ringfence`.
    pub config: PathBuf,
}

/// Why a directory can not be used.
#[derive(Debug, thiserror::Error)]
pub enum PathsError {
    /// It could not be made.
    #[error("cannot create {path}: {source}")]
    Create {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody else could read or write it.
    #[error(
        "{path} must be a directory of your own with mode 0700 (it is {found}); `chmod 700 {path}`, or remove it"
    )]
    Exposed {
        /// The directory.
        path: PathBuf,
        /// What it is.
        found: String,
    },
}

impl Paths {
    /// Derives the directories; makes none.
    pub fn of(home: &Path, env: &BTreeMap<String, String>) -> Self {
        let absolute = |name: &str| env.get(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let state = absolute("XDG_STATE_HOME")
            .unwrap_or_else(|| home.join(".local/state"))
            .join("ringfence");
        let runtime = absolute("XDG_RUNTIME_DIR")
            .filter(|p| p.is_dir())
            .map_or_else(|| state.join("run"), |p| p.join("ringfence"));
        Self {
            state,
            runtime,
            config: home.join(".config/ringfence"),
        }
    }

    /// Where audit files go.
    pub fn audit(&self) -> PathBuf {
        self.state.join("audit")
    }

    /// Where conversations, prompt caches and named secrets are, encrypted.
    pub fn vault(&self) -> PathBuf {
        self.state.join("vault")
    }

    /// Makes the directories, private, and refuses ones that are not.
    ///
    /// # Errors
    /// When one can not be made, is not a directory, or is not the caller's alone.
    pub fn prepare(&self) -> Result<(), PathsError> {
        for dir in [&self.state, &self.audit(), &self.runtime] {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(dir)
                .map_err(|source| PathsError::Create {
                    path: dir.clone(),
                    source,
                })?;
            let meta = dir
                .symlink_metadata()
                .map_err(|source| PathsError::Create {
                    path: dir.clone(),
                    source,
                })?;
            let mode = meta.permissions().mode() & 0o777;
            if !meta.is_dir()
                || meta.uid() != rustix::process::geteuid().as_raw()
                || mode & 0o077 != 0
            {
                let found = format!("owned by uid {}, mode {mode:04o}", meta.uid());
                return Err(PathsError::Exposed {
                    path: dir.clone(),
                    found,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_others_can_read_is_refused_with_the_mend() {
        let tmp = tempfile::tempdir().unwrap();
        let paths = Paths::of(tmp.path(), &BTreeMap::new());
        paths.prepare().unwrap();
        std::fs::set_permissions(&paths.state, PermissionsExt::from_mode(0o755)).unwrap();
        let error = paths.prepare().unwrap_err().to_string();
        assert!(error.contains("chmod 700"), "{error}");
    }
}
