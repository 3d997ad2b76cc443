//! The scalar settings: limits, prompts, resolvers, audit sinks, level and backend. A tool's value overrides the global one.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;

use crate::compile::Compiler;
use crate::config::units::{self, Quantity};
use crate::config::written::{Limits as Written, List};
use crate::config::{Document, Problem};
use crate::filter::FilterPlan;
use crate::limits::{PIDS, PROMPT_TIMEOUT_MAX_S, PROMPT_TIMEOUT_S, TMP_BYTES};
use crate::plan::{AskFor, AuditSink, RunOptions};
use crate::resolve::ResolveError;
use crate::spec::{Level, Limits, Requirement};

/// A number that was read, or what is wrong with it, in its place.
type Reading = Result<(u64, Range<usize>), (String, Range<usize>)>;

pub(super) struct Settings {
    pub level: Level,
    pub backend: String,
    pub landlock: Requirement,
    pub limits: Limits,
    pub tmp_size: u64,
    pub prompt_timeout_s: u64,
    pub ask_for: AskFor,
    pub resolvers: Vec<SocketAddr>,
    pub audit: Vec<AuditSink>,
    pub audit_required: bool,
    pub filter: FilterPlan,
    pub display: Vec<String>,
}

const BACKENDS: &[&str] = &["auto", "native", "bubblewrap", "gvisor"];

pub(super) fn compile(
    compiler: &mut Compiler<'_>,
    options: &RunOptions,
) -> Result<Settings, ResolveError> {
    let layers = compiler.layers;
    let user = layers.user.as_ref();
    let level = options
        .level
        .or(layers.of_tool(|t| t.level.as_ref()).map(|(_, l)| *l))
        .or(user.and_then(|d| d.written.sandbox.level));
    let level = level.unwrap_or(Level::Standard);
    let backend = options
        .backend
        .clone()
        .or(layers
            .of_tool(|t| t.backend.as_ref())
            .map(|(_, b)| b.clone()))
        .or(user.and_then(|d| d.written.sandbox.backend.clone()));
    let backend = match backend.as_deref() {
        None => "auto".to_owned(),
        Some("bwrap") => "bubblewrap".to_owned(),
        Some(known) if BACKENDS.contains(&known) => known.to_owned(),
        Some(other) => {
            return Err(ResolveError::usage(
                format!("there is no backend `{}`", other.escape_debug()),
                Some(format!("backends: {}", BACKENDS.join(", "))),
            ));
        }
    };
    if level == Level::High && !matches!(backend.as_str(), "auto" | "gvisor") {
        return Err(ResolveError::refused(
            format!("level high needs a second kernel, which the backend {backend} does not have"),
            "use --backend gvisor (install `runsc`), or --level standard, knowing that the host kernel is shared",
        ));
    }
    let (limits, tmp_size) = limits(compiler);
    Ok(Settings {
        level,
        backend,
        landlock: user
            .and_then(|d| d.written.sandbox.landlock)
            .unwrap_or(Requirement::Required),
        limits,
        tmp_size,
        prompt_timeout_s: prompt_timeout(compiler),
        ask_for: ask_for(compiler),
        resolvers: resolvers(compiler),
        audit: audit(compiler),
        audit_required: user.and_then(|d| d.written.audit.required).unwrap_or(false),
        filter: user.map_or(FilterPlan::AGENT, |d| {
            d.written.filter.over(FilterPlan::AGENT)
        }),
        display: display(compiler),
    })
}

