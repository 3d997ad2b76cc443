//! Starts one sandbox for code and hands back what a parent has of a child process.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ringfence_policy::code::CodePlan;
use ringfence_policy::spec::{Level, SandboxSpec};
use ringfence_sandbox::{BackendName, ExitReport, LaunchError, Pending, Sandbox, Spawner, Stdio};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::error::{Doing, RunError};

/// The code's standard input.
#[derive(Debug)]
pub enum Input {
    /// Nothing to read.
    Null,
    /// A pipe; its other end is [`Child::stdin`].
    Pipe,
    /// A descriptor as it is. It must neither be writable nor lead anywhere the code must not reach: the end of a pipe
    /// whose other end the caller holds, or a file that is not the caller's (an owner changes the mode by any descriptor).
    Fd(OwnedFd),
}

/// What a sandbox was really built with.
#[derive(Debug, Clone)]
pub struct Started {
    /// Who built it.
    pub backend: BackendName,
    /// The level in force.
    pub level: Level,
    /// That level is lower than the one that was asked for, because the plan allows it.
    pub fallback: bool,
    /// Protections in force; ones missing or replaced under best effort have a leading `-`.
    pub protections: Vec<String>,
}

/// Code in its sandbox, seen as a child process. Dropping it kills everything inside.
#[derive(Debug)]
pub struct Child {
    /// Writing end of its standard input, for [`Input::Pipe`]; drop it to end the input.
    pub stdin: Option<OwnedFd>,
    /// Reading end of its standard output.
    pub stdout: OwnedFd,
    /// Reading end of its standard error.
    pub stderr: OwnedFd,
    /// What it was built with.
    pub started: Started,
    /// The sandbox itself.
    pub sandbox: Sandbox,
}

impl Child {
    /// Waits until every process inside is gone and says how the program ended. Can be repeated.
    ///
    /// # Errors
    /// When the spawner died.
    pub fn wait(&self) -> io::Result<ExitReport> {
        self.sandbox.wait()
    }

    /// Kills everything inside.
    pub fn kill(&self) {
        self.sandbox.kill();
    }

    /// Sends a signal to the program's process group.
    ///
    /// # Errors
    /// When the sandbox is gone.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        self.sandbox.signal(signal)
    }
}

impl AsFd for Child {
    /// Readable when [`Child::wait`] will not block for long.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.sandbox.as_fd()
    }
}

/// Builds the sandbox of a plan and starts its program. `plan.spec.claim.session` should be set: it names the cgroup.
///
/// # Errors
/// When a protection can not be installed, or the program not be executed; nothing is left behind then.
pub fn launch(spawner: &Spawner, plan: &CodePlan, input: Input) -> Result<Child, RunError> {
    let (streams, stdio) = Streams::new(input)?;
    let (pending, started) = build(spawner, plan, &stdio)?;
    drop(stdio);
    let sandbox = pending.release()?;
    Ok(streams.child(sandbox, started))
}

/// Our ends of the three streams.
pub(super) struct Streams {
    pub(super) stdin: Option<OwnedFd>,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

impl Streams {
    /// Makes the pipes; the second half goes to the sandbox.
    pub(super) fn new(input: Input) -> Result<(Self, Stdio), RunError> {
        let pipe = || {
            pipe_with(PipeFlags::CLOEXEC)
                .map_err(io::Error::from)
                .doing("making a pipe")
        };
        let (stdin, stdin_inside) = match input {
            Input::Null => (
                None,
                OwnedFd::from(File::open("/dev/null").doing("opening /dev/null")?),
            ),
            Input::Pipe => {
                let (read, write) = pipe()?;
                (Some(write), read)
            }
            Input::Fd(fd) => (None, fd),
        };
        let (stdout, stdout_inside) = pipe()?;
        let (stderr, stderr_inside) = pipe()?;
        let ours = Self {
            stdin,
            stdout,
            stderr,
        };
        let theirs = Stdio {
            stdin: stdin_inside,
            stdout: stdout_inside,
            stderr: stderr_inside,
        };
        Ok((ours, theirs))
    }

