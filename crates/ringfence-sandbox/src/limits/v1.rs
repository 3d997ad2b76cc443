//! Legacy hierarchies: a directory below our own in each one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ringfence_policy::spec::Limits;

use super::{Controller, Missing, Place, Version, group, read, write};

/// Where an administrator may delegate to: below the caller's own cgroup.
const DELEGATED: &str = "ringfence";

/// Makes the directory and writes the limit.
pub(super) fn make(
    controller: Controller,
    own: &Path,
    name: &str,
    limits: &Limits,
) -> Result<Place, Missing> {
    let delegated = own.join(DELEGATED);
    let attempt = try_below(controller, own, name, limits).or_else(|first| {
        // The first refusal is the one that explains: the delegated directory usually is not there.
        try_below(controller, &delegated, name, limits).map_err(|_| first)
    });
    let dir = attempt.map_err(|error| refusal(controller, own, &error))?;
    Ok(Place {
        dir,
        version: Version::V1,
        controllers: vec![controller],
    })
}

fn try_below(
    controller: Controller,
    parent: &Path,
    name: &str,
    limits: &Limits,
) -> io::Result<PathBuf> {
    group::sweep(parent);
    let dir = parent.join(name);
    match fs::create_dir(&dir) {
        // With `cpu,cpuacct` mounted together, or a v1 tree where two controllers share a mount, it exists already.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    match set(controller, parent, &dir, limits) {
        Ok(()) => Ok(dir),
        Err(error) => {
            group::remove(&dir, Version::V1);
            Err(error)
        }
    }
}

fn set(controller: Controller, parent: &Path, dir: &Path, limits: &Limits) -> io::Result<()> {
    match controller {
        Controller::Memory => {
            let bytes = limits.memory.unwrap_or(u64::MAX).to_string();
            write(dir, "memory.limit_in_bytes", &bytes)?;
            // Memory plus swap, so equal means that swap adds nothing. Kernels without swap accounting have no such file.
            match write(dir, "memory.memsw.limit_in_bytes", &bytes) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            }
            // What is below that limit would still be swapped when a group above or the machine is short of memory.
            write(dir, "memory.swappiness", "0")
        }
        Controller::Pids => write(dir, "pids.max", &super::tasks(limits).to_string()),
        Controller::Cpu => {
            let (quota, period) = super::quota(limits);
            write(dir, "cpu.cfs_period_us", &period.to_string())?;
            write(dir, "cpu.cfs_quota_us", &quota.to_string())
        }
        Controller::Cpuset => {
            // Nothing can be attached while either of the two is empty, and new directories start empty.
            write(dir, "cpuset.mems", read(parent, "cpuset.mems")?.trim())?;
            write(dir, "cpuset.cpus", &super::cpu_list(limits))
        }
    }
}

fn refusal(controller: Controller, own: &Path, error: &io::Error) -> Missing {
    let (name, own) = (controller.name(), own.display());
    let user = rustix::process::geteuid().as_raw();
    // Nothing can be attached below a cpuset that has no CPUs and no memory nodes itself.
    let fill = match controller {
        Controller::Cpuset => format!(
            " && for f in cpuset.cpus cpuset.mems; do cat {own}/$f > {own}/{DELEGATED}/$f; done"
        ),
        _ => String::new(),
    };
    Missing {
        reason: format!("making a cgroup below {own} failed: {error}"),
        mend: format!(
            "delegate one as root: `mkdir -p {own}/{DELEGATED}{fill} && chown -R {user} {own}/{DELEGATED}`, or list \"{name}\" under `best_effort` in [limits] (for code in [exec.limits])"
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn memory_is_bounded_and_kept_out_of_swap_with_and_without_swap_accounting() {
        let fake = tempfile::tempdir().unwrap();
        let files = [
            ("memory.limit_in_bytes", "1073741824"),
            ("memory.memsw.limit_in_bytes", "1073741824"),
            ("memory.swappiness", "0"),
        ];
        for (file, _) in files {
            fs::write(fake.path().join(file), "").unwrap();
        }
        let limits = Limits {
            memory: Some(1 << 30),
            ..Limits::default()
        };
        let set = || set(Controller::Memory, fake.path(), fake.path(), &limits);
        set().unwrap();
        for (file, text) in files {
            assert_eq!(read(fake.path(), file).unwrap(), text, "{file}");
        }
        fs::remove_file(fake.path().join("memory.memsw.limit_in_bytes")).unwrap();
        fs::write(fake.path().join("memory.swappiness"), "").unwrap();
        set().unwrap();
        assert_eq!(read(fake.path(), "memory.swappiness").unwrap(), "0");
        fs::remove_file(fake.path().join("memory.swappiness")).unwrap();
        assert!(set().is_err(), "nothing keeps it out of swap");
    }
}
