//! Passes over tokens that can neither be a secret nor join one, 64 bytes at a time.
//!
//! Most of a text is such tokens. What is left out here is exactly what closing the token would do nothing about: every doubt
//! goes to the slow way, which reads byte by byte. Words of three to seven letters in running text are left out by a few
//! operations on bits, all those of a block at once; of the others each is looked at.
use crate::limits;
use crate::scan::class::{
    BLANK, CLASS, DIGIT, ESC, ESCAPE, LEAD, LETTER, LINE, QUOTE, START, STOP, TOKEN, UNSEEN, class,
};
use crate::scan::judge;
use crate::scan::machine::FRAGMENT;
use crate::scan::prefilter::Hit;

const WORDS: u32 = 0;
const LETTERS: u32 = 1;
const BEYOND: u32 = 2;
const LOUD: u32 = 3;
const PLAIN: u32 = 4;
const LINES: u32 = 5;
const COLONS: u32 = 6;

/// The classes that are asked for here: of each the lowest bit of a byte, so that eight bytes of text, each moved by its place, give
/// eight bits of each class.
static BITS: [u64; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let class = CLASS[byte];
        // Of what stops the inner loop only `%` begins a token. A control sequence is looked at like one.
        let word = class & STOP == 0 || class & START != 0 || byte as u8 == ESC;
        let token = class & (TOKEN | UNSEEN | LEAD) != 0;
        let letter = class & LETTER != 0;
        table[byte] = (word as u64) << (8 * WORDS)
            | (letter as u64) << (8 * LETTERS)
            | ((letter && !(byte as u8).is_ascii_hexdigit()) as u64) << (8 * BEYOND)
            | ((class & (DIGIT | ESCAPE) != 0 || byte as u8 == ESC) as u64) << (8 * LOUD)
            | ((!word && !token && class & (LINE | QUOTE) == 0) as u64) << (8 * PLAIN)
            | ((class & LINE != 0) as u64) << (8 * LINES)
            | ((byte as u8 == b':') as u64) << (8 * COLONS);
        byte += 1;
    }
    table
};

/// Which of 64 bytes are of which class; the first byte is the lowest bit.
#[derive(Clone, Copy)]
struct Masks {
    /// Bytes of tokens, but for those that may end a word: `:`, `?` and `.`.
    words: u64,
    letters: u64,
    /// Letters that are no hexadecimal digits.
    beyond: u64,
    /// Digits, and what begins an escape or a control sequence.
    loud: u64,
    /// What ends a token and says nothing about the next.
    plain: u64,
    lines: u64,
    colons: u64,
}

impl Masks {
    #[inline]
    fn of(block: &[u8; 64]) -> Self {
        let mut masks = [0u64; 8];
        for (mask, eight) in masks.iter_mut().zip(block.as_chunks::<8>().0) {
            let last = eight.iter().rev();
            *mask = last.fold(0, |bits, byte| bits << 1 | BITS[*byte as usize]);
        }
        // Now each word has a byte of each class: turn the square.
        swap::<4>(&mut masks, 0x0000_0000_FFFF_FFFF);
        swap::<2>(&mut masks, 0x0000_FFFF_0000_FFFF);
        swap::<1>(&mut masks, 0x00FF_00FF_00FF_00FF);
        let mask = |bit: u32| masks[bit as usize];
        Self {
            words: mask(WORDS),
            letters: mask(LETTERS),
            beyond: mask(BEYOND),
            loud: mask(LOUD),
            plain: mask(PLAIN),
            lines: mask(LINES),
            colons: mask(COLONS),
        }
    }

    /// Where a run of word bytes ends that must be looked at: not those of two to seven letters and signs, a letter first, before
    /// something plain; two letters not if they may be a number. `alone`: no keyword stands near, so that also up to fifteen are
    /// nothing, and the end of a line says no more than a blank.
    #[inline]
    fn doubtful(&self, alone: bool) -> u64 {
        let words = self.words;
        let mut begins = self.letters & !(words << 1);
        let mut closers = self.plain;
        if alone {
            closers |= self.lines;
            // A password may stand after a colon; what stands before the block is not known.
            begins &= !(self.colons << 1 | 1);
        }
        let ends = !words & (words << 1);
        // A carry runs from the beginning of each run to its end, but not over what is loud.
        let quiet = words & !self.loud;
        let whole = quiet.wrapping_add(begins) & !quiet & ends;
        let two = words & (words << 1);
        let three = two & (words << 2);
        let four = two & (two << 2);
        let eight = four & (four << 4);
        let long = if alone { eight & (eight << 8) } else { eight };
        let pair = two & (self.beyond | self.beyond << 1);
        ends & !(whole & closers & ((three | pair) << 1) & !(long << 1))
    }
}

/// What was seen last.
#[derive(Default)]
pub(crate) struct Skip {
    /// First byte of the block whose classes are known.
    block: usize,
    masks: Option<(Masks, u64)>,
    /// Keywords before this one stand too far back.
    first: usize,
}

