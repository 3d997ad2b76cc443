//! `ringfence exec`: untrusted code in a sandbox of its own.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ringfence_policy::FilterAction;
use ringfence_policy::code::{CodeNetwork, CodeOptions, Content, InputFile, Language, Run};
use ringfence_policy::limits::CODE_WALL_MS;
use ringfence_policy::spec::Level;
use ringfence_runtime::RunError;
use ringfence_runtime::code::prepare::{Invocation, prepare};
use ringfence_runtime::code::{self, Feed, Io, Outcome, inputs};
use ringfence_sandbox::Spawner;

use super::failure;
use crate::arguments::{
    CodeArguments, Exec, FilterArgument, LevelArgument, LogLevel, NetworkArgument,
};
use crate::error::Failure;
use crate::exit::Exit;
use crate::logging;

/// Exit codes of signals start here, as in a shell.
const SIGNAL_BASE: i32 = 128;
/// `SIGKILL`, which the kernel's out-of-memory killer sends.
const SIGKILL: i32 = 9;
/// Code longer than this goes into a file: one argument of a program has 128 KiB at most.
const ARGUMENT_BYTES: usize = 100 * 1024;

/// Runs it and passes the exit code through.
pub fn run(
    arguments: Exec,
    config: Option<PathBuf>,
    log_level: Option<LogLevel>,
    spawner: Spawner,
) -> Result<ExitCode, Failure> {
    let (json, out) = (arguments.json, arguments.code.out.clone());
    let what = what(&arguments)?;
    let feed = match what.stdin_is_code {
        true => Feed::Null,
        false => Feed::Stdin,
    };
    let options = CodeOptions {
        run: what.run,
        arguments: what.arguments,
        default_wall_ms: Some(CODE_WALL_MS),
        ..options(arguments.code)?
    };
    let prepared = prepare(&Invocation { config, options }).map_err(failure)?;
    logging::start(log_level, prepared.plan.log_level.as_deref(), None);
    for remark in &prepared.plan.remarks {
        tracing::warn!("{remark}");
    }
    let streams = match json {
        true => Ok(Io {
            input: feed,
            ..Io::memory()
        }),
        false => Io::inherit().map(|io| Io { input: feed, ..io }),
    };
    let opened = out.as_deref().map(|path| {
        code::destination(path).map_err(|error| {
            Failure::message(Exit::Usage, format!("--out {}: {error}", path.display()))
        })
    });
    let streams = Io {
        out: opened.transpose()?,
        ..streams
            .map_err(|error| Failure::message(Exit::Fence, format!("standard streams: {error}")))?
    };
    let limits = prepared.plan.spec.shape.limits.clone();
    let outcome = code::run(spawner, prepared, streams).map_err(failure)?;
    tell(&outcome, &limits);
    if json {
        super::print_json(&mut std::io::stdout().lock(), &outcome)?;
    }
    Ok(exit_code(&outcome))
}

/// What runs, and with which arguments.
struct What {
    run: Run,
    arguments: Vec<String>,
    stdin_is_code: bool,
}

fn what(arguments: &Exec) -> Result<What, Failure> {
    let usage = |text: String| Failure::message(Exit::Usage, text);
    let language = arguments.language.as_deref().map(|name| {
        Language::from_name(name).ok_or_else(|| {
            usage(format!(
                "-l {}: there is no such language; languages: python, node, bash (any other program goes after `--`)",
                name.escape_debug()
            ))
        })
    });
    let language = language.transpose()?;
    let mut words = arguments.words.clone();
    if let Some(text) = &arguments.code_text {
        let language = language
            .ok_or_else(|| usage("-c needs the language: -l python, -l node or -l bash".into()))?;
        return with_text(language, text, words).map_err(failure);
    }
    if arguments.is_command {
        if language.is_some() {
            return Err(usage(
                "-l names the language of a script; after `--` stands a program".into(),
            ));
        }
        return Ok(What {
            run: Run::Program,
            arguments: words,
            stdin_is_code: false,
        });
    }
    let script = match words.is_empty() {
        false => words.remove(0),
        // As an interpreter does it: without a script, piped input is the code.
        true if language.is_some() && !std::io::stdin().is_terminal() => "-".into(),
        true => {
            return Err(usage(
                "nothing to run: name a script (`ringfence exec a.py`), code (`-l python -c 'print(1)'`), or a command after `--`".into(),
            ));
        }
    };
    let run = match (script.as_str(), language) {
        ("-", None) => {
            return Err(usage(
                "code from standard input needs the language: -l python, -l node or -l bash".into(),
            ));
        }
        ("-", Some(language)) => {
            let file = inputs::code(std::io::stdin().lock(), language).map_err(failure)?;
            return Ok(What {
                run: Run::Script { language, file },
                arguments: words,
                stdin_is_code: true,
            });
        }
        (path, language) => {
            let (file, found) = inputs::script(Path::new(path)).map_err(failure)?;
            let language = language.or(found).ok_or_else(|| {
                usage(format!(
                    "the language of {} is not known by its name or first line; say it with -l, or run it as a program after `--`",
                    path.escape_debug()
                ))
            })?;
            Run::Script { language, file }
        }
    };
    Ok(What {
        run,
        arguments: words,
        stdin_is_code: false,
    })
}

