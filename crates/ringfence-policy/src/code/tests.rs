//! Plans for code, without a host.

use super::*;
use crate::plan::Program;

fn facts() -> HostFacts {
    HostFacts {
        uid: 1000,
        gid: 1000,
        home: "/home/u".into(),
        cwd: "/home/u/work".into(),
        program: Some(Program {
            path: "/usr/bin/python3.11".into(),
            needs: Vec::new(),
        }),
        existing: mounts::candidates().into_iter().collect(),
        ..HostFacts::default()
    }
}

fn code(text: &str) -> CodeOptions {
    CodeOptions {
        run: Run::Code {
            language: Language::Python,
            text: text.into(),
        },
        default_wall_ms: Some(30_000),
        ..CodeOptions::default()
    }
}

fn plan(options: &CodeOptions) -> Result<CodePlan, ResolveError> {
    CodePlanner::new(&[], options)?.resolve(&facts(), None)
}

#[test]
fn the_defaults_are_those_of_the_documents() {
    let plan = plan(&code("print(1)")).unwrap();
    let shape = &plan.spec.shape;
    let limits = &shape.limits;
    assert_eq!(limits.memory, Some(512 << 20));
    assert_eq!(limits.pids, Some(50));
    assert_eq!(limits.cpu_millis, Some(1000));
    assert_eq!(limits.wall_ms, Some(30_000));
    assert_eq!(limits.output, Some(10 << 20));
    assert_eq!(limits.disk, Some(256 << 20));
    assert_eq!(limits.best_effort, ["memory", "pids", "cpu"]);
    assert_eq!(shape.seccomp, SeccompProfile::Python);
    assert_eq!(plan.spec.claim.network, Network::None);
    assert_eq!(plan.spec.claim.argv, ["python3.11", "-c", "print(1)"]);
    assert_eq!(plan.spec.claim.cwd, Path::new(WORK_DIR));
}

#[test]
fn nothing_of_the_users_is_mounted() {
    let plan = plan(&code("1")).unwrap();
    let claim = &plan.spec.claim;
    for mount in plan.spec.shape.root.iter().chain(&claim.mounts) {
        if let Source::Bind { path, writable, .. } = &mount.source {
            assert!(!writable, "{path:?}");
            assert!(!path.starts_with("/home"), "{path:?}");
        }
    }
    assert!(!claim.env.values().any(|value| value.contains("/home/u")));
}

#[test]
fn a_written_limit_is_required_and_a_default_is_best_effort() {
    let mut options = code("1");
    options.limits = vec!["memory=64m,time=5".into(), "cpus=0.5".into()];
    let limits = plan(&options).unwrap().spec.shape.limits;
    assert_eq!(limits.memory, Some(64 << 20));
    assert_eq!(limits.wall_ms, Some(5000));
    assert_eq!(limits.cpu_millis, Some(500));
    assert_eq!(limits.best_effort, ["pids"]);
}

#[test]
fn limits_that_make_no_sense_are_refused_by_name() {
    for (bad, why) in [
        ("memory", "NAME=VALUE"),
        ("memory=", "memory"),
        ("memory=512", "4 MiB"),
        ("memory=lots", "512m"),
        ("pids=0", "above 0"),
        ("pids=-1", "above 0"),
        ("cpus=none", "0.01"),
        ("time=0s", "duration"),
        ("fork=1", "no limit `fork`"),
        ("pids=1,pids=2", "twice"),
        ("", "NAME=VALUE"),
    ] {
        let mut options = code("1");
        options.limits = vec![bad.into()];
        let error = plan(&options).unwrap_err();
        let text = format!("{error} {}", error.hint().unwrap_or_default());
        assert!(text.contains(why), "{bad}: {text}");
    }
}

#[test]
fn an_interpreter_outside_the_system_brings_its_prefix_but_never_the_home() {
    let options = code("1");
    let mut facts = facts();
    facts.program = Some(Program {
        path: "/home/u/.pyenv/versions/3.12.1/bin/python3.12".into(),
        needs: vec!["/home/u/.pyenv/versions/3.12.1".into(), "/usr/lib/x".into()],
    });
    let made = CodePlanner::new(&[], &options)
        .unwrap()
        .resolve(&facts, None)
        .unwrap();
    let targets: Vec<_> = made
        .spec
        .claim
        .mounts
        .iter()
        .map(|m| m.target.clone())
        .collect();
    assert_eq!(targets, [PathBuf::from("/home/u/.pyenv/versions/3.12.1")]);
    facts.program = Some(Program {
        path: "/home/u/bin/python3".into(),
        needs: vec!["/home/u".into()],
    });
    let refused = CodePlanner::new(&[], &options)
        .unwrap()
        .resolve(&facts, None);
    assert!(refused.unwrap_err().to_string().contains("/home/u"));
}

#[test]
fn two_files_of_one_name_and_names_with_directories_are_refused() {
    let file = |name: &str| InputFile {
        name: name.into(),
        content: Content::Bytes(b"x".to_vec()),
        path: None,
    };
    let mut options = code("1");
    options.files = vec![file("a"), file("a")];
    assert!(
        plan(&options)
            .unwrap_err()
            .to_string()
            .contains("/workspace/a")
    );
    for bad in ["", ".", "..", "a/b"] {
        options.files = vec![file(bad)];
        assert!(plan(&options).is_err(), "{bad}");
    }
}

#[test]
fn languages_are_known_by_name_extension_and_first_line() {
    let of = |name: &str, text: &str| Language::of_file(Path::new(name), text.as_bytes());
    assert_eq!(of("a.py", ""), Some(Language::Python));
    assert_eq!(of("a.mjs", ""), Some(Language::Node));
    assert_eq!(of("a", "#!/bin/sh -e\n"), Some(Language::Bash));
    assert_eq!(
        of("a", "#!/usr/bin/env -S python3.12 -u\n"),
        Some(Language::Python)
    );
    assert_eq!(of("a", "#!/usr/bin/perl\n"), None);
    assert_eq!(of("a", "print(1)"), None);
}

#[test]
fn base64_is_that_of_the_rfc() {
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
    ] {
        assert_eq!(base64(bytes.as_bytes()), text);
    }
}