/// Reads limits from one layer at a time; the first that sets a limit wins, and a project file can only lower it.
fn limits(compiler: &mut Compiler<'_>) -> (Limits, u64) {
    let layers = compiler.layers;
    let mut found: Vec<Problem> = Vec::new();
    let tool_layers = layers
        .tool_sections()
        .map(|(document, tool)| (document, &tool.limits));
    let global = layers
        .user
        .iter()
        .map(|document| (document, &document.written.limits));
    let all: Vec<(&Document, &Written)> = tool_layers.chain(global).collect();
    let project: Vec<(&Document, &Written)> = layers
        .project
        .iter()
        .map(|document| (document, &document.written.limits))
        .collect();

    let mut pick = |get: &dyn Fn(&Written) -> Option<Reading>| {
        let mut value = |list: &[(&Document, &Written)]| {
            list.iter()
                .find_map(|(document, limits)| match get(limits)? {
                    Ok((value, _)) => Some(value),
                    Err((message, span)) => {
                        let mut problems = document.problems();
                        problems.push(span, message, None);
                        found.extend(problems.take());
                        None
                    }
                })
        };
        let (own, lower) = (value(&all), value(&project));
        match (own, lower) {
            (Some(own), Some(lower)) => Some(own.min(lower)),
            (own, lower) => own.or(lower),
        }
    };
    let quantity = |value: &Option<Spanned<Quantity>>,
                    read: fn(&Quantity) -> Result<u64, String>| {
        value.as_ref().map(|spanned| {
            read(spanned.get_ref())
                .map(|v| (v, spanned.span()))
                .map_err(|e| (e, spanned.span()))
        })
    };
    let count = |value: &Option<Spanned<i64>>| {
        value
            .as_ref()
            .map(|spanned| match u64::try_from(*spanned.get_ref()) {
                Ok(number) if number > 0 => Ok((number, spanned.span())),
                _ => Err(("this must be a number above 0".to_owned(), spanned.span())),
            })
    };
    let memory = pick(&|l| quantity(&l.memory, units::bytes));
    let pids = pick(&|l| count(&l.pids));
    let cpu_millis = pick(&|l| quantity(&l.cpus, units::cpu_millis));
    let wall_ms = pick(&|l| quantity(&l.wall_time, units::milliseconds));
    let file_size = pick(&|l| quantity(&l.file_size, units::bytes));
    let open_files = pick(&|l| count(&l.open_files));
    let tmp_size = pick(&|l| quantity(&l.tmp_size, units::bytes)).unwrap_or(TMP_BYTES);

    let cpuset = all.iter().find_map(|(document, limits)| {
        let spanned = limits.cpuset.as_ref()?;
        let cpus: Result<Vec<usize>, _> = spanned
            .get_ref()
            .iter()
            .map(|cpu| usize::try_from(*cpu))
            .collect();
        match cpus {
            Ok(cpus) if !cpus.is_empty() => Some(cpus),
            _ => {
                let mut problems = document.problems();
                problems.push(
                    spanned.span(),
                    "this must be a list of CPU numbers from 0",
                    None,
                );
                found.extend(problems.take());
                None
            }
        }
    });
    let written_best_effort = all
        .iter()
        .find_map(|(document, limits)| limits.best_effort.as_ref().map(|list| (*document, list)));
    let mut best_effort = match written_best_effort {
        Some((document, list)) => words(document, list, &["memory", "pids", "cpu"], &mut found),
        None => Vec::new(),
    };
    // A default that this machine can not enforce is no reason to refuse a run; a limit that was written is.
    if pids.is_none() && !best_effort.iter().any(|limit| limit == "pids") {
        best_effort.push("pids".to_owned());
    }
    compiler.found.append(&mut found);
    let limits = Limits {
        memory,
        pids: pids.or(Some(PIDS)),
        cpu_millis,
        cpuset,
        wall_ms,
        file_size,
        open_files,
        disk: None,
        output: None,
        best_effort,
    };
    (limits, tmp_size)
}

/// A list of known words; others become problems.
pub(crate) fn words(
    document: &Document,
    list: &List,
    known: &[&str],
    found: &mut Vec<Problem>,
) -> Vec<String> {
    let mut problems = document.problems();
    for text in list
        .iter()
        .filter(|text| !known.contains(&text.get_ref().as_str()))
    {
        problems.push(
            text.span(),
            format!("\"{}\" is not known here", text.get_ref()),
            Some(format!("one of {}", known.join(", "))),
        );
    }
    found.extend(problems.take());
    list.iter().map(|text| text.get_ref().clone()).collect()
}

