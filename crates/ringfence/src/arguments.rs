//! The command line, as written.

mod keys;
pub mod model;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use keys::{
    KdfArgument, Keys, KeysAction, KeysExport, KeysForget, KeysImport, KeysInit, KeysRotate,
    KeysSet, KeysVerify, StoreArgument,
};

const AFTER: &str = "\
Exit codes: the program's own code passes through (128+N for signal N). Ringfence's own:
  1 a check found something   2 usage   74 audit log failed   77 keys not to be had   78 configuration
  122 filter   123 output limit   124 time limit   125 a protection could not be installed   126 not executable   127 not found";

/// Runs AI agents inside a fence that you can see through and they can't.
#[derive(Debug, Parser)]
#[command(name = "ringfence", version, about, after_help = AFTER, disable_help_subcommand = true)]
pub struct Arguments {
    /// Configuration file, instead of the ones in the search order.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How much to log; to standard error, or to the state directory while an agent owns the terminal.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,
    /// Read the passphrase of the keys from this open descriptor, a line for each question; otherwise the terminal is asked.
    #[arg(long, global = true, value_name = "N")]
    pub passphrase_fd: Option<u32>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands; any other word is the name of a tool: `ringfence claude ARGS…`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a tool (`ringfence run claude -- ARGS`) or any command (`ringfence run -- make test`) inside the fence.
    Run(Box<Run>),
    /// Run untrusted code: a script (`ringfence exec a.py`), code (`-l python -c CODE`), or a command after `--`.
    Exec(Box<Exec>),
    /// A stateful session of untrusted code: variables survive from cell to cell.
    Repl(Box<Repl>),
    /// What this machine can do, what is missing, and the exact mend.
    Doctor(Output),
    /// Look at the policy.
    #[command(subcommand)]
    Policy(Policy),
    /// Answer the questions of running sessions from this terminal.
    Approvals(Approvals),
    /// Look at the audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Run the attack table on this machine and print it.
    Prove(Prove),
    /// Take credentials and excerpts of documents out of a text: standard input to standard output.
    Filter(Filter),
    /// Container images for the docker backend, made of this machine's own interpreters.
    #[command(subcommand)]
    Image(Image),
    /// The keys of the vault, and secrets by name.
    Keys(Box<Keys>),
    /// Private models: the store on this machine.
    #[command(subcommand)]
    Model(model::Model),
    /// A tool by its name.
    #[command(external_subcommand)]
    Tool(Vec<String>),
}

/// Options of `run`.
#[derive(Debug, Default, Args)]
pub struct Run {
    /// Tool: a `[tools.NAME]` section or a shipped preset (claude, codex, cursor, windsurf, gemini).
    pub tool: Option<String>,
    /// Isolation level.
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<LevelArgument>,
    /// Who builds the sandbox: auto, native or bubblewrap.
    #[arg(long, value_name = "NAME")]
    pub backend: Option<String>,
    /// Allow a host (`name`, `*.name`, `name:port`, address or network).
    #[arg(long, value_name = "HOST")]
    pub allow: Vec<String>,
    /// Block a host, before everything else.
    #[arg(long, value_name = "HOST")]
    pub block: Vec<String>,
    /// Show a path read-only.
    #[arg(long, value_name = "PATH")]
    pub ro: Vec<PathBuf>,
    /// Let a path be written.
    #[arg(long, value_name = "PATH")]
    pub rw: Vec<PathBuf>,
    /// Pass a variable (`NAME`) or set one (`NAME=VALUE`).
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<String>,
    /// Publish a port of the sandbox on the host's 127.0.0.1.
    #[arg(short = 'p', long = "publish", value_name = "[HOST:]PORT")]
    pub publish: Vec<String>,
    /// Never ask: what would be asked is denied.
    #[arg(long)]
    pub no_prompt: bool,
    /// Write what happened as JSON.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Print the resolved plan and why each entry is there; start nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Arguments of the tool, or the whole command when no tool is named.
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<String>,
}

