//! The unified hierarchy: a directory below the nearest cgroup that is delegated to the caller.
//!
//! A cgroup that hands controllers to children may hold no processes itself, so the caller's own cgroup serves only
//! when it is the root, or when all that it holds can be moved into a leaf: the case of
//! `systemd-run --user --scope -p Delegate=yes`. The ancestors are tried before that, nearest first.

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
    // A second sandbox of the same supervisor finds it in the leaf already.
    let start = own.parent().filter(|_| own.ends_with(LEAF)).unwrap_or(own);
    let parents = start.ancestors().take_while(|dir| dir.starts_with(root));
    let offers: Vec<_> = parents.map(|dir| (dir, offered(dir, wanted))).collect();
    // A place further up may offer what the nearest does not: all that is wanted first, the nearest place second.
    let most = offers.iter().map(|(_, some)| some.len()).max().unwrap_or(0);
    let best = offers.iter().filter(|(_, some)| some.len() == most);
    let rest = offers.iter().filter(|(_, some)| some.len() < most);
    let as_they_are = best.chain(rest).map(|(dir, some)| (*dir, some, false));
    // Moving the caller's processes is the last resort: a terminal's scope holds the user's shell as well.
    let emptied = offers
        .iter()
        .filter(|(dir, _)| *dir == own)
        .map(|(dir, some)| (*dir, some, true));
    let mut last = io::Error::from(io::ErrorKind::PermissionDenied);
    for (parent, usable, may_empty) in as_they_are
        .chain(emptied)
        .filter(|(_, some, _)| !some.is_empty())
    {
        match below(parent, may_empty, name, usable, limits) {
            Ok(dir) => {
                let absent = wanted.iter().filter(|one| !usable.contains(one));
                let missing = absent
                    .map(|one| (*one, not_offered(*one, parent)))
                    .collect();
                let place = Place {
                    dir,
                    version: Version::V2,
                    controllers: usable.clone(),
                };
                return (Some(place), missing);
            }
            Err(error) => last = error,
        }
    }
    let refusal = |one: &Controller| match offers.iter().any(|(_, some)| some.contains(one)) {
        true => (*one, not_delegated(*one, own, &last)),
        false => (*one, not_offered(*one, own)),
    };
    (None, wanted.iter().map(refusal).collect())
}

/// Those of `wanted` that a cgroup could hand to its children.
fn offered(dir: &Path, wanted: &[Controller]) -> Vec<Controller> {
    let words = words(dir, "cgroup.controllers").unwrap_or_default();
    wanted
        .iter()
        .copied()
        .filter(|one| words.iter().any(|word| word == one.name()))
        .collect()
}

