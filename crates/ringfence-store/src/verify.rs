//! Checks a log: the first event that was changed or is missing, and what can not be seen from the file alone.

use std::path::{Path, PathBuf};

use crate::checkpoint::{Checkpoint, PublicKey};
use crate::limits::{MAX_CHECKPOINT_LINE, MAX_LINE};
use crate::read::{Line, Lines};
use crate::record::{self, Hash};
use crate::{files, hex};

/// What to check against besides the chain.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// File of signed checkpoints ([`crate::checkpoint_path`], or a copy that a sink received).
    pub checkpoints: Option<PathBuf>,
    /// The key that must have signed them. Without it checkpoints are not believed.
    pub key: Option<PublicKey>,
}

/// Why a log could not be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file system says no.
    #[error("can not read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// Checkpoints were given without the key to check them with.
    #[error("checkpoints prove nothing without the public key that signed them")]
    NoKey,
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The event does not have its hash any more.
    #[error("event {seq} was changed")]
    Changed {
        /// Its number.
        seq: u64,
    },
    /// The event that should stand here is not there.
    #[error("event {seq} is missing: event {found} follows in its place")]
    Missing {
        /// Number of the missing event.
        seq: u64,
        /// Number of the event in its place.
        found: u64,
    },
    /// An event stands here a second time.
    #[error("event {found} stands where event {seq} belongs: repeated or moved")]
    Moved {
        /// Number of the event that belongs here.
        seq: u64,
        /// Number of the event that stands here.
        found: u64,
    },
    /// The line is no event of a log.
    #[error("the line of event {seq} is not an event of an audit log")]
    NotAnEvent {
        /// Number of the event that belongs here.
        seq: u64,
    },
    /// The line is longer than any event.
    #[error("the line of event {seq} is longer than {MAX_LINE} bytes")]
    TooLong {
        /// Number of the event that belongs here.
        seq: u64,
    },
    /// The event belongs to another session.
    #[error("event {seq} belongs to another session")]
    OtherSession {
        /// Its number.
        seq: u64,
    },
    /// The last line is not whole.
    #[error("event {seq} is cut off in the middle of its line")]
    Unfinished {
        /// Its number.
        seq: u64,
    },
    /// Nothing is in the file.
    #[error("event 1 is missing: the log is empty")]
    Empty,
    /// The chain is whole but is not the one that was signed.
    #[error(
        "the log was recomputed: event {first} or a later one up to {signed} is not the one that was signed"
    )]
    Recomputed {
        /// First event that no matching checkpoint covers.
        first: u64,
        /// Event of the checkpoint that does not match.
        signed: u64,
    },
    /// A checkpoint tells of events that are not there.
    #[error(
        "event {seq} is missing: the tail is cut, a signed checkpoint knows of {signed} events"
    )]
    TailCut {
        /// First missing event.
        seq: u64,
        /// Number of the last event that was signed.
        signed: u64,
    },
    /// Events follow the signed end.
    #[error("event {seq} was added after the signed end of the log")]
    Added {
        /// First event after the end.
        seq: u64,
    },
    /// The checkpoint file holds a line that the key did not sign for this session.
    #[error("checkpoint {line} is not signed by the key for this session")]
    BadCheckpoint {
        /// Line of the checkpoint file, from 1.
        line: u64,
    },
}

/// What was found out about a log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Verdict {
    /// Session as the log names it.
    pub session: String,
    /// Events in order before the first fault.
    pub events: u64,
    /// Hash of the last of them, in hexadecimal: compare it with what a sink received.
    pub last_hash: String,
    /// The last event is the end of the session.
    pub ended: bool,
    /// The first fault.
    pub fault: Option<Fault>,
    /// Number of the last event that a valid checkpoint covers.
    pub signed_up_to: Option<u64>,
    /// What could not be seen by these means, in words for a person.
    pub caveats: Vec<String>,
}

