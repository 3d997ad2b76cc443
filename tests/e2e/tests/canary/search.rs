//! Looks for a canary, as it is and in the encodings that programs write text in: in bytes, in files, in the memory of processes.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Canary {
    pub text: String,
    needles: Vec<Vec<u8>>,
}

impl Canary {
    /// A word that is nowhere else.
    pub fn word(what: &str) -> Self {
        Self::of(format!("canary{what}{}", random()))
    }

    /// Words that are nowhere else in this order. A model that says them has each of them in its vocabulary.
    pub fn words() -> Self {
        Self::of([0; 4].map(|_| random()[..8].to_owned()).join(" "))
    }

    fn of(text: String) -> Self {
        let bytes = text.as_bytes();
        let mut needles = vec![
            bytes.to_vec(),
            bytes.iter().flat_map(|byte| [*byte, 0]).collect(),
            hexadecimal(bytes),
            hexadecimal(bytes).to_ascii_uppercase(),
        ];
        // In base64 a word has three forms, by where in a group of three bytes it begins; what its neighbours share in is left out.
        for before in 0..3 {
            let padded = [&[0].repeat(before), bytes].concat();
            let encoded = base64(&padded[..padded.len() / 3 * 3]);
            needles.push(encoded[if before == 0 { 0 } else { 4 }..].to_vec());
        }
        Self { text, needles }
    }

    /// Whether it is in these bytes.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.needles
            .iter()
            .any(|needle| memchr::memmem::find(bytes, needle).is_some())
    }

    /// Files below a directory that hold it, symlinks not followed.
    pub fn files(&self, below: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(below) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                self.files(&path, found);
            } else if kind.is_file() && self.in_file(&path).unwrap_or(false) {
                found.push(path);
            }
            if self.is_in(entry.file_name().as_encoded_bytes()) {
                found.push(entry.path());
            }
        }
    }

    pub fn in_file(&self, path: &Path) -> io::Result<bool> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        self.in_range(&file, 0, size)
    }

    /// Whether it is in a part of a file, which is read in pieces that overlap.
    fn in_range(&self, file: &File, start: u64, end: u64) -> io::Result<bool> {
        const PIECE: u64 = 1 << 20;
        let overlap = self.needles.iter().map(Vec::len).max().unwrap_or(0) as u64;
        let mut buffer = vec![0; (PIECE + overlap) as usize];
        let mut at = start;
        while at < end {
            let want = (end - at).min(PIECE + overlap) as usize;
            let got = file.read_at(&mut buffer[..want], at)?;
            if got == 0 {
                break;
            }
            if self.is_in(&buffer[..got]) {
                return Ok(true);
            }
            at += PIECE;
        }
        Ok(false)
    }

    /// Whether it is in the memory of a process, in any part that can be read; the name of the first such part.
    ///
    /// # Errors
    /// When the memory can not be read at all.
    pub fn in_memory(&self, pid: u32) -> io::Result<Option<String>> {
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
        let memory = File::open(format!("/proc/{pid}/mem"))?;
        let mut read = 0_u64;
        for line in maps.lines() {
            let mut words = line.split_ascii_whitespace();
            let Some((start, end)) = words.next().and_then(|range| range.split_once('-')) else {
                continue;
            };
            // Files that are mapped and were not written to hold what the files hold.
            let (mode, path) = (words.next().unwrap_or_default(), words.nth(3));
            if !mode.contains('w') && path.is_some_and(|path| path.starts_with('/')) {
                continue;
            }
            let number = |text| u64::from_str_radix(text, 16).unwrap_or(0);
            let (start, end) = (number(start), number(end));
            // Some parts are the kernel's, or reserved and never used: they can not be read.
            match self.in_range(&memory, start, end) {
                Ok(true) => return Ok(Some(line.to_owned())),
                Ok(false) => read += end - start,
                Err(_) => {}
            }
        }
        match read {
            0 => Err(io::Error::other("nothing of its memory can be read")),
            _ => Ok(None),
        }
    }
}

fn random() -> String {
    let mut random = [0_u8; 16];
    rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())
        .expect("random bytes");
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Processes below this one, with their command lines.
pub fn descendants() -> Vec<(u32, String)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let text = |file| std::fs::read_to_string(entry.path().join(file)).unwrap_or_default();
        let stat = text("stat");
        let fields = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' '));
        let parent = fields.and_then(|mut fields| fields.nth(1)?.parse::<u32>().ok());
        let command = text("cmdline").replace('\0', " ");
        all.push((pid, parent.unwrap_or(0), command));
    }
    let mut found = vec![(std::process::id(), String::new())];
    let mut next = 0;
    while let Some((parent, _)) = found.get(next).cloned() {
        let below = all.iter().filter(|(_, of, _)| *of == parent);
        found.extend(below.map(|(pid, _, command)| (*pid, command.clone())));
        next += 1;
    }
    found.split_off(1)
}

/// Files in a directory of everybody's that belong to this user and are younger than `since`, seconds since 1970; a few levels deep,
/// because others may have whole trees there.
pub fn young(directory: &Path, since: i64, levels: u32, found: &mut Vec<PathBuf>) {
    let own = rustix::process::getuid().as_raw();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        // What is written into a directory changes it, but not those above it.
        if metadata.is_dir() && levels > 0 {
            young(&entry.path(), since, levels - 1, found);
        } else if metadata.is_file() && metadata.uid() == own && metadata.ctime() >= since {
            found.push(entry.path());
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .collect()
}

/// Standard alphabet, whole groups only.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for group in bytes.chunks_exact(3) {
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        out.extend([18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift & 63) as usize]));
    }
    out
}
