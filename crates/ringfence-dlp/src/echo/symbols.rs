//! What is compared: letters and digits, in lower case. Blanks, marks and invisible characters are left out, so that a
//! text that was re-wrapped, spaced, quoted, padded or split reads as the same symbols.

use super::bounds::BLOCK;

/// Symbols below 0x80 are ASCII letters and digits; above, one character of another script each. 0 stands in no text.
const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let character = byte as u8;
        if character.is_ascii_alphanumeric() {
            table[byte] = character.to_ascii_lowercase();
        }
        byte += 1;
    }
    table
}

pub(super) const TABLE: [u8; 256] = table();

/// The symbol of a character, or 0 for one that is left out.
pub(super) fn symbol(character: char) -> u8 {
    if character.is_ascii() {
        return TABLE[usize::from(character as u8)];
    }
    let code = u32::from(character);
    if (0xFF01..=0xFF5E).contains(&code) {
        return TABLE[usize::from((code - 0xFEE0) as u8)];
    }
    if !character.is_alphanumeric() {
        return 0;
    }
    let lower = character.to_lowercase().next().unwrap_or(character);
    let mixed = u32::from(lower).wrapping_mul(0x9E37_79B1);
    0x80 | (mixed >> 25) as u8
}

/// Turns a stream into symbols, whatever its cuts: a character that is cut in two is kept until it is whole.
#[derive(Debug, Default, Clone)]
pub(super) struct Reader {
    partial: [u8; 4],
    held: usize,
}

impl Reader {
    /// Reads at most [`BLOCK`] bytes; writes symbols and, for each, the index of the byte that completed it.
    pub(super) fn read(
        &mut self,
        raw: &[u8],
        out: &mut [u8; BLOCK],
        at: &mut [u16; BLOCK],
    ) -> usize {
        const MASK: usize = BLOCK - 1;
        debug_assert!(raw.len() <= BLOCK);
        let (mut count, mut index) = (0, 0);
        while index < raw.len() {
            if self.held == 0
                && let Some(eight) = raw.get(index..).and_then(<[u8]>::first_chunk::<8>)
                && u64::from_le_bytes(*eight) & 0x8080_8080_8080_8080 == 0
            {
                for (offset, byte) in eight.iter().enumerate() {
                    let symbol = TABLE[usize::from(*byte)];
                    out[count & MASK] = symbol;
                    at[count & MASK] = (index + offset) as u16;
                    count += usize::from(symbol != 0);
                }
                index += 8;
                continue;
            }
            let symbol = self.slow(raw[index]);
            if symbol != 0 {
                out[count & MASK] = symbol;
                at[count & MASK] = index as u16;
                count += 1;
            }
            index += 1;
        }
        count
    }

    /// One byte; bytes that are no UTF-8 are left out.
    fn slow(&mut self, byte: u8) -> u8 {
        if byte < 0x80 {
            self.held = 0;
            return TABLE[usize::from(byte)];
        }
        if byte >= 0xC0 {
            self.partial[0] = byte;
            self.held = 1;
            return 0;
        }
        if self.held == 0 {
            return 0;
        }
        self.partial[self.held & 3] = byte;
        self.held += 1;
        let wanted = match self.partial[0] {
            0xF0.. => 4,
            0xE0.. => 3,
            _ => 2,
        };
        if self.held < wanted {
            return 0;
        }
        self.held = 0;
        std::str::from_utf8(&self.partial[..wanted])
            .ok()
            .and_then(|text| text.chars().next())
            .map_or(0, symbol)
    }
}
