//! Prints how long one sandbox takes from launch to its last report, in microseconds: median of the runs given (default 50).
//! A second argument leaves the network out (`none`), or makes it a sandbox for code with its limits and profile (`code`).
#![allow(clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::time::Instant;

use ringfence_policy::spec::{
    Capture, Claim, Identity, Level, Limits, Mount, Network, Requirement, SandboxSpec,
    SeccompProfile, Shape, Source,
};
use ringfence_sandbox::{BackendName, Stdio};

fn main() {
    let spawner = ringfence_sandbox::start().expect("spawner");
    let runs: usize = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(50);
    let kind = std::env::args().nth(2).unwrap_or_default();
    let mut spec = spec(kind.is_empty());
    if kind == "code" {
        make_code(&mut spec);
    }
    let backend = match std::env::args().nth(3).as_deref() {
        Some("gvisor") => BackendName::Gvisor,
        Some("bubblewrap") => BackendName::Bubblewrap,
        _ => BackendName::Native,
    };
    let mut built = Vec::new();
    let mut whole = Vec::new();
    for _ in 0..runs {
        let began = Instant::now();
        let pending = spawner
            .launch(backend, &spec, Stdio::inherit().expect("stdio"))
            .expect("launch");
        built.push(began.elapsed().as_micros());
        let report = pending.release().expect("release").wait().expect("wait");
        whole.push(began.elapsed().as_micros());
        assert_eq!(report.code, Some(0));
    }
    built.sort_unstable();
    whole.sort_unstable();
    println!("built {} us, whole {} us", built[runs / 2], whole[runs / 2]);
}

/// What `ringfence exec` asks for.
fn make_code(spec: &mut SandboxSpec) {
    for mount in &mut spec.shape.root {
        if let Source::Tmpfs { mode, .. } = mount.source {
            mount.source = Source::Scratch { mode };
        }
    }
    spec.shape.seccomp = SeccompProfile::Python;
    spec.shape.limits = Limits {
        memory: Some(512 << 20),
        pids: Some(50),
        cpu_millis: Some(1000),
        wall_ms: Some(30_000),
        open_files: Some(256),
        disk: Some(256 << 20),
        best_effort: ["memory", "pids", "cpu"].map(String::from).to_vec(),
        ..Limits::default()
    };
}

fn spec(network: bool) -> SandboxSpec {
    let entry = |target: &str, source| Mount {
        target: target.into(),
        source,
        why: String::new(),
    };
    let bind = |p: &str| {
        entry(
            p,
            Source::Bind {
                path: p.into(),
                writable: false,
                optional: true,
            },
        )
    };
    let link = |p: &str, to: &str| entry(p, Source::Symlink(to.into()));
    let root = rustix::process::getuid().is_root();
    let uid = if root {
        62000
    } else {
        rustix::process::getuid().as_raw()
    };
    SandboxSpec {
        shape: Shape {
            level: Level::Standard,
            root: vec![
                bind("/usr"),
                bind("/etc"),
                link("/bin", "usr/bin"),
                link("/lib", "usr/lib"),
                link("/lib64", "usr/lib64"),
                entry("/proc", Source::Proc),
                entry("/dev", Source::Dev),
                entry(
                    "/tmp",
                    Source::Tmpfs {
                        size: None,
                        mode: 0o1777,
                    },
                ),
            ],
            limits: Limits::default(),
            seccomp: SeccompProfile::Agent,
            landlock: Requirement::BestEffort,
            identity: Identity {
                uid,
                gid: uid,
                user: "agent".into(),
                home: "/tmp".into(),
                hostname: "fence".into(),
            },
            single_process: false,
            image: None,
        },
        claim: Claim {
            session: "bench".into(),
            program: "/usr/bin/true".into(),
            argv: vec!["true".into()],
            cwd: "/tmp".into(),
            env: BTreeMap::new(),
            mounts: Vec::new(),
            masks: Vec::new(),
            protected: Vec::new(),
            network: if network {
                Network::Captured(Capture {
                    http_proxy_port: 3128,
                    socks_port: 1080,
                    fallback_ports: vec![80, 443],
                })
            } else {
                Network::None
            },
            terminal: None,
            collect: None,
        },
    }
}
