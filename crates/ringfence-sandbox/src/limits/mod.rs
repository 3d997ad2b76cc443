//! Resource limits: a cgroup of its own (v2 or v1, controller by controller) for each sandbox, and rlimits where the
//! spec allows them to stand in. A limit that can not be enforced is an error, never a log line.

use std::io;
use std::path::PathBuf;

use ringfence_policy::spec::Limits;

mod group;
mod hierarchy;
mod rlimits;
#[cfg(test)]
mod tests;
mod v1;
mod v2;

pub(crate) use group::{Cgroup, Own};
pub(crate) use rlimits::{apply_affinity, apply_rlimits};

/// Why a limit could not be enforced.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// The limit named can not be enforced on this machine.
    #[error("limit `{name}` can not be enforced: {reason}; {mend}")]
    Unenforceable {
        /// `memory`, `pids`, `cpu`, …
        name: &'static str,
        /// Why.
        reason: String,
        /// What to do about it.
        mend: String,
    },
}

/// What [`Cgroup::create`] could do.
#[derive(Debug)]
pub(crate) struct Enforced {
    /// `None` when no limit needs a cgroup, or none could be had and the spec accepts that.
    pub(crate) cgroup: Option<Cgroup>,
    /// Protections by name (`memory`, `pids`, `cpu`, `cpuset`), with a leading `-` when something weaker stands in.
    pub(crate) protections: Vec<String>,
    /// For which of them.
    pub(crate) stand_ins: StandIns,
}

/// For which limits something weaker stands in, because no cgroup enforces them and the spec accepts that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StandIns {
    /// `memory`: the init adds up what all processes hold and kills, or, for agents, `RLIMIT_DATA` of each process.
    pub(crate) memory: bool,
    /// `pids`: `RLIMIT_NPROC`, which counts the tasks of the user namespace.
    pub(crate) pids: bool,
    /// `cpu`: as many CPUs to run on.
    pub(crate) cpu: bool,
    /// `cpuset`: a CPU affinity.
    pub(crate) cpuset: bool,
    /// Whether the init watches: for code. An agent's session is not ended for what one of its tools ate.
    pub(crate) watched: bool,
}

impl StandIns {
    fn of(missing: &[Controller]) -> Self {
        let has = |one| missing.contains(&one);
        Self {
            memory: has(Controller::Memory),
            pids: has(Controller::Pids),
            cpu: has(Controller::Cpu),
            cpuset: has(Controller::Cpuset),
            watched: false,
        }
    }

    /// As one byte, for the way to an init that is another program's child.
    pub(crate) fn to_byte(self) -> u8 {
        let flags = [self.memory, self.pids, self.cpu, self.cpuset, self.watched];
        let bits = flags.into_iter().zip(0..);
        bits.fold(0, |byte, (flag, bit)| byte | u8::from(flag) << bit)
    }

    /// The reverse.
    pub(crate) fn from_byte(byte: u8) -> Self {
        let has = |bit: u8| byte & (1 << bit) != 0;
        Self {
            memory: has(0),
            pids: has(1),
            cpu: has(2),
            cpuset: has(3),
            watched: has(4),
        }
    }

    /// A protection's name with what stands in for it: `-memory(watched)`.
    pub(crate) fn label(self, protection: String) -> String {
        let means = match protection.as_str() {
            "-memory" if self.watched => "watched",
            "-memory" | "-pids" => "rlimit",
            "-cpu" | "-cpuset" => "affinity",
            _ => return protection,
        };
        format!("{protection}({means})")
    }
}

/// The limits that need a cgroup controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Controller {
    Memory,
    Pids,
    Cpu,
    Cpuset,
}

impl Controller {
    /// All of them, in the order in which they are reported.
    pub(crate) const ALL: [Self; 4] = [Self::Memory, Self::Pids, Self::Cpu, Self::Cpuset];

