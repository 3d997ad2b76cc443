//! Finds the keywords of all detectors in one pass: a bit table over four folded bytes, then an exact look.
//!
//! Building it costs some tens of microseconds, once a process, against milliseconds for an automaton; a pass costs
//! about half a nanosecond a byte, because the loads do not depend on each other and no branch is taken on what they give.
use crate::detectors::detectors;
use crate::scan::class::{TOKEN, class};
use crate::scan::pem;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

const BITS: u32 = 18;
const FOLD: u32 = 0x2020_2020;
/// Places that are looked at in one go; a power of two.
const SLICE: usize = 512;

/// Grams are spread by one multiplication; they are no input that anyone could choose to collide.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, gram: u32) {
        self.0 = (self.0 ^ u64::from(gram))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29);
    }
}

type Grams = HashMap<u32, Vec<u32>, BuildHasherDefault<Spread>>;

/// Words that may name a secret, besides the keywords of the rows: backwards and rotated they make a token worth turning.
const WORDS: [&str; 9] = [
    "secret",
    "token",
    "passw",
    "credential",
    "api_key",
    "apikey",
    "bearer",
    "access_key",
    "private_key",
];

/// Keywords of three bytes that are also looked for backwards and rotated.
const SHORT: [&[u8]; 3] = [b"eyj", b"sg.", b"://"];

/// How the keyword is written in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Plain,
    Reversed,
    Rot13,
}

/// One way to write one keyword.
#[derive(Debug)]
pub(crate) struct Keyword {
    /// Folded bytes.
    folded: Vec<u8>,
    /// Where in it the four bytes of the table stand.
    at: isize,
    pub(crate) written: Written,
    /// A word, as may name a secret; not a mark such as `://`.
    pub(crate) word: bool,
    /// Rows with this keyword.
    pub(crate) rows: Vec<u16>,
    /// The head of a private key, by its place in [`pem::HEADS`].
    pub(crate) head: Option<u8>,
    /// Least length of a token that a row asks about, with the keyword in it and before it; made when first needed.
    pub(crate) shortest: [OnceLock<usize>; 2],
}

impl Keyword {
    /// Of three bytes: it says something only at the edge of a token.
    pub(crate) fn is_short(&self) -> bool {
        self.folded.len() < 4
    }
}

/// A keyword in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) keyword: u32,
}

/// The table.
#[derive(Debug)]
pub(crate) struct Prefilter {
    bits: Vec<u64>,
    /// By gram: which of the lists, + 1; open addressing, a power of two.
    slots: Vec<(u32, u32)>,
    lists: Vec<Vec<u32>>,
    pub(crate) keywords: Vec<Keyword>,
    /// Longest keyword in bytes: how far before the new bytes a pass has to begin.
    longest: usize,
}

#[inline]
fn slot(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

/// Of [`Prefilter::slots`]: another hash than [`slot`], or what collides there would here too.
#[inline]
fn spot(gram: u32) -> usize {
    (gram.wrapping_mul(0x85EB_CA6B) >> 15) as usize
}

/// The first four bytes of a window, folded.
#[inline]
fn gram(window: &[u8]) -> u32 {
    window
        .first_chunk::<4>()
        .map_or(0, |four| u32::from_le_bytes(*four) | FOLD)
}

fn fold(byte: u8) -> u8 {
    byte | 0x20
}

pub(crate) fn rot13(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        other => other,
    }
}

/// The table of this build, shared by all filters of the process.
pub(crate) fn prefilter() -> &'static Prefilter {
    static TABLE: OnceLock<Prefilter> = OnceLock::new();
    TABLE.get_or_init(Prefilter::new)
}

