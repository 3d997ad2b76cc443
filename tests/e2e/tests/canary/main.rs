//! A canary that is sent through a chat is found nowhere: in no file, log or core, not in the memory of the server in between, and
//! on no wire but the one from the application to `ringfence model connect`.
//!
//! The test makes a network namespace of its own, so that the server has its usual port and everything that passes over loopback is
//! the test's. Each search is first shown to find the canary where it is known to be: a file with it, and the plain interface. No
//! libtest harness, because the process has to enter its namespaces before there is a thread.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test"
)]

mod ringfence;
mod search;
mod wire;

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use ringfence::{Stage, Started};
use rustix::process::Signal;
use search::{Canary, young};
use wire::Capture;

/// Said to the second start of this program, the one in its own namespaces.
const INSIDE: &str = "--inside";
/// An ordinary user without an account.
const ORDINARY: u32 = 61_995;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    match words.next() {
        Some(word) if word == INSIDE => inside(),
        // `cargo test NAME` runs every test program with the name of some other test.
        Some(word) if !word.starts_with('-') && !"canary".contains(&word) => ExitCode::SUCCESS,
        _ => {
            let mut failed = u8::from(!outside(&std::env::current_exe().expect("own path"), None));
            if rustix::process::getuid().is_root() {
                failed += u8::from(!as_ordinary_user());
            }
            let (word, passed) = if failed == 0 {
                ("ok", 1)
            } else {
                ("FAILED", 0)
            };
            println!("test result: {word}. {passed} passed; {failed} failed");
            ExitCode::from(u8::from(failed > 0))
        }
    }
}

/// Starts a program again in a network namespace, and as an ordinary user in a user namespace for that.
fn outside(program: &Path, user: Option<u32>) -> bool {
    let unshare = |words: &[&std::ffi::OsStr]| {
        let mut unshare = Command::new("unshare");
        if user.is_some() || !rustix::process::getuid().is_root() {
            unshare.args(["--user", "--map-current-user", "--keep-caps"]);
        }
        if let Some(user) = user {
            unshare.uid(user).gid(user);
        }
        unshare.args(["--net", "--"]).args(words).current_dir("/");
        unshare
    };
    match unshare(&["true".as_ref()]).output() {
        Ok(output) if output.status.success() => {
            let status = unshare(&[program.as_os_str(), INSIDE.as_ref()]).status();
            status.expect("unshare").success()
        }
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr);
            eprintln!(
                "SKIPPED: the canary: no network namespace of its own: {}",
                why.trim()
            );
            true
        }
        Err(error) => {
            eprintln!("SKIPPED: the canary: unshare (util-linux): {error}");
            true
        }
    }
}

/// Once more with copies of the programs, because an ordinary user may not reach where they were built.
fn as_ordinary_user() -> bool {
    let base = tempfile::Builder::new()
        .prefix("ringfence-test-")
        .tempdir()
        .expect("directory");
    std::fs::set_permissions(base.path(), PermissionsExt::from_mode(0o755)).expect("mode");
    let copy = base.path().join("canary");
    std::fs::copy(std::env::current_exe().expect("own path"), &copy).expect("copy");
    std::fs::copy(
        ringfence_e2e::fixture::binary(),
        base.path().join("ringfence"),
    )
    .expect("copy");
    outside(&copy, Some(ORDINARY))
}

fn inside() -> ExitCode {
    wire::loopback_up().expect("loopback");
    let capture = Capture::start().expect("a capture");
    // What is started from here on is an ordinary program of this user.
    rustix::thread::clear_ambient_capability_set().expect("ambient capabilities");
    let stage = Stage::new();
    control(&stage, &capture);
    capture.forget();
    sealed(&stage, &capture);
    ExitCode::SUCCESS
}

/// Over the plain interface, where it may be on the wire and in the server's memory: the searches find it there. In files it is not
/// to be even so.
fn control(stage: &Stage, capture: &Capture) {
    let canary = Canary::word("plain");
    let server = stage.serve();
    let said = server.chat(&canary.text);
    assert!(said.contains(stage.sentence()), "{said}");
    let flows = capture.said(|from, to| [from, to].contains(&server.port));
    for canary in [&canary, stage.answer_canary()] {
        assert!(
            flows.iter().any(|flow| canary.is_in(flow)),
            "the capture does not show what was sent in clear"
        );
    }
    let own = canary.in_memory(std::process::id()).expect("own memory");
    assert!(
        own.is_some(),
        "the search does not find it in the memory of this test, which holds it"
    );
    closed(&server);
    match canary.in_memory(server.pid()) {
        Ok(Some(part)) => println!("plain: the server's memory holds it, as it must: {part}"),
        Ok(None) => println!("plain: the server's memory does not hold it any more"),
        Err(error) => println!("plain: the server's memory is closed to this user: {error}"),
    }
    core(server);
    nowhere(stage, &[&canary, stage.answer_canary()]);
}

