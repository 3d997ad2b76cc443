//! The requests of `ringfence repl --json`, read on a thread of their own, so that an interrupt overtakes the cells before it.

use std::collections::VecDeque;
use std::io::{self, BufRead, PipeWriter, Read, Write};
use std::sync::{Condvar, Mutex, PoisonError};

use ringfence_runtime::repl::Interrupter;
use serde::Deserialize;
use serde_json::Value;

/// Most bytes of one request.
const LINE: u64 = 32 << 20;
/// Most requests that wait; then no more are read until one is done.
const WAITING: usize = 64;
/// Most bytes of an id, as JSON.
const ID: usize = 256;

/// A request as it is written: one of four.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    id: Option<Value>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    check: Option<String>,
    #[serde(default)]
    interrupt: Option<Value>,
    #[serde(default)]
    restart: Option<bool>,
}

/// A request that waits for its turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Run this.
    Cell { id: Value, code: String },
    /// Say whether this is a whole cell.
    Check { id: Value, code: String },
    /// Start a new interpreter.
    Restart,
    /// A cell that was interrupted before its turn.
    Cancelled { id: Value },
    /// A line that is no request.
    Bad { id: Option<Value>, why: String },
}

/// Where the reading thread and the session meet.
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    interrupter: Interrupter,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Request>,
    running: Option<Value>,
    ended: bool,
}

impl Queue {
    pub fn new(interrupter: Interrupter) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            interrupter,
        }
    }

    /// Reads requests to the end of the input. `bell` gets a byte for each.
    pub fn read(&self, input: &mut impl BufRead, mut bell: PipeWriter) {
        loop {
            let mut line = Vec::new();
            let read = input.by_ref().take(LINE + 1).read_until(b'\n', &mut line);
            let ended = matches!(read, Ok(0) | Err(_));
            if !ended {
                let request = if line.len() as u64 > LINE {
                    skip_line(input);
                    Err((None, format!("a request has at most {LINE} bytes")))
                } else {
                    parse(&line)
                };
                match request {
                    Ok(None) => continue,
                    Ok(Some(Step::Interrupt(id))) => {
                        if let Some(bad) = self.interrupt(id) {
                            self.put(bad);
                        }
                    }
                    Ok(Some(Step::Later(request))) => self.put(request),
                    Err((id, why)) => self.put(Request::Bad { id, why }),
                }
            } else {
                let mut state = self.lock();
                state.ended = true;
                drop(state);
                self.changed.notify_all();
            }
            // The session may be gone: then so is this thread, in a moment.
            if bell.write_all(b"r").is_err() || ended {
                return;
            }
        }
    }

    fn put(&self, request: Request) {
        let mut state = self.lock();
        while state.waiting.len() >= WAITING {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting.push_back(request);
        drop(state);
        self.changed.notify_all();
    }

    /// Interrupts the cell with this id, whether it runs or waits. Anything else is answered.
    fn interrupt(&self, id: Value) -> Option<Request> {
        let mut state = self.lock();
        if state.running.as_ref() == Some(&id) {
            self.interrupter.interrupt();
            return None;
        }
        let waits = state
            .waiting
            .iter_mut()
            .find(|request| matches!(request, Request::Cell { id: own, .. } if *own == id));
        match waits {
            Some(request) => {
                *request = Request::Cancelled { id };
                None
            }
            None => Some(Request::Bad {
                id: Some(id),
                why: "there is no cell with this id to interrupt: it has ended, or never was"
                    .into(),
            }),
        }
    }

    /// The next request, if one waits; `Err` when there will be none. A cell counts as running from here on.
    pub fn next(&self) -> Result<Option<Request>, ()> {
        let mut state = self.lock();
        let next = state.waiting.pop_front();
        if let Some(Request::Cell { id, .. }) = &next {
            state.running = Some(id.clone());
        }
        let ended = state.ended;
        drop(state);
        self.changed.notify_all();
        match next {
            None if ended => Err(()),
            next => Ok(next),
        }
    }

    /// Waits until there is a request, or no more will come.
    pub fn wait(&self) {
        let mut state = self.lock();
        while state.waiting.is_empty() && !state.ended {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The cell has ended: it can not be interrupted any more.
    pub fn done(&self) {
        let mut state = self.lock();
        state.running = None;
        self.interrupter.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Step {
    Interrupt(Value),
    Later(Request),
}

/// `None` for an empty line; otherwise the request, or what is wrong with it.
fn parse(line: &[u8]) -> Result<Option<Step>, (Option<Value>, String)> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let written: Written =
        serde_json::from_slice(line).map_err(|error| (None, format!("no request: {error}")))?;
    let fits = |id: Value| {
        let good = matches!(id, Value::String(_) | Value::Number(_)) && id.to_string().len() <= ID;
        match good {
            true => Ok(id),
            false => Err((
                None,
                format!("an id is a string or number of at most {ID} bytes"),
            )),
        }
    };
    let wants_id = || (None, "a cell needs an `id`".to_owned());
    match written {
        Written { id, code: Some(code), check: None, interrupt: None, restart: None } => {
            let id = fits(id.ok_or_else(wants_id)?)?;
            Ok(Some(Step::Later(Request::Cell { id, code })))
        }
        Written { id, code: None, check: Some(code), interrupt: None, restart: None } => {
            let id = fits(id.ok_or_else(wants_id)?)?;
            Ok(Some(Step::Later(Request::Check { id, code })))
        }
        Written { id: None, code: None, check: None, interrupt: Some(id), restart: None } => {
            Ok(Some(Step::Interrupt(fits(id)?)))
        }
        Written { id: None, code: None, check: None, interrupt: None, restart: Some(true) } => {
            Ok(Some(Step::Later(Request::Restart)))
        }
        Written { id, .. } => Err((
            id,
            "no request: one of {\"id\",\"code\"}, {\"id\",\"check\"}, {\"interrupt\":ID} and {\"restart\":true} is".into(),
        )),
    }
}

fn skip_line(input: &mut impl BufRead) {
    while let Ok(chunk) = input.fill_buf() {
        let end = chunk.iter().position(|b| *b == b'\n');
        let (used, found) = match (end, chunk.len()) {
            (_, 0) => return,
            (Some(at), _) => (at + 1, true),
            (None, all) => (all, false),
        };
        input.consume(used);
        if found {
            return;
        }
    }
}

/// A pipe that is readable while a request waits.
pub fn bell() -> io::Result<(io::PipeReader, PipeWriter)> {
    io::pipe()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(line: &str) -> String {
        match parse(line.as_bytes()) {
            Err((_, why)) => why,
            Ok(_) => panic!("{line}"),
        }
    }

    #[test]
    fn what_is_no_request_is_said() {
        for (line, part) in [
            ("{", "EOF"),
            ("[]", "no request: one of"),
            ("{\"id\":1}", "no request: one of"),
            ("{\"code\":\"1\"}", "needs an `id`"),
            ("{\"id\":[1],\"code\":\"1\"}", "an id is"),
            (
                "{\"id\":1,\"code\":\"1\",\"restart\":true}",
                "no request: one of",
            ),
            ("{\"id\":1,\"kode\":\"1\"}", "unknown field `kode`"),
            ("{\"restart\":false}", "no request: one of"),
        ] {
            assert!(wrong(line).contains(part), "{line}: {}", wrong(line));
        }
        assert!(parse(b" \n").unwrap().is_none());
    }
}
