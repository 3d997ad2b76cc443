//! The server's side of a runner: start it, ask it, take a job back, hear how it died.

mod ask;
mod process;
mod sealed;
mod state;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ringfence_inference::{Digest, Piece};
use ringfence_policy::{SandboxSpec, is_hidden};
use ringfence_sandbox::{BackendName, LaunchError, Spawner, Stdio};
use ringfence_seal::KeyConfig;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::OFlags;

use crate::engine::{Answered, Facts, Job, Loading};
use crate::room::{Config, Described};
use crate::wire::{self, Failure, ORDER, Order, REPORT, Report, Stage};
use crate::{devices, limits, room};

pub use ask::Events;
use process::Process;
pub use sealed::{SealedAnswer, SealedStep};

/// Why a model is not running.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// What was handed in is not a model's file that may only be read.
    #[error("the model: {0}")]
    Model(String),
    /// The sandbox can not be described.
    #[error("the runner's sandbox: {0}")]
    Room(io::Error),
    /// The sandbox can not be built: without all of it no model is loaded.
    #[error("the runner's sandbox: {0}")]
    Sandbox(#[from] LaunchError),
    /// The runner refused the model.
    #[error("the model was not loaded ({stage:?}): {why}")]
    Refused {
        /// How far it came.
        stage: Stage,
        /// Why not further.
        why: String,
    },
    /// The runner died over the model.
    #[error(
        "the runner died while it loaded the model: {0}; it may need more memory than its limit, or its file may be damaged or made to do that"
    )]
    Died(Death),
    /// No word from it.
    #[error("the runner: {0}")]
    Channel(io::Error),
}

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The job is wrong; the runner goes on.
    #[error("{0}")]
    Job(String),
    /// It was taken back; the runner goes on.
    #[error("cancelled")]
    Cancelled,
    /// The runner is dead; start another one.
    #[error("the runner died: {0}")]
    Died(Death),
    /// The runner says what makes no sense, or nothing any more, and was killed; start another one.
    #[error("the runner was killed: {0}")]
    Channel(io::Error),
}

/// How a runner ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// What the sandbox reports: `signal 6`, `exit code 125`, `oom`.
    pub how: String,
    /// The end of what it wrote to its standard error, at most 4 KiB, without control characters.
    pub last_words: String,
}

impl std::fmt::Display for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.last_words.as_str() {
            "" => f.write_str(&self.how),
            words => write!(f, "{}, saying: {words}", self.how),
        }
    }
}

/// A step of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A token.
    Piece(Piece),
    /// The end.
    Done(Answered),
}

/// A vector of [`Runner::embed`].
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// Of length 1.
    pub vector: Vec<f32>,
    /// Tokens of the text.
    pub tokens: u64,
}

/// How long a start took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// Until the sandbox stood and the runner's program ran in it.
    pub sandbox: Duration,
    /// From then on, until the model was hashed, loaded and the process sealed.
    pub load: Duration,
}

/// A loaded model in a sealed process of its own. Dropping it ends the process.
#[derive(Debug)]
pub struct Runner {
    process: Process,
    reader: BufReader<UnixStream>,
    writer: Arc<Mutex<UnixStream>>,
    words: OwnedFd,
    facts: Facts,
    template: Option<String>,
    key: KeyConfig,
    described: Described,
    protections: Vec<String>,
    started: Started,
    /// Ciphertext that came with the last report.
    frames: Vec<u8>,
    next: u64,
    running: Arc<AtomicU64>,
    /// The last job that was taken back.
    cancelled: Arc<AtomicU64>,
    /// The last job that is known to be over.
    over: u64,
}

/// Takes the running job of a runner back, from any thread.
#[derive(Debug, Clone)]
pub struct Canceller {
    writer: Arc<Mutex<UnixStream>>,
    running: Arc<AtomicU64>,
    cancelled: Arc<AtomicU64>,
}

impl Canceller {
    /// The running job ends with [`JobError::Cancelled`] soon, or its runner with it. Nothing happens when none runs.
    pub fn cancel(&self) {
        let id = self.running.load(Ordering::Acquire);
        if id != 0 {
            self.cancelled.fetch_max(id, Ordering::AcqRel);
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            // A runner that does not take it is dead, and its reader sees that.
            let _ = wire::write(&mut *writer, &Order::Cancel { id }, ORDER);
        }
    }
}

