//! Clients that a compiler makes first.

use std::path::Path;
use std::process::Command;

use ringfence_e2e::client::{Client, find};

use crate::run;

/// Programs that read no variable: a static Go binary whose transport has no proxy, and Java's own client.
#[test]
fn compiled_clients() {
    let build = tempfile::tempdir().unwrap();
    let at = build.path().canonicalize().unwrap();
    let go = compile(
        &at,
        ("get.go", include_str!("get.go")),
        "go",
        "CGO_ENABLED=0 GOFLAGS=-mod=mod GO111MODULE=off GOTOOLCHAIN=local GOCACHE=${CARGO_TARGET_TMPDIR:-/tmp}/gocache HOME=$PWD go build -o get get.go",
    );
    let java = compile(
        &at,
        ("Get.java", include_str!("Get.java")),
        "javac",
        "javac Get.java",
    );
    let shown = [at.clone()];
    let (run_go, run_java) = (
        format!("{}/get $URL/", at.display()),
        format!("java -cp {} Get $URL/", at.display()),
    );
    let mut clients = Vec::new();
    if go {
        clients.push(Client {
            name: "static Go binary, no proxy",
            version: "go version | cut -d' ' -f3",
            fetch: &run_go,
            shown: &shown,
            ..Client::default()
        });
    }
    if java {
        clients.push(Client {
            name: "java HttpClient",
            version: "java -version 2>&1 | head -1 | cut -d'\"' -f2",
            fetch: &run_java,
            shown: &shown,
            ..Client::default()
        });
    }
    run(&clients);
}

/// Compiles a client outside the fence; false, with the reason printed, when there is no compiler.
fn compile(dir: &Path, (name, source): (&str, &str), compiler: &str, command: &str) -> bool {
    if find(compiler).is_none() {
        println!("SKIPPED: {name} needs {compiler}, which is not installed");
        return false;
    }
    std::fs::write(dir.join(name), source).unwrap();
    let output = Command::new("bash")
        .args(["-c", command])
        .current_dir(dir)
        .env("CARGO_TARGET_TMPDIR", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    true
}
