//! What is pinned of a server, in a file a server, which is its owner's alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ringfence_seal::{Digest, Pin};
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::limits;
use crate::own;

/// Why what is pinned can not be read or kept. Nothing is sent to the server then.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// It can not be read or written.
    #[error("what is known of the server, {path}: {source}")]
    File {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else could have written it.
    #[error(
        "what is known of the server, {0}, has to be a file of your own that nobody else may write: look who could, `chmod 600` it, or remove it to meet the server anew"
    )]
    Exposed(PathBuf),
    /// It is no pin, or that of another server.
    #[error(
        "what is known of the server, {path}, can not be read: {why}; restore it, or remove it to meet the server anew"
    )]
    Damaged {
        /// Where.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// What is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    url: String,
    pin: Pin,
}

/// The pin of one server.
#[derive(Debug, Clone)]
pub struct Pins {
    directory: PathBuf,
    path: PathBuf,
    url: String,
}

/// While this is there, no other process changes the pin.
pub(crate) struct Held {
    pins: Pins,
    _lock: File,
}

impl Pins {
    /// Of this server, below this directory. Touches nothing.
    pub fn new(directory: PathBuf, server: &Address) -> Self {
        let url = server.to_string();
        let name = Digest::of(url.as_bytes()).to_string();
        let name: String = name.chars().skip("sha256:".len()).take(16).collect();
        Self {
            path: directory.join(format!("{name}.json")),
            directory,
            url,
        }
    }

    fn failed(&self, source: io::Error) -> PinError {
        PinError::File {
            path: self.path.clone(),
            source,
        }
    }

    /// Waits for other processes that change it, for [`limits::LOCK_TIME`] at most.
    pub(crate) fn hold(&self) -> Result<Held, PinError> {
        let path = self.path.with_extension("lock");
        let open = || {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.directory)?;
            let mut options = OpenOptions::new();
            options.create(true).truncate(false).read(true).write(true);
            let lock = own::open(&path, options.mode(0o600))?;
            let until = Instant::now() + limits::LOCK_TIME;
            loop {
                match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
                    Ok(()) => return Ok(lock),
                    Err(Errno::WOULDBLOCK) if Instant::now() < until => {
                        std::thread::sleep(Duration::from_millis(10));
                    }
                    Err(Errno::WOULDBLOCK) => {
                        return Err(io::Error::other("another process holds it; stop that one"));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        };
        match open() {
            Ok(lock) => Ok(Held {
                pins: self.clone(),
                _lock: lock,
            }),
            Err(source) => Err(PinError::File { path, source }),
        }
    }

    /// What is pinned, if the server was met.
    ///
    /// # Errors
    /// [`PinError`].
    pub fn read(&self) -> Result<Option<Pin>, PinError> {
        let file = match own::open(&self.path, OpenOptions::new().read(true)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|e| self.failed(e))?,
        };
        let meta = file.metadata().map_err(|e| self.failed(e))?;
        let user = rustix::process::geteuid().as_raw();
        if meta.uid() != user || meta.mode() & 0o022 != 0 {
            return Err(PinError::Exposed(self.path.clone()));
        }
        let damaged = |why: String| PinError::Damaged {
            path: self.path.clone(),
            why,
        };
        let mut text = String::new();
        file.take(limits::PINS_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(|e| damaged(e.to_string()))?;
        if text.len() as u64 > limits::PINS_BYTES {
            return Err(damaged(format!("more than {} bytes", limits::PINS_BYTES)));
        }
        let kept: Kept = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        if kept.url != self.url {
            return Err(damaged("it is that of another server".into()));
        }
        Ok(Some(kept.pin))
    }

    /// Forgets one model, or the server with all its models. Says whether there was anything.
    ///
    /// # Errors
    /// [`PinError`].
    pub fn forget(&self, model: Option<&str>) -> Result<bool, PinError> {
        let held = self.hold()?;
        match model {
            None => match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                removed => removed.map(|()| true).map_err(|e| self.failed(e)),
            },
            Some(model) => {
                let Some(mut pin) = self.read()? else {
                    return Ok(false);
                };
                let was = pin.forget(model);
                if was {
                    held.write(&pin)?;
                }
                Ok(was)
            }
        }
    }
}

impl Held {
    pub(crate) fn read(&self) -> Result<Option<Pin>, PinError> {
        self.pins.read()
    }

    /// Keeps it, in one step.
    pub(crate) fn write(&self, pin: &Pin) -> Result<(), PinError> {
        let pins = &self.pins;
        let kept = Kept {
            url: pins.url.clone(),
            pin: pin.clone(),
        };
        let text = serde_json::to_vec_pretty(&kept).map_err(|e| pins.failed(e.into()))?;
        let beside = pins.path.with_extension("new");
        let write = || {
            let _ = std::fs::remove_file(&beside);
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&beside)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&beside, &pins.path)?;
            File::open(&pins.directory)?.sync_all()
        };
        write().map_err(|e| pins.failed(e))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use ringfence_seal::{ServerIdentity, UnixTime};

    use super::*;

    #[test]
    fn a_pin_is_kept_a_server_and_read_strictly() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("connect");
        let of = |url: &str| Pins::new(place.clone(), &url.parse().unwrap());
        let (one, two) = (of("http://127.0.0.1:1"), of("http://127.0.0.1:2"));
        assert!(one.read().unwrap().is_none() && !one.forget(None).unwrap());
        let pin = Pin::new(ServerIdentity([7; 32]), UnixTime(5));
        one.hold().unwrap().write(&pin).unwrap();
        assert_eq!(one.read().unwrap(), Some(pin));
        assert!(two.read().unwrap().is_none());
        assert_eq!(one.path.metadata().unwrap().mode() & 0o777, 0o600);
        // That of one server in the place of another's.
        std::fs::copy(&one.path, &two.path).unwrap();
        assert!(matches!(two.read(), Err(PinError::Damaged { .. })));
        std::fs::write(&two.path, "{").unwrap();
        assert!(matches!(two.read(), Err(PinError::Damaged { .. })));
        std::fs::set_permissions(&one.path, std::fs::Permissions::from_mode(0o620)).unwrap();
        assert!(matches!(one.read(), Err(PinError::Exposed(_))));
        assert!(one.forget(None).unwrap());
        std::os::unix::fs::symlink(&two.path, &one.path).unwrap();
        assert!(matches!(one.read(), Err(PinError::File { .. })));
    }

    #[test]
    fn a_pipe_or_a_lock_in_the_way_is_refused_and_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let pins = Pins::new(dir.path().into(), &"http://127.0.0.1:1".parse().unwrap());
        let lock = pins.path.with_extension("lock");
        let refused = |error: Option<PinError>, path: &std::path::Path, why: &str| {
            let error = error.unwrap().to_string();
            let path = path.display().to_string();
            assert!(error.contains(why) && error.contains(&path), "{error}");
        };
        for path in [&pins.path, &lock] {
            rustix::fs::mkfifoat(rustix::fs::CWD, path, 0o600.into()).unwrap();
        }
        refused(pins.read().err(), &pins.path, "no regular file");
        refused(pins.hold().err(), &lock, "no regular file");
        std::fs::remove_file(&lock).unwrap();
        let held = pins.hold().unwrap();
        refused(pins.hold().err(), &lock, "another process holds it");
        drop(held);
        assert!(pins.hold().is_ok());
    }
}
