//! Signed checkpoints: "event N of session S had hash H", with Ed25519, in a file beside the log.
//!
//! The chain alone shows an edit, not a cut tail or a file recomputed from some event on. A checkpoint shows both, as long as the
//! key, or a copy of the checkpoint on another machine (a sink), is out of the forger's reach.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use rustix::fs::{AtFlags, Mode, OFlags};
use serde::{Deserialize, Serialize};

use crate::{files, hex};

const DOMAIN: &str = "ringfence audit checkpoint 1";
const KEY_FILE: &str = "audit-key.der";
const PUBLIC_FILE: &str = "audit-key.pub";
/// PKCS#8 of an Ed25519 key is under 100 bytes.
const MAX_KEY: u64 = 1024;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or made.
    #[error("audit key in {path}: {source}")]
    Io {
        /// Directory or file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The file holds no key of ours, or others may read it.
    #[error("audit key {path}: {why}")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: &'static str,
    },
}

/// The public half, to check signatures with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads the 64 hexadecimal digits that [`SigningKey::load_or_create`] leaves in `audit-key.pub`.
    ///
    /// # Errors
    /// The file can not be read or holds something else.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = read(path).map_err(|source| KeyError::Io {
            path: path.to_owned(),
            source,
        })?;
        let unfit = KeyError::Unfit {
            path: path.to_owned(),
            why: "not 64 hexadecimal digits",
        };
        std::str::from_utf8(&text)
            .ok()
            .and_then(|text| Self::parse(text.trim_end()))
            .ok_or(unfit)
    }

    /// The public key in the state directory where [`SigningKey::load_or_create`] put it.
    ///
    /// # Errors
    /// As [`PublicKey::load`].
    pub fn load_from_state(dir: &Path) -> Result<Self, KeyError> {
        Self::load(&dir.join(PUBLIC_FILE))
    }

    /// From 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode(text).map(PublicKey)
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

/// The key that signs checkpoints.
pub struct SigningKey {
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// Loads `DIR/audit-key.der` (0600, PKCS#8), or makes it and `audit-key.pub` beside it.
    ///
    /// # Errors
    /// The directory belongs to somebody else, others may read the key, or it is no Ed25519 key.
    pub fn load_or_create(dir: &Path) -> Result<Self, KeyError> {
        let io = |source| KeyError::Io {
            path: dir.to_owned(),
            source,
        };
        let directory = files::private_directory(dir).map_err(io)?;
        let path = dir.join(KEY_FILE);
        match read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let pair = Ed25519KeyPair::generate()
                    .map_err(|_| io(std::io::Error::other("no random numbers")))?;
                let der = pair
                    .to_pkcs8v1()
                    .map_err(|_| io(std::io::Error::other("the key can not be encoded")))?;
                publish(&directory, KEY_FILE, der.as_ref()).map_err(io)?;
            }
            Err(e) => return Err(io(e)),
            Ok(_) => {}
        }
        // Read back also after making it: another session may have been first.
        let unfit = |why| KeyError::Unfit {
            path: path.clone(),
            why,
        };
        let meta = std::fs::symlink_metadata(&path).map_err(io)?;
        if meta.mode() & 0o077 != 0 || meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(unfit("must be readable by its owner only (chmod 600)"));
        }
        let der = read(&path).map_err(io)?;
        let pair =
            Ed25519KeyPair::from_pkcs8(&der).map_err(|_| unfit("no Ed25519 key in PKCS#8"))?;
        let key = SigningKey { pair };
        if !dir.join(PUBLIC_FILE).exists() {
            publish(
                &directory,
                PUBLIC_FILE,
                format!("{}\n", key.public()).as_bytes(),
            )
            .map_err(io)?;
        }
        Ok(key)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey(bytes)
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    files::open_regular(path)?
        .take(MAX_KEY)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Makes a file with its contents in one step; one that exists already stays as it is.
fn publish(directory: &File, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = format!(".{name}.{}", std::process::id());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(
        directory,
        temporary.as_str(),
        flags,
        Mode::RUSR | Mode::WUSR,
    )?);
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let linked = match written {
        Ok(()) => match rustix::fs::linkat(
            directory,
            temporary.as_str(),
            directory,
            name,
            AtFlags::empty(),
        ) {
            Err(rustix::io::Errno::EXIST) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error),
    };
    rustix::fs::unlinkat(directory, temporary.as_str(), AtFlags::empty())?;
    linked
}

/// One signed statement about a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The session.
    pub session: String,
    /// Number of the event.
    pub seq: u64,
    /// Its hash in hexadecimal; covers all events before it.
    pub hash: String,
    /// Milliseconds since the Unix epoch.
    pub time: u64,
    /// No event follows: the log was closed here.
    pub last: bool,
    /// Public key in hexadecimal.
    pub key: String,
    /// Ed25519 signature in hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    fn message(&self) -> String {
        format!(
            "{DOMAIN}\n{}\n{}\n{}\n{}\n{}\n",
            self.session, self.seq, self.hash, self.time, self.last
        )
    }

    /// Whether the signature is that of `key`.
    pub fn signed_by(&self, key: &PublicKey) -> bool {
        hex::decode::<64>(&self.signature).is_some_and(|signature| {
            UnparsedPublicKey::new(&ED25519, key.0)
                .verify(self.message().as_bytes(), &signature)
                .is_ok()
        })
    }
}

/// Where the checkpoints of a log are: `SESSION.checkpoints` beside `SESSION.jsonl`.
pub fn checkpoint_path(log: &Path) -> PathBuf {
    log.with_extension("checkpoints")
}

/// The checkpoint file of an open log.
pub(crate) struct CheckpointFile {
    file: File,
    session: String,
    key: SigningKey,
    public: String,
}

impl CheckpointFile {
    pub(crate) fn create(
        directory: &File,
        session: &str,
        key: SigningKey,
    ) -> std::io::Result<Self> {
        let file = files::new_append(directory, &format!("{session}.checkpoints"))?;
        let public = key.public().to_string();
        Ok(CheckpointFile {
            file,
            session: session.to_owned(),
            key,
            public,
        })
    }

    /// Signs and writes one checkpoint; returns its line.
    pub(crate) fn sign(
        &mut self,
        seq: u64,
        hash: &str,
        time: u64,
        last: bool,
    ) -> std::io::Result<String> {
        let mut checkpoint = Checkpoint {
            session: self.session.clone(),
            seq,
            hash: hash.to_owned(),
            time,
            last,
            key: self.public.clone(),
            signature: String::new(),
        };
        checkpoint.signature =
            hex::encode(self.key.pair.sign(checkpoint.message().as_bytes()).as_ref());
        let mut line = serde_json::to_string(&checkpoint)?;
        line.push('\n');
        self.file.write_all(line.as_bytes())?;
        Ok(line)
    }
}
