//! The limits of code: what the user wrote over what ships.

use crate::config::units::{self, Quantity};
use crate::limits as ours;
use crate::resolve::ResolveError;
use crate::spec::Limits;

/// Names that `--limit` takes.
const NAMES: &str = "memory, pids, cpus, time, output, disk, files, file_size";
/// Less memory than this starts no interpreter, and is a mistake in the unit.
const LEAST_MEMORY: u64 = 4 << 20;

/// What is written, each with the text it came from.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Written {
    pub memory: Option<u64>,
    pub pids: Option<u64>,
    pub cpu_millis: Option<u64>,
    pub wall_ms: Option<u64>,
    pub output: Option<u64>,
    pub disk: Option<u64>,
    pub open_files: Option<u64>,
    pub file_size: Option<u64>,
}

/// `--limit` over the defaults. A limit that nobody wrote is best effort, so that code runs out of the box where no cgroup
/// can be had; one that was written is enforced or stops the run.
pub(super) fn resolve(
    options: &[String],
    default_wall_ms: Option<u64>,
) -> Result<Limits, ResolveError> {
    let mut written = Written::default();
    for list in options {
        for entry in list.split(',') {
            parse(entry, &mut written)?;
        }
    }
    let mut best_effort = Vec::new();
    for (name, given) in [
        ("memory", written.memory.is_some()),
        ("pids", written.pids.is_some()),
        ("cpu", written.cpu_millis.is_some()),
    ] {
        if !given {
            best_effort.push(name.to_owned());
        }
    }
    Ok(Limits {
        memory: written.memory.or(Some(ours::CODE_MEMORY)),
        pids: written.pids.or(Some(ours::CODE_PIDS)),
        cpu_millis: written.cpu_millis.or(Some(ours::CODE_CPU_MILLIS)),
        cpuset: None,
        wall_ms: written.wall_ms.or(default_wall_ms),
        file_size: written.file_size,
        open_files: written.open_files.or(Some(ours::CODE_OPEN_FILES)),
        disk: written.disk.or(Some(ours::CODE_DISK)),
        output: written.output.or(Some(ours::CODE_OUTPUT)),
        best_effort,
    })
}

fn parse(entry: &str, into: &mut Written) -> Result<(), ResolveError> {
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
    let count = |quantity: &Quantity| match quantity {
        Quantity::Int(number) if *number > 0 => Ok(number.unsigned_abs()),
        _ => Err("this is a number above 0".to_owned()),
    };
    type Read<'a> = &'a dyn Fn(&Quantity) -> Result<u64, String>;
    let (place, read): (&mut Option<u64>, Read<'_>) = match name {
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
