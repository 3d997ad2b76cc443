//! Plans for untrusted code: from (what the command line says, what was written, what the host is like) to one [`CodePlan`].
//!
//! Where a plan for an agent shows the workspace and opens the network under a policy, a plan for code shows nothing of the
//! user's: read-only system directories, the interpreter, the files that were named, scratch space, and no network.

mod environment;
mod language;
mod limits;
mod mounts;

use std::path::{Path, PathBuf};

use crate::compile::Layers;
use crate::config::ConfigSource;
use crate::plan::HostFacts;
use crate::resolve::ResolveError;
use crate::spec::{
    Claim, Identity, Level, Network, Requirement, SandboxSpec, SeccompProfile, Shape, Source,
};

pub use language::Language;
pub use mounts::{CONTEXT_DIR, OUT_DIR, WORK_DIR};

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
    /// `--allow-fallback`.
    pub allow_fallback: bool,
    /// `--env NAME` or `--env NAME=VALUE`.
    pub env: Vec<(String, Option<String>)>,
    /// Wall time when nothing says otherwise, in milliseconds: 30 s for one program, `None` for a session.
    pub default_wall_ms: Option<u64>,
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
    /// Language, when it is known.
    pub language: Option<Language>,
    /// Name shown in the audit log.
    pub display_name: String,
    /// Non-fatal remarks for the person.
    pub remarks: Vec<String>,
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

    /// Makes the plan.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration or the command line, and what would open the fence.
    pub fn resolve(&self, facts: &HostFacts) -> Result<CodePlan, ResolveError> {
        let Self { options, layers } = self;
        let program = facts
            .program
            .as_ref()
            .ok_or_else(|| ResolveError::usage("there is nothing to run", None))?;
        let limits = limits::resolve(&options.limits, options.default_wall_ms)?;
        let identity = identity(facts);
        let language = self.language();
        let env = environment::build(options, program, language, facts)?;
        let spec = SandboxSpec {
            shape: Shape {
                level: options.level.unwrap_or(Level::Standard),
                root: mounts::system(facts, &identity, options.out),
                limits,
                seccomp: match language {
                    Some(Language::Python) => SeccompProfile::Python,
                    Some(Language::Node) => SeccompProfile::Node,
                    Some(Language::Bash) | None => SeccompProfile::Code,
                },
                landlock: layers
                    .user
                    .as_ref()
                    .and_then(|d| d.written.sandbox.landlock)
                    .unwrap_or(Requirement::Required),
                identity,
                single_process: false,
                image: None,
            },
            claim: Claim {
                session: String::new(),
                program: program.path.clone(),
                argv: self.argv(&program.path)?,
                cwd: WORK_DIR.into(),
                env,
                mounts: mounts::claimed(options, program, facts)?,
                masks: Vec::new(),
                protected: Vec::new(),
                network: Network::None,
                terminal: None,
                collect: options.out.then(|| PathBuf::from(OUT_DIR)),
            },
        };
        Ok(CodePlan {
            spec,
            backend: options.backend.clone().unwrap_or_else(|| "auto".into()),
            allow_fallback: options.allow_fallback,
            language,
            display_name: self.display_name(program.path.as_path()),
            remarks: layers.remarks.clone(),
        })
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
fn base64(bytes: &[u8]) -> String {
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
