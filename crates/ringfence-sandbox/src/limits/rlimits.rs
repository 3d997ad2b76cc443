//! Per-process limits, set by the payload-to-be on itself just before exec. They can be lowered further from inside,
//! never raised.

use ringfence_policy::spec::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::CpuSet;

use super::hierarchy::own_cpus;
use super::{LimitError, StandIns};

/// Sets the rlimits of the calling process (the payload just before exec), CPU pinning included.
///
/// `file_size`, `open_files` and "no core dumps" always; where something has to stand in for a cgroup also the nearest
/// thing that a process can be bound to:
///
/// - `memory`: `RLIMIT_DATA`, writable private memory of *each process*. Not `RLIMIT_AS`: JavaScript engines and Go
///   reserve far more address space than they ever use. Where the init watches, twice the limit: only what grows
///   faster than it looks meets it.
/// - `pids`: `RLIMIT_NPROC`, tasks of this user in this user namespace.
/// - `cpu`: an affinity to as many CPUs, and `RLIMIT_CPU` where there is a wall time to multiply the share with.
///
/// An affinity can be undone by who has it; the filter that comes last refuses that, see [`crate::seccomp`].
///
/// # Errors
/// The limit that the kernel refused.
pub(crate) fn apply_rlimits(limits: &Limits, stand_ins: StandIns) -> Result<(), LimitError> {
    lower("core", Resource::Core, 0)?;
    if let Some(bytes) = limits.file_size {
        lower("file_size", Resource::Fsize, bytes)?;
    }
    if let Some(count) = limits.open_files {
        lower("open_files", Resource::Nofile, count)?;
    }
    if let Some(bytes) = limits.memory.filter(|_| stand_ins.memory) {
        let bytes = if stand_ins.watched {
            bytes.saturating_mul(2)
        } else {
            bytes
        };
        lower("memory", Resource::Data, bytes)?;
    }
    if let Some(count) = limits.pids.filter(|_| stand_ins.pids) {
        lower(
            "pids",
            Resource::Nproc,
            super::tasks(&Limits {
                pids: Some(count),
                ..Limits::default()
            }),
        )?;
    }
    if let (Some(millis), Some(wall), true) = (limits.cpu_millis, limits.wall_ms, stand_ins.cpu) {
        let seconds = u128::from(millis) * u128::from(wall) / 1_000_000;
        lower(
            "cpu",
            Resource::Cpu,
            u64::try_from(seconds).unwrap_or(u64::MAX).max(1),
        )?;
    }
    apply_affinity(limits, stand_ins)
}

/// Pins the calling process, and with it everything that it starts, to the CPUs that it may use.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn apply_affinity(limits: &Limits, stand_ins: StandIns) -> Result<(), LimitError> {
    match (&limits.cpuset, limits.cpu_millis) {
        (Some(cpus), _) => pin(cpus),
        (None, Some(millis)) if stand_ins.cpu => pin(&some_cpus(millis)),
        (None, _) => Ok(()),
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

/// As many CPUs as a share comes to, rounded up, from the one that the kernel chose for us on: it was idle.
fn some_cpus(millis: u64) -> Vec<usize> {
    let own = own_cpus();
    let count = usize::try_from(millis.div_ceil(1000)).unwrap_or(usize::MAX);
    let here = rustix::thread::sched_getcpu();
    let first = own.iter().position(|cpu| *cpu == here).unwrap_or(0);
    let chosen = own.iter().cycle().skip(first);
    chosen
        .take(count.clamp(1, own.len().max(1)))
        .copied()
        .collect()
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
