//! Where events go besides the file: a thread and a bounded queue for each sink, so that a slow receiver never holds the session.
//!
//! A best-effort sink that falls behind loses events, counted, and the log says so. A required one makes the session stop instead.

mod journald;
mod syslog;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ringfence_policy::event::Event;
use ringfence_policy::plan::AuditSink;

use crate::limits::{SINK_ATTEMPTS, SINK_QUEUE};

const JOURNAL_SOCKET: &str = "/run/systemd/journal/socket";

/// One sink and how much it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkSpec {
    /// Where.
    pub target: AuditSink,
    /// The session stops when this sink does not take an event; otherwise the loss is counted and said in the log.
    pub required: bool,
    /// The journal's socket, if it is not at its usual place.
    pub journal_socket: Option<PathBuf>,
}

impl SinkSpec {
    /// A sink that may lose events.
    pub fn best_effort(target: AuditSink) -> Self {
        SinkSpec {
            target,
            required: false,
            journal_socket: None,
        }
    }

    /// A sink that must take every event.
    pub fn required(target: AuditSink) -> Self {
        SinkSpec {
            target,
            required: true,
            journal_socket: None,
        }
    }

    fn name(&self) -> String {
        match &self.target {
            AuditSink::SyslogUnix(path) => format!("syslog {}", path.display()),
            AuditSink::SyslogUdp(address) => format!("syslog udp {address}"),
            AuditSink::SyslogTcp(address) => format!("syslog tcp {address}"),
            AuditSink::Journald => "journald".to_owned(),
        }
    }

    fn wire(&self, session: &str) -> Box<dyn Wire> {
        match &self.target {
            AuditSink::SyslogUnix(path) => Box::new(syslog::Unix::new(path, session)),
            AuditSink::SyslogUdp(address) => Box::new(syslog::Udp::new(*address, session)),
            AuditSink::SyslogTcp(address) => Box::new(syslog::Tcp::new(*address, session)),
            AuditSink::Journald => {
                let socket = self
                    .journal_socket
                    .as_deref()
                    .unwrap_or(Path::new(JOURNAL_SOCKET));
                Box::new(journald::Journal::new(socket, session))
            }
        }
    }
}

/// What a sink took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkReport {
    /// Which sink.
    pub sink: String,
    /// Lines handed to it.
    pub sent: u64,
    /// Lines it did not take.
    pub lost: u64,
    /// The last error.
    pub error: Option<String>,
}

/// One line on its way to the sinks.
pub(crate) struct Entry {
    pub(crate) seq: u64,
    /// OCSF severity.
    pub(crate) severity: u8,
    pub(crate) time: u64,
    /// Without its newline.
    pub(crate) line: String,
}

/// How one kind of sink hands an entry over. Sends whole entries or fails; it may block up to its timeout.
pub(crate) trait Wire: Send {
    fn send(&mut self, entry: &Entry) -> std::io::Result<()>;
}

/// All sinks of a log.
pub(crate) struct Sinks {
    sinks: Vec<Sink>,
}

struct Sink {
    name: String,
    required: bool,
    queue: Option<SyncSender<Arc<Entry>>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Losses that the log was told of.
    told: u64,
}

#[derive(Default)]
struct Shared {
    sent: AtomicU64,
    lost: AtomicU64,
    waiting: AtomicU64,
    failing: AtomicBool,
    error: Mutex<Option<String>>,
}

impl Shared {
    fn error(&self) -> Option<String> {
        self.error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn fail(&self, error: String) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        self.lost.fetch_add(1, Ordering::SeqCst);
        self.failing.store(true, Ordering::SeqCst);
    }
}

impl Sinks {
    /// Starts a thread for each sink. The error names the sink.
    pub(crate) fn start(session: &str, specs: Vec<SinkSpec>) -> Result<Self, (String, String)> {
        let mut sinks = Vec::with_capacity(specs.len());
        for spec in specs {
            let (queue, entries) = sync_channel(SINK_QUEUE);
            let shared = Arc::new(Shared::default());
            let (wire, theirs) = (spec.wire(session), Arc::clone(&shared));
            let name = spec.name();
            let thread = std::thread::Builder::new()
                .name("audit-sink".into())
                .stack_size(128 * 1024)
                .spawn(move || deliver(wire, &entries, &theirs))
                .map_err(|e| (name.clone(), e.to_string()))?;
            sinks.push(Sink {
                name,
                required: spec.required,
                queue: Some(queue),
                shared,
                thread: Some(thread),
                told: 0,
            });
        }
        Ok(Sinks { sinks })
    }