    pub(super) fn child(self, sandbox: Sandbox, started: Started) -> Child {
        Child {
            stdin: self.stdin,
            stdout: self.stdout,
            stderr: self.stderr,
            started,
            sandbox,
        }
    }
}

/// Builds the sandbox with the backend asked for. `auto` tries those of the level asked for, the strongest first; only a
/// plan that allows it goes on with a lower level, and the result says so.
///
/// # Errors
/// When no backend of that level can build it.
pub fn build(
    spawner: &Spawner,
    plan: &CodePlan,
    stdio: &Stdio,
) -> Result<(Pending, Started), RunError> {
    let mut spec = plan.spec.clone();
    let asked = spec.shape.level;
    let first = attempt(spawner, &plan.backend, &spec, stdio);
    let pending = match first {
        Ok(pending) => pending,
        Err(error) if plan.allow_fallback && asked == Level::High && !is_final(&error) => {
            tracing::warn!(
                "level high can not be had ({error}); going on at level standard, as allow_fallback says"
            );
            spec.shape.level = Level::Standard;
            let backend = match plan.backend.as_str() {
                "gvisor" => "auto",
                other => other,
            };
            attempt(spawner, backend, &spec, stdio)?
        }
        Err(error) => return Err(error),
    };
    let started = Started {
        backend: pending.backend,
        level: spec.shape.level,
        fallback: spec.shape.level != asked,
        protections: pending.protections.clone(),
    };
    Ok((pending, started))
}

/// Whether another backend would fail in the same way.
fn is_final(error: &RunError) -> bool {
    matches!(
        error,
        RunError::Launch(LaunchError::Spec(_) | LaunchError::Exec { .. } | LaunchError::Seccomp(_))
    )
}

fn attempt(
    spawner: &Spawner,
    backend: &str,
    spec: &SandboxSpec,
    stdio: &Stdio,
) -> Result<Pending, RunError> {
    let launch = |backend| {
        let stdio = copy(stdio).doing("copying the standard streams")?;
        Ok::<_, RunError>(spawner.launch(backend, spec, stdio)?)
    };
    let named: &[BackendName] = match (backend, spec.shape.level) {
        ("native", _) => &[BackendName::Native],
        ("bubblewrap", _) => &[BackendName::Bubblewrap],
        ("docker", _) => &[BackendName::Docker],
        ("gvisor", _) => &[BackendName::Gvisor],
        (_, Level::High) => &[BackendName::Gvisor, BackendName::Docker],
        (_, Level::Standard | Level::Custom) => &[BackendName::Native, BackendName::Bubblewrap],
    };
    let able = |candidate: &&BackendName| candidate.level() >= spec.shape.level;
    let candidates: Vec<&BackendName> = named.iter().filter(able).collect();
    let mut refusals: Vec<(BackendName, RunError)> = Vec::new();
    for candidate in &candidates {
        match launch(**candidate) {
            Ok(pending) => {
                if let Some((name, why)) = refusals.first() {
                    tracing::warn!(
                        "{name} is not available ({why}); using {candidate} at the same level"
                    );
                }
                return Ok(pending);
            }
            Err(error) if is_final(&error) || candidates.len() == 1 => return Err(error),
            Err(error) => refusals.push((**candidate, error)),
        }
    }
    let level = spec.shape.level;
    let refusals = refusals
        .iter()
        .map(|(name, error)| format!("\n  {name}: {error}"));
    Err(RunError::NoBackendAtLevel {
        backend: backend.to_owned(),
        level: format!("{level:?}").to_lowercase(),
        refusals: refusals.collect(),
        mend: match level {
            Level::High => {
                "level high needs gVisor: install `runsc` (`apt-get install runsc`, or https://gvisor.dev/docs/user_guide/install/), or give Docker that runtime; `--level standard` shares the host kernel"
            }
            Level::Standard | Level::Custom => "`ringfence doctor` says what this machine lacks",
        },
    })
}

fn copy(stdio: &Stdio) -> io::Result<Stdio> {
    Ok(Stdio {
        stdin: stdio.stdin.try_clone()?,
        stdout: stdio.stdout.try_clone()?,
        stderr: stdio.stderr.try_clone()?,
    })
}
