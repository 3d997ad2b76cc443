//! Asks the server of this machine about itself: short questions, bounded answers, loopback or its socket and nothing else.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use http::Request;
use http::header::{AUTHORIZATION, HOST, HeaderValue};
use http_body_util::Full;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use zeroize::Zeroizing;

use crate::client::{self, Broken};
use crate::limits;
use crate::server::Listen;

/// Why the server did not say.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// It is somewhere else.
    #[error("{0} is not an address of loopback; the server listens nowhere else")]
    NotLoopback(SocketAddr),
    /// Nobody listens.
    #[error(
        "no server of models answers at {0}; start one with `ringfence model serve`, or say where it is"
    )]
    Nobody(String),
    /// It wants a token, or another one.
    #[error("the server asks for a token; give a file that holds one with --token-file")]
    Token,
    /// A file with a token that can not be used.
    #[error("{path}: {why}")]
    TokenFile {
        /// Which.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// What answers is no server of ours, or it failed.
    #[error("what answers at {at}: {why}")]
    Answer {
        /// Where.
        at: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A server of this machine.
pub struct Local {
    at: Listen,
    token: Option<Zeroizing<String>>,
}

impl std::fmt::Display for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.at {
            Listen::Tcp(address) => write!(f, "http://{address}"),
            Listen::Unix(path) => path.display().fmt(f),
        }
    }
}

/// A token alone in a file of one's own (mode 0600), as it was printed when it was made.
///
/// # Errors
/// A file that can not be read, that others may read, or that holds no token.
pub fn token(path: &Path) -> Result<Zeroizing<String>, LocalError> {
    let failed = |why: String| LocalError::TokenFile {
        path: path.display().to_string(),
        why,
    };
    let file = std::fs::File::open(path).map_err(|e| failed(e.to_string()))?;
    let meta = file.metadata().map_err(|e| failed(e.to_string()))?;
    if !meta.is_file() || meta.mode() & 0o077 != 0 {
        return Err(failed(
            "a token is kept in a file that nobody else may read; `chmod 600` it".into(),
        ));
    }
    let mut text = Zeroizing::new(String::with_capacity(limits::TOKEN_BYTES as usize + 1));
    file.take(limits::TOKEN_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|e| failed(e.to_string()))?;
    let token = Zeroizing::new(text.trim().to_owned());
    match token.is_empty() || token.contains(char::is_whitespace) {
        true => Err(failed("it holds no token, or more than one".into())),
        false => Ok(token),
    }
}

impl Local {
    /// At an address of loopback or a socket.
    ///
    /// # Errors
    /// An address of somewhere else.
    pub fn new(at: Listen, token: Option<Zeroizing<String>>) -> Result<Self, LocalError> {
        match at {
            Listen::Tcp(address) if !address.ip().is_loopback() => {
                Err(LocalError::NotLoopback(address))
            }
            at => Ok(Self { at, token }),
        }
    }

    /// What it says about itself at a path.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn get<T: DeserializeOwned>(&self, path: &'static str) -> Result<T, LocalError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| self.answer(e))?;
        let (status, bytes) = runtime.block_on(async {
            let limit = Duration::from_secs(limits::LOCAL_SECONDS);
            let asked = tokio::time::timeout(limit, self.ask(path)).await;
            asked.map_err(|_| self.answer("it says nothing"))?
        })?;
        match status {
            200 => serde_json::from_slice(&bytes).map_err(|e| self.answer(e)),
            401 => Err(LocalError::Token),
            other => Err(self.answer(format!("it answers with status {other}"))),
        }
    }

    async fn ask(&self, path: &str) -> Result<(u16, Vec<u8>), LocalError> {
        let nobody = |error: io::Error| match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
                LocalError::Nobody(self.to_string())
            }
            _ => self.answer(error),
        };
        match &self.at {
            Listen::Tcp(address) => {
                let stream = TcpStream::connect(address).await.map_err(nobody)?;
                self.exchange(stream, path).await
            }
            Listen::Unix(socket) => {
                let stream = UnixStream::connect(socket).await.map_err(nobody)?;
                self.exchange(stream, path).await
            }
        }
    }

    async fn exchange<S>(&self, stream: S, path: &str) -> Result<(u16, Vec<u8>), LocalError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let host = match &self.at {
            Listen::Tcp(address) => address.to_string(),
            Listen::Unix(_) => "localhost".into(),
        };
        let mut request = Request::get(path).header(HOST, host);
        if let Some(token) = &self.token {
            let shown = Zeroizing::new(format!("Bearer {}", token.as_str()));
            let mut value = HeaderValue::from_str(&shown).map_err(|_| LocalError::Token)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.body(Full::default()).map_err(|e| self.answer(e))?;
        let limit = Duration::from_secs(limits::LOCAL_SECONDS);
        let mut answer = client::send(stream, request, limit, limit)
            .await
            .map_err(|why| self.broken(&why))?;
        let whole = answer.whole(limits::LOCAL_BYTES).await;
        let bytes = whole.map_err(|why| self.broken(&why))?;
        Ok((answer.status(), bytes))
    }

    fn broken(&self, why: &Broken) -> LocalError {
        match why {
            Broken::Refused(refusal) => self.answer(refusal.full()),
            Broken::Late => self.answer("it says nothing"),
            Broken::Cut(error) => self.answer(error),
            Broken::Large(most) => self.answer(format!("it says more than {most} bytes")),
        }
    }

    fn answer(&self, why: impl ToString) -> LocalError {
        LocalError::Answer {
            at: self.to_string(),
            why: why.to_string().chars().take(200).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_this_machine_is_asked_and_nobody_there_is_said() {
        let far = Listen::Tcp("192.0.2.1:11434".parse().unwrap());
        assert!(matches!(
            Local::new(far, None),
            Err(LocalError::NotLoopback(_))
        ));
        // A port that was free a moment ago.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let local = Local::new(Listen::Tcp(address), None).unwrap();
        let error = local.get::<serde_json::Value>("/api/version").unwrap_err();
        assert!(matches!(error, LocalError::Nobody(_)), "{error}");
    }

    #[test]
    fn a_token_is_alone_in_a_file_of_ones_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, "rfm_secret\n").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        mode(0o644);
        assert!(token(&path).unwrap_err().to_string().contains("chmod 600"));
        mode(0o600);
        assert_eq!(token(&path).unwrap().as_str(), "rfm_secret");
        for bad in [
            "",
            "two words\n",
            &"x".repeat(10_000).replacen('x', " ", 5_000),
        ] {
            std::fs::write(&path, bad).unwrap();
            let error = token(&path).unwrap_err().to_string();
            assert!(!error.contains("words"), "{error}");
        }
    }
}
