//! From (what was written, what the command line says, what the host is like) to one plan that is infallible to use.

pub use crate::planner::{
    Planner, candidate_paths, check, config_search_path, home_run_kind, host_run_kind, resolve,
    resolve_audit, resolve_policy, wanted_program,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::decision::Route;
pub use crate::policy::Policy;
use crate::spec::{Level, Mount, SandboxSpec, Source, TerminalSize};

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
    /// Hosts behind `@pip`, `@npm`, …, as this machine's own client configuration names them: the user's and the system's,
    /// never a file of the workspace.
    pub named_sets: BTreeMap<String, BTreeSet<String>>,
    /// Root entries of the host that are symlinks into /usr (`/bin` → `usr/bin`), path to text.
    pub root_links: BTreeMap<PathBuf, PathBuf>,
    /// Candidate paths that exist (as listed), out of those [`candidate_paths`] lists.
    pub existing: BTreeSet<PathBuf>,
    /// Candidate paths that exist and are no directories.
    pub files: BTreeSet<PathBuf>,
    /// Candidate paths that exist and lead through a symlink, to where they really are.
    pub resolved: BTreeMap<PathBuf, PathBuf>,
    /// Every directory below `worktrees/` and `modules/` (nested ones too) of the workspace's git directories, or `None`
    /// when nobody looked: then those two directories are read-only as a whole.
    pub git_linked: Option<Vec<PathBuf>>,
    /// For a linked worktree: the git directory and common directory outside the workspace. They become writable grants, so
    /// the caller names them only when the git directory's own `gitdir` file points back at the workspace's `.git`: a
    /// `.git` file that came with a checkout may point anywhere.
    pub git_dirs: Vec<PathBuf>,
    /// The trust anchors in PEM as the session bundle will hold them (system roots + session CA), and where files that are overlaid with it are.
    pub ca_bundle_overlays: Vec<PathBuf>,
    /// Java trust stores of this host, canonical.
    pub java_store_overlays: Vec<PathBuf>,
    /// Name and mail address that the user's own git configuration commits with; the sandbox does not see that file.
    pub git_identity: Option<(String, String)>,
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
    /// `--no-prompt`: what would be asked is refused.
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
    /// Variables whose value is a credential's placeholder, to the credential's name; [`Plan::fill`] sets them.
    pub env_templates: BTreeMap<String, String>,
    /// Files that are overlaid with the trust anchors of the session; [`Plan::fill`] mounts them.
    pub ca_overlays: Vec<PathBuf>,
    /// Java trust stores that are overlaid likewise.
    pub java_overlays: Vec<PathBuf>,
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
    /// A sink that fails stops the session.
    pub audit_required: bool,
    /// What the egress filter does at the network.
    pub filter: crate::FilterPlan,
    /// The tool, when it is not a bare command.
    pub tool: Option<String>,
    /// `general.log_level`, when written.
    pub log_level: Option<String>,
    /// Name shown in prompts.
    pub display_name: String,
    /// Non-fatal remarks for the person.
    pub remarks: Vec<String>,
}

/// What [`Plan::fill`] adds before launch.
#[derive(Debug, Clone)]
pub struct Fill<'a> {
    /// The session's identifier.
    pub session: &'a str,
    /// Host file with the system's roots and the session CA, in PEM.
    pub ca_bundle: &'a Path,
    /// Host file with the same anchors as a Java trust store; wanted when [`Plan::java_overlays`] is not empty.
    pub java_store: Option<&'a Path>,
    /// Placeholder of each credential, by its name.
    pub placeholders: &'a BTreeMap<String, String>,
}

impl Plan {
    /// Puts in what exists only once the session does: its name, the trust anchors, the placeholders.
    pub fn fill(&mut self, fill: &Fill<'_>) {
        let claim = &mut self.spec.claim;
        claim.session = fill.session.to_owned();
        let shown = |target: PathBuf, file: &Path, why: &str| Mount {
            target,
            source: Source::Bind {
                path: file.to_path_buf(),
                writable: false,
                optional: false,
            },
            why: why.to_owned(),
        };
        let own = "the trust anchors of this session";
        let overlay = "trust anchors at the place where programs look for them";
        let bundle = fill.ca_bundle;
        claim
            .mounts
            .push(shown(PathBuf::from(CA_PATH), bundle, own));
        let overlays = self.ca_overlays.drain(..);
        claim
            .mounts
            .extend(overlays.map(|target| shown(target, bundle, overlay)));
        if let Some(store) = fill.java_store {
            let overlays = self.java_overlays.drain(..);
            claim
                .mounts
                .extend(overlays.map(|target| shown(target, store, overlay)));
        }
        for (variable, credential) in &self.env_templates {
            if let Some(placeholder) = fill.placeholders.get(credential) {
                claim.env.insert(variable.clone(), placeholder.clone());
            }
        }
    }

    /// Policy, mounts and limits as text in a fixed order, for the digest in the audit log.
    pub fn digest_input(&self) -> String {
        let mut text = self.policy.canonical();
        let claim = &self.spec.claim;
        let shape = &self.spec.shape;
        let mut line = |kind: &str, what: String| {
            text.push_str(kind);
            text.push_str(&what);
            text.push('\n');
        };
        for mount in shape.root.iter().chain(&claim.mounts) {
            line(
                "mount: ",
                format!("{} {:?}", mount.target.display(), mount.source),
            );
        }
        for mask in &claim.masks {
            line("mask: ", mask.path.display().to_string());
        }
        for protected in &claim.protected {
            line("protected: ", protected.path.display().to_string());
        }
        line(
            "level: ",
            format!(
                "{:?} {:?} {:?} {:?}",
                shape.level, shape.seccomp, shape.landlock, shape.limits
            ),
        );
        text
    }
}

/// Where programs inside find the trust anchors of the session: what `${SANDBOX_CA_CERT}` expands to.
pub const CA_PATH: &str = "/run/ringfence/ca.pem";

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
    /// A named secret of the vault.
    Keys(String),
}
