//! The limits of code: what the user wrote over what ships.

use toml::Spanned;

use crate::compile::Layers;
use crate::config::units::{self, Quantity};
use crate::config::written::ExecLimits;
use crate::config::{Document, Problem};
use crate::limits as ours;
use crate::planner::words;
use crate::resolve::ResolveError;
use crate::spec::Limits;

/// Names that `--limit` takes.
const NAMES: &str = "memory, pids, cpus, time, output, disk, files, file_size";
/// Less memory than this starts no interpreter, and is a mistake in the unit.
const LEAST_MEMORY: u64 = 4 << 20;

/// What is written.
#[derive(Debug, Default, Clone, PartialEq)]
struct Given {
    memory: Option<u64>,
    pids: Option<u64>,
    cpu_millis: Option<u64>,
    wall_ms: Option<u64>,
    output: Option<u64>,
    disk: Option<u64>,
    open_files: Option<u64>,
    file_size: Option<u64>,
}

impl Given {
    /// What this one says, else what the other says.
    fn over(self, other: Self) -> Self {
        Self {
            memory: self.memory.or(other.memory),
            pids: self.pids.or(other.pids),
            cpu_millis: self.cpu_millis.or(other.cpu_millis),
            wall_ms: self.wall_ms.or(other.wall_ms),
            output: self.output.or(other.output),
            disk: self.disk.or(other.disk),
            open_files: self.open_files.or(other.open_files),
            file_size: self.file_size.or(other.file_size),
        }
    }
}

/// `--limit` over the seed's variable over `[exec.limits]` over the defaults; a project file can only lower them. A limit
/// that nobody wrote is best effort, so that code runs out of the box where no cgroup can be had; one that was written is
/// enforced or stops the run, unless `best_effort` names it.
pub(super) fn resolve(
    options: &[String],
    variable: Option<u64>,
    layers: &Layers,
    default_wall_ms: Option<u64>,
) -> Result<Limits, ResolveError> {
    let mut given = Given::default();
    for list in options {
        for entry in list.split(',') {
            parse(entry, &mut given)?;
        }
    }
    let mut found = Vec::new();
    let mut of = |document: &Option<Document>| {
        document.as_ref().map_or_else(Given::default, |document| {
            written(document, &document.written.exec.limits, &mut found)
        })
    };
    let (own, project) = (of(&layers.user), of(&layers.project));
    let mut best_effort = Vec::new();
    if let Some(document) = &layers.user
        && let Some(list) = &document.written.exec.limits.best_effort
    {
        best_effort = words(document, list, &["memory", "pids", "cpu"], &mut found);
    }
    if !found.is_empty() {
        return Err(ResolveError::config(found));
    }
    let variable = Given {
        memory: variable,
        ..Given::default()
    };
    let given = given.over(variable).over(own);
    let mut unwritten = |name: &str, given: bool| {
        if !given && !best_effort.iter().any(|entry| entry == name) {
            best_effort.push(name.to_owned());
        }
    };
    unwritten("memory", given.memory.or(project.memory).is_some());
    unwritten("pids", given.pids.or(project.pids).is_some());
    unwritten("cpu", given.cpu_millis.or(project.cpu_millis).is_some());
    let lower = |own: Option<u64>, default: Option<u64>, project: Option<u64>| {
        let own = own.or(default);
        project.map_or(own, |project| {
            Some(own.map_or(project, |own| own.min(project)))
        })
    };
    Ok(Limits {
        memory: lower(given.memory, Some(ours::CODE_MEMORY), project.memory),
        pids: lower(given.pids, Some(ours::CODE_PIDS), project.pids),
        cpu_millis: lower(
            given.cpu_millis,
            Some(ours::CODE_CPU_MILLIS),
            project.cpu_millis,
        ),
        cpuset: None,
        wall_ms: lower(given.wall_ms, default_wall_ms, project.wall_ms),
        file_size: lower(given.file_size, None, project.file_size),
        open_files: lower(
            given.open_files,
            Some(ours::CODE_OPEN_FILES),
            project.open_files,
        ),
        disk: lower(given.disk, Some(ours::CODE_DISK), project.disk),
        output: lower(given.output, Some(ours::CODE_OUTPUT), project.output),
        best_effort,
    })
}