impl Runner {
    /// Starts a process for a model, in a sandbox made for it, and waits until the model is loaded and the process sealed.
    ///
    /// `model` is open for reading only; what it holds is hashed inside before anything looks at it. Blocks for as long as
    /// that and loading take, at most 10 minutes. Never all processors compute, however many threads `config` says.
    ///
    /// # Errors
    /// [`StartError`]. Nothing is left running then, and never does a model run with less than the whole sandbox.
    pub fn start(
        spawner: &Spawner,
        session: &str,
        model: OwnedFd,
        digest: Digest,
        config: &Config,
    ) -> Result<Self, StartError> {
        let model = File::from(model);
        let bytes = model
            .metadata()
            .map_err(|e| StartError::Model(e.to_string()))?
            .len();
        let config = Config {
            loading: config.loading(),
            ..config.clone()
        };
        let spec = room::sandbox(session, &config, bytes).map_err(StartError::Room)?;
        Self::start_in(
            spawner,
            &spec,
            model.into(),
            digest,
            &config.loading,
            config.key,
        )
    }

    /// As [`Runner::start`], in a sandbox that [`sandbox`](crate::sandbox) described, with as many threads as are said, and a key
    /// with this id.
    ///
    /// # Errors
    /// As [`Runner::start`].
    pub fn start_in(
        spawner: &Spawner,
        spec: &SandboxSpec,
        model: OwnedFd,
        digest: Digest,
        loading: &Loading,
        key: u8,
    ) -> Result<Self, StartError> {
        let began = Instant::now();
        let model = read_only(model)?;
        let (ours, theirs) = UnixStream::pair().map_err(StartError::Channel)?;
        let (words, stderr) = words().map_err(StartError::Channel)?;
        let stdio = Stdio {
            stdin: theirs.into(),
            stdout: stderr.try_clone().map_err(StartError::Channel)?,
            stderr,
        };
        // What it is to do waits in its socket, so that it need not wait for us when it begins.
        hand_over(&ours, model, digest, loading, key).map_err(StartError::Channel)?;
        let pending = spawner.launch(BackendName::Native, spec, stdio)?;
        let mut protections = pending.protections.clone();
        protections.extend(devices::granted(spec));
        let process = Process::Fenced(Box::new(pending.release()?));
        let built = began.elapsed();
        Self::ready(
            process,
            protections,
            (ours, words),
            (key, Described::of(spec)),
            (began, built),
        )
    }

    /// As [`Runner::start`], but as an ordinary child process: the model's code may read what you may read and talk to whom you may
    /// talk to. What is said over the wire, the checks of the file and the hash are the same.
    ///
    /// # Errors
    /// As [`Runner::start`].
    pub fn danger_start_without_sandbox(
        model: OwnedFd,
        digest: Digest,
        config: &Config,
    ) -> Result<Self, StartError> {
        let began = Instant::now();
        let model = read_only(model)?;
        let loading = config.loading();
        let (ours, theirs) = UnixStream::pair().map_err(StartError::Channel)?;
        let (words, stderr) = words().map_err(StartError::Channel)?;
        hand_over(&ours, model, digest, &loading, config.key).map_err(StartError::Channel)?;
        let process = Process::bare(theirs.into(), stderr).map_err(StartError::Room)?;
        let built = began.elapsed();
        let protections = process::NONE.map(String::from).to_vec();
        Self::ready(
            process,
            protections,
            (ours, words),
            (config.key, Described::nothing()),
            (began, built),
        )
    }

