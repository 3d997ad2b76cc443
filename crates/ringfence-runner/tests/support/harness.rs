//! Runs the cases of a program of tests that can not have libtest's harness: the spawner has to be forked before there is a thread, and
//! the program is the runner's as well. As the user who runs it and, when that is root, once more as an ordinary user, through a copy.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use ringfence_sandbox::Spawner;

pub type Outcome = Result<(), String>;

/// How the reason of a case that could not be run begins.
const SKIPPED: &str = "SKIPPED: ";

/// The case can not be run here.
#[allow(dead_code, reason = "not every program has such cases")]
pub fn skipped(why: impl std::fmt::Display) -> Outcome {
    Err(format!("{SKIPPED}{why}"))
}

/// A run of the cases whose names have the first argument in them.
pub struct Run {
    base: tempfile::TempDir,
    filter: String,
    root: bool,
    began: Instant,
    passed: u32,
    failed: u32,
    ignored: u32,
    left_out: u32,
}

/// First of all in `main`. What comes instead of a run is the end of a runner, whose program this is as well.
pub fn begin() -> Result<(Run, Spawner), ExitCode> {
    if let Some(code) = ringfence_runner::serve() {
        return Err(code);
    }
    let spawner = ringfence_sandbox::start().expect("the spawner");
    let filter = std::env::args().nth(1).filter(|a| !a.starts_with('-'));
    let base = tempfile::Builder::new()
        .prefix("ringfence-test-")
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir()
        .expect("directory");
    let run = Run {
        base,
        filter: filter.unwrap_or_default(),
        root: rustix::process::getuid().is_root(),
        began: Instant::now(),
        passed: 0,
        failed: 0,
        ignored: 0,
        left_out: 0,
    };
    Ok((run, spawner))
}

/// Who runs the cases once more, after root.
#[derive(Default)]
pub struct Others<'a> {
    /// An ordinary user, who needs no account.
    pub ordinary: u32,
    /// A group that this user is in, besides an own one.
    pub group: Option<u32>,
    /// What this user's environment has as well.
    pub environment: &'a [(&'a str, &'a str)],
    /// Another run as root, of the cases with this in their names; how many runs failed.
    pub again: Option<fn(&str) -> u32>,
}

impl Run {
    /// A directory that goes with the run, and that every user may read.
    pub fn base(&self) -> &Path {
        self.base.path()
    }

    pub fn case(&mut self, name: &str, case: impl FnOnce() -> Outcome) {
        if !name.contains(&self.filter) {
            self.left_out += 1;
            return;
        }
        let who = if self.root { "root" } else { "ordinary user" };
        match case() {
            Ok(()) => {
                self.passed += 1;
                println!("{who}: {name} ... ok");
            }
            Err(why) if why.starts_with(SKIPPED) => {
                self.ignored += 1;
                eprintln!("{why}");
                println!("{who}: {name} ... not run");
            }
            Err(why) => {
                self.failed += 1;
                println!("{who}: {name} ... FAILED\n    {why}");
            }
        }
    }

    /// The sum, as libtest writes it, and the runs of others when this one is root's.
    pub fn end(self, others: &Others<'_>) -> ExitCode {
        let mut well = self.sum();
        // Also when some failed: all is told.
        if self.root {
            well &= self.as_ordinary_user(others);
            well &= others.again.is_none_or(|again| again(&self.filter) == 0);
        }
        match well {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }

    /// The sum of a run within a run, for the case that started it.
    #[allow(dead_code, reason = "not every program has such runs")]
    pub fn alone(self) -> ExitCode {
        match self.sum() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }

    fn sum(&self) -> bool {
        let ok = if self.failed == 0 { "ok" } else { "FAILED" };
        println!(
            "test result: {ok}. {} passed; {} failed; {} ignored; 0 measured; {} filtered out; finished in {:.2}s\n",
            self.passed,
            self.failed,
            self.ignored,
            self.left_out,
            self.began.elapsed().as_secs_f64()
        );
        self.failed == 0
    }

    fn as_ordinary_user(&self, others: &Others<'_>) -> bool {
        let copy = self.base().join("tests");
        std::fs::copy(std::env::current_exe().expect("own path"), &copy).expect("copy");
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).expect("mode");
        let home = self.base().join("ordinary");
        std::fs::create_dir_all(&home).expect("directory");
        let user = others.ordinary;
        std::os::unix::fs::chown(&home, Some(user), Some(user)).expect("chown");
        let mut command = match others.group {
            None => {
                let mut command = Command::new(&copy);
                command.uid(user).gid(user);
                command
            }
            Some(group) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={user}"))
                    .arg(format!("--regid={user}"))
                    .arg(format!("--groups={group}"))
                    .arg(&copy);
                command
            }
        };
        let status = command
            .arg(&self.filter)
            .env("TMPDIR", &home)
            .env("HOME", &home)
            .env_remove("XDG_CONFIG_HOME")
            .envs(others.environment.iter().copied())
            .current_dir("/")
            .status();
        status.expect("run").success()
    }
}
