//! Each entry of the profile is shown to be needed: the call gets through without it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::bpf::{AUDIT_ARCH, assemble};
use super::profile::{AGENT, Profile, Rule, When, base, parse, read};
use super::{Filter, table};
use crate::sys::testing::{in_child, raw, status_of_child};

const NEW_PRIVILEGES_OFF: i32 = 250;
const NOT_INSTALLED: i32 = 251;

/// One harmless call for each condition of the profile, which the kernel answers in another way than
/// the filter does when nothing filters it (as root; see `PRIVILEGED`).
const TRIALS: &[(&str, [u64; 6])] = &[
    ("ptrace", [0, 0, 0, 0, 0, 0]),
    ("process_vm_readv", [0, 0, 0, 0, 0, 0]),
    ("process_vm_writev", [0, 0, 0, 0, 0, 0]),
    ("pidfd_getfd", [NONE, 0, 0, 0, 0, 0]),
    ("kcmp", [0, 0, 99, 0, 0, 0]),
    ("io_uring_setup", [1, 0, 0, 0, 0, 0]),
    ("io_uring_enter", [NONE, 0, 0, 0, 0, 0]),
    ("io_uring_register", [NONE, 0, 0, 0, 0, 0]),
    ("userfaultfd", [0xffff, 0, 0, 0, 0, 0]),
    ("bpf", [0xffff, 0, 0, 0, 0, 0]),
    ("perf_event_open", [0, 0, 0, 0, 0, 0]),
    ("clone3", [0, 0, 0, 0, 0, 0]),
    // CLONE_SIGHAND without CLONE_VM is EINVAL, whatever else is asked.
    ("clone", [0x0002_0000 | 0x800, 0, 0, 0, 0, 0]),
    ("clone", [0x0200_0000 | 0x800, 0, 0, 0, 0, 0]),
    ("clone", [0x0400_0000 | 0x800, 0, 0, 0, 0, 0]),
    ("clone", [0x0800_0000 | 0x800, 0, 0, 0, 0, 0]),
    ("clone", [0x1000_0000 | 0x800, 0, 0, 0, 0, 0]),
    ("clone", [0x2000_0000 | 0x800, 0, 0, 0, 0, 0]),
    ("clone", [0x4000_0000 | 0x800, 0, 0, 0, 0, 0]),
    ("clone", [0xffff_ffff_1000_0000 | 0x800, 0, 0, 0, 0, 0]),
    ("unshare", [0x0002_0000, 0, 0, 0, 0, 0]),
    ("unshare", [0x0200_0000, 0, 0, 0, 0, 0]),
    ("unshare", [0x0400_0000, 0, 0, 0, 0, 0]),
    ("unshare", [0x0800_0000, 0, 0, 0, 0, 0]),
    ("unshare", [0x1000_0000, 0, 0, 0, 0, 0]),
    ("unshare", [0x2000_0000, 0, 0, 0, 0, 0]),
    ("unshare", [0x4000_0000, 0, 0, 0, 0, 0]),
    ("unshare", [0x0000_0080, 0, 0, 0, 0, 0]),
    ("setns", [NONE, 0, 0, 0, 0, 0]),
    ("mount", [0, 0, 0, 0, 0, 0]),
    ("umount2", [0, 0, 0, 0, 0, 0]),
    ("pivot_root", [0, 0, 0, 0, 0, 0]),
    ("chroot", [0, 0, 0, 0, 0, 0]),
    ("fsopen", [0, 0, 0, 0, 0, 0]),
    ("fsconfig", [NONE, 99, 0, 0, 0, 0]),
    ("fsmount", [NONE, 0, 0, 0, 0, 0]),
    ("fspick", [NONE, 0, 0, 0, 0, 0]),
    ("open_tree", [NONE, 0, 0, 0, 0, 0]),
    ("open_tree_attr", [NONE, 0, 0, 0, 0, 0]),
    ("move_mount", [NONE, 0, NONE, 0, 0, 0]),
    ("mount_setattr", [NONE, 0, 0, 0, 0, 0]),
    ("name_to_handle_at", [NONE, 0, 0, 0, 0, 0]),
    ("open_by_handle_at", [NONE, 0, 0, 0, 0, 0]),
    ("quotactl", [NONE, 0, 0, 0, 0, 0]),
    ("quotactl_fd", [NONE, 0, 0, 0, 0, 0]),
    // Null would switch accounting off.
    ("acct", [1, 0, 0, 0, 0, 0]),
    ("swapon", [0, 0, 0, 0, 0, 0]),
    ("swapoff", [0, 0, 0, 0, 0, 0]),
    ("keyctl", [NONE, 0, 0, 0, 0, 0]),
    ("add_key", [0, 0, 0, 0, 0, 0]),
    ("request_key", [0, 0, 0, 0, 0, 0]),
    ("init_module", [0, 0, 0, 0, 0, 0]),
    ("finit_module", [NONE, 0, 0, 0, 0, 0]),
    ("delete_module", [0, 0, 0, 0, 0, 0]),
    ("kexec_load", [0, 0, 0, 0xffff, 0, 0]),
    ("kexec_file_load", [NONE, NONE, 0, 0, 0xffff, 0]),
    // Without the magic numbers.
    ("reboot", [0, 0, 0, 0, 0, 0]),
    ("syslog", [10, 0, 0, 0, 0, 0]),
    ("iopl", [4, 0, 0, 0, 0, 0]),
    ("ioperm", [0, 0, 0, 0, 0, 0]),
    ("modify_ldt", [0, 0, 0, 0, 0, 0]),
    ("personality", [0x0040_0000, 0, 0, 0, 0, 0]),
    ("ioctl", [NONE, 0x5412, 0, 0, 0, 0]),
    ("ioctl", [NONE, 0x541c, 0, 0, 0, 0]),
    ("ioctl", [NONE, 0xdead_beef_0000_5412, 0, 0, 0, 0]),
    ("ioctl", [NONE, 0x5423, 0, 0, 0, 0]),
    // AF_PACKET, AF_NETLINK/kobject-uevent, raw IPv4 and IPv6, UDP-Lite.
    ("socket", [17, 2, 0, 0, 0, 0]),
    ("socket", [16, 3, 15, 0, 0, 0]),
    ("socket", [2, 3, 1, 0, 0, 0]),
    ("socket", [10, 0x0008_0003, 58, 0, 0, 0]),
    ("socketpair", [2, 1, 0, 0, 0, 0]),
    // Paths are null or empty descriptors, so nothing is made.
    ("chmod", [0, 0o4755, 0, 0, 0, 0]),
    ("fchmod", [NONE, 0o2755, 0, 0, 0, 0]),
    ("fchmodat", [NONE, 0, 0o4755, 0, 0, 0]),
    ("fchmodat2", [NONE, 0, 0o6755, 0, 0, 0]),
    ("creat", [0, 0o4755, 0, 0, 0, 0]),
    ("mknod", [0, 0o104_755, 0, 0, 0, 0]),
    ("mknodat", [NONE, 0, 0o104_755, 0, 0, 0]),
    ("mknod", [0, 0o020_600, 0, 0, 0, 0]),
    ("mknod", [0, 0o060_600, 0, 0, 0, 0]),
    ("mknodat", [NONE, 0, 0o020_600, 0, 0, 0]),
    ("mknodat", [NONE, 0, 0o060_600, 0, 0, 0]),
    ("open", [0, 0x41, 0o4755, 0, 0, 0]),
    ("openat", [NONE, 0, 0x41, 0o4755, 0, 0]),
    ("openat", [NONE, 0, 0x41_0002, 0o2755, 0, 0]),
    ("openat2", [NONE, 0, 0, 0, 0, 0]),
];
pub(super) const NONE: u64 = u64::MAX;