    /// The model is on its way, and the process says that it is loaded.
    fn ready(
        process: Process,
        protections: Vec<String>,
        (ours, words): (UnixStream, OwnedFd),
        (key, described): (u8, Described),
        (began, built): (Instant, Duration),
    ) -> Result<Self, StartError> {
        // Unbuffered: what comes after it belongs to the runner's own reader.
        let ready = wire::read(&mut &ours, REPORT);
        match ready {
            Ok(Some(Report::Ready {
                facts,
                template,
                key: public,
            })) => {
                let public = KeyConfig::decode(&public)
                    .ok()
                    .filter(|public| public.id() == key)
                    .ok_or_else(|| StartError::Channel(nonsense()))?;
                let limit = Duration::from_secs(limits::SILENCE_SECONDS);
                ours.set_read_timeout(Some(limit))
                    .map_err(StartError::Channel)?;
                let writer = ours.try_clone().map_err(StartError::Channel)?;
                Ok(Self {
                    process,
                    reader: BufReader::with_capacity(limits::WINDOW_BYTES, ours),
                    writer: Arc::new(Mutex::new(writer)),
                    words,
                    facts,
                    template,
                    key: public,
                    described,
                    protections,
                    started: Started {
                        sandbox: built,
                        load: began.elapsed().saturating_sub(built),
                    },
                    frames: Vec::new(),
                    next: 1,
                    running: Arc::new(AtomicU64::new(0)),
                    cancelled: Arc::new(AtomicU64::new(0)),
                    over: 0,
                })
            }
            Ok(Some(Report::Refused { stage, why })) => Err(StartError::Refused {
                stage,
                why: clean(&why),
            }),
            Ok(Some(_)) => Err(StartError::Channel(nonsense())),
            Ok(None) => Err(StartError::Died(death(&process, &words))),
            Err(error) if gone(&error) => Err(StartError::Died(death(&process, &words))),
            Err(error) => Err(StartError::Channel(error)),
        }
    }

    /// What the model is.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The model's chat template (Jinja): code of whoever made the model.
    pub fn template(&self) -> Option<&str> {
        self.template.as_deref()
    }

    /// The protections in force, by name; with a leading `-` where something weaker stands in for a limit, and
    /// `-device-` with its name for each device that is granted.
    pub fn protections(&self) -> &[String] {
        &self.protections
    }

    /// The same as words of lower-case letters, digits, dots and dashes, as a statement about the runner lists them.
    pub fn words(&self) -> BTreeSet<String> {
        let word = |name: &String| {
            let fit = |c: char| match c.to_ascii_lowercase() {
                c @ ('a'..='z' | '0'..='9' | '.' | '-' | '_') => c,
                _ => '-',
            };
            let parts: String = name.chars().map(fit).collect();
            let most = ringfence_seal::limits::MAX_PROTECTION_NAME;
            parts.chars().take(most).collect::<String>()
        };
        let most = ringfence_seal::limits::MAX_PROTECTIONS;
        let words = self.protections.iter().map(word);
        words.filter(|word| !word.is_empty()).take(most).collect()
    }

    /// The public half of the key that it made inside.
    pub fn key(&self) -> &KeyConfig {
        &self.key
    }

    /// The sandbox that it runs in, as it can be signed.
    pub fn described(&self) -> Described {
        self.described
    }

    /// How long it took to start.
    pub fn started(&self) -> Started {
        self.started
    }

    /// For other threads.
    pub fn canceller(&self) -> Canceller {
        Canceller {
            writer: Arc::clone(&self.writer),
            running: Arc::clone(&self.running),
            cancelled: Arc::clone(&self.cancelled),
        }
    }

