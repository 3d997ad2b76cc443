//! Which limits a cgroup can enforce here. None is needed unless the configuration sets it.

use super::{Probe, child};
use crate::limits::{Controller, try_controller};

pub(super) fn all() -> Vec<Probe> {
    let one = |controller: Controller| {
        let name = format!("limit {}", controller.name());
        match try_controller(controller) {
            Ok(version) => Probe::works(&name, format!("cgroup {version}")),
            Err((reason, mend)) => Probe::lacks(&name, reason, mend),
        }
    };
    let mut found: Vec<Probe> = Controller::ALL.into_iter().map(one).collect();
    found.push(stand_ins());
    found
}

/// What holds code's limits for a user without a cgroup of one's own: tried on a child.
fn stand_ins() -> Probe {
    let name = "limits without a cgroup";
    let attempt = child::ordinary(|| {
        crate::limits::try_stand_ins().map(|shares| {
            let memory = match shares {
                true => "memory is watched, shared pages counted once",
                false => "memory is watched, shared pages counted for each process (no CONFIG_PROC_PAGE_MONITOR)",
            };
            format!("{memory}; tasks by RLIMIT_NPROC, CPU by affinity")
        })
    });
    match attempt {
        Ok(detail) => Probe::works(name, detail),
        Err(reason) => Probe::lacks(name, reason, "delegate a cgroup, see `limit memory`"),
    }
}
