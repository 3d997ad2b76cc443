//! Sealed requests, in the runner: opened when they are whole, read as one of the APIs, answered, and sealed again. What a request says
//! and what is answered leaves this process as ciphertext only, errors too.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ringfence_inference::api::{Api, Endpoint, Identity, Wire, Writer};
use ringfence_inference::{
    DoneReason, Event, Failure, FailureKind, KeepAlive, Prompt, Request, Timings, Usage,
};
use ringfence_seal::{
    Field, Kem, Opened, ReplayCache, RequestHead, RequestOpener, Responder, RunnerKey, SealError,
    UnixTime,
};

use super::ask::{done, respond};
use super::asker::Asker;
use super::pace::{Desk, Lost};
use super::{Worker, locked};
use crate::ask::Ask;
use crate::engine::{EngineError, Facts};
use crate::wire::Report;

/// The key of this process, and what was sealed to it.
pub(super) struct Lock {
    key: Arc<RunnerKey>,
    seen: ReplayCache,
}

impl Lock {
    /// A fresh key, in memory that stays out of swap and dumps.
    ///
    /// # Errors
    /// When there is no randomness or no such memory.
    pub(super) fn new(id: u8) -> Result<Self, String> {
        let key = RunnerKey::generate(Kem::XWing, id).map_err(|error| error.to_string())?;
        locked::lock(&key.private_at())?;
        Ok(Self {
            key: Arc::new(key),
            seen: ReplayCache::new(),
        })
    }

    /// The public half.
    pub(super) fn public(&self) -> Vec<u8> {
        self.key.config().encode()
    }

    fn open(&mut self, ciphertext: &[u8]) -> Result<Opened, SealError> {
        let mut opener = RequestOpener::new(Arc::clone(&self.key));
        opener.push(ciphertext)?;
        opener.finish(&mut self.seen, UnixTime(since_epoch().as_secs()))
    }
}

impl Worker {
    /// Opens a request and answers it; returns the last report of it.
    pub(super) fn sealed(&mut self, id: u64, ciphertext: Vec<u8>) -> Result<Report, EngineError> {
        let began = Instant::now();
        let opened = match self.lock.open(&ciphertext) {
            Ok(opened) => opened,
            Err(error) => {
                let refusal = error.refusal();
                return Ok(Report::Unopened {
                    id,
                    status: refusal.status,
                    word: refusal.word.into(),
                });
            }
        };
        drop(ciphertext);
        self.asks(Asker::of(&opened.head));
        let Opened {
            id: name,
            head,
            body,
            responder,
            ..
        } = opened;
        let mut reply = Reply {
            id,
            began,
            desk: &self.desk,
            responder: Some(responder),
        };
        let path = head.path.split('?').next().unwrap_or_default();
        let asked = question(&head, path, &body, self.engine.facts());
        drop(body);
        let (request, wire) = match asked {
            Ok(asked) => asked,
            Err(failure) => {
                let body = Api::of_path(path).error(&failure);
                reply.whole(failure.kind.status(), "application/json", &body)?;
                return Ok(answered(id, None));
            }
        };
        let keep_alive = request.keep_alive;
        let now = since_epoch();
        let identity = Identity {
            // Fresh for every request, and not secret.
            id: name.to_string().chars().take(24).collect(),
            created: now,
        };
        let call_id = wire.call_id(&identity);
        let mut writer = Writer::new(wire, &request, identity);
        if request.prompt == Prompt::Load && keep_alive == Some(KeepAlive::Unload) {
            // The server sees to it when it hears how long the model is to stay.
            reply.event(&mut writer, done(DoneReason::Unload, Usage::default()))?;
            return Ok(answered(id, keep_alive));
        }
        let ask = Ask {
            request,
            call_id,
            now,
        };
        let mut lost = None;
        let mut say = |event: Event| match reply.event(&mut writer, event) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                lost = Some(error);
                ControlFlow::Break(())
            }
        };
        let traits = self.traits.as_ref();
        let result = respond(&mut *self.engine, &self.voice, traits, ask, &mut say);
        if let Some(error) = lost {
            return Err(error);
        }
        match result {
            Ok(()) if writer.ended() => Ok(answered(id, keep_alive)),
            Ok(()) => Err(EngineError::Broken("the answer has no end".into())),
            Err(EngineError::Job(why)) => {
                let failure = Failure::new(FailureKind::Invalid, why);
                reply.event(&mut writer, Event::Error(failure))?;
                Ok(answered(id, keep_alive))
            }
            // Nobody waits for it: the response stays cut.
            Err(EngineError::Cancelled) => {
                self.desk.forget();
                Err(EngineError::Cancelled)
            }
            Err(broken) => {
                let failure = Failure::new(
                    FailureKind::Internal,
                    "the model's engine failed; ask again, another one is started",
                );
                reply.event(&mut writer, Event::Error(failure))?;
                Err(broken)
            }
        }
    }
}

