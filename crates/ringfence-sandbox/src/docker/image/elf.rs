//! What an ELF program or library needs at run time, read from its headers. Sixty-four bit, little endian: what we build for.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_RPATH: u64 = 15;
const DT_RUNPATH: u64 = 29;

/// Most entries of the tables that are read.
const ENTRIES: usize = 4096;

/// What is needed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// The loader.
    pub(super) interpreter: Option<PathBuf>,
    /// Libraries by name.
    pub(super) libraries: Vec<PathBuf>,
    /// Where they are looked for first.
    pub(super) search: Vec<PathBuf>,
}

/// Reads them; `None` when it is no such file. `at` is where it lies, which `$ORIGIN` means.
pub(super) fn needs(bytes: &[u8], at: &Path) -> Option<Needs> {
    if bytes.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let table = u64_at(bytes, 32)?;
    let size = usize::from(u16_at(bytes, 54)?);
    let count = usize::from(u16_at(bytes, 56)?).min(ENTRIES);
    let headers: Vec<Segment> = (0..count)
        .filter_map(|index| {
            let start = usize::try_from(table).ok()?.checked_add(index * size)?;
            Segment::read(bytes.get(start..)?)
        })
        .collect();
    let mut needs = Needs::default();
    if let Some(segment) = headers.iter().find(|h| h.kind == PT_INTERP) {
        needs.interpreter = Some(path(text(segment.of(bytes)?)?));
    }
    let Some(dynamic) = headers.iter().find(|h| h.kind == PT_DYNAMIC) else {
        return Some(needs);
    };
    let entries: Vec<(u64, u64)> = dynamic
        .of(bytes)?
        .chunks_exact(16)
        .take(ENTRIES)
        .map_while(|entry| Some((u64_at(entry, 0)?, u64_at(entry, 8)?)))
        .take_while(|(tag, _)| *tag != 0)
        .collect();
    let strings = entries.iter().find(|(tag, _)| *tag == DT_STRTAB)?.1;
    let strings = headers.iter().find_map(|h| h.offset_of(strings))?;
    let string = |offset: u64| {
        let start = usize::try_from(strings.checked_add(offset)?).ok()?;
        text(bytes.get(start..)?)
    };
    let origin = at.parent().unwrap_or(Path::new("/"));
    for (tag, value) in entries {
        match tag {
            DT_NEEDED => needs.libraries.push(path(string(value)?)),
            DT_RPATH | DT_RUNPATH => {
                let list = String::from_utf8_lossy(string(value)?).into_owned();
                let origin = origin.to_string_lossy();
                let list = list
                    .replace("${ORIGIN}", &origin)
                    .replace("$ORIGIN", &origin);
                let absolute = list.split(':').filter(|dir| dir.starts_with('/'));
                needs.search.extend(absolute.map(PathBuf::from));
            }
            _ => {}
        }
    }
    Some(needs)
}

struct Segment {
    kind: u32,
    offset: u64,
    address: u64,
    size: u64,
}

impl Segment {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            kind: u32::from_le_bytes(*bytes.first_chunk()?),
            offset: u64_at(bytes, 8)?,
            address: u64_at(bytes, 16)?,
            size: u64_at(bytes, 32)?,
        })
    }

    fn of<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let start = usize::try_from(self.offset).ok()?;
        let end = start.checked_add(usize::try_from(self.size).ok()?)?;
        bytes.get(start..end)
    }

    /// Where in the file an address is.
    fn offset_of(&self, address: u64) -> Option<u64> {
        let below = address.checked_sub(self.address)?;
        (self.kind == PT_LOAD && below < self.size).then(|| self.offset.saturating_add(below))
    }
}

fn path(text: &[u8]) -> PathBuf {
    OsString::from_vec(text.to_vec()).into()
}

/// Up to the NUL.
fn text(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().take(ENTRIES).position(|byte| *byte == 0)?;
    bytes.get(..end)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|b| u16::from_le_bytes(*b))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|b| u64::from_le_bytes(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_needs_what_it_says() {
        let own = std::env::current_exe().unwrap();
        let bytes = std::fs::read(&own).unwrap();
        let needs = needs(&bytes, &own).unwrap();
        if let Some(interpreter) = &needs.interpreter {
            assert!(interpreter.is_absolute(), "{needs:?}");
            assert!(
                needs
                    .libraries
                    .iter()
                    .any(|name| name.starts_with("libc.so.6")),
                "{needs:?}"
            );
        }
    }

    #[test]
    fn anything_else_is_no_program() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(needs(b"#!/bin/sh\n", Path::new("/x")), None);
        assert_eq!(needs(b"", Path::new("/x")), None);
        // Cut anywhere it is refused or read, never more.
        for length in [6, 40, 63, 64, 100, 500, 1000, own.len() / 2] {
            let _ = needs(&own[..length.min(own.len())], Path::new("/x"));
        }
    }
}
