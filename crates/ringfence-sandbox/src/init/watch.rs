//! Limits that no cgroup enforces for us, kept by looking: what all processes hold, what scratch directories hold that are no
//! one file system, how many tasks there are. What grows is looked at the more often the nearer it is to its limit.
//!
//! A watch is weaker than a cgroup and is named so in the result. It sees a process's memory only while the process has it
//! mapped, so for code the filter refuses what hides memory from it (see [`crate::seccomp`]); what is left are
//! pages of shared anonymous mappings that the payload pushed out of its own page tables, and kernel memory.

use std::collections::HashSet;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use ringfence_policy::spec::{SandboxSpec, Source};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};

use super::{Seat, peers};
use crate::bounds::{
    WATCH_BYTES_PER_MS, WATCH_LONGEST, WATCH_SHARE, WATCH_SHORTEST, scratch_inodes,
};
use crate::error::{Fault, Step};
use crate::spawner::read_small;
use crate::wire::KilledFor;

/// What is watched, and what was seen.
#[derive(Debug)]
pub(super) struct Watch {
    memory: Option<u64>,
    pids: Option<u64>,
    disk: Option<u64>,
    /// Each tmpfs that the payload can write to, once.
    stores: Vec<Store>,
    due: Instant,
    /// Most memory seen, in bytes.
    pub(super) peak_memory: Option<u64>,
    /// Whether as many tasks were seen as are allowed.
    pub(super) pids_reached: bool,
}

#[derive(Debug)]
struct Store {
    fd: OwnedFd,
    /// Whether the limit on disk is about it.
    scratch: bool,
}

/// What the processes hold.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    private: u64,
    shared: u64,
    tasks: u64,
}

impl Watch {
    /// `None` when cgroups and file systems enforce everything. Opens the places to look at; no untrusted code runs yet.
    pub(super) fn new(seat: &Seat<'_>) -> Result<Option<Self>, Fault> {
        let (limits, stand_ins) = (&seat.spec.shape.limits, seat.stand_ins);
        let memory = limits
            .memory
            .filter(|_| stand_ins.memory && stand_ins.watched);
        let pids = limits.pids.filter(|_| stand_ins.pids && stand_ins.watched);
        let disk = limits.disk.filter(|_| seat.scratch_apart);
        if memory.is_none() && pids.is_none() && disk.is_none() {
            return Ok(None);
        }
        if (memory.is_some() || pids.is_some()) && !sees_itself() {
            return Err(Fault::new(
                "limits without a cgroup need a /proc inside, to look at; add `Proc` to the mount table",
            ));
        }
        Ok(Some(Self {
            memory,
            pids,
            disk,
            stores: stores(&seat.spec)?,
            due: Instant::now() + WATCH_SHORTEST,
            peak_memory: None,
            pids_reached: false,
        }))
    }

    /// When to look next.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Looks; the reason when a limit has passed.
    pub(super) fn look(&mut self) -> Option<KilledFor> {
        let began = Instant::now();
        let mut room = u64::MAX;
        let mut passed = None;
        let used: u64 = self.stores.iter().map(|store| store.used().0).sum();
        if self.memory.is_some() || self.pids.is_some() {
            let held = held(status_of);
            self.pids_reached |= self.pids.is_some_and(|most| held.tasks >= most);
            if let Some(limit) = self.memory {
                let mut now = held.with(used);
                if now > limit {
                    // Pages that processes share were counted for each of them.
                    now = self::held(|pid| share_of(pid).or_else(|| status_of(pid))).with(used);
                }
                self.peak_memory = self.peak_memory.max(Some(now));
                room = room.min(limit.saturating_sub(now));
                passed = (now > limit).then_some(KilledFor::Oom);
            }
        }
        if let Some(limit) = self.disk {
            let scratch = self.stores.iter().filter(|store| store.scratch);
            let (bytes, files) = scratch
                .map(Store::used)
                .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            room = room.min(limit.saturating_sub(bytes));
            if passed.is_none() && (bytes > limit || files > scratch_inodes(limit)) {
                passed = Some(KilledFor::Disk);
            }
        }
        let now = Instant::now();
        let pause = Duration::from_millis(room / WATCH_BYTES_PER_MS);
        let share = now.saturating_duration_since(began) * WATCH_SHARE;
        self.due = now + pause.max(share).clamp(WATCH_SHORTEST, WATCH_LONGEST);
        passed
    }
}

