//! The fingerprints of the documents: one table for all streams of a session.

use super::bounds::{GRAM, SAMPLE_BITS, SPARSE_BITS};
use super::views::Views;

/// A fingerprint is taken where this holds for its last eight symbols: one place in 2^[`SAMPLE_BITS`].
pub(super) fn sampled(last: u64) -> bool {
    spread(last) >> (64 - SAMPLE_BITS) == 0
}

const fn spread(last: u64) -> u64 {
    last.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Of twelve symbols: the first four and the last eight.
pub(super) fn fingerprint(first: u32, last: u64) -> u64 {
    let mixed = (last ^ u64::from(first).wrapping_mul(0xD6E8_FEB8_6659_FD93))
        .wrapping_mul(0xA076_1D64_78BD_642F);
    mixed ^ (mixed >> 29)
}

/// Adds the places at which eight symbols begin that are sampled, one in 2^`bits`. No branch is taken on what they are: it would
/// be guessed wrong every time.
fn samples(text: &[u8], bits: u32, places: &mut Vec<usize>) {
    const SLICE: usize = 1024;
    let mut found = [0u16; SLICE];
    for start in (0..text.len().saturating_sub(7)).step_by(SLICE) {
        let part = &text[start..text.len().min(start + SLICE + 7)];
        let mut count = 0;
        for (at, eight) in part.windows(8).enumerate() {
            let Some(eight) = eight.first_chunk::<8>() else {
                break;
            };
            found[count & (SLICE - 1)] = at as u16;
            count += usize::from(spread(u64::from_le_bytes(*eight)) >> (64 - bits) == 0);
        }
        places.extend(found[..count].iter().map(|at| start + usize::from(*at)));
    }
}

/// The two words of a gram.
pub(super) fn words(gram: &[u8]) -> Option<(u32, u64)> {
    let (first, last) = gram.split_first_chunk::<4>()?;
    Some((
        u32::from_le_bytes(*first),
        u64::from_le_bytes(*last.first_chunk::<8>()?),
    ))
}

/// The context of a session, ready to be looked for. Immutable.
#[derive(Debug)]
pub(super) struct Prints {
    pub(super) views: Views,
    /// One bit a fingerprint, for those that are not here.
    filter: Vec<u64>,
    filter_mask: u64,
    /// Place of a gram's end in the text of the views, + 1; open addressing.
    slots: Vec<u32>,
    slot_mask: usize,
}

impl Prints {
    pub(super) fn new(documents: &[&[u8]]) -> Self {
        let views = Views::of(documents);
        let mut found: Vec<(u64, u32)> = Vec::with_capacity(views.text.len() >> SAMPLE_BITS);
        let mut places = Vec::new();
        for (range, view) in views.ranges() {
            let bits = if view.encoded() {
                SPARSE_BITS
            } else {
                SAMPLE_BITS
            };
            let text = views.text.get(range.clone()).unwrap_or_default();
            let rest = text.get(GRAM - 8..).unwrap_or_default();
            places.clear();
            samples(rest, bits, &mut places);
            for &start in &places {
                let Some(gram) = text.get(start..start + GRAM) else {
                    continue;
                };
                let Some((first, last)) = words(gram) else {
                    continue;
                };
                if varied(gram) {
                    found.push((
                        fingerprint(first, last),
                        (range.start + start + GRAM) as u32,
                    ));
                }
            }
        }
        let size = (found.len() * 2).next_power_of_two().max(16);
        let bits = (found.len() * 16).next_power_of_two().max(64);
        let mut prints = Self {
            views,
            filter: vec![0; bits / 64],
            filter_mask: bits as u64 - 1,
            slots: vec![0; size],
            slot_mask: size - 1,
        };
        for (print, end) in found {
            prints.insert(print, end);
        }
        prints
    }

    fn insert(&mut self, print: u64, end: u32) {
        let bit = print & self.filter_mask;
        if let Some(word) = self.filter.get_mut((bit >> 6) as usize) {
            *word |= 1 << (bit & 63);
        }
        let mut slot = (print >> 32) as usize & self.slot_mask;
        loop {
            match self.slots[slot] {
                0 => {
                    self.slots[slot] = end;
                    return;
                }
                other if self.gram(other) == self.gram(end) => return,
                _ => slot = (slot + 1) & self.slot_mask,
            }
        }
    }

    fn gram(&self, end: u32) -> &[u8] {
        let end = end as usize;
        self.views
            .text
            .get(end.saturating_sub(GRAM)..end)
            .unwrap_or_default()
    }

    /// Whether this fingerprint may be here.
    pub(super) fn maybe(&self, print: u64) -> bool {
        let bit = print & self.filter_mask;
        self.filter
            .get((bit >> 6) as usize)
            .is_some_and(|word| word >> (bit & 63) & 1 == 1)
    }

    /// Where this gram stands in the text of the views: the place after its last symbol.
    pub(super) fn find(&self, print: u64, gram: &[u8]) -> Option<u32> {
        let mut slot = (print >> 32) as usize & self.slot_mask;
        loop {
            match *self.slots.get(slot)? {
                0 => return None,
                end if self.gram(end) == gram => return Some(end),
                _ => slot = (slot + 1) & self.slot_mask,
            }
        }
    }
}

/// A gram of one or two different symbols says nothing about where a text comes from.
fn varied(gram: &[u8]) -> bool {
    let mut seen = [0u8; 3];
    let mut count = 0;
    for symbol in gram {
        if !seen[..count].contains(symbol) {
            seen[count] = *symbol;
            count += 1;
            if count == 3 {
                return true;
            }
        }
    }
    false
}
