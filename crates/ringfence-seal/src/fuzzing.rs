//! The parsers of hostile bytes, for the fuzz targets: each takes anything and must neither panic nor hang.

use crate::binary::{Part, Reader};
use crate::error::{Half, SealError};
use crate::frames::Deframer;

/// The frames of a stream that comes in pieces of this size, the last one after the others.
///
/// # Errors
/// As the reader of frames says.
pub fn frames(bytes: &[u8], size: usize) -> Result<Vec<Vec<u8>>, SealError> {
    let mut deframer = Deframer::new(Half::Request);
    let mut found = Vec::new();
    for mut piece in bytes.chunks(size.max(1)) {
        while let Some(frame) = deframer.take(&mut piece)? {
            found.push(frame.to_vec());
        }
    }
    found.push(deframer.last()?.to_vec());
    Ok(found)
}

/// The data in the padded plaintext of a frame.
#[must_use]
pub fn unpad(plain: &[u8]) -> Option<&[u8]> {
    crate::padding::unpad(plain)
}

/// Header fields and bytes of the body of an HTTP message that comes in pieces of this size; `None` if it does not end.
#[must_use]
pub fn message(half: Half, bytes: &[u8], size: usize) -> Option<(usize, Vec<u8>)> {
    let mut reader = Reader::new(half);
    let (mut fields, mut body) = (0, Vec::new());
    for mut piece in bytes.chunks(size.max(1)) {
        while let Some(part) = reader.next(&mut piece).ok()? {
            match part {
                Part::Request(head) => fields = head.fields.len(),
                Part::Response(head) => fields = head.fields.len(),
                Part::Body(bytes) => body.extend_from_slice(bytes),
            }
        }
    }
    reader.is_at_end().then_some((fields, body))
}
