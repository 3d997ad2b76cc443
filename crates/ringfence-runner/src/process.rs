//! The runner's process: this same binary, under a hidden argument, inside the sandbox. Its standard input is the socket to the
//! server.

mod ask;
mod asker;
mod locked;
mod pace;
mod sealed;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader};
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use ringfence_inference::{Digest, ModelTraits};

use crate::ask::Voice;
use crate::engine::{self, Cancel, Engine, EngineError, Loading};
use crate::gguf::Gguf;
use crate::limits;
pub use crate::process::asker::ASKER;
use crate::process::asker::Asker;
use crate::process::pace::Desk;
use crate::process::sealed::Lock;
use crate::wire::{self, Failure, ORDER, Order, REPORT, Report, Stage};

/// The hidden argument. Anybody may type it: without a socket as standard input it only fails.
pub(crate) const HIDDEN: &str = "--ringfence-hidden-runner";
/// After it, for a process that is in no sandbox and does not seal itself.
pub(crate) const BARE: &str = "bare";

/// Serves the hidden argument of a runner if it is there, and returns the exit code then. To be called in `main` before anything
/// else is done.
pub fn serve() -> Option<ExitCode> {
    if std::env::args_os().nth(1).as_deref() != Some(OsStr::new(HIDDEN)) {
        return None;
    }
    let bare = std::env::args_os().nth(2).as_deref() == Some(OsStr::new(BARE));
    Some(match run(bare) {
        Ok(()) => ExitCode::SUCCESS,
        // The server has gone or speaks another language; there is nobody to tell.
        Err(_) => ExitCode::from(125),
    })
}

fn run(bare: bool) -> io::Result<()> {
    // Its memory holds a key and conversations: no core dump, no debugger of the same user.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    let warming = engine::warm_up();
    let stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let model = File::from(wire::receive_model(&stream)?);
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::with_capacity(limits::WINDOW_BYTES, stream);
    let loaded = match wire::read(&mut reader, ORDER)? {
        Some(Order::Load {
            digest,
            loading,
            key,
        }) => prepare(model, digest, &loading, key).map(|loaded| (loaded, loading.gpu.is_some())),
        Some(_) => Err((Stage::Order, "the first order is not to load".into())),
        None => return Ok(()),
    };
    // Done long ago, unless the model was refused at once: neither the seal nor the end of the process may meet it.
    if let Some(warming) = warming {
        let _ = warming.join();
    }
    let loaded = loaded.and_then(|(loaded, device)| {
        let failed = |e: io::Error| (Stage::Engine, e.to_string());
        let orders = listen(reader, loaded.cancel.clone()).map_err(failed)?;
        let desk = writer.try_clone().and_then(Desk::new).map_err(failed)?;
        #[cfg(any(test, feature = "test-support"))]
        crate::testing::device::open();
        if !bare {
            crate::seal::seal(device).map_err(|why| (Stage::Seal, why))?;
        }
        Ok((loaded, orders, desk))
    });
    let (mut loaded, orders, desk) = match loaded {
        Ok(both) => both,
        Err((stage, why)) => {
            return wire::write(&mut writer, &Report::Refused { stage, why }, REPORT);
        }
    };
    let ready = Report::Ready {
        facts: loaded.engine.facts().clone(),
        template: loaded.template.take(),
        key: loaded.lock.public(),
    };
    wire::write(&mut writer, &ready, REPORT)?;
    let mut worker = Worker {
        engine: loaded.engine,
        voice: loaded.voice,
        traits: None,
        lock: loaded.lock,
        desk,
        cancel: loaded.cancel,
        orders,
        writer,
        confided: false,
        last: None,
    };
    worker.work()
}

struct Loaded {
    engine: Box<dyn Engine>,
    cancel: Cancel,
    template: Option<String>,
    voice: Voice,
    lock: Lock,
}