impl Store {
    /// Bytes and files.
    fn used(&self) -> (u64, u64) {
        rustix::fs::fstatvfs(&self.fd).map_or((0, 0), |stat| {
            (
                stat.f_blocks
                    .saturating_sub(stat.f_bfree)
                    .saturating_mul(stat.f_frsize),
                stat.f_files.saturating_sub(stat.f_ffree),
            )
        })
    }
}

impl Held {
    /// Shared pages that a process has mapped may be those of files on a tmpfs; the larger of the two counts.
    fn with(self, tmpfs: u64) -> u64 {
        self.private.saturating_add(self.shared.max(tmpfs))
    }
}

/// Whether `/proc` is there and that of our own pid namespace: without it nothing would ever be seen.
fn sees_itself() -> bool {
    let own = std::fs::read_link("/proc/self");
    own.is_ok_and(|link| link.as_os_str() == "1") && status_of(1).is_some()
}

fn held(of: impl Fn(u32) -> Option<Held>) -> Held {
    let all = peers::pids().into_iter().filter_map(of);
    all.fold(Held::default(), |sum, one| Held {
        private: sum.private.saturating_add(one.private),
        shared: sum.shared.saturating_add(one.shared),
        tasks: sum.tasks.saturating_add(one.tasks),
    })
}

/// What a process holds, pages that it shares with others included.
fn status_of(pid: u32) -> Option<Held> {
    let text = read_small(&format!("/proc/{pid}/status")).ok()?;
    Some(Held {
        private: ["RssAnon:", "VmSwap:", "HugetlbPages:"]
            .map(|name| field(&text, name))
            .iter()
            .sum::<u64>()
            * 1024,
        shared: field(&text, "RssShmem:") * 1024,
        tasks: field(&text, "Threads:"),
    })
}

/// The same, with each shared page divided among those who share it. Slow for large processes, and refused (`None`) by
/// those that made themselves undumpable.
fn share_of(pid: u32) -> Option<Held> {
    let text = read_small(&format!("/proc/{pid}/smaps_rollup")).ok()?;
    Some(Held {
        private: ["Pss_Anon:", "SwapPss:", "Private_Hugetlb:"]
            .map(|name| field(&text, name))
            .iter()
            .sum::<u64>()
            * 1024,
        shared: field(&text, "Pss_Shmem:") * 1024,
        tasks: 0,
    })
}

fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Every tmpfs that can be written to.
fn stores(spec: &SandboxSpec) -> Result<Vec<Store>, Fault> {
    let mut seen = HashSet::new();
    let mut stores = Vec::new();
    for mount in spec.shape.root.iter().chain(&spec.claim.mounts) {
        let (path, scratch) = match &mount.source {
            Source::Scratch { .. } => (mount.target.clone(), true),
            Source::Tmpfs { .. } => (mount.target.clone(), false),
            Source::Dev => (mount.target.join("shm"), true),
            _ => continue,
        };
        let fd = open(&path).step(format_args!("looking at {}", path.display()))?;
        let device = rustix::fs::fstat(&fd).step("looking at a tmpfs")?.st_dev;
        if seen.insert(device) {
            stores.push(Store { fd, scratch });
        }
    }
    Ok(stores)
}

fn open(path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_memory_is_seen_both_ways() {
        let block = vec![1_u8; 32 << 20];
        let me = std::process::id();
        let status = status_of(me).unwrap();
        let share = share_of(me).unwrap();
        // Children that other tests fork share our pages for a moment.
        assert!(status.private > 32 << 20 && share.private > 4 << 20);
        assert!(status.tasks >= 1);
        assert_eq!(block.iter().map(|b| u64::from(*b)).sum::<u64>(), 32 << 20);
        assert!(status_of(0).is_none());
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "Rss:  9 kB\nPss_Anon:    12 kB\nPss:   4 kB\nbroken:\n";
        assert_eq!(field(text, "Pss:"), 4);
        assert_eq!(field(text, "Pss_Anon:"), 12);
        assert_eq!(field(text, "broken:"), 0);
        assert_eq!(field(text, "absent:"), 0);
    }

    #[test]
    fn mapped_files_of_a_tmpfs_count_once() {
        let held = Held {
            private: 1,
            shared: 10,
            tasks: 0,
        };
        assert_eq!(held.with(4), 11);
        assert_eq!(held.with(40), 41);
    }
}