/// Refused by the kernel too (with the same errno) when the caller has no privileges.
const PRIVILEGED: &[&str] = &[
    "userfaultfd",
    "bpf",
    "perf_event_open",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "fsopen",
    "fsmount",
    "fspick",
    "move_mount",
    "mount_setattr",
    "open_by_handle_at",
    "quotactl",
    "acct",
    "swapon",
    "swapoff",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "syslog",
    "iopl",
    "ioperm",
    "unshare",
    "socket",
    "fsconfig",
    "io_uring_setup",
];

fn number(name: &str) -> Option<i64> {
    table::number(name).expect("known").map(i64::from)
}

fn agent() -> Profile {
    base().expect("profile")
}

fn filter(profile: &Profile) -> Filter {
    Filter {
        program: assemble(profile).expect("assembles"),
    }
}

/// Errno (0 for success) of one call in a child with or without a filter.
fn outcome(filter: Option<&Filter>, number: i64, args: [u64; 6]) -> i32 {
    in_child(|| {
        if let Some(code) = fence(filter) {
            return code;
        }
        raw(number, args).err().unwrap_or(0)
    })
}

fn fence(filter: Option<&Filter>) -> Option<i32> {
    let filter = filter?;
    if rustix::thread::set_no_new_privs(true).is_err() {
        return Some(NEW_PRIVILEGES_OFF);
    }
    filter.install().is_err().then_some(NOT_INSTALLED)
}

