//! Checking a whole vault, and keeping what can be read of a damaged one.

use super::conversation::contents;
use super::error::io;
use super::scan::{Damage, Head, Keys};
use super::table::Row;
use super::{Id, Purpose, Vault, VaultError};

/// What a check found for one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationReport {
    /// The conversation.
    pub id: Id,
    /// What it is for.
    pub purpose: Purpose,
    /// Records that can be read.
    pub records: u64,
    /// What is wrong.
    pub damage: Vec<Damage>,
    /// Bytes that a killed writer left behind the end.
    pub unfinished: u64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What is wrong with the table.
    pub table: Vec<String>,
    /// Every conversation, the named secrets too.
    pub conversations: Vec<ConversationReport>,
    /// Files that no row names: left by a killed process, without a key.
    pub strays: Vec<String>,
}

impl Report {
    /// Whether everything is as it was written.
    pub fn intact(&self) -> bool {
        self.table.is_empty() && self.conversations.iter().all(|c| c.damage.is_empty())
    }
}

impl Vault {
    /// Reads everything.
    ///
    /// # Errors
    /// A file can not be read at all.
    pub fn verify(&self) -> Result<Report, VaultError> {
        let mut report = Report {
            table: self.faults.clone(),
            conversations: Vec::new(),
            strays: Vec::new(),
        };
        for row in self.table.rows.iter().filter(|row| !row.forgotten) {
            let contents = self.read(row.id)?;
            report.conversations.push(ConversationReport {
                id: row.id,
                purpose: row.purpose,
                records: contents.records.len() as u64,
                damage: contents.damage,
                unfinished: contents.unfinished,
            });
        }
        let directory = self.path.join(super::CONVERSATIONS);
        for entry in std::fs::read_dir(&directory).map_err(io(&directory))? {
            let name = entry.map_err(io(&directory))?.file_name();
            let name = name.to_string_lossy().into_owned();
            let named =
                Id::parse(&name).is_some_and(|id| self.table.rows.iter().any(|row| row.id == id));
            if !named {
                report.strays.push(name);
            }
        }
        report.strays.sort();
        Ok(report)
    }

    /// Writes the rows that still open as a new table, and every damaged conversation anew with the records that can be read.
    /// Damaged files stay beside it under `ID.damaged`, a damaged table under `table.damaged`. Prompt caches go that are damaged or are
    /// of a conversation that is damaged or lost: they hold nothing that is not computed again. Returns how many conversations were
    /// written anew.
    ///
    /// # Errors
    /// The disk is full, or the key store fails.
    pub fn repair(&mut self) -> Result<usize, VaultError> {
        let _lock = self.lock()?;
        self.load_ring()?;
        self.reload()?;
        if !self.faults.is_empty() {
            let damaged =
                super::read_table(&self.root).map_err(io(self.path.join(super::TABLE)))?;
            let aside = format!("{}.damaged", super::TABLE);
            super::replace(&*self.disk, &self.root, &aside, &damaged)
                .map_err(io(self.path.join(&aside)))?;
        }
        let mut table = self.next_table();
        let histories = self.table.rows.iter().filter(|row| !row.forgotten);
        let histories: Vec<Id> = histories
            .filter(|row| row.purpose == Purpose::History)
            .map(|row| row.id)
            .collect();
        table.destroy(|row| {
            let of = |id: &Id| row.is_cache_of(*id);
            row.purpose == Purpose::PromptCache && !histories.iter().any(of)
        });
        let mut kept = 0;
        let mut replaced = Vec::new();
        for row in self.table.rows.clone() {
            if row.forgotten {
                continue;
            }
            let contents = self.read(row.id)?;
            if contents.damage.is_empty() {
                continue;
            }
            if row.purpose == Purpose::PromptCache {
                table.destroy(|r| r.id == row.id);
                continue;
            }
            let (new, mut file) = self.make(row.purpose)?;
            for (_, record) in &contents.records {
                file.append(record)?;
            }
            let head = file.head();
            table.rows.retain(|r| r.id != row.id);
            table.destroy(|r| r.is_cache_of(row.id));
            table.rows.push(Row {
                records: head.records,
                link: head.link,
                created: row.created,
                ..new
            });
            replaced.push(row.id);
            kept += 1;
        }
        self.write(table)?;
        for id in replaced {
            let name = id.to_string();
            let aside = format!("{name}.damaged");
            match self.disk.rename(&self.conversations, &name, &aside) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(io(self.conversation_path(id))(e));
                }
                _ => {}
            }
        }
        self.ring.floor = self.table.generation;
        self.save_ring()?;
        self.sweep()?;
        Ok(kept)
    }
}

/// For the fuzz target: a conversation of four records, changed as `edits` says (each four bytes: what, where twice, value). Whatever
/// comes out was written, under its own number, once and in order; `None` where that does not hold.
#[doc(hidden)]
pub fn fuzz_conversation(edits: &[u8]) -> Option<usize> {
    let key = crate::keys::SecretKey::zero().ok()?;
    let keys = Keys::new(&key, Purpose::Secrets, Id([7; 16])).ok()?;
    let records: [&[u8]; 4] = [b"one", &[2; 1500], b"", b"four"];
    let mut head = Head {
        generation: 1,
        ..Head::default()
    };
    let mut file = vec![0; super::scan::FRAMES_AT as usize];
    file[..512].copy_from_slice(&keys.header());
    for (number, record) in (0u64..).zip(records) {
        let (frames, link) = keys.sealer.seal(number, &head.link, record).ok()?;
        head = Head {
            generation: head.generation + 1,
            records: number + 1,
            frames: head.frames + (frames.len() / Purpose::Secrets.frame()) as u64,
            link,
        };
        file.extend_from_slice(&frames);
        let at = super::scan::mark_at(head.generation) as usize;
        file[at..at + 512].copy_from_slice(&keys.end_mark(&head));
    }
    let frame = Purpose::Secrets.frame();
    for edit in edits.chunks_exact(4).take(64) {
        let at = usize::from(u16::from_be_bytes([edit[1], edit[2]])) % file.len().max(1);
        let start = at / frame * frame;
        match edit[0] % 5 {
            _ if file.is_empty() => break,
            0 => file[at] ^= edit[3],
            1 => file.truncate(at),
            2 => drop(file.drain(start..(start + frame).min(file.len()))),
            3 => {
                let copy = file[start..(start + frame).min(file.len())].to_vec();
                let to = usize::from(edit[3]) * frame % (file.len() + 1) / frame * frame;
                file.splice(to..to, copy);
            }
            _ => file.extend_from_slice(edit),
        }
    }
    let found = contents(file.as_slice(), &keys, &head).ok()?;
    let mut before = None;
    for (number, record) in &found.records {
        let written = records.get(usize::try_from(*number).ok()?)?;
        if before >= Some(*number) || record.as_slice() != *written {
            return None;
        }
        before = Some(*number);
    }
    let all = found.records.len() == records.len();
    (all || !found.damage.is_empty()).then_some(found.records.len())
}

/// For the fuzz target: reads the bytes of a table, which must end.
#[doc(hidden)]
pub fn fuzz_table(bytes: &[u8]) -> usize {
    let Ok(key) = crate::keys::SecretKey::zero() else {
        return 0;
    };
    super::table::Wrapper::new(&key, 1, [7; 16])
        .ok()
        .and_then(|wrapper| super::table::Table::decode(bytes, &wrapper))
        .map_or(0, |found| found.table.rows.len() + found.faults.len())
}
