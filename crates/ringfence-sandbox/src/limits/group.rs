//! The cgroup(s) of one sandbox: made before the clone, removed after the last process is gone.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;
#[cfg(test)]
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ringfence_policy::spec::Limits;
use rustix::process::{Pid, Signal};

use super::hierarchy::Hierarchies;
use super::{
    Controller, Enforced, LimitError, Missing, Place, StandIns, Version, counter, read, v1, v2,
    write,
};

/// Directories of ours begin with this; the pid of the process that made it follows.
pub(super) const PREFIX: &str = "ringfence-";
const SESSION_CHARS: usize = 64;
/// Removal is tried this often: the kernel lets go of dying processes a moment after they were reaped.
const REMOVE_TRIES: u32 = 50;
const REMOVE_PAUSE: Duration = Duration::from_millis(2);

/// The cgroup(s) of one sandbox. Removed on drop, which kills what is still in there; it should come after every
/// process in it was reaped.
#[derive(Debug)]
pub(crate) struct Cgroup {
    places: Vec<Place>,
}

/// Processes of ours in a sandbox's cgroup besides the init, for which the limit on tasks has to leave room.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Own {
    /// Where the first process enters it (v1).
    pub(crate) entered: u64,
    /// Where the first process is born in it (v2).
    pub(crate) born: u64,
}

/// See [`Cgroup::doors`].
#[derive(Debug, Default)]
pub(crate) struct Doors {
    /// `tasks` files (v1): the process writes `0` to each, for itself.
    pub(crate) tasks: Vec<OwnedFd>,
    /// The directory (v2) that the process is cloned into.
    pub(crate) birthplace: Option<OwnedFd>,
}

impl Cgroup {
    /// Makes the cgroups. Runs in the spawner as the invoking user, before the clone.
    ///
    /// # Errors
    /// The first limit that can not be enforced and that the spec does not list under `best_effort`.
    pub(crate) fn create(limits: &Limits, session: &str) -> Result<Enforced, LimitError> {
        Self::create_with(limits, session, Own::default())
    }

