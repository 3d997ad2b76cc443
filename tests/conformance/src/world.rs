//! The world of one half of a case: a home full of decoys, a workspace, sockets and servers, all of them made for it and gone with it.

use std::collections::BTreeMap;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::server::HostNetwork;

/// What stands in every decoy file and variable.
pub(crate) const DECOY: &str = "decoy-credential-5b1f0c";

/// The "real" credential of the network cases, which the sandbox must never see.
pub(crate) const SECRET: &str = "sk-real-credential-77c2a1e9";

/// Files with credentials: name, and path relative to the home directory (INCIDENTS C4).
pub(crate) const SENSITIVE: [(&str, &str); 16] = [
    ("ssh", ".ssh/id_ed25519"),
    ("aws", ".aws/credentials"),
    ("gh", ".config/gh/hosts.yml"),
    ("gcloud", ".config/gcloud/credentials.db"),
    ("azure", ".azure/accessTokens.json"),
    ("kube", ".kube/config"),
    ("npm", ".npmrc"),
    ("pypi", ".pypirc"),
    ("netrc", ".netrc"),
    ("docker", ".docker/config.json"),
    ("cargo", ".cargo/credentials.toml"),
    ("gnupg", ".gnupg/private-keys-v1.d/decoy.key"),
    ("firefox", ".mozilla/firefox/decoy.default/logins.json"),
    ("keyring", ".local/share/keyrings/login.keyring"),
    ("history", ".bash_history"),
    ("git", ".git-credentials"),
];

/// Variables with credentials that a caller may carry.
const TOKENS: [&str; 8] = [
    "GITHUB_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "NPM_TOKEN",
    "CI_JOB_TOKEN",
    "DATABASE_URL",
    "SOMETHING_NOBODY_THOUGHT_OF",
];

/// A world.
pub(crate) struct World {
    directory: TempDir,
    pub(crate) env: BTreeMap<String, String>,
    /// Kept open while the world lives.
    listeners: Vec<UnixListener>,
    pub(crate) network: Option<HostNetwork>,
}

impl World {
    pub(crate) fn new() -> std::io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("rf-prove-").tempdir()?;
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755))?;
        let world = World {
            directory,
            env: BTreeMap::new(),
            listeners: Vec::new(),
            network: None,
        };
        for path in [world.home(), world.workspace(), world.outside()] {
            std::fs::create_dir(path)?;
        }
        std::fs::DirBuilder::new().mode(0o700).create(world.run())?;
        Ok(world)
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }
    pub(crate) fn home(&self) -> PathBuf {
        self.root().join("home")
    }
    pub(crate) fn workspace(&self) -> PathBuf {
        self.root().join("workspace")
    }
    /// A directory that nothing grants.
    pub(crate) fn outside(&self) -> PathBuf {
        self.root().join("outside")
    }
    /// `XDG_RUNTIME_DIR`.
    pub(crate) fn run(&self) -> PathBuf {
        self.root().join("run")
    }

    /// Puts a file and its parents below the root of the world.
    pub(crate) fn file(&self, path: &str, text: &str) -> std::io::Result<PathBuf> {
        let path = self.root().join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Every file of [`SENSITIVE`].
    pub(crate) fn sensitive_files(&self) -> std::io::Result<()> {
        SENSITIVE
            .iter()
            .try_for_each(|(_, path)| self.file(&format!("home/{path}"), DECOY).map(drop))
    }

    /// Every variable of [`TOKENS`].
    pub(crate) fn tokens(&mut self) {
        self.env.extend(
            TOKENS
                .iter()
                .map(|name| ((*name).to_owned(), format!("{DECOY}-{name}"))),
        );
    }

    /// A listening socket at a path below the root of the world; it takes connections as long as the world lives.
    pub(crate) fn socket(&mut self, path: &str) -> std::io::Result<String> {
        let path = self.root().join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        self.listeners.push(UnixListener::bind(&path)?);
        Ok(path.to_string_lossy().into_owned())
    }

    /// A git repository's bare bones: enough for what the host would run or obey.
    pub(crate) fn repository(&self) -> std::io::Result<()> {
        self.file("workspace/.git/HEAD", "ref: refs/heads/main\n")?;
        self.file(
            "workspace/.git/config",
            "[core]\n\trepositoryformatversion = 0\n\tbare = false\n",
        )?;
        self.file("workspace/.git/hooks/pre-push.sample", "#!/bin/sh\n")?;
        self.file("workspace/.git/info/exclude", "")?;
        std::fs::create_dir_all(self.workspace().join(".git/objects"))?;
        std::fs::create_dir_all(self.workspace().join(".git/refs/heads"))
    }

    /// The servers of the network cases on this machine's loopback, for the fenced half.
    pub(crate) fn serve(&mut self) -> std::io::Result<&HostNetwork> {
        self.network = Some(HostNetwork::start()?);
        match &self.network {
            Some(network) => Ok(network),
            None => Err(std::io::Error::other("no network")),
        }
    }

    /// Arguments of the namespace helper for the unfenced half.
    pub(crate) fn own_network(&self) -> Vec<String> {
        let port = self.network.as_ref().map_or(8080, HostNetwork::port);
        vec!["in-own-network".into(), port.to_string()]
    }

    /// Everything below a directory: path to contents, for comparing before with after.
    pub(crate) fn tree(directory: &Path) -> std::io::Result<BTreeMap<PathBuf, String>> {
        let mut found = BTreeMap::new();
        let mut open = vec![directory.to_owned()];
        while let Some(next) = open.pop() {
            for entry in std::fs::read_dir(&next)? {
                let path = entry?.path();
                let kind = path.symlink_metadata()?.file_type();
                let what = if kind.is_symlink() {
                    format!("-> {}", std::fs::read_link(&path)?.display())
                } else if kind.is_dir() {
                    open.push(path.clone());
                    "directory".into()
                } else if kind.is_file() {
                    String::from_utf8_lossy(&std::fs::read(&path)?).into_owned()
                } else {
                    "special".into()
                };
                found.insert(path, what);
            }
        }
        Ok(found)
    }
}
