//! The docker backend, tried for real on an engine that this test starts, with runc and with gVisor: as root and as an ordinary
//! user who may use the engine's socket. No libtest harness, because the spawner has to be forked first.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit
)]

mod cases;
mod daemon;
#[path = "../sandbox/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, exit};

use fixture::{Fixture, directory};
use ringfence_policy::spec::Level;
use ringfence_sandbox::{BackendName, Spawner};

/// An ordinary user without an account, whose group may use the engine.
const ORDINARY: u32 = 61_996;

fn main() {
    let spawner = ringfence_sandbox::start().expect("the spawner");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, base] = arguments.as_slice()
        && mode == "--life"
    {
        cases::helper(&spawner, Path::new(base));
    }
    let filter = arguments
        .first()
        .filter(|word| !word.starts_with('-'))
        .cloned()
        .unwrap_or_default();
    if std::env::var_os("DOCKER_HOST").is_none() {
        exit(on_an_engine(&spawner, &filter));
    }
    let root = rustix::process::getuid().is_root();
    let base = tempfile::Builder::new()
        .prefix("ringfence-test-")
        .tempdir()
        .expect("directory");
    std::fs::set_permissions(base.path(), std::fs::Permissions::from_mode(0o755)).expect("mode");
    let host = ringfence_sandbox::docker::DockerHost::from_variable(
        std::env::var_os("DOCKER_HOST").as_deref(),
    )
    .expect("host");
    let runsc = ringfence_sandbox::docker::facts(&host)
        .is_ok_and(|facts| facts.runtimes.iter().any(|name| name == "runsc"));
    let mut failed = 0;
    for level in [Level::Standard, Level::High] {
        if level == Level::High && !runsc {
            eprintln!("SKIPPED: docker with gVisor: the engine knows no runtime runsc");
            continue;
        }
        let who = if root { "root" } else { "ordinary user" };
        for (name, case) in cases::CASES
            .iter()
            .filter(|(name, _)| name.contains(&filter))
        {
            let fixture = Fixture {
                spawner: &spawner,
                backend: BackendName::Docker,
                dir: directory(base.path(), &format!("{level:?}-{name}")),
                root,
            };
            match case(&fixture, level) {
                Ok(()) => println!("docker {level:?}, {who}: {name} ... ok"),
                Err(why) => {
                    failed += 1;
                    println!("docker {level:?}, {who}: {name} ... FAILED\n    {why}");
                }
            }
        }
    }
    drop(spawner);
    drop(base);
    exit(i32::from(failed > 0));
}

/// Starts an engine and runs the cases on it, in this binary again.
fn on_an_engine(spawner: &Spawner, filter: &str) -> i32 {
    let daemon = match daemon::Daemon::start(ORDINARY) {
        Ok(daemon) => daemon,
        Err(why) => {
            eprintln!("SKIPPED: the docker backend: {why}");
            return 0;
        }
    };
    let host = format!("unix://{}", daemon.socket().display());
    let own = std::env::current_exe().expect("own path");
    let as_root = Command::new(&own)
        .arg(filter)
        .env("DOCKER_HOST", &host)
        .status();
    let place = tempfile::Builder::new()
        .prefix("ringfence-test-")
        .tempdir()
        .expect("directory");
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).expect("mode");
    let copy = place.path().join("tests");
    std::fs::copy(&own, &copy).expect("copy");
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).expect("mode");
    let home = directory(place.path(), "ordinary");
    std::os::unix::fs::chown(&home, Some(ORDINARY), Some(ORDINARY)).expect("chown");
    let ordinary = Command::new(&copy)
        .arg(filter)
        .env("DOCKER_HOST", &host)
        .env("TMPDIR", &home)
        .current_dir("/")
        .uid(ORDINARY)
        .gid(ORDINARY)
        .status();
    let any = Fixture {
        spawner,
        backend: BackendName::Docker,
        dir: directory(place.path(), "stranger"),
        root: true,
    };
    let spec = serde_json::to_vec(&any.shell("true")).expect("spec");
    let stranger = cases::stranger(&copy, &host, place.path(), &spec);
    if let Err(why) = &stranger {
        println!("docker: a user who may not use the socket ... FAILED\n    {why}");
    }
    let nothing_left = cases::nothing_left(&host);
    if let Err(why) = &nothing_left {
        println!("docker: nothing is left ... FAILED\n    {why}");
    }
    drop(daemon);
    let passed = as_root.expect("run").success()
        && ordinary.expect("run").success()
        && stranger.is_ok()
        && nothing_left.is_ok();
    i32::from(!passed)
}
