//! The patterns of all known values.
use crate::scan::prefilter::rot13;
use crate::settings::Known;
use std::collections::HashMap;
use std::fmt::Write;
use zeroize::Zeroizing;

/// Squeezed bytes that a pattern must have, or ordinary text would match.
pub(crate) const LEAST: usize = 6;

/// One way in which one value may appear.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) squeezed: Zeroizing<Vec<u8>>,
    pub(crate) value: usize,
    /// The value itself rather than an encoding of it.
    pub(crate) plain: bool,
}

/// All patterns and how to begin one.
pub(crate) struct Values {
    pub(crate) known: Vec<Known>,
    pub(crate) patterns: Vec<Pattern>,
    bits: Vec<u64>,
    starts: HashMap<u32, Vec<u32>>,
    /// Values with too few letters and digits: compared byte by byte.
    pub(crate) literal: Vec<usize>,
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Values")
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

/// Lower-case letter or digit; 0 for the rest.
static SQUEEZED: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_alphanumeric() {
            table[byte] = (byte as u8).to_ascii_lowercase();
        }
        byte += 1;
    }
    table
};

/// Lower-case letter or digit, or nothing.
#[inline]
pub(crate) fn squeeze(byte: u8) -> Option<u8> {
    match SQUEEZED[byte as usize] {
        0 => None,
        letter => Some(letter),
    }
}

fn slot(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> 16) as usize
}

impl Values {
    pub(crate) fn new(known: Vec<Known>) -> Self {
        let mut this = Self {
            known: Vec::new(),
            patterns: Vec::new(),
            bits: vec![0; if known.is_empty() { 0 } else { 1 << 10 }],
            starts: HashMap::new(),
            literal: Vec::new(),
        };
        for (value, entry) in known.iter().enumerate() {
            let bytes = entry.value.as_slice();
            if bytes.iter().filter(|b| squeeze(**b).is_some()).count() < LEAST {
                this.literal.push(value);
            }
            let mut seen: Vec<Zeroizing<Vec<u8>>> = Vec::new();
            for (at, text) in forms(bytes).into_iter().enumerate() {
                let squeezed: Zeroizing<Vec<u8>> =
                    Zeroizing::new(text.iter().filter_map(|b| squeeze(*b)).collect());
                if squeezed.len() >= LEAST && !seen.contains(&squeezed) {
                    this.add(Pattern {
                        squeezed: squeezed.clone(),
                        value,
                        plain: at == 0,
                    });
                    seen.push(squeezed);
                }
            }
        }
        this.known = known;
        this
    }

    fn add(&mut self, pattern: Pattern) {
        let Some(&[a, b, c, d]) = pattern.squeezed.first_chunk::<4>() else {
            return;
        };
        let gram = u32::from_be_bytes([a, b, c, d]);
        let slot = slot(gram);
        self.bits[slot >> 6] |= 1 << (slot & 63);
        let place = u32::try_from(self.patterns.len()).unwrap_or(u32::MAX);
        self.starts.entry(gram).or_default().push(place);
        self.patterns.push(pattern);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The patterns that begin with these four squeezed bytes.
    #[inline]
    pub(crate) fn begin(&self, gram: u32) -> &[u32] {
        let slot = slot(gram);
        if self.bits[slot >> 6] >> (slot & 63) & 1 == 0 {
            return &[];
        }
        self.starts.get(&gram).map_or(&[], Vec::as_slice)
    }
}

/// The value and its encodings.
fn forms(value: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = vec![Zeroizing::new(value.to_vec())];
    let mut add = |bytes: Vec<u8>| forms.push(Zeroizing::new(bytes));
    let each = |format: &dyn Fn(u8, &mut String) -> std::fmt::Result| {
        let mut text = String::with_capacity(value.len() * 6);
        for byte in value {
            // Writing to a string does not fail.
            let _ = format(*byte, &mut text);
        }
        text.into_bytes()
    };
    add(each(&|b, text| {
        if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
            text.write_char(char::from(b))
        } else {
            write!(text, "%{b:02x}")
        }
    }));
    add(each(&|b, text| write!(text, "{b:02x}")));
    add(each(&|b, text| write!(text, "x{b:02x}")));
    add(each(&|b, text| write!(text, "x{b:x}")));
    add(each(&|b, text| write!(text, "0x{b:02x}")));
    add(each(&|b, text| write!(text, "u{b:04x}")));
    add(each(&|b, text| write!(text, "{b}")));
    add(each(&|b, text| write!(text, "{b:o}")));
    add(each(&|b, text| write!(text, "{b:03o}")));
    add(each(&|b, text| write!(text, "{b:02x}00")));
    let reversed: Vec<u8> = value.iter().rev().copied().collect();
    let rotated: Vec<u8> = value.iter().map(|b| rot13(*b)).collect();
    let wide: Vec<u8> = value.iter().flat_map(|b| [*b, 0]).collect();
    let upper = value.to_ascii_uppercase();
    let lower = value.to_ascii_lowercase();
    for text in [value, &reversed, &rotated, &wide, &upper, &lower] {
        for skip in 0..3 {
            add(base64(text, skip));
        }
    }
    for text in [value, &upper] {
        for skip in 0..5 {
            add(base32(text, skip));
        }
    }
    let hex = each(&|b, text| write!(text, "{b:02x}"));
    add(hex.chunks(2).rev().flatten().copied().collect());
    let encoded = base64(value, 0);
    add(encoded.iter().rev().copied().collect());
    add(hex.into_iter().rev().collect());
    for skip in 0..3 {
        let inner = base64(value, skip);
        for outer in 0..3 {
            add(base64(&inner, outer));
        }
    }
    add(reversed);
    add(rotated);
    forms
}

/// The characters of base64 that depend on the value alone when `skip` bytes stand before it in its group.
fn base64(value: &[u8], skip: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    digits(value, skip, 6, 3)
        .into_iter()
        .map(|v| ALPHABET[usize::from(v)])
        .collect()
}

fn base32(value: &[u8], skip: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    digits(value, skip, 5, 5)
        .into_iter()
        .map(|v| ALPHABET[usize::from(v)])
        .collect()
}

/// Splits bits into digits of `width`, leaving out those that also hold bits of what stands before or after.
fn digits(value: &[u8], skip: usize, width: usize, _group: usize) -> Vec<u8> {
    let first = (skip * 8).div_ceil(width);
    let last = (skip + value.len()) * 8 / width;
    (first..last)
        .map(|digit| {
            let bit = digit * width - skip * 8;
            let word = u16::from(value[bit / 8]) << 8
                | u16::from(value.get(bit / 8 + 1).copied().unwrap_or(0));
            (word >> (16 - width - bit % 8)) as u8 & ((1 << width) - 1)
        })
        .collect()
}
