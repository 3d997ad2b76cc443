//! Who a server is: its Ed25519 key, with which it signs statements about runners and by which clients know it again.
//!
//! It is kept as an SSH host key is: 32 bytes in a file that is its owner's alone. It protects no conversation; who has it can pretend
//! to be this server where clients look for it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ringfence_seal::{SealError, ServerKey};
use zeroize::Zeroizing;

use crate::own;

/// The file, in the directory of the server's state.
const FILE: &str = "identity";
/// Bytes of it.
const SEED: usize = 32;

/// Why a server has no identity. It does not take another one then.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It can not be read or written.
    #[error("the server's identity {path}: {source}")]
    File {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others could have read or changed it.
    #[error(
        "the server's identity {path} is {found}: it has to be a file of your own with mode 0600. If nobody else can have read it, `chmod 600` it; otherwise remove it, and clients are told of a new server"
    )]
    Exposed {
        /// Where.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// It is no key.
    #[error(
        "the server's identity {path} has {found} bytes and not {SEED}: restore it, or remove it, and clients are told of a new server"
    )]
    Damaged {
        /// Where.
        path: PathBuf,
        /// Its length.
        found: u64,
    },
    /// No key could be made.
    #[error("the server's identity: {0}")]
    Key(#[from] SealError),
}

/// The key in this directory, which is made, with the directory, when there is none.
///
/// # Errors
/// [`IdentityError`].
pub fn open(directory: &Path) -> Result<ServerKey, IdentityError> {
    let path = directory.join(FILE);
    let failed = |source| IdentityError::File {
        path: path.clone(),
        source,
    };
    let look = || own::open(&path, OpenOptions::new().read(true));
    let mut file = match look() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(directory, &path).map_err(failed)?;
            look().map_err(failed)?
        }
        opened => opened.map_err(failed)?,
    };
    let meta = file.metadata().map_err(failed)?;
    let user = rustix::process::geteuid().as_raw();
    if meta.uid() != user || meta.mode() & 0o077 != 0 {
        let found = format!(
            "of user {} with mode {:04o}",
            meta.uid(),
            meta.mode() & 0o7777
        );
        return Err(IdentityError::Exposed { path, found });
    }
    if meta.len() != SEED as u64 {
        let found = meta.len();
        return Err(IdentityError::Damaged { path, found });
    }
    let mut seed = Zeroizing::new([0; SEED]);
    file.read_exact(&mut *seed).map_err(failed)?;
    Ok(ServerKey::from_seed(&seed)?)
}

/// Writes a fresh key beside and links it: another server that starts at the same time gets the same one.
fn make(directory: &Path, path: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let seed = ServerKey::fresh_seed().map_err(io::Error::other)?;
    let beside = directory.join(format!(".{FILE}-{}", std::process::id()));
    let _ = std::fs::remove_file(&beside);
    let made = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(&*seed)?;
        file.sync_all()?;
        match std::fs::hard_link(&beside, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => File::open(directory)?.sync_all(),
        }
    })();
    let _ = std::fs::remove_file(&beside);
    made
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_identity_stays_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("model");
        let first = open(&place).unwrap().identity();
        assert_eq!(open(&place).unwrap().identity(), first);
        let file = place.join(FILE);
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1);
        let other = dir.path().join("other");
        assert_ne!(open(&other).unwrap().identity(), first);
        for mode in [0o640, 0o604, 0o660] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let refused = open(&place).err().unwrap();
            assert!(
                matches!(refused, IdentityError::Exposed { .. }),
                "{refused}"
            );
        }
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&file, [1; 31]).unwrap();
        assert!(matches!(open(&place), Err(IdentityError::Damaged { .. })));
        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(other.join(FILE), &file).unwrap();
        assert!(matches!(open(&place), Err(IdentityError::File { .. })));
        // A pipe is not waited for.
        std::fs::remove_file(&file).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &file, 0o600.into()).unwrap();
        let refused = open(&place).err().unwrap().to_string();
        assert!(refused.contains("no regular file"), "{refused}");
    }
}
