//! Real credential values: read once at start, held zeroizing, revealed only against a permit of the policy.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use ringfence_policy::RevealPermit;
use ringfence_policy::plan::{Credential, CredentialSource};
use ringfence_store::keys::{Ask, Descriptor, KeyStoreError, Terminal};
use ringfence_store::vault::{self, VaultError};
use zeroize::Zeroizing;

/// Largest credential in bytes.
const VALUE_LIMIT: usize = 64 * 1024;
/// How long a `command` source may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// The descriptor that passphrases are read from. A descriptor is the whole process's, and so is this.
static PASSPHRASES: OnceLock<u32> = OnceLock::new();

/// Has passphrases read from this descriptor, a line each, instead of asked for on the terminal. The first call counts.
pub fn read_passphrases_from(descriptor: u32) {
    PASSPHRASES.get_or_init(|| descriptor);
}

/// Why a credential can not be had.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The variable is unset.
    #[error(
        "credential {name}: the environment variable {variable} is not set; export it, or remove [credentials.{name}]"
    )]
    Unset {
        /// The credential.
        name: String,
        /// The variable.
        variable: String,
    },
    /// The file or command failed.
    #[error("credential {name}: {path}: {source}")]
    Io {
        /// The credential.
        name: String,
        /// File or program.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The command did not end well.
    #[error("credential {name}: {path} {outcome}; its output is not shown")]
    Command {
        /// The credential.
        name: String,
        /// The program.
        path: PathBuf,
        /// Exit status or time-out.
        outcome: String,
    },
    /// The sandbox could change the source.
    #[error(
        "credential {name}: {path} can be written from inside the sandbox (it lies below the grant {grant}); move it, or drop the grant"
    )]
    Exposed {
        /// The credential.
        name: String,
        /// File or program.
        path: PathBuf,
        /// The writable grant.
        grant: PathBuf,
    },
    /// The vault of the named secrets does not open.
    #[error("credential {name}: {source}")]
    Vault {
        /// The credential.
        name: String,
        /// Why.
        source: VaultError,
    },
    /// The vault has no secret of this name.
    #[error(
        "credential {name}: the vault in {path} has no secret {secret}; `ringfence keys set {secret}` keeps one"
    )]
    NoSecret {
        /// The credential.
        name: String,
        /// The secret.
        secret: String,
        /// The vault.
        path: PathBuf,
    },
    /// Empty, too long, or not a header value.
    #[error("credential {name}: the value {why}")]
    Value {
        /// The credential.
        name: String,
        /// What is wrong with it, never the value.
        why: &'static str,
    },
}

