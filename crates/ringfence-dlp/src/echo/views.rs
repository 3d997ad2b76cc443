//! The documents as the stream may show them: as they are, reversed, in rot13, percent-encoded, in base64 and in hex, each as
//! symbols, one after the other. Other encodings, and encodings of encodings, are undone by the decode lane.

use super::bounds::ENCODED_BYTES;
use super::symbols::{TABLE, symbol};

/// A rendering of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// As written, but for case, blanks and marks.
    Plain,
    /// Last character first.
    Reversed,
    /// Letters moved by 13.
    Rot13,
    /// Everything but letters, digits and a few marks as `%XX`.
    Percent,
    /// Base64, standard or URL alphabet, at any of three offsets.
    Base64,
    /// Two hex digits a byte, with anything between them.
    Hex,
}

impl View {
    /// Whether it has more symbols than the text has letters.
    pub(super) fn encoded(self) -> bool {
        matches!(self, Self::Base64 | Self::Hex)
    }
}

/// A place in the text of the views and the character of the documents that it shows.
#[derive(Debug, Clone, Copy)]
struct Mark {
    text: u32,
    character: u32,
}

/// Where a view begins, and of which document it is.
#[derive(Debug, Clone, Copy)]
struct Start {
    text: u32,
    view: View,
    document: u32,
}

/// All views as one text; a 0 stands between two of them and between two documents.
#[derive(Debug, Default)]
pub(super) struct Views {
    pub(super) text: Vec<u8>,
    marks: Vec<Mark>,
    starts: Vec<Start>,
    /// Characters of all documents.
    pub(super) characters: u32,
    /// The document that is being added.
    number: u32,
}

/// Bytes between two marks; divisible by 3.
const STEP: usize = 48;

impl Views {
    /// Of these documents, whose size the caller has bounded.
    pub(super) fn of(documents: &[&[u8]]) -> Self {
        let total: usize = documents.iter().map(|document| document.len()).sum();
        let encoded = total <= ENCODED_BYTES;
        let mut views = Self::default();
        views.text.reserve(total * if encoded { 10 } else { 5 });
        for (number, document) in documents.iter().enumerate() {
            views.number = number as u32;
            views.add(document, encoded);
        }
        views
    }

    fn add(&mut self, bytes: &[u8], encoded: bool) {
        let first = self.characters;
        let (symbols, places, length) = plain(bytes, first);
        self.characters += length;
        self.view(View::Plain, |views| {
            views.copy(symbols.iter().copied(), places.iter().copied());
        });
        self.view(View::Reversed, |views| {
            views.copy(symbols.iter().rev().copied(), places.iter().rev().copied());
        });
        self.view(View::Rot13, |views| {
            views.copy(symbols.iter().map(|s| rot13(*s)), places.iter().copied());
        });
        let offsets = offsets(bytes, first);
        self.view(View::Percent, |views| {
            views.bytes(bytes, 0, &offsets, percent);
        });
        if !encoded {
            return;
        }
        self.view(View::Hex, |views| {
            views.bytes(bytes, 0, &offsets, |chunk, text| {
                let mut symbols = [0; 2 * STEP];
                for (two, byte) in symbols.as_chunks_mut::<2>().0.iter_mut().zip(chunk) {
                    *two = hex(*byte);
                }
                text.extend_from_slice(&symbols[..2 * chunk.len()]);
            });
        });
        for start in 0..3 {
            self.view(View::Base64, |views| {
                views.bytes(bytes, start, &offsets, base64);
            });
        }
    }

