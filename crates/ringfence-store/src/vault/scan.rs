//! Reading a conversation file from its first byte to its last: what is whole comes out, and everything else is named.
//!
//! ```text
//! 0     header: magic 8 | version u16 | purpose u8 | 0 | frame size u32 | id 16 | commitment 32 | zeros
//! 512   end mark of even generation: generation u64 | records u64 | frames u64 | last tag 16 | HMAC 32 | zeros
//! 1024  end mark of odd generation, the same
//! 1536  frames
//! ```
//!
//! The commitment is derived from the key: another key can not open the file to another text. The two end marks are written in
//! turn, each in a sector of its own, after the frames that they count. So a file that ends too soon is known from one whose writer
//! was killed, whose frames are behind the end mark.

use std::io;

use aws_lc_rs::{constant_time, hmac};
use zeroize::Zeroizing;

use super::crypto::{Deriver, Failed, TAG};
use super::frame::{Link, Sealer};
use super::limits::MAX_DAMAGE;
use super::{Id, Purpose};
use crate::keys::{KEY, SecretKey};

/// Where the frames begin.
pub(crate) const FRAMES_AT: u64 = 1536;
const SECTOR: usize = 512;
const MAGIC: &[u8; 8] = b"RFVAULT1";
const VERSION: u16 = 1;
const HEAD: usize = 8 + 8 + 8 + TAG;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The header of the file differs from what the key says it is; the records do not depend on it.
    Header,
    /// An end mark does not authenticate, so the newest records may be missing unseen.
    EndMark,
    /// These records can not be read: frames `first_frame..=last_frame` were changed.
    Records {
        /// First record, counted from 0.
        first: u64,
        /// Last record.
        last: u64,
        /// First frame of the file that does not authenticate, counted from 0.
        first_frame: u64,
        /// Last such frame.
        last_frame: u64,
    },
    /// These records are gone; what follows them is there.
    Missing {
        /// First record.
        first: u64,
        /// Last record.
        last: u64,
    },
    /// The file ends before the record that its end mark names.
    Truncated {
        /// Records that are gone.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// A record that was there before stands here again, or one stands out of order.
    Replayed {
        /// The record.
        record: u64,
        /// Its first frame.
        frame: u64,
    },
    /// The record is from another state of the same conversation.
    Spliced {
        /// The record.
        record: u64,
    },
    /// Frames that belong to no record.
    Foreign {
        /// First frame.
        first_frame: u64,
        /// Last frame.
        last_frame: u64,
    },
    /// The file is older than the vault remembers: an earlier copy was put in its place.
    RolledBack {
        /// Records there are.
        found: u64,
        /// Records that the vault knows of.
        known: u64,
    },
    /// There is no file.
    Gone,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let records = |first: u64, last: u64| {
            if first == last {
                format!("record {first}")
            } else {
                format!("records {first} to {last}")
            }
        };
        let frames = |first: u64, last: u64| {
            if first == last {
                format!("frame {first}")
            } else {
                format!("frames {first} to {last}")
            }
        };
        match self {
            Damage::Header => f.write_str("the header was changed; no record depends on it"),
            Damage::EndMark => f.write_str(
                "an end mark was changed: whether the newest record is missing can not be told",
            ),
            Damage::Records {
                first,
                last,
                first_frame,
                last_frame,
            } => write!(
                f,
                "{} can not be read: {} changed",
                records(*first, *last),
                frames(*first_frame, *last_frame)
            ),
            Damage::Missing { first, last } => write!(f, "{} missing", records(*first, *last)),
            Damage::Truncated { first, last } => {
                write!(
                    f,
                    "the file was cut: {} missing at the end",
                    records(*first, *last)
                )
            }
            Damage::Replayed { record, frame } => {
                write!(
                    f,
                    "record {record} stands again or out of order at frame {frame}"
                )
            }
            Damage::Spliced { record } => write!(
                f,
                "record {record} is from another state of this conversation (an old copy of the file was written on)"
            ),
            Damage::Foreign {
                first_frame,
                last_frame,
            } => write!(
                f,
                "{} belong to no record",
                frames(*first_frame, *last_frame)
            ),
            Damage::RolledBack { found, known } => write!(
                f,
                "an older copy of the file: {found} records, and the vault knows of {known}"
            ),
            Damage::Gone => f.write_str("the file is gone"),
        }
    }
}

