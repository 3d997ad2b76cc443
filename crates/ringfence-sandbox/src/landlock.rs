//! Landlock as a second lock on the file system, above the mounts: everything visible may be read and
//! executed, only what the spec makes writable may be written. (The crate is `::landlock`.)
//!
//! Rules only add up, so read-only parts below a writable grant are the mounts' business alone. What
//! Landlock adds: a mount that should not be writable but is, a descriptor handed in read-only that
//! is opened again through `/proc/self/fd`, and signals and abstract sockets to processes outside.

#[cfg(test)]
mod tests;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use ::landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, Scope, make_bitflags,
};
use ringfence_policy::spec::{Requirement, SandboxSpec, Source};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

/// Why Landlock could not be used though the spec requires it.
#[derive(Debug, thiserror::Error)]
pub enum LandlockError {
    /// Not on this kernel.
    #[error(
        "landlock: {0}; boot with `lsm=landlock,…` on a kernel from 5.19 on, or set `landlock = \"best_effort\"` under [sandbox]"
    )]
    Unavailable(String),
    /// A path of the mount table can not be named in a rule.
    #[error("landlock: {path}: {source}")]
    Path {
        /// The path inside.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The kernel refused the ruleset.
    #[error("landlock: {0}")]
    Ruleset(#[from] RulesetError),
}

/// A ruleset ready to be enforced.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// `landlock` (or `-landlock` when missing under best effort) and alike.
    pub(crate) protections: Vec<String>,
    rules: Option<RulesetCreated>,
}

/// The first ABI that can be used: before it, renaming across directories is refused altogether.
const ABI_MIN: u32 = 2;

/// Rights that exist but are missing on older ABIs: (first ABI, name in the list of protections).
const LATER: &[(u32, &str)] = &[
    (3, "landlock-truncate"),
    (5, "landlock-ioctl"),
    (6, "landlock-scopes"),
];

/// What may be done below a path. Reading and executing is allowed everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Read, list, execute.
    Read,
    /// Everything.
    Write,
    /// Open existing files for writing, and device ioctls: `/dev` and `/proc`, where nothing is created.
    Use,
}

impl Class {
    fn access(self) -> BitFlags<AccessFs> {
        let read = AccessFs::from_read(ABI::V5);
        match self {
            Self::Read => read,
            Self::Write => read | AccessFs::from_write(ABI::V5),
            Self::Use => read | make_bitflags!(AccessFs::{WriteFile | Truncate | IoctlDev}),
        }
    }
}

/// Rights that mean something on a file.
const ON_FILES: BitFlags<AccessFs> =
    make_bitflags!(AccessFs::{Execute | ReadFile | WriteFile | Truncate | IoctlDev});

/// The ABI of this kernel, or why there is none to use.
pub(crate) fn available() -> Result<u32, LandlockError> {
    let unavailable = |text: String| Err(LandlockError::Unavailable(text));
    match crate::sys::landlock::abi() {
        Ok(abi) if abi >= ABI_MIN => Ok(abi),
        Ok(abi) => unavailable(format!("ABI {abi} of this kernel is too old")),
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => {
            unavailable("built into this kernel, but switched off".into())
        }
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => {
            unavailable("not built into this kernel".into())
        }
        Err(error) => unavailable(error.to_string()),
    }
}

/// Builds the ruleset. Runs inside, after `pivot_root`, so paths are those of the sandbox; opens the paths, enforces nothing yet.
pub(crate) fn prepare(spec: &SandboxSpec) -> Result<Prepared, LandlockError> {
    prepare_with(spec, available())
}

fn prepare_with(
    spec: &SandboxSpec,
    abi: Result<u32, LandlockError>,
) -> Result<Prepared, LandlockError> {
    let abi = match (abi, spec.shape.landlock) {
        (Ok(abi), _) => abi,
        (Err(error), Requirement::Required) => return Err(error),
        (Err(_), Requirement::BestEffort) => {
            return Ok(Prepared {
                protections: vec!["-landlock".into()],
                rules: None,
            });
        }
    };
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?;
    for rule in rules_of(spec) {
        let fd = match open(&rule.path) {
            Ok(fd) => fd,
            Err(Errno::NOENT) if rule.optional => continue,
            Err(errno) => {
                return Err(LandlockError::Path {
                    path: rule.path,
                    source: errno.into(),
                });
            }
        };
        rules = add(rules, fd.as_fd(), rule.class.access())?;
    }
    let mut protections = vec!["landlock".to_owned()];
    protections.extend(LATER.iter().map(|(first, name)| {
        let missing = if abi < *first { "-" } else { "" };
        format!("{missing}{name}")
    }));
    Ok(Prepared {
        protections,
        rules: Some(rules),
    })
}