impl Verdict {
    /// Nothing is wrong with what is there.
    pub fn intact(&self) -> bool {
        self.fault.is_none()
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.fault {
            Some(fault) => write!(
                f,
                "BROKEN: {fault}; {} events before it are in order",
                self.events
            )?,
            None => write!(
                f,
                "intact: {} events in order, last hash {}",
                self.events, self.last_hash
            )?,
        }
        self.caveats
            .iter()
            .try_for_each(|caveat| write!(f, "\nnote: {caveat}"))
    }
}

/// Checks the chain of a log, and its signed checkpoints if they are given. Reads the file once, in bounded memory.
///
/// # Errors
/// A file can not be read; checkpoints without a key.
pub fn verify(log: &Path, options: &VerifyOptions) -> Result<Verdict, VerifyError> {
    let signed = match (&options.checkpoints, &options.key) {
        (None, _) => None,
        (Some(_), None) => return Err(VerifyError::NoKey),
        (Some(path), Some(key)) => Some(read_checkpoints(path, key)?),
    };
    let io = |source| VerifyError::Io {
        path: log.to_owned(),
        source,
    };
    let mut lines = Lines::new(files::open_regular(log).map_err(io)?, MAX_LINE);
    let mut chain = Chain::default();
    let mut witness = Witness::new(signed.as_ref());
    let mut fault = None;
    while fault.is_none() {
        let Some(line) = lines.next_line().map_err(io)? else {
            break;
        };
        fault = chain.take(&line).err();
        if fault.is_none() {
            fault = witness.see(&chain).err();
            if matches!(line, Line::Unfinished) {
                break;
            }
        }
    }
    if fault.is_none() && chain.seq == 0 && witness.last_signed() == 0 {
        fault = Some(Fault::Empty);
    }
    if fault.is_none() {
        fault = witness.at_end(&chain).err();
    }
    Ok(verdict(chain, fault, &witness))
}

fn verdict(chain: Chain, fault: Option<Fault>, witness: &Witness<'_>) -> Verdict {
    let mut caveats = Vec::new();
    let covered = witness.covered.unwrap_or(0);
    if fault.is_none() && !chain.ended {
        caveats.push("the log does not end with the end of its session: the supervisor still runs, was killed, or the tail was cut".into());
    }
    if witness.signed.is_none() {
        caveats.push(
            "a cut tail, or a file recomputed from some event on, can not be seen from the file alone: compare the last hash with \
             what a remote sink received, or verify with signed checkpoints"
                .into(),
        );
    } else if fault.is_none() && covered < chain.seq {
        let first = covered + 1;
        caveats.push(format!(
            "events {first} to {} are after the last signed checkpoint: whether they were recomputed, or a tail after them cut, only \
             a remote sink can tell",
            chain.seq
        ));
    }
    if witness.signed.is_some() {
        caveats.push("a checkpoint binds whoever does not hold the key: somebody with the rights of this user could have signed anew".into());
    }
    Verdict {
        session: chain.session.unwrap_or_default(),
        events: chain.seq,
        last_hash: hex::encode(&chain.last),
        ended: chain.ended,
        fault,
        signed_up_to: witness.covered,
        caveats,
    }
}

#[derive(Default)]
struct Chain {
    session: Option<String>,
    seq: u64,
    last: Hash,
    ended: bool,
}

