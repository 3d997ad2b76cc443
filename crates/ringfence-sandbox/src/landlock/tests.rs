//! The rules seen from a spec, and the kernel enforcing them on paths of the test's own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;

use ringfence_policy::spec::{
    Claim, Identity, Level, Limits, Mount, Network, SeccompProfile, Shape,
};

use super::*;
use crate::sys::testing::in_child;

fn spec(mounts: Vec<Mount>) -> SandboxSpec {
    SandboxSpec {
        shape: Shape {
            level: Level::Standard,
            root: Vec::new(),
            limits: Limits::default(),
            seccomp: SeccompProfile::Agent,
            landlock: Requirement::Required,
            identity: Identity {
                uid: 1000,
                gid: 1000,
                user: "user".into(),
                home: "/home/user".into(),
                hostname: "fence".into(),
            },
            single_process: false,
            image: None,
        },
        claim: Claim {
            session: "s".into(),
            program: "/bin/true".into(),
            argv: vec!["true".into()],
            cwd: "/".into(),
            env: BTreeMap::new(),
            mounts,
            masks: Vec::new(),
            protected: Vec::new(),
            network: Network::None,
            terminal: None,
            collect: None,
        },
    }
}

fn bind(path: &Path, writable: bool, optional: bool) -> Mount {
    Mount {
        target: path.to_owned(),
        source: Source::Bind {
            path: path.to_owned(),
            writable,
            optional,
        },
        why: "test".into(),
    }
}

fn host_spec(workspace: &Path) -> SandboxSpec {
    let mut spec = spec(vec![bind(workspace, true, false)]);
    for (target, source) in [("/proc", Source::Proc), ("/dev", Source::Dev)] {
        spec.shape.root.push(Mount {
            target: target.into(),
            source,
            why: "test".into(),
        });
    }
    spec
}

/// Code of `body` in a child, unfenced or fenced.
fn code(spec: Option<&SandboxSpec>, body: impl FnOnce() -> i32) -> i32 {
    in_child(|| {
        if let Some(spec) = spec
            && prepare(spec).and_then(Prepared::enforce).is_err()
        {
            return 99;
        }
        body()
    })
}

#[test]
fn missing_landlock_is_an_error_or_reported() {
    let missing = || {
        Err(LandlockError::Unavailable(
            "not built into this kernel".into(),
        ))
    };
    let mut spec = spec(Vec::new());
    let error = prepare_with(&spec, missing()).expect_err("required");
    assert!(error.to_string().contains("best_effort"), "{error}");
    spec.shape.landlock = Requirement::BestEffort;
    let prepared = prepare_with(&spec, missing()).expect("best effort");
    assert_eq!(prepared.protections, ["-landlock"]);
    prepared.enforce().expect("nothing to do");
}

#[test]
fn older_abis_are_reported() {
    let prepared = prepare_with(&spec(Vec::new()), Ok(3)).expect("prepares");
    assert_eq!(
        prepared.protections,
        [
            "landlock",
            "landlock-truncate",
            "-landlock-ioctl",
            "-landlock-scopes"
        ]
    );
}

#[test]
fn absent_paths() {
    let gone = Path::new("/nonexistent/grant");
    assert!(prepare(&spec(vec![bind(gone, true, true)])).is_ok());
    assert!(matches!(
        prepare(&spec(vec![bind(gone, true, false)])),
        Err(LandlockError::Path { .. })
    ));
}

#[test]
fn writes_only_in_the_grant() {
    let outside = tempfile::tempdir().expect("dir");
    let workspace = tempfile::tempdir().expect("dir");
    fs::write(outside.path().join("there"), "x").expect("file");
    let spec = host_spec(workspace.path());
    let attack = || {
        let mut failed = 0;
        failed += i32::from(fs::write(outside.path().join("new"), "x").is_err());
        failed += i32::from(fs::write(outside.path().join("there"), "y").is_err());
        failed += i32::from(fs::create_dir(outside.path().join("dir")).is_err());
        failed += i32::from(std::os::unix::fs::symlink("x", outside.path().join("link")).is_err());
        failed +=
            i32::from(fs::rename(outside.path().join("there"), outside.path().join("t")).is_err());
        failed
    };
    let fenced = code(Some(&spec), || {
        // Reading stays.
        if fs::read(outside.path().join("there")).is_err() {
            return 98;
        }
        attack()
    });
    assert_eq!(fenced, 5);
    assert_eq!(code(None, attack), 0);
}

