//! What server and runner say to each other: frames of a 32-bit little-endian length and that many bytes of JSON, over one
//! socket pair. The first byte of all carries the model's descriptor; no descriptor comes after it. Ciphertext follows, as it is,
//! behind the frame that announces it.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use ringfence_inference::{Digest, Event, KeepAlive, Piece};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ask::{Ask, Manner};
use crate::engine::{Answered, Facts, Job, Loading};
use crate::limits;

/// Server to runner. The first is `Load`, and only the first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Order {
    /// Check the model's bytes and header, load it, make a key with this id, seal.
    Load {
        digest: Digest,
        loading: Loading,
        key: u8,
    },
    /// Answer.
    Generate { id: u64, job: Job },
    /// Turn texts into vectors.
    Embed {
        id: u64,
        inputs: Vec<String>,
        truncate: bool,
    },
    /// The tokens of a text.
    Tokens {
        id: u64,
        text: String,
        add_special: bool,
    },
    /// What a Modelfile adds to the model.
    Dress { id: u64, manner: Box<Manner> },
    /// Answer a whole question.
    Ask {
        id: u64,
        ask: Box<Ask>,
        /// The server's number for who asks.
        asker: u64,
    },
    /// Open a sealed request and answer it. So many bytes of ciphertext follow.
    Sealed { id: u64, size: u32 },
    /// Hand over what was computed for the last text.
    Save { id: u64 },
    /// Take that in. So many bytes follow.
    Restore { id: u64, size: u32 },
    /// Stop this job.
    Cancel { id: u64 },
    /// Try what is forbidden, and say how it went.
    #[cfg(any(test, feature = "test-support"))]
    Probe { id: u64 },
}

/// Runner to server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Report {
    /// Loaded and sealed.
    Ready {
        facts: Facts,
        template: Option<String>,
        /// The public half of its key, as `application/ohttp-keys` has one.
        key: Vec<u8>,
    },
    /// Not loaded; the runner ends.
    Refused { stage: Stage, why: String },
    /// One token of an answer.
    Piece { id: u64, piece: Piece },
    /// One step of the answer to a question.
    Event { id: u64, event: Event },
    /// A sealed request was not opened, or not let in: what may be said of it in clear.
    Unopened { id: u64, status: u16, word: String },
    /// A part of a sealed response. So many bytes of ciphertext follow.
    Frames { id: u64, size: u32 },
    /// A sealed response is complete; what the request said about how long the model stays, which is the server's to do.
    Answered {
        id: u64,
        keep_alive: Option<KeepAlive>,
    },
    /// The vector of one input.
    Vector {
        id: u64,
        index: usize,
        vector: Vec<f32>,
        tokens: u64,
    },
    /// The tokens that were asked for.
    Tokens { id: u64, tokens: Vec<i32> },
    /// What was computed. So many bytes follow, 0 for nothing.
    State { id: u64, size: u32 },
    /// So many tokens were taken in.
    Restored { id: u64, tokens: u64 },
    /// The answer is complete; `None` for what is not an answer.
    Done { id: u64, answered: Option<Answered> },
    /// The job was not done.
    Failed { id: u64, failure: Failure },
    /// What was forbidden, by name, and what came of trying it.
    #[cfg(any(test, feature = "test-support"))]
    Probed {
        id: u64,
        found: Vec<(String, String)>,
    },
}

impl Report {
    /// The job that it is the end of.
    pub(crate) fn ends(&self) -> Option<u64> {
        let last = |event: &Event| matches!(event, Event::Done { .. } | Event::Error(_));
        match self {
            Self::Piece { .. } | Self::Vector { .. } | Self::Frames { .. } => None,
            Self::State { .. } => None,
            Self::Event { event, .. } if !last(event) => None,
            other => other.id(),
        }
    }

    /// Of which job it is.
    pub(crate) fn id(&self) -> Option<u64> {
        match self {
            Self::Ready { .. } | Self::Refused { .. } => None,
            #[cfg(any(test, feature = "test-support"))]
            Self::Probed { id, .. } => Some(*id),
            Self::Piece { id, .. }
            | Self::Event { id, .. }
            | Self::Unopened { id, .. }
            | Self::Frames { id, .. }
            | Self::Answered { id, .. }
            | Self::Vector { id, .. }
            | Self::Tokens { id, .. }
            | Self::State { id, .. }
            | Self::Restored { id, .. }
            | Self::Done { id, .. }
            | Self::Failed { id, .. } => Some(*id),
        }
    }
}

/// Where loading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Before the model was looked at.
    Order,
    /// Its bytes are not those of its digest.
    Digest,
    /// Its header is broken or contradicts itself.
    Header,
    /// The engine refused it.
    Engine,
    /// No key could be made, or not in memory that stays out of swap.
    Key,
    /// The filter for the rest of the runner's life could not be installed.
    Seal,
}

/// Why a job was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    /// The job is wrong.
    Job(String),
    /// It was taken back.
    Cancelled,
    /// The engine failed, and the runner ends.
    Engine(String),
}

/// Writes a frame.
///
/// # Errors
/// When it would be longer than `limit` bytes, or the other side is gone.
pub(crate) fn write(
    stream: &mut impl Write,
    message: &impl Serialize,
    limit: usize,
) -> io::Result<()> {
    write_with(stream, message, &[], limit)
}

