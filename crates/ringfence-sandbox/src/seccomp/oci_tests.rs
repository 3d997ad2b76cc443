//! The reader of OCI profiles, its compiler against a plain reading of the rules, and each entry of the shipped profiles shown
//! to be needed.

use proptest::prelude::*;

use super::bpf::AUDIT_ARCH;
use super::oci::{Action, Condition, Profile, Rule, Test, parse, read};
use super::payload::{CODE, NODE, PYTHON, profile};
use super::tests::{NONE, arguments, run};
use super::{Filter, check_seccomp_profile, oci_bpf, table};
use crate::sys::testing::{in_child, raw};

const SHIPPED: [(&str, &str); 3] = [CODE, PYTHON, NODE];
/// Who has no privilege that would make the kernel itself answer otherwise.
const UNPRIVILEGED: u32 = 61_996;

/// One call for each name of the shipped profiles (for each condition, where it has some) that an unprivileged process gets
/// another answer to when nothing filters it.
const TRIALS: &[(&str, [u64; 6])] = &[
    ("socket", [16, 0x0008_0003, 0, 0, 0, 0]),
    ("socket", [2, 1, 262, 0, 0, 0]),
    ("setsockopt", [NONE, 1, 26, 0, 0, 0]),
    ("setsockopt", [NONE, 1, 50, 0, 0, 0]),
    ("setsockopt", [NONE, 1, 51, 0, 0, 0]),
    ("setsockopt", [NONE, 1, 52, 0, 0, 0]),
    ("setsockopt", [NONE, 6, 31, 0, 0, 0]),
    ("io_setup", [0, 0, 0, 0, 0, 0]),
    ("io_submit", [0, 0, 0, 0, 0, 0]),
    ("io_cancel", [0, 0, 0, 0, 0, 0]),
    ("io_getevents", [0, 0, 0, 0, 0, 0]),
    ("io_pgetevents", [0, 0, 0, 0, 0, 0]),
    ("io_destroy", [0, 0, 0, 0, 0, 0]),
    ("vmsplice", [NONE, 0, 0, 0, 0, 0]),
    ("tee", [NONE, NONE, 0, 0, 0, 0]),
    ("mbind", [1, 1, 99, 0, 0, 0]),
    ("set_mempolicy", [99, 0, 0, 0, 0, 0]),
    ("get_mempolicy", [0, 0, 0, 0, 99, 0]),
    ("set_mempolicy_home_node", [1, 1, 0, 99, 0, 0]),
    ("migrate_pages", [0, 0, 1, 0, 0, 0]),
    ("move_pages", [0, 0, 0, 0, 0, 99]),
    ("remap_file_pages", [1, 0, 1, 0, 0, 0]),
    ("fanotify_init", [0x200, 0, 0, 0, 0, 0]),
    ("fanotify_mark", [NONE, 0, 0, 0, 0, 0]),
    ("memfd_secret", [0xffff, 0, 0, 0, 0, 0]),
    ("cachestat", [NONE, 0, 0, 0, 0, 0]),
    ("process_madvise", [NONE, 0, 0, 0, 0, 0]),
    ("process_mrelease", [NONE, 0, 0, 0, 0, 0]),
    ("sync", [0, 0, 0, 0, 0, 0]),
    ("shmget", [1, 0, 0, 0, 0, 0]),
    ("shmat", [NONE, 0, 0, 0, 0, 0]),
    ("shmctl", [NONE, 0, 0, 0, 0, 0]),
    ("shmdt", [1, 0, 0, 0, 0, 0]),
    ("semget", [1, 0, 0, 0, 0, 0]),
    ("semop", [NONE, 0, 0, 0, 0, 0]),
    ("semtimedop", [NONE, 0, 0, 0, 0, 0]),
    ("semctl", [NONE, 0, 0, 0, 0, 0]),
    ("msgget", [1, 0, 0, 0, 0, 0]),
    ("msgsnd", [NONE, 0, 0, 0, 0, 0]),
    ("msgrcv", [NONE, 0, 0, 0, 0, 0]),
    ("msgctl", [NONE, 0, 0, 0, 0, 0]),
    ("mq_open", [0, 0, 0, 0, 0, 0]),
    ("mq_unlink", [0, 0, 0, 0, 0, 0]),
    ("mq_timedsend", [NONE, 0, 0, 0, 0, 0]),
    ("mq_timedreceive", [NONE, 0, 0, 0, 0, 0]),
    ("mq_notify", [NONE, 0, 0, 0, 0, 0]),
    ("mq_getsetattr", [NONE, 0, 0, 0, 0, 0]),
    ("pkey_alloc", [1, 0, 0, 0, 0, 0]),
    ("pkey_free", [NONE, 0, 0, 0, 0, 0]),
    ("pkey_mprotect", [1, 0, 0, 0, 0, 0]),
];

