//! The client's end: seals a request to a runner whose statement was verified, opens the response to it.

use crate::TIME_FIELD;
use crate::binary::{self, BinaryError, Part, RESERVED_PREFIX, Reader, RequestHead, ResponseHead};
use crate::error::{Half, SealError};
use crate::exchange::{PADDED, RequestSender, ResponseReceiver, ResponseSecret};
use crate::limits::{MAX_CHUNK_DATA, MAX_REQUEST_BODY};
use crate::padding::{pad, padded, unpad};
use crate::replay::RequestId;
use crate::secret::Secret;
use crate::statement::VerifiedRunner;
use crate::time::UnixTime;

/// Seals one request. There is no way to make one but with a [`VerifiedRunner`], and none to send a request unsealed.
///
/// ```
/// use ringfence_seal::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = UnixTime(1_800_000_000);
/// # let digest = Digest::of(b"");
/// // Runner and server.
/// let key = std::sync::Arc::new(RunnerKey::generate(Kem::XWing, 1)?);
/// let claim = Claim {
///     key: key.config().clone(),
///     model: "tiny".into(),
///     manifest: digest, binary: digest, sandbox: digest,
///     level: Level::Standard,
///     protections: ["no-network".to_owned()].into(),
///     issued: now, expires: now.after(3600),
/// };
/// let statement = ServerKey::from_seed(&*ServerKey::fresh_seed()?)?.sign(claim)?.encode();
///
/// // Client: verify, seal.
/// let (runner, pin) = SignedStatement::decode(&statement)?.first_use(&Wanted::model("tiny"), now)?;
/// let head = RequestHead { method: "POST".into(), path: "/api/chat".into(), fields: vec![] };
/// let mut request = Vec::new();
/// let mut sealer = RequestSealer::start(&runner, &head, now, &mut request)?;
/// sealer.body(b"{}", &mut request)?;
/// let mut answer = sealer.finish(&mut request)?;
///
/// // Runner: open, answer.
/// let mut opener = RequestOpener::new(key);
/// opener.push(&request)?;
/// let opened = opener.finish(&mut ReplayCache::new(), now)?;
/// assert_eq!((&*opened.head.path, &opened.body[..]), ("/api/chat", &b"{}"[..]));
/// let mut response = Vec::new();
/// let mut sealer = opened.responder.head(200, &[], &mut response)?;
/// sealer.data(b"hello", &mut response)?;
/// sealer.finish(&mut response)?;
///
/// // Client: read. It is whole when `finish` says so.
/// let mut body = Vec::new();
/// let head = answer.push(&response, &mut body)?;
/// answer.finish(&mut body)?;
/// assert_eq!((head.map(|head| head.status), &body[..]), (Some(200), &b"hello"[..]));
/// # Ok(()) }
/// ```
pub struct RequestSealer {
    sender: RequestSender,
    secret: ResponseSecret,
    id: RequestId,
    /// Binary HTTP that is not in a frame yet.
    pending: Secret,
    body: usize,
}

impl RequestSealer {
    /// Begins a request, at the client's time; appends what is to be sent to `out`.
    ///
    /// Fails when the statement has run out, and when the head holds what a head may not: see [`BinaryError`].
    pub fn start(
        runner: &VerifiedRunner,
        head: &RequestHead,
        now: UnixTime,
        out: &mut Vec<u8>,
    ) -> Result<Self, SealError> {
        let expired = runner.statement().expires;
        if now >= expired {
            return Err(SealError::StatementExpired { expired, now });
        }
        let mut pending = Secret::default();
        if head
            .fields
            .iter()
            .any(|field| field.name.starts_with(RESERVED_PREFIX))
        {
            return Err(wrong(BinaryError::Reserved));
        }
        let time = now.0.to_string();
        let fields = head
            .fields
            .iter()
            .map(|field| (&*field.name, &*field.value));
        let fields = std::iter::once((TIME_FIELD, time.as_bytes())).chain(fields);
        binary::request_head(&mut pending, &head.method, &head.path, fields).map_err(wrong)?;
        let (sender, secret) = RequestSender::start(runner.key(), PADDED, out)?;
        let id = RequestId::of(secret.encapsulated());
        Ok(Self {
            sender,
            secret,
            id,
            pending,
            body: 0,
        })
    }

