//! One container from its making to its removal.

use std::future::pending;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use bollard::container::{AttachContainerResults, LogOutput};
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, ContainerState};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, KillContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures_util::{Stream, StreamExt};
use ringfence_policy::SandboxSpec;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncWrite, AsyncWriteExt, Interest};
use tokio::time::{Instant, sleep_until, timeout};

use super::super::DockerError;
use super::super::engine::Engine;
use super::super::explain::{newer_api, no_image};
use super::super::inside::{Errand, GO, Greeting, Trailer, mark};
use super::super::scratch::Base;
use super::super::streams::{Sink, Trailing, feed};
use super::super::{body, scratch};
use crate::bounds::{REASON_BYTES, STEP_MS};
use crate::spawner::Job;
use crate::sys::watch::watch;
use crate::wire::{Answer, Channel, KilledFor, Order, Report, Request, Seen};

/// How long the rest of the output of a killed container may take.
const DRAIN: Duration = Duration::from_secs(10);
/// How long each step may take until the payload runs.
const STEP: Duration = Duration::from_millis(STEP_MS.unsigned_abs() as u64);
/// How often the engine is asked whether memory ran out when something was killed, and the pause between.
const OOM_LOOKS: u32 = 60;
const OOM_PAUSE: Duration = Duration::from_millis(50);
/// Longest line that the init greets with, in bytes.
const GREETING: usize = 4 * REASON_BYTES;

type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>;
type Input = Pin<Box<dyn AsyncWrite + Send>>;

pub(super) struct Life<'a> {
    pub(super) job: &'a Job,
    pub(super) engine: Engine,
    /// The image to be made when it is missing.
    pub(super) base: Option<&'a Base>,
    pub(super) errand: Errand,
    pub(super) spec: &'a SandboxSpec,
    pub(super) stand_in: OwnedFd,
}

/// Why the payload was killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Killed {
    /// The supervisor wants it dead, or is.
    Unwanted,
    /// It had its time.
    Late,
}