fn below(
    parent: &Path,
    may_empty: bool,
    name: &str,
    controllers: &[Controller],
    limits: &Limits,
) -> io::Result<PathBuf> {
    // Moving a process needs write access to the nearest common ancestor of where it was and where it goes.
    fs::OpenOptions::new()
        .write(true)
        .open(parent.join("cgroup.procs"))?;
    group::sweep(parent);
    enable(parent, may_empty && !is_root(parent), controllers)?;
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

/// The real root, which may hold processes and hand out controllers at once; a container's root is an ordinary cgroup.
fn is_root(dir: &Path) -> bool {
    !dir.join("cgroup.type").exists()
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
            "delegate it: `systemctl edit user@.service`, add [Service] Delegate=cpu cpuset io memory pids, log in again; or list \"{name}\" under `best_effort` in [limits] (for code in [exec.limits])"
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
            "start it with `systemd-run --user --scope -p Delegate=yes -- ringfence …`, or list \"{name}\" under `best_effort` in [limits] (for code in [exec.limits])"
        ),
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal, WaitOptions, waitpid};

    use super::*;
    use crate::limits::hierarchy::Hierarchies;
    use crate::limits::{Cgroup, Enforced};
    use crate::sys::net::fork_and_run;

    /// A cgroup of the test's own in the unified hierarchy, if there is one that it may write to.
    struct Ground(PathBuf);

    impl Ground {
        fn new(name: &str) -> Option<Self> {
            let (_, own) = Hierarchies::of_self().v2?;
            let dir = own.join(format!("rftest-{}-{name}", std::process::id()));
            fs::create_dir(&dir).ok().map(|()| Self(dir))
        }
    }

    impl Drop for Ground {
        fn drop(&mut self) {
            group::remove(&self.0.join(LEAF), Version::V2);
            group::remove(&self.0, Version::V2);
        }
    }

    fn sleeper() -> rustix::process::Pid {
        fork_and_run(|| {
            std::thread::sleep(std::time::Duration::from_secs(60));
            0
        })
        .unwrap()
    }

    #[test]
    fn what_is_left_in_a_group_dies_with_it() {
        let Some(ground) = Ground::new("kill") else {
            return;
        };
        let dir = below(&ground.0, true, "ringfence-0-0-x", &[], &Limits::default()).unwrap();
        let group = Cgroup::of(Place {
            dir: dir.clone(),
            version: Version::V2,
            controllers: vec![],
        });
        let pid = sleeper();
        group.attach(pid).unwrap();
        drop(group);
        let (_, status) = waitpid(Some(pid), WaitOptions::empty()).unwrap().unwrap();
        assert_eq!(status.terminating_signal(), Some(Signal::KILL.as_raw()));
        assert!(!dir.exists());
    }

    #[test]
    fn a_delegated_scope_is_emptied_into_a_leaf() {
        let Some(ground) = Ground::new("leaf") else {
            return;
        };
        let pid = sleeper();
        write(&ground.0, "cgroup.procs", &pid.as_raw_nonzero().to_string()).unwrap();
        move_into_leaf(&ground.0).unwrap();
        assert!(words(&ground.0, "cgroup.procs").unwrap().is_empty());
        let members = words(&ground.0.join(LEAF), "cgroup.procs").unwrap();
        assert_eq!(members, [pid.as_raw_nonzero().to_string()]);
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
        waitpid(Some(pid), WaitOptions::empty()).unwrap();
    }

    #[test]
    fn a_controller_that_is_not_offered_is_named() {
        let fake = tempfile::tempdir().unwrap();
        fs::write(fake.path().join("cgroup.controllers"), "io pids\n").unwrap();
        let wanted = [Controller::Memory, Controller::Cpu];
        let (place, missing) = make(fake.path(), fake.path(), "x", &wanted, &Limits::default());
        assert!(place.is_none());
        assert_eq!(
            missing.iter().map(|(one, _)| *one).collect::<Vec<_>>(),
            wanted
        );
        assert!(
            missing[0].1.reason.contains("`memory`") && missing[0].1.mend.contains("Delegate=")
        );
    }

    #[test]
    fn the_limits_are_written_in_the_kernels_words() {
        let fake = tempfile::tempdir().unwrap();
        for file in [
            "memory.max",
            "memory.swap.max",
            "pids.max",
            "cpu.max",
            "cpuset.cpus",
        ] {
            fs::write(fake.path().join(file), "").unwrap();
        }
        let limits = Limits {
            memory: Some(1 << 30),
            pids: Some(100),
            cpu_millis: Some(1500),
            cpuset: Some(vec![0, 3]),
            ..Limits::default()
        };
        Controller::ALL
            .iter()
            .for_each(|one| set(*one, fake.path(), &limits).unwrap());
        for (file, text) in [
            ("memory.max", "1073741824"),
            ("memory.swap.max", "0"),
            ("pids.max", "101"),
            ("cpu.max", "150000 100000"),
            ("cpuset.cpus", "0,3"),
        ] {
            assert_eq!(read(fake.path(), file).unwrap(), text, "{file}");
        }
        fs::remove_file(fake.path().join("memory.swap.max")).unwrap();
        assert!(
            set(Controller::Memory, fake.path(), &limits).is_ok(),
            "a kernel without swap"
        );
        fs::remove_file(fake.path().join("pids.max")).unwrap();
        assert!(
            set(Controller::Pids, fake.path(), &limits).is_err(),
            "never created, never ignored"
        );
    }

    #[test]
    fn a_group_is_made_where_the_controllers_are() {
        // On a machine with controllers in v2 this is the whole way; elsewhere v1 serves and the test above has to do.
        let limits = Limits {
            pids: Some(16),
            ..Limits::default()
        };
        if let Ok(Enforced {
            cgroup: Some(group),
            protections,
            ..
        }) = Cgroup::create(&limits, "v2")
        {
            assert_eq!(protections, ["pids"]);
            let dir = group.directories().remove(0);
            assert_eq!(read(&dir, "pids.max").unwrap().trim(), "17");
        }
    }
}
