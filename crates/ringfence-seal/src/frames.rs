//! The outer framing of chunked OHTTP: a stream of bytes becomes frames, however the stream is cut. Nothing here is authenticated:
//! a wrong length makes a wrong frame, which does not open.

use crate::error::{Half, SealError};
use crate::limits::{MAX_CHUNK, TAG};
use crate::secret::{Secret, append};
use crate::varint::{self, Partial};

/// Most bytes of one sealed frame, without its length.
pub(crate) const MAX_FRAME: usize = MAX_CHUNK + TAG;

/// Appends the length that goes before a frame; before the last one it is zero and the frame goes on to the end of the stream.
pub(crate) fn write_length(sealed: usize, last: bool, out: &mut Vec<u8>) {
    varint::write(if last { 0 } else { sealed as u64 }, out);
}

/// Takes frames out of a stream. Holds at most one.
pub(crate) struct Deframer {
    half: Half,
    length: Partial,
    /// Of the frame that is being collected; `None` while its length is read.
    expected: Option<Expected>,
    /// Ciphertext until the frame is whole. It is opened in place, so it is cleared like plaintext.
    frame: Secret,
    whole: u64,
}

#[derive(Clone, Copy)]
enum Expected {
    Bytes(usize),
    ToTheEnd,
}

impl Deframer {
    pub fn new(half: Half) -> Self {
        Self {
            half,
            length: Partial::default(),
            expected: None,
            frame: Secret::default(),
            whole: 0,
        }
    }

    /// Takes bytes from the front of `input` until a frame that is not the last one is whole. `None` means that all was taken.
    pub fn take<'a>(&'a mut self, input: &mut &[u8]) -> Result<Option<&'a mut [u8]>, SealError> {
        loop {
            match self.expected {
                None => {
                    self.frame.clear();
                    let Some(length) = self.length.take(input).map_err(|_| self.bad_length())?
                    else {
                        return Ok(None);
                    };
                    self.expected = Some(self.expect(length)?);
                }
                Some(Expected::Bytes(length)) => {
                    let missing = length - self.frame.len();
                    let (now, rest) = input.split_at(missing.min(input.len()));
                    append(&mut self.frame, now);
                    *input = rest;
                    if self.frame.len() < length {
                        return Ok(None);
                    }
                    self.expected = None;
                    self.whole += 1;
                    return Ok(Some(&mut self.frame));
                }
                Some(Expected::ToTheEnd) => {
                    let length = self.frame.len() + input.len();
                    if length > MAX_FRAME {
                        return Err(self.too_long(length as u64));
                    }
                    append(&mut self.frame, input);
                    *input = &[];
                    return Ok(None);
                }
            }
        }
    }

    /// The last frame, when the stream has ended.
    pub fn last(&mut self) -> Result<&mut [u8], SealError> {
        match self.expected {
            Some(Expected::ToTheEnd) if self.frame.len() >= TAG => Ok(&mut self.frame),
            _ => Err(SealError::Truncated {
                half: self.half,
                frames: self.whole,
            }),
        }
    }

    /// Number of the frame that comes next, from 0.
    pub fn following(&self) -> u64 {
        self.whole
    }

    fn expect(&self, length: u64) -> Result<Expected, SealError> {
        match usize::try_from(length) {
            Ok(0) => Ok(Expected::ToTheEnd),
            Ok(length) if length > MAX_FRAME => Err(self.too_long(length as u64)),
            Ok(length) if length < TAG => Err(self.bad_length()),
            Ok(length) => Ok(Expected::Bytes(length)),
            Err(_) => Err(self.too_long(length)),
        }
    }

    fn too_long(&self, length: u64) -> SealError {
        SealError::FrameTooLong {
            half: self.half,
            frame: self.whole,
            length,
            limit: MAX_FRAME,
        }
    }

    fn bad_length(&self) -> SealError {
        SealError::FrameLength {
            half: self.half,
            frame: self.whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All frames of a stream given in these pieces; the last one is told apart by its flag.
    fn frames<'a>(
        pieces: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Vec<(bool, Vec<u8>)>, SealError> {
        let mut deframer = Deframer::new(Half::Request);
        let mut found = Vec::new();
        for mut piece in pieces {
            while let Some(frame) = deframer.take(&mut piece)? {
                found.push((false, frame.to_vec()));
            }
        }
        found.push((true, deframer.last()?.to_vec()));
        Ok(found)
    }

    fn stream(lengths: &[usize], last: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, length) in lengths.iter().enumerate() {
            write_length(*length, false, &mut out);
            out.resize(out.len() + length, number as u8);
        }
        write_length(last, true, &mut out);
        out.resize(out.len() + last, 0xff);
        out
    }

    proptest! {
        #[test]
        fn any_split_of_the_stream_gives_the_same_frames(
            lengths in prop::collection::vec(TAG..600, 0..6),
            last in TAG..600usize,
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        ) {
            let stream = stream(&lengths, last);
            let whole = frames(std::iter::once(&stream[..])).unwrap();
            prop_assert_eq!(whole.len(), lengths.len() + 1);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            prop_assert_eq!(&frames(cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]])).unwrap(), &whole);
            prop_assert_eq!(&frames(stream.chunks(1)).unwrap(), &whole);
        }

        #[test]
        fn any_bytes_give_frames_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let whole = frames(std::iter::once(&bytes[..]));
            prop_assert_eq!(frames(bytes.chunks(7)).is_ok(), whole.is_ok());
        }
    }

    #[test]
    fn lengths_out_of_bounds_are_refused_before_anything_is_held() {
        let mut long = Vec::new();
        write_length(MAX_FRAME + 1, false, &mut long);
        assert!(
            matches!(frames(std::iter::once(&long[..])), Err(SealError::FrameTooLong { length, .. }) if length == MAX_FRAME as u64 + 1)
        );
        let huge = [0xff; 8];
        assert!(matches!(
            frames(std::iter::once(&huge[..])),
            Err(SealError::FrameTooLong { .. })
        ));
        assert_eq!(
            frames(std::iter::once(&[15][..])),
            Err(SealError::FrameLength {
                half: Half::Request,
                frame: 0
            })
        );
        let last = vec![0; MAX_FRAME + 2];
        assert!(matches!(
            frames(std::iter::once(&last[..])),
            Err(SealError::FrameTooLong { .. })
        ));
    }

    #[test]
    fn a_stream_cut_anywhere_before_its_last_tag_is_whole_is_truncated() {
        let stream = stream(&[20, 300], TAG);
        for end in 0..stream.len() {
            assert!(
                matches!(
                    frames(std::iter::once(&stream[..end])),
                    Err(SealError::Truncated { .. })
                ),
                "{end}"
            );
        }
    }
}
