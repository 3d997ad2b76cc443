//! Known values: found in every encoding and layout without decoding, by what is left of the text when all but letters and digits is dropped.
//!
//! Each value becomes a few patterns (itself, base64 at three alignments, hexadecimal, base32, escapes, backwards, rotated),
//! squeezed to lower-case letters and digits. The stream is squeezed the same way, one byte at a time: so wrapping at any column,
//! quotes and operators of concatenations, spacing, zero-width characters and the NULs of UTF-16 all vanish, and what is kept between
//! two pushes is a handful of positions.
mod matcher;
mod pattern;

pub(crate) use matcher::Matcher;
pub(crate) use pattern::Values;
