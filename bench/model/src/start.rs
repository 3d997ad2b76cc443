//! From the decision to start a model to its first token: in a runner, and in a plain process that does the same work (hash the
//! file, check its header, load it, answer) without a sandbox, a seal or a protocol. What lies between the two is the sandbox's
//! share. Wall time, and the CPU time of all processes that take part: on a busy machine the latter is what can be compared.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use ringfence_runner::Step;
use ringfence_runner::testing::{SENTENCE, Tiny};
use ringfence_sandbox::Spawner;
use rustix::time::{ClockId, clock_gettime};

use crate::figures::{difference, median, milliseconds, quantile};
use crate::model::{Model, digest, engine, job};

const PLAIN: &str = "--plain";

/// Serves the hidden argument of the plain process: says a word when the first token is there, and lives until its input ends.
pub fn plain() -> Option<ExitCode> {
    let mut words = std::env::args().skip(1);
    if words.next()? != PLAIN {
        return None;
    }
    let path = words.next().expect("a path");
    let wanted = words.next().expect("a digest");
    let warming = ringfence_runner::engine::warm_up();
    let found = digest(&std::fs::read(&path).expect("model"));
    assert_eq!(found.to_string(), wanted);
    let mut engine = engine(Path::new(&path));
    let mut said = false;
    let mut each = |_| {
        if !said {
            std::io::stdout().write_all(b"t").expect("a reader");
            std::io::stdout().flush().expect("a reader");
        }
        said = true;
        ControlFlow::Continue(())
    };
    if let Some(warming) = warming {
        let _ = warming.join();
    }
    engine.generate(&job("x", 1), &mut each).expect("a token");
    let _ = std::io::stdin().read(&mut [0]);
    Some(ExitCode::SUCCESS)
}

/// What one way took, milliseconds, a number a round.
#[derive(Default)]
struct Taken {
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

pub fn measure(spawner: &Spawner, rounds: usize) {
    let model = Model::new(&Tiny::script(SENTENCE));
    let program = std::env::current_exe().expect("own path");
    let (mut bare, mut fenced) = (Taken::default(), Taken::default());
    let mut built = Vec::new();
    let mut again = Vec::new();
    // The process that builds the sandbox as root, its init, and the runner.
    let mut below = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        quiet();
        let before = cpu_before();
        let began = Instant::now();
        let mut child = Command::new(&program)
            .args([PLAIN, &model.file.path().to_string_lossy()])
            .arg(model.digest.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let word = child.stdout.as_mut().expect("a pipe").read(&mut [0]);
        assert_eq!(word.expect("a word"), 1);
        bare.wall.push(milliseconds(began.elapsed()));
        bare.cpu.push(cpu_after() - before);
        drop(child.stdin.take());
        child.wait().expect("its end");

        quiet();
        let before = cpu_before();
        let began = Instant::now();
        let mut runner = model.runner(spawner);
        built.push(milliseconds(runner.started().sandbox));
        let mut steps = runner.generate(job("x", 1)).expect("an answer");
        assert!(matches!(steps.next(), Some(Ok(Step::Piece(_)))));
        fenced.wall.push(milliseconds(began.elapsed()));
        fenced.cpu.push(cpu_after() - before);
        for (sum, pid) in below.iter_mut().zip(descendants().into_iter().skip(1)) {
            sum.push(cpu_of(pid));
        }
        assert!(matches!(steps.next(), Some(Ok(Step::Done(_)))));
        drop(steps);

        // Loaded and asked once more, for what a load in a process that is there costs.
        let began = Instant::now();
        let mut engine = model.engine();
        let mut nothing = |_| ControlFlow::Continue(());
        engine
            .generate(&job("x", 1), &mut nothing)
            .expect("a token");
        again.push(milliseconds(began.elapsed()));
    }
    println!(
        "Start to first token, tiny model ({:.1} MB), one thread, {rounds} rounds, ms; CPU is that of all processes that take part.\n",
        model.megabytes()
    );
    println!("| | p50 | p90 | p99 | CPU p50 |\n|---|---|---|---|---|");
    for (name, taken) in [
        ("plain process: hash, check, load, first token", &bare),
        ("sandboxed runner, the same", &fenced),
    ] {
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} | {:.1} |",
            median(&taken.wall),
            quantile(&taken.wall, 0.9),
            quantile(&taken.wall, 0.99),
            median(&taken.cpu)
        );
    }
    println!(
        "| the sandbox's share (median of the differences) | {:.1} | | | {:.1} |",
        difference(&fenced.wall, &bare.wall),
        difference(&fenced.cpu, &bare.cpu)
    );
    println!(
        "| of the runner's: until its program runs in the sandbox | {:.1} | | | |",
        median(&built)
    );
    let below: Vec<_> = below.iter().filter(|cpu| !cpu.is_empty()).collect();
    println!(
        "| of the runner's CPU: by process, outermost first | | | | {} |",
        below
            .iter()
            .map(|cpu| format!("{:.1}", median(cpu)))
            .collect::<Vec<_>>()
            .join(" + ")
    );
    println!(
        "| load to first token in a process that is there | {:.1} | | | |",
        median(&again)
    );
}

/// Waits until processes of the round before are gone: only the spawner is left.
fn quiet() {
    let until = Instant::now() + Duration::from_secs(5);
    while descendants().len() > 1 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(Duration::from_millis(5));
}

/// CPU time of this process and all below it, milliseconds; the looking itself is not in the time between the two.
fn cpu_before() -> f64 {
    let below = cpu_below();
    cpu_here() + below
}

fn cpu_after() -> f64 {
    let here = cpu_here();
    here + cpu_below()
}

fn cpu_here() -> f64 {
    let own = clock_gettime(ClockId::ProcessCPUTime);
    own.tv_sec as f64 * 1e3 + own.tv_nsec as f64 / 1e6
}

fn cpu_below() -> f64 {
    descendants().iter().map(|pid| cpu_of(*pid)).sum()
}

fn cpu_of(pid: u32) -> f64 {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return 0.0;
    };
    let nanoseconds: f64 = threads
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<f64>().ok())
        .sum();
    nanoseconds / 1e6
}

fn descendants() -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|n| n.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // After the name, which may hold anything: state, parent.
        let fields = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' '));
        let parent = fields.and_then(|mut f| f.nth(1)?.parse::<u32>().ok());
        parents.push((pid, parent.unwrap_or(0)));
    }
    let mut found = vec![std::process::id()];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(
            parents
                .iter()
                .filter(|(_, of)| *of == parent)
                .map(|(pid, _)| *pid),
        );
        next += 1;
    }
    found.split_off(1)
}