impl Life<'_> {
    /// The last report, if the payload has ended by itself or by a limit.
    pub(super) async fn live(
        mut self,
        request: ContainerCreateBody,
    ) -> Result<Option<Report>, DockerError> {
        let id = self.create(request).await?;
        if let Some(image) = &self.spec.shape.image
            && let Err(error) = self.look_at(image).await
        {
            let _ = self.engine.remove(&id).await;
            return Err(error);
        }
        let ended = self.run(&id).await;
        let removed = self.engine.remove(&id).await;
        let ended = ended?;
        removed.map(|()| ended)
    }

    async fn create(&mut self, request: ContainerCreateBody) -> Result<String, DockerError> {
        // At most: a newer API, then the base image, then done.
        for _ in 0..3 {
            let made = self.engine.docker.create_container(None, request.clone());
            let error = match made.await {
                Ok(made) => return Ok(made.id),
                Err(error) => error,
            };
            if newer_api(&error).is_some() && self.engine.follow(&error)? {
                continue;
            }
            match self.base {
                Some(base) if no_image(&error) => base.import(&self.engine).await?,
                _ => return Err(self.refused(error, &request)),
            }
        }
        Err(DockerError::step(
            "making the container",
            format_args!("the image {} does not stay", scratch::REPOSITORY),
        ))
    }

    /// Volumes of an image would be writable and without a bound.
    async fn look_at(&self, image: &str) -> Result<(), DockerError> {
        let found = self.engine.docker.inspect_image(image).await;
        let host = &self.engine.host;
        let found =
            found.map_err(|e| DockerError::of("looking at the image", e, host, Some(image)))?;
        let volumes = found.config.and_then(|config| config.volumes);
        match volumes.unwrap_or_default().first() {
            None => Ok(()),
            Some(volume) => Err(DockerError::Spec(format!(
                "the image {image} wants a volume at {volume}, which no limit would hold; use an image without VOLUME"
            ))),
        }
    }

    fn refused(&self, error: Error, request: &ContainerCreateBody) -> DockerError {
        let host = &self.engine.host;
        DockerError::of(
            "making the container",
            error,
            host,
            request.image.as_deref(),
        )
    }

    /// Everything between the making and the removal.
    async fn run(&self, id: &str) -> Result<Option<Report>, DockerError> {
        let watch = Watch::new(self)?;
        let options = AttachContainerOptionsBuilder::default()
            .stream(true)
            .stdin(true)
            .stdout(true)
            .stderr(true)
            .build();
        let attached = self.engine.docker.attach_container(id, Some(options)).await;
        let AttachContainerResults {
            mut output,
            mut input,
        } = attached.map_err(|e| self.engine.said("attaching to the container", e))?;
        let started = self.engine.docker.start_container(id, None).await;
        started.map_err(|e| self.engine.said("starting the container", e))?;
        let mut lines = Lines::default();
        let errno = tokio::select! {
            greeted = self.greet(id, &mut output, &mut input, &mut lines) => greeted?,
            () = watch.unwanted() => return Ok(None),
        };
        tokio::select! {
            released = watch.released() => if !released { return Ok(None) },
            () = watch.unwanted() => return Ok(None),
        }
        if let Some(errno) = errno {
            watch.report(&Report::ExecFailed { errno })?;
            return Ok(None);
        }
        let went = async {
            input.write_all(&[GO]).await?;
            input.flush().await
        };
        went.await
            .map_err(|e| DockerError::step("letting the payload begin", e))?;
        let going = tokio::select! {
            line = self.line(&mut output, &mut lines) => line?,
            () = watch.unwanted() => return Ok(None),
        };
        match serde_json::from_slice::<Greeting>(&going) {
            Ok(Greeting::Going) => {}
            Ok(Greeting::Failed(text)) => return Err(DockerError::Spec(text)),
            _ => return Err(self.silent(id, &going).await),
        }
        watch.report(&Report::Executed)?;
        let early = futures_util::stream::iter(lines.rest().into_iter().map(Ok));
        self.serve(id, Box::pin(early.chain(output)), input, &watch)
            .await
    }

    /// Gives the init its errand and hears whether everything stands.
    async fn greet(
        &self,
        id: &str,
        output: &mut Output,
        input: &mut Input,
        lines: &mut Lines,
    ) -> Result<Option<i32>, DockerError> {
        let json =
            serde_json::to_vec(&self.errand).map_err(|e| DockerError::step("the errand", e))?;
        let told = async {
            let length = u32::try_from(json.len()).map_err(std::io::Error::other)?;
            input.write_all(&length.to_le_bytes()).await?;
            input.write_all(&json).await?;
            input.flush().await
        };
        // An init that does not read any more says why on its own.
        let told = timeout(STEP, told).await;
        let line = self.line(output, lines).await?;
        match serde_json::from_slice::<Greeting>(&line) {
            Ok(Greeting::Ready {
                mut protections,
                errno,
            }) => {
                drop(told);
                protections.extend(protections_of(self.spec));
                let collected = match &self.spec.claim.collect {
                    Some(path) => Some(self.collected(id, path).await?),
                    None => None,
                };
                let ready = Report::Ready {
                    protections,
                    terminal: false,
                    collect: collected.is_some(),
                };
                let fds: Vec<_> = collected.iter().map(AsFd::as_fd).collect();
                self.job
                    .control
                    .send(&ready, &fds)
                    .map_err(|e| DockerError::step("reporting", e))?;
                Ok(errno)
            }
            Ok(Greeting::Failed(text)) => Err(DockerError::Spec(text)),
            Ok(Greeting::Going) | Err(_) => Err(self.silent(id, &line).await),
        }
    }

    /// The directory to be collected, opened from outside while nothing untrusted runs in it yet; the descriptor keeps its tmpfs.
    async fn collected(&self, id: &str, path: &Path) -> Result<OwnedFd, DockerError> {
        let state = self.state(id).await?;
        let step = |why: &str| {
            DockerError::step(
                format_args!("opening {} to collect from", path.display()),
                format_args!(
                    "{why}; the engine has to run on this machine, in the same pid namespace"
                ),
            )
        };
        let pid = state
            .pid
            .filter(|pid| *pid > 0)
            .ok_or_else(|| step("no process"))?;
        super::enter(pid, path).map_err(|e| step(&e.to_string()))
    }

    async fn line(&self, output: &mut Output, lines: &mut Lines) -> Result<Vec<u8>, DockerError> {
        let line = timeout(STEP, lines.next(output)).await;
        line.map_err(|_| {
            let reason = format_args!("no progress within {} s", STEP.as_secs()).to_string();
            DockerError::step("starting the container", reason)
        })
    }

    /// Why the container ended without a word of the init.
    async fn silent(&self, id: &str, said: &[u8]) -> DockerError {
        let state = self.state(id).await.unwrap_or_default();
        let said =
            String::from_utf8_lossy(said.get(..REASON_BYTES / 4).unwrap_or(said)).into_owned();
        let error = state.error.unwrap_or_default();
        let code = state.exit_code.unwrap_or(-1);
        DockerError::step(
            "starting the container",
            format_args!(
                "this binary did not run in it (exit code {code}): {}{}; unless it is linked statically, the image needs its libraries",
                error.trim(),
                said.trim()
            ),
        )
    }

    async fn state(&self, id: &str) -> Result<ContainerState, DockerError> {
        let found = self.engine.docker.inspect_container(id, None).await;
        let found = found.map_err(|e| self.engine.said("looking at the container", e))?;
        Ok(found.state.unwrap_or_default())
    }

    /// From the release to the end.
    async fn serve(
        &self,
        id: &str,
        output: Output,
        input: Input,
        watch: &Watch<'_>,
    ) -> Result<Option<Report>, DockerError> {
        let began = Instant::now();
        let limit = self.spec.shape.limits.wall_ms.map(Duration::from_millis);
        let deadline = limit.and_then(|limit| began.checked_add(limit));
        let (stdin, sinks) = self.streams()?;
        let mut trailing = Trailing::new(mark(&self.errand.nonce));
        let mut killed = None;
        {
            let mut pump = std::pin::pin!(pump(output, sinks, &mut trailing));
            let mut ended = std::pin::pin!(self.wait(id));
            let mut aside = std::pin::pin!(async {
                tokio::join!(
                    feed(stdin, input),
                    super::sweep(&self.engine),
                    self.answer(id, watch)
                );
                pending::<()>().await;
            });
            let late = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => pending().await,
                }
            };
            let mut gone = false;
            let mut late = std::pin::pin!(late);
            let mut unwanted = std::pin::pin!(watch.unwanted());
            let why = loop {
                tokio::select! {
                    () = &mut pump => break None,
                    () = &mut aside => break None,
                    () = &mut ended, if !gone => gone = true,
                    () = &mut late => break Some(Killed::Late),
                    () = &mut unwanted => break Some(Killed::Unwanted),
                }
            };
            if why == Some(Killed::Late) {
                self.kill(id, "SIGKILL").await;
                let _ = timeout(DRAIN, async {
                    tokio::select! {
                        () = &mut pump => {}
                        () = watch.unwanted() => {}
                    }
                })
                .await;
            }
            // Asked before, so that the answer is there as soon as it is one.
            if !gone && why != Some(Killed::Unwanted) {
                ended.await;
            }
            killed = why.or(killed);
        }
        if killed == Some(Killed::Unwanted) {
            return Ok(None);
        }
        let trailer = trailing.finish().ok();
        let trailer = trailer.and_then(|json| serde_json::from_slice::<Trailer>(&json).ok());
        let late = killed == Some(Killed::Late);
        let state = self.last_state(id, trailer.as_ref(), late).await?;
        let wall_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Some(end(&state, trailer, late, wall_ms)))
    }

    /// How it ended, as the engine says. That memory ran out it learns on another way than the end, and sometimes later.
    async fn last_state(
        &self,
        id: &str,
        trailer: Option<&Trailer>,
        late: bool,
    ) -> Result<ContainerState, DockerError> {
        let mut looks = OOM_LOOKS;
        loop {
            let state = self.state(id).await?;
            let killed = match trailer {
                Some(trailer) => by_kill(trailer),
                None => true,
            };
            let told = late
                || !killed
                || state.oom_killed == Some(true)
                || self.spec.shape.limits.memory.is_none();
            let settled = told && state.running != Some(true);
            looks -= 1;
            if settled || looks == 0 {
                return Ok(state);
            }
            tokio::time::sleep(OOM_PAUSE).await;
        }
    }

    fn streams(&self) -> Result<(OwnedFd, [Sink; 2]), DockerError> {
        let step = |e: std::io::Error| DockerError::step("standard streams", e);
        let [stdin, stdout, stderr] = &self.job.stdio;
        let own = |fd: &OwnedFd| fd.try_clone().map_err(step);
        Ok((
            own(stdin)?,
            [
                Sink::new(own(stdout)?).map_err(step)?,
                Sink::new(own(stderr)?).map_err(step)?,
            ],
        ))
    }

    async fn kill(&self, id: &str, signal: &str) {
        let options = KillContainerOptionsBuilder::default()
            .signal(signal)
            .build();
        let _ = self.engine.docker.kill_container(id, Some(options)).await;
    }

    async fn wait(&self, id: &str) {
        let options = WaitContainerOptionsBuilder::default()
            .condition("not-running")
            .build();
        let mut waited = std::pin::pin!(self.engine.docker.wait_container(id, Some(options)));
        let _ = waited.next().await;
    }

    /// Serves orders and requests as long as the payload runs.
    async fn answer(&self, id: &str, watch: &Watch<'_>) {
        let orders = async {
            while let Some(order) = watch.order().await {
                if let Order::Signal(number) = order {
                    self.kill(id, &number.to_string()).await;
                }
            }
        };
        let requests = async {
            while watch.request().await.is_some() {
                let errno = libc::EOPNOTSUPP;
                let _ = self.job.requests.send(&Answer::Failed { errno }, &[]);
            }
        };
        tokio::join!(orders, requests);
    }
}

