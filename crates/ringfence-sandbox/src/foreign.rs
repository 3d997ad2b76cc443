//! The sandbox of a model's runner in the words of two systems that Ringfence does not run on yet: a profile for macOS'
//! `sandbox-exec` ([`seatbelt`]) and rules of the Windows firewall ([`firewall`]). Text in, text out: nothing here reads a file or
//! asks the system, so all of it is tested wherever the tests run; what these texts do on macOS and Windows is not.
//!
//! Both take the [`SandboxSpec`] that Linux starts the runner with. What they can not express is refused; what neither a profile
//! nor a rule can hold (memory, processors, system calls) is named, so that nobody takes it for held.

pub mod firewall;
pub mod seatbelt;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Child, Command};

use ringfence_policy::spec::{Mount, Network, SandboxSpec, SeccompProfile, Source};

use crate::bounds;

/// Why a spec has no such text.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// The spec wants more than a runner has.
    #[error(
        "{platform} has no words of ours for {what}; only the sandbox of a model's process can be written down for it"
    )]
    Inexpressible {
        /// `macOS` or `Windows`.
        platform: &'static str,
        /// What it wants.
        what: String,
    },
    /// A path that can not be written down safely.
    #[error("the path {path:?} can not be used: {why}")]
    Path {
        /// The path, what is no UTF-8 in it replaced.
        path: String,
        /// What is wrong with it, and what would be right.
        why: &'static str,
    },
    /// A session whose name can not be part of a rule's name.
    #[error("the session {0:?} can not be part of a rule's name; use up to {max} letters, digits and hyphens", max = bounds::FOREIGN_SESSION_BYTES)]
    Session(String),
    /// Too many libraries.
    #[error("{found} files to read; the limit is {max}", max = bounds::FOREIGN_FILES)]
    TooMany {
        /// How many there are.
        found: usize,
    },
}

/// What a runner's sandbox comes down to when only its network, its files and its processes are looked at.
#[derive(Debug)]
struct Room<'a> {
    /// The program's file on the host.
    program: &'a Path,
    /// Other files that it reads, on the host: its libraries.
    files: Vec<&'a Path>,
    /// It has `/dev/null`.
    null: bool,
    /// It has sources of random numbers.
    random: bool,
    /// It makes no process.
    single: bool,
}

impl<'a> Room<'a> {
    fn of(spec: &'a SandboxSpec, platform: &'static str) -> Result<Self, ForeignError> {
        let refuse = |what: &str| ForeignError::Inexpressible {
            platform,
            what: what.to_owned(),
        };
        let (shape, claim) = (&spec.shape, &spec.claim);
        if claim.network != Network::None {
            return Err(refuse("a network, even a watched one"));
        }
        let more = [
            (claim.terminal.is_some(), "a terminal"),
            (claim.collect.is_some(), "files that are collected"),
            (shape.image.is_some(), "a container image"),
            (
                !claim.masks.is_empty(),
                "paths that are hidden below a grant",
            ),
            (
                !claim.protected.is_empty(),
                "paths that are protected below a grant",
            ),
            (
                shape.level == ringfence_policy::spec::Level::High,
                "level high",
            ),
        ];
        if let Some((_, what)) = more.iter().find(|(wanted, _)| *wanted) {
            return Err(refuse(what));
        }
        let mut room = Self {
            program: Path::new(""),
            files: Vec::new(),
            null: false,
            random: false,
            single: shape.single_process,
        };
        let mut program = None;
        for Mount { target, source, .. } in shape.root.iter().chain(&claim.mounts) {
            match source {
                Source::Bind { writable: true, .. } => return Err(refuse("a place to write to")),
                Source::Bind { path, .. } if *target == claim.program => program = Some(path),
                Source::Bind { path, .. } if path == Path::new("/dev/null") => room.null = true,
                Source::Bind { path, .. } => room.files.push(path),
                Source::Dev => (room.null, room.random) = (true, true),
                // There is none on either system, and nothing of it is a right.
                Source::Proc => {}
                _ => return Err(refuse("a file or a directory that is made for it")),
            }
        }
        room.program = program.ok_or_else(|| refuse("a program that is not in its mount table"))?;
        // One library under several names is one file.
        room.files.sort_unstable();
        room.files.dedup();
        match room.files.len() {
            found if found > bounds::FOREIGN_FILES => Err(ForeignError::TooMany { found }),
            _ => Ok(room),
        }
    }
}

/// What a spec asks for that neither a profile nor a firewall rule holds.
fn not_held(spec: &SandboxSpec) -> Vec<String> {
    let limits = &spec.shape.limits;
    let named = [
        (limits.memory.is_some(), "memory"),
        (limits.pids.is_some(), "tasks"),
        (
            limits.cpu_millis.is_some() || limits.cpuset.is_some(),
            "processors",
        ),
        (limits.wall_ms.is_some(), "wall time"),
        (limits.file_size.is_some(), "size of files"),
        (limits.open_files.is_some(), "open descriptors"),
        (limits.disk.is_some(), "disk"),
        (limits.output.is_some(), "output"),
    ];
    let limits = named.iter().filter(|(asked, _)| *asked);
    let mut list: Vec<String> = limits
        .map(|(_, name)| format!("the limit on {name}"))
        .collect();
    list.push(match &spec.shape.seccomp {
        SeccompProfile::Custom { name, .. } => format!("the filter of system calls {name:?}"),
        _ => "the filter of system calls".into(),
    });
    list
}

/// A path as text: UTF-8, absolute in the sense of the caller, of a bounded length, without `.` and `..`.
fn text(path: &Path, separator: char) -> Result<&str, ForeignError> {
    let wrong = |why| ForeignError::Path {
        path: path.to_string_lossy().into_owned(),
        why,
    };
    let text = path
        .to_str()
        .ok_or_else(|| wrong("it is no UTF-8; rename it"))?;
    if text.len() > bounds::FOREIGN_PATH_BYTES {
        return Err(wrong("it is longer than any such path is"));
    }
    if text
        .split(separator)
        .any(|part| part == "." || part == "..")
    {
        return Err(wrong(
            "it has a part `.` or `..`; give the path that it leads to",
        ));
    }
    Ok(text)
}

/// The only step that is bound to a platform: runs an argument vector made here, and refuses on any other system than the one it
/// is for. [`seatbelt::command`] and [`firewall::Rules::add`] make such vectors.
///
/// # Errors
/// [`io::ErrorKind::Unsupported`] on another system, or what starting the program came to.
pub fn start(platform: Platform, argv: &[OsString]) -> io::Result<Child> {
    if std::env::consts::OS != platform.name() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "this is for {}, and this system is {}",
                platform.name(),
                std::env::consts::OS
            ),
        ));
    }
    let (program, rest) = argv
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "an empty command"))?;
    let mut command = Command::new(program);
    command.args(rest);
    if platform == Platform::Macos {
        // The runner's: it needs nothing of the caller's environment.
        command.env_clear();
    }
    command.spawn()
}

/// A system that texts are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// macOS, by `sandbox-exec`.
    Macos,
    /// Windows, by its firewall.
    Windows,
}

impl Platform {
    /// As the language calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Macos => "macos",
            Self::Windows => "windows",
        }
    }
}
