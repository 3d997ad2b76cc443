use ringfence_policy::spec::{
    Capture, Claim, Identity, Level, Limits, Mount, Requirement, SeccompProfile, Shape,
};

use super::*;

fn mount(target: &str, source: Source) -> Mount {
    Mount {
        target: target.into(),
        source,
        why: String::new(),
    }
}

fn bind(path: &str, target: &str, writable: bool) -> Mount {
    let source = Source::Bind {
        path: path.into(),
        writable,
        optional: true,
    };
    mount(target, source)
}

fn spec() -> SandboxSpec {
    let tmpfs = Source::Tmpfs {
        size: Some(4096),
        mode: 0o1777,
    };
    SandboxSpec {
        shape: Shape {
            level: Level::High,
            root: vec![
                bind("/usr", "/usr", false),
                mount("/bin", Source::Symlink("usr/bin".into())),
                mount("/proc", Source::Proc),
                mount("/dev", Source::Dev),
                mount("/tmp", tmpfs),
                mount("/workspace", Source::Scratch { mode: 0o700 }),
            ],
            limits: Limits {
                disk: Some(1 << 20),
                ..Limits::default()
            },
            seccomp: SeccompProfile::Code,
            landlock: Requirement::Required,
            identity: Identity {
                uid: 1000,
                gid: 1000,
                user: "agent".into(),
                home: "/workspace".into(),
                hostname: "fence".into(),
            },
            single_process: false,
            image: None,
        },
        claim: Claim {
            session: "s".into(),
            program: "/usr/bin/true".into(),
            argv: vec!["true".into()],
            cwd: "/workspace".into(),
            env: [("A".to_owned(), "b".to_owned())].into(),
            mounts: vec![
                bind("/tmp/x", "/tmp/x", true),
                bind("/data", "/data", true),
                bind("/absent", "/absent", true),
            ],
            masks: Vec::new(),
            protected: Vec::new(),
            network: Network::None,
            terminal: None,
            collect: None,
        },
    }
}

#[test]
fn a_bundle() {
    let present = [true, false, false, false, false, false, true, true, false];
    let config = config(&spec(), &present).expect("valid");
    let text = serde_json::to_string_pretty(&config).expect("JSON");
    insta::assert_snapshot!(text);
}

#[test]
fn the_command_line() {
    let mut spec = spec();
    insta::assert_snapshot!("without_network", arguments(&spec).join("\n"));
    spec.claim.network = Network::Captured(Capture {
        http_proxy_port: 1,
        socks_port: 2,
        fallback_ports: Vec::new(),
    });
    insta::assert_snapshot!("with_network", arguments(&spec).join("\n"));
    let config = config(&spec, &[]).expect("valid");
    assert!(!config.to_string().contains("\"network\""), "{config}");
}

#[test]
fn what_is_no_text_is_an_error() {
    use std::os::unix::ffi::OsStrExt;
    let mut spec = spec();
    let target = std::ffi::OsStr::from_bytes(b"/w\xff");
    spec.claim.mounts = vec![Mount {
        target: target.into(),
        source: Source::Scratch { mode: 0o700 },
        why: String::new(),
    }];
    assert!(config(&spec, &[]).is_err());
}
