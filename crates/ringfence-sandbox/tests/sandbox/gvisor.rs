//! What is particular to the second kernel: which of the common cases say nothing about it, and cases of its own.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ringfence_policy::spec::Network;

use crate::Case;
use crate::fixture::{Fixture, Outcome, same, text};

pub const CASES: &[Case] = &[
    ("the payload runs on another kernel", other_kernel),
    ("no privilege is left", no_privilege),
    ("no network is reached", no_network),
    ("the host's secrets are not there", no_secrets),
    ("what belongs to the launcher is covered", covered),
    ("a fork bomb meets the limit", fork_bomb),
    ("a memory bomb is killed for memory", memory_bomb),
    ("a deaf program ends in time with everything it left", deaf),
    ("output to a file is added where the file ends", appended),
    ("nothing of it stays on the host", nothing_stays),
    ("a dropped one leaves nothing", dropped),
];

/// Common cases that can not be put to a second kernel, each with the reason.
const DIFFERS: &[(&str, &str)] = &[
    ("only three descriptors are open", LS),
    ("workspace writes keep the host's owner", LS),
    ("the root shows only the table", LS),
    ("a mask below a closed directory does not stop the run", LS),
    ("protected paths can not be changed, moved or uncovered", LS),
    ("the init shows neither environment nor memory", LS),
    ("scratch directories are private and writable", LS),
    ("interpreters run under their profiles", LS),
    ("a secret file is there and closed", LS),
    (
        "memory does not hide",
        "every byte behind the second kernel is counted, wherever it hides",
    ),
    (
        "what stands in is named",
        "nothing has to stand in for the limit on tasks",
    ),
    (
        "no network is told as unreachable",
        "its words are `No route to host`; see `no network is reached`",
    ),
    (
        "no capability and no new privileges",
        "its /proc/self/status has fewer lines; see `no privilege is left`",
    ),
    ("identity and host name", "it has no /proc/self/setgroups"),
    (
        "namespaces are the sandbox's own",
        "it has few namespaces, and none of the host's",
    ),
    (
        "a port inside is reached through an inner socket",
        "without a network its loopback is its own",
    ),
    (
        "only the sandbox's own processes are seen",
        "see `the payload runs on another kernel`",
    ),
    ("the list of the kernel's keys is covered", "it has none"),
    (
        "the terminal is the sandbox's own and has its size",
        "terminals are refused",
    ),
    (
        "a resize reaches the foreground job",
        "terminals are refused",
    ),
    (
        "control-C interrupts, control-Z suspends",
        "terminals are refused",
    ),
    (
        "double-forked daemons die with the sandbox",
        "its processes are not the host's; see `a deaf program…`",
    ),
    (
        "killing ends everything",
        "its processes are not the host's; see `nothing of it stays on the host`",
    ),
    (
        "a dropped sandbox dies",
        "its processes are not the host's; see `a dropped one leaves nothing`",
    ),
    (
        "memory and task limits hold and are named",
        "see `a fork bomb…` and `a memory bomb…`",
    ),
    (
        "no namespace, no debugger, no keyring",
        "its /proc/self/status has fewer lines; see `no privilege is left`",
    ),
    (
        "what is collected outlives the sandbox",
        "its file server makes no FIFOs",
    ),
];

const LS: &str = "releases of runsc before 2023 refuse what `ls` and `stat` ask for";

pub fn differs(name: &str) -> Option<&'static str> {
    let (_, why) = DIFFERS.iter().find(|(case, _)| *case == name)?;
    (*why != LS || old()).then_some(*why)
}

pub fn installed() -> bool {
    version().is_some()
}

fn version() -> Option<String> {
    let path = ["/usr/local/bin/runsc", "/usr/bin/runsc"]
        .into_iter()
        .find(|path| Path::new(path).is_file())?;
    let said = Command::new(path).arg("--version").output().ok()?;
    String::from_utf8(said.stdout).ok()
}

fn old() -> bool {
    version().is_some_and(|version| version.contains("2022"))
}