impl Chain {
    fn take(&mut self, line: &Line) -> Result<(), Fault> {
        let seq = self.seq + 1;
        let bytes = match line {
            Line::Whole(bytes) => bytes,
            Line::TooLong => return Err(Fault::TooLong { seq }),
            Line::Unfinished => return Err(Fault::Unfinished { seq }),
        };
        let parsed = record::parse(bytes).ok_or(Fault::NotAnEvent { seq })?;
        if !parsed.genuine() {
            return Err(Fault::Changed { seq });
        }
        let session = self.session.get_or_insert_with(|| parsed.session.clone());
        if *session != parsed.session {
            return Err(Fault::OtherSession { seq });
        }
        if seq == 1 {
            self.last = record::genesis(session);
        }
        match parsed.seq {
            found if found > seq => return Err(Fault::Missing { seq, found }),
            found if found < seq => return Err(Fault::Moved { seq, found }),
            // The line is whole and in its place but follows another one: that one was replaced together with its hash.
            _ if parsed.prev != self.last => {
                self.seq = self.seq.saturating_sub(1);
                return Err(Fault::Changed { seq: self.seq + 1 });
            }
            _ => {}
        }
        self.seq = seq;
        self.last = parsed.hash;
        self.ended = parsed.event.is_last();
        Ok(())
    }
}

/// Checkpoints in the order of their events, and the line of the first one that is not to be believed.
struct Signed {
    good: Vec<Checkpoint>,
    bad: Option<u64>,
}

fn read_checkpoints(path: &Path, key: &PublicKey) -> Result<Signed, VerifyError> {
    let io = |source| VerifyError::Io {
        path: path.to_owned(),
        source,
    };
    let mut lines = Lines::new(files::open_regular(path).map_err(io)?, MAX_CHECKPOINT_LINE);
    let mut signed = Signed {
        good: Vec::new(),
        bad: None,
    };
    while let Some(line) = lines.next_line().map_err(io)? {
        let checkpoint = match line {
            Line::Whole(bytes) => serde_json::from_slice::<Checkpoint>(&bytes).ok(),
            Line::TooLong => None,
            // A supervisor killed while it wrote a checkpoint.
            Line::Unfinished => break,
        };
        match checkpoint.filter(|checkpoint| checkpoint.signed_by(key)) {
            Some(checkpoint) => signed.good.push(checkpoint),
            None => {
                signed.bad.get_or_insert(lines.number);
            }
        }
    }
    signed
        .good
        .sort_by_key(|checkpoint| (checkpoint.seq, checkpoint.last));
    Ok(signed)
}

/// Compares the chain with the checkpoints as it is read.
struct Witness<'a> {
    signed: Option<&'a Signed>,
    next: usize,
    covered: Option<u64>,
}

impl<'a> Witness<'a> {
    fn new(signed: Option<&'a Signed>) -> Self {
        Witness {
            signed,
            next: 0,
            covered: None,
        }
    }

    fn good(&self) -> &'a [Checkpoint] {
        self.signed.map_or(&[], |signed| &signed.good)
    }

    fn last_signed(&self) -> u64 {
        self.good().last().map_or(0, |checkpoint| checkpoint.seq)
    }

    fn see(&mut self, chain: &Chain) -> Result<(), Fault> {
        while let Some(checkpoint) = self
            .good()
            .get(self.next)
            .filter(|checkpoint| checkpoint.seq <= chain.seq)
        {
            let session = chain.session.as_deref() == Some(&checkpoint.session);
            if !session
                || hex::decode(&checkpoint.hash) != Some(chain.last)
                || checkpoint.seq != chain.seq
            {
                return Err(Fault::Recomputed {
                    first: self.covered.unwrap_or(0) + 1,
                    signed: checkpoint.seq,
                });
            }
            self.covered = Some(checkpoint.seq);
            self.next += 1;
        }
        Ok(())
    }

    fn at_end(&self, chain: &Chain) -> Result<(), Fault> {
        if let Some(checkpoint) = self.good().get(self.next) {
            return Err(Fault::TailCut {
                seq: chain.seq + 1,
                signed: self.last_signed().max(checkpoint.seq),
            });
        }
        if let Some(end) = self
            .good()
            .iter()
            .find(|checkpoint| checkpoint.last && checkpoint.seq < chain.seq)
        {
            return Err(Fault::Added { seq: end.seq + 1 });
        }
        match self.signed.and_then(|signed| signed.bad) {
            Some(line) => Err(Fault::BadCheckpoint { line }),
            None => Ok(()),
        }
    }
}