fn prepare(
    model: File,
    digest: Digest,
    loading: &Loading,
    key: u8,
) -> Result<Loaded, (Stage, String)> {
    let failed = |stage| move |error: io::Error| (stage, error.to_string());
    let before = model.metadata().map_err(failed(Stage::Digest))?;
    if !before.is_file() {
        return Err((Stage::Digest, "the model is not a regular file".into()));
    }
    let found = hash(&model, before.len()).map_err(failed(Stage::Digest))?;
    if found != digest {
        return Err((
            Stage::Digest,
            format!(
                "the model's bytes are {found}, and {digest} was asked for; fetch or import it again"
            ),
        ));
    }
    let header = Gguf::read(&model).map_err(|error| (Stage::Header, error.to_string()))?;
    let cancel = Cancel::default();
    let own = model.try_clone().map_err(failed(Stage::Engine))?;
    let engine = engine::load(own, &header, loading, cancel.clone())
        .map_err(|error| (Stage::Engine, error.to_string()))?;
    // Who may write to the file could have done so since it was hashed.
    let after = model.metadata().map_err(failed(Stage::Digest))?;
    let stamp = |m: &std::fs::Metadata| {
        (
            m.len(),
            m.mtime(),
            m.mtime_nsec(),
            m.ctime(),
            m.ctime_nsec(),
        )
    };
    if stamp(&before) != stamp(&after) {
        return Err((
            Stage::Digest,
            "the model's file was changed while it was loaded".into(),
        ));
    }
    Ok(Loaded {
        engine,
        cancel,
        template: header.chat_template().map(str::to_owned),
        voice: Voice::of(&header),
        lock: Lock::new(key).map_err(|why| (Stage::Key, why))?,
    })
}

/// SHA-256 of a file's first `length` bytes.
fn hash(file: &File, length: u64) -> io::Result<Digest> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; limits::HASHED_AT_ONCE];
    let mut at = 0;
    while at < length {
        let want = usize::try_from(length - at)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let part = buffer.get_mut(..want).unwrap_or_default();
        file.read_exact_at(part, at)?;
        context.update(part);
        at += want as u64;
    }
    let digest = context.finish();
    let bytes: [u8; 32] = digest.as_ref().try_into().map_err(io::Error::other)?;
    Ok(Digest::from_bytes(bytes))
}

/// A job, and the ciphertext that came with it.
type Handed = (Order, Vec<u8>);

/// Jobs that wait, and which of all jobs nobody waits for any more.
struct Orders {
    jobs: Receiver<Handed>,
    gone: Arc<Mutex<Gone>>,
}

#[derive(Default)]
struct Gone {
    /// The job that runs.
    running: Option<u64>,
    /// Jobs that were taken back before they ran; at most as many as can wait.
    cancelled: HashSet<u64>,
}

/// A thread that reads orders, so that a job can be taken back while it runs. It is made before the seal, and is the last one.
fn listen(mut reader: BufReader<UnixStream>, cancel: Cancel) -> io::Result<Orders> {
    let (send, jobs): (SyncSender<Handed>, _) = sync_channel(limits::WAITING);
    let gone = Arc::new(Mutex::new(Gone::default()));
    let shared = Arc::clone(&gone);
    let (running, runs) = sync_channel(1);
    std::thread::Builder::new()
        .name("orders".into())
        .spawn(move || {
            // What libc and the language do at the start of a thread is done; under the seal it would not go well.
            if running.send(()).is_err() {
                return;
            }
            while let Ok(Some(order)) = wire::read(&mut reader, ORDER) {
                match order {
                    Order::Cancel { id } => {
                        let mut gone = shared.lock().unwrap_or_else(PoisonError::into_inner);
                        if gone.running == Some(id) {
                            cancel.cancel();
                        } else if gone.cancelled.len() < limits::WAITING {
                            gone.cancelled.insert(id);
                        }
                    }
                    job => {
                        let Ok(following) = following(&mut reader, &job) else {
                            break;
                        };
                        if send.send((job, following)).is_err() {
                            break;
                        }
                    }
                }
            }
            // The server is gone, or not understood: nobody waits for what is running.
            cancel.cancel();
        })?;
    runs.recv().map_err(io::Error::other)?;
    Ok(Orders { jobs, gone })
}

/// The bytes that an order announces.
fn following(reader: &mut impl io::Read, order: &Order) -> io::Result<Vec<u8>> {
    match order {
        Order::Sealed { size, .. } => wire::following(reader, *size, limits::SEALED_BYTES),
        Order::Restore { size, .. } => wire::following(reader, *size, limits::STATE_BYTES),
        _ => Ok(Vec::new()),
    }
}

struct Worker {
    engine: Box<dyn Engine>,
    voice: Voice,
    /// What a Modelfile made of it.
    traits: Option<ModelTraits>,
    lock: Lock,
    desk: Desk,
    cancel: Cancel,
    orders: Orders,
    writer: UnixStream,
    /// Whether a sealed request ever came: the server must not learn what it said, so what was computed is not handed over.
    confided: bool,
    /// Who asked last.
    last: Option<Asker>,
}