impl Prefilter {
    fn new() -> Self {
        let mut rows: HashMap<Vec<u8>, Vec<u16>> = HashMap::new();
        let mut order: Vec<Vec<u8>> = Vec::new();
        for (row, detector) in detectors().iter().enumerate() {
            for keyword in detector.keywords {
                let folded: Vec<u8> = keyword
                    .bytes()
                    .map(|b| fold(b.to_ascii_lowercase()))
                    .collect();
                let entry = rows.entry(folded.clone()).or_default();
                if entry.is_empty() {
                    order.push(folded);
                }
                entry.push(u16::try_from(row).unwrap_or(u16::MAX));
            }
        }
        let mut grams = Grams::default();
        let mut this = Self {
            bits: vec![0; 1 << (BITS - 6)],
            slots: Vec::new(),
            lists: Vec::new(),
            keywords: Vec::new(),
            longest: 0,
        };
        for word in WORDS {
            let folded: Vec<u8> = word.bytes().map(fold).collect();
            if !rows.contains_key(&folded) {
                order.push(folded);
            }
        }
        for folded in order {
            let rows = rows.remove(&folded).unwrap_or_default();
            let reversed: Vec<u8> = folded.iter().rev().copied().collect();
            let rotated: Vec<u8> = folded.iter().map(|b| rot13(*b)).collect();
            // A keyword of few letters would be found everywhere backwards and rotated.
            if folded.len() >= 4 || SHORT.contains(&folded.as_slice()) {
                this.add(&mut grams, reversed, Written::Reversed, rows.clone(), None);
                if rotated != folded {
                    this.add(&mut grams, rotated, Written::Rot13, rows.clone(), None);
                }
            }
            this.add(&mut grams, folded, Written::Plain, rows, None);
        }
        for (place, (head, written)) in pem::HEADS.iter().enumerate() {
            let folded = head.bytes().map(|b| fold(b.to_ascii_lowercase())).collect();
            this.add(
                &mut grams,
                folded,
                *written,
                Vec::new(),
                u8::try_from(place).ok(),
            );
        }
        this.slots = vec![(0, 0); (grams.len() * 2).next_power_of_two()];
        for (gram, list) in grams {
            this.lists.push(list);
            let mask = this.slots.len() - 1;
            let mut at = spot(gram) & mask;
            while this.slots[at].1 != 0 {
                at = (at + 1) & mask;
            }
            this.slots[at] = (gram, u32::try_from(this.lists.len()).unwrap_or(u32::MAX));
        }
        this
    }

    fn add(
        &mut self,
        grams: &mut Grams,
        folded: Vec<u8>,
        written: Written,
        rows: Vec<u16>,
        head: Option<u8>,
    ) {
        let keyword = u32::try_from(self.keywords.len()).unwrap_or(u32::MAX);
        self.longest = self.longest.max(folded.len());
        let mut at = rarest(&folded).cast_signed();
        if let Some(gram) = folded.get(at.cast_unsigned()..at.cast_unsigned() + 4) {
            self.insert(grams, [gram[0], gram[1], gram[2], gram[3]], keyword);
        } else if let [a, b, c] = folded[..] {
            // Three bytes: with every token byte that may follow; backwards, that may stand before.
            let mut next: Vec<u8> = (0..128u8)
                .filter(|b| class(*b) & TOKEN != 0)
                .map(fold)
                .collect();
            next.sort_unstable();
            next.dedup();
            for d in next {
                if written == Written::Reversed {
                    at = -1;
                    self.insert(grams, [d, a, b, c], keyword);
                } else {
                    self.insert(grams, [a, b, c, d], keyword);
                }
            }
        }
        let letters = folded.iter().filter(|b| b.is_ascii_lowercase()).count();
        let word = letters >= 4 && !folded.ends_with(b"//");
        self.keywords.push(Keyword {
            folded,
            at,
            written,
            word,
            rows,
            head,
            shortest: Default::default(),
        });
    }

    fn insert(&mut self, grams: &mut Grams, gram: [u8; 4], keyword: u32) {
        let gram = u32::from_le_bytes(gram);
        let slot = slot(gram);
        self.bits[slot >> 6] |= 1 << (slot & 63);
        grams.entry(gram).or_default().push(keyword);
    }

