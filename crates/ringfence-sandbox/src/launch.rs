//! The supervisor's side: [`start`], [`Spawner::launch`], [`Pending`], [`Sandbox`].

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Limits, Network, SeccompProfile, TerminalSize};
use rustix::process::Signal;

use crate::backend::BackendName;
use crate::bounds::{INNER_SOCKETS, STEP_MS};
use crate::capture::CaptureSockets;
use crate::docker::DockerHost;
use crate::error::{LaunchError, StartError};
use crate::protect::Journal;
use crate::report::{ExitReport, PeakMemory};
use crate::wire::{Answer, Build, Channel, Order, Report, Request};

/// Serves the hidden arguments (and never returns then), or forks the spawner. First line of `main`.
///
/// # Errors
/// When the fork fails, or threads exist already.
pub fn start() -> Result<Spawner, StartError> {
    crate::init::serve_hidden_arguments();
    let (builds, process) = crate::spawner::fork()?;
    Ok(Spawner {
        builds,
        process,
        state: None,
    })
}

/// The handle of the spawner. Dropping it ends the spawner and every sandbox that it started.
#[derive(Debug)]
pub struct Spawner {
    builds: Channel,
    process: OwnedFd,
    state: Option<PathBuf>,
}

/// The payload's standard streams when the spec asks for no terminal.
#[derive(Debug)]
pub struct Stdio {
    /// Standard input.
    pub stdin: OwnedFd,
    /// Standard output.
    pub stdout: OwnedFd,
    /// Standard error.
    pub stderr: OwnedFd,
}

impl Stdio {
    /// The caller's own.
    ///
    /// # Errors
    /// When one of them is closed, or a directory: a descriptor of a directory reaches past every grant.
    pub fn inherit() -> std::io::Result<Self> {
        Ok(Self {
            stdin: no_directory(std::io::stdin().as_fd())?,
            stdout: no_directory(std::io::stdout().as_fd())?,
            stderr: no_directory(std::io::stderr().as_fd())?,
        })
    }

    /// `/dev/null` for all three.
    ///
    /// # Errors
    /// When it can not be opened.
    pub fn null() -> io::Result<Self> {
        let null: OwnedFd = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")?
            .into();
        Ok(Self {
            stdin: null.try_clone()?,
            stdout: null.try_clone()?,
            stderr: null,
        })
    }
}

fn no_directory(stream: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let mode = rustix::fs::fstat(stream)?.st_mode;
    if rustix::fs::FileType::from_raw_mode(mode).is_dir() {
        let why = "a standard stream is a directory; redirect it from a file, or from /dev/null";
        return Err(io::Error::new(io::ErrorKind::IsADirectory, why));
    }
    stream.try_clone_to_owned()
}

impl Spawner {
    /// Where the journal of placeholders is kept (`STATE/journal/`). Without it a spec that needs one is refused.
    pub fn set_state_dir(&mut self, state: PathBuf) {
        self.state = Some(state);
    }

    /// Builds a sandbox up to the point where its payload could be executed. Blocks; any number of threads
    /// may launch at the same time.
    ///
    /// # Errors
    /// When a protection can not be installed; nothing is left behind then.
    pub fn launch(
        &self,
        backend: BackendName,
        spec: &SandboxSpec,
        stdio: Stdio,
    ) -> Result<Pending, LaunchError> {
        if let SeccompProfile::Custom { name, json } = &spec.shape.seccomp {
            crate::seccomp::check_seccomp_profile(name, json)?;
        }
        let (spec, journal) = crate::native::placeholders::hold(spec, self.state.as_deref())?;
        let spec = spec.as_ref();
        let spec_file = crate::parcel::pack(spec)?;
        let (control, control_inside) = Channel::pair().map_err(LaunchError::Spawner)?;
        let (requests, requests_inside) = Channel::pair().map_err(LaunchError::Spawner)?;
        let docker = match backend {
            BackendName::Docker => {
                let variable = std::env::var_os("DOCKER_HOST");
                let named = DockerHost::from_variable(variable.as_deref());
                Some(named.map_err(|e| LaunchError::Build(e.to_string()))?)
            }
            _ => None,
        };
        let build = Build {
            backend,
            session: spec.claim.session.clone(),
            // The engine keeps the limits of its containers; the keeper has none.
            limits: match docker {
                Some(_) => Limits::default(),
                None => spec.shape.limits.clone(),
            },
            docker,
            watched: spec.shape.seccomp != SeccompProfile::Agent,
        };
        let fds = [
            spec_file.as_fd(),
            control_inside.as_fd(),
            requests_inside.as_fd(),
            stdio.stdin.as_fd(),
            stdio.stdout.as_fd(),
            stdio.stderr.as_fd(),
        ];
        self.builds
            .send(&build, &fds)
            .map_err(LaunchError::Spawner)?;
        // Ours must be closed, or the death of the other side would never be seen.
        drop((control_inside, requests_inside, stdio));
        let mut life = Life {
            control,
            requests: Mutex::new(requests),
            first: None,
            init: None,
            journal: Mutex::new(journal),
        };
        let built = life.wait_until_built(spec)?;
        let resize = built
            .terminal
            .as_ref()
            .map(OwnedFd::try_clone)
            .transpose()
            .map_err(LaunchError::Spawner)?;
        Ok(Pending {
            capture: built.capture,
            terminal: built.terminal,
            protections: built.protections,
            backend,
            program: spec.claim.program.to_string_lossy().into_owned(),
            resize,
            collected: built.collected,
            life,
        })
    }
}

