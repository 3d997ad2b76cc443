//! The answering side: blocking, for command-line tools without a runtime.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ringfence_policy::Answer;

use super::{FromClient, FromServer, VERSION, Via, is_session_id, socket_path};
use crate::prompt::limits::{MAX_SERVER_LINE, MAX_SESSIONS};

/// Why a session could not be talked to.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The session's id is not one.
    #[error("not a session id")]
    Session,
    /// It is gone, or it is not ours.
    #[error("can't reach session: {0}")]
    Io(#[from] std::io::Error),
    /// It closed the connection.
    #[error("the session has ended")]
    Ended,
    /// It does not want us.
    #[error("the session refused: {0}")]
    Refused(String),
    /// It speaks another version, or nonsense.
    #[error("the session speaks another protocol")]
    Protocol,
}

/// How long a session may take to say hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection to one session.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    input: BufReader<UnixStream>,
    line: Vec<u8>,
    /// Session's id as it says.
    pub session: String,
    /// Tool as it says; ours, not the sandbox's, but escape it all the same.
    pub tool: String,
    /// Supervisor's process.
    pub pid: u32,
}

/// Ids of the sessions that have a socket in the directory, sorted, at most [`MAX_SESSIONS`]. Some may be dead.
pub fn sessions(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut ids: Vec<String> = entries
        .flatten()
        .filter_map(|e| {
            e.file_name()
                .to_str()
                .and_then(|n| n.strip_suffix(".sock"))
                .map(str::to_owned)
        })
        .filter(|id| is_session_id(id))
        .take(MAX_SESSIONS)
        .collect();
    ids.sort();
    ids
}

impl Client {
    /// Connects to a session by id.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn connect(dir: &Path, session: &str) -> Result<Self, ClientError> {
        Self::connect_path(&socket_path(dir, session).ok_or(ClientError::Session)?)
    }

    fn connect_path(path: &PathBuf) -> Result<Self, ClientError> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(HELLO_TIMEOUT))?;
        stream.set_write_timeout(Some(HELLO_TIMEOUT))?;
        let input = BufReader::new(stream.try_clone()?);
        let mut client = Self {
            stream,
            input,
            line: Vec::new(),
            session: String::new(),
            tool: String::new(),
            pid: 0,
        };
        match client.receive()? {
            Some(FromServer::Hello {
                version: VERSION,
                session,
                tool,
                pid,
            }) => {
                (client.session, client.tool, client.pid) = (session, tool, pid);
            }
            Some(FromServer::Refused { why }) => return Err(ClientError::Refused(why)),
            _ => return Err(ClientError::Protocol),
        }
        Ok(client)
    }

    /// Says that this client stays and answers.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn attach(&mut self, via: Via) -> Result<(), ClientError> {
        self.send(&FromClient::Attach { via })
    }

    /// Sends an answer; [`FromServer::Taken`] follows.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn answer(&mut self, id: u64, answer: Answer) -> Result<(), ClientError> {
        self.send(&FromClient::Answer {
            id,
            grant: answer.grant,
            scope: answer.scope,
        })
    }

    fn send(&mut self, message: &FromClient) -> Result<(), ClientError> {
        let mut text = serde_json::to_vec(message).map_err(|_| ClientError::Protocol)?;
        text.push(b'\n');
        self.stream.write_all(&text).map_err(ended)
    }

    /// How long [`Client::receive`] waits for a message.
    ///
    /// # Errors
    /// [`ClientError::Io`].
    pub fn set_patience(&self, patience: Duration) -> Result<(), ClientError> {
        // Zero would mean "for ever" to the system.
        Ok(self
            .stream
            .set_read_timeout(Some(patience.max(Duration::from_millis(1))))?)
    }

    /// The next message; `None` when none came within the patience.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Ended`] when the session is over.
    pub fn receive(&mut self) -> Result<Option<FromServer>, ClientError> {
        loop {
            let room = (MAX_SERVER_LINE + 1).saturating_sub(self.line.len());
            match (&mut self.input)
                .take(room as u64)
                .read_until(b'\n', &mut self.line)
            {
                Ok(0) => return Err(ClientError::Ended),
                Ok(_) if self.line.last() == Some(&b'\n') => {
                    let message =
                        serde_json::from_slice(&self.line).map_err(|_| ClientError::Protocol)?;
                    self.line.clear();
                    return Ok(Some(message));
                }
                Ok(_) if self.line.len() > MAX_SERVER_LINE => return Err(ClientError::Protocol),
                Ok(_) => {}
                Err(e)
                    if matches!(
                        e.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) =>
                {
                    return Ok(None);
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(ended(e)),
            }
        }
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn ended(e: std::io::Error) -> ClientError {
    match e.kind() {
        std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::ConnectionReset => ClientError::Ended,
        _ => ClientError::Io(e),
    }
}
