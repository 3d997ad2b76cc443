//! The request that makes a container, whole.

use std::collections::BTreeMap;

use ringfence_policy::spec::{Capture, Claim, Identity, Requirement, SeccompProfile, Shape};

use super::*;

fn mount(target: &str, source: Source) -> Mount {
    Mount {
        target: target.into(),
        source,
        why: String::new(),
    }
}

fn bind(path: &str, writable: bool) -> Mount {
    let source = Source::Bind {
        path: path.into(),
        writable,
        optional: true,
    };
    mount(path, source)
}

fn spec() -> SandboxSpec {
    SandboxSpec {
        shape: Shape {
            level: Level::Standard,
            root: vec![
                bind("/usr", false),
                bind("/absent", false),
                mount("/bin", Source::Symlink("usr/bin".into())),
                mount("/proc", Source::Proc),
                mount("/dev", Source::Dev),
            ],
            limits: Limits {
                memory: Some(512 << 20),
                pids: Some(50),
                cpu_millis: Some(1500),
                cpuset: Some(vec![0, 2]),
                open_files: Some(256),
                disk: Some(64 << 20),
                ..Limits::default()
            },
            seccomp: SeccompProfile::Agent,
            landlock: Requirement::Required,
            identity: Identity {
                uid: 1000,
                gid: 1001,
                user: "agent".into(),
                home: "/home/agent".into(),
                hostname: "fence".into(),
            },
            single_process: false,
            image: None,
        },
        claim: Claim {
            session: "s-1".into(),
            program: "/usr/bin/true".into(),
            argv: vec!["true".into()],
            cwd: "/".into(),
            env: [("SECRET".to_owned(), "never in the request".to_owned())].into(),
            mounts: vec![
                bind("/home/me/project", true),
                mount("/tmp", Source::Scratch { mode: 0o1777 }),
                mount("/out", Source::Scratch { mode: 0o700 }),
                mount(
                    "/etc/passwd",
                    Source::File {
                        text: "x".into(),
                        mode: 0o444,
                    },
                ),
            ],
            masks: Vec::new(),
            protected: Vec::new(),
            network: Network::None,
            terminal: None,
            collect: None,
        },
    }
}

fn request(spec: &SandboxSpec) -> serde_json::Value {
    let fixed = [Fixed {
        path: "/home/me/project/.git/hooks".into(),
        how: How::ReadOnly,
    }];
    let entries = table(spec).count();
    let mut present = vec![true; entries];
    present[1] = false;
    let files = BTreeMap::from([(entries - 1, PathBuf::from("/room/8"))]);
    let place = Place {
        init: Path::new("/usr/bin/ringfence"),
        keeper: "7:8:boot:pid",
        image: spec.shape.image.as_deref().unwrap_or("ringfence/base:0"),
        present: &present,
        files: &files,
        fixed: &fixed,
        blank: [Path::new("/room/blank"), Path::new("/room/empty")],
    };
    serde_json::to_value(container(spec, &place).unwrap()).unwrap()
}

#[test]
fn the_whole_request() {
    let json = serde_json::to_string_pretty(&request(&spec())).unwrap();
    assert!(!json.contains("never in the request"));
    insta::assert_snapshot!(json);
}

#[test]
fn level_high_is_never_runc() {
    let mut spec = spec();
    let runtime = |spec: &SandboxSpec| request(spec)["HostConfig"]["Runtime"].clone();
    assert_eq!(runtime(&spec), "runc");
    spec.shape.level = Level::High;
    assert_eq!(runtime(&spec), "runsc");
    // The threads of the second kernel count as well.
    assert_eq!(request(&spec)["HostConfig"]["PidsLimit"], 50 + 256);
}

#[test]
fn an_image_stands_in_for_the_system() {
    let mut spec = spec();
    spec.shape.image = Some("own:1".into());
    let request = request(&spec);
    assert_eq!(request["Image"], "own:1");
    let targets: Vec<&str> = request["HostConfig"]["Mounts"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|mount| mount["Target"].as_str())
        .collect();
    assert!(!targets.contains(&"/usr"), "{targets:?}");
    assert!(targets.contains(&"/home/me/project"), "{targets:?}");
}

#[test]
fn what_can_not_be_done_is_refused() {
    let refused = |change: fn(&mut SandboxSpec)| {
        let mut spec = spec();
        change(&mut spec);
        check(&spec).unwrap_err().to_string()
    };
    assert!(check(&spec()).is_ok());
    let captured = refused(|spec| {
        spec.claim.network = Network::Captured(Capture {
            http_proxy_port: 1,
            socks_port: 2,
            fallback_ports: Vec::new(),
        });
    });
    assert!(captured.contains("--network none"), "{captured}");
    let collect = refused(|spec| {
        spec.shape.level = Level::High;
        spec.claim.collect = Some("/out".into());
    });
    assert!(collect.contains("--backend gvisor"), "{collect}");
    let collect = refused(|spec| spec.claim.collect = Some("/etc".into()));
    assert!(collect.contains("no scratch directory"), "{collect}");
    let proc = refused(|spec| spec.shape.root.push(mount("/other", Source::Proc)));
    assert!(proc.contains("/other"), "{proc}");
}