#[test]
fn every_entry_is_needed_and_works() {
    let root = rustix::process::geteuid().is_root();
    let profile = agent();
    let real = filter(&profile);
    let mut proven: BTreeSet<(i64, usize)> = BTreeSet::new();
    for (name, args) in TRIALS {
        let Some(number) = number(name) else { continue };
        let open = outcome(None, number, *args);
        let fenced = outcome(Some(&real), number, *args);
        let rules = &profile.calls[&(number as u32)];
        // Which rule it is that refuses: leave each one out in turn.
        let mut needed = Vec::new();
        for index in 0..rules.len() {
            let mut without = profile.clone();
            without
                .calls
                .get_mut(&(number as u32))
                .expect("there")
                .remove(index);
            if outcome(Some(&filter(&without)), number, *args) != fenced {
                needed.push(index);
            }
        }
        let stated: Vec<i32> = rules.iter().map(|rule| i32::from(rule.errno)).collect();
        assert!(stated.contains(&fenced), "{name} {args:x?}: {fenced}");
        if open == fenced {
            assert!(
                !root && PRIVILEGED.contains(name),
                "{name} {args:x?} proves nothing: unfenced it is {open} as well"
            );
            continue;
        }
        proven.extend(needed.into_iter().map(|index| (number, index)));
    }
    if !root {
        return;
    }
    for (number, rules) in &profile.calls {
        for index in 0..rules.len() {
            // UDP-Lite, SCTP and the like are not in every kernel; see `odd_protocols`.
            let socket_protocols = i64::from(*number) == libc::SYS_socket && index == 3;
            assert!(
                socket_protocols || proven.contains(&(i64::from(*number), index)),
                "rule {index} of system call {number} is not proven by a trial"
            );
        }
    }
}

#[test]
fn odd_protocols() {
    let real = filter(&agent());
    for (kind, protocol) in [(2, 136), (5, 132), (1, 132), (6, 33), (1, 256), (2, 115)] {
        for family in [2, 10] {
            let fenced = outcome(
                Some(&real),
                libc::SYS_socket,
                [family, kind, protocol, 0, 0, 0],
            );
            assert_eq!(fenced, libc::EPROTONOSUPPORT, "{family} {kind} {protocol}");
        }
    }
}

