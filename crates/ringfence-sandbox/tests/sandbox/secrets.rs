//! What a sandbox must not see of the processes around it.

use crate::Case;
use crate::fixture::{Fixture, Outcome, same};

pub const CASES: &[Case] = &[
    (
        "the init shows neither environment nor memory",
        init_is_closed,
    ),
    (
        "the caller's environment is in no process that can be seen",
        no_environment,
    ),
    ("only the sandbox's own processes are seen", processes),
    ("the list of the kernel's keys is covered", keyring),
];

fn init_is_closed(f: &Fixture<'_>) -> Outcome {
    // The same reads work on a process of the payload's own.
    f.sh("sleep 5 & cat /proc/$!/environ >/dev/null && ls /proc/$!/fd/ /proc/$!/root/ >/dev/null && kill $!")?;
    let out = f.sh("cat /proc/1/environ /proc/1/maps /proc/1/mem /proc/1/auxv 2>/dev/null; ls -A /proc/1/fd/ /proc/1/root/ 2>/dev/null; exit 0")?;
    same(out.as_str(), "")?;
    same(
        f.sh("tr '\\0' ' ' < /proc/1/cmdline; cat /proc/1/comm")?
            .split_whitespace()
            .collect::<Vec<_>>(),
        vec!["ringfence", "ringfence"],
    )
}

fn no_environment(f: &Fixture<'_>) -> Outcome {
    // The spawner is outside and not seen; from the outside nobody but root sees its strings either, and they are blank.
    let children =
        std::fs::read_to_string("/proc/thread-self/children").map_err(|e| e.to_string())?;
    let spawner = children.split_whitespace().next().ok_or("no spawner")?;
    if f.root {
        let environment =
            std::fs::read(format!("/proc/{spawner}/environ")).map_err(|e| e.to_string())?;
        same(environment.iter().all(|b| *b == 0), true)
    } else {
        same(
            std::fs::read(format!("/proc/{spawner}/environ")).is_err(),
            true,
        )
    }
}

fn processes(f: &Fixture<'_>) -> Outcome {
    let out = f.sh("ls /proc | grep -E '^[0-9]+$' | sort -n")?;
    let pids: Vec<u32> = out.lines().filter_map(|l| l.parse().ok()).collect();
    same(pids.iter().all(|pid| *pid < 10) && pids.contains(&1), true)
}

fn keyring(f: &Fixture<'_>) -> Outcome {
    // Outside it lists at least the keyrings of whoever reads it, and root's for root.
    same(
        std::fs::read_to_string("/proc/keys").is_ok_and(|keys| !f.root || !keys.is_empty()),
        true,
    )?;
    same(f.sh("cat /proc/keys")?.as_str(), "")
}