/// The limits and locks that the engine keeps.
fn protections_of(spec: &SandboxSpec) -> Vec<String> {
    let limits = &spec.shape.limits;
    let mut all = match body::second_kernel(spec) {
        // gVisor takes no filter of the engine's.
        true => vec!["runtime:runsc".to_owned()],
        false => vec!["runtime:runc".to_owned(), "seccomp:engine".to_owned()],
    };
    let named = [
        ("memory", limits.memory.is_some()),
        ("pids", limits.pids.is_some()),
        ("cpu", limits.cpu_millis.is_some()),
        ("cpuset", limits.cpuset.is_some()),
    ];
    all.extend(
        named
            .into_iter()
            .filter(|(_, wanted)| *wanted)
            .map(|(name, _)| name.to_owned()),
    );
    all
}

fn by_kill(trailer: &Trailer) -> bool {
    trailer.signal == Some(libc::SIGKILL) || trailer.code == Some(128 + libc::SIGKILL)
}

/// How it ended, out of what the init said and what the engine says.
fn end(state: &ContainerState, trailer: Option<Trailer>, timeout: bool, wall_ms: u64) -> Report {
    let oom = state.oom_killed.unwrap_or(false);
    let told = trailer.unwrap_or_else(|| {
        let code = state.exit_code.and_then(|code| i32::try_from(code).ok());
        // Pid 1 itself was killed: by a limit, or by us.
        let killed = timeout || code == Some(128 + libc::SIGKILL);
        Trailer {
            code: code.filter(|_| !killed),
            signal: killed.then_some(libc::SIGKILL),
            wall_ms,
            leftover: 0,
            seen: Seen::default(),
        }
    });
    let killed = by_kill(&told);
    let mut seen = told.seen;
    if oom && killed && !timeout {
        seen.killed_for = Some(KilledFor::Oom);
    }
    Report::Exit {
        code: told.code,
        signal: told.signal,
        timeout,
        wall_ms: told.wall_ms,
        leftover: told.leftover,
        seen,
    }
}

