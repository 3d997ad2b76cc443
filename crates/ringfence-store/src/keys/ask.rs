//! Where a passphrase comes from: a terminal without echo, or lines of a descriptor. Never an argument, never the environment.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::termios::{LocalModes, OptionalActions};
use zeroize::Zeroizing;

use super::KeyStoreError;
use super::limits::{MAX_PASSPHRASE, MIN_PASSPHRASE};
use super::restore::Restore;

/// Something that knows passphrases.
pub trait Ask: Send {
    /// One that exists.
    ///
    /// # Errors
    /// There is none to be had.
    fn passphrase(&mut self, what: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError>;

    /// One for something new, asked twice where a person types it.
    ///
    /// # Errors
    /// There is none to be had, or it is too short.
    fn new_passphrase(&mut self, what: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError>;
}

/// Nobody to ask.
pub struct NoOne;

impl Ask for NoOne {
    fn passphrase(&mut self, _: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        Err(none("there is no terminal; give `--passphrase-fd N`"))
    }

    fn new_passphrase(&mut self, what: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        self.passphrase(what)
    }
}

fn none(why: &str) -> KeyStoreError {
    KeyStoreError::NoPassphrase(why.to_owned())
}

/// One source of passphrases for several who ask.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Box<dyn Ask>>>);

impl Shared {
    /// Shares it.
    pub fn new(ask: Box<dyn Ask>) -> Self {
        Shared(Arc::new(Mutex::new(ask)))
    }
}

impl Ask for Shared {
    fn passphrase(&mut self, what: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .passphrase(what)
    }

    fn new_passphrase(&mut self, what: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .new_passphrase(what)
    }
}

/// The controlling terminal, whatever standard input is.
pub struct Terminal;

impl Terminal {
    /// Asks for a line that is not shown.
    ///
    /// # Errors
    /// There is no terminal.
    pub fn line(what: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        let mut terminal = File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .map_err(|_| none("there is no terminal; give `--passphrase-fd N`"))?;
        let failed = |e: std::io::Error| KeyStoreError::Failed(format!("the terminal: {e}"));
        let quiet = Quiet::on(terminal.try_clone().map_err(failed)?).map_err(failed)?;
        write!(terminal, "{what}: ").map_err(failed)?;
        let line = read_line(&mut terminal);
        drop(quiet);
        writeln!(terminal).map_err(failed)?;
        line?.ok_or_else(|| none("the terminal was closed"))
    }
}

impl Ask for Terminal {
    fn passphrase(&mut self, what: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        Self::line(what)
    }

    fn new_passphrase(&mut self, what: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        let first = long_enough(Self::line(what)?)?;
        if *Self::line("The same again")? != *first {
            return Err(none("the two differ; nothing was changed"));
        }
        Ok(first)
    }
}

/// Lines of an open descriptor, one for each question in the order in which they come.
pub struct Descriptor(File);

impl Descriptor {
    /// A descriptor of this process.
    ///
    /// # Errors
    /// It is not open for reading.
    pub fn new(number: u32) -> Result<Self, KeyStoreError> {
        // By its name in /proc: taking it by number would take somebody else's if it is not ours.
        File::open(format!("/proc/self/fd/{number}"))
            .map(Descriptor)
            .map_err(|e| none(&format!("descriptor {number}: {e}")))
    }
}

impl Ask for Descriptor {
    fn passphrase(&mut self, what: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        read_line(&mut self.0)?
            .filter(|line| !line.is_empty())
            .ok_or_else(|| none(&format!("the descriptor has no line for {what:?}")))
    }

    fn new_passphrase(&mut self, what: &str) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
        long_enough(self.passphrase(what)?)
    }
}

fn long_enough(line: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
    if String::from_utf8_lossy(&line).chars().count() < MIN_PASSPHRASE {
        return Err(KeyStoreError::NoPassphrase(format!(
            "a new one has at least {MIN_PASSPHRASE} characters; nothing was changed"
        )));
    }
    Ok(line)
}

/// One byte at a time: what follows the line is the next question's.
fn read_line(from: &mut File) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_PASSPHRASE + 1));
    let mut byte = Zeroizing::new([0]);
    loop {
        match from.read(&mut byte[..]) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() == MAX_PASSPHRASE => {
                return Err(KeyStoreError::NoPassphrase(format!(
                    "it is longer than {MAX_PASSPHRASE} bytes"
                )));
            }
            Ok(_) => line.push(byte[0]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(KeyStoreError::NoPassphrase(e.to_string())),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

/// A terminal that does not show what is typed, until this is dropped.
struct Quiet {
    terminal: File,
    before: rustix::termios::Termios,
    /// Dropped after it is put back here.
    _restore: Restore,
}

impl Quiet {
    fn on(terminal: File) -> std::io::Result<Self> {
        let restore = Restore::when_killed(terminal.as_fd(), terminal.as_fd(), b"\n")?;
        let before = rustix::termios::tcgetattr(terminal.as_fd())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        quiet.local_modes.insert(LocalModes::ICANON);
        rustix::termios::tcsetattr(terminal.as_fd(), OptionalActions::Flush, &quiet)?;
        Ok(Quiet {
            terminal,
            before,
            _restore: restore,
        })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ =
            rustix::termios::tcsetattr(self.terminal.as_fd(), OptionalActions::Drain, &self.before);
    }
}
