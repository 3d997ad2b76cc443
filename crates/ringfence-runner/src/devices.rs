//! Device nodes of graphics processors: which ones a runner may be granted when somebody asks, and what it is given with them.
//!
//! The list of shapes is closed. A node that is granted is the driver's whole interface, to a process that may have been taken over, so
//! nothing is granted by itself.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Mount, Source};
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::limits;

/// Whether the engine was built to compute on a graphics processor.
const BUILT: bool = cfg!(any(feature = "gpu-cuda", feature = "gpu-vulkan"));

/// Why a device is not granted.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Its name is none of a graphics processor's.
    #[error(
        "{0:?} is no device of a graphics processor; to be granted are /dev/dri/renderD<N>, /dev/nvidia<N>, /dev/nvidiactl, \
         /dev/nvidia-uvm, /dev/nvidia-uvm-tools and /dev/kfd, written exactly so"
    )]
    Name(PathBuf),
    /// More than anybody has.
    #[error("more than {} devices; name fewer", limits::DEVICES)]
    TooMany,
    /// The engine could not use it.
    #[error(
        "{0:?} would be granted for nothing: this program was built without gpu-cuda and gpu-vulkan, so models run on processors \
         only. Leave the device out, or build with one of these features (docs/runner.md)"
    )]
    NotBuilt(PathBuf),
    /// It is not there, or a symlink.
    #[error("{path:?}: {why}")]
    Missing {
        /// Which.
        path: PathBuf,
        /// What is there instead, and what to do.
        why: String,
    },
    /// The runner's user may not use it.
    #[error("{path:?} can not be used by the model's process: {why}")]
    NotAllowed {
        /// Which.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
}

/// Device nodes for a runner to use. Empty unless somebody asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Devices(BTreeSet<PathBuf>);

impl Devices {
    /// The devices with these paths.
    ///
    /// # Errors
    /// [`DeviceError`], also where this program could not use any.
    pub fn asked(paths: impl IntoIterator<Item = PathBuf>) -> Result<Self, DeviceError> {
        let devices = Self::named(paths)?;
        match devices.0.first() {
            Some(first) if !BUILT => Err(DeviceError::NotBuilt(first.clone())),
            _ => devices.group().map(|_| devices),
        }
    }

    /// As [`Devices::asked`], whatever this program was built with.
    ///
    /// # Errors
    /// As [`Devices::asked`].
    #[cfg(any(test, feature = "test-support"))]
    pub fn unused(paths: impl IntoIterator<Item = PathBuf>) -> Result<Self, DeviceError> {
        let devices = Self::named(paths)?;
        devices.group().map(|_| devices)
    }

    fn named(paths: impl IntoIterator<Item = PathBuf>) -> Result<Self, DeviceError> {
        let mut devices = BTreeSet::new();
        for path in paths {
            if !known(&path) {
                return Err(DeviceError::Name(path));
            }
            devices.insert(path);
            if devices.len() > limits::DEVICES {
                return Err(DeviceError::TooMany);
            }
        }
        Ok(Self(devices))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(PathBuf::as_path)
    }

    /// Looks that each is there, a device, and open to the runner's user. When that is not the one who asks (root starts runners as a
    /// user without rights), says which group it needs, if any.
    pub(crate) fn group(&self) -> Result<Option<u32>, DeviceError> {
        let mut group = None;
        for path in &self.0 {
            let needed = look(path)?;
            if needed.is_some() && group.is_some() && needed != group {
                let why = "it belongs to another group than the other devices, and the process has one; give all devices one group (udev)";
                return Err(not_allowed(path, why.into()));
            }
            group = group.or(needed);
        }
        Ok(group)
    }

    /// What is mounted for them.
    pub(crate) fn mounts(&self) -> Vec<Mount> {
        let mut mounts = Vec::new();
        let mut mount = |path: PathBuf, writable, why: &str| {
            mounts.push(Mount {
                target: path.clone(),
                source: Source::Bind {
                    path,
                    writable,
                    optional: !writable,
                },
                why: why.into(),
            });
        };
        if self.is_empty() {
            return mounts;
        }
        let files = DRIVER_FILES.iter().map(PathBuf::from);
        for file in files.chain(self.0.iter().filter_map(|path| described(path))) {
            // A symlink is what it leads to under another name; a driver that needs it by that name does without.
            if file.canonicalize().is_ok_and(|real| real == file) {
                mount(file, false, "what a graphics driver reads");
            }
        }
        for path in &self.0 {
            mount(path.clone(), true, "a graphics processor, as asked");
        }
        mounts
    }
}

/// What drivers read besides their device: libraries that they load by name, who has which driver, which device is which.
const DRIVER_FILES: [&str; 6] = [
    "/etc/ld.so.cache",
    "/etc/vulkan/icd.d",
    "/sys/dev/char",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/vulkan/icd.d",
];

/// Where the kernel describes what is behind a device node.
fn described(path: &Path) -> Option<PathBuf> {
    let number = rustix::fs::stat(path).ok()?.st_rdev;
    let (major, minor) = (rustix::fs::major(number), rustix::fs::minor(number));
    std::fs::canonicalize(format!("/sys/dev/char/{major}:{minor}/device")).ok()
}

/// What the list of protections says about a sandbox with devices: `-device-` and the node's name for each.
pub(crate) fn granted(spec: &SandboxSpec) -> impl Iterator<Item = String> {
    spec.shape
        .root
        .iter()
        .filter_map(|mount| match &mount.source {
            Source::Bind { writable: true, .. } => mount.target.file_name(),
            _ => None,
        })
        .map(|name| format!("-device-{}", name.to_string_lossy()))
}