/// The init's lines on standard error, and what came around them.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
    other: Vec<LogOutput>,
}

impl Lines {
    /// The next line, without its end; what there was when the stream ends or the line is over its limit.
    async fn next(&mut self, output: &mut Output) -> Vec<u8> {
        loop {
            if let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
                let rest = self.begun.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.begun, rest);
                line.pop();
                return line;
            }
            if self.begun.len() > GREETING {
                return std::mem::take(&mut self.begun);
            }
            match output.next().await {
                Some(Ok(LogOutput::StdErr { message })) => self.begun.extend_from_slice(&message),
                Some(Ok(message)) => self.other.push(message),
                Some(Err(_)) | None => return std::mem::take(&mut self.begun),
            }
        }
    }

    /// What the payload wrote already.
    fn rest(self) -> Vec<LogOutput> {
        let mut all = self.other;
        if !self.begun.is_empty() {
            all.push(LogOutput::StdErr {
                message: self.begun.into(),
            });
        }
        all
    }
}

/// Copies what the container writes to where the caller wants it, as fast as that is taken.
async fn pump(mut output: Output, [mut stdout, mut stderr]: [Sink; 2], trailing: &mut Trailing) {
    while let Some(Ok(message)) = output.next().await {
        match message {
            LogOutput::StdOut { message } => {
                stdout.write(&message).await;
            }
            LogOutput::StdErr { message } => {
                let payload = trailing.push(&message);
                stderr.write(&payload).await;
            }
            LogOutput::StdIn { .. } | LogOutput::Console { .. } => {}
        }
    }
}

