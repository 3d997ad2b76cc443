//! Which `runsc` there is and whether it can be used.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::GvisorError;

/// Where it is looked for; the caller's `PATH` is not asked, because what it names runs with the caller's rights.
const PLACES: [&str; 5] = [
    "/usr/local/bin/runsc",
    "/usr/bin/runsc",
    "/usr/local/sbin/runsc",
    "/usr/sbin/runsc",
    "/run/current-system/sw/bin/runsc",
];

/// The oldest release that is used: the date in its version. What is older does not know `--overlay2`.
pub(super) const OLDEST: u32 = 20_221_219;

/// Longest answer that is read of it, in bytes.
const ANSWER_BYTES: u64 = 64 * 1024;

const UPDATE: &str =
    "update it (`apt-get install runsc`, or https://gvisor.dev/docs/user_guide/install/)";

/// An installed `runsc` that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tool {
    /// Its path.
    pub(crate) path: PathBuf,
    /// As it says itself: `0.0~20221219.0`, `release-20240729.0`.
    pub(crate) version: String,
    /// The day of the release: 20221219.
    date: u32,
}

impl Tool {
    /// Where it is installed.
    pub(crate) fn place() -> Result<PathBuf, GvisorError> {
        PLACES
            .into_iter()
            .map(PathBuf::from)
            .find(|path| path.is_file())
            .ok_or(GvisorError::Missing)
    }

    /// Finds it and asks it.
    pub(crate) fn find() -> Result<Self, GvisorError> {
        Asked::start(&Self::place()?)?.answer()
    }

    /// Whether it refuses the flag of `stat` and `statx` that coreutils set since version 9.
    pub(crate) fn old(&self) -> bool {
        self.date < 20_230_101
    }

    /// What it would use to intercept system calls: `systrap`, `ptrace`, `kvm`.
    pub(crate) fn platform(&self) -> Option<String> {
        let answer = Command::new(&self.path)
            .arg("flags")
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let text = [answer.stdout, answer.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        let (_, rest) = text.split_once("-platform string")?;
        let (_, rest) = rest.split_once("(default \"")?;
        rest.split_once('"').map(|(name, _)| name.to_owned())
    }
}

/// A `runsc` that was asked for its version and has not answered yet: it takes ten milliseconds, in which other things get done.
#[derive(Debug)]
pub(crate) struct Asked {
    path: PathBuf,
    child: Child,
}

impl Asked {
    pub(crate) fn start(path: &Path) -> Result<Self, GvisorError> {
        let child = Command::new(path)
            .arg("--version")
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| unusable(path, &e))?;
        Ok(Self {
            path: path.to_owned(),
            child,
        })
    }

    pub(crate) fn answer(mut self) -> Result<Tool, GvisorError> {
        let mut answer = String::new();
        let read = match self.child.stdout.take() {
            Some(stdout) => read(stdout, &mut answer),
            None => Ok(()),
        };
        let status = self.child.wait().map_err(|e| unusable(&self.path, &e))?;
        read.map_err(|e| unusable(&self.path, &e))?;
        if !status.success() {
            return Err(GvisorError::Unusable(format!(
                "{} --version: {status}; reinstall it",
                self.path.display()
            )));
        }
        from_answer(&self.path, &answer)
    }
}

fn read(stdout: impl Read, answer: &mut String) -> std::io::Result<()> {
    stdout.take(ANSWER_BYTES).read_to_string(answer).map(drop)
}

fn unusable(path: &Path, error: &std::io::Error) -> GvisorError {
    GvisorError::Unusable(format!("{}: {error}", path.display()))
}

/// `runsc version VERSION`, with the date of the release somewhere in it.
fn from_answer(path: &Path, answer: &str) -> Result<Tool, GvisorError> {
    let version = answer
        .lines()
        .find_map(|line| line.strip_prefix("runsc version "))
        .unwrap_or_default()
        .trim();
    let date = version
        .split(|c: char| !c.is_ascii_digit())
        .find(|digits| digits.len() == 8)
        .and_then(|digits| digits.parse::<u32>().ok());
    match date {
        None => Err(GvisorError::Unusable(format!(
            "{} does not say which release it is ({}); {UPDATE}",
            path.display(),
            version.chars().take(64).collect::<String>().escape_debug()
        ))),
        Some(date) if date < OLDEST => Err(GvisorError::Unusable(format!(
            "{} is of {date}, {OLDEST} or later is needed; {UPDATE}",
            path.display()
        ))),
        Some(date) => Ok(Tool {
            path: path.to_owned(),
            version: version.to_owned(),
            date,
        }),
    }
}

/// Opens what is installed there, to be shown to the sandbox.
pub(super) fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Symlinks are followed here: a distribution may have put one there, and nobody else can.
    File::options()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_CLOEXEC)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(answer: &str) -> Result<Tool, GvisorError> {
        from_answer(Path::new("/usr/bin/runsc"), answer)
    }

    #[test]
    fn versions() {
        let debian = tool("runsc version 0.0~20221219.0\nspec: 1.0.2-dev\n").expect("usable");
        assert_eq!(debian.version, "0.0~20221219.0");
        assert!(tool("runsc version release-20240729.0\nspec: 1.2.0\n").is_ok());
        let old = tool("runsc version release-20210101.0\n").expect_err("too old");
        assert!(old.to_string().contains("apt-get install runsc"), "{old}");
        assert!(tool("runsc version VERSION_MISSING\n").is_err());
        assert!(tool("").is_err());
    }

    #[test]
    fn missing_and_broken_ones() {
        assert!(Asked::start(Path::new("/nonexistent/runsc")).is_err());
        let broken = Asked::start(Path::new("/bin/false")).expect("starts");
        assert!(broken.answer().is_err());
        assert!(
            GvisorError::Missing
                .to_string()
                .contains("apt-get install runsc")
        );
    }
}