impl Prepared {
    /// Restricts the calling (single-threaded) process: the payload, after `no_new_privs`, before seccomp and exec.
    ///
    /// Descriptors 0 to 2 may be the caller's files: they can be opened again (`/dev/stdout`), but only in
    /// the mode in which they were handed in.
    pub(crate) fn enforce(self) -> Result<(), LandlockError> {
        let Some(mut rules) = self.rules else {
            return Ok(());
        };
        for fd in [
            rustix::stdio::stdin(),
            rustix::stdio::stdout(),
            rustix::stdio::stderr(),
        ] {
            let access = access_of(fd);
            if !access.is_empty() {
                rules = add(rules, fd, access)?;
            }
        }
        rules.restrict_self()?;
        Ok(())
    }
}

fn add(
    rules: RulesetCreated,
    fd: BorrowedFd<'_>,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, LandlockError> {
    let directory =
        rustix::fs::fstat(fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_dir());
    let access = if directory { access } else { access & ON_FILES };
    Ok(rules.add_rule(PathBeneath::new(fd, access))?)
}

/// Rights of a descriptor that was handed in. Pipes, sockets and what is closed need none; a file opened
/// for appending is not to be truncated.
fn access_of(fd: BorrowedFd<'_>) -> BitFlags<AccessFs> {
    let (Ok(stat), Ok(flags)) = (rustix::fs::fstat(fd), rustix::fs::fcntl_getfl(fd)) else {
        return BitFlags::EMPTY;
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile | FileType::CharacterDevice => {}
        _ => return BitFlags::EMPTY,
    }
    let read = make_bitflags!(AccessFs::{ReadFile | IoctlDev});
    let write = make_bitflags!(AccessFs::{WriteFile | IoctlDev});
    let access = match flags & OFlags::RWMODE {
        OFlags::RDWR => read | write,
        OFlags::WRONLY => write,
        _ => read,
    };
    if access.contains(AccessFs::WriteFile) && !flags.contains(OFlags::APPEND) {
        access | AccessFs::Truncate
    } else {
        access
    }
}

struct Rule {
    path: PathBuf,
    class: Class,
    optional: bool,
}

/// The rules of a spec, without looking at the file system.
fn rules_of(spec: &SandboxSpec) -> Vec<Rule> {
    let rule = |path: &Path, class, optional| Rule {
        path: path.to_owned(),
        class,
        optional,
    };
    let mut rules = vec![rule(Path::new("/"), Class::Read, false)];
    for mount in spec.shape.root.iter().chain(&spec.claim.mounts) {
        let target = mount.target.as_path();
        // The root itself is never writable, whatever it is made of.
        if target == Path::new("/") {
            continue;
        }
        match &mount.source {
            Source::Bind {
                writable: true,
                optional,
                ..
            } => rules.push(rule(target, Class::Write, *optional)),
            Source::Tmpfs { .. } | Source::Scratch { .. } => {
                rules.push(rule(target, Class::Write, false))
            }
            Source::Proc => rules.push(rule(target, Class::Use, false)),
            Source::Dev => {
                rules.push(rule(target, Class::Use, false));
                rules.push(rule(&target.join("shm"), Class::Write, true));
                rules.push(rule(&target.join("mqueue"), Class::Write, true));
            }
            Source::Bind {
                writable: false, ..
            }
            | Source::Symlink(_)
            | Source::File { .. }
            | Source::Base64 { .. }
            | Source::SameAs(_) => {}
        }
    }
    rules
}

fn open(path: &Path) -> Result<OwnedFd, Errno> {
    rustix::fs::openat2(
        rustix::fs::CWD,
        path,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        rustix::fs::ResolveFlags::NO_MAGICLINKS,
    )
}
