//! How this machine's TPM 2.0 is spoken to: through the programs of tpm2-tools, which are on every distribution. Which TPM that is,
//! they read from `TPM2TOOLS_TCTI`.

use std::cell::Cell;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use zeroize::Zeroizing;

use crate::limits::{MAX_TPM_MESSAGE, MAX_TPM_PART, TPM_LOOK, TPM_WAIT};
use crate::vault::random;

/// Why the TPM does not do what it was asked for. No variant carries a secret.
#[derive(Debug, thiserror::Error)]
pub enum TpmError {
    /// The programs are not there.
    #[error("{program}: {source}; install tpm2-tools")]
    Missing {
        /// Which was called.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// There is no TPM, it may not be used, or it refuses.
    #[error("{program}: {said}")]
    Refused {
        /// Which was called.
        program: String,
        /// The first line of what it said.
        said: String,
    },
    /// It does not answer.
    #[error("{program}: the TPM did not answer within {} s", TPM_WAIT.as_secs())]
    Slow {
        /// Which was called.
        program: String,
    },
    /// What goes in or comes out could not be written or read.
    #[error("{what}: {source}")]
    Files {
        /// What.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

/// A private directory for the files that tpm2-tools exchange; they hold no plain secret. It goes when this is dropped.
pub struct Tools {
    directory: PathBuf,
    /// It did not answer once, so it is not waited for again.
    silent: Cell<bool>,
}

impl Tools {
    /// In this directory, which has to be there.
    ///
    /// # Errors
    /// [`TpmError::Files`].
    pub fn new(directory: &Path) -> Result<Self, TpmError> {
        let random: [u8; 8] = random().map_err(|_| TpmError::Files {
            what: "random numbers".into(),
            source: io::Error::other("there are none"),
        })?;
        let path = directory.join(format!(".tpm-{}", crate::hex::encode(&random)));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|source| TpmError::Files {
                what: path.display().to_string(),
                source,
            })?;
        Ok(Self {
            directory: path,
            silent: Cell::new(false),
        })
    }

    /// The path of a file in the directory.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        self.directory.join(name).to_string_lossy().into_owned()
    }

    /// What a program wrote into a file, at most [`MAX_TPM_PART`] bytes.
    ///
    /// # Errors
    /// [`TpmError::Files`], also for more.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, TpmError> {
        let mut bytes = Vec::new();
        let read = std::fs::File::open(self.directory.join(name))
            .and_then(|file| file.take(MAX_TPM_PART as u64 + 1).read_to_end(&mut bytes));
        let long = || io::Error::other("the TPM gave more than was asked for");
        read.and_then(|n| {
            if n > MAX_TPM_PART {
                Err(long())
            } else {
                Ok(())
            }
        })
        .map_err(|source| TpmError::Files {
            what: self.file(name),
            source,
        })?;
        Ok(bytes)
    }

    /// A TPM that is used without a resource manager keeps what was loaded, and has room for three objects; what a program needs
    /// again it loads from the file that it was saved to.
    pub fn flush(&self) {
        if !self.silent.get() {
            // Where it fails, the next step says what is wrong.
            let _ = self.run("tpm2_flushcontext", &["-t"], None);
        }
    }

    /// Runs one of tpm2-tools, for at most [`TPM_WAIT`]; a secret goes in by its standard input, which has to fit into a pipe, and
    /// comes out by its standard output.
    ///
    /// # Errors
    /// [`TpmError`].
    pub fn run(
        &self,
        program: &str,
        arguments: &[&str],
        input: Option<&[u8]>,
    ) -> Result<Zeroizing<Vec<u8>>, TpmError> {
        self.run_for(TPM_WAIT, program, arguments, input)
    }