/// Errno of a call by an unprivileged process under these filters.
fn outcome(filters: &[&Filter], number: i64, args: [u64; 6]) -> i32 {
    let root = rustix::process::geteuid().is_root();
    in_child(|| {
        if root {
            crate::sys::net::become_user_for_tests(UNPRIVILEGED);
        }
        if rustix::thread::set_no_new_privs(true).is_err() {
            return 250;
        }
        if filters.iter().any(|filter| filter.install().is_err()) {
            return 251;
        }
        raw(number, args).err().unwrap_or(0)
    })
}

fn filter(profile: &Profile) -> Filter {
    Filter {
        program: oci_bpf::assemble("test", profile).expect("assembles"),
    }
}

#[test]
fn every_entry_of_the_shipped_profiles_is_needed_and_works() {
    let base = super::base().expect("base");
    for (file, json) in SHIPPED {
        let whole: serde_json::Value = serde_json::from_str(json).expect("JSON");
        let with = profile(file, json).expect("compiles");
        for (index, entry) in read(file, json).expect("reads").syscalls.iter().enumerate() {
            assert!(entry.comment.len() > 30, "{file}: entry {index} says why");
            for (at, call) in entry.names.iter().enumerate() {
                let Some(number) = table::number(&call.name).expect("known") else {
                    continue;
                };
                let mut less = whole.clone();
                less["syscalls"][index]["names"]
                    .as_array_mut()
                    .expect("names")
                    .remove(at);
                let less = filter(&parse(file, &less.to_string()).expect("parses"));
                let proves =
                    TRIALS
                        .iter()
                        .filter(|(name, _)| *name == call.name)
                        .any(|(_, args)| {
                            let number = i64::from(number);
                            outcome(&[&base, &with], number, *args)
                                != outcome(&[&base, &less], number, *args)
                        });
                assert!(
                    proves,
                    "{file}: no trial shows that {} of entry {index} is needed",
                    call.name
                );
            }
        }
    }
}

#[test]
fn a_profile_gives_nothing_back() {
    let base = super::base().expect("base");
    let all = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["ptrace", "keyctl", "setns"], "action": "SCMP_ACT_ALLOW"}]}"#;
    let all = profile("all", all).expect("compiles");
    for call in [
        libc::SYS_ptrace,
        libc::SYS_keyctl,
        libc::SYS_setns,
        libc::SYS_bpf,
    ] {
        assert_eq!(
            outcome(&[&base, &all], call, [NONE; 6]),
            libc::EPERM,
            "{call}"
        );
        assert_eq!(
            outcome(&[&all, &base], call, [NONE; 6]),
            libc::EPERM,
            "{call}"
        );
    }
}

