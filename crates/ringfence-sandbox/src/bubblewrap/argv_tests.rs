//! The argument list as text, and what is refused.

use std::collections::BTreeMap;

use ringfence_policy::spec::{
    Claim, Identity, Level, Limits, Network, Requirement, SeccompProfile, Shape, TerminalSize,
};

use super::*;

fn mount(target: &str, source: Source) -> Mount {
    Mount {
        target: target.into(),
        source,
        why: "test".into(),
    }
}

fn bind(path: &str, writable: bool, optional: bool) -> Source {
    Source::Bind {
        path: path.into(),
        writable,
        optional,
    }
}

fn spec(mounts: Vec<Mount>) -> SandboxSpec {
    let root = vec![
        mount("/usr", bind("/usr", false, false)),
        mount("/bin", Source::Symlink("usr/bin".into())),
        mount("/opt/absent", bind("/opt/absent", false, true)),
        mount("/proc", Source::Proc),
        mount("/dev", Source::Dev),
        mount(
            "/tmp",
            Source::Tmpfs {
                size: Some(1 << 20),
                mode: 0o1777,
            },
        ),
    ];
    SandboxSpec {
        shape: Shape {
            level: Level::Standard,
            root,
            limits: Limits::default(),
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
            session: "s".into(),
            program: "/bin/true".into(),
            argv: vec!["true".into(), "--secret".into()],
            cwd: "/work".into(),
            env: BTreeMap::from([("TOKEN".into(), "value".into())]),
            mounts,
            masks: Vec::new(),
            protected: Vec::new(),
            network: Network::None,
            terminal: None,
            collect: None,
        },
    }
}

fn items(
    spec: &SandboxSpec,
    absent: &[usize],
    fixed: &[(&str, How)],
) -> Result<Vec<Item>, BubblewrapError> {
    let count = spec.shape.root.len() + spec.claim.mounts.len();
    let present: Vec<bool> = (0..count).map(|entry| !absent.contains(&entry)).collect();
    let fixed: Vec<Fixed> = fixed
        .iter()
        .map(|(path, how)| Fixed {
            path: path.into(),
            how: *how,
        })
        .collect();
    arguments(
        spec,
        &Host {
            present: &present,
            fixed: &fixed,
            proc_covered: &[("kcore", false), ("acpi", true)],
            disable_userns: true,
        },
    )
}

/// One option a line; descriptors by what they show.
fn text(items: &[Item]) -> String {
    let mut text = String::new();
    for item in items {
        let word = match item {
            Item::Text(word) => word.clone(),
            Item::Source { entry, below } if below.as_os_str().is_empty() => {
                format!("<source {entry}>")
            }
            Item::Source { entry, below } => format!("<source {entry}: {}>", below.display()),
            Item::SourcePath { entry } => format!("<path of source {entry}>"),
            Item::Own => "<this binary>".into(),
            Item::Data(bytes) => format!("<data {:?}>", String::from_utf8_lossy(bytes)),
            Item::InitFds => "<init's descriptors>".into(),
            Item::Info => "<info>".into(),
        };
        text.push(if word.starts_with("--") { '\n' } else { ' ' });
        text.push_str(&word);
    }
    text
}

#[test]
fn a_whole_spec() {
    let mut spec = spec(vec![
        mount("/work", bind("/home/u/work", true, false)),
        mount("/work/vendor", bind("/home/u/vendor", false, false)),
        mount(
            "/etc/ca.pem",
            Source::File {
                text: "CA".into(),
                mode: 0o444,
            },
        ),
        mount("/etc/ssl/cert.pem", Source::SameAs("/etc/ca.pem".into())),
        mount(
            "/etc/cacerts",
            Source::Base64 {
                data: "AQI=".into(),
                mode: 0o444,
            },
        ),
        mount("/dev/dri", bind("/dev/dri", true, false)),
    ]);
    spec.claim.terminal = Some(TerminalSize { rows: 24, cols: 80 });
    let fixed = [
        ("/work/.env", How::BlankFile),
        ("/work/.git", How::Pin),
        ("/work/.git/hooks", How::ReadOnly),
        ("/work/.ssh", How::BlankDirectory),
    ];
    let items = items(&spec, &[2], &fixed).expect("arguments");
    insta::assert_snapshot!(text(&items));
}

#[test]
fn the_smallest_spec() {
    let mut spec = spec(Vec::new());
    spec.shape.root.clear();
    let items = items(&spec, &[], &[]).expect("arguments");
    insta::assert_snapshot!(text(&items));
}

#[test]
fn arguments_and_environment_stay_out() {
    let items = items(&spec(Vec::new()), &[], &[]).expect("arguments");
    let text = text(&items);
    for secret in ["TOKEN", "value", "--secret"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // Whoever looks at the processes sees descriptors, not sources.
    assert!(!text.contains("/home/u"), "{text}");
}

#[test]
fn symlinks_are_refused() {
    let error = items(
        &spec(vec![mount("/bin/tool", bind("/tool", false, false))]),
        &[],
        &[],
    )
    .expect_err("below a symlink of the table");
    assert!(error.to_string().contains("symlink"), "{error}");
    let grant = spec(vec![mount("/work", bind("/home/u/work", true, false))]);
    let error = items(&grant, &[], &[("/work/.claude", How::Link)]).expect_err("link");
    assert!(error.to_string().contains("--backend native"), "{error}");
}

#[test]
fn broken_files_are_refused() {
    let base64 = Source::Base64 {
        data: "?".into(),
        mode: 0o444,
    };
    assert!(items(&spec(vec![mount("/etc/x", base64)]), &[], &[]).is_err());
    let same = Source::SameAs("/etc/nothing".into());
    assert!(items(&spec(vec![mount("/etc/x", same)]), &[], &[]).is_err());
}