/// The supervisor, the spawner and the stand-in.
struct Watch<'a> {
    control: &'a Channel,
    requests: &'a Channel,
    control_ready: AsyncFd<OwnedFd>,
    requests_ready: AsyncFd<OwnedFd>,
    spawner: AsyncFd<OwnedFd>,
    stand_in: AsyncFd<OwnedFd>,
    gone: tokio::sync::Notify,
}

impl<'a> Watch<'a> {
    fn new(life: &'a Life<'_>) -> Result<Self, DockerError> {
        let watched = |fd: std::os::fd::BorrowedFd<'_>| {
            fd.try_clone_to_owned()
                .and_then(|fd| watch(fd, Interest::READABLE).map_err(|(_, e)| e))
                .map_err(|e| DockerError::step("watching the supervisor", e))
        };
        let job = life.job;
        Ok(Self {
            control: &job.control,
            requests: &job.requests,
            control_ready: watched(job.control.as_fd())?,
            requests_ready: watched(job.requests.as_fd())?,
            spawner: watched(job.spawner.as_fd())?,
            stand_in: watched(life.stand_in.as_fd())?,
            gone: tokio::sync::Notify::new(),
        })
    }

    fn report(&self, report: &Report) -> Result<(), DockerError> {
        self.control
            .send(report, &[])
            .map_err(|e| DockerError::step("reporting", e))
    }

    /// When nobody wants the container any more.
    async fn unwanted(&self) {
        tokio::select! {
            _ = self.spawner.readable() => {}
            _ = self.stand_in.readable() => {}
            () = self.gone.notified() => {}
        }
    }

    /// Whether the release came, and not the supervisor's end.
    async fn released(&self) -> bool {
        matches!(self.order().await, Some(Order::Release))
    }

    /// The next order; `None` when the supervisor has gone, which [`Watch::unwanted`] tells as well.
    async fn order(&self) -> Option<Order> {
        let order = receive(self.control, &self.control_ready).await;
        if order.is_none() {
            self.gone.notify_one();
        }
        order
    }

    async fn request(&self) -> Option<Request> {
        receive(self.requests, &self.requests_ready).await
    }
}

async fn receive<T: serde::de::DeserializeOwned>(
    channel: &Channel,
    ready: &AsyncFd<OwnedFd>,
) -> Option<T> {
    let received = ready.async_io(Interest::READABLE, |_| {
        // Asked again right before: readiness may be stale, and receiving would block.
        match channel.readable_within(0)? {
            true => channel.receive::<T>(),
            false => Err(std::io::ErrorKind::WouldBlock.into()),
        }
    });
    received.await.ok().flatten().map(|(message, _)| message)
}