fn other_kernel(f: &Fixture<'_>) -> Outcome {
    let here = rustix::system::uname();
    let there = f.sh("uname -r; for p in /proc/[0-9]*; do echo ${p#/proc/}; done | wc -l")?;
    let mut lines = there.lines();
    let release = lines.next().unwrap_or_default();
    same(release != here.release().to_string_lossy(), true)?;
    // Pid 1, the shell, its subshells.
    let count: u32 = lines
        .next()
        .and_then(|n| n.trim().parse().ok())
        .ok_or("no count")?;
    same(count <= 5, true)
}

fn no_privilege(f: &Fixture<'_>) -> Outcome {
    let script = "grep -E '^Cap(Inh|Prm|Eff|Bnd)|^Seccomp:' /proc/self/status | sort; \
                  unshare -U true 2>/dev/null || echo userns; mount -t tmpfs x /tmp 2>/dev/null || echo mount; \
                  (echo 1 > /proc/sys/kernel/hostname) 2>/dev/null || echo sysctl; \
                  (: > /dev/made) 2>/dev/null || echo dev; (: > /made) 2>/dev/null || echo root";
    let zero = "0000000000000000";
    let caps = ["CapBnd", "CapEff", "CapInh", "CapPrm"].map(|set| format!("{set}:\t{zero}\n"));
    same(
        f.sh(script)?,
        format!(
            "{}Seccomp:\t2\nuserns\nmount\nsysctl\ndev\nroot\n",
            caps.concat()
        ),
    )
}

fn no_network(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("");
    spec.claim.network = Network::None;
    let script = "import socket\ns = socket.socket()\ns.settimeout(5)\ntry:\n  s.connect(('192.0.2.1', 80)); print('connected')\nexcept OSError as e: print(e.strerror)";
    spec.claim.program = "/usr/bin/python3".into();
    spec.claim.argv = ["python3", "-I", "-c", script].map(String::from).to_vec();
    same(f.expect_ok(&spec)?.as_str(), "No route to host\n")
}

fn no_secrets(f: &Fixture<'_>) -> Outcome {
    let script = "cat /etc/shadow >/dev/null 2>&1 || echo shadow; grep -q MARK /proc/1/environ || echo environ; \
                  cat /proc/kcore >/dev/null 2>&1 || echo kcore; \
                  (echo x > /proc/sysrq-trigger) 2>/dev/null || echo sysrq; \
                  (echo x > /proc/1/mem) 2>/dev/null || echo mem";
    same(
        f.sh(script)?.as_str(),
        "shadow\nenviron\nkcore\nsysrq\nmem\n",
    )
}

fn covered(f: &Fixture<'_>) -> Outcome {
    let script = "for f in /.ringfence/*; do echo $f; done; cat /.ringfence/letter 2>/dev/null; \
                  (echo x > /.ringfence/words) 2>/dev/null || echo refused; cat /proc/1/cmdline | tr '\\0' ' '; echo; \
                  cat /proc/1/fd/* 2>/dev/null; [ -d /sys/fs/cgroup/pids/payload ] || echo hidden";
    let said = f.sh(script)?;
    same(
        said.contains("refused\n") && said.contains("hidden\n"),
        true,
    )?;
    same(
        said.contains("session") || said.contains("/.ringfence/l"),
        false,
    )
}

fn fork_bomb(f: &Fixture<'_>) -> Outcome {
    let forks = "i=0; while [ $i -lt 60 ]; do sleep 3 & i=$((i+1)); done; echo all";
    same(f.sh(forks)?.as_str(), "all\n")?;
    let mut spec = f.shell(forks);
    spec.shape.limits.pids = Some(20);
    let ended = f.run(&spec)?;
    same(
        (
            ended.out.contains("all"),
            ended.report.code == Some(0),
            ended.report.reason.as_str(),
        ),
        (false, false, "pids"),
    )
}

fn memory_bomb(f: &Fixture<'_>) -> Outcome {
    let hog = "exec perl -e '$x = \"a\" x 600_000_000; print length $x'";
    same(f.sh(hog)?.as_str(), "600000000")?;
    let mut spec = f.shell(hog);
    spec.shape.limits.memory = Some(256 << 20);
    if !f.root {
        // Without a delegated cgroup it is refused unless what stands in for it is accepted.
        let refused = f
            .run(&spec)
            .is_err_and(|why| why.contains("limit `memory`"));
        same(refused, true)?;
        spec.shape.limits.best_effort = vec!["memory".into()];
        // An agent's session is not ended for what one of its tools ate.
        spec.shape.seccomp = ringfence_policy::spec::SeccompProfile::Code;
    }
    let ended = f.run(&spec)?;
    same(
        (
            ended.report.reason.as_str(),
            ended.report.signal,
            ended.out.as_str(),
        ),
        ("oom", Some(9), ""),
    )
}