#[test]
fn what_tools_need_still_works() {
    let real = super::base().expect("compiles");
    let code = in_child(|| {
        if let Some(code) = fence(Some(&real)) {
            return code;
        }
        let sockets = [
            (1, 1, 0),
            (1, 0x0008_0002, 0),
            (2, 1, 0),
            (2, 2, 0),
            (2, 0x0008_0801, 6),
            (10, 1, 6),
            (10, 2, 17),
            (16, 0x0008_0003, 0),
        ];
        for (index, (family, kind, protocol)) in sockets.into_iter().enumerate() {
            if raw(libc::SYS_socket, [family, kind, protocol, 0, 0, 0]).is_err() {
                return 10 + index as i32;
            }
        }
        // A thread (clone3 falls back to clone), a process with exec, a pipe-less unshare.
        if std::thread::spawn(|| 7).join().ok() != Some(7) {
            return 1;
        }
        if !std::process::Command::new("/bin/true")
            .status()
            .is_ok_and(|s| s.success())
        {
            return 2;
        }
        if raw(libc::SYS_unshare, [0x400, 0, 0, 0, 0, 0]).is_err() {
            return 3;
        }
        if raw(libc::SYS_personality, [0xffff_ffff, 0, 0, 0, 0, 0]).is_err() {
            return 4;
        }
        // A mode without set-uid bits, and a meaningless one without O_CREAT.
        let here = c".".as_ptr() as u64;
        let cwd = libc::AT_FDCWD as u64;
        if raw(libc::SYS_openat, [cwd, here, 0o200_000, 0o4755, 0, 0]).is_err() {
            return 6;
        }
        if raw(libc::SYS_fchmod, [NONE, 0o755, 0, 0, 0, 0]) != Err(libc::EBADF) {
            return 7;
        }
        let mut pair = [0_i32; 2];
        let pair_at = pair.as_mut_ptr() as u64;
        if raw(libc::SYS_socketpair, [1, 1, 0, pair_at, 0, 0]).is_err() {
            return 5;
        }
        0
    });
    assert_eq!(code, 0);
}

