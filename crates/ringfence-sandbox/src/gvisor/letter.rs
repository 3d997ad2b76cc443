//! What the two halves say to each other across the second kernel: a letter in, words out.
//!
//! Nothing but files crosses that kernel. The letter is a file of the sandbox's root; the words are lines that the guest's
//! pid 1 appends to a file of the host, after the one that lets the payload go. The payload can write them too, once it runs (runsc
//! lets it open the descriptors of a process of its own user): it can lie about its own end, and the keeper takes nothing from them
//! but numbers and words of closed sets.

use std::os::fd::OwnedFd;

use ringfence_policy::SandboxSpec;
use serde::{Deserialize, Serialize};

use crate::bounds::{REASON_BYTES, WORDS_BYTES};
use crate::error::{Fault, Step};
use crate::limits::StandIns;
use crate::spawner::Job;
use crate::wire::Seen;

/// Where the guest finds what is its own.
pub(super) const PLACE: &str = "/.ringfence";
/// This binary, there.
pub(super) const INIT: &str = "/.ringfence/init";
/// The letter.
pub(super) const LETTER: &str = "/.ringfence/letter";
/// The words.
pub(super) const WORDS: &str = "/.ringfence/words";
/// An empty file that can not be written to.
pub(super) const NOTHING: &str = "/.ringfence/nothing";
/// A mount point for the guest's own pids controller.
pub(super) const PIDS: &str = "/.ringfence/pids";

/// What the guest's pid 1 has to know.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Letter {
    /// The spec without what only the outside needs.
    pub(super) spec: SandboxSpec,
    /// The payload's umask.
    pub(super) umask: u32,
    /// The payload's descriptor limit, unless the spec sets one.
    pub(super) open_files: Option<u64>,
    /// What stands in for a limit on memory, see [`StandIns::to_byte`].
    pub(super) stand_ins: u8,
}

impl Letter {
    /// Leaves out everything that the payload has no business with: it can not read the letter, but need not be tempted.
    pub(super) fn new(spec: &SandboxSpec, umask: u32, job: &Job) -> Self {
        let mut spec = spec.clone();
        spec.shape.root.clear();
        spec.claim.mounts.clear();
        spec.claim.masks.clear();
        spec.claim.protected.clear();
        // Kept from outside.
        spec.shape.limits.cpuset = None;
        let stand_ins = StandIns {
            memory: job.stand_ins.memory,
            watched: job.stand_ins.watched,
            ..StandIns::default()
        };
        Self {
            spec,
            umask,
            open_files: job.open_files.current,
            stand_ins: stand_ins.to_byte(),
        }
    }
}

/// One line of what the guest says; the first that stands there is said to it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// From the keeper: the payload may run.
    Go,
    /// The payload runs its program.
    Executed,
    /// The program could not be executed.
    ExecFailed { errno: i32 },
    /// The last steps of the construction failed.
    Failed { text: String },
    /// The payload ended.
    Exit {
        code: Option<i32>,
        signal: Option<i32>,
        leftover: u32,
        seen: Seen,
    },
}

/// Appends one word.
pub(super) fn say(file: &OwnedFd, word: &Word) -> Result<(), Fault> {
    let mut line = serde_json::to_vec(word).step("reporting")?;
    line.push(b'\n');
    let mut rest = line.as_slice();
    while !rest.is_empty() {
        let written = rustix::io::retry_on_intr(|| rustix::io::write(file, rest));
        rest = rest.get(written.step("reporting")?..).unwrap_or_default();
    }
    Ok(())
}

/// A failure as a word, its text bounded.
pub(super) fn failed(fault: &Fault) -> Word {
    Word::Failed {
        text: fault.0.chars().take(REASON_BYTES / 4).collect(),
    }
}

/// Reads the words of a file as they come.
#[derive(Debug, Default)]
pub(super) struct Reader {
    read: usize,
    line: Vec<u8>,
}

impl Reader {
    /// The words that were added since the last call. What is no word is passed over; what is beyond the limit is not read.
    pub(super) fn next(&mut self, file: &OwnedFd) -> Vec<Word> {
        let mut words = Vec::new();
        let mut part = [0_u8; 4096];
        while self.read < WORDS_BYTES {
            let count = match rustix::io::pread(file, &mut part, self.read as u64) {
                Ok(0) | Err(_) => break,
                Ok(count) => count,
            };
            self.read += count;
            words.extend(self.take(part.get(..count).unwrap_or_default()));
        }
        words
    }

    fn take(&mut self, bytes: &[u8]) -> Vec<Word> {
        let mut words = Vec::new();
        for byte in bytes {
            if *byte == b'\n' {
                words.extend(serde_json::from_slice::<Word>(&self.line).ok());
                self.line.clear();
            } else {
                self.line.push(*byte);
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_arrive_whole_whatever_the_cut_and_garbage_is_passed_over() {
        let (tx, rx) = (tempfile::NamedTempFile::new().expect("file"), 0);
        let _ = rx;
        let path = tx.path().to_owned();
        let write: OwnedFd = std::fs::File::options()
            .append(true)
            .open(&path)
            .expect("open")
            .into();
        let read: OwnedFd = std::fs::File::open(&path).expect("open").into();
        let mut reader = Reader::default();
        assert!(reader.next(&read).is_empty());
        say(&write, &Word::Executed).expect("write");
        rustix::io::write(&write, b"{\"executed\n\xff\xfe\n{\"exec_failed\":").expect("write");
        assert!(matches!(reader.next(&read).as_slice(), [Word::Executed]));
        rustix::io::write(&write, b"{\"errno\":2}}\n").expect("write");
        assert!(matches!(
            reader.next(&read).as_slice(),
            [Word::ExecFailed { errno: 2 }]
        ));
        // What the payload writes in its own words says nothing.
        for (said, words) in [("oom", 1), ("text", 0)] {
            let seen = format!("{{\"killed_for\":\"{said}\",\"pids_reached\":true}}");
            let line = format!(
                "{{\"exit\":{{\"code\":0,\"signal\":null,\"leftover\":0,\"seen\":{seen}}}}}\n"
            );
            rustix::io::write(&write, line.as_bytes()).expect("write");
            assert_eq!(reader.next(&read).len(), words, "{line}");
        }
        rustix::io::write(&write, &vec![b'x'; 2 * WORDS_BYTES]).expect("write");
        assert!(reader.next(&read).is_empty());
        say(&write, &Word::Executed).expect("write");
        assert!(reader.next(&read).is_empty(), "beyond the limit");
        assert!(reader.line.len() <= WORDS_BYTES + 4096);
    }
}