#[test]
fn ordinary_work_in_the_grant() {
    let workspace = tempfile::tempdir().expect("dir");
    let at = |name: &str| workspace.path().join(name);
    let spec = host_spec(workspace.path());
    let fenced = code(Some(&spec), || {
        let step = |ok: bool, code: i32| if ok { Ok(()) } else { Err(code) };
        let work = || -> Result<(), i32> {
            fs::create_dir_all(at("a/b")).map_err(|_| 1)?;
            fs::create_dir(at("c")).map_err(|_| 2)?;
            fs::write(at("a/b/file"), "text").map_err(|_| 3)?;
            fs::hard_link(at("a/b/file"), at("c/link")).map_err(|_| 4)?;
            fs::rename(at("a/b"), at("c/b")).map_err(|_| 5)?;
            fs::write(at("c/b/file"), "shorter").map_err(|_| 6)?;
            let _listener = std::os::unix::net::UnixListener::bind(at("socket")).map_err(|_| 7)?;
            std::os::unix::net::UnixStream::connect(at("socket")).map_err(|_| 8)?;
            fs::copy("/bin/true", at("program")).map_err(|_| 9)?;
            let ran = std::process::Command::new(at("program")).status();
            step(ran.is_ok_and(|status| status.success()), 10)?;
            fs::write("/dev/null", "x").map_err(|_| 11)?;
            fs::write("/proc/self/oom_score_adj", "1000").map_err(|_| 12)?;
            fs::write("/proc/self/comm", "renamed").map_err(|_| 13)?;
            let mut scratch = rustix::fs::memfd_create("m", rustix::fs::MemfdFlags::empty())
                .map(fs::File::from)
                .map_err(|_| 14)?;
            scratch.write_all(b"x").map_err(|_| 15)?;
            fs::write(format!("/proc/self/fd/{}", scratch.as_raw_fd()), "y").map_err(|_| 16)?;
            let master = rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR).map_err(|_| 17)?;
            rustix::pty::grantpt(&master).map_err(|_| 18)?;
            rustix::pty::unlockpt(&master).map_err(|_| 19)?;
            let name = rustix::pty::ptsname(&master, Vec::new()).map_err(|_| 20)?;
            let slave = fs::OpenOptions::new()
                .read(true)
                .write(true)
                .open(name.to_str().map_err(|_| 21)?)
                .map_err(|_| 22)?;
            rustix::termios::tcgetattr(&slave).map_err(|_| 23)?;
            fs::remove_dir_all(at("c")).map_err(|_| 24)
        };
        work().err().unwrap_or(0)
    });
    assert_eq!(fenced, 0, "step that failed");
}

/// A file handed in as standard input, read-only, must not become writable through `/proc/self/fd/0`.
#[test]
fn handed_in_descriptors_keep_their_mode() {
    let dir = tempfile::tempdir().expect("dir");
    let input = dir.path().join("input");
    let output = dir.path().join("output");
    fs::write(&input, "host").expect("file");
    let workspace = tempfile::tempdir().expect("dir");
    let spec = host_spec(workspace.path());
    let body = || {
        let reopened = fs::OpenOptions::new().write(true).open("/proc/self/fd/0");
        let out = fs::write("/proc/self/fd/1", "seen");
        match (reopened.is_ok(), out.is_ok()) {
            (true, true) => 1,
            (false, true) => 2,
            _ => 3,
        }
    };
    let with_stdio = |spec: Option<&SandboxSpec>| {
        in_child(|| {
            let (Ok(stdin), Ok(stdout)) = (fs::File::open(&input), fs::File::create(&output))
            else {
                return 97;
            };
            if rustix::stdio::dup2_stdin(&stdin).is_err()
                || rustix::stdio::dup2_stdout(&stdout).is_err()
            {
                return 96;
            }
            if let Some(spec) = spec
                && prepare(spec).and_then(Prepared::enforce).is_err()
            {
                return 99;
            }
            body()
        })
    };
    assert_eq!(with_stdio(None), 1, "unfenced the attack works");
    assert_eq!(with_stdio(Some(&spec)), 2);
    assert_eq!(fs::read_to_string(&output).expect("output"), "seen");
}

#[test]
fn signals_and_abstract_sockets_stay_inside() {
    use std::os::linux::net::SocketAddrExt;
    let workspace = tempfile::tempdir().expect("dir");
    let spec = host_spec(workspace.path());
    let name = format!("ringfence-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).expect("address");
    let _listener = std::os::unix::net::UnixListener::bind_addr(&address).expect("listener");
    let body = || {
        let parent = rustix::process::getppid();
        let signalled = parent.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok());
        let connected = std::os::unix::net::UnixStream::connect_addr(&address).is_ok();
        i32::from(signalled) + 2 * i32::from(connected)
    };
    assert_eq!(code(None, body), 3, "unfenced both work");
    if crate::sys::landlock::abi().is_ok_and(|abi| abi >= 6) {
        assert_eq!(code(Some(&spec), body), 0);
    }
}
