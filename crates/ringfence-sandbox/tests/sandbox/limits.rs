//! Limits that hold for everybody: by cgroup where one can be had, by what stands in for it elsewhere.

use ringfence_policy::spec::{Limits, SandboxSpec, SeccompProfile, Source};
use ringfence_sandbox::{BackendName, Stdio};

use crate::Case;
use crate::fixture::{Ended, Fixture, Outcome, mount, same, text};

pub const CASES: &[Case] = &[
    ("memory that runs out is told as oom", memory),
    ("memory of many processes is one", many_processes),
    ("shared pages are not counted twice", shared_pages),
    ("a full tmpfs is memory", tmpfs),
    ("memory does not hide", hidden),
    ("a fork bomb stays inside", fork_bomb),
    ("threads are tasks", threads),
    ("a CPU burner keeps to its share and ends", burner),
    ("what ignores SIGTERM ends with the time", stubborn),
    ("what stands in is named", named),
    ("no watch without something to look at", no_proc),
    ("what was used is told", usage),
    ("no cgroup is left when the end is told", no_cgroup_left),
];

const MIB: u64 = 1 << 20;

/// As `ringfence exec` asks for code: best effort in everything that needs a cgroup.
fn code(f: &Fixture<'_>, script: &str, limits: Limits) -> SandboxSpec {
    let mut spec = f.shell(script);
    spec.shape.seccomp = SeccompProfile::Code;
    spec.shape.limits = Limits {
        best_effort: ["memory", "pids", "cpu"].map(String::from).to_vec(),
        ..limits
    };
    spec
}

fn perl(f: &Fixture<'_>, script: &str, limits: Limits) -> SandboxSpec {
    let mut spec = code(f, "", limits);
    spec.claim.program = "/usr/bin/perl".into();
    spec.claim.argv = ["perl", "-e", script].map(String::from).to_vec();
    spec
}

fn with_memory(mib: u64) -> Limits {
    Limits {
        memory: Some(mib * MIB),
        wall_ms: Some(30_000),
        ..Limits::default()
    }
}

fn oom(ended: &Ended) -> Outcome {
    let report = &ended.report;
    let wanted = ("oom", None, Some(9));
    same((report.reason.as_str(), report.code, report.signal), wanted)
        .map_err(|why| format!("{why}: {ended:?}"))
}

fn memory(f: &Fixture<'_>) -> Outcome {
    let hog = "$x = \"a\" x 1_000_000_000; print length $x";
    same(
        f.run(&perl(f, hog, with_memory(4096)))?.out.as_str(),
        "1000000000",
    )?;
    let ended = f.run(&perl(f, hog, with_memory(512)))?;
    same(ended.out.as_str(), "")?;
    oom(&ended)
}

fn many_processes(f: &Fixture<'_>) -> Outcome {
    let hogs = "for (1..8) { if (!fork) { $x = \"a\" x 30_000_000; sleep 20; exit } } 1 while wait > 0; print \"all\"";
    let ended = f.run(&perl(f, hogs, with_memory(128)))?;
    // A cgroup kills one of them after the other and the rest goes on; a watch ends it all.
    if ended.report.reason == "exit" && ended.report.wall_ms > 10_000 {
        return same(f.root, true);
    }
    oom(&ended)
}

fn shared_pages(f: &Fixture<'_>) -> Outcome {
    // One block, eight processes: far beyond the limit when added up, well below it in truth.
    let script = "$x = \"a\" x 60_000_000; for (1..8) { if (!fork) { select undef, undef, undef, 0.5; exit } } \
                  1 while wait > 0; print \"all\"";
    same(
        f.run(&perl(f, script, with_memory(256)))?.out.as_str(),
        "all",
    )
}

fn tmpfs(f: &Fixture<'_>) -> Outcome {
    let mut spec = code(
        f,
        "head -c 300000000 /dev/zero > /scratch/x; sleep 20; echo all",
        with_memory(128),
    );
    spec.shape.limits.disk = Some(1 << 30);
    spec.shape
        .root
        .push(mount("/scratch", Source::Scratch { mode: 0o700 }));
    let ended = f.run(&spec)?;
    match f.root {
        // The kernel kills whoever writes, and the shell goes on.
        true => same(
            ended.err.contains("Killed") || ended.report.reason == "oom",
            true,
        ),
        false => oom(&ended),
    }
}