impl AsFd for Spawner {
    /// A pidfd: readable when the spawner is dead, and every sandbox with it.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }
}

/// What keeps a sandbox alive: dropping it kills every process and removes the placeholders.
#[derive(Debug)]
struct Life {
    control: Channel,
    requests: Mutex<Channel>,
    first: Option<OwnedFd>,
    init: Option<OwnedFd>,
    /// The placeholders on the host; released when the last process inside is gone.
    journal: Mutex<Option<Journal>>,
}

#[derive(Default)]
struct Built {
    capture: Option<CaptureSockets>,
    terminal: Option<OwnedFd>,
    collected: Option<OwnedFd>,
    protections: Vec<String>,
}

impl Life {
    /// Collects the reports of the construction, in whatever order the processes send them.
    fn wait_until_built(&mut self, spec: &SandboxSpec) -> Result<Built, LaunchError> {
        let mut built = Built::default();
        let captured = matches!(spec.claim.network, Network::Captured(_));
        let mut ready = false;
        while !ready || self.first.is_none() || (captured && built.capture.is_none()) {
            let (report, mut fds) = self.next_report()?;
            match report {
                Report::Started { protections } => {
                    self.first = fds.pop();
                    built.protections.splice(0..0, protections);
                }
                Report::Init => self.init = fds.pop(),
                Report::Capture(manifest) => {
                    built.capture =
                        Some(CaptureSockets::from_fds(&manifest, fds).ok_or_else(|| {
                            LaunchError::Build("the capture sockets did not arrive".into())
                        })?);
                }
                Report::Ready {
                    protections,
                    terminal,
                    collect,
                } => {
                    ready = true;
                    built.protections.extend(protections);
                    if collect {
                        built.collected = fds.pop();
                    }
                    if terminal {
                        built.terminal = fds.pop();
                    }
                }
                Report::Failed { text } => return Err(LaunchError::Build(text)),
                Report::Reaped { .. } => {
                    return Err(LaunchError::Build(
                        "the sandbox ended before it was built".into(),
                    ));
                }
                Report::Executed | Report::ExecFailed { .. } | Report::Exit { .. } => {
                    return Err(LaunchError::Build("reports out of order".into()));
                }
            }
        }
        Ok(built)
    }

    fn next_report(&self) -> Result<(Report, Vec<OwnedFd>), LaunchError> {
        if !self
            .control
            .readable_within(STEP_MS)
            .map_err(LaunchError::Spawner)?
        {
            return Err(LaunchError::Build(format!(
                "no progress within {} s",
                STEP_MS / 1000
            )));
        }
        let report = self.control.receive().map_err(LaunchError::Spawner)?;
        report.ok_or_else(|| LaunchError::Spawner(io::ErrorKind::UnexpectedEof.into()))
    }

    /// Kills pid 1, and the kernel everything else; the process that made it notices and ends by itself, so that the
    /// last report comes when nothing is left.
    fn kill(&self) {
        if let Some(pidfd) = self.init.as_ref().or(self.first.as_ref()) {
            let _ = rustix::process::pidfd_send_signal(pidfd, Signal::KILL);
        }
    }

    fn release_placeholders(&self) -> io::Result<()> {
        let journal = self
            .journal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        journal.map_or(Ok(()), |journal| {
            journal.release().map_err(io::Error::other)
        })
    }