    /// The request's name, the same at both ends.
    #[must_use]
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Adds to the body; appends what is to be sent now, which is nothing until a frame is full.
    pub fn body(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        self.body = self.body.saturating_add(data.len());
        if self.body > MAX_REQUEST_BODY {
            return Err(wrong(BinaryError::BodySize));
        }
        binary::content(&mut self.pending, data);
        let whole = self.pending.len() / MAX_CHUNK_DATA * MAX_CHUNK_DATA;
        for data in self.pending[..whole].chunks(MAX_CHUNK_DATA) {
            self.sender
                .frame(padded(data.len()), false, out, |out| pad(data, out))?;
        }
        self.pending.drain(..whole);
        Ok(())
    }

    /// Ends the request; appends its last frame. Only then there is something that opens the response.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<ResponseOpener, SealError> {
        binary::end(&mut self.pending);
        let mut frames = self.pending.chunks(MAX_CHUNK_DATA).peekable();
        while let Some(data) = frames.next() {
            let last = frames.peek().is_none();
            self.sender
                .frame(padded(data.len()), last, out, |out| pad(data, out))?;
        }
        Ok(ResponseOpener::new(ResponseReceiver::new(self.secret)))
    }
}

fn wrong(source: BinaryError) -> SealError {
    SealError::Message {
        half: Half::Request,
        source,
    }
}

/// Opens the response to one request, and no other.
pub struct ResponseOpener {
    receiver: ResponseReceiver,
    reader: Reader,
    frames: u64,
    over: bool,
}

impl ResponseOpener {
    fn new(receiver: ResponseReceiver) -> Self {
        Self {
            receiver,
            reader: Reader::new(Half::Response),
            frames: 0,
            over: false,
        }
    }

    /// The same from the start: the tests open one response in many ways.
    #[cfg(test)]
    pub(crate) fn again(&self) -> Self {
        Self::new(self.receiver.again())
    }

    /// Takes bytes as they arrive. Appends to `body` what they add to it and returns the head when they complete it.
    ///
    /// What is returned is authentic and in its place, but the response is whole only when [`ResponseOpener::finish`] says so.
    /// After an error nothing more is taken.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        body: &mut Vec<u8>,
    ) -> Result<Option<ResponseHead>, SealError> {
        if std::mem::replace(&mut self.over, true) {
            return Err(SealError::Over);
        }
        let mut head = None;
        while let Some(plain) = self.receiver.take(&mut bytes)? {
            read(plain, self.frames, &mut self.reader, &mut head, body)?;
            self.frames += 1;
        }
        self.over = false;
        Ok(head)
    }

    /// The stream of the response has ended. Appends the rest of the body; an error says that the response is not whole, whatever
    /// came before.
    pub fn finish(mut self, body: &mut Vec<u8>) -> Result<Option<ResponseHead>, SealError> {
        if self.over {
            return Err(SealError::Over);
        }
        let mut head = None;
        let plain = self.receiver.last()?;
        read(plain, self.frames, &mut self.reader, &mut head, body)?;
        if !self.reader.is_at_end() {
            return Err(SealError::Incomplete {
                half: Half::Response,
            });
        }
        Ok(head)
    }
}

fn read(
    plain: &[u8],
    frame: u64,
    reader: &mut Reader,
    head: &mut Option<ResponseHead>,
    body: &mut Vec<u8>,
) -> Result<(), SealError> {
    let half = Half::Response;
    let mut data = unpad(plain).ok_or(SealError::Padding { half, frame })?;
    while let Some(part) = reader
        .next(&mut data)
        .map_err(|source| SealError::Message { half, source })?
    {
        match part {
            Part::Response(response) => *head = Some(response),
            Part::Body(piece) => body.extend_from_slice(piece),
            Part::Request(_) => {
                return Err(SealError::Message {
                    half,
                    source: BinaryError::Framing,
                });
            }
        }
    }
    Ok(())
}
