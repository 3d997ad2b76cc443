//! The runner's end: opens a request when it is whole, seals the response to it.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::TIME_FIELD;
use crate::binary::{self, BinaryError, Field, Part, RESERVED_PREFIX, Reader, RequestHead};
use crate::error::{Half, SealError};
use crate::exchange::{PADDED, RequestReceiver, ResponseSender};
use crate::key::RunnerKey;
use crate::limits::{MAX_CHUNK_DATA, MAX_REQUEST_BODY};
use crate::padding::{pad, padded, unpad};
use crate::replay::{ReplayCache, RequestId};
use crate::secret::{Secret, append};
use crate::time::UnixTime;

/// Opens one request. Nothing of it can be had before [`RequestOpener::finish`] has seen its last frame.
pub struct RequestOpener {
    receiver: RequestReceiver,
    reader: Reader,
    head: Option<RequestHead>,
    body: Secret,
    frames: u64,
    over: bool,
}

/// A request that is whole, authentic, recent and new, and what answers it.
///
/// Made by [`RequestOpener::finish`] and by nobody else:
///
/// ```compile_fail,E0639
/// use ringfence_seal::*;
///
/// fn forge(id: RequestId, sealed_at: UnixTime, head: RequestHead, responder: Responder) -> Opened {
///     Opened { id, sealed_at, head, body: Default::default(), responder }
/// }
/// ```
#[non_exhaustive]
pub struct Opened {
    /// The request's name, the same at both ends.
    pub id: RequestId,
    /// The client's time when it began the request.
    pub sealed_at: UnixTime,
    /// Method, path and header fields.
    pub head: RequestHead,
    /// The body; cleared when dropped.
    pub body: Zeroizing<Vec<u8>>,
    /// Seals the response.
    pub responder: Responder,
}

impl RequestOpener {
    /// For a request to this key.
    #[must_use]
    pub fn new(key: Arc<RunnerKey>) -> Self {
        Self {
            receiver: RequestReceiver::new(key, PADDED),
            reader: Reader::new(Half::Request),
            head: None,
            body: Secret::default(),
            frames: 0,
            over: false,
        }
    }

    /// Takes bytes as they arrive. Each frame is opened when it is whole, and kept. After an error nothing more is taken.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), SealError> {
        if std::mem::replace(&mut self.over, true) {
            return Err(SealError::Over);
        }
        while let Some(plain) = self.receiver.take(&mut bytes)? {
            read(
                plain,
                self.frames,
                &mut self.reader,
                &mut self.head,
                &mut self.body,
            )?;
            self.frames += 1;
        }
        self.over = false;
        Ok(())
    }

    /// The stream of the request has ended, at the runner's time `now`. The only way to see the request, and it is taken once.
    pub fn finish(mut self, seen: &mut ReplayCache, now: UnixTime) -> Result<Opened, SealError> {
        if self.over {
            return Err(SealError::Over);
        }
        let plain = self.receiver.last()?;
        read(
            plain,
            self.frames,
            &mut self.reader,
            &mut self.head,
            &mut self.body,
        )?;
        let mut head = match self.head {
            Some(head) if self.reader.is_at_end() => head,
            _ => {
                return Err(SealError::Incomplete {
                    half: Half::Request,
                });
            }
        };
        let sealed_at = take_time(&mut head.fields).ok_or_else(|| wrong(BinaryError::Reserved))?;
        let id = RequestId::of(self.receiver.encapsulated());
        seen.admit(id, sealed_at, now)?;
        Ok(Opened {
            id,
            sealed_at,
            head,
            body: self.body,
            responder: Responder {
                receiver: self.receiver,
            },
        })
    }
}

/// Takes this crate's own fields out of a request: the time, once, and nothing else.
fn take_time(fields: &mut Vec<Field>) -> Option<UnixTime> {
    let is_ours = |field: &Field| field.name.starts_with(RESERVED_PREFIX);
    let mut ours = fields.iter().filter(|field| is_ours(field));
    let (Some(time), None) = (ours.next(), ours.next()) else {
        return None;
    };
    if time.name != TIME_FIELD {
        return None;
    }
    let text = std::str::from_utf8(&time.value).ok()?;
    let value: u64 = text.parse().ok()?;
    if value.to_string() != text {
        return None;
    }
    fields.retain(|field| !is_ours(field));
    Some(UnixTime(value))
}

fn wrong(source: BinaryError) -> SealError {
    SealError::Message {
        half: Half::Request,
        source,
    }
}

fn read(
    plain: &[u8],
    frame: u64,
    reader: &mut Reader,
    head: &mut Option<RequestHead>,
    body: &mut Secret,
) -> Result<(), SealError> {
    let mut data = unpad(plain).ok_or(SealError::Padding {
        half: Half::Request,
        frame,
    })?;
    while let Some(part) = reader.next(&mut data).map_err(wrong)? {
        match part {
            Part::Request(request) => *head = Some(request),
            Part::Body(piece) if body.len() + piece.len() > MAX_REQUEST_BODY => {
                return Err(wrong(BinaryError::BodySize));
            }
            Part::Body(piece) => append(body, piece),
            Part::Response(_) => return Err(wrong(BinaryError::Framing)),
        }
    }
    Ok(())
}

/// Answers one request: a head, then a body in pieces, then an end. Comes only with a request that was opened.
pub struct Responder {
    receiver: RequestReceiver,
}

impl Responder {
    /// Begins the response; appends what is to be sent to `out`. Draws 32 random bytes.
    ///
    /// Fails when the head holds what a head may not: see [`BinaryError`].
    pub fn head(
        self,
        status: u16,
        fields: &[Field],
        out: &mut Vec<u8>,
    ) -> Result<ResponseSealer, SealError> {
        let mut head = Secret::default();
        binary::response_head(&mut head, status, fields).map_err(|source| SealError::Message {
            half: Half::Response,
            source,
        })?;
        let mut sealer = ResponseSealer {
            sender: self.receiver.respond(out)?,
            plain: head,
        };
        sealer.flush(false, out)?;
        Ok(sealer)
    }
}

/// Seals the body of a response.
pub struct ResponseSealer {
    sender: ResponseSender,
    /// Binary HTTP for the next frames; kept for its memory.
    plain: Secret,
}

impl ResponseSealer {
    /// Adds to the body; appends frames that hold all of it. What is given at once goes out in frames of one size as far as it fits,
    /// so a caller who wants to hide the lengths of single tokens gives whole lines, and not more often than he wants to be seen.
    pub fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        binary::content(&mut self.plain, data);
        self.flush(false, out)
    }

    /// Ends the response; appends its last frame. A response that is dropped before is seen as cut by the client.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), SealError> {
        binary::end(&mut self.plain);
        self.flush(true, out)
    }

    fn flush(&mut self, last: bool, out: &mut Vec<u8>) -> Result<(), SealError> {
        let mut pieces = self.plain.chunks(MAX_CHUNK_DATA).peekable();
        while let Some(data) = pieces.next() {
            let last = last && pieces.peek().is_none();
            self.sender
                .frame(padded(data.len()), last, out, |out| pad(data, out))?;
        }
        self.plain.clear();
        Ok(())
    }
}
