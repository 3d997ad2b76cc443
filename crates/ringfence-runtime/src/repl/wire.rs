//! Takes the driver's packets out of the code's output.
//!
//! A packet: the session's marker, `+` (more follow) or `.` (the last of its message), four hexadecimal digits of length,
//! and that many bytes. Everything else is output of the code. Of what does not fit, nothing is guessed: it is an error.

use memchr::memmem;

use super::limits::{MESSAGE, PACKET};

/// Bytes between the marker and the payload.
const HEAD: usize = 5;
/// First byte of every marker.
const FIRST: u8 = 0x1e;

/// What came by.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Output of the code.
    Output(Vec<u8>),
    /// A message, whole.
    Message(Vec<u8>),
}

/// A packet that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum WireError {
    #[error("a packet with a malformed head")]
    Head,
    #[error("a packet of {0} bytes; at most {PACKET} are allowed")]
    Packet(usize),
    #[error("a message of more than {MESSAGE} bytes")]
    Message,
}

/// One stream that carries output and packets.
#[derive(Debug)]
pub(super) struct Splitter {
    marker: memmem::Finder<'static>,
    held: Vec<u8>,
    message: Vec<u8>,
}

impl Splitter {
    /// `random` is drawn anew for every interpreter.
    pub(super) fn new(marker: &[u8]) -> Self {
        Self {
            marker: memmem::Finder::new(marker).into_owned(),
            held: Vec::new(),
            message: Vec::new(),
        }
    }

    /// Takes the next bytes and appends what they complete.
    pub(super) fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) -> Result<(), WireError> {
        self.held.extend_from_slice(bytes);
        let marker = self.marker.needle().len();
        let mut at = 0;
        loop {
            let rest = self.held.get(at..).unwrap_or_default();
            let Some(found) = self.marker.find(rest) else {
                at += output(rest, rest.len() - self.open(rest), items);
                break;
            };
            at += output(rest, found, items);
            let Some(packet) = self.held.get(at + marker..).filter(|p| p.len() >= HEAD) else {
                break;
            };
            let (head, payload) = packet.split_at(HEAD);
            let (last, length) = parse(head)?;
            let Some(payload) = payload.get(..length) else {
                break;
            };
            if self.message.len() + length > MESSAGE {
                return Err(WireError::Message);
            }
            self.message.extend_from_slice(payload);
            at += marker + HEAD + length;
            if last {
                items.push(Item::Message(std::mem::take(&mut self.message)));
            }
        }
        self.held.drain(..at);
        Ok(())
    }

    /// What is held as the possible beginning of a packet, at the end of the stream.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// How many bytes at the end may be the beginning of a marker.
    fn open(&self, bytes: &[u8]) -> usize {
        let needle = self.marker.needle();
        let from = bytes.len().saturating_sub(needle.len() - 1);
        let tail = bytes.get(from..).unwrap_or_default();
        memchr::memchr_iter(FIRST, tail)
            .map(|start| tail.get(start..).unwrap_or_default())
            .find(|candidate| needle.starts_with(candidate))
            .map_or(0, <[u8]>::len)
    }
}

fn output(bytes: &[u8], length: usize, items: &mut Vec<Item>) -> usize {
    if length > 0 {
        let bytes = bytes.get(..length).unwrap_or_default();
        items.push(Item::Output(bytes.to_vec()));
    }
    length
}

fn parse(head: &[u8]) -> Result<(bool, usize), WireError> {
    let (kind, digits) = head.split_first().ok_or(WireError::Head)?;
    let last = match kind {
        b'.' => true,
        b'+' => false,
        _ => return Err(WireError::Head),
    };
    let mut length = 0;
    for digit in digits {
        let value = char::from(*digit).to_digit(16).ok_or(WireError::Head)?;
        length = length * 16 + value as usize;
    }
    if length > PACKET {
        return Err(WireError::Packet(length));
    }
    Ok((last, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MARKER: &[u8] = b"\x1eRF0123456789abcdef";

    fn packet(last: bool, payload: &[u8]) -> Vec<u8> {
        let kind = if last { "." } else { "+" };
        [
            MARKER,
            kind.as_bytes(),
            format!("{:04x}", payload.len()).as_bytes(),
            payload,
        ]
        .concat()
    }

    /// Output and messages, neighbouring pieces of output joined.
    fn split(pieces: &[&[u8]]) -> Result<Vec<Item>, WireError> {
        let mut splitter = Splitter::new(MARKER);
        let mut items = Vec::new();
        for piece in pieces {
            splitter.push(piece, &mut items)?;
        }
        let held = splitter.finish();
        output(&held, held.len(), &mut items);
        let mut joined: Vec<Item> = Vec::new();
        for item in items {
            match (joined.last_mut(), item) {
                (Some(Item::Output(before)), Item::Output(next)) => before.extend(next),
                (_, item) => joined.push(item),
            }
        }
        Ok(joined)
    }

    #[test]
    fn output_around_a_message_of_two_packets() {
        let all = [
            b"before\n".as_slice(),
            &packet(false, b"{\"a\":"),
            &packet(true, b"1}"),
            b"after",
        ]
        .concat();
        let expected = vec![
            Item::Output(b"before\n".to_vec()),
            Item::Message(b"{\"a\":1}".to_vec()),
            Item::Output(b"after".to_vec()),
        ];
        assert_eq!(split(&[&all]).unwrap(), expected);
        for cut in 0..all.len() {
            assert_eq!(
                split(&[&all[..cut], &all[cut..]]).unwrap(),
                expected,
                "{cut}"
            );
        }
    }

    #[test]
    fn output_that_only_begins_like_a_marker_flows() {
        let mut splitter = Splitter::new(MARKER);
        let mut items = Vec::new();
        splitter.push(b"x\x1eRF01", &mut items).unwrap();
        assert_eq!(items, [Item::Output(b"x".to_vec())]);
        items.clear();
        splitter.push(b"no", &mut items).unwrap();
        assert_eq!(items, [Item::Output(b"\x1eRF01no".to_vec())]);
    }

    #[test]
    fn malformed_packets_are_errors() {
        assert_eq!(split(&[MARKER, b"x0001a"]), Err(WireError::Head));
        assert_eq!(split(&[MARKER, b".00g1a"]), Err(WireError::Head));
        assert_eq!(split(&[MARKER, b".ffff"]), Err(WireError::Packet(0xffff)));
        let part = packet(false, &[b'a'; PACKET]);
        let mut splitter = Splitter::new(MARKER);
        let mut items = Vec::new();
        let ended = (0..=MESSAGE / PACKET + 1).find_map(|_| splitter.push(&part, &mut items).err());
        assert_eq!(ended, Some(WireError::Message));
        assert!(items.is_empty());
    }

    proptest! {
        #[test]
        fn cuts_make_no_difference(bytes in proptest::collection::vec(prop_oneof![
            Just(MARKER.to_vec()), Just(packet(true, b"{}")), Just(packet(false, b"[")), Just(vec![0x1e]), any::<Vec<u8>>(),
        ], 0..12), at in any::<prop::sample::Index>()) {
            let all = bytes.concat();
            let cut = at.index(all.len() + 1);
            prop_assert_eq!(split(&[&all]), split(&[&all[..cut], &all[cut..]]));
        }
    }
}
