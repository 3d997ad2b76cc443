//! Where a header is read from, and the cursor that moves through it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::error::{Fault, GgufError};
use crate::limits;

/// Bytes at offsets: a slice, or a file by its descriptor (whose own position is neither used nor moved).
pub trait Source {
    /// Bytes in all.
    ///
    /// # Errors
    /// Those of the system.
    fn length(&self) -> io::Result<u64>;

    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    /// Those of the system, `UnexpectedEof` when there are not so many bytes.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

impl Source for [u8] {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let there = start
            .checked_add(buffer.len())
            .and_then(|end| self.get(start..end))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(there);
        Ok(())
    }
}

impl Source for Vec<u8> {
    fn length(&self) -> io::Result<u64> {
        self.as_slice().length()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.as_slice().read_at(offset, buffer)
    }
}

impl Source for File {
    fn length(&self) -> io::Result<u64> {
        let metadata = self.metadata()?;
        if metadata.is_file() {
            Ok(metadata.len())
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ))
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }
}

/// Reads on from a position, through a window of bounded size.
pub(super) struct Cursor<'a, S> {
    source: &'a S,
    /// Where the source ends.
    end: u64,
    position: u64,
    window: Vec<u8>,
    window_start: u64,
}

impl<'a, S: Source> Cursor<'a, S> {
    pub(super) fn new(source: &'a S, end: u64) -> Self {
        Self {
            source,
            end,
            position: 0,
            window: Vec::new(),
            window_start: 0,
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Bytes until the end of the file.
    pub(super) fn left(&self) -> u64 {
        self.end.saturating_sub(self.position)
    }

    /// Refuses to go on where fewer bytes are left, or the header would become too large.
    fn room(&self, what: &'static str, wanted: u64) -> Result<(), GgufError> {
        let left = self.left();
        if wanted > left {
            let fault = Fault::Short { what, wanted, left };
            return Err(GgufError::at(self.position, fault));
        }
        // No overflow: it ends within the file.
        if self.position + wanted > limits::HEADER_BYTES {
            return Err(GgufError::at(self.position, Fault::Header));
        }
        Ok(())
    }

    /// The next bytes, which are there: [`Self::room`] was asked.
    fn take(&mut self, buffer: &mut [u8]) -> Result<(), GgufError> {
        let failed = |offset| move |source| GgufError::Io { offset, source };
        let wanted = buffer.len();
        let skipped = usize::try_from(self.position - self.window_start).unwrap_or(usize::MAX);
        let here = self
            .window
            .get(skipped..)
            .and_then(|rest| rest.get(..wanted));
        if let Some(bytes) = here {
            buffer.copy_from_slice(bytes);
        } else if wanted >= limits::WINDOW_BYTES {
            self.source
                .read_at(self.position, buffer)
                .map_err(failed(self.position))?;
        } else {
            let size = usize::try_from(self.left()).unwrap_or(usize::MAX);
            self.window.resize(size.min(limits::WINDOW_BYTES), 0);
            self.source
                .read_at(self.position, &mut self.window)
                .map_err(failed(self.position))?;
            self.window_start = self.position;
            if let Some(bytes) = self.window.get(..wanted) {
                buffer.copy_from_slice(bytes);
            }
        }
        self.position += wanted as u64;
        Ok(())
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        self.room("a number", N as u64)?;
        let mut bytes = [0; N];
        self.take(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    /// Bytes of a known number, which is checked before memory is taken for them.
    pub(super) fn block(&mut self, what: &'static str, wanted: u64) -> Result<Vec<u8>, GgufError> {
        self.room(what, wanted)?;
        let size = usize::try_from(wanted)
            .map_err(|_| GgufError::at(self.position, Fault::Overflow(what)))?;
        let mut bytes = vec![0; size];
        self.take(&mut bytes)?;
        Ok(bytes)
    }

    /// A length and so many bytes.
    pub(super) fn string(&mut self, what: &'static str, limit: u64) -> Result<Vec<u8>, GgufError> {
        let start = self.position;
        let count = self.u64()?;
        if count > limit {
            let what = "bytes of a string";
            return Err(GgufError::at(start, Fault::Count { what, count, limit }));
        }
        self.block(what, count)
    }
}
