//! The writing side: one file a session, one `write(2)` an event, an error as soon as an event can not be kept.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use ringfence_policy::event::Event;

use crate::checkpoint::{CheckpointFile, SigningKey};
use crate::files;
use crate::limits::{
    CHECKPOINT_EVERY, MAX_FIELD, MAX_LINE, MAX_SESSION, RESERVE, RESERVE_STEP, SHORT_FIELD,
    SINK_FLUSH_TIMEOUT,
};
use crate::record::{self, Hash, Head, Rendered};
use crate::redact::{RedactError, Redactor, Secret};
use crate::sink::{SinkReport, SinkSpec, Sinks};
use crate::{hex, time};

/// When a written event is forced to the disk. A killed supervisor loses nothing that [`AuditLog::append`] returned in any of
/// these, because the kernel holds it; they differ in what a power cut loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The kernel writes back in its own time, within about 30 seconds.
    #[default]
    Kernel,
    /// `fdatasync` at each signed checkpoint and at the end.
    Checkpoint,
    /// `fdatasync` after each event: 0.1 to 10 ms each.
    Event,
}

/// How a log is made.
#[derive(Default)]
pub struct Options {
    /// When events are forced to the disk.
    pub durability: Durability,
    /// Values that must not appear in the log.
    pub secrets: Vec<Secret>,
    /// Where events go besides the file.
    pub sinks: Vec<SinkSpec>,
    /// Key for signed checkpoints, written to `SESSION.checkpoints` beside the log and sent to the sinks.
    pub key: Option<SigningKey>,
}

/// Why an event was not kept. After the first one the log takes nothing but [`AuditLog::stop`], and the session has to end.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The name can not be a file name.
    #[error("session name must be 1 to {MAX_SESSION} letters, digits, `-` or `_`")]
    Session,
    /// A file could not be made.
    #[error("can not make the audit log {path}: {source}")]
    Create {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The disk is full; the room for the last event is still there.
    #[error("audit log {path}: the disk is full")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Writing failed.
    #[error("can not write the audit log {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// Somebody else has taken the file away or changed it.
    #[error("audit log {path}: {what}; what was in it is lost unless a sink or a copy has it")]
    Changed {
        /// The file.
        path: PathBuf,
        /// What happened to it.
        what: &'static str,
    },
    /// A sink marked as required does not take events.
    #[error("required audit sink {sink}: {reason}")]
    Sink {
        /// Which one.
        sink: String,
        /// Why.
        reason: String,
    },
    /// A secret can not be guarded.
    #[error(transparent)]
    Secret(#[from] RedactError),
    /// The log failed before, or was stopped.
    #[error("the audit log takes no more events")]
    Stopped,
}

/// Where an event stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its number, from 1.
    pub seq: u64,
    /// Its hash, which covers all events before it.
    pub hash: [u8; 32],
}

/// How a log ended.
#[derive(Debug)]
#[must_use]
pub struct Stopped {
    /// The last event.
    pub last: Receipt,
    /// What each sink took and lost.
    pub sinks: Vec<SinkReport>,
    /// A signed checkpoint of the last event is in the checkpoint file.
    pub signed: bool,
}

/// The audit log of one session. Threads share it by reference.
pub struct AuditLog {
    path: PathBuf,
    session: String,
    state: Mutex<State>,
}

struct State {
    file: File,
    durability: Durability,
    redactor: Redactor,
    sinks: Sinks,
    checkpoints: Option<CheckpointFile>,
    seq: u64,
    last: Hash,
    /// Bytes written.
    size: u64,
    /// Bytes allocated; `None` where the file system can not allocate.
    allocated: Option<u64>,
    open: Open,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Yes,
    /// Only the last event may still be tried.
    LastOnly,
    No,
}