    /// Queues one line for every sink. The error names a required sink that does not take it, or did not take an earlier one.
    pub(crate) fn send(
        &mut self,
        seq: u64,
        severity: u8,
        mut line: String,
    ) -> Result<(), (String, String)> {
        if self.sinks.is_empty() {
            return Ok(());
        }
        line.truncate(line.trim_end().len());
        let entry = Arc::new(Entry {
            seq,
            severity,
            time: crate::time::now_ms(),
            line,
        });
        let mut failed = None;
        for sink in &self.sinks {
            sink.shared.waiting.fetch_add(1, Ordering::SeqCst);
            let refused = match sink
                .queue
                .as_ref()
                .map(|queue| queue.try_send(Arc::clone(&entry)))
            {
                Some(Ok(())) => None,
                Some(Err(TrySendError::Full(_))) => {
                    Some(format!("{SINK_QUEUE} events wait already"))
                }
                Some(Err(TrySendError::Disconnected(_))) | None => {
                    Some("its thread ended".to_owned())
                }
            };
            if let Some(reason) = refused {
                sink.shared.waiting.fetch_sub(1, Ordering::SeqCst);
                sink.shared.fail(reason);
            }
            if sink.required && sink.shared.lost.load(Ordering::SeqCst) > 0 {
                failed = Some((sink.name.clone(), sink.shared.error().unwrap_or_default()));
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// An event for the log when a sink lost its first event, or twice as many as it was told of.
    pub(crate) fn news(&mut self) -> Option<Event> {
        for sink in &mut self.sinks {
            let lost = sink.shared.lost.load(Ordering::SeqCst);
            if lost > 0 && lost >= sink.told * 2 {
                sink.told = lost;
                let reason = sink.shared.error().unwrap_or_default();
                let detail = format!("{} lost {lost} events so far: {reason}", sink.name);
                return Some(Event::Fence {
                    condition: "audit_sink_lost_events".into(),
                    detail,
                });
            }
        }
        None
    }

    /// Waits until every queue is empty or `end` has come.
    pub(crate) fn flush(&self, end: Instant) {
        for sink in &self.sinks {
            while sink.shared.waiting.load(Ordering::SeqCst) > 0 && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }

    /// Flushes, ends the threads of sinks that keep up, and reports.
    pub(crate) fn finish(&mut self, end: Instant) -> Vec<SinkReport> {
        self.flush(end);
        self.sinks
            .iter_mut()
            .map(|sink| {
                sink.queue = None;
                let waiting = sink.shared.waiting.load(Ordering::SeqCst);
                // A thread that hangs in a socket is left to end with the process.
                if let (0, Some(thread)) = (waiting, sink.thread.take()) {
                    let _ = thread.join();
                }
                SinkReport {
                    sink: sink.name.clone(),
                    sent: sink.shared.sent.load(Ordering::SeqCst),
                    lost: sink.shared.lost.load(Ordering::SeqCst) + waiting,
                    error: sink.shared.error(),
                }
            })
            .collect()
    }
}

fn deliver(mut wire: Box<dyn Wire>, entries: &Receiver<Arc<Entry>>, shared: &Shared) {
    while let Ok(entry) = entries.recv() {
        // A sink that fails gets one attempt an event until it works again, so that its queue drains and the loss is counted.
        let attempts = if shared.failing.load(Ordering::SeqCst) {
            1
        } else {
            SINK_ATTEMPTS
        };
        let mut outcome = wire.send(&entry);
        for _ in 1..attempts {
            if outcome.is_ok() {
                break;
            }
            outcome = wire.send(&entry);
        }
        match outcome {
            Ok(()) => {
                shared.sent.fetch_add(1, Ordering::SeqCst);
                shared.failing.store(false, Ordering::SeqCst);
            }
            Err(error) => shared.fail(error.to_string()),
        }
        shared.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}
