//! The reading side: one record after the other, in bounded memory, also while the log is still written.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use ringfence_policy::event::Event;

use crate::limits::MAX_LINE;
use crate::{files, record};

/// Why a log can not be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file system says no.
    #[error("can not read the audit log: {0}")]
    Io(#[from] std::io::Error),
    /// A line is longer than any that is written.
    #[error("line {line} of the audit log is longer than {MAX_LINE} bytes")]
    TooLong {
        /// Number of the line, from 1.
        line: u64,
    },
    /// A line is no record.
    #[error("line {line} of the audit log is not a record")]
    NotARecord {
        /// Number of the line, from 1.
        line: u64,
    },
}

/// One event as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Session.
    pub session: String,
    /// Number of the event, from 1.
    pub seq: u64,
    /// Milliseconds since the Unix epoch.
    pub time: u64,
    /// The event.
    pub event: Event,
    /// The whole line as written (ASCII), without its newline.
    pub line: String,
}

/// Reads a log record by record. It does not check the chain: [`crate::verify`] does.
///
/// `None` means the end for now: when the log has grown, the next call goes on, so a follower polls.
pub struct Reader {
    lines: Lines,
}

impl Reader {
    /// Opens a log.
    ///
    /// # Errors
    /// It can not be opened, or is no regular file.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Ok(Reader {
            lines: Lines::new(files::open_regular(path)?, MAX_LINE),
        })
    }
}

impl Iterator for Reader {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = match self.lines.next_line() {
            Ok(Some(Line::Whole(bytes))) => bytes,
            Ok(Some(Line::TooLong)) => {
                return Some(Err(ReadError::TooLong {
                    line: self.lines.number,
                }));
            }
            Ok(Some(Line::Unfinished) | None) => return None,
            Err(error) => return Some(Err(error.into())),
        };
        let number = self.lines.number;
        Some(match (record::parse(&line), String::from_utf8(line)) {
            (Some(parsed), Ok(line)) => Ok(Record {
                session: parsed.session,
                seq: parsed.seq,
                time: parsed.time,
                event: parsed.event,
                line,
            }),
            _ => Err(ReadError::NotARecord { line: number }),
        })
    }
}

/// One line of a file.
pub(crate) enum Line {
    /// Without its newline.
    Whole(Vec<u8>),
    /// Longer than the limit; it was skipped.
    TooLong,
    /// The file ends without a newline here. What was read is kept for when the file has grown.
    Unfinished,
}

/// Lines of a file in bounded memory.
pub(crate) struct Lines {
    reader: BufReader<File>,
    longest: usize,
    /// Number of the line returned last, from 1.
    pub(crate) number: u64,
    pending: Vec<u8>,
    skipping: bool,
}

impl Lines {
    pub(crate) fn new(file: File, longest: usize) -> Self {
        Lines {
            reader: BufReader::new(file),
            longest,
            number: 0,
            pending: Vec::new(),
            skipping: false,
        }
    }

    /// The next line; `None` at the end of the file.
    pub(crate) fn next_line(&mut self) -> std::io::Result<Option<Line>> {
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                return Ok((!self.pending.is_empty() || self.skipping).then_some(Line::Unfinished));
            }
            let newline = chunk.iter().position(|&b| b == b'\n');
            let taken = newline.unwrap_or(chunk.len());
            if !self.skipping && self.pending.len() + taken < self.longest {
                self.pending.extend_from_slice(&chunk[..taken]);
            } else {
                self.skipping = true;
                self.pending = Vec::new();
            }
            self.reader.consume(taken + usize::from(newline.is_some()));
            if newline.is_some() {
                self.number += 1;
                let line = if self.skipping {
                    Line::TooLong
                } else {
                    Line::Whole(std::mem::take(&mut self.pending))
                };
                self.skipping = false;
                return Ok(Some(line));
            }
        }
    }
}