/// Whether a path has one of the shapes, to the letter.
fn known(path: &Path) -> bool {
    let number = |text: &str| {
        (1..=limits::DEVICE_DIGITS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let Some(name) = path.to_str().and_then(|path| path.strip_prefix("/dev/")) else {
        return false;
    };
    match name {
        "nvidiactl" | "nvidia-uvm" | "nvidia-uvm-tools" | "kfd" => true,
        name => ["dri/renderD", "nvidia"]
            .iter()
            .any(|start| name.strip_prefix(start).is_some_and(number)),
    }
}

/// The group that the runner's user needs for a device.
fn look(path: &Path) -> Result<Option<u32>, DeviceError> {
    let missing = |why: String| DeviceError::Missing {
        path: path.to_owned(),
        why,
    };
    let open = |flags: OFlags| {
        rustix::fs::openat2(
            CWD,
            path,
            flags | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
        )
    };
    let node = open(OFlags::PATH).map_err(|errno| {
        missing(match errno {
            Errno::LOOP => "a symlink stands in the path; name the device itself".into(),
            Errno::NOENT => "not there; is its driver loaded?".into(),
            errno => io::Error::from(errno).to_string(),
        })
    })?;
    let stat = rustix::fs::fstat(&node).map_err(|errno| missing(errno.to_string()))?;
    if !FileType::from_raw_mode(stat.st_mode).is_char_device() {
        return Err(missing(
            "not a character device, so no graphics processor is behind it".into(),
        ));
    }
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY;
    open(flags).map_err(|errno| {
        let why = io::Error::from(errno);
        let mend = format!(
            "{why}; it belongs to group {}: a user in that group may use it (`usermod -aG`, then log in again)",
            stat.st_gid
        );
        not_allowed(path, mend)
    })?;
    if !rustix::process::getuid().is_root() {
        return Ok(None);
    }
    let mode = Mode::from_raw_mode(stat.st_mode);
    let group = Mode::RGRP | Mode::WGRP;
    if mode.contains(Mode::ROTH | Mode::WOTH) {
        Ok(None)
    } else if mode.contains(group) && stat.st_gid != 0 {
        Ok(Some(stat.st_gid))
    } else {
        let why =
            "only root may use it, and the process is not root; give it a group that may (udev)";
        Err(not_allowed(path, why.into()))
    }
}

fn not_allowed(path: &Path, why: String) -> DeviceError {
    DeviceError::NotAllowed {
        path: path.to_owned(),
        why,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn named(path: &str) -> Result<Devices, DeviceError> {
        Devices::named([PathBuf::from(path)])
    }

    #[test]
    fn only_devices_of_graphics_processors_have_the_names_to_be_asked_for() {
        for path in [
            "/dev/dri/renderD128",
            "/dev/nvidia0",
            "/dev/nvidia15",
            "/dev/nvidiactl",
            "/dev/nvidia-uvm",
            "/dev/nvidia-uvm-tools",
            "/dev/kfd",
        ] {
            assert!(named(path).is_ok(), "{path}");
        }
        for path in [
            "",
            "/",
            "/dev",
            "/dev/",
            "/dev/mem",
            "/dev/kmem",
            "/dev/sda",
            "/dev/nvme0n1",
            "/dev/kvm",
            "/dev/fuse",
            "/dev/dri",
            "/dev/dri/card0",
            "/dev/dri/renderD",
            "/dev/dri/renderD12x",
            "/dev/dri/renderD+12",
            "/dev/dri/renderD12345",
            "/dev/dri/renderD128/",
            "/dev/dri/renderD128/../../mem",
            "/dev/dri/../nvidia0",
            "/dev//nvidia0",
            "/dev/./nvidia0",
            "//dev/nvidia0",
            "dev/nvidia0",
            "nvidia0",
            "/dev/nvidia",
            "/dev/nvidia-1",
            "/dev/nvidia0 ",
            "/dev/nvidia0\0",
            "/dev/nvidia٣",
            "/dev/NVIDIA0",
            "/dev/nvidia-modeset",
            "/dev/kfd1",
            "/tmp/dev/nvidia0",
            "/proc/self/fd/3",
        ] {
            let refused = named(path).unwrap_err();
            assert!(matches!(refused, DeviceError::Name(_)), "{path}");
            assert!(refused.to_string().contains("/dev/dri/renderD<N>"));
        }
    }

    #[test]
    fn none_is_granted_by_itself_and_not_more_than_anybody_has() {
        let none = Devices::default();
        assert!(none.is_empty() && none.mounts().is_empty());
        assert_eq!(Devices::asked([]).unwrap(), none);
        let many = |count: usize| {
            Devices::named((0..count).map(|n| PathBuf::from(format!("/dev/nvidia{n}"))))
        };
        assert!(many(limits::DEVICES).is_ok());
        assert!(matches!(
            many(limits::DEVICES + 1).unwrap_err(),
            DeviceError::TooMany
        ));
    }

    #[test]
    fn a_program_that_could_not_use_it_is_granted_none() {
        if BUILT {
            eprintln!("SKIPPED: this program was built to use a graphics processor");
            return;
        }
        let refused = Devices::asked([PathBuf::from("/dev/nvidia0")]).unwrap_err();
        assert!(matches!(refused, DeviceError::NotBuilt(_)));
        assert!(refused.to_string().contains("gpu-vulkan"));
    }
}
