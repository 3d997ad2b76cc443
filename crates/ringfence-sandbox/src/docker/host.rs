//! Where the engine listens.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::DockerError;

/// Where the engine listens when nothing else is said.
const USUAL: &str = "/var/run/docker.sock";

/// The unix socket of an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerHost(PathBuf);

impl Default for DockerHost {
    fn default() -> Self {
        Self(USUAL.into())
    }
}

impl DockerHost {
    /// What `DOCKER_HOST` says; the usual place when it is not set. Contexts of the `docker` command are not looked at.
    ///
    /// # Errors
    /// [`DockerError::Host`] when it says something else than `unix:///absolute/path`: an engine reached over a network would
    /// not see the files that are granted.
    pub fn from_variable(value: Option<&OsStr>) -> Result<Self, DockerError> {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return Ok(Self::default());
        };
        let path = value
            .to_str()
            .and_then(|text| text.strip_prefix("unix://"))
            .filter(|path| path.starts_with('/'));
        path.map(|path| Self(path.into()))
            .ok_or_else(|| DockerError::Host(value.to_string_lossy().into_owned()))
    }

    /// The socket.
    pub fn socket(&self) -> &Path {
        &self.0
    }
}

impl std::fmt::Display for DockerHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unix://{}", self.0.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unix_sockets() {
        let host = |text: &str| DockerHost::from_variable(Some(OsStr::new(text)));
        assert_eq!(
            host("unix:///run/x.sock").unwrap().socket(),
            Path::new("/run/x.sock")
        );
        assert_eq!(
            DockerHost::from_variable(None).unwrap().to_string(),
            "unix:///var/run/docker.sock"
        );
        assert_eq!(host("").unwrap(), DockerHost::default());
        for other in [
            "tcp://127.0.0.1:2375",
            "ssh://host",
            "unix://relative",
            "/run/x.sock",
        ] {
            let error = host(other).unwrap_err().to_string();
            assert!(
                error.contains(other) && error.contains("unix://"),
                "{error}"
            );
        }
    }
}