    fn ask(&self, request: &Request) -> io::Result<(Answer, Vec<OwnedFd>)> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.send(request, &[])?;
        if !requests.readable_within(STEP_MS)? {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match requests.receive()? {
            Some((Answer::Failed { errno }, _)) => Err(io::Error::from_raw_os_error(errno)),
            Some(answer) => Ok(answer),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.kill();
        if self
            .journal
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
        {
            // The placeholders are busy inside until the sandbox is gone; the last report says so.
            while let Ok(true) = self.control.readable_within(STEP_MS) {
                match self.control.receive::<Report>() {
                    Ok(Some((Report::Reaped { .. }, _)) | None) | Err(_) => break,
                    Ok(Some(_)) => {}
                }
            }
            // What can not be removed now stays in the journal, and is swept at the next start.
            let _ = self.release_placeholders();
        }
    }
}

/// A sandbox whose payload waits for [`Pending::release`]. Dropping it kills the sandbox.
#[derive(Debug)]
pub struct Pending {
    /// The sockets to serve; `None` when the spec has no network.
    pub capture: Option<CaptureSockets>,
    /// The master of the payload's terminal, made from the sandbox's own devpts.
    pub terminal: Option<OwnedFd>,
    /// Protections in force, by name; missing ones under best effort have a leading `-`.
    pub protections: Vec<String>,
    /// Who built it.
    pub backend: BackendName,
    program: String,
    resize: Option<OwnedFd>,
    collected: Option<OwnedFd>,
    life: Life,
}

impl Pending {
    /// Executes the payload. Take [`Pending::capture`] and [`Pending::terminal`] out first; what is left in it is closed.
    ///
    /// # Errors
    /// [`LaunchError::Exec`] when the program can not be executed.
    pub fn release(self) -> Result<Sandbox, LaunchError> {
        let Self {
            program,
            life,
            resize,
            collected,
            ..
        } = self;
        life.control
            .send(&Order::Release, &[])
            .map_err(LaunchError::Spawner)?;
        loop {
            match life.next_report()?.0 {
                Report::Executed => {
                    return Ok(Sandbox {
                        life,
                        terminal: resize,
                        collected: Mutex::new(collected),
                        ended: Mutex::new(None),
                    });
                }
                Report::ExecFailed { errno } => {
                    return Err(LaunchError::Exec {
                        program,
                        source: io::Error::from_raw_os_error(errno),
                    });
                }
                Report::Failed { text } => return Err(LaunchError::Build(text)),
                Report::Reaped { .. } => {
                    return Err(LaunchError::Build(
                        "the sandbox ended before its payload began".into(),
                    ));
                }
                _ => {}
            }
        }
    }
}

/// A running sandbox. Dropping it kills it.
#[derive(Debug)]
pub struct Sandbox {
    life: Life,
    terminal: Option<OwnedFd>,
    collected: Mutex<Option<OwnedFd>>,
    ended: Mutex<Option<ExitReport>>,
}

impl Sandbox {
    /// Sends a signal to the payload's process group.
    ///
    /// # Errors
    /// When the sandbox is gone.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        self.life.control.send(&Order::Signal(signal), &[])
    }

