//! The ring in a file (0600) whose key this machine's TPM 2.0 gives back: `ring.tpm` in the directory of the vault.
//!
//! ```text
//! magic 8 | public length u16 | private length u16 | public | private | nonce 12 | ring, sealed under the key | tag 16
//! ```
//!
//! The TPM is spoken to through the programs of tpm2-tools, which are on every distribution; the key goes in and out through pipes.
//! The storage key is made anew from the TPM's own seed each time, so nothing is kept inside the TPM and nothing of it runs out.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::limits::{MAX_TPM, MAX_TPM_MESSAGE, MAX_TPM_PART};
use super::sealed_file::read_private;
use super::{KEY, KeyStore, KeyStoreError, SecretKey, StoreKind};
use crate::files;
use crate::vault::{Deriver, Host, open_sealed, random, replace, seal};

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
        let work = Work::new(&self.directory)?;
        work.primary()?;
        let (public, private) = (work.file("public"), work.file("private"));
        work.run(
            "tpm2_create",
            &[
                "-C",
                &work.file("primary"),
                "-i",
                "-",
                "-u",
                &public,
                "-r",
                &private,
            ],
            Some(key.expose()),
        )?;
        let mut head = MAGIC.to_vec();
        let mut body = Vec::new();
        for name in [public, private] {
            let part = std::fs::read(&name).map_err(|e| failed(&format!("{name}: {e}")))?;
            let length = u16::try_from(part.len())
                .ok()
                .filter(|n| usize::from(*n) <= MAX_TPM_PART)
                .ok_or_else(|| failed("the TPM gave more than a sealed key"))?;
            head.extend_from_slice(&length.to_be_bytes());
            body.extend_from_slice(&part);
        }
        head.extend_from_slice(&body);
        Ok((head, key))
    }

    /// Has the TPM give back the key of these parts.
    fn unseal(&self, public: &[u8], private: &[u8]) -> Result<SecretKey, KeyStoreError> {
        let work = Work::new(&self.directory)?;
        work.primary()?;
        for (name, bytes) in [("public", public), ("private", private)] {
            std::fs::write(work.file(name), bytes).map_err(|e| failed(&e.to_string()))?;
        }
        work.run(
            "tpm2_load",
            &[
                "-C",
                &work.file("primary"),
                "-u",
                &work.file("public"),
                "-r",
                &work.file("private"),
                "-c",
                &work.file("sealed"),
            ],
            None,
        )
        .map_err(|_| {
            KeyStoreError::Damaged(format!(
                "this machine's TPM does not know the key in {}: the file is of another machine, was changed, or the TPM was cleared",
                self.path().display()
            ))
        })?;
        work.flush();
        let out = work.run("tpm2_unseal", &["-c", &work.file("sealed")], None)?;
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

/// A private directory for the files that tpm2-tools exchange; they hold no plain secret.
struct Work(PathBuf);

impl Work {
    fn new(directory: &Path) -> Result<Self, KeyStoreError> {
        let random: [u8; 8] = random().map_err(|_| failed("no random numbers"))?;
        let path = directory.join(format!(".tpm-{}", crate::hex::encode(&random)));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|e| failed(&format!("{}: {e}", path.display())))?;
        Ok(Work(path))
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    fn primary(&self) -> Result<(), KeyStoreError> {
        let context = self.file("primary");
        self.run(
            "tpm2_createprimary",
            &["-Q", "-C", "o", "-G", "ecc", "-g", "sha256", "-c", &context],
            None,
        )?;
        self.flush();
        Ok(())
    }

    /// A TPM that is used without a resource manager keeps what was loaded, and has room for three objects; what a program needs
    /// again it loads from the file that it was saved to.
    fn flush(&self) {
        // Where it fails, the next step says what is wrong.
        let _ = self.run("tpm2_flushcontext", &["-t"], None);
    }

    /// Runs one of tpm2-tools; a secret goes in by its standard input and comes out by its standard output.
    fn run(
        &self,
        program: &str,
        arguments: &[&str],
        input: Option<&[u8]>,
    ) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        let gone =
            |e: std::io::Error| KeyStoreError::Gone(format!("{program}: {e}; install tpm2-tools"));
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(gone)?;
        let broken = |e: std::io::Error| failed(&format!("{program}: {e}"));
        if let Some(mut stdin) = child.stdin.take() {
            let given = stdin.write_all(input.unwrap_or_default());
            // A program that fails early reads nothing; its own message says why.
            if let Err(error) = given
                && error.kind() != std::io::ErrorKind::BrokenPipe
            {
                return Err(broken(error));
            }
        }
        let mut out = Zeroizing::new(Vec::with_capacity(MAX_TPM_PART));
        if let Some(stdout) = child.stdout.take() {
            stdout
                .take(MAX_TPM_PART as u64)
                .read_to_end(&mut out)
                .map_err(broken)?;
        }
        let mut message = String::new();
        if let Some(stderr) = child.stderr.take() {
            // It may be cut in the middle of a character; then there is no message.
            let _ = stderr.take(MAX_TPM_MESSAGE).read_to_string(&mut message);
        }
        if !child.wait().map_err(broken)?.success() {
            let first = message
                .lines()
                .find(|line| line.contains("ERROR"))
                .unwrap_or("it failed");
            return Err(KeyStoreError::Gone(format!("{program}: {first}")));
        }
        Ok(out)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.flush();
        let _ = std::fs::remove_dir_all(&self.0);
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