    /// Each view without the 0 at its end.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (std::ops::Range<usize>, View)> {
        self.starts.iter().enumerate().map(|(index, start)| {
            let next = self.starts.get(index + 1);
            let next = next.map_or(self.text.len(), |next| next.text as usize);
            (start.text as usize..next.saturating_sub(1), start.view)
        })
    }

    fn view(&mut self, view: View, write: impl FnOnce(&mut Self)) {
        self.starts.push(Start {
            text: self.text.len() as u32,
            view,
            document: self.number,
        });
        write(self);
        self.text.push(0);
    }

    fn copy(&mut self, symbols: impl Iterator<Item = u8>, places: impl Iterator<Item = u32>) {
        let start = self.text.len();
        self.text.extend(symbols);
        let ends = places.enumerate().filter(|(index, _)| index % 16 == 0);
        for (index, character) in ends {
            self.mark((start + index) as u32, character);
        }
    }

    /// `offsets` holds the character of every [`STEP`]th byte.
    fn bytes(
        &mut self,
        bytes: &[u8],
        start: usize,
        offsets: &[u32],
        encode: impl Fn(&[u8], &mut Vec<u8>),
    ) {
        for (index, chunk) in bytes
            .get(start..)
            .unwrap_or_default()
            .chunks(STEP)
            .enumerate()
        {
            self.mark(self.text.len() as u32, offsets[index]);
            encode(chunk, &mut self.text);
        }
    }

    fn mark(&mut self, text: u32, character: u32) {
        self.marks.push(Mark { text, character });
    }

    /// The character of the documents that this place of the text shows, to within [`STEP`].
    pub(super) fn character(&self, place: u32) -> u32 {
        let after = self.marks.partition_point(|mark| mark.text <= place);
        let Some(low) = after.checked_sub(1).and_then(|index| self.marks.get(index)) else {
            return 0;
        };
        let Some(high) = self.marks.get(after) else {
            return low.character;
        };
        let (span, step) = (high.text - low.text, place - low.text);
        let distance = i64::from(high.character) - i64::from(low.character);
        if span == 0 || distance.abs() > 4 * STEP as i64 {
            return low.character;
        }
        (i64::from(low.character) + distance * i64::from(step) / i64::from(span)) as u32
    }

    /// Which document this place of the text shows.
    pub(super) fn document(&self, place: u32) -> usize {
        let after = self.starts.partition_point(|start| start.text <= place);
        let start = after
            .checked_sub(1)
            .and_then(|index| self.starts.get(index));
        start.map_or(0, |start| start.document as usize)
    }
}

/// Symbols, the character that each stands for, and how many characters there are. Bytes that are no UTF-8 count as one each.
fn plain(bytes: &[u8], first: u32) -> (Vec<u8>, Vec<u32>, u32) {
    let (mut symbols, mut places) = (
        Vec::with_capacity(bytes.len()),
        Vec::with_capacity(bytes.len()),
    );
    let mut character = first;
    for chunk in bytes.utf8_chunks() {
        for one in chunk.valid().chars() {
            let found = symbol(one);
            if found != 0 {
                symbols.push(found);
                places.push(character);
            }
            character += 1;
        }
        character += chunk.invalid().len() as u32;
    }
    (symbols, places, character - first)
}

fn offsets(bytes: &[u8], first: u32) -> Vec<u32> {
    let mut character = first;
    let mut offsets = Vec::with_capacity(bytes.len() / STEP + 1);
    for chunk in bytes.chunks(STEP) {
        offsets.push(character);
        character += chunk.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u32;
    }
    offsets
}

const fn rot13(symbol: u8) -> u8 {
    match symbol {
        b'a'..=b'm' => symbol + 13,
        b'n'..=b'z' => symbol - 13,
        other => other,
    }
}

const fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 15) as usize]]
}

fn percent(chunk: &[u8], text: &mut Vec<u8>) {
    for byte in chunk {
        match byte {
            b'_' | b'.' | b'-' | b'~' | b'/' => {}
            b if b.is_ascii_alphanumeric() => text.push(b.to_ascii_lowercase()),
            b => text.extend_from_slice(&hex(*b)),
        }
    }
}

/// The symbols of the alphabet of base64; 0 for its two signs, which are left out.
const BASE64: [u8; 64] = {
    let alphabet = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut symbols = [0; 64];
    let mut value = 0;
    while value < 64 {
        symbols[value] = TABLE[alphabet[value] as usize];
        value += 1;
    }
    symbols
};

fn base64(chunk: &[u8], text: &mut Vec<u8>) {
    let mut symbols = [0; 64];
    let mut count = 0;
    for three in chunk.as_chunks::<3>().0 {
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for shift in [18, 12, 6, 0] {
            let symbol = BASE64[((bits >> shift) & 63) as usize];
            symbols[count & 63] = symbol;
            count += usize::from(symbol != 0);
        }
    }
    text.extend_from_slice(&symbols[..count]);
}
