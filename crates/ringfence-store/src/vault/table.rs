//! The table of a vault: one row a conversation, with its key wrapped under the epoch's key. Pure, bytes in and bytes out.
//!
//! ```text
//! header  magic 8 | version u16 | 0 0 | epoch u32 | generation u64 | rows u64 | vault 16 | zeros to 64
//! row     id 16 | purpose u8 | state u8 | zeros 6 | created u64 (s) | wrapped key 60 | zeros 4 | records u64 | last tag 16 | zeros 8
//! end     HMAC-SHA-256 over all before it 32
//! ```
//!
//! A row is authenticated by the HMAC, and its key by itself as well: when the table is damaged, every row whose key still opens is
//! kept, and the others are named.

use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::hmac;

use super::crypto::{self, Deriver, Failed, TAG, WRAPPED};
use super::limits::MAX_CONVERSATIONS;
use super::{Id, Purpose};
use crate::keys::SecretKey;

pub(crate) const HEADER: usize = 64;
pub(crate) const ROW: usize = 128;
const MAC: usize = 32;
const MAGIC: &[u8; 8] = b"RFTABLE1";
const VERSION: u16 = 1;
/// Largest table in bytes.
pub(crate) const MAX_TABLE: u64 = (HEADER + ROW * MAX_CONVERSATIONS + MAC) as u64;

/// One conversation.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) id: Id,
    pub(crate) purpose: Purpose,
    /// Its key was destroyed; the file is still to be removed.
    pub(crate) forgotten: bool,
    pub(crate) created: u64,
    pub(crate) wrapped: [u8; WRAPPED],
    /// Records that the vault knows of; the file may have more.
    pub(crate) records: u64,
    /// The last tag of the last of them.
    pub(crate) link: [u8; TAG],
}

/// All of them.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) vault: [u8; 16],
    pub(crate) epoch: u32,
    pub(crate) generation: u64,
    pub(crate) rows: Vec<Row>,
}

/// Wraps and opens the keys of rows under the key of one epoch.
pub(crate) struct Wrapper {
    key: LessSafeKey,
    mac: hmac::Key,
    epoch: u32,
    vault: [u8; 16],
}

impl Wrapper {
    pub(crate) fn new(key: &SecretKey, epoch: u32, vault: [u8; 16]) -> Result<Self, Failed> {
        let deriver = Deriver::new(key, &vault);
        Ok(Wrapper {
            key: deriver.aead(&[b"ringfence vault wrap 1"])?,
            mac: deriver.mac(&[b"ringfence vault table 1"])?,
            epoch,
            vault,
        })
    }

    /// Purpose, id and epoch, so that a key opens in its own row only.
    fn associated(&self, id: Id, purpose: Purpose) -> [u8; 60] {
        let mut out = [0; 60];
        out[..23].copy_from_slice(b"ringfence vault dek 1\0\0");
        out[23] = purpose as u8;
        out[24..40].copy_from_slice(&id.0);
        out[40..56].copy_from_slice(&self.vault);
        out[56..].copy_from_slice(&self.epoch.to_be_bytes());
        out
    }

    pub(crate) fn wrap(
        &self,
        id: Id,
        purpose: Purpose,
        key: &SecretKey,
    ) -> Result<[u8; WRAPPED], Failed> {
        crypto::wrap(&self.key, key, &self.associated(id, purpose))
    }

    pub(crate) fn open(&self, row: &Row) -> Result<SecretKey, Failed> {
        crypto::unwrap(
            &self.key,
            &row.wrapped,
            &self.associated(row.id, row.purpose),
        )
    }
}

/// A table as it was found.
pub(crate) struct Found {
    pub(crate) table: Table,
    /// What is wrong with it, a sentence each; the rows in `table` are those that still hold.
    pub(crate) faults: Vec<String>,
}

/// The epoch that a table says it is of, before anything is checked.
pub(crate) fn epoch(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(12..16)?.try_into().ok()?))
}

impl Table {
    /// Takes the keys out of rows; their files are still to be removed.
    pub(crate) fn destroy(&mut self, which: impl Fn(&Row) -> bool) {
        for row in self.rows.iter_mut().filter(|row| which(row)) {
            row.forgotten = true;
            row.wrapped = [0; WRAPPED];
        }
    }

