//! Limits on real processes. Where the machine delegates no cgroup to the tester, the tests check the refusal instead.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use ringfence_policy::spec::Limits;
use rustix::process::{Pid, Resource, Signal, WaitOptions, WaitStatus, getrlimit};

use super::{Cgroup, Controller, Enforced, LimitError, StandIns, apply_rlimits, group, read};
use crate::sys;
use crate::sys::testing::{in_child, status_of_child};

const MIB: u64 = 1 << 20;
const UNPRIVILEGED: u32 = 62_014;
const DELEGATEE: u32 = 62_015;

/// Makes the group, or checks that the refusal is a useful one.
fn made(limits: &Limits) -> Option<Cgroup> {
    match Cgroup::create(limits, "test/../x") {
        Ok(enforced) => enforced.cgroup,
        Err(LimitError::Unenforceable { name, reason, mend }) => {
            assert!(
                !name.is_empty() && !reason.is_empty() && mend.contains("best_effort"),
                "{name}: {reason}; {mend}"
            );
            assert!(
                !rustix::process::geteuid().is_root() || !Path::new("/sys/fs/cgroup/pids").exists()
            );
            None
        }
    }
}

/// Runs `body` in a child that is in the group before it starts.
fn inside(group: &Cgroup, body: impl FnOnce() -> u8) -> WaitStatus {
    let (pid, go) = waiting(body);
    group.attach(pid).unwrap();
    drop(go);
    rustix::process::waitpid(Some(pid), WaitOptions::empty())
        .unwrap()
        .unwrap()
        .1
}

fn waiting(body: impl FnOnce() -> u8) -> (Pid, std::os::fd::OwnedFd) {
    let (wait, go) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    let pid = sys::net::fork_and_run(|| {
        let mut byte = [0];
        // Other tests' children may hold a copy of the write end for a moment: that only delays.
        sys::net::close_for_tests(&go);
        let _ = rustix::io::read(&wait, &mut byte);
        body()
    })
    .unwrap();
    (pid, go)
}

fn eat(bytes: u64) -> u8 {
    let eaten = vec![1u8; bytes as usize];
    black_box(&eaten)[eaten.len() / 2] - 1
}

#[test]
fn memory_beyond_the_limit_is_an_oom_kill() {
    assert_eq!(
        in_child(|| i32::from(eat(256 * MIB))),
        0,
        "without the limit it works"
    );
    let limits = Limits {
        memory: Some(64 * MIB),
        ..Limits::default()
    };
    let Some(group) = made(&limits) else { return };
    assert_eq!(inside(&group, || eat(8 * MIB)).exit_status(), Some(0));
    assert!(!group.oom_killed());
    let status = inside(&group, || eat(256 * MIB));
    assert_eq!(status.terminating_signal(), Some(Signal::KILL.as_raw()));
    assert!(group.oom_killed());
    let peak = group.peak_memory().unwrap();
    assert!((32 * MIB..=64 * MIB).contains(&peak), "{peak}");
}

#[test]
fn tasks_beyond_the_limit_are_refused() {
    let crowd = || {
        let mut children = 0;
        while children < 40 {
            match sys::net::fork_and_run(|| {
                std::thread::sleep(Duration::from_millis(300));
                0
            }) {
                Ok(_) => children += 1,
                Err(_) => break,
            }
        }
        children
    };
    assert_eq!(
        in_child(|| i32::from(crowd())),
        40,
        "without the limit it works"
    );
    let Some(group) = made(&Limits {
        pids: Some(8),
        ..Limits::default()
    }) else {
        return;
    };
    assert!(!group.pids_refused());
    // One of the 8 + 1 is the one that forks.
    assert_eq!(inside(&group, crowd).exit_status(), Some(8));
    assert!(group.pids_refused());
}

