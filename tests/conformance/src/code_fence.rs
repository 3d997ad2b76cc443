//! A probe inside the fence of `ringfence exec`, for backends that give no captured network and no workspace.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::case::Case;
use crate::fence::{Fence, FenceError, Job, Ran, finish, surroundings};
use crate::probe::HIDDEN;

/// Where the docker backend shows this very binary, which is the probe.
const PROBE: &str = "/.ringfence-init";

/// What a case has to begin with to be about code without a workspace and without the proxy.
const FITTING: [&str; 26] = [
    "N13-dns-udp",
    "N13-dns-tcp",
    "N15-udp",
    "N15-vsock",
    "N15-alg",
    "N15-raw",
    "N15-packet",
    "N15-sctp",
    "N16-",
    "C4-environment",
    "C4-files",
    "C7-",
    "F4-",
    "F8-",
    "P1-session-bus",
    "P1-s",
    "P1-gpg-agent",
    "P1-keyring",
    "P1-wayland",
    "P1-pipewire",
    "P2-",
    "P3-",
    "P6-",
    "P13-",
    "P0-",
    "C5-arguments",
];

/// The fence of `ringfence exec --backend docker`.
pub struct CodeFence {
    program: PathBuf,
    level: &'static str,
    image: String,
    name: String,
}

impl CodeFence {
    /// A fence of the docker backend, of one level, on an image with a shell and the libraries of the probe.
    pub fn docker(program: &Path, level: &'static str, image: &str) -> Self {
        let runtime = if level == "high" { "runsc" } else { "runc" };
        Self {
            program: program.to_owned(),
            level,
            image: image.to_owned(),
            name: format!("docker+{runtime}"),
        }
    }

    fn command(&self, before: &[&str], job: &Job) -> std::io::Result<Command> {
        let config = job.home.with_file_name("config.toml");
        std::fs::write(&config, &job.config)?;
        let own = self.program.to_string_lossy().into_owned();
        let words: Vec<&str> = before.iter().copied().chain([own.as_str()]).collect();
        let mut command = Command::new(words.first().unwrap_or(&""));
        command.args(words.iter().skip(1));
        command.arg("--config").arg(&config);
        command.args(["exec", "--backend", "docker", "--level", self.level]);
        command.args(["--image", &self.image, "--limit", "time=60s"]);
        let script = std::iter::once(HIDDEN)
            .chain(job.argv.iter().map(String::as_str))
            .fold(format!("exec {PROBE}"), |script, word| {
                format!("{script} '{}'", word.replace('\'', "'\\''"))
            });
        command.args(["-l", "bash", "-c", &script]);
        surroundings(&mut command, job);
        // The case's own variables lay decoys; the engine is the caller's.
        match std::env::var_os("DOCKER_HOST") {
            Some(host) => command.env("DOCKER_HOST", host),
            None => command.env_remove("DOCKER_HOST"),
        };
        Ok(command)
    }
}

impl Fence for CodeFence {
    fn name(&self) -> &str {
        &self.name
    }
    fn fenced(&self) -> bool {
        true
    }
    fn unfit(&self, case: &Case) -> Option<String> {
        let fits = FITTING.iter().any(|start| case.id.starts_with(start));
        (!fits).then(|| {
            "needs a captured network, a workspace or `ringfence run`, which this backend refuses"
                .to_owned()
        })
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
