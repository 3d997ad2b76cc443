//! A home and a workspace of a test's own, and the programs under test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A throw-away home with a workspace in it.
#[derive(Debug)]
pub struct Fixture {
    root: tempfile::TempDir,
    /// `HOME` of the caller.
    pub home: PathBuf,
    /// Working directory of the caller.
    pub workspace: PathBuf,
}

impl Fixture {
    /// Makes both directories.
    ///
    /// # Errors
    /// When the temporary directory can not be written.
    pub fn new() -> std::io::Result<Self> {
        let root = tempfile::Builder::new()
            .prefix("ringfence-e2e-")
            .tempdir()?;
        let home = root.path().canonicalize()?.join("home");
        let workspace = home.join("project");
        std::fs::create_dir_all(&workspace)?;
        Ok(Self {
            root,
            home,
            workspace,
        })
    }

    /// Writes a file below the home directory.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn write(&self, path: &str, text: &str) -> std::io::Result<PathBuf> {
        let file = self.home.join(path);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&file, text)?;
        Ok(file)
    }

    /// `ringfence` in this workspace, with nothing of the real environment but what programs need to run.
    pub fn ringfence(&self) -> Command {
        let mut command = Command::new(binary());
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .current_dir(&self.workspace)
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.home)
            .env("TERM", "xterm-256color");
        command
    }

    /// The root of both directories.
    pub fn root(&self) -> &Path {
        self.root.path()
    }
}

/// The `ringfence` that this test run built.
pub fn binary() -> PathBuf {
    let mut dir = std::env::current_exe().unwrap_or_default();
    dir.pop();
    if dir.ends_with("deps") {
        dir.pop();
    }
    dir.join("ringfence")
}

/// Runs a command to its end, with nothing to read. What it says has to fit the buffers of pipes.
///
/// # Errors
/// When it can not be run, or did not end in so much time and was killed; with what it said.
pub fn finish(command: &mut Command, patience: Duration) -> std::io::Result<Output> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let deadline = Instant::now() + patience;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            child.kill()?;
            let output = child.wait_with_output()?;
            let told = String::from_utf8_lossy(&output.stderr);
            let why = format!("no end after {patience:?}: {told}");
            return Err(std::io::Error::other(why));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.wait_with_output()
}

/// The Python in which the clients of model servers are, or `None` with the reason printed.
pub fn python() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv");
    if venv.join("bin/python").exists() {
        return Some(venv);
    }
    println!(
        "SKIPPED: {} is not there; scripts/test.sh makes it",
        venv.display()
    );
    None
}

/// An agent that `npm ci` put beside these tests, or `None` with the reason printed.
pub fn agent(name: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("node_modules/.bin")
        .join(name);
    if file.exists() {
        return Some(file);
    }
    println!("SKIPPED: {name} is not installed; `npm ci --prefix tests/e2e` installs it");
    None
}
