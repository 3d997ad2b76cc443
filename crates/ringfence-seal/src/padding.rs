//! Padding of a frame's plaintext: two bytes of length, the data, zeros up to a multiple of [`BUCKET`]. It is inside what the
//! frame's tag covers, so nobody in between can add to it or take from it.

use crate::limits::{BUCKET, MAX_CHUNK, MAX_CHUNK_DATA, PAD_PREFIX};

/// How long the plaintext of a frame with so much data is.
pub(crate) fn padded(data: usize) -> usize {
    (PAD_PREFIX + data).next_multiple_of(BUCKET)
}

/// Appends the padded form of at most [`MAX_CHUNK_DATA`] bytes.
pub(crate) fn pad(data: &[u8], out: &mut Vec<u8>) {
    debug_assert!(data.len() <= MAX_CHUNK_DATA);
    let end = out.len() + padded(data.len());
    out.extend_from_slice(&(data.len() as u16).to_be_bytes());
    out.extend_from_slice(data);
    out.resize(end, 0);
}

/// The data in a padded plaintext. More padding than needed is accepted (cover traffic), other lengths and bytes are not.
pub(crate) fn unpad(plain: &[u8]) -> Option<&[u8]> {
    if plain.is_empty() || !plain.len().is_multiple_of(BUCKET) || plain.len() > MAX_CHUNK {
        return None;
    }
    let (prefix, rest) = plain.split_first_chunk::<PAD_PREFIX>()?;
    let (data, zeros) = rest.split_at_checked(usize::from(u16::from_be_bytes(*prefix)))?;
    zeros.iter().all(|byte| *byte == 0).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_becomes_a_bucket_and_comes_back() {
        for length in (0..600).chain([MAX_CHUNK_DATA - 1, MAX_CHUNK_DATA]) {
            let data = vec![7; length];
            let mut plain = Vec::new();
            pad(&data, &mut plain);
            assert_eq!(plain.len(), padded(length));
            assert_eq!(plain.len() % BUCKET, 0);
            assert!(plain.len() <= MAX_CHUNK && plain.len() - length < BUCKET + PAD_PREFIX);
            assert_eq!(unpad(&plain), Some(&data[..]));
        }
    }

    #[test]
    fn what_is_not_padded_right_is_refused() {
        let mut plain = Vec::new();
        pad(b"data", &mut plain);
        assert_eq!(unpad(&[]), None);
        assert_eq!(unpad(&plain[..255]), None);
        let mut dirty = plain.clone();
        dirty[255] = 1;
        assert_eq!(unpad(&dirty), None);
        let mut long = plain.clone();
        long[..2].copy_from_slice(&255u16.to_be_bytes());
        assert_eq!(unpad(&long), None);
        assert_eq!(unpad(&vec![0; MAX_CHUNK + BUCKET]), None);
        plain.resize(512, 0);
        assert_eq!(unpad(&plain), Some(&b"data"[..]));
    }
}