    pub(crate) fn encode(&self, wrapper: &Wrapper) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + self.rows.len() * ROW + MAC);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_be_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(&self.generation.to_be_bytes());
        out.extend_from_slice(&(self.rows.len() as u64).to_be_bytes());
        out.extend_from_slice(&self.vault);
        out.resize(HEADER, 0);
        for row in &self.rows {
            out.extend_from_slice(&row.id.0);
            out.push(row.purpose as u8);
            out.push(u8::from(row.forgotten));
            out.extend_from_slice(&[0; 6]);
            out.extend_from_slice(&row.created.to_be_bytes());
            out.extend_from_slice(&row.wrapped);
            out.extend_from_slice(&[0; 4]);
            out.extend_from_slice(&row.records.to_be_bytes());
            out.extend_from_slice(&row.link);
            out.extend_from_slice(&[0; 8]);
        }
        let mac = hmac::sign(&wrapper.mac, &out);
        out.extend_from_slice(mac.as_ref());
        out
    }

    /// Reads a table under the key of an epoch. `None`: this key has nothing to do with it.
    pub(crate) fn decode(bytes: &[u8], wrapper: &Wrapper) -> Option<Found> {
        let (body, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
        let authentic = hmac::verify(&wrapper.mac, body, mac).is_ok();
        let number = |at: usize| Some(u64::from_be_bytes(body.get(at..at + 8)?.try_into().ok()?));
        if authentic {
            let table = Table {
                vault: body.get(32..48)?.try_into().ok()?,
                epoch: epoch(body)?,
                generation: number(16)?,
                rows: body
                    .get(HEADER..)?
                    .chunks_exact(ROW)
                    .map(row)
                    .collect::<Option<_>>()?,
            };
            let whole = body.starts_with(MAGIC)
                && body[8..10] == VERSION.to_be_bytes()
                && table.epoch == wrapper.epoch
                && table.vault == wrapper.vault
                && number(24)? == table.rows.len() as u64;
            return whole.then_some(Found {
                table,
                faults: Vec::new(),
            });
        }
        let mut faults = vec![
            "it was changed or cut, and whether it is the newest one can not be told".to_owned(),
        ];
        let mut rows = Vec::new();
        for (index, bytes) in bytes.get(HEADER..)?.chunks(ROW).enumerate() {
            if bytes.len() < ROW {
                continue;
            }
            match row(bytes).filter(|row| row.forgotten || wrapper.open(row).is_ok()) {
                // Nothing but the wrapped key vouches for such a row, so what it says of the file is not believed.
                Some(row) if !row.forgotten => rows.push(Row {
                    records: 0,
                    link: [0; TAG],
                    ..row
                }),
                Some(_) => {}
                None => {
                    let id = Id(bytes.get(..16)?.try_into().ok()?);
                    faults.push(format!(
                        "row {index} (conversation {id}) can not be read; the key of that conversation is lost"
                    ));
                }
            }
        }
        let ours =
            body.get(32..48) == Some(&wrapper.vault[..]) && epoch(body) == Some(wrapper.epoch);
        (ours || !rows.is_empty()).then_some(Found {
            table: Table {
                vault: wrapper.vault,
                epoch: wrapper.epoch,
                // Nothing vouches for the one that is written there.
                generation: 0,
                rows,
            },
            faults,
        })
    }
}

fn row(bytes: &[u8]) -> Option<Row> {
    let number = |at: usize| Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let zeros =
        |range: std::ops::Range<usize>| bytes.get(range)?.iter().all(|b| *b == 0).then_some(());
    zeros(18..24)?;
    zeros(92..96)?;
    zeros(120..128)?;
    Some(Row {
        id: Id(bytes.get(..16)?.try_into().ok()?),
        purpose: Purpose::of(*bytes.get(16)?)?,
        forgotten: match bytes.get(17)? {
            0 => false,
            1 => true,
            _ => return None,
        },
        created: number(24)?,
        wrapped: bytes.get(32..92)?.try_into().ok()?,
        records: number(96)?,
        link: bytes.get(104..120)?.try_into().ok()?,
    })
}