impl AuditLog {
    /// Makes `DIR/SESSION.jsonl`, readable by its owner only. The directory is made (0700) if it is missing.
    ///
    /// # Errors
    /// An existing log, a directory of somebody else's, a secret too short to guard, a full disk, a required sink out of reach.
    pub fn create(dir: &Path, session: &str, options: Options) -> Result<Self, AuditError> {
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if session.is_empty() || session.len() > MAX_SESSION || !session.chars().all(letters) {
            return Err(AuditError::Session);
        }
        let mut redactor = Redactor::default();
        redactor.add(&options.secrets)?;
        let name = format!("{session}.jsonl");
        let path = dir.join(&name);
        let failed = |source| AuditError::Create {
            path: path.clone(),
            source,
        };
        let directory = files::private_directory(dir).map_err(failed)?;
        let file = files::new_append(&directory, &name).map_err(failed)?;
        let last = record::genesis(session);
        let checkpoints = match options.key {
            Some(key) => Some(CheckpointFile::create(&directory, session, key).map_err(failed)?),
            None => None,
        };
        let mut state = State {
            file,
            durability: options.durability,
            redactor,
            sinks: Sinks::start(session, options.sinks)
                .map_err(|(sink, reason)| AuditError::Sink { sink, reason })?,
            checkpoints,
            seq: 0,
            last,
            size: 0,
            allocated: Some(0),
            open: Open::Yes,
        };
        state.reserve(&path, RESERVE)?;
        Ok(AuditLog {
            path,
            session: session.to_owned(),
            state: Mutex::new(state),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a value that must not appear from now on.
    ///
    /// # Errors
    /// It is shorter than [`crate::MIN_SECRET`].
    pub fn guard(&self, secret: &Secret) -> Result<(), AuditError> {
        Ok(self.lock().redactor.add(std::slice::from_ref(secret))?)
    }

    /// Writes one event. When this returns, the kernel holds it.
    ///
    /// # Errors
    /// The event could not be kept; the session has to stop, and only [`AuditLog::stop`] is taken from now on.
    pub fn append(&self, event: &Event) -> Result<Receipt, AuditError> {
        let mut state = self.lock();
        if state.open != Open::Yes {
            return Err(AuditError::Stopped);
        }
        let result = state.write(&self.path, &self.session, event, RESERVE);
        if result.is_err() {
            state.open = Open::LastOnly;
        } else if let Some(lost) = state.sinks.news() {
            // A best-effort sink that loses events is said in the log itself, at the first loss and then at each doubling.
            return match state.write(&self.path, &self.session, &lost, RESERVE) {
                Ok(_) => result,
                Err(error) => {
                    state.open = Open::LastOnly;
                    Err(error)
                }
            };
        }
        result
    }

    /// Writes the last event, signs, waits for the sinks up to [`crate::SINK_FLUSH_TIMEOUT`] and closes. May be tried once after a failed
    /// [`AuditLog::append`]: the room kept behind the end of the file is used for it.
    ///
    /// # Errors
    /// Nothing more could be written, or the log was stopped before.
    pub fn stop(&self, event: &Event) -> Result<Stopped, AuditError> {
        let mut state = self.lock();
        if state.open == Open::No {
            return Err(AuditError::Stopped);
        }
        let end = Instant::now() + SINK_FLUSH_TIMEOUT;
        let healthy = state.open == Open::Yes;
        state.open = Open::No;
        if healthy {
            state.sinks.flush(end);
            if let Some(lost) = state.sinks.news() {
                state.write(&self.path, &self.session, &lost, RESERVE)?;
            }
        }
        let last = match state.write(&self.path, &self.session, event, 0) {
            // The event is in the file; that a sink did not take it is in the report.
            Err(AuditError::Sink { .. }) => state.receipt(),
            other => other?,
        };
        let signed = state.checkpoint(true).is_ok() && state.checkpoints.is_some();
        if state.durability != Durability::Kernel {
            state.sync(&self.path)?;
        }
        // Gives the room kept behind the end back.
        let size = state.size;
        state
            .file
            .set_len(size)
            .map_err(|source| AuditError::Write {
                path: self.path.clone(),
                source,
            })?;
        Ok(Stopped {
            last,
            sinks: state.sinks.finish(end),
            signed,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic while the lock was held can not leave half a line: a line is one write, and the state follows it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn receipt(&self) -> Receipt {
        Receipt {
            seq: self.seq,
            hash: self.last,
        }
    }

    fn write(
        &mut self,
        path: &Path,
        session: &str,
        event: &Event,
        keep: u64,
    ) -> Result<Receipt, AuditError> {
        let rendered = self.render(path, session, event)?;
        self.reserve(path, rendered.line.len() as u64 + keep)?;
        self.put(path, rendered.line.as_bytes())?;
        self.seq += 1;
        self.last = rendered.hash;
        if self.durability == Durability::Event {
            self.sync(path)?;
        }
        self.sinks
            .send(self.seq, rendered.severity, rendered.line)
            .map_err(|(sink, reason)| AuditError::Sink { sink, reason })?;
        if keep > 0 && self.seq.is_multiple_of(CHECKPOINT_EVERY) {
            self.checkpoint(false).map_err(|source| AuditError::Write {
                path: path.to_owned(),
                source,
            })?;
            if self.durability == Durability::Checkpoint {
                self.sync(path)?;
            }
        }
        Ok(self.receipt())
    }

    /// Renders the event; one that holds a secret or does not fit is cleaned first.
    fn render(&self, path: &Path, session: &str, event: &Event) -> Result<Rendered, AuditError> {
        let head = Head {
            session,
            seq: self.seq + 1,
            prev: self.last,
            time: time::now_ms(),
        };
        let failed = |e: serde_json::Error| AuditError::Write {
            path: path.to_owned(),
            source: e.into(),
        };
        let rendered = record::render(&head, event).map_err(failed)?;
        if rendered.line.len() <= MAX_LINE && !self.redactor.finds(&rendered.line) {
            return Ok(rendered);
        }
        for longest in [MAX_FIELD, SHORT_FIELD] {
            let Some(clean) = self.redactor.clean(event, longest) else {
                break;
            };
            let rendered = record::render(&head, &clean).map_err(failed)?;
            if rendered.line.len() <= MAX_LINE {
                return Ok(rendered);
            }
        }
        let condition = "event_withheld".to_owned();
        let detail =
            "an event could not be written without a secret or within the length of a line"
                .to_owned();
        record::render(&head, &Event::Fence { condition, detail }).map_err(failed)
    }

    /// Makes sure that `bytes` more can be written.
    fn reserve(&mut self, path: &Path, bytes: u64) -> Result<(), AuditError> {
        let Some(allocated) = self.allocated else {
            return Ok(());
        };
        let wanted = self.size + bytes;
        if wanted <= allocated {
            return Ok(());
        }
        // In steps; when the disk has no room for a step, for just what is needed.
        for length in [RESERVE_STEP.max(wanted - allocated), wanted - allocated] {
            match files::allocate(&self.file, allocated, length) {
                Ok(true) => {
                    self.allocated = Some(allocated + length);
                    return Ok(());
                }
                Ok(false) => {
                    self.allocated = None;
                    return Ok(());
                }
                Err(rustix::io::Errno::NOSPC | rustix::io::Errno::DQUOT) => {}
                Err(error) => {
                    return Err(AuditError::Write {
                        path: path.to_owned(),
                        source: error.into(),
                    });
                }
            }
        }
        Err(AuditError::Full {
            path: path.to_owned(),
        })
    }

    /// An event in a file that nobody can open any more, or after others, would be kept in name only.
    fn still_there(&self, path: &Path) -> Result<(), AuditError> {
        let found = rustix::fs::fstat(&self.file).map_err(|source| AuditError::Write {
            path: path.to_owned(),
            source: source.into(),
        })?;
        let what = match (found.st_nlink, u64::try_from(found.st_size)) {
            (0, _) => "it was removed while it was written",
            (_, Ok(size)) if size == self.size => return Ok(()),
            _ => "it was cut or written to by somebody else",
        };
        Err(AuditError::Changed {
            path: path.to_owned(),
            what,
        })
    }

    /// One `write(2)`. A short one (the disk is full where nothing could be allocated) is taken back.
    fn put(&mut self, path: &Path, line: &[u8]) -> Result<(), AuditError> {
        self.still_there(path)?;
        let written = loop {
            match self.file.write(line) {
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        match written {
            Ok(n) if n == line.len() => {
                self.size += n as u64;
                Ok(())
            }
            Ok(_) => {
                // If it can not be taken back the half line stays, and `verify` says so.
                let _ = self.file.set_len(self.size);
                Err(AuditError::Full {
                    path: path.to_owned(),
                })
            }
            Err(e)
                if matches!(
                    e.kind(),
                    std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
                ) =>
            {
                Err(AuditError::Full {
                    path: path.to_owned(),
                })
            }
            Err(source) => Err(AuditError::Write {
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn sync(&self, path: &Path) -> Result<(), AuditError> {
        self.file.sync_data().map_err(|source| AuditError::Write {
            path: path.to_owned(),
            source,
        })
    }

    /// Signs the last event and tells the sinks.
    fn checkpoint(&mut self, last: bool) -> std::io::Result<()> {
        let Some(checkpoints) = &mut self.checkpoints else {
            return Ok(());
        };
        let line = checkpoints.sign(self.seq, &hex::encode(&self.last), time::now_ms(), last)?;
        // Sinks get it as well: a copy elsewhere is what a recomputed file is noticed by. A lost copy is counted by the sink.
        let _ = self.sinks.send(self.seq, 1, line);
        Ok(())
    }
}
