//! The unified hierarchy: a directory below the nearest cgroup that is delegated to the caller.
//!
//! A cgroup that hands controllers to children may hold no processes itself, so the caller's own cgroup serves only
//! when it is the root, or when all that it holds can be moved into a leaf: the case of
//! `systemd-run --user --scope -p Delegate=yes`. Otherwise the ancestors are tried, nearest first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ringfence_policy::spec::Limits;

use super::{Controller, Missing, Place, Version, group, read, write};

/// The leaf into which the caller's own scope is emptied.
const LEAF: &str = "ringfence-supervisor";
/// Most processes that are moved into the leaf; a fuller cgroup is somebody else's.
const MOVED: usize = 16;

/// Makes one directory for as many of `wanted` as the nearest usable place offers; the rest comes back with reasons.
pub(super) fn make(
    root: &Path,
    own: &Path,
    name: &str,
    wanted: &[Controller],
    limits: &Limits,
) -> (Option<Place>, Vec<(Controller, Missing)>) {
    let offered = words(own, "cgroup.controllers").unwrap_or_default();
    let (usable, absent): (Vec<_>, Vec<_>) = wanted
        .iter()
        .copied()
        .partition(|controller| offered.iter().any(|word| word == controller.name()));
    let mut missing: Vec<_> = absent
        .into_iter()
        .map(|c| (c, not_offered(c, own)))
        .collect();
    if usable.is_empty() {
        return (None, missing);
    }
    let mut last = io::Error::from(io::ErrorKind::PermissionDenied);
    for parent in own.ancestors().take_while(|dir| dir.starts_with(root)) {
        match below(parent, own, root, name, &usable, limits) {
            Ok(dir) => {
                return (
                    Some(Place {
                        dir,
                        version: Version::V2,
                        controllers: usable,
                    }),
                    missing,
                );
            }
            Err(error) => last = error,
        }
    }
    missing.extend(
        usable
            .into_iter()
            .map(|controller| (controller, not_delegated(controller, own, &last))),
    );
    (None, missing)
}

fn below(
    parent: &Path,
    own: &Path,
    root: &Path,
    name: &str,
    controllers: &[Controller],
    limits: &Limits,
) -> io::Result<PathBuf> {
    // Moving a process needs write access to the nearest common ancestor of where it was and where it goes.
    fs::OpenOptions::new()
        .write(true)
        .open(parent.join("cgroup.procs"))?;
    group::sweep(parent);
    enable(parent, parent == own && own != root, controllers)?;
    let dir = parent.join(name);
    fs::create_dir(&dir)?;
    match controllers
        .iter()
        .try_for_each(|controller| set(*controller, &dir, limits))
    {
        Ok(()) => Ok(dir),
        Err(error) => {
            group::remove(&dir, Version::V2);
            Err(error)
        }
    }
}

/// Hands controllers to the children of `parent`.
fn enable(parent: &Path, may_empty: bool, controllers: &[Controller]) -> io::Result<()> {
    let enabled = words(parent, "cgroup.subtree_control")?;
    let lacking: Vec<_> = controllers
        .iter()
        .filter(|c| !enabled.iter().any(|word| word == c.name()))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let request: String = lacking
        .iter()
        .map(|controller| format!("+{} ", controller.name()))
        .collect();
    match write(parent, "cgroup.subtree_control", request.trim_end()) {
        Err(error) if error.raw_os_error() == Some(libc::EBUSY) && may_empty => {
            move_into_leaf(parent)?;
            write(parent, "cgroup.subtree_control", request.trim_end())
        }
        other => other,
    }
}

/// Empties a small delegated cgroup that holds this process.
fn move_into_leaf(parent: &Path) -> io::Result<()> {
    let members = words(parent, "cgroup.procs")?;
    if members.len() > MOVED {
        return Err(io::Error::from_raw_os_error(libc::EBUSY));
    }
    let leaf = parent.join(LEAF);
    match fs::create_dir(&leaf) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    for pid in members {
        match write(&leaf, "cgroup.procs", &pid) {
            // It ended meanwhile.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            other => other?,
        }
    }
    Ok(())
}

fn set(controller: Controller, dir: &Path, limits: &Limits) -> io::Result<()> {
    match controller {
        Controller::Memory => {
            write(
                dir,
                "memory.max",
                &limits.memory.unwrap_or(u64::MAX).to_string(),
            )?;
            match write(dir, "memory.swap.max", "0") {
                // A kernel without swap has no such file.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other,
            }
        }
        Controller::Pids => write(dir, "pids.max", &super::tasks(limits).to_string()),
        Controller::Cpu => {
            let (quota, period) = super::quota(limits);
            write(dir, "cpu.max", &format!("{quota} {period}"))
        }
        Controller::Cpuset => write(dir, "cpuset.cpus", &super::cpu_list(limits)),
    }
}

fn words(dir: &Path, file: &str) -> io::Result<Vec<String>> {
    Ok(read(dir, file)?
        .split_whitespace()
        .map(str::to_owned)
        .collect())
}

fn not_offered(controller: Controller, own: &Path) -> Missing {
    let name = controller.name();
    Missing {
        reason: format!(
            "the `{name}` controller is not enabled for {}",
            own.display()
        ),
        mend: format!(
            "delegate it: `systemctl edit user@.service`, add [Service] Delegate=cpu cpuset io memory pids, log in again; or list \"{name}\" under `best_effort` in [limits]"
        ),
    }
}

fn not_delegated(controller: Controller, own: &Path, error: &io::Error) -> Missing {
    let name = controller.name();
    Missing {
        reason: format!(
            "no cgroup at or above {} is delegated to this user: {error}",
            own.display()
        ),
        mend: format!(
            "start it with `systemd-run --user --scope -p Delegate=yes -- ringfence …`, or list \"{name}\" under `best_effort` in [limits]"
        ),
    }
}
