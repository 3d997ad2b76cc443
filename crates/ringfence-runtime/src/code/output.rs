//! One output of the code on its way out: read, counted, filtered, made harmless for a terminal, written.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use ringfence_dlp::{Blocked, Filter, Finding, Stream};

use rustix::io::Errno;

use super::limits::{CHUNK, PENDING, WRITE};
use super::neutral::Neutral;

/// Where an output goes.
#[derive(Debug)]
pub enum Output {
    /// To a descriptor: a file, a pipe, or a terminal, for which escape sequences are made harmless.
    Fd(OwnedFd),
    /// Into the outcome; the plan's output limit bounds it.
    Memory,
}

/// One output under way.
pub(super) struct Channel {
    source: Option<File>,
    filter: Option<Stream>,
    neutral: Option<Neutral>,
    target: Option<File>,
    /// What may leave and has not been written yet; all of it, when it goes into the outcome.
    ready: Vec<u8>,
    written: usize,
}

impl Channel {
    pub(super) fn new(source: OwnedFd, output: Output) -> Self {
        let target = match output {
            Output::Fd(fd) => Some(File::from(fd)),
            Output::Memory => None,
        };
        let terminal = target.as_ref().is_some_and(rustix::termios::isatty);
        Self {
            source: Some(File::from(source)),
            filter: None,
            neutral: terminal.then(Neutral::default),
            target,
            ready: Vec::new(),
            written: 0,
        }
    }

    /// Everything that is read from now on goes through the filter.
    pub(super) fn filter_with(&mut self, filter: &Arc<Filter>) {
        self.filter = Some(filter.stream());
    }

    /// What to poll for reading: nothing while our reader is slow.
    pub(super) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.source
            .as_ref()
            .filter(|_| self.target.is_none() || self.waiting() < PENDING)
            .map(File::as_fd)
    }

    /// What to poll for writing.
    pub(super) fn target(&self) -> Option<BorrowedFd<'_>> {
        self.target
            .as_ref()
            .filter(|_| self.waiting() > 0)
            .map(File::as_fd)
    }

    pub(super) fn is_open(&self) -> bool {
        self.source.is_some()
    }

    fn waiting(&self) -> usize {
        self.ready.len() - self.written
    }

    /// Reads what is there; `None` at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8; CHUNK]) -> io::Result<Option<usize>> {
        let Some(source) = &mut self.source else {
            return Ok(None);
        };
        match source.read(buffer) {
            Ok(0) => Ok(None),
            Ok(count) => Ok(Some(count)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Some(0)),
            Err(error) => Err(error),
        }
    }

    /// Takes bytes of the code.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), Blocked> {
        match &mut self.filter {
            None => self.pass(bytes),
            Some(stream) => {
                let mut clean = Vec::with_capacity(bytes.len());
                let verdict = stream.push(bytes, &mut clean);
                self.pass(&clean);
                verdict?;
            }
        }
        Ok(())
    }

    /// The end of the code's output: what was held is judged, and the source closed.
    pub(super) fn finish(&mut self) -> Result<(), Blocked> {
        self.source = None;
        let mut clean = Vec::new();
        let verdict = match &mut self.filter {
            Some(stream) => stream.finish(&mut clean),
            None => Ok(()),
        };
        self.pass(&clean);
        if let Some(neutral) = &mut self.neutral {
            neutral.finish(&mut self.ready);
        }
        verdict
    }

    /// Reads no more; what is inside and writes gets `SIGPIPE`.
    pub(super) fn close(&mut self) {
        self.source = None;
    }

    fn pass(&mut self, clean: &[u8]) {
        match &mut self.neutral {
            Some(neutral) => neutral.push(clean, &mut self.ready),
            None => self.ready.extend_from_slice(clean),
        }
    }

    /// Writes some of what is ready; to be called when `poll` says that there is room. When nobody reads any more, that is
    /// the code's to learn, by `SIGPIPE`.
    ///
    /// # Errors
    /// When what the code wrote is lost for another reason, such as a full disk.
    pub(super) fn write(&mut self) -> io::Result<()> {
        let Some(target) = &mut self.target else {
            return Ok(());
        };
        let end = self.ready.len().min(self.written + WRITE);
        match target.write(self.ready.get(self.written..end).unwrap_or_default()) {
            Ok(count) => self.written += count,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                ) => {}
            Err(error) => {
                self.ready.clear();
                self.written = 0;
                self.source = None;
                self.target = None;
                let gone = match Errno::from_io_error(&error) {
                    Some(Errno::PIPE | Errno::CONNRESET) => true,
                    // A terminal that has hung up.
                    Some(Errno::IO) => self.neutral.is_some(),
                    _ => false,
                };
                tracing::debug!(%error, gone, "writing the code's output");
                return if gone { Ok(()) } else { Err(error) };
            }
        }
        if self.written == self.ready.len() {
            self.ready.clear();
            self.written = 0;
        }
        Ok(())
    }

    pub(super) fn findings(&mut self) -> Vec<Finding> {
        self.filter
            .as_mut()
            .map(Stream::findings)
            .unwrap_or_default()
    }

    /// What went into the outcome; `None` when it was written.
    pub(super) fn kept(&mut self, memory: bool) -> Option<Vec<u8>> {
        memory.then(|| std::mem::take(&mut self.ready))
    }
}