/// The values of one session.
pub struct Vault {
    values: BTreeMap<String, Zeroizing<String>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("names", &self.values.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// Reads every credential of the plan. `writable` are the host paths that the sandbox may write, `secrets` the directory of the
    /// vault that named secrets come from.
    ///
    /// # Errors
    /// For the first credential that can not be had, or whose source the sandbox could change.
    pub fn open(
        credentials: &[Credential],
        env: &BTreeMap<String, String>,
        writable: &[PathBuf],
        secrets: &Path,
    ) -> Result<Self, CredentialError> {
        let mut values = BTreeMap::new();
        // Opened for the first credential that needs it, so that a passphrase is asked for once or not at all.
        let mut named = None;
        for credential in credentials {
            let value = read(credential, env, writable, secrets, &mut named)?;
            values.insert(credential.name.clone(), checked(&credential.name, value)?);
        }
        Ok(Self { values })
    }

    /// The value that a permit names.
    pub fn reveal(&self, permit: &RevealPermit) -> Option<Zeroizing<String>> {
        self.values.get(permit.name()).cloned()
    }

    /// Every value, for the audit log's guard and the response scrubber.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Zeroizing<String>)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }
}

fn read(
    credential: &Credential,
    env: &BTreeMap<String, String>,
    writable: &[PathBuf],
    secrets: &Path,
    named: &mut Option<vault::Vault>,
) -> Result<Zeroizing<String>, CredentialError> {
    let name = &credential.name;
    match &credential.source {
        CredentialSource::Env(variable) => match env.get(variable) {
            Some(value) => Ok(Zeroizing::new(value.clone())),
            None => Err(CredentialError::Unset {
                name: name.clone(),
                variable: variable.clone(),
            }),
        },
        CredentialSource::File(path) => {
            refuse_writable(name, path, writable)?;
            let io = |source| CredentialError::Io {
                name: name.clone(),
                path: path.clone(),
                source,
            };
            let mut text = Zeroizing::new(String::new());
            let file = std::fs::File::open(path).map_err(io)?;
            file.take(VALUE_LIMIT as u64 + 1)
                .read_to_string(&mut text)
                .map_err(io)?;
            Ok(text)
        }
        CredentialSource::Command(argv) => run(name, argv, writable),
        CredentialSource::Keys(secret) => {
            let vault = match named {
                Some(vault) => vault,
                None => named.insert(open_secrets(name, secrets)?),
            };
            named_secret(name, secret, vault)
        }
    }
}

/// Opens the vault; a passphrase is asked for on the terminal, before the session takes it over.
fn open_secrets(name: &str, directory: &Path) -> Result<vault::Vault, CredentialError> {
    let failed = |source: VaultError| CredentialError::Vault {
        name: name.to_owned(),
        source,
    };
    let store_failed = |error: KeyStoreError| failed(error.into());
    ringfence_store::keys::harden()
        .map_err(|e| store_failed(KeyStoreError::Failed(e.to_string())))?;
    let ask: Box<dyn Ask> = match PASSPHRASES.get() {
        Some(number) => Box::new(Descriptor::new(*number).map_err(store_failed)?),
        None => Box::new(Terminal),
    };
    vault::Vault::open_placed(directory, ask).map_err(failed)
}

fn named_secret(
    name: &str,
    secret: &str,
    vault: &vault::Vault,
) -> Result<Zeroizing<String>, CredentialError> {
    let value = vault
        .secret(secret)
        .map_err(|source| CredentialError::Vault {
            name: name.to_owned(),
            source,
        })?
        .ok_or_else(|| CredentialError::NoSecret {
            name: name.to_owned(),
            secret: secret.to_owned(),
            path: vault.path().to_owned(),
        })?;
    let text = std::str::from_utf8(&value).map_err(|_| CredentialError::Value {
        name: name.to_owned(),
        why: "is no text",
    })?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Runs an absolute argv without a shell, in `/`, with no environment but PATH and HOME, and takes its output.
fn run(
    name: &str,
    argv: &[String],
    writable: &[PathBuf],
) -> Result<Zeroizing<String>, CredentialError> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(CredentialError::Value {
            name: name.to_owned(),
            why: "has a `command` source with an empty argv",
        });
    };
    let path = PathBuf::from(program);
    refuse_writable(name, &path, writable)?;
    for argument in arguments
        .iter()
        .map(PathBuf::from)
        .filter(|a| a.is_absolute() && a.exists())
    {
        refuse_writable(name, &argument, writable)?;
    }
    let io = |source| CredentialError::Io {
        name: name.to_owned(),
        path: path.clone(),
        source,
    };
    let mut child = Command::new(&path)
        .args(arguments)
        .current_dir("/")
        .env_clear()
        .envs(
            [
                "HOME",
                "PATH",
                "XDG_RUNTIME_DIR",
                "DBUS_SESSION_BUS_ADDRESS",
            ]
            .iter()
            .filter_map(|k| Some((k, std::env::var_os(k)?))),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(io)?;
    let stdout = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut text = Zeroizing::new(String::new());
        let read = stdout.map_or(Ok(0), |out| {
            out.take(VALUE_LIMIT as u64 + 1).read_to_string(&mut text)
        });
        read.map(|_| text)
    });
    let deadline = Instant::now() + COMMAND_LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(io)? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().map_err(io)?;
            child.wait().map_err(io)?;
            let outcome = format!("took longer than {} s", COMMAND_LIMIT.as_secs());
            return Err(CredentialError::Command {
                name: name.to_owned(),
                path,
                outcome,
            });
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        return Err(CredentialError::Command {
            name: name.to_owned(),
            path,
            outcome: format!("ended with {status}"),
        });
    }
    match reader.join() {
        Ok(text) => text.map_err(io),
        Err(_) => Err(CredentialError::Command {
            name: name.to_owned(),
            path,
            outcome: "gave unreadable output".to_owned(),
        }),
    }
}