    fn run_for(
        &self,
        wait: Duration,
        program: &str,
        arguments: &[&str],
        input: Option<&[u8]>,
    ) -> Result<Zeroizing<Vec<u8>>, TpmError> {
        let missing = |source| TpmError::Missing {
            program: program.to_owned(),
            source,
        };
        let broken = |source| TpmError::Files {
            what: program.to_owned(),
            source,
        };
        let deadline = Instant::now() + wait;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(missing)?;
        let ran = speak(&mut child, input, deadline);
        if !matches!(ran, Ok(Some(_))) {
            // With whatever it started to reach the TPM.
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            let _ = child.wait();
        }
        let Some((status, out, message)) = ran.map_err(broken)? else {
            self.silent.set(true);
            return Err(TpmError::Slow {
                program: program.to_owned(),
            });
        };
        if !status.success() {
            let first = message.lines().find(|line| line.contains("ERROR"));
            return Err(TpmError::Refused {
                program: program.to_owned(),
                said: first.unwrap_or("it failed").to_owned(),
            });
        }
        Ok(out)
    }
}

impl Drop for Tools {
    fn drop(&mut self) {
        self.flush();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// How a program ended, what came out of it and what it said.
type Ended = (ExitStatus, Zeroizing<Vec<u8>>, String);

/// Nothing when the time is over first.
fn speak(child: &mut Child, input: Option<&[u8]>, deadline: Instant) -> io::Result<Option<Ended>> {
    if let Some(mut stdin) = child.stdin.take() {
        let given = stdin.write_all(input.unwrap_or_default());
        // A program that fails early reads nothing; its own message says why.
        if let Err(error) = given
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            return Err(error);
        }
    }
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (done, ended) = mpsc::channel();
    std::thread::Builder::new().spawn(move || {
        let mut out = Zeroizing::new(Vec::with_capacity(MAX_TPM_PART));
        let mut message = String::new();
        let read = stdout.map_or(Ok(0), |stdout| {
            stdout.take(MAX_TPM_PART as u64).read_to_end(&mut out)
        });
        if let Some(stderr) = stderr {
            // It may be cut in the middle of a character; then there is no message.
            let _ = stderr.take(MAX_TPM_MESSAGE).read_to_string(&mut message);
        }
        // Nobody waits for it any more.
        let _ = done.send(read.map(|_| (out, message)));
    })?;
    let left = || deadline.saturating_duration_since(Instant::now());
    let Ok(read) = ended.recv_timeout(left()) else {
        return Ok(None);
    };
    let (out, message) = read?;
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some((status, out, message))),
            None if left() == Duration::ZERO => return Ok(None),
            None => std::thread::sleep(TPM_LOOK),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_tpm_that_does_not_answer_is_not_waited_for_and_one_that_fails_is_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let tools = Tools::new(dir.path()).unwrap();
        let sh = |wait: Duration, script: &str, input: Option<&[u8]>| {
            tools.run_for(wait, "sh", &["-c", script], input)
        };
        let out = sh(TPM_WAIT, "cat", Some(b"in and out")).unwrap();
        assert_eq!(out.as_slice(), b"in and out");
        let failed = sh(TPM_WAIT, "echo WARN a >&2; echo ERROR: b >&2; exit 1", None);
        assert_eq!(failed.unwrap_err().to_string(), "sh: ERROR: b");
        let missing = tools.run("no-such-tpm-tool", &[], None).unwrap_err();
        assert!(missing.to_string().contains("install tpm2-tools"));
        // It and what it started keep the streams open, or not.
        for script in ["sleep 1000 & sleep 1000", "exec sleep 1000 >&- 2>&-"] {
            let slow = sh(Duration::from_millis(300), script, None);
            assert!(matches!(slow, Err(TpmError::Slow { .. })), "{slow:?}");
        }
        assert!(tools.silent.get());
        std::fs::write(tools.file("long"), vec![0; MAX_TPM_PART + 1]).unwrap();
        assert!(tools.read("long").unwrap_err().to_string().contains("more"));
        drop(tools);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