#[test]
fn the_cpu_quota_throttles() {
    let Some(group) = made(&Limits {
        cpu_millis: Some(20),
        ..Limits::default()
    }) else {
        return;
    };
    let dir = group.directories().remove(0);
    let (pid, go) = waiting(|| {
        loop {
            black_box(0);
        }
    });
    group.attach(pid).unwrap();
    drop(go);
    let throttled = |()| super::counter(&read(&dir, "cpu.stat").unwrap(), "nr_throttled").unwrap();
    let started = Instant::now();
    while throttled(()) == 0 && started.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(throttled(()) > 0);
    // Dropping it kills the loop that is still running in it.
    drop(group);
    let (_, status) = rustix::process::waitpid(Some(pid), WaitOptions::empty())
        .unwrap()
        .unwrap();
    assert_eq!(status.terminating_signal(), Some(Signal::KILL.as_raw()));
}

#[test]
fn pinning_can_not_be_undone_from_inside() {
    let all = super::hierarchy::own_cpus();
    let Some(group) = made(&Limits {
        cpuset: Some(vec![all[0]]),
        ..Limits::default()
    }) else {
        return;
    };
    let all_but_first = all[1..].to_vec();
    let status = inside(&group, || {
        let mut others = rustix::thread::CpuSet::new();
        all_but_first.iter().for_each(|cpu| others.set(*cpu));
        let moved = rustix::thread::sched_setaffinity(None, &others).is_ok();
        u8::from(moved || super::hierarchy::own_cpus() != [all[0]])
    });
    assert_eq!(status.exit_status(), Some(0));
}

#[test]
fn groups_are_removed_with_whatever_is_left_in_them() {
    let limits = Limits {
        memory: Some(64 * MIB),
        pids: Some(8),
        cpu_millis: Some(500),
        ..Limits::default()
    };
    let Some(group) = made(&limits) else { return };
    let dirs = group.directories();
    assert!(!dirs.is_empty() && dirs.iter().all(|dir| dir.is_dir()));
    let (pid, _go) = waiting(|| 0);
    group.attach(pid).unwrap();
    drop(group);
    let (_, status) = rustix::process::waitpid(Some(pid), WaitOptions::empty())
        .unwrap()
        .unwrap();
    assert_eq!(status.terminating_signal(), Some(Signal::KILL.as_raw()));
    assert!(dirs.iter().all(|dir| !dir.exists()), "{dirs:?}");
}

#[test]
fn directories_of_dead_makers_are_swept_and_others_left() {
    let parent = tempfile::tempdir().unwrap();
    let dead = status_of_child_pid();
    let keep = [
        format!("ringfence-{}-0-s", std::process::id()),
        "ringfence-supervisor".into(),
        "other".into(),
    ];
    let gone = format!("{}{dead}-0-s", group::PREFIX);
    for name in keep.iter().chain([&gone]) {
        std::fs::create_dir(parent.path().join(name)).unwrap();
    }
    group::sweep(parent.path());
    assert!(!parent.path().join(gone).exists());
    assert!(keep.iter().all(|name| parent.path().join(name).exists()));
}

fn status_of_child_pid() -> i32 {
    let pid = sys::net::fork_and_run(|| 0).unwrap();
    rustix::process::waitpid(Some(pid), WaitOptions::empty()).unwrap();
    pid.as_raw_nonzero().get()
}

#[test]
fn an_ordinary_user_is_told_or_gets_rlimits_when_that_was_asked() {
    let strict = Limits {
        memory: Some(64 * MIB),
        pids: Some(8),
        ..Limits::default()
    };
    let lenient = Limits {
        best_effort: vec!["memory".into(), "pids".into()],
        ..strict.clone()
    };
    let code = in_child(|| {
        if rustix::process::geteuid().is_root() {
            sys::net::become_user_for_tests(UNPRIVILEGED);
        }
        let refused = match Cgroup::create(&strict, "s") {
            Ok(_) => return 0, // this machine delegates: the other tests have it
            Err(error) => error.to_string(),
        };
        if !refused.contains("`memory`") || !refused.contains("best_effort") {
            return 1;
        }
        let Ok(Enforced {
            cgroup: None,
            protections,
            stand_ins,
        }) = Cgroup::create(&lenient, "s")
        else {
            return 2;
        };
        if protections != ["-memory", "-pids"] || apply_rlimits(&lenient, stand_ins).is_err() {
            return 3;
        }
        let mut block: Vec<u8> = Vec::new();
        if block.try_reserve_exact(256 * MIB as usize).is_ok() {
            return 4;
        }
        i32::from(getrlimit(Resource::Nproc).maximum != Some(9)) * 5
    });
    assert_eq!(code, 0);
}

