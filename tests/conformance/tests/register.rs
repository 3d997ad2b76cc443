//! The register of the engine that is built in: llama.cpp comes as the sources of a crate, where no advisory database looks. Held here:
//! which version that is, that it holds the mend of every known fault of what is compiled, and that the rest is not compiled.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest version of llama.cpp that has all mends below: it is younger than b10252 of August 2026, which lacked the last one.
const VERSION: [u32; 3] = [0, 6, 0];

/// Advisory, file, and what its mend left in it. One that is gone was taken back, or the file was rewritten: look before it is changed here.
const MENDED: [(&str, &str, &str); 10] = [
    // The reader of 2024, which freed and followed pointers that it had not set, was written anew.
    ("CVE-2024-32878", "ggml/src/gguf.cpp", "struct gguf_reader"),
    (
        "GHSA-49q7-2jmh-92fp, GHSA-mqp6-7pv6-fqjf",
        "ggml/src/gguf.cpp",
        "info.t.type < 0 || info.t.type >= GGML_TYPE_COUNT",
    ),
    (
        "CVE-2025-49847",
        "src/llama-vocab.cpp",
        "invalid token size: %zu exceeds int32_t limit",
    ),
    (
        "CVE-2025-52566",
        "src/llama-vocab.cpp",
        "tokenization result size %zu exceeds int32_t limit",
    ),
    (
        "CVE-2025-53630",
        "ggml/src/gguf.cpp",
        "size overflow, cannot accumulate size",
    ),
    (
        "CVE-2026-27940",
        "ggml/src/gguf.cpp",
        "memory size overflow while allocating ggml context",
    ),
    (
        "CVE-2026-33298",
        "ggml/src/gguf.cpp",
        "> SIZE_MAX/ggml_type_size(info.t.type)",
    ),
    // The padding wrapped, and the mend of CVE-2025-53630 with it (pull request 24759).
    (
        "CVE-2025-53630",
        "ggml/src/gguf.cpp",
        "nbytes > SIZE_MAX - (ctx->alignment - 1)",
    ),
    // The stack of rules is a list, and no recursion any more.
    (
        "CVE-2026-2069",
        "src/llama-grammar.cpp",
        "std::vector<llama_grammar_stack> todo;",
    ),
    // A token `<0x-1>` wrote before its array (issue 27226), mended in August 2026.
    (
        "issue 27226",
        "src/llama-vocab.cpp",
        "std::isxdigit(static_cast<unsigned char>(hex_str[0]))",
    ),
];

/// What the crate's build leaves out: the server and the tools. What these share with each other it builds, as a library of which
/// nothing is linked; a test of the model server looks into the program.
const NOT_BUILT: [&str; 3] = [
    r#"config.define("LLAMA_BUILD_SERVER", "OFF")"#,
    r#"config.define("LLAMA_BUILD_TOOLS", "OFF")"#,
    r#"config.define("LLAMA_BUILD_EXAMPLES", "OFF")"#,
];

/// Features that would bring more of llama.cpp in.
const FEATURES: [&str; 2] = ["mtmd", "rpc"];

struct Vendored {
    directory: PathBuf,
    features: Vec<String>,
}

fn vendored() -> Vendored {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo metadata");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == "llama-cpp-sys-2")
        .unwrap();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|node| node["id"] == package["id"]);
    let features = node.unwrap()["features"].as_array().unwrap().iter();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    Vendored {
        directory: manifest.parent().unwrap().to_owned(),
        features: features
            .map(|feature| feature.as_str().unwrap().to_owned())
            .collect(),
    }
}

fn read(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn the_vendored_engine_is_new_enough() {
    let text = read(&vendored().directory.join("llama.cpp/CMakeLists.txt"));
    let found = ["MAJOR", "MINOR", "PATCH"].map(|part| {
        let start = format!("set(LLAMA_VERSION_{part} ");
        let (_, rest) = text.split_once(&start).unwrap();
        rest.split(')').next().unwrap().parse::<u32>().unwrap()
    });
    assert!(
        found >= VERSION,
        "llama.cpp {found:?}, at least {VERSION:?} is needed"
    );
}

#[test]
fn the_vendored_engine_holds_every_mend() {
    let sources = vendored().directory.join("llama.cpp");
    for (advisory, file, mend) in MENDED {
        let text = read(&sources.join(file));
        assert!(text.contains(mend), "{advisory}: {file} has no {mend:?}");
    }
}

#[test]
fn servers_tools_and_remote_calls_of_the_engine_are_not_built() {
    let vendored = vendored();
    let build = read(&vendored.directory.join("build.rs"));
    for define in NOT_BUILT {
        assert!(build.contains(define), "build.rs has no {define}");
    }
    for feature in FEATURES {
        assert!(
            !vendored.features.iter().any(|on| on == feature),
            "{feature} is on"
        );
    }
    // Remote procedure calls are a choice of the build as well; nobody makes it.
    let options = read(&vendored.directory.join("llama.cpp/ggml/CMakeLists.txt"));
    let rpc = options
        .lines()
        .find(|line| line.contains("option(GGML_RPC "));
    assert!(rpc.unwrap().trim_end().ends_with("OFF)"));
    assert!(!build.contains("GGML_RPC"));
}
