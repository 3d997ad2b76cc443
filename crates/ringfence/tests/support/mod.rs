//! A home, a workspace and the real binary, as whoever runs the tests and, where that is root, as an ordinary user too.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)] // Each test binary uses a part of it.

pub mod front;
pub mod listening;
pub mod screen;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long anything may take on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// An ordinary user; it needs no entry in the list of users, so none is left behind.
const ORDINARY: u32 = 61_234;

/// A temporary home, workspace and copy of the binary, all owned by one user.
pub struct Place {
    dir: tempfile::TempDir,
    uid: Option<u32>,
}

/// What a finished run left.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub fn is_root() -> bool {
    effective_user() == 0
}

/// The effective user, as the owner of a file that this process makes.
fn effective_user() -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    tempfile::tempfile().unwrap().metadata().unwrap().uid()
}

/// As whoever runs the tests; root runs each as an ordinary user too.
pub fn places() -> Vec<Place> {
    let mut places = vec![Place::new()];
    if is_root() {
        places.push(Place::ordinary());
    }
    places
}

/// Says why a test did not run.
#[allow(
    clippy::print_stderr,
    reason = "the runner of the tests collects these lines"
)]
pub fn skipped(reason: &str) {
    eprintln!("SKIPPED: {reason}");
}

impl Place {
    pub fn new() -> Self {
        Self::of(None)
    }

    /// Needs root.
    pub fn ordinary() -> Self {
        Self::of(Some(ORDINARY))
    }

    /// An ordinary user with a name. Needs root.
    pub fn nobody() -> Self {
        Self::of(Some(65_534))
    }

    fn of(uid: Option<u32>) -> Self {
        let dir = tempfile::Builder::new().prefix("rf-cli").tempdir().unwrap();
        let place = Self { dir, uid };
        place.own("");
        for name in [
            "home",
            "home/.config",
            "home/.config/ringfence",
            "work",
            "bin",
            "run",
        ] {
            fs::create_dir(place.path(name)).unwrap();
            fs::set_permissions(place.path(name), fs::Permissions::from_mode(0o700)).unwrap();
            place.own(name);
        }
        // The build directory may be closed to the ordinary user.
        let built = env!("CARGO_BIN_EXE_ringfence");
        if fs::hard_link(built, place.binary()).is_err() {
            // Not by this process: a descriptor open for writing would leak into children that start meanwhile (ETXTBSY).
            assert!(
                Command::new("cp")
                    .arg(built)
                    .arg(place.binary())
                    .status()
                    .unwrap()
                    .success()
            );
        }
        place
    }

    pub fn who(&self) -> &'static str {
        if self.uid.is_some() || !is_root() {
            "ordinary user"
        } else {
            "root"
        }
    }

    pub fn is_root(&self) -> bool {
        self.uid.is_none() && is_root()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() {
            self.dir.path().to_owned()
        } else {
            self.dir.path().join(name)
        }
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn binary(&self) -> PathBuf {
        self.path("bin/ringfence")
    }

    fn own(&self, name: &str) {
        if let Some(uid) = self.uid {
            std::os::unix::fs::chown(self.path(name), Some(uid), Some(uid)).unwrap();
        }
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        self.own(name);
        path
    }

    pub fn mkdir(&self, name: &str) {
        fs::create_dir(self.path(name)).unwrap();
        self.own(name);
    }

    /// The user's configuration.
    pub fn config(&self, text: &str) -> PathBuf {
        self.write("home/.config/ringfence/config.toml", text)
    }

    /// A program of `bin`, which is on `PATH`.
    pub fn program(&self, name: &str, script: &str) {
        let path = self.write(&format!("bin/{name}"), script);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Any program in the workspace with this home, as the user of the place.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env(
                "PATH",
                format!(
                    "{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                    self.text("bin")
                ),
            )
            .current_dir(self.path("work"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(uid) = self.uid {
            command.uid(uid).gid(uid);
        }
        command
    }

    pub fn ringfence<S: AsRef<std::ffi::OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = self.command(self.binary());
        command.args(args);
        command
    }

    /// Runs `ringfence ARGS` to its end.
    pub fn run<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        finish(self.ringfence(args).spawn().unwrap())
    }

    /// Runs `ringfence run OPTIONS -- sh -c SCRIPT` to its end.
    pub fn sh(&self, options: &[&str], script: &str) -> Ran {
        self.run([&["run"], options, &["--", "sh", "-c", script]].concat())
    }

    /// The files of the audit directory with this ending, oldest first by name.
    pub fn audit(&self, ending: &str) -> Vec<PathBuf> {
        let directory = self.path("home/.local/state/ringfence/audit");
        let Ok(entries) = fs::read_dir(directory) else {
            return Vec::new();
        };
        let mut logs: Vec<PathBuf> = entries
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == ending))
            .collect();
        logs.sort();
        logs
    }
}

/// Waits for the end; a program that does not end is killed and fails the test.
pub fn finish(child: Child) -> Ran {
    let pid = child.id();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output: Output = receiver.recv_timeout(PATIENCE).map_or_else(
        |_| {
            signal("KILL", pid);
            panic!("did not end in time")
        },
        Result::unwrap,
    );
    use std::os::unix::process::ExitStatusExt as _;
    let code = output
        .status
        .code()
        .or(output.status.signal().map(|s| 1000 + s));
    Ran {
        code,
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Writes everything to the program and closes its input, from a thread.
pub fn feed(child: &mut Child, bytes: Vec<u8>) {
    let mut input = child.stdin.take().unwrap();
    std::thread::spawn(move || input.write_all(&bytes));
}

pub fn signal(name: &str, pid: u32) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Waits until it holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waiting for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn until_file(path: &Path) {
    until(&path.display().to_string(), || path.exists());
}

impl Ran {
    /// The code, or a failure that shows everything.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(
            self.code,
            Some(code),
            "\nout: {}\nerr: {}",
            self.out,
            self.err
        );
        self
    }

    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(
            self.err.contains(text),
            "{text:?} is not in the errors\n{}",
            self.err
        );
        self
    }

    #[track_caller]
    pub fn prints(&self, text: &str) -> &Self {
        assert!(
            self.out.contains(text),
            "{text:?} is not in the output\n{}\nerr: {}",
            self.out,
            self.err
        );
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|e| panic!("{e}\n{}\nerr: {}", self.out, self.err))
    }
}