fn deaf(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell(
        "trap '' TERM INT HUP; (setsid sh -c 'while :; do date > beat; sleep 0.1; done' >/dev/null 2>&1 &); while :; do sleep 1; done",
    );
    spec.shape.limits.wall_ms = Some(2_000);
    let (sandbox, ..) = f.begin(&spec).map_err(text)?;
    let beat = f.dir.join("work/beat");
    let began = Instant::now();
    while !beat.exists() && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    sandbox.signal(15).map_err(text)?;
    let report = sandbox.wait().map_err(text)?;
    same(
        (report.reason.as_str(), report.signal),
        ("timeout", Some(9)),
    )?;
    let before = std::fs::metadata(&beat)
        .and_then(|m| m.modified())
        .map_err(text)?;
    std::thread::sleep(Duration::from_millis(400));
    let after = std::fs::metadata(&beat)
        .and_then(|m| m.modified())
        .map_err(text)?;
    same(before, after)
}

fn appended(f: &Fixture<'_>) -> Outcome {
    let path = f.dir.join("out.txt");
    std::fs::write(&path, "before\n").map_err(text)?;
    let mut file = std::fs::File::options()
        .write(true)
        .open(&path)
        .map_err(text)?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).map_err(text)?;
    let stdio = ringfence_sandbox::Stdio {
        stdin: std::fs::File::open("/dev/null").map_err(text)?.into(),
        stdout: file.try_clone().map_err(text)?.into(),
        stderr: file.try_clone().map_err(text)?.into(),
    };
    let pending = f
        .spawner
        .launch(f.backend, &f.shell("echo inside"), stdio)
        .map_err(text)?;
    pending.release().map_err(text)?.wait().map_err(text)?;
    std::io::Write::write_all(&mut file, b"after\n").map_err(text)?;
    same(
        std::fs::read_to_string(&path).map_err(text)?.as_str(),
        "before\ninside\nafter\n",
    )
}

/// Descendants of this process that are part of gVisor.
fn running() -> usize {
    let parents: std::collections::HashMap<u32, (u32, String)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let (head, tail) = stat.rsplit_once(')')?;
            let parent = tail.split_ascii_whitespace().nth(1)?.parse().ok()?;
            Some((pid, (parent, head.split_once('(')?.1.to_owned())))
        })
        .collect();
    let ours = |mut pid: u32| {
        for _ in 0..64 {
            match parents.get(&pid) {
                _ if pid == std::process::id() => return true,
                Some((parent, _)) => pid = *parent,
                None => return false,
            }
        }
        false
    };
    let sentry = |name: &str| ["runsc", "exe"].iter().any(|part| name.starts_with(part));
    parents
        .iter()
        .filter(|(pid, (_, name))| sentry(name) && ours(**pid))
        .count()
}

fn gone() -> bool {
    let began = Instant::now();
    while running() > 0 && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    running() == 0
}

fn mounts() -> usize {
    let text = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    text.lines().count()
}

fn nothing_stays(f: &Fixture<'_>) -> Outcome {
    let (mounted, files) = (mounts(), temporary());
    let (sandbox, ..) = f.begin(&f.shell("sleep 60")).map_err(text)?;
    same(running() >= 2, true)?;
    sandbox.kill();
    let report = sandbox.wait().map_err(text)?;
    same((report.reason.as_str(), gone()), ("killed", true))?;
    same((mounts(), temporary()), (mounted, files))
}

fn dropped(f: &Fixture<'_>) -> Outcome {
    let (sandbox, ..) = f.begin(&f.shell("sleep 60")).map_err(text)?;
    same(running() >= 2, true)?;
    drop(sandbox);
    same(gone(), true)
}

/// What stands in the places that `runsc` uses for its state when nobody tells it otherwise.
fn temporary() -> usize {
    ["/var/run/runsc", "/run/runsc", "/tmp/runsc"]
        .iter()
        .filter_map(|path| std::fs::read_dir(path).ok())
        .map(Iterator::count)
        .sum()
}