fn prompt_timeout(compiler: &mut Compiler<'_>) -> u64 {
    let Some(document) = &compiler.layers.user else {
        return PROMPT_TIMEOUT_S;
    };
    let Some(written) = &document.written.general.prompt_timeout else {
        return PROMPT_TIMEOUT_S;
    };
    match units::milliseconds(written.get_ref()) {
        Ok(ms) if ms <= PROMPT_TIMEOUT_MAX_S * 1000 => ms.div_ceil(1000),
        Ok(_) => {
            compiler.problem(
                document,
                written.span(),
                "a prompt waits one hour at most",
                None,
            );
            PROMPT_TIMEOUT_S
        }
        Err(why) => {
            compiler.problem(document, written.span(), why, None);
            PROMPT_TIMEOUT_S
        }
    }
}

fn ask_for(compiler: &mut Compiler<'_>) -> AskFor {
    let layers = compiler.layers;
    let mut ask = AskFor::default();
    let mut found = Vec::new();
    if let Some(document) = &layers.user
        && let Some(list) = &document.written.prompts.ask_for
    {
        let wanted = words(document, list, &["credential", "publish"], &mut found);
        ask.credential = wanted.iter().any(|word| word == "credential");
        ask.publish = wanted.iter().any(|word| word == "publish");
    }
    for document in [&layers.user, &layers.project].into_iter().flatten() {
        let Some(written) = &document.written.prompts.upload_over else {
            continue;
        };
        match units::bytes(written.get_ref()) {
            Ok(bytes) => {
                ask.upload_over = Some(ask.upload_over.map_or(bytes, |mine| mine.min(bytes)))
            }
            Err(why) => compiler.problem(document, written.span(), why, None),
        }
    }
    compiler.found.extend(found);
    ask
}

pub(crate) fn resolvers(compiler: &mut Compiler<'_>) -> Vec<SocketAddr> {
    let Some(document) = &compiler.layers.user else {
        return Vec::new();
    };
    let mut servers = Vec::new();
    for text in document.written.network.resolver.iter().flatten() {
        let written = text.get_ref();
        let parsed = written.parse::<SocketAddr>().ok().or_else(|| {
            written
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .ok()
                .map(|ip| SocketAddr::new(ip, 53))
        });
        match parsed {
            Some(server) => servers.push(server),
            None => compiler.problem(
                document,
                text.span(),
                "a resolver is an address, with a port if it is not 53",
                Some("for example \"192.0.2.53\" or \"[2001:db8::53]:5353\"".into()),
            ),
        }
    }
    servers
}

pub(crate) fn audit(compiler: &mut Compiler<'_>) -> Vec<AuditSink> {
    let Some(document) = &compiler.layers.user else {
        return Vec::new();
    };
    let mut sinks = Vec::new();
    for text in document.written.audit.sinks.iter().flatten() {
        match sink(text.get_ref()) {
            Some(sink) => sinks.push(sink),
            None => compiler.problem(
                document,
                text.span(),
                "this is no audit sink",
                Some("\"syslog\", \"syslog:/path\", \"syslog+udp://IP:PORT\", \"syslog+tcp://IP:PORT\" or \"journald\"".into()),
            ),
        }
    }
    sinks
}

fn sink(text: &str) -> Option<AuditSink> {
    match text {
        "syslog" => return Some(AuditSink::SyslogUnix(PathBuf::from("/dev/log"))),
        "journald" => return Some(AuditSink::Journald),
        _ => {}
    }
    if let Some(address) = text.strip_prefix("syslog+udp://") {
        return address.parse().ok().map(AuditSink::SyslogUdp);
    }
    if let Some(address) = text.strip_prefix("syslog+tcp://") {
        return address.parse().ok().map(AuditSink::SyslogTcp);
    }
    text.strip_prefix("syslog:")
        .filter(|path| path.starts_with('/'))
        .map(|path| AuditSink::SyslogUnix(PathBuf::from(path)))
}

fn display(compiler: &mut Compiler<'_>) -> Vec<String> {
    let layers = compiler.layers;
    let written = layers
        .of_tool(|tool| tool.display.as_ref())
        .or_else(|| layers.user_list(|d| d.written.sandbox.display.as_ref()));
    let Some((document, list)) = written else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let displays = words(document, list, &["wayland", "x11"], &mut found);
    compiler.found.extend(found);
    displays
}
