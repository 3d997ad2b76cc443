//! Every limit of the context echo, together.

/// Letters and digits of one fingerprint.
pub(super) const GRAM: usize = 12;
/// One fingerprint in this many is kept and looked up: which ones depends on their content alone.
pub(super) const SAMPLE_BITS: u32 = 3;
/// Of an encoded view, which has more symbols a character, one in this many more.
pub(super) const SPARSE_BITS: u32 = 5;
/// Symbols of the stream that a new match may be followed back through.
pub(super) const HISTORY: usize = 512;
/// Bytes of the stream that are looked at in one go; a power of two.
pub(super) const BLOCK: usize = 1024;

/// Letters and digits that match in a row before bytes are held: about 40 characters of prose. This much of an excerpt
/// leaves before the hold begins, and counts against the budget.
pub(super) const HOLD_AT: u32 = 32;
/// Bytes of the stream that are held at most while an echo may be running.
pub(super) const HOLD: u64 = crate::limits::WINDOW as u64;
/// An echo longer than this is reported in parts, so that what is certain need not be held.
pub(super) const PART: u64 = HOLD / 2;
/// Characters of a document between the first and the last letter of a match that make it an excerpt. Below 400, because
/// an excerpt of 400 characters may begin and end with blanks and marks.
pub(super) const EXCERPT: u32 = 340;
/// Letters and digits that an excerpt has at least; what has fewer is a ruler or a table of blanks.
pub(super) const EXCERPT_SYMBOLS: u32 = 64;
/// Different runs of four letters and digits that an excerpt has at least: a table of zeros says nothing.
pub(super) const EXCERPT_VARIETY: u32 = 32;
/// Of the symbols between the ends of an excerpt this share matches: 3 in 4, in the stream as in the document.
pub(super) const DENSITY: (u32, u32) = (3, 4);

/// Places of the documents that are followed at once: a phrase that a document repeats may lead to the wrong one first.
pub(super) const CHAINS: usize = 4;
/// Symbols that must match for a broken match to be taken up again.
pub(super) const RESYNC: usize = 6;
/// Symbols of the document that may be missing where a match is taken up again.
pub(super) const SKIP: usize = 32;
/// Symbols of the stream that may stand between two parts of a match: this, and a quarter of what has matched…
pub(super) const GAP: u32 = 10;
/// …but no more than this.
pub(super) const GAP_MOST: u32 = 48;

/// All context documents together, in bytes.
pub const CONTEXT_BYTES: usize = 8 * 1024 * 1024;
/// Up to this size the index also holds the documents in base64 and hex; above it the decode lane alone finds those.
pub(super) const ENCODED_BYTES: usize = 1024 * 1024;
/// Characters of a document that one bit of the budget's map stands for.
pub(super) const GRAIN: u32 = 16;
/// Budget unless set: a tenth of the context, and this many characters at least.
pub(super) const BUDGET_LEAST: u64 = 2_000;
