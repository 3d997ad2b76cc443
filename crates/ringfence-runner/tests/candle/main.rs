//! Two engines that have nothing in common but the file: what candle says, llama.cpp has to say, token by token, and with the same
//! probabilities. Then candle as a runner, in its sandbox and sealed, as the user who runs the tests and, when that is root, once
//! more as an ordinary user. No libtest harness, because the spawner has to be forked first.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::exit,
    clippy::unwrap_used
)]

mod oracle;
mod sealed;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, exit};

use ringfence_inference::{Options, Settings};
use ringfence_runner::engine::{Job, Loading};
use ringfence_sandbox::Spawner;

/// An ordinary user without an account.
const ORDINARY: u32 = 61_996;

/// What candle takes the number of its threads from.
const THREADS: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];

type Outcome = Result<(), String>;
type Case = (&'static str, fn(&Spawner) -> Outcome);

const CASES: &[Case] = &[
    ("both engines split text alike", oracle::tokens),
    ("both engines say the exact sentence", oracle::sentence),
    ("both engines agree on noise, token by token", oracle::noise),
    ("a long prompt in parts is the same prompt", oracle::long),
    ("what candle does not do is refused", oracle::refused),
    ("a file that it would misread is refused", oracle::misread),
    ("chance follows its seed", oracle::seeds),
    (
        "candle answers from inside the sealed sandbox",
        sealed::answers,
    ),
    ("a sealed candle can do nothing else", sealed::attacked),
    ("two threads compute under the seal", sealed::two_threads),
    (
        "a runner has the engine that is named, or none",
        sealed::named,
    ),
    ("broken files end in a reason or an answer", sealed::broken),
];

fn main() -> ExitCode {
    if let Some(code) = ringfence_runner::serve() {
        return code;
    }
    // In this process candle computes with one thread: its threads wait for each other by spinning, which a busy machine does not like.
    // Under the seal it is told how many by the sandbox.
    if std::env::var_os(THREADS[0]).is_none() {
        let again = std::env::current_exe().expect("own path");
        let status = Command::new(again)
            .envs(THREADS.map(|name| (name, "1")))
            .status();
        exit(i32::from(!status.expect("run").success()));
    }
    let spawner = ringfence_sandbox::start().expect("the spawner");
    let root = rustix::process::getuid().is_root();
    let who = if root { "root" } else { "ordinary user" };
    let (mut passed, mut failed) = (0, 0);
    for (name, case) in CASES {
        match case(&spawner) {
            Ok(()) => {
                passed += 1;
                println!("{who}: {name} ... ok");
            }
            Err(why) => {
                failed += 1;
                println!("{who}: {name} ... FAILED\n    {why}");
            }
        }
    }
    let ok = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {ok}. {passed} passed; {failed} failed");
    if root && !as_ordinary_user() {
        failed += 1;
    }
    exit(i32::from(failed > 0));
}

fn as_ordinary_user() -> bool {
    let base = tempfile::Builder::new()
        .prefix("ringfence-test-")
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir()
        .expect("directory");
    let copy = base.path().join("tests");
    std::fs::copy(std::env::current_exe().expect("own path"), &copy).expect("copy");
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).expect("mode");
    let home = base.path().join("ordinary");
    std::fs::create_dir_all(&home).expect("directory");
    std::os::unix::fs::chown(&home, Some(ORDINARY), Some(ORDINARY)).expect("chown");
    let status = Command::new(&copy)
        .env("TMPDIR", &home)
        .current_dir("/")
        .uid(ORDINARY)
        .gid(ORDINARY)
        .status();
    status.expect("run").success()
}

fn text<E: std::fmt::Display>(e: E) -> String {
    e.to_string()
}

/// Fails with both values unless they are equal.
fn same<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Outcome {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("found {found:?}, wanted {wanted:?}"))
    }
}

/// Fails unless it holds.
fn holds(yes: bool, what: impl FnOnce() -> String) -> Outcome {
    if yes { Ok(()) } else { Err(what()) }
}

fn small() -> Loading {
    Loading {
        context: 512,
        batch: 128,
        threads: 1,
        gpu: None,
    }
}

/// The likeliest tokens, and no more than 48 of them, with the probabilities of the 200 likeliest at each step.
fn greedy(prompt: &str) -> Job {
    Job {
        prompt: prompt.into(),
        add_special: false,
        settings: Settings {
            temperature: 0.0,
            num_predict: Some(48),
            ..Options::default().resolve()
        },
        grammar: None,
        logprobs: Some(200),
        truncate: true,
    }
}