    /// The same for a backend that has more processes of ours in the cgroup than the init.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn create_with(
        limits: &Limits,
        session: &str,
        own: Own,
    ) -> Result<Enforced, LimitError> {
        let more = |tasks: u64| Limits {
            pids: limits.pids.map(|pids| pids.saturating_add(tasks)),
            ..limits.clone()
        };
        let wanted: Vec<Controller> = Controller::ALL
            .into_iter()
            .filter(|one| one.wanted(limits))
            .collect();
        if wanted.is_empty() {
            return Ok(Enforced {
                cgroup: None,
                protections: Vec::new(),
                stand_ins: StandIns::default(),
            });
        }
        let here = Hierarchies::of_self();
        let name = directory_name(session);
        // Built up in place, so that an early return removes what exists already.
        let mut group = Self { places: Vec::new() };
        let mut missing: Vec<(Controller, Missing)> = Vec::new();
        let mut rest = wanted.clone();
        if let Some((root, place)) = &here.v2 {
            let (place, refused) = v2::make(root, place, &name, &wanted, &more(own.born));
            rest = refused.iter().map(|(controller, _)| *controller).collect();
            missing = refused;
            group.places.extend(place);
        }
        for controller in rest {
            let Some((_, place)) = here.v1.iter().find(|(other, _)| *other == controller) else {
                if !missing.iter().any(|(other, _)| *other == controller) {
                    missing.push((controller, Missing::no_hierarchy(controller)));
                }
                continue;
            };
            missing.retain(|(other, _)| *other != controller);
            match v1::make(controller, place, &name, &more(own.entered)) {
                Ok(place) => group.places.push(place),
                Err(why) => missing.push((controller, why)),
            }
        }
        group.conclude(&wanted, missing, limits)
    }

    fn conclude(
        self,
        wanted: &[Controller],
        missing: Vec<(Controller, Missing)>,
        limits: &Limits,
    ) -> Result<Enforced, LimitError> {
        let stand_ins: Vec<Controller> =
            missing.iter().map(|(controller, _)| *controller).collect();
        let mut protections = Vec::new();
        for controller in wanted {
            if missing.iter().any(|(other, _)| other == controller) {
                protections.push(format!("-{}", controller.name()));
            } else {
                protections.push(controller.name().to_owned());
            }
        }
        for (controller, why) in missing {
            if !controller.best_effort(limits) {
                let Missing { reason, mend } = why;
                return Err(LimitError::Unenforceable {
                    name: controller.name(),
                    reason,
                    mend,
                });
            }
        }
        let cgroup = (!self.places.is_empty()).then_some(self);
        Ok(Enforced {
            cgroup,
            protections,
            stand_ins: StandIns::of(&stand_ins),
        })
    }

    /// The ways in for a process that does not exist yet.
    ///
    /// Writing a pid to `cgroup.procs` would do for any process, but makes the kernel wait for an RCU grace period (ten
    /// milliseconds and more). A thread that moves itself through v1's `tasks`, and one born in a v2 cgroup, need none.
    ///
    /// # Errors
    /// When the kernel refuses; the sandbox must not go on then.
    pub(crate) fn doors(&self) -> Result<Doors, LimitError> {
        let mut doors = Doors::default();
        for place in &self.places {
            let opened = match place.version {
                Version::V1 => fs::OpenOptions::new()
                    .write(true)
                    .open(place.dir.join("tasks")),
                Version::V2 => fs::File::open(&place.dir),
            };
            let file = opened.map_err(|error| LimitError::Unenforceable {
                name: place
                    .controllers
                    .first()
                    .map_or("cgroup", |controller| controller.name()),
                reason: format!("opening its cgroup: {error}"),
                mend: "see `ringfence doctor`".into(),
            })?;
            match place.version {
                Version::V1 => doors.tasks.push(file.into()),
                Version::V2 => doors.birthplace = Some(file.into()),
            }
        }
        Ok(doors)
    }

    /// Moves a process (the init, before it has children) in.
    ///
    /// # Errors
    /// When the kernel refuses; the sandbox must not go on then.
    #[cfg(test)]
    pub(crate) fn attach(&self, pid: Pid) -> Result<(), LimitError> {
        for place in &self.places {
            let text = pid.as_raw_nonzero().to_string();
            write(&place.dir, "cgroup.procs", &text).map_err(|error| {
                LimitError::Unenforceable {
                    name: place
                        .controllers
                        .first()
                        .map_or("cgroup", |controller| controller.name()),
                    reason: format!("moving the sandbox into its cgroup: {error}"),
                    mend: "see `ringfence doctor`".into(),
                }
            })?;
        }
        Ok(())
    }

    /// Whether the kernel killed something in it for memory.
    pub(crate) fn oom_killed(&self) -> bool {
        let file = |version| {
            if version == Version::V2 {
                "memory.events"
            } else {
                "memory.oom_control"
            }
        };
        self.count(Controller::Memory, file, "oom_kill") > 0
    }

    /// Whether a fork was refused for the pids limit.
    pub(crate) fn pids_refused(&self) -> bool {
        self.count(Controller::Pids, |_| "pids.events", "max") > 0
    }

    /// Peak memory in bytes, where the kernel says.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let place = self.place(Controller::Memory)?;
        let file = if place.version == Version::V2 {
            "memory.peak"
        } else {
            "memory.max_usage_in_bytes"
        };
        read(&place.dir, file).ok()?.trim().parse().ok()
    }

    /// CPU milliseconds of everything that was ever in it, where the kernel counts them.
    pub(crate) fn cpu_ms(&self) -> Option<u64> {
        self.places.iter().find_map(|place| match place.version {
            Version::V2 => Some(counter(&read(&place.dir, "cpu.stat").ok()?, "usage_usec")? / 1000),
            // Only where `cpu` and `cpuacct` are mounted together.
            Version::V1 => {
                let nanos = read(&place.dir, "cpuacct.usage").ok()?;
                Some(nanos.trim().parse::<u64>().ok()? / 1_000_000)
            }
        })
    }

    /// `v1` or `v2`, for a controller that it enforces.
    pub(super) fn version_of(&self, controller: Controller) -> Option<&'static str> {
        self.place(controller).map(|place| {
            if place.version == Version::V2 {
                "v2"
            } else {
                "v1"
            }
        })
    }

    fn count(
        &self,
        controller: Controller,
        file: impl Fn(Version) -> &'static str,
        key: &str,
    ) -> u64 {
        self.place(controller)
            .and_then(|place| counter(&read(&place.dir, file(place.version)).ok()?, key))
            .unwrap_or(0)
    }

    fn place(&self, controller: Controller) -> Option<&Place> {
        self.places
            .iter()
            .find(|place| place.controllers.contains(&controller))
    }

    #[cfg(test)]
    pub(super) fn of(place: Place) -> Self {
        Self {
            places: vec![place],
        }
    }

    #[cfg(test)]
    pub(super) fn directories(&self) -> Vec<PathBuf> {
        self.places.iter().map(|place| place.dir.clone()).collect()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for place in &self.places {
            remove(&place.dir, place.version);
        }
    }
}

impl Missing {
    fn no_hierarchy(controller: Controller) -> Self {
        Self {
            reason: format!(
                "this machine has no `{}` cgroup controller",
                controller.name()
            ),
            mend: format!(
                "enable it (kernel command line `cgroup_enable={0}`), or list \"{0}\" under `best_effort` in [limits] (for code in [exec.limits])",
                controller.name()
            ),
        }
    }
}

/// Kills what is left and removes the directory; gives up silently after a tenth of a second, [`sweep`] finds it later.
pub(super) fn remove(dir: &Path, version: Version) {
    for _ in 0..REMOVE_TRIES {
        match fs::remove_dir(dir) {
            Ok(()) => return,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(_) => kill_members(dir, version),
        }
        std::thread::sleep(REMOVE_PAUSE);
    }
}

fn kill_members(dir: &Path, version: Version) {
    if version == Version::V2 && write(dir, "cgroup.kill", "1").is_ok() {
        return;
    }
    for pid in read(dir, "cgroup.procs").unwrap_or_default().lines() {
        // 0 is a process of another pid namespace: killing "0" would hit our own group.
        if let Some(pid) = pid
            .parse()
            .ok()
            .filter(|pid| *pid > 0)
            .and_then(Pid::from_raw)
        {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }
}

/// Removes empty directories below `parent` whose maker is gone (killed before it could).
pub(super) fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let maker = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.split_once('-'));
        if let Some((pid, _)) = maker
            && pid.parse::<u32>().is_ok()
            && !Path::new("/proc").join(pid).exists()
        {
            // Fails, as it should, when something still lives in it.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

fn directory_name(session: &str) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c
        } else {
            '-'
        }
    };
    let session: String = session.chars().take(SESSION_CHARS).map(safe).collect();
    // One spawner may be asked for the same session twice.
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{PREFIX}{}-{number}-{session}", std::process::id())
}