/// Reads bytes at a place; shorter than asked only at the end.
pub(crate) trait Source {
    fn length(&self) -> io::Result<u64>;
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize>;
}

impl Source for std::fs::File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match std::os::unix::fs::FileExt::read_at(self, &mut buffer[done..], at + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(done)
    }
}

impl Source for [u8] {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let rest = usize::try_from(at)
            .ok()
            .and_then(|at| self.get(at..))
            .unwrap_or_default();
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}

/// Where a conversation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Head {
    pub(crate) generation: u64,
    pub(crate) records: u64,
    pub(crate) frames: u64,
    pub(crate) link: Link,
}

/// The keys of one conversation, and what its file begins with.
pub(crate) struct Keys {
    pub(crate) sealer: Sealer,
    mac: hmac::Key,
    commitment: [u8; KEY],
    pub(crate) purpose: Purpose,
    pub(crate) id: Id,
}

impl Keys {
    pub(crate) fn new(key: &SecretKey, purpose: Purpose, id: Id) -> Result<Self, Failed> {
        let deriver = Deriver::new(key, &id.0);
        let kind = [purpose as u8];
        let mut commitment = [0; KEY];
        deriver.derive(
            &[b"ringfence vault commitment 1", &kind, &id.0],
            &mut commitment,
        )?;
        Ok(Keys {
            mac: deriver.mac(&[b"ringfence vault end mark 1", &kind, &id.0])?,
            sealer: Sealer::new(deriver, purpose, id),
            commitment,
            purpose,
            id,
        })
    }

    pub(crate) fn header(&self) -> [u8; SECTOR] {
        let mut out = [0; SECTOR];
        out[..8].copy_from_slice(MAGIC);
        out[8..10].copy_from_slice(&VERSION.to_be_bytes());
        out[10] = self.purpose as u8;
        out[12..16].copy_from_slice(&(self.purpose.frame() as u32).to_be_bytes());
        out[16..32].copy_from_slice(&self.id.0);
        out[32..64].copy_from_slice(&self.commitment);
        out
    }

    pub(crate) fn end_mark(&self, head: &Head) -> [u8; SECTOR] {
        let mut out = [0; SECTOR];
        out[..8].copy_from_slice(&head.generation.to_be_bytes());
        out[8..16].copy_from_slice(&head.records.to_be_bytes());
        out[16..24].copy_from_slice(&head.frames.to_be_bytes());
        out[24..HEAD].copy_from_slice(&head.link);
        let tag = hmac::sign(&self.mac, &out[..HEAD]);
        out[HEAD..HEAD + 32].copy_from_slice(tag.as_ref());
        out
    }

    fn read_mark(&self, sector: &[u8; SECTOR]) -> Option<Head> {
        let number = |at: usize| Some(u64::from_be_bytes(sector.get(at..at + 8)?.try_into().ok()?));
        let head = Head {
            generation: number(0)?,
            records: number(8)?,
            frames: number(16)?,
            link: sector[24..HEAD].try_into().ok()?,
        };
        // The whole sector is compared, its zeros too.
        constant_time::verify_slices_are_equal(&self.end_mark(&head), sector).ok()?;
        Some(head)
    }
}

/// Where the end mark of this generation stands.
pub(crate) fn mark_at(generation: u64) -> u64 {
    SECTOR as u64 * (1 + generation % 2)
}

/// What a file says about itself before its frames are read.
pub(crate) struct Front {
    pub(crate) head: Option<Head>,
    pub(crate) damage: Vec<Damage>,
}