#[test]
fn rlimits_hold_for_files_and_cores() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("big");
    let write = |limits: &Limits| {
        let status = status_of_child(|| {
            if apply_rlimits(limits, StandIns::default()).is_err() {
                return 1;
            }
            let core = getrlimit(Resource::Core);
            let Ok(mut file) = std::fs::File::create(&path) else {
                return 2;
            };
            match file.write_all(&[0; 8192]) {
                Ok(()) => i32::from(core.maximum != Some(0)) * 3,
                Err(error) => error.raw_os_error().unwrap_or(4),
            }
        });
        if libc::WIFSIGNALED(status) {
            -libc::WTERMSIG(status)
        } else {
            libc::WEXITSTATUS(status)
        }
    };
    assert_eq!(write(&Limits::default()), 0, "without the limit it works");
    assert_eq!(
        write(&Limits {
            file_size: Some(4096),
            ..Limits::default()
        }),
        -libc::SIGXFSZ
    );
    assert_eq!(
        write(&Limits {
            open_files: Some(3),
            ..Limits::default()
        }),
        2
    );
}

#[test]
fn no_limit_makes_no_group_and_nonsense_is_refused() {
    let none = Cgroup::create(&Limits::default(), "s").unwrap();
    assert!(none.cgroup.is_none() && none.protections.is_empty());
    let code = in_child(|| {
        i32::from(
            apply_rlimits(
                &Limits {
                    cpuset: Some(vec![]),
                    ..Limits::default()
                },
                StandIns::default(),
            )
            .is_ok(),
        )
    });
    assert_eq!(code, 0);
    assert!(
        Cgroup::create(
            &Limits {
                cpuset: Some(vec![99_999]),
                ..Limits::default()
            },
            "s"
        )
        .is_err()
    );
}

#[test]
fn quotas_below_the_kernels_smallest_use_its_longest_period() {
    let of = |millis| {
        super::quota(&Limits {
            cpu_millis: Some(millis),
            ..Limits::default()
        })
    };
    assert_eq!(of(1500), (150_000, 100_000));
    assert_eq!(of(10), (1000, 100_000));
    assert_eq!(of(1), (1000, 1_000_000));
    assert!(
        Controller::ALL
            .iter()
            .all(|one| !one.wanted(&Limits::default()))
    );
}

/// Removes what the test delegated, also when it fails.
struct Delegated(std::path::PathBuf);

impl Drop for Delegated {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_delegated_v1_directory_serves_an_ordinary_user() {
    let here = super::hierarchy::Hierarchies::of_self();
    let Some((_, own)) = here.v1.iter().find(|(one, _)| *one == Controller::Pids) else {
        return;
    };
    let delegated = Delegated(own.join("ringfence"));
    if !rustix::process::geteuid().is_root() || std::fs::create_dir(&delegated.0).is_err() {
        return;
    }
    let id = Some(rustix::fs::Uid::from_raw(DELEGATEE));
    rustix::fs::chown(&delegated.0, id, None).unwrap();
    let code = in_child(|| {
        sys::net::become_user_for_tests(DELEGATEE);
        let limits = Limits {
            pids: Some(4),
            ..Limits::default()
        };
        let Ok(Enforced {
            cgroup: Some(group),
            ..
        }) = Cgroup::create(&limits, "s")
        else {
            return 1;
        };
        if inside(&group, || 0).exit_status() != Some(0) {
            return 2;
        }
        let dirs = group.directories();
        drop(group);
        i32::from(dirs.iter().any(|dir| dir.exists())) * 3
    });
    assert_eq!(code, 0);
}