    /// Tells the payload's terminal its new size; the foreground job inside gets `SIGWINCH`.
    ///
    /// # Errors
    /// When the sandbox has no terminal.
    pub fn resize(&self, size: TerminalSize) -> io::Result<()> {
        let terminal = self.terminal.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        let size = rustix::termios::Winsize {
            ws_row: size.rows,
            ws_col: size.cols,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        Ok(rustix::termios::tcsetwinsize(terminal, size)?)
    }

    /// Waits until every process of the sandbox is gone and says how the payload ended. Can be repeated.
    ///
    /// # Errors
    /// When the spawner died (every process of the sandbox died with it), or a placeholder could not be removed (it stays
    /// in the journal, and the next start sweeps it).
    pub fn wait(&self) -> io::Result<ExitReport> {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(report) = ended.as_ref() {
            return Ok(report.clone());
        }
        // What stays when the init itself is killed before it could report.
        let mut report = ExitReport {
            code: None,
            signal: Some(libc::SIGKILL),
            reason: "killed".into(),
            wall_ms: 0,
            peak_memory: None,
            peak_memory_of: None,
            cpu_ms: None,
            leftover: 0,
        };
        let mut tasks_ran_out = false;
        loop {
            match self.life.control.receive()? {
                Some((
                    Report::Exit {
                        code,
                        signal,
                        timeout,
                        wall_ms,
                        leftover,
                        seen,
                    },
                    _,
                )) => {
                    let reason = match (seen.killed_for, timeout, signal) {
                        (Some(limit), ..) => limit.as_str(),
                        (None, true, _) => "timeout",
                        (None, false, Some(_)) => "signal",
                        (None, false, None) => "exit",
                    };
                    tasks_ran_out = seen.pids_reached;
                    let (peak_memory, peak_memory_of) =
                        match (seen.watched_memory, seen.largest_process) {
                            (Some(bytes), _) => (Some(bytes), Some(PeakMemory::Watched)),
                            (None, Some(bytes)) => (Some(bytes), Some(PeakMemory::LargestProcess)),
                            (None, None) => (None, None),
                        };
                    report = ExitReport {
                        code,
                        signal,
                        reason: reason.into(),
                        wall_ms,
                        leftover,
                        peak_memory,
                        peak_memory_of,
                        cpu_ms: seen.cpu_ms,
                    };
                }
                Some((
                    Report::Reaped {
                        oom,
                        pids,
                        peak_memory,
                        cpu_ms,
                    },
                    _,
                )) => {
                    if let Some(bytes) = peak_memory {
                        report.peak_memory = Some(bytes);
                        report.peak_memory_of = Some(PeakMemory::Cgroup);
                    }
                    report.cpu_ms = cpu_ms.or(report.cpu_ms);
                    let pids = pids || tasks_ran_out;
                    // 137 is what a shell says whose last command was killed.
                    let killed = report.signal == Some(libc::SIGKILL)
                        || report.code == Some(128 + libc::SIGKILL);
                    if oom && killed && report.reason != "timeout" {
                        report.reason = "oom".into();
                    } else if pids && report.code != Some(0) && report.reason == "exit" {
                        report.reason = "pids".into();
                    }
                    *ended = Some(report.clone());
                    self.life.release_placeholders()?;
                    return Ok(report);
                }
                Some(_) => {}
                None => {
                    return Err(io::Error::new(
                        io::ErrorKind::BrokenPipe,
                        "the spawner has gone",
                    ));
                }
            }
        }
    }

    /// Kills every process of the sandbox.
    pub fn kill(&self) {
        self.life.kill();
    }

    /// The directory that [`Claim::collect`](ringfence_policy::spec::Claim::collect) names, once; it stays readable after the
    /// sandbox is gone, because the descriptor holds its file system.
    ///
    /// What lies in it was written by untrusted code. Open entries relative to it with `openat2` under
    /// `RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH` and `O_NONBLOCK`, and take regular files only (`fstat` after the opening): there may be
    /// symlinks to anywhere, FIFOs that nobody ever writes to, hard links, sparse files of any size, names with any byte but NUL
    /// and `/`. Wait for the end first, or files change while they are read.
    pub fn collected(&self) -> Option<OwnedFd> {
        self.collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Unconnected dual-stack TCP sockets made inside, to publish a port with: connect them to `::ffff:127.0.0.1` or `::1`.
    ///
    /// # Errors
    /// When the sandbox is gone, or more than 32 are asked for.
    pub fn inner_sockets(&self, count: usize) -> io::Result<Vec<OwnedFd>> {
        if count > INNER_SOCKETS {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "at most 32 sockets a call",
            ));
        }
        let (_, fds) = self.life.ask(&Request::Sockets { count })?;
        Ok(fds)
    }

    /// TCP ports on which something inside listens, sorted.
    ///
    /// # Errors
    /// When the sandbox is gone.
    pub fn listening_ports(&self) -> io::Result<Vec<u16>> {
        match self.life.ask(&Request::Listening)?.0 {
            Answer::Listening(ports) => Ok(ports),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// The process that owns the TCP or UDP socket bound to this local port inside.
    ///
    /// # Errors
    /// When the sandbox is gone.
    pub fn process_of(&self, port: u16) -> io::Result<Option<Process>> {
        match self.life.ask(&Request::ProcessOf { port })?.0 {
            Answer::Process(process) => Ok(process),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// A process inside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Process {
    /// Its pid in the sandbox's pid namespace.
    pub pid: u32,
    /// Its command name, escaped, at most 16 bytes before escaping.
    pub name: String,
}

impl AsFd for Sandbox {
    /// Readable when [`Sandbox::wait`] will not block for long.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.life.control.as_fd()
    }
}
