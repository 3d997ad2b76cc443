//! The ring in a file (0600) whose key this machine's TPM 2.0 gives back: `ring.tpm` in the directory of the vault.
//!
//! ```text
//! magic 8 | public length u16 | private length u16 | public | private | nonce 12 | ring, sealed under the key | tag 16
//! ```
//!
//! The key goes in and out of tpm2-tools through pipes. The storage key is made anew from the TPM's own seed each time, so nothing
//! is kept inside the TPM and nothing of it runs out.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::limits::MAX_TPM;
use super::sealed_file::read_private;
use super::{KEY, KeyStore, KeyStoreError, SecretKey, StoreKind};
use crate::files;
use crate::limits::MAX_TPM_PART;
use crate::tpm::{Tools, TpmError};
use crate::vault::{Deriver, Host, open_sealed, replace, seal};

const MAGIC: &[u8; 8] = b"RFTPMKEY";
const NAME: &str = "ring.tpm";
const HEAD: usize = 12;

/// A file that only this machine's TPM opens.
pub struct TpmStore {
    directory: PathBuf,
    /// The TPM's two parts and the key that they stand for.
    unlocked: Option<(Vec<u8>, SecretKey)>,
}

impl TpmStore {
    /// The file of this directory.
    pub fn new(directory: &Path) -> Self {
        TpmStore {
            directory: directory.to_owned(),
            unlocked: None,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    /// Has the TPM seal a new random key.
    fn make(&self) -> Result<(Vec<u8>, SecretKey), KeyStoreError> {
        let key = SecretKey::random()?;
        let tools = Tools::new(&self.directory)?;
        primary(&tools)?;
        tools.run(
            "tpm2_create",
            &[
                "-C",
                &tools.file("primary"),
                "-i",
                "-",
                "-u",
                &tools.file("public"),
                "-r",
                &tools.file("private"),
            ],
            Some(key.expose()),
        )?;
        let mut head = MAGIC.to_vec();
        let mut body = Vec::new();
        for name in ["public", "private"] {
            let part = tools.read(name)?;
            let length = u16::try_from(part.len())
                .map_err(|_| failed("the TPM gave more than a sealed key"))?;
            head.extend_from_slice(&length.to_be_bytes());
            body.extend_from_slice(&part);
        }
        head.extend_from_slice(&body);
        Ok((head, key))
    }

    /// Has the TPM give back the key of these parts.
    fn unseal(&self, public: &[u8], private: &[u8]) -> Result<SecretKey, KeyStoreError> {
        let tools = Tools::new(&self.directory)?;
        primary(&tools)?;
        for (name, bytes) in [("public", public), ("private", private)] {
            std::fs::write(tools.file(name), bytes).map_err(|e| failed(&e.to_string()))?;
        }
        tools.run(
            "tpm2_load",
            &[
                "-C",
                &tools.file("primary"),
                "-u",
                &tools.file("public"),
                "-r",
                &tools.file("private"),
                "-c",
                &tools.file("sealed"),
            ],
            None,
        )
        .map_err(|error| match error {
            TpmError::Refused { .. } => KeyStoreError::Damaged(format!(
                "this machine's TPM does not know the key in {}: the file is of another machine, was changed, or the TPM was cleared",
                self.path().display()
            )),
            error => error.into(),
        })?;
        tools.flush();
        let out = tools.run("tpm2_unseal", &["-c", &tools.file("sealed")], None)?;
        let mut key = SecretKey::zero()?;
        if out.len() != KEY {
            return Err(failed("the TPM gave no key"));
        }
        key.expose_mut().copy_from_slice(&out);
        Ok(key)
    }
}

fn failed(why: &str) -> KeyStoreError {
    KeyStoreError::Failed(why.to_owned())
}

/// Makes the storage key anew.
fn primary(tools: &Tools) -> Result<(), TpmError> {
    let context = tools.file("primary");
    let made = ["-Q", "-C", "o", "-G", "ecc", "-g", "sha256", "-c", &context];
    tools.run("tpm2_createprimary", &made, None)?;
    tools.flush();
    Ok(())
}

impl From<TpmError> for KeyStoreError {
    fn from(error: TpmError) -> Self {
        match error {
            error @ TpmError::Files { .. } => Self::Failed(error.to_string()),
            error => Self::Gone(error.to_string()),
        }
    }
}

/// Public part, private part, and what is sealed under the key.
fn split(file: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let length = |at: usize| {
        Some(usize::from(u16::from_be_bytes(
            file.get(at..at + 2)?.try_into().ok()?,
        )))
    };
    let (public, private) = (length(8)?, length(10)?);
    if !file.starts_with(MAGIC) || public > MAX_TPM_PART || private > MAX_TPM_PART {
        return None;
    }
    let (public_part, rest) = file.get(HEAD..)?.split_at_checked(public)?;
    let (private_part, sealed) = rest.split_at_checked(private)?;
    Some((public_part, private_part, sealed))
}

fn cipher(key: &SecretKey) -> Result<aws_lc_rs::aead::LessSafeKey, KeyStoreError> {
    Deriver::new(key, MAGIC)
        .aead(&[b"ringfence tpm 1"])
        .map_err(|_| failed("the cryptographic library failed"))
}

impl KeyStore for TpmStore {
    fn kind(&self) -> StoreKind {
        StoreKind::Tpm
    }

    fn place(&self) -> String {
        format!("{}, sealed by this machine's TPM", self.path().display())
    }

    fn load(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        let Some(file) = read_private(&self.path(), MAX_TPM)? else {
            return Ok(None);
        };
        let path = self.path();
        let damaged = || KeyStoreError::Damaged(format!("{} was changed or cut", path.display()));
        let (public, private, sealed) = split(&file).ok_or_else(damaged)?;
        let head = &file[..file.len() - sealed.len()];
        let known = self
            .unlocked
            .as_ref()
            .is_some_and(|(known, _)| known == head);
        if !known {
            let key = self.unseal(public, private)?;
            self.unlocked = Some((head.to_vec(), key));
        }
        let (_, key) = self.unlocked.as_ref().ok_or_else(damaged)?;
        open_sealed(&cipher(key)?, sealed, head)
            .map(Some)
            .map_err(|_| damaged())
    }

    fn save(&mut self, ring: &[u8]) -> Result<(), KeyStoreError> {
        if self.unlocked.is_none() {
            self.unlocked = Some(self.make()?);
        }
        let Some((head, key)) = &self.unlocked else {
            return Err(failed("no key"));
        };
        let mut bytes = head.clone();
        let sealed = seal(&cipher(key)?, ring, head).map_err(|_| failed("no random numbers"))?;
        bytes.extend_from_slice(&sealed);
        let io = |e: std::io::Error| failed(&format!("{}: {e}", self.path().display()));
        let directory = files::private_directory(&self.directory).map_err(io)?;
        replace(&Host, &directory, NAME, &bytes).map_err(io)
    }

    fn delete(&mut self) -> Result<(), KeyStoreError> {
        match std::fs::remove_file(self.path()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(&e.to_string())),
            _ => Ok(()),
        }
    }
}