fn with_text(language: Language, text: &str, arguments: Vec<String>) -> Result<What, RunError> {
    let run = if text.len() <= ARGUMENT_BYTES {
        Run::Code {
            language,
            text: text.to_owned(),
        }
    } else {
        let file = InputFile {
            name: language.file_name().to_owned(),
            content: Content::Bytes(text.as_bytes().to_vec()),
            path: None,
        };
        Run::Script { language, file }
    };
    Ok(What {
        run,
        arguments,
        stdin_is_code: false,
    })
}

/// The options that `exec` and `repl` share.
pub fn options(arguments: CodeArguments) -> Result<CodeOptions, Failure> {
    let (files, context) = inputs::named(&arguments.file, &arguments.context).map_err(failure)?;
    let env = arguments.env.iter().map(|text| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.clone(), None),
    });
    Ok(CodeOptions {
        files,
        context,
        out: arguments.out.is_some(),
        limits: arguments.limit,
        level: arguments.level.map(|level| match level {
            LevelArgument::Standard => Level::Standard,
            LevelArgument::High => Level::High,
            LevelArgument::Custom => Level::Custom,
        }),
        backend: arguments.backend,
        network: arguments.network.map(|network| match network {
            NetworkArgument::None => CodeNetwork::None,
            NetworkArgument::Policy => CodeNetwork::Policy,
        }),
        allow: arguments.allow,
        block: arguments.block,
        profile: arguments.profile,
        image: arguments.image,
        filter: arguments.filter.map(|filter| match filter {
            FilterArgument::Off => FilterAction::Off,
            FilterArgument::Report => FilterAction::Report,
            FilterArgument::Redact => FilterAction::Redact,
            FilterArgument::Block => FilterAction::Block,
        }),
        danger_no_isolation: arguments.danger_no_isolation,
        allow_fallback: arguments.allow_fallback,
        env: env.collect(),
        ..CodeOptions::default()
    })
}

/// What a person should know who sees only the output.
fn tell(outcome: &Outcome, limits: &ringfence_policy::spec::Limits) {
    let mebibytes = |bytes: Option<u64>| {
        bytes.map_or_else(String::new, |bytes| match bytes >> 20 {
            0 => format!(" of {bytes} bytes"),
            mib => format!(" of {mib} MiB"),
        })
    };
    match outcome.reason.as_str() {
        "oom" => tracing::warn!("killed: over the memory limit{}", mebibytes(limits.memory)),
        "output" => tracing::warn!("killed: over the output limit{}", mebibytes(limits.output)),
        "timeout" => {
            let seconds = limits.wall_ms.unwrap_or_default() as f64 / 1000.0;
            tracing::warn!("killed: over the time limit of {seconds} s");
        }
        "pids" => tracing::warn!(
            "it ended after it had reached the limit of {} processes and threads",
            limits.pids.unwrap_or_default()
        ),
        "disk" => tracing::warn!(
            "it ended with its disk full (limit{})",
            mebibytes(limits.disk)
        ),
        "blocked" => tracing::warn!("killed: the filter found what must not leave"),
        _ => {}
    }
    let kept_back = outcome
        .findings
        .iter()
        .filter(|found| found.finding.action != ringfence_dlp::Action::Report)
        .count();
    if kept_back > 0 {
        tracing::warn!(
            "the filter kept {kept_back} finding{} back; `ringfence audit tail {}` lists what it found",
            if kept_back == 1 { "" } else { "s" },
            outcome.session
        );
    }
    for left in outcome.out.iter().flat_map(|out| &out.left) {
        let path = left.path.display().to_string();
        tracing::warn!(
            "/out/{} did not come back: {}",
            path.escape_debug(),
            left.why
        );
    }
}

fn exit_code(outcome: &Outcome) -> ExitCode {
    let code = match outcome.reason.as_str() {
        "timeout" => return Exit::Timeout.into(),
        "output" => return Exit::Output.into(),
        "blocked" => return Exit::Blocked.into(),
        "oom" => SIGNAL_BASE + SIGKILL,
        _ => outcome
            .exit_code
            .or(outcome.signal.map(|signal| SIGNAL_BASE + signal))
            .unwrap_or(Exit::Fence as i32),
    };
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(Exit::Fence as u8))
}
