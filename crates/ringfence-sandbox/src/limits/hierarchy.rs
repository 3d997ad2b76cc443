//! Where this process stands in the cgroup hierarchies: `/proc/self/mountinfo` and `/proc/self/cgroup` read together.

use std::path::{Component, Path, PathBuf};

use super::{Controller, Version};

/// The cgroup directories of the calling process.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hierarchies {
    /// (mount point, own directory) of the unified hierarchy.
    pub(super) v2: Option<(PathBuf, PathBuf)>,
    /// Own directory in each v1 hierarchy that carries a controller of interest.
    pub(super) v1: Vec<(Controller, PathBuf)>,
}

impl Hierarchies {
    /// Of the calling process; empty when `/proc` does not say.
    pub(super) fn of_self() -> Self {
        let read =
            |name| std::fs::read_to_string(Path::new("/proc/self").join(name)).unwrap_or_default();
        Self::parse(&read("mountinfo"), &read("cgroup"))
    }

    pub(super) fn parse(mountinfo: &str, cgroup: &str) -> Self {
        let mut found = Self::default();
        for mount in mountinfo.lines().filter_map(Mount::parse) {
            match mount.version {
                Version::V2 if found.v2.is_none() => {
                    let own = path_of(cgroup, "").and_then(|path| mount.locate(path));
                    found.v2 = own.map(|own| (mount.point.clone(), own));
                }
                Version::V2 => {}
                Version::V1 => {
                    for controller in Controller::ALL {
                        let known = found.v1.iter().any(|(other, _)| *other == controller);
                        if known
                            || !mount
                                .options
                                .split(',')
                                .any(|option| option == controller.name())
                        {
                            continue;
                        }
                        if let Some(own) =
                            path_of(cgroup, controller.name()).and_then(|path| mount.locate(path))
                        {
                            found.v1.push((controller, own));
                        }
                    }
                }
            }
        }
        found
    }
}

/// CPUs that the calling process may use; CPU 0 if the kernel does not say.
pub(super) fn own_cpus() -> Vec<usize> {
    let set = rustix::thread::sched_getaffinity(None);
    let cpus = set.map(|set| {
        (0..rustix::thread::CpuSet::MAX_CPU)
            .filter(|cpu| set.is_set(*cpu))
            .collect()
    });
    cpus.unwrap_or_else(|_| vec![0])
}

struct Mount<'a> {
    version: Version,
    root: &'a Path,
    point: PathBuf,
    options: &'a str,
}

impl<'a> Mount<'a> {
    /// `id parent major:minor root point options optional… - type source super-options`
    fn parse(line: &'a str) -> Option<Self> {
        let (left, right) = line.split_once(" - ")?;
        let mut right = right.split(' ');
        let version = match right.next()? {
            "cgroup" => Version::V1,
            "cgroup2" => Version::V2,
            _ => return None,
        };
        let mut left = left.split(' ').skip(3);
        let (root, point) = (left.next()?, left.next()?);
        // Octal escapes (a space in the path) do not occur below /sys/fs/cgroup; such a mount is not used.
        if point.contains('\\') {
            return None;
        }
        Some(Self {
            version,
            root: Path::new(root),
            point: PathBuf::from(point),
            options: right.nth(1)?,
        })
    }

    /// The directory of a cgroup path, if it lies below what is mounted.
    fn locate(&self, path: &str) -> Option<PathBuf> {
        let below = Path::new(path).strip_prefix(self.root).ok()?;
        let inside = below
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        inside.then(|| match below.as_os_str().is_empty() {
            true => self.point.clone(),
            false => self.point.join(below),
        })
    }
}

/// The path in `/proc/self/cgroup` for a controller; the empty name means the unified hierarchy.
fn path_of<'a>(cgroup: &'a str, controller: &str) -> Option<&'a str> {
    cgroup.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let unified = id == "0" && controllers.is_empty();
        let found = if controller.is_empty() {
            unified
        } else {
            controllers.split(',').any(|name| name == controller)
        };
        found.then_some(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_systemd_machine_has_one_unified_hierarchy() {
        let mountinfo =
            "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
        let found = Hierarchies::parse(
            mountinfo,
            "0::/user.slice/user-1000.slice/session-2.scope\n",
        );
        let own = PathBuf::from("/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope");
        assert_eq!(
            found,
            Hierarchies {
                v2: Some(("/sys/fs/cgroup".into(), own)),
                v1: vec![]
            }
        );
    }

    #[test]
    fn a_hybrid_machine_has_controllers_in_v1() {
        let mountinfo = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                         35 31 0:32 /docker/ab /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                         41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let cgroup = "4:memory:/docker/ab/x\n1:cpu,cpuacct:/\n0::/\n";
        let found = Hierarchies::parse(mountinfo, cgroup);
        assert_eq!(
            found.v1,
            [
                (Controller::Cpu, "/sys/fs/cgroup/cpu,cpuacct".into()),
                (Controller::Memory, "/sys/fs/cgroup/memory/x".into())
            ]
        );
    }

    #[test]
    fn a_path_outside_of_what_is_mounted_is_not_used() {
        let mountinfo =
            "35 31 0:32 /docker/ab /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        for path in ["/docker/other", "/../x", "/docker/ab/../../x"] {
            let found = Hierarchies::parse(mountinfo, &format!("4:memory:{path}\n"));
            assert_eq!(found, Hierarchies::default(), "{path}");
        }
    }
}
