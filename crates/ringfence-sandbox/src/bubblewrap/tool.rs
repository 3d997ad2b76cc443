//! Which `bwrap` there is and what it can do.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::BubblewrapError;

/// Where it is looked for; the caller's `PATH` is not asked, because what it names runs with the caller's rights.
const PLACES: [&str; 5] = [
    "/usr/bin/bwrap",
    "/bin/bwrap",
    "/usr/local/bin/bwrap",
    "/run/wrappers/bin/bwrap",
    "/run/current-system/sw/bin/bwrap",
];

/// Longest answer that is read of it, in bytes.
const ANSWER_BYTES: u64 = 64 * 1024;

/// An installed `bwrap` that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tool {
    /// Its path.
    pub(crate) path: PathBuf,
    /// As it says itself: `0.8.0`.
    pub(crate) version: String,
    /// `--disable-userns` (from 0.8).
    pub(crate) disable_userns: bool,
    /// Creates mount points without following symlinks (from 0.12).
    pub(crate) safe_mount_points: bool,
}

impl Tool {
    /// Finds it and asks it.
    pub(crate) fn find() -> Result<Self, BubblewrapError> {
        let path = PLACES
            .into_iter()
            .map(Path::new)
            .find(|path| path.is_file());
        Self::at(path.ok_or(BubblewrapError::Missing)?)
    }

    /// Asks the one at this path.
    pub(crate) fn at(path: &Path) -> Result<Self, BubblewrapError> {
        let version = ask(path, "--version")?;
        let help = ask(path, "--help")?;
        Self::from_answers(path, &version, &help)
    }

    fn from_answers(path: &Path, version: &str, help: &str) -> Result<Self, BubblewrapError> {
        let version = version.split_ascii_whitespace().nth(1).unwrap_or_default();
        let mut numbers = version.split('.').map(|n| n.parse::<u32>().ok());
        let (Some(Some(major)), Some(Some(minor))) = (numbers.next(), numbers.next()) else {
            return Err(BubblewrapError::Unusable(format!(
                "{} does not say its version; reinstall it",
                path.display()
            )));
        };
        let knows = |option: &str| help.split_ascii_whitespace().any(|word| word == option);
        // Without descriptors a source can be exchanged for a symlink between our look and its own (CVE-2024-42472).
        for needed in [
            "--bind-fd",
            "--ro-bind-fd",
            "--perms",
            "--size",
            "--args",
            "--as-pid-1",
        ] {
            if !knows(needed) {
                return Err(BubblewrapError::Unusable(format!(
                    "version {version} does not know {needed}; update it (0.10 or later, or a distribution's 0.6 to 0.9 \
                     with the fix for CVE-2024-42472), or use `--backend native`"
                )));
            }
        }
        Ok(Self {
            path: path.to_owned(),
            version: version.to_owned(),
            disable_userns: knows("--disable-userns"),
            safe_mount_points: (major, minor) >= (0, 12),
        })
    }
}

fn ask(path: &Path, option: &str) -> Result<String, BubblewrapError> {
    let unusable =
        |e: std::io::Error| BubblewrapError::Unusable(format!("{}: {e}", path.display()));
    let mut child = Command::new(path)
        .arg(option)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(unusable)?;
    let mut answer = String::new();
    let read = match child.stdout.take() {
        Some(stdout) => stdout.take(ANSWER_BYTES).read_to_string(&mut answer),
        None => Ok(0),
    };
    let status = child.wait().map_err(unusable)?;
    read.map_err(unusable)?;
    if status.success() {
        Ok(answer)
    } else {
        Err(BubblewrapError::Unusable(format!(
            "{} {option}: {status}",
            path.display()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "usage: bwrap\n --args FD\n --bind-fd FD DEST\n --ro-bind-fd FD DEST\n --perms OCTAL\n \
                        --size BYTES\n --as-pid-1\n";

    fn tool(version: &str, help: &str) -> Result<Tool, BubblewrapError> {
        Tool::from_answers(Path::new("/usr/bin/bwrap"), version, help)
    }

    #[test]
    fn versions() {
        let old = tool(
            "bubblewrap 0.8.0\n",
            &format!("{HELP} --disable-userns Disable"),
        )
        .expect("usable");
        assert_eq!(
            (
                old.version.as_str(),
                old.disable_userns,
                old.safe_mount_points
            ),
            ("0.8.0", true, false)
        );
        let new = tool("bubblewrap 0.12.1\n", HELP).expect("usable");
        assert_eq!((new.disable_userns, new.safe_mount_points), (false, true));
        assert!(
            tool("bubblewrap 1.0\n", HELP)
                .expect("usable")
                .safe_mount_points
        );
        assert!(tool("something else", HELP).is_err());
        assert!(tool("", HELP).is_err());
    }

    #[test]
    fn one_that_takes_no_descriptors_is_refused() {
        let help = HELP.replace("--bind-fd FD DEST\n --ro-bind-fd", "--ro-bind-fd-not");
        let error = tool("bubblewrap 0.6.1\n", &help).expect_err("refused");
        assert!(error.to_string().contains("CVE-2024-42472"), "{error}");
    }

    #[test]
    fn missing_and_broken_ones() {
        let error = Tool::at(Path::new("/nonexistent/bwrap")).expect_err("missing");
        assert!(matches!(error, BubblewrapError::Unusable(_)), "{error}");
        assert!(Tool::at(Path::new("/bin/false")).is_err());
        assert!(
            BubblewrapError::Missing
                .to_string()
                .contains("apt-get install bubblewrap")
        );
    }
}
