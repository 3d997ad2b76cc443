//! Which limits a cgroup can enforce here. None is needed unless the configuration sets it.

use super::Probe;
use crate::limits::{Controller, try_controller};

pub(super) fn all() -> Vec<Probe> {
    let one = |controller: Controller| {
        let name = format!("limit {}", controller.name());
        match try_controller(controller) {
            Ok(version) => Probe::works(&name, format!("cgroup {version}")),
            Err((reason, mend)) => Probe::lacks(&name, reason, mend),
        }
    };
    Controller::ALL.into_iter().map(one).collect()
}
