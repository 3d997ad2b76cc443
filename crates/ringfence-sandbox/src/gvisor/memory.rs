//! How much memory a sandbox behind gVisor holds, read from outside; for where no cgroup counts it.

use std::collections::HashSet;
use std::os::fd::OwnedFd;

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::Source;
use rustix::fs::{Mode, OFlags};

use super::bundle;
use crate::error::{Fault, Step};
use crate::init::peers;
use crate::spawner::read_small;

/// Counts what every process in this pid namespace holds for itself, and the file in which the second kernel keeps the memory
/// of everything inside.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// The path of a descriptor of that file, once it is found.
    file: Option<String>,
    /// Every tmpfs that the payload can write to, once.
    stores: Vec<OwnedFd>,
    /// Most that was seen, in bytes.
    pub(super) peak: u64,
}

impl Meter {
    /// Opens the places to look at; no untrusted code runs yet.
    pub(super) fn new(spec: &SandboxSpec) -> Result<Self, Fault> {
        let mut seen = HashSet::new();
        let mut meter = Self::default();
        for mount in spec.shape.root.iter().chain(&spec.claim.mounts) {
            if !matches!(mount.source, Source::Tmpfs { .. } | Source::Scratch { .. }) {
                continue;
            }
            let path = bundle::outer(&mount.target.to_string_lossy());
            let what = "looking at a tmpfs";
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let fd = rustix::fs::open(&path, flags, Mode::empty()).step(what)?;
            if seen.insert(rustix::fs::fstat(&fd).step(what)?.st_dev) {
                meter.stores.push(fd);
            }
        }
        Ok(meter)
    }

    /// Bytes held now.
    pub(super) fn read(&mut self) -> u64 {
        let pids = peers::pids();
        if self.file.is_none() {
            self.file = pids.iter().find_map(|pid| memory_file(*pid));
        }
        let inside = self.file.as_ref().and_then(|path| {
            let stat = rustix::fs::stat(path.as_str()).ok()?;
            u64::try_from(stat.st_blocks).ok()?.checked_mul(512)
        });
        let own: u64 = pids.into_iter().filter_map(anonymous).sum();
        let files: u64 = self.stores.iter().map(used).sum();
        let held = inside
            .unwrap_or(0)
            .saturating_add(own)
            .saturating_add(files);
        self.peak = self.peak.max(held);
        held
    }
}

fn used(store: &OwnedFd) -> u64 {
    rustix::fs::fstatvfs(store).map_or(0, |stat| {
        let blocks = stat.f_blocks.saturating_sub(stat.f_bfree);
        blocks.saturating_mul(stat.f_frsize)
    })
}

/// The descriptor behind which a sentry keeps the memory of its guest.
fn memory_file(pid: u32) -> Option<String> {
    let directory = format!("/proc/{pid}/fd");
    let mut entries = std::fs::read_dir(&directory).ok()?.flatten();
    let entry = entries.find(|entry| {
        std::fs::read_link(entry.path())
            .is_ok_and(|to| to.to_string_lossy().starts_with("/memfd:runsc-memory"))
    })?;
    Some(entry.path().to_string_lossy().into_owned())
}

/// Private memory of a process in bytes.
fn anonymous(pid: u32) -> Option<u64> {
    let status = read_small(&format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1024)
}