    /// Adds the keywords that end after `from` and are wholly in `bytes`, in the order of their grams. Deterministic in the
    /// concatenation: a keyword is reported when its last byte (of three: the one after) is there.
    pub(crate) fn find(&self, bytes: &[u8], base: u64, from: usize, hits: &mut Vec<Hit>) {
        let begin = from.saturating_sub(self.longest + 1);
        let Some(region) = bytes.get(begin..) else {
            return;
        };
        // One reference of fixed length, so that the index needs no check.
        let Some(bits) = self.bits.first_chunk::<{ 1 << (BITS - 6) }>() else {
            return;
        };
        let mut places = [0u16; SLICE];
        for start in (0..region.len().saturating_sub(3)).step_by(SLICE) {
            let part = &region[start..region.len().min(start + SLICE + 3)];
            let mut count = 0;
            let mut note = |at: usize, gram: u32| {
                let slot = slot(gram);
                places[count & (SLICE - 1)] = at as u16;
                count += (bits[slot >> 6] >> (slot & 63) & 1) as usize;
            };
            // Four windows begin in each four bytes of eight.
            let mut at = 0;
            let folds = u64::from(FOLD) << 32 | u64::from(FOLD);
            while let Some(eight) = part.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
                let eight = u64::from_le_bytes(*eight) | folds;
                for next in 0..4 {
                    note(at + next, (eight >> (8 * next)) as u32);
                }
                at += 4;
            }
            for (next, window) in part.get(at..).unwrap_or_default().windows(4).enumerate() {
                note(at + next, gram(window));
            }
            for &at in &places[..count] {
                let at = usize::from(at);
                let gram = gram(&part[at..]);
                if let Some(keywords) = self.list(gram) {
                    self.look(bytes, base, from, begin + start + at, keywords, hits);
                }
            }
        }
    }

    /// The keywords with this gram.
    #[inline]
    fn list(&self, gram: u32) -> Option<&[u32]> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = spot(gram) & mask;
        loop {
            match *self.slots.get(at)? {
                (_, 0) => return None,
                (found, list) if found == gram => {
                    return self.lists.get(list as usize - 1).map(Vec::as_slice);
                }
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn look(
        &self,
        bytes: &[u8],
        base: u64,
        from: usize,
        at: usize,
        keywords: &[u32],
        hits: &mut Vec<Hit>,
    ) {
        for &index in keywords {
            let keyword = &self.keywords[index as usize];
            let Some(start) = at.checked_add_signed(-keyword.at) else {
                continue;
            };
            let end = start + keyword.folded.len();
            // The byte that completes it: of a keyword of three bytes, the byte after.
            let complete = end.max(at + 4);
            if complete <= from {
                continue;
            }
            let Some(text) = bytes.get(start..end) else {
                continue;
            };
            if text
                .iter()
                .zip(&keyword.folded)
                .all(|(a, b)| fold(*a) == *b)
            {
                hits.push(Hit {
                    start: base + start as u64,
                    end: base + end as u64,
                    keyword: index,
                });
            }
        }
    }
}

/// The place of the four bytes that ordinary text has least.
fn rarest(folded: &[u8]) -> usize {
    let common = |byte: &u8| match byte {
        b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 8u32,
        b' ' | b'l' | b'c' | b'd' | b'u' | b'p' | b'm' | b'h' => 6,
        b'a'..=b'z' | b'-' => 4,
        _ => 2,
    };
    (0..folded.len().saturating_sub(3))
        .min_by_key(|at| folded[*at..at + 4].iter().map(common).product::<u32>())
        .unwrap_or(0)
}

impl Prefilter {
    /// Whether a keyword of at least four bytes may stand in the bytes; for decoded bytes that are no text.
    pub(crate) fn any(&self, bytes: &[u8]) -> bool {
        let mut hits = Vec::new();
        self.find(bytes, 0, 0, &mut hits);
        hits.iter().any(|hit| {
            let keyword = &self.keywords[hit.keyword as usize];
            keyword.written == Written::Plain && keyword.folded.len() >= 4
        })
    }
}
