//! Package managers, each against the smallest registry of its kind.

use std::path::PathBuf;
use std::process::Command;

use ringfence_e2e::client::Client;

use crate::{python_environment, run};

#[test]
fn package_managers() {
    let (venv, shown) = python_environment();
    let pip = |python: &str| {
        format!(
            "{python} -m pip install -q --disable-pip-version-check --retries 0 --no-cache-dir --target=there --index-url=$URL/simple/ tinypkg &&
             PYTHONPATH=there {python} -c 'import tinypkg'"
        )
    };
    let (system, own) = (pip("/usr/bin/python3"), pip(&format!("{venv}/bin/python")));
    let pip_version = format!("{venv}/bin/python -m pip --version | cut -d' ' -f2");
    let uv = format!("{venv}/bin/uv");
    let uv_version = format!("{uv} --version | cut -d' ' -f2");
    let uv_install = format!(
        "UV_HTTP_TIMEOUT=20 {uv} pip install -q --no-cache --python=/usr/bin/python3 --target=there --index-url=$URL/simple/ tinypkg &&
         PYTHONPATH=there /usr/bin/python3 -c 'import tinypkg'"
    );
    let toolchain = rust_toolchain();
    let cargo = toolchain.join("bin/cargo").display().to_string();
    let cargo_version = format!("{cargo} --version | cut -d' ' -f2");
    let cargo_fetch = format!(
        "mkdir src && touch src/lib.rs && export CARGO_HOME=$PWD/home &&
         printf '[package]\\nname = \"x\"\\nversion = \"0.1.0\"\\nedition = \"2021\"\\n[dependencies]\\ntinycrate = {{ version = \"0.1\", registry = \"tiny\" }}\\n' > Cargo.toml &&
         CARGO_NET_RETRY=0 CARGO_REGISTRIES_TINY_INDEX=sparse+$URL/cargo/ RUSTC={rustc} {cargo} -q fetch && cat home/registry/src/*/tinycrate-0.1.0/src/lib.rs",
        rustc = toolchain.join("bin/rustc").display(),
    );
    run(&[
        Client {
            name: "pip of the distribution",
            needs: &["/usr/lib/python3/dist-packages/pip/__init__.py"],
            version: "/usr/bin/python3 -m pip --version | cut -d' ' -f2",
            fetch: &system,
            ..Client::default()
        },
        Client {
            name: "pip of a virtual environment",
            needs: &[&format!("{venv}/bin/python")],
            version: &pip_version,
            fetch: &own,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "uv",
            needs: &[&uv],
            version: &uv_version,
            fetch: &uv_install,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "npm",
            needs: &["npm"],
            version: "npm --version",
            fetch: "npm install --silent --loglevel=error --registry=$URL/npm/ --cache=$PWD/cache --no-audit --no-fund --no-update-notifier --fetch-retries=0 tinypkg &&
                    node -e 'require(\"tinypkg\")'",
            ..Client::default()
        },
        Client {
            name: "cargo, sparse registry",
            needs: &[&cargo],
            version: &cargo_version,
            fetch: &cargo_fetch,
            shown: std::slice::from_ref(&toolchain),
            ..Client::default()
        },
        Client {
            name: "go mod download",
            needs: &["go"],
            version: "go version | cut -d' ' -f3",
            fetch: "export GOPROXY=$URL/go GOSUMDB=off GOTOOLCHAIN=local GOPATH=$PWD/path GOCACHE=$PWD/cache GOFLAGS=-modcacherw &&
                    printf 'module x\\n' > go.mod; go mod download test.example/tiny@v1.0.0 && cat path/pkg/mod/test.example/tiny@v1.0.0/tiny.go",
            ..Client::default()
        },
    ]);
}

/// Where the toolchain that runs these tests is: `cargo` on PATH may be a shim in a home that the fence hides.
fn rust_toolchain() -> PathBuf {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    PathBuf::from(sysroot.unwrap_or_else(|_| "/usr".to_owned()))
}
