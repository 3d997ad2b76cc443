//! A match of the stream with the context: followed symbol by symbol, over small insertions and omissions.

use std::ops::Range;

use super::bounds::{
    DENSITY, EXCERPT, EXCERPT_SYMBOLS, EXCERPT_VARIETY, GAP, GAP_MOST, HISTORY, HOLD, HOLD_AT,
    PART, RESYNC, SKIP,
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
    /// Followed back already.
    traced: bool,
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
            traced: false,
        };
        chain.grow(matched, end);
        chain
    }

    /// Whether enough of what lies between the ends of the match did match.
    pub(super) fn dense(&self) -> bool {
        let least = self.length.max(self.next - self.from);
        u64::from(self.matched) * u64::from(DENSITY.1) >= u64::from(least) * u64::from(DENSITY.0)
    }

    /// Whether a gram that ends before this place is what the chain waits for.
    pub(super) fn expects(&self, place: u32) -> bool {
        let reach = if self.gap.is_some() { SKIP + RESYNC } else { 0 };
        (self.next..=self.next + reach as u32).contains(&place)
    }

    /// It is an echo that goes on without a break.
    pub(super) fn sounds(&self) -> bool {
        self.echo.is_some() && self.gap.is_none()
    }

    /// Where the hold began.
    pub(super) fn held(&self) -> Option<u64> {
        self.held.map(|(held, _)| held)
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
        (start < self.end).then_some((start, self.end))
    }

    /// The next symbol of the stream; `recent` ends with it, `end` is the offset after it. False when the match is at its end.
    pub(super) fn step(&mut self, recent: &[u8], end: u64, prints: &Prints) -> bool {
        if self.gap.is_none() {
            if prints.views.text.get(self.next as usize) == recent.last() {
                self.next += 1;
                self.grow(1, end);
                return true;
            }
            self.gap = Some(0);
        }
        self.bridge(recent, end, prints)
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

    /// One more symbol that is not the expected one.
    fn bridge(&mut self, recent: &[u8], end: u64, prints: &Prints) -> bool {
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
                return true;
            }
        }
        gap < (GAP + self.matched / 4).min(GAP_MOST)
    }

    /// Whether it has become an excerpt: asked now and then while it goes on, and when it breaks. `recent` are the last
    /// [`HISTORY`] symbols.
    pub(super) fn judge(&mut self, recent: &[u8], prints: &Prints) -> bool {
        match self.gap {
            None if self.matched >= self.judge_at => self.judge_at = self.matched + JUDGE,
            Some(1) => {}
            _ => return false,
        }
        self.excerpt(recent, prints)
    }

    /// Whether it is an excerpt as it stands, and none before.
    pub(super) fn excerpt(&mut self, recent: &[u8], prints: &Prints) -> bool {
        if self.echo.is_some() || self.matched < EXCERPT_SYMBOLS {
            return false;
        }
        if !self.traced {
            self.traced = true;
            self.trace(recent, prints);
        }
        self.dense()
            && self.characters(prints).len() as u32 >= EXCERPT
            && self.variety(prints) >= EXCERPT_VARIETY
    }

    /// Follows the match back over gaps before the gram by which it was found.
    fn trace(&mut self, recent: &[u8], prints: &Prints) {
        let recent = recent
            .get(recent.len().saturating_sub(HISTORY)..)
            .unwrap_or_default();
        let Some(mut stream) = recent.get(..recent.len().saturating_sub(self.length as usize))
        else {
            return;
        };
        while stream.len() >= RESYNC {
            let text = prints
                .views
                .text
                .get(..self.from as usize)
                .unwrap_or_default();
            let Some((gap, skip)) = before(stream, text) else {
                return;
            };
            stream = &stream[..stream.len() - gap];
            let text = &text[..text.len() - skip];
            let run = stream.iter().rev().zip(text.iter().rev());
            let run = run.take_while(|(a, b)| a == b && **a != 0).count();
            stream = &stream[..stream.len() - run];
            self.from -= (skip + run) as u32;
            self.length += (gap + run) as u32;
            self.matched += run as u32;
        }
    }

    /// From here on its bytes do not leave, as far as they have not when the stream has come to `offset`.
    pub(super) fn sound(&mut self, start: u64, offset: u64) {
        self.echo = Some(start.max(offset.saturating_sub(HOLD)).min(self.end));
    }

    /// The characters of the documents from the first match to the last.
    pub(super) fn characters(&self, prints: &Prints) -> Range<u32> {
        span(prints, self.from, self.next)
    }

    /// The characters that left before the hold began.
    pub(super) fn before_hold(&self, prints: &Prints) -> Range<u32> {
        let until = self.held.map_or(self.next, |(_, place)| place);
        span(prints, self.from, until.clamp(self.from, self.next))
    }

    /// Different runs of four symbols in what matched, counted in 1024 bins.
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

fn span(prints: &Prints, from: u32, until: u32) -> Range<u32> {
    let first = prints.views.character(from);
    let last = prints.views.character(until.saturating_sub(1));
    first.min(last)..first.max(last) + 1
}

/// The nearest place before the ends of both at which they agree again: how far back in the stream, and in the text.
fn before(stream: &[u8], text: &[u8]) -> Option<(usize, usize)> {
    (0..=GAP_MOST as usize).find_map(|gap| {
        let last = stream
            .get(..stream.len().checked_sub(gap)?)?
            .last_chunk::<RESYNC>()?;
        let skip = (0..=SKIP).find(|skip| {
            let end = text.len().checked_sub(*skip);
            end.and_then(|end| text.get(..end)?.last_chunk::<RESYNC>()) == Some(last)
        })?;
        (!last.contains(&0)).then_some((gap, skip))
    })
}
