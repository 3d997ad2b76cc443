//! A server, a runner and a client in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::*;

pub const NOW: UnixTime = UnixTime(1_800_000_000);

pub struct Setup {
    pub key: Arc<RunnerKey>,
    pub runner: VerifiedRunner,
    pub seen: ReplayCache,
}

pub fn claim(key: &RunnerKey) -> Claim {
    Claim {
        key: key.config().clone(),
        model: "tiny".into(),
        manifest: Digest::of(b"manifest"),
        binary: Digest::of(b"binary"),
        sandbox: Digest::of(b"sandbox"),
        level: Level::Standard,
        protections: BTreeSet::from(["landlock".to_owned(), "no-network".to_owned()]),
        issued: NOW,
        expires: NOW.after(3600),
    }
}

pub fn setup(kem: Kem) -> Setup {
    let key = RunnerKey::generate(kem, 7).unwrap();
    let signed = ServerKey::from_seed(&[1; 32])
        .unwrap()
        .sign(claim(&key))
        .unwrap();
    let wanted = Wanted {
        allow_classical: true,
        ..Wanted::model("tiny")
    };
    let (runner, _) = signed.first_use(&wanted, NOW).unwrap();
    Setup {
        key: Arc::new(key),
        runner,
        seen: ReplayCache::new(),
    }
}

pub fn head(path: &str) -> RequestHead {
    RequestHead {
        method: "POST".into(),
        path: path.into(),
        fields: vec![
            Field::new("content-type", "application/json"),
            Field::new("authorization", "Bearer token"),
        ],
    }
}

impl Setup {
    /// A sealed request whose body comes in these pieces.
    pub fn seal(&self, path: &str, body: &[&[u8]]) -> (Vec<u8>, ResponseOpener) {
        let mut out = Vec::new();
        let mut sealer = RequestSealer::start(&self.runner, &head(path), NOW, &mut out).unwrap();
        for piece in body {
            sealer.body(piece, &mut out).unwrap();
        }
        let opener = sealer.finish(&mut out).unwrap();
        (out, opener)
    }

    /// Opens a request that comes in pieces of this size.
    pub fn open(&mut self, bytes: &[u8], size: usize) -> Result<Opened, SealError> {
        self.open_at(bytes, size, NOW)
    }

    pub fn open_at(
        &mut self,
        bytes: &[u8],
        size: usize,
        now: UnixTime,
    ) -> Result<Opened, SealError> {
        let mut opener = RequestOpener::new(self.key.clone());
        for piece in bytes.chunks(size) {
            opener.push(piece)?;
        }
        opener.finish(&mut self.seen, now)
    }

    /// A request and its response, of these pieces, in one go.
    pub fn exchange(&mut self, pieces: &[&[u8]]) -> (Vec<u8>, ResponseOpener) {
        let (request, opener) = self.seal("/api/chat", &[b"hello"]);
        let opened = self.open(&request, 4096).unwrap();
        (respond(opened, pieces), opener)
    }
}

pub fn respond(opened: Opened, pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    let fields = [Field::new("content-type", "application/x-ndjson")];
    let mut sealer = opened.responder.head(200, &fields, &mut out).unwrap();
    for piece in pieces {
        sealer.data(piece, &mut out).unwrap();
    }
    sealer.finish(&mut out).unwrap();
    out
}

/// Opens a response that comes in pieces of this size. On an error also what was given out before it.
pub fn read(
    mut opener: ResponseOpener,
    bytes: &[u8],
    size: usize,
) -> (Vec<u8>, Result<ResponseHead, SealError>) {
    let (mut head, mut body) = (None, Vec::new());
    for piece in bytes.chunks(size) {
        match opener.push(piece, &mut body) {
            Ok(found) => head = found.or(head),
            Err(error) => return (body, Err(error)),
        }
    }
    let result = opener
        .finish(&mut body)
        .map(|found| found.or(head).unwrap());
    (body, result)
}

/// The frames of a sealed message after its first `skip` bytes: where each begins with its length, and where its text begins and ends.
pub fn frames(bytes: &[u8], skip: usize) -> Vec<(usize, usize, usize)> {
    let (mut at, mut found) = (skip, Vec::new());
    loop {
        let mut rest = &bytes[at..];
        let length = crate::varint::Partial::default()
            .take(&mut rest)
            .unwrap()
            .unwrap() as usize;
        let text = bytes.len() - rest.len();
        let end = if length == 0 {
            bytes.len()
        } else {
            text + length
        };
        found.push((at, text, end));
        if length == 0 {
            return found;
        }
        at = end;
    }
}

/// Bytes before the first frame of a request.
pub fn request_header(kem: Kem) -> usize {
    7 + kem.encapsulated_length()
}
