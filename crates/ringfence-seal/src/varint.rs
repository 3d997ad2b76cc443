//! Variable-length integers of QUIC (RFC 9000 §16), which chunked OHTTP and binary HTTP share. Only the shortest form of a value is
//! accepted, so that a message has one encoding.

/// Largest value that the encoding has.
pub(crate) const MAX: u64 = (1 << 62) - 1;

/// Appends the shortest encoding of `value`, which is at most [`MAX`]: lengths of buffers always are.
pub(crate) fn write(value: u64, out: &mut Vec<u8>) {
    debug_assert!(value <= MAX);
    let bytes = value.to_be_bytes();
    match value {
        0..0x40 => out.push(bytes[7]),
        0x40..0x4000 => out.extend_from_slice(&[0x40 | bytes[6], bytes[7]]),
        0x4000..0x4000_0000 => {
            out.extend_from_slice(&[0x80 | bytes[4], bytes[5], bytes[6], bytes[7]]);
        }
        _ => {
            out.push(0xc0 | bytes[0]);
            out.extend_from_slice(&bytes[1..]);
        }
    }
}

/// An integer that arrives in pieces.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Partial {
    bytes: [u8; 8],
    have: usize,
}

/// An integer was not in its shortest form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotShortest;

impl Partial {
    /// Takes bytes from the front of `input` until the integer is whole. Then it is ready for the next one.
    pub fn take(&mut self, input: &mut &[u8]) -> Result<Option<u64>, NotShortest> {
        while let Some((&first, rest)) = input.split_first() {
            self.bytes[self.have] = first;
            self.have += 1;
            *input = rest;
            let length = 1usize << (self.bytes[0] >> 6);
            if self.have == length {
                let mut value = u64::from(self.bytes[0] & 0x3f);
                for byte in &self.bytes[1..length] {
                    value = value << 8 | u64::from(*byte);
                }
                *self = Self::default();
                let shortest = match length {
                    1 => true,
                    2 => value >= 0x40,
                    4 => value >= 0x4000,
                    _ => value >= 0x4000_0000,
                };
                return if shortest {
                    Ok(Some(value))
                } else {
                    Err(NotShortest)
                };
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_9000_appendix_a() {
        let cases: [(&[u8], u64); 4] = [
            (
                &[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c],
                151_288_809_941_952_652,
            ),
            (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
            (&[0x7b, 0xbd], 15_293),
            (&[0x25], 37),
        ];
        for (bytes, value) in cases {
            let mut written = Vec::new();
            write(value, &mut written);
            assert_eq!(written, bytes);
            let mut input = bytes;
            assert_eq!(Partial::default().take(&mut input), Ok(Some(value)));
            assert!(input.is_empty());
        }
    }

    #[test]
    fn edges_go_there_and_back_a_byte_at_a_time() {
        for value in [0, 0x3f, 0x40, 0x3fff, 0x4000, 0x3fff_ffff, 0x4000_0000, MAX] {
            let mut bytes = Vec::new();
            write(value, &mut bytes);
            let mut partial = Partial::default();
            for (at, byte) in bytes.iter().enumerate() {
                let expected = (at + 1 == bytes.len()).then_some(value);
                assert_eq!(partial.take(&mut &[*byte][..]), Ok(expected));
            }
        }
    }

    #[test]
    fn a_longer_form_than_needed_is_refused() {
        for bytes in [
            &[0x40, 0x25][..],
            &[0x80, 0, 0x3f, 0xff],
            &[0xc0, 0, 0, 0, 0x3f, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(Partial::default().take(&mut { bytes }), Err(NotShortest));
        }
    }
}