/// What is asked about the text, besides its bytes.
pub(crate) struct Near<'a> {
    /// Keywords in the order of their places.
    pub(crate) hits: &'a [Hit],
    /// Offset of the first byte of the text.
    pub(crate) base: u64,
}

/// What one token is to the next ones.
enum Means {
    Nothing,
    /// A character or a small number: eight of them in a row may be a text.
    Item {
        /// What ends it lets another follow.
        more: bool,
    },
    Doubt,
}

/// A token of a block.
#[derive(Clone, Copy)]
struct Piece {
    start: u32,
    end: u32,
    /// It ends with a colon that ended a word.
    colon: bool,
}

/// Items in a row that are read as one.
const ITEMS: u32 = 8;

impl Skip {
    /// The place from `at` on, at most `stop`, where the first token begins that must be looked at, or may be one such. No token is open at
    /// `at`, and none that is closed is waiting for another.
    pub(crate) fn next(
        &mut self,
        bytes: &[u8],
        mut at: usize,
        stop: usize,
        near: &Near<'_>,
    ) -> usize {
        let mut from = 0;
        if let Some((masks, _)) = self.masks
            && (self.block..self.block + 64).contains(&at)
        {
            let inside = (at - self.block) as u32;
            // Not in the middle of a run, as after a control sequence: it was looked at as a whole.
            if inside == 0 || masks.words >> (inside - 1) & 3 != 3 {
                (from, at) = (inside, self.block);
            }
        }
        // The first of the items in a row that have been seen, and how many.
        let (mut first, mut items) = (0, 0);
        loop {
            let block = bytes
                .get(at..stop)
                .and_then(|rest| rest.first_chunk::<64>());
            let Some(block) = block else {
                return self.stop(items, first, at + from as usize);
            };
            let (masks, doubtful) = match self.masks {
                Some(known) if self.block == at => known,
                _ => {
                    let masks = Masks::of(block);
                    self.block = at;
                    let alone = self.alone(near, near.base + at as u64);
                    *self.masks.insert((masks, masks.doubtful(alone)))
                }
            };
            let mut here = std::mem::take(&mut from);
            at = loop {
                let ends = doubtful & (u64::MAX << here);
                if ends == 0 {
                    // What goes on in the next block is read there.
                    let last = 64 - masks.words.leading_ones();
                    if items > 0 && doubtful_words(&masks, here, last) {
                        items = 0;
                    }
                    if last == 0 {
                        return self.stop(items, first, at);
                    }
                    break at + last.max(here) as usize;
                }
                let stop = ends.trailing_zeros();
                let begin = begin_of(&masks, stop).max(here);
                if items > 0 && doubtful_words(&masks, here, begin) {
                    items = 0;
                }
                let starts =
                    (masks.letters | masks.loud) & (u64::MAX << begin) & !(u64::MAX << stop);
                if starts == 0 {
                    here = stop;
                    if here == 63 {
                        break at + 64;
                    }
                    here += 1;
                    continue;
                }
                let start = starts.trailing_zeros();
                let Some(piece) = piece(block, &masks, start, stop) else {
                    if start == 0 {
                        return self.stop(items, first, at);
                    }
                    break at + start as usize;
                };
                let place = at + start as usize;
                match self.means(bytes, block, at, piece, near) {
                    Means::Nothing => items = 0,
                    Means::Item { more } => {
                        if items == 0 {
                            first = place;
                        }
                        items += 1;
                        if items >= ITEMS {
                            return self.stop(items, first, place);
                        }
                        if !more {
                            items = 0;
                        }
                    }
                    Means::Doubt => {
                        return self.stop(items, first, place);
                    }
                }
                here = piece.end;
            };
        }
    }

    /// Where the slow way takes over: from the first of the items that are not over.
    fn stop(&mut self, items: u32, first: usize, place: usize) -> usize {
        if items == 0 {
            return place;
        }
        // It goes back to keywords that stood too far before what was seen last.
        self.first = 0;
        first
    }

