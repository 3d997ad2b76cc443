//! The architecture as tests: which crate may use which, what the pure crate never touches, where `unsafe` may stand.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every edge between crates of this workspace, as `cargo metadata` sees it. Add one here only with a reason that the design knows.
const EDGES: &[(&str, &[&str])] = &[
    ("ringfence-policy", &[]),
    ("ringfence-dlp", &[]),
    ("ringfence-inference", &[]),
    ("ringfence-seal", &[]),
    ("ringfence-store", &["ringfence-policy"]),
    ("ringfence-sandbox", &["ringfence-policy"]),
    ("ringfence-proxy", &["ringfence-dlp", "ringfence-policy"]),
    (
        "ringfence-runtime",
        &[
            "ringfence-dlp",
            "ringfence-policy",
            "ringfence-proxy",
            "ringfence-sandbox",
            "ringfence-store",
        ],
    ),
    (
        "ringfence-runner",
        &[
            "ringfence-inference",
            "ringfence-policy",
            // Itself, with the support of tests, in its own integration tests.
            "ringfence-runner",
            "ringfence-sandbox",
            "ringfence-seal",
        ],
    ),
    (
        "ringfence-model",
        &[
            "ringfence-inference",
            "ringfence-policy",
            "ringfence-runner",
            "ringfence-runtime",
            "ringfence-sandbox",
            "ringfence-seal",
            "ringfence-store",
        ],
    ),
    ("ringfence-conformance", &[]),
    (
        "ringfence",
        &[
            "ringfence-conformance",
            "ringfence-dlp",
            "ringfence-inference",
            "ringfence-model",
            "ringfence-policy",
            "ringfence-runner",
            "ringfence-runtime",
            "ringfence-sandbox",
            "ringfence-store",
        ],
    ),
    // Its support for tests makes tiny models.
    ("ringfence-e2e", &["ringfence-runner"]),
    ("ringfence-bench-load", &[]),
    ("ringfence-bench-dlp", &["ringfence-dlp"]),
    (
        "ringfence-bench-model",
        &[
            "ringfence-inference",
            "ringfence-model",
            "ringfence-runner",
            "ringfence-runtime",
            "ringfence-sandbox",
            "ringfence-seal",
        ],
    ),
    ("ringfence-bench-seal", &["ringfence-seal"]),
];

/// What must never be a dependency of a crate, however indirectly it was meant.
const NEVER: &[(&str, &[&str])] = &[
    (
        "ringfence-dlp",
        &["tokio", "rustix", "libc", "hyper", "rustls", "tracing"],
    ),
    (
        "ringfence-inference",
        &["tokio", "rustix", "libc", "hyper", "rustls", "tracing"],
    ),
    (
        "ringfence-seal",
        &["tokio", "rustix", "libc", "hyper", "rustls", "tracing"],
    ),
    (
        "ringfence-policy",
        &["tokio", "rustix", "libc", "hyper", "rustls", "tracing"],
    ),
    ("ringfence-store", &["tokio", "hyper", "rustls"]),
    ("ringfence-sandbox", &["hyper", "rustls"]),
    ("ringfence-proxy", &["rustix", "landlock", "seccompiler"]),
];

/// What the pure crates do not name: files, network, clock, environment, processes, threads.
const IMPURE: [&str; 12] = [
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "SystemTime::now",
    "Instant::now",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "tokio",
];

/// Where `unsafe` may stand, as a start of the path from the root of the workspace.
const UNSAFE: [&str; 6] = [
    "crates/ringfence-runner/src/engine/llama.rs",
    "crates/ringfence-runner/src/process/locked.rs",
    "crates/ringfence-sandbox/src/sys",
    "crates/ringfence-store/src/keys/locked.rs",
    "crates/ringfence-store/src/keys/restore.rs",
    "tests/conformance/src/probe/raw.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

struct Package {
    directory: PathBuf,
    /// Normal and build dependencies.
    uses: BTreeSet<String>,
    /// With those of the tests.
    tests_use: BTreeSet<String>,
}

fn packages() -> BTreeMap<String, Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let names = |tests: bool| {
                dependencies
                    .iter()
                    .filter(|d| tests || d["kind"] != "dev")
                    .map(|d| text(&d["name"]))
                    .collect::<BTreeSet<_>>()
            };
            let directory = Path::new(&text(&package["manifest_path"]))
                .parent()
                .unwrap()
                .to_owned();
            (
                text(&package["name"]),
                Package {
                    directory,
                    uses: names(false),
                    tests_use: names(true),
                },
            )
        })
        .collect()
}

/// Every Rust file below a directory, by its path from the root of the workspace.
fn sources(directory: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "target") {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .canonicalize()
                    .unwrap()
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// Lines that are code: no comments, nothing after the tests begin.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"))
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
}

#[test]
fn crates_use_each_other_as_listed_and_not_otherwise() {
    let listed: BTreeMap<&str, BTreeSet<&str>> = EDGES
        .iter()
        .map(|(name, uses)| (*name, uses.iter().copied().collect()))
        .collect();
    let packages = packages();
    let names: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        listed.keys().copied().collect(),
        "crates of the workspace"
    );
    for (name, package) in &packages {
        let ours: BTreeSet<&str> = package
            .tests_use
            .iter()
            .map(String::as_str)
            .filter(|other| names.contains(other))
            .collect();
        // The tests of the end-to-end crate may start anything; a library's tests may not grow an edge that it has not.
        assert!(
            ours.is_subset(&listed[name.as_str()]),
            "{name} uses {ours:?}"
        );
    }
}

