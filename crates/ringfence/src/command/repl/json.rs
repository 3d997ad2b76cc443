//! The machine interface: requests as JSON lines on standard input, events as JSON lines on standard output.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::{Arc, PoisonError};

use ringfence_runtime::repl::{CellResult, Event, Repl, ReplError};
use serde_json::{Value, json};

use super::requests::{Queue, Request, bell};
use super::show::Decoders;
use super::{Session, broken, streams};
use crate::error::Failure;
use crate::exit::Exit;

/// Serves requests until there are no more.
pub fn run(session: Session) -> Result<ExitCode, Failure> {
    let Session {
        mut repl, started, ..
    } = session;
    let queue = Arc::new(Queue::new(repl.interrupter()));
    let (mut rings, ringer) = bell().map_err(streams)?;
    let reading = Arc::clone(&queue);
    std::thread::Builder::new()
        .name("requests".into())
        .spawn(move || reading.read(&mut io::stdin().lock(), ringer))
        .map_err(streams)?;
    let mut writer = Writer::default();
    let ready = |repl: &Repl, state: &str| {
        let place = started.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = repl.ready();
        let mut event = json!({
            "event": "status", "state": state, "language": ready.language, "version": ready.version,
            "start_ms": ready.took.as_secs_f64() * 1000.0,
        });
        if let (Some(started), Some(event)) = (place.as_ref(), event.as_object_mut()) {
            event.insert("backend".into(), json!(started.backend.to_string()));
            event.insert("level".into(), json!(started.level));
            event.insert("fallback".into(), json!(started.fallback));
            event.insert("protections".into(), json!(started.protections));
        }
        event
    };
    writer.event(&ready(&repl, "ready"))?;
    loop {
        match queue.next() {
            Err(()) => break,
            Ok(None) => {
                if repl.death().is_none() {
                    let alive = repl
                        .idle(&rings, &mut |event| writer.happened(None, event))
                        .map_err(broken)?;
                    writer.rest(None);
                    if alive {
                        // Bells may be more than requests: each is looked at.
                        rings.read(&mut [0; 64]).map_err(streams)?;
                    } else {
                        writer.event(&dead(&repl))?;
                    }
                } else {
                    queue.wait();
                }
            }
            Ok(Some(Request::Cell { id, code })) => {
                let outcome = repl.run(&code, &mut |event| writer.happened(Some(&id), event));
                queue.done();
                writer.rest(Some(&id));
                match outcome {
                    Ok(result) => {
                        let gone = repl.death().is_some();
                        writer.event(&result_event(&id, &result))?;
                        if gone {
                            writer.event(&dead(&repl))?;
                        }
                    }
                    Err(error) => writer.event(&error_event(Some(&id), &error)?)?,
                }
            }
            Ok(Some(Request::Check { id, code })) => {
                let found = repl.check(&code, &mut |event| writer.happened(None, event));
                match found {
                    Ok(found) => {
                        writer.event(&json!({"event": "checked", "id": id, "status": format!("{found:?}").to_lowercase()}))?;
                    }
                    Err(error) => writer.event(&error_event(Some(&id), &error)?)?,
                }
            }
            Ok(Some(Request::Restart)) => match repl.restart() {
                Ok(_) => {
                    writer.forget();
                    writer.event(&ready(&repl, "restarted"))?;
                }
                Err(error) => {
                    writer.event(&json!({"event": "error", "kind": "not_started", "message": error.to_string()}))?;
                }
            },
            Ok(Some(Request::Cancelled { id })) => {
                writer.event(&json!({"event": "result", "id": id, "status": "interrupted", "cause": "interrupt", "cell": null}))?;
            }
            Ok(Some(Request::Bad { id, why })) => {
                writer.event(
                    &json!({"event": "error", "id": id, "kind": "bad_request", "message": why}),
                )?;
            }
        }
        writer.check()?;
    }
    repl.close(&mut |event| writer.happened(None, event));
    writer.rest(None);
    writer.event(&json!({"event": "status", "state": "ended"}))?;
    Ok(Exit::Success.into())
}

fn result_event(id: &Value, result: &CellResult) -> Value {
    let mut event = json!({"event": "result", "id": id});
    if let (Some(event), Ok(Value::Object(fields))) =
        (event.as_object_mut(), serde_json::to_value(result))
    {
        event.extend(fields);
    }
    event
}

/// The interpreter is gone; a cell is refused until the session is restarted.
fn dead(repl: &Repl) -> Value {
    let mut event = json!({"event": "status", "state": "dead", "state_lost": true});
    if let (Some(event), Ok(Value::Object(fields))) =
        (event.as_object_mut(), serde_json::to_value(repl.death()))
    {
        event.extend(fields);
    }
    event
}

/// An error that concerns one request; others end the session.
fn error_event(id: Option<&Value>, error: &ReplError) -> Result<Value, Failure> {
    let kind = match error {
        ReplError::NotRunning { .. } => "not_running",
        ReplError::Code { .. } => "bad_request",
        other => return Err(Failure::message(Exit::Fence, other.to_string())),
    };
    Ok(json!({"event": "error", "id": id, "kind": kind, "message": error.to_string()}))
}

/// Writes events; the first failure is kept for the next [`Writer::check`].
#[derive(Default)]
struct Writer {
    decoders: Decoders,
    failed: Option<io::Error>,
}

impl Writer {
    fn event(&mut self, event: &Value) -> Result<(), Failure> {
        self.line(event);
        self.check()
    }

    fn check(&mut self) -> Result<(), Failure> {
        self.failed.take().map_or(Ok(()), |e| Err(streams(e)))
    }

    fn line(&mut self, event: &Value) {
        if self.failed.is_some() {
            return;
        }
        let mut line = crate::command::harmless(event.to_string());
        line.push('\n');
        let mut out = io::stdout().lock();
        self.failed = out
            .write_all(line.as_bytes())
            .and_then(|()| out.flush())
            .err();
    }

    fn happened(&mut self, id: Option<&Value>, event: Event) {
        match event {
            Event::Stream { stream, data } => {
                let text = self.decoders.of(stream).push(&data);
                if !text.is_empty() {
                    self.line(
                        &json!({"event": "stream", "id": id, "stream": stream, "text": text}),
                    );
                }
            }
            Event::Display(data) => {
                self.line(&json!({"event": "display", "id": id, "data": data}));
            }
            Event::Ending { cause, kill_in } => {
                let kill_in =
                    kill_in.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
                self.line(&json!({"event": "status", "state": "ending", "id": id, "cause": cause, "kill_in_ms": kill_in}));
            }
        }
    }

    /// The end of what was written so far: half a character will not become whole any more.
    fn rest(&mut self, id: Option<&Value>) {
        for (stream, text) in self.decoders.finish() {
            self.line(&json!({"event": "stream", "id": id, "stream": stream, "text": text}));
        }
    }

    fn forget(&mut self) {
        self.decoders = Decoders::default();
    }
}