/// Options of `exec`.
#[derive(Debug, Args)]
pub struct Exec {
    /// Language: python, node or bash; known by itself for a script with a usual name or first line.
    #[arg(short, long, value_name = "LANGUAGE")]
    pub language: Option<String>,
    /// Code to run.
    #[arg(
        short = 'c',
        long = "code",
        value_name = "CODE",
        allow_hyphen_values = true
    )]
    pub code_text: Option<String>,
    /// What `exec` and `repl` share.
    #[command(flatten)]
    pub code: CodeArguments,
    /// Print the result as JSON, the output in it.
    #[arg(long)]
    pub json: bool,
    /// Script (`-` reads it from standard input) and its arguments, or a whole command after `--`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "SCRIPT [ARGS…] | -- COMMAND"
    )]
    pub words: Vec<String>,
    /// Whether the words stand after `--`.
    #[arg(skip)]
    pub is_command: bool,
}

/// Options of `repl`. `time` and `output` of `--limit` hold for each cell.
#[derive(Debug, Args)]
pub struct Repl {
    /// Language.
    #[arg(short, long, value_name = "LANGUAGE", default_value = "python")]
    pub language: String,
    /// What `exec` and `repl` share.
    #[command(flatten)]
    pub code: CodeArguments,
    /// Read requests as JSON lines, write events as JSON lines.
    #[arg(long)]
    pub json: bool,
}

/// Options of everything that runs code.
#[derive(Debug, Default, Args)]
pub struct CodeArguments {
    /// Show a document read-only in /context; long excerpts of it do not leave.
    #[arg(long, value_name = "FILE")]
    pub context: Vec<PathBuf>,
    /// Show a file read-only in /workspace.
    #[arg(long, value_name = "FILE")]
    pub file: Vec<PathBuf>,
    /// Bring regular files that the code leaves in /out back to this directory; `repl` at a terminal keeps images there.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Limits: memory, pids, cpus, time, output, disk, files, file_size (memory=512m,time=30s).
    #[arg(long, value_name = "NAME=VALUE,…")]
    pub limit: Vec<String>,
    /// What the code reaches: nothing, or what the policy allows.
    #[arg(long, value_name = "NETWORK")]
    pub network: Option<NetworkArgument>,
    /// Allow a host, with --network policy.
    #[arg(long, value_name = "HOST")]
    pub allow: Vec<String>,
    /// Block a host, before everything else.
    #[arg(long, value_name = "HOST")]
    pub block: Vec<String>,
    /// Isolation level.
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<LevelArgument>,
    /// Who builds the sandbox: auto, native, bubblewrap, gvisor or docker.
    #[arg(long, value_name = "NAME")]
    pub backend: Option<String>,
    /// Go on at a lower level where the one asked for can not be had.
    #[arg(long)]
    pub allow_fallback: bool,
    /// System calls: default, code, python, node, no-processes, one of the configuration, or a file in the OCI format.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Container image for the docker backend.
    #[arg(long, value_name = "NAME")]
    pub image: Option<String>,
    /// What happens to a secret in the output.
    #[arg(long, value_name = "ACTION")]
    pub filter: Option<FilterArgument>,
    /// Pass a variable (`NAME`) or set one (`NAME=VALUE`).
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<String>,
    /// Allow what RLM_EXECUTION_MODE=local asks for: no isolation at all.
    #[arg(long)]
    pub danger_no_isolation: bool,
}

/// Networks on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum NetworkArgument {
    /// Nothing.
    None,
    /// What the policy allows.
    Policy,
}

/// Actions of the filter on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FilterArgument {
    /// The output is not searched.
    Off,
    /// It passes, and is told.
    Report,
    /// A mark stands in its place.
    Redact,
    /// The code is killed.
    Block,
}

/// Isolation levels on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LevelArgument {
    /// Namespaces, Landlock and seccomp.
    Standard,
    /// A second kernel.
    High,
    /// What the configuration lists.
    Custom,
}

/// Log levels.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LogLevel {
    /// Everything.
    Trace,
    /// For developers.
    Debug,
    /// What a person may want to know.
    Info,
    /// What a person should know.
    Warn,
    /// What went wrong.
    Error,
}

