//! Just enough rtnetlink and nfnetlink to fence a fresh network namespace: requests are packed into one buffer, sent at
//! once, and every acknowledgement is checked. No `ip`, no `nft`, no process.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType};

pub(crate) mod nft;
pub(crate) mod route;

/// `NLM_F_REQUEST`.
pub(crate) const REQUEST: u16 = 0x1;
/// `NLM_F_ACK`.
pub(crate) const ACK: u16 = 0x4;
/// `NLM_F_EXCL`.
pub(crate) const EXCLUSIVE: u16 = 0x200;
/// `NLM_F_CREATE`.
pub(crate) const CREATE: u16 = 0x400;
/// `NLM_F_APPEND`.
pub(crate) const APPEND: u16 = 0x800;

const HEADER: usize = 16;
const NLMSG_ERROR: u16 = 2;
const NESTED: u16 = 0x8000;
/// Holds dozens of acknowledgements, or a failed request quoted whole.
const REPLY_BYTES: usize = 16 * 1024;

/// What became of one request of a [`Batch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Position of the request in the batch, from 0.
    pub(crate) request: u32,
    /// 0, or the positive errno.
    pub(crate) errno: i32,
}

/// Requests in kernel layout, built front to back.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    requests: u32,
    acks: u32,
}

impl Batch {
    /// Adds a request; `body` writes the family header and the attributes.
    pub(crate) fn request(&mut self, kind: u16, flags: u16, body: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes
            .extend_from_slice(&(flags | REQUEST).to_ne_bytes());
        self.bytes.extend_from_slice(&self.requests.to_ne_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        body(&mut self.bytes);
        let length = u32::try_from(self.bytes.len() - start).unwrap_or(u32::MAX);
        if let Some(place) = self.bytes.get_mut(start..start + 4) {
            place.copy_from_slice(&length.to_ne_bytes());
        }
        pad(&mut self.bytes);
        self.requests += 1;
        if flags & ACK != 0 {
            self.acks += 1;
        }
    }

    /// Sends everything in one datagram and gathers the outcomes: one for each request that asked for it, and those that
    /// failed without asking. Reading stops after the first failure.
    pub(crate) fn send(&self, socket: &OwnedFd) -> io::Result<Vec<Outcome>> {
        let sent = rustix::net::send(socket, &self.bytes, SendFlags::empty())?;
        if sent != self.bytes.len() {
            return Err(io::Error::other("short write to netlink"));
        }
        let mut outcomes = Vec::new();
        let mut reply = vec![0u8; REPLY_BYTES];
        // The kernel works a netlink request off inside send(): whatever it has to say is queued already, so an empty
        // queue means that no more will come.
        while outcomes.len() < self.acks() {
            let received = rustix::net::recv(socket, reply.as_mut_slice(), RecvFlags::DONTWAIT);
            let length = match received {
                Ok((_, length)) => length,
                Err(rustix::io::Errno::AGAIN) => break,
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            parse_outcomes(
                reply.get(..length.min(REPLY_BYTES)).unwrap_or_default(),
                &mut outcomes,
            );
            // A batch that nfnetlink aborts acknowledges nothing but its failures.
            if outcomes.iter().any(|outcome| outcome.errno != 0) {
                break;
            }
        }
        Ok(outcomes)
    }

    /// How many requests ask for an acknowledgement.
    pub(crate) fn acks(&self) -> usize {
        self.acks as usize
    }
}

/// Opens a netlink socket in the current network namespace; `None` is `NETLINK_ROUTE`, which is protocol 0.
pub(crate) fn open(protocol: Option<Protocol>) -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        protocol,
    )?)
}

/// Appends an attribute with these bytes.
pub(crate) fn attribute(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_ne_bytes());
    out.extend_from_slice(&kind.to_ne_bytes());
    out.extend_from_slice(value);
    pad(out);
}

/// Appends an attribute that holds a NUL-terminated text.
pub(crate) fn text(out: &mut Vec<u8>, kind: u16, value: &str) {
    let mut bytes = value.as_bytes().to_vec();
    bytes.push(0);
    attribute(out, kind, &bytes);
}

/// Appends an attribute that holds other attributes.
pub(crate) fn nest(out: &mut Vec<u8>, kind: u16, body: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    body(&mut inner);
    attribute(out, kind | NESTED, &inner);
}

fn pad(out: &mut Vec<u8>) {
    while !out.len().is_multiple_of(4) {
        out.push(0);
    }
}

fn parse_outcomes(mut bytes: &[u8], outcomes: &mut Vec<Outcome>) {
    while bytes.len() >= HEADER {
        let length = word(bytes, 0) as usize;
        if length < HEADER || length > bytes.len() {
            return;
        }
        let kind = u16::from_ne_bytes([bytes[4], bytes[5]]);
        if kind == NLMSG_ERROR && length >= HEADER + 4 {
            let code = i32::from_ne_bytes(word(bytes, HEADER).to_ne_bytes());
            outcomes.push(Outcome {
                request: word(bytes, 8),
                errno: code.saturating_neg(),
            });
        }
        let next = length.next_multiple_of(4).min(bytes.len());
        bytes = &bytes[next..];
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(four) => u32::from_ne_bytes([four[0], four[1], four[2], four[3]]),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_padded_and_carry_their_own_length() {
        let mut batch = Batch::default();
        batch.request(16, ACK, |out| attribute(out, 3, &[1, 2, 3, 4, 5]));
        batch.request(17, 0, |out| text(out, 1, "lo"));
        assert_eq!(
            word(&batch.bytes, 0),
            28,
            "16 of header, 12 of padded attribute"
        );
        assert_eq!(batch.bytes.len() % 4, 0);
        assert_eq!(
            word(&batch.bytes, 28 + 8),
            1,
            "the second request is number 1"
        );
        assert_eq!(batch.acks(), 1);
    }

    #[test]
    fn outcomes_survive_truncated_and_foreign_messages() {
        let mut reply = Vec::new();
        for (kind, seq, code) in [(NLMSG_ERROR, 7u32, -1i32), (3, 8, 0), (NLMSG_ERROR, 9, 0)] {
            reply.extend_from_slice(&20u32.to_ne_bytes());
            reply.extend_from_slice(&kind.to_ne_bytes());
            reply.extend_from_slice(&[0; 2]);
            reply.extend_from_slice(&seq.to_ne_bytes());
            reply.extend_from_slice(&[0; 4]);
            reply.extend_from_slice(&code.to_ne_bytes());
        }
        let mut outcomes = Vec::new();
        parse_outcomes(&reply, &mut outcomes);
        let expected = [(7, 1), (9, 0)].map(|(request, errno)| Outcome { request, errno });
        assert_eq!(outcomes, expected);
        for cut in 0..reply.len() {
            let mut partial = Vec::new();
            parse_outcomes(&reply[..cut], &mut partial);
            let whole = [20, 60].iter().filter(|end| cut >= **end).count();
            assert_eq!(partial.len(), whole, "cut at {cut}");
        }
    }
}
