//! Plans for untrusted code: from (what the command line says, what was written, what the host is like) to one [`CodePlan`].
//!
//! Where a plan for an agent shows the workspace and opens the network under a policy, a plan for code shows nothing of the
//! user's: read-only system directories, the interpreter, the files that were named, scratch space, and no network.

mod courtesy;
mod environment;
mod language;
mod limits;
mod mounts;
mod network;
mod profile;
mod settings;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::compile::{Compiler, Layers};
use crate::config::ConfigSource;
use crate::filter::{FilterAction, FilterPlan};
use crate::plan::{AuditSink, HostFacts};
use crate::resolve::ResolveError;
use crate::spec::{
    Claim, Identity, Level, Network, Requirement, SandboxSpec, SeccompProfile, Shape, Source,
};

pub use language::Language;
pub use mounts::{CONTEXT_DIR, OUT_DIR, WORK_DIR};
pub use network::NetworkPlan;

#[cfg(test)]
mod tests;

/// Unprivileged uid and gid of the code when the caller is root.
const ROOT_RUNS_AS: u32 = 62_000;

/// What the command line of `ringfence exec` or `ringfence repl` says, already parsed; files are read already too.
#[derive(Debug, Clone, Default)]
pub struct CodeOptions {
    /// What runs.
    pub run: Run,
    /// Arguments for it.
    pub arguments: Vec<String>,
    /// Files shown read-only in [`WORK_DIR`].
    pub files: Vec<InputFile>,
    /// Documents shown read-only in [`CONTEXT_DIR`]; the filter knows their text.
    pub context: Vec<InputFile>,
    /// Whether [`OUT_DIR`] exists and its files come back.
    pub out: bool,
    /// `--limit`, each a list `NAME=VALUE,…`.
    pub limits: Vec<String>,
    /// `--level`.
    pub level: Option<Level>,
    /// `--backend`.
    pub backend: Option<String>,
    /// `--network`.
    pub network: Option<CodeNetwork>,
    /// `--allow`, with a network.
    pub allow: Vec<String>,
    /// `--block`, with a network.
    pub block: Vec<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--image`.
    pub image: Option<String>,
    /// `--filter`.
    pub filter: Option<FilterAction>,
    /// `--danger-no-isolation`.
    pub danger_no_isolation: bool,
    /// `--allow-fallback`.
    pub allow_fallback: bool,
    /// `--env NAME` or `--env NAME=VALUE`.
    pub env: Vec<(String, Option<String>)>,
    /// Wall time when nothing says otherwise, in milliseconds: 30 s for one program, `None` for a session.
    pub default_wall_ms: Option<u64>,
}

/// What code reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeNetwork {
    /// Nothing at all.
    #[default]
    None,
    /// What the policy allows.
    Policy,
}

/// What runs.
#[derive(Debug, Clone, Default)]
pub enum Run {
    /// A file in a language.
    Script {
        /// Its language.
        language: Language,
        /// The file; shown in [`WORK_DIR`].
        file: InputFile,
    },
    /// Code on the command line.
    Code {
        /// Its language.
        language: Language,
        /// The code.
        text: String,
    },
    /// Any program: the first of [`CodeOptions::arguments`] names it.
    #[default]
    Program,
    /// An interpreter with arguments of the caller's making.
    Interpreter(Language),
}

/// A file to show inside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InputFile {
    /// Its name inside, without a directory.
    pub name: String,
    /// What it is.
    pub content: Content,
    /// Where it is on the host, if it is a file there.
    pub path: Option<PathBuf>,
}

/// Where the bytes of an [`InputFile`] come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// They were read.
    Bytes(Vec<u8>),
    /// They are shown in place: a canonical host path.
    Host(PathBuf),
}

impl Default for Content {
    fn default() -> Self {
        Content::Bytes(Vec::new())
    }
}

/// Everything decided before any code is started.
#[derive(Debug, Clone)]
pub struct CodePlan {
    /// What is built.
    pub spec: SandboxSpec,
    /// Backend asked for: `auto`, `native`, `bubblewrap`, `gvisor`, `docker`.
    pub backend: String,
    /// Whether a level that can not be had may be replaced by a lower one; result and audit log say so then.
    pub allow_fallback: bool,
    /// What the proxy is made from, for code that has a network.
    pub network: Option<NetworkPlan>,
    /// How the program is started without a sandbox, for the backend `local`.
    pub local: Option<Local>,
    /// What the egress filter does.
    pub filter: FilterPlan,
    /// Bytes of all context documents that may leave in the life of the session.
    pub context_budget: Option<u64>,
    /// The context documents, for the filter.
    pub context: Vec<InputFile>,
    /// Audit sinks.
    pub audit: Vec<AuditSink>,
    /// A sink that fails stops the session.
    pub audit_required: bool,
    /// `general.log_level`, when written.
    pub log_level: Option<String>,
    /// Language, when it is known.
    pub language: Option<Language>,
    /// Name shown in the audit log.
    pub display_name: String,
    /// Non-fatal remarks for the person.
    pub remarks: Vec<String>,
}

/// A program on the bare host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Arguments, `argv[0]` included, with the host's paths.
    pub argv: Vec<String>,
}

impl CodePlan {
    /// Mounts, limits and profile as text in a fixed order, for the digest in the audit log.
    pub fn digest_input(&self) -> String {
        let SandboxSpec { shape, claim } = &self.spec;
        let network = self.network.as_ref();
        let mut text = network.map(NetworkPlan::canonical).unwrap_or_default();
        for mount in shape.root.iter().chain(&claim.mounts) {
            text.push_str(&format!(
                "mount: {} {:?}\n",
                mount.target.display(),
                mount.source
            ));
        }
        text.push_str(&format!(
            "level: {:?} {:?} {:?} {:?} {}\nnetwork: {:?}\nfilter: {:?}\n",
            shape.level,
            shape.seccomp,
            shape.landlock,
            shape.limits,
            shape.single_process,
            claim.network,
            self.filter
        ));
        text
    }
}

/// The files of one run, read and checked once, and asked three times: for the program, for the paths to look at, for the plan.
pub struct CodePlanner<'a> {
    options: &'a CodeOptions,
    layers: Layers,
}

impl<'a> CodePlanner<'a> {
    /// Reads the files.
    ///
    /// # Errors
    /// A broken configuration, or a project file that changed since it was trusted.
    pub fn new(
        sources: &'a [ConfigSource],
        options: &'a CodeOptions,
    ) -> Result<Self, ResolveError> {
        Ok(Self {
            options,
            layers: Layers::parse(sources, None)?,
        })
    }

    /// The language, when one is known.
    pub fn language(&self) -> Option<Language> {
        match &self.options.run {
            Run::Script { language, .. } | Run::Code { language, .. } => Some(*language),
            Run::Interpreter(language) => Some(*language),
            Run::Program => None,
        }
    }

    /// Paths that the caller has to look at before [`CodePlanner::resolve`].
    pub fn candidate_paths(&self) -> Vec<PathBuf> {
        mounts::candidates()
    }

    /// The file of the profile, when one has to be read for [`CodePlanner::resolve`].
    ///
    /// # Errors
    /// An unknown profile.
    pub fn profile_file(&self, cwd: &Path) -> Result<Option<PathBuf>, ResolveError> {
        Ok(match self.profile(cwd)?.seccomp {
            profile::Seccomp::File(path) => Some(path),
            profile::Seccomp::Known(_) => None,
        })
    }

    fn profile(&self, cwd: &Path) -> Result<profile::Chosen, ResolveError> {
        let name = self.options.profile.as_deref();
        profile::choose(name, self.language(), &self.layers, cwd)
    }

    /// Whether the code gets a network; the caller then learns more about the host.
    ///
    /// # Errors
    /// As [`CodePlanner::resolve`], for the settings.
    pub fn has_network(&self, facts: &HostFacts) -> Result<bool, ResolveError> {
        let settings = settings::resolve(self.options, &self.layers, facts)?;
        Ok(settings.network == CodeNetwork::Policy)
    }

    /// Makes the plan. `profile` is the text of [`CodePlanner::profile_file`].
    ///
    /// # Errors
    /// Everything that is wrong with the configuration or the command line, and what would open the fence.
    pub fn resolve(
        &self,
        facts: &HostFacts,
        profile: Option<String>,
    ) -> Result<CodePlan, ResolveError> {
        let Self { options, layers } = self;
        let program = facts
            .program
            .as_ref()
            .ok_or_else(|| ResolveError::usage("there is nothing to run", None))?;
        let settings = settings::resolve(options, layers, facts)?;
        let limits = limits::resolve(
            &options.limits,
            settings.memory,
            layers,
            options.default_wall_ms,
        )?;
        let mut compiler = Compiler::new(layers, facts);
        let audit = crate::planner::audit(&mut compiler);
        let context_budget = context_budget(&mut compiler);
        let network = match settings.network {
            CodeNetwork::None if !(options.allow.is_empty() && options.block.is_empty()) => {
                return Err(ResolveError::usage(
                    "--allow and --block mean nothing without a network",
                    Some("add --network policy".into()),
                ));
            }
            CodeNetwork::None => None,
            CodeNetwork::Policy => {
                let shown = |path: &Path| mounts::is_shown(path, program);
                Some(network::compile(&mut compiler, options, &shown)?)
            }
        };
        let notes = std::mem::take(&mut compiler.remarks);
        if !compiler.found.is_empty() {
            return Err(ResolveError::config(compiler.found));
        }
        let user = layers.user.as_ref().map(|document| &document.written);
        let chosen = self.profile(&facts.cwd)?;
        let identity = identity(facts);
        let language = self.language();
        let courteous = !chosen.processes && language == Some(Language::Python);
        let mut env = environment::build(options, program, language, &limits, facts)?;
        let mut mounts = mounts::claimed(options, program, facts)?;
        if courteous {
            mounts.push(courtesy::mount());
            let path = env.entry("PYTHONPATH".into()).or_default();
            *path = [courtesy::DIR, path.as_str()]
                .iter()
                .filter(|part| !part.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(":");
        }
        let mut filter = user.map_or(FilterPlan::CODE, |written| {
            written.filter.over(FilterPlan::CODE)
        });
        filter.output = options.filter.unwrap_or(filter.output);
        let mut remarks = layers.remarks.clone();
        remarks.extend(notes);
        if settings.backend == settings::LOCAL {
            remarks.push("NO ISOLATION: this code can do everything that you can do".into());
        }
        if filter.output == FilterAction::Off {
            remarks.push("the filter is off: the output is not searched for secrets".into());
        }
        let mut spec = SandboxSpec {
            shape: Shape {
                level: settings.level,
                root: mounts::system(facts, &identity, options.out),
                limits,
                seccomp: match chosen.seccomp {
                    profile::Seccomp::Known(known) => known,
                    profile::Seccomp::File(path) => SeccompProfile::Custom {
                        name: path.display().to_string(),
                        json: profile.unwrap_or_default(),
                    },
                },
                landlock: user
                    .and_then(|written| written.sandbox.landlock)
                    .unwrap_or(Requirement::Required),
                identity,
                single_process: !chosen.processes,
                image: options
                    .image
                    .clone()
                    .or_else(|| user.and_then(|written| written.exec.image.clone())),
            },
            claim: Claim {
                session: String::new(),
                program: program.path.clone(),
                argv: self.argv(&program.path)?,
                cwd: WORK_DIR.into(),
                env,
                mounts,
                masks: Vec::new(),
                protected: Vec::new(),
                network: Network::None,
                terminal: None,
                collect: options.out.then(|| PathBuf::from(OUT_DIR)),
            },
        };
        if let Some(network) = &network {
            network::check_env(&options.env, &network.credentials)?;
            network.apply(&mut spec.claim)?;
        }
        Ok(CodePlan {
            spec,
            local: (settings.backend == settings::LOCAL).then(|| Local {
                argv: self.local_argv(&program.path),
            }),
            backend: settings.backend,
            allow_fallback: settings.allow_fallback,
            network,
            filter,
            context_budget,
            context: options.context.clone(),
            audit,
            audit_required: user
                .and_then(|written| written.audit.required)
                .unwrap_or(false),
            log_level: user.and_then(|written| written.general.log_level.clone()),
            language,
            display_name: self.display_name(program.path.as_path()),
            remarks,
        })
    }

    /// As [`CodePlanner::argv`], with the host's path of a script.
    fn local_argv(&self, program: &Path) -> Vec<String> {
        let arguments = &self.options.arguments;
        let name = base_name(program);
        let mut argv = match &self.options.run {
            Run::Program => return arguments.clone(),
            Run::Script { language, file } => match (&file.path, &file.content) {
                (Some(path), _) => vec![name, path.display().to_string()],
                (None, Content::Bytes(bytes)) => {
                    language::with_code(*language, name, &String::from_utf8_lossy(bytes), arguments)
                }
                (None, Content::Host(path)) => vec![name, path.display().to_string()],
            },
            Run::Code { language, text } => language::with_code(*language, name, text, arguments),
            Run::Interpreter(_) => vec![name],
        };
        argv.extend(arguments.iter().cloned());
        argv
    }

    fn argv(&self, program: &Path) -> Result<Vec<String>, ResolveError> {
        let arguments = &self.options.arguments;
        let mut argv = match &self.options.run {
            Run::Program => return Ok(arguments.clone()),
            Run::Script { file, .. } => {
                vec![base_name(program), format!("{WORK_DIR}/{}", file.name)]
            }
            Run::Code { language, text } => {
                language::with_code(*language, base_name(program), text, arguments)
            }
            Run::Interpreter(_) => vec![base_name(program)],
        };
        argv.extend(arguments.iter().cloned());
        match argv.iter().find(|argument| argument.contains('\0')) {
            Some(_) => Err(ResolveError::usage("an argument holds a NUL", None)),
            None => Ok(argv),
        }
    }

    fn display_name(&self, program: &Path) -> String {
        match &self.options.run {
            Run::Script { file, .. } => file.name.clone(),
            _ => base_name(program),
        }
    }
}

/// How much of the context documents may leave.
fn context_budget(compiler: &mut Compiler<'_>) -> Option<u64> {
    let document = compiler.layers.user.as_ref()?;
    let written = document.written.exec.context_budget.as_ref()?;
    match crate::config::units::bytes(written.get_ref()) {
        Ok(bytes) => Some(bytes),
        Err(why) => {
            compiler.problem(document, written.span(), why, None);
            None
        }
    }
}

fn identity(facts: &HostFacts) -> Identity {
    let (uid, gid) = match facts.uid {
        0 => (ROOT_RUNS_AS, ROOT_RUNS_AS),
        uid => (uid, facts.gid),
    };
    Identity {
        uid,
        gid,
        user: "code".to_owned(),
        home: WORK_DIR.into(),
        hostname: "ringfence".to_owned(),
    }
}

fn base_name(program: &Path) -> String {
    program.file_name().map_or_else(
        || program.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

impl InputFile {
    fn source(&self) -> Source {
        match &self.content {
            Content::Host(path) => Source::Bind {
                path: path.clone(),
                writable: false,
                optional: false,
            },
            Content::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Source::File {
                    text: text.to_owned(),
                    mode: 0o444,
                },
                Err(_) => Source::Base64 {
                    data: base64(bytes),
                    mode: 0o444,
                },
            },
        }
    }
}

/// Base64 with padding (RFC 4648 §4).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (word >> (18 - 6 * place)) & 63;
            out.push(if place <= chunk.len() {
                char::from(ALPHABET[index as usize])
            } else {
                '='
            });
        }
    }
    out
}