/// How to print.
#[derive(Debug, Args)]
pub struct Output {
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence policy …`
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Check the configuration and its own examples.
    Check(PolicyCheck),
    /// Print the policy in force for a tool.
    Show(PolicyShow),
    /// Say what would happen to a request, and which rule decides.
    Explain(Explain),
    /// Trust the `.ringfence.toml` of this directory as it is now.
    Trust,
}

/// `ringfence policy check`
#[derive(Debug, Args)]
pub struct PolicyCheck {
    /// Files to check, instead of the ones in the search order.
    pub files: Vec<PathBuf>,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence policy show`
#[derive(Debug, Args)]
pub struct PolicyShow {
    /// Tool whose section applies.
    #[arg(long)]
    pub tool: Option<String>,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence policy explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// Host, with a port where it is not 443.
    #[arg(value_name = "HOST[:PORT]")]
    pub host: String,
    /// HTTP method; without one the connection itself is judged.
    #[arg(long)]
    pub method: Option<String>,
    /// Path.
    #[arg(long)]
    pub path: Option<String>,
    /// Tool whose section applies.
    #[arg(long)]
    pub tool: Option<String>,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence approvals`
#[derive(Debug, Args)]
pub struct Approvals {
    /// Only this session.
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// Print pending questions as JSON lines, read answers as JSON lines.
    #[arg(long)]
    pub json: bool,
    /// Run as a popup of this multiplexer: leave as soon as nothing is asked.
    #[arg(long, hide = true, value_name = "MULTIPLEXER")]
    pub popup: Option<PopupArgument>,
    /// Directory of the approvals sockets.
    #[arg(long, hide = true, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Multiplexers that show popups.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PopupArgument {
    /// tmux.
    Tmux,
    /// zellij.
    Zellij,
}

/// `ringfence audit …`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Print the events of a session, the newest one unless named.
    Tail(AuditTail),
    /// Check the hash chain, and the signed checkpoints where there are some.
    Verify(AuditVerify),
    /// Write the events of a session as JSON Lines or CSV.
    Export(AuditExport),
}

/// `ringfence audit tail`
#[derive(Debug, Args)]
pub struct AuditTail {
    /// Session id or file.
    pub session: Option<String>,
    /// How many events.
    #[arg(short = 'n', long, default_value_t = 20)]
    pub lines: usize,
    /// Keep printing.
    #[arg(short, long)]
    pub follow: bool,
    /// Print the events as they were written.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence audit verify`
#[derive(Debug, Args)]
pub struct AuditVerify {
    /// Session ids or files; all of them unless named.
    pub sessions: Vec<String>,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence audit export`
#[derive(Debug, Args)]
pub struct AuditExport {
    /// Session id or file, the newest one unless named.
    pub session: Option<String>,
    /// Format.
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    pub format: ExportFormat,
    /// Where to; standard output unless named.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Formats of `audit export`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object a line, as stored.
    Jsonl,
    /// Comma-separated values, RFC 4180.
    Csv,
}

/// `ringfence prove`
#[derive(Debug, Args)]
pub struct Prove {
    /// Only rows whose id or incident starts with this.
    pub only: Vec<String>,
    /// Backends to run on; all present unless named.
    #[arg(long, value_name = "NAME")]
    pub backend: Vec<String>,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence filter`
#[derive(Debug, Args)]
pub struct Filter {
    /// Print the findings instead of the text: one JSON object a line, as they are found.
    #[arg(long, conflicts_with_all = ["json", "rules"])]
    pub report: bool,
    /// Print one JSON object at the end instead of the text; with `--rules`, the table as JSON.
    #[arg(long)]
    pub json: bool,
    /// Exit with 1 when something was found.
    #[arg(long)]
    pub fail: bool,
    /// A document of which no long excerpt may pass. Repeat for more.
    #[arg(long, value_name = "FILE")]
    pub context: Vec<PathBuf>,
    /// Characters of the documents that may pass in short quotes; unless set, a tenth of them and 2000 at least.
    #[arg(long, value_name = "CHARACTERS", requires = "context")]
    pub budget: Option<u64>,
    /// A value that must not pass, from a variable (`NAME=VARIABLE`) or a file (`NAME=@FILE`); never the value itself.
    #[arg(long, value_name = "NAME=SOURCE")]
    pub known: Vec<String>,
    /// What to do about findings, by tier (block, warn, echo): off, report, redact or block.
    #[arg(long, value_name = "TIER=ACTION,…", value_delimiter = ',')]
    pub action: Vec<String>,
    /// Print the table of detectors.
    #[arg(long)]
    pub rules: bool,
}

/// `ringfence image …`
#[derive(Debug, Subcommand)]
pub enum Image {
    /// Build one, without a registry.
    Build(ImageBuild),
    /// List those that were built here.
    List(Output),
    /// Remove one that was built here.
    Rm(ImageRemove),
}

/// `ringfence image build`
#[derive(Debug, Args)]
pub struct ImageBuild {
    /// Its name, with a tag after `:` if wanted.
    #[arg(long, value_name = "NAME", default_value = ringfence_sandbox::docker::image::USUAL_NAME)]
    pub name: String,
    /// What is to be in it: python3, node, bash (with the usual tools); everything of these that is installed unless named.
    #[arg(long, value_name = "LANGUAGE", value_delimiter = ',')]
    pub with: Vec<String>,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence image rm`
#[derive(Debug, Args)]
pub struct ImageRemove {
    /// Its name.
    pub name: String,
}

/// Parses the process's own arguments; prints help or a usage error and leaves on its own.
pub fn parse() -> Arguments {
    parsed(std::env::args_os().collect())
}

fn parsed(words: Vec<std::ffi::OsString>) -> Arguments {
    let mut arguments = Arguments::parse_from(&words);
    if let Command::Exec(exec) = &mut arguments.command {
        // The parser takes the first `--` away; what stood before the words says whether there was one.
        let before = words.len().checked_sub(exec.words.len() + 1);
        exec.is_command = !exec.words.is_empty()
            && exec.code_text.is_none()
            && before
                .and_then(|at| words.get(at))
                .is_some_and(|word| word == "--");
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn scripts_keep_their_options_and_a_command_stands_after_two_dashes() {
        let exec = |words: &[&str]| {
            let words = ["ringfence", "exec"].iter().chain(words);
            let Command::Exec(exec) = parsed(words.map(Into::into).collect()).command else {
                panic!()
            };
            (exec.words, exec.is_command, exec.code_text)
        };
        let of = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            exec(&["a.py", "--json", "-x"]),
            (of(&["a.py", "--json", "-x"]), false, None)
        );
        assert_eq!(exec(&["--", "ls", "-l"]), (of(&["ls", "-l"]), true, None));
        assert_eq!(
            exec(&["a.py", "--", "x"]),
            (of(&["a.py", "--", "x"]), false, None)
        );
        let code = exec(&["-l", "python", "-c", "-1", "--", "x"]);
        assert_eq!(code, (of(&["x"]), false, Some("-1".into())));
        assert_eq!(exec(&["-l", "python", "-"]), (of(&["-"]), false, None));
    }

    #[test]
    fn tools_commands_and_the_spelling_of_the_seed() {
        let run = Arguments::parse_from([
            "ringfence",
            "run",
            "claude",
            "--allow",
            "a.example",
            "--",
            "-p",
            "hi",
        ]);
        let Command::Run(run) = run.command else {
            panic!()
        };
        assert_eq!(
            (run.tool.as_deref(), run.args),
            (Some("claude"), vec!["-p".to_owned(), "hi".to_owned()])
        );

        let run = Arguments::parse_from(["ringfence", "run", "--", "true"]);
        let Command::Run(run) = run.command else {
            panic!()
        };
        assert_eq!((run.tool, run.args), (None, vec!["true".to_owned()]));

        let tool = Arguments::parse_from([
            "ringfence",
            "--config",
            "/c.toml",
            "--log-level",
            "debug",
            "claude",
            "--resume",
            "x",
        ]);
        let Command::Tool(words) = tool.command else {
            panic!()
        };
        assert_eq!(words, ["claude", "--resume", "x"]);
    }
}