/// What one file says; what is wrong with it goes to `found`.
fn written(document: &Document, limits: &ExecLimits, found: &mut Vec<Problem>) -> Given {
    let mut problems = document.problems();
    let mut quantity = |value: &Option<Spanned<Quantity>>, read: Reader<'_>| {
        let value = value.as_ref()?;
        match read(value.get_ref()) {
            Ok(number) => Some(number),
            Err(why) => {
                problems.push(value.span(), why, None);
                None
            }
        }
    };
    let given = Given {
        memory: quantity(&limits.memory, &memory),
        pids: quantity(&limits.pids, &count),
        cpu_millis: quantity(&limits.cpus, &units::cpu_millis),
        wall_ms: quantity(&limits.wall_time, &units::milliseconds),
        output: quantity(&limits.output, &units::bytes),
        disk: quantity(&limits.disk, &units::bytes),
        open_files: quantity(&limits.open_files, &count),
        file_size: quantity(&limits.file_size, &units::bytes),
    };
    found.extend(problems.take());
    given
}

type Reader<'a> = &'a dyn Fn(&Quantity) -> Result<u64, String>;

fn count(quantity: &Quantity) -> Result<u64, String> {
    match quantity {
        Quantity::Int(number) if *number > 0 => Ok(number.unsigned_abs()),
        _ => Err("this must be a number above 0".to_owned()),
    }
}

fn parse(entry: &str, into: &mut Given) -> Result<(), ResolveError> {
    let wrong = |message: String, hint: &str| ResolveError::usage(message, Some(hint.to_owned()));
    let shown = entry.escape_debug();
    let Some((name, value)) = entry.split_once('=') else {
        return Err(wrong(
            format!("--limit {shown} is not NAME=VALUE"),
            "for example --limit memory=512m,pids=50,cpus=1,time=30s,output=1m,disk=64m",
        ));
    };
    let (name, value) = (name.trim(), value.trim());
    let quantity = match value.parse() {
        Ok(number) => Quantity::Int(number),
        Err(_) => Quantity::Text(value.to_owned()),
    };
    let (place, read): (&mut Option<u64>, Reader<'_>) = match name {
        "memory" => (&mut into.memory, &memory),
        "pids" => (&mut into.pids, &count),
        "cpus" | "cpu" => (&mut into.cpu_millis, &units::cpu_millis),
        "time" | "wall_time" => (&mut into.wall_ms, &units::milliseconds),
        "output" => (&mut into.output, &units::bytes),
        "disk" => (&mut into.disk, &units::bytes),
        "files" | "open_files" => (&mut into.open_files, &count),
        "file_size" => (&mut into.file_size, &units::bytes),
        other => {
            return Err(wrong(
                format!("--limit: there is no limit `{}`", other.escape_debug()),
                &format!("limits: {NAMES}"),
            ));
        }
    };
    let value = read(&quantity).map_err(|why| {
        ResolveError::usage(
            format!("--limit {name}={}: {why}", value.escape_debug()),
            None,
        )
    })?;
    if place.replace(value).is_some() {
        return Err(ResolveError::usage(
            format!("--limit: `{name}` is given twice"),
            None,
        ));
    }
    Ok(())
}

/// Bytes, and enough of them.
pub(super) fn memory(quantity: &Quantity) -> Result<u64, String> {
    let bytes = units::bytes(quantity)?;
    if bytes < LEAST_MEMORY {
        return Err("less than 4 MiB starts nothing; \"512m\" is 512 MiB".into());
    }
    Ok(bytes)
}