impl Worker {
    fn work(&mut self) -> io::Result<()> {
        while let Ok((order, following)) = self.orders.jobs.recv() {
            let id = match &order {
                Order::Generate { id, .. }
                | Order::Embed { id, .. }
                | Order::Tokens { id, .. }
                | Order::Dress { id, .. }
                | Order::Ask { id, .. }
                | Order::Save { id }
                | Order::Restore { id, .. }
                | Order::Sealed { id, .. } => *id,
                #[cfg(any(test, feature = "test-support"))]
                Order::Probe { id } => *id,
                Order::Load { .. } | Order::Cancel { .. } => continue,
            };
            let report = match self.begin(id) {
                true => self.job(id, order, following),
                false => Err(EngineError::Cancelled),
            };
            self.gone().running = None;
            let (report, broken) = match report {
                Ok(report) => (report, false),
                Err(error) => {
                    let broken = matches!(error, EngineError::Broken(_) | EngineError::Load(_));
                    (
                        Report::Failed {
                            id,
                            failure: failure(error),
                        },
                        broken,
                    )
                }
            };
            self.say(&report)?;
            if broken {
                return Err(io::Error::other("the engine failed"));
            }
        }
        Ok(())
    }

    fn gone(&self) -> std::sync::MutexGuard<'_, Gone> {
        self.orders
            .gone
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the job is still wanted.
    fn begin(&self, id: u64) -> bool {
        let mut gone = self.gone();
        let wanted = !gone.cancelled.contains(&id);
        // Ids rise: what was taken back too late is forgotten.
        gone.cancelled.retain(|other| *other > id);
        if !wanted {
            return false;
        }
        gone.running = Some(id);
        self.cancel.reset();
        true
    }

    fn say(&mut self, report: &Report) -> io::Result<()> {
        wire::write(&mut self.writer, report, REPORT)
    }

    fn job(&mut self, id: u64, order: Order, following: Vec<u8>) -> Result<Report, EngineError> {
        match order {
            Order::Generate { job, .. } => {
                self.asks(Asker::Clear(0));
                let writer = &mut self.writer;
                let answered = self.engine.generate(&job, &mut |piece| match wire::write(
                    writer,
                    &Report::Piece { id, piece },
                    REPORT,
                ) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                })?;
                Ok(Report::Done {
                    id,
                    answered: Some(answered),
                })
            }
            Order::Embed {
                inputs, truncate, ..
            } => {
                if inputs.len() > limits::INPUTS {
                    return Err(EngineError::Job(format!(
                        "{} texts; the limit is {}",
                        inputs.len(),
                        limits::INPUTS
                    )));
                }
                for (index, text) in inputs.iter().enumerate() {
                    let embedded = self.engine.embed(text, truncate)?;
                    let report = Report::Vector {
                        id,
                        index,
                        vector: embedded.vector,
                        tokens: embedded.tokens,
                    };
                    self.say(&report).map_err(|_| EngineError::Cancelled)?;
                }
                Ok(Report::Done { id, answered: None })
            }
            Order::Tokens {
                text, add_special, ..
            } => {
                let tokens = self.engine.tokens(&text, add_special)?;
                Ok(Report::Tokens { id, tokens })
            }
            Order::Dress { manner, .. } => {
                self.dress(*manner)?;
                Ok(Report::Done { id, answered: None })
            }
            Order::Ask { ask, asker, .. } => {
                self.asks(Asker::Clear(asker));
                self.ask(id, *ask)
            }
            Order::Sealed { .. } => {
                self.confided = true;
                self.sealed(id, following)
            }
            Order::Save { .. } if self.confided => Err(EngineError::Job(
                "what was computed for sealed requests is handed to nobody".into(),
            )),
            Order::Save { .. } => {
                let state = self.engine.save()?.unwrap_or_default();
                let size = u32::try_from(state.len()).unwrap_or(u32::MAX);
                let report = Report::State { id, size };
                wire::write_with(&mut self.writer, &report, &state, REPORT)
                    .map_err(|_| EngineError::Cancelled)?;
                Ok(Report::Done { id, answered: None })
            }
            Order::Restore { .. } => {
                let tokens = self.engine.restore(&following)?;
                Ok(Report::Restored { id, tokens })
            }
            #[cfg(any(test, feature = "test-support"))]
            Order::Probe { .. } => Ok(Report::Probed {
                id,
                found: [crate::testing::attacks(), crate::testing::device::found()].concat(),
            }),
            Order::Load { .. } | Order::Cancel { .. } => Ok(Report::Done { id, answered: None }),
        }
    }
}

fn failure(error: EngineError) -> Failure {
    match error {
        EngineError::Job(why) => Failure::Job(why),
        EngineError::Cancelled => Failure::Cancelled,
        broken => Failure::Engine(broken.to_string()),
    }
}
