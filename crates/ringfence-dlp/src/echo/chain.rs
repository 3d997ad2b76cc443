//! A match of the stream with the context: followed symbol by symbol, over small insertions and omissions.

use super::bounds::{
    DENSITY, EXCERPT, EXCERPT_SYMBOLS, EXCERPT_VARIETY, GAP, GAP_MOST, GRAM, HOLD, HOLD_AT, PART,
    RESYNC, SKIP,
};
use super::prints::Prints;

/// Places are in the text of the views, offsets in the stream.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// First place that matched, and the place that should come next.
    pub(super) from: u32,
    pub(super) next: u32,
    /// Symbols that matched.
    pub(super) matched: u32,
    /// Symbols of the stream from the first match to the last.
    length: u32,
    /// Symbols since the last match, or none while it goes on.
    gap: Option<u32>,
    /// Where the hold began, and the place in the text then.
    held: Option<(u64, u32)>,
    /// The offset after the last match.
    pub(super) end: u64,
    /// The match is an excerpt: its bytes from here on do not leave.
    pub(super) echo: Option<u64>,
    /// The part that began there has been given out, because no symbol came for long; the next symbol begins another.
    closed: bool,
    /// Parts of the echo that are complete.
    pub(super) parts: Vec<(u64, u64)>,
    /// How many symbols must have matched when it is judged next.
    judge_at: u32,
}

/// Between two judgements of a chain, in matched symbols.
const JUDGE: u32 = 16;

impl Chain {
    /// A gram was found at `next`; `matched` symbols before that place match too.
    pub(super) fn new(next: u32, matched: u32, end: u64) -> Self {
        let mut chain = Self {
            from: next - matched,
            next,
            matched: 0,
            length: 0,
            gap: None,
            held: None,
            end,
            echo: None,
            closed: false,
            parts: Vec::new(),
            judge_at: EXCERPT_SYMBOLS,
        };
        chain.grow(matched, end);
        chain
    }

    /// The chain goes on elsewhere in the documents: what is held stays held.
    pub(super) fn jump(&mut self, next: u32, matched: u32, end: u64, prints: &Prints) {
        self.split(end);
        let mut other = Self::new(next, matched, end);
        other.held = self.held.or(other.held);
        other.echo = self.echo;
        other.closed = self.closed;
        other.parts = std::mem::take(&mut self.parts);
        *self = other;
        self.judge(prints);
    }

    /// How many symbols must match elsewhere for a broken chain to go on there.
    pub(super) fn worth_leaving(&self) -> u32 {
        let dense = self.dense(self.length) && self.dense(self.next - self.from);
        if self.echo.is_some() || !dense {
            2 * GRAM as u32
        } else {
            (self.matched / 2).max(2 * GRAM as u32)
        }
    }

    /// Whether enough of so many symbols matched.
    fn dense(&self, span: u32) -> bool {
        u64::from(self.matched) * u64::from(DENSITY.1) >= u64::from(span) * u64::from(DENSITY.0)
    }

    pub(super) fn broken(&self) -> bool {
        self.gap.is_some()
    }

    /// The offset from which on nothing leaves, when the stream has come this far.
    pub(super) fn hold(&self, offset: u64) -> Option<u64> {
        let (held, _) = self.held?;
        Some(match self.echo {
            None => held.max(offset.saturating_sub(HOLD)),
            Some(_) if self.closed => self.end.max(offset.saturating_sub(PART)),
            Some(start) => start,
        })
    }

    /// The stream has come this far: what would be held for longer than [`HOLD`] is given out.
    pub(super) fn settle(&mut self, offset: u64) {
        if let Some(start) = self.echo
            && !self.closed
            && offset - start > HOLD
        {
            self.parts.push((start, self.end));
            self.closed = true;
        }
    }

    /// What is left of the echo at its end.
    pub(super) fn rest(&self) -> Option<(u64, u64)> {
        let start = self.echo.filter(|_| !self.closed)?;
        Some((start, self.end))
    }