    /// The kernel's name, and the limit's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Pids => "pids",
            Self::Cpu => "cpu",
            Self::Cpuset => "cpuset",
        }
    }

    fn wanted(self, limits: &Limits) -> bool {
        match self {
            Self::Memory => limits.memory.is_some(),
            Self::Pids => limits.pids.is_some(),
            Self::Cpu => limits.cpu_millis.is_some(),
            Self::Cpuset => limits.cpuset.is_some(),
        }
    }

    /// Whether the spec lets something weaker stand in. Pinning counts as `cpu`.
    fn best_effort(self, limits: &Limits) -> bool {
        let named = |name: &str| limits.best_effort.iter().any(|entry| entry == name);
        named(self.name()) || (self == Self::Cpuset && named("cpu"))
    }
}

/// Why one controller is not to be had.
#[derive(Debug)]
struct Missing {
    reason: String,
    mend: String,
}

/// A directory of our own in one hierarchy.
#[derive(Debug)]
struct Place {
    dir: PathBuf,
    version: Version,
    controllers: Vec<Controller>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// Tries, for `ringfence doctor`, whether a limit can be enforced here: `v1` or `v2`, or the reason and the mend.
pub(crate) fn try_controller(controller: Controller) -> Result<&'static str, (String, String)> {
    let limits = match controller {
        Controller::Memory => Limits {
            memory: Some(64 << 20),
            ..Limits::default()
        },
        Controller::Pids => Limits {
            pids: Some(64),
            ..Limits::default()
        },
        Controller::Cpu => Limits {
            cpu_millis: Some(500),
            ..Limits::default()
        },
        Controller::Cpuset => Limits {
            cpuset: Some(hierarchy::own_cpus()),
            ..Limits::default()
        },
    };
    match Cgroup::create(&limits, "doctor") {
        Ok(Enforced {
            cgroup: Some(group),
            ..
        }) => Ok(group.version_of(controller).unwrap_or("")),
        Ok(_) => Err(("no cgroup was made".into(), String::new())),
        Err(LimitError::Unenforceable { reason, mend, .. }) => Err((reason, mend)),
    }
}

/// Tries, in a child made for it, what stands in for cgroups; `true` when pages that processes share can be told apart.
pub(crate) fn try_stand_ins() -> Result<bool, String> {
    let limits = Limits {
        memory: Some(1 << 30),
        pids: Some(64),
        cpu_millis: Some(1000),
        ..Limits::default()
    };
    let all = StandIns {
        memory: true,
        pids: true,
        cpu: true,
        cpuset: false,
        watched: true,
    };
    apply_rlimits(&limits, all).map_err(|error| error.to_string())?;
    std::fs::read_to_string("/proc/self/status").map_err(|error| format!("/proc: {error}"))?;
    Ok(std::fs::read_to_string("/proc/self/smaps_rollup")
        .is_ok_and(|text| text.contains("Pss_Anon")))
}

/// Reads a `key value` line of a statistics file.
fn counter(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        line.strip_prefix(key)?
            .strip_prefix(' ')?
            .trim()
            .parse()
            .ok()
    })
}

fn write(dir: &std::path::Path, file: &str, value: &str) -> io::Result<()> {
    // Not `fs::write`: it would create a file where a controller file is missing on a file system that allows it.
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open(dir.join(file))?;
    io::Write::write_all(&mut file, value.as_bytes())
}

fn read(dir: &std::path::Path, file: &str) -> io::Result<String> {
    std::fs::read_to_string(dir.join(file))
}

/// The init counts as a task of the sandbox and is not the payload's.
const INIT_TASKS: u64 = 1;
/// The kernel's usual accounting period, in microseconds.
const CPU_PERIOD: u64 = 100_000;
/// Its longest one, for quotas below the smallest that it accepts (1 ms a period).
const CPU_LONG_PERIOD: u64 = 1_000_000;

fn tasks(limits: &Limits) -> u64 {
    limits.pids.unwrap_or(u64::MAX).saturating_add(INIT_TASKS)
}

/// (quota, period) in microseconds.
fn quota(limits: &Limits) -> (u64, u64) {
    let millis = limits.cpu_millis.unwrap_or(1000).max(1);
    let period = if millis < 10 {
        CPU_LONG_PERIOD
    } else {
        CPU_PERIOD
    };
    (millis.saturating_mul(period / 1000), period)
}

fn cpu_list(limits: &Limits) -> String {
    let cpus = limits.cpuset.iter().flatten().map(usize::to_string);
    cpus.collect::<Vec<_>>().join(",")
}
