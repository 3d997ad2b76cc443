//! The example of the documentation: it is there as printed, and it runs.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

#[test]
fn the_example_of_the_documentation_is_this_one_and_runs() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = std::fs::read_to_string(here.join("examples/code.rs")).unwrap();
    let page = std::fs::read_to_string(here.join("../../docs/exec.md")).unwrap();
    let printed = page.split("```rust\n").nth(1).unwrap();
    let printed = printed.split("```").next().unwrap();
    assert!(
        example.ends_with(printed),
        "docs/exec.md shows another example"
    );

    let home = tempfile::tempdir().unwrap();
    // Built here: a single test target does not bring the examples with it.
    let ran = Command::new(env!("CARGO"))
        .args([
            "run",
            "-q",
            "--offline",
            "-p",
            "ringfence-runtime",
            "--example",
            "code",
            "--",
        ])
        .arg("print(6 * 7)")
        .env("XDG_STATE_HOME", home.path())
        .env_remove("XDG_RUNTIME_DIR")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(
        out.starts_with("42\nOk by "),
        "{out}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}