/// What the request asks for, if it is one of the questions to a model.
fn question(
    head: &RequestHead,
    path: &str,
    body: &[u8],
    facts: &Facts,
) -> Result<(Request, Wire), Failure> {
    let endpoint = Endpoint::of_path(path.trim_end_matches('/')).ok_or_else(|| {
        Failure::new(
            FailureKind::NotFound,
            "a model's process answers questions to the model and nothing else; there is no such path in it",
        )
    })?;
    if head.method != "POST" {
        return Err(Failure::new(FailureKind::Method, "this takes POST"));
    }
    let (request, wire) = endpoint.read(body)?;
    let asked = match (request.options.num_ctx, facts.trained_context) {
        (Some(asked), 0) => asked,
        (Some(asked), trained) => asked.min(trained),
        (None, _) => 0,
    };
    if asked > facts.context {
        return Err(Failure::field(
            "options.num_ctx",
            format!(
                "options.num_ctx: this model runs with a context of {} tokens, and a sealed request can not load it anew with {asked}: ask the server's owner for a larger context, or leave it out",
                facts.context
            ),
        ));
    }
    Ok((request, wire))
}

fn answered(id: u64, keep_alive: Option<KeepAlive>) -> Report {
    Report::Answered { id, keep_alive }
}

/// The response to one request.
struct Reply<'w> {
    id: u64,
    began: Instant,
    desk: &'w Desk,
    /// Until the head is out.
    responder: Option<Responder>,
}

impl Reply<'_> {
    fn whole(&mut self, status: u16, kind: &'static str, body: &[u8]) -> Result<(), EngineError> {
        self.begin(status, kind)?;
        self.desk.data(body).map_err(sealing)?;
        self.desk.finish().map_err(sealing)
    }

    /// Seals what a step adds to the response.
    fn event(&mut self, writer: &mut Writer, mut event: Event) -> Result<(), EngineError> {
        if let Event::Done { timings, .. } = &mut event {
            *timings = Timings {
                total: self.began.elapsed(),
                ..*timings
            };
        }
        let bytes = writer.event(&event, since_epoch());
        if bytes.is_empty() && !writer.ended() {
            return Ok(());
        }
        self.begin(writer.status(), writer.content_type())?;
        self.desk.data(&bytes).map_err(sealing)?;
        if writer.ended() {
            self.desk.finish().map_err(sealing)?;
        }
        Ok(())
    }

    /// The head goes before the first bytes of the body.
    fn begin(&mut self, status: u16, kind: &'static str) -> Result<(), EngineError> {
        let Some(responder) = self.responder.take() else {
            return Ok(());
        };
        let fields = [
            Field::new("content-type", kind),
            Field::new("cache-control", "no-cache"),
        ];
        let mut out = Vec::new();
        let sealer = responder
            .head(status, &fields, &mut out)
            .map_err(|error| EngineError::Broken(error.to_string()))?;
        self.desk.begin(self.id, sealer, out);
        Ok(())
    }
}

/// The server is gone, or the response can not be sealed: nobody gets the rest.
fn sealing(_: Lost) -> EngineError {
    EngineError::Cancelled
}

/// The time since 1970.
fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
