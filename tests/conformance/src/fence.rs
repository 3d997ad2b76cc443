//! How a probe is run: without any fence, or inside one that `ringfence run` builds.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::limits::{OUTPUT, RUN};
use crate::probe::HIDDEN;

/// A probe with everything it needs.
#[derive(Debug, Clone)]
pub struct Job {
    /// Configuration file of the fence, in TOML.
    pub config: String,
    /// Home directory of the caller: decoys.
    pub home: PathBuf,
    /// `XDG_RUNTIME_DIR` of the caller: decoys.
    pub runtime_dir: PathBuf,
    /// Working directory, which is the workspace.
    pub cwd: PathBuf,
    /// Environment of the caller; a fence has to keep it out.
    pub env: BTreeMap<String, String>,
    /// Variables that the user passes in by name and value.
    pub pass: Vec<(String, String)>,
    /// Without a fence: arguments of the namespace helper that stands in for the internet.
    pub own_network: Option<Vec<String>>,
    /// Probe and its arguments.
    pub argv: Vec<String>,
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    /// Exit code.
    pub code: Option<i32>,
    /// Signal that ended it.
    pub signal: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// One line for a person.
    pub fn describe(&self) -> String {
        let last: String = self
            .stderr
            .lines()
            .rev()
            .take(4)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
            .join(" / ");
        match (self.code, self.signal) {
            (Some(code), _) => format!("exit code {code}: {last}"),
            (_, Some(signal)) => format!("signal {signal}: {last}"),
            _ => last,
        }
    }
}

/// Why a run says nothing.
#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    /// The program could not be started or its files not be made.
    #[error("{0}")]
    Start(#[from] std::io::Error),
    /// It did not end in time.
    #[error("no end after {} s", RUN.as_secs())]
    Timeout,
}

/// Something that runs probes.
pub trait Fence: Sync {
    /// Name for the table.
    fn name(&self) -> &str;
    /// Whether anything is enforced.
    fn fenced(&self) -> bool;
    /// Why a case says nothing about this fence, if it does not.
    fn unfit(&self, _case: &crate::case::Case) -> Option<String> {
        None
    }
    /// Runs a probe to its end.
    ///
    /// # Errors
    /// It could not be started or does not end.
    fn run(&self, job: &Job) -> Result<Ran, FenceError>;
    /// Starts a probe without waiting for it; standard output is a pipe. The child is the supervisor, if there is one.
    ///
    /// # Errors
    /// It could not be started.
    fn start(&self, job: &Job) -> Result<Child, FenceError>;
    /// As [`Fence::start`], with words before the program that start it in special circumstances.
    ///
    /// # Errors
    /// It could not be started.
    fn start_in(&self, before: &[&str], job: &Job) -> Result<Child, FenceError>;
}

/// No fence.
pub struct Bare {
    /// A binary that calls [`crate::probe::main`].
    pub program: PathBuf,
}

impl Bare {
    fn command(&self, job: &Job) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(HIDDEN);
        if let Some(helper) = &job.own_network {
            command.args(helper);
        }
        command.args(&job.argv);
        surroundings(&mut command, job);
        command.envs(job.pass.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Fence for Bare {
    fn name(&self) -> &str {
        "none"
    }
    fn fenced(&self) -> bool {
        false
    }
    fn run(&self, job: &Job) -> Result<Ran, FenceError> {
        finish(self.command(job).spawn()?)
    }
    fn start(&self, job: &Job) -> Result<Child, FenceError> {
        Ok(self.command(job).spawn()?)
    }
    fn start_in(&self, before: &[&str], job: &Job) -> Result<Child, FenceError> {
        let inner = self.command(job);
        let mut words = before.iter();
        let mut command = Command::new(words.next().unwrap_or(&""));
        command
            .args(words)
            .arg(inner.get_program())
            .args(inner.get_args());
        surroundings(&mut command, job);
        Ok(command.spawn()?)
    }
}

/// Rows that say nothing about a payload with a kernel of its own.
const BEHIND_GVISOR: [(&str, &str); 2] = [
    (
        "P9-level",
        "this backend gives level high; the row is about those that do not",
    ),
    (
        "N15-multipath",
        "its kernel knows no multipath TCP: there is nothing to leave by",
    ),
];

/// The fence of `ringfence run`, by its command line, as a user starts it.
pub struct CliFence {
    /// The `ringfence` binary; it is the probe as well.
    pub program: PathBuf,
    /// Value of `--backend`.
    pub backend: String,
}

impl CliFence {
    /// A fence of one backend.
    pub fn new(program: &Path, backend: &str) -> Self {
        CliFence {
            program: program.to_owned(),
            backend: backend.to_owned(),
        }
    }

    fn command(&self, before: &[&str], job: &Job) -> std::io::Result<Command> {
        let config = job.home.with_file_name("config.toml");
        std::fs::write(&config, &job.config)?;
        let mut words = before
            .iter()
            .map(std::ffi::OsString::from)
            .chain([self.program.clone().into_os_string()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        command.arg("--config").arg(&config).args([
            "run",
            "--no-prompt",
            "--backend",
            &self.backend,
        ]);
        command.arg("--ro").arg(&self.program);
        for (name, value) in &job.pass {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        command
            .arg("--")
            .arg(&self.program)
            .arg(HIDDEN)
            .args(&job.argv);
        surroundings(&mut command, job);
        Ok(command)
    }
}

impl Fence for CliFence {
    fn name(&self) -> &str {
        &self.backend
    }
    fn fenced(&self) -> bool {
        true
    }
    fn unfit(&self, case: &crate::case::Case) -> Option<String> {
        let (_, why) = BEHIND_GVISOR.iter().find(|(id, _)| *id == case.id)?;
        (self.backend == "gvisor").then(|| (*why).to_owned())
    }
    fn run(&self, job: &Job) -> Result<Ran, FenceError> {
        finish(self.command(&[], job)?.spawn()?)
    }
    fn start(&self, job: &Job) -> Result<Child, FenceError> {
        Ok(self.command(&[], job)?.spawn()?)
    }
    fn start_in(&self, before: &[&str], job: &Job) -> Result<Child, FenceError> {
        Ok(self.command(before, job)?.spawn()?)
    }
}

/// The same caller for both halves.
pub(crate) fn surroundings(command: &mut Command, job: &Job) {
    command.env_clear();
    for name in [
        "PATH",
        "LANG",
        "TERM",
        "USER",
        "LOGNAME",
        "RINGFENCE_STATE_DIR",
    ] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("HOME", &job.home)
        .env("XDG_RUNTIME_DIR", &job.runtime_dir)
        .envs(&job.env);
    command
        .current_dir(&job.cwd)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
}

/// Waits with a limit on time and output.
pub(crate) fn finish(mut child: Child) -> Result<Ran, FenceError> {
    let end = Instant::now() + RUN;
    let reader = |stream: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let Some(mut stream) = stream else {
                return String::new();
            };
            // What is beyond the limit is read and dropped, so that the writer does not hang.
            let _ = stream.by_ref().take(OUTPUT).read_to_end(&mut bytes);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let stdout = reader(
        child
            .stdout
            .take()
            .map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    );
    let stderr = reader(
        child
            .stderr
            .take()
            .map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    );
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    let (stdout, stderr) = (
        stdout.join().unwrap_or_default(),
        stderr.join().unwrap_or_default(),
    );
    match status {
        Some(status) => Ok(Ran {
            code: status.code(),
            signal: status.signal(),
            stdout,
            stderr,
        }),
        None => Err(FenceError::Timeout),
    }
}
