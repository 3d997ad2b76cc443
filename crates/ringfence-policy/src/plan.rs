//! From (what was written, what the command line says, what the host is like) to one plan that is infallible to use.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::decision::Route;
pub use crate::policy::Policy;
use crate::spec::{Level, SandboxSpec, TerminalSize};

/// What the caller learned about this host; gathered by `ringfence-runtime`, so that planning stays pure.
#[derive(Debug, Clone, Default)]
pub struct HostFacts {
    /// Effective uid and gid of the caller.
    pub uid: u32,
    /// Effective gid of the caller.
    pub gid: u32,
    /// Login name.
    pub user: String,
    /// Home directory, canonical.
    pub home: PathBuf,
    /// Working directory, canonical: the workspace.
    pub cwd: PathBuf,
    /// The caller's environment.
    pub env: BTreeMap<String, String>,
    /// The resolved program: path as found on PATH, canonical path, and the directories it needs read-only (install prefix).
    pub program: Option<Program>,
    /// Hosts behind `@pip`, `@npm`, …, as this machine's own client configuration names them.
    pub named_sets: BTreeMap<String, BTreeSet<String>>,
    /// Root entries of the host that are symlinks into /usr (`/bin` → `usr/bin`), path to text.
    pub root_links: BTreeMap<PathBuf, PathBuf>,
    /// Candidate paths that exist (canonical), out of those [`candidate_paths`] lists.
    pub existing: BTreeSet<PathBuf>,
    /// For a linked worktree: the git directory and common directory outside the workspace.
    pub git_dirs: Vec<PathBuf>,
    /// The trust anchors in PEM as the session bundle will hold them (system roots + session CA), and where files that are overlaid with it are.
    pub ca_bundle_overlays: Vec<PathBuf>,
    /// Terminal of the caller, if it has one.
    pub terminal: Option<TerminalSize>,
}

/// The program to run.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Canonical path.
    pub path: PathBuf,
    /// Directories outside the system ones that have to be visible read-only for it to run.
    pub needs: Vec<PathBuf>,
}

/// What the command line of `ringfence run` says, already parsed.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Tool name (a `[tools.NAME]` section or shipped preset), or `None` for a bare command.
    pub tool: Option<String>,
    /// Command and arguments. With a tool: the arguments only.
    pub argv: Vec<String>,
    /// `--level`.
    pub level: Option<Level>,
    /// `--backend`.
    pub backend: Option<String>,
    /// `--allow`.
    pub allow: Vec<String>,
    /// `--block`.
    pub block: Vec<String>,
    /// `--ro`.
    pub ro: Vec<PathBuf>,
    /// `--rw`.
    pub rw: Vec<PathBuf>,
    /// `--env NAME` or `--env NAME=VALUE`.
    pub env: Vec<(String, Option<String>)>,
    /// `-p [HOST:]INSIDE`.
    pub publish: Vec<(u16, u16)>,
    /// `--no-prompt`.
    pub no_prompt: bool,
}

/// Everything decided before anything is started.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is asked for each access.
    pub policy: Policy,
    /// What is built.
    pub spec: SandboxSpec,
    /// Backend asked for: `auto`, `native`, `bubblewrap`.
    pub backend: String,
    /// Credentials, by name.
    pub credentials: Vec<Credential>,
    /// Placeholders and template variables that the runtime fills in before launch, see [`Plan::fill`].
    pub env_templates: BTreeMap<String, String>,
    /// Gateway to probe at start.
    pub gateway: Option<Gateway>,
    /// Seconds until a prompt counts as denied.
    pub prompt_timeout_s: u64,
    /// Sensitive operations that ask: `credential`, `publish`, `upload`.
    pub ask_for: AskFor,
    /// Ports to publish: (host, inside).
    pub publish: Vec<(u16, u16)>,
    /// DNS servers to use instead of the system's.
    pub resolvers: Vec<SocketAddr>,
    /// Audit sinks.
    pub audit: Vec<AuditSink>,
    /// Name shown in prompts.
    pub display_name: String,
    /// Non-fatal remarks for the person.
    pub remarks: Vec<String>,
}

/// Sensitive operations that ask first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AskFor {
    /// First use of each credential.
    pub credential: bool,
    /// Publishing a port.
    pub publish: bool,
    /// A request body above this many bytes.
    pub upload_over: Option<u64>,
}

/// Where audit events go besides the session's own file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditSink {
    /// RFC 5424 over a unix datagram socket.
    SyslogUnix(PathBuf),
    /// RFC 5424 over UDP.
    SyslogUdp(SocketAddr),
    /// RFC 5424 over TCP (octet counting, RFC 6587).
    SyslogTcp(SocketAddr),
    /// The journal's native protocol.
    Journald,
}

/// A gateway that rewrites may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Where it is.
    pub route: Route,
}

/// A credential that the sandbox sees as a placeholder only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Its name.
    pub name: String,
    /// Hosts (dialled, after rewriting) that may receive it.
    pub hosts: Vec<String>,
    /// Environment variable that carries the placeholder inside, if any.
    pub env: Option<String>,
    /// Shape of the placeholder: `{}` is replaced by the random part.
    pub placeholder: String,
    /// How it is put into a request when the placeholder itself is not sent.
    pub inject: Option<Inject>,
    /// Where the real value comes from.
    pub source: CredentialSource,
}

/// Unconditional injection, for clients that send nothing themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inject {
    /// Header name and template (`Bearer {}`).
    Header(String, String),
    /// Query parameter name and template.
    Query(String, String),
}

/// Where a real credential comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSource {
    /// A variable of the caller's environment.
    Env(String),
    /// A file that the sandbox can not write.
    File(PathBuf),
    /// An absolute argv, no shell, run in `/`.
    Command(Vec<String>),
}