fn hidden(f: &Fixture<'_>) -> Outcome {
    // A memfd and a System V segment hold memory that no process has mapped: where the limit is only watched there are none.
    let script = "$n = \"x\"; sub say { print $_[0] < 0 ? int($!) : \"made\", \" \" } \
                  say(syscall(319, $n, 0)); say(syscall(29, 0, 4096, 01600))";
    let watched = f
        .protections(&code(f, "", with_memory(256)))?
        .contains(&"-memory(watched)".to_owned());
    let out = f.run(&perl(f, script, with_memory(256)))?.out;
    match watched {
        true => same(out.as_str(), "38 38 "),
        false => same(out.starts_with("made"), true),
    }
}

fn with_pids(pids: u64) -> Limits {
    Limits {
        pids: Some(pids),
        wall_ms: Some(2_000),
        ..Limits::default()
    }
}

fn fork_bomb(f: &Fixture<'_>) -> Outcome {
    // Ends by itself when it is refused.
    let polite =
        "for (1..200) { $p = fork; defined $p or exit 3; $p or sleep 20, exit } print \"all\"";
    let ended = f.run(&perl(f, polite, with_pids(50)))?;
    same((ended.report.code, ended.out.as_str()), (Some(3), ""))?;
    let slow = "for (1..200) { $p = fork; if (!defined $p) { select undef, undef, undef, 0.3; exit 3 } $p or sleep 20, exit }";
    let ended = f.run(&perl(f, slow, with_pids(50)))?;
    same(
        (ended.report.reason.as_str(), ended.report.leftover),
        ("pids", 49),
    )?;
    // Does not.
    let ended = f.run(&perl(f, "fork while 1", with_pids(50)))?;
    same(
        (ended.report.reason.as_str(), ended.report.signal),
        ("timeout", Some(9)),
    )?;
    same(ended.report.leftover <= 50, true)
}

fn threads(f: &Fixture<'_>) -> Outcome {
    if !std::path::Path::new("/usr/bin/python3").exists() {
        eprintln!("SKIPPED: no python3 in /usr/bin");
        return Ok(());
    }
    let script = "import threading, time\nn = 0\ntry:\n    for n in range(200): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n\
                  except RuntimeError: print(n, flush=True)\nimport os\nos._exit(0)";
    // Time enough for a busy machine: it is not what this is about.
    let limits = Limits {
        wall_ms: Some(30_000),
        ..with_pids(50)
    };
    let mut spec = code(f, "", limits);
    spec.claim.program = "/usr/bin/python3".into();
    spec.claim.argv = ["python3", "-c", script].map(String::from).to_vec();
    same(f.expect_ok(&spec)?.as_str(), "49\n")
}

fn burner(f: &Fixture<'_>) -> Outcome {
    let limits = Limits {
        cpu_millis: Some(1000),
        wall_ms: Some(1_000),
        pids: Some(50),
        ..Limits::default()
    };
    let script = "for (1..4) { fork or last } 1 while 1";
    let ended = f.run(&perl(f, script, limits.clone()))?;
    same(
        (ended.report.reason.as_str(), ended.report.signal),
        ("timeout", Some(9)),
    )?;
    // One CPU for all of them; measured loosely, because it counts time that the machine may not have given.
    let cpu = ended.report.cpu_ms.ok_or("no CPU time")?;
    same(cpu <= 1_500, true).map_err(|why| format!("{why}: {cpu} ms of CPU"))?;
    // An affinity that stands in can not be undone.
    let undo = "$r = syscall(203, 0, 8, my $m = \"\\xff\" x 8); print $r < 0 ? int($!) : \"done\"";
    let watched = f
        .protections(&code(f, "", limits.clone()))?
        .contains(&"-cpu(affinity)".to_owned());
    let out = f.run(&perl(f, undo, limits))?.out;
    // The second kernel grants what is asked for, among the CPUs that the host leaves to it.
    let refused = watched && f.backend != BackendName::Gvisor;
    same(out.as_str(), if refused { "1" } else { "done" })
}

fn stubborn(f: &Fixture<'_>) -> Outcome {
    let limits = Limits {
        wall_ms: Some(1_500),
        ..Limits::default()
    };
    let script = "$SIG{TERM} = $SIG{INT} = $SIG{HUP} = sub {}; if (!fork) { setpgrp; sleep 9 while 1 } $| = 1; print \"up\"; sleep 9 while 1";
    let (sandbox, mut out, _err) = f
        .begin(&perl(f, script, limits))
        .map_err(|e| e.to_string())?;
    std::io::Read::read_exact(&mut out, &mut [0; 2]).map_err(|e| e.to_string())?;
    let _ = sandbox.signal(15);
    let report = sandbox.wait().map_err(|e| e.to_string())?;
    same(
        (report.reason.as_str(), report.signal),
        ("timeout", Some(9)),
    )
}