/// Writes a frame and what follows it, in one go.
///
/// # Errors
/// As [`write`]; the limit is the frame's alone.
pub(crate) fn write_with(
    stream: &mut impl Write,
    message: &impl Serialize,
    following: &[u8],
    limit: usize,
) -> io::Result<()> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)?;
    let size = frame.len().saturating_sub(4);
    if size > limit {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("a message of {size} bytes; the limit is {limit}"),
        ));
    }
    let size = u32::try_from(size).map_err(io::Error::other)?;
    if let Some(head) = frame.first_chunk_mut::<4>() {
        *head = size.to_le_bytes();
    }
    frame.extend_from_slice(following);
    stream.write_all(&frame)
}

/// Reads what follows a frame.
///
/// # Errors
/// When it is longer than `limit` bytes, or cut off.
pub(crate) fn following(stream: &mut impl Read, size: u32, limit: usize) -> io::Result<Vec<u8>> {
    let size = size as usize;
    if size > limit {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{size} bytes follow a message; the limit is {limit}"),
        ));
    }
    let mut bytes = Vec::new();
    if stream.take(size as u64).read_to_end(&mut bytes)? < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// Reads a frame; `None` when the other side has closed.
///
/// # Errors
/// When it is longer than `limit` bytes, cut off, or not a message.
pub(crate) fn read<T: DeserializeOwned>(
    stream: &mut impl Read,
    limit: usize,
) -> io::Result<Option<T>> {
    let mut head = [0; 4];
    loop {
        match stream.read(&mut head[..1]) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            // A signal, Ctrl-C for one, is no news of the other side; reads with a time limit are never restarted.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    stream.read_exact(&mut head[1..])?;
    let size = u32::from_le_bytes(head) as usize;
    if size > limit {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a message of {size} bytes; the limit is {limit}"),
        ));
    }
    let mut bytes = Vec::new();
    // Grows with what really comes.
    let got = stream.take(size as u64).read_to_end(&mut bytes)?;
    if got < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(serde_json::from_slice(&bytes)?))
}

/// Sends the model.
pub(crate) fn send_model(stream: &UnixStream, model: BorrowedFd<'_>) -> io::Result<()> {
    let fds = [model];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&fds));
    rustix::net::sendmsg(
        stream.as_fd(),
        &[IoSlice::new(b"m")],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

/// Receives it.
pub(crate) fn receive_model(stream: &UnixStream) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    rustix::io::retry_on_intr(|| {
        rustix::net::recvmsg(
            stream.as_fd(),
            &mut [IoSliceMut::new(&mut byte)],
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        )
    })?;
    ancillary
        .drain()
        .find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
            _ => None,
        })
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no model came"))
}

/// As many bytes as an order may have.
pub(crate) const ORDER: usize = limits::ORDER_BYTES;
/// As many bytes as a report may have.
pub(crate) const REPORT: usize = limits::REPORT_BYTES;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn frames_come_back_and_their_limits_are_kept() {
        let mut out = Vec::new();
        write(&mut out, &Order::Cancel { id: 7 }, ORDER).unwrap();
        let back: Option<Order> = read(&mut out.as_slice(), ORDER).unwrap();
        assert!(matches!(back, Some(Order::Cancel { id: 7 })));
        assert!(read::<Order>(&mut [].as_slice(), ORDER).unwrap().is_none());
        for cut in 1..out.len() {
            assert!(read::<Order>(&mut &out[..cut], ORDER).is_err());
        }
        assert!(write(&mut Vec::new(), &Order::Cancel { id: 7 }, 4).is_err());
        let huge = [u32::MAX.to_le_bytes().as_slice(), b"{}"].concat();
        let error = read::<Order>(&mut huge.as_slice(), ORDER).unwrap_err();
        assert!(error.to_string().contains("limit"), "{error}");
        let unknown = [2_u32.to_le_bytes().as_slice(), b"{}"].concat();
        assert!(read::<Order>(&mut unknown.as_slice(), ORDER).is_err());
    }

    #[test]
    fn what_follows_a_frame_is_whole_and_bounded() {
        let mut out = Vec::new();
        let frames = Report::Frames { id: 1, size: 3 };
        write_with(&mut out, &frames, b"abc", REPORT).unwrap();
        let mut input = out.as_slice();
        assert!(read::<Report>(&mut input, REPORT).unwrap().is_some());
        let mut again = input;
        assert_eq!(following(&mut input, 3, 3).unwrap(), b"abc");
        assert!(following(&mut again, 4, 4).is_err() && following(&mut again, 4, 3).is_err());
    }

    #[test]
    fn a_descriptor_comes_with_the_first_byte_and_not_without() {
        let (a, b) = UnixStream::pair().unwrap();
        let file = tempfile::tempfile().unwrap();
        send_model(&a, file.as_fd()).unwrap();
        let mut a2 = a.try_clone().unwrap();
        write(&mut a2, &Order::Cancel { id: 1 }, ORDER).unwrap();
        let came = receive_model(&b).unwrap();
        let same = |fd: BorrowedFd<'_>| rustix::fs::fstat(fd).unwrap().st_ino;
        assert_eq!(same(came.as_fd()), same(file.as_fd()));
        let mut b2 = b.try_clone().unwrap();
        assert!(read::<Order>(&mut b2, ORDER).unwrap().is_some());
        a2.write_all(b"x").unwrap();
        assert!(receive_model(&b).is_err());
    }
}
