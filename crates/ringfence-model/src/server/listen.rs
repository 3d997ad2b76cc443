//! Where the server listens: loopback or a unix socket, and nowhere else.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use super::ServeError;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address of loopback; port 0 lets the system choose.
    Tcp(SocketAddr),
    /// A unix socket, for its owner only.
    Unix(PathBuf),
}

pub(crate) enum Listener {
    Tcp(TcpListener, SocketAddr),
    Unix(UnixListener, Removed),
}

impl Listener {
    /// Where it listens; `None` for a unix socket.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(_, address) => Some(*address),
            Self::Unix(..) => None,
        }
    }
}

/// Removes the socket when it is dropped.
pub(crate) struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

pub(crate) fn listen(at: &Listen) -> Result<Listener, ServeError> {
    match at {
        Listen::Tcp(address) => {
            if !address.ip().is_loopback() {
                return Err(ServeError::NotLoopback(*address));
            }
            let failed = |source| ServeError::Listen {
                at: address.to_string(),
                source,
            };
            let listener = TcpListener::bind(address).map_err(failed)?;
            listener.set_nonblocking(true).map_err(failed)?;
            let address = listener.local_addr().map_err(failed)?;
            Ok(Listener::Tcp(listener, address))
        }
        Listen::Unix(path) => {
            let failed = |source| ServeError::Listen {
                at: path.display().to_string(),
                source,
            };
            vacant(path).map_err(failed)?;
            let listener = bind(path).map_err(failed)?;
            listener.set_nonblocking(true).map_err(failed)?;
            Ok(Listener::Unix(listener, Removed(path.clone())))
        }
    }
}

/// Whether nothing is there, or a socket that nobody listens at any more.
fn vacant(path: &Path) -> io::Result<()> {
    let taken = |why| Err(io::Error::new(io::ErrorKind::AddrInUse, why));
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(meta) if !meta.file_type().is_socket() => taken("something else than a socket is there"),
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => taken("another server listens there"),
            Err(_) => Ok(()),
        },
    }
}

/// Binds in a private directory and moves the socket: it is never there with more rights than it is to have.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let parent = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Err(io::ErrorKind::InvalidInput.into()),
    };
    let private = parent.join(format!(".ringfence-{}", std::process::id()));
    std::fs::DirBuilder::new().mode(0o700).create(&private)?;
    let inside = private.join("s");
    let made = (|| {
        let listener = UnixListener::bind(&inside)?;
        std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&inside, path)?;
        Ok(listener)
    })();
    let _ = std::fs::remove_file(&inside);
    let _ = std::fs::remove_dir(&private);
    made
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_loopback_is_listened_at() {
        for bad in [
            "0.0.0.0:0",
            "[::]:0",
            "192.168.1.1:0",
            "10.0.0.1:0",
            "[::ffff:127.0.0.1]:0",
        ] {
            let refused = listen(&Listen::Tcp(bad.parse().unwrap()));
            assert!(matches!(refused, Err(ServeError::NotLoopback(_))), "{bad}");
        }
        assert!(listen(&Listen::Tcp("127.0.0.1:0".parse().unwrap())).is_ok());
    }

    #[test]
    fn a_socket_is_its_owners_and_takes_no_others_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let at = Listen::Unix(path.clone());
        let first = listen(&at).unwrap();
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(listen(&at).is_err());
        drop(first);
        assert!(!path.exists());
        // A socket that a killed server left behind.
        drop(UnixListener::bind(&path).unwrap());
        assert!(listen(&at).is_ok());
        std::fs::write(&path, "mine").unwrap();
        assert!(listen(&at).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