fn named(f: &Fixture<'_>) -> Outcome {
    let limits = Limits {
        memory: Some(256 * MIB),
        pids: Some(50),
        cpu_millis: Some(1000),
        ..Limits::default()
    };
    let found = f.protections(&code(f, "", limits.clone()))?;
    for (real, instead) in [
        ("memory", "-memory(watched)"),
        ("pids", "-pids(rlimit)"),
        ("cpu", "-cpu(affinity)"),
    ] {
        let has = |name: &str| found.iter().any(|one| one == name);
        same((f.root && has(real)) || has(instead), true).map_err(|_| format!("{found:?}"))?;
    }
    let mut spec = code(f, "", limits.clone());
    spec.shape.limits.disk = Some(MIB);
    spec.shape.single_process = true;
    let disk = match f.backend {
        ringfence_sandbox::BackendName::Native => "disk",
        _ => "-disk(watched)",
    };
    let found = f.protections(&spec)?;
    let has = |name: &str| found.iter().any(|one| one == name);
    same((has(disk), has("single-process")), (true, true)).map_err(|_| format!("{found:?}"))?;
    // What was not called best effort is required.
    let mut spec = code(f, "true", limits);
    spec.shape.limits.best_effort.clear();
    match f.run(&spec) {
        Ok(ended) => same(ended.report.code, Some(0)),
        Err(why) => same(
            (
                f.root,
                why.contains("limit `memory`") && why.contains("best_effort"),
            ),
            (false, true),
        ),
    }
}

fn no_proc(f: &Fixture<'_>) -> Outcome {
    let mut spec = code(f, "true", with_memory(64));
    spec.shape.root.retain(|mount| mount.source != Source::Proc);
    match f.run(&spec) {
        // A cgroup needs none, nor does a watch from outside.
        Ok(ended) => same(
            (
                f.root || f.backend == BackendName::Gvisor,
                ended.report.code,
            ),
            (true, Some(0)),
        ),
        Err(why) => same(why.contains("need a /proc"), true).map_err(|_| why),
    }
}

fn usage(f: &Fixture<'_>) -> Outcome {
    let script =
        "$x = \"a\" x 40_000_000; if (!fork) { $t = times; 1 while times - $t < 0.6; exit } wait";
    for limits in [Limits::default(), with_memory(512)] {
        let report = f.run(&perl(f, script, limits))?.report;
        let known = report
            .peak_memory
            .is_some_and(|b| b > 30 * MIB && b < 512 * MIB);
        // What gVisor counts as time of the CPU is sampled, and more than was had on a busy machine.
        let spent = report.cpu_ms.is_some_and(|ms| ms >= 300);
        same(
            (known, spent, report.peak_memory_of.is_some(), report.code),
            (true, true, true, Some(0)),
        )
        .map_err(|why| format!("{why}: {report:?}"))?;
    }
    Ok(())
}

/// Directories of this session below the cgroup hierarchies.
fn cgroups(dir: &std::path::Path, session: &str, depth: u32) -> usize {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let below = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    below
        .map(|entry| {
            let own = entry.file_name().to_string_lossy().ends_with(session);
            let more = match depth {
                0 => 0,
                _ => cgroups(&entry.path(), session, depth - 1),
            };
            usize::from(own) + more
        })
        .sum()
}

fn no_cgroup_left(f: &Fixture<'_>) -> Outcome {
    let mut spec = code(f, "sleep 9 & sleep 9 & exit 0", with_memory(64));
    spec.shape.limits.pids = Some(20);
    spec.shape.limits.cpu_millis = Some(500);
    spec.claim.session = format!("left-{}", std::process::id());
    let count = || cgroups("/sys/fs/cgroup".as_ref(), &spec.claim.session, 4);
    for _ in 0..10 {
        let stdio = Stdio::null().map_err(text)?;
        let pending = f.spawner.launch(f.backend, &spec, stdio).map_err(text)?;
        // As root there is one to be removed.
        same(count() > 0 || !f.root, true)?;
        let sandbox = pending.release().map_err(text)?;
        sandbox.wait().map_err(text)?;
        same(count(), 0)?;
    }
    Ok(())
}