fn refuse_writable(name: &str, path: &Path, writable: &[PathBuf]) -> Result<(), CredentialError> {
    let real = path.canonicalize().map_err(|source| CredentialError::Io {
        name: name.to_owned(),
        path: path.to_path_buf(),
        source,
    })?;
    // The link itself counts too: whoever can replace it chooses the file.
    let spelled = path
        .parent()
        .and_then(|p| p.canonicalize().ok())
        .map(|p| p.join(path.file_name().unwrap_or_default()));
    let exposed = |grant: &&PathBuf| {
        real.starts_with(grant) || spelled.as_ref().is_some_and(|s| s.starts_with(grant))
    };
    match writable.iter().find(exposed) {
        Some(grant) => Err(CredentialError::Exposed {
            name: name.to_owned(),
            path: path.to_path_buf(),
            grant: grant.clone(),
        }),
        None => Ok(()),
    }
}

fn checked(name: &str, value: Zeroizing<String>) -> Result<Zeroizing<String>, CredentialError> {
    let trimmed = Zeroizing::new(value.trim_end_matches(['\n', '\r']).to_owned());
    let why = if trimmed.is_empty() {
        "is empty"
    } else if trimmed.len() > VALUE_LIMIT {
        "is longer than 64 KiB"
    } else if trimmed.bytes().any(|b| b < 0x20 || b == 0x7f) {
        "holds control characters, so it can not go into a header"
    } else {
        return Ok(trimmed);
    };
    Err(CredentialError::Value {
        name: name.to_owned(),
        why,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(source: CredentialSource) -> Credential {
        Credential {
            name: "k".into(),
            hosts: vec!["a.example".into()],
            env: None,
            placeholder: "{}".into(),
            inject: None,
            source,
        }
    }

    #[test]
    fn a_file_the_sandbox_can_write_is_refused_also_through_a_link() {
        let tmp = tempfile::tempdir().unwrap();
        let root = tmp.path().canonicalize().unwrap();
        let (grant, safe) = (root.join("workspace"), root.join("safe"));
        std::fs::create_dir(&grant).unwrap();
        std::fs::create_dir(&safe).unwrap();
        std::fs::write(safe.join("key"), "value\n").unwrap();
        std::os::unix::fs::symlink(safe.join("key"), grant.join("link")).unwrap();
        let open = |path: PathBuf| {
            Vault::open(
                &[credential(CredentialSource::File(path))],
                &BTreeMap::new(),
                std::slice::from_ref(&grant),
                Path::new("/nowhere"),
            )
        };
        assert!(matches!(
            open(grant.join("link")),
            Err(CredentialError::Exposed { .. })
        ));
        assert_eq!(
            open(safe.join("key"))
                .unwrap()
                .values()
                .next()
                .unwrap()
                .1
                .as_str(),
            "value"
        );
    }

    #[test]
    fn a_command_runs_in_the_root_without_a_shell_and_its_failure_shows_no_output() {
        let command = |argv: &[&str]| {
            let argv = argv.iter().map(|s| (*s).to_owned()).collect();
            Vault::open(
                &[credential(CredentialSource::Command(argv))],
                &BTreeMap::new(),
                &[],
                Path::new("/nowhere"),
            )
        };
        assert_eq!(
            command(&["/bin/pwd"])
                .unwrap()
                .values()
                .next()
                .unwrap()
                .1
                .as_str(),
            "/"
        );
        assert_eq!(
            command(&["/bin/echo", "$HOME;id"])
                .unwrap()
                .values()
                .next()
                .unwrap()
                .1
                .as_str(),
            "$HOME;id"
        );
        let error = command(&["/bin/sh", "-c", "echo s3cret; exit 3"])
            .unwrap_err()
            .to_string();
        assert!(!error.contains("s3cret") && error.contains('3'), "{error}");
    }

    #[test]
    fn an_unset_variable_and_a_value_with_a_newline_are_errors() {
        let env = BTreeMap::from([("K".to_owned(), "a\nb".to_owned())]);
        let open = |v: &str| {
            let one = [credential(CredentialSource::Env(v.into()))];
            Vault::open(&one, &env, &[], Path::new("/nowhere"))
        };
        assert!(matches!(open("NOPE"), Err(CredentialError::Unset { .. })));
        assert!(matches!(open("K"), Err(CredentialError::Value { .. })));
    }
}