#[test]
fn no_crate_depends_on_what_it_must_not_know() {
    let packages = packages();
    for (name, never) in NEVER.iter().copied() {
        let wrong: Vec<&&str> = never
            .iter()
            .filter(|other| packages[name].uses.contains(**other))
            .collect();
        assert!(wrong.is_empty(), "{name} depends on {wrong:?}");
    }
}

/// The spawner and the supervisor's half of the sandbox crate make no asynchronous runtime: only the keeper of a docker sandbox
/// does, which is a process of its own, and what asks an engine for its facts and images.
#[test]
fn in_the_sandbox_crate_only_the_docker_backend_is_asynchronous() {
    let home = [
        "crates/ringfence-sandbox/src/docker.rs",
        "crates/ringfence-sandbox/src/docker/",
        "crates/ringfence-sandbox/src/sys/watch.rs",
    ];
    let directory = packages().remove("ringfence-sandbox").unwrap().directory;
    let files = sources(&directory.join("src"));
    let names = |line: &str| {
        [
            "tokio",
            "bollard",
            "async fn",
            "async move",
            "async {",
            ".await",
        ]
        .into_iter()
        .find(|word| line.contains(word))
    };
    let mut inside = 0;
    for (file, text) in &files {
        let at_home = home.iter().any(|start| file.starts_with(start));
        for (number, line) in code(text) {
            match names(line) {
                Some(_) if at_home => inside += 1,
                Some(word) => panic!("{file}:{number} names {word}: {line}"),
                None => {}
            }
        }
    }
    assert!(inside > 0, "the check finds nothing even where it has to");
}

#[test]
fn names_that_attract_code_are_not_used() {
    for (name, package) in packages() {
        for (file, _) in sources(&package.directory.join("src")) {
            let module = Path::new(&file)
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned();
            let vague = [
                "core", "common", "util", "utils", "shared", "types", "helpers", "misc",
            ];
            assert!(!vague.contains(&module.as_str()), "{name}: {file}");
        }
    }
}

#[test]
fn the_pure_crates_are_pure() {
    let mut packages = packages();
    let sources = [
        "ringfence-policy",
        "ringfence-dlp",
        "ringfence-inference",
        "ringfence-seal",
    ]
    .map(|name| {
        let directory = packages.remove(name).unwrap().directory;
        sources(&directory.join("src"))
    });
    for (file, text) in sources.into_iter().flatten() {
        if file.ends_with("tests.rs") || file.contains("/tests/") {
            continue;
        }
        for (number, line) in code(&text) {
            let found = IMPURE.iter().find(|word| line.contains(**word));
            assert!(
                found.is_none(),
                "{file}:{number} names {}: {line}",
                found.unwrap()
            );
        }
    }
}

#[test]
fn unsafe_stands_where_it_is_listed() {
    for (_, package) in packages() {
        for part in ["src", "tests"] {
            let directory = package.directory.join(part);
            if !directory.is_dir() {
                continue;
            }
            for (file, text) in sources(&directory) {
                if UNSAFE.iter().any(|start| file.starts_with(start)) {
                    continue;
                }
                for (number, line) in text.lines().enumerate() {
                    let code = line.split("//").next().unwrap_or_default();
                    let found = [
                        "unsafe {",
                        "unsafe fn",
                        "unsafe impl",
                        "unsafe extern",
                        "allow(unsafe_code)",
                    ]
                    .iter()
                    .find(|word| code.contains(**word) && !code.contains('"'));
                    assert!(
                        found.is_none(),
                        "{file}:{} has {}",
                        number + 1,
                        found.unwrap()
                    );
                }
            }
        }
    }
}

#[test]
fn libraries_forbid_unsafe_code_and_are_short_at_the_top() {
    for (name, package) in packages() {
        let Ok(text) = std::fs::read_to_string(package.directory.join("src/lib.rs")) else {
            continue;
        };
        assert!(
            text.starts_with("//!"),
            "{name}: lib.rs begins with what the crate is"
        );
        assert!(
            text.lines().count() < 100,
            "{name}: lib.rs has {} lines",
            text.lines().count()
        );
        let unsafe_here = UNSAFE.iter().any(|path| {
            root()
                .join(path)
                .starts_with(package.directory.canonicalize().unwrap())
        });
        let wanted = if unsafe_here {
            "#![deny(unsafe_code)]"
        } else {
            "#![forbid(unsafe_code)]"
        };
        assert!(text.contains(wanted), "{name}: lib.rs has no {wanted}");
    }
}

#[test]
fn main_is_short_and_files_are_small_rooms() {
    let packages = packages();
    let main =
        std::fs::read_to_string(packages["ringfence"].directory.join("src/main.rs")).unwrap();
    assert!(
        main.lines().count() <= 50,
        "main.rs has {} lines",
        main.lines().count()
    );
    for package in packages.values() {
        for (file, text) in sources(&package.directory.join("src")) {
            let tests = file.ends_with("tests.rs") || file.contains("/tests/");
            let lines = text.lines().count();
            assert!(tests || lines <= 800, "{file} has {lines} lines: split it");
            assert!(
                text.starts_with("//!") || file.ends_with("tests.rs") || file.contains("/tests/"),
                "{file} says not what it is for"
            );
        }
    }
}