#[test]
fn an_allow_list_refuses_the_rest() {
    let json = r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "syscalls": [{"names": ["exit_group", "exit", "write", "execve", "sigaltstack", "munmap"], "action": "SCMP_ACT_ALLOW"},
                     {"names": ["getpid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 7},
                     {"names": ["dup"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_LE"}]}]}"#;
    let filter = profile("list", json).expect("compiles");
    let say = |call, first| outcome(&[&filter], call, [first, 0, 0, 0, 0, 0]);
    assert_eq!(say(libc::SYS_getuid, 0), 38);
    assert_eq!(say(libc::SYS_getpid, 0), 7);
    assert_eq!(say(libc::SYS_dup, 1), 0);
    assert_eq!(say(libc::SYS_dup, 2), 38);
    // All 64 bits count.
    assert_eq!(say(libc::SYS_dup, (1 << 32) | 1), 38);
}

#[test]
fn errors_say_where() {
    let of = |json: &str| {
        check_seccomp_profile("my.json", json)
            .expect_err("refused")
            .to_string()
    };
    let call = |call: &str| {
        of(&format!(
            "{{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [\n  {call}\n]}}"
        ))
    };
    for (found, wanted) in [
        (of("{"), "my.json:1:1: EOF"),
        (of("[]"), "my.json:1:"),
        (
            of("{\n  \"defaultAction\": \"SCMP_ACT_ALOW\"}"),
            "my.json:2:35: unknown action `SCMP_ACT_ALOW`; there are SCMP_ACT_ALLOW",
        ),
        (
            of("{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}"),
            "needs somebody who answers",
        ),
        (of("{\"syscalls\": []}"), "missing field `defaultAction`"),
        (
            of("{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n \"archMap\": []}"),
            "my.json:2:10: unknown field `archMap`",
        ),
        (
            of("{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n \"archMap\": []}"),
            "Docker's own format",
        ),
        (
            of("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_Z80\"]}"),
            "unknown architecture `SCMP_ARCH_Z80`",
        ),
        (
            of("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"X\"]}"),
            "unknown flag `X`",
        ),
        (
            call(r#"{"names": ["ptarce"], "action": "SCMP_ACT_ALLOW"}"#),
            "my.json:2:22: unknown system call `ptarce`; did you mean `ptrace`?",
        ),
        (
            call(r#"{"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 4096}"#),
            "errno 4096 is above 4095",
        ),
        (
            call(
                r#"{"names": ["read"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}]}"#,
            ),
            "arguments 0 to 5",
        ),
        (
            call(
                r#"{"names": ["read"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_IS"}]}"#,
            ),
            "unknown variant `SCMP_CMP_IS`",
        ),
        (
            call(
                r#"{"names": ["read"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}]}"#,
            ),
            "my.json:2:",
        ),
        (
            call(r#"{"names": ["execve"], "action": "SCMP_ACT_ERRNO"}"#),
            "`execve` is refused",
        ),
        (
            of(r#"{"defaultAction": "SCMP_ACT_KILL"}"#),
            "`execve` is refused",
        ),
        (of(&" ".repeat(300_000)), "the limit is"),
    ] {
        assert!(found.contains(wanted), "{found}\n  wanted: {wanted}");
    }
    // Too long for the kernel, however well meant.
    let many: Vec<String> = (0..1500)
        .map(|n| format!(r#"{{"names": ["dup"], "action": "SCMP_ACT_ERRNO", "args": [{{"index": 0, "value": {n}, "op": "SCMP_CMP_EQ"}}]}}"#))
        .collect();
    assert!(call(&many.join(",")).contains("the kernel takes 4096"));
}

#[test]
fn what_other_machines_have_is_left_out() {
    let json = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["socketcall", "_llseek"], "action": "SCMP_ACT_ERRNO"}]}"#;
    assert!(parse("p", json).expect("parses").calls.is_empty());
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Allow),
        Just(Action::Log),
        (0..4096_u16).prop_map(Action::Errno),
        Just(Action::Trap),
        Just(Action::KillThread),
        Just(Action::KillProcess),
    ]
}

fn conditions() -> impl Strategy<Value = Condition> {
    let value = || {
        prop_oneof![
            0..20_u64,
            Just(u64::MAX),
            Just(1 << 32),
            Just((1 << 32) | 7),
            any::<u64>()
        ]
    };
    let test = prop_oneof![
        value().prop_map(Test::Equal),
        value().prop_map(Test::NotEqual),
        value().prop_map(Test::Less),
        value().prop_map(Test::AtMost),
        value().prop_map(Test::AtLeast),
        value().prop_map(Test::Above),
        (value(), value()).prop_map(|(mask, value)| Test::Masked(mask, value & mask)),
    ];
    (0..6_u8, test).prop_map(|(arg, test)| Condition { arg, test })
}

fn holds(condition: &Condition, args: [u64; 6]) -> bool {
    let value = args[usize::from(condition.arg)];
    match condition.test {
        Test::Equal(other) => value == other,
        Test::NotEqual(other) => value != other,
        Test::Less(other) => value < other,
        Test::AtMost(other) => value <= other,
        Test::AtLeast(other) => value >= other,
        Test::Above(other) => value > other,
        Test::Masked(mask, other) => value & mask == other,
    }
}

fn number_of(action: Action) -> u32 {
    match action {
        Action::Allow => 0x7fff_0000,
        Action::Log => 0x7ffc_0000,
        Action::Errno(errno) => 0x0005_0000 | u32::from(errno),
        Action::Trap => 0x0003_0000,
        Action::KillThread => 0,
        Action::KillProcess => 0x8000_0000,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]
    #[test]
    fn the_program_means_what_the_profile_says(
        default in actions(),
        calls in prop::collection::btree_map(
            0..12_u32,
            prop::collection::vec((actions(), prop::collection::vec(conditions(), 0..4)), 1..4),
            0..8,
        ),
        nr in prop_oneof![0..14_u32, Just(u32::MAX), any::<u32>()],
        args in arguments(),
    ) {
        let rules = |all: Vec<(Action, Vec<Condition>)>| all.into_iter().map(|(action, when)| Rule { action, when }).collect::<Vec<_>>();
        let calls = calls.into_iter().map(|(number, all)| (number, rules(all))).collect();
        let profile = Profile { default, calls };
        let wanted = profile
            .calls
            .get(&nr)
            .and_then(|rules| rules.iter().find(|rule| rule.when.iter().all(|one| holds(one, args))))
            .map_or(default, |rule| rule.action);
        let program = oci_bpf::assemble("p", &profile).expect("assembles");
        prop_assert_eq!(run(&program, AUDIT_ARCH, nr, args), number_of(wanted));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,64}") {
        let _ = check_seccomp_profile("p", &text);
    }
}
