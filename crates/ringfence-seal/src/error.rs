//! What can be wrong with a sealed message. No text here carries plaintext, keys or what a message says of itself beyond ids and counts.

use crate::binary::BinaryError;
use crate::time::UnixTime;

/// Why a message was not sealed or not opened. After an error on a message nothing more of it is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The message ended before its last frame, or in the middle of it.
    #[error("the sealed {half} ends before its last frame: it was cut after {frames} whole frames")]
    Truncated {
        /// Which half of the exchange.
        half: Half,
        /// Whole frames that came before the end.
        frames: u64,
    },
    /// A frame is not what its sender sealed for this place in this exchange.
    #[error(
        "frame {frame} of the sealed {half} does not authenticate: it was altered, moved, repeated, cut, or belongs to another exchange or key"
    )]
    NotAuthentic {
        /// Which half of the exchange.
        half: Half,
        /// Number of the frame, from 0.
        frame: u64,
    },
    /// The request is sealed to a key that this runner does not have.
    #[error(
        "the request is sealed to key {got}, this runner's key is {expected}: ask the server for the model's key again"
    )]
    KeyId {
        /// The runner's.
        expected: u8,
        /// The request's.
        got: u8,
    },
    /// The request asks for algorithms other than the key's.
    #[error(
        "the request names the algorithms KEM {:#06x}, KDF {:#06x}, AEAD {:#06x}; this key is for KEM {:#06x}, KDF {:#06x}, AEAD {:#06x} and nothing else",
        got.0, got.1, got.2, expected.0, expected.1, expected.2
    )]
    Suite {
        /// KEM, KDF and AEAD of the key (numbers of the IANA registry of HPKE).
        expected: (u16, u16, u16),
        /// Those of the request.
        got: (u16, u16, u16),
    },
    /// A public key or encapsulated key is no point or no vector of its KEM.
    #[error("the {0} is not valid")]
    BadKey(&'static str),
    /// A frame's length is over the limit.
    #[error("frame {frame} of the sealed {half} has {length} bytes, the limit is {limit}")]
    FrameTooLong {
        /// Which half of the exchange.
        half: Half,
        /// Number of the frame, from 0.
        frame: u64,
        /// What it says it has, or how much of it came.
        length: u64,
        /// The limit.
        limit: usize,
    },
    /// A frame's length is not written in its shortest form, or is shorter than any frame.
    #[error("the length of frame {frame} of the sealed {half} is not well-formed")]
    FrameLength {
        /// Which half of the exchange.
        half: Half,
        /// Number of the frame, from 0.
        frame: u64,
    },
    /// An authentic frame is not padded as it has to be. Its sender is at fault.
    #[error(
        "frame {frame} of the sealed {half} is not padded to {} bytes with zeros",
        crate::limits::BUCKET
    )]
    Padding {
        /// Which half of the exchange.
        half: Half,
        /// Number of the frame, from 0.
        frame: u64,
    },
    /// The HTTP message inside is not well-formed. Its sender is at fault.
    #[error("the HTTP message inside the sealed {half}: {source}")]
    Message {
        /// Which half of the exchange.
        half: Half,
        /// What is wrong with it.
        source: BinaryError,
    },
    /// The HTTP message inside ends before it says it does, or its last frame came after it ended.
    #[error("the HTTP message inside the sealed {half} is not whole")]
    Incomplete {
        /// Which half of the exchange.
        half: Half,
    },
    /// The request was opened before.
    #[error("this request was opened before: it is a replay")]
    Replayed,
    /// The request's time is too far from the runner's.
    #[error(
        "the request was sealed at {sealed}, the runner's time is {now}, in seconds since 1970: more than {window} apart. Check both clocks; a request can not be sent again, only sealed again",
        sealed = sealed.0, now = now.0, window = crate::limits::TIME_WINDOW
    )]
    Stale {
        /// When it says it was sealed.
        sealed: UnixTime,
        /// The runner's time.
        now: UnixTime,
    },
    /// The runner remembers as many requests as it may.
    #[error(
        "the runner remembers {} requests of the last minutes and takes no more for now: try again in some minutes",
        crate::limits::REPLAY_CAPACITY
    )]
    Busy,
    /// The statement under which the client sends has run out.
    #[error("the runner's statement ended at {expired}, the time is {now}, in seconds since 1970: ask the server for a new one", expired = expired.0, now = now.0)]
    StatementExpired {
        /// When it ended.
        expired: UnixTime,
        /// The client's time.
        now: UnixTime,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
    /// More than 2^64 frames, or a failure inside the cryptographic library.
    #[error("the cryptographic library refused to {0}")]
    Library(&'static str),
    /// The message was given more after an error or after its end.
    #[error("this sealed message is over: it ended or failed before")]
    Over,
}

/// A half of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// From the client to the runner.
    Request,
    /// From the runner to the client.
    Response,
}

impl std::fmt::Display for Half {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Response => "response",
        })
    }
}

/// What may be said in clear, to the server in between and to the client, about a request that was not opened: a status of HTTP and
/// one word. A client takes it as a failure of the exchange and never as the runner's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Status of HTTP.
    pub status: u16,
    /// One word for the cause.
    pub word: &'static str,
}

impl SealError {
    /// What a runner may say in clear about a request that gave this error.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        let (status, word) = match self {
            Self::KeyId { .. } | Self::Suite { .. } | Self::BadKey(_) => (422, "key"),
            // The key may have changed under the same id: the client can not know, so it is told the same.
            Self::NotAuthentic { frame: 0, .. } => (422, "key"),
            Self::Replayed => (409, "replayed"),
            Self::Stale { .. } => (425, "stale"),
            Self::Busy => (503, "busy"),
            Self::FrameTooLong { .. } => (413, "too-large"),
            Self::Message { source, .. } if source.is_size() => (413, "too-large"),
            Self::Randomness | Self::Library(_) => (500, "internal"),
            _ => (400, "malformed"),
        };
        Refusal { status, word }
    }
}