/// Through `ringfence model connect`: on the wire from the application to it and nowhere else.
fn sealed(stage: &Stage, capture: &Capture) {
    let canary = Canary::word("sealed");
    let both = [&canary, stage.answer_canary()];
    let server = stage.serve();
    let client = stage.connect();
    let said = client.chat(&canary.text);
    assert!(said.contains(stage.sentence()), "{said}");
    let said = client.stream(&canary.text);
    assert!(said.contains("data: "), "{said}");

    let own = |from, to| [from, to].contains(&client.port);
    let hop = capture.said(own);
    let others = capture.said(|from, to| !own(from, to));
    let sent: usize = others.iter().map(Vec::len).sum();
    assert!(sent > 1_000, "nothing went from there to the server");
    for canary in both {
        assert!(
            hop.iter().any(|flow| canary.is_in(flow)),
            "not even where it has to be"
        );
        assert!(
            !others.iter().any(|flow| canary.is_in(flow)),
            "{} left the application's own hop",
            canary.text
        );
    }
    println!("sealed: {sent} bytes between connect and the server, and no canary in them");

    // Whoever answers knows the question: the model's process, which ends with the model.
    for (pid, command) in server.processes() {
        if command.contains("ringfence-runner") {
            continue;
        }
        match canary.in_memory(pid) {
            Ok(found) => assert_eq!(found, None, "in the memory of {command}"),
            Err(error) => println!(
                "sealed: the memory of {} is closed to this user: {error}",
                command.trim()
            ),
        }
    }
    for program in [&server, &client] {
        closed(program);
        assert!(
            !canary.is_in(program.words().as_bytes()),
            "{}",
            program.words()
        );
    }
    core(server);
    core(client);
    nowhere(stage, &both);
}

/// No core is written of any of its processes. Whether one may be dumped is told by who owns its files in `/proc`: root, if not;
/// which says nothing where everything is root's, and the forced core below does.
fn closed(program: &Started) {
    let own = rustix::process::getuid();
    for (pid, command) in program.processes() {
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"))
            .unwrap_or_default();
        let zero = line.split_ascii_whitespace().nth(4) == Some("0");
        let owner = std::fs::metadata(format!("/proc/{pid}/environ")).map(|m| m.uid());
        let dumpable = owner.is_ok_and(|owner| owner == own.as_raw());
        assert!(
            zero || !dumpable || own.is_root(),
            "{command}(pid {pid}) may leave a core"
        );
    }
}

/// Ends a program in the way that leaves a core where anything does. It leaves none.
fn core(program: Started) {
    let home = program.end(Signal::ABORT);
    let cores = |below: &Path| {
        let entries = std::fs::read_dir(below).into_iter().flatten().flatten();
        entries
            .filter(|e| e.file_name().to_string_lossy().starts_with("core"))
            .count()
    };
    assert_eq!(cores(&home), 0, "a core in {}", home.display());
    // That one would have been found: of a program that does not mind.
    let control = home.join("control");
    std::fs::create_dir_all(&control).expect("directory");
    let canary = Canary::word("core");
    let script = "ulimit -c unlimited; exec sh -c 'kill -ABRT $$'";
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script])
        .env("CANARY", &canary.text)
        .current_dir(&control);
    let _ = shell.status();
    let mut found = Vec::new();
    canary.files(&control, &mut found);
    if found.is_empty() {
        let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
        eprintln!(
            "SKIPPED: the canary in a forced core: cores do not come to where they are looked for here ({})",
            pattern.trim()
        );
    }
    std::fs::remove_dir_all(&control).expect("removed");
}

/// In no file of the programs, in no shared memory, in none of this user's younger files in directories of everybody's, not in swap.
fn nowhere(stage: &Stage, canaries: &[&Canary]) {
    let root = stage.fixture.root();
    for canary in canaries {
        let mut found = Vec::new();
        let control = root.join("control-file");
        std::fs::write(&control, format!("xx{}", canary.text)).expect("file");
        canary.files(root, &mut found);
        assert_eq!(found, [control.as_path()], "{}", canary.text);
        std::fs::remove_file(&control).expect("file");
        found.clear();
        for directory in ["/dev/shm", "/tmp", "/var/tmp", "/run"] {
            let mut files = Vec::new();
            young(Path::new(directory), stage.since, 3, &mut files);
            files.retain(|path| !path.starts_with(root) && canary.in_file(path).unwrap_or(false));
            found.extend(files);
        }
        assert!(found.is_empty(), "{found:?}");
        swap(canary);
    }
}

/// Swap, as it lies on its medium.
fn swap(canary: &Canary) {
    let swaps = std::fs::read_to_string("/proc/swaps").unwrap_or_default();
    let places: Vec<&str> = swaps
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .collect();
    if places.is_empty() {
        eprintln!("SKIPPED: the canary in swap: this machine has none");
    }
    for place in places {
        match canary.in_file(Path::new(place)) {
            Ok(found) => assert!(!found, "in swap: {place}"),
            Err(error) => eprintln!("SKIPPED: the canary in swap: {place}: {error}"),
        }
    }
}
