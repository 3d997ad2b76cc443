//! Per-process limits, set by the payload-to-be on itself just before exec. They can be lowered further from inside,
//! never raised.

use ringfence_policy::spec::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::CpuSet;

use super::{Controller, LimitError};

/// Sets the rlimits of the calling process (the payload just before exec), CPU pinning included.
///
/// `file_size`, `open_files` and "no core dumps" always; for a limit that the spec lists under `best_effort` also the
/// nearest thing that an rlimit can do, whether or not a cgroup enforces the real one:
///
/// - `memory`: `RLIMIT_DATA`, writable private memory of *each process*. Not `RLIMIT_AS`: JavaScript engines and Go
///   reserve far more address space than they ever use.
/// - `pids`: `RLIMIT_NPROC`, tasks of this user in this user namespace.
/// - `cpu`: `RLIMIT_CPU`, only with a wall time to multiply the share with; no rlimit bounds a rate.
///
/// # Errors
/// The limit that the kernel refused.
pub(crate) fn apply_rlimits(limits: &Limits) -> Result<(), LimitError> {
    lower("core", Resource::Core, 0)?;
    if let Some(bytes) = limits.file_size {
        lower("file_size", Resource::Fsize, bytes)?;
    }
    if let Some(count) = limits.open_files {
        lower("open_files", Resource::Nofile, count)?;
    }
    if let Some(bytes) = limits
        .memory
        .filter(|_| Controller::Memory.best_effort(limits))
    {
        lower("memory", Resource::Data, bytes)?;
    }
    if let Some(count) = limits.pids.filter(|_| Controller::Pids.best_effort(limits)) {
        lower(
            "pids",
            Resource::Nproc,
            super::tasks(&Limits {
                pids: Some(count),
                ..Limits::default()
            }),
        )?;
    }
    if let (Some(millis), Some(wall), true) = (
        limits.cpu_millis,
        limits.wall_ms,
        Controller::Cpu.best_effort(limits),
    ) {
        let seconds = u128::from(millis) * u128::from(wall) / 1_000_000;
        lower(
            "cpu",
            Resource::Cpu,
            u64::try_from(seconds).unwrap_or(u64::MAX).max(1),
        )?;
    }
    match &limits.cpuset {
        Some(cpus) => pin(cpus),
        None => Ok(()),
    }
}

/// Sets both values, but never above the hard limit that is already there: that one is as strict as the spec or more.
fn lower(name: &'static str, resource: Resource, value: u64) -> Result<(), LimitError> {
    let hard = getrlimit(resource).maximum;
    let value = Some(hard.map_or(value, |hard| hard.min(value)));
    setrlimit(
        resource,
        Rlimit {
            current: value,
            maximum: value,
        },
    )
    .map_err(|error| refused(name, &error))
}

fn pin(cpus: &[usize]) -> Result<(), LimitError> {
    let mut set = CpuSet::new();
    for cpu in cpus.iter().filter(|cpu| **cpu < CpuSet::MAX_CPU) {
        set.set(*cpu);
    }
    rustix::thread::sched_setaffinity(None, &set).map_err(|error| refused("cpuset", &error))
}

fn refused(name: &'static str, error: &rustix::io::Errno) -> LimitError {
    LimitError::Unenforceable {
        name,
        reason: format!("the kernel refused it: {error}"),
        mend: "choose CPUs and values that this machine has".into(),
    }
}
