//! What a sandbox is, independent of who builds it. Backends render it; it serialises.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A whole sandbox: what can be pooled ([`Shape`]) and what is bound to one user of it ([`Claim`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxSpec {
    /// What any number of claims can share.
    pub shape: Shape,
    /// What belongs to one claim; applied before the init seals the sandbox.
    pub claim: Claim,
}

/// The poolable half: root, limits, seccomp profile, level, identity inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// The isolation level that was asked for. Never lowered silently.
    pub level: Level,
    /// The system part of the mount table, parents before children.
    pub root: Vec<Mount>,
    /// Resource limits.
    pub limits: Limits,
    /// The seccomp profile by name.
    pub seccomp: SeccompProfile,
    /// Whether a kernel without Landlock stops the run.
    pub landlock: Requirement,
    /// Who the payload is inside.
    pub identity: Identity,
    /// The payload may make threads but no process, and execute nothing after itself.
    #[serde(default)]
    pub single_process: bool,
    /// The container image that stands in for the system part of [`Shape::root`], for the docker backend. Without one it builds
    /// the root from the mount table, as the others do.
    #[serde(default)]
    pub image: Option<String>,
}

/// The half that belongs to one claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The session this sandbox belongs to.
    pub session: String,
    /// Absolute path of the program, as seen inside.
    pub program: PathBuf,
    /// Arguments, `argv[0]` included.
    pub argv: Vec<String>,
    /// Working directory inside.
    pub cwd: PathBuf,
    /// The whole environment of the payload.
    pub env: BTreeMap<String, String>,
    /// Grants, parents before children, applied after [`Shape::root`].
    pub mounts: Vec<Mount>,
    /// Paths that must be absent or empty inside, even below a grant; applied after the grants.
    pub masks: Vec<Mask>,
    /// Paths below writable grants that must stay as they are; applied after the masks.
    pub protected: Vec<Protected>,
    /// The network intent.
    pub network: Network,
    /// A terminal of its own for the payload, or the caller's stdio when `None`.
    pub terminal: Option<TerminalSize>,
    /// A directory inside (a [`Source::Scratch`]) whose files the caller may read when the payload is gone.
    #[serde(default)]
    pub collect: Option<PathBuf>,
}

/// One entry of the mount table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// Where it appears inside. Absolute, normalised.
    pub target: PathBuf,
    /// What appears there.
    pub source: Source,
    /// Why the entry exists; printed by `--dry-run`.
    pub why: String,
}

/// What a [`Mount`] shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A host path, with everything mounted below it.
    Bind {
        /// Canonical host path (no symlink in it when the plan was made; the backend refuses one that appeared since).
        path: PathBuf,
        /// Writable from inside.
        writable: bool,
        /// Skip the entry when the host path does not exist, instead of stopping the run.
        optional: bool,
    },
    /// A private tmpfs.
    Tmpfs {
        /// Limit in bytes; `None` means the kernel's default (half the memory).
        size: Option<u64>,
        /// Permission bits of its root.
        mode: u32,
    },
    /// A private writable directory. All of one sandbox share one tmpfs, which [`Limits::disk`] bounds.
    Scratch {
        /// Permission bits.
        mode: u32,
    },
    /// A symlink with this text.
    Symlink(PathBuf),
    /// A read-only file made for this sandbox. With empty text and mode 0 it is one that is there and can not be opened
    /// (`EACCES`, where a missing one would say `ENOENT`): nobody inside has a capability, and the mode can not be changed.
    File {
        /// Contents.
        text: String,
        /// Permission bits.
        mode: u32,
    },
    /// A read-only binary file made for this sandbox (a Java trust store), base64 with padding.
    Base64 {
        /// Contents.
        data: String,
        /// Permission bits.
        mode: u32,
    },
    /// The file that an earlier entry of the table made at this path inside, shown here again (one CA bundle, many names).
    SameAs(PathBuf),
    /// A fresh `/proc` with the masked paths of the level.
    Proc,
    /// A minimal private `/dev` with its own devpts and `/dev/shm`.
    Dev,
}

/// A path that must not be readable inside, though a parent may be granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// Path inside.
    pub path: PathBuf,
    /// What it is when absent on the host below a writable grant: the placeholder that keeps it unwritable.
    pub absent: Placeholder,
    /// Why; printed by `--dry-run`.
    pub why: String,
}

/// A path below a writable grant that the host would run or obey later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protected {
    /// Path inside.
    pub path: PathBuf,
    /// What keeps the place where nothing exists yet.
    pub absent: Placeholder,
    /// Why; printed by `--dry-run`.
    pub why: String,
}

/// What stands on the host, journalled, while a protected path that does not exist is kept unwritable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placeholder {
    /// A file with this text, read-only inside.
    File(String),
    /// An empty directory, read-only inside.
    Directory,
    /// Nothing: only an existing path is protected.
    Nothing,
}

/// Isolation level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// What the user configured by hand; promises only what the plan lists.
    Custom,
    /// Namespaces, Landlock and seccomp on the host kernel.
    Standard,
    /// A second kernel between payload and host.
    High,
}

/// Resource limits. `None` is "no limit of ours".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of memory, swap excluded.
    pub memory: Option<u64>,
    /// Tasks (processes and threads).
    pub pids: Option<u64>,
    /// CPU quota in thousandths of one CPU.
    pub cpu_millis: Option<u64>,
    /// CPUs to pin to.
    pub cpuset: Option<Vec<usize>>,
    /// Wall-clock milliseconds.
    pub wall_ms: Option<u64>,
    /// Largest file in bytes.
    pub file_size: Option<u64>,
    /// Open descriptors per process.
    pub open_files: Option<u64>,
    /// Bytes that all [`Source::Scratch`] directories hold together.
    pub disk: Option<u64>,
    /// Bytes of standard output and standard error together; the payload is killed when it has written more. Kept by whoever
    /// reads the streams, not by the backend.
    pub output: Option<u64>,
    /// Names of limits that may be replaced by rlimits when they cannot be enforced: `memory`, `pids`, `cpu`.
    pub best_effort: Vec<String>,
}

/// Which seccomp profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeccompProfile {
    /// For interactive agents and their tools.
    Agent,
    /// For code in any language.
    Code,
    /// For a Python interpreter.
    Python,
    /// For Node.js.
    Node,
    /// The user's own.
    Custom {
        /// Where it was read from, for errors.
        name: String,
        /// JSON in the format of the OCI runtime specification (`linux.seccomp`).
        json: String,
    },
}

/// Whether a protection may be missing on this kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// Missing stops the run.
    Required,
    /// Missing is named in the result and in the audit log.
    BestEffort,
}

/// Who the payload is inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Numeric user inside. As an ordinary user this is the caller's own uid; as root an unprivileged one.
    pub uid: u32,
    /// Numeric group inside.
    pub gid: u32,
    /// Login name shown inside.
    pub user: String,
    /// Home directory inside.
    pub home: PathBuf,
    /// Host name inside.
    pub hostname: String,
}

/// The network intent of a sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// A network namespace with a loopback interface and nothing else.
    None,
    /// Every TCP connection and DNS query goes to the policy engine.
    Captured(Capture),
}

/// How captured traffic is offered inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// Port on the sandbox's 127.0.0.1 where the HTTP proxy listens.
    pub http_proxy_port: u16,
    /// Port on the sandbox's 127.0.0.1 where the SOCKS5 proxy listens.
    pub socks_port: u16,
    /// TCP ports served when the kernel has no `nft_tproxy` (80, 443 and those named in the policy).
    pub fallback_ports: Vec<u16>,
}

/// Rows and columns of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSize {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub cols: u16,
}