/// Reads header and end marks.
pub(crate) fn front(source: &(impl Source + ?Sized), keys: &Keys) -> io::Result<Front> {
    let mut sectors = [[0; SECTOR]; 3];
    for (index, sector) in sectors.iter_mut().enumerate() {
        source.read_at(sector, (index * SECTOR) as u64)?;
    }
    let mut damage = Vec::new();
    if sectors[0] != keys.header() {
        damage.push(Damage::Header);
    }
    let marks = [keys.read_mark(&sectors[1]), keys.read_mark(&sectors[2])];
    let fits = |mark: &Option<Head>, parity: u64| mark.filter(|m| m.generation % 2 == parity);
    let (even, odd) = (fits(&marks[0], 0), fits(&marks[1], 1));
    let (head, whole) = match (even, odd) {
        (Some(a), Some(b)) => {
            let (newer, older) = if a.generation > b.generation {
                (a, b)
            } else {
                (b, a)
            };
            (Some(newer), newer.generation - older.generation == 1)
        }
        // The first end mark is of generation 1; only then is the other one empty.
        (None, Some(b)) => (
            Some(b),
            b.generation == 1 && sectors[1].iter().all(|x| *x == 0),
        ),
        (Some(a), None) => (Some(a), false),
        (None, None) => (None, false),
    };
    if !whole {
        damage.push(Damage::EndMark);
    }
    Ok(Front { head, damage })
}

/// What was found.
pub(crate) struct Scanned {
    pub(crate) damage: Vec<Damage>,
    /// Damages beyond the limit.
    pub(crate) more: u64,
    /// Where the next record would go.
    pub(crate) end: Head,
    /// Bytes behind the end that a killed writer left.
    pub(crate) unfinished: u64,
}

/// Reads all; `each` gets every whole record in order.
pub(crate) fn scan(
    source: &(impl Source + ?Sized),
    keys: &Keys,
    each: &mut dyn FnMut(u64, Zeroizing<Vec<u8>>),
) -> io::Result<Scanned> {
    let front = front(source, keys)?;
    let mut walk = Walk {
        source,
        keys,
        size: keys.purpose.frame(),
        next: 0,
        link: Some([0; TAG]),
        bad: None,
        marked: front.head.unwrap_or_default(),
        marked_link: None,
        end: Head::default(),
        damage: front.damage,
        more: 0,
    };
    let length = source.length()?.saturating_sub(FRAMES_AT);
    walk.frames(length / walk.size as u64, each)?;
    let unfinished = walk.finish(front.head.is_some(), length);
    Ok(Scanned {
        damage: walk.damage,
        more: walk.more,
        end: Head {
            generation: walk.marked.generation,
            ..walk.end
        },
        unfinished,
    })
}

struct Walk<'a, S: Source + ?Sized> {
    source: &'a S,
    keys: &'a Keys,
    size: usize,
    /// The record that comes next.
    next: u64,
    /// The last tag of the record before it, where that is known.
    link: Option<Link>,
    /// Frames that belong to nothing so far: the first, and whether a record of known number began there.
    bad: Option<(u64, Option<u64>)>,
    marked: Head,
    /// The last tag of the record that the end mark names as last, if it was seen.
    marked_link: Option<Link>,
    end: Head,
    damage: Vec<Damage>,
    more: u64,
}

