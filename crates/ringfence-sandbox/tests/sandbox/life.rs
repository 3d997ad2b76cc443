//! Nothing outlives its sandbox, and no sandbox its supervisor.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ringfence_sandbox::{BackendName, Spawner};

use crate::Case;
use crate::fixture::{Fixture, Outcome, same, text};

pub const CASES: &[Case] = &[
    ("double-forked daemons die with the sandbox", daemons),
    ("the wall-clock limit kills everything", wall_clock),
    ("memory and task limits hold and are named", limits),
    ("killing ends everything", killed),
    ("a dropped sandbox dies", dropped),
    ("many sandboxes at once", many),
    ("nothing survives a killed supervisor", supervisor_killed),
    ("nothing survives a killed spawner", spawner_killed),
];

/// How long a process may take to disappear before it counts as a survivor.
const PATIENCE: Duration = Duration::from_secs(10);

/// Processes on this machine whose arguments hold `mark`.
fn running(mark: &str) -> Vec<u32> {
    let pids = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        *pid != std::process::id()
            && String::from_utf8_lossy(&arguments)
                .split('\0')
                .any(|a| a == mark)
    })
    .collect()
}

fn wait_for(what: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if what() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// A number of seconds that no other process sleeps, as a mark.
fn mark(f: &Fixture<'_>, number: u32) -> String {
    format!(
        "{}{number}.{}",
        if f.root { 71 } else { 72 },
        std::process::id()
    )
}

fn daemons(f: &Fixture<'_>) -> Outcome {
    let mark = mark(f, 1);
    let spec = f.shell(&format!(
        "(setsid sh -c 'sleep {mark} & sleep {mark}' >/dev/null 2>&1 &); until [ -e go ]; do sleep 0.02; done; exit 5"
    ));
    let (sandbox, _out, _err) = f.begin(&spec).map_err(text)?;
    same(wait_for(|| running(&mark).len() == 2), true)?;
    f.write("go", "");
    let report = sandbox.wait().map_err(text)?;
    same((report.code, report.leftover >= 2), (Some(5), true))?;
    same(running(&mark), vec![])
}

fn wall_clock(f: &Fixture<'_>) -> Outcome {
    let mark = mark(f, 2);
    let mut spec = f.shell(&format!("trap '' TERM; sleep {mark} & sleep {mark}"));
    spec.shape.limits.wall_ms = Some(300);
    let ended = f.run(&spec)?;
    same(
        (ended.report.reason.as_str(), ended.report.signal),
        ("timeout", Some(9)),
    )?;
    same(running(&mark), vec![])
}

fn limits(f: &Fixture<'_>) -> Outcome {
    let hog = "exec perl -e '$x = \"a\" x 200_000_000; print length $x'";
    let forks = "i=0; while [ $i -lt 40 ]; do sleep 3 & i=$((i+1)); done; echo all";
    // Unlimited, both work.
    same(f.sh(hog)?.as_str(), "200000000")?;
    same(f.sh(forks)?.as_str(), "all\n")?;
    let mut spec = f.shell(hog);
    spec.shape.limits.memory = Some(64 << 20);
    match f.run(&spec) {
        Ok(ended) => {
            same(
                (ended.report.reason.as_str(), ended.report.signal),
                ("oom", Some(9)),
            )?;
            same(
                ended
                    .report
                    .peak_memory
                    .is_some_and(|peak| peak <= 64 << 20),
                true,
            )?;
        }
        // An ordinary user without a delegated cgroup: refused, with the way out, and not run without the limit.
        Err(why) => return same((f.root, why.contains("limit `memory`")), (false, true)),
    }
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

fn killed(f: &Fixture<'_>) -> Outcome {
    let mark = mark(f, 3);
    let (sandbox, _out, _err) = f
        .begin(&f.shell(&format!("sleep {mark} & sleep {mark}")))
        .map_err(text)?;
    same(wait_for(|| running(&mark).len() == 2), true)?;
    sandbox.kill();
    let report = sandbox.wait().map_err(text)?;
    same((report.signal, report.reason.as_str()), (Some(9), "killed"))?;
    same(running(&mark), vec![])
}

fn dropped(f: &Fixture<'_>) -> Outcome {
    let mark = mark(f, 4);
    let sandbox = f.begin(&f.shell(&format!("sleep {mark}"))).map_err(text)?;
    same(wait_for(|| running(&mark).len() == 1), true)?;
    drop(sandbox);
    same(wait_for(|| running(&mark).is_empty()), true)
}

fn many(f: &Fixture<'_>) -> Outcome {
    let ended = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..24)
            .map(|_| scope.spawn(|| f.run(&f.shell("echo here; exit 6"))))
            .collect();
        threads
            .into_iter()
            .map(|t| t.join().map_err(|_| "panic".to_owned())?)
            .collect::<Result<Vec<_>, String>>()
    })?;
    same(
        ended
            .iter()
            .all(|e| e.report.code == Some(6) && e.out == "here\n"),
        true,
    )
}

fn supervisor_killed(f: &Fixture<'_>) -> Outcome {
    survivors(f, 5, Ok)
}

fn spawner_killed(f: &Fixture<'_>) -> Outcome {
    survivors(f, 6, |supervisor| {
        let children = fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children"))
            .map_err(text)?;
        children
            .split_whitespace()
            .next()
            .and_then(|pid| pid.parse().ok())
            .ok_or_else(|| "no spawner".into())
    })
}

/// Starts a supervisor of its own with one sandbox, kills what `victim` names, and looks for what is left.
fn survivors(f: &Fixture<'_>, number: u32, victim: impl Fn(u32) -> Result<u32, String>) -> Outcome {
    let mark = mark(f, number);
    let mut supervisor = Command::new("/proc/self/exe")
        .args(["--life", &f.dir.to_string_lossy()])
        .env("MARK", &mark)
        .env("BACKEND", f.backend.to_string())
        .stdin(Stdio::null())
        .spawn()
        .map_err(text)?;
    let up = wait_for(|| running(&mark).len() == 1);
    let pid = rustix::process::Pid::from_raw(victim(supervisor.id())? as i32).ok_or("pid")?;
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).map_err(text)?;
    let gone = wait_for(|| running(&mark).is_empty());
    let _ = supervisor.kill();
    let _ = supervisor.wait();
    same((up, gone), (true, true))
}

/// The supervisor that [`survivors`] starts: one sandbox that sleeps.
pub fn helper(spawner: &Spawner, dir: &Path) -> ! {
    let f = Fixture {
        spawner,
        backend: match std::env::var("BACKEND").as_deref() {
            Ok("bubblewrap") => BackendName::Bubblewrap,
            _ => BackendName::Native,
        },
        dir: dir.to_owned(),
        root: rustix::process::getuid().is_root(),
    };
    let mark = std::env::var("MARK").expect("mark");
    let (sandbox, _out, _err) = f
        .begin(&f.shell(&format!("sleep {mark}")))
        .expect("sandbox");
    let _ = sandbox.wait();
    std::process::exit(0)
}