    /// What closing the token would do.
    fn means(
        &mut self,
        bytes: &[u8],
        block: &[u8; 64],
        at: usize,
        piece: Piece,
        near: &Near<'_>,
    ) -> Means {
        let Piece { start, end, colon } = piece;
        let length = end - start;
        let closer = block[end as usize & 63];
        let kind = class(closer);
        // What may still be part of the token, and what may join it to the next.
        if !colon && kind & (TOKEN | UNSEEN | LEAD) != 0
            || kind & QUOTE != 0 && joins(block, end as usize)
        {
            return Means::Doubt;
        }
        let wrapped = kind & LINE != 0;
        let part = block.get(start as usize..end as usize);
        let part = part.unwrap_or_default();
        let flags = part.iter().fold(0, |flags, byte| flags | class(*byte));
        // The letters of a control sequence are not the beginning of what it colours, and a number before `%` is a word.
        if flags & LEAD != 0 || flags & ESCAPE != 0 && part.contains(&b'%') {
            return Means::Doubt;
        }
        let digits = flags & DIGIT != 0;
        if length as usize >= limits::TOKEN_MIN || wrapped {
            let begin = at + start as usize;
            if flags & ESCAPE != 0
                || self.speaks(near, near.base + begin as u64, length, wrapped)
                || wrapped
                    && (length >= 16
                        || begin.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b':'))
            {
                return Means::Doubt;
            }
        }
        match length {
            2 if matches!(part, [a, b] if !a.is_ascii_hexdigit() || !b.is_ascii_hexdigit()) => {
                Means::Nothing
            }
            1 | 2 => Means::Item {
                more: matches!(closer, b' ' | b',') || wrapped,
            },
            3 | 4 if digits => Means::Item {
                more: matches!(closer, b' ' | b',') || wrapped,
            },
            ..16 => Means::Nothing,
            // Digits, or both cases: it may be an encoding.
            _ if digits || flags & LETTER == LETTER => Means::Doubt,
            _ => Means::Nothing,
        }
    }

    /// Whether no keyword stands in a block or near before it.
    #[inline]
    fn alone(&mut self, near: &Near<'_>, start: u64) -> bool {
        let from = start.saturating_sub(limits::LOOKBACK as u64);
        let hits = near.hits.get(self.first..).unwrap_or_default();
        let old = hits.iter().take_while(|hit| hit.start < from).count();
        self.first += old;
        hits.get(old).is_none_or(|hit| hit.start >= start + 64)
    }

    /// Whether closing a token may ask about a keyword in it or before it. `wrapped`: it stands at the end of its line.
    fn speaks(&mut self, near: &Near<'_>, start: u64, length: u32, wrapped: bool) -> bool {
        let from = start.saturating_sub(limits::LOOKBACK as u64);
        let end = start + u64::from(length);
        let long = length as usize >= limits::TOKEN_MIN;
        let mut hits = near.hits.get(self.first..).unwrap_or_default();
        while let [first, rest @ ..] = hits
            && first.start < from
        {
            self.first += 1;
            hits = rest;
        }
        for hit in hits {
            if hit.start >= end {
                return false;
            }
            if wrapped && hit.start + FRAGMENT >= start
                || long && hit.end <= end && judge::asks(*hit, start, length as usize)
            {
                return true;
            }
        }
        false
    }
}

/// Swaps the upper part of each field of words with the lower part of those `BY` words further.
#[inline]
fn swap<const BY: usize>(square: &mut [u64; 8], lower: u64) {
    for pair in 0..4 {
        let low = pair / BY * 2 * BY + pair % BY;
        let changed = (square[low] >> (8 * BY) ^ square[low + BY]) & lower;
        square[low + BY] ^= changed;
        square[low] ^= changed << (8 * BY);
    }
}

/// Where the run of word bytes begins that ends at `end`.
#[inline]
fn begin_of(masks: &Masks, end: u32) -> u32 {
    let before = !masks.words & !(u64::MAX << end);
    64 - before.leading_zeros()
}

/// Whether a token lies between two places, all of them words that were left out.
#[inline]
fn doubtful_words(masks: &Masks, from: u32, to: u32) -> bool {
    let between = (u64::MAX << from) & !u64::MAX.checked_shl(to).unwrap_or(0);
    masks.letters & between != 0
}

/// The token that begins at `start`, whose first run of word bytes ends at `stop`; `None` if the block ends before it is over.
#[inline]
fn piece(block: &[u8; 64], masks: &Masks, start: u32, stop: u32) -> Option<Piece> {
    let mut stops = !masks.words & (u64::MAX << stop);
    loop {
        if stops == 0 {
            return None;
        }
        let end = stops.trailing_zeros();
        if end >= 63 {
            return None;
        }
        let within = (u64::MAX << start) & !(u64::MAX << end);
        let letters = masks.letters & within == within;
        match block[end as usize & 63] {
            // Of dots only the second in a row may end a word.
            b'.' if block[end as usize - 1] != b'.' => {}
            b':' if letters && end - start >= 3 => {
                return Some(Piece {
                    start,
                    end: end + 1,
                    colon: true,
                });
            }
            b':' => {}
            b'?' if !letters => {}
            _ => {
                return Some(Piece {
                    start,
                    end,
                    colon: false,
                });
            }
        }
        stops &= stops - 1;
    }
}

/// Whether what stands after a quote may join the literal that it ends to another one; `false` is certain.
fn joins(block: &[u8; 64], quote: usize) -> bool {
    for byte in block.get(quote + 1..).unwrap_or_default() {
        let kind = class(*byte);
        if kind & START != 0 {
            return false;
        }
        if kind & QUOTE != 0 {
            return true;
        }
        if kind & (BLANK | LINE) == 0 && !matches!(byte, b'+' | b'.' | b'~') {
            return false;
        }
    }
    true
}

const _: () =
    assert!(LETTER & DIGIT == 0 && ESCAPE & LETTER == 0 && START == LETTER | DIGIT | ESCAPE);
