//! The supervisor's side of the approvals socket.

use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringfence_policy::Answer;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use super::{FromClient, FromServer, VERSION, Via, socket_path};
use crate::prompt::desk::{Attached, Desk};
use crate::prompt::limits::{CLIENT_WRITE_TIMEOUT, MAX_CLIENT_LINE, MAX_CLIENTS, SWEEP_AGE};

/// Why the socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The session's id is not one.
    #[error("not a session id")]
    Session,
    /// The directory belongs to someone else or is open to others.
    #[error("{0} is not a private directory of yours (mode 0700)")]
    Directory(PathBuf),
    /// The path is longer than a unix socket's may be (107 bytes).
    #[error("{0} is too long for a socket")]
    TooLong(PathBuf),
    /// The system said no.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
}

/// The socket while it exists; dropping it removes it.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    listener: UnixListener,
    session: String,
    tool: String,
}

impl Server {
    /// Makes the directory (0700) and the socket (0600). Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`ServeError`]: a directory that others can enter is refused, not mended.
    pub fn bind(dir: &Path, session: &str, tool: &str) -> Result<Self, ServeError> {
        let path = socket_path(dir, session).ok_or(ServeError::Session)?;
        if path.as_os_str().len() > 107 {
            return Err(ServeError::TooLong(path));
        }
        private_directory(dir)?;
        sweep(dir);
        let fail = |e| ServeError::Io(path.clone(), e);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(fail(e)),
            _ => {}
        }
        // Between bind and chmod the directory's 0700 keeps others out.
        let listener = UnixListener::bind(&path).map_err(fail)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(fail)?;
        Ok(Self {
            path: path.clone(),
            listener,
            session: session.to_owned(),
            tool: tool.to_owned(),
        })
    }

    /// Where the socket is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Serves clients until `stop`; then removes the socket.
    pub async fn run(self, desk: Arc<Desk>, stop: CancellationToken) {
        let clients = Arc::new(AtomicUsize::new(0));
        loop {
            let stream = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    // Out of descriptors, most likely: wait instead of spinning.
                    Err(_) => {
                        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let hello = FromServer::Hello {
                version: VERSION,
                session: self.session.clone(),
                tool: self.tool.clone(),
                pid: std::process::id(),
            };
            let (desk, clients, stop) = (Arc::clone(&desk), Arc::clone(&clients), stop.clone());
            tokio::spawn(async move {
                let count = clients.fetch_add(1, Ordering::SeqCst);
                let talk = async {
                    if count >= MAX_CLIENTS {
                        refuse(stream, "too many clients").await;
                    } else if stream.peer_cred().ok().map(|c| c.uid())
                        != Some(rustix::process::geteuid().as_raw())
                    {
                        refuse(stream, "not your session").await;
                    } else {
                        talk(stream, hello, desk).await;
                    }
                };
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = talk => {}
                }
                clients.fetch_sub(1, Ordering::SeqCst);
            });
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn private_directory(dir: &Path) -> Result<(), ServeError> {
    let fail = |e| ServeError::Io(dir.to_owned(), e);
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(fail)?;
    let meta = std::fs::symlink_metadata(dir).map_err(fail)?;
    let ours = meta.is_dir()
        && meta.uid() == rustix::process::geteuid().as_raw()
        && meta.mode() & 0o077 == 0;
    if ours {
        Ok(())
    } else {
        Err(ServeError::Directory(dir.to_owned()))
    }
}

/// Removes the sockets of sessions that were killed: nobody listens on them, and they are not just being made.
fn sweep(dir: &Path) {
    for session in super::client::sessions(dir) {
        let Some(path) = socket_path(dir, &session) else {
            continue;
        };
        let old = std::fs::symlink_metadata(&path)
            .and_then(|m| m.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > SWEEP_AGE));
        let dead = || {
            std::os::unix::net::UnixStream::connect(&path)
                .is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused)
        };
        if old && dead() {
            let _ = std::fs::remove_file(&path);
        }
    }
}

async fn refuse(stream: UnixStream, why: &str) {
    let (_, mut out) = stream.into_split();
    let _ = send(
        &mut out,
        &FromServer::Refused {
            why: why.to_owned(),
        },
    )
    .await;
}

/// One client: lines in, lines out, until either side has enough.
async fn talk(stream: UnixStream, hello: FromServer, desk: Arc<Desk>) {
    let (input, mut out) = stream.into_split();
    let mut input = BufReader::new(input);
    let mut changes = desk.changes();
    changes.mark_changed();
    let mut attached: Option<Attached> = None;
    let mut via = Via::Approvals;
    let mut line = Vec::new();
    if send(&mut out, &hello).await.is_err() {
        return;
    }
    loop {
        let reply = tokio::select! {
            changed = changes.changed() => match changed {
                Ok(()) => FromServer::Pending(desk.pending()),
                Err(_) => return,
            },
            read = read_line(&mut input, &mut line) => match read.as_ref().map(|()| serde_json::from_slice(&line)) {
                Ok(Ok(FromClient::Attach { via: kind })) => {
                    line.clear();
                    via = kind;
                    attached.get_or_insert_with(|| desk.attach());
                    continue;
                }
                Ok(Ok(FromClient::Answer { id, grant, scope })) => {
                    line.clear();
                    match desk.answer(id, Answer { grant, scope }, via.as_str()).await {
                        Ok(note) => FromServer::Taken { id, error: None, note },
                        Err(e) => FromServer::Taken { id, error: Some(e.to_string()), note: None },
                    }
                }
                Ok(Err(_)) => {
                    let _ = send(&mut out, &FromServer::Refused { why: "not a message".to_owned() }).await;
                    return;
                }
                Err(_) => return,
            },
        };
        if send(&mut out, &reply).await.is_err() {
            return;
        }
    }
}

/// Reads on until `line` holds a whole line. Safe to cancel: what was read stays in `line`.
async fn read_line(
    input: &mut BufReader<tokio::net::unix::OwnedReadHalf>,
    line: &mut Vec<u8>,
) -> Result<(), ()> {
    let room = (MAX_CLIENT_LINE + 1).saturating_sub(line.len());
    let mut limited = input.take(room as u64);
    limited.read_until(b'\n', line).await.map_err(|_| ())?;
    if line.last() == Some(&b'\n') && line.len() <= MAX_CLIENT_LINE {
        Ok(())
    } else {
        Err(())
    }
}

async fn send(out: &mut OwnedWriteHalf, message: &FromServer) -> Result<(), ()> {
    let mut text = serde_json::to_vec(message).map_err(|_| ())?;
    text.push(b'\n');
    match tokio::time::timeout(CLIENT_WRITE_TIMEOUT, out.write_all(&text)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(()),
    }
}
