//! Runs every unfenced half on this machine, and the whole table when `RINGFENCE_BIN` names a `ringfence` binary.
//!
//! Arguments: ids or starts of ids to run only these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "../../../crates/ringfence-sandbox/tests/docker/daemon.rs"]
mod daemon;
#[path = "table/others.rs"]
mod others;

use std::collections::BTreeMap;
use std::process::ExitCode;

use ringfence_conformance::{Bare, Case, CliFence, Fence, prove, table, text, unfenced};

/// Rows whose unfenced half only works where this much is there; everything else must work wherever the tests run.
const NEEDS: [(&str, &str); 20] = [
    ("F8-kernel-settings", "root"),
    ("F8-sys", "root"),
    ("F8-device-node", "root"),
    ("P13-root", "root"),
    ("P6-bpf", "root"),
    ("P6-perf-event-open", "root or perf_event_paranoid"),
    ("P6-open-by-handle", "root"),
    ("P6-init-module", "root"),
    ("P6-finit-module", "root"),
    ("P6-kexec-load", "root"),
    ("P6-quotactl", "quota support"),
    ("P6-swapon", "root"),
    ("P6-syslog", "root or dmesg_restrict"),
    ("P6-kcmp", "checkpoint support"),
    ("P7-typed-input", "dev.tty.legacy_tiocsti"),
    ("N15-vsock", "the vsock module"),
    ("N15-alg", "the af_alg module"),
    ("N15-sctp", "the sctp module"),
    ("N15-multipath", "multipath TCP"),
    ("C7-keyring", "a keyring of the user"),
];

fn main() -> ExitCode {
    if let Some(code) = ringfence_conformance::probe::main() {
        return code;
    }
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    if std::env::args().any(|arg| arg == "--list") {
        return ExitCode::SUCCESS;
    }
    let cases: Vec<Case> = table()
        .into_iter()
        .filter(|case| {
            only.is_empty() || only.iter().any(|start| case.id.starts_with(start.as_str()))
        })
        .collect();
    let bare = Bare {
        program: std::env::current_exe().unwrap(),
    };
    let mut ok = halves(&cases, &bare);
    if let Some(binary) = std::env::var_os("RINGFENCE_BIN") {
        let binary = std::path::Path::new(&binary);
        ok &= whole(&cases, binary);
        ok &= others::gvisor(binary, &only);
        ok &= others::docker(binary, &only);
    }
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn halves(cases: &[Case], bare: &Bare) -> bool {
    let needs: BTreeMap<&str, &str> = NEEDS.into_iter().collect();
    let mut failed = 0;
    for case in cases {
        let Some(outcome) = unfenced(case, bare) else {
            println!("{:40} is about the fence itself", case.id);
            continue;
        };
        match (outcome.is_ok(), needs.get(case.id)) {
            (true, _) => println!("{:40} works unfenced", case.id),
            (false, Some(what)) => {
                println!("{:40} not proven here (needs {what}): {outcome:?}", case.id)
            }
            (false, None) => {
                failed += 1;
                println!("{:40} FAILED: {outcome:?}", case.id);
            }
        }
    }
    println!("{} cases, {failed} unfenced halves failed", cases.len());
    failed == 0
}

fn whole(cases: &[Case], binary: &std::path::Path) -> bool {
    let fences = [
        CliFence::new(binary, "native"),
        CliFence::new(binary, "bubblewrap"),
    ];
    let fences: Vec<&dyn Fence> = fences.iter().map(|fence| fence as &dyn Fence).collect();
    let bare = Bare {
        program: binary.to_owned(),
    };
    let report = prove(cases, &bare, &fences, &mut |_| {});
    println!("{}", text(&report, 160, false));
    report.passed()
}