    /// Begins to answer. The steps come as the model makes them; dropping the answer takes the job back.
    ///
    /// # Errors
    /// [`JobError`] when the job could not be handed over.
    pub fn generate(&mut self, job: Job) -> Result<Answer<'_>, JobError> {
        let id = self.order(|id| Order::Generate { id, job })?;
        Ok(Answer {
            runner: self,
            id,
            over: false,
        })
    }

    /// Turns texts into vectors, in their order.
    ///
    /// # Errors
    /// [`JobError`].
    pub fn embed(
        &mut self,
        inputs: Vec<String>,
        truncate: bool,
    ) -> Result<Vec<Embedding>, JobError> {
        let count = inputs.len();
        let id = self.order(|id| Order::Embed {
            id,
            inputs,
            truncate,
        })?;
        let mut found = Vec::new();
        loop {
            match self.report(id)? {
                Report::Vector {
                    index,
                    vector,
                    tokens,
                    ..
                } if index == found.len() && index < count => {
                    found.push(Embedding { vector, tokens });
                }
                Report::Done { .. } if found.len() == count => break,
                _ => return Err(self.nonsense()),
            }
        }
        self.running.store(0, Ordering::Release);
        Ok(found)
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// [`JobError`].
    pub fn tokens(&mut self, text: String, add_special: bool) -> Result<Vec<i32>, JobError> {
        let id = self.order(|id| Order::Tokens {
            id,
            text,
            add_special,
        })?;
        match self.report(id)? {
            Report::Tokens { tokens, .. } => {
                self.running.store(0, Ordering::Release);
                Ok(tokens)
            }
            _ => Err(self.nonsense()),
        }
    }

    /// Tries inside what is forbidden there: each by name, with what came of it.
    ///
    /// # Errors
    /// [`JobError`].
    #[cfg(any(test, feature = "test-support"))]
    pub fn attacked(&mut self) -> Result<Vec<(String, String)>, JobError> {
        let id = self.order(|id| Order::Probe { id })?;
        match self.report(id)? {
            Report::Probed { found, .. } => Ok(found),
            _ => Err(self.nonsense()),
        }
    }

    /// Ends the process at once, whatever it does.
    pub fn kill(&self) {
        self.process.kill();
    }

    fn order(&mut self, order: impl FnOnce(u64) -> Order) -> Result<u64, JobError> {
        self.order_with(order, &[])
    }

    fn order_with(
        &mut self,
        order: impl FnOnce(u64) -> Order,
        following: &[u8],
    ) -> Result<u64, JobError> {
        let id = self.next;
        self.next += 1;
        self.running.store(id, Ordering::Release);
        let written = {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            wire::write_with(&mut *writer, &order(id), following, ORDER)
        };
        match written {
            Ok(()) => Ok(id),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                Err(JobError::Job(error.to_string()))
            }
            Err(error) => Err(self.lost(error)),
        }
    }

    /// The next report of a job; those of jobs before it, which nobody waits for, are passed over.
    fn report(&mut self, id: u64) -> Result<Report, JobError> {
        loop {
            let read = self.wait();
            let read = read.and_then(|()| wire::read::<Report>(&mut self.reader, REPORT));
            let read = read.and_then(|report| {
                if let Some(report) = &report {
                    self.following(report)?;
                    self.over = self.over.max(report.ends().unwrap_or(0));
                }
                Ok(report)
            });
            match read {
                Ok(Some(report)) if report.id().is_some_and(|of| of < id) => {}
                Ok(Some(Report::Failed { id: of, failure })) if of == id => {
                    self.running.store(0, Ordering::Release);
                    return Err(match failure {
                        Failure::Job(why) => JobError::Job(clean(&why)),
                        Failure::Cancelled => JobError::Cancelled,
                        Failure::Engine(why) => {
                            self.kill();
                            JobError::Died(Death {
                                how: clean(&why),
                                last_words: last_words(&self.words),
                            })
                        }
                    });
                }
                Ok(Some(report)) if report.id() == Some(id) => return Ok(report),
                Ok(Some(_)) => return Err(self.nonsense()),
                Ok(None) => return Err(self.lost(io::ErrorKind::UnexpectedEof.into())),
                Err(error) => return Err(self.lost(error)),
            }
        }
    }

    /// Waits for a word, and not for ever for one about a job that was taken back.
    fn wait(&self) -> io::Result<()> {
        const LOOK: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 250_000_000,
        };
        if !self.reader.buffer().is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let mut back = None;
        loop {
            let mut fds = [PollFd::new(self.reader.get_ref(), PollFlags::IN)];
            match rustix::event::poll(&mut fds, Some(&LOOK)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            if self.cancelled.load(Ordering::Acquire) > self.over {
                let since = *back.get_or_insert_with(Instant::now);
                if since.elapsed().as_secs() >= limits::CANCEL_SECONDS {
                    let why = "it did not stop when its job was taken back";
                    return Err(io::Error::new(io::ErrorKind::TimedOut, why));
                }
            }
            if began.elapsed().as_secs() >= limits::SILENCE_SECONDS {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }

    fn nonsense(&mut self) -> JobError {
        self.lost(nonsense())
    }

    /// Whatever went wrong on the way, the process is not used again.
    fn lost(&mut self, error: io::Error) -> JobError {
        self.running.store(0, Ordering::Release);
        if gone(&error) {
            return JobError::Died(death(&self.process, &self.words));
        }
        self.kill();
        JobError::Channel(error)
    }
}

fn nonsense() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "it does not speak as a runner does",
    )
}