impl<S: Source + ?Sized> Walk<'_, S> {
    fn note(&mut self, damage: Damage) {
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(damage);
        } else {
            self.more += 1;
        }
    }

    fn frame(&self, index: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.source
            .read_at(buffer, FRAMES_AT + index * self.size as u64)
            .map(|_| ())
    }

    fn frames(
        &mut self,
        count: u64,
        each: &mut dyn FnMut(u64, Zeroizing<Vec<u8>>),
    ) -> io::Result<()> {
        let mut buffer = vec![0; self.size];
        let mut at = 0;
        while at < count {
            self.frame(at, &mut buffer)?;
            let Some(mut start) = self.keys.sealer.open_first(&buffer) else {
                self.bad.get_or_insert((at, None));
                at += 1;
                continue;
            };
            let (record, length) = (start.record, start.frames as u64);
            let mut whole = at + length <= count;
            let mut index = 1;
            while whole && index < length {
                self.frame(at + index, &mut buffer)?;
                whole = self
                    .keys
                    .sealer
                    .open_next(&mut start, index as usize, &buffer)
                    .is_some();
                index += 1;
            }
            match start.finish().filter(|_| whole) {
                Some(opened) => {
                    if self.accept(record, at, opened.before) {
                        let (first, link) = (record + 1, opened.link);
                        self.next = first;
                        self.link = Some(link);
                        self.end = Head {
                            generation: 0,
                            records: first,
                            frames: at + length,
                            link,
                        };
                        if first == self.marked.records {
                            self.marked_link = Some(link);
                        }
                        each(record, opened.data);
                    }
                    at += length;
                }
                None => {
                    // The next record is looked for from the very next frame: some of this one's may be gone.
                    self.bad.get_or_insert((at, Some(record)));
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// Whether a whole record is the one that belongs here; says what is wrong if not.
    fn accept(&mut self, record: u64, at: u64, before: Link) -> bool {
        if record < self.next {
            self.close_gap(self.next, at);
            self.note(Damage::Replayed { record, frame: at });
            return false;
        }
        let gap = self.bad.is_some() || record > self.next;
        self.close_gap(record, at);
        if !gap && self.link.is_some_and(|link| link != before) {
            self.note(Damage::Spliced { record });
            self.next = record + 1;
            self.link = None;
            return false;
        }
        true
    }

    /// Names what lies between the last whole record and `record` at frame `at`.
    fn close_gap(&mut self, record: u64, at: u64) {
        match self.bad.take() {
            Some((first_frame, known)) => {
                let last_frame = at.saturating_sub(1).max(first_frame);
                if record > self.next {
                    self.note(Damage::Records {
                        first: self.next,
                        last: record - 1,
                        first_frame,
                        last_frame,
                    });
                } else if known.is_some_and(|known| known < record) {
                    // The frames of a record that stands whole elsewhere.
                    self.note(Damage::Replayed {
                        record: known.unwrap_or_default(),
                        frame: first_frame,
                    });
                } else {
                    self.note(Damage::Foreign {
                        first_frame,
                        last_frame,
                    });
                }
            }
            None if record > self.next => self.note(Damage::Missing {
                first: self.next,
                last: record - 1,
            }),
            None => {}
        }
    }

    /// Compares what was read with the end mark; returns the bytes that a killed writer left behind the end.
    fn finish(&mut self, marked: bool, length: u64) -> u64 {
        let size = self.size as u64;
        let known = if marked { self.marked.records } else { 0 };
        let bad = self.bad.take();
        if self.next < known {
            match bad {
                Some((first_frame, _)) if first_frame < self.marked.frames => {
                    self.note(Damage::Records {
                        first: self.next,
                        last: known - 1,
                        first_frame,
                        last_frame: (length / size).saturating_sub(1).max(first_frame),
                    });
                }
                _ => self.note(Damage::Truncated {
                    first: self.next,
                    last: known - 1,
                }),
            }
        } else if marked && known > 0 && self.marked_link.is_some_and(|l| l != self.marked.link) {
            self.note(Damage::Spliced { record: known - 1 });
        }
        if let Some((first_frame, began)) = bad
            && self.next >= known
        {
            if let Some(record) = began.filter(|record| *record < self.next) {
                self.note(Damage::Replayed {
                    record,
                    frame: first_frame,
                });
            } else if marked && first_frame < self.marked.frames {
                self.note(Damage::Foreign {
                    first_frame,
                    last_frame: (length / size).saturating_sub(1).max(first_frame),
                });
            }
        }
        if self.damage.is_empty() && self.end.frames < self.marked.frames {
            // Every record is there, yet in fewer frames than the end mark counts.
            self.note(Damage::EndMark);
        }
        length.saturating_sub(
            self.end
                .frames
                .max(if self.next < known { length / size } else { 0 })
                * size,
        )
    }
}