    /// Symbols that may match before the chain must be looked at again: for the hold or a judgement.
    pub(super) fn stride(&self) -> usize {
        if self.echo.is_some() {
            return 1;
        }
        let next = if self.held.is_none() {
            HOLD_AT.min(self.judge_at)
        } else {
            self.judge_at
        };
        next.saturating_sub(self.matched).max(1) as usize
    }

    /// So many symbols matched in a row, the last of them before `end`.
    pub(super) fn advance(&mut self, symbols: u32, end: u64, prints: &Prints) {
        self.next += symbols;
        self.grow(symbols, end);
        self.judge(prints);
    }

    pub(super) fn interrupt(&mut self) {
        self.gap = Some(0);
    }

    fn grow(&mut self, symbols: u32, end: u64) {
        self.split(end);
        self.matched += symbols;
        self.length += symbols;
        self.end = end;
        if self.held.is_none() && self.matched >= HOLD_AT {
            self.held = Some((end, self.next));
        }
    }

    /// Ends a part of the echo before it outgrows what is held.
    fn split(&mut self, end: u64) {
        let Some(start) = self.echo else { return };
        if self.closed || end - start > PART {
            if !self.closed {
                self.parts.push((start, self.end));
            }
            self.echo = Some(self.end.max(end.saturating_sub(PART)));
            self.closed = false;
        }
    }

    /// One more symbol that is not the expected one; `recent` ends with it. False when the chain is at its end.
    pub(super) fn bridge(&mut self, recent: &[u8], end: u64, prints: &Prints) -> bool {
        let gap = self.gap.unwrap_or(0) + 1;
        self.gap = Some(gap);
        if gap as usize >= RESYNC
            && let Some(last) = recent.last_chunk::<RESYNC>()
        {
            let start = self.next as usize;
            let ahead = prints.views.text.get(start..).unwrap_or_default();
            let ahead = &ahead[..ahead.len().min(SKIP + RESYNC)];
            if let Some(skip) = ahead.windows(RESYNC).position(|text| text == last) {
                self.length += gap - RESYNC as u32;
                self.next += (skip + RESYNC) as u32;
                self.gap = None;
                self.grow(RESYNC as u32, end);
                self.judge(prints);
                return true;
            }
        }
        gap < (GAP + self.matched / 4).min(GAP_MOST)
    }

    fn judge(&mut self, prints: &Prints) {
        if self.echo.is_some() || self.matched < self.judge_at {
            return;
        }
        self.judge_at = self.matched + JUDGE;
        let Some((held, _)) = self.held else { return };
        if self.dense(self.next - self.from)
            && self.dense(self.length)
            && self.characters(prints).len() as u32 >= EXCERPT
            && self.variety(prints) >= EXCERPT_VARIETY
        {
            self.echo = Some(held.max(self.end.saturating_sub(HOLD)));
        }
    }

    /// The characters of the documents from the first match to the last.
    pub(super) fn characters(&self, prints: &Prints) -> std::ops::Range<u32> {
        let first = prints.views.character(self.from);
        let last = prints.views.character(self.next.saturating_sub(1));
        first.min(last)..first.max(last) + 1
    }

    /// The characters that left before the hold began.
    pub(super) fn before_hold(&self, prints: &Prints) -> std::ops::Range<u32> {
        let until = self.held.map_or(self.next, |(_, place)| place);
        let first = prints.views.character(self.from);
        let last = prints
            .views
            .character(until.saturating_sub(1).clamp(self.from, self.next));
        first.min(last)..first.max(last) + 1
    }

    /// Different runs of four symbols in what matched, counted up to a few more than are asked for.
    fn variety(&self, prints: &Prints) -> u32 {
        let mut seen = [0u64; 16];
        let text = prints
            .views
            .text
            .get(self.from as usize..self.next as usize);
        for four in text.unwrap_or_default().windows(4).take(4096) {
            let word = four
                .iter()
                .fold(0u32, |word, byte| word << 8 | u32::from(*byte));
            let bit = word.wrapping_mul(0x9E37_79B1) >> 22;
            seen[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        seen.iter().map(|word| word.count_ones()).sum()
    }
}