/// An answer on its way.
#[derive(Debug)]
pub struct Answer<'r> {
    runner: &'r mut Runner,
    id: u64,
    over: bool,
}

impl Iterator for Answer<'_> {
    type Item = Result<Step, JobError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let step = match self.runner.report(self.id) {
            Ok(Report::Piece { piece, .. }) => return Some(Ok(Step::Piece(piece))),
            Ok(Report::Done {
                answered: Some(answered),
                ..
            }) => Ok(Step::Done(answered)),
            Ok(_) => Err(self.runner.nonsense()),
            Err(error) => Err(error),
        };
        self.over = true;
        self.runner.running.store(0, Ordering::Release);
        Some(step)
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.runner.canceller().cancel();
            self.runner.running.store(0, Ordering::Release);
        }
    }
}

/// Sends the model and the order to load it; both fit into the socket, whether or not anybody reads yet.
fn hand_over(
    ours: &UnixStream,
    model: File,
    digest: Digest,
    loading: &Loading,
    key: u8,
) -> io::Result<()> {
    ours.set_read_timeout(Some(Duration::from_secs(limits::LOADING_SECONDS)))?;
    wire::send_model(ours, model.as_fd())?;
    let order = Order::Load {
        digest,
        loading: loading.clone(),
        key,
    };
    wire::write(&mut &*ours, &order, ORDER)
}

/// A regular file, open for reading only: a runner that has been taken over could write to another one.
fn read_only(model: OwnedFd) -> Result<File, StartError> {
    let flags = rustix::fs::fcntl_getfl(&model).map_err(|e| StartError::Model(e.to_string()))?;
    let model = File::from(model);
    let metadata = model
        .metadata()
        .map_err(|e| StartError::Model(e.to_string()))?;
    if !metadata.is_file() {
        return Err(StartError::Model("not a regular file".into()));
    }
    if flags.contains(OFlags::PATH) || flags & OFlags::ACCMODE != OFlags::RDONLY {
        return Err(StartError::Model("not open for reading only".into()));
    }
    Ok(model)
}

/// A pipe for last words. Who fills it loses words and does not wait.
fn words() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = rustix::pipe::PipeFlags::CLOEXEC | rustix::pipe::PipeFlags::NONBLOCK;
    Ok(rustix::pipe::pipe_with(flags)?)
}

fn gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

fn death(process: &Process, words: &OwnedFd) -> Death {
    Death {
        how: process.how(),
        last_words: last_words(words),
    }
}

fn last_words(words: &OwnedFd) -> String {
    let mut text = Vec::new();
    if let Ok(copy) = words.try_clone() {
        // Until it is empty: the pipe holds 64 KiB at most.
        let _ = File::from(copy).take(1 << 20).read_to_end(&mut text);
    }
    let start = text.len().saturating_sub(limits::WORDS_BYTES);
    clean(&String::from_utf8_lossy(
        text.get(start..).unwrap_or_default(),
    ))
}

/// Text from inside, fit for a terminal and a log. Where on some other machine the engine was built is of no interest.
fn clean(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if is_hidden(c) { ' ' } else { c })
        .collect();
    let words: Vec<&str> = text
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| match word.rsplit_once("/llama.cpp/") {
            Some((_, below)) if word.starts_with('/') => below,
            _ => word,
        })
        .collect();
    words.join(" ").chars().take(limits::WORDS_BYTES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_inside_are_shown_without_escapes_or_places() {
        let raw = "\u{1b}[31m/home/x/y-0.1/llama.cpp/src/vocab.cpp:25: ASSERT(a == b) failed\n";
        assert_eq!(
            clean(raw),
            "[31m/home/x/y-0.1/llama.cpp/src/vocab.cpp:25: ASSERT(a == b) failed"
        );
        let raw = "/home/x/y-0.1/llama.cpp/src/vocab.cpp:25: ASSERT(a\u{9b} == b) failed\r\n";
        assert_eq!(clean(raw), "src/vocab.cpp:25: ASSERT(a == b) failed");
        assert_eq!(clean(&"long ".repeat(10_000)).len(), limits::WORDS_BYTES);
    }
}