#[test]
fn newer_calls_are_not_there() {
    let real = filter(&agent());
    let newer = i64::from(agent().newest) + 1;
    for number in [newer, newer + 1, 600, 0x3fff_ffff, -1] {
        assert_eq!(
            outcome(Some(&real), number, [0; 6]),
            libc::ENOSYS,
            "{number}"
        );
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn foreign_abis_kill() {
    let real = filter(&agent());
    let dies = |body: fn() -> i32| {
        let status = status_of_child(|| fence(Some(&real)).unwrap_or_else(body));
        libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGSYS
    };
    assert!(dies(
        || raw(0x4000_0000 + libc::SYS_getpid, [0; 6]).map_or(1, |_| 0)
    ));
    assert!(dies(
        || raw(0x4000_0000 + libc::SYS_ptrace, [0; 6]).map_or(1, |_| 0)
    ));
    // Unfenced the gate answers (a kernel without i386 support ends the child by SIGSEGV instead).
    let open = status_of_child(|| i32::from(crate::sys::testing::i386_getpid() <= 0));
    if libc::WIFEXITED(open) {
        assert_eq!(libc::WEXITSTATUS(open), 0);
        assert!(dies(|| i32::from(crate::sys::testing::i386_getpid() <= 0)));
    }
}

#[test]
fn entries_say_why() {
    let written = read(AGENT).expect("reads");
    assert!(written.entries.iter().all(|entry| entry.why.len() > 20));
}

#[test]
fn broken_profiles_are_refused() {
    let entry = |entry: &str| {
        parse(&format!(
            r#"{{"profile":"p","why":"w","newest":469,"entries":[{entry}]}}"#
        ))
    };
    assert!(entry(r#"{"calls":["ptrace"],"errno":"EPERM","why":"w"}"#).is_ok());
    for wrong in [
        r#"{"calls":["ptarce"],"errno":"EPERM","why":"w"}"#,
        r#"{"calls":["ptrace"],"errno":"EWHAT","why":"w"}"#,
        r#"{"calls":["ptrace"],"errno":"EPERM","why":"w","when":[],"unless":[]}"#,
        r#"{"calls":["ioctl"],"errno":"EPERM","why":"w","when":[[{"arg":6,"in":[1]}]]}"#,
        r#"{"calls":["ioctl"],"errno":"EPERM","why":"w","when":[[{"arg":1,"in":["5412"]}]]}"#,
        r#"{"calls":["ioctl"],"errno":"EPERM","why":"w","when":[[{"arg":1}]]}"#,
        r#"{"calls":["ioctl"],"errno":"EPERM","why":"w","wehn":[[{"arg":1,"in":[1]}]]}"#,
    ] {
        assert!(entry(wrong).is_err(), "{wrong}");
    }
}

/// What the profile means, said without BPF.
fn meaning(profile: &Profile, arch: u32, nr: u32, args: [u64; 6]) -> u32 {
    let refuse = |errno: u16| libc::SECCOMP_RET_ERRNO | u32::from(errno);
    if arch != AUDIT_ARCH {
        return libc::SECCOMP_RET_KILL_PROCESS;
    }
    if nr == u32::MAX {
        return refuse(libc::ENOSYS as u16);
    }
    if cfg!(target_arch = "x86_64") && nr >= 0x4000_0000 {
        return libc::SECCOMP_RET_KILL_PROCESS;
    }
    if nr > profile.newest {
        return refuse(libc::ENOSYS as u16);
    }
    let holds = |alternatives: &[Vec<super::profile::Test>]| {
        alternatives.iter().any(|all| {
            all.iter().all(|test| {
                let value = (args[usize::from(test.arg)] as u32) & test.mask;
                test.values.contains(&value) == test.among
            })
        })
    };
    let refuses = |rule: &&Rule| match &rule.when {
        When::Always => true,
        When::Any(alternatives) => holds(alternatives),
        When::Unless(alternatives) => !holds(alternatives),
    };
    profile
        .calls
        .get(&nr)
        .and_then(|rules| rules.iter().find(refuses))
        .map_or(libc::SECCOMP_RET_ALLOW, |rule| refuse(rule.errno))
}

/// A BPF machine for the instructions that the compiler emits; leaving the program is a failure.
pub(super) fn run(program: &[libc::sock_filter], arch: u32, nr: u32, args: [u64; 6]) -> u32 {
    let mut accumulator = 0_u32;
    let mut at = 0;
    loop {
        let insn = program[at];
        at += 1;
        let mut branch = |taken: bool| at += usize::from(if taken { insn.jt } else { insn.jf });
        match insn.code {
            0x20 => {
                accumulator = match insn.k {
                    0 => nr,
                    4 => arch,
                    offset => {
                        let word = args[(offset as usize - 16) / 8];
                        if offset % 8 == 0 {
                            word as u32
                        } else {
                            (word >> 32) as u32
                        }
                    }
                }
            }
            0x54 => accumulator &= insn.k,
            0x05 => at += insn.k as usize,
            0x15 => branch(accumulator == insn.k),
            0x25 => branch(accumulator > insn.k),
            0x35 => branch(accumulator >= insn.k),
            0x06 => return insn.k,
            other => panic!("instruction {other:#x}"),
        }
    }
}

pub(super) fn arguments() -> impl Strategy<Value = [u64; 6]> {
    let interesting = prop_oneof![
        Just(0_u64),
        0..20_u64,
        Just(0x5412),
        Just(0x541c),
        Just(0x5423),
        Just(0x1000_0000),
        Just(0x7e02_0080),
        Just(0x0002_0008),
        Just(u64::MAX),
        any::<u64>(),
        any::<u64>().prop_map(|high| (high << 32) | 0x5412),
    ];
    prop::array::uniform6(interesting)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]
    #[test]
    fn the_program_means_what_the_profile_says(
        nr in prop_oneof![0..480_u32, any::<u32>()],
        native in prop::bool::weighted(0.95),
        args in arguments(),
    ) {
        let profile = agent();
        let program = filter(&profile).program;
        let arch = if native { AUDIT_ARCH } else { 0x4000_0003 };
        prop_assert_eq!(run(&program, arch, nr, args), meaning(&profile, arch, nr, args));
    }
}
