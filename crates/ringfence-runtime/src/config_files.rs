//! Finds the configuration files in their documented order, and knows which project files the user trusted.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use ringfence_policy::config::{ConfigKind, ConfigSource, ProjectTrust};
use ringfence_policy::plan::config_search_path;

use crate::paths::Paths;

/// Name of the project file.
pub const PROJECT_FILE: &str = ".ringfence.toml";
/// Most bytes that are read of a configuration file; the parser has its own, lower limit.
const FILE_LIMIT: u64 = 4 * 1024 * 1024;

/// Why a configuration file can not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// It can not be read. A file that exists but can not be read stops the run: skipping it would drop its restrictions.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not UTF-8.
    #[error("{path} is not UTF-8 text")]
    Encoding {
        /// The file.
        path: PathBuf,
    },
    /// The list of trusted project files can not be written.
    #[error("cannot keep the trust in {path}: {source}")]
    Trust {
        /// The list.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The user's file: the one named, else the first found in the search order.
///
/// # Errors
/// When the named file is missing, or a found one can not be read.
pub fn user_file(
    named: Option<&Path>,
    home: &Path,
) -> Result<Option<(PathBuf, String)>, ConfigFileError> {
    for path in config_search_path(named, home) {
        match read(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(ConfigFileError::Read { source, .. })
                if named.is_none() && source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// All sources for a run in `workspace`: the user's file, then the project's.
///
/// # Errors
/// When a file that exists can not be read.
pub fn sources(
    named: Option<&Path>,
    home: &Path,
    workspace: &Path,
    paths: &Paths,
) -> Result<(Vec<ConfigSource>, Option<PathBuf>), ConfigFileError> {
    let mut sources = Vec::new();
    let user = user_file(named, home)?;
    let path = user.as_ref().map(|(path, _)| path.clone());
    if let Some((path, text)) = user {
        sources.push(ConfigSource::user(path.display().to_string(), text));
    }
    let project = workspace.join(PROJECT_FILE);
    match read_project(&project) {
        Ok(text) => {
            let trust = trust_of(&project, &text, paths)?;
            // Another session in this workspace keeps the place of an absent file with an empty one; and a file that
            // says nothing tightens nothing.
            if text.trim().is_empty() && trust == ProjectTrust::Unknown {
                return Ok((sources, path));
            }
            let kind = ConfigKind::Project(trust);
            sources.push(ConfigSource {
                name: project.display().to_string(),
                text,
                kind,
            });
        }
        Err(ConfigFileError::Read { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok((sources, path))
}

/// One named file: a project file by its name, else a user's.
///
/// # Errors
/// When it can not be read.
pub fn one(path: &Path, paths: &Paths) -> Result<ConfigSource, ConfigFileError> {
    let text = read(path)?;
    let kind = match path.file_name() {
        Some(name) if name == PROJECT_FILE => ConfigKind::Project(trust_of(path, &text, paths)?),
        _ => ConfigKind::User,
    };
    Ok(ConfigSource {
        name: path.display().to_string(),
        text,
        kind,
    })
}

/// Trusts the project file of `workspace` as it is now, and returns its digest.
///
/// # Errors
/// When there is none, or the list of trusted files can not be written.
pub fn trust(workspace: &Path, paths: &Paths) -> Result<String, ConfigFileError> {
    let project = workspace.join(PROJECT_FILE);
    let hash = hash(&read_project(&project)?);
    let mut trusted = trusted(paths)?;
    trusted.insert(project.display().to_string(), hash.clone());
    let list = trust_list(paths);
    let keep = || {
        let temporary = list.with_extension(format!("{}.new", std::process::id()));
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        serde_json::to_writer_pretty(&mut file, &trusted)?;
        file.flush()?;
        file.sync_all()?;
        std::fs::rename(&temporary, &list)
    };
    keep().map_err(|source| ConfigFileError::Trust {
        path: list.clone(),
        source,
    })?;
    Ok(hash)
}

fn trust_of(project: &Path, text: &str, paths: &Paths) -> Result<ProjectTrust, ConfigFileError> {
    Ok(match trusted(paths)?.get(&project.display().to_string()) {
        None => ProjectTrust::Unknown,
        Some(known) if *known == hash(text) => ProjectTrust::Trusted,
        Some(_) => ProjectTrust::Changed,
    })
}

fn trust_list(paths: &Paths) -> PathBuf {
    paths.state.join("trusted.json")
}

fn trusted(paths: &Paths) -> Result<BTreeMap<String, String>, ConfigFileError> {
    let path = trust_list(paths);
    match read(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|e| ConfigFileError::Read {
            path,
            source: e.into(),
        }),
        Err(ConfigFileError::Read { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            Ok(BTreeMap::new())
        }
        Err(error) => Err(error),
    }
}

fn hash(text: &str) -> String {
    digest(&SHA256, text.as_bytes())
        .as_ref()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// A project file may be of anybody's making: a pipe there would hold up every run.
fn read_project(path: &Path) -> Result<String, ConfigFileError> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(ConfigFileError::Read {
            path: path.to_path_buf(),
            source: std::io::Error::other("not a regular file"),
        });
    }
    read(path)
}

fn read(path: &Path) -> Result<String, ConfigFileError> {
    let fail = |source| ConfigFileError::Read {
        path: path.to_path_buf(),
        source,
    };
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .map_err(fail)?
        .take(FILE_LIMIT)
        .read_to_end(&mut bytes)
        .map_err(fail)?;
    String::from_utf8(bytes).map_err(|_| ConfigFileError::Encoding {
        path: path.to_path_buf(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Paths) {
        let tmp = tempfile::tempdir().unwrap();
        let paths = Paths::of(tmp.path(), &BTreeMap::new());
        paths.prepare().unwrap();
        (tmp, paths)
    }

    #[test]
    fn a_pipe_in_place_of_the_project_file_is_refused_and_holds_nothing_up() {
        let (tmp, paths) = place();
        let pipe = tmp.path().join(PROJECT_FILE);
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(matches!(
            sources(None, tmp.path(), tmp.path(), &paths),
            Err(ConfigFileError::Read { path, .. }) if path == pipe
        ));
    }

    #[test]
    fn the_first_file_of_the_search_order_wins_and_the_name_of_the_seed_is_found() {
        let (tmp, _) = place();
        let home = tmp.path();
        let old = home.join(".config/secure-llm/config.toml");
        std::fs::create_dir_all(old.parent().unwrap()).unwrap();
        std::fs::write(&old, "# old").unwrap();
        assert_eq!(
            user_file(None, home).unwrap().unwrap(),
            (old, "# old".to_owned())
        );
        let new = home.join(".config/ringfence/config.toml");
        std::fs::create_dir_all(new.parent().unwrap()).unwrap();
        std::fs::write(&new, "# new").unwrap();
        assert_eq!(user_file(None, home).unwrap().unwrap().0, new);
    }

    #[test]
    fn a_named_file_that_is_missing_is_an_error() {
        assert!(user_file(Some(Path::new("/nonexistent/c.toml")), Path::new("/")).is_err());
    }

    #[test]
    fn an_empty_project_file_is_none_unless_a_trusted_one_was_emptied() {
        let (tmp, paths) = place();
        let project = tmp.path().join(PROJECT_FILE);
        let found = || {
            sources(None, Path::new("/nonexistent"), tmp.path(), &paths)
                .unwrap()
                .0
        };
        std::fs::write(&project, "\n").unwrap();
        assert!(found().is_empty());
        std::fs::write(&project, "a = 1").unwrap();
        trust(tmp.path(), &paths).unwrap();
        std::fs::write(&project, "").unwrap();
        assert_eq!(found()[0].kind, ConfigKind::Project(ProjectTrust::Changed));
    }

    #[test]
    fn trust_holds_for_one_path_and_one_content() {
        let (tmp, paths) = place();
        let project = tmp.path().join(PROJECT_FILE);
        std::fs::write(&project, "a = 1").unwrap();
        let kind = |w: &Path| {
            sources(None, Path::new("/nonexistent"), w, &paths)
                .unwrap()
                .0
                .pop()
                .unwrap()
                .kind
        };
        assert_eq!(kind(tmp.path()), ConfigKind::Project(ProjectTrust::Unknown));
        trust(tmp.path(), &paths).unwrap();
        assert_eq!(kind(tmp.path()), ConfigKind::Project(ProjectTrust::Trusted));
        std::fs::write(&project, "a = 2").unwrap();
        assert_eq!(kind(tmp.path()), ConfigKind::Project(ProjectTrust::Changed));
    }
}
